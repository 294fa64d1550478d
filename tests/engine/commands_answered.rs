//! Every command of the window: what it answers.

use serde_json::{Value, json};

use crate::world::{BookOnDisk, python};
use crate::{Computer, answer, call, reader, refused};

#[test]
fn the_start_tells_who_reads_which_book_and_how_it_looks() {
    let computer = Computer::new();
    let engine = computer.start();
    let startup = call(&engine, "startup", json!({}));
    assert_eq!(startup["book"]["id"], "test-book");
    assert_eq!(startup["book"]["chapters"], 3);
    assert_eq!(startup["appearance"], json!({"theme": "system", "text_size_percent": 100}));
    let appearance = json!({"theme": "dark", "text_size_percent": 900});
    call(&engine, "set_appearance", json!({"user_id": null, "appearance": appearance}));
    assert_eq!(
        call(&engine, "startup", json!({}))["appearance"],
        json!({"theme": "dark", "text_size_percent": 200})
    );
}

#[test]
fn the_form_offers_every_question_of_the_data_model() {
    let computer = Computer::new();
    let form = call(&computer.start(), "profile_form", json!({}));
    let values = |name: &str| -> Vec<String> {
        form[name]
            .as_array()
            .unwrap()
            .iter()
            .map(|choice| choice["value"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(values("skills"), ["python", "cpp", "ros2", "typescript"]);
    assert_eq!(values("levels"), ["none", "beginner", "intermediate", "advanced"]);
    assert_eq!(values("robotics"), ["none", "simulation_only", "real_hardware"]);
    assert_eq!(
        values("hardware"),
        ["gpu_nvidia", "jetson_nano", "jetson_orin", "robot_kit", "lidar", "camera_depth"]
    );
    assert_eq!(values("goals"), ["career_change", "academic_research", "hobby", "professional_dev"]);
}

#[test]
fn a_chapter_says_of_each_block_why_it_is_there_and_what_else_there_is() {
    let computer = Computer::new();
    let engine = computer.start();
    let user = reader(&engine, "Abel", python("intermediate"));
    let page = call(&engine, "open_chapter", json!({"user_id": user.to_string(), "chapter_id": 1}));
    let block = &page["blocks"][0];
    assert_eq!(page["blocks"].as_array().unwrap().len(), 1);
    assert_eq!(block["block_id"], "pace");
    assert_eq!(block["label"], "Some Python");
    assert_eq!(block["reason"], "because you said Python: intermediate");
    assert!(page["html"].as_str().unwrap().contains(block["element_id"].as_str().unwrap()));
    assert_eq!(
        block["variants"],
        json!([{"index": 0, "label": "New to Python"}, {"index": 2, "label": "Much Python"}])
    );
    for (index, words) in [(0, "Slowly"), (1, "At a good pace"), (2, "In one leap")] {
        let request =
            json!({"user_id": user.to_string(), "chapter_id": 1, "block_id": "pace", "index": index});
        let variant = call(&engine, "chapter_variant", request);
        assert!(variant["html"].as_str().unwrap().contains(words), "{variant}");
    }
    let request = json!({"user_id": user.to_string(), "chapter_id": 1, "block_id": "pace", "index": 3});
    refused(&engine, "chapter_variant", request);
    assert_eq!((&page["previous"], &page["next"]["chapter_id"]), (&Value::Null, &json!(2)));
}

#[test]
fn the_original_is_the_same_for_every_reader_and_has_no_marks() {
    let computer = Computer::new();
    let engine = computer.start();
    let user = reader(&engine, "Bea", python("advanced"));
    let original = call(&engine, "open_original", json!({"chapter_id": 1}));
    assert!(original["html"].as_str().unwrap().contains("Slowly, with every step."));
    assert!(!original["html"].as_str().unwrap().contains("written-for-you"));
    answer(&engine, user, python("none"));
    assert_eq!(call(&engine, "open_original", json!({"chapter_id": 1})), original);
}

#[test]
fn a_text_from_a_newer_book_still_says_why_although_the_installed_book_lacks_the_block() {
    let mut computer = Computer::new();
    computer.book.write_chapter(
        1,
        2,
        "# Walking\n\n::: when python = advanced {#new}\nNew words.\n::: otherwise\nOther new words.\n:::\n",
    );
    let engine = computer.start();
    let user = reader(&engine, "Cai", python("advanced"));
    call(&engine, "open_chapter", json!({"user_id": user.to_string(), "chapter_id": 1}));
    drop(engine);
    computer.book = BookOnDisk::write(&computer.book.folder);
    let page = call(&computer.start(), "open_chapter", json!({"user_id": user.to_string(), "chapter_id": 1}));
    assert_eq!(page["state"], "newer_source");
    let block = &page["blocks"][0];
    assert_eq!(block["block_id"], "new");
    assert!(block["reason"].as_str().unwrap().contains("python=advanced"), "{block}");
    assert_eq!(block["variants"], json!([]));
}
