//! Start and memory of the window against an empty window of the same versions. Needs a display.

use std::io::{BufRead, BufReader};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use primer_engine::Engine;
use primer_engine::api::dispatch;
use primer_engine::bookshelf::BookSource;
use primer_engine::env::Env;
use serde_json::json;

use crate::{Ratio, median};

const STARTS: usize = 9;

/// After this the window has nothing left to do.
const SETTLED: Duration = Duration::from_secs(4);

pub fn ratios() -> Vec<Ratio> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    prepare(folder.path());
    let (mut primer, mut empty) = (Samples::default(), Samples::default());
    for _ in 0..STARTS {
        empty.take(&beside_this_program("primer-empty-window"), folder.path(), "ready");
        primer.take(&beside_this_program("primer-desktop"), folder.path(), "Introduction");
    }
    let (primer_ms, empty_ms) = (median(primer.start_ms), median(empty.start_ms));
    let (primer_mb, empty_mb) = (median(primer.memory_mb), median(empty.memory_mb));
    vec![
        Ratio {
            name: "cold start to the first chapter / to an empty window",
            measured: primer_ms / empty_ms,
            limit: 1.5,
            detail: format!("{primer_ms:.0} ms / {empty_ms:.0} ms"),
        },
        Ratio {
            name: "idle memory (PSS, all processes) / an empty window's",
            measured: primer_mb / empty_mb,
            limit: 1.3,
            detail: format!("{primer_mb:.0} MB / {empty_mb:.0} MB"),
        },
    ]
}

/// A reader who has read the first chapter: a start then shows what is stored.
fn prepare(data: &Path) {
    let engine =
        Engine::open(data, BookSource::Bundled, Env::of_this_computer()).expect("the data folder opens");
    let user = dispatch(&engine, "add_reader", json!({"name": "Bench"})).expect("a reader is added");
    dispatch(&engine, "open_chapter", json!({"user_id": user["id"], "chapter_id": 1}))
        .expect("the chapter opens");
}

fn beside_this_program(name: &str) -> PathBuf {
    let own = std::env::current_exe().expect("this program has a path");
    own.with_file_name(name)
}

#[derive(Default)]
struct Samples {
    start_ms: Vec<f64>,
    memory_mb: Vec<f64>,
}

impl Samples {
    /// One start: from the process's beginning to the title that says the text is on the screen.
    #[allow(clippy::disallowed_methods, reason = "a bench measures time, and must let the window settle")]
    fn take(&mut self, program: &Path, data: &Path, title: &str) {
        let start = Instant::now();
        let mut child = Command::new(program)
            .args(["--chapter", "1"])
            .env("PRIMER_DATA", data)
            .env("PRIMER_TRACE_TITLE", "1")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()
            .unwrap_or_else(|error| panic!("{} can't be started: {error}", program.display()));
        wait_for_title(&mut child, title);
        self.start_ms.push(start.elapsed().as_secs_f64() * 1e3);
        std::thread::sleep(SETTLED);
        self.memory_mb.push(memory_mb(child.id()));
        let group = format!("-{}", child.id());
        let stopped = Command::new("kill").args(["-TERM", "--", &group]).status();
        assert!(stopped.is_ok(), "the window can be stopped");
        child.wait().expect("the window ends");
    }
}

fn wait_for_title(child: &mut Child, title: &str) {
    let out: ChildStdout = child.stdout.take().expect("the output is a pipe");
    let found = BufReader::new(out)
        .lines()
        .map_while(Result::ok)
        .any(|line| line.strip_prefix("title: ").is_some_and(|shown| shown.contains(title)));
    assert!(found, "the window ended without showing “{title}”");
}

/// The proportional set size of a process and all it started, in megabytes.
fn memory_mb(root: u32) -> f64 {
    let mut family = vec![root];
    let mut kilobytes = 0;
    let all = processes();
    while let Some(process) = family.pop() {
        family.extend(all.iter().filter(|(_, parent)| *parent == process).map(|(id, _)| *id));
        let rollup = std::fs::read_to_string(format!("/proc/{process}/smaps_rollup")).unwrap_or_default();
        let pss = rollup.lines().find_map(|line| line.strip_prefix("Pss:"));
        kilobytes += pss.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok()).unwrap_or(0);
    }
    kilobytes as f64 / 1024.0
}

/// Each process with its parent.
fn processes() -> Vec<(u32, u32)> {
    let Ok(entries) = std::fs::read_dir("/proc") else { return Vec::new() };
    entries
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<u32>().ok())
        .filter_map(|id| {
            let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
            // The name in parentheses may hold anything; what follows the last one is in fixed order.
            let parent = stat.rsplit(')').next()?.split_whitespace().nth(1)?.parse().ok()?;
            Some((id, parent))
        })
        .collect()
}
