//! `primer book check`: what an author is told before publishing.

use std::fs;

use serde_json::{Value, json};

use crate::world::{self, fixture};
use crate::{Run, primer, run};

fn check(book: &str, json: bool) -> Run {
    let folder = fixture("books").join(book);
    let mut arguments = vec!["book", "check", folder.to_str().unwrap()];
    if json {
        arguments.push("--json");
    }
    run(&mut primer(&arguments))
}

fn report(run: &Run) -> Value {
    serde_json::from_str(&run.out).unwrap_or_else(|error| panic!("{error}: {run:?}"))
}

#[test]
fn a_good_book_passes_and_the_coverage_of_every_answer_is_listed() {
    let run = check("good", true);
    let report = run.json();
    assert_eq!(report["errors"], json!([]));
    assert_eq!(report["never_shown"], json!([]));
    assert_eq!(report["may_show_nothing"], json!([]));
    let answers: Vec<&str> = report["coverage"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| entry["answer"].as_str().unwrap())
        .collect();
    // Four steps for each of four skills, two of robotics, six items, four goals.
    assert_eq!(answers.len(), 16 + 2 + 6 + 4);
    let chapters = |answer: &str| {
        report["coverage"].as_array().unwrap().iter().find(|entry| entry["answer"] == answer).unwrap()["chapters"].clone()
    };
    assert_eq!(chapters("python: none → beginner"), json!([]));
    assert_eq!(chapters("python: beginner → intermediate"), json!([1]));
    assert_eq!(chapters("python: none → advanced"), json!([1]));
    assert_eq!(chapters("robotics: simulation_only → real_hardware"), json!([2]));
    assert_eq!(chapters("hardware: lidar"), json!([1, 2]));
    let unused = report["unused_answers"].as_array().unwrap();
    assert!(unused.contains(&json!("goal: hobby")) && !unused.contains(&json!("hardware: lidar")));
    let plain = check("good", false);
    assert_eq!((plain.code, plain.err.as_str()), (Some(0), ""));
    assert!(plain.out.contains("No chapter changes for the answer goal: hobby."), "{}", plain.out);
    let verdict = format!("The book has no error. The {} remarks above are for you to judge.", unused.len());
    assert_eq!(plain.out.lines().last(), Some(verdict.as_str()));
}

#[test]
fn every_fault_of_a_broken_book_comes_at_once_with_its_place_and_the_nearest_word() {
    let run = check("broken", true);
    assert_eq!(run.code, Some(1));
    assert_eq!(run.error()["code"], "book_invalid");
    let report = report(&run);
    let faults: Vec<(String, u64, u64, Value)> = report["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|fault| {
            let number = |key: &str| fault[key].as_u64().unwrap_or(0);
            (
                fault["file"].as_str().unwrap().to_owned(),
                number("line"),
                number("column"),
                fault["suggestion"].clone(),
            )
        })
        .collect();
    let expected = [
        ("one.md", 3, 10, json!("python")),
        ("one.md", 5, 26, json!("intermediate")),
        ("one.md", 11, 27, json!("lidar")),
        ("one.md", 15, 1, Value::Null),
        ("missing.md", 0, 0, Value::Null),
        ("two.md", 5, 1, Value::Null),
    ];
    let expected: Vec<_> =
        expected.map(|(file, line, column, word)| (file.to_owned(), line, column, word)).into();
    assert_eq!(faults, expected);
    for fault in report["errors"].as_array().unwrap() {
        assert!(world::is_sentence(fault["message"].as_str().unwrap()), "{fault}");
    }
    let plain = check("broken", false);
    assert_eq!(plain.code, Some(1));
    assert!(
        plain.out.contains("one.md:3:10: ") && plain.out.contains("    ::: when pyhton < intermediate"),
        "{}",
        plain.out
    );
    assert!(plain.out.contains("         ^"), "a mark under the place: {}", plain.out);
    assert!(plain.err.contains("6 errors"), "{}", plain.err);
}

#[test]
fn blocks_that_can_never_show_and_chains_that_can_show_nothing_are_proved() {
    let run = check("unreachable", true);
    assert_eq!(run.code, Some(1), "a block that can never show is a mistake");
    let report = report(&run);
    assert_eq!(report["errors"], json!([]));
    let place = |finding: &Value| {
        (
            finding["line"].as_u64().unwrap(),
            finding["block_id"].as_str().unwrap().to_owned(),
            finding["when"].as_str().unwrap().to_owned(),
        )
    };
    let never: Vec<_> = report["never_shown"].as_array().unwrap().iter().map(place).collect();
    assert_eq!(
        never,
        [
            (5, "levels".to_owned(), "python = beginner".to_owned()),
            (9, "levels".to_owned(), "otherwise".to_owned()),
            (14, "inner".to_owned(), "not hardware has lidar".to_owned()),
            (20, "contradiction".to_owned(), "robotics < none".to_owned()),
        ]
    );
    let empty: Vec<String> =
        report["may_show_nothing"].as_array().unwrap().iter().map(|finding| place(finding).1).collect();
    assert_eq!(empty, ["outer", "inner", "contradiction", "optional"]);
    for finding in report["may_show_nothing"].as_array().unwrap() {
        assert!(finding["example"].is_string(), "{finding}");
    }
}

#[test]
fn a_picture_and_a_chapter_that_are_not_there_are_faults() {
    let run = check("missing-references", true);
    assert_eq!(run.code, Some(1));
    let report = report(&run);
    let messages: Vec<&str> =
        report["errors"].as_array().unwrap().iter().map(|fault| fault["message"].as_str().unwrap()).collect();
    assert_eq!(messages.len(), 4, "{messages:?}");
    for (message, named) in messages.iter().zip([
        "../outside.png",
        "figures/nowhere.svg",
        "https://example.org/far.png",
        "tow.md",
    ]) {
        assert!(message.contains(named), "{message} should name {named}");
    }
    assert_eq!(report["errors"][3]["suggestion"], "two.md");
}

#[test]
fn a_manifest_that_leads_out_of_the_folder_or_cannot_be_read_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let manifest = fs::read_to_string(fixture("books/good/book.toml")).unwrap();
    let broken = [
        (manifest.replace("\"one.md\"", "\"../one.md\""), "inside the book's folder"),
        (manifest.replace("\"one.md\"", "\"/etc/hostname\""), "inside the book's folder"),
        (manifest.replace("version = 1", "version = 0"), "versions count from 1"),
        (manifest.replace("id = 2", "id = 1"), "a number of its own"),
        (manifest.replace("title = ", "titel = "), "titel"),
        ("id = ".to_owned(), "book.toml"),
        (String::new(), "book.toml"),
    ];
    for (text, named) in broken {
        fs::write(folder.path().join("book.toml"), &text).unwrap();
        let run = run(&mut primer(&["--json", "book", "check", folder.path().to_str().unwrap()]));
        assert_eq!(run.code, Some(1), "{named}");
        let report = report(&run);
        assert!(report["errors"].to_string().contains(named), "{named}: {report}");
    }
    let none = run(&mut primer(&["--json", "book", "check", "/no/such/folder"]));
    let error = none.error();
    assert_eq!(
        (&error["code"], &error["message"]),
        (&json!("book_invalid"), &json!("There is no folder /no/such/folder."))
    );
    fs::write(folder.path().join("book.toml"), [0xff, 0xfe]).unwrap();
    let binary = run(&mut primer(&["--json", "book", "check", folder.path().to_str().unwrap()]));
    assert!(report(&binary)["errors"][0]["message"].as_str().unwrap().contains("UTF-8"));
}

#[test]
fn the_bundled_book_passes() {
    let folder = fixture("../../book");
    let run = run(&mut primer(&["--json", "book", "check", folder.to_str().unwrap()]));
    let report = run.json();
    assert_eq!(report["unused_answers"], json!([]));
    for entry in report["coverage"].as_array().unwrap() {
        assert!(!entry["chapters"].as_array().unwrap().is_empty(), "{entry}");
    }
}
