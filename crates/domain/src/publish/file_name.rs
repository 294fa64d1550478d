//! The name of a file of a book, as an index tells it.

use std::fmt;

use crate::book::MANIFEST_FILE;
use crate::book::pictures::media_type;
use crate::ids::serde_as_text;

const LEN_MAX_BYTES: usize = 200;

/// Relative, with `/`, and unable to leave the folder it is relative to. Only kinds of files that a book is made of have
/// one: nothing that could run.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct FileName(String);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileKind {
    Manifest,
    /// Markdown: a chapter, or what the licence says.
    Text,
    Picture,
}

impl FileName {
    pub fn parse(text: &str) -> Option<FileName> {
        let is_part = |part: &str| {
            !part.is_empty()
                && !part.starts_with('.')
                && !part.ends_with(['.', ' '])
                && !part.starts_with(' ')
        };
        let is_plain = text.len() <= LEN_MAX_BYTES
            && !text.contains(|c: char| c.is_control() || "\\:*?\"<>|".contains(c))
            && text.split('/').all(is_part);
        (is_plain && kind_of(text).is_some()).then(|| FileName(text.to_owned()))
    }

    pub fn of_manifest() -> FileName {
        FileName(MANIFEST_FILE.to_owned())
    }

    pub fn kind(&self) -> FileKind {
        kind_of(&self.0).unwrap_or(FileKind::Text)
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn kind_of(text: &str) -> Option<FileKind> {
    if text == MANIFEST_FILE {
        return Some(FileKind::Manifest);
    }
    let last = text.rsplit('/').next().unwrap_or(text);
    let is_text =
        last.ends_with(".md") || matches!(last, "LICENSE" | "LICENSE.txt" | "LICENCE" | "LICENCE.txt");
    if is_text { Some(FileKind::Text) } else { media_type(last).map(|_| FileKind::Picture) }
}

impl fmt::Display for FileName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

serde_as_text!(FileName, "the name of a file of a book");

#[cfg(test)]
mod tests {
    use super::{FileKind, FileName};

    #[test]
    fn a_file_of_a_book_is_named_within_its_folder_and_is_nothing_that_runs() {
        let kind = |text: &str| FileName::parse(text).map(|name| name.kind());
        assert_eq!(kind("book.toml"), Some(FileKind::Manifest));
        assert_eq!(kind("part one/01-ü.md"), Some(FileKind::Text));
        assert_eq!(kind("LICENSE"), Some(FileKind::Text));
        assert_eq!(kind("figures/a.b.SVG"), Some(FileKind::Picture));
        for text in [
            "",
            "/",
            "/etc/x.md",
            "../x.md",
            "a/../x.md",
            "./x.md",
            "a//x.md",
            "x.md/",
            "c:/x.md",
            "a\\x.md",
            ".x.md",
            "a/.git/x.md",
            "x\n.md",
            "x\0.md",
            "x.js",
            "x.html",
            "x",
            "a/book.toml",
            "x.md ",
            "nul:.md",
        ] {
            assert_eq!(kind(text), None, "{text:?}");
        }
        assert_eq!(kind(&format!("{}.md", "a".repeat(198))), None);
    }
}
