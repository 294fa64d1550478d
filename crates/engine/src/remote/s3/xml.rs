//! What S3 answers in XML: a page of a listing, or an error.
//!
//! Elements are known by their local names: the namespace differs between servers, and some give none.
//! Entities that XML does not define are left out, so a document can't grow while it is read; one that is nested
//! deeper than any answer of S3's is damaged, so reading takes time as the document is long and no more.

use percent_encoding::percent_decode_str;
use quick_xml::Reader;
use quick_xml::events::Event;
use thiserror::Error;

/// Elements in one another. What servers answer has four, an owner's name in a listing.
const DEPTH_MAX: usize = 16;

/// One page of a listing.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Page {
    pub entries: Vec<Entry>,
    /// Some if there is more.
    pub next: Option<String>,
}

#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Entry {
    pub key: String,
    /// Without quotes. Where a server leaves it out, time and length stand for it.
    pub etag: String,
    pub len_bytes: u64,
}

/// What S3 says when it refuses.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Refusal {
    pub code: String,
    pub message: String,
    pub region: Option<String>,
}

#[derive(Debug, Error)]
pub enum XmlError {
    /// Not S3's doing at all.
    #[error("the answer is not a listing")]
    OtherDocument,
    /// Begins as a listing and does not end as one.
    #[error("the listing is damaged: {what}")]
    Damaged { what: String },
}

/// Walks the elements and hands over each that holds text, with the names from the root down to it.
fn each_text(document: &str, mut text_of: impl FnMut(&[String], &str)) -> Result<(), XmlError> {
    let damaged = |what: &dyn std::fmt::Display| XmlError::Damaged { what: what.to_string() };
    let mut reader = Reader::from_str(document);
    let (mut path, mut text): (Vec<String>, String) = (Vec::new(), String::new());
    let mut was_complete = false;
    loop {
        match reader.read_event().map_err(|error| damaged(&error))? {
            Event::Start(_) | Event::Empty(_) if path.len() >= DEPTH_MAX => {
                return Err(damaged(&format!("it has more than {DEPTH_MAX} elements in one another")));
            }
            Event::Start(start) => {
                path.push(start.local_name().as_ref().to_owned());
                text.clear();
            }
            Event::End(_) => {
                text_of(&path, text.trim());
                text.clear();
                path.pop();
                was_complete |= path.is_empty();
            }
            Event::Empty(empty) => {
                path.push(empty.local_name().as_ref().to_owned());
                text_of(&path, "");
                path.pop();
                was_complete |= path.is_empty();
            }
            Event::Text(part) => text.push_str(&part.xml10_content()),
            Event::CData(part) => text.push_str(&part.xml10_content()),
            Event::GeneralRef(reference) => match reference.resolve_char_ref() {
                Ok(Some(character)) => text.push(character),
                Ok(None) => text.push_str(entity(&reference.xml10_content())),
                Err(error) => return Err(damaged(&error)),
            },
            Event::Eof if path.is_empty() && was_complete => return Ok(()),
            Event::Eof => return Err(damaged(&"it ends too early")),
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::DocType(_) => {}
        }
    }
}

/// The five that XML defines; any other is the document's own and stays out.
fn entity(name: &str) -> &'static str {
    match name {
        "amp" => "&",
        "apos" => "'",
        "gt" => ">",
        "lt" => "<",
        "quot" => "\"",
        _ => "",
    }
}

pub fn page(document: &str) -> Result<Page, XmlError> {
    if root(document).as_deref() != Some("ListBucketResult") {
        return Err(XmlError::OtherDocument);
    }
    let mut page = Page::default();
    let (mut entry, mut modified, mut bad) = (Entry::default(), String::new(), None);
    let (mut is_truncated, mut token, mut is_url_encoded) = (false, None, false);
    each_text(document, |path, text| {
        let (of_entry, name) = match path {
            [_, name] => (false, name.as_str()),
            [_, contents, name] if contents == "Contents" => (true, name.as_str()),
            _ => return,
        };
        match (of_entry, name) {
            (false, "IsTruncated") => is_truncated = text == "true",
            (false, "NextContinuationToken") if !text.is_empty() => token = Some(text.to_owned()),
            (false, "EncodingType") => is_url_encoded = text == "url",
            (true, "Key") => entry.key = text.to_owned(),
            (true, "ETag") => entry.etag = without_quotes(text).to_owned(),
            (true, "LastModified") => modified = text.to_owned(),
            (true, "Size") => match text.parse() {
                Ok(len_bytes) => entry.len_bytes = len_bytes,
                Err(_) => bad = Some(format!("a size is “{}”", text.chars().take(40).collect::<String>())),
            },
            (false, "Contents") => {
                if entry.etag.is_empty() {
                    entry.etag = format!("{modified}/{}", entry.len_bytes);
                }
                page.entries.push(std::mem::take(&mut entry));
                modified.clear();
            }
            _ => {}
        }
    })?;
    if let Some(what) = bad {
        return Err(XmlError::Damaged { what });
    }
    if is_url_encoded {
        // Our own keys have no character that is encoded; others' must not be mistaken for ours.
        for entry in &mut page.entries {
            entry.key = percent_decode_str(&entry.key).decode_utf8_lossy().into_owned();
        }
    }
    page.next = match (is_truncated, token) {
        (false, _) => None,
        (true, Some(token)) => Some(token),
        // Believed, it would end early without a word, and what is missing would look as if it were gone.
        (true, None) => {
            return Err(XmlError::Damaged { what: "it goes on but does not say where".to_owned() });
        }
    };
    Ok(page)
}

/// None if it is no S3 error.
pub fn refusal(document: &str) -> Option<Refusal> {
    if root(document).as_deref() != Some("Error") {
        return None;
    }
    let mut refusal = Refusal::default();
    // What was read before the damage is good enough to say what is wrong.
    let read = each_text(document, |path, text| match path.last().map(String::as_str) {
        Some("Code") if path.len() == 2 => refusal.code = text.to_owned(),
        Some("Message") if path.len() == 2 => refusal.message = text.to_owned(),
        Some("Region") if path.len() == 2 && !text.is_empty() => refusal.region = Some(text.to_owned()),
        _ => {}
    });
    (read.is_ok() || !refusal.code.is_empty()).then_some(refusal)
}

fn root(document: &str) -> Option<String> {
    let mut reader = Reader::from_str(document.trim_start_matches('\u{feff}'));
    loop {
        match reader.read_event().ok()? {
            Event::Start(start) | Event::Empty(start) => return Some(start.local_name().as_ref().to_owned()),
            Event::Eof => return None,
            _ => {}
        }
    }
}

/// Servers differ in whether they quote an ETag, and whether in XML as in a header.
pub fn without_quotes(etag: &str) -> &str {
    let etag = etag.trim();
    etag.strip_prefix("W/").unwrap_or(etag).trim_matches('"')
}

#[cfg(test)]
mod tests {
    use super::{Entry, Refusal, XmlError, page, refusal, without_quotes};

    #[test]
    fn a_listing_is_read_whatever_its_namespace_and_its_quotes() {
        for root in [
            "<ListBucketResult>",
            "<ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">",
            "<s3:ListBucketResult xmlns:s3='http://doc.s3.amazonaws.com/2006-03-01'>",
        ] {
            let end = if root.contains("s3:") { "</s3:ListBucketResult>" } else { "</ListBucketResult>" };
            let document = format!(
                "<?xml version=\"1.0\"?>\n{root}<Name>b</Name><Prefix>p/</Prefix><IsTruncated>true</IsTruncated>\
                 <NextContinuationToken>a&amp;b=</NextContinuationToken>\
                 <Contents><Key>p/a.json</Key><ETag>&quot;0f&quot;</ETag><Size>7</Size></Contents>\
                 <Contents><Size>0</Size><ETag>0e</ETag><Owner><ID>x</ID></Owner><Key>p/b</Key></Contents>\
                 <CommonPrefixes><Prefix>q/</Prefix></CommonPrefixes>{end}"
            );
            let page = page(&document).unwrap();
            let entry =
                |key: &str, etag: &str, len_bytes| Entry { key: key.into(), etag: etag.into(), len_bytes };
            assert_eq!(page.entries, [entry("p/a.json", "0f", 7), entry("p/b", "0e", 0)]);
            assert_eq!(page.next.as_deref(), Some("a&b="));
        }
    }

    #[test]
    fn a_listing_without_etags_still_tells_a_change() {
        let document = |time| {
            format!(
                "<ListBucketResult><Contents><Key>a</Key><LastModified>{time}</LastModified><Size>7</Size>\
                 </Contents></ListBucketResult>"
            )
        };
        let etag = |time| page(&document(time)).unwrap().entries[0].etag.clone();
        assert_ne!(etag("2026-01-01T00:00:00Z"), etag("2026-01-01T00:00:01Z"));
    }

    #[test]
    fn encoded_keys_are_decoded_only_where_the_server_says_that_they_are() {
        let document = |encoding| {
            format!(
                "<ListBucketResult>{encoding}<Contents><Key>a%2Fb</Key><Size>1</Size></Contents>\
                 </ListBucketResult>"
            )
        };
        assert_eq!(page(&document("<EncodingType>url</EncodingType>")).unwrap().entries[0].key, "a/b");
        assert_eq!(page(&document("")).unwrap().entries[0].key, "a%2Fb");
    }

    #[test]
    fn a_listing_that_ends_early_is_damaged_and_never_short() {
        let whole = "<ListBucketResult><Contents><Key>a</Key><Size>1</Size></Contents></ListBucketResult>";
        for cut in 18..whole.len() {
            assert!(matches!(page(&whole[..cut]), Err(XmlError::Damaged { .. })), "{}", &whole[..cut]);
        }
        let endless = "<ListBucketResult><IsTruncated>true</IsTruncated></ListBucketResult>";
        assert!(matches!(page(endless), Err(XmlError::Damaged { .. })));
        let no_size = "<ListBucketResult><Contents><Key>a</Key><Size>-1</Size></Contents></ListBucketResult>";
        assert!(matches!(page(no_size), Err(XmlError::Damaged { .. })));
    }

    #[test]
    fn a_listing_is_nested_as_deep_as_servers_have_it_and_no_deeper() {
        let document = |depth: usize| {
            let (opened, closed) = ("<a>".repeat(depth - 2), "</a>".repeat(depth - 2));
            format!("<ListBucketResult>{opened}<b/>{closed}</ListBucketResult>")
        };
        assert_eq!(page(&document(16)).unwrap(), super::Page::default());
        assert!(matches!(page(&document(17)), Err(XmlError::Damaged { .. })));
        // Were each of the many looked for below all that are open, no one would wait for the end.
        let wide_below_deep =
            format!("<ListBucketResult>{}{}", "<a>".repeat(1_300_000), "<b/>".repeat(1_000_000));
        assert!(matches!(page(&wide_below_deep), Err(XmlError::Damaged { .. })));
        let error = format!("<Error><Code>SlowDown</Code>{}{}", "<a>".repeat(9_000), "<b/>".repeat(9_000));
        assert_eq!(refusal(&error).unwrap().code, "SlowDown");
    }

    #[test]
    fn other_documents_are_no_listing() {
        for document in
            ["", "hello", "<!DOCTYPE html><html><p>Sign in<br></html>", "<Error><Code>x</Code></Error>", "{}"]
        {
            assert!(matches!(page(document), Err(XmlError::OtherDocument)), "{document}");
        }
    }

    #[test]
    fn an_entity_of_the_documents_own_is_not_expanded() {
        let document = "<!DOCTYPE x [<!ENTITY a \"aaaa\">]>\
                        <ListBucketResult><Contents><Key>x&a;y</Key></Contents></ListBucketResult>";
        assert_eq!(page(document).unwrap().entries[0].key, "xy");
    }

    #[test]
    fn an_error_tells_its_code_its_message_and_the_region() {
        let document = "<Error><Code>AuthorizationHeaderMalformed</Code>\
                        <Message>expecting &apos;garage&apos;</Message><Region>garage</Region><Nested><Code>no</Code></Nested></Error>";
        let expected = Refusal {
            code: "AuthorizationHeaderMalformed".into(),
            message: "expecting 'garage'".into(),
            region: Some("garage".into()),
        };
        assert_eq!(refusal(document), Some(expected));
        assert_eq!(refusal("<Error><Code>SlowDown</Code><Mess").unwrap().code, "SlowDown");
        assert_eq!(refusal("<html><body>Error</body></html>"), None);
        assert_eq!(refusal(""), None);
    }

    #[test]
    fn quotes_around_an_etag_are_of_no_account() {
        for etag in ["0f", "\"0f\"", " \"0f\" ", "W/\"0f\""] {
            assert_eq!(without_quotes(etag), "0f");
        }
    }
}
