//! A teacher who publishes one edition after the other, from a computer of their own that may lose its power.

use std::sync::atomic::Ordering;

use primer_domain::publish::{Edition, Order, order};

use crate::Violation;
use crate::books::EDITIONS;
use crate::run::{At, Run};

const BOOK: &str = "test-book";
const DAY_MS: i64 = 24 * 3_600_000;

impl Run<'_> {
    /// The next edition, or the last one once more. Sometimes the power fails before the index is there, or before all
    /// of the files are.
    pub fn publishes(&mut self) -> Result<(), Violation> {
        let Some(published) = self.published else { return Ok(()) };
        let edition = published.min(EDITIONS - 1);
        let (mut index, mut objects) = (None, Vec::new());
        for (key, bytes) in self.books.published(edition) {
            if key.ends_with("index.json") {
                index = Some((key, bytes));
            } else {
                objects.push((key, bytes));
            }
        }
        let mut breaks_off = self.random.below(4) == 0;
        for (key, bytes) in objects {
            if breaks_off && self.random.below(4) == 0 {
                continue;
            }
            self.bucket.put(key, bytes)?;
        }
        // All are there, and the power may fail all the same.
        breaks_off |= self.random.below(8) == 0;
        if let Some((key, bytes)) = index.filter(|_| !breaks_off) {
            self.bucket.put(key, bytes)?;
            self.published = Some((published + 1).min(EDITIONS));
            self.count("editions published");
            self.sweeps_older_than(edition);
        }
        self.note(format!("the teacher publishes edition {}, to its end: {}", edition + 1, !breaks_off));
        Ok(())
    }

    /// What neither this edition nor the one before names goes.
    fn sweeps_older_than(&mut self, edition: usize) {
        let objects = format!("books/{BOOK}/objects/");
        let named = self.books.published(edition);
        let there = self.bucket.objects().map(|(key, _)| key.to_owned());
        let old: Vec<String> =
            there.filter(|key| key.starts_with(&objects) && !named.contains_key(key)).collect();
        for key in old {
            self.bucket.delete(&key);
            self.count("objects of earlier editions removed");
        }
    }

    /// Nothing goes wrong any more: whoever syncs for two days has the newest edition, and opens it when started again.
    pub fn all_get_the_published_book(&mut self) -> Result<(), Violation> {
        if self.published.is_none_or(|published| published == 0) {
            return Ok(());
        }
        while !self.publishes_to_its_end()? {}
        let index = format!("books/{BOOK}/index.json");
        let object = self.bucket.get(&index);
        let parsed = object.map(|object| Edition::parse(&object.bytes, BOOK));
        let Some(Ok(edition)) = parsed else {
            return Err(Violation::of("what_is_published_can_be_read", format!("{parsed:?}")));
        };
        for _ in 0..2 {
            self.now_ms.fetch_add(DAY_MS + DAY_MS / 2, Ordering::Relaxed);
            for computer in 0..self.computers.len() {
                self.syncs_at_once(computer)?;
            }
        }
        for computer in 0..self.computers.len() {
            let name = self.name(computer);
            let installed_edition = self.computers[computer].edition;
            self.restarts(computer, installed_edition)?;
            let at = At { computer, program: 0 };
            let open = self.computers[at.computer].programs[at.program].engine.shelf().versions();
            if order(&edition.versions(), &open) == Order::Newer {
                let what = format!("{name} opens {open:?}, and {:?} is published", edition.versions());
                return Err(Violation::of("the_published_book_reaches_everybody", what));
            }
        }
        self.all_sync_until_nothing_is_left()
    }

    fn publishes_to_its_end(&mut self) -> Result<bool, Violation> {
        self.publishes()?;
        Ok(self.log.last().is_some_and(|line| line.ends_with("to its end: true")))
    }
}
