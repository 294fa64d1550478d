//! Whether what a manifest offers is an update of this program, or must be refused.

use thiserror::Error;

use super::manifest::{Artefact, Manifest};
use super::package::Target;
use super::version::Version;

/// What is offered, beside what runs here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing<'a> {
    /// With the package to take, where this computer's Primer is one that takes its own.
    Newer(Option<&'a Artefact>),
    Same,
}

#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Refusal {
    #[error("Primer {offered} is offered, which is older than this one, {running}")]
    OlderThanRunning { offered: Version, running: Version },
    /// A place that went back, or that somebody made go back, to what had a fault that is mended since.
    #[error("Primer {offered} is offered, although {seen} had been offered before")]
    OlderThanSeen { offered: Version, seen: Version },
    #[error("Primer {offered} is offered, but no package of it for this computer ({target})")]
    NoPackage { offered: Version, target: Target },
}

/// `seen`: the highest version that was ever accepted here.
pub fn standing(
    manifest: &Manifest,
    target: Target,
    running: Version,
    seen: Option<Version>,
) -> Result<Standing<'_>, Refusal> {
    let offered = manifest.version;
    if offered < running {
        return Err(Refusal::OlderThanRunning { offered, running });
    }
    if let Some(seen) = seen.filter(|seen| offered < *seen) {
        return Err(Refusal::OlderThanSeen { offered, seen });
    }
    if offered == running {
        return Ok(Standing::Same);
    }
    match manifest.artefact(target) {
        None if target.kind.updates_itself() => Err(Refusal::NoPackage { offered, target }),
        artefact => Ok(Standing::Newer(artefact)),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::{Refusal, Standing, standing};
    use crate::ids::TextDigest;
    use crate::timestamp::Timestamp;
    use crate::update::{Artefact, Manifest, PackageKind, Target, Version};

    const HERE: Target = Target { system: "linux", processor: "x86_64", kind: PackageKind::AppImage };

    fn version(text: &str) -> Version {
        Version::parse(text).unwrap()
    }

    fn offering(offered: &str) -> Manifest {
        let artefact = Artefact { url: "a".to_owned(), len_bytes: 1, digest: TextDigest::of(b"a") };
        Manifest {
            version: version(offered),
            published_at: Timestamp::from_unix_ms(0),
            notes: String::new(),
            packages: BTreeMap::from([(HERE.to_string(), artefact)]),
        }
    }

    fn stands(offered: &str, running: &str, seen: Option<&str>) -> Result<bool, Refusal> {
        standing(&offering(offered), HERE, version(running), seen.map(version))
            .map(|standing| matches!(standing, Standing::Newer(_)))
    }

    #[test]
    fn only_what_is_newer_than_this_program_is_an_update() {
        assert_eq!(stands("0.2.0", "0.1.0", None), Ok(true));
        assert_eq!(stands("0.10.0", "0.9.0", Some("0.10.0")), Ok(true));
        assert_eq!(stands("0.1.0", "0.1.0", None), Ok(false));
        let (offered, running) = (version("0.9.0"), version("0.10.0"));
        assert_eq!(stands("0.9.0", "0.10.0", None), Err(Refusal::OlderThanRunning { offered, running }));
    }

    #[test]
    fn what_is_older_than_was_ever_accepted_is_refused_although_it_is_newer_than_what_runs() {
        let refused = Refusal::OlderThanSeen { offered: version("0.2.0"), seen: version("0.3.0") };
        assert_eq!(stands("0.2.0", "0.1.0", Some("0.3.0")), Err(refused));
        assert!(stands("0.1.0", "0.1.0", Some("0.3.0")).is_err());
        assert_eq!(stands("0.3.0", "0.1.0", Some("0.2.0")), Ok(true));
    }

    #[test]
    fn a_package_for_another_computer_is_none() {
        let windows = Target { system: "windows", kind: PackageKind::Nsis, ..HERE };
        let refused = Refusal::NoPackage { offered: version("0.2.0"), target: windows };
        assert_eq!(standing(&offering("0.2.0"), windows, version("0.1.0"), None), Err(refused));
        // Whose system brings it needs none.
        let deb = Target { kind: PackageKind::Deb, ..HERE };
        assert_eq!(standing(&offering("0.2.0"), deb, version("0.1.0"), None), Ok(Standing::Newer(None)));
    }
}
