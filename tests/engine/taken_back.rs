//! Texts that their reader removed everywhere, and what the remote and the other computers say of them afterwards.

use std::cell::Cell;
use std::fs;
use std::path::Path;

use primer_domain::freshness::Freshness;
use primer_engine::api::SyncWish;
use serde_json::json;

use crate::desk::{Desk, World, chapters, replicas};
use crate::world::python;
use crate::{assert_visit, call};

fn remove_everywhere(desk: &Desk, chapter: u32) {
    let request = json!({"user_id": desk.user, "chapter_id": chapter, "everywhere": true});
    call(&desk.engine, "remove_chapter", request);
}

/// How many replicas mention any text.
fn mentions(stick: &Path) -> usize {
    let texts = replicas(stick).into_iter().map(|file| fs::read_to_string(file).unwrap());
    texts.filter(|text| text.contains("\"texts\": {")).count()
}

/// School wrote chapter 1, and the laptop knows of it.
fn written_at_school() -> (tempfile::TempDir, Desk, Desk) {
    let (stick, laptop) = World::new().begin(python("beginner"));
    laptop.sync();
    let school = laptop.joined(2);
    school.sync();
    assert_visit(&school.engine, school.user, 1, Freshness::Missing, true);
    school.sync();
    laptop.sync();
    laptop.sync();
    assert_eq!((chapters(stick.path()).len(), mentions(stick.path())), (1, 1));
    (stick, laptop, school)
}

#[test]
fn whoever_hears_that_a_text_was_removed_everywhere_mentions_it_no_more() {
    let (stick, laptop, school) = written_at_school();
    remove_everywhere(&laptop, 1);
    laptop.sync();
    assert_eq!((chapters(stick.path()).len(), mentions(stick.path())), (0, 1));
    let report = school.sync();
    assert_eq!((school.stored(), mentions(stick.path())), (0, 0));
    assert_eq!(report.requests, 4, "the list, what the laptop says, the deletion again, and its own words");
    laptop.sync();
    assert_eq!((laptop.sync().requests, school.sync().requests), (1, 1));
}

#[test]
fn a_text_that_was_removed_everywhere_and_is_opened_again_is_sent_again() {
    for offline in [false, true] {
        let (stick, laptop, school) = written_at_school();
        remove_everywhere(&laptop, 1);
        laptop.sync();
        if offline {
            // It hears of the removal and is stopped before it could say so.
            let own = replicas(stick.path());
            let before: Vec<_> = own.iter().map(|file| fs::read(file).unwrap()).collect();
            school.sync();
            for (file, bytes) in own.iter().zip(before) {
                fs::write(file, bytes).unwrap();
            }
        } else {
            school.sync();
        }
        assert_visit(&school.engine, school.user, 1, Freshness::Missing, true);
        school.sync();
        assert_eq!(chapters(stick.path()).len(), 1, "{offline}");
        assert_eq!(school.status()["waiting"], 0);
        laptop.sync();
        assert_visit(&laptop.engine, laptop.user, 1, Freshness::Fresh, false);
        school.sync();
        laptop.sync();
        assert_eq!((laptop.sync().requests, school.sync().requests), (1, 1));
    }
}

#[test]
fn what_a_computer_mentions_that_is_never_switched_on_again_is_deleted_once() {
    let (stick, laptop, school) = written_at_school();
    drop(school);
    remove_everywhere(&laptop, 1);
    // The list, the deletion, and its own words.
    assert_eq!(laptop.sync().requests, 3);
    assert_eq!((chapters(stick.path()).len(), mentions(stick.path())), (0, 1));
    for level in ["intermediate", "advanced"] {
        laptop.answer(python(level));
        assert_eq!(laptop.sync().requests, 2, "the list and its own words");
    }
    // A third computer makes sure of it once as well.
    let home = laptop.joined(3);
    home.sync();
    home.answer(python("none"));
    assert_eq!(home.sync().requests, 2);
}

#[test]
fn a_text_removed_everywhere_while_a_sync_sends_it_is_gone_when_that_ends() {
    let (stick, laptop) = World::new().begin(python("beginner"));
    laptop.sync();
    assert_visit(&laptop.engine, laptop.user, 1, Freshness::Missing, true);
    let removed = Cell::new(false);
    let meanwhile = |progress: primer_engine::sync::Progress| {
        if progress.done > 0 && !removed.replace(true) {
            remove_everywhere(&laptop, 1);
        }
    };
    laptop.try_sync_meanwhile(0, SyncWish::default(), meanwhile).unwrap();
    assert!(removed.get());
    assert_eq!((chapters(stick.path()).len(), mentions(stick.path())), (0, 0));
    laptop.sync();
    assert_eq!(laptop.sync().requests, 1);
}

#[test]
fn a_text_that_is_written_while_others_are_sent_waits_for_the_next_sync() {
    let (stick, laptop) = World::new().begin(python("beginner"));
    laptop.sync();
    assert_visit(&laptop.engine, laptop.user, 1, Freshness::Missing, true);
    let written = Cell::new(false);
    let meanwhile = |progress: primer_engine::sync::Progress| {
        if progress.done > 0 && !written.replace(true) {
            assert_visit(&laptop.engine, laptop.user, 2, Freshness::Missing, true);
        }
    };
    laptop.try_sync_meanwhile(0, SyncWish::default(), meanwhile).unwrap();
    assert!(written.get());
    assert_eq!((chapters(stick.path()).len(), laptop.status()["waiting"].clone()), (1, json!(1)));
    laptop.sync();
    assert_eq!((chapters(stick.path()).len(), laptop.status()["waiting"].clone()), (2, json!(0)));
    assert_eq!(laptop.sync().requests, 1);
}
