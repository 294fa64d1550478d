//! The one place that believes a manifest: signed by the publisher's key, with minisign.

use minisign_verify::{PublicKey, Signature};
use primer_domain::update::Manifest;

use super::error::UpdateError;
use super::program::Program;

/// As it was fetched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signed {
    pub manifest: Vec<u8>,
    pub signature: Vec<u8>,
}

impl Signed {
    /// Looks at nothing in the manifest before its signature is right. `from`: who gave it, for a person.
    pub fn verify(&self, program: &Program, from: &str) -> Result<Manifest, UpdateError> {
        let key = program.key.as_deref().ok_or(UpdateError::NoKey)?;
        // The key stands in the last line of the file that minisign writes.
        let key = key.lines().map(str::trim).rfind(|line| !line.is_empty()).unwrap_or_default();
        let key = PublicKey::from_base64(key).map_err(|_| UpdateError::BadKey)?;
        let not_signed = || UpdateError::NotSigned { from: from.to_owned() };
        let signature = std::str::from_utf8(&self.signature).map_err(|_| not_signed())?;
        let signature = Signature::decode(signature).map_err(|_| not_signed())?;
        key.verify(&self.manifest, &signature, false).map_err(|_| not_signed())?;
        Manifest::parse(&self.manifest)
            .map_err(|fault| UpdateError::Manifest { from: from.to_owned(), fault })
    }
}
