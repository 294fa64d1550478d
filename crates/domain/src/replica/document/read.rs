//! Reading a replica, and refusing what is none.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde_json::{Map, Value};

use super::{FORMAT, NAME_LEN_MAX, REGISTERS_MAX, Replica, ReplicaFault, TEXTS_MAX};
use crate::ids::{DeviceId, ProfileHash, TextDigest, UserId, WriteId};
use crate::profile::{Background, Draft, Origin};
use crate::replica::{Register, RegisterKey, Registers, Stamp, TextEntry, Texts};
use crate::seal;
use crate::storage_path::StoragePath;
use crate::timestamp::Timestamp;

/// Characters of a value that a fault shows.
const SHOWN_LEN: usize = 60;
/// What the database can count.
const LEN_BYTES_MAX: u64 = i64::MAX as u64;

pub(super) fn replica(bytes: &[u8], user: UserId, device: DeviceId) -> Result<Replica, ReplicaFault> {
    let document: Map<String, Value> =
        serde_json::from_slice(bytes).map_err(|source| ReplicaFault::NotJson { source })?;
    let top = Fields { within: Vec::new(), members: &document };
    // Before all else: a newer format may have changed anything else.
    let (format, is_sealed) = (top.get("format").and_then(Value::as_u64), seal::is_whole(bytes));
    match format {
        Some(found) if found > FORMAT => return Err(ReplicaFault::NewerFormat { found, is_sealed }),
        _ if !is_sealed => return Err(ReplicaFault::Damaged),
        Some(FORMAT) => {}
        _ => return Err(top.fault("format")),
    }
    let found = top.parsed("user", UserId::parse)?;
    if found != user {
        return Err(ReplicaFault::WrongUser { found });
    }
    let found = top.parsed("device", DeviceId::parse)?;
    if found != device {
        return Err(ReplicaFault::WrongDevice { found });
    }
    let (texts, backgrounds) = chapters(&top, user)?;
    Ok(Replica {
        user,
        device,
        device_name: top.parsed("device_name", |text| {
            (!text.chars().any(char::is_control)).then(|| name(text)).flatten()
        })?,
        write_id: top.parsed("write_id", WriteId::parse)?,
        written_at: top
            .parsed("written_at", |text| Timestamp::parse(text).filter(|time| time.to_string() == text))?,
        program: top.parsed("program", name)?,
        registers: registers(&top)?,
        texts,
        backgrounds,
        missing: missing(&top, user)?,
    })
}

pub(super) fn device_name(bytes: &[u8]) -> Option<String> {
    #[derive(Deserialize)]
    struct Named {
        device_name: String,
    }
    let named: Named = serde_json::from_slice(bytes).ok()?;
    Some(named.device_name).filter(|text| !text.chars().any(char::is_control)).and_then(|text| name(&text))
}

fn registers(top: &Fields<'_>) -> Result<Registers, ReplicaFault> {
    let members = top.object("registers")?;
    members.at_most(REGISTERS_MAX)?;
    let mut registers = Registers::default();
    for text in members.members.keys() {
        let key = RegisterKey::parse(text)
            .filter(|key| name(&key.collection).is_some() && name(&key.key).is_some())
            .ok_or_else(|| members.fault(text))?;
        let fields = members.object(text)?;
        let value =
            fields.get("value").filter(|value| is_exact(value)).ok_or_else(|| fields.fault("value"))?;
        let removed = match fields.get("removed") {
            None => false,
            Some(Value::Bool(removed)) => *removed,
            Some(_) => return Err(fields.fault("removed")),
        };
        let stamp = fields.parsed("stamp", Stamp::parse)?;
        registers.insert(key, Register { value: value.clone(), removed, stamp });
    }
    Ok(registers)
}

/// Whether every computer that reads the value and writes it again writes the same: fractions may lose their
/// last digit.
fn is_exact(value: &Value) -> bool {
    match value {
        Value::Number(number) => number.is_i64() || number.is_u64(),
        Value::Array(items) => items.iter().all(is_exact),
        Value::Object(members) => members.values().all(is_exact),
        Value::Null | Value::Bool(_) | Value::String(_) => true,
    }
}

type Chapters = (Texts, BTreeMap<ProfileHash, Background>);

fn chapters(top: &Fields<'_>, user: UserId) -> Result<Chapters, ReplicaFault> {
    let members = top.object("chapters")?;
    members.at_most(TEXTS_MAX)?;
    let (mut texts, mut backgrounds) = (Texts::new(), BTreeMap::new());
    for key in members.members.keys() {
        let hash = ProfileHash::parse(key).ok_or_else(|| members.fault(key))?;
        let chapter = members.object(key)?;
        if let Some(value) = chapter.get("background") {
            let background = background(value)
                .filter(|background| background.hash() == hash)
                .ok_or_else(|| chapter.fault("background"))?;
            backgrounds.insert(hash, background);
        }
        if chapter.get("texts").is_none() {
            continue;
        }
        let of_hash = chapter.object("texts")?;
        if texts.len() + of_hash.members.len() > TEXTS_MAX {
            return Err(top.too_many("chapters", "texts", TEXTS_MAX));
        }
        for key in of_hash.members.keys() {
            let path = key
                .split_once('/')
                .and_then(|(chapter, name)| path(user, chapter, &hash.to_string(), name))
                .ok_or_else(|| of_hash.fault(key))?;
            let entry = text(&of_hash.object(key)?, &path)?;
            texts.insert(path, entry);
        }
    }
    Ok((texts, backgrounds))
}

fn background(value: &Value) -> Option<Background> {
    // A list would be read as the fields in their order; only an object is a background.
    let members = value.as_object()?.clone();
    let draft: Draft = serde_json::from_value(Value::Object(members)).ok()?;
    draft.validate(Origin::AsItStands).ok()
}

fn text(fields: &Fields<'_>, path: &StoragePath) -> Result<TextEntry, ReplicaFault> {
    let digest = fields
        .parsed("sha256", |text| TextDigest::parse(text).filter(|digest| digest.prefix() == path.digest))?;
    let len_bytes = fields
        .get("len_bytes")
        .and_then(Value::as_u64)
        .filter(|len_bytes| *len_bytes <= LEN_BYTES_MAX)
        .ok_or_else(|| fields.fault("len_bytes"))?;
    Ok(TextEntry {
        book_id: fields.parsed("book", name)?,
        digest,
        len_bytes,
        generator: fields.parsed("generator", name)?,
        improvements: match fields.get("improvements") {
            None => 0,
            Some(number) => number
                .as_u64()
                .and_then(|number| u32::try_from(number).ok())
                .ok_or_else(|| fields.fault("improvements"))?,
        },
        stamp: fields.parsed("stamp", Stamp::parse)?,
    })
}

fn missing(top: &Fields<'_>, user: UserId) -> Result<BTreeSet<StoragePath>, ReplicaFault> {
    let items = top.get("missing").and_then(Value::as_array).ok_or_else(|| top.fault("missing"))?;
    if items.len() > TEXTS_MAX {
        return Err(top.too_many("missing", "entries", TEXTS_MAX));
    }
    let parsed = items.iter().map(|item| {
        let parts: Vec<&str> = item.as_str()?.split('/').collect();
        let [chapter, hash, name] = parts[..] else { return None };
        path(user, chapter, hash, name)
    });
    let zipped = items.iter().zip(parsed);
    zipped
        .map(|(item, path)| path.ok_or_else(|| bad_field("missing".to_owned(), shown(&item.to_string()))))
        .collect()
}

/// Chapters and their versions count from 1, in the database too.
fn path(user: UserId, chapter: &str, hash: &str, name: &str) -> Option<StoragePath> {
    StoragePath::parse(&format!("users/{user}/chapters/{chapter}/{hash}/{name}.md"))
        .filter(|path| path.chapter_id.0 > 0 && path.chapter_version.0 > 0)
}

fn name(text: &str) -> Option<String> {
    (text.chars().count() <= NAME_LEN_MAX).then(|| text.to_owned())
}

/// The members of one object, and the names of the objects that it is in.
struct Fields<'a> {
    within: Vec<&'a str>,
    members: &'a Map<String, Value>,
}

impl<'a> Fields<'a> {
    fn get(&self, name: &str) -> Option<&'a Value> {
        self.members.get(name)
    }

    fn object(&self, name: &'a str) -> Result<Fields<'a>, ReplicaFault> {
        let members = self.get(name).and_then(Value::as_object).ok_or_else(|| self.fault(name))?;
        let within = self.within.iter().copied().chain([name]).collect();
        Ok(Fields { within, members })
    }

    fn parsed<T>(&self, name: &str, parse: impl Fn(&str) -> Option<T>) -> Result<T, ReplicaFault> {
        self.get(name).and_then(Value::as_str).and_then(parse).ok_or_else(|| self.fault(name))
    }

    fn at_most(&self, count_max: usize) -> Result<(), ReplicaFault> {
        if self.members.len() <= count_max {
            return Ok(());
        }
        let value = format!("{} entries, more than {count_max}", self.members.len());
        Err(bad_field(self.within.join("."), value))
    }

    fn too_many(&self, name: &str, what: &str, count_max: usize) -> ReplicaFault {
        bad_field(name.to_owned(), format!("more than {count_max} {what}"))
    }

    fn fault(&self, name: &str) -> ReplicaFault {
        let field: Vec<String> = self.within.iter().copied().chain([name]).map(shown).collect();
        let value = self.get(name).map_or_else(|| "absent".to_owned(), |value| shown(&value.to_string()));
        bad_field(field.join("."), value)
    }
}

fn bad_field(field: String, value: String) -> ReplicaFault {
    ReplicaFault::BadField { field, value }
}

/// The beginning of a text from elsewhere, safe to show in a sentence.
fn shown(text: &str) -> String {
    let mut shown: String = text
        .chars()
        .take(SHOWN_LEN)
        .map(|character| if character.is_control() { '\u{fffd}' } else { character })
        .collect();
    if text.chars().nth(SHOWN_LEN).is_some() {
        shown.push('…');
    }
    shown
}
