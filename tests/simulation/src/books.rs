//! The three editions of the book that the computers install.

use std::path::{Path, PathBuf};

use crate::world::BookOnDisk;

pub const EDITIONS: usize = 3;
pub const CHAPTERS: u32 = 3;

/// Folders with the editions, written once for all runs.
pub struct Books {
    folders: [PathBuf; EDITIONS],
}

impl Books {
    /// In the second edition one chapter is revised, in the third that one again and another.
    pub fn write(folder: &Path) -> Books {
        let folders = ["first", "second", "third"].map(|name| folder.join(name));
        let [_, second, third] = folders.each_ref().map(|folder| BookOnDisk::write(folder));
        for (mut book, revisions) in [(second, [(1, 2), (3, 1)]), (third, [(1, 3), (3, 2)])] {
            for (chapter, version) in revisions {
                book.revise(chapter, version);
            }
        }
        Books { folders }
    }

    pub fn edition(&self, edition: usize) -> &Path {
        &self.folders[edition]
    }
}
