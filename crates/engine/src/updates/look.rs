//! Looking for a newer Primer, and what was found last.
//!
//! What was found is kept as it was signed, and verified again whenever it is used: a database that somebody changed
//! offers nothing.

use std::fs;
use std::path::Path;

use primer_domain::timestamp::Timestamp;
use primer_domain::update::{Artefact, Manifest, Standing, Version, standing};
use serde::{Deserialize, Serialize};

use super::error::UpdateError;
use super::place::Place;
use super::program::Program;
use super::signature::Signed;
use super::web::Web;
use super::{MANIFEST, SIGNATURE};
use crate::Engine;
use crate::network::runtime;
use crate::store::remotes::{self, RemoteId};
use crate::store::settings::{self, Key};
use crate::store::{StoreError, users};

/// Whether to look without being asked each time. Off until somebody turns it on.
const BY_ITSELF: Key<bool> = Key::new("updates_by_itself");

/// The highest version that was ever accepted.
const SEEN: Key<Version> = Key::new("updates_seen");
const LOOKED: Key<Looked> = Key::new("updates_looked");

/// Between two looks that nobody asked for.
const DAY_MS: u64 = 24 * 60 * 60 * 1000;

/// The last look that reached somebody.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Looked {
    at_unix_ms: i64,
    found: Found,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Found {
    at: Named,
    manifest: String,
    signature: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(super) enum Named {
    /// That of the publisher.
    Address,
    /// Of a reader on this computer.
    Remote { remote_id: String },
}

/// A newer Primer that can be had.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    pub manifest: Manifest,
    /// None where the system brings it.
    pub artefact: Option<Artefact>,
    pub(super) at: Named,
}

impl Looked {
    pub fn at(&self) -> Timestamp {
        Timestamp::from_unix_ms(self.at_unix_ms)
    }
}

impl Engine {
    pub(crate) fn looks_for_updates(&self) -> Result<bool, StoreError> {
        Ok(self.store.read(|connection| settings::get(connection, None, &BY_ITSELF))?.unwrap_or(false))
    }

    pub(crate) fn set_looks_for_updates(&self, by_itself: bool) -> Result<(), StoreError> {
        self.store.write(|transaction| settings::set(transaction, None, &BY_ITSELF, &by_itself))
    }

    pub(crate) fn last_look(&self) -> Result<Option<Looked>, StoreError> {
        self.store.read(|connection| settings::get(connection, None, &LOOKED))
    }

    /// What the last look found, if it is newer than this program. Asks nobody.
    pub(crate) fn offer(&self) -> Result<Option<Offer>, UpdateError> {
        let Some(Looked { found, .. }) = self.last_look()? else { return Ok(None) };
        let Found { at, manifest, signature } = found;
        let signed = Signed { manifest: manifest.into_bytes(), signature: signature.into_bytes() };
        // What an earlier Primer found may be none of this one's business.
        match self.judge(&signed, at, "what was found last") {
            Ok(offer) => Ok(offer),
            Err(error) if error.is_refusal() || matches!(error, UpdateError::NoKey | UpdateError::BadKey) => {
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    /// Whether a look is due that nobody asks for.
    pub fn is_look_for_updates_due(&self) -> Result<bool, StoreError> {
        if !self.env.program().updates_itself() || !self.looks_for_updates()? {
            return Ok(false);
        }
        let now = self.env.now();
        // A clock that stood wrong must not put off the next look for years.
        let is_old = |last: Looked| now.unix_ms().abs_diff(last.at_unix_ms) >= DAY_MS;
        Ok(self.last_look()?.is_none_or(is_old))
    }

    /// Asks every place where updates may be published. Waits for a network. `unasked`: nobody waits for it, so it costs
    /// nothing where bytes are counted.
    pub(crate) fn look_for_update(&self, unasked: bool) -> Result<Option<Offer>, UpdateError> {
        if self.env.program().key.is_none() {
            return Err(UpdateError::NoKey);
        }
        let (mut best, mut wrong): (Option<(Signed, Manifest, Named)>, Option<UpdateError>) = (None, None);
        for at in self.places(unasked)? {
            match self.look_at(&at) {
                Ok(None) => {}
                Ok(Some((signed, manifest))) => {
                    if best.as_ref().is_none_or(|(_, other, _)| other.version < manifest.version) {
                        best = Some((signed, manifest, at));
                    }
                }
                // That somebody offers what must not be taken is worth more words than that somebody is away.
                Err(error) => {
                    let is_worse = |other: &UpdateError| !other.is_refusal() && error.is_refusal();
                    if wrong.as_ref().is_none_or(is_worse) {
                        wrong = Some(error);
                    }
                }
            }
        }
        match (best, wrong) {
            (None, Some(error)) => return Err(error),
            (None, None) => return Err(UpdateError::NothingPublished),
            (Some((signed, manifest, at)), _) => self.note_found(&signed, manifest.version, at)?,
        }
        self.offer()
    }

    fn note_found(&self, signed: &Signed, version: Version, at: Named) -> Result<(), StoreError> {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        // Both were read as text before.
        let found = Found { at, manifest: text(&signed.manifest), signature: text(&signed.signature) };
        let looked = Looked { at_unix_ms: self.env.now().unix_ms(), found };
        self.store.write(|transaction| {
            // Another Primer may have seen more in the meantime.
            let highest =
                settings::get(transaction, None, &SEEN)?.map_or(version, |before| before.max(version));
            settings::set(transaction, None, &SEEN, &highest)?;
            settings::set(transaction, None, &LOOKED, &looked)
        })
    }

    fn places(&self, unasked: bool) -> Result<Vec<Named>, UpdateError> {
        let mut places = Vec::from_iter(self.env.program().address.is_some().then_some(Named::Address));
        for user in self.store.read(users::list)? {
            let is_metered = self.sync_settings(user.id).map_err(UpdateError::Api)?.metered;
            for row in self.store.read(|connection| remotes::list(connection, user.id))? {
                let is_left_alone = row.paused || (unasked && is_metered);
                if !is_left_alone {
                    places.push(Named::Remote { remote_id: row.id.to_string() });
                }
            }
        }
        Ok(places)
    }

    /// Makes no request.
    pub(super) fn open_place(&self, at: &Named) -> Result<Place, UpdateError> {
        match at {
            Named::Address => {
                let address = self.env.program().address.as_deref();
                Ok(Place::Web(Web::connect(address.ok_or(UpdateError::NothingPublished)?)?))
            }
            Named::Remote { remote_id } => {
                let row = match RemoteId::parse(remote_id) {
                    Some(id) => self.store.read(|connection| remotes::find(connection, id))?,
                    None => None,
                };
                let row = row.ok_or(UpdateError::NothingPublished)?;
                Ok(Place::Remote(self.connect(&row).map_err(UpdateError::Api)??))
            }
        }
    }

    /// What is published there and may be taken, or is what runs. None where nothing is published.
    fn look_at(&self, at: &Named) -> Result<Option<(Signed, Manifest)>, UpdateError> {
        let place = self.open_place(at)?;
        let (program, name) = (self.env.program(), place.name());
        let asking = place.manifest(|signed| signed.verify(program, &name).is_ok());
        let Some(signed) = runtime().map_err(UpdateError::Network)?.block_on(asking)? else {
            return Ok(None);
        };
        self.judge(&signed, at.clone(), &name)?;
        let manifest = signed.verify(program, &name)?;
        Ok(Some((signed, manifest)))
    }

    /// None where it is what runs here.
    fn judge(&self, signed: &Signed, at: Named, from: &str) -> Result<Option<Offer>, UpdateError> {
        let program = self.env.program();
        let manifest = signed.verify(program, from)?;
        let seen = self.store.read(|connection| settings::get(connection, None, &SEEN))?;
        let artefact = match standing(&manifest, program.target, program.version, seen)? {
            Standing::Same => return Ok(None),
            Standing::Newer(artefact) => artefact.cloned(),
        };
        Ok(Some(Offer { manifest, artefact, at }))
    }
}

/// A manifest that somebody names by an address or a file, with its signature beside it. Nothing is noted of it.
pub fn manifest_at(program: &Program, named: &str) -> Result<Manifest, UpdateError> {
    if program.key.is_none() {
        return Err(UpdateError::NoKey);
    }
    if !named.contains("://") {
        return read_signed(Path::new(named))?.verify(program, named);
    }
    let place = Place::Web(Web::connect(named)?);
    let asking = place.manifest(|signed| signed.verify(program, named).is_ok());
    let signed = runtime().map_err(UpdateError::Network)?.block_on(asking)?;
    signed.ok_or(UpdateError::NothingPublished)?.verify(program, named)
}

pub(super) fn read_signed(manifest: &Path) -> Result<Signed, UpdateError> {
    let read =
        |path: &Path| fs::read(path).map_err(|source| UpdateError::Read { path: path.to_owned(), source });
    let signature = SIGNATURE.strip_prefix(MANIFEST).unwrap_or_default();
    let mut beside = manifest.as_os_str().to_owned();
    beside.push(signature);
    Ok(Signed { manifest: read(manifest)?, signature: read(Path::new(&beside))? })
}
