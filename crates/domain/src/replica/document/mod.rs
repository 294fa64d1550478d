//! The object `users/{user}/replicas/{device}.json`: what one computer says, for its reader's other
//! computers.
//!
//! Written so that a person can read it in a text editor: one register and one text to a line. Read with
//! care: whatever is not exactly what Primer writes is refused whole, and named, but for fields it does not
//! know, which are passed over.
//!
//! The last line before the closing brace is the SHA-256 of all the lines above it: `head -n -2 FILE |
//! sha256sum`. One bit that fell over on the way could else be another answer with a right stamp, and all
//! computers would keep it.

mod read;
mod write;

use std::collections::{BTreeMap, BTreeSet};

use thiserror::Error;

use super::{Registers, Texts};
use crate::ids::{DeviceId, ProfileHash, UserId, WriteId};
use crate::profile::Background;
use crate::seal;
use crate::storage_path::StoragePath;
use crate::timestamp::Timestamp;

/// The format that this program writes, and the newest it reads.
pub const FORMAT: u64 = 1;
/// Characters that a register's collection or key, or the name of a computer, a program, a book or a
/// generator may have.
pub const NAME_LEN_MAX: usize = 200;
pub const REGISTERS_MAX: usize = 200_000;
/// Of the texts, and of the backgrounds and missing texts likewise.
pub const TEXTS_MAX: usize = 200_000;

#[derive(Debug, Clone, PartialEq)]
pub struct Replica {
    pub user: UserId,
    pub device: DeviceId,
    /// For people. No control characters.
    pub device_name: String,
    /// Of this writing.
    pub write_id: WriteId,
    /// By the computer's own clock, for people: nothing is decided by it.
    pub written_at: Timestamp,
    /// What wrote it, such as `primer 0.1.0`.
    pub program: String,
    /// The values have no fractions: not every computer would read such a number as the same.
    pub registers: Registers,
    /// The texts this computer vouches for; all are in the remote.
    pub texts: Texts,
    /// Which answers a hash stands for; each has a skill.
    pub backgrounds: BTreeMap<ProfileHash, Background>,
    /// Texts that this computer looked for and did not find in the remote.
    pub missing: BTreeSet<StoragePath>,
}

/// Why a replica can't be used.
#[derive(Debug, Error)]
pub enum ReplicaFault {
    #[error("the replica is not JSON")]
    NotJson { source: serde_json::Error },
    #[error("the replica is not as it was written")]
    Damaged,
    /// `is_sealed`: it is, byte for byte, what was written.
    #[error("the replica was written by a newer Primer (its format {found}, this program's {FORMAT})")]
    NewerFormat { found: u64, is_sealed: bool },
    #[error("the replica belongs to another reader, {found}")]
    WrongUser { found: UserId },
    #[error("the replica belongs to another computer, {found}")]
    WrongDevice { found: DeviceId },
    /// `value` is as it stands there, shortened, or says what there is too much of.
    #[error("the replica's field {field} is wrong: {value}")]
    BadField { field: String, value: String },
    #[error("the replica and this computer know {registers} things together, more than {REGISTERS_MAX}")]
    TooManyTogether { registers: usize },
}

impl ReplicaFault {
    /// Whether its journey, or the place where it was kept, may be at fault, and not who wrote it.
    pub fn is_damage(&self) -> bool {
        matches!(self, ReplicaFault::NotJson { .. } | ReplicaFault::Damaged)
    }

    /// Whether it may read otherwise when it is asked for again. A newer format may be sealed in another way, and a bit
    /// that fell over may have made it look like one.
    pub fn may_pass(&self) -> bool {
        self.is_damage() || matches!(self, ReplicaFault::NewerFormat { is_sealed: false, .. })
    }
}

impl Replica {
    /// The same bytes for the same replica, on every computer.
    pub fn to_json(&self) -> Vec<u8> {
        seal::sealed(write::lines(self).into_bytes())
    }

    /// Reads the replica of this reader and this computer. No bytes make it panic.
    pub fn parse(bytes: &[u8], user: UserId, device: DeviceId) -> Result<Replica, ReplicaFault> {
        read::replica(bytes, user, device)
    }

    /// The name alone, of a replica that was read before: no more of it is looked at.
    pub fn device_name(bytes: &[u8]) -> Option<String> {
        read::device_name(bytes)
    }

    /// Refuses what this computer could not pass on: joined with what is known here it would make a replica that
    /// nobody reads.
    pub fn fits_with(&self, here: &Registers) -> Result<(), ReplicaFault> {
        let new = self.registers.iter().filter(|(key, _)| here.get(key).is_none()).count();
        match here.len() + new {
            registers if registers > REGISTERS_MAX => Err(ReplicaFault::TooManyTogether { registers }),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests;
