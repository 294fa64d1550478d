//! The installed book: the one that came with the program, or a folder that an author or teacher names.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use primer_domain::book::check::{BlockFinding, Report, check};
use primer_domain::book::manifest::Manifest;
use primer_domain::book::pictures::media_type;
use primer_domain::book::references::{References, link_file, picture_file};
use primer_domain::book::words::nearest;
use primer_domain::book::{Book, Fault, MANIFEST_FILE, read_book};
use primer_domain::publish::Versions;
use rust_embed::RustEmbed;
use thiserror::Error;

use crate::editions::EditionFiles;

#[derive(RustEmbed)]
#[folder = "../../book"]
struct Bundled;

#[derive(Debug, Error)]
pub enum BookError {
    #[error("the book can't be read: {}", first_of(faults))]
    Faults { faults: Vec<Fault> },
}

fn first_of(faults: &[Fault]) -> String {
    match faults {
        [] => "nothing is known about it".to_owned(),
        [one] => one.in_one_line(),
        [first, rest @ ..] => format!("{} (and {} more)", first.in_one_line(), rest.len()),
    }
}

/// Where a book's files are.
#[derive(Debug, Clone)]
pub enum BookSource {
    Bundled,
    Folder(PathBuf),
    /// That was published, and fetched by a sync.
    Edition(Arc<EditionFiles>),
}

impl BookSource {
    /// None if there is no such file. `name` is relative, with `/`, and can't leave the book.
    pub fn read(&self, name: &str) -> std::io::Result<Option<Cow<'static, [u8]>>> {
        if !Path::new(name).components().all(|part| matches!(part, Component::Normal(_)))
            || name.contains('\\')
        {
            return Ok(None);
        }
        match self {
            BookSource::Bundled => Ok(Bundled::get(name).map(|file| file.data)),
            BookSource::Edition(files) => Ok(files.read(name)?.map(Cow::Owned)),
            BookSource::Folder(folder) => {
                // A link inside the folder may point out of it; what is served must really be in the book.
                let (folder, file) = match (folder.canonicalize(), folder.join(name).canonicalize()) {
                    (Ok(folder), Ok(file)) => (folder, file),
                    (Err(error), _) | (_, Err(error)) if error.kind() == std::io::ErrorKind::NotFound => {
                        return Ok(None);
                    }
                    (Err(error), _) | (_, Err(error)) => return Err(error),
                };
                if !file.starts_with(&folder) || !file.is_file() {
                    return Ok(None);
                }
                fs::read(file).map(|bytes| Some(Cow::Owned(bytes)))
            }
        }
    }

    /// Which book it is and how new, without reading its chapters. None if not even that can be read.
    pub fn at_a_glance(&self) -> Option<(String, Versions)> {
        let manifest = Manifest::parse(&self.read_text(MANIFEST_FILE).ok()?).ok()?;
        let versions = manifest.chapters.iter().map(|chapter| (chapter.id, chapter.version)).collect();
        Some((manifest.id, versions))
    }

    fn read_text(&self, name: &str) -> Result<String, String> {
        let bytes = match self.read(name) {
            Ok(Some(bytes)) => bytes,
            Ok(None) => return Err("there is no such file in the book's folder".to_owned()),
            Err(error) => return Err(error.to_string()),
        };
        String::from_utf8(bytes.into_owned()).map_err(|error| {
            format!("it is not UTF-8 text (byte {} is not)", error.utf8_error().valid_up_to() + 1)
        })
    }
}

/// A book that was read without a fault.
pub struct Bookshelf {
    source: BookSource,
    pub book: Book,
    pub chapter_of_file: BTreeMap<String, u32>,
}

/// A picture of the book, as it is served.
pub struct Picture {
    pub bytes: Cow<'static, [u8]>,
    pub media_type: &'static str,
}

impl Bookshelf {
    pub fn open(source: BookSource) -> Result<Bookshelf, BookError> {
        let book = read_book(|name| source.read_text(name)).map_err(|faults| BookError::Faults { faults })?;
        let chapter_of_file = book.chapter_of_file();
        Ok(Bookshelf { source, book, chapter_of_file })
    }

    pub fn source(&self) -> &BookSource {
        &self.source
    }

    pub fn versions(&self) -> Versions {
        self.book.chapters.iter().map(|chapter| (chapter.id, chapter.version)).collect()
    }

    /// What keeps a book that reads from being published and installed, each in a sentence; the same that `primer book
    /// check` takes for an error.
    pub fn errors(&self) -> Vec<String> {
        let mut errors: Vec<String> = self.missing_references().iter().map(Fault::in_one_line).collect();
        let Report { never_shown, too_many_combinations, .. } = check(&self.book);
        let place = |found: &BlockFinding| format!("{}:{}: block {}", found.file, found.line, found.block_id);
        errors.extend(never_shown.iter().map(|found| format!("{} can never show.", place(found))));
        let too_many = |found| format!("{} mentions too many answers to be tried out.", place(found));
        errors.extend(too_many_combinations.iter().map(too_many));
        errors
    }

    /// A fault for each picture and each chapter that a text refers to, for any reader, and the book does not have.
    pub fn missing_references(&self) -> Vec<Fault> {
        let mut faults = Vec::new();
        for chapter in &self.book.chapters {
            let references = References::of(&chapter.source);
            for picture in references.pictures {
                let file = picture_file(&picture);
                if !file.is_some_and(|file| matches!(self.picture(&file), Ok(Some(_)))) {
                    let message = format!(
                        "This chapter shows the picture “{picture}”, which is not in the book; nothing else is shown."
                    );
                    faults.push(Fault::of_file(&chapter.file, message));
                }
            }
            for link in references.links {
                let file = link_file(&link);
                if !file.as_ref().is_some_and(|file| self.chapter_of_file.contains_key(file)) {
                    let nearest = nearest(
                        file.as_ref().unwrap_or(&link),
                        self.chapter_of_file.keys().map(String::as_str),
                    );
                    let message = format!("This chapter links to “{link}”, which is no chapter of the book.");
                    faults.push(Fault::of_file(&chapter.file, message).suggesting(nearest));
                }
            }
        }
        faults
    }

    /// None if there is no such file, or it is no picture.
    pub fn picture(&self, name: &str) -> std::io::Result<Option<Picture>> {
        let Some(media_type) = media_type(name) else { return Ok(None) };
        Ok(self.source.read(name)?.map(|bytes| Picture { bytes, media_type }))
    }
}
