//! The great faults: of a whole remote, a whole disk, a clock.

use std::collections::BTreeSet;
use std::sync::atomic::Ordering;

use primer_domain::replica::{Registers, taken_back};
use primer_domain::storage_path::StoragePath;

use crate::Violation;
use crate::bucket::Contents;
use crate::computer::{Computer, folders};
use crate::folders as files;
use crate::mishap::Plan;
use crate::run::{At, Backup, Change, Run, device_of};

const YEAR_MS: i64 = 365 * 24 * 3_600_000;
const DAY_MS: i64 = 24 * 60 * 60 * 1000;

const COMPUTERS_MAX: usize = 6;

impl Run<'_> {
    /// Holidays: long enough for what was left over to be swept.
    pub fn weeks_pass(&mut self) {
        let days = 8 + i64::try_from(self.random.below(30)).unwrap_or(0);
        self.now_ms.fetch_add(days * DAY_MS, Ordering::Relaxed);
        self.count("weeks passed");
        self.note(format!("{days} days pass"));
    }

    pub fn clock_jumps(&mut self, computer: usize) {
        let skew_ms = match self.random.below(4) {
            0 => 0,
            1 => i64::try_from(self.random.below(1_200_000)).unwrap_or(0) - 600_000,
            2 => (1 + i64::try_from(self.random.below(20)).unwrap_or(0)) * YEAR_MS,
            _ => -(1 + i64::try_from(self.random.below(50)).unwrap_or(0)) * YEAR_MS,
        };
        self.computers[computer].skew_ms.store(skew_ms, Ordering::Relaxed);
        self.count("clock jumps");
        let name = self.name(computer);
        self.note(format!("the clock of {name} is wrong by {} s", skew_ms / 1000));
    }

    pub fn plans_a_mishap(&mut self, computer: usize, disk_full: bool) {
        if self.computers[computer].switch.is_planned() {
            return;
        }
        let after = u32::try_from(self.random.below(25)).unwrap_or(0);
        let lasting = u32::try_from(1 + self.random.below(12)).unwrap_or(1);
        let plan = if disk_full { Plan::DiskFull { after, lasting } } else { Plan::PowerCut { after } };
        self.computers[computer].switch.plan(plan);
    }

    pub fn requests_are_refused(&mut self, computer: usize) {
        let status = *self.random.one_of(&[403, 429, 500, 503]);
        let count = u32::try_from(self.random.below(8)).unwrap_or(0);
        self.computers[computer].burst = Some((status, count));
        self.count("bursts of refusals");
        let name = self.name(computer);
        self.note(format!("the next {} requests of {name} are answered with {status}", count + 1));
    }

    pub fn something_late_takes_effect(&mut self) -> Result<(), Violation> {
        if self.late.is_empty() {
            return Ok(());
        }
        let which = self.random.below(self.late.len());
        let op = self.late.remove(which);
        self.note(format!("takes effect late: {}", crate::network::short(&op)));
        self.takes_effect(&op)
    }

    pub fn remote_is_wiped(&mut self) {
        self.note("the remote is wiped");
        self.count("remote wiped");
        self.bucket.exchange(Contents::default());
        self.excuse_what_is_gone();
    }

    /// Another remote answers, with another `primer.json` or none; later perhaps the first one again.
    pub fn remote_is_exchanged(&mut self) {
        self.note("the remote is exchanged for another");
        self.count("remote exchanged");
        let other = std::mem::take(&mut self.elsewhere);
        self.elsewhere = self.bucket.exchange(other);
        let now = self.bucket.moment();
        // Another server does not remember this one's past.
        for computer in &mut self.computers {
            computer.listings_from = now;
        }
        self.excuse_what_is_gone();
    }

    /// Whoever runs the server brings it back from a backup; before that, one is made.
    pub fn remote_is_put_back(&mut self) {
        if self.earlier.len() < 3 && self.random.below(2) == 0 {
            self.earlier.push(self.bucket.contents());
            return;
        }
        if self.earlier.is_empty() {
            return;
        }
        let which = self.random.below(self.earlier.len());
        let earlier = self.earlier[which].clone();
        self.note("the remote is put back to an earlier state");
        self.count("remote put back");
        self.bucket.exchange(earlier);
        let now = self.bucket.moment();
        for computer in &mut self.computers {
            computer.listings_from = now;
        }
        self.excuse_what_is_gone();
    }

    pub fn an_object_is_lost(&mut self) {
        let keys: Vec<String> = self.bucket.objects().map(|(key, _)| key.to_owned()).collect();
        if keys.is_empty() {
            return;
        }
        let key = self.random.one_of(&keys).clone();
        self.note(format!("the remote loses {key}"));
        self.count("object lost");
        self.bucket.lose(&key);
        self.excuse_what_is_gone();
    }

    /// A text or a replica in the remote is not what it was.
    pub fn an_object_rots(&mut self) {
        let kept = self.bucket.objects().filter(|(key, _)| {
            StoragePath::parse(key).is_some()
                || device_of(self.user, key).is_some()
                || key.starts_with("books/")
        });
        let objects: Vec<(String, Vec<u8>)> =
            kept.map(|(key, bytes)| (key.to_owned(), bytes.to_owned())).collect();
        if objects.is_empty() {
            return;
        }
        let (key, mut bytes) = self.random.one_of(&objects).clone();
        if self.random.below(3) == 0 || bytes.is_empty() {
            let left = self.random.below(bytes.len().max(1));
            bytes.truncate(left);
        } else {
            let at = self.random.below(bytes.len());
            bytes[at] ^= 1 << self.random.below(8);
        }
        self.note(format!("in the remote rots {key}"));
        self.count("object rotten");
        self.bucket.rot(&key, bytes);
        self.excuse_what_is_gone();
    }

    /// A second computer begins with a copy of this one's data folder.
    pub fn data_folder_is_copied(&mut self, computer: usize) -> Result<(), Violation> {
        if self.computers.len() >= COMPUTERS_MAX {
            return Ok(());
        }
        let data = self.names.next();
        let name = format!("{}'", self.name(computer));
        self.computers[computer].is_one_of_two = true;
        let of = &self.computers[computer];
        folders(files::copy(&of.data, &data));
        let mut copy = Computer::new(&name, data);
        (copy.user, copy.remote, copy.edition) = (of.user, of.remote, of.edition);
        (copy.registers, copy.known) = (of.registers.clone(), of.known.clone());
        copy.is_one_of_two = true;
        copy.installed.clone_from(&of.installed);
        copy.listings_from = self.bucket.moment();
        self.computers.push(copy);
        self.note(format!("{name} begins with a copy of the data folder of {}", self.name(computer)));
        self.count("data folder copied");
        self.start(self.computers.len() - 1)?;
        self.check(self.computers.len() - 1, Change::Joined)
    }

    pub fn makes_a_backup(&mut self, computer: usize) {
        if self.backups.len() >= 4 {
            return;
        }
        let data = self.names.next();
        let of = &self.computers[computer];
        folders(files::copy(&of.data, &data));
        self.backups.push(Backup {
            of: of.name.clone(),
            data,
            remote: of.remote,
            registers: of.registers.clone(),
            known: of.known.clone(),
            edition: of.edition,
            installed: of.installed.clone(),
        });
        let name = self.name(computer);
        self.note(format!("{name} makes a backup"));
    }

    pub fn disk_is_put_back(&mut self) -> Result<(), Violation> {
        if self.backups.is_empty() {
            return Ok(());
        }
        let which = self.random.below(self.backups.len());
        let of = &self.backups[which].of;
        let Some(computer) = self.computers.iter().position(|computer| computer.name == *of) else {
            return Ok(());
        };
        let requests = self.computers[computer].close();
        self.nobody_waits_for(requests)?;
        let data = self.names.next();
        let (backup, own) = (&self.backups[which], &mut self.computers[computer]);
        folders(files::copy(&backup.data, &data));
        let before = std::mem::replace(&mut own.data, data);
        folders(std::fs::remove_dir_all(before));
        let lost = own.registers.clone();
        (own.registers, own.known) = (backup.registers.clone(), backup.known.clone());
        (own.remote, own.is_one_of_two) = (backup.remote, true);
        own.edition = backup.edition;
        own.installed.clone_from(&backup.installed);
        own.listings_from = self.bucket.moment();
        let name = own.name.clone();
        self.note(format!("the disk of {name} is put back to an older state"));
        self.count("disk put back");
        self.excuse_what_is_gone();
        self.excuse_what_nobody_knows_to_be_taken_back(&lost);
        self.start(computer)?;
        self.check(computer, Change::Joined)
    }

    /// Nobody ever sees it again.
    pub fn computer_is_stolen(&mut self, computer: usize) -> Result<(), Violation> {
        if self.computers.len() < 3 {
            return Ok(());
        }
        let requests = self.computers[computer].close();
        self.nobody_waits_for(requests)?;
        let stolen = self.computers.remove(computer);
        folders(std::fs::remove_dir_all(&stolen.data));
        self.note(format!("{} is stolen", stolen.name));
        self.count("computer stolen");
        self.excuse_what_is_gone();
        self.excuse_what_nobody_knows_to_be_taken_back(&stolen.registers);
        Ok(())
    }

    /// `lost`: with what was known on a disk that is no more. What it had deleted and told nobody, others may hold, and
    /// believe to be there.
    fn excuse_what_nobody_knows_to_be_taken_back(&mut self, lost: &Registers) {
        let mut known = BTreeSet::new();
        self.computers.iter().for_each(|computer| known.extend(taken_back(&computer.registers, self.user)));
        self.replicas().for_each(|replica| known.extend(taken_back(&replica.registers, self.user)));
        for path in taken_back(lost, self.user).difference(&known) {
            self.bucket.is_gone_unknown(&path.to_string());
        }
    }

    /// Another program is started on the same data folder, or ended.
    pub fn second_program(&mut self, computer: usize) -> Result<(), Violation> {
        let name = self.name(computer);
        if self.computers[computer].programs.len() > 1 {
            let which = self.random.below(2);
            let program = self.computers[computer].programs.remove(which);
            // What is started again is the program that was left.
            self.computers[computer].edition = self.computers[computer].programs[0].edition;
            self.note(format!("one of the programs of {name} is ended"));
            return self.nobody_waits_for(program.sync.map(|sync| sync.under_way).unwrap_or_default());
        }
        let edition = self.computers[computer].edition;
        if self.random.below(2) == 0 {
            self.computers[computer].edition = self.random.below(crate::books::EDITIONS);
        }
        self.note(format!("a second program is started on {name}"));
        self.count("second program");
        self.start(computer)?;
        self.computers[computer].edition = edition;
        Ok(())
    }

    pub fn power_is_cut(&mut self, at: At) -> Result<(), Violation> {
        let name = self.name(at.computer);
        self.note(format!("{name}: the power is cut"));
        self.count("power cut");
        self.power_fails(at)?;
        self.check(at.computer, Change::Joined)
    }
}
