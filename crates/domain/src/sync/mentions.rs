//! Which mentions of a text can be relied on: it is in the remote.
//!
//! Whoever hears that a text was taken back deletes its object, whichever replica mentions it. Should its reader want it
//! after all, a mention says that it is there only where its computer knew of that too: any other may be from before the
//! object was deleted.

use std::collections::BTreeMap;

use crate::ids::UserId;
use crate::replica::collection::TAKEN_BACK;
use crate::replica::{Register, RegisterKey, Registers, Replica};
use crate::storage_path::StoragePath;

/// The texts that were ever taken back, with what is known here of each.
#[derive(Debug, Clone)]
pub struct Reliance<'a> {
    taken_back: BTreeMap<StoragePath, (RegisterKey, &'a Register)>,
}

impl<'a> Reliance<'a> {
    /// `registers`: all that is known here.
    pub fn on(registers: &'a Registers, user: UserId) -> Reliance<'a> {
        let of_text = |(key, register)| {
            let path = StoragePath::parse_after_user(user, key)?;
            Some((path, (RegisterKey::new(TAKEN_BACK, key), register)))
        };
        Reliance { taken_back: registers.of(TAKEN_BACK).filter_map(of_text).collect() }
    }

    /// The texts that this replica mentions and that were in the remote when it was written, and not deleted since.
    pub fn mentions<'r>(&self, replica: &'r Replica) -> impl Iterator<Item = &'r StoragePath> {
        replica.texts.keys().filter(|path| self.knows_enough(replica, path))
    }

    /// Whether this replica knows at least as much as is known here of whether the text was taken back.
    pub fn knows_enough(&self, replica: &Replica, path: &StoragePath) -> bool {
        self.taken_back.get(path).is_none_or(|(key, ours)| {
            replica.registers.get(key).is_some_and(|theirs| !theirs.gives_way_to(ours))
        })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::Reliance;
    use crate::replica::random::{Random, stamp, text, user};
    use crate::replica::{Registers, Replica, Texts, keep_again, take_back};

    #[test]
    fn a_mention_counts_only_where_it_knows_what_became_of_its_text() {
        let (wanted, entry) = text(1, 1, "wanted after all", stamp(1, 0, 1));
        let (other, other_entry) = text(2, 1, "never taken back", stamp(1, 0, 1));
        let mut now = take_back(&Registers::default(), &wanted, stamp(2, 0, 1));
        let taken_back = now.clone();
        now.join(&keep_again(&now, &wanted, stamp(3, 0, 1)));
        let mut later = now.clone();
        later.join(&take_back(&later, &wanted, stamp(4, 0, 1)));
        let saying = |registers: &Registers| Replica {
            registers: registers.clone(),
            texts: Texts::from([(wanted, entry.clone()), (other, other_entry.clone())]),
            ..Random::seeded(8).replica()
        };
        let mentioned = |theirs: &Registers, ours: &Registers| -> BTreeSet<_> {
            Reliance::on(ours, user()).mentions(&saying(theirs)).copied().collect()
        };
        let nothing = Registers::default();
        assert_eq!(mentioned(&nothing, &nothing), [wanted, other].into());
        for knowing_less in [&nothing, &taken_back] {
            assert_eq!(mentioned(knowing_less, &now), [other].into(), "it may be from before it was deleted");
        }
        // Somebody who is farther than this computer, as in a dry run.
        for knowing_enough in [&now, &later] {
            assert_eq!(mentioned(knowing_enough, &now), [wanted, other].into());
        }
    }
}
