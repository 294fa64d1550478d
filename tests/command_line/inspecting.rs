//! `primer remote inspect`: what it tells of a folder that is as it should be, and of one that is not. And
//! whether docs/bucket-format.md shows what the program writes.

use std::fs;
use std::path::Path;

use primer_domain::ids::{DeviceId, UserId};
use primer_domain::profile::Level;
use primer_domain::replica::{self, Register, RegisterKey, Replica, Stamp};
use serde_json::{Value, json};

use crate::remotes::{World, device};
use crate::world::folders;

#[test]
fn an_inspection_tells_what_is_there_and_changes_nothing() {
    let world = World::synced();
    let school = world.joined();
    school.json(&["sync"]);
    let (before, database) = (folders::digests(world.stick.path()), folders::digests(&world.laptop.data()));
    let found = world.inspected();
    assert_eq!((&found["which"]["state"], &found["user_id"]), (&json!("known"), &json!(world.user)));
    assert_eq!(found["reader_name"], "Ada");
    assert_eq!(found["computers"].as_array().unwrap().len(), 2);
    assert_eq!(
        (&found["computers"][0]["this_one"], &found["computers"][1]["this_one"]),
        (&json!(true), &json!(false))
    );
    assert_eq!(found["background"]["software_experience"], json!({"python": "beginner"}));
    assert_eq!(found["profile_hash"], world.laptop.json(&["profile", "show"])["profile_hash"]);
    assert_eq!(found["objects"], 3, "two replicas and a text: {found}");
    let text = &found["texts"][0]["texts"][0];
    assert_eq!((&found["texts"][0]["chapter_id"], &found["texts"][0]["current"]), (&json!(1), &json!(true)));
    assert_eq!((&text["state"]["state"], &text["made_by"]), (&json!("there"), &json!(device(&world.laptop))));
    for nothing in ["unreadable", "missing", "unmentioned", "taken_back_and_there", "others"] {
        assert_eq!(found[nothing], json!([]), "{nothing}");
    }

    let told = world.told();
    for part in [
        "Ada, in the folder ",
        "as this computer knows it.",
        &format!("Below users/{}/: 3 objects, ", world.user),
        "(this one)",
        "last wrote just now (20",
        "skills    python beginner",
        "  Chapter 1, Chapter 1\n    for the background of now (",
        "version 1, ",
        "Every text that a computer mentions is there.",
        "Every text that is there is mentioned by a computer.",
    ] {
        assert!(told.contains(part), "“{part}” is not in:\n{told}");
    }
    assert_eq!(folders::digests(world.stick.path()), before);
    let after = folders::digests(&world.laptop.data());
    let is_data = |name: &&String| name.starts_with("blobs/") || name.starts_with("quarantine/");
    assert!(
        after.iter().filter(|(name, _)| is_data(name)).eq(database.iter().filter(|(name, _)| is_data(name)))
    );
    assert_eq!(world.laptop.json(&["sync"])["requests"], 2, "the school's replica is news, and nothing else");
}

#[test]
fn an_inspection_tells_what_is_missing_damaged_unmentioned_and_unreadable() {
    let world = World::synced();
    world.laptop.json(&["chapter", "open", "2"]);
    world.laptop.json(&["chapter", "open", "3"]);
    world.laptop.json(&["sync"]);
    let texts = world.texts();
    let key = |file: &Path| file.strip_prefix(world.stick.path()).unwrap().to_str().unwrap().to_owned();
    let (gone, cut, copied) = (&texts[0], &texts[1], &texts[2]);
    fs::remove_file(gone).unwrap();
    fs::write(cut, "cut").unwrap();
    let nobodys = copied.with_file_name("v9-00112233aabbccdd.md");
    fs::copy(copied, &nobodys).unwrap();
    let place = world.stick.path().join("users").join(&world.user);
    fs::write(place.join("notes.txt"), "mine").unwrap();
    let replica =
        |number: u32| place.join(format!("replicas/0192f0c1-2345-4abc-8def-00000000000{number}.json"));
    let own = fs::read_to_string(world.replica_of(&world.laptop)).unwrap();
    fs::write(replica(1), own.replacen("\"format\": 1", "\"format\": 2", 1)).unwrap();
    fs::write(replica(2), "{").unwrap();
    fs::write(replica(3), &own).unwrap();

    let found = world.inspected();
    let states: Vec<&Value> = found["texts"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|group| group["texts"].as_array().unwrap())
        .map(|text| &text["state"])
        .collect();
    assert_eq!(states[0]["state"], "gone");
    assert_eq!(states[1], &json!({"state": "other_length", "len_bytes": 3}));
    assert_eq!(states[2]["state"], "there");
    assert_eq!(found["unmentioned"][0]["key"], key(&nobodys));
    assert_eq!(found["others"][0]["key"], format!("users/{}/notes.txt", world.user));
    let why: Vec<&str> =
        found["unreadable"].as_array().unwrap().iter().map(|one| one["why"].as_str().unwrap()).collect();
    assert!(why[0].contains("newer Primer") && why[1].contains("not JSON"), "{why:?}");
    assert!(why[2].contains("another computer"), "{why:?}");
    let told = world.told();
    for part in [
        format!("{}: mentioned by ", key(gone)),
        "  NOT THERE".to_owned(),
        "bytes were announced, and 3 are there".to_owned(),
        "Computers that can't be read".to_owned(),
        "Mentioned by nobody\n  users/".to_owned(),
        "notes.txt  4 bytes".to_owned(),
    ] {
        assert!(told.contains(&part), "“{part}” is not in:\n{told}");
    }
}

#[test]
fn a_text_that_was_looked_for_in_vain_is_told_until_it_is_there_and_fetched() {
    let mut world = World::new();
    // A newer book than the school's, whose text the school can't write itself.
    world.laptop.book.revise(1, 2);
    world.laptop.json(&["chapter", "open", "1"]);
    world.laptop.json(&["sync"]);
    fs::remove_file(&world.texts()[0]).unwrap();
    let school = world.joined();
    assert_eq!(school.json(&["sync"])["received"], 0);
    let asked = &world.inspected()["missing"];
    assert_eq!((asked.as_array().unwrap().len(), &asked[0]["there_now"]), (1, &json!(false)), "{asked}");
    assert!(world.told().contains("looked for it in vain; nobody has sent it again yet"), "{}", world.told());

    assert_eq!(world.laptop.json(&["sync"])["sent"], 1, "who has it sends it again");
    assert_eq!(world.inspected()["missing"][0]["there_now"], true);
    assert!(world.told().contains("; it is there now"), "{}", world.told());
    assert_eq!(school.json(&["sync"])["received"], 1);
    assert_eq!(school.listed(1), "newer_source");
    assert_eq!(world.inspected()["missing"], json!([]));
}

#[test]
fn an_inspection_knows_which_remote_it_is() {
    let world = World::new();
    let state = || world.inspected()["which"]["state"].clone();
    assert_eq!(state(), "unmarked");
    assert!(world.told().contains("the first sync writes it"), "{}", world.told());
    assert!(world.told().contains("No computer has written anything there."), "{}", world.told());
    let marker = world.stick.path().join("primer.json");
    fs::write(&marker, r#"{"format": 1, "id": "0192f0c1-2345-4abc-8def-0123456789ab"}"#).unwrap();
    assert_eq!(state(), "new");
    world.laptop.json(&["sync"]);
    assert_eq!(state(), "known");
    fs::write(&marker, r#"{"format": 1, "id": "0192f0c1-2345-4abc-8def-0123456789ac"}"#).unwrap();
    assert_eq!(state(), "another");
    assert!(world.told().contains("offers everything again"), "{}", world.told());
    // A sync looks again once it misses something.
    fs::remove_file(world.replica_of(&world.laptop)).unwrap();
    for unusable in ["{}", r#"{"format": 2, "id": "0192f0c1-2345-4abc-8def-0123456789ac"}"#] {
        fs::write(&marker, unusable).unwrap();
        assert_eq!(state(), "unusable");
        let error = world.laptop.error(&["sync"]);
        assert_eq!(error["code"], "remote_failed", "a sync stops there: {error}");
        assert!(world.told().contains(error["message"].as_str().unwrap()), "{error} {}", world.told());
    }
    // A folder that it was and that holds nothing of it any more is where a stick is not plugged in.
    fs::remove_file(&marker).unwrap();
    for words in [&["remote", "inspect"][..], &["sync"]] {
        let error = world.laptop.error(words);
        assert!(
            error["message"].as_str().unwrap().ends_with("nothing of what Primer kept in it."),
            "{error}"
        );
    }
    fs::write(&marker, r#"{"format": 1, "id": "0192f0c1-2345-4abc-8def-0123456789ab"}"#).unwrap();
    assert_eq!(state(), "known");
    world.laptop.json(&["sync"]);
    assert_eq!((state(), world.replica_of(&world.laptop).exists()), (json!("known"), true));
}

#[test]
fn a_text_removed_everywhere_that_still_stands_there_is_told() {
    let world = World::synced();
    let text = world.texts().remove(0);
    let key = text.strip_prefix(world.stick.path().join("users").join(&world.user)).unwrap();
    // As another program would write it.
    let own = world.replica_of(&world.laptop);
    let (user, device) =
        (UserId::parse(&world.user).unwrap(), DeviceId::parse(&device(&world.laptop)).unwrap());
    let mut written = Replica::parse(&fs::read(&own).unwrap(), user, device).unwrap();
    let stamp = Stamp::parse(&format!("2030-01-01T00:00:00.000Z+0@{device}")).unwrap();
    for (key, value) in [
        (RegisterKey::new("taken_back", key.to_str().unwrap()), json!(true)),
        (RegisterKey::new("bookmark", "1"), json!("§ 2")),
    ] {
        written.registers.insert(key, Register { value, removed: false, stamp });
    }
    fs::write(&own, written.to_json()).unwrap();
    let found = world.inspected();
    assert_eq!(found["taken_back_and_there"].as_array().unwrap().len(), 1);
    assert_eq!(found["unknown_collections"], json!([["bookmark", 1]]));
    let told = world.told();
    assert!(told.contains("Removed everywhere by their reader, and still there\n  users/"), "{told}");
    assert!(told.contains("1 register of “bookmark”, which this Primer does not know, and keeps"), "{told}");
}

#[test]
fn the_documentation_shows_a_replica_as_the_program_writes_it() {
    let documentation = include_str!("../../docs/bucket-format.md");
    let block = documentation.split("```json\n").find(|block| block.contains("\"device_name\"")).unwrap();
    let text = block.split("```").next().unwrap();
    let value: Value = serde_json::from_str(text).unwrap();
    let id = |field: &str| value[field].as_str().unwrap().to_owned();
    let (user, device) = (UserId::parse(&id("user")).unwrap(), DeviceId::parse(&id("device")).unwrap());
    let replica = Replica::parse(text.as_bytes(), user, device).unwrap();
    assert_eq!(String::from_utf8(replica.to_json()).unwrap(), text);
    // The two edits that it tells of, joined as it says.
    let mut registers = replica.registers;
    let mut edited = replica::background(&registers).unwrap();
    let at = |clock: &str, device: &str| Stamp::parse(&format!("{clock}@{device}")).unwrap();
    let laptop = at("2026-11-23T23:32:31.453Z+0", &id("device"));
    let school = at("2026-11-23T23:32:34.557Z+0", "ab4a5a7a-00c7-4877-a4ae-e0b118f3c294");
    edited.software_experience.insert("python".to_owned(), Level::Intermediate);
    edited.learning_goals.clear();
    let here = replica::edit(&registers, &edited, laptop);
    let mut edited = replica::background(&registers).unwrap();
    edited.software_experience.insert("python".to_owned(), Level::Advanced);
    edited.hardware_access.insert("lidar".to_owned());
    let there = replica::edit(&registers, &edited, school);
    registers.join(&here);
    registers.join(&there);
    let both = replica::background(&registers).unwrap();
    assert_eq!(both.software_experience["python"], Level::Advanced);
    assert!(both.hardware_access.contains("lidar") && both.learning_goals.is_empty());
    assert!(documentation.contains(&format!("the hash `{}`", both.hash())), "{}", both.hash());
}
