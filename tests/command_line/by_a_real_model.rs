//! `primer model` and `primer chapter open --rewrite` with a real model.

use serde_json::Value;

use crate::Computer;
use crate::real_model::{MODEL, real_model};
use crate::world::is_sentence;

#[test]
fn a_real_model_is_set_tested_and_rewrites_a_chapter_from_the_terminal() {
    let Some(model) = real_model() else { return };
    let mut computer = Computer::with_reader("beginner");
    computer.book.write_chapter(1, 1, include_str!("../fixtures/chapter-for-a-model.md"));
    let before = computer.json(&["chapter", "open", "1"]);
    let url = model.url();
    assert_eq!(computer.run(&["model", "list", "--url", &url]).out, format!("{MODEL}\n"));
    let set = ["model", "set", "--url", &url, "--model", MODEL, "--context", "4096"];
    assert_eq!(computer.json(&set)["model"]["model"], MODEL);
    let seen = model.seen();
    // It has a paragraph, or it says what is wrong with it.
    let test = computer.run(&["--json", "model", "test"]);
    match test.code {
        Some(0) => assert!(!test.json()["text"].as_str().unwrap().trim().is_empty(), "{test:?}"),
        _ => assert_eq!(test.error()["code"], "model_failed"),
    }
    let opened = computer.json(&["chapter", "open", "1", "--rewrite"]);
    let rewritten = opened["rewritten_sections"].as_u64().unwrap();
    let kept = opened["kept_sections"].as_array().unwrap();
    assert!(rewritten + kept.len() as u64 <= 3, "{opened}");
    for kept in kept {
        assert!(is_sentence(kept["reason"].as_str().unwrap()), "{opened}");
        assert_ne!(kept["heading"], Value::Null);
    }
    assert!(opened["tokens"]["completion"].as_u64() > Some(0), "{opened}");
    let after = model.seen();
    assert!((4..=7).contains(&(after.asked - seen.asked)), "{after:?}");
    let text = opened["text"].as_str().unwrap();
    assert!(text.contains("    return a + b\n") && !text.contains('⟦'), "{text}");
    assert_eq!(opened["text"] == before["text"], rewritten == 0);
    // From now on it opens so, and asks nobody.
    assert_eq!(computer.json(&["chapter", "open", "1"])["text"], opened["text"]);
    assert_eq!(model.seen().asked, after.asked);
    computer.json(&["model", "undo", "1"]);
    assert_eq!(computer.json(&["chapter", "open", "1"])["text"], before["text"]);
}
