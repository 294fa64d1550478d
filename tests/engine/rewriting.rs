//! A chapter rewritten by a model: what is kept, and that nothing a server does can harm what is there.

use std::path::Path;
use std::time::Duration;

use primer_domain::freshness::Freshness;
use primer_domain::ids::{ChapterId, UserId};
use primer_engine::Engine;
use primer_engine::api::ApiError;
use primer_engine::model::{Patience, Tokens};
use primer_engine::rewriting::{Manner, Report, RewriteError, Step};
use serde_json::json;

use crate::world::model_server::{
    Asked, DONE, Drip, ModelServer, Reaction, STREAM, Say, SayAndHang, SayWithoutEnd, answer as http_answer,
    finish, in_other_words, part, refusal, streamed,
};
use crate::world::{database, folders, is_sentence, python};
use crate::{Computer, answer, assert_visit, call, reader};

/// A key that is found wherever it should not be.
const KEY: &str = "sk-very-secret-key-123";

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

fn started(server: &ModelServer) -> (Computer, Engine, UserId) {
    let mut computer = Computer::new();
    computer.book.write_chapter(3, 1, TWO_SECTIONS);
    let engine = computer.start();
    let user = reader(&engine, "Mina", python("beginner"));
    set_model(&engine, user, server);
    (computer, engine, user)
}

/// No file below the data folder but the one for secrets has the key in it, nor has the database.
fn assert_secret_is_kept(data: &Path) {
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
fn a_server_that_dies_in_the_middle_leaves_everything_as_it_was() {
    let server = ModelServer::start(|number, asked| match number {
        0 => Say(streamed(&in_other_words(&asked.section()))),
        _ => Say(refusal("500 Internal Server Error", "", "", "out of memory")),
    });
    let (computer, engine, user) = started(&server);
    rewrite(&engine, user, 3).unwrap_err();
    assert_eq!(server.asked().len(), 2);
    assert_eq!(folders::stored(&computer.data()).len(), 1);
    let visit = assert_visit(&engine, user, 3, Freshness::Fresh, false);
    assert!(!visit.markdown.contains("primer:"));
}

/// Whatever the server does to the one request: an error with a sentence, and everything as it was.
#[track_caller]
fn assert_harmless(words: &str, react: impl Fn(&Asked) -> Reaction + Send + Sync + 'static) -> ApiError {
    let server = ModelServer::start(move |_, asked| react(asked));
    let (computer, engine, user) = started(&server);
    let before = assert_visit(&engine, user, 1, Freshness::Missing, true);
    let (files, rows) = (folders::stored(&computer.data()), database::rows(&computer.data()));
    let error = ApiError::from(rewrite(&engine, user, 1).unwrap_err());
    assert!(error.message.contains(words), "{words}: {error}");
    assert!(is_sentence(&error.message) && is_sentence(&error.hint), "{error}");
    assert!(!error.to_string().contains(KEY), "{error}");
    assert_eq!(folders::stored(&computer.data()), files, "{words}");
    assert_eq!(database::rows(&computer.data()), rows, "{words}");
    assert!(database::dump(&computer.data(), "rewrites").is_empty());
    let after = assert_visit(&engine, user, 1, Freshness::Fresh, false);
    assert_eq!(after.markdown, before.markdown);
    assert_secret_is_kept(&computer.data());
    error
}

#[test]
fn a_server_that_refuses_changes_nothing_and_says_why() {
    let says = |text: String| move |_: &Asked| Say(text.clone());
    let echo = format!("Incorrect API key provided: {KEY}.");
    assert_harmless(
        "does not accept the key",
        says(refusal("401 Unauthorized", "", "invalid_api_key", &echo)),
    );
    assert_harmless("does not accept the key", says(refusal("403 Forbidden", "", "", &echo)));
    let missing = http_answer("404 Not Found", "", "{\"error\":\"model 'llama3.2:3b' not found\"}");
    assert_harmless("has no model “llama3.2:3b”", says(missing));
    let long = refusal("400 Bad Request", "", "context_length_exceeded", "too long");
    assert_harmless("takes less text at once", says(long));
    let failed = refusal("500 Internal Server Error", "", "", &format!("out of memory, {KEY}"));
    let error = assert_harmless("a fault of its own: “out of memory, …”", says(failed));
    assert!(error.message.contains("127.0.0.1"));
    assert_harmless("does not understand", says(refusal("422 Unprocessable", "", "", "what?")));
    let redirect = http_answer("302 Found", "Location: http://127.0.0.1:9/\r\n", "");
    assert_harmless("not a model server", says(redirect));
    let page = "Content-Type: text/html\r\n";
    assert_harmless("not a model server", says(http_answer("200 OK", page, "<!doctype html><p>Sign in</p>")));
    assert_harmless("not a model server", says(http_answer("403 Forbidden", page, "<html>Sign in</html>")));
    assert_harmless("not a model server", says(http_answer("200 OK", "", "no json, no stream")));
    assert_harmless("not a model server", says(http_answer("200 OK", "", "{\"hello\": 1}")));
    assert_harmless("not a model server", says("SSH-2.0-OpenSSH_9.2\r\n".to_owned()));
}

#[test]
fn an_answer_that_does_not_come_to_its_end_is_never_kept() {
    let half = |asked: &Asked| {
        let words = in_other_words(&asked.section());
        format!("{STREAM}{}", part(&words[..words.len() / 2]))
    };
    assert_harmless("cut short", move |asked| Say(half(asked)));
    assert_harmless("cut short", move |asked| Say(format!("{}data: {{\"choi", half(asked))));
    assert_harmless("cut short", move |asked| Say(format!("{}data: rubbish\n\n", half(asked))));
    let announced = move |asked: &Asked| half(asked).replace("Connection: close", "Content-Length: 100000");
    assert_harmless("cut short", move |asked| Say(announced(asked)));
    assert_harmless("took too long", move |asked| SayAndHang(half(asked)));
    assert_harmless("took too long", |_| SayAndHang(String::new()));
    assert_harmless("a fault of its own: “out of memory”", move |asked| {
        Say(format!("{}data: {{\"error\":{{\"message\":\"out of memory\"}}}}\n\n", half(asked)))
    });
    assert_harmless("cut short", |_| Say(String::new()));
}

#[test]
fn a_server_that_is_not_there_changes_nothing_and_says_so() {
    let server = ModelServer::making(in_other_words);
    let (_computer, engine, user) = started(&server);
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let request = json!({"user_id": user, "base_url": format!("http://{free}"), "model": "x"});
    call(&engine, "set_model", request);
    let error = ApiError::from(rewrite(&engine, user, 1).unwrap_err());
    assert!(error.message.contains("could not be reached"), "{error}");
    assert_visit(&engine, user, 1, Freshness::Fresh, false);
    assert!(server.asked().is_empty());
}

#[test]
fn a_whole_answer_without_a_good_end_is_a_section_that_stands_as_it_was() {
    let all = |asked: &Asked| format!("{STREAM}{}", part(&in_other_words(&asked.section())));
    let endless = format!("{STREAM}{}", part(&"Words without an end. ".repeat(50)));
    type React = Box<dyn Fn(&Asked) -> Reaction + Send + Sync>;
    let cases: [(&str, React); 4] = [
        ("did not end by itself", Box::new(move |asked| Say(format!("{}{DONE}", all(asked))))),
        ("cut off", Box::new(move |asked| Say(format!("{}{}{DONE}", all(asked), finish("length"))))),
        ("did not end", Box::new(move |asked| Say(format!("{}{}{DONE}", all(asked), finish("tool_calls"))))),
        ("cut off", Box::new(move |_| SayWithoutEnd(endless.clone(), part(&"On and on. ".repeat(500))))),
    ];
    for (reason, react) in cases {
        let server = ModelServer::start(move |_, asked| react(asked));
        let (computer, engine, user) = started(&server);
        let report = rewrite(&engine, user, 1).unwrap();
        assert_eq!((report.stored, report.rewritten_sections), (None, 0), "{reason}");
        assert!(report.kept[0].reason.contains(reason), "{report:?}");
        assert_eq!(folders::stored(&computer.data()).len(), 1);
        assert_visit(&engine, user, 1, Freshness::Fresh, false);
    }
}

#[test]
fn a_busy_server_is_waited_for_as_long_as_it_asks_but_not_for_ever() {
    let busy = |wait: &str| {
        refusal(
            "429 Too Many Requests",
            &format!("Retry-After: {wait}\r\n"),
            "rate_limit_exceeded",
            "slow down",
        )
    };
    let server = ModelServer::start(move |number, asked| match number {
        0 => Say(busy("1")),
        1 => Say(refusal("429 Too Many Requests", "", "", "slow down")),
        _ => Say(streamed(&in_other_words(&asked.section()))),
    });
    let (_computer, engine, user) = started(&server);
    let mut waits = Vec::new();
    let mut show = |step: Step<'_>| {
        if let Step::Waiting(wait) = step {
            waits.push(wait);
        }
    };
    let report = engine.rewrite(user, ChapterId(1), &impatient(), &mut show).unwrap();
    assert_eq!(report.rewritten_sections, 1);
    assert_eq!(waits, [Duration::from_secs(1), Duration::from_millis(1)]);
    assert_harmless("asks to wait 3600 seconds", move |_| Say(busy("3600")));
    // One that is busy whenever it is asked is not asked for ever.
    assert_harmless("takes no more requests", |_| Say(refusal("429 Too Many Requests", "", "", "slow down")));
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
