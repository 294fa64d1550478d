//! A piece as a model sees it: prose, and numbered placeholders for all that must come back as it is.
//!
//! A placeholder is a number between ⟦ and ⟧. Where these two characters stand in the text itself they travel as
//! placeholders too, so that nothing in a text can pass for a placeholder, nor for the lines of a prompt that use
//! the same brackets.

use std::ops::Range;

use super::object::Kind;
use super::outline::Outline;
use super::refusal::Refusal;
use super::spans;

pub const OPEN: char = '⟦';
pub const CLOSE: char = '⟧';

/// Longer ones are shortened in the legend.
pub const HINT_CHARS_MAX: usize = 80;

/// What travels as `⟦n⟧`, where `n` is its place among all, from 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shield {
    pub original: String,
    pub kind: Option<Kind>,
    is_block: bool,
    /// Whether an empty line, or nothing, stands before and behind: if so it is put back where a model drops it.
    blank_before: bool,
    blank_behind: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shielded {
    /// Of the whole text; what was trimmed off its ends, blocks and empty lines, is never sent.
    pub range: Range<usize>,
    /// What is sent.
    pub text: String,
    pub shields: Vec<Shield>,
}

impl Shielded {
    /// `None` if nothing is left when the blocks at the ends are trimmed off.
    pub fn of(markdown: &str, outline: &Outline, piece: Range<usize>) -> Option<Shielded> {
        let spans = spans::of(markdown, outline, &piece);
        let range = spans::without_frame(markdown, &spans, piece);
        if range.is_empty() {
            return None;
        }
        let spans =
            spans.into_iter().filter(|span| range.start <= span.range.start && span.range.end <= range.end);
        let mut shielded = Shielded { range: range.clone(), text: String::new(), shields: Vec::new() };
        let mut at = range.start;
        for span in spans::merged(markdown, spans) {
            shielded.text.push_str(&markdown[at..span.range.start]);
            at = span.range.end;
            let (before, behind) = (&markdown[..span.range.start], &markdown[span.range.end..]);
            shielded.shields.push(Shield {
                original: markdown[span.range].to_owned(),
                kind: span.kind,
                is_block: span.is_block,
                blank_before: before.ends_with("\n\n") || before.is_empty(),
                blank_behind: behind.starts_with("\n\n") || behind.is_empty(),
            });
            shielded.text.push_str(&format!("{OPEN}{}{CLOSE}", shielded.shields.len()));
        }
        shielded.text.push_str(&markdown[at..range.end]);
        Some(shielded)
    }

    /// An answer with everything put back. Refuses any whose placeholders are not exactly those of the text, in order.
    pub fn restore(&self, answer: &str) -> Result<String, Refusal> {
        let parts = parts(answer)?;
        self.check_numbers(&parts)?;
        let mut restored = String::with_capacity(answer.len() + self.range.len());
        let mut open_line = false;
        for part in &parts {
            match part {
                Part::Text(text) => {
                    let text =
                        if std::mem::take(&mut open_line) { with_blank_line(text) } else { (*text).into() };
                    restored.push_str(&text);
                }
                Part::Placeholder { number, alone } => {
                    let shield = &self.shields[number - 1];
                    let stands_alone = shield.is_block && *alone;
                    if stands_alone
                        && shield.blank_before
                        && !restored.is_empty()
                        && !restored.ends_with("\n\n")
                    {
                        restored.push('\n');
                    }
                    restored.push_str(&shield.original);
                    open_line = stands_alone && shield.blank_behind;
                }
            }
        }
        Ok(restored)
    }

    fn check_numbers(&self, parts: &[Part<'_>]) -> Result<(), Refusal> {
        let numbers: Vec<usize> = parts
            .iter()
            .filter_map(|part| match part {
                Part::Placeholder { number, .. } => Some(*number),
                Part::Text(_) => None,
            })
            .collect();
        let count = self.shields.len();
        if numbers.iter().any(|number| !(1..=count).contains(number)) {
            return Err(Refusal::PlaceholderInvented);
        }
        for number in 1..=count {
            match numbers.iter().filter(|it| **it == number).count() {
                0 => return Err(Refusal::PlaceholderMissing(number)),
                1 => {}
                _ => return Err(Refusal::PlaceholderRepeated(number)),
            }
        }
        match numbers.iter().zip(1..).find(|(number, expected)| *number != expected) {
            Some((_, expected)) => Err(Refusal::PlaceholderMoved(expected)),
            None => Ok(()),
        }
    }

    /// What each placeholder stands for, one a line, for a model that has to write sentences around them.
    pub fn legend(&self) -> String {
        let mut legend = String::new();
        for (index, shield) in self.shields.iter().enumerate() {
            legend.push_str(&format!("{OPEN}{}{CLOSE} {}\n", index + 1, shield.hint()));
        }
        legend
    }
}

impl Shield {
    /// Blocks are only named: their words are long, and nothing is to be written around them.
    fn hint(&self) -> String {
        let lines = self.original.lines().count();
        let name = match self.kind {
            None => "material of several kinds",
            Some(Kind::Html) if self.original.starts_with("<!--") => "an invisible mark",
            Some(Kind::Html) => "an HTML tag",
            Some(Kind::Alone | Kind::Prose | Kind::End) => "characters to keep",
            Some(kind) => kind.words(),
        };
        if self.is_block || lines > 1 || self.original.starts_with("<!--") {
            return name.to_owned();
        }
        let words = match self.kind {
            Some(Kind::Link | Kind::Image) => link_text(&self.original),
            _ => &self.original,
        };
        let shown: String = words.chars().take(HINT_CHARS_MAX).collect();
        let more = if shown.len() < words.len() { "…" } else { "" };
        format!("{name}: {}{more}", without_brackets(&shown))
    }
}

/// What a link or picture says, without its address, as far as that is to be had without a parser.
fn link_text(markdown: &str) -> &str {
    let inside = markdown.trim_start_matches('!').strip_prefix('[');
    let text = inside.and_then(|inside| inside.find("](").or(inside.find(']')).map(|end| &inside[..end]));
    text.unwrap_or(markdown)
}

/// For what stands in a prompt: no text may bring the brackets of placeholders along.
pub fn without_brackets(text: &str) -> String {
    text.replace(OPEN, "((").replace(CLOSE, "))")
}

enum Part<'a> {
    Text(&'a str),
    /// `alone`: nothing else is on its line.
    Placeholder {
        number: usize,
        alone: bool,
    },
}

/// An answer cut at its placeholders. Spaces between bracket and number do no harm.
fn parts(answer: &str) -> Result<Vec<Part<'_>>, Refusal> {
    let mut parts = Vec::new();
    let mut rest = answer;
    let mut line_is_empty = true;
    while let Some(open) = rest.find([OPEN, CLOSE]) {
        let (before, from) = rest.split_at(open);
        let inside = from.strip_prefix(OPEN).ok_or(Refusal::PlaceholderInvented)?;
        let (number, after) = inside.split_once(CLOSE).ok_or(Refusal::PlaceholderInvented)?;
        let number = number.trim();
        let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
        let number: usize = number.parse().ok().filter(|_| is_number).ok_or(Refusal::PlaceholderInvented)?;
        line_is_empty = match before.rsplit_once('\n') {
            Some((_, line)) => line.is_empty(),
            None => line_is_empty && before.is_empty(),
        };
        parts.push(Part::Text(before));
        let alone = line_is_empty && (after.is_empty() || after.starts_with('\n'));
        parts.push(Part::Placeholder { number, alone });
        line_is_empty = false;
        rest = after;
    }
    parts.push(Part::Text(rest));
    Ok(parts)
}

/// What stands behind a block, with an empty line between the two.
fn with_blank_line(text: &str) -> String {
    match text.strip_prefix('\n') {
        Some(rest) if !rest.is_empty() && !rest.starts_with('\n') => format!("\n{text}"),
        _ => text.to_owned(),
    }
}
