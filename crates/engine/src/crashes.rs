//! What a program leaves behind when it panics: a report in `<data>/crashes/`, which the next start offers to show. Nobody
//! sends it anywhere.
//!
//! Like the log it holds nothing of whoever reads. A panic's message is put together from whatever the program was at, and
//! may quote a text or a path, so it is kept only where it is a literal of the source; else the place in the source has to
//! do. A backtrace is left out: what is released has no names for its functions, and where it has, it has the paths of the
//! computer on which it was built.

use std::fs;
use std::io;
use std::panic::{self, PanicHookInfo};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Once};
use std::thread;

use primer_domain::timestamp::Timestamp;

use crate::log;

const FOLDER: &str = "crashes";
const KEPT: usize = 5;

/// Names the newest report that was offered.
const OFFERED: &str = "offered";

/// A path in a report has no more parts: of what lies above them some are somebody's own.
const PATH_PARTS: usize = 3;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    name: String,
    pub text: String,
    /// The program went on: only what it was at came to an end.
    pub program_went_on: bool,
}

/// From here on a panic leaves a report, and is told on the standard error as ever. `program`: which of the two. Only the
/// first call counts.
pub fn watch(data: &Path, program: &'static str, clock: Arc<dyn Fn() -> Timestamp + Send + Sync>) {
    static WATCHED: Once = Once::new();
    let folder = data.join(FOLDER);
    WATCHED.call_once(|| {
        let before = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            before(info);
            log::error("panicked").write();
            let at = clock();
            // A program that is at its end can't do more than try.
            let _ = keep(&folder, at, &text_of_panic(program, at, info));
        }));
    });
}

/// Leaves a report of the process that shows the page, which ended although nobody closed it. `why`: a word of the webview's.
pub fn note_page_process(data: &Path, at: Timestamp, why: &'static str) -> io::Result<()> {
    log::error("page_process_ended").with("why", why).write();
    let what = format!("What:    the process that shows the page ended: {why}\n");
    keep(&data.join(FOLDER), at, &text("primer-desktop", at, WENT_ON, &what))
}

const ENDED: &str = "the program ended";
const WENT_ON: &str = "the program went on";

fn text_of_panic(program: &str, at: Timestamp, info: &PanicHookInfo<'_>) -> String {
    let current = thread::current();
    let thread_name = current.name().unwrap_or("unnamed");
    let place = info.location().map_or_else(
        || "unknown".to_owned(),
        |place| format!("{}:{}:{}", shortened(place.file()), place.line(), place.column()),
    );
    // A message with anything put into it is a String.
    let message = info.payload().downcast_ref::<&'static str>().copied();
    let message = message.unwrap_or("left out, for it may quote what somebody wrote");
    // Another thread takes only its own work with it.
    let outcome = if thread_name == "main" { ENDED } else { WENT_ON };
    text(program, at, outcome, &format!("Thread:  {thread_name}\nPlace:   {place}\nMessage: {message}\n"))
}

fn text(program: &str, at: Timestamp, outcome: &str, what: &str) -> String {
    format!(
        "Primer {}, {program}\nTime:    {at}\nSystem:  {} {}\nOutcome: {outcome}\n{what}",
        env!("CARGO_PKG_VERSION"),
        std::env::consts::OS,
        std::env::consts::ARCH
    )
}

fn shortened(path: &str) -> String {
    let parts: Vec<&str> = path.split(['/', '\\']).filter(|part| !part.is_empty()).collect();
    // A path of this repository is relative and as long as it is.
    let is_own = !path.starts_with('/') && !path.contains(':');
    let from = if is_own { 0 } else { parts.len().saturating_sub(PATH_PARTS) };
    parts[from..].join("/")
}

fn keep(folder: &Path, at: Timestamp, text: &str) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    // Colons are no part of a file's name everywhere.
    fs::write(folder.join(format!("{}.txt", at.to_string().replace(':', "-"))), text)?;
    let names = names(folder)?;
    for name in names.iter().rev().skip(KEPT) {
        fs::remove_file(folder.join(name))?;
    }
    Ok(())
}

/// How many reports there are.
pub fn count(data: &Path) -> usize {
    names(&data.join(FOLDER)).map_or(0, |names| names.len())
}

/// The newest report if it has not been offered yet.
pub fn newest_to_offer(data: &Path) -> io::Result<Option<Report>> {
    let folder = data.join(FOLDER);
    let Some(name) = names(&folder)?.pop() else { return Ok(None) };
    if fs::read_to_string(folder.join(OFFERED)).is_ok_and(|offered| offered >= name) {
        return Ok(None);
    }
    let text = fs::read_to_string(folder.join(&name))?;
    Ok(Some(Report { program_went_on: text.contains(WENT_ON), name, text }))
}

/// From here on this report is not offered any more, nor is an earlier one.
pub fn note_offered(data: &Path, report: &Report) -> io::Result<()> {
    fs::write(data.join(FOLDER).join(OFFERED), &report.name)
}

/// Of all reports, the oldest first.
fn names(folder: &Path) -> io::Result<Vec<String>> {
    let listing = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        listing => listing?,
    };
    let mut names = Vec::new();
    for entry in listing {
        let path: PathBuf = entry?.path();
        if path.extension().is_some_and(|ending| ending == "txt")
            && let Some(name) = path.file_name().and_then(|name| name.to_str())
        {
            names.push(name.to_owned());
        }
    }
    names.sort();
    Ok(names)
}

#[cfg(test)]
mod tests {
    use primer_domain::timestamp::Timestamp;

    use super::{count, newest_to_offer, note_offered, note_page_process, shortened};

    fn at(number: i64) -> Timestamp {
        Timestamp::from_unix_ms(1_767_225_600_000 + number * 1000)
    }

    #[test]
    fn a_report_is_offered_once_and_at_most_five_are_kept() {
        let data = tempfile::tempdir().unwrap();
        assert_eq!(newest_to_offer(data.path()).unwrap(), None);
        for number in 0..8 {
            note_page_process(data.path(), at(number), "crashed").unwrap();
        }
        assert_eq!(count(data.path()), 5);
        let report = newest_to_offer(data.path()).unwrap().unwrap();
        assert!(report.text.contains("2026-01-01T00:00:07.000Z") && report.program_went_on, "{report:?}");
        assert!(newest_to_offer(data.path()).unwrap().is_some(), "it was only looked at");
        note_offered(data.path(), &report).unwrap();
        assert_eq!(newest_to_offer(data.path()).unwrap(), None);
        note_page_process(data.path(), at(9), "crashed").unwrap();
        assert!(newest_to_offer(data.path()).unwrap().is_some());
    }

    #[test]
    fn a_path_of_the_source_says_nothing_of_whose_computer_it_was_built_on() {
        assert_eq!(shortened("crates/engine/src/store/mod.rs"), "crates/engine/src/store/mod.rs");
        let registry = "/home/amina/.cargo/registry/src/index-1/tauri-2.1.0/src/app.rs";
        assert_eq!(shortened(registry), "tauri-2.1.0/src/app.rs");
        assert_eq!(shortened(r"C:\Users\amina\primer\src\main.rs"), "primer/src/main.rs");
    }
}
