//! `primer chapter`: the table of the design, seen by a script.

use std::fs;

use serde_json::json;

use crate::Computer;
use crate::world::{database, folders};

#[test]
fn opening_a_chapter_tells_a_script_everything_that_it_promises() {
    let computer = Computer::with_reader("beginner");
    let opened = computer.json(&["chapter", "open", "1"]);
    assert_eq!(opened["chapter_id"], 1);
    assert_eq!(opened["title"], "Chapter 1");
    assert_eq!((&opened["state"], &opened["generated"]), (&json!("missing"), &json!(true)));
    assert_eq!(opened["chapter_version"], 1);
    assert_eq!(opened["profile_hash"], computer.json(&["profile", "show"])["profile_hash"]);
    let path = opened["storage_path"].as_str().unwrap();
    assert_eq!(fs::read_to_string(computer.blobs().join(path)).unwrap(), opened["text"].as_str().unwrap());
    let row = &database::rows(&computer.data())[0];
    assert_eq!(row.storage_path, path);
    let again = computer.json(&["chapter", "open", "1"]);
    assert_eq!((&again["state"], &again["generated"]), (&json!("fresh"), &json!(false)));
    assert_eq!((&again["storage_path"], &again["text"]), (&opened["storage_path"], &opened["text"]));
}

#[test]
fn every_state_is_named_as_it_was_before_the_visit() {
    let mut computer = Computer::with_reader("none");
    let visit = |computer: &Computer, state: &str, generated: bool| {
        assert_eq!(computer.listed(1), state, "in the list");
        let opened = computer.json(&["chapter", "open", "1"]);
        assert_eq!((&opened["state"], &opened["generated"]), (&json!(state), &json!(generated)));
        assert_eq!(computer.listed(1), if state == "newer_source" { state } else { "fresh" });
        opened["storage_path"].as_str().unwrap().to_owned()
    };
    let first = visit(&computer, "missing", true);
    computer.set_python("advanced");
    visit(&computer, "stale_profile", true);
    computer.set_python("none");
    assert_eq!(visit(&computer, "fresh", false), first);
    computer.book.revise(1, 2);
    let second = visit(&computer, "stale_source", true);
    computer.book.revise(1, 1);
    assert_eq!(visit(&computer, "newer_source", false), second);
    computer.book.revise(1, 2);
    fs::write(computer.blobs().join(&second), "damaged").unwrap();
    assert_eq!(visit(&computer, "damaged", true), second);
    assert_eq!(folders::quarantine(&computer.data()), [b"damaged"]);
}

#[test]
fn a_chapter_is_printed_as_markdown_or_html_or_as_its_author_wrote_it() {
    let computer = Computer::with_reader("advanced");
    let markdown = computer.run(&["chapter", "open", "1"]);
    assert_eq!(markdown.code, Some(0));
    assert!(markdown.out.starts_with("# Walking") && markdown.out.contains("In one leap."), "{markdown:?}");
    assert!(markdown.out.contains("<!-- primer:begin id=pace"));
    assert_eq!(computer.run(&["chapter", "open", "1", "--markdown"]).out, markdown.out);
    let html = computer.run(&["chapter", "open", "1", "--html"]);
    assert!(
        html.out.contains("<h1") && html.out.contains("In one leap.") && !html.out.contains("<!--"),
        "{html:?}"
    );
    let original = computer.run(&["chapter", "open", "1", "--original"]);
    assert!(
        original.out.contains("Slowly, with every step.") && !original.out.contains("primer:"),
        "{original:?}"
    );
    let both = computer.run(&["chapter", "open", "1", "--original", "--html"]);
    assert!(both.out.contains("<h1") && both.out.contains("Slowly"), "{both:?}");
    assert!(computer.run(&["chapter", "open", "3", "--html"]).out.contains("<math"));
    assert_eq!(computer.error(&["chapter", "open", "1", "--html", "--markdown"])["code"], "invalid_request");
    for form in [&[][..], &["--markdown"], &["--html"], &["--original"]] {
        let opened = computer.json(&[&["chapter", "open", "1"], form].concat());
        let plain = computer.run(&[&["chapter", "open", "1"], form].concat());
        assert_eq!(opened["text"].as_str().unwrap(), plain.out, "{form:?}");
    }
}

#[test]
fn the_list_tells_each_chapter_and_its_state() {
    let computer = Computer::with_reader("none");
    computer.json(&["chapter", "open", "2"]);
    let chapters = computer.json(&["chapter", "list"]);
    let entries: Vec<(u64, &str, &str)> = chapters
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| {
            (
                entry["chapter_id"].as_u64().unwrap(),
                entry["title"].as_str().unwrap(),
                entry["state"].as_str().unwrap(),
            )
        })
        .collect();
    assert_eq!(
        entries,
        [(1, "Chapter 1", "missing"), (2, "Chapter 2", "fresh"), (3, "Chapter 3", "missing")]
    );
    let plain = computer.run(&["chapter", "list"]);
    assert_eq!(
        plain.out,
        " 1  Chapter 1  (not generated yet)\n 2  Chapter 2  (ready)\n 3  Chapter 3  (not generated yet)\n"
    );
}

#[test]
fn what_a_person_should_know_stands_beside_the_text_and_not_in_it() {
    let computer = Computer::with_reader("none");
    let path = computer.json(&["chapter", "open", "1"])["storage_path"].as_str().unwrap().to_owned();
    let whole = computer.run(&["chapter", "open", "1"]);
    assert_eq!(whole.err, "");
    fs::remove_file(computer.blobs().join(&path)).unwrap();
    let healed = computer.run(&["chapter", "open", "1"]);
    assert_eq!((healed.code, &healed.out), (Some(0), &whole.out));
    assert!(healed.err.contains("written again"), "{}", healed.err);
}

#[test]
fn all_six_chapters_of_the_bundled_book_open_for_a_new_reader() {
    let computer = Computer::new();
    let bundled = |arguments: &[&str]| {
        let mut command = crate::primer(&[&["--json"], arguments].concat());
        crate::run(command.env("PRIMER_DATA", computer.data())).json()
    };
    bundled(&["user", "add", "Ada"]);
    for number in ["1", "2", "3", "4", "5", "6"] {
        let opened = bundled(&["chapter", "open", number, "--html"]);
        assert_eq!((&opened["state"], &opened["generated"]), (&json!("missing"), &json!(true)));
        assert!(opened["text"].as_str().unwrap().len() > 10_000);
    }
    let states = bundled(&["chapter", "list"]);
    assert!(states.as_array().unwrap().iter().all(|entry| entry["state"] == "fresh"), "{states}");
}
