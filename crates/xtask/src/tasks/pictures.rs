//! `cargo xtask pictures`: has the window tests take the pictures that the documents show, and puts them in their place.

use std::fs;
use std::path::Path;

use crate::count::Count;
use crate::failure::Failure;
use crate::step::step;
use crate::window::Built;
use crate::{cargo, documents, packages, ui, window};

/// Of tests/window/tests/documents.rs.
const TEST: &str = "the_window_shows_what_the_documents_show_of_it";

pub fn pictures(root: &Path) -> Result<(), Failure> {
    step("system packages", packages::install)?;
    ui::build(root)?;
    let built = step("build the app and the window tests", || {
        cargo::build(root, &["--bin", "primer-desktop", "--bin", "primer", "--test", "window"])
    })?;
    let app = Built { app: built.get("primer-desktop")?, command_line: built.get("primer")? };
    let taken = root.join("artifacts/pictures");
    emptied(&taken)?;
    let count = step("take the pictures", || window::test(root, built.get("window")?, &app, Some(TEST)))?;
    if count != (Count { passed: 1, ..Count::default() }) {
        return Err(Failure::Refused(format!(
            "The pictures are as they were, because the test that takes them did not pass ({count}). Why stands above."
        )));
    }
    replace(&root.join(documents::PICTURES), &taken)?;
    documents::check(root)
}

/// Pictures that are no longer taken go as well.
fn replace(folder: &Path, taken: &Path) -> Result<(), Failure> {
    emptied(folder)?;
    for picture in fs::read_dir(taken).map_err(Failure::file("listed", taken))? {
        let picture = picture.map_err(Failure::file("listed", taken))?;
        let to = folder.join(picture.file_name());
        fs::copy(picture.path(), &to).map_err(Failure::file("written", &to))?;
        println!("{}", to.display());
    }
    Ok(())
}

fn emptied(folder: &Path) -> Result<(), Failure> {
    if folder.exists() {
        fs::remove_dir_all(folder).map_err(Failure::file("removed", folder))?;
    }
    fs::create_dir_all(folder).map_err(Failure::file("made", folder))
}
