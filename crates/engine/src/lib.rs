//! What Primer does: keeps the database and the stored texts, reads the installed book, and answers the commands that
//! the window and the command line share. What to do is decided in `primer_domain`.
//!
//! Everything here is synchronous and may wait for the disk; a caller that must not wait enters it on a thread of its own.

pub mod api;
pub mod backups;
pub mod blobs;
pub mod bookshelf;
pub mod cache;
mod cancel;
pub(crate) mod certificates;
pub mod crashes;
pub mod data_folder;
mod diagnostics;
mod editions;
mod engine;
pub mod env;
pub mod folders;
mod http;
mod in_order;
mod installed;
pub mod log;
pub mod model;
mod network;
pub mod news;
mod parallel;
pub mod publishing;
pub mod reading;
pub mod remote;
pub mod rendered;
pub mod replica;
pub mod rewriting;
pub mod secrets;
pub mod store;
pub mod sync;
pub mod updates;
mod whole_files;

pub use cancel::Cancel;
pub use engine::{Engine, OpenError};
