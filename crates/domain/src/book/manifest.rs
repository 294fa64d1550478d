//! `book.toml`: what the book is, and its chapters.

use std::collections::BTreeSet;

use serde::Deserialize;
use serde::de::IgnoredAny;
use toml::Spanned;

use super::MANIFEST_FILE;
use super::fault::Fault;
use crate::ids::{ChapterId, ChapterVersion};

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    pub id: String,
    pub title: String,
    pub language: String,
    pub authors: Vec<String>,
    pub licence: String,
    /// Words beyond the form's that the conditions of this book may use.
    #[serde(default)]
    pub words: ManifestWords,
    #[serde(rename = "chapter")]
    pub chapters: Vec<ChapterEntry>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ManifestWords {
    #[serde(default)]
    pub skills: Vec<String>,
    #[serde(default)]
    pub hardware: Vec<String>,
    #[serde(default)]
    pub goals: Vec<String>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChapterEntry {
    pub id: ChapterId,
    pub title: String,
    pub slug: String,
    pub version: ChapterVersion,
    pub file: String,
}

/// Where the values stand that can be wrong although they read.
#[derive(Deserialize)]
struct Places {
    id: Spanned<IgnoredAny>,
    title: Spanned<IgnoredAny>,
    #[serde(rename = "chapter")]
    chapters: Vec<ChapterPlaces>,
}

#[derive(Deserialize)]
struct ChapterPlaces {
    id: Spanned<IgnoredAny>,
    title: Spanned<IgnoredAny>,
    slug: Spanned<IgnoredAny>,
    version: Spanned<IgnoredAny>,
    file: Spanned<IgnoredAny>,
}

impl Manifest {
    pub fn parse(text: &str) -> Result<Manifest, Vec<Fault>> {
        let syntax = |error| vec![syntax_fault(text, &error)];
        let manifest: Manifest = toml::from_str(text).map_err(syntax)?;
        let places: Places = toml::from_str(text).map_err(syntax)?;
        let faults = manifest.faults(text, &places);
        if faults.is_empty() { Ok(manifest) } else { Err(faults) }
    }

    fn faults(&self, text: &str, places: &Places) -> Vec<Fault> {
        let mut faults = Vec::new();
        if self.chapters.is_empty() {
            faults.push(Fault::of_file(MANIFEST_FILE, "A book needs at least one [[chapter]]."));
        }
        let mut fault = |place: &Spanned<IgnoredAny>, message: String| {
            faults.push(fault_at_byte(text, place.span().start, message));
        };
        if !is_slug(&self.id) {
            fault(
                &places.id,
                "The book's id is lower-case letters, digits and hyphens, such as physical-ai.".into(),
            );
        }
        if self.title.trim().is_empty() {
            fault(&places.title, "The book needs a title.".into());
        }
        let (mut ids, mut slugs, mut files) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
        for (chapter, places) in self.chapters.iter().zip(&places.chapters) {
            let name = format!("Chapter {}", chapter.id);
            if chapter.id.0 == 0 || !ids.insert(chapter.id) {
                fault(&places.id, format!("{name}: each chapter's id is a number of its own, from 1."));
            }
            if chapter.version.0 == 0 {
                fault(&places.version, format!("{name}: versions count from 1."));
            }
            if !is_slug(&chapter.slug) || !slugs.insert(&chapter.slug) {
                fault(
                    &places.slug,
                    format!(
                        "{name}: its slug is lower-case letters, digits and hyphens, and no other chapter's."
                    ),
                );
            }
            if chapter.title.trim().is_empty() {
                fault(&places.title, format!("{name} needs a title."));
            }
            if !is_inside(&chapter.file) || !files.insert(&chapter.file) {
                fault(
                    &places.file,
                    format!("{name}: its file is a Markdown file of its own, inside the book's folder."),
                );
            }
        }
        faults
    }
}

/// A relative path that can't leave the folder it is relative to.
fn is_inside(file: &str) -> bool {
    file.ends_with(".md")
        && !file.contains(['\\', ':', '\0'])
        && file.split('/').all(|part| !part.is_empty() && part != "." && part != "..")
}

/// Lower-case letters, digits and hyphens within.
pub fn is_slug(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= 64
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        && !text.starts_with('-')
        && !text.ends_with('-')
}

fn syntax_fault(text: &str, error: &toml::de::Error) -> Fault {
    let message = format!("{}.", error.message().trim_end_matches('.'));
    match error.span() {
        Some(span) => fault_at_byte(text, span.start, message),
        None => Fault::of_file(MANIFEST_FILE, message),
    }
}

fn fault_at_byte(text: &str, byte: usize, message: String) -> Fault {
    let before = text.get(..byte).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    let column = before[line_start..].chars().count() + 1;
    Fault::at(MANIFEST_FILE, line, column, text[line_start..].lines().next().unwrap_or(""), message)
}

#[cfg(test)]
mod tests {
    use super::Manifest;

    const HEAD: &str =
        "id = \"b\"\ntitle = \"B\"\nlanguage = \"en\"\nauthors = [\"A\"]\nlicence = \"CC-BY-4.0\"\n";

    fn chapter(id: u32, slug: &str, file: &str) -> String {
        format!("[[chapter]]\nid = {id}\ntitle = \"T\"\nslug = \"{slug}\"\nversion = 1\nfile = \"{file}\"\n")
    }

    #[test]
    fn a_file_outside_the_book_is_refused_however_it_is_spelled() {
        for file in ["../x.md", "/etc/x.md", "a/../../x.md", "a//x.md", "c:\\\\x.md", "./x.md", "x.txt"] {
            let faults = Manifest::parse(&format!("{HEAD}{}", chapter(1, "a", file))).unwrap_err();
            assert!(faults[0].message.contains("inside the book's folder"), "{file}");
        }
        assert!(Manifest::parse(&format!("{HEAD}{}", chapter(1, "a", "part/x.md"))).is_ok());
    }

    #[test]
    fn a_misspelt_key_is_shown_with_its_line() {
        let fault = Manifest::parse("id = \"b\"\ntitel = \"B\"\n").unwrap_err().remove(0);
        assert_eq!((fault.line, fault.column), (Some(2), Some(1)));
        assert!(fault.to_string().contains("titel"), "{fault}");
    }

    #[test]
    fn all_faults_of_a_manifest_come_at_once() {
        let text = format!("{HEAD}{}{}", chapter(1, "a", "x.md"), chapter(1, "A b", "x.md"));
        assert_eq!(Manifest::parse(&text).unwrap_err().len(), 3);
    }

    #[test]
    fn a_fault_is_shown_at_the_value_that_is_wrong_and_not_at_its_like() {
        let places = |text: &str| -> Vec<_> {
            let faults = Manifest::parse(text).unwrap_err();
            faults.into_iter().map(|fault| (fault.line, fault.column)).collect()
        };
        let head = HEAD.replace("id = \"b\"\ntitle = \"B\"\n", "title = \"A guide\"\nid = \"A b\"\n");
        assert_eq!(places(&format!("{head}{}", chapter(1, "a", "x.md"))), [(Some(2), Some(6))]);
        let twice = format!("{HEAD}{}{}", chapter(1, "a", "x.md"), chapter(1, "b", "y.md"));
        assert_eq!(places(&twice), [(Some(13), Some(6))]);
        let untitled = chapter(2, "b", "y.md").replace("\"T\"", "''");
        assert_eq!(places(&format!("{HEAD}{}{untitled}", chapter(1, "a", "x.md"))), [(Some(14), Some(9))]);
        assert_eq!(places(&HEAD.replace("licence", "chapter = []\nlicence")), [(None, None)]);
    }
}
