//! A program that panics leaves a report without a word of its reader's. Alone in its process: a panic's hook is of all of it.

#![allow(clippy::unwrap_used, reason = "a test that finds nothing where something must be has failed")]

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::thread;

use primer_domain::timestamp::Timestamp;
use primer_engine::{crashes, log};

fn reports(data: &Path) -> Vec<String> {
    let entries = fs::read_dir(data.join("crashes")).into_iter().flatten();
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    files.retain(|file| file.extension().is_some_and(|ending| ending == "txt"));
    files.sort();
    files.iter().map(|file| fs::read_to_string(file).unwrap()).collect()
}

#[test]
fn a_panic_leaves_its_place_and_a_literal_message_and_nothing_that_was_put_into_one() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data of Ottoline");
    let seconds = Arc::new(AtomicI64::new(0));
    let clock = Arc::new(move || {
        Timestamp::from_unix_ms(1_767_225_600_000 + seconds.fetch_add(1000, Ordering::SeqCst))
    });
    log::begin(&data, clock.clone());
    crashes::watch(&data, "primer-test", clock);

    let named = |name: &str| thread::Builder::new().name(name.to_owned());
    named("sync").spawn(|| panic!("a literal of the source")).unwrap().join().unwrap_err();
    let note = "Ottoline's note".to_owned();
    named("rewriting").spawn(move || panic!("could not keep {note}")).unwrap().join().unwrap_err();
    let missing = folder.path().join("letter of Ottoline");
    thread::spawn(move || fs::read(&missing).map_err(|error| format!("{missing:?}: {error}")).unwrap())
        .join()
        .unwrap_err();

    let reports = reports(&data);
    assert_eq!(reports.len(), 3);
    for report in &reports {
        assert!(!report.to_lowercase().contains("ottoline"), "{report}");
        assert!(report.starts_with(concat!("Primer ", env!("CARGO_PKG_VERSION"), ", primer-test\n")));
        assert!(report.contains("tests/crash/main.rs:"), "{report}");
        assert!(report.contains(std::env::consts::OS) && report.contains("Time:    2026-01-01T00:00:"));
    }
    assert!(
        reports[0].contains("Thread:  sync\n") && reports[0].contains("Message: a literal of the source\n")
    );
    assert!(reports[1].contains("Thread:  rewriting\n") && reports[1].contains("Message: left out"));
    assert!(reports[2].contains("Message: left out"));

    // Another thread took only its own work with it.
    let offered = crashes::newest_to_offer(&data).unwrap().unwrap();
    assert_eq!((&offered.text, offered.program_went_on), (&reports[2], true));
    let log = fs::read_to_string(data.join("logs/primer.log")).unwrap();
    assert_eq!(log.matches("ERROR panicked").count(), 3);
    assert!(!log.to_lowercase().contains("ottoline"), "{log}");
}
