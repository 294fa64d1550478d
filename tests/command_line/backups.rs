//! `primer backup`.

use std::fs;
use std::path::Path;

use serde_json::json;

use crate::interposed::{TEARS, copy_of, count, fill, kill};
use crate::world::{database, folders, is_sentence};
use crate::{Computer, run};

fn names(data: &Path) -> Vec<String> {
    folders::files(&data.join("backups")).into_keys().filter(|name| name.ends_with(".db")).collect()
}

fn damage(data: &Path) {
    let file = data.join("primer.sqlite3");
    let mut bytes = fs::read(&file).unwrap();
    bytes[4096..].fill(0x5a);
    fs::write(file, bytes).unwrap();
}

#[test]
fn a_backup_is_made_listed_and_gone_back_to() {
    let computer = Computer::new();
    assert_eq!(computer.json(&["backup", "list"]), json!([]));
    assert_eq!(computer.error(&["backup", "restore"])["code"], "backup_not_found");
    assert_eq!(computer.error(&["backup", "make"])["code"], "user_not_found");
    computer.json(&["user", "add", "Ada"]);
    computer.set_python("beginner");
    computer.json(&["chapter", "open", "1"]);
    let made = computer.json(&["backup", "make"]);
    assert_eq!(made, computer.json(&["backup", "list"]));
    let day = made[0]["day"].as_str().unwrap();
    assert_eq!(names(&computer.data()), [format!("primer-{day}.db")]);
    computer.set_python("advanced");
    damage(&computer.data());
    let damaged = fs::read(computer.data().join("primer.sqlite3")).unwrap();
    let error = computer.error(&["status"]);
    assert_eq!(error["code"], "database_damaged");
    assert!(error["hint"].as_str().unwrap().contains("primer backup"), "{error}");

    assert_eq!(computer.error(&["backup", "restore", "2001-01-01"])["code"], "backup_not_found");
    assert_eq!(fs::read(computer.data().join("primer.sqlite3")).unwrap(), damaged);
    let restored = computer.json(&["backup", "restore", day]);
    assert_eq!((&restored["day"], &restored["made_at"]), (&json!(day), &made[0]["made_at"]));
    for words in ["lost", "stays"] {
        assert!(is_sentence(restored[words].as_str().unwrap()), "{restored}");
    }
    assert_eq!(computer.json(&["profile", "show"])["software_experience"], json!({"python": "beginner"}));
    assert_eq!(computer.listed(1), "fresh");
    let aside = folders::files(&computer.data().join("damaged"));
    assert!(aside.values().any(|bytes| *bytes == damaged), "{:?}", aside.keys());
}

/// A computer whose database is damaged and which has a backup.
fn damaged() -> Computer {
    let computer = Computer::with_reader("beginner");
    computer.json(&["chapter", "open", "1"]);
    computer.json(&["backup", "make"]);
    computer.set_python("advanced");
    damage(&computer.data());
    computer
}

#[test]
fn a_restore_that_is_killed_at_any_operation_leaves_the_old_or_the_new() {
    let computer = damaged();
    let old = fs::read(computer.data().join("primer.sqlite3")).unwrap();
    let arguments = ["--json", "backup", "restore"];
    let counted = copy_of(&computer.data());
    let operations =
        count(&mut computer.primer_on(counted.path(), &arguments), &counted.path().join("count"));
    let (mut before, mut after) = (0, 0);
    for k in 1..=operations {
        for tear in TEARS {
            let when = format!("killed at operation {k} of {operations}, {tear} % done");
            let data = copy_of(&computer.data());
            kill(&mut computer.primer_on(data.path(), &arguments), k, tear);
            let next = run(&mut computer.primer_on(data.path(), &["--json", "profile", "show"]));
            if next.code == Some(0) {
                let level = next.json()["software_experience"]["python"].clone();
                assert_eq!(level, "beginner", "{when}");
                assert_eq!(database::integrity(data.path()), "ok", "{when}");
                let aside = folders::files(&data.path().join("damaged"));
                assert!(aside.values().any(|bytes| *bytes == old), "{when}: {:?}", aside.keys());
                after += 1;
            } else {
                assert_eq!(next.error()["code"], "database_damaged", "{when}");
                assert_eq!(fs::read(data.path().join("primer.sqlite3")).unwrap(), old, "{when}");
                run(&mut computer.primer_on(data.path(), &arguments)).json();
                before += 1;
            }
        }
    }
    assert!(before > 5 && after > 5, "{before} {after}");
}

#[test]
fn a_disk_that_fills_up_at_any_operation_costs_no_backup() {
    let computer = Computer::with_reader("none");
    computer.json(&["backup", "make"]);
    let [name] = &names(&computer.data())[..] else { panic!("one backup") };
    let earlier = "primer-2020-01-01.db";
    fs::rename(computer.data().join("backups").join(name), computer.data().join("backups").join(earlier))
        .unwrap();
    let whole = fs::read(computer.data().join("backups").join(earlier)).unwrap();
    let arguments = ["--json", "backup", "make"];
    let counted = copy_of(&computer.data());
    let operations =
        count(&mut computer.primer_on(counted.path(), &arguments), &counted.path().join("count"));
    for k in 1..=operations {
        let when = format!("the disk is full from operation {k} of {operations}");
        let data = copy_of(&computer.data());
        let said = crate::Run::of(fill(&mut computer.primer_on(data.path(), &arguments), k, 50));
        if said.code != Some(0) {
            said.error();
        }
        assert_eq!(fs::read(data.path().join("backups").join(earlier)).unwrap(), whole, "{when}");
        run(&mut computer.primer_on(data.path(), &arguments)).json();
        assert_eq!(names(data.path()).len(), 2, "{when}");
    }
}
