//! One run: all that there is in it, and what is checked whenever a computer has done something.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use primer_domain::ids::UserId;
use primer_domain::publish::Versions;
use primer_domain::replica::{Registers, Replica};
use primer_engine::store::remotes::RemoteId;
use primer_engine::sync::Op;

use crate::books::Books;
use crate::bucket::{Bucket, Contents, Etags};
use crate::computer::{Computer, Program, Surroundings, UnderWay, folders};
use crate::known::Known;
use crate::ledger::Ledger;
use crate::mishap::until_the_power_fails;
use crate::seeded::Seeded;
use crate::weather::Weather;
use crate::{Violation, folders as files};

/// 2026-01-01T00:00:00Z, when every run begins.
const BEGINNING_MS: i64 = 1_767_225_600_000;

pub struct Run<'a> {
    pub random: Seeded,
    pub weather: Weather,
    pub log: Vec<String>,
    /// How often each thing happened.
    pub counts: BTreeMap<&'static str, u64>,
    pub now_ms: Arc<AtomicI64>,
    pub books: &'a Books,
    pub folder: PathBuf,
    pub names: files::Names,
    pub user: UserId,
    pub computers: Vec<Computer>,
    pub bucket: Bucket,
    /// What stands in the other remote, and what stood in this one at some time.
    pub elsewhere: Contents,
    pub earlier: Vec<Contents>,
    /// Requests that nobody waits for, still on their way.
    pub late: Vec<Op>,
    pub backups: Vec<Backup>,
    /// How many editions the teacher has published, if there is one.
    pub published: Option<usize>,
    pub ledger: Ledger,
    step: u32,
}

/// A copy of a data folder on a shelf, with what was known of it.
pub struct Backup {
    pub of: String,
    pub data: PathBuf,
    pub remote: RemoteId,
    pub registers: Registers,
    pub known: Known,
    pub edition: usize,
    pub installed: Option<Versions>,
}

/// A program: which computer's, and which of those that run there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct At {
    pub computer: usize,
    pub program: usize,
}

/// How registers may have changed in what a computer did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// By what it read in the remote only.
    Joined,
    /// By its reader, who was told that it is saved, or was not.
    Edited { acknowledged: bool },
}

impl<'a> Run<'a> {
    pub fn new(seed: u64, books: &'a Books, folder: &Path) -> Run<'a> {
        let mut random = Seeded::new(seed);
        let weather = Weather::of(&mut random);
        let etags = *random.one_of(&[Etags::OfContent, Etags::OfWriting, Etags::UntoldWithPut]);
        let mut run = Run {
            random,
            weather,
            log: Vec::new(),
            counts: BTreeMap::new(),
            now_ms: Arc::new(AtomicI64::new(BEGINNING_MS)),
            books,
            folder: folder.to_owned(),
            names: files::Names::within(folder),
            user: UserId::new(uuid::Uuid::nil()),
            computers: Vec::new(),
            bucket: Bucket::new(etags),
            elsewhere: Contents::default(),
            earlier: Vec::new(),
            late: Vec::new(),
            backups: Vec::new(),
            published: None,
            ledger: Ledger::default(),
            step: 0,
        };
        run.published = (run.random.below(2) == 0).then_some(0);
        run.note(format!("seed {seed}, ETags {etags:?}, {:?}", run.weather));
        run
    }

    pub fn note(&mut self, what: impl Into<String>) {
        let folder = self.folder.display().to_string();
        self.log.push(format!("{:>4} {}", self.step, what.into().replace(&folder, "…")));
    }

    pub fn count(&mut self, what: &'static str) {
        *self.counts.entry(what).or_default() += 1;
    }

    pub fn next_step(&mut self) {
        self.step += 1;
        // From no time at all to some hours.
        let passed_ms = match self.random.below(4) {
            0 => 0,
            1 => self.random.below(20),
            2 => self.random.below(60_000),
            _ => self.random.below(4 * 3_600_000),
        };
        self.now_ms.fetch_add(i64::try_from(passed_ms).unwrap_or(0), Ordering::Relaxed);
    }

    pub fn chance(&mut self, in_a_thousand: u32) -> bool {
        in_a_thousand > 0 && self.random.below(1000) < in_a_thousand as usize
    }

    pub fn name(&self, computer: usize) -> String {
        self.computers[computer].name.clone()
    }

    pub fn start(&mut self, computer: usize) -> Result<At, Violation> {
        let around = Surroundings { now_ms: &self.now_ms, books: self.books, random: &mut self.random };
        let program = self.computers[computer].start(around)?;
        Ok(At { computer, program })
    }

    /// Lets a program do something; None if the power failed in it. Then it runs again, without what it had in memory.
    pub fn lets<T>(&mut self, at: At, work: impl FnOnce(&mut Program) -> T) -> Result<Option<T>, Violation> {
        let computer = &mut self.computers[at.computer];
        let done = until_the_power_fails(|| work(&mut computer.programs[at.program]));
        let name = computer.name.clone();
        for step in computer.switch.take_struck() {
            let what = if done.is_some() { "the disk is full" } else { "the power fails" };
            self.count(if done.is_some() { "disk full" } else { "power cut within" });
            self.note(format!("{name}: {what} at {step:?}"));
        }
        if done.is_none() {
            self.power_fails(at)?;
        }
        Ok(done)
    }

    /// Ends a program in the middle of whatever it does, and starts it again.
    pub fn power_fails(&mut self, at: At) -> Result<(), Violation> {
        let alone = self.computers[at.computer].programs.len() == 1;
        if alone && self.random.below(2) == 0 {
            // Dropping an engine closes its database in good order. What a power cut leaves is what is there before.
            let data = self.names.next();
            let computer = &mut self.computers[at.computer];
            computer.look_away();
            folders(files::copy(&computer.data, &data));
            let before = std::mem::replace(&mut computer.data, data);
            let requests = computer.close();
            folders(std::fs::remove_dir_all(before));
            self.nobody_waits_for(requests)?;
        } else {
            let program = self.computers[at.computer].programs.remove(at.program);
            self.nobody_waits_for(program.sync.map(|sync| sync.under_way).unwrap_or_default())?;
        }
        let at = self.start(at.computer)?;
        if self.random.below(2) == 0 {
            self.tidies(at)?;
        }
        Ok(())
    }

    /// As the app does when it starts.
    pub fn tidies(&mut self, at: At) -> Result<(), Violation> {
        let tidied = self.lets(at, |program| program.engine.tidy().map_err(|error| format!("{error:?}")))?;
        if let Some(tidied) = tidied {
            let name = self.name(at.computer);
            let words = match tidied {
                Ok(tidied) => format!(
                    "{} removed, {} taken in, {} set aside, {} missing",
                    tidied.temporary, tidied.adopted, tidied.set_aside, tidied.missing
                ),
                Err(error) => error,
            };
            self.note(format!("{name} tidies: {words}"));
        }
        Ok(())
    }

    /// Requests whose program is no more: each was lost, took effect, or will.
    pub fn nobody_waits_for(&mut self, requests: Vec<UnderWay>) -> Result<(), Violation> {
        for request in requests.into_iter().filter(|request| request.answer.is_none()) {
            match self.random.below(3) {
                0 => {}
                1 => self.takes_effect(&request.op)?,
                _ => self.late.push(request.op),
            }
        }
        Ok(())
    }

    /// Checks a computer that has just done something, and notes what it edited.
    pub fn check(&mut self, computer: usize, change: Change) -> Result<(), Violation> {
        let own = &mut self.computers[computer];
        let sql_failed =
            |error: rusqlite::Error| Violation::of("the_database_can_be_read", error.to_string());
        let version = Some(own.look()?.version().map_err(sql_failed)?);
        if own.version == version {
            return Ok(());
        }
        own.version = version;
        own.the_installed_book_is_whole_and_never_goes_back()?;
        self.a_computer_keeps_its_name_unless_somebody_else_has_it(computer)?;
        let own = &mut self.computers[computer];
        let registers = own.look()?.registers().map_err(sql_failed)?;
        if change == Change::Joined {
            for write in own.look()?.replicas_read().map_err(sql_failed)?.into_values().flatten() {
                if let Some(known) = self.ledger.known_behind(write) {
                    own.known.join(known);
                }
            }
        }
        let who = own.name.clone();
        if !registers.covers(&own.registers) {
            return Err(Violation::of(
                "a_register_never_goes_back",
                format!("{who} had {:?} and has {registers:?}", own.registers),
            ));
        }
        let seen = own.known.clone();
        for (key, register) in registers.missing_from(&own.registers).iter() {
            if let Change::Edited { acknowledged } = change {
                own.known.insert(self.ledger.note(key, register, &who, acknowledged, &seen));
            } else if self.ledger.number_of(key, register).is_none() {
                let what = format!("{who} has {key} {register:?}");
                return Err(Violation::of("every_register_was_somebodys_edit", what));
            }
        }
        self.ledger.what_was_heard_is_not_undone(&who, &own.known, &registers)?;
        own.look()?.the_profile_is_the_view_of_the_registers(&who, &registers)?;
        own.look()?.a_chapter_that_was_put_away_stays_away(&who)?;
        own.registers = registers;
        Ok(())
    }

    fn a_computer_keeps_its_name_unless_somebody_else_has_it(
        &mut self,
        computer: usize,
    ) -> Result<(), Violation> {
        // A replica under its name that is not to be read may be anybody's.
        let Weather { garbled, cut_short, object_rots, .. } = self.weather;
        let own = &mut self.computers[computer];
        let sql_failed =
            |error: rusqlite::Error| Violation::of("the_database_can_be_read", error.to_string());
        let device = own.look()?.device().map_err(sql_failed)?;
        let before = own.device.replace(device);
        let may_change = own.is_one_of_two || garbled + cut_short + object_rots > 0;
        match before {
            Some(before) if before != device && !may_change => Err(Violation::of(
                "a_computer_keeps_its_name_unless_somebody_else_has_it",
                format!("{} was {before} and is {device}", own.name),
            )),
            _ => Ok(()),
        }
    }

    /// After a fault that destroyed something.
    pub fn excuse_what_is_gone(&mut self) {
        let mut places: Vec<&Known> = self.computers.iter().map(|computer| &computer.known).collect();
        let writes = self.bucket.objects().filter_map(|(key, bytes)| {
            let device = device_of(self.user, key)?;
            Replica::parse(bytes, self.user, device).ok().map(|replica| replica.write_id)
        });
        let writes: Vec<_> = writes.collect();
        let mut ledger = std::mem::take(&mut self.ledger);
        let behind: Vec<Known> =
            writes.into_iter().filter_map(|write| ledger.known_behind(write).cloned()).collect();
        places.extend(&behind);
        let excused = ledger.excuse_all_but(&places);
        self.ledger = ledger;
        if excused > 0 {
            self.note(format!("{excused} edits have left no trace"));
        }
    }
}

/// The computer whose replica stands under this key.
pub fn device_of(user: UserId, key: &str) -> Option<primer_domain::ids::DeviceId> {
    let name = key.strip_prefix(&format!("users/{user}/replicas/"))?;
    primer_domain::ids::DeviceId::parse(name.strip_suffix(".json")?)
}
