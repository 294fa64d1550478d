//! What a start is asked to show: by its arguments, a shortcut, or a file that was opened from a file manager.
//!
//! What is not understood is passed over, because desktops pass arguments of their own.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

const CHAPTER: &str = "--chapter";
const CHAPTER_AGAIN: &str = "--chapter-again";

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
    /// Where its reader was a moment ago, before the program was started again.
    ChapterAgain(u32),
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
            let chapter: Option<fn(u32) -> Page> = match argument.to_str() {
                Some(CHAPTER) => Some(Page::Chapter),
                Some(CHAPTER_AGAIN) => Some(Page::ChapterAgain),
                _ => None,
            };
            if let Some(chapter) = chapter {
                let number = arguments.next().and_then(|number| number.to_str()?.parse().ok());
                start.page = number.map_or(start.page, chapter);
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

    /// What [`Start::of`] understands as this start.
    pub fn arguments(&self) -> Vec<OsString> {
        let mut arguments: Vec<OsString> = self.book.iter().map(|book| book.clone().into()).collect();
        match &self.page {
            Page::Contents => {}
            Page::Chapter(number) => arguments.extend([CHAPTER.into(), number.to_string().into()]),
            Page::ChapterAgain(number) => arguments.extend([CHAPTER_AGAIN.into(), number.to_string().into()]),
            Page::Joining(file) => arguments.push(file.into()),
        }
        arguments
    }
}

impl Page {
    /// Where the page stands in the window (`ui/model/routes.ts`).
    pub fn hash(&self) -> String {
        match self {
            Page::Contents => "#/".to_owned(),
            Page::Chapter(number) | Page::ChapterAgain(number) => format!("#/chapter/{number}"),
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

    #[test]
    fn a_start_can_be_told_to_another_program_in_any_folder() {
        let book = Some(std::env::temp_dir());
        for page in
            [Page::Contents, Page::Chapter(2), Page::ChapterAgain(3), Page::Joining("/stick/a".into())]
        {
            for book in [None, book.clone()] {
                let start = Start { page: page.clone(), book };
                assert_eq!(Start::of(start.arguments(), Path::new("/elsewhere")), start);
            }
        }
    }
}
