//! `books/{book_id}/index.json`: one published edition.
//!
//! Read with care: what is not exactly of this form is refused whole, and named, but for fields that are not known, which
//! are passed over. The last line seals it, as in a replica.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use serde::Deserialize;
use serde_json::Value;
use thiserror::Error;

use super::file_name::{FileKind, FileName};
use super::order::Versions;
use crate::book::MANIFEST_FILE;
use crate::book::manifest::is_slug;
use crate::ids::{ChapterId, ChapterVersion, TextDigest};
use crate::seal;
use crate::timestamp::Timestamp;

/// Of the index. The format that this program writes, and the newest it reads.
pub const FORMAT: u64 = 1;

/// Of docs/book-format.md: what a program must know to show the book as its author means it.
pub const BOOK_FORMAT: u64 = 1;

/// Of an index, in bytes.
pub const EDITION_LEN_MAX: u64 = 1 << 20;

/// Of a file of a book, in bytes.
pub const FILE_LEN_MAX: u64 = 16 << 20;

/// Of all files together, in bytes.
const BOOK_LEN_MAX: u64 = 256 << 20;

/// Chapters are read at every start, and their length in bytes is that of all together.
const CHAPTERS_LEN_MAX: u64 = 16 << 20;

const FILES_MAX: usize = 2_000;
const CHAPTERS_MAX: usize = 500;
const TITLE_LEN_MAX: usize = 300;
const PROGRAM_LEN_MAX: usize = 200;

/// Characters of what a fault shows.
const SHOWN_LEN: usize = 100;

/// One edition of a book, as it is published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edition {
    pub book_id: String,
    pub title: String,
    /// Counts the publishings in one place, from 1. For people: how new a book is, the versions of its chapters say.
    pub number: u32,
    /// By the publisher's clock, for people.
    pub published_at: Timestamp,
    /// What published it, such as `primer/0.1.0`.
    pub program: String,
    pub chapters: BTreeMap<ChapterId, ChapterFile>,
    pub files: BTreeMap<FileName, FileEntry>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChapterFile {
    pub version: ChapterVersion,
    pub file: FileName,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FileEntry {
    pub len_bytes: u64,
    pub digest: TextDigest,
}

/// Why an index can't be used.
#[derive(Debug, Error)]
pub enum EditionFault {
    #[error("what is published is not JSON")]
    NotJson { source: serde_json::Error },
    #[error("what is published is not as it was written")]
    Damaged,
    /// `is_sealed`: it is, byte for byte, what was published.
    #[error("it was published by a newer Primer (its format {found}, this program's {FORMAT})")]
    NewerFormat { found: u64, is_sealed: bool },
    #[error("it is written for a newer Primer (its book format {found}, this program's {BOOK_FORMAT})")]
    NewerBookFormat { found: u64 },
    #[error("it is another book, {found}")]
    WrongBook { found: String },
    #[error("what is published is no index of a book: {what}")]
    Wrong { what: String },
}

impl EditionFault {
    /// Whether its journey, or the place where it is kept, may be at fault, and not who wrote it.
    pub fn is_damage(&self) -> bool {
        matches!(self, EditionFault::NotJson { .. } | EditionFault::Damaged)
    }

    /// Whether it may read otherwise when it is asked for again. A newer format may be sealed in another way, and a bit
    /// that fell over may have made it look like one.
    pub fn may_pass(&self) -> bool {
        self.is_damage() || matches!(self, EditionFault::NewerFormat { is_sealed: false, .. })
    }
}

#[derive(Deserialize)]
struct Head {
    format: u64,
    #[serde(default)]
    book_format: Option<u64>,
}

#[derive(Deserialize)]
struct Document {
    book: String,
    title: String,
    edition: u32,
    published_at: String,
    program: String,
    chapters: Vec<ChapterLine>,
    files: Vec<FileLine>,
}

#[derive(Deserialize)]
struct ChapterLine {
    id: ChapterId,
    version: ChapterVersion,
    file: FileName,
}

#[derive(Deserialize)]
struct FileLine {
    path: FileName,
    bytes: u64,
    sha256: String,
}

impl Edition {
    pub fn versions(&self) -> Versions {
        self.chapters.iter().map(|(id, chapter)| (*id, chapter.version)).collect()
    }

    pub fn len_bytes(&self) -> u64 {
        self.files.values().map(|file| file.len_bytes).sum()
    }

    /// The objects that the files are, each once.
    pub fn objects(&self) -> BTreeMap<TextDigest, u64> {
        self.files.values().map(|file| (file.digest, file.len_bytes)).collect()
    }

    /// One chapter and one file to a line, always in the same order.
    pub fn to_json(&self) -> Vec<u8> {
        let text = |text: &str| Value::String(text.to_owned());
        let mut out = format!(
            "{{\n  \"format\": {FORMAT},\n  \"book_format\": {BOOK_FORMAT},\n  \"book\": {},\n  \"title\": {},\n  \
             \"edition\": {},\n  \"published_at\": \"{}\",\n  \"program\": {},\n  \"chapters\": [",
            text(&self.book_id),
            text(&self.title),
            self.number,
            self.published_at,
            text(&self.program)
        );
        let mut comma = "";
        for (id, chapter) in &self.chapters {
            let (version, file) = (chapter.version, text(chapter.file.as_str()));
            // Writing to a string never fails.
            let _ = write!(out, "{comma}\n    {{\"id\": {id}, \"version\": {version}, \"file\": {file}}}");
            comma = ",";
        }
        out.push_str("\n  ],\n  \"files\": [");
        comma = "";
        for (name, file) in &self.files {
            let (path, bytes, digest) = (text(name.as_str()), file.len_bytes, file.digest);
            let _ = write!(
                out,
                "{comma}\n    {{\"path\": {path}, \"bytes\": {bytes}, \"sha256\": \"{digest}\"}}"
            );
            comma = ",";
        }
        out.push_str("\n  ],\n");
        seal::sealed(out.into_bytes())
    }

    /// Reads the index of this book. No bytes make it panic.
    pub fn parse(bytes: &[u8], book_id: &str) -> Result<Edition, EditionFault> {
        let value: Value =
            serde_json::from_slice(bytes).map_err(|source| EditionFault::NotJson { source })?;
        let wrong = |what: String| EditionFault::Wrong { what: shown(&what) };
        let of_serde = |error: serde_json::Error| wrong(error.to_string());
        // Before all else: a newer format may have changed anything else.
        let (head, is_sealed) = (Head::deserialize(&value).map_err(of_serde), seal::is_whole(bytes));
        let head = match head {
            Ok(Head { format: found, .. }) if found > FORMAT => {
                return Err(EditionFault::NewerFormat { found, is_sealed });
            }
            _ if !is_sealed => return Err(EditionFault::Damaged),
            head => head?,
        };
        if head.format == 0 {
            return Err(wrong("its format is 0".to_owned()));
        }
        match head.book_format {
            Some(found) if found > BOOK_FORMAT => return Err(EditionFault::NewerBookFormat { found }),
            Some(1..) => {}
            _ => return Err(wrong("it names no book format".to_owned())),
        }
        let document = Document::deserialize(&value).map_err(of_serde)?;
        if document.book != book_id {
            return Err(EditionFault::WrongBook { found: shown(&document.book) });
        }
        document.edition(book_id).map_err(wrong)
    }
}

impl Document {
    fn edition(self, book_id: &str) -> Result<Edition, String> {
        let is_line = |text: &str, len_max: usize| {
            !text.trim().is_empty() && text.chars().count() <= len_max && !text.chars().any(char::is_control)
        };
        if !is_slug(book_id) {
            return Err("its book is no id".to_owned());
        }
        if !is_line(&self.title, TITLE_LEN_MAX) || !is_line(&self.program, PROGRAM_LEN_MAX) {
            return Err("its title or program is none".to_owned());
        }
        if self.edition == 0 {
            return Err("its edition is 0".to_owned());
        }
        let published_at = Timestamp::parse(&self.published_at)
            .filter(|time| time.to_string() == self.published_at)
            .ok_or("its published_at is no time")?;
        let files = files(self.files)?;
        let chapters = chapters(self.chapters, &files)?;
        if files.keys().any(|name| name.as_str() == MANIFEST_FILE) {
            Ok(Edition {
                book_id: book_id.to_owned(),
                title: self.title,
                number: self.edition,
                published_at,
                program: self.program,
                chapters,
                files,
            })
        } else {
            Err(format!("it has no {MANIFEST_FILE}"))
        }
    }
}

fn files(lines: Vec<FileLine>) -> Result<BTreeMap<FileName, FileEntry>, String> {
    if lines.len() > FILES_MAX {
        return Err(format!("it has {} files, more than {FILES_MAX}", lines.len()));
    }
    let mut files = BTreeMap::new();
    let mut lengths = BTreeMap::new();
    for FileLine { path, bytes, sha256 } in lines {
        if bytes > FILE_LEN_MAX {
            return Err(format!("{path} has {bytes} bytes, more than {FILE_LEN_MAX}"));
        }
        let digest = TextDigest::parse(&sha256).ok_or_else(|| format!("the sha256 of {path} is none"))?;
        // One object can't have two lengths.
        if *lengths.entry(digest).or_insert(bytes) != bytes {
            return Err(format!("{path} has the digest of a file of another length"));
        }
        if files.contains_key(&path) {
            return Err(format!("{path} stands there twice"));
        }
        files.insert(path, FileEntry { len_bytes: bytes, digest });
    }
    let sum = |kinds: &[FileKind]| -> u64 {
        files.iter().filter(|(name, _)| kinds.contains(&name.kind())).map(|(_, file)| file.len_bytes).sum()
    };
    let texts = [FileKind::Manifest, FileKind::Text];
    if sum(&texts) > CHAPTERS_LEN_MAX {
        return Err(format!("its texts have more than {CHAPTERS_LEN_MAX} bytes"));
    }
    if sum(&texts) + sum(&[FileKind::Picture]) > BOOK_LEN_MAX {
        return Err(format!("its files have more than {BOOK_LEN_MAX} bytes"));
    }
    Ok(files)
}

fn chapters(
    lines: Vec<ChapterLine>,
    files: &BTreeMap<FileName, FileEntry>,
) -> Result<BTreeMap<ChapterId, ChapterFile>, String> {
    if lines.is_empty() || lines.len() > CHAPTERS_MAX {
        return Err(format!("it has {} chapters", lines.len()));
    }
    let (mut chapters, mut named) = (BTreeMap::new(), BTreeSet::new());
    for ChapterLine { id, version, file } in lines {
        if id.0 == 0 || version.0 == 0 {
            return Err(format!("its chapter {id} has the version {version}; both count from 1"));
        }
        if file.kind() != FileKind::Text || !files.contains_key(&file) {
            return Err(format!("the file of chapter {id}, {file}, is not among its files"));
        }
        if !named.insert(file.clone()) || chapters.insert(id, ChapterFile { version, file }).is_some() {
            return Err(format!("its chapter {id} stands there twice"));
        }
    }
    Ok(chapters)
}

/// The beginning of a text from elsewhere, safe to show in a sentence.
fn shown(text: &str) -> String {
    let mut shown: String =
        text.chars().take(SHOWN_LEN).map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect();
    if text.chars().nth(SHOWN_LEN).is_some() {
        shown.push('…');
    }
    shown
}

#[cfg(test)]
pub(super) mod tests {
    use std::collections::BTreeMap;

    use serde_json::{Value, json};

    use super::{ChapterFile, Edition, EditionFault, FILE_LEN_MAX, FileEntry};
    use crate::ids::{ChapterId, ChapterVersion, TextDigest};
    use crate::publish::FileName;
    use crate::seal;
    use crate::timestamp::Timestamp;

    pub fn name(text: &str) -> FileName {
        FileName::parse(text).unwrap()
    }

    /// With the chapters' versions and words, and other files.
    pub fn edition(number: u32, chapters: &[(u32, &str)], others: &[(&str, &str)]) -> Edition {
        let entry = |words: &str| FileEntry {
            len_bytes: words.len() as u64,
            digest: TextDigest::of(words.as_bytes()),
        };
        let mut files = BTreeMap::from([(name("book.toml"), entry("manifest"))]);
        let mut of = BTreeMap::new();
        for (id, (version, words)) in (1..).zip(chapters) {
            let file = name(&format!("{id}.md"));
            files.insert(file.clone(), entry(words));
            of.insert(ChapterId(id), ChapterFile { version: ChapterVersion(*version), file });
        }
        files.extend(others.iter().map(|(file, words)| (name(file), entry(words))));
        Edition {
            book_id: "a-book".to_owned(),
            title: "A “book”\u{2028}".to_owned(),
            number,
            published_at: Timestamp::from_unix_ms(1_767_225_600_000),
            program: "primer/0.1.0".to_owned(),
            chapters: of,
            files,
        }
    }

    fn resealed(change: impl FnOnce(&mut Value)) -> Vec<u8> {
        let whole = edition(3, &[(1, "one"), (2, "two")], &[("f/a.svg", "<svg/>")]);
        let mut value: Value = serde_json::from_slice(&whole.to_json()).unwrap();
        change(&mut value);
        value.as_object_mut().unwrap().remove("sha256");
        let text = serde_json::to_string_pretty(&value).unwrap();
        let lines = format!("{},\n", text.strip_suffix("\n}").unwrap());
        seal::sealed(lines.into_bytes())
    }

    #[test]
    fn an_index_is_read_as_it_was_written_and_unknown_fields_are_passed_over() {
        let whole = edition(3, &[(1, "one"), (2, "two")], &[("f/a.svg", "<svg/>")]);
        assert_eq!(Edition::parse(&whole.to_json(), "a-book").unwrap(), whole);
        let with_more = resealed(|value| value["colour"] = json!({"of": ["its", "cover"]}));
        assert_eq!(Edition::parse(&with_more, "a-book").unwrap(), whole);
    }

    #[test]
    fn no_byte_of_an_index_can_change_unnoticed() {
        let bytes = edition(3, &[(1, "one")], &[]).to_json();
        for at in 0..bytes.len() {
            for bit in [1, 2, 16] {
                let mut other = bytes.clone();
                other[at] ^= bit;
                let fault = Edition::parse(&other, "a-book").unwrap_err();
                assert!(fault.may_pass(), "byte {at}: {fault}");
            }
            assert!(Edition::parse(&bytes[..at], "a-book").unwrap_err().is_damage());
        }
    }

    #[test]
    fn what_only_a_newer_program_understands_is_told_as_such() {
        let newer = resealed(|value| value["format"] = json!(2));
        let fault = Edition::parse(&newer, "a-book").unwrap_err();
        assert!(matches!(fault, EditionFault::NewerFormat { found: 2, is_sealed: true }));
        assert!(!fault.may_pass(), "it is what was published");
        let newer = resealed(|value| value["book_format"] = json!(9));
        assert!(matches!(Edition::parse(&newer, "a-book"), Err(EditionFault::NewerBookFormat { found: 9 })));
        let whole = resealed(|_| {});
        assert!(matches!(Edition::parse(&whole, "other"), Err(EditionFault::WrongBook { .. })));
    }

    #[test]
    fn what_a_hostile_index_says_is_refused_and_named() {
        let file = |path: &str, bytes: u64| json!({"path": path, "bytes": bytes, "sha256": "0".repeat(64)});
        let many: Vec<Value> = (0..2_001).map(|number| file(&format!("{number}.svg"), 1)).collect();
        let long: Vec<Value> = (0..20)
            .map(|number| {
                json!({"path": format!("{number}.png"), "bytes": FILE_LEN_MAX, "sha256": format!("{number:064}")})
            })
            .collect();
        let put = |field: &'static str, value: Value| resealed(move |index| index[field] = value);
        let add = |value: Value| resealed(move |index| index["files"].as_array_mut().unwrap().push(value));
        let table = [
            (put("title", json!("")), "title"),
            (put("title", json!("a\nb")), "title"),
            (put("edition", json!(0)), "edition"),
            (put("edition", json!(-1)), "integer"),
            (put("published_at", json!("yesterday")), "published_at"),
            (put("book_format", json!(0)), "book format"),
            (put("format", json!("1")), "string"),
            (put("chapters", json!([])), "chapters"),
            (put("chapters", json!([{"id": 1, "version": 0, "file": "1.md"}])), "version"),
            (put("chapters", json!([{"id": 1, "version": 1, "file": "9.md"}])), "9.md"),
            (put("chapters", json!([{"id": 1, "version": 1, "file": "book.toml"}])), "book.toml"),
            (put("chapters", json!([{"id": 1, "version": 1, "file": "../../1.md"}])), "../../1.md"),
            (put("files", json!([])), "1.md"),
            (put("files", json!({})), "map"),
            (put("files", json!(many)), "more than"),
            (put("files", json!(long)), "bytes"),
            (add(file("../x.md", 1)), "../x.md"),
            (add(file("/etc/passwd.md", 1)), "passwd"),
            (add(file("x.exe", 1)), "x.exe"),
            (add(file("1.md", 1)), "twice"),
            (add(file("x.md", FILE_LEN_MAX + 1)), "x.md"),
            (add(json!({"path": "x.md", "bytes": 1, "sha256": "A".repeat(64)})), "sha256"),
            (
                add(json!({"path": "x.md", "bytes": 9, "sha256": TextDigest::of(b"one").to_string()})),
                "length",
            ),
        ];
        for (bytes, named) in table {
            let fault = Edition::parse(&bytes, "a-book").unwrap_err();
            assert!(matches!(fault, EditionFault::Wrong { .. }), "{fault:?}");
            assert!(fault.to_string().contains(named), "{fault} names no {named}");
        }
        for bytes in [&b""[..], b"{}", b"[]", b"null", b"<html>", b"{\"format\": 1}", b"\xff\xfe"] {
            assert!(Edition::parse(bytes, "a-book").is_err());
        }
    }
}
