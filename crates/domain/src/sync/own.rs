//! This computer's own replica in a remote: whether it is still its own, and whether it has to be written
//! anew.

use std::collections::BTreeSet;

use super::Reliance;
use crate::ids::DeviceId;
use crate::replica::{Registers, Replica};
use crate::storage_path::StoragePath;

/// Who wrote a replica under this computer's id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whose {
    /// This computer, although the answer may have been lost.
    Ours,
    /// A copy of this computer's disk, or this computer before an older disk was put back: join it, then take
    /// a new id.
    SomebodyElses,
}

/// What all the replicas in a remote say together.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct RemoteView {
    /// The join of all.
    pub registers: Registers,
    /// Every text that a replica mentions, as far as that can be relied on.
    pub mentioned: BTreeSet<StoragePath>,
    /// This computer's replica, if it is there.
    pub own: Option<OwnObject>,
}

/// What of this computer's last replica only it says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnObject {
    pub device_name: String,
    pub missing: BTreeSet<StoragePath>,
    /// The texts that it mentions.
    pub texts: BTreeSet<StoragePath>,
}

impl RemoteView {
    pub fn of<'a>(
        replicas: impl IntoIterator<Item = &'a Replica>,
        own: DeviceId,
        reliance: &Reliance<'_>,
    ) -> RemoteView {
        let mut view = RemoteView::default();
        for replica in replicas {
            view.registers.join(&replica.registers);
            view.mentioned.extend(reliance.mentions(replica));
            if replica.device == own {
                view.own = Some(OwnObject {
                    device_name: replica.device_name.clone(),
                    missing: replica.missing.clone(),
                    texts: replica.texts.keys().copied().collect(),
                });
            }
        }
        view
    }
}

/// Whether `own`, as it would be written now, says anything that the remote does not, or no more mentions a text that it
/// mentions there. Its texts are all in the remote.
pub fn replica_is_needed(own: &Replica, remote: &RemoteView) -> bool {
    let Some(object) = &remote.own else {
        return !(own.registers.is_empty() && own.texts.is_empty() && own.missing.is_empty());
    };
    !remote.registers.covers(&own.registers)
        || own.texts.keys().any(|path| !remote.mentioned.contains(path))
        || object.texts.iter().any(|path| !own.texts.contains_key(path))
        || own.missing != object.missing
        || own.device_name != object.device_name
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::{RemoteView, replica_is_needed};
    use crate::ids::WriteId;
    use crate::replica::random::user;
    use crate::replica::random::{Random, device, register, stamp, text};
    use crate::replica::{RegisterKey, Registers, Replica, Texts};
    use crate::replica::{keep_again, take_back};
    use crate::sync::Reliance;

    fn replica() -> Replica {
        let (path, entry) = text(1, 1, "words", stamp(1, 0, 1));
        let key = RegisterKey::new("skill", "python");
        Replica {
            registers: Registers::from_iter([(key, register("none", false, stamp(1, 0, 1)))]),
            texts: Texts::from([(path, entry)]),
            missing: [].into(),
            backgrounds: [].into(),
            ..Random::seeded(8).replica()
        }
    }

    fn view(replicas: &[&Replica]) -> RemoteView {
        let nothing = Registers::default();
        RemoteView::of(replicas.iter().copied(), device(1), &Reliance::on(&nothing, user()))
    }

    #[test]
    fn a_replica_that_says_nothing_new_is_not_written_whoever_said_it() {
        let own = replica();
        assert!(!replica_is_needed(&own, &view(&[&own])));
        // Another computer says it all; the own object is there and may be older.
        let silent = Replica { registers: Registers::default(), texts: Texts::new(), ..own.clone() };
        let other = Replica { device: device(2), device_name: "other".to_owned(), ..own.clone() };
        assert!(!replica_is_needed(&own, &view(&[&silent, &other])));
        let rewritten =
            Replica { write_id: WriteId::new(Uuid::nil()), program: "primer 9".to_owned(), ..own.clone() };
        assert!(!replica_is_needed(&rewritten, &view(&[&own])));
    }

    #[test]
    fn a_computer_that_is_not_there_yet_says_what_it_knows_if_it_knows_anything() {
        let own = replica();
        let other = Replica { device: device(2), ..own.clone() };
        assert!(replica_is_needed(&own, &RemoteView::default()));
        assert!(replica_is_needed(&own, &view(&[&other])));
        let silent = Replica { registers: Registers::default(), texts: Texts::new(), ..own.clone() };
        assert!(!replica_is_needed(&silent, &RemoteView::default()));
        let asks = Replica { missing: own.texts.keys().copied().collect(), ..silent };
        assert!(replica_is_needed(&asks, &RemoteView::default()));
        let has_texts = Replica { registers: Registers::default(), ..own };
        assert!(replica_is_needed(&has_texts, &RemoteView::default()));
    }

    #[test]
    fn anything_that_the_remote_lacks_is_a_reason_to_write() {
        let before = replica();
        let there = view(&[&before]);
        let mut edited = before.clone();
        let key = RegisterKey::new("skill", "python");
        edited.registers.insert(key, register("none", true, stamp(2, 0, 1)));
        let (path, entry) = text(2, 1, "more", stamp(1, 0, 1));
        let mut uploaded = before.clone();
        uploaded.texts.insert(path, entry);
        let missing = Replica { missing: [path].into(), ..before.clone() };
        let renamed = Replica { device_name: "new name".to_owned(), ..before.clone() };
        for changed in [&edited, &uploaded, &missing, &renamed] {
            assert!(replica_is_needed(changed, &there), "{changed:?}");
        }
        // What was missing and has been found is told too: nobody is to send it again.
        assert!(replica_is_needed(&before, &view(&[&missing])));
    }
    #[test]
    fn a_text_that_was_taken_back_is_mentioned_no_more_once_that_is_heard_of() {
        let before = replica();
        let path = *before.texts.keys().next().unwrap();
        // Another computer says that it was; this one has nothing else to say.
        let mut registers = before.registers.clone();
        registers.join(&take_back(&registers, &path, stamp(2, 0, 2)));
        let other = Replica { device: device(2), registers: registers.clone(), ..before.clone() };
        let own = Replica { registers: registers.clone(), texts: Texts::new(), ..before.clone() };
        let reliance = Reliance::on(&registers, user());
        let view = RemoteView::of([&before, &other], device(1), &reliance);
        assert!(replica_is_needed(&own, &view));
        let view = RemoteView::of([&own, &other], device(1), &reliance);
        assert!(!replica_is_needed(&own, &view));
        // Wanted after all and sent again, it is told though somebody mentions it from before.
        registers.join(&keep_again(&registers, &path, stamp(3, 0, 2)));
        let wanting = Replica { registers: registers.clone(), texts: Texts::new(), ..other.clone() };
        let own = Replica { registers: registers.clone(), ..before.clone() };
        let silent = Replica { texts: Texts::new(), ..own.clone() };
        let reliance = Reliance::on(&registers, user());
        let stale = Replica { device: device(3), ..before };
        assert!(replica_is_needed(&own, &RemoteView::of([&silent, &wanting, &stale], device(1), &reliance)));
    }
}
