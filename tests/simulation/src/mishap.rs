//! What goes wrong inside a computer: its power fails at some step of a write, or its disk is full for a while.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::{Arc, Mutex, PoisonError};

use primer_engine::env::Step;

/// With this the power fails: nothing after it is executed.
struct PowerCut;

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Plan {
    #[default]
    AllWell,
    /// After so many steps that go well.
    PowerCut { after: u32 },
    /// After so many steps that go well, for so many that do not.
    DiskFull { after: u32, lasting: u32 },
}

#[derive(Default)]
struct State {
    plan: Plan,
    /// Where the plan struck, for the log.
    struck: Vec<Step>,
}

/// Shared with the engine, which asks it before each step.
#[derive(Clone, Default)]
pub struct Switch(Arc<Mutex<State>>);

impl Switch {
    pub fn plan(&self, plan: Plan) {
        self.state().plan = plan;
    }

    pub fn is_planned(&self) -> bool {
        self.state().plan != Plan::AllWell
    }

    /// Where something struck since the last time.
    pub fn take_struck(&self) -> Vec<Step> {
        std::mem::take(&mut self.state().struck)
    }

    pub fn at(&self, step: Step) -> io::Result<()> {
        let mut state = self.state();
        match &mut state.plan {
            Plan::AllWell => Ok(()),
            Plan::PowerCut { after: 0 } => {
                state.plan = Plan::AllWell;
                state.struck.push(step);
                drop(state);
                resume_unwind(Box::new(PowerCut));
            }
            // Room is needed to write, not to remove; and what is committed is written.
            Plan::DiskFull { .. } if matches!(step, Step::BeforeRemoval | Step::AfterCommit) => Ok(()),
            Plan::DiskFull { after: 0, lasting: 0 } => {
                state.plan = Plan::AllWell;
                Ok(())
            }
            Plan::DiskFull { after: 0, lasting } => {
                *lasting -= 1;
                state.struck.push(step);
                Err(io::ErrorKind::StorageFull.into())
            }
            Plan::PowerCut { after } | Plan::DiskFull { after, .. } => {
                *after -= 1;
                Ok(())
            }
        }
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Runs `work`; None if the power failed in it. Any other panic goes on.
pub fn until_the_power_fails<T>(work: impl FnOnce() -> T) -> Option<T> {
    match catch_unwind(AssertUnwindSafe(work)) {
        Ok(done) => Some(done),
        Err(payload) if payload.is::<PowerCut>() => None,
        Err(payload) => resume_unwind(payload),
    }
}

#[cfg(test)]
mod tests {
    use std::io;

    use primer_engine::env::Step;

    use super::{Plan, Switch, until_the_power_fails};

    #[test]
    fn the_power_fails_at_the_step_that_was_planned_and_only_once() {
        let switch = Switch::default();
        switch.plan(Plan::PowerCut { after: 2 });
        let reached = std::cell::Cell::new(0);
        let ended = until_the_power_fails(|| {
            for step in Step::ALL {
                switch.at(step).unwrap();
                reached.set(reached.get() + 1);
            }
        });
        assert_eq!((ended, reached.get()), (None, 2));
        assert_eq!(switch.take_struck(), [Step::ALL[2]]);
        assert!(until_the_power_fails(|| Step::ALL.map(|step| switch.at(step).unwrap())).is_some());
    }

    #[test]
    fn a_full_disk_takes_nothing_for_a_while_and_lets_things_be_removed() {
        let switch = Switch::default();
        switch.plan(Plan::DiskFull { after: 1, lasting: 2 });
        let full = |step| switch.at(step).map_err(|error| error.kind());
        assert_eq!(full(Step::BeforeBegin), Ok(()));
        assert_eq!(full(Step::BeforeFile), Err(io::ErrorKind::StorageFull));
        assert_eq!(full(Step::BeforeRemoval), Ok(()));
        assert_eq!(full(Step::BeforeFlush), Err(io::ErrorKind::StorageFull));
        assert_eq!(full(Step::BeforeFile), Ok(()));
        assert!(!switch.is_planned());
    }
}
