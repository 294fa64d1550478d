//! Syncs, a little at a time: a request is asked for, reaches the remote, or is answered, and others go on between.

use std::sync::Arc;

use primer_domain::replica::Replica;
use primer_engine::sync::{Manner, Op, Session};

use crate::Violation;
use crate::computer::{Sync, UnderWay};
use crate::network::short;
use crate::run::{At, Change, Run, device_of};

/// Requests of one sync under way at once.
const AT_ONCE: usize = 6;

impl Run<'_> {
    /// Begins a sync, unless one of this data folder is under way.
    pub fn begin_sync(&mut self, at: At, manner: Manner) -> Result<bool, Violation> {
        let computer = &self.computers[at.computer];
        if computer.is_syncing() {
            return Ok(false);
        }
        let (remote, dry) = (computer.remote, manner.dry);
        let what = match (manner.forget.first(), dry) {
            (Some(device), _) => format!(" and forgets {device}"),
            (None, true) => ", dry".to_owned(),
            (None, false) => String::new(),
        };
        let name = self.name(at.computer);
        let begun = self.lets(at, |program| Session::begin(Arc::clone(&program.engine), remote, manner))?;
        match begun {
            None => return Ok(false),
            Some(Err(error)) => self.note(format!("{name} can't begin to sync: {error:?}")),
            Some(Ok(session)) => {
                self.count("syncs");
                self.note(format!("{name} begins to sync{what}"));
                let sync = Sync { session, under_way: Vec::new(), requests: 0, dry };
                self.computers[at.computer].programs[at.program].sync = Some(sync);
            }
        }
        Ok(true)
    }

    /// Goes on with a sync by one thing or a few.
    pub fn go_on(&mut self, at: At) -> Result<(), Violation> {
        let Some(sync) = &self.computers[at.computer].programs[at.program].sync else { return Ok(()) };
        let (under_way, answered) =
            (sync.under_way.len(), sync.under_way.iter().filter(|request| request.answer.is_some()).count());
        let most = 1 + self.random.below(AT_ONCE);
        match self.random.below(3) {
            0 if under_way < most => self.ask(at, most - under_way),
            1 if answered > 0 => {
                let some = 1 + self.random.below(answered);
                self.tell(at, some)
            }
            _ if under_way > answered => {
                self.reach(at)?;
                if self.random.below(3) > 0 { self.tell(at, 1) } else { Ok(()) }
            }
            _ if answered > 0 => self.tell(at, answered),
            _ => self.ask(at, most),
        }
    }

    /// Asks for up to so many requests, and ends a sync that is over.
    pub fn ask(&mut self, at: At, at_most: usize) -> Result<(), Violation> {
        for _ in 0..at_most {
            let name = self.name(at.computer);
            let asked = self.lets(at, |program| match &mut program.sync {
                Some(sync) => sync.session.next().map(|asked| (asked, sync.session.is_over())),
                None => Ok((None, true)),
            })?;
            match asked {
                None => return self.check(at.computer, Change::Joined),
                Some(Ok((Some((ticket, op)), _))) => {
                    self.note(format!("{name}: {}", short(&op)));
                    self.is_fit_to_be_asked(at, &op)?;
                    let is_for_book = matches!(op, Op::GetUnless { .. });
                    if let Some(sync) = &mut self.computers[at.computer].programs[at.program].sync {
                        sync.under_way.push(UnderWay { ticket, op, answer: None });
                        // One more, with a condition, is for the book.
                        sync.requests += u32::from(!is_for_book);
                    }
                    self.count("requests");
                }
                Some(Ok((None, true))) => {
                    let program = &mut self.computers[at.computer].programs[at.program];
                    let Some(sync) = program.sync.take() else { return Ok(()) };
                    let (tally, requests) = (sync.session.tally(), sync.requests);
                    let ended = match sync.session.into_failure() {
                        None => "to its end".to_owned(),
                        Some(error) => format!("until {:?}", error.fault),
                    };
                    (0..tally.editions).for_each(|_| self.count("editions installed"));
                    self.count(if ended == "to its end" { "syncs to the end" } else { "syncs that failed" });
                    self.note(format!("{name} has synced {ended} in {requests} requests, {tally:?}"));
                    return self.check(at.computer, Change::Joined);
                }
                Some(Ok((None, false))) => {
                    let waits = self.computers[at.computer].programs[at.program]
                        .sync
                        .as_ref()
                        .is_some_and(|sync| !sync.under_way.is_empty());
                    if !waits {
                        return Err(Violation::of("a_sync_never_stalls", format!("that of {name} does")));
                    }
                    return self.check(at.computer, Change::Joined);
                }
                Some(Err(error)) => return self.sync_breaks_off(at, &format!("{error:?}")),
            }
        }
        self.check(at.computer, Change::Joined)
    }

    /// One request comes to the remote.
    pub fn reach(&mut self, at: At) -> Result<(), Violation> {
        let Some(sync) = &self.computers[at.computer].programs[at.program].sync else { return Ok(()) };
        let unanswered: Vec<usize> =
            (0..sync.under_way.len()).filter(|which| sync.under_way[*which].answer.is_none()).collect();
        let Some(first) = unanswered.first().copied() else { return Ok(()) };
        let which = if self.weather.reordered { *self.random.one_of(&unanswered) } else { first };
        let op = sync.under_way[which].op.clone();
        if which != first {
            self.count("reordered");
        }
        let (answer, what) = self.serve(at.computer, &op)?;
        let name = self.name(at.computer);
        self.note(format!("{name}: {} {what}", short(&op)));
        if let Some(sync) = &mut self.computers[at.computer].programs[at.program].sync {
            sync.under_way[which].answer = Some(answer);
        }
        Ok(())
    }

    /// Tells the program up to so many answers at once.
    pub fn tell(&mut self, at: At, at_most: usize) -> Result<(), Violation> {
        let mut answers = Vec::new();
        while answers.len() < at_most {
            let Some(sync) = &self.computers[at.computer].programs[at.program].sync else { break };
            let ready: Vec<usize> =
                (0..sync.under_way.len()).filter(|which| sync.under_way[*which].answer.is_some()).collect();
            let Some(first) = ready.first().copied() else { break };
            let which = if self.weather.reordered { *self.random.one_of(&ready) } else { first };
            let Some(sync) = &mut self.computers[at.computer].programs[at.program].sync else { break };
            let request = sync.under_way.remove(which);
            answers.extend(request.answer.map(|answer| (request.ticket, answer)));
        }
        let told = self.lets(at, |program| match &mut program.sync {
            Some(sync) => sync.session.answers(answers),
            None => Ok(()),
        })?;
        if let Some(Err(error)) = told {
            self.sync_breaks_off(at, &format!("{error:?}"))?;
        }
        self.check(at.computer, Change::Joined)
    }

    /// As the driver does when the session itself fails, or when its user stops it.
    pub fn sync_breaks_off(&mut self, at: At, why: &str) -> Result<(), Violation> {
        let name = self.name(at.computer);
        self.count("syncs broken off");
        self.note(format!("{name} breaks its sync off: {why}"));
        if let Some(sync) = self.computers[at.computer].programs[at.program].sync.take() {
            self.nobody_waits_for(sync.under_way)?;
        }
        self.check(at.computer, Change::Joined)
    }

    fn is_fit_to_be_asked(&mut self, at: At, op: &Op) -> Result<(), Violation> {
        let name = self.name(at.computer);
        let dry = self.computers[at.computer].programs[at.program].sync.as_ref().is_some_and(|sync| sync.dry);
        if dry && matches!(op, Op::Put { .. } | Op::Delete { .. }) {
            return Err(Violation::of("a_dry_run_changes_nothing", format!("{name} asks {}", short(op))));
        }
        let Op::Put { key, bytes } = op else { return Ok(()) };
        let Some(device) = device_of(self.user, key) else { return Ok(()) };
        let computer = &mut self.computers[at.computer];
        let own = computer
            .look()?
            .device()
            .map_err(|error| Violation::of("the_database_can_be_read", format!("{name}: {error}")))?;
        if own != device {
            return Err(Violation::of(
                "a_computer_writes_only_its_own_replica",
                format!("{name} is {own} and writes {device}"),
            ));
        }
        let replica = Replica::parse(bytes, self.user, device).map_err(|fault| {
            Violation::of("a_replica_can_be_read_as_it_was_written", format!("{name}: {fault}"))
        })?;
        if replica.registers != computer.registers {
            return Err(Violation::of(
                "a_replica_says_all_that_its_computer_knows",
                format!("{name} has {:?} and says {:?}", computer.registers, replica.registers),
            ));
        }
        self.ledger.note_replica(replica.write_id, &computer.known);
        Ok(())
    }
}
