//! The texts of a chapter side by side, and what an opened chapter says of who rewrote it.

use primer_domain::ids::{ChapterId, UserId};
use primer_engine::Engine;
use primer_engine::rewriting::Manner;
use serde_json::{Value, json};

use crate::rewriting::{TWO_SECTIONS, impatient, rewrite, set_model, started};
use crate::world::model_server::{ModelServer, Say, in_other_words, streamed};
use crate::world::python;
use crate::{Computer, call, reader};

fn compare(engine: &Engine, user: UserId, chapter: u32, before: Value, after: Value) -> Value {
    let request = json!({"user_id": user, "chapter_id": chapter, "before": before, "after": after});
    call(engine, "compare_rewrite", request)
}

fn editions(comparison: &Value) -> Vec<String> {
    let editions = comparison["editions"].as_array().unwrap();
    editions.iter().map(|edition| edition["edition"].as_str().unwrap().to_owned()).collect()
}

/// The pairs that differ.
fn changed(comparison: &Value) -> Vec<(String, String)> {
    let rows = comparison["rows"].as_array().unwrap().iter();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    rows.filter(|row| row["kind"] == "changed")
        .map(|row| (text(&row["before"]), text(&row["after"])))
        .collect()
}

#[test]
fn a_rewritten_chapter_is_set_beside_what_it_was_made_from_word_by_word() {
    let server = ModelServer::making(in_other_words);
    let (_computer, engine, user) = started(&server);
    rewrite(&engine, user, 1).unwrap();
    let comparison = compare(&engine, user, 1, Value::Null, Value::Null);
    assert_eq!(editions(&comparison), ["original", "assembled", "rewritten"]);
    assert_eq!((&comparison["before"], &comparison["after"]), (&json!("assembled"), &json!("rewritten")));
    assert_eq!(comparison["rewriting"]["model"], "llama3.2:3b");
    assert!(comparison["editions"][2]["made"].as_str().unwrap().contains("llama3.2:3b"));
    let changes = changed(&comparison);
    assert_eq!(comparison["changed"], changes.len());
    assert_eq!(
        changes[0],
        (
            "<p><del>Common</del> words <del>of</del> chapter one.</p>".to_owned(),
            "<p><ins>Shared</ins> words <ins>for</ins> chapter one.</p>".to_owned()
        )
    );
    assert_eq!(comparison["rows"][0]["kind"], "heading");
}

#[test]
fn any_two_of_the_three_can_be_chosen() {
    let server = ModelServer::making(in_other_words);
    let (_computer, engine, user) = started(&server);
    rewrite(&engine, user, 1).unwrap();
    let back = compare(&engine, user, 1, json!("rewritten"), json!("original"));
    assert_eq!((&back["before"], &back["after"]), (&json!("rewritten"), &json!("original")));
    assert!(changed(&back)[0].0.contains("<del>Shared</del>"));
    assert_eq!(back["rewriting"]["model"], "llama3.2:3b");
    let plain = compare(&engine, user, 1, json!("original"), json!("assembled"));
    assert_eq!((&plain["rewriting"], changed(&plain).len()), (&Value::Null, 0));
}

#[test]
fn without_a_model_there_is_what_the_author_wrote_beside_what_was_chosen() {
    let computer = Computer::new();
    let engine = computer.start();
    let user = reader(&engine, "Abel", python("advanced"));
    let comparison = compare(&engine, user, 1, json!("assembled"), json!("rewritten"));
    assert_eq!(editions(&comparison), ["original", "assembled"]);
    // The rewritten one is not there, so the usual one stands in its place.
    assert_eq!((&comparison["before"], &comparison["after"]), (&json!("assembled"), &json!("assembled")));
    assert_eq!(comparison["changed"], 0);
    let comparison = compare(&engine, user, 1, Value::Null, Value::Null);
    let changes = changed(&comparison);
    assert!(changes[0].0.contains("Slowly") && changes[0].1.contains("In one leap"), "{changes:?}");
    let page = call(&engine, "open_chapter", json!({"user_id": user, "chapter_id": 1}));
    assert_eq!(page["rewriting"], Value::Null);
}

#[test]
fn a_page_says_which_model_rewrote_it_and_which_section_stands_as_it_was_and_where() {
    let server = ModelServer::start(|_, asked| {
        let section = asked.section();
        Say(streamed(&if section.contains("sleeps") { String::new() } else { in_other_words(&section) }))
    });
    let (_computer, engine, user) = started(&server);
    engine.rewrite(user, ChapterId(3), &impatient(), &mut |_| {}).unwrap();
    let page = call(&engine, "open_chapter", json!({"user_id": user, "chapter_id": 3}));
    let rewriting = &page["rewriting"];
    assert_eq!((&rewriting["model"], &rewriting["rewritten_sections"]), (&json!("llama3.2:3b"), &json!(1)));
    let [kept] = &rewriting["kept"].as_array().unwrap()[..] else {
        panic!("one section was kept: {rewriting}")
    };
    assert_eq!((&kept["heading"], &kept["heading_id"]), (&json!("Sleeping"), &json!("b-sleeping")));
    assert!(page["html"].as_str().unwrap().contains("id=\"b-sleeping\""));
    call(&engine, "discard_rewrite", json!({"user_id": user, "chapter_id": 3}));
    let page = call(&engine, "open_chapter", json!({"user_id": user, "chapter_id": 3}));
    assert_eq!(page["rewriting"], Value::Null);
}

#[test]
fn a_book_that_claims_to_be_rewritten_is_not_believed() {
    let mut computer = Computer::new();
    let claim = TWO_SECTIONS.replace("The same", "<!-- primer:rewritten by=\"a model\" -->\n\nThe same");
    computer.book.write_chapter(3, 1, &claim);
    let engine = computer.start();
    let user = reader(&engine, "Mina", python("beginner"));
    let page = call(&engine, "open_chapter", json!({"user_id": user, "chapter_id": 3}));
    assert_eq!(page["rewriting"], Value::Null);
}

#[test]
fn where_it_would_go_is_told_before_a_server_is_set() {
    let computer = Computer::new();
    let engine = computer.start();
    let user = reader(&engine, "Mina", python("beginner"));
    let told =
        |base_url: Value| call(&engine, "model_disclosure", json!({"user_id": user, "base_url": base_url}));
    assert_eq!(
        (&told(Value::Null)["goes_to"], &told(Value::Null)["stays_here"]),
        (&Value::Null, &json!(false))
    );
    let here = told(json!("localhost:11434"));
    assert!(here["goes_to"].as_str().unwrap().contains("this computer"));
    assert_eq!(here["stays_here"], true);
    let away = told(json!("https://api.example.org"));
    assert!(away["goes_to"].as_str().unwrap().contains("api.example.org"));
    assert_eq!(away["stays_here"], false);
    let server = ModelServer::making(in_other_words);
    set_model(&engine, user, &server);
    assert_eq!(told(Value::Null)["stays_here"], true);
}

#[test]
fn a_text_that_was_improved_can_be_compared_with_the_one_before_and_opened_again() {
    let server = ModelServer::start(|number, asked| {
        let other = in_other_words(&asked.section());
        Say(streamed(&if number == 0 { other } else { other.replace("Shared", "Well-known") }))
    });
    let (_computer, engine, user) = started(&server);
    rewrite(&engine, user, 1).unwrap();
    let again = Manner { again: true, ..impatient() };
    engine.rewrite(user, ChapterId(1), &again, &mut |_| {}).unwrap();
    let comparison = compare(&engine, user, 1, Value::Null, Value::Null);
    assert_eq!(editions(&comparison), ["original", "assembled", "earlier", "rewritten"]);
    let (before, after) = &changed(&comparison)[0];
    assert!(
        before.contains("<del>Shared</del>") && after.contains("<ins>Well-known</ins>"),
        "{before} {after}"
    );
    call(&engine, "undo_rewrite", json!({"user_id": user, "chapter_id": 1}));
    let undone = compare(&engine, user, 1, json!("earlier"), json!("rewritten"));
    let (before, after) = &changed(&undone)[0];
    assert!(
        before.contains("<del>Well-known</del>") && after.contains("<ins>Shared</ins>"),
        "{before} {after}"
    );
}
