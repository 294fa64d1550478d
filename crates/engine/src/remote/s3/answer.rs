//! An answer, and what one that is no success means.

use std::time::Duration;

use reqwest::StatusCode;
use reqwest::header::{CONTENT_TYPE, ETAG, HeaderMap};

use super::line::Line;
use super::xml;
use crate::http::retry_after;
use crate::remote::error::RemoteError;
use crate::remote::faults::{self, ClockOffset, RemoteFault, Verb};

const DETAIL_MAX_CHARS: usize = 300;

/// However long a server wants to be left alone, tomorrow is another day.
const WAIT_MAX: Duration = Duration::from_secs(24 * 60 * 60);

pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
    /// From the answer's Date.
    pub measured_ms: Option<i64>,
}

impl Answer {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    pub fn etag(&self) -> String {
        xml::without_quotes(self.header(ETAG.as_str()).unwrap_or_default()).to_owned()
    }

    /// A page for people where an object or S3's XML is due. Some servers call even their empty answers HTML.
    pub fn is_page(&self) -> bool {
        if self.body.is_empty() {
            return false;
        }
        match self.header(CONTENT_TYPE.as_str()) {
            Some(kind) => kind.to_ascii_lowercase().contains("text/html"),
            None => {
                let start: Vec<u8> = self.body.trim_ascii_start().iter().take(14).copied().collect();
                let start = String::from_utf8_lossy(&start).to_ascii_lowercase();
                start.starts_with("<html") || start.starts_with("<!doctype html")
            }
        }
    }

    /// Not of something that stands between.
    pub fn is_of_s3(&self) -> bool {
        let is_refusal = || xml::refusal(&String::from_utf8_lossy(&self.body)).is_some();
        if self.status.is_success() { !self.is_page() } else { is_refusal() }
    }

    /// A missing object, not a missing bucket or a missing page. Some servers give no body.
    pub fn says_absent(&self) -> bool {
        match xml::refusal(&String::from_utf8_lossy(&self.body)) {
            Some(refusal) => matches!(refusal.code.as_str(), "NoSuchKey" | "NotFound" | "NoSuchVersion" | ""),
            None => self.body.trim_ascii().is_empty(),
        }
    }
}

impl Line {
    /// What an answer that is no success means.
    pub fn refused(&self, to: Verb, answer: &Answer) -> RemoteError {
        let document = String::from_utf8_lossy(&answer.body);
        let refusal = xml::refusal(&document);
        let status = answer.status.as_u16();
        let told_region = answer.header("x-amz-bucket-region").map(str::to_owned);
        let mut fault = match &refusal {
            Some(refusal) => faults::of_code(&refusal.code, &refusal.message, to),
            None if (300..400).contains(&status) && told_region.is_some() => {
                Some(RemoteFault::WrongRegion { region: None })
            }
            // A page says of itself nothing that S3 means, but a gateway in front of S3 that is overloaded
            // says so.
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
        error.retry_after = retry_after(&answer.headers).map(|wait| wait.min(WAIT_MAX));
        error
    }
}

/// As text: the status line, and each header with a colon, a space and a line's end.
pub fn head_len_bytes(headers: &HeaderMap) -> usize {
    17 + headers.iter().map(|(name, value)| name.as_str().len() + value.len() + 4).sum::<usize>() + 2
}

/// In one line and not too long: it is shown.
pub fn cut(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(DETAIL_MAX_CHARS).collect()
}
