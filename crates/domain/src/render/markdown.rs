//! The Markdown of a chapter, event by event, onto a page. Safe as far as it goes; `sanitise` has the last word.

use pulldown_cmark::{Alignment, Event, Options, Parser, Tag};

use super::addresses::Policy;
use super::anchors::Anchors;
use super::notes::Notes;
use super::page::Page;
use super::words::WordCount;
use super::{Heading, MarkedBlock, MarkedSection, Rendered};

/// Code beyond that in one chapter is shown plain: colouring is the one slow step.
const COLOURED_BYTES: usize = 150_000;

/// What a chapter is read with. Whoever else reads one must see in it what the page will show.
pub const OPTIONS: Options = Options::ENABLE_TABLES
    .union(Options::ENABLE_FOOTNOTES)
    .union(Options::ENABLE_STRIKETHROUGH)
    .union(Options::ENABLE_TASKLISTS)
    .union(Options::ENABLE_HEADING_ATTRIBUTES)
    .union(Options::ENABLE_GFM)
    .union(Options::ENABLE_MATH);

/// What becomes of html in the Markdown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RawHtml {
    Kept,
    Dropped,
}

pub fn write(markdown: &str, policy: &Policy, raw_html: RawHtml) -> Rendered {
    let events: Vec<Event<'_>> = Parser::new_ext(without_front_matter(markdown), OPTIONS).collect();
    let mut writer = Writer::new(&events, policy, raw_html);
    for event in &events {
        match event {
            Event::Start(Tag::Heading { id: Some(id), .. }) => writer.anchors.reserve(id),
            Event::Start(Tag::FootnoteDefinition(name)) => writer.notes.will_define(name),
            _ => {}
        }
    }
    writer.write()
}

pub(super) struct Writer<'e> {
    pub(super) events: &'e [Event<'e>],
    /// The next event.
    pub(super) at: usize,
    pub(super) page: Page,
    pub(super) policy: &'e Policy,
    pub(super) words: WordCount,
    pub(super) notes: Notes,
    pub(super) anchors: Anchors,
    pub(super) raw_html: RawHtml,
    /// Footnotes whose definition is being written, and what was being written around it.
    pub(super) outer_pages: Vec<(&'e str, Page)>,
    pub(super) headings: Vec<Heading>,
    /// By the order of their beginnings, and whether they ended where they began.
    pub(super) blocks: Vec<(MarkedBlock, bool)>,
    pub(super) sections: Vec<MarkedSection>,
    pub(super) table: Table,
    pub(super) coloured_bytes_left: usize,
    /// How much of the next text already stands beside the formula before it.
    pub(super) text_written_bytes: usize,
}

/// The table being written; Markdown has none inside another.
#[derive(Default)]
pub(super) struct Table {
    pub(super) columns: Vec<Alignment>,
    pub(super) column: usize,
    pub(super) part: TablePart,
}

#[derive(Default, Clone, Copy, PartialEq, Eq)]
pub(super) enum TablePart {
    #[default]
    Head,
    Body,
}

impl<'e> Writer<'e> {
    fn new(events: &'e [Event<'e>], policy: &'e Policy, raw_html: RawHtml) -> Writer<'e> {
        Writer {
            events,
            at: 0,
            page: Page::default(),
            policy,
            words: WordCount::default(),
            notes: Notes::default(),
            anchors: Anchors::default(),
            raw_html,
            outer_pages: Vec::new(),
            headings: Vec::new(),
            blocks: Vec::new(),
            sections: Vec::new(),
            table: Table::default(),
            coloured_bytes_left: COLOURED_BYTES,
            text_written_bytes: 0,
        }
    }

    fn write(mut self) -> Rendered {
        while let Some(event) = self.events.get(self.at) {
            self.at += 1;
            match event {
                Event::Start(tag) => self.start(tag, event),
                Event::End(tag) => self.end(*tag),
                Event::Rule => {
                    self.page.fresh_line();
                    self.page.html("<hr>\n");
                }
                _ => self.inline(event),
            }
        }
        self.page.close_all();
        self.notes.write(&mut self.page);
        Rendered {
            html: self.page.finish(),
            headings: self.headings,
            blocks: self.blocks.into_iter().filter(|(_, ended)| *ended).map(|(block, _)| block).collect(),
            sections: self.sections,
            words: self.words.total(),
        }
    }
}

/// The chapter without the YAML between `---` at its head. A thematic break at the head is no front matter: there a
/// line of `name: value` must follow.
pub fn without_front_matter(markdown: &str) -> &str {
    let mut lines = markdown.split_inclusive('\n');
    let (Some(fence), Some(first)) = (lines.next(), lines.next()) else { return markdown };
    let name = first.split_once(':').map_or("", |(name, _)| name);
    let is_name = !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-'));
    if fence.trim_end() != "---" || !(is_name || first.starts_with('#')) {
        return markdown;
    }
    let mut end = fence.len() + first.len();
    for line in lines {
        end += line.len();
        if matches!(line.trim_end(), "---" | "...") {
            return &markdown[end..];
        }
    }
    markdown
}
