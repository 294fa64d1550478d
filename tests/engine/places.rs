//! Where two computers meet: a folder that is empty, strange or not plugged in, what is left over in it, and several of them.

use std::fs;
use std::path::Path;
use std::sync::atomic::Ordering;

use primer_domain::freshness::Freshness;
use serde_json::json;

use crate::desk::{Desk, World, chapters, objects, replicas, skills};
use crate::world::python;
use crate::{assert_visit, call};

const DAY_MS: i64 = 24 * 60 * 60 * 1000;

fn empty(folder: &Path) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { fs::remove_dir_all(path).unwrap() } else { fs::remove_file(path).unwrap() }
    }
}

fn add_folder(desk: &Desk, folder: &Path) {
    let location = json!({"kind": "folder", "path": folder});
    let request = json!({"user_id": desk.user, "location": location});
    call(&desk.engine, "add_remote", request);
}

fn edit(desk: &Desk, level: &str) {
    desk.answer(skills(&[("python", "beginner"), ("cpp", level)]));
}

#[test]
fn a_place_that_lost_everything_takes_nothing_away_and_is_offered_everything_again() {
    let (stick, laptop) = World::new().begin(python("beginner"));
    assert_visit(&laptop.engine, laptop.user, 1, Freshness::Missing, true);
    laptop.sync();
    let before = objects(stick.path());
    // As a bucket that was emptied and set up anew by whoever runs it.
    let identity = fs::read(stick.path().join("primer.json")).unwrap();
    empty(stick.path());
    fs::write(stick.path().join("primer.json"), identity).unwrap();
    let report = laptop.sync();
    assert_eq!(report.sent, 1);
    assert_eq!(objects(stick.path()), before);
    assert_visit(&laptop.engine, laptop.user, 1, Freshness::Fresh, false);
    assert_eq!(laptop.sync().requests, 1);
}

#[test]
fn a_folder_that_is_not_there_is_offline_and_never_empty() {
    let (stick, laptop) = World::new().begin(python("beginner"));
    laptop.sync();
    laptop.answer(skills(&[("python", "beginner"), ("cpp", "none")]));
    let away = stick.path().with_extension("unplugged");
    fs::rename(stick.path(), &away).unwrap();
    laptop.try_sync().unwrap_err();
    let status = laptop.status();
    assert_eq!(status["state"], "offline");
    assert_eq!(status["sentence"], "Offline: everything you need is here, 1 change waits.");
    fs::rename(&away, stick.path()).unwrap();
    laptop.sync();
    assert_eq!(laptop.status()["state"], "up_to_date");
}

#[test]
fn an_empty_folder_where_a_stick_was_is_not_written_to_until_the_stick_is_back() {
    let (stick, laptop) = World::new().begin(python("beginner"));
    laptop.sync();
    let away = stick.path().with_extension("unplugged");
    fs::rename(stick.path(), &away).unwrap();
    // The place where it is plugged in stays.
    fs::create_dir(stick.path()).unwrap();
    edit(&laptop, "none");
    let told = laptop.try_sync().unwrap_err();
    assert!(told.ends_with("is there, but nothing of what Primer kept in it."), "{told}");
    assert_eq!(objects(stick.path()), Vec::<String>::new());
    assert_eq!(laptop.status()["state"], "offline");
    assert_eq!(laptop.status()["waiting"], 1);
    fs::remove_dir(stick.path()).unwrap();
    fs::rename(&away, stick.path()).unwrap();
    laptop.sync();
    assert_eq!(laptop.status()["waiting"], 0);
}

#[test]
fn a_stick_that_was_emptied_is_set_up_anew_once_it_is_added_again() {
    let (stick, laptop) = World::new().begin(python("beginner"));
    assert_visit(&laptop.engine, laptop.user, 1, Freshness::Missing, true);
    laptop.sync();
    let before = chapters(stick.path());
    empty(stick.path());
    laptop.try_sync().unwrap_err();
    let remote =
        call(&laptop.engine, "list_remotes", json!({"user_id": laptop.user}))[0]["remote_id"].clone();
    call(&laptop.engine, "remove_remote", json!({"remote_id": remote}));
    add_folder(&laptop, stick.path());
    assert_eq!(laptop.sync().sent, 1);
    assert_eq!(chapters(stick.path()), before);
}

#[test]
fn a_computer_is_forgotten_in_every_place_where_it_left_something() {
    let (first, laptop) = World::new().begin(python("beginner"));
    let second = tempfile::tempdir().unwrap();
    add_folder(&laptop, second.path());
    laptop.sync();
    let school = laptop.joined(2);
    add_folder(&school, second.path());
    for desk in [&laptop, &school, &laptop] {
        desk.try_sync_with(0).unwrap();
        desk.try_sync_with(1).unwrap();
    }
    assert_eq!((replicas(first.path()).len(), replicas(second.path()).len()), (2, 2));
    let computers = call(&laptop.engine, "list_computers", json!({"user_id": laptop.user}));
    let other = computers.as_array().unwrap().iter().find(|computer| computer["this_one"] == false).unwrap();
    let forget = json!({"user_id": laptop.user, "device_id": other["device_id"]});
    call(&laptop.engine, "forget_computer", forget);
    laptop.try_sync_with(0).unwrap();
    assert_eq!((replicas(first.path()).len(), replicas(second.path()).len()), (1, 2));
    laptop.try_sync_with(1).unwrap();
    assert_eq!((replicas(first.path()).len(), replicas(second.path()).len()), (1, 1));
    assert_eq!(laptop.try_sync_with(0).unwrap().requests, 1);
    assert_eq!(laptop.try_sync_with(1).unwrap().requests, 1);
}

#[test]
fn a_replica_longer_than_any_is_told_asked_for_once_and_keeps_nobody_from_syncing() {
    let (stick, laptop) = World::new().begin(python("beginner"));
    laptop.sync();
    let school = laptop.joined(2);
    school.sync();
    laptop.sync();
    let own = replicas(stick.path());
    let other =
        call(&laptop.engine, "list_computers", json!({"user_id": laptop.user}))[1]["device_id"].clone();
    let file = own.iter().find(|file| file.display().to_string().contains(other.as_str().unwrap())).unwrap();
    // Nothing is written: the file is as long as it says, and holds a hole.
    fs::File::create(file).unwrap().set_len((64 << 20) + 1).unwrap();
    edit(&laptop, "none");
    assert_eq!(laptop.sync().merged, 0);
    let computers = call(&laptop.engine, "list_computers", json!({"user_id": laptop.user}));
    let trouble = computers[1]["trouble"].as_str().unwrap();
    assert!(trouble.contains("longer than"), "{trouble}");
    assert_eq!(laptop.sync().requests, 1);
    // Its computer takes another name and says everything again.
    school.answer(skills(&[("python", "beginner"), ("ros2", "none")]));
    school.sync();
    laptop.sync();
    school.sync();
    let all = skills(&[("cpp", "none"), ("python", "beginner"), ("ros2", "none")]);
    assert_eq!((laptop.background(), school.background()), (all.clone(), all));
}

#[test]
fn what_nobody_mentions_is_swept_after_thirty_days_and_nothing_else() {
    let (stick, laptop) = World::new().begin(python("beginner"));
    assert_visit(&laptop.engine, laptop.user, 1, Freshness::Missing, true);
    laptop.sync();
    let [mentioned] = chapters(stick.path()).try_into().unwrap();
    // What a computer leaves that was lost before it could say what it had sent.
    let lost = mentioned.with_file_name("v7-0123456789abcdef.md");
    fs::write(&lost, "words that nobody knows of").unwrap();
    let strange = mentioned.with_file_name("notes-of-another-program.txt");
    fs::write(&strange, "not Primer's").unwrap();
    let mut requests = Vec::new();
    for (day, level) in
        ["none", "beginner", "intermediate", "advanced", "none", "beginner"].iter().enumerate()
    {
        laptop.computer.clock.fetch_add(8 * DAY_MS, Ordering::SeqCst);
        edit(&laptop, level);
        requests.push(laptop.sync().requests);
        // Found after 8 days, and 32 days old after 40.
        assert_eq!(lost.exists(), day < 4, "after {} days", 8 * (day + 1));
    }
    // The list, the own replica, what nobody mentions, and whether a book is published by now; then the removal.
    assert_eq!(requests, [4, 4, 4, 4, 5, 4]);
    assert!(mentioned.exists() && strange.exists());
    assert_eq!(laptop.sync().requests, 1);
}

#[test]
fn nothing_is_swept_while_a_replica_cannot_be_read() {
    let (stick, laptop) = World::new().begin(python("beginner"));
    assert_visit(&laptop.engine, laptop.user, 1, Freshness::Missing, true);
    laptop.sync();
    let [mentioned] = chapters(stick.path()).try_into().unwrap();
    let lost = mentioned.with_file_name("v7-0123456789abcdef.md");
    fs::write(&lost, "words that a newer Primer mentions").unwrap();
    let newer = replicas(stick.path())[0].with_file_name("0192f0c1-2345-7abc-8def-0123456789ab.json");
    fs::write(newer, b"{\"format\": 7}").unwrap();
    for level in ["none", "beginner", "intermediate", "advanced", "none", "beginner"] {
        laptop.computer.clock.fetch_add(8 * DAY_MS, Ordering::SeqCst);
        edit(&laptop, level);
        laptop.sync();
    }
    assert!(lost.exists());
}

#[test]
fn a_reader_who_is_removed_leaves_no_setting_behind() {
    let (_stick, laptop) = World::new().begin(python("beginner"));
    laptop.set(true);
    let data = laptop.computer.data();
    call(&laptop.engine, "remove_reader", json!({"user_id": laptop.user}));
    let left: i64 = crate::world::database::open_to_read(&data)
        .query_row("SELECT count(*) FROM settings WHERE owner <> ''", [], |row| row.get(0))
        .unwrap();
    assert_eq!(left, 0);
}

#[test]
fn a_place_that_is_added_again_stays_one_and_makes_no_computer() {
    let (stick, laptop) = World::new().begin(python("beginner"));
    laptop.sync();
    add_folder(&laptop, &stick.path().join("."));
    let places = || laptop.engine.remotes(laptop.user).unwrap();
    assert_eq!(places().len(), 1);
    assert_eq!(laptop.sync().requests, 1, "nothing is new there");
    // Forgotten and added again.
    let remote_id = places()[0].id.to_string();
    call(&laptop.engine, "remove_remote", json!({"remote_id": remote_id}));
    add_folder(&laptop, stick.path());
    laptop.sync();
    assert_eq!(laptop.sync().requests, 1);
    assert_eq!(replicas(stick.path()).len(), 1);
}

#[test]
fn one_place_that_is_known_by_two_names_comes_to_rest_and_makes_no_computer() {
    let (stick, laptop) = World::new().begin(python("beginner"));
    let first = laptop.engine.remotes(laptop.user).unwrap().remove(0);
    call(&laptop.engine, "remove_remote", json!({"remote_id": first.id.to_string()}));
    let course = stick.path().join("course");
    fs::create_dir(&course).unwrap();
    add_folder(&laptop, &course);
    let location = json!({"kind": "folder", "path": stick.path(), "prefix": "course"});
    call(&laptop.engine, "add_remote", json!({"user_id": laptop.user, "location": location}));
    let sync_both = || [0, 1].map(|which| laptop.try_sync_with(which).unwrap().requests);
    assert_visit(&laptop.engine, laptop.user, 1, Freshness::Missing, true);
    for _ in 0..2 {
        sync_both();
    }
    assert_eq!(sync_both(), [1, 1]);
    edit(&laptop, "none");
    sync_both();
    sync_both();
    assert_eq!(sync_both(), [1, 1]);
    assert_eq!(replicas(&course).len(), 1);
}

#[test]
fn what_changed_since_the_last_sync_is_said_to_wait() {
    let (_stick, laptop) = World::new().begin(python("beginner"));
    laptop.sync();
    edit(&laptop, "none");
    let status = laptop.status();
    assert_eq!((&status["state"], &status["waiting"]), (&json!("waiting"), &json!(1)));
    assert_eq!(status["sentence"], "1 change waits; synced just now.");
    assert_eq!(laptop.sync().told, 1);
    assert_eq!(laptop.status()["state"], "up_to_date");
}

#[test]
fn a_text_that_came_through_one_place_is_passed_on_to_the_other() {
    let (stick, laptop) = World::new().begin(python("beginner"));
    let share = tempfile::tempdir().unwrap();
    let home = laptop.joined(3);
    // The laptop knows both places, school only the first and home only the second.
    let school = laptop.joined(2);
    add_folder(&laptop, share.path());
    add_folder(&home, share.path());
    let first = call(&home.engine, "list_remotes", json!({"user_id": home.user}))[0]["remote_id"].clone();
    call(&home.engine, "remove_remote", json!({"remote_id": first}));
    laptop.try_sync_with(0).unwrap();
    laptop.try_sync_with(1).unwrap();
    school.sync();
    home.sync();
    for which in [0, 1] {
        laptop.try_sync_with(which).unwrap();
        assert_eq!(laptop.try_sync_with(which).unwrap().requests, 1);
    }

    assert_visit(&school.engine, school.user, 1, Freshness::Missing, true);
    school.sync();
    let report = laptop.try_sync_with(0).unwrap();
    assert_eq!(report.written, 1);
    assert_eq!(laptop.status()["waiting"], 1, "the other place does not have it");
    assert_eq!(laptop.try_sync_with(0).unwrap().requests, 1);
    assert!(chapters(share.path()).is_empty());
    assert_eq!(laptop.try_sync_with(1).unwrap().sent, 1);
    assert_eq!(laptop.status()["waiting"], 0);
    assert_eq!((chapters(stick.path()).len(), chapters(share.path()).len()), (1, 1));
    assert_eq!(home.sync().written, 1);
    for which in [0, 1] {
        laptop.try_sync_with(which).unwrap();
        assert_eq!(laptop.try_sync_with(which).unwrap().requests, 1);
    }
}
