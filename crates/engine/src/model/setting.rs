//! Which model server a reader uses, if any.
//!
//! The setting belongs to a reader on this computer, not to the computer: several readers share one, and a key is
//! somebody's money. It does not travel with a sync either: a server on this computer is none on another. The key is
//! kept with the other secrets, and is given up as soon as the server is another one.

use primer_domain::ids::UserId;
use rusqlite::Connection;
use serde::{Deserialize, Serialize};

use super::{Address, ModelError, ModelFault};
use crate::Engine;
use crate::secrets::{Secret, SecretError};
use crate::store::StoreError;
use crate::store::settings::{self, Key};

/// What the usual servers give a model unless they are told otherwise.
pub const CONTEXT_TOKENS_DEFAULT: u32 = 8192;

/// How many chapters a minute a server is asked for at most, until somebody sets another figure.
pub const CHAPTERS_PER_MINUTE_DEFAULT: u32 = 3;

const SETTING: Key<Option<ModelSetting>> = Key::new("model");

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModelSetting {
    /// As [`Address`] spells it.
    pub base_url: String,
    pub model: String,
    /// How much the model takes at once, what it is sent and what it answers together.
    pub context_tokens: u32,
    /// How many chapters may be begun in any minute while nobody waits for them.
    #[serde(default = "chapters_per_minute_default")]
    pub chapters_per_minute: u32,
}

fn chapters_per_minute_default() -> u32 {
    CHAPTERS_PER_MINUTE_DEFAULT
}

impl ModelSetting {
    /// What `to` has chosen already stays, also that there shall be no model. The key is for the caller.
    pub(crate) fn carry_over(connection: &Connection, from: UserId, to: UserId) -> Result<(), StoreError> {
        settings::carry_over(connection, from, to, &SETTING)
    }

    pub fn address(&self) -> Result<Address, ModelError> {
        Address::parse(&self.base_url).map_err(|why| ModelError {
            fault: ModelFault::BadAddress,
            host: String::new(),
            model: self.model.clone(),
            detail: format!("the address can't be used, for {why}"),
            retry_after: None,
        })
    }
}

fn secret_name(user: UserId) -> String {
    format!("model/{user}")
}

impl Engine {
    /// None while it is off, as it is until somebody sets it.
    pub fn model_setting(&self, user: UserId) -> Result<Option<ModelSetting>, StoreError> {
        Ok(self.store.read(|connection| settings::get(connection, Some(user), &SETTING))?.flatten())
    }

    /// Also that there shall be none.
    pub(crate) fn has_chosen_model(&self, user: UserId) -> Result<bool, StoreError> {
        Ok(self.store.read(|connection| settings::get(connection, Some(user), &SETTING))?.is_some())
    }

    pub(crate) fn save_model_setting(
        &self,
        user: UserId,
        setting: Option<&ModelSetting>,
    ) -> Result<(), StoreError> {
        self.store.write(|transaction| settings::set(transaction, Some(user), &SETTING, &setting.cloned()))
    }

    pub(crate) fn model_key(&self, user: UserId) -> Result<Option<Secret>, SecretError> {
        self.secrets.get(&secret_name(user))
    }

    pub(crate) fn save_model_key(&self, user: UserId, key: &str) -> Result<(), SecretError> {
        self.secrets.set(&secret_name(user), key).map(drop)
    }

    pub(crate) fn remove_model_key(&self, user: UserId) -> Result<(), SecretError> {
        self.secrets.remove(&secret_name(user))
    }
}
