//! What two computers of one reader come to agree on through a folder.

use std::cell::Cell;
use std::fs;
use std::sync::Arc;

use primer_domain::freshness::Freshness;
use primer_engine::api::{SyncWish, direct};
use serde_json::json;

use crate::desk::{Desk, World, chapters, forge, objects, replicas, skills};
use crate::world::{folders, is_sentence, python};
use crate::{Computer, assert_visit, call, listed, reader, refused};

#[test]
fn what_is_edited_offline_on_two_computers_survives_on_both() {
    let (_stick, laptop) = World::new().begin(python("beginner"));
    laptop.sync();
    let school = laptop.joined(2);
    school.sync();
    assert_eq!(school.background(), laptop.background());

    laptop.answer(skills(&[("python", "beginner"), ("ros2", "advanced")]));
    let mut theirs = skills(&[("python", "intermediate")]);
    theirs["hardware_access"] = json!(["lidar"]);
    theirs["learning_goals"] = json!(["hobby"]);
    school.answer(theirs);
    laptop.sync();
    school.sync();
    laptop.sync();

    let mut both = skills(&[("python", "intermediate"), ("ros2", "advanced")]);
    both["hardware_access"] = json!(["lidar"]);
    both["learning_goals"] = json!(["hobby"]);
    assert_eq!(laptop.background(), both);
    assert_eq!(school.background(), both);
    assert_eq!(laptop.hash(), school.hash());
}

#[test]
fn a_skill_that_was_removed_stays_removed_and_the_last_one_can_not_go() {
    let (_stick, laptop) = World::new().begin(skills(&[("cpp", "none"), ("python", "beginner")]));
    laptop.sync();
    let school = laptop.joined(2);
    school.sync();
    laptop.answer(skills(&[("cpp", "none")]));
    school.answer(skills(&[("python", "beginner")]));
    laptop.sync();
    school.sync();
    laptop.sync();
    // Each removed what the other kept; the one that was removed last is kept after all.
    assert_eq!(laptop.background(), school.background());
    assert_eq!(laptop.background()["software_experience"].as_object().unwrap().len(), 1);
}

#[test]
fn answers_that_change_while_texts_are_under_way_have_theirs_looked_for_in_the_next_sync() {
    let (_stick, laptop) = World::new().begin(python("advanced"));
    assert_visit(&laptop.engine, laptop.user, 1, Freshness::Missing, true);
    laptop.answer(python("beginner"));
    laptop.sync();
    let school = laptop.joined(2);
    school.sync();
    // Something of its own to send, so that there is a while in which texts are under way.
    assert_visit(&school.engine, school.user, 2, Freshness::Missing, true);
    let changed = Cell::new(false);
    let report = school.try_sync_meanwhile(0, SyncWish::default(), |progress| {
        if progress.total > 0 && !changed.replace(true) {
            school.answer(python("advanced"));
        }
    });
    assert!(changed.get() && report.unwrap().written == 0);

    let report = school.sync();
    assert_eq!((report.written, report.received, report.requests), (1, 0, 1));
    assert_visit(&school.engine, school.user, 1, Freshness::Fresh, false);
    assert_eq!(school.sync().requests, 1);
}

#[test]
fn a_text_that_says_this_program_made_it_and_did_not_is_neither_fetched_nor_shown() {
    let (stick, laptop) = World::new().begin(python("beginner"));
    assert_visit(&laptop.engine, laptop.user, 1, Freshness::Missing, true);
    laptop.sync();
    let school = laptop.joined(2);
    let [file] = &chapters(stick.path())[..] else { panic!("one text") };
    forge(stick.path(), file, |text| {
        text.replace("chapter one.", "chapter one. Send your password to evil.example.")
    });

    let report = school.sync();
    assert_eq!((report.written, report.received), (0, 0));
    let visit = assert_visit(&school.engine, school.user, 1, Freshness::Missing, true);
    assert!(visit.markdown.contains("Common words of chapter one.") && !visit.markdown.contains("evil"));
    // What this computer made itself goes to the others, the other text stays where it is.
    school.sync();
    assert_eq!(school.sync().requests, 1);
    assert_visit(&school.engine, school.user, 1, Freshness::Fresh, false);
    assert_eq!(school.stored(), 1);
}

#[test]
fn a_sync_with_nothing_to_do_is_one_request() {
    let (_stick, laptop) = World::new().begin(python("beginner"));
    for chapter in 1..=3 {
        assert_visit(&laptop.engine, laptop.user, chapter, Freshness::Missing, true);
    }
    laptop.sync();
    let school = laptop.joined(2);
    school.sync();
    laptop.sync();
    for desk in [&laptop, &school] {
        let report = desk.sync();
        assert_eq!((report.requests, report.sent_bytes), (1, 0));
        assert_eq!(desk.status()["state"], "up_to_date");
    }
}

#[test]
fn an_edit_is_told_in_two_requests_and_its_stale_chapters_say_so() {
    let (_stick, laptop) = World::new().begin(python("beginner"));
    laptop.sync();
    let school = laptop.joined(2);
    school.sync();
    laptop.sync();
    assert_visit(&school.engine, school.user, 1, Freshness::Missing, true);
    school.sync();
    laptop.answer(python("advanced"));
    assert_eq!(laptop.status()["waiting"], 1);
    let report = laptop.sync();
    // The list, the other computer's news, and what this one has to say.
    assert_eq!((report.requests, report.sent), (3, 0));
    school.sync();
    assert_eq!(listed(&school.engine, school.user, 1), "stale_profile");
}

#[test]
fn a_text_that_this_computer_can_write_is_not_fetched() {
    let (stick, laptop) = World::new().begin(python("beginner"));
    assert_visit(&laptop.engine, laptop.user, 1, Freshness::Missing, true);
    assert_eq!(laptop.sync().sent, 1);
    assert_eq!(chapters(stick.path()).len(), 1);
    let school = laptop.joined(2);
    let report = school.sync();
    assert_eq!((report.written, report.received), (1, 0));
    assert_visit(&school.engine, school.user, 1, Freshness::Fresh, false);
}

#[test]
fn a_text_of_another_edition_is_fetched_only_if_older_ones_are_wanted() {
    let (_stick, mut laptop) = World::new().begin(python("beginner"));
    let old = assert_visit(&laptop.engine, laptop.user, 1, Freshness::Missing, true);
    laptop.computer.book.revise(1, 2);
    laptop = laptop.restarted();
    assert_visit(&laptop.engine, laptop.user, 1, Freshness::StaleSource, true);
    assert_eq!(laptop.sync().sent, 2);

    let mut school = laptop.joined(2);
    school.computer.book.revise(1, 2);
    school = school.restarted();
    assert_eq!(school.sync().received, 0);
    assert_eq!(school.stored(), 1);
    school.set(true);
    assert_eq!(school.sync().received, 1);
    let text = fs::read_to_string(school.computer.blobs().join(old.path.to_string())).unwrap();
    assert_eq!(text, old.markdown);
    assert_eq!(listed(&school.engine, school.user, 1), "fresh");
}

#[test]
fn a_text_from_a_newer_book_is_fetched_and_opened() {
    let (_stick, mut laptop) = World::new().begin(python("beginner"));
    laptop.computer.book.revise(1, 2);
    laptop = laptop.restarted();
    let newer = assert_visit(&laptop.engine, laptop.user, 1, Freshness::Missing, true);
    laptop.sync();
    let school = laptop.joined(2);
    assert_eq!(school.sync().received, 1);
    let opened = assert_visit(&school.engine, school.user, 1, Freshness::NewerSource, false);
    assert_eq!(opened.markdown, newer.markdown);
}

#[test]
fn two_computers_from_one_copied_data_folder_lose_nothing() {
    let (stick, laptop) = World::new().begin(python("beginner"));
    laptop.sync();
    let twin = laptop.copied();

    laptop.answer(skills(&[("python", "beginner"), ("cpp", "none")]));
    twin.answer(skills(&[("python", "beginner"), ("ros2", "advanced")]));
    laptop.sync();
    twin.sync();
    laptop.sync();
    twin.sync();
    let all = skills(&[("cpp", "none"), ("python", "beginner"), ("ros2", "advanced")]);
    assert_eq!(laptop.background(), all);
    assert_eq!(twin.background(), all);
    assert_eq!(replicas(stick.path()).len(), 2, "each writes under a name of its own");
    assert_eq!((laptop.sync().requests, twin.sync().requests), (1, 1));
}

#[test]
fn a_computer_brought_back_from_an_older_copy_gets_its_own_edits_back() {
    let (_stick, mut laptop) = World::new().begin(python("beginner"));
    laptop.sync();
    let copy = tempfile::tempdir().unwrap();
    folders::copy(&laptop.computer.data(), copy.path());
    laptop.answer(skills(&[("python", "beginner"), ("cpp", "advanced")]));
    laptop.sync();
    let Desk { computer, engine, user } = laptop;
    drop(engine);
    fs::remove_dir_all(computer.data()).unwrap();
    folders::copy(copy.path(), &computer.data());
    laptop = Desk { engine: Arc::new(computer.start()), computer, user };
    assert_eq!(laptop.background(), python("beginner"));
    laptop.sync();
    assert_eq!(laptop.background(), skills(&[("python", "beginner"), ("cpp", "advanced")]));
    laptop.sync();
    assert_eq!(laptop.sync().requests, 1);
}

#[test]
fn a_replica_that_cannot_be_read_is_told_and_keeps_nobody_from_syncing() {
    let (stick, laptop) = World::new().begin(python("beginner"));
    laptop.sync();
    let school = laptop.joined(2);
    school.sync();
    let own = replicas(stick.path());
    let theirs: Vec<_> =
        own.iter().filter(|file| !fs::read_to_string(file).unwrap().contains("\"cpp\"")).collect();
    for file in theirs {
        fs::write(file, b"{\"format\": 1, \"registers\": \"<script>\"}").unwrap();
    }
    laptop.answer(skills(&[("python", "beginner"), ("cpp", "none")]));
    laptop.sync();
    let troubled = |desk: &Desk| {
        let computers = call(&desk.engine, "list_computers", json!({"user_id": desk.user}));
        computers.as_array().unwrap().iter().any(|computer| computer["trouble"].is_string())
    };
    assert!(troubled(&laptop));
    school.answer(skills(&[("python", "beginner"), ("ros2", "none")]));
    school.sync();
    laptop.sync();
    school.sync();
    laptop.sync();
    let all = skills(&[("cpp", "none"), ("python", "beginner"), ("ros2", "none")]);
    assert_eq!((laptop.background(), school.background()), (all.clone(), all));
    // Written anew, each is of use again.
    assert!(!troubled(&laptop));
    assert_eq!(laptop.sync().requests, 1);
}

#[test]
fn a_text_that_is_damaged_in_the_remote_is_sent_again_by_who_has_it() {
    let (stick, mut laptop) = World::new().begin(python("beginner"));
    laptop.computer.book.revise(1, 2);
    laptop = laptop.restarted();
    let good = assert_visit(&laptop.engine, laptop.user, 1, Freshness::Missing, true);
    laptop.sync();
    let [file] = chapters(stick.path()).try_into().unwrap();
    fs::write(&file, b"nonsense").unwrap();
    let school = laptop.joined(2);
    assert_eq!(school.sync().received, 0);
    assert_eq!(laptop.sync().sent, 1);
    assert_eq!(fs::read_to_string(&file).unwrap(), good.markdown);
    assert_eq!(school.sync().received, 1);
    laptop.sync();
    school.sync();
    assert_eq!((laptop.sync().requests, school.sync().requests), (1, 1));
}

#[test]
fn a_computer_that_is_forgotten_leaves_what_it_made() {
    let (stick, laptop) = World::new().begin(python("beginner"));
    laptop.sync();
    let school = laptop.joined(2);
    school.sync();
    school.answer(skills(&[("python", "beginner"), ("cpp", "none")]));
    let text = assert_visit(&school.engine, school.user, 1, Freshness::Missing, true);
    school.sync();
    laptop.sync();
    let computers = call(&laptop.engine, "list_computers", json!({"user_id": laptop.user}));
    let other = computers.as_array().unwrap().iter().find(|computer| computer["this_one"] == false).unwrap();
    let itself = json!({"user_id": laptop.user, "device_id": computers[0]["device_id"]});
    assert!(is_sentence(&refused(&laptop.engine, "forget_computer", itself).message));
    let forget = json!({"user_id": laptop.user, "device_id": other["device_id"]});
    call(&laptop.engine, "forget_computer", forget.clone());
    laptop.sync();
    let [own] = replicas(stick.path()).try_into().unwrap();
    let own = fs::read_to_string(own).unwrap();
    assert!(own.contains("skill/cpp") && own.contains(&text.path.digest.to_string()), "{own}");
    assert!(is_sentence(&refused(&laptop.engine, "forget_computer", forget).message));
    // It comes back and is a computer like any other.
    school.answer(skills(&[("python", "beginner"), ("cpp", "advanced")]));
    school.sync();
    laptop.sync();
    assert_eq!(laptop.background(), school.background());
    assert_eq!(replicas(stick.path()).len(), 2);
}

#[test]
fn removing_here_and_removing_everywhere_are_two_things() {
    let (stick, laptop) = World::new().begin(python("beginner"));
    assert_visit(&laptop.engine, laptop.user, 1, Freshness::Missing, true);
    assert_visit(&laptop.engine, laptop.user, 2, Freshness::Missing, true);
    laptop.sync();
    let school = laptop.joined(2);
    school.sync();
    laptop.sync();
    let remove = |chapter: u32, everywhere: bool| {
        let request = json!({"user_id": laptop.user, "chapter_id": chapter, "everywhere": everywhere});
        call(&laptop.engine, "remove_chapter", request);
    };
    remove(1, false);
    assert_eq!(laptop.stored(), 1);
    remove(2, true);
    assert_eq!(laptop.stored(), 0);
    laptop.sync();
    assert_eq!(chapters(stick.path()).len(), 1, "the one removed only here is still there");
    school.sync();
    assert_eq!(school.stored(), 1);
    // Written anew, it is wanted again, everywhere.
    assert_visit(&school.engine, school.user, 2, Freshness::Missing, true);
    school.sync();
    assert_eq!(chapters(stick.path()).len(), 2);
    laptop.sync();
    laptop.sync();
    school.sync();
    assert_eq!((laptop.sync().requests, school.sync().requests), (1, 1));
    assert_visit(&laptop.engine, laptop.user, 2, Freshness::Fresh, false);
}

#[test]
fn a_chapter_removed_from_this_computer_stays_away_whatever_else_syncs_until_it_is_opened() {
    let (_stick, laptop) = World::new().begin(python("beginner"));
    for chapter in [1, 2] {
        assert_visit(&laptop.engine, laptop.user, chapter, Freshness::Missing, true);
    }
    laptop.sync();
    let school = laptop.joined(2);
    school.sync();
    assert_eq!(school.stored(), 2);
    call(
        &school.engine,
        "remove_chapter",
        json!({"user_id": school.user, "chapter_id": 1, "everywhere": false}),
    );
    assert_eq!(school.sync().requests, 1, "nothing is asked for its sake");
    // News from the other computer, an edit here, other answers, and older texts too.
    assert_visit(&laptop.engine, laptop.user, 3, Freshness::Missing, true);
    laptop.answer(python("advanced"));
    assert_visit(&laptop.engine, laptop.user, 1, Freshness::StaleProfile, true);
    laptop.sync();
    let mut background = python("beginner");
    background["hardware_access"] = json!(["lidar"]);
    school.answer(background);
    for older_too in [false, true, true] {
        school.set(older_too);
        school.sync();
    }
    let stored = school.engine.stored_texts().unwrap();
    assert!(stored.iter().all(|text| text.path.chapter_id.0 != 1), "{stored:?}");
    assert!(stored.iter().any(|text| text.path.chapter_id.0 == 3));
    // Opened, it is a chapter like any other: what the other computers have of it comes as well.
    assert_visit(&school.engine, school.user, 1, Freshness::Missing, true);
    school.sync();
    let stored = school.engine.stored_texts().unwrap();
    assert_eq!(stored.iter().filter(|text| text.path.chapter_id.0 == 1).count(), 3, "{stored:?}");
}

#[test]
fn a_reader_who_answered_on_the_second_computer_already_is_merged() {
    let (_stick, laptop) = World::new().begin(skills(&[("python", "advanced")]));
    laptop.sync();
    let computer = Computer::numbered(2);
    let engine = Arc::new(computer.start());
    let other = reader(&engine, "Amina at school", skills(&[("ros2", "beginner")]));
    let position = json!({"user_id": other, "chapter_id": 1, "position": "p-3", "progress": 0.5});
    call(&engine, "save_position", position);
    let file = call(&laptop.engine, "export_computer", json!({"user_id": laptop.user})).to_string();
    let joined = call(&engine, "join_reader", json!({"file": file, "merge_user_id": other}));
    assert_eq!(joined["merged_name"], "Amina at school");
    let school = Desk { computer, engine, user: laptop.user };
    school.sync();
    laptop.sync();
    let both = skills(&[("python", "advanced"), ("ros2", "beginner")]);
    assert_eq!((laptop.background(), school.background()), (both.clone(), both));
    let readers = call(&school.engine, "startup", json!({}))["readers"].clone();
    assert_eq!(readers, json!([{"id": laptop.user, "name": "Amina"}]));
    let page = call(&school.engine, "open_chapter", json!({"user_id": school.user, "chapter_id": 1}));
    assert_eq!(page["position"], "p-3");
}

#[test]
fn a_new_name_travels() {
    let (_stick, laptop) = World::new().begin(python("none"));
    laptop.sync();
    let school = laptop.joined(2);
    school.sync();
    call(&laptop.engine, "rename_reader", json!({"user_id": laptop.user, "name": "Amina B."}));
    laptop.sync();
    school.sync();
    assert_eq!(call(&school.engine, "startup", json!({}))["reader"]["name"], "Amina B.");
}

#[test]
fn a_place_set_up_by_a_newer_primer_is_told_and_left_alone() {
    let (stick, laptop) = World::new().begin(python("none"));
    let newer = b"{\"format\": 7, \"id\": \"0192f0c1-2345-7abc-8def-0123456789ab\"}";
    fs::write(stick.path().join("primer.json"), newer).unwrap();
    let told = laptop.try_sync().unwrap_err();
    assert!(told.contains("newer Primer"), "{told}");
    assert_eq!(laptop.status()["state"], "needs_you");
    assert_eq!(objects(stick.path()), ["primer.json"]);
}

#[test]
fn a_reader_taken_off_this_computer_can_come_back_with_everything() {
    let (stick, laptop) = World::new().begin(python("beginner"));
    assert_visit(&laptop.engine, laptop.user, 1, Freshness::Missing, true);
    laptop.sync();
    let file = call(&laptop.engine, "export_computer", json!({"user_id": laptop.user})).to_string();
    let before = objects(stick.path());
    call(&laptop.engine, "remove_reader", json!({"user_id": laptop.user}));
    assert!(direct::all(&laptop.engine).unwrap().is_empty());
    assert_eq!(laptop.stored(), 0);
    assert_eq!(objects(stick.path()), before);
    call(&laptop.engine, "join_reader", json!({"file": file, "merge_user_id": null}));
    laptop.sync();
    assert_eq!(laptop.background(), python("beginner"));
    assert_eq!(listed(&laptop.engine, laptop.user, 1), "fresh");
}
