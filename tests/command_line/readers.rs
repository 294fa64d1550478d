//! `primer user` and `primer profile`.

use serde_json::{Value, json};

use crate::world::{database, hash_vectors, python};
use crate::{Computer, run, run_with_input};

#[test]
fn a_reader_is_added_and_listed() {
    let computer = Computer::new();
    assert_eq!(computer.json(&["user", "list"]), json!([]));
    assert_eq!(computer.run(&["user", "list"]).code, Some(0));
    let ada = computer.json(&["user", "add", "  Ada  "]);
    assert_eq!(ada["name"], "Ada");
    let id = ada["id"].as_str().unwrap();
    assert_eq!((id.len(), id.matches('-').count()), (36, 4));
    let bo = computer.run(&["user", "add", "Bo"]);
    assert!(bo.out.contains("Bo") && bo.code == Some(0), "{bo:?}");
    let listed = computer.json(&["user", "list"]);
    assert_eq!(listed.as_array().unwrap().len(), 2);
    assert_eq!(listed[0], ada);
    assert!(computer.run(&["user", "list"]).out.starts_with(id));
    for name in ["", "  ", "a\tb"] {
        assert_eq!(computer.error(&["user", "add", name])["code"], "invalid_name", "{name:?}");
    }
}

#[test]
fn whoever_asks_before_there_is_a_reader_is_told_how_to_become_one() {
    let computer = Computer::new();
    let error = computer.error(&["chapter", "list"]);
    assert_eq!(
        (&error["code"], &error["message"]),
        (&json!("user_not_found"), &json!("Nobody reads here yet."))
    );
    assert!(error["hint"].as_str().unwrap().contains("primer user add NAME"), "{error}");
}

#[test]
fn a_profile_is_set_and_shown_with_every_field_of_the_table() {
    let computer = Computer::new();
    let ada = computer.json(&["user", "add", "Ada"]);
    let before = computer.json(&["profile", "show"]);
    assert_eq!((&before["answered"], &before["updated_at"]), (&json!(false), &Value::Null));
    for vector in hash_vectors() {
        let file = computer.write("b.json", &vector.background);
        let set = computer.json(&["profile", "set", &file]);
        let shown = computer.json(&["profile", "show"]);
        assert_eq!(set, shown);
        assert_eq!(shown["user_id"], ada["id"]);
        assert_eq!(shown["profile_hash"], vector.profile_hash.as_str(), "{}", vector.name);
        assert_eq!(shown["software_experience"], vector.background["software_experience"]);
        assert_eq!(shown["robotics_experience"], vector.background["robotics_experience"]);
        for list in ["hardware_access", "learning_goals"] {
            let mut sorted: Vec<String> = serde_json::from_value(vector.background[list].clone()).unwrap();
            sorted.sort();
            sorted.dedup();
            assert_eq!(shown[list], json!(sorted), "{}", vector.name);
        }
        let at = shown["updated_at"].as_str().unwrap();
        assert!(at.len() == 24 && at.ends_with('Z') && at.contains('.'), "{at}");
        // What the program shows can be given back to it.
        let file = computer.write("shown.json", &shown);
        assert_eq!(computer.json(&["profile", "set", &file])["profile_hash"], shown["profile_hash"]);
        assert_eq!(run(&mut computer.primer(&["hash", &file])).out.trim(), vector.profile_hash);
    }
    let plain = computer.run(&["profile", "show"]);
    assert!(plain.code == Some(0) && plain.out.contains("hash"), "{plain:?}");
    let from_input = run_with_input(
        &mut computer.primer(&["--json", "profile", "set", "-"]),
        python("advanced").to_string().as_bytes(),
    );
    assert_eq!(from_input.json()["software_experience"], json!({"python": "advanced"}));
}

#[test]
fn a_wrong_profile_is_refused_field_by_field_and_the_old_one_stays() {
    let computer = Computer::with_reader("beginner");
    let before = database::dump(&computer.data(), "user_profiles");
    let wrong = json!({"software_experience": {"python": "expert"}, "robotics_experience": "some", "hardware_access": 1, "learning_goals": [""]});
    let file = computer.write("wrong.json", &wrong);
    let error = computer.error(&["profile", "set", &file]);
    assert_eq!(error["code"], "invalid_profile");
    let fields: Vec<&str> =
        error["fields"].as_array().unwrap().iter().map(|field| field["field"].as_str().unwrap()).collect();
    assert_eq!(
        fields,
        ["software_experience.python", "robotics_experience", "hardware_access", "learning_goals"]
    );
    let plain = computer.run(&["profile", "set", &file]);
    assert_eq!((plain.code, plain.out.as_str()), (Some(1), ""));
    assert!(fields.iter().all(|field| plain.err.contains(field)), "{}", plain.err);
    assert_eq!(database::dump(&computer.data(), "user_profiles"), before);
}

#[test]
fn without_user_it_is_the_only_reader_or_the_one_who_read_last() {
    let computer = Computer::new();
    for command in [&["profile", "show"][..], &["chapter", "list"], &["chapter", "open", "1"]] {
        let error = computer.error(command);
        assert_eq!(error["code"], "user_not_found", "nobody reads here yet");
        assert!(error["hint"].as_str().unwrap().contains("primer user add"), "{error}");
    }
    let who = |arguments: &[&str]| computer.json(arguments)["user_id"].as_str().unwrap().to_owned();
    let ada = computer.json(&["user", "add", "Ada"])["id"].as_str().unwrap().to_owned();
    assert_eq!(who(&["profile", "show"]), ada, "the only one");
    let bo = computer.json(&["user", "add", "Bo"])["id"].as_str().unwrap().to_owned();
    assert_eq!(who(&["profile", "show"]), bo, "the one who was added last");
    assert_eq!(who(&["profile", "show", "--user", &ada]), ada);
    assert_eq!(who(&["profile", "show"]), ada, "the one who was last");
    let file = computer.write("b.json", &python("advanced"));
    assert_eq!(who(&["--user", &bo, "profile", "set", &file]), bo);
    assert_eq!(computer.json(&["--user", &ada, "profile", "show"])["answered"], false);
    for stranger in ["0192f0c1-2345-7abc-8def-0123456789ab", "Ada", "", &ada.to_uppercase().replace('1', "F")]
    {
        assert_eq!(
            computer.error(&["--user", stranger, "profile", "show"])["code"],
            "user_not_found",
            "{stranger}"
        );
    }
}

#[test]
fn data_and_book_are_named_by_option_or_environment_and_the_option_wins() {
    let (one, two) = (Computer::with_reader("none"), Computer::new());
    let data = one.data();
    assert_eq!(two.json(&["user", "list"]), json!([]));
    let named = two.json(&["--data", data.to_str().unwrap(), "user", "list"]);
    assert_eq!(named.as_array().unwrap().len(), 1);
    let status = one.json(&["status"]);
    assert_eq!((&status["book"]["id"], &status["book"]["chapters"]), (&json!("test-book"), &json!(3)));
    let bundled = crate::primer(&["--json", "--data", data.to_str().unwrap(), "status"]).output().unwrap();
    let bundled: Value = serde_json::from_slice(&bundled.stdout).unwrap();
    assert_eq!(bundled["book"]["chapters"], 6, "without --book it is the book that came with the program");
    let other = tempfile::tempdir().unwrap();
    crate::world::BookOnDisk::another(other.path(), "other-book");
    let status = one.json(&["--book", other.path().to_str().unwrap(), "status"]);
    assert_eq!(status["book"]["id"], "other-book");
    // Without either, the data are where the system keeps a program's data.
    let home = tempfile::tempdir().unwrap();
    let mut command = crate::primer(&["--json", "status"]);
    command.env("HOME", home.path()).env_remove("XDG_DATA_HOME");
    assert_eq!(run(&mut command).json()["data"], json!(home.path().join(".local/share/primer")));
}

#[test]
fn the_status_tells_what_is_here() {
    let computer = Computer::with_reader("none");
    computer.json(&["chapter", "open", "1"]);
    let status = computer.json(&["status"]);
    assert_eq!(status["readers"][0]["name"], "Ada");
    assert_eq!(status["reader"], status["readers"][0]["id"]);
    assert_eq!((&status["stored_texts"], &status["quota_bytes"]), (&json!(1), &json!(500_000_000)));
    assert!(status["used_bytes"].as_u64().unwrap() > 0 && status["version"].is_string());
    let plain = computer.run(&["status"]);
    assert!(
        plain.code == Some(0) && plain.out.contains("A test book") && plain.out.contains("Ada"),
        "{plain:?}"
    );
}
