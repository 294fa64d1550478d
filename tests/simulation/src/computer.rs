//! One of the reader's computers: a data folder, a clock that may be wrong, and the programs that run on it.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use primer_domain::ids::{DeviceId, UserId};
use primer_domain::publish::{Order, Versions, order};
use primer_domain::replica::Registers;
use primer_domain::timestamp::Timestamp;
use primer_engine::Engine;
use primer_engine::bookshelf::BookSource;
use primer_engine::env::Env;
use primer_engine::store::remotes::RemoteId;
use primer_engine::sync::{Answer, Op, Session, Ticket};

use crate::Violation;
use crate::books::Books;
use crate::known::Known;
use crate::look::{self, Look};
use crate::mishap::Switch;
use crate::seeded::Seeded;

pub struct Computer {
    pub name: String,
    pub data: PathBuf,
    pub user: UserId,
    pub remote: RemoteId,
    /// Its name among the reader's computers, when it was last looked at.
    pub device: Option<DeviceId>,
    /// Its data folder was copied or put back, so that somebody else may have its name.
    pub is_one_of_two: bool,
    /// What its clock shows is that of the world and this.
    pub skew_ms: Arc<AtomicI64>,
    pub switch: Switch,
    pub programs: Vec<Program>,
    /// Which book is installed.
    pub edition: usize,
    pub older_too: bool,
    /// What it last had fetched of published books.
    pub installed: Option<Versions>,
    /// The registers as they were last looked at.
    pub registers: Registers,
    pub known: Known,
    /// No listing lags behind this moment of the remote: its disk was put back since.
    pub listings_from: usize,
    /// Requests to this computer's remote fail, with this, for so many more.
    pub burst: Option<(u16, u32)>,
    /// Of the database, when it was last looked at.
    pub version: Option<i64>,
    look: Option<Look>,
}

/// A running engine.
pub struct Program {
    pub engine: Arc<Engine>,
    /// Which book came with it.
    pub edition: usize,
    pub sync: Option<Sync>,
}

/// A session with its network.
pub struct Sync {
    pub session: Session,
    pub under_way: Vec<UnderWay>,
    pub requests: u32,
    pub dry: bool,
}

pub struct UnderWay {
    pub ticket: Ticket,
    pub op: Op,
    /// What came back, though the program has not been told yet.
    pub answer: Option<Result<Answer, primer_engine::remote::RemoteError>>,
}

/// What is common to all computers and their times.
pub struct Surroundings<'a> {
    pub now_ms: &'a Arc<AtomicI64>,
    pub books: &'a Books,
    pub random: &'a mut Seeded,
}

impl Computer {
    pub fn new(name: &str, data: PathBuf) -> Computer {
        Computer {
            name: name.to_owned(),
            data,
            user: UserId::new(uuid::Uuid::nil()),
            remote: RemoteId(uuid::Uuid::nil()),
            device: None,
            is_one_of_two: false,
            skew_ms: Arc::new(AtomicI64::new(0)),
            switch: Switch::default(),
            programs: Vec::new(),
            edition: 0,
            older_too: false,
            installed: None,
            registers: Registers::default(),
            known: Known::default(),
            listings_from: 0,
            burst: None,
            version: None,
            look: None,
        }
    }

    /// Starts another program on the data folder.
    pub fn start(&mut self, around: Surroundings<'_>) -> Result<usize, Violation> {
        let (now_ms, skew_ms) = (Arc::clone(around.now_ms), Arc::clone(&self.skew_ms));
        let clock = move || {
            let ms = now_ms.load(Ordering::Relaxed).saturating_add(skew_ms.load(Ordering::Relaxed));
            Timestamp::from_unix_ms(ms)
        };
        let drawn = AtomicU64::new(around.random.next());
        let random = move || {
            let mut seeded = Seeded::new(drawn.fetch_add(1, Ordering::Relaxed));
            let high = u128::from(seeded.next()) << 64;
            (high | u128::from(seeded.next())).to_le_bytes()
        };
        let switch = self.switch.clone();
        let env = Env::new(clock, random).named(&self.name).with_mishaps(move |step| switch.at(step));
        let book = BookSource::Folder(around.books.edition(self.edition).to_owned());
        let engine = Engine::open(&self.data, book, env).map_err(|error| {
            Violation::of("a_program_starts_after_whatever_happened", format!("{}: {error:?}", self.name))
        })?;
        self.programs.push(Program { engine: Arc::new(engine), edition: self.edition, sync: None });
        Ok(self.programs.len() - 1)
    }

    /// Ends all programs as their user would. Returns the requests that nobody waits for any more.
    pub fn close(&mut self) -> Vec<UnderWay> {
        self.look_away();
        self.programs.drain(..).filter_map(|program| program.sync).flat_map(|sync| sync.under_way).collect()
    }

    /// One sync at a time for each data folder, as the driver's lock has it.
    pub fn is_syncing(&self) -> bool {
        self.programs.iter().any(|program| program.sync.is_some())
    }

    /// A look at the data folder from outside.
    pub fn look(&mut self) -> Result<&Look, Violation> {
        if self.look.is_none() {
            self.look = Some(Look::into(&self.data, self.user).map_err(|error| {
                Violation::of("the_database_can_be_read", format!("{}: {error}", self.name))
            })?);
        }
        self.look.as_ref().ok_or_else(|| Violation::of("the_database_can_be_read", self.name.clone()))
    }

    pub fn the_installed_book_is_whole_and_never_goes_back(&mut self) -> Result<(), Violation> {
        let (name, data) = (self.name.clone(), self.data.clone());
        let installed = self.look()?.installed_book(&name)?;
        let versions = installed.as_ref().map(|edition| edition.versions());
        if versions == self.installed {
            return Ok(());
        }
        let goes_on = match (&versions, &self.installed) {
            (Some(now), Some(before)) => order(now, before) == Order::Newer,
            (now, _) => now.is_some(),
        };
        if !goes_on {
            let what = format!("{name} had {:?} and has {versions:?}", self.installed);
            return Err(Violation::of("an_installed_book_never_goes_back", what));
        }
        if let Some(edition) = installed {
            look::every_file_of_a_book_is_there(&name, &data, &edition)?;
        }
        self.installed = versions;
        Ok(())
    }

    /// Before its folder is moved or exchanged.
    pub fn look_away(&mut self) {
        (self.look, self.version) = (None, None);
    }
}

/// A folder that can't be handled is no fault of the program's.
pub fn folders(result: io::Result<()>) {
    result.expect("the folders of the simulation can be copied and removed");
}
