//! What stands in lines: emphasis, links, pictures, code, formulas, notes.

use math_core::MathDisplay;
use pulldown_cmark::{Event, LinkType, Tag, TagEnd};

use super::addresses::{OUTSIDE_REL, is_outside};
use super::markdown::Writer;
use super::math;

impl<'e> Writer<'e> {
    pub(super) fn inline(&mut self, event: &'e Event<'e>) {
        match event {
            Event::Text(text) => {
                let text = &text[std::mem::take(&mut self.text_written_bytes)..];
                self.words.text(text);
                self.page.text(text);
            }
            Event::Code(code) => {
                self.words.text(code);
                self.page.open("code", &[]);
                self.page.text(code);
                self.page.close();
            }
            Event::InlineMath(latex) => self.formula(latex),
            Event::DisplayMath(latex) => self.page.html(&math::html(latex, MathDisplay::Block)),
            Event::InlineHtml(html) | Event::Html(html) => self.raw_inline(html),
            Event::SoftBreak => {
                self.words.gap();
                self.page.html("\n");
            }
            Event::HardBreak => {
                self.words.gap();
                self.page.html("<br>\n");
            }
            Event::FootnoteReference(name) => self.notes.refer(name, &mut self.page, &mut self.anchors),
            Event::TaskListMarker(done) => {
                let checked: &[(&str, &str)] = if *done { &[("checked", "")] } else { &[] };
                self.page.void("input", &[&[("type", "checkbox"), ("disabled", "")], checked].concat());
                self.page.text(" ");
            }
            Event::Start(tag) => self.start_inline(tag),
            Event::End(_) => self.page.close(),
            Event::Rule => {}
        }
    }

    /// With the punctuation behind it: a browser may break the line after a formula, even before a full stop.
    fn formula(&mut self, latex: &str) {
        let html = math::html(latex, MathDisplay::Inline);
        let Some(Event::Text(next)) = self.events.get(self.at) else { return self.page.html(&html) };
        let rest = next.trim_start_matches(['.', ',', ';', ':', '!', '?', ')', ']', '”', '’', '…']);
        let punctuation = &next[..next.len() - rest.len()];
        if punctuation.is_empty() {
            return self.page.html(&html);
        }
        self.page.open("span", &[("class", "unbroken")]);
        self.page.html(&html);
        self.page.text(punctuation);
        self.page.close();
        self.text_written_bytes = punctuation.len();
    }

    fn start_inline(&mut self, tag: &'e Tag<'e>) {
        match tag {
            Tag::Emphasis => self.page.open("em", &[]),
            Tag::Strong => self.page.open("strong", &[]),
            Tag::Strikethrough => self.page.open("del", &[]),
            Tag::Superscript => self.page.open("sup", &[]),
            Tag::Subscript => self.page.open("sub", &[]),
            Tag::Link { link_type, dest_url, title, .. } => {
                let address = match link_type {
                    LinkType::Email => format!("mailto:{dest_url}"),
                    _ => dest_url.to_string(),
                };
                let href = self.policy.link(&address);
                let mut attributes = Vec::new();
                attributes.extend(href.as_deref().map(|href| ("href", href)));
                attributes.extend((!title.is_empty()).then_some(("title", &**title)));
                let outside = href.as_deref().is_some_and(is_outside);
                attributes.extend(outside.then_some(("rel", OUTSIDE_REL)));
                self.page.open("a", &attributes);
            }
            Tag::Image { dest_url, title, .. } => {
                let inside = self.skip_to_end();
                let alternative = plain_text(inside);
                self.picture(dest_url, &alternative, title);
            }
            // Whatever else may come closes again.
            _ => self.page.open("span", &[]),
        }
    }

    fn picture(&mut self, address: &str, alternative: &str, title: &str) {
        match self.policy.picture(address) {
            Some(src) => {
                let mut attributes = vec![("src", &*src), ("alt", alternative)];
                attributes.extend((!title.is_empty()).then_some(("title", title)));
                self.page.void("img", &attributes);
            }
            None => {
                self.words.text(alternative);
                self.page.open("span", &[("class", "missing-picture")]);
                self.page.text(alternative);
                self.page.close();
            }
        }
    }

    /// A paragraph that is one picture of the book. `false` if it is anything else, and then nothing is written.
    pub(super) fn figure(&mut self) -> bool {
        let rest = &self.events[self.at..];
        let [Event::Start(Tag::Image { dest_url, title, .. }), ..] = rest else { return false };
        let Some(src) = self.policy.picture(dest_url) else { return false };
        let end = end_of(&rest[1..]) + 1;
        if !matches!(rest.get(end + 1), Some(Event::End(TagEnd::Paragraph))) {
            return false;
        }
        let alternative = plain_text(&rest[1..end]);
        self.page.fresh_line();
        self.page.open("figure", &[("class", "figure")]);
        self.page.void("img", &[("src", &src), ("alt", &alternative)]);
        if !title.is_empty() {
            self.words.gap();
            self.words.text(title);
            self.page.open("figcaption", &[]);
            self.page.text(title);
            self.page.close();
        }
        self.page.close();
        self.page.html("\n");
        self.at += end + 2;
        true
    }

    /// The events up to the end of what was just started, which are passed over with their end.
    pub(super) fn skip_to_end(&mut self) -> &'e [Event<'e>] {
        let rest = &self.events[self.at..];
        let end = end_of(rest);
        self.at += end + 1;
        &rest[..end.min(rest.len())]
    }
}

/// Where the element that was started right before `events` ends in them.
pub(crate) fn end_of(events: &[Event<'_>]) -> usize {
    let mut depth = 0;
    for (at, event) in events.iter().enumerate() {
        match event {
            Event::Start(_) => depth += 1,
            Event::End(_) if depth == 0 => return at,
            Event::End(_) => depth -= 1,
            _ => {}
        }
    }
    events.len()
}

/// The text without its markup.
pub(crate) fn plain_text(events: &[Event<'_>]) -> String {
    let mut text = String::new();
    for event in events {
        match event {
            Event::Text(piece)
            | Event::Code(piece)
            | Event::InlineMath(piece)
            | Event::DisplayMath(piece) => text.push_str(piece),
            Event::SoftBreak | Event::HardBreak => text.push(' '),
            _ => {}
        }
    }
    text
}
