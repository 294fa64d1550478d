//! A rewriting whose server refuses, fails, lies or hangs: everything stays as it was, and the reader is told why.

use std::time::Duration;

use primer_domain::freshness::Freshness;
use primer_domain::ids::ChapterId;
use primer_engine::api::ApiError;
use primer_engine::rewriting::Step;
use serde_json::json;

use crate::rewriting::{KEY, assert_secret_is_kept, impatient, rewrite, started};
use crate::world::model_server::{
    Asked, DONE, ModelServer, Reaction, STREAM, Say, SayAndHang, SayWithoutEnd, answer as http_answer,
    finish, in_other_words, part, refusal, streamed,
};
use crate::world::{database, folders, is_sentence};
use crate::{assert_visit, call};

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
