//! The title of an admonition as the first line of a quotation.
//!
//! Readers of the stored text take a first paragraph that is strong from end to end for the title, so that is what a
//! title must come out as, whatever its author put in it.

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

const OPTIONS: Options = Options::ENABLE_STRIKETHROUGH
    .union(Options::ENABLE_FOOTNOTES)
    .union(Options::ENABLE_TABLES)
    .union(Options::ENABLE_TASKLISTS)
    .union(Options::ENABLE_GFM)
    .union(Options::ENABLE_MATH);

/// The title in `**`: with the author's own markup where that fits inside, else its words alone. None if it has no words.
pub(super) fn strong(title: &str) -> Option<String> {
    // Behind a letter a title is read as words even if it looks like a list or a heading.
    let words = plain(Parser::new_ext(&format!("x {title}"), OPTIONS));
    let words = words.strip_prefix('x')?.trim();
    if words.is_empty() {
        return None;
    }
    let kept = format!("**{title}**");
    if is_one_strong_paragraph(&kept, words) {
        return Some(kept);
    }
    let mut escaped = String::with_capacity(words.len() + 8);
    for character in words.chars() {
        if "\\`*_[]<>&$~".contains(character) {
            escaped.push('\\');
        }
        escaped.push(character);
    }
    Some(format!("**{escaped}**"))
}

fn is_one_strong_paragraph(markdown: &str, words: &str) -> bool {
    let events: Vec<Event<'_>> = Parser::new_ext(markdown, OPTIONS).collect();
    let [
        Event::Start(Tag::Paragraph),
        Event::Start(Tag::Strong),
        inside @ ..,
        Event::End(TagEnd::Strong),
        Event::End(TagEnd::Paragraph),
    ] = &events[..]
    else {
        return false;
    };
    // Neither may a second strong part end the line, nor a picture stand where words are expected.
    let mut depth = 0;
    for event in inside {
        match event {
            Event::Start(Tag::Image { .. }) => return false,
            Event::Start(_) => depth += 1,
            Event::End(_) if depth == 0 => return false,
            Event::End(_) => depth -= 1,
            _ => {}
        }
    }
    plain(inside.iter().cloned()) == words
}

fn plain<'a>(events: impl Iterator<Item = Event<'a>>) -> String {
    let mut text = String::new();
    for event in events {
        match event {
            Event::Text(piece)
            | Event::Code(piece)
            | Event::InlineMath(piece)
            | Event::DisplayMath(piece) => {
                text.push_str(&piece);
            }
            Event::FootnoteReference(name) => text.push_str(&format!("[^{name}]")),
            _ => {}
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use pulldown_cmark::Parser;

    use super::{OPTIONS, is_one_strong_paragraph, plain, strong};

    #[test]
    fn a_title_keeps_its_markup_where_that_stays_inside_the_strong_text() {
        for title in
            ["Try", "A *title*", "`ls -l`, then $x$", "__a__ b", "what \\* is", "[a](02.md)", "3 < 4 & 5"]
        {
            assert_eq!(strong(title), Some(format!("**{title}**")), "{title}");
        }
    }

    #[test]
    fn a_title_whose_markup_would_end_the_strong_text_comes_out_as_its_words() {
        for (title, expected) in [
            ("ends \\", "**ends \\\\**"),
            ("**x**y", "**xy**"),
            ("y**x**", "**yx**"),
            ("foo*", "**foo\\***"),
            ("*", "**\\***"),
            ("![a figure](f.svg)", "**a figure**"),
        ] {
            assert_eq!(strong(title).as_deref(), Some(expected), "{title}");
        }
    }

    #[test]
    fn any_title_comes_out_as_one_strong_paragraph_of_its_words() {
        let pieces = [
            "*", "**", "_", "`", "\\", "~~", "$", "[", "]", "(x)", "<", ">", "&amp;", "!", "a", " ", "#",
            "-", "1.",
        ];
        for a in pieces {
            for b in pieces {
                for c in pieces {
                    for title in [format!("{a}{b}{c}"), format!("{a}{b}a{c}"), format!("a{a}b{b} {c}")] {
                        let title = title.trim();
                        let Some(line) = strong(title) else { continue };
                        let words = plain(Parser::new_ext(&format!("x {title}"), OPTIONS));
                        assert!(is_one_strong_paragraph(&line, words[1..].trim()), "{title:?} → {line:?}");
                    }
                }
            }
        }
        assert_eq!(strong("<b></b>"), None);
    }
}
