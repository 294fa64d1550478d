//! What is mistyped where a place is added is told then, and not as a place that never can be reached.

use std::fs;

use serde_json::json;

use crate::{Computer, run};

#[test]
fn a_folder_is_added_only_where_there_is_one() {
    let computer = Computer::with_reader("none");
    let folder = tempfile::tempdir().unwrap();
    let (missing, file) = (folder.path().join("stikc"), folder.path().join("notes.txt"));
    let below_file = file.join("primer");
    fs::write(&file, "not a folder").unwrap();
    let make_it = "Make it, or plug in the stick, then add it again.";
    for (path, message, hint) in [
        (&missing, format!("There is no folder {}.", missing.display()), make_it),
        (&below_file, format!("There is no folder {}.", below_file.display()), make_it),
        (
            &file,
            format!("There is a file at {}, and no folder.", file.display()),
            "Name the folder in which your computers shall meet.",
        ),
    ] {
        let error = computer.error(&["remote", "add", "folder", path.to_str().unwrap()]);
        assert_eq!((&error["code"], &error["message"]), (&json!("invalid_request"), &json!(message)));
        assert_eq!(error["hint"], hint);
    }
    assert_eq!(computer.json(&["remote", "list"]), json!([]));
    assert!(!missing.exists(), "it is never made");
    fs::create_dir(&missing).unwrap();
    computer.json(&["remote", "add", "folder", missing.to_str().unwrap()]);
}

#[test]
fn a_stick_that_is_not_plugged_in_yet_is_joined_all_the_same() {
    let laptop = Computer::with_reader("beginner");
    let (plugged, away) = (laptop.folder.path().join("stick"), laptop.folder.path().join("away"));
    fs::create_dir(&plugged).unwrap();
    laptop.json(&["remote", "add", "folder", plugged.to_str().unwrap()]);
    laptop.json(&["chapter", "open", "1"]);
    laptop.json(&["sync"]);
    let file = laptop.folder.path().join("me.primer-join");
    laptop.json(&["computer", "export", file.to_str().unwrap()]);
    fs::rename(&plugged, &away).unwrap();
    let school = Computer::new();
    school.json(&["computer", "join", file.to_str().unwrap()]);
    let told = format!("The folder {} is not there.", plugged.display());
    assert_eq!(school.error(&["sync"])["message"], told);
    fs::rename(&away, &plugged).unwrap();
    assert_eq!(school.json(&["sync"])["written"], 1);
}

#[test]
fn authorities_are_named_only_where_a_server_has_to_show_who_it_is() {
    let computer = Computer::with_reader("none");
    let add = |endpoint: &str| {
        let words = ["--json", "remote", "add", "s3", "--bucket", "b", "--access-key-id", "AK"];
        let more = ["--endpoint", endpoint, "--ca", "/no/such.pem"];
        let mut command = computer.primer(&[&words[..], &more].concat());
        run(command.env("PRIMER_S3_SECRET", "a-secret")).error()
    };
    let error = add("http://127.0.0.1:1");
    assert_eq!(error["message"], "A file of certificate authorities is of no use with http://.");
    let error = add("127.0.0.1:1");
    assert_eq!(error["code"], "remote_failed", "what is not http is https, and there it is missed: {error}");
    assert!(error["message"].as_str().unwrap().contains("/no/such.pem can't be read"), "{error}");
    assert_eq!(computer.json(&["remote", "list"]), json!([]));
}
