//! Every edit that was ever made, which of them were acknowledged to somebody, and what each had seen.
//!
//! An edit of one register is told from all others by its value and its stamp. What it had seen is everything that its
//! computer had heard of just before it: the edits made there, and those that stood in, or were known behind, a replica
//! that was taken in there. Stamps play no part in that; so they are judged, not believed.
//!
//! **When an acknowledged edit may be absent.** At the end each register shows one edit. An acknowledged edit of that
//! register must be the one shown, or the one shown must not be among those it had seen: then that one is later, or the
//! two were made apart. A register that shows what an acknowledged edit had already seen, or nothing at all, has lost it.
//!
//! **When it is excused.** Only a fault that destroys can excuse, and only what it destroyed the last trace of. The
//! traces of an edit are the data folders that have heard of it and the replicas in the remote whose writers had. When a
//! disk is lost or put back to an older state, when a remote is wiped, exchanged or put back, or loses a replica, then
//! each edit without any trace left is excused: nobody who is left ever received it. What an engine destroys by itself
//! excuses nothing: if it overwrites the only replica that still had an edit, that edit is lost and the run fails. What
//! is still under way over the network, or on a shelf as a backup, is no trace. An excused edit may come back all the
//! same; it must only be an edit that somebody really made.

use std::collections::BTreeMap;

use primer_domain::ids::WriteId;
use primer_domain::replica::{Register, RegisterKey, Registers, Stamp};

use crate::Violation;
use crate::known::Known;

pub struct Edit {
    pub key: RegisterKey,
    pub register: Register,
    /// The computer, by its name in the log.
    pub by: String,
    pub acknowledged: bool,
    pub seen: Known,
    pub excused: bool,
}

#[derive(Default)]
pub struct Ledger {
    pub edits: Vec<Edit>,
    /// Twins may have made different edits under one stamp.
    numbers: BTreeMap<(Stamp, RegisterKey), Vec<usize>>,
    /// What the writer of each replica had heard of.
    written: BTreeMap<WriteId, Known>,
}

fn name_of(key: &RegisterKey, register: &Register) -> String {
    format!("{key} {} {} {}", register.value, register.removed, register.stamp)
}

impl Ledger {
    pub fn number_of(&self, key: &RegisterKey, register: &Register) -> Option<usize> {
        let like = self.numbers.get(&(register.stamp, key.clone()))?;
        like.iter().copied().find(|number| self.edits[*number].register == *register)
    }

    /// Twins, of which one's disk is a copy of the other's, can make the same edit: then it is one.
    pub fn note(
        &mut self,
        key: &RegisterKey,
        register: &Register,
        by: &str,
        acknowledged: bool,
        seen: &Known,
    ) -> usize {
        if let Some(number) = self.number_of(key, register) {
            let edit = &mut self.edits[number];
            edit.acknowledged |= acknowledged;
            edit.seen.join(seen);
            return number;
        }
        let number = self.edits.len();
        self.numbers.entry((register.stamp, key.clone())).or_default().push(number);
        self.edits.push(Edit {
            key: key.clone(),
            register: register.clone(),
            by: by.to_owned(),
            acknowledged,
            seen: seen.clone(),
            excused: false,
        });
        number
    }

    pub fn note_replica(&mut self, write: WriteId, known: &Known) {
        self.written.insert(write, known.clone());
    }

    pub fn known_behind(&self, write: WriteId) -> Option<&Known> {
        self.written.get(&write)
    }

    /// Excuses the acknowledged edits that no place has heard of. Returns how many.
    pub fn excuse_all_but(&mut self, places: &[&Known]) -> usize {
        let mut excused = 0;
        for (number, edit) in self.edits.iter_mut().enumerate() {
            if edit.acknowledged && !edit.excused && !places.iter().any(|known| known.contains(number)) {
                edit.excused = true;
                excused += 1;
            }
        }
        excused
    }

    /// Nothing that a place has heard of is undone there by what was made before it.
    pub fn what_was_heard_is_not_undone(
        &self,
        who: &str,
        known: &Known,
        registers: &Registers,
    ) -> Result<(), Violation> {
        let heard = self.edits.iter().enumerate().filter(|(number, _)| known.contains(*number));
        for (number, edit) in heard {
            if let Some(shown) = self.shown_instead(number, edit, registers) {
                return Err(Violation::of(
                    "what_was_heard_is_not_undone",
                    format!("{who} has heard of {} and shows {shown}", self.words(number)),
                ));
            }
        }
        Ok(())
    }

    pub fn no_acknowledged_edit_is_lost(&self, who: &str, registers: &Registers) -> Result<(), Violation> {
        let counting = self.edits.iter().enumerate().filter(|(_, edit)| edit.acknowledged && !edit.excused);
        for (number, edit) in counting {
            if let Some(shown) = self.shown_instead(number, edit, registers) {
                return Err(Violation::of(
                    "no_acknowledged_edit_is_lost",
                    format!("{who} shows {shown} instead of {}", self.words(number)),
                ));
            }
        }
        Ok(())
    }

    /// What stands in an edit's place though it must not.
    fn shown_instead(&self, number: usize, edit: &Edit, registers: &Registers) -> Option<String> {
        let Some(register) = registers.get(&edit.key) else { return Some("nothing".to_owned()) };
        match self.number_of(&edit.key, register) {
            Some(shown) if shown == number || !edit.seen.contains(shown) => None,
            Some(shown) => Some(self.words(shown)),
            None => Some(format!("what nobody wrote, {}", name_of(&edit.key, register))),
        }
    }

    pub fn words(&self, number: usize) -> String {
        let edit = &self.edits[number];
        format!("edit {number} by {} ({})", edit.by, name_of(&edit.key, &edit.register))
    }
}

#[cfg(test)]
mod tests {
    use primer_domain::ids::DeviceId;
    use primer_domain::replica::{Register, RegisterKey, Registers, Stamp};
    use primer_domain::timestamp::Timestamp;
    use serde_json::json;

    use super::Ledger;
    use crate::known::Known;

    fn key() -> RegisterKey {
        RegisterKey::new("skill", "python")
    }

    fn value(level: &str, wall_ms: i64) -> Register {
        let device = DeviceId::new(uuid::Uuid::nil());
        let stamp = Stamp::next(None, Timestamp::from_unix_ms(wall_ms), device);
        Register { value: json!(level), removed: false, stamp }
    }

    fn showing(register: &Register) -> Registers {
        Registers::from_iter([(key(), register.clone())])
    }

    #[test]
    fn an_edit_may_give_way_to_one_it_had_not_seen_and_to_no_other() {
        let mut ledger = Ledger::default();
        let (first, second, apart) = (value("none", 1), value("beginner", 2), value("advanced", 1));
        let mut known = Known::default();
        known.insert(ledger.note(&key(), &first, "A", true, &Known::default()));
        ledger.note(&key(), &second, "A", true, &known);
        ledger.note(&key(), &apart, "B", true, &Known::default());
        assert!(ledger.no_acknowledged_edit_is_lost("C", &showing(&second)).is_ok());
        assert!(ledger.no_acknowledged_edit_is_lost("C", &showing(&apart)).is_ok());
        let lost = ledger.no_acknowledged_edit_is_lost("C", &showing(&first)).unwrap_err();
        assert!(lost.what.contains("beginner"), "{}", lost.what);
        assert!(ledger.no_acknowledged_edit_is_lost("C", &Registers::default()).is_err());
        assert!(ledger.no_acknowledged_edit_is_lost("C", &showing(&value("expert", 9))).is_err());
    }

    #[test]
    fn only_an_edit_without_any_trace_is_excused() {
        let mut ledger = Ledger::default();
        let (first, second) = (value("none", 1), value("beginner", 2));
        let mut place = Known::default();
        place.insert(ledger.note(&key(), &first, "A", true, &Known::default()));
        let seen = place.clone();
        ledger.note(&key(), &second, "A", true, &seen);
        assert_eq!(ledger.excuse_all_but(&[&Known::default(), &place]), 1);
        assert!(ledger.no_acknowledged_edit_is_lost("C", &showing(&first)).is_ok());
        assert!(ledger.no_acknowledged_edit_is_lost("C", &Registers::default()).is_err());
    }
}
