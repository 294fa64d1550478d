//! A place where updates are published: a web server, or a remote of a reader's.
//!
//! In a remote a package lies in pieces of one size, named by the package's digest and their numbers, so that no computer
//! holds more than a piece in memory, and sending is taken up where it ended. They are immutable; the manifest is written
//! last.

use primer_domain::ids::TextDigest;
use primer_domain::update::{Artefact, MANIFEST_LEN_MAX};

use super::download::Download;
use super::error::UpdateError;
use super::signature::Signed;
use super::web::Web;
use super::{MANIFEST, SIGNATURE, SIGNATURE_LEN_MAX};
use crate::remote::{Remote, RemoteFault};

/// Below a remote's prefix.
const FOLDER: &str = "updates/";

pub const PIECE_LEN_BYTES: u64 = 4 << 20;

/// Manifest and signature are two objects: between two looks somebody may publish.
const ATTEMPTS: u32 = 2;

pub enum Place {
    Web(Web),
    Remote(Remote),
}

impl Place {
    /// For a person.
    pub fn name(&self) -> String {
        match self {
            Place::Web(web) => web.name(),
            Place::Remote(remote) => remote.place().name(),
        }
    }

    /// None where none is published. `is_whole`: whether the two fit each other.
    pub async fn manifest(&self, is_whole: impl Fn(&Signed) -> bool) -> Result<Option<Signed>, UpdateError> {
        let mut found = None;
        for _ in 0..ATTEMPTS {
            let Some(signature) = self.get(SIGNATURE, SIGNATURE_LEN_MAX).await? else { return Ok(None) };
            let Some(manifest) = self.get(MANIFEST, MANIFEST_LEN_MAX).await? else { return Ok(None) };
            let signed = Signed { manifest, signature };
            let whole = is_whole(&signed);
            found = Some(signed);
            if whole {
                break;
            }
        }
        Ok(found)
    }

    async fn get(&self, name: &str, limit_bytes: u64) -> Result<Option<Vec<u8>>, UpdateError> {
        match self {
            Place::Web(web) => web.get(name.strip_prefix(MANIFEST).unwrap_or(name), limit_bytes).await,
            Place::Remote(remote) => match remote.get(&object(name), limit_bytes).await {
                Ok(object) => Ok(object.map(|object| object.bytes)),
                // Keys that may not read there are as good as an empty place.
                Err(error) if matches!(error.fault, RemoteFault::NoPermission { .. }) => Ok(None),
                Err(error) => Err(error.into()),
            },
        }
    }

    pub async fn download(&self, artefact: &Artefact, into: &mut Download<'_>) -> Result<(), UpdateError> {
        let missing = || UpdateError::NoPackage { from: self.name() };
        match self {
            Place::Web(web) => {
                if !web.download(&artefact.url, into).await? {
                    return Err(missing());
                }
            }
            Place::Remote(remote) => {
                for number in 0..artefact.len_bytes.div_ceil(PIECE_LEN_BYTES) {
                    let key = piece(&artefact.digest, number);
                    let piece = remote.get(&key, PIECE_LEN_BYTES).await?.ok_or_else(missing)?;
                    into.take(&piece.bytes)?;
                }
            }
        }
        Ok(())
    }
}

pub fn object(name: &str) -> String {
    format!("{FOLDER}{name}")
}

/// All pieces of one package.
pub fn pieces(digest: &TextDigest) -> String {
    format!("{FOLDER}objects/{digest}/")
}

pub fn piece(digest: &TextDigest, number: u64) -> String {
    format!("{}{number:04}", pieces(digest))
}
