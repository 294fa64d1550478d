//! The simulated remote: what is in it, what was, and what it would say of itself a moment ago.

use std::collections::{BTreeMap, BTreeSet};

use primer_domain::ids::TextDigest;
use primer_domain::storage_path::StoragePath;
use primer_engine::remote::{Listed, Object};

use crate::Violation;

/// How a server makes its ETags. Each changes whenever the content does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Etags {
    /// Equal for equal content, as most servers have them.
    OfContent,
    /// Another one for each writing.
    OfWriting,
    /// A server that tells none with a PUT.
    UntoldWithPut,
}

#[derive(Debug, Clone)]
struct Stored {
    bytes: Vec<u8>,
    etag: String,
}

/// What happened to one key, for listings that lag behind.
struct Change {
    key: String,
    /// None: it is gone.
    etag: Option<String>,
}

pub struct Bucket {
    etags: Etags,
    objects: BTreeMap<String, Stored>,
    changes: Vec<Change>,
    writings: u64,
    /// The bytes with which each immutable object first appeared, also of those that are gone.
    first_bytes: BTreeMap<String, Vec<u8>>,
    /// Texts that a fault took away or damaged, and texts that their reader removed everywhere.
    harmed: BTreeSet<String>,
    taken_back: BTreeSet<String>,
}

/// The objects of a bucket at one moment.
#[derive(Clone, Default)]
pub struct Contents(BTreeMap<String, Stored>);

impl Bucket {
    pub fn new(etags: Etags) -> Bucket {
        Bucket {
            etags,
            objects: BTreeMap::new(),
            changes: Vec::new(),
            writings: 0,
            first_bytes: BTreeMap::new(),
            harmed: BTreeSet::new(),
            taken_back: BTreeSet::new(),
        }
    }

    /// How many changes there were. A listing can be asked as of any of them.
    pub fn moment(&self) -> usize {
        self.changes.len()
    }

    /// `as_of` tells for each key how many changes the listing knows.
    pub fn list(&self, prefix: &str, mut as_of: impl FnMut() -> usize) -> Vec<Listed> {
        let mut keys: BTreeSet<&str> = self.objects.keys().map(String::as_str).collect();
        keys.extend(self.changes.iter().map(|change| change.key.as_str()));
        let mut listed = Vec::new();
        for key in keys.into_iter().filter(|key| key.starts_with(prefix)) {
            let known = as_of().min(self.changes.len());
            let last = self.changes[..known].iter().rfind(|change| change.key == key);
            if let Some(etag) = last.and_then(|change| change.etag.clone()) {
                let len_bytes = self.objects.get(key).map_or(0, |stored| stored.bytes.len() as u64);
                listed.push(Listed { key: key.to_owned(), etag, len_bytes });
            }
        }
        listed
    }

    pub fn get(&self, key: &str) -> Option<Object> {
        let stored = self.objects.get(key)?;
        Some(Object { bytes: stored.bytes.clone(), etag: stored.etag.clone() })
    }

    pub fn has(&self, key: &str) -> bool {
        self.objects.contains_key(key)
    }

    pub fn objects(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.objects.iter().map(|(key, stored)| (key.as_str(), stored.bytes.as_slice()))
    }

    /// What a program writes there. Returns the ETag that it is told.
    pub fn put(&mut self, key: &str, bytes: &[u8]) -> Result<String, Violation> {
        if key.contains("/objects/") {
            self.every_object_keeps_its_bytes(key, bytes)?;
            self.harmed.remove(key);
        }
        if let Some(path) = StoragePath::parse(key) {
            self.every_object_keeps_its_bytes(key, bytes)?;
            every_object_is_what_its_name_says(&path, bytes)?;
            self.harmed.remove(key);
            self.taken_back.remove(key);
        }
        self.writings += 1;
        let etag = match self.etags {
            Etags::OfContent | Etags::UntoldWithPut => TextDigest::of(bytes).prefix().to_string(),
            Etags::OfWriting => format!("writing {}", self.writings),
        };
        self.replace(key, Some(Stored { bytes: bytes.to_vec(), etag: etag.clone() }));
        Ok(if self.etags == Etags::UntoldWithPut { String::new() } else { etag })
    }

    /// What a program deletes.
    pub fn delete(&mut self, key: &str) {
        if StoragePath::parse(key).is_some() {
            self.taken_back.insert(key.to_owned());
        }
        self.replace(key, None);
    }

    /// A fault takes an object away.
    pub fn lose(&mut self, key: &str) {
        self.harmed.insert(key.to_owned());
        self.replace(key, None);
    }

    /// It is not there, and nobody who is left can know.
    pub fn is_gone_unknown(&mut self, key: &str) {
        if !self.has(key) {
            self.harmed.insert(key.to_owned());
        }
    }

    /// A fault changes the bytes of an object, and with them, or not, its ETag.
    pub fn rot(&mut self, key: &str, bytes: Vec<u8>) {
        self.harmed.insert(key.to_owned());
        let etag = format!("rotten {}", TextDigest::of(&bytes).prefix());
        self.replace(key, Some(Stored { bytes, etag }));
    }

    pub fn contents(&self) -> Contents {
        Contents(self.objects.clone())
    }

    /// Everything is exchanged for something else; returns what was there.
    pub fn exchange(&mut self, other: Contents) -> Contents {
        let before = self.contents();
        for key in before.0.keys().filter(|key| !other.0.contains_key(*key)) {
            self.lose(key);
        }
        for (key, stored) in other.0 {
            if self.objects.get(&key).map(|now| &now.etag) != Some(&stored.etag) {
                self.harmed.remove(&key);
                self.replace(&key, Some(stored));
            }
        }
        before
    }

    /// Somebody deleted it who did not know, and could not, that it was wanted again.
    pub fn delete_unknowing(&mut self, key: &str) {
        self.delete(key);
        self.harmed.insert(key.to_owned());
    }

    /// Whether a fault took it away, so that nobody need know.
    pub fn is_harmed(&self, key: &str) -> bool {
        self.harmed.contains(key)
    }

    /// Whether it is no wonder that a text is not there.
    pub fn is_excused(&self, key: &str) -> bool {
        self.harmed.contains(key) || self.taken_back.contains(key)
    }

    fn replace(&mut self, key: &str, stored: Option<Stored>) {
        let etag = stored.as_ref().map(|stored| stored.etag.clone());
        self.changes.push(Change { key: key.to_owned(), etag });
        match stored {
            Some(stored) => self.objects.insert(key.to_owned(), stored),
            None => self.objects.remove(key),
        };
    }

    fn every_object_keeps_its_bytes(&mut self, key: &str, bytes: &[u8]) -> Result<(), Violation> {
        let first = self.first_bytes.entry(key.to_owned()).or_insert_with(|| bytes.to_vec());
        if first == bytes {
            return Ok(());
        }
        Err(Violation::of("every_object_keeps_its_bytes", format!("{key} was written with other bytes")))
    }
}

fn every_object_is_what_its_name_says(path: &StoragePath, bytes: &[u8]) -> Result<(), Violation> {
    if TextDigest::of(bytes).prefix() == path.digest {
        return Ok(());
    }
    Err(Violation::of("every_object_is_what_its_name_says", format!("{path} has another digest")))
}

#[cfg(test)]
mod tests {
    use super::{Bucket, Etags};

    #[test]
    fn a_listing_can_lag_behind_for_one_key_and_not_for_another() {
        let mut bucket = Bucket::new(Etags::OfContent);
        bucket.put("r/a.json", b"1").unwrap();
        let first = bucket.moment();
        bucket.put("r/b.json", b"2").unwrap();
        bucket.delete("r/a.json");
        let keys = |listed: Vec<primer_engine::remote::Listed>| -> Vec<String> {
            listed.into_iter().map(|listed| listed.key).collect()
        };
        assert_eq!(keys(bucket.list("r/", || usize::MAX)), ["r/b.json"]);
        assert_eq!(keys(bucket.list("r/", || first)), ["r/a.json"]);
        let mut both = [first, usize::MAX].into_iter();
        assert_eq!(keys(bucket.list("r/", || both.next().unwrap())), ["r/a.json", "r/b.json"]);
    }

    #[test]
    fn a_text_may_be_written_again_but_never_with_other_bytes() {
        let mut bucket = Bucket::new(Etags::OfWriting);
        let digest = primer_domain::ids::TextDigest::of(b"words").prefix();
        let user = uuid::Uuid::nil();
        let key = format!("users/{user}/chapters/1/{}/v1-{digest}.md", "0".repeat(32));
        bucket.put(&key, b"words").unwrap();
        bucket.put(&key, b"words").unwrap();
        assert_eq!(bucket.put(&key, b"other").unwrap_err().invariant, "every_object_keeps_its_bytes");
        bucket.lose(&key);
        assert!(bucket.is_excused(&key));
        assert!(bucket.put(&key, b"other").is_err());
    }
}
