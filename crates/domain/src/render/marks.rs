//! The comment lines around a block that was chosen for the reader.

/// What one comment says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mark {
    Begin { id: String, when: String, because: String },
    End { id: String },
}

impl Mark {
    /// `comment` is what stands between `<!--` and `-->`; `None` for any that is not ours.
    pub fn parse(comment: &str) -> Option<Mark> {
        let comment = comment.trim().strip_prefix("primer:")?;
        let (word, rest) = comment.split_once(char::is_whitespace)?;
        let (mut id, mut when, mut because) = (None, String::new(), String::new());
        for (name, value) in attributes(rest) {
            match name {
                "id" => id = Some(value).filter(|id| is_block_id(id)),
                "when" => when = value,
                "because" => because = value,
                _ => {}
            }
        }
        match word {
            "begin" => Some(Mark::Begin { id: id?, when, because }),
            "end" => Some(Mark::End { id: id? }),
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
