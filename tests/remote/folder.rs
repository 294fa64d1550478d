//! What only a folder does: it may be unplugged, protected, full, or hold what others put there.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::Duration;

use primer_engine::remote::{Location, Remote, RemoteFault, Verb};
use tempfile::TempDir;

use crate::skipped::skipped;
use crate::{LIMIT_BYTES, clock, error, fault};

fn connect(path: &Path, prefix: &str) -> Remote {
    let location = Location::Folder { path: path.to_owned(), prefix: prefix.to_owned() };
    Remote::connect(&location, None, clock()).unwrap()
}

/// Gone when the first is dropped. Objects lie under a prefix of two levels.
pub fn fresh() -> (TempDir, Remote) {
    let folder = tempfile::tempdir().unwrap();
    let remote = connect(folder.path(), "/tests/Of-2026/");
    (folder, remote)
}

async fn assert_every_operation_says(remote: &Remote, expected: &RemoteFault) {
    assert_eq!(&fault(remote.list("users/").await), expected);
    assert_eq!(&fault(remote.get("users/a", LIMIT_BYTES).await), expected);
    assert_eq!(&fault(remote.put("users/a", b"x").await), expected);
    assert_eq!(&fault(remote.delete("users/a").await), expected);
}

#[tokio::test]
async fn a_stick_that_is_not_plugged_in_is_never_empty_and_never_made() {
    let folder = tempfile::tempdir().unwrap();
    let stick = folder.path().join("STICK");
    for prefix in ["", "course"] {
        let remote = connect(&stick, prefix);
        assert_every_operation_says(&remote, &RemoteFault::FolderMissing).await;
        let error = error(remote.list("").await);
        assert_eq!(error.words().sentence, format!("The folder {} is not there.", stick.display()));
        assert!(!stick.exists());
        // Plugged in, the same remote works.
        fs::create_dir(&stick).unwrap();
        assert_eq!(remote.list("").await.unwrap(), []);
        remote.put("users/a", b"x").await.unwrap();
        fs::rename(&stick, folder.path().join(format!("pulled-out-{prefix}"))).unwrap();
        assert_every_operation_says(&remote, &RemoteFault::FolderMissing).await;
    }
    fs::write(&stick, "a file").unwrap();
    assert_every_operation_says(&connect(&stick, ""), &RemoteFault::FolderMissing).await;
}

/// A folder that even root can't write to.
fn protected() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("protected");
    fs::create_dir(&path).unwrap();
    let mut permissions = fs::metadata(&path).unwrap().permissions();
    permissions.set_readonly(true);
    fs::set_permissions(&path, permissions).unwrap();
    let holds = File::create(path.join("probe")).is_err();
    (folder, if holds { path } else { PathBuf::from("/sys/kernel") })
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_write_protected_folder_says_so_when_something_is_written() {
    let (_folder, path) = protected();
    let remote = connect(&path, "course");
    assert_eq!(remote.list("").await.unwrap(), []);
    assert_eq!(remote.get("users/a", LIMIT_BYTES).await.unwrap(), None);
    remote.delete("users/a").await.unwrap();
    let error = error(remote.put("users/a", b"x").await);
    assert_eq!((&error.fault, error.is_transient()), (&RemoteFault::FolderReadOnly, false));
    assert_eq!(error.words().sentence, format!("Nothing can be written to the folder {}.", path.display()));
}

#[cfg(unix)]
#[tokio::test]
async fn no_link_is_followed_out_of_the_folder() {
    let (folder, outside) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    fs::write(outside.path().join("private"), "private").unwrap();
    let link =
        |target: &Path, name: &str| std::os::unix::fs::symlink(target, folder.path().join(name)).unwrap();
    link(outside.path(), "users");
    link(&outside.path().join("private"), "file");
    link(&outside.path().join("not-there"), "dangling");
    let remote = connect(folder.path(), "");
    assert_eq!(remote.list("").await.unwrap(), []);
    for key in ["users/private", "file", "dangling", "users/new"] {
        assert_eq!(fault(remote.get(key, LIMIT_BYTES).await), RemoteFault::FolderFailed, "{key}");
        assert_eq!(fault(remote.delete(key).await), RemoteFault::FolderFailed, "{key}");
    }
    assert_eq!(fault(remote.list("users/").await), RemoteFault::FolderFailed);
    assert_eq!(fault(remote.put("users/new", b"x").await), RemoteFault::FolderFailed);
    // A file is put in the place of the link, not into what it points to.
    remote.put("file", b"ours").await.unwrap();
    assert_eq!(fs::read_to_string(outside.path().join("private")).unwrap(), "private");
    assert_eq!(fs::read_dir(outside.path()).unwrap().count(), 1);
    // The folder itself may be a link: that is the reader's own choice.
    link(outside.path(), "chosen");
    assert_eq!(connect(&folder.path().join("chosen"), "").list("").await.unwrap().len(), 1);
}

#[tokio::test]
async fn what_others_put_there_is_left_out_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let remote = connect(folder.path(), "");
    remote.put("users/a.json", b"x").await.unwrap();
    let others = [
        "users/.DS_Store",
        "users/Desktop.ini",
        "users/a copy.json",
        "users/ä.json",
        "users/.git/config",
        "Photos/1.jpg",
        "users/._a.json",
    ];
    for name in others {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, "theirs").unwrap();
    }
    let keys: Vec<String> = remote.list("").await.unwrap().into_iter().map(|listed| listed.key).collect();
    assert_eq!(keys, ["users/a.json"]);
    assert!(others.iter().all(|name| folder.path().join(name).exists()));
}

#[tokio::test]
async fn what_an_interrupted_write_left_is_neither_listed_nor_kept_for_ever() {
    let folder = tempfile::tempdir().unwrap();
    let remote = connect(folder.path(), "");
    remote.put("users/a.json", b"x").await.unwrap();
    let (old, new) =
        (folder.path().join("users/.a.json.7-0.primer-tmp"), folder.path().join("users/.b.7-1.primer-tmp"));
    fs::write(&old, "half").unwrap();
    fs::write(&new, "half").unwrap();
    let written = fs::metadata(&old).unwrap().modified().unwrap();
    File::options()
        .write(true)
        .open(&old)
        .unwrap()
        .set_modified(written - Duration::from_secs(25 * 3_600))
        .unwrap();
    assert_eq!(remote.list("users/").await.unwrap().len(), 1);
    assert!(!old.exists() && new.exists());
    let names: Vec<_> =
        fs::read_dir(folder.path().join("users")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names.len(), 2, "{names:?}");
}

#[tokio::test]
async fn a_folder_in_the_place_of_an_object_is_said_and_nothing_is_lost() {
    let (_folder, remote) = fresh();
    remote.put("users/a/b", b"x").await.unwrap();
    assert_eq!(fault(remote.put("users/a", b"y").await), RemoteFault::FolderFailed);
    assert_eq!(fault(remote.put("users/a/b/c", b"y").await), RemoteFault::FolderFailed);
    let listed = remote.list("").await.unwrap();
    assert_eq!(listed.iter().map(|listed| listed.key.as_str()).collect::<Vec<_>>(), ["users/a/b"]);
}

#[test]
fn a_path_that_depends_on_where_primer_was_started_is_refused() {
    for (path, prefix) in [("stick", ""), ("", ""), ("/media/stick", "../other"), ("/media/stick", "a b")] {
        let location = Location::Folder { path: path.into(), prefix: prefix.into() };
        let refused = error(Remote::connect(&location, None, clock()));
        assert_eq!(refused.fault, RemoteFault::BadAddress, "{path} {prefix}");
    }
}

/// In a mount namespace of its own, where a stick of 64 kB is plugged in at `PRIMER_TEST_STICK`.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_full_stick_says_so_and_keeps_what_was_there() {
    let Some(stick) = std::env::var_os("PRIMER_TEST_STICK").map(PathBuf::from) else {
        return on_a_small_stick("folder::a_full_stick_says_so_and_keeps_what_was_there");
    };
    let remote = connect(&stick, "");
    remote.put("users/a", &[1; 20_000]).await.unwrap();
    let refused = error(remote.put("users/a", &[2; 60_000]).await);
    assert_eq!(refused.fault, RemoteFault::FolderFull);
    assert!(refused.words().sentence.starts_with("There is no room left in"), "{refused}");
    assert_eq!(remote.get("users/a", LIMIT_BYTES).await.unwrap().unwrap().bytes, [1; 20_000]);
    let left: Vec<_> =
        fs::read_dir(stick.join("users")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left, ["a"]);
    remote.put("users/a", &[3; 20_000]).await.unwrap();
}

#[cfg(target_os = "linux")]
fn on_a_small_stick(test: &str) {
    let folder = tempfile::tempdir().unwrap();
    let script =
        "mount -t tmpfs -o size=64k tmpfs \"$PRIMER_TEST_STICK\" || exit 77; exec \"$0\" --exact \"$1\"";
    let is_root = std::process::Command::new("id").arg("-u").output().unwrap().stdout == b"0\n";
    let spaces: &[&str] = if is_root { &["-m"] } else { &["-r", "-m"] };
    let output = std::process::Command::new("unshare")
        .args(spaces)
        .args(["sh", "-c", script])
        .arg(std::env::current_exe().unwrap())
        .arg(test)
        .env("PRIMER_TEST_STICK", folder.path())
        .output();
    match output {
        Ok(output) if output.status.success() => {
            assert!(String::from_utf8_lossy(&output.stdout).contains("1 passed"));
        }
        Ok(output) if String::from_utf8_lossy(&output.stdout).contains("running 1 test") => {
            panic!("{}", String::from_utf8_lossy(&output.stdout))
        }
        refused => skipped(&format!("no disk can be mounted here ({refused:?})")),
    }
}

#[test]
fn what_may_not_be_read_is_said_with_its_verb() {
    let words = RemoteFault::NoPermission { to: Verb::Read }
        .words(&Location::Folder { path: "/media/stick".into(), prefix: String::new() }.place(), "");
    assert_eq!(words.sentence, "You are not allowed to read in the folder /media/stick.");
}
