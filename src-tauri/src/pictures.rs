//! `book://localhost/figures/x.svg`: the pictures of the installed book, and nothing else.

use std::borrow::Cow;

use primer_engine::Engine;
use primer_engine::bookshelf::Picture;
use tauri::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};
use tauri::http::{Request, Response, StatusCode};
use tauri::{AppHandle, Manager, Runtime};

use crate::backend::Backend;

type Answer = Response<Cow<'static, [u8]>>;

pub fn answer<R: Runtime>(app: &AppHandle<R>, request: &Request<Vec<u8>>) -> Answer {
    match app.state::<Backend>().engine() {
        Ok(engine) => picture(&engine, request.uri().path()),
        Err(_) => empty(StatusCode::NOT_FOUND),
    }
}

fn picture(engine: &Engine, path: &str) -> Answer {
    let Some(name) = decoded(path.trim_start_matches('/')) else { return empty(StatusCode::NOT_FOUND) };
    match engine.shelf().picture(&name) {
        Ok(Some(Picture { bytes, media_type })) => Response::builder()
            .header(CONTENT_TYPE, media_type)
            .header(X_CONTENT_TYPE_OPTIONS, "nosniff")
            // Another book may have another picture of the same name.
            .header(CACHE_CONTROL, "no-store")
            // An SVG is a document; as a picture it must not run or fetch anything.
            .header(CONTENT_SECURITY_POLICY, "default-src 'none'; style-src 'unsafe-inline'; sandbox")
            .body(bytes)
            .unwrap_or_else(|_| empty(StatusCode::INTERNAL_SERVER_ERROR)),
        Ok(None) => empty(StatusCode::NOT_FOUND),
        Err(_) => empty(StatusCode::INTERNAL_SERVER_ERROR),
    }
}

fn empty(status: StatusCode) -> Answer {
    let mut response = Response::new(Cow::Borrowed(&[][..]));
    *response.status_mut() = status;
    response
}

/// Percent-decoding, once. None if what comes out is no text.
fn decoded(path: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(path.len());
    let mut rest = path.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        if *first != b'%' {
            bytes.push(*first);
            continue;
        }
        let (hex, after) = rest.split_at_checked(2)?;
        bytes.push(u8::from_str_radix(std::str::from_utf8(hex).ok()?, 16).ok()?);
        rest = after;
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::decoded;

    #[test]
    fn an_address_is_decoded_once_and_a_broken_one_is_none() {
        assert_eq!(decoded("figures/a%20b.svg").as_deref(), Some("figures/a b.svg"));
        assert_eq!(decoded("%252e%252e/x").as_deref(), Some("%2e%2e/x"));
        assert_eq!(decoded("a%2"), None);
        assert_eq!(decoded("%ff"), None);
    }
}
