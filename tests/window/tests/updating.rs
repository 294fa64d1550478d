//! A Primer that updates itself, as an AppImage does, and its publisher.

use std::fs;
use std::path::{Path, PathBuf};

use minisign::KeyPair;
use primer_window_tests::{BEGINNER, Home, artifacts, primer};
use serde_json::json;
use sha2::{Digest, Sha256};
use tempfile::TempDir;

const OLD: &[u8] = b"the old program";
const NEW: &[u8] = b"the new program, as long as this";

pub async fn a_newer_primer_in_a_readers_own_place_is_found_fetched_and_put_in_place_of_the_old_one() {
    let pictures = artifacts();
    let publisher = Publisher::new();
    let appimage = publisher.file("Primer.AppImage");
    fs::write(&appimage, OLD).expect("a file can be written");
    let home = Home::new()
        .with_variable("PRIMER_UPDATE_KEY", publisher.key())
        .with_variable("APPDIR", Home::app_folder())
        .with_variable("APPIMAGE", &appimage);
    let stick = publisher.file("stick");
    fs::create_dir(&stick).expect("a folder can be made");

    let window = home.open().await;
    window.first_start("Ines", &BEGINNER, None).await;
    primer(&home, &["remote", "add", "folder", text(&stick)]);
    window.you().await;
    window.see("[data-test=update-sentence]").await;
    if window.text("[data-test=update-sentence]").await.contains("can't update itself") {
        // Built for release, as the deb that is tried: no key can be given to it.
        println!("skipped: updates in the window; this build takes them from nobody");
        return window.close().await;
    }
    window.see("[data-test=updates-by-itself] input:not(:checked)").await;
    assert!(window.text("[data-test=update-sentence]").await.contains("Nobody has looked for updates yet."));
    window.click("[data-test=look-for-update]").await;
    window.see("[data-test=updates] [role=alert]").await;
    window
        .look_at_large_and_dark(&pictures, "[data-test=updates] [role=alert]", "80-updates-nothing-there")
        .await;

    publisher.publish(&home, "9.0.0", NEW, &stick);
    window.click("[data-test=look-for-update]").await;
    window.see("[data-test=install-update]").await;
    assert!(window.text("[data-test=update-sentence]").await.contains("Version 9.0.0 is there."));
    window.click("[data-test=updates] summary").await;
    let notes =
        "return document.querySelector('[data-test=updates] .notes').innerText === 'What is new in 9.0.0.'";
    window.come_true("its notes are shown", notes).await;
    window.look_at_large_and_dark(&pictures, "[data-test=install-update]", "81-updates-offer").await;

    // Somebody who may write there exchanges the program.
    let piece = one_file(&stick.join("updates/objects"));
    fs::write(&piece, b"the bad program, as long as that").expect("a file can be written");
    window.click("[data-test=install-update]").await;
    window.see("[data-test=updates] [role=alert]").await;
    assert_eq!(fs::read(&appimage).expect("it is there"), OLD);
    window.look_at_large_and_dark(&pictures, "[data-test=updates] [role=alert]", "82-updates-refused").await;
    fs::write(&piece, NEW).expect("a file can be written");
    window.click("[data-test=install-update]").await;
    let installed = "return document.querySelector('[data-test=update-sentence]').innerText.includes('Version 9.0.0 is installed')";
    window.come_true("it is installed", installed).await;
    assert_eq!(fs::read(&appimage).expect("it is there"), NEW);
    window.look_at_large_and_dark(&pictures, "[data-test=update-sentence]", "83-updates-installed").await;

    window.click("[data-test=updates-by-itself] label").await;
    window.see("[data-test=updates-by-itself] input:checked").await;
    window.close().await;
    let window = home.open().await;
    window.you().await;
    window.see("[data-test=updates-by-itself] input:checked").await;
    window.close().await;
}

struct Publisher {
    folder: TempDir,
    keys: KeyPair,
}

impl Publisher {
    fn new() -> Publisher {
        let folder = TempDir::with_prefix("primer-publisher-").expect("a temporary folder can be made");
        Publisher { folder, keys: KeyPair::generate_unencrypted_keypair().expect("a key can be made") }
    }

    fn key(&self) -> String {
        self.keys.pk.to_box().expect("a key can be written").into_string()
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Into a reader's place, with the command line.
    fn publish(&self, home: &Home, version: &str, package: &[u8], to: &Path) {
        let digest: String = Sha256::digest(package).iter().map(|byte| format!("{byte:02x}")).collect();
        let target = format!("linux-{}-appimage", std::env::consts::ARCH);
        let manifest = json!({
            "format": 1,
            "product": "org.primer.desktop",
            "version": version,
            "published_at": "2026-01-01T00:00:00.000Z",
            "notes": format!("What is new in {version}."),
            "packages": {target: {"url": "Primer.AppImage", "len_bytes": package.len(), "sha256": digest}},
        });
        let manifest = manifest.to_string();
        let signature = minisign::sign(None, &self.keys.sk, manifest.as_bytes(), None, None);
        let signature = signature.expect("it can be signed").into_string();
        let release = self.file(version);
        fs::create_dir(&release).expect("a folder can be made");
        for (name, bytes) in [
            ("manifest.json", manifest.as_bytes()),
            ("manifest.json.minisig", signature.as_bytes()),
            ("Primer.AppImage", package),
        ] {
            fs::write(release.join(name), bytes).expect("a file can be written");
        }
        primer(home, &["update", "publish", text(&release), "folder", text(to)]);
    }
}

fn text(path: &Path) -> &str {
    path.to_str().expect("a path that is text")
}

/// The only file below a folder.
fn one_file(folder: &Path) -> PathBuf {
    let mut entries = fs::read_dir(folder).expect("the folder is there");
    let path = entries.next().expect("something is in it").expect("it can be read").path();
    if path.is_dir() { one_file(&path) } else { path }
}
