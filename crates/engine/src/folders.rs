//! Where Primer keeps things on this computer.

use std::path::PathBuf;

/// The data folder, unless one is named: `~/.local/share/primer` on Linux. None where the system has no home folder.
pub fn data_folder() -> Option<PathBuf> {
    dirs::data_dir().map(|folder| folder.join("primer"))
}

/// Where a person looks for a file that a program made for them: their folder for downloads, or their home.
pub fn handed_on_folder() -> Option<PathBuf> {
    let home = dirs::home_dir();
    let usual = home.as_ref().map(|home| home.join("Downloads"));
    [dirs::download_dir(), usual].into_iter().flatten().find(|folder| folder.is_dir()).or(home)
}
