//! HTTP below S3 and the model server: one client for each place, and what a failed request means.
//!
//! Redirects are never followed, nothing is tried again by itself, and this computer's own servers are never asked
//! through a proxy.

use std::error::Error;
use std::fs;
use std::io;
use std::net::IpAddr;
use std::path::Path;
use std::sync::Once;
use std::time::Duration;

use jiff::fmt::rfc2822::DateTimeParser;
use reqwest::header::{DATE, HeaderMap, RETRY_AFTER};
use reqwest::{Certificate, Client, Proxy, Url, redirect, retry};

/// Longer than the 20 s after which many servers hang up, a connection is not kept.
const IDLE: Duration = Duration::from_secs(15);

/// Why no client can be made of the settings, and the cause.
pub type Unusable = (String, Option<Box<dyn Error + Send + Sync>>);

/// How a request failed below HTTP.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NetworkFailure {
    /// No address, no route, refused: nobody was reached.
    NotReached,
    Slow,
    Certificate,
    /// Reached, but what speaks there is neither HTTP nor TLS, or not that which was expected.
    OtherLanguage,
    /// The connection was closed before the answer was complete.
    CutShort,
}

/// What is particular to the way to one server.
pub struct Way<'a> {
    pub endpoint: &'a Url,
    pub connect: Duration,
    /// A PEM file of certificate authorities to trust besides the system's.
    pub ca_file: Option<&'a Path>,
    /// Without it the system's settings and environment decide.
    pub proxy: Option<&'a str>,
}

/// Redirects are never followed: a signature or a key is meant for one host, and what a stranger answers is not the
/// server's.
pub fn client(way: &Way<'_>) -> Result<Client, Unusable> {
    static PROVIDER: Once = Once::new();
    // An error here only says that another part of the program was first.
    PROVIDER.call_once(|| drop(rustls::crypto::ring::default_provider().install_default()));
    let mut builder = Client::builder()
        .connect_timeout(way.connect)
        .http1_only()
        .pool_idle_timeout(IDLE)
        .redirect(redirect::Policy::none())
        .referer(false)
        .retry(retry::never());
    if way.endpoint.scheme() == "http" {
        // Nothing is verified, so a computer without any certificate authorities is good enough.
        builder = builder.tls_certs_only([]);
    } else if let Some(file) = way.ca_file {
        let unusable = |what: &str| format!("the CA file {} {what}", file.display());
        let pem = fs::read(file).map_err(|source| (unusable("can't be read"), Some(source.into())))?;
        let certificates = Certificate::from_pem_bundle(&pem)
            .map_err(|source| (unusable("is no PEM file"), Some(source.without_url().into())))?;
        if certificates.is_empty() {
            return Err((unusable("holds no certificate"), None));
        }
        builder = builder.tls_certs_merge(certificates);
    }
    match way.proxy.map(str::trim).filter(|proxy| !proxy.is_empty()) {
        Some(proxy) => {
            // The address may hold a password, so the error that quotes it is not kept, and neither are
            // settings with it.
            let no_address = || ("the proxy is no address".to_owned(), None);
            let address: Url = proxy.parse().map_err(|_| no_address())?;
            if !address.username().is_empty() || address.password().is_some() {
                let what = "the proxy's address holds a password; set HTTPS_PROXY in the environment instead";
                return Err((what.to_owned(), None));
            }
            builder = builder.proxy(Proxy::all(address).map_err(|_| no_address())?);
        }
        // No proxy can reach this computer's own servers.
        None if is_loopback(way.endpoint) => builder = builder.no_proxy(),
        None => {}
    }
    builder.build().map_err(|source| {
        ("the certificates of this system can't be used".to_owned(), Some(source.without_url().into()))
    })
}

/// Whether this is the computer itself.
pub fn is_loopback(endpoint: &Url) -> bool {
    let host = endpoint.host_str().unwrap_or_default();
    let address = host.trim_matches(['[', ']']).parse::<IpAddr>();
    address.map_or(host == "localhost", |address| address.is_loopback())
}

/// What a failed exchange comes down to.
pub fn failure_of(error: &reqwest::Error) -> NetworkFailure {
    if error.is_timeout() {
        return NetworkFailure::Slow;
    }
    let mut cause: Option<&(dyn Error + 'static)> = Some(error);
    let mut found = None;
    while let Some(inner) = cause {
        found = of_cause(inner).or(found);
        // An io::Error that wraps another error does not name it as its source but gives it for the asking.
        cause = match inner.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
            Some(wrapped) => Some(wrapped),
            None => inner.source(),
        };
    }
    match found {
        // What ends while it is being connected was not reached, unless it spoke first.
        Some(NetworkFailure::CutShort) | None if error.is_connect() => NetworkFailure::NotReached,
        Some(found) => found,
        None if error.is_body() || error.is_decode() => NetworkFailure::CutShort,
        None => NetworkFailure::NotReached,
    }
}

fn of_cause(error: &(dyn Error + 'static)) -> Option<NetworkFailure> {
    if let Some(error) = error.downcast_ref::<rustls::Error>() {
        return Some(match error {
            rustls::Error::InvalidCertificate(_) | rustls::Error::NoCertificatesPresented => {
                NetworkFailure::Certificate
            }
            _ => NetworkFailure::OtherLanguage,
        });
    }
    if let Some(error) = error.downcast_ref::<hyper::Error>() {
        return if error.is_parse() {
            Some(NetworkFailure::OtherLanguage)
        } else if error.is_incomplete_message() || error.is_closed() || error.is_canceled() {
            Some(NetworkFailure::CutShort)
        } else {
            None
        };
    }
    let error = error.downcast_ref::<io::Error>()?;
    match error.kind() {
        io::ErrorKind::TimedOut => Some(NetworkFailure::Slow),
        io::ErrorKind::BrokenPipe
        | io::ErrorKind::ConnectionAborted
        | io::ErrorKind::ConnectionReset
        | io::ErrorKind::NotConnected
        | io::ErrorKind::UnexpectedEof => Some(NetworkFailure::CutShort),
        _ => None,
    }
}

/// How long a server asks to be left alone: in seconds, or until a date by its own clock.
pub fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let header = |name| headers.get(name)?.to_str().ok().map(str::trim);
    let after = header(RETRY_AFTER)?;
    let until_date = || time_between(header(DATE)?, after);
    after.parse().ok().map(Duration::from_secs).or_else(until_date)
}

/// Between two dates of one server. Zero if the later one is the earlier.
fn time_between(earlier: &str, later: &str) -> Option<Duration> {
    let between_ms = unix_ms(later)? - unix_ms(earlier)?;
    Some(Duration::from_millis(u64::try_from(between_ms).unwrap_or(0)))
}

/// Of a date as headers have it.
pub fn unix_ms(date: &str) -> Option<i64> {
    Some(DateTimeParser::new().parse_timestamp(date.trim()).ok()?.as_millisecond())
}
