//! Which bytes of a piece travel as placeholders.

use std::ops::Range;

use super::object::Kind;
use super::outline::Outline;
use super::prose;

/// A span to be sent as one placeholder; `kind` is none where it is of several.
#[derive(Clone)]
pub struct Sent {
    pub range: Range<usize>,
    pub kind: Option<Kind>,
    pub is_block: bool,
}

/// Those of the outline, and what a parser sees no object in.
pub fn of(markdown: &str, outline: &Outline, piece: &Range<usize>) -> Vec<Sent> {
    let first = outline.spans.partition_point(|span| span.range.end <= piece.start);
    let mut spans = Vec::new();
    let mut at = piece.start;
    for span in outline.spans[first..].iter().take_while(|span| span.range.start < piece.end) {
        if span.range.start > at {
            between(markdown, outline, at..span.range.start, &mut spans);
        }
        at = span.range.end.max(at);
        spans.push(Sent { range: span.range.clone(), kind: Some(span.kind), is_block: span.is_block });
    }
    if at < piece.end {
        between(markdown, outline, at..piece.end, &mut spans);
    }
    spans
}

/// Addresses in the middle of prose, brackets like those of placeholders, and text that belongs to no block: a second
/// definition of a link's address.
fn between(markdown: &str, outline: &Outline, range: Range<usize>, spans: &mut Vec<Sent>) {
    for (line, is_in_block) in stretches(outline, range) {
        let text = &markdown[line.clone()];
        let trimmed = text.trim();
        if !is_in_block && !trimmed.is_empty() {
            let start = line.start + (text.len() - text.trim_start().len());
            spans.push(Sent {
                range: start..start + trimmed.len(),
                kind: Some(Kind::LinkDefinition),
                is_block: true,
            });
        } else if is_in_block {
            spans.extend(prose::to_keep(text).into_iter().map(|it| Sent {
                range: line.start + it.start..line.start + it.end,
                kind: Some(Kind::End),
                is_block: false,
            }));
        }
    }
}

/// The range cut where blocks that stand in no other begin and end, and whether each part is in one.
fn stretches(outline: &Outline, range: Range<usize>) -> Vec<(Range<usize>, bool)> {
    let mut stretches = Vec::new();
    let mut at = range.start;
    let first = outline.blocks.partition_point(|block| block.range.end <= range.start);
    for block in outline.blocks[first..].iter().take_while(|block| block.range.start < range.end) {
        if block.range.start > at {
            stretches.push((at..block.range.start, false));
        }
        let from = block.range.start.max(at);
        at = block.range.end.min(range.end);
        if from < at {
            stretches.push((from..at, true));
        }
    }
    if at < range.end {
        stretches.push((at..range.end, false));
    }
    stretches
}

/// The range without the blocks and empty lines at its ends.
pub fn without_frame(markdown: &str, spans: &[Sent], piece: Range<usize>) -> Range<usize> {
    let mut range = piece;
    let trimmed_start = |range: &Range<usize>| {
        let text = &markdown[range.clone()];
        range.start + (text.len() - text.trim_start().len())
    };
    let trimmed_end = |range: &Range<usize>| range.start + markdown[range.clone()].trim_end().len();
    range.start = trimmed_start(&range);
    for span in spans {
        if !span.is_block || span.range.start != range.start {
            break;
        }
        range.start = span.range.end.min(range.end);
        range.start = trimmed_start(&range);
    }
    range.end = trimmed_end(&range);
    for span in spans.iter().rev() {
        if !span.is_block || span.range.end != range.end || span.range.start < range.start {
            break;
        }
        range.end = span.range.start;
        range.end = trimmed_end(&range);
    }
    range
}

/// Blocks with nothing but empty lines between them travel as one: fewer placeholders are lost less often.
pub fn merged(markdown: &str, spans: impl Iterator<Item = Sent>) -> Vec<Sent> {
    let mut merged: Vec<Sent> = Vec::new();
    for span in spans {
        match merged.last_mut() {
            Some(last)
                if last.is_block
                    && span.is_block
                    && markdown[last.range.end..span.range.start].trim().is_empty() =>
            {
                last.range.end = span.range.end;
                last.kind = None;
            }
            _ => merged.push(span),
        }
    }
    merged
}
