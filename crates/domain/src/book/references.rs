//! What a chapter refers to: pictures, and other files of the book.

use std::collections::BTreeSet;

use pulldown_cmark::{Event, Options, Parser, Tag};

use super::source::{ChapterSource, Node};

/// The addresses in a chapter's text, in all its branches, as the author wrote them.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct References {
    pub pictures: BTreeSet<String>,
    /// Without what follows a `#`; none for links within the chapter.
    pub links: BTreeSet<String>,
}

impl References {
    pub fn of(source: &ChapterSource) -> References {
        let mut references = References::default();
        references.collect(&source.nodes);
        references
    }

    fn collect(&mut self, nodes: &[Node]) {
        for node in nodes {
            match node {
                Node::Text(text) => self.collect_text(text),
                Node::Admonition { body, .. } => self.collect(body),
                Node::Chain(chain) => chain.branches.iter().for_each(|branch| self.collect(&branch.body)),
            }
        }
    }

    fn collect_text(&mut self, text: &str) {
        for event in
            Parser::new_ext(text, Options::ENABLE_TABLES | Options::ENABLE_FOOTNOTES | Options::ENABLE_MATH)
        {
            match event {
                Event::Start(Tag::Image { dest_url, .. }) => {
                    self.pictures.insert(dest_url.into_string());
                }
                Event::Start(Tag::Link { dest_url, .. }) => {
                    let file = dest_url.split('#').next().unwrap_or("");
                    if !file.is_empty() && !dest_url.contains(':') {
                        self.links.insert(file.trim_start_matches("./").to_owned());
                    }
                }
                _ => {}
            }
        }
    }
}
