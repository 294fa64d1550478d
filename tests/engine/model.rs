//! A reader's model server: its setting, its key, its list and its test.

use primer_domain::ids::{ChapterId, UserId};
use primer_engine::Engine;
use primer_engine::api::{ErrorCode, network_runtime};
use primer_engine::model::find_servers;
use primer_engine::rewriting::Manner;
use serde_json::{Value, json};

use crate::rewriting::TWO_SECTIONS;
use crate::world::model_server::{
    ModelServer, STREAM, Say, SayAndHang, answer, finish, in_other_words, part, refusal, streamed,
};
use crate::world::{database, folders, is_sentence, python};
use crate::{Computer, call, reader, refused};

const KEY: &str = "sk-very-secret-key-123";

fn started() -> (Computer, Engine, UserId) {
    let computer = Computer::new();
    let engine = computer.start();
    let user = reader(&engine, "Mina", python("beginner"));
    (computer, engine, user)
}

/// With two models; its key, if one was sent, is in every answer.
fn two_models() -> ModelServer {
    ModelServer::start(|_, asked| {
        let key = if asked.head.contains(KEY) { KEY } else { "none" };
        Say(match asked.is_for_models() {
            true => {
                let models =
                    json!({"object": "list", "data": [{"id": "qwen"}, {"id": format!("llama {key}")}]});
                answer("200 OK", "Content-Type: application/json\r\n", &models.to_string())
            }
            false => streamed(&format!("<think>Hm.</think>A compass is a magnet. {key}")),
        })
    })
}

#[test]
fn a_model_is_off_until_it_is_set_and_setting_it_asks_nobody() {
    let (computer, engine, user) = started();
    let of_user = json!({"user_id": user});
    assert_eq!(call(&engine, "model_settings", of_user.clone()), json!({"model": null}));
    assert_eq!(call(&engine, "model_disclosure", of_user.clone())["goes_to"], Value::Null);
    for command in ["list_models", "test_model"] {
        let error = refused(&engine, command, of_user.clone());
        assert_eq!(error.code, ErrorCode::ModelOff);
        assert!(is_sentence(&error.message) && is_sentence(&error.hint), "{error}");
    }
    let server = two_models();
    let set = json!({"user_id": user, "base_url": server.url(), "model": " qwen ", "key": KEY});
    let view = call(&engine, "set_model", set);
    assert_eq!(view["model"]["base_url"], format!("{}/v1", server.url()));
    assert_eq!((&view["model"]["model"], &view["model"]["context_tokens"]), (&json!("qwen"), &json!(8192)));
    assert_eq!(view["model"]["key"]["kind"], "file");
    assert_eq!(call(&engine, "model_settings", of_user.clone()), view);
    assert!(!view.to_string().contains(KEY));
    assert!(!database::dump(&computer.data(), "settings").is_empty());
    for (name, bytes) in folders::files(&computer.data()) {
        let holds_key = String::from_utf8_lossy(&bytes).contains(KEY);
        assert_eq!(holds_key, name == "secrets.json", "{name}");
    }
    assert_eq!(call(&engine, "model_off", of_user.clone()), json!({"model": null}));
    assert!(folders::files(&computer.data()).values().all(|it| !String::from_utf8_lossy(it).contains(KEY)));
    assert!(server.asked().is_empty());
}

#[test]
fn settings_that_cannot_be_meant_so_are_refused_and_change_nothing() {
    let (_computer, engine, user) = started();
    let good = json!({"user_id": user, "base_url": "http://localhost:11434", "model": "qwen", "key": KEY});
    let before = call(&engine, "set_model", good.clone());
    for (field, wrong) in [
        ("base_url", json!("ftp://example.org")),
        ("base_url", json!("https://me:secret@example.org")),
        ("model", json!("  ")),
        ("model", json!("a\nb")),
        ("model", json!("x".repeat(201))),
        ("context_tokens", json!(10)),
        ("key", json!("two words")),
        ("key", json!("")),
    ] {
        let mut request = good.clone();
        request[field] = wrong;
        let error = refused(&engine, "set_model", request);
        assert_eq!(error.code, ErrorCode::InvalidRequest, "{field}");
        assert!(is_sentence(&error.message) && is_sentence(&error.hint), "{error}");
        assert!(!error.to_string().contains("secret") && !error.to_string().contains("two words"), "{error}");
        assert_eq!(call(&engine, "model_settings", json!({"user_id": user})), before);
    }
}

#[test]
fn the_models_of_a_server_are_listed_before_and_after_it_is_set() {
    let (_computer, engine, user) = started();
    let (server, other) = (two_models(), two_models());
    let asked = |request: Value| call(&engine, "list_models", request);
    let url = server.url();
    assert_eq!(asked(json!({"user_id": user, "base_url": url})), json!(["llama none", "qwen"]));
    // What a server says back of the key is not shown.
    assert_eq!(asked(json!({"user_id": user, "base_url": url, "key": KEY})), json!(["llama …", "qwen"]));
    call(&engine, "set_model", json!({"user_id": user, "base_url": url, "model": "qwen", "key": KEY}));
    assert_eq!(asked(json!({"user_id": user})), json!(["llama …", "qwen"]));
    assert_eq!(asked(json!({"user_id": user, "base_url": format!("{url}/v1/")})), json!(["llama …", "qwen"]));
    // The key of one server is not shown to another.
    assert_eq!(asked(json!({"user_id": user, "base_url": other.url()})), json!(["llama none", "qwen"]));
    assert!(server.asked()[0].head.starts_with("GET /v1/models HTTP/1.1\r\n"));
}

#[test]
fn a_key_is_given_up_as_soon_as_the_server_is_another_one() {
    let (_computer, engine, user) = started();
    let (server, other) = (two_models(), two_models());
    let set = |url: String, model: &str| {
        call(&engine, "set_model", json!({"user_id": user, "base_url": url, "model": model}))
    };
    call(&engine, "set_model", json!({"user_id": user, "base_url": server.url(), "model": "a", "key": KEY}));
    assert_ne!(set(server.url(), "qwen")["model"]["key"], Value::Null);
    assert_eq!(set(other.url(), "qwen")["model"]["key"], Value::Null);
    call(&engine, "test_model", json!({"user_id": user}));
    assert_eq!(set(server.url(), "qwen")["model"]["key"], Value::Null);
    assert!(other.asked().iter().all(|asked| !asked.head.contains(KEY)));
}

#[test]
fn each_reader_of_a_computer_has_a_model_of_their_own() {
    let (computer, engine, user) = started();
    let other = reader(&engine, "Noor", python("none"));
    call(&engine, "set_model", json!({"user_id": user, "base_url": "localhost:1", "model": "a", "key": KEY}));
    assert_eq!(call(&engine, "model_settings", json!({"user_id": other})), json!({"model": null}));
    // Who leaves the computer takes their key with them.
    call(&engine, "remove_reader", json!({"user_id": user}));
    assert!(folders::files(&computer.data()).values().all(|it| !String::from_utf8_lossy(it).contains(KEY)));
}

#[test]
fn the_test_has_a_paragraph_written_and_sends_nothing_of_the_reader() {
    let (_computer, engine, user) = started();
    let server = two_models();
    call(
        &engine,
        "set_model",
        json!({"user_id": user, "base_url": server.url(), "model": "qwen", "key": KEY}),
    );
    let test = call(&engine, "test_model", json!({"user_id": user}));
    assert_eq!(test["text"], "A compass is a magnet. …");
    assert_eq!(test["tokens"], json!({"prompt": 100, "completion": 10}));
    assert_eq!(test["sentence"], "The model “qwen” wrote a paragraph of 6 words in 1.0 seconds, 10 tokens.");
    let sent = server.asked()[0].body.to_string();
    assert!(
        !sent.contains("Python") && !sent.contains("Mina") && !sent.contains(&user.to_string()),
        "{sent}"
    );
}

#[test]
fn a_test_whose_answer_is_empty_or_cut_off_says_so() {
    let (_computer, engine, user) = started();
    for (text, reason, words) in [
        ("", "stop", "empty"),
        ("<think>On and</think> ", "stop", "empty"),
        ("A compass", "length", "cut off"),
    ] {
        let server = ModelServer::start(move |_, _| Say(format!("{STREAM}{}{}", part(text), finish(reason))));
        call(&engine, "set_model", json!({"user_id": user, "base_url": server.url(), "model": "qwen"}));
        let error = refused(&engine, "test_model", json!({"user_id": user}));
        assert_eq!(error.code, ErrorCode::ModelFailed);
        assert!(error.message.contains(words), "{error}");
        assert!(is_sentence(&error.message) && is_sentence(&error.hint), "{error}");
    }
}

#[test]
fn a_server_that_wants_the_longest_answer_told_by_its_newer_name_is_asked_once_more_and_that_is_remembered() {
    let (mut computer, engine, _) = started();
    drop(engine);
    computer.book.write_chapter(3, 1, TWO_SECTIONS);
    let engine = computer.start();
    let user = reader(&engine, "Noor", python("none"));
    let server = ModelServer::start(|_, asked| {
        Say(match asked.body.get("max_tokens") {
            Some(_) => refusal(
                "400 Bad Request",
                "",
                "unsupported_parameter",
                "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.",
            ),
            None => streamed(&in_other_words(&asked.section())),
        })
    });
    call(&engine, "set_model", json!({"user_id": user, "base_url": server.url(), "model": "qwen"}));
    let report = engine.rewrite(user, ChapterId(3), &Manner::default(), &mut |_| {}).unwrap();
    assert_eq!(report.rewritten_sections, 2);
    let asked = server.asked();
    let longest = |name: &str| -> Vec<bool> { asked.iter().map(|asked| asked.body[name].is_u64()).collect() };
    assert_eq!(longest("max_tokens"), [true, false, false]);
    assert_eq!(longest("max_completion_tokens"), [false, true, true]);
}

#[test]
fn servers_of_this_computer_are_found_where_they_answer_as_such() {
    let models = |name: &str| {
        let said = answer("200 OK", "", &json!({"data": [{"id": name}]}).to_string());
        ModelServer::start(move |_, _| Say(said.clone()))
    };
    let (one, other) = (models("llama"), models("qwen"));
    let page = ModelServer::start(|_, _| Say(answer("200 OK", "Content-Type: text/html\r\n", "<html>")));
    let hangs = ModelServer::start(|_, _| SayAndHang(String::new()));
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let ports = [&other.address, &page.address, &free, &hangs.address, &one.address].map(|it| it.port());
    let ports: Vec<(u16, &str)> = ports.into_iter().zip(["A", "B", "C", "D", "E"]).collect();
    let found = network_runtime().unwrap().block_on(find_servers(&ports));
    let found: Vec<_> = found.iter().map(|found| (found.name, &*found.base_url, &*found.models[0])).collect();
    let (one_url, other_url) = (format!("{}/v1", one.url()), format!("{}/v1", other.url()));
    assert_eq!(found, [("A", &*other_url, "qwen"), ("E", &*one_url, "llama")]);
    assert!(
        one.asked()[0].head.starts_with("GET /v1/models ") && !one.asked()[0].head.contains("uthorization")
    );
    // Whatever is on this computer, the command answers.
    let (_computer, engine, _user) = started();
    assert!(call(&engine, "find_model_servers", json!({})).is_array());
}

#[test]
fn a_list_that_is_none_is_refused() {
    let (_computer, engine, user) = started();
    for said in [
        answer("200 OK", "", "<html>"),
        answer("200 OK", "", "{\"data\": 7}"),
        answer("404 Not Found", "", "{\"error\": \"no such page\"}"),
    ] {
        let server = ModelServer::start(move |_, _| Say(said.clone()));
        let error = refused(&engine, "list_models", json!({"user_id": user, "base_url": server.url()}));
        assert_eq!(error.code, ErrorCode::ModelFailed);
        assert!(error.message.contains("is not a model server"), "{error}");
    }
}
