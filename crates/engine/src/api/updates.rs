//! The commands about updates of the program.

use std::path::Path;

use primer_domain::update::{Manifest, PackageKind};

use super::ago::{ago, bytes};
use super::books::Place;
use super::error::{ApiError, ErrorCode, sentence, with_causes};
use super::network::network_runtime;
use super::types::Nothing;
use super::update_types::*;
use crate::Engine;
use crate::updates::{Offer, Program, Published, Release, UpdateError, manifest_at};

/// Asks nobody.
pub fn status(engine: &Engine, _: Nothing) -> Result<UpdateView, ApiError> {
    let program = engine.env.program();
    let offer = engine.offer()?.filter(|_| program.updates_itself());
    let progress = engine.updates.progress();
    let installed = engine.updates.installed();
    let words = match (installed, &offer) {
        _ if program.target.kind.is_updated_by_the_system() => "Your system updates Primer.".to_owned(),
        _ if !program.updates_itself() => {
            "This build of Primer can't update itself. Install a newer one the way this one came.".to_owned()
        }
        (Some(version), _) => installed_words(program, &version.to_string()),
        (None, Some(offer)) => format!("Version {} is there.", offer.manifest.version),
        (None, None) => match engine.last_look()? {
            Some(last) => format!("Up to date, looked {}.", ago(last.at(), engine.env.now())),
            None => "Nobody has looked for updates yet.".to_owned(),
        },
    };
    Ok(UpdateView {
        version: program.version.to_string(),
        sentence: words,
        can_update: program.updates_itself(),
        by_itself: program.updates_itself() && engine.looks_for_updates()?,
        offer: offer.filter(|offer| installed != Some(offer.manifest.version)).map(offer_view),
        progress: progress.map(|now| UpdateProgress { done_bytes: now.done_bytes, len_bytes: now.len_bytes }),
        trouble: engine.updates.trouble(),
    })
}

fn installed_words(program: &Program, version: &str) -> String {
    match program.target.kind {
        PackageKind::Nsis => {
            format!("The installer of {version} has started; it opens Primer when it is done.")
        }
        PackageKind::Dmg => {
            format!(
                "Version {version} is open in the Finder: close Primer, and drag it to your applications."
            )
        }
        _ => format!("Version {version} is installed; it starts with the next start."),
    }
}

fn offer_view(offer: Offer) -> UpdateOffer {
    view(&offer.manifest, offer.artefact.map(|artefact| artefact.len_bytes))
}

fn view(manifest: &Manifest, len_bytes: Option<u64>) -> UpdateOffer {
    UpdateOffer {
        version: manifest.version.to_string(),
        notes: manifest.notes.clone(),
        published_on: manifest.published_at.to_string().chars().take(10).collect(),
        len: len_bytes.map(bytes),
    }
}

/// From now on, or no more. Turning it on asks nobody yet.
pub fn set(engine: &Engine, request: SetUpdates) -> Result<UpdateView, ApiError> {
    must_update_itself(engine)?;
    engine.set_looks_for_updates(request.by_itself)?;
    status(engine, Nothing {})
}

/// Waits for a network: whoever asks wants to see the answer.
pub fn look(engine: &Engine, _: Nothing) -> Result<UpdateView, ApiError> {
    must_update_itself(engine)?;
    engine.updates.note_trouble(None);
    engine.look_for_update(false)?;
    status(engine, Nothing {})
}

/// Waits for a network, until all is there.
pub fn install(engine: &Engine, _: Nothing) -> Result<UpdateView, ApiError> {
    engine.install_update()?;
    status(engine, Nothing {})
}

pub fn cancel(engine: &Engine, _: Nothing) -> Result<UpdateView, ApiError> {
    engine.updates.cancel();
    status(engine, Nothing {})
}

fn must_update_itself(engine: &Engine) -> Result<(), ApiError> {
    let program = engine.env.program();
    let why_not = match program.target.kind {
        _ if program.updates_itself() => return Ok(()),
        kind if kind.is_updated_by_the_system() => UpdateError::SystemUpdates,
        _ if program.key.is_none() => UpdateError::NoKey,
        _ => UpdateError::Loose,
    };
    Err(why_not.into())
}

/// For somebody at a terminal, whatever this Primer was installed from. `named`: an address or a file in place of the usual
/// places; nothing is noted of that. None where nothing newer is there.
pub fn check(engine: &Engine, named: Option<&str>) -> Result<Option<UpdateOffer>, ApiError> {
    let program = engine.env.program();
    let Some(named) = named else { return Ok(engine.look_for_update(false)?.map(offer_view)) };
    let manifest = manifest_at(program, named)?;
    let len_bytes = manifest.artefact(program.target).map(|artefact| artefact.len_bytes);
    Ok((manifest.version > program.version).then(|| view(&manifest, len_bytes)))
}

/// For an operator: `folder` holds the manifest, its signature and the packages.
pub fn publish(folder: &Path, place: &Place<'_>, dry: bool) -> Result<Published, ApiError> {
    let (remote, env) = place.open()?;
    let release = Release::read(folder, env.program())?;
    Ok(network_runtime()?.block_on(release.publish(&remote, env.program(), dry))?)
}

impl Engine {
    /// Looks, if somebody wished it to look by itself and a day has passed since. What goes wrong stands in the status.
    pub fn look_for_update_if_due(&self) -> Result<(), ApiError> {
        if self.is_look_for_updates_due()? {
            let trouble = self.look_for_update(true).err().map(ApiError::from);
            self.updates.note_trouble(trouble);
        }
        Ok(())
    }
}

impl From<UpdateError> for ApiError {
    fn from(error: UpdateError) -> ApiError {
        let next_step = error.next_step();
        let code = match error {
            UpdateError::Api(error) => return error,
            UpdateError::Store(error) => return error.into(),
            UpdateError::Remote(error) => return error.into(),
            UpdateError::Network(error) => return ApiError::no_network(&error),
            UpdateError::Disk(crate::blobs::BlobError::DiskFull { .. }) => ErrorCode::DiskFull,
            UpdateError::Disk(_) => ErrorCode::DiskFailed,
            UpdateError::UnderWay => ErrorCode::Busy,
            UpdateError::Cancelled => ErrorCode::Cancelled,
            UpdateError::NoKey | UpdateError::BadKey | UpdateError::SystemUpdates | UpdateError::Loose => {
                ErrorCode::UpdatesOff
            }
            _ if error.is_refusal() => ErrorCode::UpdateRefused,
            _ => ErrorCode::UpdateFailed,
        };
        ApiError::new(code, sentence(&with_causes(&error)), next_step)
    }
}
