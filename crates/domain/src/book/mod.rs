//! A book as its author wrote it: a manifest, chapters in Markdown, conditional blocks in them.

pub mod check;
pub mod condition;
pub mod fault;
mod lines;
pub mod manifest;
pub mod pictures;
pub mod references;
pub mod source;
pub mod words;

use std::collections::BTreeMap;

pub use condition::{Condition, Fact};
pub use fault::Fault;
pub use manifest::{ChapterEntry, Manifest};
pub use source::{Branch, Chain, ChapterSource, Node};
pub use words::Words;

use crate::ids::{ChapterId, ChapterVersion};

/// The name of the manifest in a book's folder.
pub const MANIFEST_FILE: &str = "book.toml";

/// A whole book, read without a fault.
#[derive(Debug, Clone)]
pub struct Book {
    pub id: String,
    pub title: String,
    /// BCP 47, such as `en`.
    pub language: String,
    pub authors: Vec<String>,
    /// An SPDX expression, such as `CC-BY-4.0`.
    pub licence: String,
    pub chapters: Vec<Chapter>,
}

#[derive(Debug, Clone)]
pub struct Chapter {
    pub id: ChapterId,
    pub title: String,
    pub slug: String,
    pub version: ChapterVersion,
    /// Relative to the book's folder.
    pub file: String,
    pub source: ChapterSource,
}

impl Book {
    pub fn chapter(&self, id: ChapterId) -> Option<&Chapter> {
        self.chapters.iter().find(|chapter| chapter.id == id)
    }

    /// File name → number, for links from one chapter to another.
    pub fn chapter_of_file(&self) -> BTreeMap<String, u32> {
        self.chapters.iter().map(|chapter| (chapter.file.clone(), chapter.id.0)).collect()
    }
}

/// Reads a book whole, or gives every fault in it at once. `read` gives the text of a file named relative to the
/// book's folder, or why it can't be had in half a sentence.
pub fn read_book(mut read: impl FnMut(&str) -> Result<String, String>) -> Result<Book, Vec<Fault>> {
    let manifest_text = read(MANIFEST_FILE)
        .map_err(|why| vec![Fault::of_file(MANIFEST_FILE, format!("This file can't be read: {why}."))])?;
    let manifest = Manifest::parse(&manifest_text)?;
    let words = Words::of_manifest(&manifest);
    let mut faults = Vec::new();
    let mut chapters = Vec::new();
    for entry in manifest.chapters {
        let source = match read(&entry.file) {
            Ok(text) => ChapterSource::parse(&entry.file, &text, &words),
            Err(why) => Err(vec![Fault::of_file(&entry.file, format!("This file can't be read: {why}."))]),
        };
        match source {
            Ok(source) => chapters.push(Chapter {
                id: entry.id,
                title: entry.title,
                slug: entry.slug,
                version: entry.version,
                file: entry.file,
                source,
            }),
            Err(found) => faults.extend(found),
        }
    }
    if !faults.is_empty() {
        return Err(faults);
    }
    Ok(Book {
        id: manifest.id,
        title: manifest.title,
        language: manifest.language,
        authors: manifest.authors,
        licence: manifest.licence,
        chapters,
    })
}
