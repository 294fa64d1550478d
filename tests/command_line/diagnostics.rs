//! `primer diagnostics`.

use std::fs;

use serde_json::json;

use crate::{Computer, run_with_input};

/// The rest of the line that begins with this word.
fn line<'a>(text: &'a str, what: &str) -> &'a str {
    let line = text.lines().find(|line| line.trim_start().starts_with(what));
    line.unwrap_or_else(|| panic!("{what}:\n{text}")).trim_start().strip_prefix(what).unwrap().trim()
}

#[test]
fn the_diagnostics_tell_versions_counts_settings_and_troubles_and_name_nobody_and_no_place() {
    let computer = Computer::new();
    computer.json(&["user", "add", "Zebedee Quillfeather"]);
    let background = json!({
        "software_experience": {"underwater basketry": "advanced"},
        "robotics_experience": "real_hardware",
        "hardware_access": ["grandfathers lathe"],
        "learning_goals": ["impress Ottoline"],
    });
    let file = computer.write("zebedee.json", &background);
    computer.json(&["profile", "set", &file]);
    computer.json(&["chapter", "open", "1"]);
    computer.json(&["backup", "make"]);
    let mut add =
        computer.primer(&["--json", "remote", "add", "s3", "--endpoint", "http://127.0.0.1:9/quill"]);
    add.args(["--bucket", "quillfeather-bucket", "--access-key-id", "QUILLKEY"]);
    run_with_input(&mut add, b"ottolines-secret").json();
    computer.error(&["sync"]);
    computer.json(&["model", "set", "--url", "https://ottoline.example/v1", "--model", "quillmodel"]);

    let told = computer.json(&["diagnostics"]);
    let text = told["text"].as_str().unwrap();
    assert!(line(text, "Primer").starts_with(env!("CARGO_PKG_VERSION")), "{text}");
    assert!(line(text, "System").starts_with(std::env::consts::OS), "{text}");
    assert_eq!(line(text, "Book"), "a folder, 1v1 2v1 3v1");
    let (version, known) =
        line(text, "Database").strip_prefix("version ").unwrap().split_once(" of ").unwrap();
    assert_eq!(version, known);
    assert_eq!(line(text, "Readers"), "1");
    assert!(line(text, "Texts").starts_with("1, "), "{text}");
    assert_eq!(line(text, "Secrets"), "a file");
    assert!(line(text, "Backups").starts_with("1, newest 2"), "{text}");
    assert_eq!(line(text, "Crash reports"), "0");
    let place = line(text, "place");
    assert!(place.starts_with("a bucket, Auto style, without TLS, failed 2"), "{place}");
    assert!(place.ends_with(": offline"), "{place}");
    assert_eq!(line(text, "model"), "a server elsewhere");
    let (_, troubles) = text.split_once("\nLast troubles\n").unwrap();
    assert!(troubles.contains("WARN sync_failed fault=offline"), "{text}");
    assert!(!troubles.contains("INFO"), "{text}");

    let user = computer.json(&["user", "list"])[0]["id"].as_str().unwrap().to_owned();
    let hash = computer.json(&["profile", "show"])["profile_hash"].as_str().unwrap().to_owned();
    let folder = computer.folder.path().to_str().unwrap();
    let words =
        ["zebedee", "quill", "ottoline", "basketry", "lathe", "impress", "127.0.0.1", "http", "example"];
    for word in words.into_iter().chain([&*hash, &user, folder]) {
        assert!(!text.to_lowercase().contains(&word.to_lowercase()), "{word}:\n{text}");
    }
    assert_eq!(computer.run(&["diagnostics"]).out.lines().next(), text.lines().next());
}

#[test]
fn a_database_that_does_not_open_is_what_they_tell_first() {
    let computer = Computer::with_reader("none");
    fs::write(computer.data().join("primer.sqlite3"), "This is an essay, not a database.").unwrap();
    let told = computer.json(&["diagnostics"]);
    let text = told["text"].as_str().unwrap();
    assert_eq!(line(text, "Database"), "not open: database_damaged");
    assert!(text.contains("ERROR not_opened"), "{text}");
}
