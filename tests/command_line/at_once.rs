//! Several programs on one data folder at once.

use std::process::{Child, Stdio};

use serde_json::Value;

use crate::world::{database, folders, python};
use crate::{Computer, Run};

fn at_once(computer: &Computer, count: usize, arguments: &[&str]) -> Vec<Run> {
    let start = |_| {
        let mut command = computer.primer(arguments);
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    };
    // All are started before the first is waited for.
    let children: Vec<Child> = (0..count).map(start).collect();
    children.into_iter().map(|child| Run::of(child.wait_with_output().unwrap())).collect()
}

#[test]
fn two_programs_that_open_one_stale_chapter_write_it_once_and_both_show_it() {
    let mut computer = Computer::with_reader("none");
    for (round, count) in [2, 2, 2, 8].into_iter().enumerate() {
        computer.book.revise(1, u32::try_from(round + 1).unwrap());
        let runs = at_once(&computer, count, &["--json", "chapter", "open", "1"]);
        let opened: Vec<Value> = runs.iter().map(Run::json).collect();
        let generated = opened.iter().filter(|opened| opened["generated"] == true).count();
        assert_eq!(generated, 1, "round {round}");
        assert!(
            opened
                .iter()
                .all(|own| own["text"] == opened[0]["text"]
                    && own["storage_path"] == opened[0]["storage_path"])
        );
        assert_eq!(database::rows(&computer.data()).len(), 1, "round {round}");
        assert_eq!(folders::stored(&computer.data()).len(), round + 1);
        assert!(folders::temporary(&computer.data()).is_empty());
    }
}

#[test]
fn two_programs_that_start_for_the_first_time_at_once_both_start() {
    for round in 0..5 {
        let computer = Computer::new();
        for run in at_once(&computer, 4, &["--json", "user", "add", "Ada"]) {
            assert_eq!((run.code, run.err.as_str()), (Some(0), ""), "round {round}");
        }
        assert_eq!(computer.json(&["user", "list"]).as_array().unwrap().len(), 4, "round {round}");
    }
}

#[test]
fn a_profile_that_several_programs_save_at_once_is_one_of_theirs_whole() {
    let computer = Computer::with_reader("none");
    let files: Vec<String> = ["beginner", "intermediate", "advanced"]
        .iter()
        .map(|level| {
            let mut background = python(level);
            background["hardware_access"] = serde_json::json!([level]);
            computer.write(&format!("{level}.json"), &background)
        })
        .collect();
    for _ in 0..5 {
        let children: Vec<Child> = files
            .iter()
            .map(|file| computer.primer(&["profile", "set", file]).stdout(Stdio::null()).spawn().unwrap())
            .collect();
        for mut child in children {
            assert!(child.wait().unwrap().success());
        }
        let shown = computer.json(&["profile", "show"]);
        assert_eq!(shown["hardware_access"][0], shown["software_experience"]["python"]);
    }
}
