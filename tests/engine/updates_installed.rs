//! Installing what was found: in its place whole, or not at all.

use std::fs;
use std::io;
use std::sync::{Arc, Mutex};
use std::thread;

use primer_engine::Engine;
use primer_engine::api::{ApiError, ErrorCode};
use primer_engine::bookshelf::BookSource;
use primer_engine::env::Step;
use serde_json::{Value, json};

use crate::publisher::{PACKAGE, SIGNATURE};
use crate::updates::{Desk, look, status};
use crate::web_server::Answer;
use crate::world::is_sentence;
use crate::{call, refused};

fn install_refused(engine: &Engine, code: ErrorCode) -> ApiError {
    let error = refused(engine, "install_update", json!({}));
    assert_eq!(error.code, code, "{error}");
    assert!(is_sentence(&error.message) && is_sentence(&error.hint), "{error}");
    error
}

#[test]
fn the_new_program_takes_the_place_of_the_old_one_with_its_permissions_and_starts_with_the_next_start() {
    let desk = Desk::new();
    let package: Vec<u8> = (0..300_000_u32).map(|number| number as u8).collect();
    desk.publish("0.2.0", &package);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(desk.appimage(), fs::Permissions::from_mode(0o750)).unwrap();
    }
    let engine = desk.start("0.1.0");
    install_refused(&engine, ErrorCode::UpdateFailed);
    look(&engine);
    let view = call(&engine, "install_update", json!({}));
    assert_eq!(view["sentence"], "Version 0.2.0 is installed; it starts with the next start.");
    assert_eq!((&view["offer"], &view["progress"]), (&Value::Null, &Value::Null));
    assert_eq!(fs::read(desk.appimage()).unwrap(), package);
    assert_eq!(fs::read_dir(desk.folder()).unwrap().count(), 1);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(fs::metadata(desk.appimage()).unwrap().permissions().mode() & 0o777, 0o750);
    }
    let asked = desk.server.asked();
    install_refused(&engine, ErrorCode::UpdateFailed);
    assert_eq!(desk.server.asked(), asked, "what is installed is not fetched again");
    drop(engine);
    assert!(status(&desk.start("0.2.0"))["sentence"].as_str().unwrap().starts_with("Up to date"));
}

#[test]
fn a_package_that_is_not_the_signed_one_is_refused_and_leaves_nothing() {
    let desk = Desk::new();
    let good = desk.publish("0.2.0", b"the new program");
    let engine = desk.start("0.1.0");
    look(&engine);
    let (package, len) = (good.package.clone(), good.package.len());
    let longer = [&package[..], b"!"].concat();
    for (answer, words) in [
        (Answer::File(b"the bad program".to_vec()), "its digest is another"),
        (Answer::File(package[1..].to_vec()), "it is shorter"),
        (Answer::File(longer), "it is longer"),
        (Answer::File(Vec::new()), "it is shorter"),
    ] {
        desk.server.put(PACKAGE, answer);
        let error = install_refused(&engine, ErrorCode::UpdateRefused);
        assert!(error.message.contains(words), "{error}");
        desk.assert_untouched();
    }
    desk.server.put(PACKAGE, Answer::Cut(package[..5].to_vec(), len));
    install_refused(&engine, ErrorCode::UpdateFailed);
    desk.server.remove(PACKAGE);
    assert!(install_refused(&engine, ErrorCode::UpdateFailed).message.contains("does not have the package"));
    desk.assert_untouched();
    // It was no fault of the offer's.
    desk.server.put(PACKAGE, Answer::File(package));
    call(&engine, "install_update", json!({}));
    assert_eq!(fs::read(desk.appimage()).unwrap(), b"the new program");
}

#[test]
fn an_offer_whose_signature_somebody_changed_in_the_database_is_none() {
    let desk = Desk::new();
    desk.publish("0.2.0", b"the new program");
    let engine = desk.start("0.1.0");
    look(&engine);
    drop(engine);
    let database = rusqlite_of(&desk);
    let changed = database
        .execute(
            "UPDATE settings SET value = replace(value, '0.2.0', '0.9.0') WHERE key = 'updates_looked'",
            [],
        )
        .unwrap();
    assert_eq!(changed, 1);
    drop(database);
    let engine = desk.start("0.1.0");
    assert_eq!(status(&engine)["offer"], Value::Null);
    install_refused(&engine, ErrorCode::UpdateFailed);
    desk.assert_untouched();
}

fn rusqlite_of(desk: &Desk) -> rusqlite::Connection {
    rusqlite::Connection::open(desk.computer.data().join("primer.sqlite3")).unwrap()
}

#[test]
fn on_a_disk_that_is_full_at_any_step_nothing_of_it_stays_and_the_old_program_does() {
    for step in [Step::BeforeFile, Step::MiddleOfFile, Step::BeforeFlush, Step::BeforeRename] {
        let desk = Desk::new();
        desk.publish("0.2.0", &[7; 400_000]);
        let full = Arc::new(Mutex::new(None));
        let asked = Arc::clone(&full);
        let mishap = move |at: Step| match *asked.lock().unwrap() {
            Some(step) if step == at => Err(io::Error::from(io::ErrorKind::StorageFull)),
            _ => Ok(()),
        };
        let env = desk.computer.env().with_program(desk.program("0.1.0")).with_mishaps(mishap);
        let book = BookSource::Folder(desk.computer.book.folder.clone());
        let engine = Engine::open(&desk.computer.data(), book, env).unwrap();
        look(&engine);
        *full.lock().unwrap() = Some(step);
        install_refused(&engine, ErrorCode::DiskFull);
        desk.assert_untouched();
        assert_eq!(status(&engine)["progress"], Value::Null);
        *full.lock().unwrap() = None;
        call(&engine, "install_update", json!({}));
        assert_eq!(fs::read(desk.appimage()).unwrap(), [7; 400_000]);
    }
}

#[test]
fn an_update_can_be_stopped_while_it_is_fetched_and_only_one_is_at_a_time() {
    let desk = Desk::new();
    desk.publish("0.2.0", b"the new program");
    let engine = Arc::new(desk.start("0.1.0"));
    look(&engine);
    desk.server.put(PACKAGE, Answer::HangsAfter(b"the new".to_vec(), 15));
    let installing = {
        let engine = Arc::clone(&engine);
        thread::spawn(move || refused(&engine, "install_update", json!({})))
    };
    desk.server.wait_until_it_hangs();
    assert_eq!(status(&engine)["progress"]["len_bytes"], 15);
    install_refused(&engine, ErrorCode::Busy);
    call(&engine, "cancel_update", json!({}));
    assert_eq!(installing.join().unwrap().code, ErrorCode::Cancelled);
    assert_eq!(status(&engine)["progress"], Value::Null);
    desk.assert_untouched();
}

#[test]
fn what_a_killed_program_left_beside_the_appimage_goes_with_the_next_update() {
    let desk = Desk::new();
    desk.publish("0.2.0", b"the new program");
    let engine = desk.start("0.1.0");
    look(&engine);
    fs::write(desk.folder().join(".primer-update-00000000000000000000000000000000.part"), b"half").unwrap();
    call(&engine, "install_update", json!({}));
    assert_eq!(fs::read_dir(desk.folder()).unwrap().count(), 1);
}

#[test]
fn a_manifest_that_is_replaced_between_two_requests_is_fetched_anew() {
    let desk = Desk::new();
    let engine = desk.start("0.1.0");
    desk.publish("0.2.0", b"new");
    let newer = desk.publisher.edition("0.3.0", b"newer");
    newer.serve(&desk.server);
    // The signature of before is answered once more, as by a cache that is a moment behind.
    let old = desk.publisher.edition("0.2.0", b"new").signature;
    desk.server.put_once(SIGNATURE, Answer::File(old));
    assert_eq!(look(&engine)["offer"]["version"], "0.3.0");
    assert_eq!(desk.server.asked().len(), 4);
}
