//! Pictures of the window, kept for people to look at.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::app::Window;
use crate::named;

/// The driver's first picture is at times an older frame.
const BETWEEN_PICTURES: Duration = Duration::from_millis(500);

pub struct Pictures {
    folder: PathBuf,
}

/// Where the window tests leave theirs.
pub fn artifacts() -> Pictures {
    Pictures::in_folder(&named("PRIMER_ARTIFACTS").join("screenshots"))
}

impl Pictures {
    pub fn in_folder(folder: &Path) -> Pictures {
        fs::create_dir_all(folder).expect("the folder for pictures can be made");
        Pictures { folder: folder.to_owned() }
    }

    /// Gives where the picture is.
    pub async fn take(&self, window: &Window, name: &str) -> PathBuf {
        window.client.screenshot().await.expect("a picture can be taken");
        tokio::time::sleep(BETWEEN_PICTURES).await;
        let picture = window.client.screenshot().await.expect("a picture can be taken");
        let file = self.folder.join(format!("{name}.png"));
        fs::write(&file, picture).expect("a picture can be written");
        file
    }
}
