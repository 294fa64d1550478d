//! A Markdown text read as the page will read it: what in it is prose, and everything else, in order.
//!
//! Two texts of the same outline differ in nothing but words, emphasis, and where a paragraph or a line ends. The
//! outline is made from the events of the renderer's own parser, so whatever the page would show as a link, a
//! heading or code is one here too, in whichever way it is written.

mod describe;
mod walk;

use std::collections::BTreeMap;
use std::ops::Range;

use super::object::{Kind, Object};

/// What becomes of the comments that say how a section was rewritten.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SectionMarks {
    /// They are html like any other.
    Seen,
    PassedOver,
}

#[derive(Debug, Default)]
pub struct Outline {
    pub objects: Vec<Object>,
    /// What is not prose, in the order of the text; none overlaps another.
    pub spans: Vec<Span>,
    pub blocks: Vec<Block>,
    /// Pieces of prose as they are read, entities and escapes resolved, each with its place.
    prose: Vec<(usize, String)>,
    /// Label → address and title.
    definitions: BTreeMap<String, (String, String)>,
}

/// Bytes that travel as they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Span {
    pub range: Range<usize>,
    pub kind: Kind,
    /// Stands on lines of its own, in no list and no quotation.
    pub is_block: bool,
}

/// What stands in no other block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    pub range: Range<usize>,
    /// The words of a heading.
    pub heading: Option<String>,
}

impl Outline {
    pub fn of(markdown: &str, marks: SectionMarks) -> Outline {
        walk::outline(markdown, marks)
    }

    /// The prose that begins in `range`, paragraphs apart by an empty line.
    pub fn prose_in(&self, range: &Range<usize>) -> String {
        let from = self.prose.partition_point(|(at, _)| *at < range.start);
        let inside = self.prose[from..].iter().take_while(|(at, _)| *at < range.end);
        inside.map(|(_, text)| &**text).collect()
    }

    /// The first thing in which `other` is not like this: its kind, and whether it is there, missing or changed.
    pub fn difference(&self, other: &Outline) -> Option<Difference> {
        if self.objects == other.objects && self.definitions == other.definitions {
            return None;
        }
        let count = |outline: &Outline, kind: Kind| match kind {
            Kind::LinkDefinition => outline.definitions.len(),
            kind => outline.objects.iter().filter(|object| object.kind == kind).count(),
        };
        // What was added often swallows what is then missing.
        if let Some(kind) = Kind::ALL.into_iter().find(|kind| count(other, *kind) > count(self, *kind)) {
            return Some(Difference::Added(kind));
        }
        if let Some(kind) = Kind::ALL.into_iter().find(|kind| count(other, *kind) < count(self, *kind)) {
            return Some(Difference::Missing(kind));
        }
        let changed = self.objects.iter().zip(&other.objects).find(|(here, there)| here != there);
        let kind = changed.map_or(Kind::LinkDefinition, |(here, there)| here.kind.min(there.kind));
        Some(Difference::Changed(kind))
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Difference {
    Added(Kind),
    Missing(Kind),
    Changed(Kind),
}
