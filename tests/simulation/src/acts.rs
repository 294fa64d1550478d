//! What a reader does at one of the computers.

use primer_domain::ids::{ChapterId, TextDigest};
use primer_domain::profile::{Background, Level, Robotics};
use primer_domain::replica::background;
use primer_engine::api::dispatch;
use primer_engine::sync::Manner;
use serde_json::json;

use crate::Violation;
use crate::beginning::place;
use crate::books::CHAPTERS;
use crate::run::{At, Change, Run};

/// Few, so that the same register is edited at several computers, and the same background comes back.
const SKILLS: [&str; 2] = ["python", "cpp"];
const GOALS: [&str; 2] = ["hobby", "career_change"];
const NAMES: [&str; 3] = ["Amina", "امینه", "Amina B."];
/// Small enough that some texts have to leave.
const SMALL_QUOTA_BYTES: u64 = 600;

impl Run<'_> {
    /// Answers one question otherwise, or all of them at once.
    pub fn edits(&mut self, at: At) -> Result<(), Violation> {
        let now = background(&self.computers[at.computer].registers);
        let mut wanted = now.unwrap_or_else(Background::of_somebody_new);
        if self.random.below(2) == 0 {
            wanted = self.one_of_three();
        } else {
            self.changes_one(&mut wanted);
        }
        let user = self.user;
        let saved = self.lets(at, |program| program.engine.save_background(user, &wanted))?;
        let acknowledged = self.was_acknowledged(at, "answers anew", saved)?;
        if acknowledged && background(&self.computers[at.computer].registers).as_ref() != Some(&wanted) {
            let what = format!("{} wanted {wanted:?}", self.name(at.computer));
            return Err(Violation::of("what_was_saved_is_what_is_shown", what));
        }
        Ok(())
    }

    pub fn renames(&mut self, at: At) -> Result<(), Violation> {
        let (user, name) = (self.user, *self.random.one_of(&NAMES));
        let saved = self.lets(at, |program| program.engine.rename_reader(user, name).map(drop))?;
        self.was_acknowledged(at, &format!("takes the name {name}"), saved).map(drop)
    }

    /// Backgrounds between which a reader goes back and forth.
    fn one_of_three(&mut self) -> Background {
        let mut background = Background::of_somebody_new();
        let level = *self.random.one_of(&[Level::None, Level::Intermediate, Level::Advanced]);
        background.software_experience.insert("python".to_owned(), level);
        if level != Level::None {
            background.hardware_access.insert("lidar".to_owned());
        }
        background
    }

    fn changes_one(&mut self, wanted: &mut Background) {
        let toggle = |set: &mut std::collections::BTreeSet<String>, item: &str| {
            if !set.remove(item) {
                set.insert(item.to_owned());
            }
        };
        match self.random.below(6) {
            0 => wanted.robotics_experience = *self.random.one_of(&Robotics::ALL),
            1 => toggle(&mut wanted.hardware_access, "lidar"),
            2 => {
                let goal: &&str = self.random.one_of(&GOALS);
                toggle(&mut wanted.learning_goals, goal);
            }
            3 => {
                wanted.software_experience.remove(*self.random.one_of(&SKILLS));
                // The last skill can't be taken out.
                if wanted.software_experience.is_empty() {
                    wanted.software_experience.insert("python".to_owned(), Level::None);
                }
            }
            _ => {
                let skill = (*self.random.one_of(&SKILLS)).to_owned();
                wanted
                    .software_experience
                    .insert(skill, *self.random.one_of(&[Level::None, Level::Advanced]));
            }
        }
    }

    /// Notes an edit as what it turned out to be.
    fn was_acknowledged<E: std::fmt::Debug>(
        &mut self,
        at: At,
        what: &str,
        saved: Option<Result<(), E>>,
    ) -> Result<bool, Violation> {
        let before = self.computers[at.computer].registers.greatest_stamp();
        let acknowledged = matches!(saved, Some(Ok(())));
        let edits = self.ledger.edits.len();
        self.check(at.computer, Change::Edited { acknowledged })?;
        let name = self.name(at.computer);
        let how = match &saved {
            None => "is interrupted".to_owned(),
            Some(Ok(())) => "is told that it is saved".to_owned(),
            Some(Err(error)) => format!("is told {error:?}"),
        };
        let written: Vec<String> =
            (edits..self.ledger.edits.len()).map(|number| self.ledger.words(number)).collect();
        self.note(format!("{name} {what} and {how}: {}", written.join(", ")));
        self.count(if acknowledged { "edits acknowledged" } else { "edits refused or interrupted" });
        let late = self.ledger.edits[edits..].iter().find(|edit| Some(edit.register.stamp) <= before);
        match late {
            None => Ok(acknowledged),
            Some(edit) => Err(Violation::of(
                "a_later_edit_has_the_greater_stamp",
                format!("{name} knew {before:?} and wrote {:?}", edit.register.stamp),
            )),
        }
    }

    /// Opens a chapter. A text that was kept has the digest that its path says.
    pub fn visits(&mut self, at: At) -> Result<(), Violation> {
        let chapter = ChapterId(u32::try_from(1 + self.random.below(CHAPTERS as usize)).unwrap_or(1));
        let user = self.user;
        let visit = self.lets(at, |program| program.engine.visit(user, chapter))?;
        let name = self.name(at.computer);
        let acknowledged = matches!(&visit, Some(Ok(visit)) if visit.not_kept.is_none());
        match &visit {
            None => self.note(format!("{name} is interrupted opening chapter {chapter}")),
            Some(Err(error)) => self.note(format!("{name} can't open chapter {chapter}: {error:?}")),
            Some(Ok(visit)) => {
                let (state, path) = (visit.state.word(), visit.path.after_user());
                let how = match (&visit.not_kept, visit.generated) {
                    (Some(error), _) => format!("not kept: {error:?}"),
                    (None, true) => "written".to_owned(),
                    (None, false) => "opened".to_owned(),
                };
                self.note(format!("{name} opens chapter {chapter}, {state}, {how}: {path}"));
                self.count(if visit.generated { "texts written" } else { "texts opened" });
                if TextDigest::of(visit.markdown.as_bytes()).prefix() != visit.path.digest {
                    return Err(Violation::of("what_is_shown_has_its_digest", format!("{name}: {path}")));
                }
            }
        }
        self.check(at.computer, Change::Edited { acknowledged })
    }

    /// Takes the texts of a chapter off this computer, or removes them everywhere.
    pub fn removes_a_chapter(&mut self, at: At) -> Result<(), Violation> {
        let everywhere = self.random.below(2) == 0;
        let chapter = 1 + u32::try_from(self.random.below(CHAPTERS as usize)).unwrap_or(0);
        let request = json!({
            "user_id": self.user.to_string(),
            "chapter_id": chapter,
            "everywhere": everywhere,
        });
        let words = request["chapter_id"].to_string();
        let removed = self.lets(at, |program| dispatch(&program.engine, "remove_chapter", request))?;
        let acknowledged = matches!(removed, Some(Ok(_)));
        let name = self.name(at.computer);
        let whence = if everywhere { "everywhere" } else { "here" };
        self.count(if everywhere { "chapters removed everywhere" } else { "chapters removed here" });
        self.note(format!("{name} removes chapter {words} {whence}, acknowledged: {acknowledged}"));
        self.check(at.computer, Change::Edited { acknowledged })
    }

    /// Forgets the place where the computers meet, and adds it again.
    pub fn adds_the_place_again(&mut self, at: At) -> Result<(), Violation> {
        if self.computers[at.computer].is_syncing() {
            return Ok(());
        }
        let remote = self.computers[at.computer].remote;
        let request = json!({"remote_id": remote.to_string()});
        let forgotten = self.lets(at, |program| dispatch(&program.engine, "remove_remote", request))?;
        let name = self.name(at.computer);
        self.note(format!("{name} forgets the place: {}", outcome(&forgotten)));
        // Where it was not forgotten after all, it is still the same one.
        self.adds_the_place(at)?;
        self.count("place added again");
        self.check(at.computer, Change::Joined)
    }

    /// However often the power fails or the disk is full meanwhile.
    fn adds_the_place(&mut self, mut at: At) -> Result<(), Violation> {
        let location = json!({"kind": "folder", "path": place()});
        let request = json!({"user_id": self.user.to_string(), "location": location});
        loop {
            // After a power cut there is one program in place of the one that was.
            at.program = at.program.min(self.computers[at.computer].programs.len() - 1);
            let request = request.clone();
            let added = self.lets(at, |program| dispatch(&program.engine, "add_remote", request))?;
            let name = self.name(at.computer);
            self.note(format!("{name} adds the place: {}", outcome(&added)));
            if let Some(Ok(added)) = added {
                return self.uses_remote(at, &added);
            }
        }
    }

    pub fn sets_a_quota(&mut self, at: At) -> Result<(), Violation> {
        let small = self.random.below(2) == 0;
        let quota_bytes = if small { SMALL_QUOTA_BYTES } else { 500_000_000 };
        let set = self.lets(at, |program| program.engine.set_quota(quota_bytes).map(drop))?;
        let name = self.name(at.computer);
        self.note(format!("{name} sets its quota to {quota_bytes} bytes: {}", outcome(&set)));
        self.count("quota set");
        self.check(at.computer, Change::Joined)
    }

    pub fn begins_to_sync(&mut self, at: At) -> Result<(), Violation> {
        let older_too = self.computers[at.computer].older_too;
        let look_for_book = self.random.below(8) == 0;
        self.begin_sync(at, Manner { older_too, look_for_book, ..Manner::default() }).map(drop)
    }

    /// Forgets another computer, which may not know that it is forgotten.
    pub fn forgets_a_computer(&mut self, at: At) -> Result<(), Violation> {
        let computer = &mut self.computers[at.computer];
        let sql_failed =
            |error: rusqlite::Error| Violation::of("the_database_can_be_read", error.to_string());
        let (own, older_too) = (computer.look()?.device().map_err(sql_failed)?, computer.older_too);
        let mut others: Vec<_> = computer.look()?.replicas_read().map_err(sql_failed)?.into_keys().collect();
        others.retain(|device| *device != own);
        if others.is_empty() {
            return Ok(());
        }
        let forget = [*self.random.one_of(&others)].into();
        if self.begin_sync(at, Manner { older_too, forget, ..Manner::default() })? {
            self.count("computers forgotten");
        }
        Ok(())
    }

    /// Looks what a sync would do, with nothing else going on.
    pub fn tries_dry(&mut self, at: At) -> Result<(), Violation> {
        let older_too = self.computers[at.computer].older_too;
        if self.begin_sync(at, Manner { older_too, dry: true, ..Manner::default() })? {
            self.count("dry runs");
            for _ in 0..200 {
                if self.computers[at.computer].programs[at.program].sync.is_none() {
                    return Ok(());
                }
                self.go_on(at)?;
            }
        }
        Ok(())
    }

    /// Closes everything and starts again, perhaps with another edition of the book.
    pub fn restarts(&mut self, computer: usize, edition: usize) -> Result<(), Violation> {
        let requests = self.computers[computer].close();
        self.nobody_waits_for(requests)?;
        self.computers[computer].edition = edition;
        let name = self.name(computer);
        self.note(format!("{name} is started again with edition {}", edition + 1));
        self.count("restarts");
        let at = self.start(computer)?;
        if self.random.below(2) == 0 {
            self.tidies(at)?;
        }
        self.check(computer, Change::Joined)
    }
}

fn outcome<T, E: std::fmt::Debug>(done: &Option<Result<T, E>>) -> String {
    match done {
        None => "interrupted".to_owned(),
        Some(Ok(_)) => "done".to_owned(),
        Some(Err(error)) => format!("{error:?}"),
    }
}
