//! A disk that fills up: at every single operation, and at a limit that the shell sets. The text is still shown, with
//! a sentence, or the command says what is wrong; nothing is half-written, and what was there before stays.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use crate::interposed::{copy_of, count, fill};
use crate::world::{database, folders, is_sentence, python};
use crate::{Computer, PRIMER, Run, run};

fn assert_as_before(data: &Path, computer: &Computer, when: &str) {
    assert_eq!(database::integrity(data), "ok", "{when}");
    let (before, now) = (folders::stored(&computer.data()), folders::stored(data));
    for (name, bytes) in &before {
        assert_eq!(now.get(name), Some(bytes), "{when}: an old text changed");
    }
    for (name, bytes) in &now {
        assert!(folders::is_whole(name, bytes), "{when}: {name} is half-written");
    }
    let rows = database::rows(data);
    for row in database::rows(&computer.data()) {
        assert!(rows.contains(&row), "{when}: an old row is gone");
    }
    for row in rows {
        assert!(now.contains_key(&row.storage_path), "{when}: a row without its file");
    }
}

/// Success is silent or comes with notices; a failure is one sentence. Never a panic, never a signal.
fn assert_said(output: &Output, when: &str) -> Run {
    let run = Run::of(output.clone());
    match run.code {
        Some(0) => {}
        Some(1) => {
            assert!(is_sentence(&run.err) && run.err.trim_end().lines().count() == 1, "{when}: {}", run.err)
        }
        _ => panic!("{when}: {run:?}"),
    }
    run
}

#[test]
fn a_disk_that_fills_up_at_any_operation_spoils_nothing_and_the_chapter_is_still_shown() {
    let computer = Computer::with_reader("none");
    computer.json(&["chapter", "open", "1"]);
    computer.set_python("advanced");
    let arguments = ["chapter", "open", "1"];
    let counted = copy_of(&computer.data());
    let operations =
        count(&mut computer.primer_on(counted.path(), &arguments), &counted.path().join("count"));
    let (mut shown_without_storing, mut refused) = (0, 0);
    for k in 1..=operations {
        for tear in [0, 50] {
            let when = format!("the disk is full from operation {k} of {operations} ({tear} % done)");
            let data = copy_of(&computer.data());
            let said = assert_said(&fill(&mut computer.primer_on(data.path(), &arguments), k, tear), &when);
            if said.code == Some(0) {
                assert!(said.out.contains("In one leap."), "{when}: {said:?}");
                if database::rows(data.path()).len() == 1 {
                    assert!(
                        said.err.contains("could not be stored") && is_sentence(&said.err),
                        "{when}: {said:?}"
                    );
                    shown_without_storing += 1;
                }
            } else {
                assert_eq!(said.out, "", "{when}");
                // Only a database that could not even be opened is a reason to show nothing.
                assert_eq!(shown_without_storing, 0, "{when}: {said:?}");
                refused += 1;
            }
            assert_as_before(data.path(), &computer, &when);
            // Space is free again: the next visit stores it.
            let opened =
                run(&mut computer.primer_on(data.path(), &["--json", "chapter", "open", "1"])).json();
            assert_eq!(opened["notices"], serde_json::json!([]), "{when}");
            assert_eq!(database::rows(data.path()).len(), 2, "{when}");
            run(&mut computer.primer_on(data.path(), &["--json", "status"])).json();
            assert!(folders::temporary(data.path()).is_empty(), "{when}");
        }
    }
    println!(
        "{operations} operations: {shown_without_storing} times shown without storing, {refused} times refused"
    );
    assert!(shown_without_storing > 5);
}

#[test]
fn a_disk_that_fills_up_while_a_profile_is_saved_leaves_the_old_one_and_says_so() {
    let computer = Computer::with_reader("none");
    let file = computer.write("new.json", &python("advanced"));
    let arguments = ["profile", "set", &file];
    let counted = copy_of(&computer.data());
    let operations =
        count(&mut computer.primer_on(counted.path(), &arguments), &counted.path().join("count"));
    for k in 1..=operations {
        let when = format!("the disk is full from operation {k} of {operations}");
        let data = copy_of(&computer.data());
        let said = assert_said(&fill(&mut computer.primer_on(data.path(), &arguments), k, 0), &when);
        let shown = run(&mut computer.primer_on(data.path(), &["--json", "profile", "show"])).json();
        let expected = if said.code == Some(0) { "advanced" } else { "none" };
        assert_eq!(shown["software_experience"]["python"], expected, "{when}: {said:?}");
    }
}

/// As the shell limits the length of any file that a program writes. The signal is ignored, as a disk has none.
fn limited(computer: &Computer, half_kilobytes: u32, arguments: &str) -> Output {
    Command::new("sh")
        .args(["-c", &format!("trap '' XFSZ; ulimit -f {half_kilobytes}; exec \"$PRIMER\" {arguments}")])
        .env("PRIMER", PRIMER)
        .env("PRIMER_DATA", computer.data())
        .env("PRIMER_BOOK", &computer.book.folder)
        .output()
        .unwrap()
}

#[test]
fn a_text_that_is_longer_than_a_file_may_be_is_shown_and_not_stored() {
    let mut computer = Computer::with_reader("none");
    computer.json(&["chapter", "open", "1"]);
    let long = format!("# Long\n\n{}", "Words and words.\n\n".repeat(40_000));
    computer.book.write_chapter(1, 2, &long);
    let (rows, stored) = (database::rows(&computer.data()), folders::stored(&computer.data()));
    // Half a megabyte: enough for the database, too little for the text.
    let output = limited(&computer, 1024, "chapter open 1");
    let said = assert_said(&output, "limited");
    assert_eq!((said.code, said.out.len()), (Some(0), long.len() - 1));
    assert!(said.err.contains("The disk is full") && is_sentence(&said.err), "{}", said.err);
    assert_eq!((database::rows(&computer.data()), folders::stored(&computer.data())), (rows, stored));
    assert!(folders::temporary(&computer.data()).is_empty(), "what was half-written does not stay");

    let output = limited(&computer, 1024, "--json chapter open 1");
    let told: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&told["generated"], &told["notices"][0]["code"]), (&false.into(), &"not_kept".into()));
    assert_eq!(told["state"], "stale_source");

    let opened = computer.json(&["chapter", "open", "1"]);
    assert_eq!((&opened["generated"], &opened["state"]), (&true.into(), &"stale_source".into()));
    assert_eq!(computer.listed(1), "fresh");
}

#[test]
fn a_database_that_cannot_grow_is_a_sentence_and_the_profile_stays() {
    let computer = Computer::with_reader("none");
    let mut many = python("none");
    many["hardware_access"] =
        (0..2000).map(|number| format!("a device with a long name, number {number}")).collect();
    let file = computer.write("many.json", &many);
    let before = database::dump(&computer.data(), "user_profiles");
    let length = fs::metadata(computer.data().join("primer.sqlite3")).unwrap().len();
    let output =
        limited(&computer, u32::try_from(length / 512).unwrap(), &format!("--json profile set {file}"));
    let said = Run::of(output);
    assert_eq!(said.code, Some(1), "{said:?}");
    said.error();
    assert_eq!(database::dump(&computer.data(), "user_profiles"), before);
    assert_eq!(database::integrity(&computer.data()), "ok");
    computer.json(&["profile", "set", &file]);
}
