//! The log tells what went wrong and nothing about whoever reads.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::thread;

use serde_json::json;

use crate::{Computer, run, run_with_input};

/// Refuses every request for as long as the test runs, and says so with a word of its reader's.
fn refusing_server() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for connection in listener.incoming() {
            let mut connection = connection.unwrap();
            let mut lines = BufReader::new(connection.try_clone().unwrap()).lines();
            while lines.next().is_some_and(|line| line.is_ok_and(|line| !line.is_empty())) {}
            let body = "<Error><Code>AccessDenied</Code><Message>Zebedee may not</Message></Error>";
            let head = format!(
                "HTTP/1.1 403 Forbidden\r\nx-amz-request-id: 1\r\nconnection: close\r\ncontent-length: {}\r\n\r\n",
                body.len()
            );
            // Whoever has gone away needs no answer.
            let _ = connection.write_all(format!("{head}{body}").as_bytes());
        }
    });
    format!("http://{address}")
}

#[test]
fn whatever_goes_wrong_no_word_of_the_reader_or_of_their_places_is_in_the_log() {
    let computer = Computer::new();
    computer.json(&["user", "add", "Zebedee Quillfeather"]);
    let background = json!({
        "software_experience": {"python": "none", "underwater basketry": "advanced"},
        "robotics_experience": "real_hardware",
        "hardware_access": ["grandfathers lathe"],
        "learning_goals": ["impress Ottoline"],
    });
    let file = computer.write("zebedee.json", &background);
    computer.json(&["profile", "set", &file]);
    let profile = computer.json(&["profile", "show"]);
    let user = computer.json(&["user", "list"])[0]["id"].as_str().unwrap().to_owned();
    computer.json(&["chapter", "open", "1"]);
    computer.json(&["backup", "make"]);

    // A remote that refuses, one that is gone, and a model server that is not there.
    let server = refusing_server();
    let mut add = computer.primer(&["--json", "remote", "add", "s3", "--endpoint", &server]);
    add.args(["--bucket", "quillfeather-bucket", "--access-key-id", "QUILLKEY"]);
    run_with_input(&mut add, b"ottolines-secret").json();
    let sync = computer.error(&["sync"]);
    assert_eq!(sync["code"], "remote_failed", "{sync}");
    let stick = computer.folder.path().join("zebedees-stick");
    fs::create_dir(&stick).unwrap();
    computer.json(&["remote", "add", "folder", stick.to_str().unwrap()]);
    fs::remove_dir(&stick).unwrap();
    computer.error(&["sync"]);
    computer.json(&["model", "set", "--url", "http://127.0.0.1:9/ottoline", "--model", "quillmodel"]);
    computer.error(&["chapter", "open", "1", "--rewrite"]);
    computer.error(&["model", "test"]);
    // A file that can't be put aside, answers that are none, a broken book, a damaged database.
    let quarantine = computer.data().join("quarantine");
    fs::write(&quarantine, "in the way").unwrap();
    fs::write(computer.blobs().join("ottolines-letter.txt"), "mine").unwrap();
    run(&mut computer.primer(&["--json", "status"]));
    let wrong = computer.write("wrong.json", &json!({"software_experience": "ottoline"}));
    computer.error(&["profile", "set", &wrong]);
    let chapter = computer.book.folder.join("1.md");
    let text = fs::read(&chapter).unwrap();
    fs::write(&chapter, "# Quillfeather\n\n::: when pyhton = none\nX\n:::\n").unwrap();
    computer.error(&["chapter", "open", "1"]);
    fs::write(&chapter, text).unwrap();
    let database = computer.data().join("primer.sqlite3");
    let mut bytes = fs::read(&database).unwrap();
    bytes[4096..].fill(0x5a);
    fs::write(&database, bytes).unwrap();
    computer.error(&["chapter", "list"]);
    computer.json(&["backup", "restore"]);

    let log = fs::read_to_string(computer.data().join("logs/primer.log")).unwrap();
    for told in [
        "INFO backup_made",
        "WARN sync_failed fault=",
        "command=chapter code=model_failed",
        "WARN file_not_tidied",
        "command=open code=book_invalid",
        "ERROR not_opened sqlite=11",
        "command=open code=database_damaged",
        "INFO backup_restored",
    ] {
        assert!(log.contains(told), "{told}:\n{log}");
    }
    let hash = profile["profile_hash"].as_str().unwrap();
    let folder = computer.folder.path().to_str().unwrap();
    let words =
        ["zebedee", "quill", "ottoline", "basketry", "lathe", "impress", "mine", "127.0.0.1", "http", "/"];
    for word in words.into_iter().chain([hash, &user, folder]) {
        assert!(!log.to_lowercase().contains(&word.to_lowercase()), "{word}:\n{log}");
    }
    for line in log.lines() {
        let (time, rest) = line.split_once(' ').unwrap();
        assert!(time.len() == 24 && time.ends_with('Z'), "{line}");
        assert!(["INFO ", "WARN ", "ERROR "].iter().any(|level| rest.starts_with(level)), "{line}");
    }
}
