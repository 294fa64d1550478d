//! `primer sync` as a person is told of it: before it does anything, with several places, and where one of them fails.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::remotes::World;
use crate::world::{database, folders, is_sentence};

fn add(world: &World, folder: &Path) -> String {
    let added = world.laptop.json(&["remote", "add", "folder", folder.to_str().unwrap()]);
    added["remote_id"].as_str().unwrap().to_owned()
}

/// Both outputs of a sync that does not come to its end everywhere.
fn failed(world: &World, arguments: &[&str]) -> (Value, Value) {
    let mut words = vec!["--json"];
    words.extend(arguments);
    let run = world.laptop.run(&words);
    assert_eq!(run.code, Some(1), "{run:?}");
    (serde_json::from_str(&run.out).unwrap(), serde_json::from_str(&run.err).unwrap())
}

#[test]
fn a_dry_run_tells_what_a_sync_does_afterwards_and_does_none_of_it() {
    let world = World::new();
    world.laptop.json(&["chapter", "open", "1"]);
    let told = world.laptop.json(&["sync", "--dry-run"]);
    let plain = world.laptop.run(&["sync", "--dry-run"]);
    let said = plain.out.trim();
    assert!(
        plain.code == Some(0)
            && said.starts_with("A sync would set the place up, send 1 text (")
            && said.contains(") and tell the other computers (")
            && said.ends_with("): 7 requests."),
        "{said}"
    );
    assert_eq!(world.objects(), [""; 0]);
    assert!(world.laptop.run(&["remote", "list"]).out.contains("not synced yet"));
    let did = world.laptop.json(&["sync"]);
    let pairs = [("would_request", "requests"), ("would_send", "sent"), ("would_tell", "told")];
    for (would, does) in pairs {
        assert_eq!(told[would], did[does], "{told} {did}");
    }
    let number = |value: &Value| value.as_u64().unwrap();
    let identity = fs::read(world.stick.path().join("primer.json")).unwrap().len() as u64;
    assert_eq!(
        number(&told["would_send_bytes"]) + number(&told["would_send_replica_bytes"]) + identity,
        number(&did["sent_bytes"])
    );

    // A second computer reads there what it has yet to do.
    let school = world.joined();
    let told = school.json(&["sync", "--dry-run"]);
    let did = school.json(&["sync"]);
    for (would, does) in pairs.into_iter().chain([
        ("would_write", "written"),
        ("would_merge", "merged"),
        ("would_fetch", "received"),
    ]) {
        assert_eq!(told[would], did[does], "{told} {did}");
    }
    assert_eq!(told["would_write"], 1);
    school.json(&["sync"]);
    let quiet = school.run(&["sync", "--dry-run"]);
    assert_eq!(quiet.out.trim(), "A sync would change nothing: 1 request.");
}

#[test]
fn a_place_that_fails_keeps_neither_the_others_nor_what_they_did_from_being_told() {
    let world = World::synced();
    let other = tempfile::tempdir().unwrap();
    add(&world, other.path());
    fs::remove_dir_all(world.stick.path()).unwrap();

    let (told, error) = failed(&world, &["sync", "--dry-run"]);
    assert_eq!((&told["would_send"], &error["code"]), (&json!(1), &json!("remote_failed")));
    assert!(folders::files(other.path()).is_empty());
    let (did, error) = failed(&world, &["sync"]);
    assert_eq!((&did["sent"], &error["code"]), (&json!(1), &json!("remote_failed")));
    assert!(other.path().join("primer.json").exists());

    let plain = world.laptop.run(&["sync"]);
    assert_eq!(plain.code, Some(1));
    assert!(plain.out.starts_with("Synced: nothing was new"), "{plain:?}");
    assert!(is_sentence(&plain.err) && plain.err.contains("is not there"), "{plain:?}");
}

#[test]
fn a_place_of_which_this_computer_can_note_nothing_keeps_no_other_from_being_synced() {
    let world = World::synced();
    let other = tempfile::tempdir().unwrap();
    add(&world, other.path());
    let first = world.laptop.json(&["remote", "list"])[0]["remote_id"].as_str().unwrap().to_owned();
    database::open(&world.laptop.data())
        .execute_batch(&format!(
            "CREATE TRIGGER no_runs BEFORE INSERT ON sync_runs WHEN NEW.remote_id = '{first}'
             BEGIN SELECT RAISE(ABORT, 'nothing can be noted'); END"
        ))
        .unwrap();
    let (did, error) = failed(&world, &["sync"]);
    assert_eq!(did["sent"], 1, "{error}");
    assert!(is_sentence(&format!(
        "{} {}",
        error["message"].as_str().unwrap(),
        error["hint"].as_str().unwrap()
    )));
}

#[test]
fn where_all_places_are_paused_a_sync_says_so_and_how_to_go_on() {
    let world = World::synced();
    let listed = world.laptop.json(&["remote", "list"]);
    let id = listed[0]["remote_id"].as_str().unwrap();
    let said = world.laptop.run(&["remote", "pause", id]);
    assert!(said.code == Some(0) && said.out.starts_with("Paused"), "{said:?}");
    assert!(world.laptop.run(&["remote", "list"]).out.contains("paused, synced just now"));
    for arguments in [&["sync"][..], &["sync", "--dry-run"]] {
        let error = world.laptop.error(arguments);
        assert_eq!(error["code"], "remote_not_found");
        assert_eq!(error["message"], "All places that this reader syncs with are paused.");
        assert!(error["hint"].as_str().unwrap().contains("primer remote resume"));
    }
    // One that is not paused is synced alone.
    let other = tempfile::tempdir().unwrap();
    add(&world, other.path());
    assert_eq!(world.laptop.json(&["sync"])["sent"], 1);
    let said = world.laptop.run(&["remote", "resume", id]);
    assert!(said.code == Some(0) && said.out.starts_with("Resumed"), "{said:?}");
    assert_eq!(world.laptop.json(&["sync"])["requests"], 2);
    for word in ["pause", "resume"] {
        assert_eq!(world.laptop.error(&["remote", word, "nonsense"])["code"], "remote_not_found");
    }
}
