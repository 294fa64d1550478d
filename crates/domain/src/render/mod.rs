//! Stored chapter text to html for the window.
//!
//! What comes out is safe whatever went in: it holds only the elements, attributes, classes and addresses that
//! `sanitise` allows, every id begins with `b-`, no picture comes from elsewhere, and parsing and writing it again
//! changes nothing. Rendering never fails: what cannot be understood is shown as its source, and nesting beyond
//! what a person would write is shown flat.

pub(crate) mod addresses;
mod allowed;
mod anchors;
mod blocks;
mod code;
pub(crate) mod escape;
mod highlight;
mod inline;
pub(crate) mod markdown;
pub(crate) mod marks;
mod math;
mod notes;
mod page;
mod raw;
pub(crate) mod sanitise;
mod tokens;
pub(crate) mod words;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use addresses::Policy;
pub(crate) use inline::{end_of, plain_text};
use markdown::RawHtml;

/// Counted up whenever the same text and options would give another page than before.
pub const RENDERER_VERSION: u32 = 3;

/// What the text cannot know about the book around it.
#[derive(Debug, Clone, Copy)]
pub struct RenderOptions<'a> {
    /// Put before a relative picture address, such as `book://localhost/`, or nothing.
    pub asset_base: &'a str,
    /// Which chapter a file of the book is, for links between chapters: `02-ros2.md` is 2.
    pub chapter_of_file: &'a BTreeMap<String, u32>,
}

/// A chapter as the window shows it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Rendered {
    pub html: String,
    /// In the order of the text.
    pub headings: Vec<Heading>,
    /// Blocks that were chosen for this reader, in the order of the text.
    pub blocks: Vec<MarkedBlock>,
    /// Where a model rewrote the text or should have, in the order of the text.
    #[serde(default)]
    pub sections: Vec<MarkedSection>,
    /// Of prose, without code blocks; for reading time.
    pub words: usize,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Heading {
    /// 1 to 6.
    pub level: u8,
    /// Of the element, with its `b-`.
    pub id: String,
    /// Without markup.
    pub text: String,
}

/// A block between `primer:begin` and `primer:end`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MarkedBlock {
    /// Of its `<div class="written-for-you">`, with its `b-`.
    pub element_id: String,
    /// In the author's source.
    pub block_id: String,
    /// The author's condition as it was written.
    pub when: String,
    /// The reader's answers that decided it.
    pub because: String,
}

/// The text from a comment `primer:rewritten` or `primer:kept` on, up to the next heading or such comment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MarkedSection {
    /// Of the heading before it, with its `b-`; none at the head of the chapter.
    pub heading_id: Option<String>,
    pub origin: SectionOrigin,
}

/// Both are words for a reader, and not to be trusted to be more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SectionOrigin {
    /// By the model of this name.
    RewrittenBy(String),
    /// It stands as it was, for this reason.
    KeptBecause(String),
}

/// Never fails and never panics, whatever the input.
pub fn render(markdown: &str, options: &RenderOptions<'_>) -> Rendered {
    let policy = Policy::new(options);
    for raw_html in [RawHtml::Kept, RawHtml::Dropped] {
        let written = markdown::write(markdown, &policy, raw_html);
        if let Some(html) = sanitise::clean(&written.html, &policy) {
            return Rendered { html, ..written };
        }
    }
    // Unreached as far as anyone knows: without raw html the writer only makes html that survives a parser.
    let mut html = String::from("<pre class=\"code\"><code>");
    escape::text(&mut html, markdown);
    html.push_str("</code></pre>\n");
    Rendered { html, words: words::count(markdown), ..Rendered::default() }
}
