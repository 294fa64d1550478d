//! What a start is asked to show: by its arguments, a shortcut, or a file that was opened from a file manager.
//!
//! What is not understood is passed over, because desktops pass arguments of their own.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// The file that makes a folder a book; file managers hand over files.
const BOOK_FILE: &str = "book.toml";

#[derive(Debug, PartialEq, Eq)]
pub struct Start {
    pub page: Page,
    /// The folder of a book to read instead of the installed one.
    pub book: Option<PathBuf>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Page {
    Contents,
    Chapter(u32),
    /// The room for joining, with what this file holds. Nothing joins before the reader says so.
    Joining(PathBuf),
}

impl Start {
    /// `primer-desktop --chapter 2` opens there; `primer-desktop FOLDER`, or its book.toml, reads that book; any other file
    /// is taken for a joining file. `folder`: where they were typed. The program's own name is not among the arguments.
    pub fn of(arguments: impl IntoIterator<Item = impl Into<OsString>>, folder: &Path) -> Start {
        let mut start = Start { page: Page::Contents, book: None };
        let mut arguments = arguments.into_iter().map(Into::into);
        while let Some(argument) = arguments.next() {
            if argument == "--chapter" {
                let number = arguments.next().and_then(|number| number.to_str()?.parse().ok());
                start.page = number.map_or(start.page, Page::Chapter);
            } else if !argument.as_encoded_bytes().starts_with(b"-") && !argument.is_empty() {
                let path = folder.join(argument);
                if path.is_dir() {
                    start.book = Some(path);
                } else if path.file_name().is_some_and(|name| name == BOOK_FILE) {
                    start.book = path.parent().map(Path::to_owned);
                } else {
                    start.page = Page::Joining(path);
                }
            }
        }
        start
    }
}

impl Page {
    /// Where the page stands in the window (`ui/model/routes.ts`).
    pub fn hash(&self) -> String {
        match self {
            Page::Contents => "#/".to_owned(),
            Page::Chapter(number) => format!("#/chapter/{number}"),
            Page::Joining(_) => "#/welcome/join".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{Page, Start};

    fn page(arguments: &[&str]) -> Page {
        Start::of(arguments, Path::new("/desk")).page
    }

    #[test]
    fn a_shortcut_can_name_a_chapter_and_nonsense_opens_the_contents() {
        assert_eq!(page(&["--chapter", "2"]), Page::Chapter(2));
        assert_eq!(page(&["--chapter"]), Page::Contents);
        assert_eq!(page(&["--chapter", "two"]), Page::Contents);
        assert_eq!(page(&["--sm-client-id=7", "-x", ""]), Page::Contents);
        assert_eq!(page(&[]), Page::Contents);
    }

    #[test]
    fn a_file_is_brought_to_the_room_for_joining_from_wherever_it_was_named() {
        assert_eq!(page(&["amina.primer-join"]), Page::Joining("/desk/amina.primer-join".into()));
        assert_eq!(page(&["/stick/amina.primer-join"]), Page::Joining("/stick/amina.primer-join".into()));
    }

    #[test]
    fn a_folder_or_its_book_file_is_a_book_and_its_chapter_can_be_named_too() {
        let folder = std::env::temp_dir();
        let start = Start::of([folder.as_os_str()], Path::new("/desk"));
        assert_eq!(start, Start { page: Page::Contents, book: Some(folder) });
        let start = Start::of(["my/book.toml", "--chapter", "2"], Path::new("/desk"));
        assert_eq!(start, Start { page: Page::Chapter(2), book: Some("/desk/my".into()) });
    }
}
