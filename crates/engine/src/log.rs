//! The log: what went wrong here, for whoever is to mend it, and nothing about whoever reads.
//!
//! A line is a time, a level, a code and facts: `2026-01-31T08:00:00.000Z WARN sync_failed fault=offline`. Codes are
//! literals of this program; a fact is a number, a literal, a word of a closed set, or the name of one of the page's scripts.
//! There is no way to log a text that came from anywhere, so no name, answer, address, path or key can be in it, whatever happens: of an error only its numbers
//! are taken, never its words.
//!
//! There is one for the process, as there is one standard error, to which a line goes before the log has begun. It lies in
//! `<data>/logs/`, is moved on at 256 KiB and kept three times. A file is open only while a line is written: nothing is
//! held back that a crash could lose, no two programs stand in each other's way, and nothing wakes up for it. A log that
//! can't be written keeps nobody from anything.

use std::error::Error;
use std::fmt::{self, Write as _};
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use primer_domain::timestamp::Timestamp;

use crate::api::ErrorCode;
use crate::store::StoreError;

const FOLDER: &str = "logs";

/// The newest first.
const FILES: [&str; 3] = ["primer.log", "primer.1.log", "primer.2.log"];

const LEN_BYTES_MAX: u64 = 256 * 1024;

type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

static LOG: OnceLock<Log> = OnceLock::new();

struct Log {
    folder: PathBuf,
    clock: Clock,
    /// Of this process; another one may at worst move the files on once more.
    turn: Mutex<()>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Level {
    Info,
    Warn,
    Error,
}

/// What a line may say. Nothing here can hold a text that was not written in this program's source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fact {
    Number(i64),
    Word(&'static str),
    Code(ErrorCode),
    Script(ScriptName),
}

/// What a script of the page is called. The page runs no others, and anything else is no name of one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScriptName(String);

impl ScriptName {
    const LEN_BYTES_MAX: usize = 64;

    /// Of an address such as `tauri://localhost/assets/index-BxUv.js` only the file is taken.
    pub fn of_address(address: &str) -> Option<ScriptName> {
        let name = address.split(['?', '#']).next()?.rsplit('/').next()?;
        let is_letter = |letter: char| letter.is_ascii_alphanumeric() || "-_.".contains(letter);
        let is_script = [".js", ".ts", ".svelte"].iter().any(|ending| name.ends_with(ending));
        (is_script && name.len() <= Self::LEN_BYTES_MAX && name.chars().all(is_letter))
            .then(|| ScriptName(name.to_owned()))
    }
}

/// A line that is being put together.
#[must_use = "it is written by `write`"]
pub struct Line {
    level: Level,
    code: &'static str,
    facts: Vec<(&'static str, Fact)>,
}

/// From here on lines go to the log of this data folder. Only the first call counts.
pub fn begin(data: &Path, clock: Clock) {
    LOG.get_or_init(|| Log { folder: data.join(FOLDER), clock, turn: Mutex::new(()) });
}

/// Something that is good to know when something else goes wrong.
pub fn info(code: &'static str) -> Line {
    Line { level: Level::Info, code, facts: Vec::new() }
}

/// Something that a reader hardly notices.
pub fn warn(code: &'static str) -> Line {
    Line { level: Level::Warn, code, facts: Vec::new() }
}

/// Something that a reader does not get.
pub fn error(code: &'static str) -> Line {
    Line { level: Level::Error, code, facts: Vec::new() }
}

impl Line {
    pub fn with(mut self, name: &'static str, fact: impl Into<Fact>) -> Line {
        self.facts.push((name, fact.into()));
        self
    }

    /// The numbers of an error and of its causes.
    pub fn cause(mut self, error: &(dyn Error + 'static)) -> Line {
        let mut next = Some(error);
        while let Some(error) = next {
            if let Some(StoreError::Sql { what, .. } | StoreError::Damaged { what, .. }) =
                error.downcast_ref()
            {
                self = self.with("doing", *what);
            }
            if let Some(number) = error.downcast_ref::<io::Error>().and_then(io::Error::raw_os_error) {
                self = self.with("os", i64::from(number));
            }
            if let Some(number) =
                error.downcast_ref::<rusqlite::Error>().and_then(|error| error.sqlite_error())
            {
                self = self.with("sqlite", i64::from(number.extended_code));
            }
            next = error.source();
        }
        self
    }

    pub fn write(self) {
        match LOG.get() {
            Some(log) => log.write(&self),
            None => eprintln!("primer: {self}"),
        }
    }
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let level = match self.level {
            Level::Info => "INFO",
            Level::Warn => "WARN",
            Level::Error => "ERROR",
        };
        write!(f, "{level} {}", self.code)?;
        for (name, fact) in &self.facts {
            match fact {
                Fact::Number(number) => write!(f, " {name}={number}")?,
                Fact::Word(word) if word.contains(' ') => write!(f, " {name}=\"{word}\"")?,
                Fact::Word(word) => write!(f, " {name}={word}")?,
                // As the page and the command line have it.
                Fact::Code(code) => {
                    let code = serde_json::to_string(code).map_err(|_| fmt::Error)?;
                    write!(f, " {name}={}", code.trim_matches('"'))?;
                }
                Fact::Script(script) => write!(f, " {name}={}", script.0)?,
            }
        }
        Ok(())
    }
}

impl Log {
    fn write(&self, line: &Line) {
        let mut text = String::new();
        if writeln!(text, "{} {line}", (self.clock)()).is_ok() {
            // Where not even this can be written there is nowhere left to say so.
            let _ = self.append(text.as_bytes());
        }
    }

    fn append(&self, line: &[u8]) -> io::Result<()> {
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        fs::create_dir_all(&self.folder)?;
        let file = self.folder.join(FILES[0]);
        let len_bytes = fs::metadata(&file).map_or(0, |metadata| metadata.len());
        if len_bytes + line.len() as u64 > LEN_BYTES_MAX {
            for pair in FILES.windows(2).rev() {
                let (from, to) = (self.folder.join(pair[0]), self.folder.join(pair[1]));
                if from.exists() {
                    fs::rename(from, to)?;
                }
            }
        }
        // In one piece, so that the lines of two programs do not mix.
        File::options().create(true).append(true).open(file)?.write_all(line)
    }
}

/// The last warnings and errors of a data folder's log, at most `count`, the oldest first. What came again and again, as a
/// network that is not there does, is told once, with when it came last.
pub fn last_troubles(data: &Path, count: usize) -> Vec<String> {
    let mut troubles: Vec<Trouble> = Vec::new();
    for name in FILES.iter().rev() {
        // One that is not there, or can't be read, has nothing to tell.
        let text = fs::read_to_string(data.join(FOLDER).join(name)).unwrap_or_default();
        for (time, what) in text.lines().filter_map(|line| line.split_once(' ')) {
            if what.starts_with("INFO ") {
                continue;
            }
            let known = troubles.iter().position(|trouble| trouble.what == what);
            let times = known.map_or(0, |at| troubles.remove(at).times) + 1;
            troubles.push(Trouble { time: time.to_owned(), what: what.to_owned(), times });
        }
    }
    let last = troubles.split_off(troubles.len().saturating_sub(count));
    last.iter().map(Trouble::to_string).collect()
}

struct Trouble {
    time: String,
    what: String,
    times: u32,
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.time, self.what)?;
        if self.times > 1 { write!(f, " ({} times)", self.times) } else { Ok(()) }
    }
}

impl From<i64> for Fact {
    fn from(number: i64) -> Fact {
        Fact::Number(number)
    }
}

impl From<u32> for Fact {
    fn from(number: u32) -> Fact {
        Fact::Number(number.into())
    }
}

impl From<u64> for Fact {
    fn from(number: u64) -> Fact {
        Fact::Number(i64::try_from(number).unwrap_or(i64::MAX))
    }
}

impl From<&'static str> for Fact {
    fn from(word: &'static str) -> Fact {
        Fact::Word(word)
    }
}

impl From<ScriptName> for Fact {
    fn from(name: ScriptName) -> Fact {
        Fact::Script(name)
    }
}

impl From<ErrorCode> for Fact {
    fn from(code: ErrorCode) -> Fact {
        Fact::Code(code)
    }
}

#[cfg(test)]
mod tests {
    use std::error::Error;
    use std::fs;
    use std::io;
    use std::path::PathBuf;
    use std::sync::{Arc, Mutex};

    use primer_domain::timestamp::Timestamp;

    use super::{FILES, FOLDER, LEN_BYTES_MAX, Log, ScriptName, info, last_troubles, warn};
    use crate::store::StoreError;

    fn log() -> (tempfile::TempDir, Log) {
        let data = tempfile::tempdir().unwrap();
        let clock = Arc::new(|| Timestamp::from_unix_ms(1_767_225_600_000));
        let log = Log { folder: data.path().join(FOLDER), clock, turn: Mutex::new(()) };
        (data, log)
    }

    #[test]
    fn a_line_has_its_time_level_code_and_facts() {
        let (data, log) = log();
        log.write(&warn("sync_failed").with("fault", "offline").with("requests", 3_u64));
        let text = fs::read_to_string(data.path().join("logs/primer.log")).unwrap();
        assert_eq!(text, "2026-01-01T00:00:00.000Z WARN sync_failed fault=offline requests=3\n");
    }

    #[test]
    fn of_an_error_there_are_numbers_and_none_of_its_words() {
        let inner = io::Error::from_raw_os_error(28);
        let error = StoreError::Lock { path: PathBuf::from("/home/amina/secret"), source: inner };
        assert_eq!(warn("x").cause(&error).to_string(), "WARN x os=28");
        let words: Box<dyn Error> = "Amina typed this".into();
        assert_eq!(warn("x").cause(&*words).to_string(), "WARN x");
        let corrupt = rusqlite::Error::SqliteFailure(rusqlite::ffi::Error::new(11), Some("her note".into()));
        let error = StoreError::Damaged { what: "reading a setting", source: corrupt };
        assert_eq!(warn("x").cause(&error).to_string(), "WARN x doing=\"reading a setting\" sqlite=11");
    }

    #[test]
    fn of_a_scripts_address_only_its_file_is_taken_and_of_anything_else_nothing() {
        let of = |address: &str| ScriptName::of_address(address).map(|name| name.0);
        let address = "tauri://localhost/assets/index-B_x1.js?v=Amina";
        assert_eq!(of(address).as_deref(), Some("index-B_x1.js"));
        assert_eq!(of("http://localhost:5173/views/Reader.svelte").as_deref(), Some("Reader.svelte"));
        let long = format!("{}.js", "x".repeat(80));
        for address in ["", "Amina", "https://example.org/amina", "a b.js", "Amina\n.js", &long] {
            assert_eq!(of(address), None, "{address}");
        }
    }

    #[test]
    fn the_files_move_on_and_are_bounded_whatever_is_logged() {
        let (data, log) = log();
        for number in 0..20_000_u32 {
            log.write(&warn("again_and_again").with("number", number % 2_000));
        }
        let mut names: Vec<_> =
            fs::read_dir(&log.folder).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        names.sort();
        assert_eq!(names, ["primer.1.log", "primer.2.log", "primer.log"]);
        for name in FILES {
            assert!(fs::metadata(log.folder.join(name)).unwrap().len() <= LEN_BYTES_MAX);
        }
        let last = last_troubles(data.path(), 2);
        assert!(last[0].contains(" number=1998 (") && last[1].contains(" number=1999 ("), "{last:?}");
    }

    #[test]
    fn the_last_troubles_are_told_once_each_and_without_what_was_none() {
        let (data, log) = log();
        for (code, times) in [("first", 1), ("offline", 30), ("second", 1), ("offline", 2)] {
            for _ in 0..times {
                log.write(&warn(code));
            }
        }
        log.write(&info("fine"));
        let time = "2026-01-01T00:00:00.000Z";
        let all = [
            format!("{time} WARN first"),
            format!("{time} WARN second"),
            format!("{time} WARN offline (32 times)"),
        ];
        assert_eq!(last_troubles(data.path(), 20), all);
        assert_eq!(last_troubles(data.path(), 2), all[1..]);
    }

    #[test]
    fn a_folder_that_can_not_be_written_to_stops_nobody() {
        let (data, log) = log();
        fs::write(data.path().join(FOLDER), "a file in its place").unwrap();
        log.write(&warn("unheard"));
        assert!(last_troubles(data.path(), 5).is_empty());
    }
}
