//! `primer remote inspect`: the books that are published in a place, and the texts that this computer does not take.

use std::fs;
use std::path::Path;

use rusqlite::params;
use serde_json::{Value, json};

use crate::remotes::World;
use crate::world::{BookOnDisk, database, folders};
use crate::{primer, run};

fn publish(book: &BookOnDisk, stick: &Path) -> Value {
    let (book, stick) = (book.folder.to_str().unwrap(), stick.to_str().unwrap());
    run(&mut primer(&["--json", "book", "publish", book, "folder", stick])).json()
}

#[test]
fn an_inspection_tells_each_published_book_and_what_of_it_is_not_there() {
    let world = World::synced();
    let stick = world.stick.path();
    assert_eq!(world.inspected()["published"], json!({"listed": true, "books": []}));
    assert!(world.told().contains("Published books\n  No book is published there."), "{}", world.told());

    let folder = tempfile::tempdir().unwrap();
    let mut book = BookOnDisk::write(&folder.path().join("book"));
    let other = BookOnDisk::another(&folder.path().join("other"), "other-book");
    publish(&other, stick);
    publish(&book, stick);
    book.revise(1, 2);
    publish(&book, stick);
    let before = folders::digests(stick);
    let found = world.inspected()["published"].clone();
    let ids: Vec<&Value> = found["books"].as_array().unwrap().iter().map(|book| &book["book_id"]).collect();
    assert_eq!(ids, ["other-book", "test-book"]);
    let index = &found["books"][1]["index"];
    assert_eq!(
        (&index["state"], &index["title"], &index["edition"], &index["chapters"], &index["files"]),
        (&json!("there"), &json!("A test book"), &json!(2), &json!(3), &json!(4))
    );
    let objects = &found["books"][1]["objects"];
    // The first edition's manifest and first chapter.
    assert_eq!(
        (&objects["objects"], &objects["unnamed"], &objects["missing"]),
        (&json!(6), &json!(2), &json!([]))
    );
    let told = world.told();
    for part in [
        "  “A test book” (test-book), edition 2\n    published ",
        "3 chapters in 4 files, ",
        "    2 objects beside it, ",
    ] {
        assert!(told.contains(part), "“{part}” is not in:\n{told}");
    }

    let digest = primer_domain::ids::TextDigest::of(&fs::read(book.folder.join("2.md")).unwrap());
    fs::remove_file(stick.join(format!("books/test-book/objects/{digest}"))).unwrap();
    fs::remove_file(stick.join("books/other-book/index.json")).unwrap();
    let found = world.inspected()["published"]["books"].clone();
    assert_eq!(found[0]["index"], json!({"state": "gone"}));
    assert_eq!(found[1]["objects"]["missing"], json!(["2.md"]));
    fs::write(stick.join("books/other-book/index.json"), "{\"format\": 2}").unwrap();
    assert_eq!(world.inspected()["published"]["books"][0]["index"]["state"], "unusable");
    let told = world.told();
    for part in ["  other-book\n    can't be used here: ", "    2.md: not there, so nobody can fetch it"] {
        assert!(told.contains(part), "“{part}” is not in:\n{told}");
    }
    let after = folders::digests(stick);
    let changed = |name: &&String| after.get(*name) != before.get(*name);
    assert_eq!(before.keys().filter(changed).count(), 2, "an inspection changes nothing");
}

#[test]
fn an_inspection_tells_how_many_texts_this_computer_does_not_take_and_why() {
    let world = World::synced();
    assert_eq!(world.inspected()["refused"], json!([]));
    assert!(!world.told().contains("Not taken"), "{}", world.told());
    let path = |digit: &str| {
        let hash = world.inspected()["profile_hash"].as_str().unwrap().to_owned();
        format!("users/{}/chapters/2/{hash}/v1-{}.md", world.user, digit.repeat(16))
    };
    let (now, before) = (path("a"), path("b"));
    let program = format!("primer/{}", env!("CARGO_PKG_VERSION"));
    let connection = database::open(&world.laptop.data());
    for (path, program, reason) in
        [(&now, program.as_str(), "a link is another"), (&before, "primer/0.0.0", "It is no text.")]
    {
        let sql = "INSERT INTO refused_texts (storage_path, user_id, program, reason, refused_at)
                   VALUES (?1, ?2, ?3, ?4, '2026-01-01T00:00:00.000Z')";
        connection.execute(sql, params![path, world.user, program, reason]).unwrap();
    }
    drop(connection);
    let found = world.inspected()["refused"].clone();
    assert_eq!((&found[0]["key"], &found[0]["why"]), (&json!(now), &json!("A link is another.")));
    assert_eq!(
        (&found[0]["by_another_program"], &found[1]["by_another_program"]),
        (&json!(false), &json!(true))
    );
    let told = world.told();
    for part in [
        format!("Not taken by this computer: 2 texts\n  {now}\n    A link is another. (found "),
        "It is looked at once more.".to_owned(),
    ] {
        assert!(told.contains(&part), "“{part}” is not in:\n{told}");
    }
}
