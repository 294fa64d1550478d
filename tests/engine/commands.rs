//! Every command of the window: what it refuses, and how.

use std::collections::BTreeSet;

use primer_domain::ids::UserId;
use primer_engine::Engine;
use primer_engine::api::{ErrorCode, dispatch, typescript};
use serde_json::{Value, json};

use crate::world::{is_sentence, python};
use crate::{Computer, call, reader, refused};

/// A request for each command that works for this reader.
pub fn good_requests(user: UserId) -> Vec<(&'static str, Value)> {
    let user = user.to_string();
    vec![
        ("startup", json!({})),
        ("add_reader", json!({"name": "Zed"})),
        ("choose_reader", json!({"user_id": user})),
        ("rename_reader", json!({"user_id": user, "name": "Zed"})),
        (
            "set_appearance",
            json!({"user_id": user, "appearance": {"theme": "dark", "text_size_percent": 110}}),
        ),
        ("profile_form", json!({})),
        ("get_profile", json!({"user_id": user})),
        ("preview_profile", json!({"user_id": user, "background": python("advanced")})),
        ("save_profile", json!({"user_id": user, "background": python("beginner")})),
        ("list_chapters", json!({"user_id": user})),
        ("open_chapter", json!({"user_id": user, "chapter_id": 1})),
        ("compare_rewrite", json!({"user_id": user, "chapter_id": 1})),
        ("open_original", json!({"chapter_id": 1})),
        ("chapter_variant", json!({"user_id": user, "chapter_id": 1, "block_id": "pace", "index": 2})),
        ("save_position", json!({"user_id": user, "chapter_id": 1, "position": "b-x", "progress": 0.5})),
        ("get_storage", json!({})),
        ("set_quota", json!({"quota_bytes": 1_000_000})),
        ("stored_chapters", json!({"user_id": user})),
        ("remove_chapter", json!({"user_id": user, "chapter_id": 3, "everywhere": false})),
        ("list_remotes", json!({"user_id": user})),
        ("list_computers", json!({"user_id": user})),
        ("sync_status", json!({"user_id": user})),
        ("sync_now", json!({"user_id": user})),
        ("network_is_back", json!({})),
        ("get_sync_settings", json!({"user_id": user})),
        ("set_sync_settings", json!({"user_id": user, "settings": {"older_too": true, "metered": false}})),
        ("model_settings", json!({"user_id": user})),
        ("set_model", json!({"user_id": user, "base_url": "http://localhost:11434", "model": "llama3.2:3b"})),
        ("model_disclosure", json!({"user_id": user})),
        ("estimate_rewrite", json!({"user_id": user, "chapter_id": 1})),
        ("wish_rewrite", json!({"user_id": user, "chapter_id": 1, "again": false})),
        ("rewriting_status", json!({"user_id": user})),
        ("rewriting_text", json!({"user_id": user, "chapter_id": 1})),
        ("cancel_rewrite", json!({"user_id": user, "chapter_id": 1})),
        ("model_off", json!({"user_id": user})),
        ("discard_rewrite", json!({"user_id": user, "chapter_id": 1})),
        ("update_status", json!({})),
        ("cancel_update", json!({})),
    ]
}

const ANSWERED_ELSEWHERE: [&str; 22] = [
    "crash_report",
    "diagnostics",
    "note_script_error",
    "backup_offer",
    "restore_backup",
    "find_model_servers",
    "install_update",
    "look_for_update",
    "set_updates",
    "list_models",
    "test_model",
    "undo_rewrite",
    "add_remote",
    "check_remote",
    "remove_remote",
    "pause_remote",
    "export_computer",
    "save_joining",
    "join_reader",
    "forget_computer",
    "remove_reader",
    "open_newer_book",
];

fn started() -> (Computer, Engine, UserId) {
    let computer = Computer::new();
    let engine = computer.start();
    let user = reader(&engine, "Zoe", python("none"));
    (computer, engine, user)
}

/// The commands that the generated TypeScript offers the window.
fn commands_in_typescript() -> BTreeSet<String> {
    let text = typescript();
    let (_, map) = text.split_once("export type Commands = {\n").unwrap();
    map.lines()
        .take_while(|line| *line != "};")
        .map(|line| line.trim().split(':').next().unwrap().to_owned())
        .collect()
}

#[test]
fn every_command_that_the_window_knows_is_answered_and_the_other_way_round() {
    let (_computer, engine, user) = started();
    let tried: BTreeSet<String> = good_requests(user).iter().map(|(name, _)| (*name).to_owned()).collect();
    let mut known = commands_in_typescript();
    // What needs a remote, a model server, a publisher, a newer book or no engine, or takes the reader away, has tests of its own.
    for command in ANSWERED_ELSEWHERE {
        assert!(known.remove(command), "{command} is no command");
    }
    assert_eq!(known, tried);
    for (command, request) in good_requests(user) {
        call(&engine, command, request);
    }
}

#[test]
fn the_generated_typescript_in_the_repository_is_what_the_engine_makes() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../../ui/generated/commands.ts");
    assert_eq!(std::fs::read_to_string(file).unwrap(), typescript(), "run cargo xtask types");
}

#[test]
fn a_malformed_request_is_refused_with_a_sentence_and_never_a_panic() {
    let (_computer, engine, user) = started();
    for (command, good) in good_requests(user) {
        let mut malformed = vec![json!(null), json!("text"), json!(7)];
        for field in good.as_object().unwrap().keys() {
            let mut without = good.clone();
            without.as_object_mut().unwrap().remove(field);
            // A reader's appearance may be the computer's.
            if !(command == "set_appearance" && field == "user_id") {
                malformed.push(without);
            }
            for wrong in [json!([]), json!(-1), json!({"a": 1})] {
                let mut replaced = good.clone();
                replaced[field] = wrong;
                malformed.push(replaced);
            }
        }
        for request in malformed {
            match dispatch(&engine, command, request.clone()) {
                // A preview answers with the errors of the fields; a form is never an error of the program.
                Ok(answer) => assert!(
                    command == "preview_profile" && !answer["errors"].as_array().unwrap().is_empty()
                        || command == "save_position" && request["progress"] == -1,
                    "{command} took {request}"
                ),
                Err(error) => {
                    assert!(
                        matches!(error.code, ErrorCode::InvalidRequest | ErrorCode::InvalidProfile),
                        "{command} {request}: {error}"
                    );
                    assert!(
                        is_sentence(&error.message) && is_sentence(&error.hint),
                        "{command} {request}: {error}"
                    );
                }
            }
        }
    }
}

#[test]
fn an_unknown_command_is_refused() {
    let (_computer, engine, _) = started();
    for name in ["", "list_boks", "Startup", "startup ", "drop table"] {
        let error = refused(&engine, name, json!({}));
        assert_eq!(error.code, ErrorCode::InvalidRequest);
        assert!(is_sentence(&error.message) && is_sentence(&error.hint), "{error}");
    }
}

#[test]
fn a_reader_who_is_not_here_is_refused_by_every_command_that_asks_for_one() {
    let (_computer, engine, user) = started();
    for (command, good) in good_requests(user) {
        if good.get("user_id").is_none() {
            continue;
        }
        let strangers = [
            "0192f0c1-2345-7abc-8def-0123456789ab".to_owned(),
            user.to_string().to_uppercase().replace('0', "A"),
            String::new(),
            "../../etc".to_owned(),
        ];
        for stranger in strangers {
            let mut request = good.clone();
            request["user_id"] = json!(stranger);
            let error = refused(&engine, command, request);
            assert_eq!(error.code, ErrorCode::UserNotFound, "{command} {stranger}");
            assert!(is_sentence(&error.message) && is_sentence(&error.hint), "{error}");
        }
    }
}

#[test]
fn an_error_crosses_to_the_window_as_code_message_and_hint() {
    let (_computer, engine, user) = started();
    let mut wrong = python("none");
    wrong["robotics_experience"] = json!("much");
    let error = refused(&engine, "save_profile", json!({"user_id": user.to_string(), "background": wrong}));
    let crossed = serde_json::to_value(&error).unwrap();
    assert_eq!(crossed["code"], "invalid_profile");
    assert_eq!(crossed["fields"][0]["field"], "robotics_experience");
    assert!(crossed["message"].is_string() && crossed["hint"].is_string());
}
