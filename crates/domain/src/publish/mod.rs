//! Published books: of what an edition consists, which of two is the newer one, and what is to be done about one that a
//! remote offers.
//!
//! How new a book is, the versions of its chapters say, and nothing else: no clock, no number that somebody gave. A book
//! takes the place of another only where no chapter goes back, so what a reader has never gets older by itself. The
//! names of files in an index name files of the book, never files here.

mod edition;
mod file_name;
mod offer;
mod order;
mod publishing;

pub use edition::{
    BOOK_FORMAT, ChapterFile, EDITION_LEN_MAX, Edition, EditionFault, FILE_LEN_MAX, FORMAT, FileEntry,
};
pub use file_name::{FileKind, FileName};
pub use offer::{Judgement, Looked, Verdict, is_worth_a_try, question};
pub use order::{Order, Versions, order};
pub use publishing::{Draft, Next, Refusal, next_edition, unnamed};
