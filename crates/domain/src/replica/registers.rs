//! Registers: each thing that can be changed by itself, with the stamp of its last change. The greater stamp
//! wins.
//!
//! Collections that this program does not know are kept and travel: a newer program may have put them there.

use std::collections::{BTreeMap, btree_map};
use std::fmt;

use serde_json::Value;

use super::Stamp;

/// The collections this program reads, with what their keys are.
pub mod collection {
    /// `name`: what the reader is called.
    pub const READER: &str = "reader";
    /// A skill; its value is the word of a level.
    pub const SKILL: &str = "skill";
    /// `experience`: the word for how near the reader has been to a robot.
    pub const ROBOTICS: &str = "robotics";
    /// An item; true.
    pub const HARDWARE: &str = "hardware";
    /// A goal; true.
    pub const GOAL: &str = "goal";
    /// A storage path after its reader, whose text they removed everywhere; true.
    pub const TAKEN_BACK: &str = "taken_back";
}

/// Written `collection/key`. A collection is not empty and has no `/`; a key may.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RegisterKey {
    pub collection: String,
    pub key: String,
}

impl RegisterKey {
    pub fn new(collection: impl Into<String>, key: impl Into<String>) -> RegisterKey {
        RegisterKey { collection: collection.into(), key: key.into() }
    }

    pub fn parse(text: &str) -> Option<RegisterKey> {
        let (collection, key) = text.split_once('/')?;
        (!collection.is_empty()).then(|| RegisterKey::new(collection, key))
    }
}

impl fmt::Display for RegisterKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.collection, self.key)
    }
}

#[derive(Debug, Clone, PartialEq)]
pub struct Register {
    /// The last value, also of one that was removed.
    pub value: Value,
    pub removed: bool,
    pub stamp: Stamp,
}

impl Register {
    /// The value, unless it was removed.
    pub fn live(&self) -> Option<&Value> {
        (!self.removed).then_some(&self.value)
    }

    /// Whether `other` is the later word on the same thing.
    pub fn gives_way_to(&self, other: &Register) -> bool {
        // Two honest changes of a register never share a stamp. If a remote holds some that do, every computer
        // must still choose the same.
        let contents = |register: &Register| (register.removed, canonical_json(&register.value));
        self.stamp < other.stamp || (self.stamp == other.stamp && contents(self) < contents(other))
    }
}

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Registers(BTreeMap<RegisterKey, Register>);

impl Registers {
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    pub fn get(&self, key: &RegisterKey) -> Option<&Register> {
        self.0.get(key)
    }

    /// By collection, then key.
    pub fn iter(&self) -> btree_map::Iter<'_, RegisterKey, Register> {
        self.0.iter()
    }

    /// Those of one collection, by key.
    pub fn of<'a>(&'a self, collection: &'a str) -> impl Iterator<Item = (&'a str, &'a Register)> {
        self.0
            .range(RegisterKey::new(collection, "")..)
            .take_while(move |(key, _)| key.collection == collection)
            .map(|(key, register)| (key.key.as_str(), register))
    }

    /// Writes over what was there, whatever its stamp; to decide which of two is right, join.
    pub fn insert(&mut self, key: RegisterKey, register: Register) {
        self.0.insert(key, register);
    }

    /// Takes from `other` what is greater there. Returns the keys that changed here, in order.
    pub fn join(&mut self, other: &Registers) -> Vec<RegisterKey> {
        let news = other.missing_from(self);
        let changed = news.0.keys().cloned().collect();
        self.0.extend(news.0);
        changed
    }

    /// What of this `other` lacks, or has with a lesser stamp.
    pub fn missing_from(&self, other: &Registers) -> Registers {
        let is_missing = |(key, register): &(&RegisterKey, &Register)| {
            other.get(key).is_none_or(|held| held.gives_way_to(register))
        };
        self.iter().filter(is_missing).map(|(key, register)| (key.clone(), register.clone())).collect()
    }

    /// Whether joining `other` would change nothing here.
    pub fn covers(&self, other: &Registers) -> bool {
        other.iter().all(|(key, theirs)| self.get(key).is_some_and(|held| !held.gives_way_to(theirs)))
    }

    pub fn greatest_stamp(&self) -> Option<Stamp> {
        self.0.values().map(|register| register.stamp).max()
    }

    /// Adds to `delta` that `key` is to be `value`, unless it already is.
    pub(super) fn want(&self, delta: &mut Registers, key: RegisterKey, value: Value, stamp: Stamp) {
        if self.get(&key).and_then(Register::live) != Some(&value) {
            delta.insert(key, Register { value, removed: false, stamp });
        }
    }

    /// Adds to `delta` that `key` is removed, unless it already is or never was.
    pub(super) fn drop_live(&self, delta: &mut Registers, key: RegisterKey, stamp: Stamp) {
        if let Some(value) = self.get(&key).and_then(Register::live) {
            delta.insert(key, Register { value: value.clone(), removed: true, stamp });
        }
    }
}

impl FromIterator<(RegisterKey, Register)> for Registers {
    fn from_iter<I: IntoIterator<Item = (RegisterKey, Register)>>(registers: I) -> Registers {
        Registers(registers.into_iter().collect())
    }
}

/// One line, with the members of objects sorted, so that equal values are equal texts.
pub(super) fn canonical_json(value: &Value) -> String {
    match value {
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(canonical_json).collect();
            format!("[{}]", items.join(", "))
        }
        Value::Object(members) => {
            let members: BTreeMap<&String, &Value> = members.iter().collect();
            let members: Vec<String> = members
                .into_iter()
                .map(|(name, value)| format!("{}: {}", Value::from(name.as_str()), canonical_json(value)))
                .collect();
            format!("{{{}}}", members.join(", "))
        }
        scalar => scalar.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Register, RegisterKey, Registers, canonical_json};
    use crate::replica::random::{Random, stamp};

    fn joined(left: &Registers, right: &Registers) -> Registers {
        let mut both = left.clone();
        both.join(right);
        both
    }

    #[test]
    fn a_join_is_commutative_associative_and_idempotent_whatever_a_bucket_holds() {
        let mut random = Random::seeded(2);
        let (mut changed, mut equal_stamps) = (0, 0);
        for _ in 0..2_000 {
            let (a, b, c) = (random.registers(), random.registers(), random.registers());
            let ab = joined(&a, &b);
            assert_eq!(ab, joined(&b, &a));
            assert_eq!(joined(&ab, &c), joined(&a, &joined(&b, &c)));
            assert_eq!(joined(&ab, &ab), ab);
            assert_eq!(joined(&ab, &a), ab);
            changed += usize::from(ab != a && ab != b);
            equal_stamps += a
                .iter()
                .filter(|(key, mine)| {
                    b.get(key).is_some_and(|theirs| theirs.stamp == mine.stamp && theirs != *mine)
                })
                .count();
        }
        // The laws say little unless the maps really differed, and some under one stamp.
        assert!(changed > 1_000 && equal_stamps > 100, "{changed} {equal_stamps}");
    }

    #[test]
    fn a_join_names_exactly_the_keys_that_it_changed() {
        let mut random = Random::seeded(3);
        for _ in 0..2_000 {
            let (a, b) = (random.registers(), random.registers());
            let mut both = a.clone();
            let changed = both.join(&b);
            let differing: Vec<RegisterKey> = both
                .iter()
                .filter(|(key, register)| a.get(key) != Some(register))
                .map(|(key, _)| key.clone())
                .collect();
            assert_eq!(changed, differing);
            assert_eq!(a.covers(&b), changed.is_empty());
            assert_eq!(both.missing_from(&a).len(), changed.len());
            assert!(both.covers(&a) && both.covers(&b));
            assert_eq!(joined(&a, &b.missing_from(&a)), both);
            assert_eq!(both.greatest_stamp(), a.greatest_stamp().max(b.greatest_stamp()));
        }
    }

    #[test]
    fn the_greater_stamp_wins_whether_it_removed_or_wrote() {
        let key = RegisterKey::new("skill", "python");
        let at = |wall, removed| {
            let register = Register { value: json!("beginner"), removed, stamp: stamp(wall, 0, 1) };
            Registers::from_iter([(key.clone(), register)])
        };
        assert_eq!(joined(&at(1, false), &at(2, true)), at(2, true));
        assert_eq!(joined(&at(2, true), &at(3, false)), at(3, false));
        assert_eq!(joined(&at(2, true), &at(1, false)), at(2, true));
    }

    #[test]
    fn the_registers_of_a_collection_are_found_among_others_with_like_names() {
        let register = Register { value: json!(true), removed: false, stamp: stamp(1, 0, 1) };
        let all: Registers = ["goal", "goal!", "goals", "go"]
            .into_iter()
            .flat_map(|collection| ["", "a", "/"].map(|key| RegisterKey::new(collection, key)))
            .map(|key| (key, register.clone()))
            .collect();
        let keys: Vec<&str> = all.of("goal").map(|(key, _)| key).collect();
        assert_eq!(keys, ["", "/", "a"]);
    }

    #[test]
    fn a_key_is_split_at_the_first_slash() {
        for (text, collection, key) in [("skill/a/b", "skill", "a/b"), ("goal/", "goal", "")] {
            let parsed = RegisterKey::parse(text).unwrap();
            assert_eq!((parsed.collection.as_str(), parsed.key.as_str()), (collection, key));
            assert_eq!(parsed.to_string(), text);
        }
        assert_eq!(RegisterKey::parse("/python"), None);
        assert_eq!(RegisterKey::parse("python"), None);
    }

    #[test]
    fn equal_values_have_equal_texts() {
        let value = json!({"b": [1, {"d": null, "c": "x\"\n"}], "a": true});
        assert_eq!(canonical_json(&value), r#"{"a": true, "b": [1, {"c": "x\"\n", "d": null}]}"#);
        assert_eq!(serde_json::from_str::<serde_json::Value>(&canonical_json(&value)).unwrap(), value);
    }
}
