//! `primer remote`, `primer sync` and `primer computer`, with a folder for the remote.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::doctor::verdicts;
use crate::world::{folders, is_sentence};
use crate::{Computer, run};

/// A stick, and a laptop whose reader knows some Python and syncs through it.
pub struct World {
    pub stick: TempDir,
    pub laptop: Computer,
    remote: String,
    pub user: String,
}

impl World {
    pub fn new() -> World {
        let stick = tempfile::tempdir().unwrap();
        let laptop = Computer::with_reader("beginner");
        let remote = add_folder(&laptop, stick.path());
        let user = laptop.json(&["user", "list"])[0]["id"].as_str().unwrap().to_owned();
        World { stick, laptop, remote, user }
    }

    /// With one chapter written and everything synced.
    pub fn synced() -> World {
        let world = World::new();
        world.laptop.json(&["chapter", "open", "1"]);
        world.laptop.json(&["sync"]);
        world
    }

    /// Another computer of the same reader, which has not synced yet.
    pub fn joined(&self) -> Computer {
        let school = Computer::new();
        let file = school.folder.path().join("joining.json");
        self.laptop.json(&["computer", "export", file.to_str().unwrap()]);
        school.json(&["computer", "join", file.to_str().unwrap()]);
        school
    }

    pub fn objects(&self) -> Vec<String> {
        folders::digests(self.stick.path()).into_keys().collect()
    }

    pub fn texts(&self) -> Vec<PathBuf> {
        let names = self.objects().into_iter().filter(|name| name.ends_with(".md"));
        names.map(|name| self.stick.path().join(name)).collect()
    }

    pub fn replica_of(&self, computer: &Computer) -> PathBuf {
        let own = device(computer);
        self.stick.path().join(format!("users/{}/replicas/{own}.json", self.user))
    }

    pub fn inspected(&self) -> Value {
        self.laptop.json(&["remote", "inspect"])
    }

    /// What a person is told.
    #[track_caller]
    pub fn told(&self) -> String {
        let run = self.laptop.run(&["remote", "inspect"]);
        assert_eq!((run.code, run.err.as_str()), (Some(0), ""), "{run:?}");
        run.out
    }
}

fn add_folder(computer: &Computer, folder: &Path) -> String {
    let added = computer.json(&["remote", "add", "folder", folder.to_str().unwrap()]);
    added["remote_id"].as_str().unwrap().to_owned()
}

/// This computer's own id.
pub fn device(computer: &Computer) -> String {
    let computers = computer.json(&["computer", "list"]);
    let own = computers.as_array().unwrap().iter().find(|one| one["this_one"] == true);
    own.unwrap()["device_id"].as_str().unwrap().to_owned()
}

fn python(computer: &Computer) -> Value {
    computer.json(&["profile", "show"])["software_experience"]["python"].clone()
}

#[test]
fn a_folder_is_added_listed_synced_and_removed_and_what_is_in_it_stays() {
    let World { stick, laptop, remote, .. } = World::new();
    let listed = laptop.json(&["remote", "list"]);
    assert_eq!((listed[0]["remote_id"].as_str(), listed[1].is_null()), (Some(remote.as_str()), true));
    assert_eq!(listed[0]["location"], json!({"kind": "folder", "path": stick.path(), "prefix": ""}));
    assert!(laptop.run(&["remote", "list"]).out.contains("not synced yet"));
    assert!(laptop.run(&["status"]).out.contains("Not synced yet"), "{:?}", laptop.run(&["status"]));
    laptop.json(&["chapter", "open", "1"]);

    let report = laptop.json(&["sync"]);
    assert_eq!((&report["sent"], &report["received"]), (&json!(1), &json!(0)));
    let quiet = laptop.run(&["sync"]);
    assert!(
        quiet.code == Some(0) && quiet.out.starts_with("Synced: nothing was new (1 request, 0 bytes sent, "),
        "{quiet:?}"
    );
    assert!(laptop.run(&["remote", "list"]).out.contains("synced just now"));
    let status = laptop.json(&["status"]);
    assert_eq!((&status["sync"]["state"], &status["sync"]["waiting"]), (&json!("up_to_date"), &json!(0)));

    let before = folders::digests(stick.path());
    let removed = laptop.run(&["remote", "remove", &remote]);
    assert!(removed.code == Some(0) && removed.out.contains("stays there"), "{removed:?}");
    assert_eq!(laptop.json(&["remote", "list"]), json!([]));
    assert_eq!(folders::digests(stick.path()), before);
    assert_eq!(laptop.json(&["status"])["sync"]["state"], "alone");
    // It is the same reader's, and its texts need not be sent again.
    add_folder(&laptop, stick.path());
    assert_eq!(laptop.json(&["sync"])["sent"], 0);
    let after = folders::digests(stick.path());
    assert!(before.iter().all(|(name, digest)| after.get(name) == Some(digest)), "{before:?} {after:?}");
}

#[test]
fn two_data_folders_become_one_readers_through_a_folder() {
    let world = World::synced();
    let school = world.joined();
    assert_eq!(school.json(&["user", "list"])[0]["id"], world.user.as_str());
    let report = school.json(&["sync"]);
    assert_eq!((&report["written"], &report["received"]), (&json!(1), &json!(0)), "{report}");
    assert_eq!(school.listed(1), "fresh");
    assert_eq!(python(&school), "beginner");

    // Each changes something else, without the other.
    let both = |python: &str, hardware: &[&str]| {
        json!({"software_experience": {"python": python}, "robotics_experience": "none",
            "hardware_access": hardware, "learning_goals": []})
    };
    let file = world.laptop.write("b.json", &both("advanced", &[]));
    world.laptop.json(&["profile", "set", &file]);
    let file = school.write("b.json", &both("beginner", &["lidar"]));
    school.json(&["profile", "set", &file]);
    assert_eq!(world.laptop.json(&["status"])["sync"]["waiting"], 1);
    for computer in [&world.laptop, &school, &world.laptop] {
        computer.json(&["sync"]);
    }
    for computer in [&world.laptop, &school] {
        let shown = computer.json(&["profile", "show"]);
        assert_eq!(shown["software_experience"], json!({"python": "advanced"}));
        assert_eq!(shown["hardware_access"], json!(["lidar"]));
        assert_eq!(computer.json(&["sync"])["requests"], 1);
        assert_eq!(computer.json(&["computer", "list"]).as_array().unwrap().len(), 2);
    }
    assert!(world.laptop.run(&["computer", "list"]).out.contains("(this one)  was here just now"));
}

#[test]
fn a_joining_file_is_for_its_owner_only_and_nothing_else_is_one() {
    let world = World::synced();
    let file = world.laptop.folder.path().join("joining.json");
    let said = world.laptop.run(&["computer", "export", file.to_str().unwrap()]);
    assert!(said.code == Some(0) && said.out.contains("It holds the key"), "{said:?}");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    }
    let written: Value = serde_json::from_str(&fs::read_to_string(&file).unwrap()).unwrap();
    assert_eq!(world.laptop.json(&["computer", "export"]), written, "the same on the standard output");

    let stranger = Computer::new();
    let mut newer = written.clone();
    newer["format"] = json!(2);
    let mut nobody = written;
    nobody["user_id"] = json!("../..");
    for bad in [json!({}), json!("text"), newer, nobody] {
        let file = stranger.write("bad.json", &bad);
        assert_eq!(stranger.error(&["computer", "join", &file])["code"], "invalid_request", "{bad}");
    }
    assert_eq!(stranger.error(&["computer", "join", "/no/such/file"])["code"], "invalid_request");
    assert_eq!(stranger.json(&["user", "list"]), json!([]));
    let alone = Computer::with_reader("none");
    assert_eq!(alone.error(&["computer", "export"])["code"], "remote_not_found");
}

#[test]
fn the_reader_who_was_here_before_joining_is_merged_unless_they_are_kept_apart() {
    let world = World::synced();
    let file = world.laptop.folder.path().join("joining.json");
    world.laptop.json(&["computer", "export", file.to_str().unwrap()]);
    let file = file.to_str().unwrap();

    let school = Computer::with_reader("advanced");
    let joined = school.json(&["computer", "join", file]);
    assert_eq!((&joined["user_id"], &joined["merged_name"]), (&json!(world.user), &json!("Ada")));
    assert_eq!(school.json(&["user", "list"]).as_array().unwrap().len(), 1);
    school.json(&["sync"]);
    assert_eq!(python(&school), "advanced", "it was answered later");

    let shared = Computer::with_reader("none");
    let joined = shared.json(&["computer", "join", file, "--separate"]);
    assert_eq!(joined["merged_name"], Value::Null);
    assert_eq!(shared.json(&["user", "list"]).as_array().unwrap().len(), 2);
}

#[test]
fn a_place_that_only_the_merged_reader_had_is_told_and_a_file_can_be_of_any_place() {
    let world = World::synced();
    let second = tempfile::tempdir().unwrap();
    let remote = add_folder(&world.laptop, second.path());
    let file = world.laptop.folder.path().join("joining.json");
    let file = file.to_str().unwrap();
    let path = |written: &Value| PathBuf::from(written["location"]["path"].as_str().unwrap());
    let usual = world.laptop.json(&["computer", "export"]);
    assert_eq!(path(&usual), world.stick.path());
    let other = world.laptop.json(&["computer", "export", "--remote", &remote]);
    assert_eq!(path(&other), second.path());
    let error = world.laptop.error(&["computer", "export", "--remote", "nothing"]);
    assert_eq!(error["code"], "remote_not_found");

    // As an editor of Windows saves it.
    fs::write(file, format!("\u{feff}{usual}")).unwrap();
    let school = Computer::with_reader("advanced");
    let before = tempfile::tempdir().unwrap();
    add_folder(&school, before.path());
    let run = school.run(&["computer", "join", file]);
    assert_eq!((run.code, run.err.as_str()), (Some(0), ""), "{run:?}");
    let left = format!("the folder {} is not synced with any more", before.path().display());
    assert!(run.out.contains(&left) && run.out.contains("What Ada answered here is kept"), "{run:?}");
}

#[test]
fn a_stick_that_has_another_path_on_the_other_computer_is_named_while_joining() {
    let world = World::synced();
    let school = Computer::new();
    let file = school.folder.path().join("joining.json");
    let file = file.to_str().unwrap();
    world.laptop.json(&["computer", "export", file]);
    let elsewhere = tempfile::tempdir().unwrap();
    let stick = elsewhere.path().join("stick");
    fs::rename(world.stick.path(), &stick).unwrap();
    school.json(&["computer", "join", file, "--folder", stick.to_str().unwrap()]);
    assert_eq!(school.json(&["sync"])["written"], 1);
    assert_eq!(python(&school), "beginner");

    let bucket = json!({"format": 1, "user_id": world.user, "name": "Ada", "location": {"kind": "s3"}});
    let bucket = school.write("bucket.json", &bucket);
    let error = school.error(&["computer", "join", &bucket, "--folder", stick.to_str().unwrap()]);
    assert_eq!(
        (&error["code"], &error["hint"]),
        (&json!("invalid_request"), &json!("Join without --folder."))
    );
}

#[test]
fn a_computer_that_is_forgotten_leaves_what_it_made() {
    let world = World::synced();
    let school = world.joined();
    school.json(&["sync"]);
    school.json(&["chapter", "open", "2"]);
    school.json(&["sync"]);
    let gone = device(&school);
    let error = world.laptop.error(&["computer", "forget", &gone]);
    assert_eq!(error["code"], "computer_not_found", "it has not heard of it yet");
    world.laptop.json(&["sync"]);
    let said = world.laptop.run(&["computer", "forget", &gone]);
    assert!(said.code == Some(0) && said.out.starts_with("Synced"), "{said:?}");
    assert!(!world.replica_of(&school).exists());
    assert_eq!(world.laptop.json(&["computer", "list"]).as_array().unwrap().len(), 1);
    let texts = &world.inspected()["texts"];
    assert_eq!(texts.as_array().unwrap().len(), 2, "{texts}");
    assert!(world.told().contains("a computer that is not there any more"), "{}", world.told());

    for unknown in ["0192f0c1-2345-4abc-8def-0123456789ab", "nonsense"] {
        let error = world.laptop.error(&["computer", "forget", unknown]);
        assert_eq!(error["code"], "computer_not_found", "{unknown}");
    }
}

#[test]
fn a_check_of_a_folder_says_what_works_and_fails_if_something_does_not() {
    let world = World::new();
    let findings = world.laptop.json(&["remote", "doctor"]);
    let others = verdicts(&findings).into_iter().filter(|(verdict, _)| *verdict != "good");
    assert_eq!(others.collect::<Vec<_>>(), [("mended", "It is set up for Primer now.")], "{findings}");
    assert_eq!(world.objects(), ["primer.json"], "the check takes away what it put there");
    let primer_json = fs::read(world.stick.path().join("primer.json")).unwrap();
    let findings = world.laptop.json(&["remote", "doctor"]);
    assert!(verdicts(&findings).contains(&("good", "It has been used by Primer before.")), "{findings}");
    assert!(verdicts(&findings).iter().all(|(verdict, _)| *verdict == "good"), "{findings}");
    world.laptop.json(&["sync"]);
    assert_eq!(
        fs::read(world.stick.path().join("primer.json")).unwrap(),
        primer_json,
        "it stays the same place"
    );
    let plain = world.laptop.run(&["remote", "doctor", &world.remote]);
    assert!(plain.code == Some(0) && plain.out.contains("knows 1 computer of this reader"), "{plain:?}");

    fs::remove_dir_all(world.stick.path()).unwrap();
    let plain = world.laptop.run(&["remote", "doctor"]);
    assert!(plain.code == Some(1) && plain.out.starts_with("FAULT "), "{plain:?}");
    assert_eq!(plain.err, "A fault was found. Mend what is marked FAULT, then try again.\n");
    let error = world.laptop.error(&["remote", "doctor"]);
    assert_eq!(error["code"], "remote_failed", "{error}");
    assert!(plain.out.contains(error["message"].as_str().unwrap()), "{error}");
}

#[test]
fn a_stick_that_is_not_plugged_in_takes_nothing_away() {
    let world = World::synced();
    fs::remove_dir_all(world.stick.path()).unwrap();
    for command in [&["sync"][..], &["sync", "--dry-run"], &["remote", "inspect"]] {
        let error = world.laptop.error(command);
        assert_eq!(error["code"], "remote_failed", "{error}");
        assert!(error["message"].as_str().unwrap().ends_with("is not there."), "{error}");
        let plain = world.laptop.run(command);
        assert_eq!((plain.code, plain.out.as_str()), (Some(1), ""), "{command:?}");
        assert!(is_sentence(&plain.err), "{plain:?}");
    }
    assert_eq!(world.laptop.json(&["status"])["sync"]["state"], "offline");
    assert_eq!(world.laptop.listed(1), "fresh");
    assert!(!world.stick.path().exists(), "it is never made");
}

#[test]
fn every_refusal_has_a_next_step() {
    let computer = Computer::with_reader("none");
    let stick = tempfile::tempdir().unwrap();
    let path = stick.path().to_str().unwrap();
    let unknown = "0192f0c1-2345-4abc-8def-0123456789ab";
    let refused: [(&[&str], &str); 10] = [
        (&["sync"], "remote_not_found"),
        (&["remote", "inspect"], "remote_not_found"),
        (&["remote", "doctor"], "remote_not_found"),
        (&["remote", "inspect", unknown], "remote_not_found"),
        (&["remote", "remove", unknown], "remote_not_found"),
        (&["remote", "remove", "nonsense"], "remote_not_found"),
        (&["remote", "add", "folder", path, "--prefix", "../up"], "remote_failed"),
        (&["remote", "add", "s3", "--endpoint", "http://127.0.0.1:1", "--bucket", "b"], "invalid_request"),
        (&["remote", "add", "s3", "--endpoint", "http://127.0.0.1:1"], "invalid_request"),
        (&["remote", "add"], "invalid_request"),
    ];
    for (arguments, code) in refused {
        assert_eq!(computer.error(arguments)["code"], code, "{arguments:?}");
        let plain = computer.run(arguments);
        assert_eq!(
            (plain.code.is_some_and(|code| code != 0), plain.out.as_str()),
            (true, ""),
            "{arguments:?}"
        );
    }
    let other = tempfile::tempdir().unwrap();
    add_folder(&computer, stick.path());
    add_folder(&computer, other.path());
    for command in ["inspect", "doctor"] {
        let error = computer.error(&["remote", command]);
        assert_eq!(error["code"], "invalid_request", "{error}");
        assert!(error["message"].as_str().unwrap().contains("more than one"), "{error}");
    }
}

#[test]
fn a_secret_is_read_from_the_environment_kept_for_its_owner_and_never_shown() {
    let computer = Computer::with_reader("none");
    let s3 = [
        "remote",
        "add",
        "s3",
        "--endpoint",
        "http://127.0.0.1:1",
        "--bucket",
        "course",
        "--access-key-id",
        "AK",
    ];
    let mut command = computer.primer(&s3);
    command.env("PRIMER_S3_SECRET", "a-secret-of-mine");
    let added = run(&mut command);
    assert!(added.code == Some(0) && added.out.contains("course on 127.0.0.1:1"), "{added:?}");
    for command in [&["remote", "list"][..], &["--json", "remote", "list"], &["status"], &["--json", "sync"]]
    {
        let run = computer.run(command);
        assert!(!format!("{run:?}").contains("a-secret-of-mine"), "{command:?}");
    }
    assert_eq!(computer.error(&["sync"])["code"], "remote_failed", "nobody listens there");
    assert_eq!(computer.json(&["computer", "export"])["secret_access_key"], "a-secret-of-mine");

    let mut command = computer.primer(&s3);
    command.env("PRIMER_S3_SECRET", "a-newer-one");
    let added = run(&mut command);
    assert!(
        added.code == Some(0) && added.out.contains("It was known; it is opened with this from now on."),
        "{added:?}"
    );
    assert_eq!(computer.json(&["remote", "list"]).as_array().unwrap().len(), 1);
    assert_eq!(computer.json(&["computer", "export"])["secret_access_key"], "a-newer-one");
}
