//! From the parser's events to an outline.

use std::ops::Range;

use pulldown_cmark::{Event, Parser, Tag, TagEnd};

use super::describe::describe;
use super::{Block, Outline, SectionMarks, Span};
use crate::render::markdown::{OPTIONS, without_front_matter};
use crate::render::marks::Mark;
use crate::render::{end_of, plain_text};
use crate::rewrite::object::{Kind, Object};

pub fn outline(markdown: &str, marks: SectionMarks) -> Outline {
    let body = without_front_matter(markdown);
    let front_bytes = markdown.len() - body.len();
    let parser = Parser::new_ext(body, OPTIONS);
    let mut walk = Walk { markdown, marks, ..Walk::default() };
    for (label, definition) in parser.reference_definitions().iter() {
        let title = definition.title.as_deref().unwrap_or_default().to_owned();
        walk.outline.definitions.insert(label.to_lowercase(), (definition.dest.to_string(), title));
        let range = definition.span.start + front_bytes..definition.span.end + front_bytes;
        walk.outline.spans.push(Span { range, kind: Kind::LinkDefinition, is_block: false });
    }
    walk.spans_before = walk.outline.spans.len();
    let (events, ranges): (Vec<Event<'_>>, Vec<Range<usize>>) = parser
        .into_offset_iter()
        .map(|(event, range)| (event, range.start + front_bytes..range.end + front_bytes))
        .unzip();
    walk.all(&events, &ranges);
    let mut outline = walk.outline;
    outline.prose.sort_by_key(|(at, _)| *at);
    let blocks = &outline.blocks;
    for span in outline.spans.iter_mut().filter(|span| span.kind == Kind::LinkDefinition) {
        let next = blocks.partition_point(|block| block.range.end <= span.range.start);
        span.is_block = blocks.get(next).is_none_or(|block| block.range.start >= span.range.end);
    }
    // The address of a link may stand inside a footnote, which travels whole.
    outline.spans.sort_by_key(|span| span.range.start);
    let mut end = 0;
    outline.spans.retain(|span| {
        let is_apart = span.range.start >= end && !span.range.is_empty();
        end = end.max(span.range.end);
        is_apart
    });
    outline
}

struct Walk<'m> {
    markdown: &'m str,
    marks: SectionMarks,
    outline: Outline,
    /// Of the lists, items and quotations around.
    depth: usize,
    /// Of the lines since the last block: what stands among their words, and whether there are words.
    among: Vec<Object>,
    has_text: bool,
    /// A letter for each event of those lines: without words, breaks and emphasis make a picture something else too.
    trace: String,
    /// Where in `among` each emphasis began that has not ended.
    emphases: Vec<usize>,
    /// How many spans there were when those lines began, and the bytes of their paragraph.
    spans_before: usize,
    paragraph: Option<Range<usize>>,
    /// The last object was prose, so that another paragraph of it is not one more.
    in_prose: bool,
}

impl Default for Walk<'_> {
    fn default() -> Self {
        Walk {
            markdown: "",
            marks: SectionMarks::Seen,
            outline: Outline::default(),
            depth: 0,
            among: Vec::new(),
            has_text: false,
            trace: String::new(),
            emphases: Vec::new(),
            spans_before: 0,
            paragraph: None,
            in_prose: false,
        }
    }
}

impl Walk<'_> {
    fn all(&mut self, events: &[Event<'_>], ranges: &[Range<usize>]) {
        let mut at = 0;
        while let Some(event) = events.get(at) {
            let range = &ranges[at];
            let rest = &events[at + 1..];
            at += 1;
            match event {
                Event::Start(Tag::Paragraph) => {
                    self.block(range, None);
                    self.flush(range.start);
                    self.paragraph = Some(range.clone());
                }
                Event::Start(tag) => {
                    if let Some(kind) = whole(tag) {
                        let end = end_of(rest);
                        self.opaque(kind, event, &rest[..end], range);
                        at += end + 1;
                    } else if let Some(kind) = in_line(tag) {
                        let end = end_of(rest);
                        let what = describe(std::iter::once(event).chain(&rest[..end]));
                        self.among(kind, what, range);
                        at += end + 1;
                    } else {
                        at += self.open(tag, rest, range, &ranges[at..]);
                    }
                }
                Event::End(TagEnd::Paragraph) => self.flush(range.end),
                Event::End(TagEnd::Emphasis | TagEnd::Strong) => self.end_emphasis(),
                Event::End(TagEnd::Strikethrough) => self.mark(Kind::Strikethrough),
                Event::End(_) => {
                    self.depth = self.depth.saturating_sub(1);
                    self.structure(Kind::End, String::new(), range.end);
                }
                Event::Rule => {
                    self.block(range, None);
                    self.structure(Kind::Rule, String::new(), range.start);
                    self.span(Kind::Rule, range);
                }
                Event::Text(text) => {
                    self.trace.push('t');
                    self.has_text |= !text.trim().is_empty();
                    self.outline.prose.push((range.start, text.to_string()));
                }
                Event::SoftBreak | Event::HardBreak => {
                    self.trace.push('b');
                    self.outline.prose.push((range.start, " ".to_owned()));
                }
                Event::Code(_) => self.among(Kind::Code, describe([event]), range),
                Event::InlineMath(_) | Event::DisplayMath(_) => {
                    self.among(Kind::Formula, describe([event]), range);
                }
                Event::Html(_) | Event::InlineHtml(_) => self.among(Kind::Html, describe([event]), range),
                Event::FootnoteReference(_) => self.among(Kind::NoteReference, describe([event]), range),
                Event::TaskListMarker(_) => self.among(Kind::Checkbox, describe([event]), range),
            }
        }
        self.flush(self.markdown.len());
    }

    /// A block with nothing in it to rewrite.
    fn opaque(&mut self, kind: Kind, event: &Event<'_>, inside: &[Event<'_>], range: &Range<usize>) {
        let what = describe(std::iter::once(event).chain(inside));
        if self.marks == SectionMarks::PassedOver && kind == Kind::Html && is_section_mark(self.slice(range))
        {
            return self.flush(range.start);
        }
        let heading = (kind == Kind::Heading).then(|| plain_text(inside).trim().to_owned());
        self.block(range, heading);
        self.structure(kind, what, range.start);
        self.span(kind, range);
    }

    /// Gives how many of the events that follow are passed over.
    fn open(
        &mut self,
        tag: &Tag<'_>,
        rest: &[Event<'_>],
        range: &Range<usize>,
        ranges: &[Range<usize>],
    ) -> usize {
        let kind = match tag {
            Tag::Emphasis | Tag::Strong => {
                self.emphases.push(self.among.len());
                self.mark(Kind::Emphasis);
                return 0;
            }
            Tag::Strikethrough => {
                self.mark(Kind::Strikethrough);
                return 0;
            }
            Tag::List(_) => Kind::List,
            Tag::Item => Kind::Item,
            _ => Kind::Quotation,
        };
        self.block(range, None);
        self.structure(kind, describe([&Event::Start(tag.clone())]), range.start);
        self.depth += 1;
        match tag {
            Tag::BlockQuote(Some(_)) => self.alert(rest, range, ranges),
            _ => 0,
        }
    }

    /// The marker of an admonition, and its title if it has one of its own: a first paragraph that is strong from
    /// end to end, as the renderer has it.
    fn alert(&mut self, rest: &[Event<'_>], range: &Range<usize>, ranges: &[Range<usize>]) -> usize {
        let Some(marker) = self.slice(range).find("[!").map(|at| range.start + at) else { return 0 };
        let Some(length) = self.markdown[marker..range.end].find(']') else { return 0 };
        let (mut end, mut passed_over) = (marker + length + 1, 0);
        if let [Event::Start(Tag::Paragraph), Event::Start(Tag::Strong), inside @ ..] = rest {
            let length = end_of(inside);
            if matches!(inside.get(length + 1), Some(Event::End(TagEnd::Paragraph))) {
                self.outline.objects.push(Object { kind: Kind::Title, what: describe(&inside[..length]) });
                end = end.max(ranges[1].end);
                passed_over = length + 4;
            }
        }
        let span = Span { range: marker..end, kind: Kind::Title, is_block: false };
        self.outline.spans.push(span);
        passed_over
    }

    fn among(&mut self, kind: Kind, what: String, range: &Range<usize>) {
        self.trace.push('o');
        self.among.push(Object { kind, what });
        self.outline.spans.push(Span { range: range.clone(), kind, is_block: false });
        // So that the words before and behind are not one word.
        self.outline.prose.push((range.start, " ".to_owned()));
    }

    fn mark(&mut self, kind: Kind) {
        self.trace.push('m');
        self.among.push(Object { kind, what: String::new() });
    }

    /// Words in bold or not are words. But html that begins within an emphasis ends with it on the page, and html
    /// from before it can't end in it.
    fn end_emphasis(&mut self) {
        let Some(from) = self.emphases.pop().filter(|from| *from < self.among.len()) else { return };
        if self.among[from..].iter().any(|object| object.kind == Kind::Html) {
            self.mark(Kind::Emphasis);
        } else {
            self.among.remove(from);
        }
    }

    /// Ends the lines so far.
    fn flush(&mut self, at: usize) {
        let objects = std::mem::take(&mut self.among);
        let paragraph = self.paragraph.take();
        let has_text = std::mem::take(&mut self.has_text);
        let trace = std::mem::take(&mut self.trace);
        if has_text {
            // On the page a tag that is left open ends with its paragraph, so where that ends is more than words.
            let has_html = objects.iter().any(|object| object.kind == Kind::Html);
            if has_html || !self.in_prose {
                self.outline.objects.push(Object { kind: Kind::Prose, what: String::new() });
            }
            self.in_prose = !has_html;
            self.outline.prose.push((at, "\n\n".to_owned()));
        } else if !objects.is_empty() {
            self.outline.objects.push(Object { kind: Kind::Alone, what: trace });
            self.in_prose = false;
            if let (Some(range), 0) = (paragraph, self.depth) {
                let kind = self.outline.spans[self.spans_before..].first().map_or(Kind::Alone, |it| it.kind);
                self.outline.spans.truncate(self.spans_before);
                self.span(kind, &range);
            }
        }
        self.outline.objects.extend(objects);
        self.spans_before = self.outline.spans.len();
    }

    fn structure(&mut self, kind: Kind, what: String, at: usize) {
        self.flush(at);
        self.outline.objects.push(Object { kind, what });
        self.in_prose = false;
    }

    fn span(&mut self, kind: Kind, range: &Range<usize>) {
        let trimmed = range.start..range.start + self.slice(range).trim_end().len();
        self.outline.spans.push(Span { range: trimmed, kind, is_block: self.depth == 0 });
        self.spans_before = self.outline.spans.len();
    }

    fn block(&mut self, range: &Range<usize>, heading: Option<String>) {
        if self.depth == 0 {
            self.outline.blocks.push(Block { range: range.clone(), heading });
        }
    }

    fn slice(&self, range: &Range<usize>) -> &str {
        &self.markdown[range.clone()]
    }
}

/// Blocks that travel whole.
fn whole(tag: &Tag<'_>) -> Option<Kind> {
    match tag {
        Tag::Heading { .. } => Some(Kind::Heading),
        Tag::CodeBlock(_) => Some(Kind::CodeBlock),
        Tag::HtmlBlock | Tag::MetadataBlock(_) => Some(Kind::Html),
        Tag::Table(_) => Some(Kind::Table),
        Tag::FootnoteDefinition(_) => Some(Kind::Note),
        _ => None,
    }
}

/// Parts of lines that travel whole.
fn in_line(tag: &Tag<'_>) -> Option<Kind> {
    match tag {
        Tag::Link { .. } => Some(Kind::Link),
        Tag::Image { .. } => Some(Kind::Image),
        _ => None,
    }
}

fn is_section_mark(html: &str) -> bool {
    let comment = html.trim().strip_prefix("<!--").and_then(|rest| rest.strip_suffix("-->"));
    let comment = comment.filter(|comment| !comment.contains("--"));
    matches!(comment.and_then(Mark::parse), Some(Mark::Rewritten { .. } | Mark::Kept { .. }))
}
