//! What the documents refer to: each file that one links to or shows is there, and each picture made for them is shown.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Component, Path, PathBuf};

use pulldown_cmark::{Event, Parser, Tag};

use crate::failure::Failure;
use crate::package::release;

/// Where `cargo xtask pictures` leaves them.
pub const PICTURES: &str = "docs/pictures";

/// Whoever looks at the README on the web fetches all of them.
const PICTURE_LEN_BYTES_MAX: u64 = 250_000;

/// Those of the book are the business of `primer book check`.
const FOLDERS: [&str; 2] = ["", "docs"];

pub fn check(root: &Path) -> Result<(), Failure> {
    let (mut faults, mut shown) = (Vec::new(), BTreeSet::new());
    for document in documents(root)? {
        let text = fs::read_to_string(root.join(&document)).map_err(Failure::file("read", &document))?;
        for target in targets(&text) {
            let file = within(&document, &target);
            if !root.join(&file).exists() {
                faults.push(format!("{} names {target}, which is not there.", document.display()));
            }
            shown.insert(file);
        }
    }
    for (name, _) in release::PICTURES {
        let file = Path::new(PICTURES).join(name);
        if !root.join(&file).exists() {
            faults.push(format!("The metadata of the packages names {name}, which is not in {PICTURES}."));
        }
    }
    faults.extend(faults_of_pictures(root, &shown)?);
    if faults.is_empty() { Ok(()) } else { Err(Failure::Refused(faults.join("\n"))) }
}

fn faults_of_pictures(root: &Path, shown: &BTreeSet<PathBuf>) -> Result<Vec<String>, Failure> {
    let mut faults = Vec::new();
    for name in names_in(&root.join(PICTURES))? {
        let file = Path::new(PICTURES).join(name);
        let path = root.join(&file);
        if !shown.contains(&file) {
            faults.push(format!("No document shows {}. Show it, or remove it.", file.display()));
        }
        let len_bytes = fs::metadata(&path).map_err(Failure::file("read", &path))?.len();
        if len_bytes > PICTURE_LEN_BYTES_MAX {
            faults.push(format!(
                "{} has {len_bytes} bytes, more than {PICTURE_LEN_BYTES_MAX}. Let tests/window/tests/documents.rs take it where there is less to see.",
                file.display()
            ));
        }
    }
    Ok(faults)
}

/// Relative to the repository.
fn documents(root: &Path) -> Result<Vec<PathBuf>, Failure> {
    let mut documents = Vec::new();
    for folder in FOLDERS {
        let names = names_in(&root.join(folder))?;
        documents.extend(
            names.iter().filter(|name| name.ends_with(".md")).map(|name| Path::new(folder).join(name)),
        );
    }
    Ok(documents)
}

fn names_in(folder: &Path) -> Result<Vec<String>, Failure> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder).map_err(Failure::file("listed", folder))? {
        let entry = entry.map_err(Failure::file("listed", folder))?;
        names.push(entry.file_name().to_string_lossy().into_owned());
    }
    names.sort();
    Ok(names)
}

/// What a document links to or shows, but for other places of itself and addresses elsewhere.
fn targets(text: &str) -> Vec<String> {
    let events = Parser::new(text).filter_map(|event| match event {
        Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => {
            Some(dest_url.into_string())
        }
        _ => None,
    });
    let files = events.map(|target| target.split('#').next().unwrap_or_default().to_owned());
    files.filter(|file| !file.is_empty() && !file.contains(':')).collect()
}

/// What `target` means in `document`, without the `..` in between.
fn within(document: &Path, target: &str) -> PathBuf {
    let mut path = document.parent().unwrap_or(Path::new("")).to_owned();
    for part in Path::new(target).components() {
        match part {
            Component::ParentDir => {
                path.pop();
            }
            Component::CurDir => {}
            part => path.push(part),
        }
    }
    path
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::{PICTURES, check, targets, within};
    use crate::package::release;

    #[test]
    fn links_and_pictures_are_found_and_code_and_addresses_are_not() {
        let text = "![one](docs/pictures/one.png \"with a title\") and [two](two.md#place), [three][3]\n\n\
                    `![no](no.png)` [no](https://example.org/no.md) [no](#no) [no](mailto:no@example.org)\n\n\
                    ```\n![no](no.png)\n```\n\n[3]: ../three.md\n";
        assert_eq!(targets(text), ["docs/pictures/one.png", "two.md", "../three.md"]);
    }

    #[test]
    fn what_a_document_names_is_looked_for_from_its_own_folder() {
        assert_eq!(within(Path::new("README.md"), "docs/a.md"), Path::new("docs/a.md"));
        assert_eq!(within(Path::new("docs/a.md"), "../book/LICENSE.md"), Path::new("book/LICENSE.md"));
        assert_eq!(within(Path::new("docs/a.md"), "./b.md"), Path::new("docs/b.md"));
    }

    #[test]
    fn what_is_missing_unshown_or_heavy_is_told_and_what_is_in_order_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        let write = |name: &str, bytes: &[u8]| fs::write(root.join(name), bytes).unwrap();
        fs::create_dir_all(root.join(PICTURES)).unwrap();
        let names: Vec<String> =
            release::PICTURES.iter().map(|(name, _)| format!("{PICTURES}/{name}")).collect();
        for name in &names {
            write(name, b"a picture");
        }
        let shown: String = names.iter().map(|name| format!("![A picture]({name})\n")).collect();
        write("README.md", shown.as_bytes());
        write("docs/book.md", b"[The README](../README.md#for-students)");
        assert!(check(root).is_ok());

        write("docs/book.md", b"![gone](pictures/gone.png)");
        write("docs/pictures/more.png", &vec![0; 250_001]);
        fs::remove_file(root.join(&names[0])).unwrap();
        let told = check(root).unwrap_err().to_string();
        let told: Vec<&str> = told.lines().collect();
        let [shown_gone, gone, packaged_gone, unshown, heavy] = told[..] else { panic!("{told:?}") };
        assert!(shown_gone.starts_with(&format!("README.md names {}", names[0])), "{shown_gone}");
        assert!(gone.starts_with("docs/book.md names pictures/gone.png"), "{gone}");
        assert!(packaged_gone.starts_with("The metadata"), "{packaged_gone}");
        assert!(unshown.contains("more.png") && heavy.contains("250001 bytes"), "{unshown} {heavy}");
    }
}
