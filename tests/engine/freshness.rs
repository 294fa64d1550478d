//! The table of the design, row by row, with real files and a book that its author revises.

use std::fs;
use std::path::PathBuf;

use primer_domain::freshness::Freshness;
use primer_domain::ids::UserId;
use primer_engine::Engine;
use serde_json::json;

use crate::world::{database, folders, python};
use crate::{Computer, assert_visit, call, listed, reader};

/// A reader who has read chapter 1 once, as a beginner.
fn after_a_first_visit() -> (Computer, UserId, String) {
    let computer = Computer::new();
    let engine = computer.start();
    let user = reader(&engine, "Ada", python("beginner"));
    let visit = assert_visit(&engine, user, 1, Freshness::Missing, true);
    (computer, user, visit.path.to_string())
}

fn answer(engine: &Engine, user: UserId, level: &str) {
    crate::answer(engine, user, python(level));
}

#[test]
fn a_chapter_that_was_never_opened_is_missing_and_then_fresh() {
    let computer = Computer::new();
    let engine = computer.start();
    let user = reader(&engine, "Ada", python("beginner"));
    assert_eq!(listed(&engine, user, 1), "missing");
    assert!(database::rows(&computer.data()).is_empty());
    let written = assert_visit(&engine, user, 1, Freshness::Missing, true);
    assert!(written.markdown.contains("Slowly, with every step."), "{}", written.markdown);
    assert_eq!(listed(&engine, user, 1), "fresh");
    assert_eq!(listed(&engine, user, 2), "missing", "the others are not touched");

    let again = assert_visit(&engine, user, 1, Freshness::Fresh, false);
    assert_eq!(again.markdown, written.markdown);
    let stored = folders::stored(&computer.data());
    assert_eq!(stored.len(), 1);
    let (name, bytes) = stored.first_key_value().unwrap();
    assert_eq!(
        (name.as_str(), bytes.as_slice()),
        (written.path.to_string().as_str(), written.markdown.as_bytes())
    );
    assert!(folders::is_whole(name, bytes));
    let rows = database::rows(&computer.data());
    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0].storage_path, *name);
    assert_eq!((rows[0].chapter_id, rows[0].chapter_version), (1, 1));
    assert_eq!(rows[0].profile_hash, written.profile.hash.to_string());
}

#[test]
fn a_changed_background_makes_the_chapter_stale_and_changing_back_is_an_instant_hit() {
    let (computer, user, first_path) = after_a_first_visit();
    let engine = computer.start();
    answer(&engine, user, "advanced");
    assert_eq!(listed(&engine, user, 1), "stale_profile");
    assert!(
        folders::stored(&computer.data()).contains_key(&first_path),
        "the old text is readable until the new one is there"
    );

    let second = assert_visit(&engine, user, 1, Freshness::StaleProfile, true);
    assert!(second.markdown.contains("In one leap."));
    assert_eq!(listed(&engine, user, 1), "fresh");
    let before = (folders::stored(&computer.data()), database::rows(&computer.data()));
    assert_eq!(before.0.len(), 2, "the old text stays");

    answer(&engine, user, "beginner");
    assert_eq!(listed(&engine, user, 1), "fresh");
    let back = assert_visit(&engine, user, 1, Freshness::Fresh, false);
    assert_eq!(back.path.to_string(), first_path);
    assert!(back.markdown.contains("Slowly, with every step."));
    let after = (folders::stored(&computer.data()), database::rows(&computer.data()));
    assert_eq!(before, after, "nothing was written, no created_at changed");
}

#[test]
fn a_revised_chapter_is_stale_and_its_old_text_stays_readable() {
    let (mut computer, user, first_path) = after_a_first_visit();
    computer.book.revise(1, 2);
    let engine = computer.start();
    assert_eq!(listed(&engine, user, 1), "stale_source");
    assert!(folders::stored(&computer.data()).contains_key(&first_path));

    let second = assert_visit(&engine, user, 1, Freshness::StaleSource, true);
    assert!(second.markdown.contains("This is edition 2."));
    assert_eq!(listed(&engine, user, 1), "fresh");
    assert_visit(&engine, user, 1, Freshness::Fresh, false);
    let rows = database::rows(&computer.data());
    assert_eq!(rows.len(), 1, "one row for a reader, chapter and background");
    assert_eq!(
        (rows[0].chapter_version, rows[0].storage_path.as_str()),
        (2, second.path.to_string().as_str())
    );
    assert!(
        folders::stored(&computer.data()).contains_key(&first_path),
        "the old file leaves by the quota only"
    );
}

#[test]
fn a_stale_version_is_stale_whatever_its_file_is_like() {
    for damage in DAMAGES {
        let (mut computer, user, path) = after_a_first_visit();
        damage.1(&computer.blobs().join(path));
        computer.book.revise(1, 2);
        let engine = computer.start();
        assert_eq!(listed(&engine, user, 1), "stale_source", "{}", damage.0);
        let visit = assert_visit(&engine, user, 1, Freshness::StaleSource, true);
        assert!(visit.markdown.contains("This is edition 2."), "{}", damage.0);
    }
}

#[test]
fn a_text_from_a_newer_book_opens_as_it_is_and_says_so() {
    let (mut computer, user, _) = after_a_first_visit();
    computer.book.revise(1, 2);
    let engine = computer.start();
    let second = assert_visit(&engine, user, 1, Freshness::StaleSource, true);
    drop(engine);

    computer.book.revise(1, 1);
    let engine = computer.start();
    let before = (folders::stored(&computer.data()), database::rows(&computer.data()));
    assert_eq!(listed(&engine, user, 1), "newer_source");
    let visit = assert_visit(&engine, user, 1, Freshness::NewerSource, false);
    assert_eq!(visit.markdown, second.markdown);
    let page = call(&engine, "open_chapter", json!({"user_id": user.to_string(), "chapter_id": 1}));
    assert_eq!(page["notices"][0]["code"], "newer_book");
    assert_eq!(before, (folders::stored(&computer.data()), database::rows(&computer.data())));

    // And when the newer book comes back, its text is still right.
    drop(engine);
    computer.book.revise(1, 2);
    let engine = computer.start();
    assert_visit(&engine, user, 1, Freshness::Fresh, false);
}

#[test]
fn a_newer_text_that_is_damaged_is_written_as_the_installed_book_has_it() {
    let (mut computer, user, _) = after_a_first_visit();
    computer.book.revise(1, 2);
    let newer = assert_visit(&computer.start(), user, 1, Freshness::StaleSource, true);
    computer.book.revise(1, 1);
    let engine = computer.start();
    fs::write(computer.blobs().join(newer.path.to_string()), "x").unwrap();
    assert_eq!(listed(&engine, user, 1), "damaged");
    let healed = assert_visit(&engine, user, 1, Freshness::Damaged, true);
    assert!(!healed.markdown.contains("edition"));
    assert_eq!(database::rows(&computer.data())[0].chapter_version, 1);
    assert_visit(&engine, user, 1, Freshness::Fresh, false);
}

type Damage = (&'static str, fn(&PathBuf), bool);

/// What can happen to a file, and whether its length gives it away without reading it.
const DAMAGES: [Damage; 6] = [
    ("truncated", |file| fs::write(file, &fs::read(file).unwrap()[..20]).unwrap(), true),
    ("emptied", |file| fs::write(file, "").unwrap(), true),
    (
        "one bit flipped",
        |file| {
            let mut bytes = fs::read(file).unwrap();
            bytes[10] ^= 1;
            fs::write(file, bytes).unwrap();
        },
        false,
    ),
    ("deleted", |file| fs::remove_file(file).unwrap(), true),
    (
        "replaced by a folder",
        |file| {
            fs::remove_file(file).unwrap();
            fs::create_dir(file).unwrap();
            fs::write(file.join("inside"), "what was inside").unwrap();
        },
        true,
    ),
    ("its folder deleted", |file| fs::remove_dir_all(file.parent().unwrap()).unwrap(), true),
];

#[test]
fn every_damage_is_found_set_aside_and_healed_on_the_next_visit() {
    for (name, damage, seen_in_contents) in DAMAGES {
        let (computer, user, path) = after_a_first_visit();
        let file = computer.blobs().join(&path);
        let whole = fs::read(&file).unwrap();
        damage(&file);
        let damaged = fs::read(&file).ok().or_else(|| fs::read(file.join("inside")).ok());
        let engine = computer.start();
        if seen_in_contents {
            assert_eq!(listed(&engine, user, 1), "damaged", "{name}");
        }
        let page = call(&engine, "open_chapter", json!({"user_id": user.to_string(), "chapter_id": 1}));
        assert_eq!(
            (page["state"].as_str(), page["generated"].as_bool()),
            (Some("damaged"), Some(true)),
            "{name}"
        );
        assert_eq!(page["notices"][0]["code"], "healed", "{name}");
        assert_eq!(fs::read(&file).unwrap(), whole, "{name}");
        assert_eq!(listed(&engine, user, 1), "fresh", "{name}");
        assert_visit(&engine, user, 1, Freshness::Fresh, false);
        let expected: Vec<Vec<u8>> = damaged.into_iter().collect();
        assert_eq!(
            folders::quarantine(&computer.data()),
            expected,
            "{name}: the damaged bytes are kept aside"
        );
        assert_eq!(database::rows(&computer.data()).len(), 1, "{name}");
    }
}

#[test]
fn a_text_that_is_damaged_twice_heals_twice_and_both_damaged_files_are_kept() {
    let (computer, user, path) = after_a_first_visit();
    let engine = computer.start();
    let mut kept: Vec<Vec<u8>> = Vec::new();
    for damaged in ["first", "second", "third"] {
        fs::write(computer.blobs().join(&path), damaged).unwrap();
        assert_visit(&engine, user, 1, Freshness::Damaged, true);
        kept.push(damaged.into());
        let mut found = folders::quarantine(&computer.data());
        found.sort();
        assert_eq!(found, kept);
    }
}

#[test]
fn the_text_of_another_background_is_never_shown_for_this_one() {
    let (computer, user, _) = after_a_first_visit();
    let engine = computer.start();
    let words = [("none", "Slowly"), ("intermediate", "At a good pace"), ("advanced", "In one leap")];
    for (level, word) in words {
        answer(&engine, user, level);
        let visit = assert_visit(&engine, user, 1, Freshness::StaleProfile, true);
        assert!(visit.markdown.contains(word), "{level}");
        assert_eq!(visit.path.profile_hash, visit.profile.hash);
    }
    for (level, word) in words {
        answer(&engine, user, level);
        assert!(assert_visit(&engine, user, 1, Freshness::Fresh, false).markdown.contains(word), "{level}");
    }
    assert_eq!(database::rows(&computer.data()).len(), 4);
}
