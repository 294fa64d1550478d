//! How long a model takes for a section, from what it took so far.

use primer_domain::ids::UserId;
use serde::{Deserialize, Serialize};

use crate::Engine;
use crate::log;
use crate::model::ModelSetting;
use crate::store::StoreError;
use crate::store::settings::{self, Key};

/// Older sections count for less: a computer may be busier, or quieter, than it was.
const SECTIONS_REMEMBERED: u64 = 60;

const SPEED: Key<KnownSpeed> = Key::new("model_speed");

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Speed {
    pub sections: u64,
    pub took_ms: u64,
}

impl Speed {
    pub fn and(self, more: Speed) -> Speed {
        Speed {
            sections: self.sections.saturating_add(more.sections),
            took_ms: self.took_ms.saturating_add(more.took_ms),
        }
    }

    /// None while nothing is known.
    pub fn section_ms(self) -> Option<u64> {
        self.took_ms.checked_div(self.sections)
    }
}

/// It is of one model on one server.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct KnownSpeed {
    base_url: String,
    model: String,
    speed: Speed,
}

impl Engine {
    pub(crate) fn known_speed(&self, user: UserId, setting: &ModelSetting) -> Result<Speed, StoreError> {
        let known = self.store.read(|connection| settings::get(connection, Some(user), &SPEED))?;
        let is_of =
            |known: &KnownSpeed| (&known.base_url, &known.model) == (&setting.base_url, &setting.model);
        Ok(known.filter(is_of).map(|known| known.speed).unwrap_or_default())
    }

    pub(super) fn note_speed(&self, user: UserId, setting: &ModelSetting, seen: Speed) {
        if seen.sections > 0
            && let Err(error) = self.add_to_speed(user, setting, seen)
        {
            // Only a guess of the time that the next one takes is lost.
            log::warn("speed_not_noted").cause(&error).write();
        }
    }

    fn add_to_speed(&self, user: UserId, setting: &ModelSetting, seen: Speed) -> Result<(), StoreError> {
        let mut speed = self.known_speed(user, setting)?.and(seen);
        while speed.sections > SECTIONS_REMEMBERED {
            speed = Speed { sections: speed.sections / 2, took_ms: speed.took_ms / 2 };
        }
        let known = KnownSpeed { base_url: setting.base_url.clone(), model: setting.model.clone(), speed };
        self.store.write(|transaction| settings::set(transaction, Some(user), &SPEED, &known))
    }
}
