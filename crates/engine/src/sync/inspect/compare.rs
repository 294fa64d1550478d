//! What the computers say, held against what is there. Pure: all was asked before.

use std::collections::{BTreeMap, BTreeSet};

use primer_domain::ids::{ChapterId, DeviceId, ProfileHash};
use primer_domain::profile::Background;
use primer_domain::replica::{self, Registers, Replica, TextEntry, Texts, collection, join_texts, rank};
use primer_domain::storage_path::StoragePath;

use super::found::{
    BackgroundFound, ComputerFound, Inspection, MissingFound, ObjectFound, TextFound, TextState, Unreadable,
};
use super::{Here, Looked, keys};
use crate::store::remotes::RemoteRow;

const KNOWN_COLLECTIONS: [&str; 6] = [
    collection::READER,
    collection::SKILL,
    collection::ROBOTICS,
    collection::HARDWARE,
    collection::GOAL,
    collection::TAKEN_BACK,
];

pub(super) fn inspection(row: &RemoteRow, here: Here<'_>, looked: Looked) -> Inspection {
    let Looked { which, listed, replicas, books } = looked;
    let there: BTreeMap<&str, u64> =
        listed.iter().map(|object| (object.key.as_str(), object.len_bytes)).collect();
    let mut readable = Vec::new();
    let mut unreadable = Vec::new();
    for (device, said) in replicas {
        match said {
            Ok(replica) => readable.push(replica),
            Err(why) => unreadable.push(Unreadable {
                key: keys::replica(row.user, device),
                device_id: device.to_string(),
                why,
            }),
        }
    }
    let together = Together::of(&readable);
    let background = replica::background(&together.registers);
    let current = background.clone().unwrap_or_else(Background::of_somebody_new).hash();
    let taken_back = replica::taken_back(&together.registers, row.user);
    let mut inspection = Inspection {
        remote_id: row.id.to_string(),
        which,
        user_id: row.user.to_string(),
        reader_name: replica::name(&together.registers),
        objects: listed.len() as u64,
        objects_bytes: listed.iter().map(|object| object.len_bytes).sum(),
        computers: computers(row, here.own, &readable, &there),
        unreadable,
        background,
        profile_hash: current.to_string(),
        unknown_collections: unknown_collections(&together.registers),
        texts: together.texts(current, &there),
        missing: missing(&readable, &there),
        taken_back_and_there: Vec::new(),
        unmentioned: Vec::new(),
        others: Vec::new(),
        refused: here.refused,
        published: books,
    };
    for object in &listed {
        if keys::device_of(row.user, &object.key).is_some() {
            continue;
        }
        let found = ObjectFound { key: object.key.clone(), len_bytes: object.len_bytes };
        match StoragePath::parse(&object.key) {
            None => inspection.others.push(found),
            Some(path) if taken_back.contains(&path) => inspection.taken_back_and_there.push(found),
            Some(path) if together.mentions.contains_key(&path) => {}
            Some(_) => inspection.unmentioned.push(found),
        }
    }
    inspection
}

/// A chapter, whether the background is another than the reader's, and the background: in the order they are
/// told.
type Group = (ChapterId, bool, ProfileHash);

/// What the readable replicas say when they are joined.
struct Together<'a> {
    registers: Registers,
    mentions: Texts,
    mentioned_by: BTreeMap<StoragePath, BTreeSet<String>>,
    backgrounds: BTreeMap<ProfileHash, &'a Background>,
    names: BTreeMap<DeviceId, &'a str>,
}

impl<'a> Together<'a> {
    fn of(readable: &'a [Replica]) -> Together<'a> {
        let mut together = Together {
            registers: Registers::default(),
            mentions: Texts::new(),
            mentioned_by: BTreeMap::new(),
            backgrounds: BTreeMap::new(),
            names: BTreeMap::new(),
        };
        for replica in readable {
            together.registers.join(&replica.registers);
            join_texts(&mut together.mentions, &replica.texts);
            for path in replica.texts.keys() {
                together.mentioned_by.entry(*path).or_default().insert(replica.device_name.clone());
            }
            together.backgrounds.extend(replica.backgrounds.iter().map(|(hash, known)| (*hash, known)));
            together.names.insert(replica.device, replica.device_name.as_str());
        }
        together
    }

    fn texts(&self, current: ProfileHash, there: &BTreeMap<&str, u64>) -> Vec<BackgroundFound> {
        let mut groups: BTreeMap<Group, Vec<(&StoragePath, &TextEntry)>> = BTreeMap::new();
        for (path, entry) in &self.mentions {
            let key = (path.chapter_id, path.profile_hash != current, path.profile_hash);
            groups.entry(key).or_default().push((path, entry));
        }
        let group = |((chapter, is_other, hash), mut texts): (Group, Vec<(&StoragePath, &TextEntry)>)| {
            texts.sort_by_key(|(path, entry)| rank(path, entry));
            BackgroundFound {
                chapter_id: chapter.0,
                profile_hash: hash.to_string(),
                current: !is_other,
                background: self.backgrounds.get(&hash).map(|known| (*known).clone()),
                texts: texts.into_iter().map(|(path, entry)| self.text(path, entry, there)).collect(),
            }
        };
        groups.into_iter().map(group).collect()
    }

    fn text(&self, path: &StoragePath, entry: &TextEntry, there: &BTreeMap<&str, u64>) -> TextFound {
        let key = path.to_string();
        let state = match there.get(key.as_str()) {
            None => TextState::Gone,
            Some(len_bytes) if *len_bytes != entry.len_bytes => {
                TextState::OtherLength { len_bytes: *len_bytes }
            }
            Some(_) => TextState::There,
        };
        TextFound {
            key,
            chapter_version: path.chapter_version.0,
            len_bytes: entry.len_bytes,
            sha256: entry.digest.to_string(),
            book: entry.book_id.clone(),
            generator: entry.generator.clone(),
            made_at: entry.stamp.wall.to_string(),
            made_by: entry.stamp.device.to_string(),
            made_by_name: self.names.get(&entry.stamp.device).map(|name| (*name).to_owned()),
            mentioned_by: self.mentioned_by.get(path).cloned().unwrap_or_default(),
            state,
        }
    }
}

fn computers(
    row: &RemoteRow,
    own: Option<DeviceId>,
    readable: &[Replica],
    there: &BTreeMap<&str, u64>,
) -> Vec<ComputerFound> {
    let computer = |replica: &Replica| ComputerFound {
        device_id: replica.device.to_string(),
        name: replica.device_name.clone(),
        this_one: Some(replica.device) == own,
        written_at: replica.written_at.to_string(),
        program: replica.program.clone(),
        registers: replica.registers.len() as u64,
        texts: replica.texts.len() as u64,
        len_bytes: there.get(keys::replica(row.user, replica.device).as_str()).copied().unwrap_or_default(),
    };
    let mut computers: Vec<ComputerFound> = readable.iter().map(computer).collect();
    computers.sort_by(|a, b| (!a.this_one, &a.name, &a.device_id).cmp(&(!b.this_one, &b.name, &b.device_id)));
    computers
}

fn unknown_collections(registers: &Registers) -> Vec<(String, u64)> {
    let mut unknown: BTreeMap<&str, u64> = BTreeMap::new();
    for (key, _) in registers.iter() {
        if !KNOWN_COLLECTIONS.contains(&key.collection.as_str()) {
            *unknown.entry(&key.collection).or_default() += 1;
        }
    }
    unknown.into_iter().map(|(name, count)| (name.to_owned(), count)).collect()
}

fn missing(readable: &[Replica], there: &BTreeMap<&str, u64>) -> Vec<MissingFound> {
    let mut asked: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for replica in readable {
        for path in &replica.missing {
            asked.entry(path.to_string()).or_default().insert(replica.device_name.clone());
        }
    }
    let found = |(key, asked_by): (String, BTreeSet<String>)| {
        let there_now = there.contains_key(key.as_str());
        MissingFound { key, asked_by, there_now }
    };
    asked.into_iter().map(found).collect()
}
