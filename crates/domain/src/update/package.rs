//! How Primer came to a computer, and which packages that computer could use.

use std::fmt;

/// What a Primer was installed from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PackageKind {
    Deb,
    Rpm,
    Flatpak,
    AppImage,
    /// The installer of Windows.
    Nsis,
    /// The disk image of macOS.
    Dmg,
    /// Built by hand, or unpacked by somebody.
    Loose,
}

impl PackageKind {
    pub const ALL: [PackageKind; 7] = [
        PackageKind::Deb,
        PackageKind::Rpm,
        PackageKind::Flatpak,
        PackageKind::AppImage,
        PackageKind::Nsis,
        PackageKind::Dmg,
        PackageKind::Loose,
    ];

    /// As a manifest and the marker of a package have it.
    pub fn name(self) -> &'static str {
        match self {
            PackageKind::Deb => "deb",
            PackageKind::Rpm => "rpm",
            PackageKind::Flatpak => "flatpak",
            PackageKind::AppImage => "appimage",
            PackageKind::Nsis => "nsis",
            PackageKind::Dmg => "dmg",
            PackageKind::Loose => "loose",
        }
    }

    pub fn parse(name: &str) -> Option<PackageKind> {
        PackageKind::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// The system brings newer ones by itself; a program that did so too would undo its work.
    pub fn is_updated_by_the_system(self) -> bool {
        matches!(self, PackageKind::Deb | PackageKind::Rpm | PackageKind::Flatpak)
    }

    /// Nobody else updates it, and it is one file that can be put in its place or started.
    pub fn updates_itself(self) -> bool {
        matches!(self, PackageKind::AppImage | PackageKind::Nsis | PackageKind::Dmg)
    }
}

/// Which package fits: `linux-x86_64-appimage`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Target {
    /// As Rust names it: `linux`, `windows`, `macos`.
    pub system: &'static str,
    /// As Rust names it: `x86_64`, `aarch64`.
    pub processor: &'static str,
    pub kind: PackageKind,
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}-{}", self.system, self.processor, self.kind.name())
    }
}

#[cfg(test)]
mod tests {
    use super::PackageKind;

    #[test]
    fn each_kind_is_read_by_its_name_and_has_one_who_updates_it_at_most() {
        for kind in PackageKind::ALL {
            assert_eq!(PackageKind::parse(kind.name()), Some(kind));
            assert!(!(kind.updates_itself() && kind.is_updated_by_the_system()));
        }
        assert!(!PackageKind::Loose.updates_itself() && !PackageKind::Loose.is_updated_by_the_system());
        assert_eq!(PackageKind::parse("Deb"), None);
    }
}
