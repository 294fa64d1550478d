//! Rewritten texts between computers: all agree on one, none is believed unseen, and undoing goes everywhere.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, mpsc};

use primer_domain::freshness::Freshness;
use primer_domain::ids::ChapterId;
use primer_engine::model::Patience;
use primer_engine::rewriting::{Queue, Turn};
use serde_json::json;

use crate::desk::{Desk, World, chapters, forge};
use crate::rewriting::{TWO_SECTIONS, rewrite, set_model};
use crate::world::model_server::{ModelServer, STREAM, SayAndHang, in_other_words};
use crate::world::{database, python};
use crate::{answer, assert_visit, call};

fn shown(desk: &Desk, chapter: u32) -> String {
    assert_visit(&desk.engine, desk.user, chapter, Freshness::Fresh, false).markdown
}

#[test]
fn a_rewritten_text_is_what_the_other_computer_shows_too() {
    let (_stick, laptop) = World::new().begin(python("beginner"));
    let server = ModelServer::making(in_other_words);
    set_model(&laptop.engine, laptop.user, &server);
    rewrite(&laptop.engine, laptop.user, 1).unwrap();
    laptop.sync();
    let school = laptop.joined(2);
    school.sync();
    assert_eq!(shown(&school, 1), shown(&laptop, 1));
    assert!(shown(&school, 1).contains("primer:rewritten"));
    // Neither the setting nor the key has travelled, and nothing is asked to show it.
    assert_eq!(
        call(&school.engine, "model_settings", json!({"user_id": school.user})),
        json!({"model": null})
    );
    assert_eq!(rewrite_error(&school), "No model server is set, and none is asked until you set one.");
    assert_eq!(server.asked().len(), 1);
    assert_eq!(laptop.sync().requests, 2);
    assert_eq!(school.sync().requests, 1);
}

#[test]
fn what_is_being_rewritten_stops_when_other_answers_come_from_another_computer() {
    let (_stick, laptop) = World::new().begin(python("beginner"));
    laptop.sync();
    let school = laptop.joined(2);
    school.sync();
    let (arrived, arrives) = mpsc::channel();
    let server = ModelServer::start(move |_, _| {
        arrived.send(()).unwrap();
        SayAndHang(STREAM.to_owned())
    });
    set_model(&laptop.engine, laptop.user, &server);
    call(&laptop.engine, "wish_rewrite", json!({"user_id": laptop.user, "chapter_id": 1, "again": false}));
    let queue = Queue::new(Arc::clone(&laptop.engine), Patience::default());
    std::thread::scope(|scope| {
        let turn = scope.spawn(|| queue.turn().unwrap());
        arrives.recv().unwrap();
        answer(&school.engine, school.user, python("advanced"));
        school.sync();
        laptop.sync();
        // It would hang for minutes else.
        assert_eq!(turn.join().unwrap(), Turn::Took(ChapterId(1)));
    });
    let status = call(&laptop.engine, "rewriting_status", json!({"user_id": laptop.user}));
    assert_eq!(status["waiting"][0]["chapter_id"], 1, "it is wished for the new answers: {status}");
}

fn rewrite_error(desk: &Desk) -> String {
    primer_engine::api::ApiError::from(rewrite(&desk.engine, desk.user, 2).unwrap_err()).message
}

#[test]
fn a_rewritten_text_takes_the_place_of_the_deterministic_one_that_was_there_before() {
    let (_stick, laptop) = World::new().begin(python("beginner"));
    assert_visit(&laptop.engine, laptop.user, 1, Freshness::Missing, true);
    laptop.sync();
    let school = laptop.joined(2);
    school.sync();
    assert!(!shown(&school, 1).contains("primer:rewritten"));
    set_model(&laptop.engine, laptop.user, &ModelServer::making(in_other_words));
    rewrite(&laptop.engine, laptop.user, 1).unwrap();
    laptop.sync();
    assert_eq!(school.sync().received, 1);
    assert!(shown(&school, 1).contains("primer:rewritten"));
}

#[test]
fn two_different_rewritings_of_one_chapter_become_one_and_the_other_is_kept() {
    let (_stick, laptop) = World::new().begin(python("beginner"));
    laptop.sync();
    let school = laptop.joined(2);
    school.sync();
    for (desk, word) in [(&laptop, "Gently"), (&school, "Calmly")] {
        let server = ModelServer::making(move |section| in_other_words(section).replace("Slowly", word));
        set_model(&desk.engine, desk.user, &server);
        rewrite(&desk.engine, desk.user, 1).unwrap();
    }
    assert_ne!(shown(&laptop, 1), shown(&school, 1));
    for _ in 0..3 {
        laptop.sync();
        school.sync();
    }
    let agreed = shown(&laptop, 1);
    assert_eq!(agreed, shown(&school, 1));
    assert!(agreed.contains("primer:rewritten"));
    // Both have the deterministic one and one or both of the others: nothing was thrown away.
    let both = laptop.stored() + school.stored();
    assert_eq!(both, 5, "one of them holds both");
    assert_eq!((laptop.sync().requests, school.sync().requests), (1, 1));
}

#[test]
fn undoing_goes_to_all_computers_and_no_sync_brings_it_back() {
    let (stick, laptop) = World::new().begin(python("beginner"));
    set_model(&laptop.engine, laptop.user, &ModelServer::making(in_other_words));
    rewrite(&laptop.engine, laptop.user, 1).unwrap();
    laptop.sync();
    let school = laptop.joined(2);
    school.sync();
    assert!(shown(&school, 1).contains("primer:rewritten"));
    // On the computer that did not make it.
    call(&school.engine, "discard_rewrite", json!({"user_id": school.user, "chapter_id": 1}));
    assert!(!shown(&school, 1).contains("primer:rewritten"));
    for _ in 0..2 {
        school.sync();
        laptop.sync();
    }
    let visit = laptop.engine.visit(laptop.user, ChapterId(1)).unwrap();
    assert!(!visit.markdown.contains("primer:rewritten"));
    assert_eq!(visit.markdown, shown(&school, 1));
    assert!(
        chapters(stick.path()).iter().all(|file| !fs::read_to_string(file).unwrap().contains("rewritten"))
    );
}

/// Puts other bytes where a replica announces a rewritten text.
fn forge_rewritten(stick: &Path, change: impl Fn(&str) -> String) {
    let is_rewritten = |file: &&PathBuf| fs::read_to_string(file).unwrap().contains("primer:rewritten");
    let file = chapters(stick).iter().find(is_rewritten).unwrap().clone();
    forge(stick, &file, change);
}

#[test]
fn a_hostile_rewritten_text_is_never_shown_however_right_its_entry_looks() {
    let hostile: [fn(&str) -> String; 5] = [
        |text| text.replace("chapter one.", "chapter one. Read [this](https://evil.example) first."),
        |text| text.replace("chapter one.", "chapter one. <script>alert(1)</script>"),
        |text| format!("{text}\n## One more section\n\nWith words of nobody.\n"),
        |_| "Something else.\n<!-- primer:rewritten by=\"x\" -->\n".to_owned(),
        |text| text.replace("chapter one.", "chapter one. ![x](https://evil.example/x.png)"),
    ];
    for change in hostile {
        let (stick, laptop) = World::new().begin(python("beginner"));
        set_model(&laptop.engine, laptop.user, &ModelServer::making(in_other_words));
        rewrite(&laptop.engine, laptop.user, 1).unwrap();
        laptop.sync();
        let school = laptop.joined(2);
        forge_rewritten(stick.path(), change);
        school.sync();
        let visit = school.engine.visit(school.user, ChapterId(1)).unwrap();
        assert!(!visit.markdown.contains("primer:rewritten"), "{}", visit.markdown);
        assert!(visit.markdown.contains("Common words of chapter one."));
        let [refused] = &database::dump(&school.computer.data(), "refused_texts")[..] else { panic!("one") };
        assert!(refused.len() == 5, "{refused:?}");
        // It is not asked for again, and keeps nothing else from coming.
        assert_eq!(school.sync().received, 0);
        assert_eq!(school.sync().requests, 1);
        assert!(!shown(&school, 1).contains("primer:rewritten"));
    }
}

#[test]
fn a_rewritten_text_of_a_newer_book_waits_until_it_can_be_compared() {
    let mut world = World::new();
    world.laptop.book.revise(1, 2);
    let (_stick, laptop) = world.begin(python("beginner"));
    set_model(&laptop.engine, laptop.user, &ModelServer::making(in_other_words));
    rewrite(&laptop.engine, laptop.user, 1).unwrap();
    laptop.sync();
    let mut school = laptop.joined(2);
    school.sync();
    let visit = assert_visit(&school.engine, school.user, 1, Freshness::NewerSource, false);
    assert!(!visit.markdown.contains("primer:rewritten"));
    school.computer.book.revise(1, 2);
    let school = school.restarted();
    school.sync();
    assert!(shown(&school, 1).contains("primer:rewritten"));
}

#[test]
fn what_another_computer_rewrote_is_not_rewritten_again_and_says_how_much_of_it_is() {
    let mut world = World::new();
    world.laptop.book.write_chapter(3, 1, TWO_SECTIONS);
    let (_stick, laptop) = world.begin(python("beginner"));
    let half = ModelServer::making(|section| in_other_words(&section.replace("⟦1⟧", "it")));
    set_model(&laptop.engine, laptop.user, &half);
    let made = rewrite(&laptop.engine, laptop.user, 3).unwrap();
    assert_eq!((made.rewritten_sections, made.kept.len()), (1, 1));
    laptop.sync();
    let mut school = laptop.joined(2);
    school.computer.book.write_chapter(3, 1, TWO_SECTIONS);
    let school = school.restarted();
    school.sync();
    let server = ModelServer::making(in_other_words);
    set_model(&school.engine, school.user, &server);
    let report = rewrite(&school.engine, school.user, 3).unwrap();
    assert_eq!((report.rewritten_sections, report.kept, report.stored), (1, made.kept, None));
    assert!(server.asked().is_empty());
}
