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

impl Window {
    /// What stands open, with `css` in its middle: dark, in a narrow window, also with letters of twice the size. Nothing of it
    /// lies beyond the edge. It is as it was afterwards.
    pub async fn look_at_large_and_dark(&self, pictures: &Pictures, css: &str, name: &str) {
        self.resize(640, 860).await;
        self.script("document.documentElement.dataset.theme = 'dark'").await;
        for (size, words) in [("", "narrow-dark"), ("200%", "narrow-dark-200-percent")] {
            // As the room for appearance does it, after which the page is measured anew.
            self.script(&format!(
                "document.documentElement.style.fontSize = '{size}'; dispatchEvent(new Event('resize'))"
            ))
            .await;
            assert!(self.overflow_px().await <= 0, "{name}, {words}");
            self.bring_to_middle(css).await;
            pictures.take(self, &format!("{name}-{words}")).await;
        }
        self.script(
            "delete document.documentElement.dataset.theme; document.documentElement.style.fontSize = ''",
        )
        .await;
        self.resize(1280, 860).await;
    }
}

/// Where the window tests leave theirs.
pub fn artifacts() -> Pictures {
    Pictures::in_folder(&named("PRIMER_ARTIFACTS").join("screenshots"))
}

/// Where the pictures that the documents show are left.
pub fn for_documents() -> Pictures {
    Pictures::in_folder(&named("PRIMER_ARTIFACTS").join("pictures"))
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
