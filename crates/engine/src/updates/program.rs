//! Which Primer this is, and whose updates it takes. Said when it is built.

use std::path::PathBuf;

use primer_domain::update::{PackageKind, Target, Version};

use super::package::Signs;

#[derive(Debug, Clone)]
pub struct Program {
    pub version: Version,
    pub target: Target,
    /// The publisher's public key, as minisign writes it: the whole file, or its last line. None takes no updates.
    pub key: Option<String>,
    /// Where its publisher keeps the manifest.
    pub address: Option<String>,
    /// The file that it is, where it is an AppImage.
    pub appimage: Option<PathBuf>,
}

impl Program {
    /// The variables PRIMER_UPDATE_KEY and PRIMER_UPDATE_URL of the build.
    pub fn of_this_build() -> Program {
        let (kind, appimage) = Signs::of_this_process().map_or((PackageKind::Loose, None), |it| it.kind());
        Program {
            key: said(option_env!("PRIMER_UPDATE_KEY")).or_else(key_for_trying_out),
            address: said(option_env!("PRIMER_UPDATE_URL")),
            appimage,
            ..Program::plain(kind)
        }
    }

    /// Without a key and an address.
    pub fn plain(kind: PackageKind) -> Program {
        let version =
            Version::parse(env!("CARGO_PKG_VERSION")).expect("the version of the workspace is a plain one");
        let target = Target { system: std::env::consts::OS, processor: std::env::consts::ARCH, kind };
        Program { version, target, key: None, address: None, appimage: None }
    }

    /// Whether it can look for newer ones and install them.
    pub fn updates_itself(&self) -> bool {
        self.key.is_some() && self.target.kind.updates_itself()
    }
}

fn said(value: Option<&str>) -> Option<String> {
    value.map(str::trim).filter(|it| !it.is_empty()).map(str::to_owned)
}

/// The tests that drive a window make a key of their own, after the build. What is given away is built for release, and
/// nothing around it can name a key.
fn key_for_trying_out() -> Option<String> {
    let named = cfg!(debug_assertions).then(|| std::env::var("PRIMER_UPDATE_KEY").ok());
    said(named.flatten().as_deref())
}
