//! Text into html, and addresses into attributes. Written as html5ever writes them, so that a page that needs no
//! cleaning comes out of the sanitiser as the same bytes.

/// Appends `text` as character data.
pub fn text(out: &mut String, text: &str) {
    escape(out, text, |c| match c {
        '&' => Some("&amp;"),
        '<' => Some("&lt;"),
        '>' => Some("&gt;"),
        '\u{a0}' => Some("&nbsp;"),
        // No parser would give it back.
        '\0' => Some("\u{fffd}"),
        '\r' => Some("\n"),
        _ => None,
    });
}

/// Appends `value` as the inside of a double-quoted attribute.
pub fn attribute(out: &mut String, value: &str) {
    escape(out, value, |c| match c {
        '&' => Some("&amp;"),
        '<' => Some("&lt;"),
        '>' => Some("&gt;"),
        '"' => Some("&quot;"),
        '\u{a0}' => Some("&nbsp;"),
        '\0' => Some("\u{fffd}"),
        '\r' => Some("\n"),
        _ => None,
    });
}

fn escape(out: &mut String, text: &str, replacement: impl Fn(char) -> Option<&'static str>) {
    let mut plain_from = 0;
    for (at, c) in text.char_indices() {
        if let Some(replacement) = replacement(c) {
            out.push_str(&text[plain_from..at]);
            out.push_str(replacement);
            plain_from = at + c.len_utf8();
        }
    }
    out.push_str(&text[plain_from..]);
}

/// An address with everything percent-encoded that may not stand in one; what is encoded already stays as it is.
pub fn percent_encoded(address: &str) -> String {
    let mut out = String::with_capacity(address.len());
    for byte in address.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => out.push(char::from(byte)),
            b'-' | b'_' | b'.' | b'+' | b'!' | b'*' | b'(' | b')' | b',' | b'%' | b'#' | b'@' | b'?'
            | b'=' | b';' | b':' | b'/' | b'$' | b'&' | b'~' | b'\'' => out.push(char::from(byte)),
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

/// `%20` into a space and so on; `None` where the bytes are no UTF-8 then.
pub fn percent_decoded(address: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(address.len());
    let mut rest = address.as_bytes();
    while let [first, after @ ..] = rest {
        let hex = |byte: u8| char::from(byte).to_digit(16);
        match (first, after) {
            (b'%', [high, low, after @ ..]) if hex(*high).is_some() && hex(*low).is_some() => {
                let value = hex(*high).unwrap_or_default() * 16 + hex(*low).unwrap_or_default();
                bytes.push(value as u8);
                rest = after;
            }
            _ => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    String::from_utf8(bytes).ok()
}
