//! Updates of the program: how a manifest says what there is, and whether this computer takes it (docs/updates.md).
//!
//! Nothing here tells who wrote a manifest. Whoever calls has verified the publisher's signature before.

mod decision;
mod manifest;
mod package;
mod version;

pub use decision::{Refusal, Standing, standing};
pub use manifest::{ARTEFACT_LEN_MAX, Artefact, MANIFEST_LEN_MAX, Manifest, ManifestFault};
pub use package::{PackageKind, Target};
pub use version::Version;
