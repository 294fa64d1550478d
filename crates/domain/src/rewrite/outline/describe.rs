//! Events as a string that is the same only where the page is.

use pulldown_cmark::{CodeBlockKind, Event, Tag};

/// Cannot stand in a text as it is read: the parser puts another character in its place.
const BETWEEN: char = '\0';

pub fn describe<'e>(events: impl IntoIterator<Item = &'e Event<'e>>) -> String {
    let mut what = String::new();
    for event in events {
        match event {
            Event::Start(tag) => start(&mut what, tag),
            Event::End(_) => what.push_str("end"),
            // A parser may hand out one text in several pieces.
            Event::Text(text) => {
                what.push_str(text);
                continue;
            }
            Event::Code(code) => part(&mut what, "code", code),
            Event::InlineMath(latex) => part(&mut what, "formula", latex),
            Event::DisplayMath(latex) => part(&mut what, "display", latex),
            Event::Html(html) | Event::InlineHtml(html) => {
                what.push_str(html);
                continue;
            }
            Event::FootnoteReference(name) => part(&mut what, "reference", name),
            Event::SoftBreak => what.push_str("soft"),
            Event::HardBreak => what.push_str("hard"),
            Event::Rule => what.push_str("rule"),
            Event::TaskListMarker(done) => part(&mut what, "task", if *done { "x" } else { "" }),
        }
        what.push(BETWEEN);
    }
    what
}

fn start(what: &mut String, tag: &Tag<'_>) {
    part(what, "start", &format!("{:?}", tag.to_end()));
    match tag {
        Tag::Heading { id, classes, attrs, .. } => {
            part(what, "id", id.as_deref().unwrap_or_default());
            classes.iter().for_each(|class| part(what, "class", class));
            for (name, value) in attrs {
                part(what, name, value.as_deref().unwrap_or_default());
            }
        }
        Tag::CodeBlock(CodeBlockKind::Fenced(info)) => part(what, "info", info),
        Tag::List(Some(first)) => part(what, "first", &first.to_string()),
        Tag::FootnoteDefinition(name) => part(what, "name", name),
        Tag::Table(columns) => part(what, "columns", &format!("{columns:?}")),
        Tag::Link { dest_url, title, .. } | Tag::Image { dest_url, title, .. } => {
            part(what, "address", dest_url);
            part(what, "title", title);
        }
        _ => {}
    }
}

fn part(what: &mut String, name: &str, value: &str) {
    what.push_str(name);
    what.push('=');
    what.push_str(value);
    what.push(BETWEEN);
}
