//! The files of a package as they will lie on a reader's computer, made of what was built and of packaging/.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::cargo::Programs;
use crate::command::{minutes, run};
use crate::failure::Failure;
use crate::third_party;

use super::release::Release;

/// What desktop, icon, metadata and file types are called by.
pub const ID: &str = "org.primer.desktop";

const ICONS: [(&str, &str); 4] = [
    ("32x32.png", "32x32/apps/org.primer.desktop.png"),
    ("128x128.png", "128x128/apps/org.primer.desktop.png"),
    ("icon.png", "512x512/apps/org.primer.desktop.png"),
    ("icon.svg", "scalable/apps/org.primer.desktop.svg"),
];

pub struct Tree {
    pub folder: PathBuf,
}

impl Tree {
    /// Empty, in place of what an earlier one left.
    pub fn at(folder: PathBuf) -> Result<Tree, Failure> {
        if folder.exists() {
            fs::remove_dir_all(&folder).map_err(Failure::file("removed", &folder))?;
        }
        fs::create_dir_all(&folder).map_err(Failure::file("made", &folder))?;
        may(&folder, 0o755)?;
        Ok(Tree { folder })
    }

    /// Lays out all that every system gets. `manual` writes the pages and completions of `primer`.
    pub fn lay_out(
        &self,
        root: &Path,
        release: &Release,
        built: &Programs,
        manual: &Path,
    ) -> Result<(), Failure> {
        for program in ["primer-desktop", "primer"] {
            self.copy(built.get(program)?, &format!("usr/bin/{program}"))?;
            may(&self.folder.join("usr/bin").join(program), 0o755)?;
        }
        let packaging = root.join("packaging");
        let share = [
            (format!("{ID}.desktop"), format!("usr/share/applications/{ID}.desktop")),
            (format!("{ID}.mime.xml"), format!("usr/share/mime/packages/{ID}.xml")),
            (format!("{ID}.metainfo.xml"), format!("usr/share/metainfo/{ID}.metainfo.xml")),
            ("primer-desktop.1".to_owned(), "usr/share/man/man1/primer-desktop.1".to_owned()),
        ];
        for (file, place) in share {
            self.put(&place, release.fill(&read(&packaging.join(file))?).as_bytes())?;
        }
        for (file, place) in ICONS {
            self.copy(&root.join("src-tauri/icons").join(file), &format!("usr/share/icons/hicolor/{place}"))?;
        }
        run(Command::new(manual).arg(self.folder.join("usr/share")), minutes(1))?;
        self.gzip_all("usr/share/man/man1")?;
        self.copy(&root.join("README.md"), "usr/share/doc/primer/README.md")?;
        for file in ["LICENSE-MIT", "LICENSE-APACHE"] {
            self.copy(&root.join(file), &format!("usr/share/licenses/primer/{file}"))?;
        }
        self.copy(&root.join("book/LICENSE.md"), "usr/share/licenses/primer/LICENSE-BOOK.md")?;
        // The manual's program knows the notices of the syntax definitions, too.
        let syntaxes = self.folder.join("usr/share/syntaxes.md");
        let third_party = third_party::text(root, &read(&syntaxes)?)?;
        fs::remove_file(&syntaxes).map_err(Failure::file("removed", &syntaxes))?;
        self.put("usr/share/licenses/primer/THIRD-PARTY", third_party.as_bytes())?;
        self.gzip("usr/share/licenses/primer/THIRD-PARTY")?;
        self.everybody_may_read(&self.folder)
    }

    /// The same files in another folder, for a system that wants some of them elsewhere.
    pub fn copy_to(&self, folder: PathBuf) -> Result<Tree, Failure> {
        let other = Tree::at(folder)?;
        run(Command::new("cp").arg("-a").arg(self.folder.join("usr")).arg(&other.folder), minutes(1))?;
        Ok(other)
    }

    pub fn put(&self, place: &str, bytes: &[u8]) -> Result<(), Failure> {
        let file = self.new_file(place)?;
        fs::write(&file, bytes).map_err(Failure::file("written", &file))?;
        may(&file, 0o644)
    }

    /// By this Primer tells that the system updates it (crates/engine/src/updates/package.rs).
    pub fn mark(&self, kind: &str) -> Result<(), Failure> {
        self.put("usr/share/primer/package", format!("{kind}\n").as_bytes())
    }

    pub fn copy(&self, from: &Path, place: &str) -> Result<(), Failure> {
        let file = self.new_file(place)?;
        fs::copy(from, &file).map_err(Failure::file("copied", from))?;
        may(&file, 0o644)
    }

    pub fn move_to(&self, from: &str, to: &str) -> Result<(), Failure> {
        let (file, old) = (self.new_file(to)?, self.folder.join(from));
        fs::rename(&old, file).map_err(Failure::file("moved", &old))?;
        // The folder it leaves, and the one above, if nothing else is in them.
        old.ancestors().skip(1).take_while(|folder| fs::remove_dir(folder).is_ok()).for_each(drop);
        Ok(())
    }

    /// Without the time and name that gzip would note.
    pub fn gzip(&self, place: &str) -> Result<(), Failure> {
        run(Command::new("gzip").args(["-9", "-n", "-f"]).arg(self.folder.join(place)), minutes(1))
    }

    fn gzip_all(&self, place: &str) -> Result<(), Failure> {
        let files = self.files_below(&self.folder.join(place))?;
        run(Command::new("gzip").args(["-9", "-n", "-f"]).args(files), minutes(1))
    }

    /// Relative to the root of a system, in order.
    pub fn files(&self) -> Result<Vec<PathBuf>, Failure> {
        let files = self.files_below(&self.folder.join("usr"))?;
        Ok(files.iter().filter_map(|file| file.strip_prefix(&self.folder).ok()).map(Path::to_owned).collect())
    }

    fn files_below(&self, folder: &Path) -> Result<Vec<PathBuf>, Failure> {
        let (mut files, mut folders) = (Vec::new(), vec![folder.to_owned()]);
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(&folder).map_err(Failure::file("listed", &folder))? {
                let path = entry.map_err(Failure::file("listed", &folder))?.path();
                if path.is_dir() { folders.push(path) } else { files.push(path) }
            }
        }
        files.sort();
        Ok(files)
    }

    /// Whatever the builder's own settings are: they may not be those of the reader.
    fn everybody_may_read(&self, folder: &Path) -> Result<(), Failure> {
        may(folder, 0o755)?;
        for entry in fs::read_dir(folder).map_err(Failure::file("listed", folder))? {
            let path = entry.map_err(Failure::file("listed", folder))?.path();
            if path.is_dir() {
                self.everybody_may_read(&path)?;
            } else if !path.starts_with(self.folder.join("usr/bin")) {
                may(&path, 0o644)?;
            }
        }
        Ok(())
    }

    fn new_file(&self, place: &str) -> Result<PathBuf, Failure> {
        let file = self.folder.join(place);
        let folder = file.parent().unwrap_or(&self.folder);
        fs::create_dir_all(folder).map_err(Failure::file("made", folder))?;
        // Each folder on the way, for the builder's settings may be narrower.
        for folder in folder.ancestors().take_while(|folder| folder.starts_with(&self.folder)) {
            may(folder, 0o755)?;
        }
        Ok(file)
    }
}

pub fn read(file: &Path) -> Result<String, Failure> {
    fs::read_to_string(file).map_err(Failure::file("read", file))
}

#[cfg(unix)]
fn may(path: &Path, mode: u32) -> Result<(), Failure> {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(mode))
        .map_err(Failure::file("given its permissions", path))
}

/// Packages are made on Linux; elsewhere this only compiles.
#[cfg(not(unix))]
fn may(_path: &Path, _mode: u32) -> Result<(), Failure> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{ID, read};

    const TYPES: [&str; 2] = ["application/vnd.primer.joining+json", "application/vnd.primer.book+toml"];

    #[test]
    fn entry_metadata_and_file_types_name_each_other_and_the_same_types() {
        let packaging = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../packaging");
        let text = |ending: &str| read(&packaging.join(format!("{ID}.{ending}"))).unwrap();
        let (entry, metadata, types) = (text("desktop"), text("metainfo.xml"), text("mime.xml"));
        for name in TYPES {
            assert!(entry.contains(&format!("{name};")), "{name}");
            assert!(metadata.contains(&format!("<mediatype>{name}</mediatype>")), "{name}");
            assert!(types.contains(&format!("<mime-type type=\"{name}\">")), "{name}");
        }
        assert_eq!(metadata.matches("<mediatype>").count(), TYPES.len());
        assert!(entry.contains(&format!("Icon={ID}\n")) && types.contains(&format!("<icon name=\"{ID}\"/>")));
        assert!(metadata.contains(&format!("<launchable type=\"desktop-id\">{ID}.desktop</launchable>")));
    }
}
