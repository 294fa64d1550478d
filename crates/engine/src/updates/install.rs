//! Taking what was found: an AppImage in place of the one that runs, or the verified installer of the system, started.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use primer_domain::update::{PackageKind, Version};

use super::download::Download;
use super::error::UpdateError;
use super::look::Offer;
use crate::blobs::BlobError;
use crate::network::runtime;
use crate::whole_files::is_absence;
use crate::{Cancel, Engine};

/// Below the data folder: installers, until the Primer they brought has started.
const FOLDER: &str = "updates";

/// Where a package goes to.
struct Destination {
    place: PathBuf,
    /// The file that it replaces.
    replaces: Option<PathBuf>,
    /// What starts it, unless being there is all.
    start: Option<Command>,
}

impl Engine {
    /// Fetches and installs what the last look found. Waits for a network, as long as that takes; the desk shows how far it
    /// is. The program that runs goes on as it is.
    pub(crate) fn install_update(&self) -> Result<Version, UpdateError> {
        let program = self.env.program();
        match program.target.kind {
            _ if program.key.is_none() => return Err(UpdateError::NoKey),
            kind if kind.is_updated_by_the_system() => return Err(UpdateError::SystemUpdates),
            kind if !kind.updates_itself() => return Err(UpdateError::Loose),
            _ => {}
        }
        let Some(Offer { manifest, artefact: Some(artefact), at }) = self.offer()? else {
            return Err(UpdateError::NothingNewer);
        };
        let version = manifest.version;
        if self.updates.installed() == Some(version) {
            return Err(UpdateError::NothingNewer);
        }
        let cancel = Cancel::default();
        let seat = self.updates.take_seat(artefact.len_bytes, cancel.clone()).ok_or(UpdateError::UnderWay)?;
        let Destination { place, replaces, start } = self.destination(version)?;
        let source = self.open_place(&at)?;
        let folder = place.parent().unwrap_or(&self.data).to_owned();
        let show = |done_bytes| seat.show(done_bytes);
        let mut download =
            Download::begin(&folder, self.env.new_id(), &artefact, source.name(), self.env.mishaps(), &show)?;
        runtime().map_err(UpdateError::Network)?.block_on(async {
            tokio::select! {
                biased;
                () = cancel.cancelled() => Err(UpdateError::Cancelled),
                done = source.download(&artefact, &mut download) => done,
            }
        })?;
        if cancel.is_cancelled() {
            return Err(UpdateError::Cancelled);
        }
        download.put_in_place(&place, replaces.as_deref())?;
        if let Some(mut start) = start {
            start.spawn().map_err(|source| UpdateError::Start { path: place, source })?;
        }
        self.updates.note_installed(version);
        Ok(version)
    }

    fn destination(&self, version: Version) -> Result<Destination, UpdateError> {
        let program = self.env.program();
        let folder = self.data.join(FOLDER);
        let started =
            |place: PathBuf, start: Command| Destination { place, replaces: None, start: Some(start) };
        match (program.target.kind, &program.appimage) {
            (PackageKind::AppImage, Some(file)) => {
                Ok(Destination { place: file.clone(), replaces: Some(file.clone()), start: None })
            }
            (PackageKind::Nsis, _) => {
                let place = folder.join(format!("primer-{version}-setup.exe"));
                let mut start = Command::new(&place);
                // As Tauri's own updater starts it: with nothing to ask, in place of what is there, and Primer afterwards.
                start.args(["/P", "/R", "/UPDATE"]);
                Ok(started(place, start))
            }
            (PackageKind::Dmg, _) => {
                let place = folder.join(format!("primer-{version}.dmg"));
                let mut start = Command::new("open");
                start.arg(&place);
                Ok(started(place, start))
            }
            _ => Err(UpdateError::Loose),
        }
    }

    /// Removes the installers of updates that are behind this program.
    pub fn tidy_updates(&self) -> Result<(), BlobError> {
        remove_all(&self.data.join(FOLDER))
    }
}

fn remove_all(folder: &Path) -> Result<(), BlobError> {
    match fs::remove_dir_all(folder) {
        Err(error) if !is_absence(&error) => Err(BlobError::io("removed", folder)(error)),
        _ => Ok(()),
    }
}
