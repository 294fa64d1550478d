//! Two people on one computer, and a program that is started again.

use primer_domain::ids::{ChapterId, UserId};
use primer_engine::Engine;
use primer_engine::api::ErrorCode;
use serde_json::{Value, json};

use crate::world::{database, is_sentence, python};
use crate::{Computer, answer, call, reader, refused, visit};

fn add(engine: &Engine, name: &str) -> UserId {
    UserId::parse(call(engine, "add_reader", json!({"name": name}))["id"].as_str().unwrap()).unwrap()
}

fn save_position(engine: &Engine, user: UserId, chapter: u32, position: &str, progress: f64) {
    let request = json!({"user_id": user.to_string(), "chapter_id": chapter, "position": position, "progress": progress});
    call(engine, "save_position", request);
}

fn open(engine: &Engine, user: UserId, chapter: u32) -> Value {
    call(engine, "open_chapter", json!({"user_id": user.to_string(), "chapter_id": chapter}))
}

#[test]
fn a_name_is_trimmed_and_composed_and_must_be_there() {
    let computer = Computer::new();
    let engine = computer.start();
    let added = call(&engine, "add_reader", json!({"name": "  Zoe\u{301}  "}));
    assert_eq!(added["name"], "Zoé");
    for name in ["", "   ", "\u{3000}", "a\nb", "\u{0}", &"n".repeat(65)] {
        let error = refused(&engine, "add_reader", json!({"name": name}));
        assert_eq!(error.code, ErrorCode::InvalidName, "{name:?}");
        assert_eq!(error.fields[0].field, "name");
        assert!(is_sentence(&error.message) && is_sentence(&error.hint), "{error}");
        let error = refused(&engine, "rename_reader", json!({"user_id": added["id"], "name": name}));
        assert_eq!(error.code, ErrorCode::InvalidName, "{name:?}");
    }
    assert_eq!(call(&engine, "startup", json!({}))["readers"].as_array().unwrap().len(), 1);
    let renamed = call(&engine, "rename_reader", json!({"user_id": added["id"], "name": " Zo "}));
    assert_eq!(renamed, json!({"id": added["id"], "name": "Zo"}));
    call(&engine, "add_reader", json!({"name": "Zo"}));
    assert_eq!(
        call(&engine, "startup", json!({}))["readers"].as_array().unwrap().len(),
        2,
        "two people may share a name"
    );
}

#[test]
fn two_readers_keep_their_backgrounds_chapters_places_and_appearance_apart() {
    let computer = Computer::new();
    let engine = computer.start();
    let sana = reader(&engine, "Sana", python("none"));
    let timo = reader(&engine, "Timo", python("advanced"));
    assert!(visit(&engine, sana, 1).markdown.contains("Slowly"));
    assert!(visit(&engine, timo, 1).markdown.contains("In one leap"));
    save_position(&engine, sana, 1, "b-one", 0.25);
    save_position(&engine, timo, 1, "b-two", 0.75);
    for (user, theme) in [(sana, "dark"), (timo, "light")] {
        let appearance = json!({"theme": theme, "text_size_percent": 120});
        call(&engine, "set_appearance", json!({"user_id": user.to_string(), "appearance": appearance}));
    }
    answer(&engine, timo, python("intermediate"));
    drop(engine);

    let engine = computer.start();
    for (user, place, progress, theme) in [(sana, "b-one", 0.25, "dark"), (timo, "b-two", 0.75, "light")] {
        let startup = call(&engine, "choose_reader", json!({"user_id": user.to_string()}));
        assert_eq!(startup["reader"]["id"], user.to_string());
        assert_eq!(startup["appearance"], json!({"theme": theme, "text_size_percent": 120}));
        let page = open(&engine, user, 1);
        assert_eq!((&page["position"], &page["progress"]), (&json!(place), &json!(progress)));
        assert_eq!(page["generated"], json!(user == timo));
    }
    let rows = database::rows(&computer.data());
    assert!(rows.iter().all(|row| row.storage_path.contains(&row.user_id)));
    assert_eq!(rows.iter().filter(|row| row.user_id == sana.to_string()).count(), 1);
}

#[test]
fn the_program_starts_with_who_read_last() {
    let computer = Computer::new();
    let engine = computer.start();
    assert_eq!(call(&engine, "startup", json!({}))["reader"], Value::Null);
    let uma = add(&engine, "Uma");
    let vito = add(&engine, "Vito");
    let last =
        |engine: &Engine| call(engine, "startup", json!({}))["reader"]["id"].as_str().map(str::to_owned);
    assert_eq!(last(&engine), Some(vito.to_string()));
    open(&engine, uma, 3);
    // The window does so when nobody waits, and before it closes.
    engine.write_down_notes().unwrap();
    drop(engine);
    assert_eq!(last(&computer.start()), Some(uma.to_string()));
    let connection = database::open(&computer.data());
    connection.execute("DELETE FROM \"user\" WHERE id = ?1", [uma.to_string()]).unwrap();
    assert_eq!(last(&computer.start()), Some(vito.to_string()), "the only one left");
}

#[test]
fn a_place_is_remembered_and_progress_only_grows() {
    let computer = Computer::new();
    let engine = computer.start();
    let user = reader(&engine, "Wim", python("none"));
    assert_eq!(open(&engine, user, 1)["position"], Value::Null);
    for (place, progress) in [("b-a", 0.2), ("b-c", 0.9), ("b-b", 0.4)] {
        save_position(&engine, user, 1, place, progress);
    }
    drop(engine);
    let engine = computer.start();
    let page = open(&engine, user, 1);
    assert_eq!((page["position"].as_str(), page["progress"].as_f64()), (Some("b-b"), Some(0.9)));
    let contents = call(&engine, "list_chapters", json!({"user_id": user.to_string()}));
    assert_eq!(contents["chapters"][0]["last_opened"], true);
    assert_eq!(contents["chapters"][0]["progress"], 0.9);
    // Beyond the ends is the end.
    save_position(&engine, user, 2, "b-x", 7.0);
    assert_eq!(open(&engine, user, 2)["progress"], 1.0);
    save_position(&engine, user, 3, "b-x", -1.0);
    assert_eq!(open(&engine, user, 3)["progress"], 0.0);
    let contents = call(&engine, "list_chapters", json!({"user_id": user.to_string()}));
    let continuing: Vec<bool> = contents["chapters"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| entry["last_opened"].as_bool().unwrap())
        .collect();
    assert_eq!(continuing, [false, false, true]);
}

#[test]
fn a_chapter_that_the_book_does_not_have_is_refused_with_a_sentence() {
    let computer = Computer::new();
    let engine = computer.start();
    let user = reader(&engine, "Xia", python("none"));
    for number in [0, 7, u32::MAX] {
        let requests = [
            ("open_chapter", json!({"user_id": user.to_string(), "chapter_id": number})),
            ("open_original", json!({"chapter_id": number})),
            (
                "chapter_variant",
                json!({"user_id": user.to_string(), "chapter_id": number, "block_id": "x", "index": 0}),
            ),
            (
                "save_position",
                json!({"user_id": user.to_string(), "chapter_id": number, "position": "b", "progress": 0.5}),
            ),
        ];
        for (command, request) in requests {
            let error = refused(&engine, command, request);
            assert_eq!(error.code, ErrorCode::ChapterNotFound, "{command}");
            assert!(error.message.contains(&number.to_string()) && is_sentence(&error.message), "{error}");
        }
        assert!(engine.visit(user, ChapterId(number)).is_err());
    }
    assert!(database::rows(&computer.data()).is_empty());
    assert!(database::dump(&computer.data(), "reading_positions").is_empty());
}

#[test]
fn a_reader_who_skips_the_questions_reads_the_book_as_written_for_somebody_new() {
    let computer = Computer::new();
    let engine = computer.start();
    let user = add(&engine, "Yuki");
    let profile = call(&engine, "get_profile", json!({"user_id": user.to_string()}));
    assert_eq!((&profile["answered"], &profile["updated_at"]), (&json!(false), &Value::Null));
    let contents = call(&engine, "list_chapters", json!({"user_id": user.to_string()}));
    assert!(contents["subtitle"].as_str().unwrap().contains("Answer the questions"), "{contents}");
    assert!(visit(&engine, user, 1).markdown.contains("Slowly, with every step."));
    let page = open(&engine, user, 1);
    let reason = page["blocks"][0]["reason"].as_str().unwrap();
    assert!(reason.contains("have not mentioned Python"), "{reason}");
}
