//! `primer cache`.

use std::fs;

use serde_json::{Value, json};

use crate::Computer;
use crate::remotes::World;
use crate::world::{BookOnDisk, folders};

/// Chapter 1 read for each level in turn; the storage paths in that order.
fn read_as(computer: &Computer, levels: &[&str]) -> Vec<String> {
    let read = |level: &&str| {
        computer.set_python(level);
        computer.json(&["chapter", "open", "1"])["storage_path"].as_str().unwrap().to_owned()
    };
    levels.iter().map(read).collect()
}

fn texts(value: &Value) -> Vec<&str> {
    value.as_array().unwrap().iter().map(|text| text["storage_path"].as_str().unwrap()).collect()
}

#[test]
fn the_list_has_every_stored_text_with_its_digest() {
    let computer = Computer::with_reader("none");
    assert_eq!(computer.json(&["cache", "list"]), json!([]));
    let mut paths = read_as(&computer, &["none", "advanced"]);
    paths.sort();
    let listed = computer.json(&["cache", "list"]);
    assert_eq!(texts(&listed), paths);
    for text in listed.as_array().unwrap() {
        let bytes = fs::read(computer.blobs().join(text["storage_path"].as_str().unwrap())).unwrap();
        assert_eq!(text["len_bytes"], bytes.len());
        assert_eq!(text["sha256"], primer_domain::ids::TextDigest::of(&bytes).to_string());
        assert_eq!((&text["chapter_id"], &text["chapter_version"]), (&json!(1), &json!(1)));
        assert_eq!(text["generator"], "primer/1");
        for key in ["user_id", "profile_hash", "created_at", "last_opened_at"] {
            assert!(text[key].is_string(), "{key}: {text}");
        }
    }
    let plain = computer.run(&["cache", "list"]);
    assert_eq!(plain.out.lines().count(), 2);
    assert!(paths.iter().all(|path| plain.out.contains(path.as_str())));
}

#[test]
fn verifying_succeeds_only_when_every_text_is_what_was_written() {
    let computer = Computer::with_reader("none");
    let paths = read_as(&computer, &["none", "beginner", "advanced"]);
    let verified = computer.json(&["cache", "verify"]);
    assert_eq!(
        (&verified["checked"], &verified["damaged"], &verified["missing"]),
        (&json!(3), &json!([]), &json!([]))
    );
    let mut damaged = fs::read(computer.blobs().join(&paths[0])).unwrap();
    damaged[5] ^= 1;
    fs::write(computer.blobs().join(&paths[0]), &damaged).unwrap();
    fs::remove_file(computer.blobs().join(&paths[1])).unwrap();
    let run = computer.run(&["--json", "cache", "verify"]);
    assert_eq!(run.code, Some(1));
    let verified: Value = serde_json::from_str(&run.out).unwrap();
    assert_eq!((&verified["damaged"], &verified["missing"]), (&json!([paths[0]]), &json!([paths[1]])));
    assert_eq!(run.error()["code"], "disk_failed");
    assert_eq!(folders::quarantine(&computer.data()), [damaged]);
    read_as(&computer, &["none", "beginner"]);
    assert_eq!(computer.json(&["cache", "verify"])["checked"], 3, "both are healed by being opened");
}

#[test]
fn verifying_looks_at_fetched_books_too_and_says_what_is_done_about_a_damaged_one() {
    let world = World::synced();
    let folder = tempfile::tempdir().unwrap();
    let mut book = BookOnDisk::write(&folder.path().join("book"));
    book.revise(2, 2);
    world.laptop.json(&["book", "publish", book.folder.to_str().unwrap()]);
    world.laptop.json(&["sync", "--look-for-book"]);
    let verified = world.laptop.json(&["cache", "verify"]);
    let [edition] = &verified["editions"].as_array().unwrap()[..] else { panic!("one: {verified}") };
    assert_eq!(
        (&edition["edition"], &edition["files"], &edition["damaged"]),
        (&json!(1), &json!(4), &json!([]))
    );
    let told = world.laptop.run(&["cache", "verify"]);
    assert!(
        told.out.contains("edition 1 of “A test book”: 4 files checked, 0 damaged or missing"),
        "{told:?}"
    );

    let digest = primer_domain::ids::TextDigest::of(&fs::read(book.folder.join("2.md")).unwrap()).to_string();
    let data = world.laptop.data();
    let file = folders::files(&data).into_keys().find(|name| name.ends_with(&digest)).unwrap();
    fs::write(data.join(file), "cut").unwrap();
    // The chapter can't even be opened.
    let run = world.laptop.run(&["--json", "cache", "verify"]);
    let verified: Value = serde_json::from_str(&run.out).unwrap();
    assert_eq!((run.code, &verified["editions"][0]["damaged"]), (Some(1), &json!(["2.md"])));
    assert!(run.error()["message"].as_str().unwrap().contains("edition of a book was damaged"), "{run:?}");
    assert!(folders::quarantine(&data).contains(&b"cut".to_vec()));
    let opened = world.laptop.json(&["book", "list"])["open"]["came"]["kind"].clone();
    assert_eq!(opened, "folder", "{run:?}");
    assert_eq!(world.laptop.json(&["sync"])["editions"], 1);
    assert_eq!(
        world.laptop.json(&["book", "list"])["open"]["came"],
        json!({"kind": "published", "edition": 1})
    );
}

#[test]
fn evicting_keeps_what_is_fresh_and_what_was_opened_last() {
    let computer = Computer::with_reader("none");
    let paths = read_as(&computer, &["none", "beginner", "intermediate", "none", "advanced"]);
    let used = computer.json(&["status"])["used_bytes"].as_u64().unwrap();
    let nothing = computer.json(&["cache", "evict", "--keep", &used.to_string()]);
    assert_eq!(nothing, json!({"removed": [], "removed_bytes": 0, "kept_bytes": used}));
    let one = computer.json(&["cache", "evict", "--keep", &(used - 1).to_string()]);
    assert_eq!(one["removed"], json!([paths[1]]), "opened longest ago");
    let rest = computer.json(&["cache", "evict", "--keep", "0"]);
    assert_eq!(rest["removed"], json!([paths[2], paths[0]]));
    assert_eq!(texts(&computer.json(&["cache", "list"])), [paths[4].as_str()]);
    assert_eq!(computer.listed(1), "fresh");
    // What was evicted is written again, the same bytes under the same name.
    assert_eq!(read_as(&computer, &["none"]), [paths[0].clone()]);
    for wrong in ["-1", "much", "1.5", "18446744073709551616"] {
        assert_eq!(
            computer.error(&["cache", "evict", &format!("--keep={wrong}")])["code"],
            "invalid_request",
            "{wrong}"
        );
    }
    assert_eq!(computer.error(&["cache", "evict"])["code"], "invalid_request");
}

#[test]
fn the_status_tidies_and_tells_what_it_found() {
    let computer = Computer::with_reader("none");
    let path = read_as(&computer, &["none"]).remove(0);
    let temporary = computer.blobs().join(&path).with_extension("md.tmp");
    fs::write(&temporary, "half").unwrap();
    fs::write(computer.blobs().join("stray.txt"), "mine").unwrap();
    let tidied = computer.json(&["status"])["tidied"].clone();
    assert_eq!((&tidied["temporary"], &tidied["set_aside"]), (&json!(1), &json!(1)));
    assert!(!temporary.exists());
    assert_eq!(folders::quarantine(&computer.data()), [b"mine"]);
}
