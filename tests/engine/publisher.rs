//! A publisher of Primer, with a key made for the test.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use minisign::KeyPair;
use primer_domain::ids::TextDigest;
use primer_domain::timestamp::Timestamp;
use primer_domain::update::{Artefact, Manifest, PackageKind, Target, Version};
use primer_engine::updates::Program;

use crate::web_server::{Answer, WebServer};

pub const MANIFEST: &str = "manifest.json";
pub const SIGNATURE: &str = "manifest.json.minisig";
pub const PACKAGE: &str = "Primer.AppImage";

pub struct Publisher {
    keys: KeyPair,
}

/// What a publisher gives away for one version.
#[derive(Clone)]
pub struct Edition {
    pub manifest: Vec<u8>,
    pub signature: Vec<u8>,
    pub package: Vec<u8>,
}

impl Publisher {
    pub fn new() -> Publisher {
        Publisher { keys: KeyPair::generate_unencrypted_keypair().unwrap() }
    }

    /// As minisign writes it into a file.
    pub fn key(&self) -> String {
        self.keys.pk.to_box().unwrap().into_string()
    }

    pub fn sign(&self, bytes: &[u8]) -> Vec<u8> {
        minisign::sign(None, &self.keys.sk, bytes, None, None).unwrap().into_string().into_bytes()
    }

    /// Of this version, for an AppImage on this computer.
    pub fn edition(&self, version: &str, package: &[u8]) -> Edition {
        let artefact = Artefact {
            url: PACKAGE.to_owned(),
            len_bytes: package.len() as u64,
            digest: TextDigest::of(package),
        };
        let manifest = Manifest {
            version: Version::parse(version).unwrap(),
            published_at: Timestamp::from_unix_ms(1_767_225_600_000),
            notes: format!("What is new in {version}."),
            packages: BTreeMap::from([(target(PackageKind::AppImage).to_string(), artefact)]),
        };
        self.edition_of(manifest.to_json(), package)
    }

    pub fn edition_of(&self, manifest: Vec<u8>, package: &[u8]) -> Edition {
        Edition { signature: self.sign(&manifest), manifest, package: package.to_vec() }
    }

    /// An AppImage of this version that takes this publisher's updates, from here.
    pub fn appimage(&self, version: &str, file: PathBuf, address: Option<String>) -> Program {
        Program {
            version: Version::parse(version).unwrap(),
            target: target(PackageKind::AppImage),
            key: Some(self.key()),
            address,
            appimage: Some(file),
        }
    }
}

impl Edition {
    pub fn serve(&self, server: &WebServer) {
        server.put(MANIFEST, Answer::File(self.manifest.clone()));
        server.put(SIGNATURE, Answer::File(self.signature.clone()));
        server.put(PACKAGE, Answer::File(self.package.clone()));
    }

    pub fn write(&self, folder: &Path) {
        fs::create_dir_all(folder).unwrap();
        for (name, bytes) in
            [(MANIFEST, &self.manifest), (SIGNATURE, &self.signature), (PACKAGE, &self.package)]
        {
            fs::write(folder.join(name), bytes).unwrap();
        }
    }
}

/// This computer, with such a package.
pub fn target(kind: PackageKind) -> Target {
    Target { system: std::env::consts::OS, processor: std::env::consts::ARCH, kind }
}
