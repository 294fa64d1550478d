//! Two editions of a chapter side by side, paragraph by paragraph and word by word.
//!
//! It works on pages as `render` makes them and adds two elements, `ins` and `del`, around words; nothing else of a
//! page is changed but that its ids go, since the page would else have each of them twice, and that folded answers
//! stand open. So what was safe stays so.

mod marked;
mod pairing;
mod parts;
mod words;

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::render::Rendered;
use pairing::pairs;
use parts::{Part, parts};

/// One line of the comparison.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum ComparedRow {
    /// The same in both.
    Heading {
        /// Of the element in the chapter, with its `b-`.
        id: Option<String>,
        html: String,
    },
    /// What stands in both in the same words, one after the other.
    Same { parts: usize, html: String },
    /// Words of `before` that went stand in `del`, those of `after` that came in `ins`. One of the two is there.
    Changed { before: Option<String>, after: Option<String> },
}

/// All of both, in order.
pub fn compare(before: &Rendered, after: &Rendered) -> Vec<ComparedRow> {
    let (old, new) = (parts(&before.html), parts(&after.html));
    let mut rows = Vec::new();
    for (from, to) in pairs(&old, &new) {
        match (from.map(|index| &old[index]), to.map(|index| &new[index])) {
            (Some(from), Some(to)) if from.says_the_same_as(to) => push_same(&mut rows, to),
            (Some(from), Some(to)) => {
                let (before, after) = marked::both(from, to);
                rows.push(ComparedRow::Changed { before: Some(before), after: Some(after) });
            }
            (from, to) => {
                let before = from.map(|part| marked::whole(part, marked::GONE));
                let after = to.map(|part| marked::whole(part, marked::COME));
                rows.push(ComparedRow::Changed { before, after });
            }
        }
    }
    rows
}

fn push_same(rows: &mut Vec<ComparedRow>, part: &Part) {
    let plain = marked::plain(part);
    match rows.last_mut() {
        _ if part.is_heading() => rows.push(ComparedRow::Heading { id: part.id.clone(), html: plain }),
        Some(ComparedRow::Same { parts, html }) => {
            *parts += 1;
            html.push_str(&plain);
        }
        _ => rows.push(ComparedRow::Same { parts: 1, html: plain }),
    }
}

#[cfg(test)]
mod tests;
