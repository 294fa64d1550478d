//! The quota: what was opened longest ago leaves, what is fresh stays, and nothing is lost that can't be written again.

use primer_domain::freshness::Freshness;
use primer_domain::ids::UserId;
use primer_engine::Engine;
use serde_json::{Value, json};

use crate::world::{database, folders, python};
use crate::{Computer, answer, assert_visit, call, listed, reader, visit};

fn evict(engine: &Engine, keep_bytes: u64) -> Value {
    serde_json::to_value(engine.evict(keep_bytes).unwrap()).unwrap()
}

/// Opens chapter 1 for each background in turn; the storage paths in that order.
fn read_as(engine: &Engine, user: UserId, levels: &[&str]) -> Vec<String> {
    let read = |level: &&str| {
        answer(engine, user, python(level));
        visit(engine, user, 1).path.to_string()
    };
    levels.iter().map(read).collect()
}

fn used_bytes(engine: &Engine) -> u64 {
    call(engine, "get_storage", json!({}))["used_bytes"].as_u64().unwrap()
}

#[test]
fn the_text_opened_longest_ago_leaves_first_and_reopening_counts() {
    let computer = Computer::new();
    let engine = computer.start();
    let user = reader(&engine, "Finn", python("none"));
    let paths = read_as(&engine, user, &["none", "beginner", "intermediate"]);
    // The oldest is opened again, so that the second is now the one opened longest ago.
    read_as(&engine, user, &["none", "advanced"]);
    let used = used_bytes(&engine);
    let evicted = evict(&engine, used - 1);
    assert_eq!(evicted["removed"], json!([paths[1]]));
    assert_eq!(evicted["kept_bytes"].as_u64().unwrap() + evicted["removed_bytes"].as_u64().unwrap(), used);
    assert_eq!(used_bytes(&engine), evicted["kept_bytes"].as_u64().unwrap());
    let left = folders::stored(&computer.data());
    assert!(left.contains_key(&paths[0]) && left.contains_key(&paths[2]) && !left.contains_key(&paths[1]));
    assert_eq!(database::rows(&computer.data()).len(), 3);
    let evicted = evict(&engine, 0);
    assert_eq!(evicted["removed"], json!([paths[2], paths[0]]), "then the others, in the order of opening");
}

#[test]
fn when_a_chapter_was_opened_is_remembered_when_the_program_starts_again() {
    let computer = Computer::new();
    let engine = computer.start();
    let user = reader(&engine, "Gita", python("none"));
    let paths = read_as(&engine, user, &["none", "beginner", "none", "advanced"]);
    engine.write_down_notes().unwrap();
    drop(engine);
    let engine = computer.start();
    let used = used_bytes(&engine);
    assert_eq!(evict(&engine, used - 1)["removed"], json!([paths[1]]));
}

#[test]
fn no_fresh_chapter_of_any_reader_ever_leaves() {
    let computer = Computer::new();
    let engine = computer.start();
    let hana = reader(&engine, "Hana", python("none"));
    let ivo = reader(&engine, "Ivo", python("advanced"));
    let mut fresh = Vec::new();
    for chapter in 1..=3 {
        fresh.push(visit(&engine, hana, chapter).path.to_string());
        fresh.push(visit(&engine, ivo, chapter).path.to_string());
    }
    let stale = read_as(&engine, hana, &["beginner", "intermediate"]);
    answer(&engine, hana, python("none"));
    let evicted = evict(&engine, 0);
    assert_eq!(evicted["removed"], json!(stale));
    let left: Vec<String> = folders::stored(&computer.data()).into_keys().collect();
    fresh.sort();
    assert_eq!(left, fresh);
    for (user, chapter) in [(hana, 1), (hana, 3), (ivo, 1), (ivo, 2)] {
        assert_visit(&engine, user, chapter, Freshness::Fresh, false);
    }
}

#[test]
fn a_text_from_a_newer_book_is_not_evicted_and_an_older_edition_is() {
    let mut computer = Computer::new();
    let engine = computer.start();
    let user = reader(&engine, "Jun", python("none"));
    let old = visit(&engine, user, 1).path.to_string();
    drop(engine);
    computer.book.revise(1, 2);
    let newer = visit(&computer.start(), user, 1).path.to_string();
    computer.book.revise(1, 1);
    let engine = computer.start();
    assert_eq!(evict(&engine, 0)["removed"], json!([old]));
    assert!(folders::stored(&computer.data()).contains_key(&newer));
    assert_visit(&engine, user, 1, Freshness::NewerSource, false);
}

#[test]
fn writing_over_the_quota_makes_room_at_once_and_the_new_text_stays() {
    let computer = Computer::new();
    let engine = computer.start();
    let user = reader(&engine, "Kim", python("none"));
    let first = read_as(&engine, user, &["none"]).remove(0);
    let one_text = used_bytes(&engine);
    let storage = call(&engine, "set_quota", json!({"quota_bytes": one_text + one_text / 2}));
    assert_eq!(storage["quota_bytes"].as_u64(), Some(one_text + one_text / 2));
    assert!(folders::stored(&computer.data()).contains_key(&first));
    let second = read_as(&engine, user, &["advanced"]).remove(0);
    let left: Vec<String> = folders::stored(&computer.data()).into_keys().collect();
    assert_eq!(left, [second]);
    assert_eq!(listed(&engine, user, 1), "fresh");
    // A quota below what is fresh is not an error; there is just nothing more to remove.
    let storage = call(&engine, "set_quota", json!({"quota_bytes": 0}));
    assert!(storage["used_bytes"].as_u64().unwrap() > 0);
    assert_visit(&engine, user, 1, Freshness::Fresh, false);
    drop(engine);
    let storage = call(&computer.start(), "get_storage", json!({}));
    assert_eq!(storage["quota_bytes"], 0, "the quota is remembered");
}

#[test]
fn the_quota_is_500_megabytes_until_somebody_sets_it() {
    let computer = Computer::new();
    assert_eq!(call(&computer.start(), "get_storage", json!({}))["quota_bytes"], 500_000_000);
}

#[test]
fn an_evicted_text_comes_back_byte_for_byte_when_its_background_does() {
    let computer = Computer::new();
    let engine = computer.start();
    let user = reader(&engine, "Lea", python("none"));
    let before = visit(&engine, user, 1);
    read_as(&engine, user, &["advanced"]);
    assert_eq!(evict(&engine, 0)["removed"], json!([before.path.to_string()]));
    answer(&engine, user, python("none"));
    assert_eq!(listed(&engine, user, 1), "stale_profile");
    let after = assert_visit(&engine, user, 1, Freshness::StaleProfile, true);
    assert_eq!((after.path, after.markdown), (before.path, before.markdown));
}
