//! What an inspection tells, for a person or as JSON. Times and ids are texts as they stand in the remote.

use std::collections::BTreeSet;

use primer_domain::profile::Background;
use serde::Serialize;

use super::books::BooksFound;

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Inspection {
    pub remote_id: String,
    pub which: Which,
    pub user_id: String,
    /// What the reader is called there.
    pub reader_name: Option<String>,
    /// Everything under the reader's prefix.
    pub objects: u64,
    pub objects_bytes: u64,
    /// This computer first, then by name.
    pub computers: Vec<ComputerFound>,
    pub unreadable: Vec<Unreadable>,
    /// What all of them together say of the reader; none if nobody was asked yet.
    pub background: Option<Background>,
    /// Of that background, or of somebody new.
    pub profile_hash: String,
    /// Of the register collections that this program does not know, how many registers each has.
    pub unknown_collections: Vec<(String, u64)>,
    /// By chapter, then the current background first.
    pub texts: Vec<BackgroundFound>,
    /// Looked for by a computer, and not found when it looked.
    pub missing: Vec<MissingFound>,
    /// Removed everywhere by their reader, and still there.
    pub taken_back_and_there: Vec<ObjectFound>,
    /// Texts that no replica mentions.
    pub unmentioned: Vec<ObjectFound>,
    /// Neither replicas nor texts: left by a check of the remote, or not Primer's.
    pub others: Vec<ObjectFound>,
    /// Texts of other computers that this one does not take.
    pub refused: Vec<RefusedFound>,
    /// Books, for all readers of the remote.
    pub published: BooksFound,
}

/// A text that is not what it says it is, by the judgement of this computer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RefusedFound {
    pub key: String,
    /// A sentence.
    pub why: String,
    pub refused_at: String,
    /// The program that found so has been exchanged since, so it is asked for once more.
    pub by_another_program: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum Which {
    /// The one that this computer knows.
    Known {
        id: String,
    },
    /// This computer has not synced with it yet.
    New {
        id: String,
    },
    /// Another stands where this computer knew one. A sync looks only when it misses a replica, and then
    /// offers everything again.
    Another {
        id: String,
        remembered: String,
    },
    /// There is no `primer.json`.
    Unmarked {
        remembered: Option<String>,
    },
    Unusable {
        why: String,
        next_step: String,
    },
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ComputerFound {
    pub device_id: String,
    pub name: String,
    pub this_one: bool,
    /// By its own clock.
    pub written_at: String,
    pub program: String,
    pub registers: u64,
    pub texts: u64,
    pub len_bytes: u64,
}

/// A replica that can't be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Unreadable {
    pub key: String,
    pub device_id: String,
    pub why: String,
}

/// The texts for one chapter and background.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct BackgroundFound {
    pub chapter_id: u32,
    pub profile_hash: String,
    /// Whether the reader's background is this one now.
    pub current: bool,
    /// Which answers the hash stands for, if a replica says so.
    pub background: Option<Background>,
    /// The preferred one first.
    pub texts: Vec<TextFound>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TextFound {
    pub key: String,
    pub chapter_version: u32,
    pub len_bytes: u64,
    pub sha256: String,
    pub book: String,
    pub generator: String,
    pub made_at: String,
    pub made_by: String,
    /// None if that computer is not there any more.
    pub made_by_name: Option<String>,
    /// The computers whose replicas mention it, by name.
    pub mentioned_by: BTreeSet<String>,
    pub state: TextState,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum TextState {
    There,
    /// A replica mentions it, and no object is there.
    Gone,
    /// What is there can't be what was announced.
    OtherLength {
        len_bytes: u64,
    },
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MissingFound {
    pub key: String,
    /// By name.
    pub asked_by: BTreeSet<String>,
    /// Somebody has sent it again since.
    pub there_now: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ObjectFound {
    pub key: String,
    pub len_bytes: u64,
}
