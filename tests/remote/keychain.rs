//! The system's keychain: gnome-keyring on a session bus of the test's own, unlocked or locked; a bus that
//! says nothing; and no bus at all. Each test starts itself again in such a surrounding.

#![cfg(target_os = "linux")]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::process::Command;

use primer_engine::secrets::{SecretError, SecretPlace, Secrets};
use tempfile::TempDir;

use crate::skipped::skipped;

/// The data folder, set in the test program that was started again.
const DATA: &str = "PRIMER_TEST_SECRETS";

const SELF: &str = "exec \"$0\" --exact \"$1\"";
const UNLOCK: &str = "printf test-pw | gnome-keyring-daemon --unlock --components=secrets >/dev/null 2>&1";
const START_LOCKED: &str = "gnome-keyring-daemon --start --components=secrets >/dev/null 2>&1";

/// A home that only this test has.
struct Home {
    folder: TempDir,
}

impl Home {
    fn new() -> Home {
        let folder = tempfile::tempdir().unwrap();
        for part in ["data", "run", "share"] {
            fs::create_dir(folder.path().join(part)).unwrap();
        }
        fs::set_permissions(folder.path().join("run"), fs::Permissions::from_mode(0o700)).unwrap();
        Home { folder }
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// Starts this program again for one test, after `before`, on a bus of its own or with that address.
    fn run(&self, test: &str, before: &str, bus: Option<&str>) {
        let mut command = Command::new("timeout");
        command.arg("20");
        if bus.is_none() {
            command.args(["dbus-run-session", "--"]);
        }
        let script = format!("{before}\n{SELF}");
        command
            .args(["sh", "-c", &script])
            .arg(std::env::current_exe().unwrap())
            .arg(format!("keychain::{test}"));
        command.env(DATA, self.data()).env("HOME", self.folder.path());
        command.env("XDG_DATA_HOME", self.folder.path().join("share"));
        command.env("XDG_RUNTIME_DIR", self.folder.path().join("run"));
        command.env_remove("DISPLAY").env_remove("WAYLAND_DISPLAY");
        if let Some(address) = bus {
            command.env("DBUS_SESSION_BUS_ADDRESS", address);
        }
        let output = command.output().unwrap();
        let (out, errors) =
            (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success() && out.contains("1 passed"), "{}\n{out}\n{errors}", output.status);
    }
}

/// Some in the program that was started again.
fn inside() -> Option<PathBuf> {
    std::env::var_os(DATA).map(PathBuf::from)
}

fn has_gnome_keyring() -> bool {
    let has = Path::new("/usr/bin/gnome-keyring-daemon").exists();
    if !has {
        skipped("there is no gnome-keyring");
    }
    has
}

fn get(secrets: &Secrets, name: &str) -> Option<String> {
    secrets.get(name).unwrap().map(|secret| secret.expose().to_owned())
}

#[test]
fn secrets_go_to_the_keychain_and_leave_the_file() {
    let Some(data) = inside() else {
        if has_gnome_keyring() {
            Home::new().run("secrets_go_to_the_keychain_and_leave_the_file", UNLOCK, None);
        }
        return;
    };
    let file = data.join("secrets.json");
    Secrets::open(&data, false).set("old", "in the file").unwrap();
    let secrets = Secrets::open(&data, true);
    assert_eq!(secrets.place(), SecretPlace::File(file.clone()));
    // What was once in the file is still found there, beside what is not.
    assert_eq!(secrets.set("new", "hush ä\n").unwrap(), SecretPlace::Keychain);
    assert_eq!(
        (get(&secrets, "old").as_deref(), get(&secrets, "new").as_deref()),
        (Some("in the file"), Some("hush ä\n"))
    );
    assert!(!fs::read_to_string(&file).unwrap().contains("hush"));
    assert_eq!(secrets.set("old", "newer").unwrap(), SecretPlace::Keychain);
    assert!(!file.exists());
    let again = Secrets::open(&data, true);
    assert_eq!((again.place(), get(&again, "old").as_deref()), (SecretPlace::Keychain, Some("newer")));
    again.set("old", "newest").unwrap();
    assert_eq!(get(&secrets, "old").as_deref(), Some("newest"));
    // Another data folder has other secrets.
    assert_eq!(get(&Secrets::open(&data.join("other"), true), "old"), None);
    secrets.remove("old").unwrap();
    secrets.remove("old").unwrap();
    assert_eq!((get(&again, "old"), get(&again, "new").as_deref()), (None, Some("hush ä\n")));
}

#[test]
fn a_locked_keychain_is_said_and_new_secrets_go_to_the_file() {
    let Some(data) = inside() else {
        if has_gnome_keyring() {
            let (home, test) = (Home::new(), "a_locked_keychain_is_said_and_new_secrets_go_to_the_file");
            home.run(test, UNLOCK, None);
            home.run(test, START_LOCKED, None);
        }
        return;
    };
    let (secrets, first) = (Secrets::open(&data, true), data.join("first"));
    if !first.exists() {
        assert_eq!(secrets.set("bucket", "in the keychain").unwrap(), SecretPlace::Keychain);
        return fs::write(first, "").unwrap();
    }
    let error = secrets.get("bucket").unwrap_err();
    assert!(matches!(error, SecretError::Locked | SecretError::Silent), "{error:?}");
    let file = SecretPlace::File(data.join("secrets.json"));
    assert_eq!(secrets.set("bucket", "in the file").unwrap(), file);
    assert_eq!((get(&secrets, "bucket").as_deref(), secrets.place()), (Some("in the file"), file));
}

#[test]
fn a_bus_that_says_nothing_holds_nobody_up() {
    let Some(data) = inside() else {
        let home = Home::new();
        let socket = home.folder.path().join("bus");
        // Takes connections and never answers.
        let _listener = UnixListener::bind(&socket).unwrap();
        return home.run(
            "a_bus_that_says_nothing_holds_nobody_up",
            ":",
            Some(&format!("unix:path={}", socket.display())),
        );
    };
    let secrets = Secrets::open(&data, true);
    assert!(matches!(secrets.get("bucket").unwrap_err(), SecretError::Silent));
    let file = SecretPlace::File(data.join("secrets.json"));
    // Ten more that waited would take longer than the test may.
    for _ in 0..10 {
        assert_eq!(secrets.set("bucket", "secret").unwrap(), file);
        assert_eq!(get(&secrets, "bucket").as_deref(), Some("secret"));
    }
    assert_eq!(secrets.place(), file);
}

#[test]
fn without_a_bus_secrets_are_kept_in_the_file() {
    let Some(data) = inside() else {
        return Home::new().run(
            "without_a_bus_secrets_are_kept_in_the_file",
            ":",
            Some("unix:path=/nowhere/bus"),
        );
    };
    let (secrets, file) = (Secrets::open(&data, true), SecretPlace::File(data.join("secrets.json")));
    assert_eq!((get(&secrets, "bucket"), secrets.place()), (None, file.clone()));
    assert_eq!(secrets.set("bucket", "secret").unwrap(), file);
    assert_eq!(get(&secrets, "bucket").as_deref(), Some("secret"));
    secrets.remove("bucket").unwrap();
    assert_eq!(get(&secrets, "bucket"), None);
}
