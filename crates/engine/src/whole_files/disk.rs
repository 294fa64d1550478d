//! Making everything that was written to a disk durable at once, where the system can.

use std::fs::File;
use std::io;
use std::path::Path;

/// The file system that a folder is on.
pub struct WholeDisk {
    #[cfg_attr(not(target_os = "linux"), allow(dead_code, reason = "only Linux flushes by file system"))]
    folder: File,
}

impl WholeDisk {
    /// None where only single files can be flushed.
    pub fn of(folder: &Path) -> Option<WholeDisk> {
        if !cfg!(target_os = "linux") {
            return None;
        }
        Some(WholeDisk { folder: File::open(folder).ok()? })
    }

    #[cfg(target_os = "linux")]
    pub fn flush(&self) -> io::Result<()> {
        Ok(rustix::fs::syncfs(&self.folder)?)
    }

    #[cfg(not(target_os = "linux"))]
    pub fn flush(&self) -> io::Result<()> {
        Ok(())
    }
}
