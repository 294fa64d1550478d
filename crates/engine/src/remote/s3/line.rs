//! The line to one bucket: signed requests, one at a time or many at once, and their answers.

use std::future::Future;
use std::time::Duration;

use reqwest::header::{CONTENT_LENGTH, DATE, IF_NONE_MATCH};
use reqwest::{Client, Response, Url};
use rusty_s3::{Bucket, Method, UrlStyle, signing};
use tokio::time::timeout;

use super::answer::{Answer, cut, head_len_bytes};
use super::clock::{ServerClock, explains_refusal};
use crate::http::{self, NetworkFailure, Way};
use crate::remote::Clock;
use crate::remote::error::RemoteError;
use crate::remote::faults::{self, ClockOffset, RemoteFault, Verb};
use crate::remote::location::{Credentials, Patience, Place, S3Location, Style, usual_region};
use crate::remote::traffic::Counters;

/// Long enough for a clock that is not quite right, short enough for an address that leaks.
const SIGNATURE_LIFETIME_S: u64 = 15 * 60;

/// Enough to say what is wrong.
pub const REFUSAL_MAX_BYTES: u64 = 64 << 10;

/// The slowest connection that is worth waiting for.
const SLOWEST_BYTES_PER_S: u64 = 4 << 10;

pub struct Line {
    client: Client,
    bucket: Bucket,
    access_key_id: String,
    credentials: Credentials,
    patience: Patience,
    clock: ServerClock,
    traffic: Counters,
    place: Place,
}

pub struct Request<'a> {
    pub to: Verb,
    /// With the prefix; None for the bucket itself.
    pub key: Option<&'a str>,
    /// Sorted by name.
    pub query: Vec<(&'static str, String)>,
    pub body: &'a [u8],
    /// For the body of a success.
    pub limit_bytes: u64,
    /// The ETag that is known.
    pub unless: Option<&'a str>,
}

impl Line {
    pub fn connect(
        location: &S3Location,
        credentials: Option<Credentials>,
        clock: Clock,
        patience: Patience,
        place: Place,
    ) -> Result<Line, RemoteError> {
        let bad = |what: &str| RemoteError::new(RemoteFault::BadAddress, &place, what);
        let endpoint: Url =
            location.address().parse().map_err(|source| bad("the address is none").because(source))?;
        if !matches!(endpoint.scheme(), "http" | "https") {
            return Err(bad("the address begins neither with http:// nor with https://"));
        }
        if !endpoint.username().is_empty() || endpoint.password().is_some() {
            return Err(bad("the address holds a name or a password; keys are entered separately"));
        }
        // Every request has a query of its own in its place.
        if endpoint.query().is_some() || endpoint.fragment().is_some() {
            return Err(bad("the address goes on with a ? or a # after the server and the path"));
        }
        let name = location.bucket.trim();
        if name.is_empty()
            || !name.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c))
            || is_dots(name)
        {
            return Err(bad("the name of the bucket must be of letters, digits, dots, - and _"));
        }
        let access_key_id = location.access_key_id.trim();
        if access_key_id.is_empty() || !access_key_id.chars().all(|c| c.is_ascii_graphic()) {
            return Err(bad("the access key ID is missing or is none"));
        }
        let credentials = credentials
            .filter(|own| !own.secret_access_key.expose().trim().is_empty())
            .ok_or_else(|| RemoteError::new(RemoteFault::NoSecret, &place, ""))?;
        let way = Way {
            endpoint: &endpoint,
            connect: patience.connect,
            ca_file: location.ca_file.as_deref(),
            proxy: location.proxy.as_deref(),
        };
        let client = http::client(&way).map_err(|(what, source)| {
            let error = bad(&what);
            match source {
                Some(source) => error.because(source),
                None => error,
            }
        })?;
        let region = match location.region.trim() {
            "" => usual_region(),
            region => region.to_owned(),
        };
        let style = match location.style_meant() {
            Some(Style::Host) => UrlStyle::VirtualHost,
            _ => UrlStyle::Path,
        };
        let bucket = Bucket::new(endpoint, style, name.to_owned(), region)
            .map_err(|source| bad("the name of the bucket can't be part of a host's").because(source))?;
        Ok(Line {
            client,
            bucket,
            access_key_id: access_key_id.to_owned(),
            credentials,
            patience,
            clock: ServerClock::new(clock),
            traffic: Counters::default(),
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

    /// Asks, and once more where the server's clock explains why it refused.
    pub async fn ask(&self, request: &Request<'_>) -> Result<Answer, RemoteError> {
        let used_ms = self.clock.signing_offset_ms();
        let first = self.exchange(request, used_ms).await?;
        let explained = first.measured_ms.filter(|measured_ms| {
            matches!(first.status.as_u16(), 400 | 401 | 403) && explains_refusal(used_ms, *measured_ms)
        });
        let answer = match explained {
            None => first,
            Some(measured_ms) => {
                let second = self.exchange(request, measured_ms).await?;
                // A refusal that is for another reason this time proves the measured time right too.
                if second.status.is_success()
                    || (self.is_for_clock(request, &first) && !self.is_for_clock(request, &second))
                {
                    self.clock.sign_with(measured_ms);
                }
                second
            }
        };
        if let Some(measured_ms) = answer.measured_ms
            && answer.is_of_s3()
        {
            self.clock.note(measured_ms);
        }
        Ok(answer)
    }

    fn is_for_clock(&self, request: &Request<'_>, answer: &Answer) -> bool {
        matches!(self.refused(request.to, answer).fault, RemoteFault::ClockWrong { .. })
    }

    /// One request and its answer; a second request if a connection that was kept open turns out to have been
    /// closed. Each of ours may be repeated without harm.
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
        let body = match status.is_success() {
            true => self.whole_body(response, request.limit_bytes).await?,
            false => self.some_body(response).await,
        };
        Ok(Answer { status, headers, body, measured_ms })
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
        if let Some(etag) = request.unless {
            let etag = format!("\"{etag}\"");
            self.traffic.sent(IF_NONE_MATCH.as_str().len() + etag.len() + 4);
            builder = builder.header(IF_NONE_MATCH, etag);
        }
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

    /// The body of a success: whole, or an error before more than the limit is held.
    async fn whole_body(&self, mut response: Response, limit_bytes: u64) -> Result<Vec<u8>, RemoteError> {
        let too_long = || self.error(RemoteFault::TooLong, format!("longer than {limit_bytes} bytes"));
        let announced_bytes = response.content_length().unwrap_or(limit_bytes);
        if announced_bytes > limit_bytes {
            return Err(too_long());
        }
        let mut body = Vec::new();
        let reading = async {
            while let Some(chunk) = self.within(self.patience.progress, response.chunk()).await? {
                self.traffic.received(chunk.len());
                if (body.len() + chunk.len()) as u64 > limit_bytes {
                    return Err(too_long());
                }
                body.extend_from_slice(&chunk);
            }
            Ok(())
        };
        // Against a server that gives a byte now and then for ever.
        let time_to_read = Duration::from_secs(announced_bytes / SLOWEST_BYTES_PER_S);
        match timeout(self.patience.progress + time_to_read, reading).await {
            Ok(read) => read.map(|()| body),
            Err(elapsed) => Err(self.error(RemoteFault::TimedOut, "").because(elapsed)),
        }
    }

    /// The body of a refusal, or as much of it as comes: its status says most already.
    async fn some_body(&self, mut response: Response) -> Vec<u8> {
        let mut body = Vec::new();
        let reading = async {
            while let Ok(Some(chunk)) = response.chunk().await {
                self.traffic.received(chunk.len());
                let room = REFUSAL_MAX_BYTES as usize - body.len();
                body.extend_from_slice(&chunk[..chunk.len().min(room)]);
                if chunk.len() >= room {
                    break;
                }
            }
        };
        match timeout(self.patience.progress, reading).await {
            Ok(()) | Err(_) => body,
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
                let fault = faults::of_network(http::failure_of(&error));
                Err(self.error(fault, with_causes(&error)).because(error))
            }
            Err(elapsed) => Err(self.error(RemoteFault::TimedOut, "").because(elapsed)),
        }
    }

    pub fn error(&self, fault: RemoteFault, detail: impl Into<String>) -> RemoteError {
        RemoteError::new(fault, &self.place, detail)
    }
}

fn is_dots(name: &str) -> bool {
    name.chars().all(|c| c == '.')
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
