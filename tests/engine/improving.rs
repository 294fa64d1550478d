//! A rewritten chapter that is to be rewritten again: the second text wins everywhere, and the first can be opened again.

use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use primer_domain::freshness::Freshness;
use primer_domain::ids::ChapterId;
use primer_engine::api::ErrorCode;
use primer_engine::rewriting::{Manner, Queue, Report, RewriteError, Turn};
use serde_json::{Value, json};

use crate::desk::{Desk, World, chapters, replicas};
use crate::queue::{Waiting, waiting};
use crate::rewriting::{impatient, rewrite, set_model};
use crate::world::model_server::{ModelServer, Say, in_other_words, refusal};
use crate::world::{database, folders, is_sentence, python};
use crate::{assert_visit, call, refused, visit};

/// Each rewriting of chapter 1 has another word in it.
fn ever_new() -> ModelServer {
    const WORDS: [&str; 4] = ["Gently", "Calmly", "Quietly", "Evenly"];
    let number = AtomicUsize::new(0);
    ModelServer::making(move |section| {
        let word = WORDS[number.fetch_add(1, Ordering::SeqCst) % WORDS.len()];
        in_other_words(section).replace("Slowly", word)
    })
}

fn improve(desk: &Desk) -> Result<Report, RewriteError> {
    desk.engine.rewrite(desk.user, ChapterId(1), &Manner { again: true, ..impatient() }, &mut |_| {})
}

fn shown(desk: &Desk) -> String {
    assert_visit(&desk.engine, desk.user, 1, Freshness::Fresh, false).markdown
}

fn undo(desk: &Desk) -> Value {
    call(&desk.engine, "undo_rewrite", json!({"user_id": desk.user, "chapter_id": 1}))
}

fn earlier(desk: &Desk) -> usize {
    database::dump(&desk.computer.data(), "earlier_rewrites").len()
}

/// Until both have seen what the other did.
fn sync_both(one: &Desk, other: &Desk) {
    for _ in 0..3 {
        one.sync();
        other.sync();
    }
}

fn assert_settled(desks: &[&Desk]) {
    for desk in desks {
        assert_eq!(desk.sync().requests, 1, "there is nothing left to do");
        assert_eq!(desk.status()["waiting"], 0);
    }
}

/// Two computers that know of one another, and a rewritten chapter on the first.
fn two() -> (tempfile::TempDir, Desk, Desk) {
    let (stick, laptop) = World::new().begin(python("beginner"));
    set_model(&laptop.engine, laptop.user, &ever_new());
    rewrite(&laptop.engine, laptop.user, 1).unwrap();
    laptop.sync();
    let school = laptop.joined(2);
    school.sync();
    (stick, laptop, school)
}

#[test]
fn an_improved_text_takes_the_place_of_the_first_on_all_computers() {
    let (stick, laptop, school) = two();
    assert!(shown(&school).contains("Gently"));
    let report = improve(&laptop).unwrap();
    assert_eq!((report.rewritten_sections, report.stored.is_some()), (1, true));
    assert!(shown(&laptop).contains("Calmly"));
    sync_both(&laptop, &school);
    assert!(shown(&laptop).contains("Calmly"));
    assert!(shown(&school).contains("Calmly"));
    assert_settled(&[&laptop, &school]);
    // The first is here only, and in the bucket no more.
    assert_eq!((earlier(&laptop), earlier(&school)), (1, 0));
    let first = |text: &[u8]| String::from_utf8_lossy(text).contains("Gently");
    assert!(folders::files(&laptop.computer.blobs()).values().any(|text| first(text)));
    assert!(!folders::files(&school.computer.blobs()).values().any(|text| first(text)));
    assert!(chapters(stick.path()).iter().all(|file| !first(&fs::read(file).unwrap())));
    // What is known of both is still known.
    assert_eq!(database::dump(&laptop.computer.data(), "rewrites").len(), 2);
    // It survives a start, and so does the rest.
    let laptop = laptop.restarted();
    laptop.engine.tidy().unwrap();
    assert!(shown(&laptop).contains("Calmly"));
    assert_settled(&[&laptop]);
}

#[test]
fn undoing_an_improvement_opens_the_first_again_on_all_computers_and_can_be_undone_itself() {
    let (_stick, laptop, school) = two();
    improve(&laptop).unwrap();
    sync_both(&laptop, &school);
    for word in ["Gently", "Calmly", "Gently"] {
        let before =
            call(&laptop.engine, "rewriting_status", json!({"user_id": laptop.user}))["changes"].clone();
        assert_ne!(undo(&laptop)["changes"], before);
        assert!(shown(&laptop).contains(word), "{word}: {}", shown(&laptop));
        sync_both(&laptop, &school);
        assert!(shown(&laptop).contains(word) && shown(&school).contains(word), "{word}");
        assert_settled(&[&laptop, &school]);
        assert_eq!(earlier(&laptop), 1);
    }
}

#[test]
fn an_improved_text_is_not_lost_to_an_earlier_first_one_that_a_computer_made_offline() {
    let (_stick, laptop) = World::new().begin(python("beginner"));
    let school = laptop.joined(2);
    sync_both(&laptop, &school);
    // Offline, and before anybody else.
    let server = ModelServer::making(|section| in_other_words(section).replace("Slowly", "Early"));
    set_model(&school.engine, school.user, &server);
    rewrite(&school.engine, school.user, 1).unwrap();
    for desk in [&laptop, &school] {
        desk.computer.clock.fetch_add(60_000, Ordering::SeqCst);
    }
    set_model(&laptop.engine, laptop.user, &ever_new());
    rewrite(&laptop.engine, laptop.user, 1).unwrap();
    improve(&laptop).unwrap();
    assert!(shown(&laptop).contains("Calmly") && shown(&school).contains("Early"));
    sync_both(&laptop, &school);
    assert!(shown(&laptop).contains("Calmly") && shown(&school).contains("Calmly"));
    assert_settled(&[&laptop, &school]);
    // What is improved there is improved once more.
    improve(&school).unwrap();
    // In the words of the first one: the same text counts as the improvement from now on.
    let counts = school.engine.stored_texts().unwrap().into_iter().map(|text| text.improvements).max();
    assert_eq!(counts, Some(2));
    sync_both(&laptop, &school);
    assert!(shown(&laptop).contains("Early") && shown(&school).contains("Early"));
    assert_settled(&[&laptop, &school]);
}

#[test]
fn an_improvement_that_no_sync_has_seen_yet_is_undone_as_well() {
    let (_stick, laptop, school) = two();
    improve(&laptop).unwrap();
    undo(&laptop);
    sync_both(&laptop, &school);
    assert!(shown(&laptop).contains("Gently") && shown(&school).contains("Gently"));
    assert_settled(&[&laptop, &school]);
}

#[test]
fn a_second_improvement_lets_the_first_text_go() {
    let (_stick, laptop, school) = two();
    improve(&laptop).unwrap();
    improve(&laptop).unwrap();
    assert!(shown(&laptop).contains("Quietly"));
    assert_eq!((earlier(&laptop), laptop.stored()), (1, 3));
    sync_both(&laptop, &school);
    assert!(shown(&school).contains("Quietly"));
    undo(&laptop);
    assert!(shown(&laptop).contains("Calmly"));
    sync_both(&laptop, &school);
    assert!(shown(&school).contains("Calmly"));
    assert_settled(&[&laptop, &school]);
}

#[test]
fn what_another_computer_rewrote_can_be_improved_here() {
    let (_stick, laptop, school) = two();
    set_model(
        &school.engine,
        school.user,
        &ModelServer::making(|section| in_other_words(section).replace("Slowly", "Softly")),
    );
    improve(&school).unwrap();
    assert!(shown(&school).contains("Softly"));
    sync_both(&laptop, &school);
    assert!(shown(&laptop).contains("Softly"));
    undo(&school);
    sync_both(&laptop, &school);
    assert!(shown(&laptop).contains("Gently") && shown(&school).contains("Gently"));
    assert_settled(&[&laptop, &school]);
}

#[test]
fn an_undone_rewriting_is_in_the_bucket_as_soon_as_the_computer_that_undid_it_has_synced() {
    for laptop_heard in [false, true] {
        let (stick, laptop, school) = two();
        // Chapter 1 as the laptop rewrote it, improved at school, and undone there.
        set_model(
            &school.engine,
            school.user,
            &ModelServer::making(|section| in_other_words(section).replace("Slowly", "Softly")),
        );
        improve(&school).unwrap();
        school.sync();
        if laptop_heard {
            laptop.sync();
            let mentioned = replicas(stick.path()).into_iter().map(|file| fs::read_to_string(file).unwrap());
            let gone = |text: &String| !text.contains(&format!("\"1/v1-{}\"", first_digest(&school)));
            assert!(mentioned.into_iter().all(|text| gone(&text)), "who hears of it mentions it no more");
        }
        undo(&school);
        assert_eq!(school.status()["waiting"], 3, "two registers, and the text that was deleted there");
        school.sync();
        assert_eq!(school.status()["waiting"], 0);
        let there: Vec<String> =
            chapters(stick.path()).iter().map(|file| fs::read_to_string(file).unwrap()).collect();
        assert!(there.iter().any(|text| text.contains("Gently")), "{laptop_heard}");
        assert!(!there.iter().any(|text| text.contains("Softly")));
        // A computer that comes new to it has it at once.
        let home = laptop.joined(3);
        home.sync();
        assert!(shown(&home).contains("Gently"));
    }
}

/// Of the file of chapter 1 that has the first rewriting in it.
fn first_digest(desk: &Desk) -> String {
    let files = folders::files(&desk.computer.blobs());
    let is_first = |text: &[u8]| String::from_utf8_lossy(text).contains("Gently");
    let (name, _) = files.iter().find(|(_, text)| is_first(text)).unwrap();
    name.rsplit('-').next().unwrap().trim_end_matches(".md").to_owned()
}

#[test]
fn the_text_without_a_model_is_one_step_away_from_an_improved_one() {
    let (_stick, laptop, school) = two();
    improve(&laptop).unwrap();
    let discarded = call(&laptop.engine, "discard_rewrite", json!({"user_id": laptop.user, "chapter_id": 1}));
    assert_eq!(discarded["texts"], 2);
    sync_both(&laptop, &school);
    // The other computer had only the rewritten ones, and writes it now.
    for desk in [&laptop, &school] {
        assert!(!visit(&desk.engine, desk.user, 1).markdown.contains("primer:rewritten"));
    }
    sync_both(&laptop, &school);
    assert_eq!(earlier(&laptop), 0);
    assert_settled(&[&laptop, &school]);
    let error = refused(&laptop.engine, "undo_rewrite", json!({"user_id": laptop.user, "chapter_id": 1}));
    assert_eq!(error.code, ErrorCode::InvalidRequest);
    assert!(is_sentence(&error.message) && is_sentence(&error.hint), "{error}");
}

#[test]
fn an_improvement_that_fails_or_says_the_same_leaves_the_first() {
    let (_stick, laptop, _school) = two();
    let first = shown(&laptop);
    let same = ModelServer::making(|section| in_other_words(section).replace("Slowly", "Gently"));
    let answers = [
        ModelServer::start(|_, _| Say(refusal("500 Internal Server Error", "", "", "out of memory"))),
        ModelServer::making(|_| "I'm sorry, but I can't help with that.".to_owned()),
        same,
    ];
    for server in &answers {
        set_model(&laptop.engine, laptop.user, server);
        let improved = improve(&laptop);
        assert!(improved.map_or(true, |report| report.stored.is_none()));
        assert_eq!(shown(&laptop), first);
        assert_eq!((earlier(&laptop), laptop.stored()), (0, 2));
    }
}

#[test]
fn the_earlier_text_leaves_by_the_quota_before_what_is_shown() {
    let (_stick, laptop, _school) = two();
    improve(&laptop).unwrap();
    laptop.engine.evict(0).unwrap();
    assert!(shown(&laptop).contains("Calmly"));
    assert_eq!(earlier(&laptop), 0);
    assert_eq!(database::dump(&laptop.computer.data(), "rewrites").len(), 1);
    refused(&laptop.engine, "undo_rewrite", json!({"user_id": laptop.user, "chapter_id": 1}));
}

#[test]
fn an_earlier_text_that_is_damaged_is_not_opened_again() {
    let (_stick, laptop, _school) = two();
    improve(&laptop).unwrap();
    for (name, bytes) in folders::files(&laptop.computer.blobs()) {
        if String::from_utf8_lossy(&bytes).contains("Gently") {
            fs::write(laptop.computer.blobs().join(name), "rubbish").unwrap();
        }
    }
    refused(&laptop.engine, "undo_rewrite", json!({"user_id": laptop.user, "chapter_id": 1}));
    assert!(shown(&laptop).contains("Calmly"));
}

#[test]
fn a_wish_to_improve_is_fulfilled_once_and_survives_a_start() {
    let server = ever_new();
    let world = waiting(&server);
    world.wish(1, false);
    world.turns();
    assert!(world.text(1).contains("Gently"));
    let status = world.wish(1, true);
    assert_eq!(status["waiting"][0]["again"], true);
    let Waiting { computer, engine, user, queue } = world;
    drop((engine, queue));
    let engine = Arc::new(computer.start());
    let queue = Queue::new(Arc::clone(&engine), impatient().patience);
    let world = Waiting { computer, engine, user, queue };
    assert_eq!(world.turns(), (vec![1], Turn::Idle));
    assert!(world.text(1).contains("Calmly"));
    assert_eq!(server.asked().len(), 2);
}

#[test]
fn a_wish_to_improve_the_text_of_another_background_is_a_wish_like_any_other() {
    let server = ever_new();
    let world = waiting(&server);
    world.wish(1, false);
    crate::answer(&world.engine, world.user, python("none"));
    rewrite(&world.engine, world.user, 1).unwrap();
    let asked = server.asked().len();
    crate::answer(&world.engine, world.user, python("beginner"));
    rewrite(&world.engine, world.user, 1).unwrap();
    world.wish(1, true);
    crate::answer(&world.engine, world.user, python("none"));
    assert_eq!(world.turns(), (vec![], Turn::Idle));
    assert_eq!(server.asked().len(), asked + 1);
}
