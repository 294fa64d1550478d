//! What happens next.

use crate::Violation;
use crate::books::EDITIONS;
use crate::run::{At, Run};

type Happen<'a> = fn(&mut Run<'a>, At) -> Result<(), Violation>;

impl<'a> Run<'a> {
    /// One thing happens. While somebody syncs, that mostly goes on.
    pub fn something_happens(&mut self) -> Result<(), Violation> {
        self.next_step();
        let syncing: Vec<At> = self.programs().filter(|at| self.is_syncing(*at)).collect();
        if !syncing.is_empty() && self.random.below(100) < 75 {
            let at = *self.random.one_of(&syncing);
            return self.go_on(at);
        }
        let programs: Vec<At> = self.programs().collect();
        let at = *self.random.one_of(&programs);
        let happen = self.draws();
        happen(self, at)
    }

    fn programs(&self) -> impl Iterator<Item = At> {
        self.computers
            .iter()
            .enumerate()
            .flat_map(|(computer, own)| (0..own.programs.len()).map(move |program| At { computer, program }))
    }

    fn is_syncing(&self, at: At) -> bool {
        self.computers[at.computer].programs[at.program].sync.is_some()
    }

    fn draws(&mut self) -> Happen<'a> {
        let weather = self.weather;
        let possible: [(u32, Happen<'a>); 30] = [
            (170, |run, at| run.edits(at)),
            (10, |run, at| run.renames(at)),
            (150, |run, at| run.visits(at)),
            (200, |run, at| run.begins_to_sync(at)),
            (10, |run, at| run.tries_dry(at)),
            (6, |run, at| run.forgets_a_computer(at)),
            (8, |run, at| run.removes_a_chapter(at)),
            (4, |run, at| run.adds_the_place_again(at)),
            (6, |run, at| run.sets_a_quota(at)),
            (6, |run, at| run.tidies(at)),
            (12, |run, at| {
                let edition = run.random.below(EDITIONS);
                run.restarts(at.computer, edition)
            }),
            (6, |run, at| match run.is_syncing(at) {
                true => run.sync_breaks_off(at, "its user stops it"),
                false => Ok(()),
            }),
            (6, |run, at| {
                run.computers[at.computer].older_too ^= true;
                Ok(())
            }),
            (14, |run, _| run.publishes()),
            (5, |run, _| {
                run.weeks_pass();
                Ok(())
            }),
            (3 * weather.lands_late, |run, _| run.something_late_takes_effect()),
            (weather.burst, |run, at| {
                run.requests_are_refused(at.computer);
                Ok(())
            }),
            (weather.clock, |run, at| {
                run.clock_jumps(at.computer);
                Ok(())
            }),
            (weather.power_cut, |run, at| run.power_is_cut(at)),
            (weather.power_cut_within, |run, at| {
                run.plans_a_mishap(at.computer, false);
                Ok(())
            }),
            (weather.disk_full, |run, at| {
                run.plans_a_mishap(at.computer, true);
                Ok(())
            }),
            (weather.wiped, |run, _| {
                run.remote_is_wiped();
                Ok(())
            }),
            (weather.exchanged, |run, _| {
                run.remote_is_exchanged();
                Ok(())
            }),
            (2 * weather.put_back, |run, _| {
                run.remote_is_put_back();
                Ok(())
            }),
            (weather.object_lost, |run, _| {
                run.an_object_is_lost();
                Ok(())
            }),
            (weather.object_rots, |run, _| {
                run.an_object_rots();
                Ok(())
            }),
            (weather.copied, |run, at| run.data_folder_is_copied(at.computer)),
            (2 * weather.restored, |run, at| {
                if run.random.below(2) == 0 {
                    run.makes_a_backup(at.computer);
                    return Ok(());
                }
                run.disk_is_put_back()
            }),
            (weather.stolen, |run, at| run.computer_is_stolen(at.computer)),
            (weather.second_program, |run, at| run.second_program(at.computer)),
        ];
        let total: u32 = possible.iter().map(|(weight, _)| weight).sum();
        let mut drawn = u32::try_from(self.random.below(total as usize)).unwrap_or(0);
        for (weight, happen) in possible {
            match drawn.checked_sub(weight) {
                None => return happen,
                Some(left) => drawn = left,
            }
        }
        |_, _| Ok(())
    }
}
