//! Publishing updates where readers sync: packages in pieces first, the manifest last, so that whoever reads it finds all
//! of it. Publishing again what is published sends only what is missing there.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use primer_domain::ids::TextDigest;
use primer_domain::update::{Artefact, Manifest};
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::error::UpdateError;
use super::look::read_signed;
use super::place::{PIECE_LEN_BYTES, Place, object, piece, pieces};
use super::program::Program;
use super::signature::Signed;
use super::{MANIFEST, SIGNATURE};
use crate::remote::Remote;

/// A folder with a manifest, its signature and the packages that it names, all of which were looked at.
pub struct Release {
    signed: Signed,
    manifest: Manifest,
    files: Vec<(PathBuf, Artefact)>,
}

/// What was published, or would be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Published {
    pub version: String,
    pub packages: u64,
    /// It was published already.
    pub unchanged: bool,
    /// Pieces that are, or would be, sent.
    pub sent: u64,
    pub sent_bytes: u64,
}

impl Release {
    /// Refuses what this Primer, and so every reader's of the same publisher, would refuse.
    pub fn read(folder: &Path, program: &Program) -> Result<Release, UpdateError> {
        let signed = read_signed(&folder.join(MANIFEST))?;
        let manifest = signed.verify(program, &folder.display().to_string())?;
        let mut files = Vec::new();
        for artefact in manifest.packages.values() {
            // Two kinds of computers may share one.
            if files.iter().any(|(_, other): &(_, Artefact)| other.digest == artefact.digest) {
                continue;
            }
            let name = artefact.url.rsplit('/').next().unwrap_or_default();
            let path = folder.join(name);
            let (len_bytes, digest) = length_and_digest(&path)
                .map_err(|source| UpdateError::Read { path: path.clone(), source })?;
            if len_bytes != artefact.len_bytes {
                return Err(UpdateError::OtherFile { path, what: "its length" });
            }
            if digest != artefact.digest {
                return Err(UpdateError::OtherFile { path, what: "its digest" });
            }
            files.push((path, artefact.clone()));
        }
        Ok(Release { signed, manifest, files })
    }

    /// `dry`: only find out what would be done.
    pub async fn publish(
        &self,
        remote: &Remote,
        program: &Program,
        dry: bool,
    ) -> Result<Published, UpdateError> {
        let place = Place::Remote(remote.clone());
        let before = place.manifest(|signed| signed.verify(program, "").is_ok()).await?;
        let unchanged = before.as_ref().is_some_and(|before| before.manifest == self.signed.manifest);
        // What is there and not signed is nobody's.
        if let Some(before) = before.and_then(|before| before.verify(program, "").ok())
            && !unchanged
            && before.version >= self.manifest.version
        {
            return Err(UpdateError::PublishedNewer { published: before.version });
        }
        let (mut sent, mut sent_bytes) = (0, 0);
        for (path, artefact) in &self.files {
            let read = |source| UpdateError::Read { path: path.clone(), source };
            let listed = remote.list(&pieces(&artefact.digest)).await?;
            let there: BTreeMap<String, u64> =
                listed.into_iter().map(|object| (object.key, object.len_bytes)).collect();
            let mut file = File::open(path).map_err(read)?;
            for number in 0..artefact.len_bytes.div_ceil(PIECE_LEN_BYTES) {
                let mut bytes = Vec::new();
                file.by_ref().take(PIECE_LEN_BYTES).read_to_end(&mut bytes).map_err(read)?;
                let key = piece(&artefact.digest, number);
                if there.get(&key) == Some(&(bytes.len() as u64)) {
                    continue;
                }
                if !dry {
                    remote.put(&key, &bytes).await?;
                }
                sent += 1;
                sent_bytes += bytes.len() as u64;
            }
        }
        if !dry && !unchanged {
            remote.put(&object(SIGNATURE), &self.signed.signature).await?;
            remote.put(&object(MANIFEST), &self.signed.manifest).await?;
        }
        let packages = self.manifest.packages.len() as u64;
        Ok(Published { version: self.manifest.version.to_string(), packages, unchanged, sent, sent_bytes })
    }
}

/// Of a file, read a piece at a time.
pub fn length_and_digest(path: &Path) -> io::Result<(u64, TextDigest)> {
    let mut file = File::open(path)?;
    let (mut digest, mut len_bytes) = (Sha256::new(), 0);
    let mut buffer = vec![0; 64 << 10];
    loop {
        match file.read(&mut buffer) {
            Ok(0) => return Ok((len_bytes, TextDigest::from_sha256(digest.finalize().into()))),
            Ok(count) => {
                digest.update(&buffer[..count]);
                len_bytes += count as u64;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}
