//! `primer hash`: anyone can check a hash.

use serde_json::json;

use crate::world::{hash_vectors, is_sentence, python};
use crate::{Computer, primer, run, run_with_input};

#[test]
fn every_vector_hashes_the_same_from_a_file_and_from_standard_input() {
    let computer = Computer::new();
    for vector in hash_vectors() {
        let file = computer.write("vector.json", &vector.background);
        let from_file = run(&mut primer(&["hash", &file]));
        assert_eq!(
            (from_file.code, from_file.out),
            (Some(0), format!("{}\n", vector.profile_hash)),
            "{}",
            vector.name
        );
        let text = vector.background.to_string();
        let from_input = run_with_input(&mut primer(&["hash", "-"]), text.as_bytes());
        assert_eq!(
            (from_input.code, from_input.out),
            (Some(0), format!("{}\n", vector.profile_hash)),
            "{}",
            vector.name
        );
        let as_json = run(&mut primer(&["hash", &file, "--json"])).json();
        assert_eq!(as_json, json!({"profile_hash": vector.profile_hash}), "{}", vector.name);
        // Escapes or plain text, the hash is of what is meant.
        let escaped: String = text
            .chars()
            .flat_map(|character| match character.is_ascii() {
                true => vec![character],
                false => {
                    let units = character
                        .encode_utf16(&mut [0; 2])
                        .iter()
                        .map(|unit| format!("\\u{unit:04x}"))
                        .collect::<String>();
                    units.chars().collect()
                }
            })
            .collect();
        let from_escapes = run_with_input(&mut primer(&["hash", "-"]), escaped.as_bytes());
        assert_eq!(from_escapes.out, format!("{}\n", vector.profile_hash), "{}", vector.name);
    }
}

#[test]
fn hashing_needs_no_data_folder_and_makes_none() {
    let computer = Computer::new();
    let file = computer.write("b.json", &python("none"));
    let run = run(computer.primer(&["hash", &file]).env("HOME", computer.folder.path()));
    assert_eq!(run.code, Some(0));
    assert!(!computer.data().exists());
}

#[test]
fn what_is_no_background_is_refused_with_a_sentence() {
    let computer = Computer::new();
    let inputs: [&[u8]; 10] = [
        b"",
        b"not json",
        b"[]",
        b"{}",
        b"{\"software_experience\": {\"python\": \"none\"}",
        b"\xff\xfe",
        br#"{"software_experience": {"python": "expert"}, "robotics_experience": "none", "hardware_access": [], "learning_goals": []}"#,
        br#"{"software_experience": {}, "robotics_experience": "none", "hardware_access": [], "learning_goals": []}"#,
        br#"{"software_experience": {"a\ud800": "none"}, "robotics_experience": "none", "hardware_access": [], "learning_goals": []}"#,
        &[b"[".repeat(100_000), b"]".repeat(100_000)].concat(),
    ];
    for input in inputs {
        let told = run_with_input(&mut primer(&["--json", "hash", "-"]), input).error();
        assert_eq!(told["code"], "invalid_profile");
        let plain = run_with_input(&mut primer(&["hash", "-"]), input);
        assert_eq!((plain.code, plain.out.as_str()), (Some(1), ""));
        assert!(is_sentence(&plain.err) && !plain.err.starts_with('{'), "{}", plain.err);
    }
    assert_eq!(computer.error(&["hash", "/no/such/file.json"])["code"], "invalid_profile");
}
