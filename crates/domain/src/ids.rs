//! The names of things, each with a type of its own, so that a chapter's number can't be given where its version is meant.

use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// Reads and writes a type as its own text, through `Display` and its `parse`; any other spelling is refused.
macro_rules! serde_as_text {
    ($name:ident, $expected:literal) => {
        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<$name, D::Error> {
                let text = <String as serde::Deserialize>::deserialize(deserializer)?;
                $name::parse(&text).ok_or_else(|| {
                    serde::de::Error::invalid_value(serde::de::Unexpected::Str(&text), &$expected)
                })
            }
        }
    };
}
pub(crate) use serde_as_text;

macro_rules! uuid_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Uuid);

        impl $name {
            pub fn new(id: Uuid) -> $name {
                $name(id)
            }

            /// Reads the canonical form: lower case with hyphens, as it stands in the database and in storage paths.
            pub fn parse(text: &str) -> Option<$name> {
                let id = Uuid::try_parse(text).ok()?;
                (id.hyphenated().to_string() == text).then_some($name(id))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.hyphenated().fmt(f)
            }
        }

        serde_as_text!($name, "a UUID in lower case with hyphens");
    };
}

uuid_id! {
    /// A reader: `user.id`.
    UserId
}

uuid_id! {
    /// One of a reader's computers.
    DeviceId
}

uuid_id! {
    /// One writing of a replica, so that a computer knows its own again.
    WriteId
}

/// A chapter's number in its book, from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ChapterId(pub u32);

impl fmt::Display for ChapterId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Which edition of a chapter's source, from 1; its author counts it up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ChapterVersion(pub u32);

impl fmt::Display for ChapterVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The MD5 of a background (`profile::hash`). It keys the cache and guards nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ProfileHash([u8; 16]);

impl ProfileHash {
    pub fn new(md5: [u8; 16]) -> ProfileHash {
        ProfileHash(md5)
    }

    /// Reads 32 lower-case hex digits.
    pub fn parse(text: &str) -> Option<ProfileHash> {
        hex_bytes(text).map(ProfileHash)
    }
}

impl fmt::Display for ProfileHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_hex(f, &self.0)
    }
}

/// The SHA-256 of a stored text: its integrity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TextDigest([u8; 32]);

impl TextDigest {
    pub fn of(bytes: &[u8]) -> TextDigest {
        TextDigest(Sha256::digest(bytes).into())
    }

    /// Of what was hashed a piece at a time.
    pub fn from_sha256(digest: [u8; 32]) -> TextDigest {
        TextDigest(digest)
    }

    /// Reads 64 lower-case hex digits.
    pub fn parse(text: &str) -> Option<TextDigest> {
        hex_bytes(text).map(TextDigest)
    }

    /// The first 16 hex digits, which stand in the storage path.
    pub fn prefix(&self) -> DigestPrefix {
        let mut first = [0; 8];
        first.copy_from_slice(&self.0[..8]);
        DigestPrefix(first)
    }
}

impl fmt::Display for TextDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_hex(f, &self.0)
    }
}

/// The first 8 bytes of a [`TextDigest`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DigestPrefix([u8; 8]);

impl DigestPrefix {
    /// Reads 16 lower-case hex digits.
    pub fn parse(text: &str) -> Option<DigestPrefix> {
        hex_bytes(text).map(DigestPrefix)
    }
}

impl fmt::Display for DigestPrefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_hex(f, &self.0)
    }
}

fn write_hex(f: &mut fmt::Formatter<'_>, bytes: &[u8]) -> fmt::Result {
    bytes.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
}

fn hex_bytes<const N: usize>(text: &str) -> Option<[u8; N]> {
    fn digit(byte: u8) -> Option<u8> {
        match byte {
            b'0'..=b'9' => Some(byte - b'0'),
            b'a'..=b'f' => Some(byte - b'a' + 10),
            _ => None,
        }
    }
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    if pairs.len() != N || !rest.is_empty() {
        return None;
    }
    let mut bytes = [0; N];
    for (byte, [high, low]) in bytes.iter_mut().zip(pairs) {
        *byte = digit(*high)? << 4 | digit(*low)?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{DeviceId, UserId, WriteId};

    const ID: &str = "0192f0c1-2345-7abc-8def-0123456789ab";

    #[test]
    fn an_id_is_read_and_written_in_lower_case_with_hyphens_only() {
        assert_eq!(DeviceId::parse(ID).map(|id| id.to_string()).as_deref(), Some(ID));
        assert_eq!(serde_json::from_value::<WriteId>(json!(ID)).unwrap(), WriteId::parse(ID).unwrap());
        assert_eq!(serde_json::to_value(UserId::parse(ID).unwrap()).unwrap(), json!(ID));
        for bad in
            [ID.to_uppercase(), ID.replace('-', ""), format!("{{{ID}}}"), format!("{ID} "), String::new()]
        {
            assert_eq!(WriteId::parse(&bad), None, "{bad}");
            assert!(serde_json::from_value::<UserId>(json!(bad)).is_err(), "{bad}");
            assert!(serde_json::from_value::<DeviceId>(json!(bad)).is_err(), "{bad}");
        }
    }
}
