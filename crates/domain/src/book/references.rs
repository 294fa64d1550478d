//! What a chapter refers to: pictures, and other files of the book.
//!
//! Addresses are read by the renderer's own rules, so that what is reported is what a reader would miss.

use std::collections::{BTreeMap, BTreeSet};

use pulldown_cmark::{BrokenLink, CowStr, Event, LinkType, Options, Parser, Tag};

use super::source::{ChapterSource, Node};
use crate::render::RenderOptions;
use crate::render::addresses::{Policy, is_outside};
use crate::render::escape::percent_decoded;

const OPTIONS: Options = Options::ENABLE_TABLES
    .union(Options::ENABLE_FOOTNOTES)
    .union(Options::ENABLE_MATH)
    .union(Options::ENABLE_GFM);

/// The addresses in a chapter's text, in all its branches, as the author wrote them.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct References {
    pub pictures: BTreeSet<String>,
    /// Those that lead neither out of the book nor to a place in the same chapter.
    pub links: BTreeSet<String>,
}

/// The file of the book that a picture's address names. None if the renderer would show nothing for it, whatever is there.
pub fn picture_file(address: &str) -> Option<String> {
    let chapter_of_file = BTreeMap::new();
    let policy = Policy::new(&RenderOptions { asset_base: "", chapter_of_file: &chapter_of_file });
    percent_decoded(&policy.picture(address)?)
}

/// The file of the book that a link's address names, without what follows a `#`.
pub fn link_file(address: &str) -> Option<String> {
    let file = address.split('#').next()?;
    percent_decoded(file.strip_prefix("./").unwrap_or(file))
}

impl References {
    pub fn of(source: &ChapterSource) -> References {
        let mut texts = Vec::new();
        collect_texts(&source.nodes, &mut texts);
        let definitions = Definitions::of(&texts);
        let mut references = References::default();
        for text in texts {
            for choice in 0..definitions.choices() {
                references.collect(text, &definitions, choice);
            }
        }
        references
    }

    fn collect(&mut self, text: &str, definitions: &Definitions, choice: usize) {
        let defined_elsewhere = |link: BrokenLink<'_>| {
            definitions
                .address(&link.reference, choice)
                .map(|address| (CowStr::from(address), CowStr::from("")))
        };
        for event in Parser::new_with_broken_link_callback(text, OPTIONS, Some(defined_elsewhere)) {
            match event {
                Event::Start(Tag::Image { dest_url, .. }) => {
                    self.pictures.insert(dest_url.into_string());
                }
                Event::Start(Tag::Link { link_type, dest_url, .. }) => {
                    let file = dest_url.split('#').next().unwrap_or("");
                    let leads_out =
                        link_type == LinkType::Email || is_outside(&dest_url) || file.contains(':');
                    if !file.is_empty() && !leads_out {
                        self.links.insert(dest_url.into_string());
                    }
                }
                _ => {}
            }
        }
    }
}

/// Each part of the text that stands between two directives.
fn collect_texts<'a>(nodes: &'a [Node], texts: &mut Vec<&'a str>) {
    for node in nodes {
        match node {
            Node::Text(text) => texts.push(text),
            Node::Admonition { body, .. } => collect_texts(body, texts),
            Node::Chain(chain) => {
                chain.branches.iter().for_each(|branch| collect_texts(&branch.body, texts));
            }
        }
    }
}

/// `[name]: address` anywhere in the chapter. Two branches may define one name differently, so all its addresses are kept.
struct Definitions {
    addresses: BTreeMap<String, BTreeSet<String>>,
}

impl Definitions {
    fn of(texts: &[&str]) -> Definitions {
        let mut addresses: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for text in texts {
            for (name, definition) in Parser::new_ext(text, OPTIONS).reference_definitions().iter() {
                addresses.entry(folded(name)).or_default().insert(definition.dest.to_string());
            }
        }
        Definitions { addresses }
    }

    /// The most addresses that one name has, and at least one.
    fn choices(&self) -> usize {
        self.addresses.values().map(BTreeSet::len).max().unwrap_or(1)
    }

    fn address(&self, name: &str, choice: usize) -> Option<String> {
        let addresses = self.addresses.get(&folded(name))?;
        addresses.iter().nth(choice).or(addresses.last()).cloned()
    }
}

/// Names of definitions agree whatever their case and white space.
fn folded(name: &str) -> String {
    name.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::{References, link_file, picture_file};
    use crate::book::{ChapterSource, Words};

    fn references(text: &str) -> (Vec<String>, Vec<String>) {
        let references = References::of(&ChapterSource::parse("c.md", text, &Words::of_form()).unwrap());
        (references.pictures.into_iter().collect(), references.links.into_iter().collect())
    }

    #[test]
    fn an_address_names_the_file_that_the_renderer_would_show() {
        assert_eq!(picture_file("./f.svg").as_deref(), Some("f.svg"));
        assert_eq!(picture_file("a%20b.svg").as_deref(), Some("a b.svg"));
        assert_eq!(picture_file("figures/ü.svg").as_deref(), Some("figures/ü.svg"));
        for address in ["../f.svg", "https://example.org/f.svg", "a//f.svg", "/f.svg", "a%2525.svg"] {
            assert_eq!(picture_file(address), None, "{address}");
        }
        assert_eq!(link_file("./02%20ros2.md#what").as_deref(), Some("02 ros2.md"));
    }

    #[test]
    fn a_picture_whose_definition_stands_in_another_part_of_the_text_is_found_in_each_meaning() {
        let text = "![x][Fig] and [that][other]\n::: when python = none\n[fig]: a.svg\n::: otherwise\n[fig]: b.svg\n:::\n[other]: 02.md\n";
        assert_eq!(references(text), (vec!["a.svg".into(), "b.svg".into()], vec!["02.md".into()]));
    }

    #[test]
    fn what_leads_out_or_stays_in_the_chapter_is_no_link_to_a_file() {
        let text = "[a](https://example.org/x.md) [b](#here) <a@example.org> [c](mailto:a@example.org) [d](./x.md#a:b)\n";
        assert_eq!(references(text), (vec![], vec!["./x.md#a:b".into()]));
    }
}
