//! A page cut into the parts that are set beside each other: paragraphs, lists, tables, headings.

use std::borrow::Cow;

use super::words::words;

/// Elements that have no end of their own.
const VOID: [&str; 6] = ["br", "col", "hr", "img", "input", "wbr"];

/// Only what they say as a whole can be compared.
const WHOLE: [&str; 2] = ["math", "pre"];

/// A frame around parts, which is none itself.
const FRAME: &str = "div";

#[derive(Debug, PartialEq, Eq)]
pub enum Token {
    /// With its angle brackets.
    Tag(String),
    /// As a reader sees it, not as html has it.
    Word(String),
    Space,
    /// What is the same or not as a whole, as html.
    Whole(String),
}

impl Token {
    /// What it is compared by. Tags are not: the same words with another emphasis are the same words.
    pub fn key(&self) -> Option<&str> {
        match self {
            Token::Tag(_) => None,
            Token::Word(text) | Token::Whole(text) => Some(text),
            Token::Space => Some(" "),
        }
    }
}

#[derive(Debug)]
pub struct Part {
    pub element: String,
    /// Of the element in its page.
    pub id: Option<String>,
    pub tokens: Vec<Token>,
}

impl Part {
    pub fn is_heading(&self) -> bool {
        matches!(self.element.as_bytes(), [b'h', b'1'..=b'6'])
    }

    pub fn keys(&self) -> Vec<&str> {
        self.tokens.iter().filter_map(Token::key).collect()
    }

    pub fn says_the_same_as(&self, other: &Part) -> bool {
        self.element == other.element && self.keys() == other.keys()
    }
}

/// `html` is a page as the sanitiser leaves it: every `<` begins a tag, every element ends.
pub fn parts(html: &str) -> Vec<Part> {
    let mut parts: Vec<Part> = Vec::new();
    let mut rest = html;
    while !rest.is_empty() {
        let (element, text) = next(rest);
        rest = &rest[text.len()..];
        match element {
            // Between two parts nothing stands but line breaks.
            None if text.trim().is_empty() => {}
            // The tags of the frame go, so that a paragraph within can be the same as one without.
            Some(Tag { name: FRAME, .. }) => {}
            None => parts.push(part("p", None, text)),
            Some(tag) => {
                let whole_len = text.len() + if tag.is_begin() { len_to_end(tag.name, rest) } else { 0 };
                let start = html.len() - rest.len() - text.len();
                let whole = &html[start..start + whole_len];
                rest = &html[start + whole_len..];
                if tag.is_begin() || VOID.contains(&tag.name) {
                    parts.push(part(tag.name, tag.id(), whole));
                }
            }
        }
    }
    parts
}

fn part(element: &str, id: Option<String>, html: &str) -> Part {
    Part { element: element.to_owned(), id, tokens: tokens(html) }
}

fn tokens(html: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut rest = html;
    while !rest.is_empty() {
        let (tag, text) = next(rest);
        rest = &rest[text.len()..];
        match tag {
            Some(tag) if tag.is_begin() && WHOLE.contains(&tag.name) => {
                let inner = len_to_end(tag.name, rest);
                let whole = without_ids(&format!("{text}{}", &rest[..inner]));
                rest = &rest[inner..];
                tokens.push(Token::Whole(whole));
            }
            Some(Tag { name: "img", .. }) => tokens.push(Token::Whole(without_ids(text))),
            Some(tag) => tokens.push(Token::Tag(tag.bare())),
            None => tokens.extend(words(&unescaped(text)).into_iter().map(|word| {
                // A line that breaks elsewhere is no change.
                if word.chars().all(char::is_whitespace) {
                    Token::Space
                } else {
                    Token::Word(word.to_owned())
                }
            })),
        }
    }
    tokens
}

#[derive(Debug, Clone, Copy)]
struct Tag<'h> {
    name: &'h str,
    text: &'h str,
}

impl<'h> Tag<'h> {
    fn is_begin(self) -> bool {
        !self.text.starts_with("</") && !VOID.contains(&self.name)
    }

    fn id(self) -> Option<String> {
        self.attributes().find(|(name, _)| *name == "id").map(|(_, value)| unescaped(value).into_owned())
    }

    /// With their values as html has them, in which no quotation mark stands.
    fn attributes(self) -> impl Iterator<Item = (&'h str, &'h str)> {
        let mut rest = &self.text[self.text.find(' ').unwrap_or(self.text.len())..];
        std::iter::from_fn(move || {
            let (name, after) = rest.split_once("=\"")?;
            let (value, after) = after.split_once('"')?;
            rest = after;
            Some((name.trim_start(), value))
        })
    }

    /// An author's own marks of what came and went would be taken for ours, and a folded answer would hide them.
    fn bare(self) -> String {
        let text = without_ids(self.text);
        let is_end = text.starts_with("</");
        match self.name {
            "ins" | "del" => {
                let name = if self.name == "ins" { "u" } else { "s" };
                format!("<{}{name}>", if is_end { "/" } else { "" })
            }
            "details" if !is_end => "<details open=\"\">".to_owned(),
            _ => text,
        }
    }
}

/// The tag, or the text up to one, with which `html` begins.
fn next(html: &str) -> (Option<Tag<'_>>, &str) {
    if !html.starts_with('<') {
        return (None, &html[..html.find('<').unwrap_or(html.len())]);
    }
    let text = &html[..html.find('>').map_or(html.len(), |at| at + 1)];
    let name = text.trim_start_matches(['<', '/']);
    let name = &name[..name.find([' ', '>', '/']).unwrap_or(name.len())];
    (Some(Tag { name, text }), text)
}

/// How far the end of an element is that has just begun.
fn len_to_end(name: &str, after: &str) -> usize {
    let (mut rest, mut open) = (after, 1_usize);
    while open > 0 && !rest.is_empty() {
        let (tag, text) = next(rest);
        rest = &rest[text.len()..];
        match tag {
            Some(tag) if tag.name == name && tag.is_begin() => open += 1,
            Some(tag) if tag.name == name => open -= 1,
            _ => {}
        }
    }
    after.len() - rest.len()
}

/// A tag, or a whole element, without its ids.
fn without_ids(html: &str) -> String {
    let mut out = String::with_capacity(html.len());
    let mut rest = html;
    while !rest.is_empty() {
        let (tag, text) = next(rest);
        rest = &rest[text.len()..];
        let id = tag.and_then(|tag| tag.attributes().find(|(name, _)| *name == "id"));
        match id {
            Some((_, value)) => out.push_str(&text.replacen(&format!(" id=\"{value}\""), "", 1)),
            None => out.push_str(text),
        }
    }
    out
}

fn unescaped(text: &str) -> Cow<'_, str> {
    if !text.contains('&') {
        return Cow::Borrowed(text);
    }
    let text =
        text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&nbsp;", "\u{a0}");
    // Last, so that `&amp;lt;` is `&lt;` and not `<`.
    Cow::Owned(text.replace("&amp;", "&"))
}
