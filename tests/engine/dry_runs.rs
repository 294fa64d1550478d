//! What a dry run tells is what the sync after it does, and telling it changes nothing here or there.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::atomic::Ordering;

use primer_domain::freshness::Freshness;
use primer_engine::api::{SyncReport, SyncWish};
use primer_engine::sync::{Outlook, Supposed, Tally};
use serde_json::json;

use crate::desk::{Desk, World, chapters, replicas, skills};
use crate::published::{class, runtime};
use crate::world::seeded::Seeded;
use crate::world::{folders, python};
use crate::{assert_visit, call, visit};

const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// A dry run after which every file is as it was, and then the sync, which does what was told.
#[track_caller]
fn foretold(desk: &Desk, stick: &Path) -> Outlook {
    let all = || (here(desk), folders::digests(stick));
    let before = all();
    let (asked, outlook, _) = dry(desk, 0, Supposed::default());
    assert_eq!(all(), before, "a dry run changes nothing");
    let stored = desk.stored() as u64;

    let report = desk.sync_looking();
    let identity = fs::read(stick.join("primer.json")).unwrap();
    compare(&outlook, &asked, &report, &identity);
    let set_up_bytes = if outlook.sets_up { identity.len() as u64 } else { 0 };
    let received_bytes = asked.received_bytes + outlook.fetch_bytes + outlook.book_bytes + set_up_bytes;
    assert_eq!(received_bytes, report.received_bytes, "{outlook:?}");
    let gone = |part: &str| {
        let after = folders::digests(stick);
        before.1.keys().filter(|name| name.contains(part) && !after.contains_key(*name)).count() as u64
    };
    assert_eq!((outlook.remove_there + outlook.sweep, outlook.forget), (gone(".md"), gone("/replicas/")));
    let Tally { written, received, .. } = outlook.tally;
    let set_aside = here(desk).keys().filter(|name| name.starts_with("quarantine/")).count() as u64;
    assert_eq!(stored + written + received - outlook.remove_here - set_aside, desk.stored() as u64);
    outlook
}

/// All but the bytes received: where the texts there are looked through, a folder reads also what was just sent, and no more
/// what was just removed.
#[track_caller]
fn compare(outlook: &Outlook, asked: &SyncReport, did: &SyncReport, identity: &[u8]) {
    let SyncReport { sent, received, written, told, merged, editions, .. } = *did;
    assert_eq!(outlook.tally, Tally { sent, received, written, told, merged, editions });
    assert_eq!(asked.requests + outlook.requests, did.requests, "{outlook:?}");
    let set_up_bytes = if outlook.sets_up { identity.len() as u64 } else { 0 };
    assert_eq!(outlook.send_bytes + outlook.replica_bytes + set_up_bytes, did.sent_bytes, "{outlook:?}");
    assert_eq!(outlook.send_replica, outlook.replica_bytes > 0);
}

fn dry(desk: &Desk, which: usize, supposed: Supposed) -> (SyncReport, Outlook, Supposed) {
    let row = desk.engine.remotes(desk.user).unwrap().remove(which);
    let wish = SyncWish { dry: true, look_for_book: true };
    let synced = runtime().block_on(desk.engine.sync_supposing(&row, wish, supposed, |_| {})).unwrap();
    assert!(synced.failure.is_none(), "{:?}", synced.failure);
    let SyncReport { sent, received, written, told, merged, editions, sent_bytes, .. } = synced.report;
    assert_eq!([sent, received, written, told, merged, editions, sent_bytes], [0; 7], "it did none of it");
    (synced.report, synced.outlook, synced.supposed)
}

/// All files here but the lock of the syncs, which is empty, and the part of the database that is only in memory.
fn here(desk: &Desk) -> BTreeMap<String, String> {
    let mut files = folders::digests(&desk.computer.data());
    files.retain(|name, _| name != "sync.lock" && !name.ends_with("-shm"));
    files
}

fn write(desk: &Desk, chapters: &[u32]) {
    for chapter in chapters {
        assert_visit(&desk.engine, desk.user, *chapter, Freshness::Missing, true);
    }
}

#[test]
fn a_first_sync_sets_the_place_up_and_the_one_after_it_has_nothing_to_do() {
    let (stick, laptop) = World::new().begin(python("beginner"));
    write(&laptop, &[1, 2]);
    let outlook = foretold(&laptop, stick.path());
    assert!(outlook.sets_up && outlook.send_replica && outlook.tally.told > 0);
    assert_eq!((outlook.tally.sent, outlook.tally.merged), (2, 0));

    let outlook = foretold(&laptop, stick.path());
    assert_eq!(outlook, Outlook::default());
    write(&laptop, &[3]);
    let outlook = foretold(&laptop, stick.path());
    assert_eq!((outlook.tally.sent, outlook.send_replica, outlook.requests), (1, true, 2));
}

#[test]
fn a_computer_that_is_new_to_the_place_writes_the_texts_for_answers_that_it_has_yet_to_read() {
    let (stick, laptop) = World::new().begin(python("beginner"));
    write(&laptop, &[1, 2, 3]);
    laptop.sync();
    let school = laptop.joined(2);
    let outlook = foretold(&school, stick.path());
    assert_eq!((outlook.tally.written, outlook.send_replica), (3, true));
    assert!(outlook.tally.merged > 0 && !outlook.sets_up);
    // The laptop hears of a computer, and of nothing else.
    let outlook = foretold(&laptop, stick.path());
    assert_eq!(outlook.tally, Tally::default());
}

#[test]
fn what_another_computer_edited_and_wrote_is_merged_and_written() {
    let (stick, laptop) = World::new().begin(python("beginner"));
    laptop.sync();
    let school = laptop.joined(2);
    school.sync();
    write(&school, &[1]);
    laptop.answer(python("advanced"));
    write(&laptop, &[1, 2, 3]);
    laptop.sync();
    let outlook = foretold(&school, stick.path());
    let Tally { sent, written, merged, .. } = outlook.tally;
    assert_eq!((sent, written, merged), (1, 3, 1));

    // Both changed something since, and the laptop has newer texts, which can only be fetched.
    school.answer(skills(&[("python", "advanced"), ("cpp", "none")]));
    let mut laptop = laptop;
    laptop.computer.book.revise(1, 2);
    laptop = laptop.restarted();
    laptop.answer(skills(&[("python", "advanced"), ("ros2", "none")]));
    assert_visit(&laptop.engine, laptop.user, 1, Freshness::StaleProfile, true);
    laptop.sync();
    school.set(true);
    let outlook = foretold(&school, stick.path());
    let Tally { received, told, merged, .. } = outlook.tally;
    assert_eq!((received, told, merged), (1, 1, 1));
    assert!(outlook.fetch_bytes > 0);
    foretold(&laptop, stick.path());
}

#[test]
fn a_text_that_was_removed_everywhere_is_removed_there_and_on_the_other_computer() {
    let (stick, laptop) = World::new().begin(python("beginner"));
    write(&laptop, &[1, 2]);
    laptop.sync();
    let school = laptop.joined(2);
    school.sync();
    laptop.sync();
    let request = json!({"user_id": laptop.user, "chapter_id": 2, "everywhere": true});
    call(&laptop.engine, "remove_chapter", request);
    let outlook = foretold(&laptop, stick.path());
    assert_eq!((outlook.remove_there, outlook.remove_here, outlook.tally.told), (1, 0, 1));
    let outlook = foretold(&school, stick.path());
    assert_eq!((outlook.remove_here, outlook.tally.merged), (1, 1));
}

#[test]
fn a_computer_that_is_to_be_forgotten_and_what_nobody_mentions_are_told() {
    let (stick, laptop) = World::new().begin(python("beginner"));
    laptop.sync();
    let school = laptop.joined(2);
    school.sync();
    school.answer(skills(&[("python", "beginner"), ("cpp", "none")]));
    write(&school, &[1]);
    school.sync();
    laptop.sync();
    let computers = call(&laptop.engine, "list_computers", json!({"user_id": laptop.user}));
    let other = computers.as_array().unwrap().iter().find(|computer| computer["this_one"] == false).unwrap();
    let forget = json!({"user_id": laptop.user, "device_id": other["device_id"]});
    call(&laptop.engine, "forget_computer", forget);
    let outlook = foretold(&laptop, stick.path());
    assert_eq!((outlook.forget, outlook.send_replica), (1, true));

    let [mentioned] = chapters(stick.path()).try_into().unwrap();
    fs::write(mentioned.with_file_name("v7-0123456789abcdef.md"), "words that nobody knows of").unwrap();
    let mut swept = Vec::new();
    for level in ["beginner", "none", "beginner", "none", "beginner"] {
        laptop.computer.clock.fetch_add(8 * DAY_MS, Ordering::SeqCst);
        laptop.answer(skills(&[("python", "beginner"), ("cpp", level)]));
        swept.push(foretold(&laptop, stick.path()).sweep);
    }
    assert_eq!(swept, [0, 0, 0, 0, 1], "found after 8 days, and 32 days old after 40");
}

#[test]
fn of_a_newer_edition_only_the_files_that_are_not_here_are_told() {
    let (stick, laptop, _, mut teacher) = class();
    teacher.book().revise(1, 2);
    teacher.publish();
    let outlook = foretold(&laptop, stick.path());
    assert_eq!((outlook.tally.editions, outlook.book_files), (1, 2));
    assert_eq!(foretold(&laptop, stick.path()).tally.editions, 0);
}

#[test]
fn a_place_that_is_another_one_now_is_offered_everything_again() {
    let (stick, laptop) = World::new().begin(python("beginner"));
    write(&laptop, &[1, 2]);
    laptop.sync();
    let [own] = replicas(stick.path()).try_into().unwrap();
    fs::remove_file(own).unwrap();
    chapters(stick.path()).iter().for_each(|text| fs::remove_file(text).unwrap());
    let another = "{\"format\": 1, \"id\": \"0192f0c1-2345-4abc-8def-0123456789ab\"}\n";
    fs::write(stick.path().join("primer.json"), another).unwrap();
    let outlook = foretold(&laptop, stick.path());
    assert_eq!((outlook.send_replica, outlook.tally.sent), (true, 2));

    // The same place, in which only the replica is gone.
    let [own] = replicas(stick.path()).try_into().unwrap();
    fs::remove_file(own).unwrap();
    let outlook = foretold(&laptop, stick.path());
    assert_eq!((outlook.send_replica, outlook.tally.sent), (true, 2));
}

#[test]
fn a_copied_computer_would_go_on_under_another_name() {
    let (stick, laptop) = World::new().begin(python("beginner"));
    laptop.sync();
    let twin = laptop.copied();
    laptop.answer(skills(&[("python", "beginner"), ("cpp", "none")]));
    twin.answer(skills(&[("python", "beginner"), ("ros2", "advanced")]));
    laptop.sync();
    let outlook = foretold(&twin, stick.path());
    assert_eq!((outlook.tally.merged, outlook.send_replica), (1, true));
    assert_eq!(replicas(stick.path()).len(), 2);
    foretold(&laptop, stick.path());
}

#[test]
fn a_text_whose_file_is_damaged_here_is_not_told_to_be_sent() {
    let (stick, laptop) = World::new().begin(python("beginner"));
    write(&laptop, &[1, 2]);
    let blobs = laptop.computer.blobs();
    let damaged = folders::digests(&blobs).into_keys().find(|name| name.ends_with(".md")).unwrap();
    fs::write(blobs.join(damaged), "nonsense").unwrap();
    assert_eq!(foretold(&laptop, stick.path()).tally.sent, 1);
}

/// What two computers of a reader may do besides syncing.
fn act(desk: &Desk, seeded: &mut Seeded) {
    let chapter = 1 + seeded.below(3) as u32;
    match seeded.below(10) {
        0..=4 => drop(visit(&desk.engine, desk.user, chapter)),
        5 | 6 => {
            let levels = ["none", "advanced"];
            let of = [("python", *seeded.one_of(&levels)), ("cpp", *seeded.one_of(&levels))];
            desk.answer(skills(&of[..1 + seeded.below(2)]));
        }
        7 => {
            let everywhere = seeded.below(2) == 0;
            let request = json!({"user_id": desk.user, "chapter_id": chapter, "everywhere": everywhere});
            call(&desk.engine, "remove_chapter", request);
        }
        8 => desk.set(seeded.below(2) == 0),
        _ => drop(desk.computer.clock.fetch_add(8 * DAY_MS, Ordering::SeqCst)),
    }
}

#[test]
fn whatever_two_computers_do_each_sync_does_what_was_told() {
    let (mut told, mut lacking) = (0, 0);
    for seed in 0..12 {
        let mut seeded = Seeded::new(seed);
        let (stick, laptop) = World::new().begin(python("beginner"));
        let mut school = laptop.joined(2);
        // It has a newer book, so some of its texts can only be fetched.
        school.computer.book.revise(2, 2);
        school = school.restarted();
        for _ in 0..14 {
            let desk = *seeded.one_of(&[&laptop, &school]);
            (0..seeded.below(4)).for_each(|_| act(desk, &mut seeded));
            let before = (here(desk), folders::digests(stick.path()));
            let (asked, outlook, _) = dry(desk, 0, Supposed::default());
            assert_eq!((here(desk), folders::digests(stick.path())), before, "seed {seed}");
            let did = desk.sync_looking();
            if did.received < outlook.tally.received {
                // That a text is not there was not to be known, and what is said of it follows.
                assert_eq!(outlook.tally.merged, did.merged);
                lacking += 1;
                continue;
            }
            compare(&outlook, &asked, &did, &fs::read(stick.path().join("primer.json")).unwrap());
            told += u32::from(outlook.requests > 0);
        }
    }
    assert!(told > 60 && lacking < told / 10, "{told} {lacking}");
}

#[test]
fn with_two_places_the_second_is_told_of_as_it_is_after_the_first() {
    let (first, laptop) = World::new().begin(python("beginner"));
    let second = tempfile::tempdir().unwrap();
    let add_second = |desk: &Desk| {
        let location = json!({"kind": "folder", "path": second.path()});
        call(&desk.engine, "add_remote", json!({"user_id": desk.user, "location": location}));
    };
    write(&laptop, &[1, 2, 3]);
    laptop.sync();
    let school = laptop.joined(2);
    add_second(&school);
    let (asked_first, outlook_first, supposed) = dry(&school, 0, Supposed::default());
    let (asked_second, outlook_second, _) = dry(&school, 1, supposed);
    let did = school.sync_looking();
    compare(&outlook_first, &asked_first, &did, &fs::read(first.path().join("primer.json")).unwrap());
    let did = school.try_sync_as(1, SyncWish { dry: false, look_for_book: true }).unwrap();
    compare(&outlook_second, &asked_second, &did, &fs::read(second.path().join("primer.json")).unwrap());
    assert_eq!((outlook_first.tally.written, outlook_first.tally.sent), (3, 0));
    assert_eq!((outlook_second.tally.written, outlook_second.tally.sent), (0, 3));
    assert_eq!(outlook_second.tally.merged, 0);

    // What the first place brings goes on to the second, which was left with nothing to do.
    laptop.answer(python("advanced"));
    laptop.sync();
    let (_, _, supposed) = dry(&school, 0, Supposed::default());
    let (_, outlook, _) = dry(&school, 1, supposed);
    school.sync_looking();
    let did = school.try_sync_as(1, SyncWish { dry: false, look_for_book: true }).unwrap();
    assert_eq!((outlook.tally.told, did.told), (1, 1));
    visit(&laptop.engine, laptop.user, 1);
    laptop.sync();
    let (_, outlook, supposed) = dry(&school, 0, Supposed::default());
    assert_eq!((outlook.tally.written, school.sync_looking().written), (1, 1));
    let (_, passed_on, _) = dry(&school, 1, supposed);
    let did = school.try_sync_as(1, SyncWish { dry: false, look_for_book: true }).unwrap();
    assert_eq!(passed_on.tally.sent, did.sent);
}
