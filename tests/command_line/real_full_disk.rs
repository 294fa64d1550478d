//! A disk that is really full: two megabytes of memory, mounted where nobody else sees it.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::interposed::copy_of;
use crate::world::skipped::skipped;
use crate::world::{database, folders, is_sentence};
use crate::{Computer, PRIMER};

/// Runs the steps with a disk of its own at $DISK. None if this machine does not let one be mounted.
fn on_a_small_disk(computer: &Computer, results: &Path, steps: &str) -> Option<()> {
    let script = format!(
        "mount -t tmpfs -o size=2m tmpfs \"$DISK\" || exit 77\nset -e\ncp -r \"$BEFORE\" \"$DISK/data\"\nexport PRIMER_DATA=\"$DISK/data\"\n\
         keep() {{ cp -r \"$DISK/data\" \"$RESULTS/$1\"; }}\n\
         try() {{ name=$1; shift; set +e; \"$PRIMER\" \"$@\" >\"$RESULTS/$name.out\" 2>\"$RESULTS/$name.err\"; echo $? >\"$RESULTS/$name.code\"; set -e; }}\n\
         fill() {{ set +e; cat /dev/zero >\"$DISK/filler\" 2>/dev/null; set -e; }}\n{steps}"
    );
    let disk = computer.folder.path().join("disk");
    fs::create_dir(&disk).unwrap();
    let root = Command::new("id").arg("-u").output().unwrap().stdout == b"0\n";
    let namespaces: &[&str] = if root { &["-m"] } else { &["-r", "-m"] };
    let output = Command::new("unshare")
        .args(namespaces)
        .args(["sh", "-c", &script])
        .env("DISK", &disk)
        .env("BEFORE", computer.data())
        .env("RESULTS", results)
        .env("PRIMER", PRIMER)
        .env("PRIMER_BOOK", &computer.book.folder)
        .output();
    match output {
        Ok(output) if output.status.success() => Some(()),
        Ok(output) if output.status.code() == Some(77) || !results.join("first.code").exists() => {
            let said = String::from_utf8_lossy(&output.stderr);
            skipped(&format!("no disk can be mounted here ({})", said.trim()));
            None
        }
        Ok(output) => panic!("{}", String::from_utf8_lossy(&output.stderr)),
        Err(error) => {
            skipped(&format!("unshare can't be run here ({error})"));
            None
        }
    }
}

fn text(results: &Path, name: &str) -> String {
    fs::read_to_string(results.join(name)).unwrap()
}

#[test]
fn on_a_disk_that_is_full_a_chapter_is_read_and_stored_once_there_is_room_again() {
    let computer = Computer::with_reader("none");
    computer.json(&["chapter", "open", "1"]);
    computer.set_python("advanced");
    let before = copy_of(&computer.data());
    let results = tempfile::tempdir().unwrap();
    // All but half a megabyte is taken: less than Primer leaves free for everybody else.
    let steps = "head -c $(( $(df --output=avail -B1 \"$DISK\" | tail -1) - 524288 )) /dev/zero >\"$DISK/filler\"\n\
        try first chapter open 1\nkeep tight\n\
        fill\ntry full chapter open 1\nkeep full\ntry full_profile profile set \"$DISK/../background.json\"\ntry full_status status\n\
        rm \"$DISK/filler\"\ntry freed --json chapter open 1\nkeep freed";
    if on_a_small_disk(&computer, results.path(), steps).is_none() {
        return;
    }
    let old = database::rows(before.path());
    let old_files = folders::stored(before.path());

    assert_eq!(text(results.path(), "first.code"), "0\n", "{}", text(results.path(), "first.err"));
    assert!(text(results.path(), "first.out").contains("In one leap."));
    let said = text(results.path(), "first.err");
    assert!(
        said.contains("could not be stored") && said.contains("The disk is full") && is_sentence(&said),
        "{said}"
    );
    for stage in ["tight", "full"] {
        let data = results.path().join(stage);
        assert_eq!(folders::stored(&data), old_files, "{stage}");
        assert!(folders::temporary(&data).is_empty(), "{stage}");
        assert_eq!(database::rows(&data), old, "{stage}");
        assert_eq!(database::integrity(&data), "ok", "{stage}");
    }
    for run in ["full", "full_profile", "full_status"] {
        let (code, said) =
            (text(results.path(), &format!("{run}.code")), text(results.path(), &format!("{run}.err")));
        println!("{run}: {} {said}", code.trim());
        assert!(code == "0\n" || code == "1\n", "{run}: {code} {said}");
        assert!(said.is_empty() || is_sentence(&said), "{run}: {said}");
        assert!(
            code == "0\n" || said.to_lowercase().contains("full"),
            "{run}: says that the disk is full: {said}"
        );
    }
    assert_eq!(
        text(results.path(), "full.code"),
        "0\n",
        "the text is still shown: {}",
        text(results.path(), "full.err")
    );
    assert!(text(results.path(), "full.out").contains("In one leap."));

    let freed: serde_json::Value = serde_json::from_str(&text(results.path(), "freed.out")).unwrap();
    assert_eq!((&freed["generated"], &freed["notices"]), (&true.into(), &serde_json::json!([])));
    let data = results.path().join("freed");
    assert_eq!(database::rows(&data).len(), 2);
    assert_eq!(folders::stored(&data).len(), 2);
}
