//! HTML that was made once is kept: colouring code takes far longer than everything else about opening a chapter.
//!
//! A file here is named by everything its content depends on, so it is never out of date, and starts with the digest
//! of the rest, so it is never half of something. All of them can be deleted at any time.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::SystemTime;

use primer_domain::ids::TextDigest;
use primer_domain::render::{RENDERER_VERSION, RenderOptions, Rendered, render};

use crate::log;

/// About 30 MB at a long chapter each.
const KEPT_MAX: usize = 200;

pub struct RenderedPages {
    folder: PathBuf,
    /// Keeps the temporary files of this process's threads apart.
    written: AtomicU64,
}

impl RenderedPages {
    pub fn new(data: &Path) -> RenderedPages {
        RenderedPages { folder: data.join("rendered"), written: AtomicU64::new(0) }
    }

    pub fn of(&self, markdown: &str, options: &RenderOptions<'_>) -> Rendered {
        let file = self.folder.join(format!("{}.json", key(markdown, options)));
        if let Some(rendered) = read(&file) {
            return rendered;
        }
        let rendered = render(markdown, options);
        if let Err(error) = self.keep(&file, &rendered) {
            // Nothing is lost but time: the next visit renders it again.
            log::warn("page_not_kept").cause(&error).write();
        }
        rendered
    }

    fn keep(&self, file: &Path, rendered: &Rendered) -> io::Result<()> {
        let body = serde_json::to_string(rendered)?;
        let number = self.written.fetch_add(1, Ordering::Relaxed);
        let temporary = self.folder.join(format!("{}-{number}.tmp", std::process::id()));
        fs::create_dir_all(&self.folder)?;
        let written = fs::write(&temporary, format!("{}\n{body}", TextDigest::of(body.as_bytes())))
            .and_then(|()| fs::rename(&temporary, file));
        if written.is_err() && temporary.exists() {
            fs::remove_file(&temporary)?;
        }
        written?;
        self.forget_the_oldest()
    }

    fn forget_the_oldest(&self) -> io::Result<()> {
        let mut files: Vec<(SystemTime, PathBuf)> = Vec::new();
        for entry in fs::read_dir(&self.folder)? {
            let entry = entry?;
            files.push((entry.metadata()?.modified()?, entry.path()));
        }
        files.sort();
        let excess = files.len().saturating_sub(KEPT_MAX);
        files.iter().take(excess).try_for_each(|(_, file)| fs::remove_file(file))
    }
}

/// Everything that the page depends on.
fn key(markdown: &str, options: &RenderOptions<'_>) -> TextDigest {
    let mut text = format!("{RENDERER_VERSION}\n{}\n", options.asset_base);
    for (file, chapter) in options.chapter_of_file {
        text.push_str(&format!("{chapter} {file}\n"));
    }
    text.push('\n');
    text.push_str(markdown);
    TextDigest::of(text.as_bytes())
}

/// None if it is not there, or not whole.
fn read(file: &Path) -> Option<Rendered> {
    let text = fs::read_to_string(file).ok()?;
    let (digest, body) = text.split_once('\n')?;
    if TextDigest::parse(digest)? != TextDigest::of(body.as_bytes()) {
        return None;
    }
    serde_json::from_str(body).ok()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::fs;

    use primer_domain::render::{RenderOptions, render};

    use super::{KEPT_MAX, RenderedPages};

    fn options(files: &BTreeMap<String, u32>) -> RenderOptions<'_> {
        RenderOptions { asset_base: "book://localhost/", chapter_of_file: files }
    }

    #[test]
    fn a_kept_page_is_the_page_that_would_be_made() {
        let (folder, files) = (tempfile::tempdir().unwrap(), BTreeMap::new());
        let pages = RenderedPages::new(folder.path());
        let text = "# T\n\n```python\nprint(1)\n```\n";
        let first = pages.of(text, &options(&files));
        assert_eq!(first, render(text, &options(&files)));
        assert_eq!(pages.of(text, &options(&files)), first);
        assert_eq!(fs::read_dir(folder.path().join("rendered")).unwrap().count(), 1);
    }

    #[test]
    fn a_damaged_page_is_made_again_and_other_addresses_are_another_page() {
        let (folder, mut files) = (tempfile::tempdir().unwrap(), BTreeMap::new());
        let pages = RenderedPages::new(folder.path());
        let text = "[two](b.md)\n";
        let before = pages.of(text, &options(&files));
        for entry in fs::read_dir(folder.path().join("rendered")).unwrap() {
            let file = entry.unwrap().path();
            let kept = fs::read_to_string(&file).unwrap();
            fs::write(&file, kept.replace("two", "<script>")).unwrap();
        }
        assert_eq!(pages.of(text, &options(&files)), before);
        files.insert("b.md".to_owned(), 2);
        assert!(pages.of(text, &options(&files)).html.contains("#/chapter/2"));
    }

    #[test]
    fn only_so_many_pages_are_kept() {
        let (folder, files) = (tempfile::tempdir().unwrap(), BTreeMap::new());
        let pages = RenderedPages::new(folder.path());
        for number in 0..KEPT_MAX + 20 {
            pages.of(&format!("page {number}"), &options(&files));
        }
        assert_eq!(fs::read_dir(folder.path().join("rendered")).unwrap().count(), KEPT_MAX);
    }
}
