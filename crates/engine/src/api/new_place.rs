//! A place that becomes a reader's: all that can fail is tried before anything is recorded, and can be taken back.

use primer_domain::ids::UserId;
use primer_domain::timestamp::Timestamp;
use rusqlite::Transaction;

use super::error::ApiError;
use super::remotes::{secret_name, token_name};
use crate::Engine;
use crate::log;
use crate::remote::{Credentials, Location, Remote};
use crate::secrets::{Secret, SecretError};
use crate::store::StoreError;
use crate::store::remotes::{self, RemoteId};

/// Its settings can be used and its keys are kept.
pub(super) struct NewPlace<'a> {
    pub id: RemoteId,
    engine: &'a Engine,
    user: UserId,
    location: Location,
    known: bool,
    /// Whether keys were given, and those of before where they could be read.
    replaced: Option<Option<Credentials>>,
}

impl Engine {
    /// One place is one remote: known already, it gets the settings and the keys that are given now. Whoever takes it has
    /// to [`NewPlace::record`] it or to [`NewPlace::give_up`].
    pub(super) fn new_place(
        &self,
        user: UserId,
        location: &Location,
        secret_access_key: Option<String>,
        session_token: Option<String>,
    ) -> Result<NewPlace<'_>, ApiError> {
        let credentials = secret_access_key.map(|secret| Credentials {
            secret_access_key: Secret::new(secret),
            session_token: session_token.map(Secret::new),
        });
        // Settings that can't be meant so are told now, not at the first sync.
        Remote::connect(location, credentials.clone(), self.env.clock())?;
        let known = self.remotes(user)?.into_iter().find(|row| row.location.is_same_place(location));
        let id = known.as_ref().map_or_else(|| RemoteId(self.env.new_id()), |row| row.id);
        let mut place = NewPlace {
            id,
            engine: self,
            user,
            location: location.clone(),
            known: known.is_some(),
            replaced: None,
        };
        if let Some(credentials) = credentials {
            // Keys of before that can't be read lie in a keychain that can't be written to either.
            let before = known.map(|row| self.credentials(&row).unwrap_or_default());
            place.replaced = Some(before.flatten());
            if let Err(error) = place.keep(&credentials) {
                place.give_up();
                return Err(error.into());
            }
        }
        if place.known {
            self.desk.cancel(id);
        }
        Ok(place)
    }
}

impl NewPlace<'_> {
    pub fn record(&self, transaction: &Transaction<'_>, at: Timestamp) -> Result<(), StoreError> {
        if self.known && remotes::find(transaction, self.id)?.is_some() {
            remotes::set_location(transaction, self.id, &self.location)?;
            return remotes::set_paused(transaction, self.id, false);
        }
        remotes::insert(transaction, self.id, self.user, &self.location, at)
    }

    /// The keys are as they were.
    pub fn give_up(&self) {
        let Some(before) = &self.replaced else { return };
        let put_back = match before {
            Some(before) => self.keep(before),
            None => self.forget(),
        };
        if let Err(error) = put_back {
            log::warn("keys_not_put_back").cause(&error).write();
        }
    }

    fn keep(&self, credentials: &Credentials) -> Result<(), SecretError> {
        let secrets = &self.engine.secrets;
        secrets.set(&secret_name(self.id), credentials.secret_access_key.expose())?;
        match &credentials.session_token {
            Some(token) => secrets.set(&token_name(self.id), token.expose()).map(drop),
            None if self.known => secrets.remove(&token_name(self.id)),
            None => Ok(()),
        }
    }

    fn forget(&self) -> Result<(), SecretError> {
        self.engine.secrets.remove(&secret_name(self.id))?;
        self.engine.secrets.remove(&token_name(self.id))
    }
}
