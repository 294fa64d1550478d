//! `primer model` and `primer chapter open --rewrite`: a model server as a person in a terminal or a script uses it.

use std::io::{BufRead, BufReader, Read};
use std::process::Stdio;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};

use crate::world::model_server::{
    ModelServer, STREAM, Say, SayAndHang, answer, in_other_words, refusal, streamed,
};
use crate::world::{database, folders, is_sentence};
use crate::{Computer, run, run_with_input};

const KEY: &str = "sk-very-secret-key-123";

/// Chapter 3 has a formula in its first section, and a second section.
fn computer() -> Computer {
    let mut computer = Computer::with_reader("beginner");
    let text = "# Resting\n\nThe same for everybody, with $x^2$ in it, and with every word that a paragraph needs to \
                be one.\n\n## Sleeping\n\nWhoever sleeps rests most of all, and it is the same every night.\n";
    computer.book.write_chapter(3, 1, text);
    computer
}

fn set(computer: &Computer, server: &ModelServer) -> Value {
    let url = server.url();
    let mut command = computer.primer(&["--json", "model", "set", "--url", &url, "--model", "qwen"]);
    run(command.env("PRIMER_MODEL_KEY", KEY)).json()
}

#[test]
fn a_chapter_is_rewritten_from_the_terminal_and_the_json_says_how_much_of_it() {
    let server = ModelServer::making(|section| match section.contains('⟦') {
        true => section.replace("⟦1⟧", "it"),
        false => in_other_words(section),
    });
    let computer = computer();
    let before = computer.json(&["chapter", "open", "3"]);
    set(&computer, &server);
    let opened = computer.json(&["chapter", "open", "3", "--rewrite"]);
    assert_eq!(opened["rewritten_sections"], 1);
    assert_eq!(
        opened["kept_sections"],
        json!([{"heading": "Resting", "reason": "The placeholder ⟦1⟧ is missing."}])
    );
    assert_eq!(opened["tokens"], json!({"prompt": 300, "completion": 30}));
    assert!(opened["text"].as_str().unwrap().contains("it is the very same each night."), "{opened}");
    assert_ne!(opened["storage_path"], before["storage_path"]);
    // From now on it opens so, offline and without being asked for.
    let again = computer.json(&["chapter", "open", "3"]);
    assert_eq!((&again["text"], &again["generated"]), (&opened["text"], &json!(false)));
    assert_eq!(again.get("rewritten_sections"), None);
    assert_eq!(server.asked().len(), 3);
    assert_eq!(computer.json(&["model", "undo", "3"])["texts"], 1);
    assert_eq!(computer.json(&["chapter", "open", "3"])["text"], before["text"]);
    assert_eq!(computer.run(&["model", "undo", "3"]).out, "This chapter was not rewritten.\n");
}

#[test]
fn a_chapter_is_rewritten_again_only_if_that_is_said_and_the_first_text_can_be_had_back() {
    let words = ["very same", "selfsame"];
    let number = AtomicUsize::new(0);
    let server = ModelServer::making(move |section| {
        section.replace("same", words[number.fetch_add(1, Ordering::SeqCst) / 2 % words.len()])
    });
    let computer = computer();
    set(&computer, &server);
    let first = computer.json(&["chapter", "open", "3", "--rewrite"]);
    assert_eq!(computer.json(&["chapter", "open", "3", "--rewrite"])["text"], first["text"]);
    assert_eq!(server.asked().len(), 2);
    let second = computer.json(&["chapter", "open", "3", "--rewrite", "--again"]);
    assert!(second["text"].as_str().unwrap().contains("selfsame"), "{second}");
    assert_eq!(computer.json(&["chapter", "open", "3"])["text"], second["text"]);
    computer.json(&["model", "undo", "3", "--earlier"]);
    assert_eq!(computer.json(&["chapter", "open", "3"])["text"], first["text"]);
    assert_eq!(computer.json(&["model", "undo", "3"])["texts"], 2);
    assert_eq!(computer.error(&["model", "undo", "3", "--earlier"])["code"], "invalid_request");
    assert_eq!(computer.error(&["chapter", "open", "3", "--again"])["code"], "invalid_request");
}

#[test]
fn what_waits_to_be_rewritten_is_listed() {
    let server = ModelServer::making(in_other_words);
    let computer = computer();
    set(&computer, &server);
    assert_eq!(computer.run(&["model", "queue"]).out, "No chapter waits to be rewritten.\n");
    // As the window keeps a wish.
    let connection = database::open(&computer.data());
    let sql = "INSERT INTO rewrite_wishes (user_id, book_id, chapter_id, profile_hash, again, wished_at, tries, last_reason)
               SELECT user_id, 'test-book', 3, profile_hash, 0, '2026-01-01T00:00:00.000Z', 2, 'It was not there.'
               FROM user_profiles";
    assert_eq!(connection.execute(sql, []).unwrap(), 1);
    drop(connection);
    let queue = computer.json(&["model", "queue"]);
    assert_eq!(queue["is_on"], true);
    let wish = json!({"chapter_id": 3, "title": "Chapter 3", "again": false, "reason": "It was not there.", "tries": 2});
    assert_eq!(queue["waiting"], json!([wish]));
    assert_eq!(computer.run(&["model", "queue"]).out, " 3  Chapter 3\n    It was not there.\n");
    // Whoever has it rewritten otherwise has fulfilled it.
    computer.json(&["chapter", "open", "3", "--rewrite"]);
    assert_eq!(computer.json(&["model", "queue"])["waiting"], json!([]));
    let set = ["model", "set", "--url", &server.url(), "--model", "qwen", "--per-minute", "7"];
    assert_eq!(computer.json(&set)["model"]["chapters_per_minute"], 7);
    assert_eq!(
        computer.error(&["model", "set", "--url", "x", "--model", "y", "--per-minute", "0"])["code"],
        "invalid_request"
    );
}

#[test]
fn in_words_the_text_is_the_output_and_what_became_of_it_stands_beside() {
    let server = ModelServer::making(in_other_words);
    let computer = computer();
    set(&computer, &server);
    let run = computer.run(&["chapter", "open", "3", "--rewrite"]);
    assert_eq!((run.code, run.err.as_str()), (Some(0), "2 sections are rewritten.\n"), "{run:?}");
    assert!(run.out.starts_with("# Resting\n") && run.out.contains("The very same for everybody"), "{run:?}");
}

#[test]
fn a_server_that_fails_ends_the_command_with_a_sentence_and_the_chapter_still_opens() {
    let server = ModelServer::start(|_, _| {
        Say(refusal("401 Unauthorized", "", "invalid_api_key", &format!("{KEY}?")))
    });
    let computer = computer();
    let before = computer.json(&["chapter", "open", "3"]);
    set(&computer, &server);
    let error = computer.error(&["chapter", "open", "3", "--rewrite"]);
    assert_eq!(error["code"], "model_failed");
    assert!(error["message"].as_str().unwrap().contains("does not accept the key"), "{error}");
    assert!(!error.to_string().contains(KEY));
    assert_eq!(computer.json(&["chapter", "open", "3"]), {
        let mut fresh = before;
        fresh["state"] = json!("fresh");
        fresh["generated"] = json!(false);
        fresh
    });
}

#[test]
fn without_a_model_a_rewriting_is_refused_with_what_to_do() {
    let computer = computer();
    for arguments in [&["chapter", "open", "1", "--rewrite"][..], &["model", "list"], &["model", "test"]] {
        let error = computer.error(arguments);
        assert_eq!(error["code"], "model_off");
        assert!(error["hint"].as_str().unwrap().contains("primer model set"), "{error}");
    }
    assert_eq!(computer.json(&["model", "show"])["model"], Value::Null);
    assert!(computer.run(&["model", "show"]).out.starts_with("Off."));
    let both = computer.error(&["chapter", "open", "1", "--rewrite", "--original"]);
    assert_eq!(both["code"], "invalid_request");
}

#[test]
fn setting_a_model_says_what_will_be_sent_and_shows_no_key() {
    let server = ModelServer::making(in_other_words);
    let computer = computer();
    let shown = set(&computer, &server);
    assert_eq!(shown["model"]["base_url"], format!("{}/v1", server.url()));
    assert_eq!(shown["model"]["context_tokens"], 8192);
    assert!(shown["disclosure"]["sent"].to_string().contains("Python: beginner"), "{shown}");
    let words = computer.run(&["model", "show"]).out;
    for part in ["model     qwen at", "which is this computer", "Python: beginner", "Your name"] {
        assert!(words.contains(part), "{part}: {words}");
    }
    assert!(!shown.to_string().contains(KEY) && !words.contains(KEY));
    for (name, bytes) in folders::files(&computer.data()) {
        assert!(name == "secrets.json" || !String::from_utf8_lossy(&bytes).contains(KEY), "{name}");
    }
    assert!(server.asked().is_empty());
    computer.json(&["model", "off"]);
    assert!(!folders::files(&computer.data()).values().any(|it| String::from_utf8_lossy(it).contains(KEY)));
}

#[test]
fn a_key_is_read_from_the_standard_input_and_a_server_without_one_needs_none() {
    let server = ModelServer::start(|_, asked| {
        let models =
            json!({"data": [{"id": if asked.head.contains(KEY) { "with a key" } else { "without" }}]});
        Say(answer("200 OK", "", &models.to_string()))
    });
    let computer = computer();
    let url = server.url();
    assert_eq!(computer.json(&["model", "list", "--url", &url]), json!(["without"]));
    let arguments = ["--json", "model", "set", "--url", &url, "--model", "qwen", "--context", "4096"];
    let shown = run_with_input(&mut computer.primer(&arguments), format!("{KEY}\n").as_bytes()).json();
    assert_eq!(
        (&shown["model"]["key"]["kind"], &shown["model"]["context_tokens"]),
        (&json!("file"), &json!(4096))
    );
    assert_eq!(computer.run(&["model", "list"]).out, "with a key\n");
    // Set again without one, the key of the same server stays.
    computer.json(&arguments[1..]);
    assert_eq!(computer.json(&["model", "list"]), json!(["with a key"]));
    let bad = computer.error(&["model", "set", "--url", "ftp://x", "--model", "qwen"]);
    assert_eq!(bad["code"], "invalid_request");
}

#[test]
fn the_test_shows_a_paragraph_that_the_model_wrote() {
    let server = ModelServer::start(|_, _| Say(streamed("A compass is a magnet.")));
    let computer = computer();
    set(&computer, &server);
    let run = computer.run(&["model", "test"]);
    assert_eq!(run.code, Some(0), "{run:?}");
    assert!(
        run.out.starts_with("A compass is a magnet.\n\nThe model “qwen” wrote a paragraph of 5 words in "),
        "{run:?}"
    );
}

#[test]
fn a_chapter_that_another_program_rewrites_is_waited_for_and_one_that_was_killed_holds_nobody_up() {
    let (arrived, arrives) = std::sync::mpsc::channel();
    let server = ModelServer::start(move |number, asked| match number {
        0 => {
            arrived.send(()).unwrap();
            SayAndHang(STREAM.to_owned())
        }
        _ => Say(streamed(&in_other_words(&asked.section()))),
    });
    let computer = computer();
    set(&computer, &server);
    let rewriting = ["chapter", "open", "3", "--rewrite"];
    let start = |arguments: &[&str]| {
        computer.primer(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    };
    let mut first = start(&rewriting);
    arrives.recv().unwrap();
    let mut second = start(&rewriting);
    let mut said = BufReader::new(second.stderr.take().unwrap());
    let mut sentence = String::new();
    said.read_line(&mut sentence).unwrap();
    assert!(is_sentence(&sentence) && sentence.contains("Another program"), "{sentence}");
    first.kill().unwrap();
    first.wait().unwrap();
    let mut rest = String::new();
    said.read_to_string(&mut rest).unwrap();
    let output = second.wait_with_output().unwrap();
    assert_eq!((output.status.code(), rest.as_str()), (Some(0), "2 sections are rewritten.\n"));
    assert!(String::from_utf8(output.stdout).unwrap().contains("The very same for everybody"));
    assert_eq!(server.asked().len(), 3);
}
