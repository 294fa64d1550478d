//! Footnotes: numbered in the order in which the text refers to them, each with a way back to every reference.
//! A note that nothing refers to is not shown.

use std::collections::{BTreeMap, BTreeSet};

use super::anchors::Anchors;
use super::escape;
use super::page::Page;

#[derive(Default)]
pub struct Notes {
    defined: BTreeSet<String>,
    bodies: BTreeMap<String, String>,
    number_of: BTreeMap<String, usize>,
    /// In the order of their numbers.
    referred: Vec<Note>,
}

struct Note {
    name: String,
    id: String,
    references: Vec<String>,
}

impl Notes {
    /// Says that a definition of this note is somewhere in the text.
    pub fn will_define(&mut self, name: &str) {
        self.defined.insert(key(name));
    }

    /// Writes a reference; a note that is defined nowhere is shown as it was typed.
    pub fn refer(&mut self, name: &str, page: &mut Page, anchors: &mut Anchors) {
        if !self.defined.contains(&key(name)) {
            page.text(&format!("[^{name}]"));
            return;
        }
        let next = self.referred.len() + 1;
        let number = *self.number_of.entry(key(name)).or_insert(next);
        if number == next {
            let id = anchors.near(&format!("note-{number}"));
            self.referred.push(Note { name: key(name), id, references: Vec::new() });
        }
        let note = &mut self.referred[number - 1];
        let place = anchors.near(&format!("noteref-{number}"));
        let (href, label) = (format!("#{}", note.id), format!("Note {number}"));
        page.open("sup", &[("class", "footnote-reference")]);
        page.open("a", &[("href", &href), ("id", &place), ("aria-label", &label)]);
        page.text(&number.to_string());
        page.close();
        page.close();
        note.references.push(place);
    }

    /// The first definition of a name counts.
    pub fn define(&mut self, name: &str, body: String) {
        self.bodies.entry(key(name)).or_insert(body);
    }

    pub fn write(&self, page: &mut Page) {
        if self.referred.is_empty() {
            return;
        }
        page.fresh_line();
        page.open("section", &[("class", "footnotes"), ("aria-label", "Notes")]);
        page.html("\n");
        page.open("ol", &[]);
        page.html("\n");
        for (index, note) in self.referred.iter().enumerate() {
            page.open("li", &[("id", &note.id)]);
            let body = self.bodies.get(&note.name).map_or("", |body| body.trim_end());
            let (body, end) = body.strip_suffix("</p>").map_or((body, ""), |body| (body, "</p>"));
            page.html(body);
            page.html(&ways_back(index + 1, &note.references));
            page.html(end);
            page.close();
            page.html("\n");
        }
        page.close();
        page.html("\n");
        page.close();
        page.html("\n");
    }
}

fn ways_back(number: usize, references: &[String]) -> String {
    let mut html = String::new();
    for (index, id) in references.iter().enumerate() {
        let (label, mark) = match index {
            0 => (format!("Back to note {number} in the text"), String::new()),
            _ => (
                format!("Back to note {number} in the text, place {}", index + 1),
                format!("<sup>{}</sup>", index + 1),
            ),
        };
        html.push_str(" <a href=\"#");
        escape::attribute(&mut html, id);
        html.push_str(&format!("\" aria-label=\"{label}\">↩{mark}</a>"));
    }
    html
}

fn key(name: &str) -> String {
    name.to_lowercase()
}
