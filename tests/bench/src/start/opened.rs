//! A window that is open, and what it says of itself.

use std::io::{BufRead, BufReader, Lines};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Instant;

use super::processes::{Threads, family, memory_mb, threads};
use super::slow_disk::Group;

pub struct Opened {
    child: Child,
    titles: Lines<BufReader<ChildStdout>>,
    /// From the process's beginning to the title that says the text is on the screen.
    pub start_ms: f64,
}

impl Opened {
    pub fn start(program: &Path, data: &Path, title: &str) -> Opened {
        Opened::of(Command::new(program), data, title)
    }

    pub fn start_in(group: &Group, program: &Path, data: &Path, title: &str) -> Opened {
        Opened::of(group.command(program), data, title)
    }

    #[allow(clippy::disallowed_methods, reason = "a bench measures time")]
    fn of(mut command: Command, data: &Path, title: &str) -> Opened {
        let start = Instant::now();
        let mut child = command
            .args(["--chapter", "1"])
            .env("PRIMER_DATA", data)
            .env("PRIMER_TRACE_TITLE", "1")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()
            .unwrap_or_else(|error| panic!("{command:?} can't be started: {error}"));
        let out = child.stdout.take().expect("the output is a pipe");
        let mut opened = Opened { child, titles: BufReader::new(out).lines(), start_ms: 0.0 };
        opened.wait_for(title);
        opened.start_ms = start.elapsed().as_secs_f64() * 1e3;
        opened
    }

    /// From asking for it, as a second start does, until its title is shown, in milliseconds.
    #[allow(clippy::disallowed_methods, reason = "a bench measures time")]
    pub fn show_chapter_ms(&mut self, program: &Path, data: &Path, chapter: u32) -> f64 {
        let start = Instant::now();
        let mut second = Command::new(program)
            .args(["--chapter", &chapter.to_string()])
            .env("PRIMER_DATA", data)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("a second start can be made");
        self.wait_for(&format!("{chapter} "));
        let took = start.elapsed().as_secs_f64() * 1e3;
        second.wait().expect("the second start ends by itself");
        took
    }

    fn wait_for(&mut self, title: &str) {
        let found = self
            .titles
            .by_ref()
            .map_while(Result::ok)
            .any(|line| line.strip_prefix("title: ").is_some_and(|shown| shown.starts_with(title)));
        assert!(found, "the window ended without showing “{title}”");
    }

    /// Of all its processes.
    pub fn memory_mb(&self) -> f64 {
        family(self.child.id()).into_iter().map(memory_mb).sum()
    }

    /// Of all its processes.
    pub fn threads(&self) -> Threads {
        family(self.child.id()).into_iter().flat_map(threads).collect()
    }

    pub fn close(mut self) {
        let group = format!("-{}", self.child.id());
        let stopped = Command::new("kill").args(["-TERM", "--", &group]).status();
        assert!(stopped.is_ok(), "the window can be stopped");
        self.child.wait().expect("the window ends");
    }
}
