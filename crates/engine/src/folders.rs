//! Where Primer keeps things on this computer.

use std::path::PathBuf;

/// The data folder, unless one is named: `~/.local/share/primer` on Linux. None where the system has no home folder.
pub fn data_folder() -> Option<PathBuf> {
    dirs::data_dir().map(|folder| folder.join("primer"))
}
