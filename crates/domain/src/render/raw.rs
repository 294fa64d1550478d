//! Html and comments in the Markdown, onto the page: what is allowed is balanced there, what is ours is understood,
//! and the rest vanishes.

use super::allowed::{ELEMENTS, HIDDEN, has};
use super::markdown::{RawHtml, Writer};
use super::marks::Mark;
use super::tokens::{self, Piece};
use super::{MarkedBlock, MarkedSection, SectionOrigin};

/// Html that runs on for longer than a person would write is shown as text: the time that a tag takes to read is the
/// square of the number of its attributes.
const LONGEST_BYTES: usize = 20_000;

const VOID: &str = "br col hr img wbr";

impl Writer<'_> {
    pub(super) fn raw_block(&mut self, html: &str) {
        self.page.fresh_line();
        if html.len() > LONGEST_BYTES && !html.starts_with("<!--") {
            self.page.text(html);
            return;
        }
        let (mut after_pre, mut after_comment) = (false, false);
        for piece in tokens::pieces(html) {
            let is_pre = matches!(&piece, Piece::Start { name, .. } if name == "pre");
            let is_comment = matches!(&piece, Piece::Comment(_));
            match piece {
                Piece::Text(text) if after_comment && text.trim().is_empty() => {}
                Piece::Text(text) => {
                    self.words.text(&text);
                    // A parser drops the first line break of a `<pre>`, and would drop the next one the next time.
                    self.page.text(if after_pre { text.trim_start_matches(['\r', '\n']) } else { &text });
                }
                Piece::Comment(comment) => self.mark(&comment),
                piece => self.raw_tag(piece),
            }
            (after_pre, after_comment) = (is_pre, is_comment);
        }
        self.page.show_again();
    }

    pub(super) fn raw_inline(&mut self, html: &str) {
        if html.len() > LONGEST_BYTES {
            return;
        }
        for piece in tokens::pieces(html) {
            self.raw_tag(piece);
        }
    }

    fn raw_tag(&mut self, piece: Piece) {
        if self.raw_html == RawHtml::Dropped {
            return;
        }
        match piece {
            Piece::Start { name, mut attributes, self_closing } => {
                attributes.retain_mut(|(name, value)| {
                    if name != "id" {
                        return name.chars().all(|c| c.is_ascii_alphabetic() || c == '-');
                    }
                    // Only the first element of an id may keep it.
                    let id = self.anchors.exactly(value);
                    let is_free = id.is_some();
                    *value = id.unwrap_or_default();
                    is_free
                });
                let attributes: Vec<(&str, &str)> =
                    attributes.iter().map(|(name, value)| (&**name, &**value)).collect();
                if has(HIDDEN, &name) {
                    if !self_closing {
                        self.page.open_hidden(&name);
                    }
                } else if has(VOID, &name) {
                    self.page.void(&name, &attributes);
                } else if has(ELEMENTS, &name) {
                    self.page.open_html(&name, &attributes);
                }
            }
            Piece::End { name } => self.page.close_html(&name),
            Piece::Text(_) | Piece::Comment(_) => {}
        }
    }

    fn mark(&mut self, comment: &str) {
        // A note is shown elsewhere than where it is defined.
        if !self.outer_pages.is_empty() {
            return;
        }
        match Mark::parse(comment) {
            None => {}
            Some(Mark::Begin { id, when, because }) => {
                self.page.begin_block(&id, self.blocks.len());
                let block = MarkedBlock { element_id: String::new(), block_id: id, when, because };
                self.blocks.push((block, false));
            }
            Some(Mark::Rewritten { by }) => self.section(SectionOrigin::RewrittenBy(by)),
            Some(Mark::Kept { reason }) => self.section(SectionOrigin::KeptBecause(reason)),
            Some(Mark::End { id }) => self.page.end_block(&id, |number| {
                let (block, ended) = &mut self.blocks[number];
                *ended = true;
                block.element_id = self.anchors.near(&format!("w-{id}"));
                format!("<div class=\"written-for-you\" id=\"{}\" data-block=\"{id}\">\n", block.element_id)
            }),
        }
    }

    fn section(&mut self, origin: SectionOrigin) {
        let heading_id = self.headings.last().map(|heading| heading.id.clone());
        self.sections.push(MarkedSection { heading_id, origin });
    }
}
