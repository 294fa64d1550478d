//! How the running program came to this computer.
//!
//! A package of a system says so by a file; other kinds are told by what they bring along. What is not certain is loose,
//! and a loose program never replaces anything.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use primer_domain::update::PackageKind;

/// Beside the folder of the program: what the packages of Linux systems bring along.
const MARKER: &str = "../share/primer/package";

/// What the installer of Windows puts beside the program.
const UNINSTALLER: &str = "uninstall.exe";

pub struct Signs {
    pub program: PathBuf,
    /// The AppImage's file and the folder that it is mounted at, as its own start says.
    pub appimage: Option<OsString>,
    pub appdir: Option<OsString>,
    /// Inside a Flatpak.
    pub flatpak: bool,
}

impl Signs {
    /// None where the system does not tell which file runs.
    pub fn of_this_process() -> Option<Signs> {
        let variable = |name| std::env::var_os(name).filter(|value| !value.is_empty());
        Some(Signs {
            program: std::env::current_exe().ok()?,
            appimage: variable("APPIMAGE"),
            appdir: variable("APPDIR"),
            flatpak: cfg!(target_os = "linux") && Path::new("/.flatpak-info").exists(),
        })
    }

    /// With the file of the AppImage, where it is one.
    pub fn kind(&self) -> (PackageKind, Option<PathBuf>) {
        if self.flatpak {
            return (PackageKind::Flatpak, None);
        }
        if let Some(file) = self.appimage_file() {
            return (PackageKind::AppImage, Some(file));
        }
        let folder = self.program.parent().unwrap_or(Path::new("/"));
        let marked = fs::read_to_string(folder.join(MARKER)).ok();
        let marked = marked.and_then(|name| PackageKind::parse(name.trim()));
        if let Some(kind) = marked.filter(|kind| kind.is_updated_by_the_system()) {
            return (kind, None);
        }
        let kind = if folder.join(UNINSTALLER).is_file() {
            PackageKind::Nsis
        } else if folder.ends_with("Contents/MacOS") {
            PackageKind::Dmg
        } else {
            PackageKind::Loose
        };
        (kind, None)
    }

    /// The variables are inherited: a Primer that was started from another program's AppImage has them too.
    fn appimage_file(&self) -> Option<PathBuf> {
        let (file, mount) = (self.appimage.as_ref()?, self.appdir.as_ref()?);
        let mount = fs::canonicalize(mount).ok()?;
        let program = fs::canonicalize(&self.program).ok()?;
        let file = fs::canonicalize(file).ok()?;
        (program.starts_with(mount) && file.is_file()).then_some(file)
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use primer_domain::update::PackageKind;

    use super::Signs;

    fn signs(program: &Path) -> Signs {
        fs::create_dir_all(program.parent().unwrap()).unwrap();
        fs::write(program, b"").unwrap();
        Signs { program: program.to_owned(), appimage: None, appdir: None, flatpak: false }
    }

    #[test]
    fn the_marker_of_a_package_says_which_one_it_is_and_can_name_no_kind_that_replaces_itself() {
        let root = tempfile::tempdir().unwrap();
        let signs = signs(&root.path().join("usr/bin/primer-desktop"));
        assert_eq!(signs.kind(), (PackageKind::Loose, None));
        let marker = root.path().join("usr/share/primer/package");
        fs::create_dir_all(marker.parent().unwrap()).unwrap();
        for (written, kind) in [
            ("deb\n", PackageKind::Deb),
            ("rpm", PackageKind::Rpm),
            ("appimage", PackageKind::Loose),
            ("?", PackageKind::Loose),
        ] {
            fs::write(&marker, written).unwrap();
            assert_eq!(signs.kind(), (kind, None), "{written}");
        }
        fs::write(&marker, "deb\n").unwrap();
        assert_eq!(Signs { flatpak: true, ..signs }.kind(), (PackageKind::Flatpak, None));
    }

    #[test]
    fn an_appimage_is_one_only_for_the_program_that_runs_from_it() {
        let root = tempfile::tempdir().unwrap();
        let root = fs::canonicalize(root.path()).unwrap();
        let file = root.join("Primer.AppImage");
        fs::write(&file, b"").unwrap();
        let (appimage, appdir) = (Some(file.clone().into()), Some(root.join("mount").into()));
        let inside = Signs { appimage, appdir, ..signs(&root.join("mount/usr/bin/primer-desktop")) };
        assert_eq!(inside.kind(), (PackageKind::AppImage, Some(file.clone())));
        let outside = Signs { program: signs(&root.join("usr/bin/primer-desktop")).program, ..inside };
        assert_eq!(outside.kind(), (PackageKind::Loose, None));
        fs::remove_file(file).unwrap();
        let gone = Signs { program: root.join("mount/usr/bin/primer-desktop"), ..outside };
        assert_eq!(gone.kind(), (PackageKind::Loose, None));
    }

    #[test]
    fn the_installer_of_windows_and_the_bundle_of_macos_are_told_by_what_lies_around_the_program() {
        let root = tempfile::tempdir().unwrap();
        let windows = signs(&root.path().join("Primer/primer-desktop.exe"));
        fs::write(root.path().join("Primer/uninstall.exe"), b"").unwrap();
        assert_eq!(windows.kind().0, PackageKind::Nsis);
        let mac = signs(&root.path().join("Primer.app/Contents/MacOS/primer-desktop"));
        assert_eq!(mac.kind().0, PackageKind::Dmg);
    }
}
