//! A bucket of any S3-compatible server.
//!
//! Requests are signed in their addresses (presigned, valid for a quarter of an hour) with exactly the host and port they
//! are sent to, and carry no header that HTTP itself does not need: what newer SDKs add, some servers refuse. Bodies are
//! not signed; over http anyone in between can change them, which the digests above this notice for texts.

mod clock;
mod wire;
mod xml;

use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use reqwest::header::{CONTENT_LENGTH, CONTENT_TYPE, DATE, ETAG, HeaderMap, RETRY_AFTER};
use reqwest::{Client, Response, StatusCode, Url};
use rusty_s3::{Bucket, Method, UrlStyle, signing};
use tokio::time::timeout;

use self::clock::{ServerClock, explains_refusal};
use self::xml::XmlError;
use super::error::RemoteError;
use super::faults::{self, ClockOffset, NetworkFailure, RemoteFault, Verb};
use super::key::{clean_prefix, is_key};
use super::location::{Credentials, Patience, Place, S3Location, Style};
use super::traffic::Counters;
use super::{Clock, Listed, Object};

/// Long enough for a clock that is not quite right, short enough for an address that leaks.
const SIGNATURE_LIFETIME_S: u64 = 15 * 60;

/// Enough to say what is wrong.
const REFUSAL_MAX_BYTES: u64 = 64 << 10;

/// A thousand keys of the greatest length with all that servers tell about each fit twice.
const PAGE_MAX_BYTES: u64 = 8 << 20;
const PAGE_KEYS_MAX: usize = 1_000;

/// More than a bucket of ours ever holds under one prefix.
const LISTING_KEYS_MAX: usize = 1_000_000;

/// The slowest connection that is worth waiting for.
const SLOWEST_BYTES_PER_S: u64 = 4 << 10;

const DETAIL_MAX_CHARS: usize = 300;

pub struct S3 {
    client: Client,
    bucket: Bucket,
    prefix: String,
    access_key_id: String,
    credentials: Credentials,
    patience: Patience,
    clock: ServerClock,
    traffic: Arc<Counters>,
    place: Place,
}

struct Request<'a> {
    to: Verb,
    /// With the prefix; None for the bucket itself.
    key: Option<&'a str>,
    /// Sorted by name.
    query: Vec<(&'static str, String)>,
    body: &'a [u8],
    /// For the body of a success.
    limit_bytes: u64,
}

struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: Vec<u8>,
    /// From the answer's Date.
    measured_ms: Option<i64>,
}

impl S3 {
    pub fn connect(
        location: &S3Location,
        credentials: Option<Credentials>,
        clock: Clock,
        patience: Patience,
        place: Place,
    ) -> Result<S3, RemoteError> {
        let bad = |what: &str| RemoteError::new(RemoteFault::BadAddress, &place, what);
        let endpoint: Url =
            location.address().parse().map_err(|source| bad("the address is none").because(source))?;
        if !matches!(endpoint.scheme(), "http" | "https") {
            return Err(bad("the address begins neither with http:// nor with https://"));
        }
        if !endpoint.username().is_empty() || endpoint.password().is_some() {
            return Err(bad("the address holds a name or a password; keys are entered separately"));
        }
        let name = location.bucket.trim();
        if name.is_empty()
            || !name.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c))
            || is_dots(name)
        {
            return Err(bad("the name of the bucket must be of letters, digits, dots, - and _"));
        }
        let prefix = clean_prefix(&location.prefix)
            .ok_or_else(|| bad("the prefix must be of letters, digits, and -_.!'() between slashes"))?;
        let access_key_id = location.access_key_id.trim();
        if access_key_id.is_empty() || !access_key_id.chars().all(|c| c.is_ascii_graphic()) {
            return Err(bad("the access key ID is missing or is none"));
        }
        let credentials = credentials
            .filter(|own| !own.secret_access_key.expose().trim().is_empty())
            .ok_or_else(|| RemoteError::new(RemoteFault::NoSecret, &place, ""))?;
        let client = wire::client(location, &endpoint, &patience).map_err(|(what, source)| {
            let error = bad(&what);
            match source {
                Some(source) => error.because(source),
                None => error,
            }
        })?;
        let region = match location.region.trim() {
            "" => super::location::usual_region(),
            region => region.to_owned(),
        };
        let style = style(location.style, &endpoint, name);
        let bucket = Bucket::new(endpoint, style, name.to_owned(), region)
            .map_err(|source| bad("the name of the bucket can't be part of a host's").because(source))?;
        Ok(S3 {
            client,
            bucket,
            prefix,
            access_key_id: access_key_id.to_owned(),
            credentials,
            patience,
            clock: ServerClock::new(clock),
            traffic: Arc::default(),
            place,
        })
    }

    pub fn traffic(&self) -> &Counters {
        &self.traffic
    }

    pub fn place(&self) -> &Place {
        &self.place
    }

    pub fn clock_offset(&self) -> Option<ClockOffset> {
        self.clock.offset()
    }

    pub async fn list(&self, prefix: &str, at_most: usize) -> Result<Vec<Listed>, RemoteError> {
        let whole_prefix = format!("{}{prefix}", self.prefix);
        let mut found = BTreeMap::new();
        let (mut token, mut seen) = (None, BTreeSet::new());
        loop {
            let wanted = (at_most - found.len()).min(PAGE_KEYS_MAX);
            let mut query = vec![
                ("encoding-type", "url".to_owned()),
                ("list-type", "2".to_owned()),
                ("max-keys", wanted.to_string()),
                ("prefix", whole_prefix.clone()),
            ];
            if let Some(token) = token.take() {
                query.insert(0, ("continuation-token", token));
            }
            let request =
                Request { to: Verb::List, key: None, query, body: &[], limit_bytes: PAGE_MAX_BYTES };
            let page = self.page(&request).await.map_err(|error| error.about(prefix))?;
            for entry in page.entries {
                // What others put there is none of ours, and a server may list what was not asked for.
                if let Some(key) = entry.key.strip_prefix(&self.prefix)
                    && key.starts_with(prefix)
                    && is_key(key)
                {
                    let listed = Listed { key: key.to_owned(), etag: entry.etag, len_bytes: entry.len_bytes };
                    found.insert(key.to_owned(), listed);
                }
            }
            match page.next {
                Some(_) if found.len() >= at_most => break,
                Some(_) if found.len() >= LISTING_KEYS_MAX => {
                    return Err(self.error(RemoteFault::TooLong, "a listing without end").about(prefix));
                }
                // A token that comes again would never end.
                Some(next) if !seen.insert(next.clone()) => {
                    return Err(self.error(RemoteFault::Unexpected, "a listing in a circle").about(prefix));
                }
                next @ Some(_) => token = next,
                None => break,
            }
        }
        Ok(found.into_values().take(at_most).collect())
    }

    async fn page(&self, request: &Request<'_>) -> Result<xml::Page, RemoteError> {
        let answer = self.ask(request).await?;
        if !answer.status.is_success() {
            return Err(self.refused(request.to, &answer));
        }
        let document = String::from_utf8_lossy(&answer.body);
        xml::page(&document).map_err(|error| match error {
            XmlError::OtherDocument => self.error(RemoteFault::NotS3, "").because(error),
            XmlError::Damaged { .. } => self.error(RemoteFault::Damaged, error.to_string()).because(error),
        })
    }

    pub async fn get(&self, key: &str, limit_bytes: u64) -> Result<Option<Object>, RemoteError> {
        let whole_key = format!("{}{key}", self.prefix);
        let request =
            Request { to: Verb::Read, key: Some(&whole_key), query: Vec::new(), body: &[], limit_bytes };
        let answer = self.ask(&request).await.map_err(|error| error.about(key))?;
        if answer.status == StatusCode::NOT_FOUND && answer.says_absent() {
            return Ok(None);
        }
        if answer.status != StatusCode::OK {
            return Err(self.refused(Verb::Read, &answer).about(key));
        }
        if answer.is_page() {
            return Err(self.error(RemoteFault::NotS3, "a page of HTML").about(key));
        }
        let etag = answer.etag();
        Ok(Some(Object { bytes: answer.body, etag }))
    }

    pub async fn put(&self, key: &str, bytes: &[u8]) -> Result<String, RemoteError> {
        let whole_key = format!("{}{key}", self.prefix);
        let request = Request {
            to: Verb::Write,
            key: Some(&whole_key),
            query: Vec::new(),
            body: bytes,
            limit_bytes: REFUSAL_MAX_BYTES,
        };
        let answer = self.ask(&request).await.map_err(|error| error.about(key))?;
        if !answer.status.is_success() {
            return Err(self.refused(Verb::Write, &answer).about(key));
        }
        // A sign-in page takes a PUT as well as a GET, and keeps nothing.
        if answer.is_page() {
            return Err(self.error(RemoteFault::NotS3, "a page of HTML").about(key));
        }
        Ok(answer.etag())
    }

    pub async fn delete(&self, key: &str) -> Result<(), RemoteError> {
        let whole_key = format!("{}{key}", self.prefix);
        let request = Request {
            to: Verb::Delete,
            key: Some(&whole_key),
            query: Vec::new(),
            body: &[],
            limit_bytes: REFUSAL_MAX_BYTES,
        };
        let answer = self.ask(&request).await.map_err(|error| error.about(key))?;
        match answer.status {
            StatusCode::NOT_FOUND if answer.says_absent() => Ok(()),
            status if !status.is_success() => Err(self.refused(Verb::Delete, &answer).about(key)),
            _ if answer.is_page() => Err(self.error(RemoteFault::NotS3, "a page of HTML").about(key)),
            _ => Ok(()),
        }
    }

    /// Asks, and once more where the server's clock explains why it refused.
    async fn ask(&self, request: &Request<'_>) -> Result<Answer, RemoteError> {
        let used_ms = self.clock.offset_ms();
        let first = self.exchange(request, used_ms).await?;
        let Some(measured_ms) = first.measured_ms.filter(|measured_ms| {
            matches!(first.status.as_u16(), 400 | 401 | 403) && explains_refusal(used_ms, *measured_ms)
        }) else {
            return Ok(first);
        };
        let second = self.exchange(request, measured_ms).await?;
        let is_clock = |answer: &Answer| {
            matches!(self.refused(request.to, answer).fault, RemoteFault::ClockWrong { .. })
        };
        // A refusal for another reason that only came second proves the clock right too.
        if second.status.is_success() || (is_clock(&first) && !is_clock(&second)) {
            self.clock.remember(measured_ms);
        }
        Ok(second)
    }

    /// One request and its answer; a second request if a connection that was kept open turns out to have been closed.
    /// Each of ours may be repeated without harm.
    async fn exchange(&self, request: &Request<'_>, offset_ms: i64) -> Result<Answer, RemoteError> {
        let response = match self.send(request, offset_ms).await {
            Err(error) if error.fault == faults::of_network(NetworkFailure::CutShort) => {
                self.send(request, offset_ms).await?
            }
            sent => sent?,
        };
        let (status, headers) = (response.status(), response.headers().clone());
        self.traffic.received(head_len_bytes(&headers));
        let measured_ms =
            headers.get(DATE).and_then(|date| date.to_str().ok()).and_then(|date| self.clock.measure(date));
        let is_object = status.is_success();
        let body =
            self.body(response, if is_object { request.limit_bytes } else { REFUSAL_MAX_BYTES }, is_object);
        Ok(Answer { status, headers, body: body.await?, measured_ms })
    }

    async fn send(&self, request: &Request<'_>, offset_ms: i64) -> Result<Response, RemoteError> {
        let (method, signed) = match request.to {
            Verb::List | Verb::Read => (reqwest::Method::GET, Method::Get),
            Verb::Write => (reqwest::Method::PUT, Method::Put),
            Verb::Delete => (reqwest::Method::DELETE, Method::Delete),
        };
        let url = self.sign(signed, request, offset_ms);
        self.traffic.request();
        // The request's line and the three headers that are always sent.
        self.traffic.sent(url.as_str().len() + 64 + request.body.len());
        let mut builder = self.client.request(method, url);
        if request.to == Verb::Write {
            // Said even for an empty body: S3 takes none of unknown length.
            builder = builder.header(CONTENT_LENGTH, request.body.len()).body(request.body.to_vec());
        }
        let time_to_send = Duration::from_secs(request.body.len() as u64 / SLOWEST_BYTES_PER_S);
        self.within(self.patience.connect + self.patience.progress + time_to_send, builder.send()).await
    }

    fn sign(&self, method: Method, request: &Request<'_>, offset_ms: i64) -> Url {
        let url = match request.key {
            Some(key) => self.bucket.object_url(key),
            None => self.bucket.base_url().clone(),
        };
        signing::sign(
            &self.clock.now(offset_ms),
            method,
            url,
            &self.access_key_id,
            self.credentials.secret_access_key.expose().trim(),
            self.credentials.session_token.as_ref().map(|token| token.expose().trim()),
            self.bucket.region(),
            SIGNATURE_LIFETIME_S,
            request.query.iter().map(|(name, value)| (*name, value.as_str())),
            std::iter::empty(),
        )
    }

    /// Never holds more than the limit. What is refused may be cut there; an object is whole or an error.
    async fn body(
        &self,
        mut response: Response,
        limit_bytes: u64,
        whole: bool,
    ) -> Result<Vec<u8>, RemoteError> {
        let too_long = || self.error(RemoteFault::TooLong, format!("longer than {limit_bytes} bytes"));
        let announced_bytes = response.content_length();
        if whole && announced_bytes.is_some_and(|len_bytes| len_bytes > limit_bytes) {
            return Err(too_long());
        }
        let expected_bytes = announced_bytes.unwrap_or(limit_bytes).min(limit_bytes);
        let time_to_read = Duration::from_secs(expected_bytes / SLOWEST_BYTES_PER_S);
        let reading = async {
            let mut body = Vec::new();
            while let Some(chunk) = self.within(self.patience.progress, response.chunk()).await? {
                self.traffic.received(chunk.len());
                if (body.len() + chunk.len()) as u64 > limit_bytes {
                    if whole {
                        return Err(too_long());
                    }
                    body.extend_from_slice(&chunk[..limit_bytes as usize - body.len()]);
                    break;
                }
                body.extend_from_slice(&chunk);
            }
            Ok(body)
        };
        // Against a server that gives a byte now and then for ever.
        match timeout(self.patience.progress + time_to_read, reading).await {
            Ok(read) => read,
            Err(elapsed) => Err(self.error(RemoteFault::TimedOut, "").because(elapsed)),
        }
    }

    async fn within<T>(
        &self,
        limit: Duration,
        work: impl Future<Output = Result<T, reqwest::Error>>,
    ) -> Result<T, RemoteError> {
        match timeout(limit, work).await {
            Ok(Ok(done)) => Ok(done),
            Ok(Err(error)) => {
                // Its address has the signature in it.
                let error = error.without_url();
                let fault = faults::of_network(wire::failure_of(&error));
                Err(self.error(fault, with_causes(&error)).because(error))
            }
            Err(elapsed) => Err(self.error(RemoteFault::TimedOut, "").because(elapsed)),
        }
    }

    /// What an answer that is no success means.
    fn refused(&self, to: Verb, answer: &Answer) -> RemoteError {
        let document = String::from_utf8_lossy(&answer.body);
        let refusal = xml::refusal(&document);
        let status = answer.status.as_u16();
        let told_region = answer.header("x-amz-bucket-region").map(str::to_owned);
        let mut fault = match &refusal {
            Some(refusal) => faults::of_code(&refusal.code, &refusal.message, to),
            None if (300..400).contains(&status) && told_region.is_some() => {
                Some(RemoteFault::WrongRegion { region: None })
            }
            // A page says of itself nothing that S3 means, but a gateway in front of S3 that is overloaded says so.
            None if answer.is_page() && status < 500 && status != 429 => Some(RemoteFault::NotS3),
            None => None,
        }
        .unwrap_or_else(|| faults::of_status(status, to));
        match &mut fault {
            RemoteFault::ClockWrong { offset } => *offset = answer.measured_ms.map(|ms| ClockOffset { ms }),
            RemoteFault::WrongRegion { region } => {
                *region = told_region.or_else(|| refusal.as_ref()?.region.clone()).as_deref().map(cut);
            }
            _ => {}
        }
        let detail = match &refusal {
            Some(refusal) => cut(&format!("{} {}: {}", status, refusal.code, refusal.message)),
            None => format!("HTTP status {status}"),
        };
        let mut error = self.error(fault, detail);
        error.retry_after =
            answer.header(RETRY_AFTER.as_str()).and_then(|after| self.retry_after(after, answer));
        error
    }

    /// Seconds, or a date by the server's own clock.
    fn retry_after(&self, after: &str, answer: &Answer) -> Option<Duration> {
        let after = after.trim();
        let until_date = || {
            let wait_ms = self.clock.measure(after)? - answer.measured_ms?;
            Some(Duration::from_millis(u64::try_from(wait_ms).unwrap_or(0)))
        };
        after.parse().ok().map(Duration::from_secs).or_else(until_date)
    }

    fn error(&self, fault: RemoteFault, detail: impl Into<String>) -> RemoteError {
        RemoteError::new(fault, &self.place, detail)
    }
}

impl Answer {
    fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    fn etag(&self) -> String {
        xml::without_quotes(self.header(ETAG.as_str()).unwrap_or_default()).to_owned()
    }

    /// A page for people where an object or S3's XML is due.
    fn is_page(&self) -> bool {
        match self.header(CONTENT_TYPE.as_str()) {
            Some(kind) => kind.to_ascii_lowercase().contains("text/html"),
            None => {
                let start: Vec<u8> = self.body.trim_ascii_start().iter().take(14).copied().collect();
                let start = String::from_utf8_lossy(&start).to_ascii_lowercase();
                start.starts_with("<html") || start.starts_with("<!doctype html")
            }
        }
    }

    /// A missing object, not a missing bucket or a missing page. Some servers give no body.
    fn says_absent(&self) -> bool {
        match xml::refusal(&String::from_utf8_lossy(&self.body)) {
            Some(refusal) => matches!(refusal.code.as_str(), "NoSuchKey" | "NotFound" | "NoSuchVersion" | ""),
            None => self.body.trim_ascii().is_empty(),
        }
    }
}

fn style(wanted: Style, endpoint: &Url, bucket: &str) -> UrlStyle {
    let host = endpoint.host_str().unwrap_or_default();
    let is_address = host.trim_matches(['[', ']']).parse::<IpAddr>().is_ok();
    let is_amazon =
        host == "amazonaws.com" || host.ends_with(".amazonaws.com") || host.ends_with(".amazonaws.com.cn");
    // One label: the certificate of *.s3.amazonaws.com covers no more.
    let is_label = bucket.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
    match wanted {
        Style::Path => UrlStyle::Path,
        Style::Host => UrlStyle::VirtualHost,
        Style::Auto if is_amazon && is_label && !is_address && endpoint.port().is_none() => {
            UrlStyle::VirtualHost
        }
        Style::Auto => UrlStyle::Path,
    }
}

fn is_dots(name: &str) -> bool {
    name.chars().all(|c| c == '.')
}

/// As text: the status line, and each header with a colon, a space and a line's end.
fn head_len_bytes(headers: &HeaderMap) -> usize {
    17 + headers.iter().map(|(name, value)| name.as_str().len() + value.len() + 4).sum::<usize>() + 2
}

/// In one line and not too long: it is shown.
fn cut(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(DETAIL_MAX_CHARS).collect()
}

fn with_causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        text.push_str(&format!(": {inner}"));
        cause = inner.source();
    }
    cut(&text)
}
