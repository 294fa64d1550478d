//! Forgetting a computer whose words cannot be read.

use std::fs;
use std::path::{Path, PathBuf};

use primer_domain::freshness::Freshness;
use serde_json::{Value, json};

use crate::desk::{Desk, World, replicas};
use crate::world::python;
use crate::{assert_visit, call};

fn trouble_of(desk: &Desk, device: &str) -> Option<String> {
    let computers = call(&desk.engine, "list_computers", json!({"user_id": desk.user}));
    let computers = computers.as_array().unwrap().clone();
    let it = computers.into_iter().find(|computer| computer["device_id"] == device)?;
    it["trouble"].as_str().map(str::to_owned)
}

/// A replica under another computer's name: where it stands, and that name.
fn other(stick: &Path, own: &Value) -> (PathBuf, String) {
    let files = replicas(stick);
    let is_other = |file: &&PathBuf| file.file_stem().unwrap().to_str().unwrap() != own.as_str().unwrap();
    let file = files.iter().find(is_other).unwrap().clone();
    let device = file.file_stem().unwrap().to_str().unwrap().to_owned();
    (file, device)
}

#[test]
fn a_computer_whose_words_cannot_be_read_is_forgotten_only_once_they_can() {
    let (stick, laptop) = World::new().begin(python("beginner"));
    laptop.sync();
    let school = laptop.joined(2);
    assert_visit(&school.engine, school.user, 1, Freshness::Missing, true);
    school.sync();
    let own = call(&laptop.engine, "list_computers", json!({"user_id": laptop.user}))[0]["device_id"].clone();
    let (file, device) = other(stick.path(), &own);
    let whole = fs::read(&file).unwrap();
    fs::write(&file, b"{\"format\": 7}").unwrap();
    laptop.sync();
    call(&laptop.engine, "forget_computer", json!({"user_id": laptop.user, "device_id": device}));
    for _ in 0..2 {
        laptop.sync();
        assert!(file.exists(), "it may say anything");
        let trouble = trouble_of(&laptop, &device).unwrap();
        assert!(
            trouble.contains("newer") && trouble.ends_with("It is forgotten once that can be read."),
            "{trouble}"
        );
    }
    // It can be read again, and what it says is kept.
    fs::write(&file, whole).unwrap();
    laptop.sync();
    assert!(!file.exists());
    assert_eq!(trouble_of(&laptop, &device), None);
    let [left] = replicas(stick.path()).try_into().unwrap();
    assert!(fs::read_to_string(left).unwrap().contains("\"1/v1-"), "its text is mentioned by this computer");
    assert_eq!(laptop.sync().requests, 1);
}

#[test]
fn a_computer_of_which_only_rubbish_is_left_can_be_forgotten() {
    let (stick, laptop) = World::new().begin(python("beginner"));
    laptop.sync();
    laptop.joined(2).sync();
    let own = call(&laptop.engine, "list_computers", json!({"user_id": laptop.user}))[0]["device_id"].clone();
    laptop.sync();
    let rubbish = replicas(stick.path())[0].with_file_name("0192f0c1-2345-7abc-8def-0123456789ab.json");
    fs::write(&rubbish, "rubbish").unwrap();
    laptop.sync();
    let device = "0192f0c1-2345-7abc-8def-0123456789ab";
    assert!(trouble_of(&laptop, device).is_some() && own != device);
    call(&laptop.engine, "forget_computer", json!({"user_id": laptop.user, "device_id": device}));
    laptop.sync();
    assert!(!rubbish.exists());
    assert_eq!((trouble_of(&laptop, device), laptop.sync().requests), (None, 1));
}
