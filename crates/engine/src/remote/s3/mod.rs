//! A bucket of any S3-compatible server.
//!
//! Requests are signed in their addresses (presigned, valid for a quarter of an hour) with exactly the host
//! and port they are sent to, and carry no header that HTTP itself does not need: what newer SDKs add, some
//! servers refuse; only If-None-Match is sent where an ETag is known. Bodies are not signed; over http anyone in between can change them, which the digests
//! above this notice for texts.

mod answer;
mod clock;
mod line;
mod xml;

use std::collections::{BTreeMap, BTreeSet};

use reqwest::StatusCode;

use self::line::{Line, REFUSAL_MAX_BYTES, Request};
use self::xml::XmlError;
use super::error::RemoteError;
use super::faults::{ClockOffset, RemoteFault, Verb};
use super::key::{clean_prefix, is_key};
use super::location::{Credentials, Patience, Place, S3Location};
use super::traffic::Counters;
use super::{Clock, Listed, Object, Unless};

/// A thousand keys of the greatest length with all that servers tell about each fit twice.
const PAGE_MAX_BYTES: u64 = 8 << 20;
const PAGE_KEYS_MAX: usize = 1_000;

/// More than a bucket of ours ever holds under one prefix.
const LISTING_KEYS_MAX: usize = 1_000_000;

/// Twice as many as so many keys need: servers may give fewer on a page than they were asked for, and none.
const LISTING_PAGES_MAX: usize = 2 * LISTING_KEYS_MAX / PAGE_KEYS_MAX;

pub struct S3 {
    line: Line,
    /// Empty or ending in a slash.
    prefix: String,
}

impl S3 {
    pub fn connect(
        location: &S3Location,
        credentials: Option<Credentials>,
        clock: Clock,
        patience: Patience,
        place: Place,
    ) -> Result<S3, RemoteError> {
        let prefix = clean_prefix(&location.prefix).ok_or_else(|| {
            let what = "the prefix must be of letters, digits, and -_.!'() between slashes";
            RemoteError::new(RemoteFault::BadAddress, &place, what)
        })?;
        Ok(S3 { line: Line::connect(location, credentials, clock, patience, place)?, prefix })
    }

    pub fn traffic(&self) -> &Counters {
        self.line.traffic()
    }

    pub fn place(&self) -> &Place {
        self.line.place()
    }

    pub fn clock_offset(&self) -> Option<ClockOffset> {
        self.line.clock_offset()
    }

    pub async fn list(&self, prefix: &str, at_most: usize) -> Result<Vec<Listed>, RemoteError> {
        if at_most == 0 {
            return Ok(Vec::new());
        }
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
            let request = Request {
                to: Verb::List,
                key: None,
                query,
                body: &[],
                limit_bytes: PAGE_MAX_BYTES,
                unless: None,
            };
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
                // Each page has had a token of its own.
                Some(_) if found.len() >= LISTING_KEYS_MAX || seen.len() + 1 >= LISTING_PAGES_MAX => {
                    return Err(self.line.error(RemoteFault::TooLong, "a listing without end").about(prefix));
                }
                // A token that comes again would never end.
                Some(next) if !seen.insert(next.clone()) => {
                    return Err(self
                        .line
                        .error(RemoteFault::Unexpected, "a listing in a circle")
                        .about(prefix));
                }
                next @ Some(_) => token = next,
                None => break,
            }
        }
        Ok(found.into_values().take(at_most).collect())
    }

    async fn page(&self, request: &Request<'_>) -> Result<xml::Page, RemoteError> {
        let answer = self.line.ask(request).await?;
        if !answer.status.is_success() {
            return Err(self.line.refused(request.to, &answer));
        }
        let document = String::from_utf8_lossy(&answer.body);
        xml::page(&document).map_err(|error| match error {
            XmlError::OtherDocument => self.line.error(RemoteFault::NotS3, "").because(error),
            XmlError::Damaged { .. } => {
                self.line.error(RemoteFault::Damaged, error.to_string()).because(error)
            }
        })
    }

    pub async fn get(&self, key: &str, limit_bytes: u64) -> Result<Option<Object>, RemoteError> {
        match self.get_unless(key, "", limit_bytes).await? {
            Unless::Got(object) => Ok(object),
            Unless::Known => Err(self.line.error(RemoteFault::Unexpected, "nothing was known").about(key)),
        }
    }

    pub async fn get_unless(&self, key: &str, etag: &str, limit_bytes: u64) -> Result<Unless, RemoteError> {
        let whole_key = format!("{}{key}", self.prefix);
        let request = Request {
            to: Verb::Read,
            key: Some(&whole_key),
            query: Vec::new(),
            body: &[],
            limit_bytes,
            unless: Some(etag).filter(|etag| !etag.is_empty()),
        };
        let answer = self.line.ask(&request).await.map_err(|error| error.about(key))?;
        if answer.status == StatusCode::NOT_MODIFIED && request.unless.is_some() {
            return Ok(Unless::Known);
        }
        if answer.status == StatusCode::NOT_FOUND && answer.says_absent() {
            return Ok(Unless::Got(None));
        }
        if answer.status != StatusCode::OK {
            return Err(self.line.refused(Verb::Read, &answer).about(key));
        }
        if answer.is_page() {
            return Err(self.line.error(RemoteFault::NotS3, "a page of HTML").about(key));
        }
        let etag = answer.etag();
        Ok(Unless::Got(Some(Object { bytes: answer.body, etag })))
    }

    pub async fn put(&self, key: &str, bytes: &[u8]) -> Result<String, RemoteError> {
        let whole_key = format!("{}{key}", self.prefix);
        let request = Request {
            to: Verb::Write,
            key: Some(&whole_key),
            query: Vec::new(),
            body: bytes,
            limit_bytes: REFUSAL_MAX_BYTES,
            unless: None,
        };
        let answer = self.line.ask(&request).await.map_err(|error| error.about(key))?;
        if !answer.status.is_success() {
            return Err(self.line.refused(Verb::Write, &answer).about(key));
        }
        // A sign-in page takes a PUT as well as a GET, and keeps nothing.
        if answer.is_page() {
            return Err(self.line.error(RemoteFault::NotS3, "a page of HTML").about(key));
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
            unless: None,
        };
        let answer = self.line.ask(&request).await.map_err(|error| error.about(key))?;
        match answer.status {
            StatusCode::NOT_FOUND if answer.says_absent() => Ok(()),
            status if !status.is_success() => Err(self.line.refused(Verb::Delete, &answer).about(key)),
            _ if answer.is_page() => Err(self.line.error(RemoteFault::NotS3, "a page of HTML").about(key)),
            _ => Ok(()),
        }
    }
}
