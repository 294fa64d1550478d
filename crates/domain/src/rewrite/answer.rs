//! What a model server gave back, without what models put around a text.

use super::refusal::Refusal;
use super::shield::{CLOSE, OPEN};

/// A chat completion's only choice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Answer<'a> {
    pub text: &'a str,
    /// As the server gave it; none if it gave none.
    pub finish_reason: Option<&'a str>,
}

/// The lines between which a prompt has the text; in the brackets of placeholders, which no text holds.
pub const TEXT_BEGINS: &str = "⟦text⟧";
pub const TEXT_ENDS: &str = "⟦end of text⟧";

/// How a line begins that announces a text.
const ANNOUNCEMENTS: [&str; 9] =
    ["here is", "here's", "here’s", "sure", "certainly", "of course", "below is", "okay", "rewritten"];
const ANNOUNCEMENT_CHARS_MAX: usize = 120;

impl<'a> Answer<'a> {
    /// The text alone. `sent` is what was to be rewritten: what begins or ends that is no wrapping.
    pub fn unwrapped(&self, sent: &str) -> Result<&'a str, Refusal> {
        match self.finish_reason {
            // What a model's own end is called by servers that speak this protocol.
            Some("stop" | "eos" | "eos_token" | "end_turn") => {}
            Some("length" | "max_tokens") => return Err(Refusal::CutOff),
            _ => return Err(Refusal::Unfinished),
        }
        let mut text = self.text.trim();
        loop {
            let before = text;
            text = without_thoughts(text, sent);
            text = without_announcement(text, sent);
            text = without_fence(text, sent);
            text = without_lines(text);
            if text == before {
                break;
            }
        }
        if text.is_empty() {
            return Err(Refusal::Empty);
        }
        Ok(text)
    }
}

/// What a model that reasons wrote for itself, up to the end of it. Where a server put its beginning into the prompt
/// only the end is in the answer. No text that is sent has html in it.
fn without_thoughts<'a>(text: &'a str, sent: &str) -> &'a str {
    match text.rsplit_once("</think>") {
        Some((_, text)) if !sent.contains("</think>") => text.trim(),
        _ => text,
    }
}

/// “Here is the rewritten text:” on a line of its own.
fn without_announcement<'a>(text: &'a str, sent: &str) -> &'a str {
    let Some((line, rest)) = text.split_once('\n') else { return text };
    let line = line.trim();
    let plain = line.trim_matches(['*', '_', '#', ' ']).to_lowercase();
    let announces = ANNOUNCEMENTS.iter().any(|start| plain.starts_with(start))
        && plain.ends_with(':')
        && plain.chars().count() <= ANNOUNCEMENT_CHARS_MAX
        && !line.contains([OPEN, CLOSE])
        && !sent.trim_start().starts_with(line);
    // An announcement that runs on into the text could be the text's own first line.
    let stands_apart = rest.starts_with('\n') || rest.starts_with("```") || rest.starts_with(TEXT_BEGINS);
    if announces && stands_apart { rest.trim() } else { text }
}

/// One fence around everything. Every fence of the text itself travels as a placeholder, so with a third line of
/// backquotes it is unclear what is what.
fn without_fence<'a>(text: &'a str, sent: &str) -> &'a str {
    let fences = |text: &str| text.lines().filter(|line| line.trim_start().starts_with("```")).count();
    let Some((first, rest)) = text.split_once('\n') else { return text };
    let language = first.strip_prefix("```").map(str::trim);
    let is_wrapping = matches!(language, Some("" | "markdown" | "md" | "text" | "txt"));
    match rest.strip_suffix("```") {
        Some(inside) if is_wrapping && fences(text) == 2 && fences(sent) == 0 && inside.ends_with('\n') => {
            inside.trim()
        }
        _ => text,
    }
}

fn without_lines(text: &str) -> &str {
    let text = text.strip_prefix(TEXT_BEGINS).map_or(text, str::trim_start);
    text.strip_suffix(TEXT_ENDS).map_or(text, str::trim_end)
}
