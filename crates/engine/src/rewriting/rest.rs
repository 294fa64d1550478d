//! How long a server that failed is left alone, kept over a start of the program.
//!
//! It is kept for one setting of one reader: another address, model or figure begins anew, as it does while the program
//! runs. What only a person can mend is not kept: they may have mended it while the program was off.

use primer_domain::ids::UserId;
use primer_domain::rewrite::Breaker;
use primer_domain::timestamp::Timestamp;
use rusqlite::Transaction;
use serde::{Deserialize, Serialize};

use super::{Remedy, Trouble};
use crate::Engine;
use crate::api::{ApiError, ErrorCode};
use crate::model::ModelSetting;
use crate::store::StoreError;
use crate::store::settings::{self, Key};

const REST: Key<Option<KnownRest>> = Key::new("model_rest");

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rest {
    pub breaker: Breaker,
    pub trouble: Option<Trouble>,
}

#[derive(Debug, Serialize, Deserialize)]
struct KnownRest {
    setting: ModelSetting,
    failures: u32,
    own_until: Option<String>,
    asked_until: Option<String>,
    trouble: Option<KnownTrouble>,
}

#[derive(Debug, Serialize, Deserialize)]
struct KnownTrouble {
    message: String,
    hint: String,
    answered: bool,
}

impl KnownRest {
    fn of(setting: ModelSetting, rest: Rest) -> KnownRest {
        let trouble = rest.trouble.and_then(|trouble| match trouble.remedy {
            Remedy::Wait { answered } => {
                Some(KnownTrouble { message: trouble.error.message, hint: trouble.error.hint, answered })
            }
            Remedy::Person | Remedy::Nothing => None,
        });
        KnownRest {
            setting,
            failures: rest.breaker.failures,
            own_until: rest.breaker.own_until.map(|until| until.to_string()),
            asked_until: rest.breaker.asked_until.map(|until| until.to_string()),
            trouble,
        }
    }

    fn rest(self) -> Rest {
        // A time that can't be read puts nothing off.
        let time = |text: Option<String>| text.and_then(|text| Timestamp::parse(&text));
        Rest {
            breaker: Breaker {
                failures: self.failures,
                own_until: time(self.own_until),
                asked_until: time(self.asked_until),
            },
            trouble: self.trouble.map(|known| Trouble {
                error: ApiError::new(ErrorCode::ModelFailed, known.message, known.hint),
                remedy: Remedy::Wait { answered: known.answered },
            }),
        }
    }
}

impl Engine {
    /// Takes up, once after a start, how this reader's server has behaved before it.
    pub(crate) fn recall_line(&self, user: UserId, setting: &ModelSetting) -> Result<(), StoreError> {
        if self.rewriting_desk.has_line(user) {
            return Ok(());
        }
        let known = self.store.read(|connection| settings::get(connection, Some(user), &REST))?.flatten();
        if let Some(known) = known.filter(|known: &KnownRest| known.setting == *setting) {
            self.rewriting_desk.open_line(user, setting, known.rest());
        }
        Ok(())
    }

    /// Within the one gate for writes, so that what is kept is what was so last.
    pub(super) fn keep_line(&self, transaction: &Transaction<'_>, user: UserId) -> Result<(), StoreError> {
        let rest = self.rewriting_desk.rest(user).filter(|(_, rest)| rest.breaker.failures > 0);
        let known = rest.map(|(setting, rest)| KnownRest::of(setting, rest));
        settings::set(transaction, Some(user), &REST, &known)
    }

    /// The reader asks for a chapter, or has changed what may have been wrong: the server is tried now, unless it asked
    /// for more time itself.
    pub(crate) fn ask_server(&self, user: UserId, setting: &ModelSetting) -> Result<(), StoreError> {
        self.recall_line(user, setting)?;
        if self.rewriting_desk.try_now(user, self.env.now()) {
            self.store.write(|transaction| self.keep_line(transaction, user))?;
        }
        self.rewriting_desk.bell.notify_one();
        Ok(())
    }
}
