//! The network between the computers and the remote: what a request does there, when, and what of it comes back.

use primer_domain::replica::{RegisterKey, Registers, Replica, collection};
use primer_domain::storage_path::StoragePath;
use primer_engine::remote::{Object, Place, RemoteError, RemoteFault, Unless, Verb};
use primer_engine::sync::{Answer, Op};

use crate::Violation;
use crate::run::{Run, device_of};

/// So many changes a listing lags behind at most.
const STALE_MAX: usize = 6;

type Answered = Result<Answer, RemoteError>;

pub fn short(op: &Op) -> String {
    let tail = |key: &str| key.rsplit('/').next().unwrap_or(key).to_owned();
    match op {
        Op::List { .. } => "LIST".to_owned(),
        Op::Get { key, .. } => format!("GET {}", tail(key)),
        Op::GetUnless { key, etag, .. } => format!("GET {} unless {etag:?}", tail(key)),
        Op::Put { key, .. } => format!("PUT {}", tail(key)),
        Op::Delete { key } => format!("DELETE {}", tail(key)),
    }
}

impl Run<'_> {
    /// A request reaches the remote, or does not; what comes back of it.
    pub fn serve(&mut self, computer: usize, op: &Op) -> Result<(Answered, &'static str), Violation> {
        if let Some((status, left)) = self.computers[computer].burst {
            self.computers[computer].burst = (left > 0).then(|| (status, left - 1));
            self.count("refused");
            return Ok((Err(failure(refusal(status, op))), "refused"));
        }
        let weather = self.weather;
        if self.chance(weather.lost_before) {
            self.count("lost before it took effect");
            return Ok((Err(failure(RemoteFault::Offline)), "lost on the way there"));
        }
        if self.chance(weather.timed_out) {
            self.count("timed out");
            if self.random.below(2) == 0 {
                self.takes_effect(op)?;
            }
            return Ok((Err(failure(RemoteFault::TimedOut)), "timed out"));
        }
        if matches!(op, Op::Put { .. } | Op::Delete { .. }) && self.chance(weather.lands_late) {
            self.count("took effect late");
            self.late.push(op.clone());
            return Ok((Err(failure(RemoteFault::TimedOut)), "is late"));
        }
        let answer = self.answer(computer, op)?;
        if self.chance(weather.lost_after) {
            self.count("lost after it took effect");
            return Ok((Err(failure(RemoteFault::Offline)), "lost on the way back"));
        }
        Ok(self.spoilt(answer))
    }

    /// What a request does in the remote, and its honest answer; only a listing may lag behind.
    pub fn answer(&mut self, computer: usize, op: &Op) -> Result<Answered, Violation> {
        Ok(Ok(match op {
            Op::List { prefix } => {
                if prefix.ends_with("/chapters/") {
                    self.count("looks for leftovers");
                }
                Answer::Listed(self.listing(computer, prefix))
            }
            Op::Get { key, limit_bytes } => match self.bucket.get(key) {
                Some(object) if object.bytes.len() as u64 > *limit_bytes => {
                    return Ok(Err(failure(RemoteFault::TooLong)));
                }
                object => Answer::Got(object),
            },
            Op::GetUnless { key, etag, .. } => Answer::GotUnless(match self.bucket.get(key) {
                Some(object) if object.etag == *etag => Unless::Known,
                object => Unless::Got(object),
            }),
            Op::Put { key, bytes } => Answer::Put(self.put(key, bytes)?),
            Op::Delete { key } => {
                self.delete(Some(computer), key);
                Answer::Deleted
            }
        }))
    }

    /// A request that nobody waits for.
    pub fn takes_effect(&mut self, op: &Op) -> Result<(), Violation> {
        match op {
            Op::Put { key, bytes } => self.put(key, bytes).map(drop),
            Op::Delete { key } => {
                self.delete(None, key);
                Ok(())
            }
            Op::List { .. } | Op::Get { .. } | Op::GetUnless { .. } => Ok(()),
        }
    }

    /// `by` whom, where it is still there to know what it did.
    fn delete(&mut self, by: Option<usize>, key: &str) {
        let wants = |registers: &Registers, path: &StoragePath| {
            let key = RegisterKey::new(collection::TAKEN_BACK, path.after_user());
            registers.get(&key).is_some_and(|register| register.removed)
        };
        let wanted = StoragePath::parse(key).is_some_and(|path| {
            let others = self.computers.iter().enumerate().filter(|(other, _)| Some(*other) != by);
            others.into_iter().any(|(_, other)| wants(&other.registers, &path))
        });
        if wanted {
            self.count("texts deleted that another computer wants again");
            self.bucket.delete_unknowing(key);
        } else {
            self.bucket.delete(key);
        }
    }

    fn put(&mut self, key: &str, bytes: &[u8]) -> Result<String, Violation> {
        if let Some(device) = device_of(self.user, key) {
            let replica = Replica::parse(bytes, self.user, device).map_err(|fault| {
                Violation::of("a_replica_can_be_read_as_it_was_written", format!("{key}: {fault}"))
            })?;
            self.a_replica_mentions_only_texts_that_are_in_the_remote(&replica)?;
        }
        self.bucket.put(key, bytes)
    }

    pub fn a_replica_mentions_only_texts_that_are_in_the_remote(
        &self,
        replica: &Replica,
    ) -> Result<(), Violation> {
        let is_lacking = |path: &&StoragePath| {
            let key = path.to_string();
            !self.bucket.has(&key) && !self.bucket.is_excused(&key)
        };
        match replica.texts.keys().find(is_lacking) {
            None => Ok(()),
            Some(path) => Err(Violation::of(
                "a_replica_mentions_only_texts_that_are_in_the_remote",
                format!("that of {} mentions {path}", replica.device_name),
            )),
        }
    }

    fn listing(&mut self, computer: usize, prefix: &str) -> Vec<primer_engine::remote::Listed> {
        let now = self.bucket.moment();
        if !self.chance(self.weather.stale) {
            return self.bucket.list(prefix, || now);
        }
        self.count("stale listing");
        let from = now.saturating_sub(STALE_MAX).max(self.computers[computer].listings_from);
        let moments: Vec<usize> = (from..=now).collect();
        let whole = *self.random.one_of(&moments);
        let each_for_itself = self.random.below(2) == 0;
        let random = &mut self.random;
        self.bucket.list(prefix, || if each_for_itself { *random.one_of(&moments) } else { whole })
    }

    /// The answer as it arrives.
    fn spoilt(&mut self, answer: Answered) -> (Answered, &'static str) {
        let weather = self.weather;
        let (mut object, answer) = match answer {
            Ok(Answer::Got(Some(object))) => (Some(object), Answer::Got(None)),
            Ok(Answer::GotUnless(Unless::Got(Some(object)))) => {
                (Some(object), Answer::GotUnless(Unless::Got(None)))
            }
            Ok(Answer::Listed(listed)) => (None, Answer::Listed(listed)),
            answer => return (answer, "done"),
        };
        if self.chance(weather.cut_short) {
            self.count("cut short");
            return match object {
                // A length that was told too short: nothing but a digest can notice.
                Some(mut object) if self.random.below(2) == 0 => {
                    let left = self.random.below(object.bytes.len().max(1));
                    object.bytes.truncate(left);
                    (Ok(with(answer, Some(object))), "cut short, and nobody noticed")
                }
                _ => (Err(failure(RemoteFault::Damaged)), "cut short"),
            };
        }
        let mut how = "done";
        if let Some(object) = &mut object
            && !object.bytes.is_empty()
            && self.chance(weather.garbled)
        {
            self.count("garbled");
            for _ in 0..=self.random.below(2) {
                let at = self.random.below(object.bytes.len());
                object.bytes[at] ^= 1 << self.random.below(8);
            }
            how = "garbled";
        }
        (Ok(with(answer, object)), how)
    }
}

/// The answer with the object that came of it.
fn with(answer: Answer, object: Option<Object>) -> Answer {
    match answer {
        Answer::Got(_) => Answer::Got(object),
        Answer::GotUnless(_) => Answer::GotUnless(Unless::Got(object)),
        answer => answer,
    }
}

fn refusal(status: u16, op: &Op) -> RemoteFault {
    let to = match op {
        Op::List { .. } => Verb::List,
        Op::Get { .. } | Op::GetUnless { .. } => Verb::Read,
        Op::Put { .. } => Verb::Write,
        Op::Delete { .. } => Verb::Delete,
    };
    match status {
        403 => RemoteFault::NoPermission { to },
        429 => RemoteFault::TooManyRequests,
        _ => RemoteFault::ServerFailed,
    }
}

fn failure(fault: RemoteFault) -> RemoteError {
    let place = Place::Server { host: "s3.example.org".to_owned(), bucket: "course".to_owned() };
    RemoteError {
        fault,
        key: None,
        detail: String::new(),
        retry_after: None,
        place: Box::new(place),
        source: None,
    }
}
