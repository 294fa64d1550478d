//! The look at rows and files when the program starts: it puts right what differs and loses nothing.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::Ordering;

use primer_domain::freshness::Freshness;
use primer_domain::ids::{TextDigest, UserId};
use primer_domain::storage_path::StoragePath;
use primer_engine::cache::Tidied;

use crate::world::{database, folders, python};
use crate::{Computer, answer, assert_visit, listed, reader};

fn after_a_first_visit() -> (Computer, UserId, StoragePath) {
    let computer = Computer::new();
    let engine = computer.start();
    let user = reader(&engine, "Mara", python("none"));
    let visit = assert_visit(&engine, user, 1, Freshness::Missing, true);
    (computer, user, visit.path)
}

fn tidied(computer: &Computer) -> Tidied {
    computer.start().tidy().unwrap()
}

#[test]
fn a_start_looks_through_the_files_only_after_a_bad_end_or_a_week() {
    let (computer, _, _) = after_a_first_visit();
    let looks = |computer: &Computer| computer.start().tidy_if_due().unwrap().is_some();
    let later = |days: i64| computer.clock.fetch_add(days * 24 * 3600 * 1000, Ordering::SeqCst);
    assert!(looks(&computer), "nobody has looked yet");
    assert!(looks(&computer), "the program before was killed");
    computer.start().note_good_end().unwrap();
    later(6);
    assert!(!looks(&computer), "all is in order");
    assert!(looks(&computer), "the program before was killed");
    computer.start().note_good_end().unwrap();
    later(7);
    assert!(looks(&computer), "it is a week ago");
    computer.start().note_good_end().unwrap();
    later(-400);
    assert!(looks(&computer), "a clock that stood wrong puts nothing off");
}

fn write(file: &Path, bytes: &[u8]) {
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    fs::write(file, bytes).unwrap();
}

#[test]
fn a_folder_in_order_is_left_as_it_is() {
    let (computer, _, _) = after_a_first_visit();
    let before = folders::digests(&computer.blobs());
    assert_eq!(tidied(&computer), Tidied::default());
    assert_eq!(folders::digests(&computer.blobs()), before);
}

#[test]
fn what_a_stopped_program_left_half_written_is_removed() {
    let (computer, user, path) = after_a_first_visit();
    let temporary = computer.blobs().join(path.to_string()).with_extension("md.tmp");
    write(&temporary, b"half a te");
    write(&computer.blobs().join("users/left.tmp"), b"");
    assert_eq!(tidied(&computer), Tidied { temporary: 2, ..Tidied::default() });
    assert!(folders::temporary(&computer.data()).is_empty());
    assert_visit(&computer.start(), user, 1, Freshness::Fresh, false);
}

#[test]
fn a_whole_text_whose_row_was_lost_is_accounted_for_and_gets_its_row_back_on_the_visit() {
    let (computer, user, path) = after_a_first_visit();
    let connection = database::open(&computer.data());
    connection.execute_batch("DELETE FROM personalized_chapters; DELETE FROM stored_texts;").unwrap();
    let before = folders::digests(&computer.blobs());
    assert_eq!(tidied(&computer), Tidied { adopted: 1, ..Tidied::default() });
    assert_eq!(tidied(&computer), Tidied::default());
    // Which book it is of is not known, so it is not simply opened: a visit would write the same, and finds it there.
    let engine = computer.start();
    assert_eq!(engine.stored_texts().unwrap().len(), 1, "the quota counts it");
    assert_visit(&engine, user, 1, Freshness::Missing, true);
    assert_visit(&engine, user, 1, Freshness::Fresh, false);
    assert_eq!(database::rows(&computer.data())[0].storage_path, path.to_string());
    assert_eq!(folders::digests(&computer.blobs()), before);
}

#[test]
fn an_orphan_of_another_book_is_never_shown_as_a_chapter_of_this_one() {
    let computer = Computer::new();
    let other = crate::world::BookOnDisk::another(&computer.folder.path().join("other"), "other-book");
    let engine = computer.start_with(&other.folder);
    let user = reader(&engine, "Nils", python("none"));
    crate::visit(&engine, user, 1);
    drop(engine);
    let connection = database::open(&computer.data());
    connection.execute_batch("DELETE FROM personalized_chapters; DELETE FROM stored_texts;").unwrap();
    assert_eq!(tidied(&computer), Tidied { adopted: 1, ..Tidied::default() });
    let visit = crate::visit(&computer.start(), user, 1);
    assert!(!visit.markdown.contains("the other book"), "{}", visit.markdown);
}

#[test]
fn an_orphan_does_not_replace_the_row_that_the_reader_has() {
    let (computer, user, path) = after_a_first_visit();
    let bytes = b"# Another text of the same chapter\n";
    let orphan = StoragePath { digest: TextDigest::of(bytes).prefix(), ..path };
    write(&computer.blobs().join(orphan.to_string()), bytes);
    let before = database::rows(&computer.data());
    assert_eq!(tidied(&computer), Tidied { adopted: 1, ..Tidied::default() });
    assert_eq!(database::rows(&computer.data()), before);
    assert_eq!(assert_visit(&computer.start(), user, 1, Freshness::Fresh, false).path, path);
}

#[test]
fn what_is_not_a_text_of_primers_is_set_aside_and_not_deleted() {
    let (computer, _, path) = after_a_first_visit();
    let of_nobody =
        path.to_string().replace(&path.user_id.to_string(), "0192f0c1-2345-7abc-8def-0123456789ab");
    let whole = fs::read(computer.blobs().join(path.to_string())).unwrap();
    let foreign: [(&str, Vec<u8>); 5] = [
        ("notes.txt", b"a note somebody put here".to_vec()),
        ("users/holiday.jpg", b"a picture".to_vec()),
        (&path.to_string().replace("/1/", "/01/"), whole.clone()),
        (
            &path.to_string().replace(&path.digest.to_string(), "0123456789abcdef"),
            b"not what its name says".to_vec(),
        ),
        (&of_nobody, whole),
    ];
    for (name, bytes) in &foreign {
        write(&computer.blobs().join(name), bytes);
    }
    assert_eq!(tidied(&computer), Tidied { set_aside: 5, ..Tidied::default() });
    assert_eq!(folders::files(&computer.blobs()).into_keys().collect::<Vec<_>>(), [path.to_string()]);
    let mut expected: Vec<Vec<u8>> = foreign.into_iter().map(|(_, bytes)| bytes).collect();
    let mut kept = folders::quarantine(&computer.data());
    expected.sort();
    kept.sort();
    assert_eq!(kept, expected);
}

#[test]
fn a_link_out_of_the_folder_is_set_aside_and_what_it_points_to_stays() {
    let (computer, _, path) = after_a_first_visit();
    let precious = computer.folder.path().join("precious.md");
    fs::write(&precious, "outside").unwrap();
    let link = path.to_string().replace(&path.digest.to_string(), "0123456789abcdef");
    std::os::unix::fs::symlink(&precious, computer.blobs().join(&link)).unwrap();
    assert_eq!(tidied(&computer), Tidied { set_aside: 1, ..Tidied::default() });
    assert_eq!(fs::read_to_string(precious).unwrap(), "outside");
}

#[test]
fn a_row_without_its_file_is_counted_and_healed_on_the_visit() {
    let (computer, user, path) = after_a_first_visit();
    fs::remove_file(computer.blobs().join(path.to_string())).unwrap();
    assert_eq!(tidied(&computer), Tidied { missing: 1, ..Tidied::default() });
    let engine = computer.start();
    assert_eq!(listed(&engine, user, 1), "damaged");
    assert_visit(&engine, user, 1, Freshness::Damaged, true);
    assert_eq!(tidied(&computer), Tidied::default());
}

#[test]
fn a_known_file_of_another_length_is_counted_and_healed_on_the_visit() {
    let (computer, user, path) = after_a_first_visit();
    fs::write(computer.blobs().join(path.to_string()), "short").unwrap();
    assert_eq!(tidied(&computer), Tidied { missing: 1, ..Tidied::default() });
    assert_visit(&computer.start(), user, 1, Freshness::Damaged, true);
    assert_eq!(folders::quarantine(&computer.data()), [b"short"]);
}

#[test]
fn tidying_does_not_read_the_files_it_knows_and_verifying_does() {
    let (computer, _, path) = after_a_first_visit();
    let file = computer.blobs().join(path.to_string());
    let garbage = vec![b'#'; fs::read(&file).unwrap().len()];
    fs::write(&file, &garbage).unwrap();
    assert_eq!(tidied(&computer), Tidied::default(), "the same length is all that was looked at");
    let verified = computer.start().verify().unwrap();
    assert_eq!((verified.checked, verified.damaged), (1, vec![path.to_string()]));
    assert_eq!(folders::quarantine(&computer.data()), [garbage]);
}

#[test]
fn a_pipe_with_the_name_of_a_text_does_not_stop_the_start() {
    let (computer, user, path) = after_a_first_visit();
    let file = computer.blobs().join(path.to_string());
    fs::remove_file(&file).unwrap();
    // Whoever opens it to read would wait for ever.
    assert!(Command::new("mkfifo").arg(&file).status().unwrap().success());
    assert_eq!(tidied(&computer), Tidied { set_aside: 1, missing: 1, ..Tidied::default() });
    assert_visit(&computer.start(), user, 1, Freshness::Damaged, true);
    // Nor does it stop a visit that comes before any tidying.
    fs::remove_file(&file).unwrap();
    assert!(Command::new("mkfifo").arg(&file).status().unwrap().success());
    assert_visit(&computer.start(), user, 1, Freshness::Damaged, true);
}

#[test]
fn while_another_program_writes_nothing_is_tidied() {
    let (computer, _, path) = after_a_first_visit();
    let temporary = computer.blobs().join(path.to_string()).with_extension("md.tmp");
    write(&temporary, b"being written");
    let writing = primer_engine::blobs::Blobs::open(&computer.data()).unwrap();
    let alone = writing.write_alone().unwrap();
    assert_eq!(tidied(&computer), Tidied { postponed: true, ..Tidied::default() });
    assert!(temporary.exists());
    drop(alone);
    assert_eq!(tidied(&computer), Tidied { temporary: 1, ..Tidied::default() });
}

#[test]
fn verifying_names_every_damaged_and_every_missing_text() {
    let (computer, user, first) = after_a_first_visit();
    let engine = computer.start();
    let mut paths = vec![first];
    for level in ["beginner", "intermediate", "advanced"] {
        answer(&engine, user, python(level));
        paths.push(crate::visit(&engine, user, 1).path);
    }
    fs::write(computer.blobs().join(paths[1].to_string()), "x").unwrap();
    fs::remove_file(computer.blobs().join(paths[2].to_string())).unwrap();
    let verified = engine.verify().unwrap();
    assert_eq!(verified.checked, 4);
    assert_eq!(verified.damaged, [paths[1].to_string()]);
    assert_eq!(verified.missing, [paths[2].to_string()]);
    for (level, state, generated) in [
        ("none", Freshness::Fresh, false),
        ("beginner", Freshness::Damaged, true),
        ("intermediate", Freshness::Damaged, true),
        ("advanced", Freshness::Fresh, false),
    ] {
        answer(&engine, user, python(level));
        assert_visit(&engine, user, 1, state, generated);
    }
    let verified = engine.verify().unwrap();
    assert!(verified.damaged.is_empty() && verified.missing.is_empty());
}
