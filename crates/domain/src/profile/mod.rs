//! A reader's background: four fields, validated in one place, hashed by one recipe.

mod hash;
mod validate;
mod words;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use ts_rs::TS;

pub use hash::canonical_json;
pub(crate) use validate::NAME_LEN_MAX;
pub use validate::{Draft, FieldError, Origin, reader_name};
pub use words::{
    FORM, Form, FormChoice, goal_label, hardware_label, level_label, robotics_label, skill_label, summary,
};

use crate::ids::ProfileHash;

/// How well a reader knows a skill. Ordered as written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    None,
    Beginner,
    Intermediate,
    Advanced,
}

impl Level {
    pub const ALL: [Level; 4] = [Level::None, Level::Beginner, Level::Intermediate, Level::Advanced];

    pub fn word(self) -> &'static str {
        match self {
            Level::None => "none",
            Level::Beginner => "beginner",
            Level::Intermediate => "intermediate",
            Level::Advanced => "advanced",
        }
    }

    pub fn parse(word: &str) -> Option<Level> {
        Level::ALL.into_iter().find(|level| level.word() == word)
    }
}

/// How near a reader has been to a robot. Ordered as written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Robotics {
    None,
    SimulationOnly,
    RealHardware,
}

impl Robotics {
    pub const ALL: [Robotics; 3] = [Robotics::None, Robotics::SimulationOnly, Robotics::RealHardware];

    pub fn word(self) -> &'static str {
        match self {
            Robotics::None => "none",
            Robotics::SimulationOnly => "simulation_only",
            Robotics::RealHardware => "real_hardware",
        }
    }

    pub fn parse(word: &str) -> Option<Robotics> {
        Robotics::ALL.into_iter().find(|robotics| robotics.word() == word)
    }
}

/// What a reader said about themselves; has been validated. Fields are named as the columns of `user_profiles`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
pub struct Background {
    /// At least one skill, unless nothing was asked yet.
    pub software_experience: BTreeMap<String, Level>,
    pub robotics_experience: Robotics,
    pub hardware_access: BTreeSet<String>,
    pub learning_goals: BTreeSet<String>,
}

impl Background {
    /// What the book assumes of a reader who answered nothing: each skill of the form at none, no robots, no hardware, no goals.
    pub fn of_somebody_new() -> Background {
        Background {
            software_experience: FORM
                .skills
                .iter()
                .map(|skill| (skill.value.to_owned(), Level::None))
                .collect(),
            robotics_experience: Robotics::None,
            hardware_access: BTreeSet::new(),
            learning_goals: BTreeSet::new(),
        }
    }

    /// A skill that was not mentioned counts as none.
    pub fn level(&self, skill: &str) -> Level {
        self.software_experience.get(skill).copied().unwrap_or(Level::None)
    }

    pub fn hash(&self) -> ProfileHash {
        hash::profile_hash(self)
    }
}
