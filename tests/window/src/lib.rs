//! Drives a built Primer as a reader would: through its window, by WebDriver.
//!
//! Each [`Home`] is a computer of its own: data folder, settings, home folder. What does not happen within a bound is
//! a panic that says what was waited for; whatever was started ends with the [`Window`] that started it.

mod app;
mod command_line;
mod desktop;
mod driver;
mod first_start;
mod page;
mod pictures;
mod wait;

pub use app::{Home, Window};
pub use command_line::{primer, primer_with};
pub use desktop::Desktop;
pub use fantoccini::key::Key;
pub use first_start::{Answers, BEGINNER};
pub use pictures::{Pictures, artifacts, for_documents};
pub use wait::{PATIENCE, until, until_within};

/// A path that `cargo xtask` names.
pub(crate) fn named(variable: &str) -> std::path::PathBuf {
    match std::env::var_os(variable) {
        Some(path) => path.into(),
        None => panic!("{variable} is not set; start this through cargo xtask test"),
    }
}
