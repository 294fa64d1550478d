//! What stands in blocks: paragraphs, headings, lists, quotations, tables, code, and html between them.

use pulldown_cmark::{Alignment, BlockQuoteKind, CodeBlockKind, Event, HeadingLevel, Tag, TagEnd};

use super::anchors::slug;
use super::inline::{end_of, plain_text};
use super::markdown::{Table, TablePart, Writer};
use super::{Heading, code};

impl<'e> Writer<'e> {
    pub(super) fn start(&mut self, tag: &'e Tag<'e>, event: &'e Event<'e>) {
        if !is_in_line(&tag.to_end()) {
            self.words.gap();
        }
        match tag {
            Tag::Paragraph => {
                if !self.figure() {
                    self.open_line("p", &[]);
                }
            }
            Tag::Heading { level, id, .. } => self.heading(*level, id.as_deref()),
            Tag::BlockQuote(None) => {
                self.open_line("blockquote", &[]);
                self.page.html("\n");
            }
            Tag::BlockQuote(Some(kind)) => self.admonition(*kind),
            Tag::CodeBlock(kind) => {
                let code = plain_text(self.skip_to_end());
                let info = match kind {
                    CodeBlockKind::Fenced(info) => info,
                    CodeBlockKind::Indented => "",
                };
                code::write(&mut self.page, info, &code, &mut self.coloured_bytes_left);
            }
            Tag::HtmlBlock => {
                let html: String = self
                    .skip_to_end()
                    .iter()
                    .map(|event| match event {
                        Event::Html(html) | Event::Text(html) => html,
                        _ => "",
                    })
                    .collect();
                self.raw_block(&html);
            }
            Tag::List(None) => {
                self.open_line("ul", &[]);
                self.page.html("\n");
            }
            Tag::List(Some(first)) => {
                let first = first.to_string();
                let start: &[(&str, &str)] = if first == "1" { &[] } else { &[("start", &first)] };
                self.open_line("ol", start);
                self.page.html("\n");
            }
            Tag::Item => self.open_line("li", &[]),
            Tag::FootnoteDefinition(name) => self.outer_pages.push((name, std::mem::take(&mut self.page))),
            Tag::Table(columns) => {
                self.table = Table { columns: columns.clone(), ..Table::default() };
                self.open_line("table", &[]);
                self.page.html("\n");
            }
            Tag::TableHead => {
                self.page.open("thead", &[]);
                self.page.html("\n");
                self.row();
            }
            Tag::TableRow => self.row(),
            Tag::TableCell => self.cell(),
            Tag::MetadataBlock(_) => {
                self.skip_to_end();
            }
            _ => self.inline(event),
        }
    }

    pub(super) fn end(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::FootnoteDefinition => {
                if let Some((name, outer)) = self.outer_pages.pop() {
                    let body = std::mem::replace(&mut self.page, outer).finish();
                    self.notes.define(name, body);
                }
                return;
            }
            TagEnd::TableHead => {
                // Its row, then itself.
                self.page.close();
                self.page.html("\n");
                self.page.close();
                if !matches!(self.events.get(self.at), Some(Event::End(TagEnd::Table))) {
                    self.page.html("\n");
                    self.page.open("tbody", &[]);
                    self.table.part = TablePart::Body;
                }
            }
            TagEnd::Table => {
                if self.table.part == TablePart::Body {
                    self.page.close();
                    self.page.html("\n");
                }
                self.page.close();
            }
            _ => self.page.close(),
        }
        if !is_in_line(&tag) {
            self.page.html("\n");
        }
    }

    fn open_line(&mut self, element: &str, attributes: &[(&str, &str)]) {
        self.page.fresh_line();
        self.page.open(element, attributes);
    }

    fn heading(&mut self, level: HeadingLevel, id: Option<&str>) {
        let text = plain_text(&self.events[self.at..self.at + end_of(&self.events[self.at..])]);
        let written = id.and_then(|id| self.anchors.exactly(id));
        let id = written.unwrap_or_else(|| self.anchors.near(&slug(&text)));
        self.open_line(&level.to_string(), &[("id", &id)]);
        self.headings.push(Heading { level: level as u8, id, text: text.trim().to_owned() });
    }

    fn row(&mut self) {
        self.table.column = 0;
        self.page.open("tr", &[]);
        self.page.html("\n");
    }

    fn cell(&mut self) {
        let element = if self.table.part == TablePart::Body { "td" } else { "th" };
        let align: &[(&str, &str)] = match self.table.columns.get(self.table.column) {
            Some(Alignment::Left) => &[("align", "left")],
            Some(Alignment::Center) => &[("align", "center")],
            Some(Alignment::Right) => &[("align", "right")],
            Some(Alignment::None) | None => &[],
        };
        self.table.column += 1;
        self.page.open(element, align);
    }

    fn admonition(&mut self, kind: BlockQuoteKind) {
        let (class, word) = match kind {
            BlockQuoteKind::Note => ("admonition admonition-note", "Note"),
            BlockQuoteKind::Tip => ("admonition admonition-tip", "Tip"),
            BlockQuoteKind::Important => ("admonition admonition-info", "Info"),
            BlockQuoteKind::Warning => ("admonition admonition-warning", "Warning"),
            BlockQuoteKind::Caution => ("admonition admonition-danger", "Danger"),
        };
        self.open_line("aside", &[("class", class)]);
        self.page.html("\n");
        self.page.open("p", &[("class", "admonition-title")]);
        match self.admonition_title() {
            Some(title) => {
                for event in title {
                    self.inline(event);
                }
            }
            None => self.page.text(word),
        }
        self.page.close();
        self.page.html("\n");
    }

    /// The author's own title is a first paragraph that is strong from end to end.
    fn admonition_title(&mut self) -> Option<&'e [Event<'e>]> {
        let rest = &self.events[self.at..];
        let [Event::Start(Tag::Paragraph), Event::Start(Tag::Strong), inside @ ..] = rest else {
            return None;
        };
        let end = end_of(inside);
        if !matches!(inside.get(end + 1), Some(Event::End(TagEnd::Paragraph))) {
            return None;
        }
        // A picture would look past its own event into the text behind the title.
        let title = &inside[..end];
        if title.iter().any(|event| matches!(event, Event::Start(Tag::Image { .. }))) {
            return None;
        }
        self.at += end + 4;
        Some(title)
    }
}

fn is_in_line(tag: &TagEnd) -> bool {
    matches!(
        tag,
        TagEnd::Emphasis
            | TagEnd::Strong
            | TagEnd::Strikethrough
            | TagEnd::Superscript
            | TagEnd::Subscript
            | TagEnd::Link
            | TagEnd::Image
    )
}
