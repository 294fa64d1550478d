//! Updates of the program itself (docs/updates.md).
//!
//! What it guarantees:
//! - **Nobody is asked unless somebody said so**: by the switch, off until a reader turns it on, or for this once.
//! - **Nothing is taken that the publisher did not sign.** The signature covers the manifest as a whole: the version, and
//!   of each package its length and SHA-256. A package alone has no signature that somebody could show again under
//!   another version.
//! - **Nothing goes back**: neither behind what runs, nor behind the highest version that was ever accepted here.
//! - **A package is there whole or not at all.** It is written beside its place while it is hashed, a piece at a time, and
//!   gets a name of its own once its length and digest are right. Cancelled or on a full disk, nothing of it stays.
//!
//! What it refuses: redirects, unencrypted ways beyond this computer, and everything where the build has no key.
//!
//! - `program`, `package`: which Primer this is, and how it came here. `place`, `web`: where updates are published.
//! - `look`: what is there. `download`, `install`: taking it. `publish`: what an operator does.

mod desk;
mod download;
mod error;
mod install;
mod look;
mod package;
mod place;
mod program;
mod publish;
mod signature;
mod web;

pub use desk::{Desk, Progress};
pub use error::UpdateError;
pub use look::{Offer, manifest_at};
pub use program::Program;
pub use publish::{Published, Release, length_and_digest};

/// Beside the manifest, as minisign names it.
const MANIFEST: &str = "manifest.json";
const SIGNATURE: &str = "manifest.json.minisig";

/// minisign writes some 300 bytes.
const SIGNATURE_LEN_MAX: u64 = 4 << 10;
