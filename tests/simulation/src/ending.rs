//! How a run ends: nothing goes wrong any more, everybody syncs until nothing is left to do, and all is compared.

use std::sync::atomic::Ordering;

use primer_domain::ids::{ChapterId, ProfileHash};
use primer_domain::replica::{Replica, background, taken_back};
use primer_domain::storage_path::StoragePath;
use primer_engine::sync::Manner;

use crate::Violation;
use crate::books::{CHAPTERS, EDITIONS};
use crate::mishap::Plan;
use crate::run::{At, Change, Run, device_of};
use crate::weather::Weather;

/// After so many rounds in which each computer syncs once, nothing may be left to do.
const ROUNDS_MAX: usize = 8;

impl Run<'_> {
    pub fn ends(&mut self) -> Result<(), Violation> {
        self.next_step();
        self.note("nothing goes wrong any more");
        self.all_clears_up()?;
        self.all_sync_until_nothing_is_left()?;
        self.all_agree()?;
        self.all_get_the_published_book()?;
        for computer in 0..self.computers.len() {
            self.reads_every_chapter(computer)?;
        }
        // Half of the runs go on to what was read there.
        if self.random.below(2) == 0 {
            self.all_sync_until_nothing_is_left()?;
            self.all_agree()?;
        }
        Ok(())
    }

    fn all_clears_up(&mut self) -> Result<(), Violation> {
        self.weather = Weather { reordered: true, ..Weather::default() };
        let same_book = self.random.below(2) == 0;
        for computer in 0..self.computers.len() {
            let own = &mut self.computers[computer];
            own.switch.plan(Plan::AllWell);
            own.burst = None;
            let edition = if same_book { EDITIONS - 1 } else { own.edition };
            if own.programs.len() > 1 || edition != own.edition || self.random.below(2) == 0 {
                self.restarts(computer, edition)?;
            }
            while self.computers[computer].is_syncing() {
                self.go_on(At { computer, program: 0 })?;
            }
            if self.random.below(2) == 0 {
                self.computers[computer].skew_ms.store(0, Ordering::Relaxed);
            }
        }
        while !self.late.is_empty() {
            self.something_late_takes_effect()?;
        }
        Ok(())
    }

    pub fn all_sync_until_nothing_is_left(&mut self) -> Result<(), Violation> {
        for round in 1..=ROUNDS_MAX {
            self.next_step();
            let mut most = 0;
            for computer in 0..self.computers.len() {
                most = most.max(self.syncs_at_once(computer)?);
            }
            self.note(format!("round {round}: at most {most} requests each"));
            if most == 1 {
                return Ok(());
            }
        }
        Err(Violation::of("a_further_sync_is_one_request", format!("not even after {ROUNDS_MAX} rounds")))
    }

    /// A whole sync with nothing between. Returns how many requests it took.
    pub fn syncs_at_once(&mut self, computer: usize) -> Result<u32, Violation> {
        let at = At { computer, program: 0 };
        let older_too = self.computers[computer].older_too;
        self.begin_sync(at, Manner { older_too, ..Manner::default() })?;
        let name = self.name(computer);
        let mut requests = 0;
        while let Some(sync) = &self.computers[computer].programs[0].sync {
            requests = sync.requests;
            if requests > 1_000 {
                return Err(Violation::of("a_sync_ends", format!("that of {name} does not")));
            }
            self.go_on(at)?;
        }
        let last = self.log.last().cloned().unwrap_or_default();
        if !last.contains("has synced to its end") {
            return Err(Violation::of("a_sync_without_faults_succeeds", last));
        }
        Ok(requests)
    }

    fn all_agree(&mut self) -> Result<(), Violation> {
        self.all_computers_agree()?;
        for computer in 0..self.computers.len() {
            let name = self.name(computer);
            self.check(computer, Change::Joined)?;
            let own = &mut self.computers[computer];
            self.ledger.no_acknowledged_edit_is_lost(&name, &own.registers)?;
            let data = own.data.clone();
            own.look()?.every_row_has_its_file(&name, &data)?;
            own.look()?.the_database_is_whole(&name)?;
            self.nothing_waits_after_a_sync(computer)?;
            self.a_current_text_of_another_computer_is_here(computer)?;
            self.what_is_held_here_is_in_the_remote(computer)?;
            self.what_was_taken_back_is_mentioned_no_more(computer)?;
        }
        self.what_the_remote_says_is_so()
    }

    fn all_computers_agree(&self) -> Result<(), Violation> {
        let Some(first) = self.computers.first() else { return Ok(()) };
        match self.computers.iter().find(|other| other.registers != first.registers) {
            None => Ok(()),
            Some(other) => {
                let lacking = first.registers.missing_from(&other.registers);
                let beyond = other.registers.missing_from(&first.registers);
                let what =
                    format!("{} has {lacking:?} before {}, which has {beyond:?}", first.name, other.name);
                Err(Violation::of("all_computers_agree", what))
            }
        }
    }

    /// The engine's own count of what is on this computer only.
    fn nothing_waits_after_a_sync(&mut self, computer: usize) -> Result<(), Violation> {
        let own = &self.computers[computer];
        let engine = &own.programs[0].engine;
        let violation = |what: String| Violation::of("nothing_waits_after_a_sync", what);
        let rows = engine.remotes(own.user).map_err(|error| violation(error.to_string()))?;
        for row in rows {
            match engine.waiting(&row, own.older_too) {
                Ok(0) => {}
                waiting => return Err(violation(format!("{}: {waiting:?}", own.name))),
            }
        }
        Ok(())
    }

    /// Of a text that is whole in the remote, of the installed version, for the present background.
    fn a_current_text_of_another_computer_is_here(&mut self, computer: usize) -> Result<(), Violation> {
        let Some(hash) = self.present_hash(computer) else { return Ok(()) };
        let name = self.name(computer);
        let gone = taken_back(&self.computers[computer].registers, self.user);
        let put_away = self.computers[computer].look()?.put_away().map_err(sql_failed)?;
        let announced: Vec<_> = self
            .replicas()
            .flat_map(|replica| replica.texts.into_keys())
            .filter(|path| path.profile_hash == hash && !gone.contains(path))
            .filter(|path| !put_away.contains(&path.chapter_id))
            .filter(|path| {
                let object = self.bucket.get(&path.to_string());
                object.is_some_and(|object| {
                    primer_domain::ids::TextDigest::of(&object.bytes).prefix() == path.digest
                })
            })
            .collect();
        let own = &mut self.computers[computer];
        let held = own.look()?.texts().map_err(sql_failed)?;
        for path in announced {
            let chapter = own.programs[0].engine.chapter(path.chapter_id);
            let Ok(installed) = chapter.map(|chapter| chapter.version) else { continue };
            let is_here = |text: &&StoragePath| {
                text.chapter_id == path.chapter_id
                    && text.profile_hash == hash
                    && text.chapter_version >= path.chapter_version
            };
            if path.chapter_version >= installed && !held.iter().any(|text| is_here(&text)) {
                return Err(Violation::of(
                    "a_current_text_of_another_computer_is_here",
                    format!("{name} lacks {path}"),
                ));
            }
        }
        Ok(())
    }

    /// Whatever the engine's count says: but what a fault took away, and what somebody deleted who could not know better.
    fn what_is_held_here_is_in_the_remote(&mut self, computer: usize) -> Result<(), Violation> {
        let own = &mut self.computers[computer];
        let held = own.look()?.texts().map_err(sql_failed)?;
        let gone = taken_back(&own.registers, self.user);
        let is_lacking = |path: &&StoragePath| {
            let key = path.to_string();
            !gone.contains(path) && !self.bucket.has(&key) && !self.bucket.is_harmed(&key)
        };
        match held.iter().find(is_lacking) {
            None => Ok(()),
            Some(path) => Err(Violation::of(
                "what_is_held_here_is_in_the_remote",
                format!("{} has {path}, and nobody else can", self.computers[computer].name),
            )),
        }
    }

    fn what_was_taken_back_is_mentioned_no_more(&mut self, computer: usize) -> Result<(), Violation> {
        let own = &mut self.computers[computer];
        let device = own.look()?.device().map_err(sql_failed)?;
        let gone = taken_back(&own.registers, self.user);
        let replica = self.replicas().find(|replica| replica.device == device);
        match replica.iter().flat_map(|replica| replica.texts.keys()).find(|path| gone.contains(path)) {
            None => Ok(()),
            Some(path) => Err(Violation::of(
                "what_was_taken_back_is_mentioned_no_more",
                format!("{} mentions {path}", self.computers[computer].name),
            )),
        }
    }

    fn present_hash(&self, computer: usize) -> Option<ProfileHash> {
        background(&self.computers[computer].registers).map(|background| background.hash())
    }

    pub fn replicas(&self) -> impl Iterator<Item = Replica> {
        self.bucket
            .objects()
            .filter_map(|(key, bytes)| Replica::parse(bytes, self.user, device_of(self.user, key)?).ok())
    }

    fn what_the_remote_says_is_so(&self) -> Result<(), Violation> {
        for replica in self.replicas() {
            self.a_replica_mentions_only_texts_that_are_in_the_remote(&replica)?;
        }
        Ok(())
    }

    /// Every chapter can be opened; once it was, it is fresh and is opened as it is.
    fn reads_every_chapter(&mut self, computer: usize) -> Result<(), Violation> {
        let at = At { computer, program: 0 };
        let name = self.name(computer);
        for chapter in (1..=CHAPTERS).map(ChapterId) {
            for again in [false, true] {
                let user = self.user;
                let visit = self.lets(at, |program| program.engine.visit(user, chapter))?;
                let violation = |what: String| Violation::of("every_fresh_chapter_opens", what);
                let visit = match visit {
                    Some(Ok(visit)) => visit,
                    other => return Err(violation(format!("{name}, chapter {chapter}: {other:?}"))),
                };
                let digest = primer_domain::ids::TextDigest::of(visit.markdown.as_bytes()).prefix();
                if digest != visit.path.digest {
                    return Err(violation(format!("{name}: {} has another digest", visit.path)));
                }
                let was_fresh = visit.state.opens_stored_text();
                if visit.not_kept.is_some() || visit.generated == was_fresh || (again && visit.generated) {
                    let (state, kept) = (visit.state, visit.not_kept);
                    let what = format!(
                        "{name}, chapter {chapter}: {state:?}, written {}, {kept:?}",
                        visit.generated
                    );
                    return Err(violation(what));
                }
            }
        }
        self.check(computer, Change::Edited { acknowledged: true })
    }
}

fn sql_failed(error: rusqlite::Error) -> Violation {
    Violation::of("the_database_can_be_read", error.to_string())
}
