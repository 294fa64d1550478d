//! The comment lines that Primer puts into a text: around a block that was chosen for the reader, and before a section
//! that a model rewrote or should have rewritten.

use std::fmt;

/// What one comment says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mark {
    Begin {
        id: String,
        when: String,
        because: String,
    },
    End {
        id: String,
    },
    /// What follows, up to the next heading or mark of a section, was rewritten by this model.
    Rewritten {
        by: String,
    },
    /// It was to be rewritten and stands as it was, for this reason.
    Kept {
        reason: String,
    },
}

/// As the comment that `parse` reads, with its `<!--` and `-->`.
impl fmt::Display for Mark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Mark::Begin { id, when, because } => {
                let (when, because) = (comment_safe(when), comment_safe(because));
                write!(f, "<!-- primer:begin id={id} when=\"{when}\" because=\"{because}\" -->")
            }
            Mark::End { id } => write!(f, "<!-- primer:end id={id} -->"),
            Mark::Rewritten { by } => write!(f, "<!-- primer:rewritten by=\"{}\" -->", comment_safe(by)),
            Mark::Kept { reason } => write!(f, "<!-- primer:kept reason=\"{}\" -->", comment_safe(reason)),
        }
    }
}

impl Mark {
    /// `comment` is what stands between `<!--` and `-->`; `None` for any that is not ours.
    pub fn parse(comment: &str) -> Option<Mark> {
        let comment = comment.trim().strip_prefix("primer:")?;
        let (word, rest) = comment.split_once(char::is_whitespace)?;
        let (mut id, mut when, mut because) = (None, String::new(), String::new());
        let (mut by, mut reason) = (None, None);
        for (name, value) in attributes(rest) {
            match name {
                "id" => id = Some(value).filter(|id| is_block_id(id)),
                "when" => when = value,
                "because" => because = value,
                "by" => by = Some(value),
                "reason" => reason = Some(value),
                _ => {}
            }
        }
        match word {
            "begin" => Some(Mark::Begin { id: id?, when, because }),
            "end" => Some(Mark::End { id: id? }),
            "rewritten" => Some(Mark::Rewritten { by: by? }),
            "kept" => Some(Mark::Kept { reason: reason? }),
            _ => None,
        }
    }
}

/// Stands in an element id and in `data-block` as it is.
pub fn is_block_id(id: &str) -> bool {
    (1..=100).contains(&id.len())
        && id.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))
}

fn attributes(text: &str) -> impl Iterator<Item = (&str, String)> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let (name, after) = rest.trim_start().split_once('=')?;
        let (value, after) = match after.strip_prefix('"') {
            Some(quoted) => quoted.split_once('"')?,
            None => after.split_once(char::is_whitespace).unwrap_or((after, "")),
        };
        rest = after;
        Some((name, unescaped(value)))
    })
}

/// `&amp;` last, so that `&amp;lt;` is `&lt;` and not `<`.
fn unescaped(value: &str) -> String {
    let value = value.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&#45;", "-");
    value.replace("&amp;", "&")
}

/// Nothing in an attribute may end the attribute or the comment: a quotation mark, `>`, or two hyphens in a row.
fn comment_safe(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('"', "&quot;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace("--", "-&#45;")
}

#[cfg(test)]
mod tests {
    use super::Mark;

    #[test]
    fn a_mark_is_read_as_it_was_written_whatever_its_words() {
        let hostile = "a --> <b> \"x\" &amp; &#45;- --- -".to_owned();
        for mark in [
            Mark::Begin { id: "x".into(), when: hostile.clone(), because: hostile.clone() },
            Mark::End { id: "x".into() },
            Mark::Rewritten { by: hostile.clone() },
            Mark::Kept { reason: hostile },
        ] {
            let written = mark.to_string();
            let comment = written.strip_prefix("<!--").and_then(|it| it.strip_suffix("-->")).unwrap();
            assert!(!comment.contains("--") && !comment.contains('>'), "{written}");
            assert_eq!(Mark::parse(comment), Some(mark));
        }
    }
}
