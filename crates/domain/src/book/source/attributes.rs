//! `{#id label="…"}` at the end of a directive.

/// What an author wrote between the braces, each part as it stands.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Attributes<'t> {
    pub id: Option<&'t str>,
    pub label: Option<String>,
    /// What is neither an id nor a label.
    pub unknown: Vec<&'t str>,
}

/// Splits the attributes off. Without any, the whole text comes back.
pub(super) fn split_off(text: &str) -> (&str, Attributes<'_>) {
    let mut attributes = Attributes::default();
    let trimmed = text.trim_end();
    let Some(open) = opening_brace(trimmed).filter(|_| trimmed.ends_with('}')) else {
        return (text, attributes);
    };
    let mut rest = trimmed[open + 1..trimmed.len() - 1].trim();
    while !rest.is_empty() {
        let (attribute, after) = split_attribute(rest);
        if let Some(id) = attribute.strip_prefix('#').filter(|id| is_block_id(id)) {
            attributes.id = Some(id);
        } else if let Some(label) = attribute
            .strip_prefix("label=\"")
            .and_then(|label| label.strip_suffix('"'))
            .filter(|label| !label.trim().is_empty())
        {
            attributes.label = Some(label.trim().to_owned());
        } else {
            attributes.unknown.push(attribute);
        }
        rest = after.trim_start();
    }
    (&text[..open], attributes)
}

/// The first brace outside of quotation marks: a condition may quote a name that holds one, and so may a label.
fn opening_brace(text: &str) -> Option<usize> {
    let (mut quoted, mut escaped) = (false, false);
    for (index, character) in text.char_indices() {
        match character {
            _ if escaped => escaped = false,
            '\\' => escaped = quoted,
            '"' => quoted = !quoted,
            '{' if !quoted => return Some(index),
            _ => {}
        }
    }
    None
}

/// The first attribute and what follows; a space inside quotes does not end it.
fn split_attribute(text: &str) -> (&str, &str) {
    let mut quoted = false;
    for (index, character) in text.char_indices() {
        match character {
            '"' => quoted = !quoted,
            c if c.is_whitespace() && !quoted => return text.split_at(index),
            _ => {}
        }
    }
    (text, "")
}

fn is_block_id(id: &str) -> bool {
    let inner = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
    (1..=64).contains(&id.len()) && id.bytes().all(inner) && id.as_bytes()[0].is_ascii_alphanumeric()
}

#[cfg(test)]
mod tests {
    use super::split_off;

    #[test]
    fn a_brace_inside_quotation_marks_begins_no_attributes() {
        let (rest, attributes) = split_off(" python = none {#x label=\"use {x} now\"}");
        assert_eq!((rest, attributes.id), (" python = none ", Some("x")));
        assert_eq!(attributes.label.as_deref(), Some("use {x} now"));
        assert!(attributes.unknown.is_empty());
        let (rest, attributes) = split_off(r#" "a \" {b}" = none {#x}"#);
        assert_eq!((rest, attributes.id), (r#" "a \" {b}" = none "#, Some("x")));
        let (rest, attributes) = split_off(" hardware has \"{x}\"");
        assert_eq!((rest, attributes.id), (" hardware has \"{x}\"", None));
    }

    #[test]
    fn what_is_neither_an_id_nor_a_label_is_handed_back() {
        let (_, attributes) = split_off(" x {#a b label=\" \"}");
        assert_eq!(attributes.unknown, ["b", "label=\" \""]);
    }
}
