//! A student's day, lived by two engines and a bucket in memory that counts what they ask of it.

use std::collections::BTreeMap;
use std::ops::{Add, Mul};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use primer_domain::ids::{ChapterId, TextDigest, UserId};
use primer_domain::timestamp::Timestamp;
use primer_engine::Engine;
use primer_engine::api::dispatch;
use primer_engine::bookshelf::BookSource;
use primer_engine::env::Env;
use primer_engine::remote::{Listed, Object, Unless};
use primer_engine::sync::{Answer, Manner, Op, Session};
use serde_json::{Value, json};
use tempfile::TempDir;

/// What comes back beside the objects themselves, in bytes, and rather too much than too little: the head of
/// an answer, the frame of a listing, an object in it.
const ANSWER_HEAD: u64 = 500;
const LISTING_FRAME: u64 = 400;
const LISTING_ENTRY: u64 = 450;

/// Requests, and the bytes that the bucket sends out for them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Requests {
    pub list: u64,
    pub put: u64,
    pub get: u64,
    pub delete: u64,
    pub out_bytes: u64,
}

impl Add for Requests {
    type Output = Requests;

    fn add(self, other: Requests) -> Requests {
        Requests {
            list: self.list + other.list,
            put: self.put + other.put,
            get: self.get + other.get,
            delete: self.delete + other.delete,
            out_bytes: self.out_bytes + other.out_bytes,
        }
    }
}

impl Mul<u64> for Requests {
    type Output = Requests;

    fn mul(self, times: u64) -> Requests {
        Requests {
            list: self.list * times,
            put: self.put * times,
            get: self.get * times,
            delete: self.delete * times,
            out_bytes: self.out_bytes * times,
        }
    }
}

/// What each kind of sync asks.
#[derive(Debug, Clone, Copy)]
pub struct Day {
    /// The first computer's first sync, in a bucket that its operator has set up.
    pub first: Requests,
    /// The second computer's first one, after the first has written a chapter.
    pub joined: Requests,
    /// Nothing is new here or there.
    pub quiet: Requests,
    /// Another answer about oneself, on the computer where it was given, and on the other one.
    pub edit: Requests,
    pub edit_heard: Requests,
    /// A chapter written for its reader, likewise.
    pub chapter: Requests,
    pub chapter_heard: Requests,
    /// What the bucket holds of a student who has read the whole book with one background.
    pub book_bytes: u64,
}

impl Day {
    /// So many syncs, of which two are about one edit and two about one chapter.
    pub fn of(&self, syncs: u64) -> Requests {
        let news = self.edit + self.edit_heard + self.chapter + self.chapter_heard;
        news + self.quiet * syncs.saturating_sub(4)
    }

    pub fn measured() -> Day {
        let mut bucket = Bucket::default();
        // Its operator's own first sync writes primer.json.
        Computer::new(1).sync(&mut bucket);
        let laptop = Computer::new(2);
        laptop.answer("beginner");
        let first = laptop.sync(&mut bucket);
        laptop.read(1);
        let chapter_alone = laptop.sync(&mut bucket);
        let desk = laptop.joined(3);
        let joined = desk.sync(&mut bucket);
        laptop.sync(&mut bucket);
        desk.sync(&mut bucket);

        let quiet = laptop.sync(&mut bucket);
        assert_eq!(quiet, desk.sync(&mut bucket), "nothing is new on either computer");
        laptop.answer("intermediate");
        let edit = laptop.sync(&mut bucket);
        let edit_heard = desk.sync(&mut bucket);
        laptop.read(1);
        let chapter = laptop.sync(&mut bucket);
        let chapter_heard = desk.sync(&mut bucket);
        assert_eq!(chapter.put, chapter_alone.put, "a second computer makes writing no dearer");
        (2..=6).for_each(|number| laptop.read(number));
        laptop.sync(&mut bucket);
        desk.sync(&mut bucket);
        assert_eq!(laptop.sync(&mut bucket), quiet);
        let unread = bucket.bytes_of_the_earlier_background(&laptop);
        let book_bytes = bucket.bytes_of(laptop.user) - unread;
        Day { first, joined, quiet, edit, edit_heard, chapter, chapter_heard, book_bytes }
    }
}

struct Computer {
    /// Where its data are, as long as it lives.
    folder: TempDir,
    engine: Arc<Engine>,
    user: UserId,
    number: u64,
}

impl Computer {
    fn new(number: u64) -> Computer {
        let mut computer = Computer::without_reader(number);
        let added = computer.call("add_reader", json!({"name": "Student"}));
        computer.user = added["id"].as_str().and_then(UserId::parse).expect("a reader has an id");
        // Any that is there: the bucket is in memory.
        let location = json!({"kind": "folder", "path": computer.folder.path()});
        let request = json!({"user_id": computer.user, "location": location, "secret_access_key": null,
            "session_token": null});
        computer.call("add_remote", request);
        computer
    }

    fn without_reader(number: u64) -> Computer {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let engine = Engine::open(folder.path(), BookSource::Bundled, env(number)).expect("an engine");
        let nobody = UserId::parse("00000000-0000-0000-0000-000000000000").expect("an id");
        Computer { folder, engine: Arc::new(engine), user: nobody, number }
    }

    /// Another computer of the same student.
    fn joined(&self, number: u64) -> Computer {
        let file = self.call("export_computer", json!({"user_id": self.user})).to_string();
        let computer = Computer { user: self.user, ..Computer::without_reader(number) };
        computer.call("join_reader", json!({"file": file, "merge_user_id": null}));
        computer
    }

    fn call(&self, command: &str, request: Value) -> Value {
        dispatch(&self.engine, command, request).unwrap_or_else(|error| panic!("{command}: {error}"))
    }

    fn answer(&self, level: &str) {
        let background = json!({"software_experience": {"python": level, "ros2": "none"},
            "robotics_experience": "none", "hardware_access": ["lidar"], "learning_goals": ["hobby"]});
        self.call("save_profile", json!({"user_id": self.user, "background": background}));
    }

    fn read(&self, number: u32) {
        self.engine.visit(self.user, ChapterId(number)).expect("a chapter of the book");
    }

    /// One sync, as the program does it.
    fn sync(&self, bucket: &mut Bucket) -> Requests {
        let row = self.engine.remotes(self.user).expect("the remotes").remove(0);
        let mut session =
            Session::begin(Arc::clone(&self.engine), row.id, Manner::default()).expect("a session");
        bucket.asked = Requests::default();
        while let Some((ticket, op)) = session.next().expect("the next request") {
            let answer = bucket.answer(op);
            session.answers(vec![(ticket, Ok(answer))]).expect("an answer is taken in");
        }
        assert!(session.is_over() && session.into_failure().is_none(), "computer {} synced", self.number);
        bucket.asked
    }
}

/// A clock and ids that are the same at every run.
fn env(number: u64) -> Env {
    let (now_ms, ids) = (AtomicI64::new(1_788_249_600_000), AtomicU64::new(0));
    let clock = move || Timestamp::from_unix_ms(now_ms.fetch_add(1, Ordering::Relaxed));
    let random = move || {
        let mut bytes = [0; 16];
        bytes[..8].copy_from_slice(&number.to_be_bytes());
        bytes[8..].copy_from_slice(&ids.fetch_add(1, Ordering::Relaxed).to_be_bytes());
        bytes
    };
    Env::new(clock, random).named("a student's computer")
}

#[derive(Default)]
struct Bucket {
    objects: BTreeMap<String, Vec<u8>>,
    asked: Requests,
}

impl Bucket {
    fn answer(&mut self, op: Op) -> Answer {
        self.asked.out_bytes += ANSWER_HEAD;
        match op {
            Op::List { prefix } => {
                let below: Vec<Listed> = self.below(&prefix).map(listed).collect();
                self.asked.list += 1;
                self.asked.out_bytes += LISTING_FRAME + LISTING_ENTRY * below.len() as u64;
                Answer::Listed(below)
            }
            Op::Get { key, .. } => {
                self.asked.get += 1;
                let object =
                    self.objects.get(&key).map(|bytes| Object { bytes: bytes.clone(), etag: etag(bytes) });
                self.asked.out_bytes += object.as_ref().map_or(0, |object| object.bytes.len() as u64);
                Answer::Got(object)
            }
            // The operator's bucket has a published book or none; where none is, a computer looks once a day.
            Op::GetUnless { key, .. } => {
                self.asked.get += 1;
                assert!(!self.objects.contains_key(&key), "no book is published here");
                Answer::GotUnless(Unless::Got(None))
            }
            Op::Put { key, bytes } => {
                self.asked.put += 1;
                let etag = etag(&bytes);
                self.objects.insert(key, bytes);
                Answer::Put(etag)
            }
            Op::Delete { key } => {
                self.asked.delete += 1;
                self.objects.remove(&key);
                Answer::Deleted
            }
        }
    }

    fn below<'a>(&'a self, prefix: &'a str) -> impl Iterator<Item = (&'a String, &'a Vec<u8>)> {
        self.objects.iter().filter(move |(key, _)| key.starts_with(prefix))
    }

    fn bytes_of(&self, user: UserId) -> u64 {
        self.below(&format!("users/{user}/")).map(|(_, bytes)| bytes.len() as u64).sum()
    }

    /// Chapter 1 was read with two.
    fn bytes_of_the_earlier_background(&self, computer: &Computer) -> u64 {
        let profile = computer.call("get_profile", json!({"user_id": computer.user}));
        let current = profile["profile_hash"].as_str().unwrap_or_default();
        self.below(&format!("users/{}/chapters/1/", computer.user))
            .filter(|(key, _)| !key.contains(current))
            .map(|(_, bytes)| bytes.len() as u64)
            .sum()
    }
}

fn listed((key, bytes): (&String, &Vec<u8>)) -> Listed {
    Listed { key: key.clone(), etag: etag(bytes), len_bytes: bytes.len() as u64 }
}

fn etag(bytes: &[u8]) -> String {
    TextDigest::of(bytes).prefix().to_string()
}

#[cfg(test)]
mod tests {
    use super::Day;

    #[test]
    fn a_sync_asks_what_the_design_says_and_nothing_more() {
        let day = Day::measured();
        let counts = |of: super::Requests| (of.list, of.put, of.get, of.delete);
        assert_eq!(counts(day.quiet), (1, 0, 0, 0), "the listing");
        assert_eq!(counts(day.edit), (1, 1, 0, 0), "and the own replica");
        assert_eq!(counts(day.edit_heard), (1, 0, 1, 0), "and the other's");
        assert_eq!(counts(day.chapter), (1, 2, 0, 0), "and the text and the own replica");
        assert_eq!(counts(day.chapter_heard), (1, 0, 1, 0), "the text is written here, not fetched");
        assert_eq!(
            counts(day.first),
            (1, 1, 2, 0),
            "primer.json is read, a book looked for, and the own replica written"
        );
        assert_eq!(day.joined.list, 1);
        assert_eq!(counts(day.of(20)), (20, 3, 2, 0));
        assert!(day.quiet.out_bytes < 2_000 && day.book_bytes > 100_000, "{day:?}");
    }
}
