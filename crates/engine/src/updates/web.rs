//! A place of updates that any web server can be: files beside each other, below https.

use std::time::Duration;

use reqwest::{Client, Response, StatusCode, Url};
use tokio::time::timeout;

use super::download::Download;
use super::error::UpdateError;
use crate::http::{self, NetworkFailure, Way, failure_of, is_loopback};

const CONNECT: Duration = Duration::from_secs(10);

/// For the next bytes.
const PROGRESS: Duration = Duration::from_secs(30);

/// The slowest connection that is worth waiting for.
const SLOWEST_BYTES_PER_S: u64 = 4 << 10;

pub struct Web {
    client: Client,
    manifest: Url,
}

impl Web {
    /// `manifest`: its address. Makes no request.
    pub fn connect(manifest: &str) -> Result<Web, UpdateError> {
        let manifest = checked(manifest.parse().ok(), manifest)?;
        let way = Way { endpoint: &manifest, connect: CONNECT, ca_file: None, proxy: None };
        let client = http::client(&way).map_err(|(what, _)| {
            words(
                format!("Updates can't be asked for: {what}."),
                "Check this computer's certificates and proxy.",
            )
        })?;
        Ok(Web { client, manifest })
    }

    pub fn name(&self) -> String {
        host(&self.manifest)
    }

    /// The manifest, or what lies beside it under this ending. None if it is not there.
    pub async fn get(&self, ending: &str, limit_bytes: u64) -> Result<Option<Vec<u8>>, UpdateError> {
        let mut url = self.manifest.clone();
        url.set_path(&format!("{}{ending}", self.manifest.path()));
        let asking = async {
            let Some(mut response) = self.send(&url).await? else { return Ok(None) };
            let mut body = Vec::new();
            while let Some(chunk) = self.within(response.chunk()).await? {
                body.extend_from_slice(&chunk);
                if body.len() as u64 > limit_bytes {
                    let sentence = format!("What {} gives in place of updates is too long.", host(&url));
                    return Err(words(sentence, "If the network has a sign-in page, sign in and try again."));
                }
            }
            Ok(Some(body))
        };
        match timeout(CONNECT + PROGRESS + time_for(limit_bytes), asking).await {
            Ok(body) => body,
            Err(_) => Err(failed(&url, NetworkFailure::Slow)),
        }
    }

    /// False if there is no such package.
    pub async fn download(&self, address: &str, into: &mut Download<'_>) -> Result<bool, UpdateError> {
        let url = checked(self.manifest.join(address).ok(), address)?;
        let own;
        // Another host has its own way: a proxy that is passed by here may be needed there.
        let web = if url.origin() == self.manifest.origin() {
            self
        } else {
            own = Web::connect(url.as_str())?;
            &own
        };
        let time = CONNECT + PROGRESS + time_for(into.len_bytes());
        let asking = async {
            let Some(mut response) = web.send(&url).await? else { return Ok(false) };
            while let Some(chunk) = web.within(response.chunk()).await? {
                into.take(&chunk)?;
            }
            Ok(true)
        };
        match timeout(time, asking).await {
            Ok(done) => done,
            Err(_) => Err(failed(&url, NetworkFailure::Slow)),
        }
    }

    async fn send(&self, url: &Url) -> Result<Option<Response>, UpdateError> {
        let response = match timeout(CONNECT + PROGRESS, self.client.get(url.clone()).send()).await {
            Ok(Ok(response)) => response,
            Ok(Err(error)) => return Err(failed(url, failure_of(&error))),
            Err(_) => return Err(failed(url, NetworkFailure::Slow)),
        };
        match response.status() {
            StatusCode::OK => Ok(Some(response)),
            StatusCode::NOT_FOUND | StatusCode::GONE => Ok(None),
            status => {
                let sentence =
                    format!("{} refused to give updates, with status {}.", host(url), status.as_u16());
                Err(words(sentence, "Try again later; if it stays, tell whoever runs it."))
            }
        }
    }

    async fn within<T>(
        &self,
        work: impl Future<Output = Result<T, reqwest::Error>>,
    ) -> Result<T, UpdateError> {
        match timeout(PROGRESS, work).await {
            Ok(Ok(done)) => Ok(done),
            Ok(Err(error)) => Err(failed(&self.manifest, failure_of(&error))),
            Err(_) => Err(failed(&self.manifest, NetworkFailure::Slow)),
        }
    }
}

/// What is signed may be read by anybody; whether somebody reads with us is nobody's business.
fn checked(url: Option<Url>, text: &str) -> Result<Url, UpdateError> {
    let is_good = |url: &Url| {
        (url.scheme() == "https" || (url.scheme() == "http" && is_loopback(url)))
            && url.username().is_empty()
            && url.password().is_none()
    };
    url.filter(is_good).ok_or_else(|| {
        let text: String = text.chars().filter(|c| !c.is_control()).take(200).collect();
        let sentence =
            format!("Updates are not fetched from “{text}”, which is no plain address below https.");
        words(sentence, "Tell the publisher, or give another address.")
    })
}

fn time_for(len_bytes: u64) -> Duration {
    Duration::from_secs(len_bytes / SLOWEST_BYTES_PER_S)
}

fn host(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

fn failed(url: &Url, failure: NetworkFailure) -> UpdateError {
    let host = host(url);
    match failure {
        NetworkFailure::NotReached => words(
            format!("{host}, where updates are published, could not be reached."),
            "Look again when this computer is online; reading goes on without it.",
        ),
        NetworkFailure::Slow => {
            words(format!("{host} took too long to give the update."), "Try again later.")
        }
        NetworkFailure::Certificate => words(
            format!("{host} shows a certificate that this computer does not trust."),
            "Check this computer's date, and don't use a network that you don't trust.",
        ),
        NetworkFailure::OtherLanguage => words(
            format!("What answers at {host} is no web server."),
            "If the network has a sign-in page, sign in and try again.",
        ),
        NetworkFailure::CutShort => words(format!("{host} ended its answer too early."), "Try again."),
    }
}

fn words(sentence: String, next_step: &str) -> UpdateError {
    UpdateError::Web { sentence, next_step: next_step.to_owned() }
}
