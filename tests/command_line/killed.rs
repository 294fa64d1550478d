//! kill -9 at every operation that changes a file, while a chapter is written and a profile is saved, with the write in
//! hand not begun, half done and done. Afterwards everything is the old or the new, whole.

use std::fs;
use std::path::Path;

use primer_domain::ids::TextDigest;
use serde_json::Value;

use crate::interposed::{TEARS, copy_of, count, kill};
use crate::world::{database, folders, python};
use crate::{Computer, run};

/// What a person relies on, whatever happened to the program.
fn assert_sound(data: &Path, when: &str) {
    assert_eq!(database::integrity(data), "ok", "{when}");
    for (name, bytes) in folders::stored(data) {
        assert!(folders::is_whole(&name, &bytes), "{when}: {name} is half-written");
    }
    for row in database::rows(data) {
        let bytes = fs::read(data.join("blobs").join(&row.storage_path));
        let bytes = bytes
            .unwrap_or_else(|error| panic!("{when}: the row of {} has no file: {error}", row.storage_path));
        let connection = database::open_to_read(data);
        let sha256: String = connection
            .query_row(
                "SELECT sha256 FROM stored_texts WHERE storage_path = ?1",
                [&row.storage_path],
                |row| row.get(0),
            )
            .unwrap();
        assert_eq!(TextDigest::of(&bytes).to_string(), sha256, "{when}: {}", row.storage_path);
    }
}

/// The reader's background as the next start reads it, which must be one of two.
fn assert_profile(computer: &Computer, data: &Path, either: [&Value; 2], when: &str) -> Value {
    let shown = run(&mut computer.primer_on(data, &["--json", "profile", "show"])).json();
    assert!(either.contains(&&shown["software_experience"]), "{when}: {shown}");
    let file = data.join("shown.json");
    fs::write(&file, shown.to_string()).unwrap();
    let hash = run(&mut computer.primer_on(data, &["hash", file.to_str().unwrap()]));
    assert_eq!(hash.out.trim(), shown["profile_hash"].as_str().unwrap(), "{when}");
    fs::remove_file(file).unwrap();
    shown["software_experience"].clone()
}

fn assert_reads(computer: &Computer, data: &Path, when: &str) {
    let level = run(&mut computer.primer_on(data, &["--json", "profile", "show"])).json();
    let words = match level["software_experience"]["python"].as_str().unwrap() {
        "advanced" => "In one leap.",
        _ => "Slowly, with every step.",
    };
    let opened = run(&mut computer.primer_on(data, &["--json", "chapter", "open", "1"])).json();
    assert!(opened["text"].as_str().unwrap().contains(words), "{when}: {opened}");
    let status = run(&mut computer.primer_on(data, &["--json", "status"])).json();
    assert_eq!(status["tidied"]["postponed"], false, "{when}");
    assert!(folders::temporary(data).is_empty(), "{when}: a temporary file is left");
    assert_eq!(
        run(&mut computer.primer_on(data, &["--json", "cache", "verify"])).json()["damaged"],
        Value::Array(vec![])
    );
    assert_sound(data, when);
}

/// Kills `arguments` at each of its operations, each time on a fresh copy of the computer's data; how many times.
fn kill_everywhere(computer: &Computer, arguments: &[&str], look: impl Fn(&Path, &str)) -> u32 {
    let before = computer.data();
    let counted = copy_of(&before);
    let operations = count(&mut computer.primer_on(counted.path(), arguments), &counted.path().join("count"));
    let mut kills = 0;
    for k in 1..=operations {
        for tear in TEARS {
            let data = copy_of(&before);
            let when = format!("{arguments:?} killed at operation {k} of {operations} ({tear} % done)");
            if kill(&mut computer.primer_on(data.path(), arguments), k, tear) {
                kills += 1;
                look(data.path(), &when);
            }
        }
    }
    assert!(kills >= operations * 3 - 6, "{kills} kills at {operations} operations of {arguments:?}");
    kills
}

/// A reader of chapter 1 who has just changed their background, so that the chapter is stale.
fn with_a_stale_chapter() -> Computer {
    let computer = Computer::with_reader("none");
    computer.json(&["chapter", "open", "1"]);
    computer.set_python("advanced");
    computer
}

#[test]
fn killed_while_a_chapter_is_written_nothing_is_lost_or_half_written() {
    let computer = with_a_stale_chapter();
    let old = database::rows(&computer.data()).remove(0);
    let old_text = fs::read(computer.blobs().join(&old.storage_path)).unwrap();
    let advanced = python("advanced")["software_experience"].clone();
    let kills = kill_everywhere(&computer, &["chapter", "open", "1"], |data, when| {
        assert_sound(data, when);
        assert!(database::rows(data).contains(&old), "{when}: the old row is gone");
        assert_eq!(fs::read(data.join("blobs").join(&old.storage_path)).unwrap(), old_text, "{when}");
        assert_profile(&computer, data, [&advanced, &advanced], when);
        assert_reads(&computer, data, when);
        assert_eq!(database::rows(data).len(), 2, "{when}");
    });
    println!("killed {kills} times");
}

#[test]
fn killed_while_a_profile_is_saved_it_is_the_old_one_or_the_new_one() {
    let computer = Computer::with_reader("none");
    computer.json(&["chapter", "open", "1"]);
    let file = computer.write("new.json", &python("advanced"));
    let (old, new) =
        (python("none")["software_experience"].clone(), python("advanced")["software_experience"].clone());
    let seen = std::cell::RefCell::new(std::collections::BTreeSet::new());
    let kills = kill_everywhere(&computer, &["profile", "set", &file], |data, when| {
        assert_sound(data, when);
        let found = assert_profile(&computer, data, [&old, &new], when);
        seen.borrow_mut().insert(found.to_string());
        assert_reads(&computer, data, when);
    });
    assert_eq!(seen.borrow().len(), 2, "some kills came before the commit and some after");
    println!("killed {kills} times");
}

#[test]
fn killed_while_a_damaged_chapter_of_a_new_edition_is_healed_it_heals_the_next_time() {
    let mut computer = Computer::with_reader("none");
    computer.book.revise(1, 2);
    let path = computer.json(&["chapter", "open", "1"])["storage_path"].as_str().unwrap().to_owned();
    let whole = fs::read(computer.blobs().join(&path)).unwrap();
    fs::write(computer.blobs().join(&path), "damaged").unwrap();
    let kills = kill_everywhere(&computer, &["chapter", "open", "1"], |data, when| {
        assert_eq!(database::integrity(data), "ok", "{when}");
        let file = fs::read(data.join("blobs").join(&path));
        assert!(file.as_ref().map_or(true, |bytes| *bytes == whole || bytes == b"damaged"), "{when}");
        assert!(
            file.is_ok_and(|bytes| bytes == b"damaged") || folders::quarantine(data) == [b"damaged"],
            "{when}: the damaged bytes are kept"
        );
        assert_reads(&computer, data, when);
        assert_eq!(fs::read(data.join("blobs").join(&path)).unwrap(), whole, "{when}");
    });
    println!("killed {kills} times");
}

#[test]
fn killed_at_the_very_first_start_the_next_start_finds_its_feet() {
    let computer = Computer::new();
    let kills = kill_everywhere(&computer, &["user", "add", "Ada"], |data, when| {
        let readers = run(&mut computer.primer_on(data, &["--json", "user", "list"])).json();
        assert!(readers.as_array().unwrap().len() <= 1, "{when}");
        assert_eq!(database::integrity(data), "ok", "{when}");
        if readers == serde_json::json!([]) {
            run(&mut computer.primer_on(data, &["--json", "user", "add", "Ada"])).json();
        }
        assert_reads(&computer, data, when);
    });
    println!("killed {kills} times");
}
