//! A chapter rewritten by a model: what is sent, what is kept, and what opens from then on.

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use primer_domain::freshness::Freshness;
use primer_domain::ids::{ChapterId, UserId};
use primer_engine::Engine;
use primer_engine::api::{ApiError, ErrorCode};
use primer_engine::bookshelf::BookSource;
use primer_engine::env::Step as At;
use primer_engine::model::{Patience, Tokens};
use primer_engine::rewriting::{Manner, Report, RewriteError, Step};
use serde_json::json;

use crate::world::model_server::{
    Asked, Drip, ModelServer, STREAM, Say, SayAndHang, in_other_words, part, streamed,
};
use crate::world::{database, folders, is_sentence, python};
use crate::{Computer, answer, assert_visit, call, reader};

/// A key that is found wherever it should not be.
pub const KEY: &str = "sk-very-secret-key-123";

pub fn set_model(engine: &Engine, user: UserId, server: &ModelServer) {
    let request = json!({"user_id": user, "base_url": server.url(), "model": "llama3.2:3b", "key": KEY});
    call(engine, "set_model", request);
}

/// As long as a test waits for what never comes.
pub fn impatient() -> Manner {
    let soon = Duration::from_millis(300);
    let patience = Patience {
        connect: soon,
        beginning: soon,
        progress: soon,
        whole: Duration::from_secs(20),
        busy_max: Duration::from_millis(1_500),
        busy: Duration::from_millis(1),
    };
    Manner { patience, ..Manner::default() }
}

pub fn rewrite(engine: &Engine, user: UserId, chapter: u32) -> Result<Report, RewriteError> {
    engine.rewrite(user, ChapterId(chapter), &impatient(), &mut |_| {})
}

/// Two sections, one with a formula in it.
pub const TWO_SECTIONS: &str = "# Resting\n\nThe same for everybody, with $x^2$ in it, and with every word that a \
    paragraph needs to be one.\n\n## Sleeping\n\nWhoever sleeps rests most of all, and it is the same every night.\n";

pub fn started(server: &ModelServer) -> (Computer, Engine, UserId) {
    let mut computer = Computer::new();
    computer.book.write_chapter(3, 1, TWO_SECTIONS);
    let engine = computer.start();
    let user = reader(&engine, "Mina", python("beginner"));
    set_model(&engine, user, server);
    (computer, engine, user)
}

/// No file below the data folder but the one for secrets has the key in it, nor has the database.
pub fn assert_secret_is_kept(data: &Path) {
    for (name, bytes) in folders::files(data) {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        assert!(name == "secrets.json" || !text.contains(KEY), "{name}");
    }
}

type Record = (String, u32, Option<u64>, u32, String);

/// Model, prompts, tokens in, sections and those that were kept, of each record.
fn recorded(data: &Path) -> Vec<Record> {
    let connection = database::open_to_read(data);
    let mut statement = connection
        .prepare(
            "SELECT model, prompt_version, prompt_tokens, rewritten_sections, kept_sections FROM rewrites
             ORDER BY created_at",
        )
        .unwrap();
    let rows = statement.query_map([], |row| {
        Ok((
            row.get("model")?,
            row.get("prompt_version")?,
            row.get("prompt_tokens")?,
            row.get("rewritten_sections")?,
            row.get("kept_sections")?,
        ))
    });
    rows.unwrap().map(Result::unwrap).collect()
}

#[test]
fn a_chapter_is_rewritten_and_opens_so_from_then_on() {
    let server = ModelServer::making(in_other_words);
    let (computer, engine, user) = started(&server);
    let before = assert_visit(&engine, user, 1, Freshness::Missing, true);
    let mut steps = Vec::new();
    let report = engine
        .rewrite(user, ChapterId(1), &impatient(), &mut |step| steps.push(format!("{step:?}")))
        .unwrap();
    assert_eq!((report.rewritten_sections, report.kept.len()), (1, 0), "{report:?}");
    assert_eq!(report.tokens, Some(Tokens { prompt: 100, completion: 10 }));
    assert!(steps.first().unwrap().starts_with("Section { done: 0, total: 1"), "{steps:?}");
    assert!(steps.iter().any(|step| step.starts_with("Text(")));
    assert_eq!(steps.last().unwrap(), "Done");
    let visit = assert_visit(&engine, user, 1, Freshness::Fresh, false);
    assert_eq!(Some(visit.path), report.stored);
    assert!(visit.markdown.contains("Shared words for chapter one."), "{}", visit.markdown);
    assert!(visit.markdown.contains("<!-- primer:rewritten by=\"llama3.2:3b\" -->"));
    assert_ne!(visit.path, before.path);
    assert_eq!(recorded(&computer.data()), [("llama3.2:3b".to_owned(), 1, Some(100), 1, "[]".to_owned())]);
    let texts = engine.stored_texts().unwrap();
    let generators: Vec<&str> = texts.iter().map(|text| &*text.generator).collect();
    assert!(
        generators.contains(&"model/1/llama3.2:3b") && generators.contains(&"primer/1"),
        "{generators:?}"
    );
    assert_secret_is_kept(&computer.data());
    // It survives a restart, and asking again asks nobody.
    drop(engine);
    let engine = computer.start();
    let again = rewrite(&engine, user, 1).unwrap();
    assert_eq!((again.rewritten_sections, again.stored, again.tokens), (1, None, None));
    assert_visit(&engine, user, 1, Freshness::Fresh, false);
    assert_eq!(server.asked().len(), 1);
}

#[test]
fn what_is_sent_is_the_section_and_the_answers_and_nothing_of_who_reads() {
    let server = ModelServer::making(in_other_words);
    let (_computer, engine, user) = started(&server);
    rewrite(&engine, user, 1).unwrap();
    let [Asked { head, body }] = &server.asked()[..] else { panic!("one request") };
    assert!(head.starts_with("POST /v1/chat/completions HTTP/1.1\r\n"), "{head}");
    assert!(head.to_lowercase().contains(&format!("authorization: bearer {KEY}\r\n")));
    assert!(!head.to_lowercase().contains("user-agent") && !head.to_lowercase().contains("cookie"));
    assert_eq!(body["model"], "llama3.2:3b");
    assert_eq!((&body["stream"], &body["stream_options"]["include_usage"]), (&json!(true), &json!(true)));
    assert!(body["temperature"].as_f64().unwrap() < 0.5);
    assert!((64..2000).contains(&body["max_tokens"].as_u64().unwrap()));
    let sent = body.to_string();
    let hash = engine.current_profile(user).unwrap().hash.to_string();
    for personal in ["Mina", &user.to_string(), &hash, engine.env().computer_name()] {
        assert!(!sent.contains(personal), "{personal}");
    }
    let disclosed = call(&engine, "model_disclosure", json!({"user_id": user}));
    assert!(disclosed["goes_to"].as_str().unwrap().contains("this computer"), "{disclosed}");
    assert!(disclosed["sent"].to_string().contains("Python: beginner"), "{disclosed}");
}

#[test]
fn an_answer_that_drips_is_the_same_as_one_that_comes_at_once() {
    let server = ModelServer::start(|_, asked| Drip(streamed(&in_other_words(&asked.section()))));
    let (_computer, engine, user) = started(&server);
    let mut shown = String::new();
    let mut show = |step: Step<'_>| {
        if let Step::Text(text) = step {
            shown.push_str(text);
        }
    };
    engine.rewrite(user, ChapterId(3), &impatient(), &mut show).unwrap();
    let sections: String = server.asked().iter().map(|asked| in_other_words(&asked.section())).collect();
    assert_eq!(shown, sections);
    let visit = assert_visit(&engine, user, 3, Freshness::Fresh, false);
    assert!(visit.markdown.contains("The very same for everybody, with $x^2$ in it"), "{}", visit.markdown);
}

#[test]
fn a_model_that_gives_everything_back_as_it_is_changes_nothing() {
    let server = ModelServer::making(str::to_owned);
    let (computer, engine, user) = started(&server);
    let before = assert_visit(&engine, user, 1, Freshness::Missing, true);
    let report = rewrite(&engine, user, 1).unwrap();
    assert_eq!((report.stored, report.rewritten_sections, report.kept.len()), (None, 0, 0));
    let after = assert_visit(&engine, user, 1, Freshness::Fresh, false);
    assert_eq!((after.path, after.markdown), (before.path, before.markdown));
    assert_eq!(folders::stored(&computer.data()).len(), 1);
}

#[test]
fn a_section_that_fails_twice_stands_as_it_was_with_the_reason() {
    type Answers = fn(&str) -> String;
    let wrong: [(&str, Answers); 6] = [
        ("a placeholder that the section does not have", |section| section.replace("⟦1⟧", "⟦7⟧")),
        ("more than once", |section| format!("{section} ⟦1⟧")),
        ("missing", |section| section.replace("⟦1⟧", "it")),
        ("HTML", |section| format!("{section} <b>bold</b>")),
        ("at most 160 %", |section| format!("{section} {}", "And on it goes. ".repeat(40))),
        ("empty", |_| String::new()),
    ];
    for (reason, make) in wrong {
        let server = ModelServer::making(move |section| match section.contains('⟦') {
            true => make(section),
            false => in_other_words(section),
        });
        let (computer, engine, user) = started(&server);
        let report = rewrite(&engine, user, 3).unwrap();
        assert_eq!((report.rewritten_sections, report.kept.len()), (1, 1), "{reason}: {report:?}");
        assert_eq!(report.kept[0].heading.as_deref(), Some("Resting"));
        assert!(report.kept[0].reason.contains(reason), "{reason}: {report:?}");
        let again: Vec<bool> = server.asked().iter().map(Asked::is_again).collect();
        assert_eq!(again, [false, true, false], "{reason}");
        let visit = assert_visit(&engine, user, 3, Freshness::Fresh, false);
        assert!(visit.markdown.contains("The same for everybody, with $x^2$ in it"), "{}", visit.markdown);
        assert!(visit.markdown.contains("the very same each night"));
        assert!(visit.markdown.contains("<!-- primer:kept reason="));
        // What is known of it is still known when it is asked for again.
        assert_eq!(rewrite(&engine, user, 3).unwrap().kept, report.kept);
        assert!(recorded(&computer.data())[0].4.contains("\"heading\":\"Resting\""));
    }
}

#[test]
fn where_no_section_is_right_nothing_is_stored() {
    let server = ModelServer::making(|_| "I'm sorry, but I can't help with that.".to_owned());
    let (computer, engine, user) = started(&server);
    let report = rewrite(&engine, user, 3).unwrap();
    assert_eq!((report.stored, report.rewritten_sections, report.kept.len()), (None, 0, 2), "{report:?}");
    assert!(report.kept.iter().all(|kept| is_sentence(&kept.reason)), "{report:?}");
    assert_eq!(folders::stored(&computer.data()).len(), 1);
    assert_visit(&engine, user, 3, Freshness::Fresh, false);
}

#[test]
fn a_section_that_fails_once_is_asked_for_again_with_the_reason() {
    let server = ModelServer::start(|number, asked| match number {
        0 => Say(streamed(&asked.section().replace("⟦1⟧", "it"))),
        _ => Say(streamed(&in_other_words(&asked.section()))),
    });
    let (_computer, engine, user) = started(&server);
    let report = rewrite(&engine, user, 3).unwrap();
    assert_eq!((report.rewritten_sections, report.kept.len()), (2, 0));
    let prompt = server.asked()[1].body["messages"][1]["content"].to_string();
    assert!(prompt.contains("The placeholder ⟦1⟧ is missing."), "{prompt}");
    assert_eq!(report.tokens, Some(Tokens { prompt: 300, completion: 30 }));
}

#[test]
fn a_wish_to_stop_is_heard_at_once_and_leaves_everything_as_it_was() {
    let server = ModelServer::start(|_, asked| {
        SayAndHang(format!("{STREAM}{}", part(&in_other_words(&asked.section()))))
    });
    let (computer, engine, user) = started(&server);
    let patience = Patience { progress: Duration::from_secs(600), ..Patience::default() };
    let manner = Manner { patience, ..Manner::default() };
    let cancel = manner.cancel.clone();
    let mut show = |step: Step<'_>| {
        if let Step::Text(_) = step {
            cancel.cancel();
        }
    };
    let error = engine.rewrite(user, ChapterId(1), &manner, &mut show).unwrap_err();
    assert!(matches!(error, RewriteError::Cancelled), "{error}");
    assert_eq!(folders::stored(&computer.data()).len(), 1);
    assert_visit(&engine, user, 1, Freshness::Fresh, false);
}

#[test]
fn a_disk_that_fills_up_while_it_is_kept_costs_the_rewriting_and_nothing_else() {
    let server = ModelServer::making(in_other_words);
    for broken in [
        At::BeforeBegin,
        At::BeforeCommit,
        At::BeforeFile,
        At::MiddleOfFile,
        At::BeforeFlush,
        At::BeforeRename,
    ] {
        let computer = Computer::new();
        let full = Arc::new(AtomicBool::new(false));
        let is_full = Arc::clone(&full);
        let env =
            computer.env().with_mishaps(move |at| match at == broken && is_full.load(Ordering::SeqCst) {
                true => Err(io::ErrorKind::StorageFull.into()),
                false => Ok(()),
            });
        let book = BookSource::Folder(computer.book.folder.clone());
        let engine = Engine::open(&computer.data(), book, env).unwrap();
        let user = reader(&engine, "Mina", python("beginner"));
        set_model(&engine, user, &server);
        let before = assert_visit(&engine, user, 1, Freshness::Missing, true);
        full.store(true, Ordering::SeqCst);
        let error = ApiError::from(rewrite(&engine, user, 1).unwrap_err());
        assert_eq!(error.code, ErrorCode::DiskFull, "{broken:?}: {error}");
        assert_eq!(assert_visit(&engine, user, 1, Freshness::Fresh, false).markdown, before.markdown);
        full.store(false, Ordering::SeqCst);
        assert_eq!(rewrite(&engine, user, 1).unwrap().rewritten_sections, 1, "{broken:?}");
        assert!(
            assert_visit(&engine, user, 1, Freshness::Fresh, false).markdown.contains("primer:rewritten")
        );
    }
}

#[test]
fn without_a_model_nothing_is_asked_and_nothing_happens() {
    let server = ModelServer::making(in_other_words);
    let (_computer, engine, user) = started(&server);
    call(&engine, "model_off", json!({"user_id": user}));
    assert!(matches!(rewrite(&engine, user, 1).unwrap_err(), RewriteError::Off));
    let small = json!({"user_id": user, "base_url": server.url(), "model": "x", "context_tokens": 1024});
    call(&engine, "set_model", small);
    let error = ApiError::from(rewrite(&engine, user, 1).unwrap_err());
    assert!(error.message.contains("1024 tokens"), "{error}");
    assert!(server.asked().is_empty());
}

#[test]
fn two_who_want_the_same_at_once_ask_the_model_once() {
    let server = ModelServer::making(in_other_words);
    let (_computer, engine, user) = started(&server);
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..4).map(|_| scope.spawn(|| rewrite(&engine, user, 1).unwrap())).collect();
        let stored = threads.into_iter().map(|thread| thread.join().unwrap().stored);
        assert_eq!(stored.flatten().count(), 1);
    });
    assert_eq!(server.asked().len(), 1);
}

#[test]
fn a_rewritten_text_of_an_older_version_or_of_other_answers_is_stale_like_any_other() {
    let server = ModelServer::making(in_other_words);
    let (mut computer, engine, user) = started(&server);
    rewrite(&engine, user, 1).unwrap();
    let rewritten = assert_visit(&engine, user, 1, Freshness::Fresh, false);
    answer(&engine, user, python("advanced"));
    let other = assert_visit(&engine, user, 1, Freshness::StaleProfile, true);
    assert!(!other.markdown.contains("primer:rewritten"));
    answer(&engine, user, python("beginner"));
    assert_eq!(assert_visit(&engine, user, 1, Freshness::Fresh, false).path, rewritten.path);
    drop(engine);
    computer.book.revise(1, 2);
    let engine = computer.start();
    let revised = assert_visit(&engine, user, 1, Freshness::StaleSource, true);
    assert!(revised.markdown.contains("edition 2") && !revised.markdown.contains("primer:rewritten"));
    assert_eq!(server.asked().len(), 1);
}

#[test]
fn a_damaged_rewritten_text_gives_way_to_the_deterministic_one_at_once() {
    let server = ModelServer::making(in_other_words);
    let (computer, engine, user) = started(&server);
    let before = assert_visit(&engine, user, 1, Freshness::Missing, true);
    let path = rewrite(&engine, user, 1).unwrap().stored.unwrap();
    std::fs::write(computer.blobs().join(path.to_string()), "damaged").unwrap();
    let healed = assert_visit(&engine, user, 1, Freshness::Damaged, true);
    assert_eq!(healed.markdown, before.markdown);
    assert_eq!(folders::quarantine(&computer.data()), [b"damaged".to_vec()]);
    assert!(database::dump(&computer.data(), "rewrites").is_empty());
    assert_visit(&engine, user, 1, Freshness::Fresh, false);
    // It can be asked for again.
    assert_eq!(rewrite(&engine, user, 1).unwrap().rewritten_sections, 1);
}

#[test]
fn undoing_brings_the_deterministic_text_back_until_it_is_asked_for_again() {
    let server = ModelServer::making(in_other_words);
    let (computer, engine, user) = started(&server);
    let before = assert_visit(&engine, user, 1, Freshness::Missing, true);
    let of_one = json!({"user_id": user, "chapter_id": 1});
    assert_eq!(call(&engine, "discard_rewrite", of_one.clone())["texts"], 0);
    let path = rewrite(&engine, user, 1).unwrap().stored.unwrap();
    assert_eq!(call(&engine, "discard_rewrite", of_one.clone())["texts"], 1);
    assert_eq!(database::rows(&computer.data())[0].storage_path, before.path.to_string());
    let after = assert_visit(&engine, user, 1, Freshness::Fresh, false);
    assert_eq!(after.markdown, before.markdown);
    assert_eq!(folders::stored(&computer.data()).len(), 1);
    assert_eq!(call(&engine, "discard_rewrite", of_one)["texts"], 0);
    assert_eq!(rewrite(&engine, user, 1).unwrap().stored, Some(path));
    assert_eq!(assert_visit(&engine, user, 1, Freshness::Fresh, false).path, path);
}
