//! The three editions of the book that come with the programs, and that a teacher publishes one after the other.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use primer_domain::timestamp::Timestamp;
use primer_engine::api::{Place, direct};
use primer_engine::env::Env;
use primer_engine::publishing::Wish;
use primer_engine::remote::Location;

use crate::world::BookOnDisk;
use crate::world::folders::files;

pub const EDITIONS: usize = 3;
pub const CHAPTERS: u32 = 3;

/// Folders with the editions, written once for all runs.
pub struct Books {
    folders: [PathBuf; EDITIONS],
    /// What stands in a remote once each is published, by its key: also what the one before needs, and nothing older.
    published: [BTreeMap<String, Vec<u8>>; EDITIONS],
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
        let remote = folder.join("published");
        std::fs::create_dir(&remote).expect("there is room for what is published");
        let published = folders.each_ref().map(|book| {
            publish(book, &remote);
            files(&remote)
        });
        Books { folders, published }
    }

    pub fn published(&self, edition: usize) -> &BTreeMap<String, Vec<u8>> {
        &self.published[edition]
    }

    pub fn edition(&self, edition: usize) -> &Path {
        &self.folders[edition]
    }
}

fn publish(book: &Path, remote: &Path) {
    let env = Env::new(|| Timestamp::from_unix_ms(0), || [0; 16]);
    let location = Location::Folder { path: remote.to_owned(), prefix: String::new() };
    let place = Place::Named { env: &env, location, secret_access_key: None, session_token: None };
    direct::publish_book(book, &place, Wish::default(), |_| {}).expect("the editions go on from each other");
}
