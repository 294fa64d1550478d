//! `primer` as a person or a script meets it: the built program, its output, its exit code, and the files it leaves.

#![allow(clippy::unwrap_used, reason = "a test that finds nothing where something must be has failed")]

mod adding;
mod at_once;
mod backups;
mod book_check;
#[cfg(unix)]
mod by_a_real_model;
mod cache;
mod chapters;
mod diagnostics;
mod disk_full;
mod doctor;
mod errors;
#[cfg(unix)]
#[path = "../remote/garage.rs"]
mod garage;
#[cfg(unix)]
mod garage_course;
mod hash;
mod inspecting;
mod inspecting_books;
mod interposed;
mod killed;
mod killed_syncing;
#[cfg(unix)]
mod line;
#[cfg(unix)]
mod lines_that_break;
mod log;
mod model;
#[cfg(unix)]
mod policies;
mod publishing;
mod readers;
mod real_full_disk;
#[cfg(unix)]
#[path = "../model-server/real_model.rs"]
#[allow(dead_code, reason = "the tests of the engine use the rest")]
mod real_model;
mod remotes;
#[cfg(unix)]
mod seaweed;
#[cfg(unix)]
#[path = "../remote/server_process.rs"]
mod server_process;
mod small_s3;
mod syncing;
mod update;
#[path = "../world/mod.rs"]
#[allow(dead_code, reason = "the tests of the engine use the rest")]
mod world;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;
use world::BookOnDisk;

const PRIMER: &str = env!("CARGO_BIN_EXE_primer");

/// One computer: a data folder and a book.
struct Computer {
    folder: TempDir,
    book: BookOnDisk,
}

/// What a run of the program left.
#[derive(Debug)]
struct Run {
    /// None if a signal ended it.
    code: Option<i32>,
    out: String,
    err: String,
}

impl Run {
    fn of(output: Output) -> Run {
        Run {
            code: output.status.code(),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }

    #[track_caller]
    fn json(&self) -> Value {
        assert_eq!((self.code, self.err.as_str()), (Some(0), ""), "{self:?}");
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// The error that a run with `--json` ended in.
    #[track_caller]
    fn error(&self) -> Value {
        assert!(self.code.is_some_and(|code| code != 0 && code != 101), "{self:?}");
        let error: Value =
            serde_json::from_str(&self.err).unwrap_or_else(|error| panic!("{error}: {self:?}"));
        for part in ["message", "hint"] {
            assert!(world::is_sentence(error[part].as_str().unwrap()), "{error}");
        }
        error
    }
}

/// The program with nothing of the surroundings that could change what it does.
fn primer(arguments: &[&str]) -> Command {
    let mut command = Command::new(PRIMER);
    command.args(arguments).env("PRIMER_SECRETS", "file").stdin(Stdio::null());
    for name in [
        "PRIMER_DATA",
        "PRIMER_BOOK",
        "PRIMER_MODEL_KEY",
        "PRIMER_S3_ACCESS_KEY_ID",
        "PRIMER_S3_SECRET",
        "PRIMER_S3_SESSION_TOKEN",
    ] {
        command.env_remove(name);
    }
    command
}

fn run(command: &mut Command) -> Run {
    Run::of(command.output().unwrap())
}

fn run_with_input(command: &mut Command, input: &[u8]) -> Run {
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // A program that ends early closes its input; that is its right.
    let _ = child.stdin.take().unwrap().write_all(input);
    Run::of(child.wait_with_output().unwrap())
}

impl Computer {
    fn new() -> Computer {
        let folder = tempfile::tempdir().unwrap();
        let book = BookOnDisk::write(&folder.path().join("book"));
        Computer { folder, book }
    }

    /// With one reader, who said how well they know Python.
    fn with_reader(level: &str) -> Computer {
        let computer = Computer::new();
        computer.json(&["user", "add", "Ada"]);
        computer.set_python(level);
        computer
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn blobs(&self) -> PathBuf {
        self.data().join("blobs")
    }

    fn primer(&self, arguments: &[&str]) -> Command {
        self.primer_on(&self.data(), arguments)
    }

    fn primer_on(&self, data: &Path, arguments: &[&str]) -> Command {
        let mut command = primer(arguments);
        command.env("PRIMER_DATA", data).env("PRIMER_BOOK", &self.book.folder);
        command
    }

    fn run(&self, arguments: &[&str]) -> Run {
        run(&mut self.primer(arguments))
    }

    /// What the program answers a script, which is expected to work.
    #[track_caller]
    fn json(&self, arguments: &[&str]) -> Value {
        self.run(&[&["--json"], arguments].concat()).json()
    }

    /// What a script is told when it does not work.
    #[track_caller]
    fn error(&self, arguments: &[&str]) -> Value {
        self.run(&[&["--json"], arguments].concat()).error()
    }

    fn write(&self, name: &str, value: &Value) -> String {
        let file = self.folder.path().join(name);
        std::fs::write(&file, value.to_string()).unwrap();
        file.to_str().unwrap().to_owned()
    }

    fn set_python(&self, level: &str) {
        let file = self.write("background.json", &world::python(level));
        self.json(&["profile", "set", &file]);
    }

    /// The chapter's state in the contents.
    fn listed(&self, chapter: u64) -> String {
        let chapters = self.json(&["chapter", "list"]);
        let entry = chapters.as_array().unwrap().iter().find(|entry| entry["chapter_id"] == chapter);
        entry.unwrap()["state"].as_str().unwrap().to_owned()
    }
}
