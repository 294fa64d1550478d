//! The profile hash is Python's, on every background; the profile is saved right or not at all.

use std::io::Write;
use std::process::{Command, Stdio};

use primer_domain::profile::{Background, Draft, Origin, canonical_json};
use serde_json::{Value, json};

use crate::world::seeded::Seeded;
use crate::world::{self, database, hash_vectors, python};
use crate::{Computer, call, reader, refused};

fn as_it_stands(background: &str) -> Background {
    let draft: Draft = serde_json::from_str(background).unwrap();
    draft.validate(Origin::AsItStands).unwrap()
}

#[test]
fn every_hash_vector_holds_in_the_domain() {
    for vector in hash_vectors() {
        let background = as_it_stands(&vector.background.to_string());
        assert_eq!(canonical_json(&background), vector.canonical_json, "{}", vector.name);
        assert_eq!(background.hash().to_string(), vector.profile_hash, "{}", vector.name);
    }
}

#[test]
fn every_hash_vector_survives_being_saved_and_read_again() {
    let computer = Computer::new();
    let engine = computer.start();
    let user = reader(&engine, "Vera", python("none"));
    for vector in hash_vectors() {
        let background = serde_json::from_value(vector.background.clone()).unwrap();
        let request = primer_engine::api::WithBackground { user_id: user.to_string(), background };
        primer_engine::api::direct::import_profile(&engine, request).unwrap();
        let shown = call(&engine, "get_profile", json!({"user_id": user.to_string()}));
        assert_eq!(shown["profile_hash"], vector.profile_hash.as_str(), "{}", vector.name);
        let connection = database::open_to_read(&computer.data());
        let column: String =
            connection.query_row("SELECT profile_hash FROM user_profiles", [], |row| row.get(0)).unwrap();
        assert_eq!(column, vector.profile_hash, "{}", vector.name);
    }
}

/// Pieces of names that break careless JSON writers, sorters and decoders.
const PIECES: [&str; 26] = [
    "a",
    "Z",
    "python",
    " ",
    "  ",
    "\"",
    "\\",
    "/",
    "\u{0}",
    "\u{1f}",
    "\n",
    "\r\n",
    "\t",
    "\u{8}\u{c}",
    "\u{7f}",
    "\u{80}",
    "é",
    "e\u{301}",
    "日本語",
    "ی",
    "\u{200d}",
    "\u{2028}",
    "\u{feff}",
    "\u{ffff}",
    "\u{e000}",
    "😀\u{10ffff}",
];

fn name(seeded: &mut Seeded) -> String {
    (0..seeded.below(5)).map(|_| *seeded.one_of(&PIECES)).collect()
}

/// As a web service might send it: keys in any order, doubles in the lists, the same key twice, escapes or plain text.
fn nasty_background(seeded: &mut Seeded) -> String {
    fn quoted(seeded: &mut Seeded, text: &str) -> String {
        let plain = serde_json::to_string(text).unwrap();
        if seeded.next().is_multiple_of(2) {
            return plain;
        }
        let mut escaped = String::new();
        for character in plain.chars() {
            if character.is_ascii() {
                escaped.push(character);
            } else {
                escaped
                    .extend(character.encode_utf16(&mut [0; 2]).iter().map(|unit| format!("\\u{unit:04X}")));
            }
        }
        escaped
    }
    let list = |seeded: &mut Seeded| -> String {
        let mut items: Vec<String> = (0..seeded.below(6)).map(|_| name(seeded)).collect();
        if let Some(first) = items.first().cloned() {
            items.push(first);
        }
        let items: Vec<String> = items.iter().map(|item| quoted(seeded, item)).collect();
        format!("[{}]", items.join(" , "))
    };
    let levels = ["none", "beginner", "intermediate", "advanced"];
    let mut skills = Vec::new();
    for _ in 0..=seeded.below(5) {
        let skill = name(seeded);
        let skill = quoted(seeded, &skill);
        skills.push(format!("{skill}:\"{}\"", seeded.one_of(&levels)));
        if seeded.below(4) == 0 {
            skills.push(format!("{skill} : \"{}\"", seeded.one_of(&levels)));
        }
    }
    let robotics = *seeded.one_of(&["none", "simulation_only", "real_hardware"]);
    let mut fields = [
        format!("\"software_experience\": {{{}}}", skills.join(",")),
        format!("\"robotics_experience\": \"{robotics}\""),
        format!("\"hardware_access\":{}", list(seeded)),
        format!("\"learning_goals\":{}", list(seeded)),
    ];
    let turn = seeded.below(fields.len());
    fields.rotate_left(turn);
    format!("{{{}}}", fields.join(", "))
}

/// The recipe of the data model, for one background a line. It knows nothing of Primer.
const RECIPE: &str = r#"
import sys, json, hashlib
for line in sys.stdin.buffer:
    b = json.loads(line)
    b["hardware_access"] = sorted(set(b["hardware_access"]))
    b["learning_goals"] = sorted(set(b["learning_goals"]))
    text = json.dumps(b, sort_keys=True)
    print(hashlib.md5(text.encode()).hexdigest(), text)
"#;

fn python_says(backgrounds: &[String]) -> Vec<String> {
    let mut python = Command::new("python3")
        .args(["-c", RECIPE])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("python3 is missing: run cargo xtask test, which installs it");
    let mut input = python.stdin.take().unwrap();
    let lines = backgrounds.join("\n");
    let writing = std::thread::spawn(move || input.write_all(lines.as_bytes()).unwrap());
    let output = python.wait_with_output().unwrap();
    writing.join().unwrap();
    assert!(output.status.success());
    String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect()
}

#[test]
fn three_hundred_nasty_backgrounds_hash_as_python_hashes_them() {
    let mut seeded = Seeded::new(23);
    let backgrounds: Vec<String> = (0..300).map(|_| nasty_background(&mut seeded)).collect();
    assert!(backgrounds.iter().all(|background| !background.contains('\n')));
    let expected = python_says(&backgrounds);
    assert_eq!(expected.len(), backgrounds.len());
    for (background, expected) in backgrounds.iter().zip(expected) {
        let own = as_it_stands(background);
        assert_eq!(format!("{} {}", own.hash(), canonical_json(&own)), expected, "{background}");
    }
}

#[test]
fn the_hash_of_a_saved_profile_can_be_checked_with_python_from_the_columns_alone() {
    let computer = Computer::new();
    let engine = computer.start();
    let background = json!({"software_experience": {" Café ": "advanced", "c++ \"17\"": "none"},
        "robotics_experience": "real_hardware", "hardware_access": ["ö", "lidar", "lidar"], "learning_goals": ["😀"]});
    reader(&engine, "Wanda", background);
    let connection = database::open_to_read(&computer.data());
    let (columns, hash): (String, String) = connection
        .query_row(
            "SELECT json_object('software_experience', json(software_experience), 'robotics_experience', robotics_experience,
                 'hardware_access', json(hardware_access), 'learning_goals', json(learning_goals)), profile_hash
             FROM user_profiles",
            [],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
        .unwrap();
    assert!(python_says(&[columns])[0].starts_with(&hash));
}

#[test]
fn every_wrong_field_gets_its_own_error_and_the_old_profile_stays() {
    let computer = Computer::new();
    let engine = computer.start();
    let user = reader(&engine, "Xenia", python("beginner"));
    let before = database::dump(&computer.data(), "user_profiles");
    let long = "x".repeat(65);
    let field = |field: &str, value: Value| {
        let mut background = python("advanced");
        background[field] = value;
        background
    };
    let wrong: [(Value, &[&str]); 14] = [
        (field("software_experience", json!({})), &["software_experience"]),
        (field("software_experience", json!(["python"])), &["software_experience"]),
        (field("software_experience", json!({"python": "expert"})), &["software_experience.python"]),
        (field("software_experience", json!({"python": 3})), &["software_experience.python"]),
        (field("software_experience", json!({" ": "none"})), &["software_experience. "]),
        (field("software_experience", json!({"a": "none", "a ": "none"})), &["software_experience.a "]),
        (field("robotics_experience", json!("Real_Hardware")), &["robotics_experience"]),
        (field("robotics_experience", Value::Null), &["robotics_experience"]),
        (field("hardware_access", json!("lidar")), &["hardware_access"]),
        (field("hardware_access", json!([long])), &["hardware_access"]),
        (field("hardware_access", json!(["a\u{7}b"])), &["hardware_access"]),
        (field("learning_goals", json!([1])), &["learning_goals"]),
        (field("learning_goals", json!([""])), &["learning_goals"]),
        (json!({}), &["software_experience", "robotics_experience", "hardware_access", "learning_goals"]),
    ];
    for (background, fields) in wrong {
        let request = json!({"user_id": user.to_string(), "background": background});
        let error = refused(&engine, "save_profile", request.clone());
        let named: Vec<&str> = error.fields.iter().map(|error| error.field.as_str()).collect();
        assert_eq!(named, fields, "{background}");
        assert!(error.fields.iter().all(|error| world::is_sentence(&error.message)), "{:?}", error.fields);
        assert_eq!(database::dump(&computer.data(), "user_profiles"), before, "{background}");
        // The form shows the same errors before anything is saved.
        let preview = call(&engine, "preview_profile", request);
        assert_eq!(preview["errors"], serde_json::to_value(&error.fields).unwrap());
    }
}
