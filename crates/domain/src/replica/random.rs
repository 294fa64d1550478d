//! For tests: values drawn from a seed. The pools are small, so that equal keys, equal stamps and nonsense
//! all occur.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use uuid::Uuid;

use super::{Register, RegisterKey, Registers, Replica, Stamp, TextEntry, Texts};
use crate::ids::{ChapterId, ChapterVersion, DeviceId, TextDigest, UserId, WriteId};
use crate::profile::{Background, Level, Robotics};
use crate::storage_path::StoragePath;
use crate::timestamp::Timestamp;

const SKILLS: [&str; 6] = ["python", "cpp", "ros2", "سی", "a/b", "tab\there"];
const ITEMS: [&str; 4] = ["lidar", "jetson_orin", "my \"arm\"", "e\u{301}"];
const GOALS: [&str; 3] = ["hobby", "career_change", "🤖"];

pub(crate) struct Random(u64);

impl Random {
    pub fn seeded(seed: u64) -> Random {
        Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 16
    }

    pub fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    pub fn chance(&mut self, one_in: u64) -> bool {
        self.below(one_in) == 0
    }

    pub fn pick<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[self.below(of.len() as u64) as usize]
    }

    pub fn stamp(&mut self) -> Stamp {
        stamp(self.below(4) as i64, self.below(2) as u32, self.below(3))
    }

    pub fn registers(&mut self) -> Registers {
        (0..self.below(14)).map(|_| (self.register_key(), self.register())).collect()
    }

    fn register_key(&mut self) -> RegisterKey {
        match self.below(7) {
            0 => RegisterKey::new("reader", "name"),
            1 => RegisterKey::new("robotics", "experience"),
            2 => RegisterKey::new("hardware", *self.pick(&ITEMS)),
            3 => RegisterKey::new("goal", *self.pick(&GOALS)),
            4 => RegisterKey::new("of a newer program", ""),
            _ => RegisterKey::new("skill", *self.pick(&SKILLS)),
        }
    }

    fn register(&mut self) -> Register {
        let values = [
            json!(true),
            json!("beginner"),
            json!("none"),
            json!("expert"),
            json!({"b": [1, null], "a": {}}),
        ];
        Register { value: self.pick(&values).clone(), removed: self.chance(3), stamp: self.stamp() }
    }

    pub fn background(&mut self) -> Background {
        let mut skills = BTreeMap::new();
        for _ in 0..=self.below(4) {
            skills.insert((*self.pick(&SKILLS)).to_owned(), *self.pick(&Level::ALL));
        }
        Background {
            software_experience: skills,
            robotics_experience: *self.pick(&Robotics::ALL),
            hardware_access: self.some_of(&ITEMS),
            learning_goals: self.some_of(&GOALS),
        }
    }

    fn some_of(&mut self, names: &[&str]) -> BTreeSet<String> {
        names.iter().filter(|_| self.chance(2)).map(|name| (*name).to_owned()).collect()
    }

    pub fn replica(&mut self) -> Replica {
        let backgrounds: BTreeMap<_, _> = (0..self.below(3))
            .map(|_| self.background())
            .map(|background| (background.hash(), background))
            .collect();
        let mut texts = Texts::new();
        for _ in 0..self.below(6) {
            let (path, entry) = self.text();
            texts.insert(path, entry);
        }
        Replica {
            user: user(),
            device: device(1),
            device_name: "Amina's \"laptop\" \\ ۱".to_owned(),
            write_id: WriteId::new(Uuid::from_u128(u128::from(self.next()))),
            written_at: Timestamp::from_unix_ms(1_767_225_600_042),
            program: "primer 0.1.0".to_owned(),
            registers: self.registers(),
            texts,
            backgrounds,
            missing: (0..self.below(3)).map(|_| self.text().0).collect(),
        }
    }

    pub fn text(&mut self) -> (StoragePath, TextEntry) {
        let chapter = self.below(3) as u32 + 1;
        let version = self.below(2) as u32 + 1;
        let (mut path, mut entry) = text(chapter, version, &self.next().to_string(), self.stamp());
        path.profile_hash = self.background().hash();
        entry.len_bytes = self.next();
        (path, entry)
    }
}

pub(crate) fn user() -> UserId {
    UserId::new(Uuid::from_u128(0x0192_f0c1_2345_7abc_8def_0123_4567_89ab))
}

pub(crate) fn device(number: u64) -> DeviceId {
    DeviceId::new(Uuid::from_u128(u128::from(number) << 64 | 0xd))
}

pub(crate) fn stamp(wall_ms: i64, counter: u32, device_number: u64) -> Stamp {
    Stamp { wall: Timestamp::from_unix_ms(wall_ms), counter, device: device(device_number) }
}

/// A text of `primer/1` for the book `physical-ai` and somebody new, 100 bytes long.
pub(crate) fn text(chapter: u32, version: u32, words: &str, stamp: Stamp) -> (StoragePath, TextEntry) {
    let digest = TextDigest::of(words.as_bytes());
    let path = StoragePath {
        user_id: user(),
        chapter_id: ChapterId(chapter),
        profile_hash: Background::of_somebody_new().hash(),
        chapter_version: ChapterVersion(version),
        digest: digest.prefix(),
    };
    let entry = TextEntry {
        book_id: "physical-ai".to_owned(),
        digest,
        len_bytes: 100,
        generator: "primer/1".to_owned(),
        improvements: 0,
        stamp,
    };
    (path, entry)
}

/// A value's own register, for tests that name all of it.
pub(crate) fn register(value: impl Into<Value>, removed: bool, stamp: Stamp) -> Register {
    Register { value: value.into(), removed, stamp }
}
