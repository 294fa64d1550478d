//! Updates of the program: who is asked and when, what is found, and all that is refused.

use std::fs;
use std::path::PathBuf;

use primer_domain::update::PackageKind;
use primer_engine::Engine;
use primer_engine::api::{ApiError, ErrorCode, direct};
use primer_engine::bookshelf::BookSource;
use primer_engine::updates::Program;
use serde_json::{Value, json};

use crate::publisher::{Edition, MANIFEST, Publisher, SIGNATURE};
use crate::web_server::{Answer, WebServer};
use crate::world::{database, is_sentence};
use crate::{Computer, call, refused};

pub const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// A computer with an AppImage of Primer, and the place of its publisher.
pub struct Desk {
    pub computer: Computer,
    pub publisher: Publisher,
    pub server: WebServer,
}

impl Desk {
    pub fn new() -> Desk {
        let desk =
            Desk { computer: Computer::new(), publisher: Publisher::new(), server: WebServer::start() };
        fs::create_dir(desk.folder()).unwrap();
        fs::write(desk.appimage(), b"the old program").unwrap();
        desk
    }

    /// Of the AppImage.
    pub fn folder(&self) -> PathBuf {
        self.computer.folder.path().join("programs")
    }

    pub fn appimage(&self) -> PathBuf {
        self.folder().join("Primer.AppImage")
    }

    pub fn program(&self, version: &str) -> Program {
        self.publisher.appimage(version, self.appimage(), Some(self.server.url(MANIFEST)))
    }

    /// Primer of this version is started.
    pub fn start(&self, version: &str) -> Engine {
        self.start_as(self.program(version))
    }

    pub fn start_as(&self, program: Program) -> Engine {
        let book = BookSource::Folder(self.computer.book.folder.clone());
        Engine::open(&self.computer.data(), book, self.computer.env().with_program(program)).unwrap()
    }

    pub fn publish(&self, version: &str, package: &[u8]) -> Edition {
        let edition = self.publisher.edition(version, package);
        edition.serve(&self.server);
        edition
    }

    /// The AppImage is as it was, and nothing lies beside it.
    pub fn assert_untouched(&self) {
        assert_eq!(fs::read(self.appimage()).unwrap(), b"the old program");
        assert_eq!(fs::read_dir(self.folder()).unwrap().count(), 1, "something was left");
    }
}

pub fn status(engine: &Engine) -> Value {
    call(engine, "update_status", json!({}))
}

pub fn look(engine: &Engine) -> Value {
    call(engine, "look_for_update", json!({}))
}

/// It is refused with a sentence and a next step.
#[track_caller]
pub fn look_refused(engine: &Engine, code: ErrorCode, words: &str) -> ApiError {
    let error = refused(engine, "look_for_update", json!({}));
    assert_eq!(error.code, code, "{error}");
    assert!(is_sentence(&error.message) && is_sentence(&error.hint), "{error}");
    assert!(error.message.contains(words), "{error}");
    error
}

#[test]
fn nobody_is_asked_until_somebody_says_so_and_then_once_a_day() {
    let desk = Desk::new();
    desk.publish("0.2.0", b"the new program");
    let engine = desk.start("0.1.0");
    let view = status(&engine);
    assert_eq!(
        (&view["can_update"], &view["by_itself"], &view["offer"]),
        (&json!(true), &json!(false), &Value::Null)
    );
    assert!(is_sentence(view["sentence"].as_str().unwrap()));
    engine.look_for_update_if_due().unwrap();
    assert!(desk.server.asked().is_empty(), "it was asked although nobody wished it");

    assert_eq!(call(&engine, "set_updates", json!({"by_itself": true}))["by_itself"], true);
    assert!(desk.server.asked().is_empty(), "turning it on is no look");
    drop(engine);
    let engine = desk.start("0.1.0");
    engine.look_for_update_if_due().unwrap();
    let once = desk.server.asked();
    assert_eq!(once.len(), 2, "{once:?}");
    assert_eq!(status(&engine)["offer"]["version"], "0.2.0");
    engine.look_for_update_if_due().unwrap();
    assert_eq!(desk.server.asked(), once, "a second look on the same day");
    desk.computer.clock.fetch_add(DAY_MS, std::sync::atomic::Ordering::SeqCst);
    engine.look_for_update_if_due().unwrap();
    assert_eq!(desk.server.asked().len(), 4);
    call(&engine, "set_updates", json!({"by_itself": false}));
    desk.computer.clock.fetch_add(9 * DAY_MS, std::sync::atomic::Ordering::SeqCst);
    engine.look_for_update_if_due().unwrap();
    assert_eq!(desk.server.asked().len(), 4, "it was turned off");
}

#[test]
fn what_is_found_says_its_size_and_what_is_new_and_is_still_there_after_a_start() {
    let desk = Desk::new();
    desk.publish("0.2.0", &[7; 1_500_000]);
    let engine = desk.start("0.1.0");
    let offer = json!({
        "version": "0.2.0", "notes": "What is new in 0.2.0.", "published_on": "2026-01-01", "len": "1.5 MB",
    });
    assert_eq!(look(&engine)["offer"], offer);
    drop(engine);
    let engine = desk.start("0.1.0");
    assert_eq!(status(&engine)["offer"], offer);
    drop(engine);
    // The reader has put it in its place by hand.
    let view = status(&desk.start("0.2.0"));
    assert_eq!(view["offer"], Value::Null);
    assert!(view["sentence"].as_str().unwrap().starts_with("Up to date, looked "), "{view}");
}

#[test]
fn what_the_publisher_did_not_sign_is_refused_whatever_is_in_it() {
    let desk = Desk::new();
    let engine = desk.start("0.1.0");
    let good = desk.publish("0.2.0", b"the new program");
    let stranger = Publisher::new().edition("0.2.0", b"the new program");
    let later = desk.publisher.edition("0.3.0", b"the new program");
    let changed = String::from_utf8(good.manifest.clone()).unwrap().replace("0.2.0", "0.9.0").into_bytes();
    for (what, manifest, signature) in [
        ("a stranger's", &stranger.manifest, &stranger.signature),
        ("signed by a stranger", &good.manifest, &stranger.signature),
        ("another version under the same signature", &changed, &good.signature),
        ("the signature of another manifest", &good.manifest, &later.signature),
        ("an empty signature", &good.manifest, &Vec::new()),
        ("no text as a signature", &good.manifest, &vec![0xff; 100]),
    ] {
        desk.server.put(MANIFEST, Answer::File(manifest.clone()));
        desk.server.put(SIGNATURE, Answer::File(signature.clone()));
        look_refused(&engine, ErrorCode::UpdateRefused, "is not signed by the publisher");
        assert_eq!(status(&engine)["offer"], Value::Null, "{what}");
    }
    // Nothing of it counts as seen: the good one is still taken.
    good.serve(&desk.server);
    assert_eq!(look(&engine)["offer"]["version"], "0.2.0");
    desk.assert_untouched();
}

#[test]
fn nothing_goes_back_behind_what_runs_or_what_was_ever_offered() {
    let desk = Desk::new();
    let engine = desk.start("0.2.0");
    desk.publish("0.1.9", b"an old program");
    look_refused(&engine, ErrorCode::UpdateRefused, "older than this one");
    desk.publish("0.2.0", b"this program");
    assert_eq!(look(&engine)["offer"], Value::Null);
    desk.publish("0.4.0", b"a new program");
    assert_eq!(look(&engine)["offer"]["version"], "0.4.0");
    drop(engine);
    // Rightly signed, newer than what runs, and a step back: what it mended may be broken again.
    let engine = desk.start("0.2.0");
    desk.publish("0.3.0", b"a program with a known hole");
    look_refused(&engine, ErrorCode::UpdateRefused, "0.4.0 had been offered before");
    assert_eq!(status(&engine)["offer"]["version"], "0.4.0", "what was found before stays");
    desk.publish("0.4.1", b"a newer program");
    assert_eq!(look(&engine)["offer"]["version"], "0.4.1");
}

#[test]
fn a_manifest_of_another_program_another_format_or_without_sense_is_refused_although_it_is_signed() {
    let desk = Desk::new();
    let engine = desk.start("0.1.0");
    let good = String::from_utf8(desk.publisher.edition("0.2.0", b"new").manifest).unwrap();
    for (from, to, words) in [
        ("org.primer.desktop", "org.other.desktop", "another program"),
        ("\"format\": 1", "\"format\": 2", "format 2"),
        ("\"0.2.0\"", "\"next\"", "version"),
        ("{", "<", "no manifest"),
        ("appimage", "another", "no package of it for this computer"),
    ] {
        let manifest = good.replacen(from, to, 1).into_bytes();
        assert_ne!(manifest, good.as_bytes(), "{from}");
        desk.publisher.edition_of(manifest, b"new").serve(&desk.server);
        look_refused(&engine, ErrorCode::UpdateRefused, words);
    }
    assert_eq!(status(&engine)["offer"], Value::Null);
}

#[test]
fn a_place_that_is_empty_away_or_sends_elsewhere_is_told_apart_and_changes_nothing() {
    let desk = Desk::new();
    let engine = desk.start("0.1.0");
    look_refused(&engine, ErrorCode::UpdateFailed, "updates are published");
    let elsewhere = WebServer::start();
    let edition = desk.publisher.edition("0.2.0", b"new");
    edition.serve(&elsewhere);
    desk.server.put(SIGNATURE, Answer::Moved(elsewhere.url(SIGNATURE)));
    look_refused(&engine, ErrorCode::UpdateFailed, "status 302");
    assert!(elsewhere.asked().is_empty(), "it was led to another server");
    desk.server.put(SIGNATURE, Answer::File(vec![b'x'; 100_000]));
    look_refused(&engine, ErrorCode::UpdateFailed, "too long");
    desk.server.put(SIGNATURE, Answer::File(edition.signature.clone()));
    desk.server.put(MANIFEST, Answer::Cut(edition.manifest[..10].to_vec(), edition.manifest.len()));
    look_refused(&engine, ErrorCode::UpdateFailed, "too early");
    // Turned on, it goes wrong quietly and can be read about.
    call(&engine, "set_updates", json!({"by_itself": true}));
    engine.look_for_update_if_due().unwrap();
    assert_eq!(status(&engine)["trouble"]["code"], "update_failed");
    drop(engine);
    let nobody =
        Program { address: Some("http://127.0.0.1:1/manifest.json".to_owned()), ..desk.program("0.1.0") };
    look_refused(&desk.start_as(nobody), ErrorCode::UpdateFailed, "could not be reached");
}

#[test]
fn only_encrypted_ways_lead_beyond_this_computer() {
    let desk = Desk::new();
    let engine = desk.start("0.1.0");
    for address in
        ["http://example.org/manifest.json", "ftp://example.org/manifest.json", "https://me:pw@example.org/m"]
    {
        let error = direct::check_for_update(&engine, Some(address)).unwrap_err();
        assert_eq!(error.code, ErrorCode::UpdateFailed);
        assert!(error.message.contains("not fetched"), "{error}");
    }
}

#[test]
fn a_manifest_that_somebody_names_is_checked_as_any_other_and_noted_nowhere() {
    let desk = Desk::new();
    let engine = desk.start("0.1.0");
    let folder = desk.computer.folder.path().join("out");
    let edition = desk.publisher.edition("0.9.0", b"new");
    edition.write(&folder);
    let file = folder.join(MANIFEST);
    let named = file.to_str().unwrap();
    assert_eq!(direct::check_for_update(&engine, Some(named)).unwrap().unwrap().version, "0.9.0");
    edition.serve(&desk.server);
    let at_server = direct::check_for_update(&engine, Some(&desk.server.url(MANIFEST))).unwrap();
    assert_eq!(at_server.unwrap().version, "0.9.0");
    let settings = database::dump(&desk.computer.data(), "settings");
    assert!(!format!("{settings:?}").contains("0.9.0"), "{settings:?}");
    fs::write(&file, b"{}").unwrap();
    assert_eq!(direct::check_for_update(&engine, Some(named)).unwrap_err().code, ErrorCode::UpdateRefused);
    assert_eq!(
        direct::check_for_update(&engine, Some("/nowhere/m")).unwrap_err().code,
        ErrorCode::UpdateFailed
    );
}

#[test]
fn a_package_that_the_system_updates_has_nothing_to_turn_on_and_asks_nobody() {
    let desk = Desk::new();
    desk.publish("0.2.0", b"new");
    let keyless = Program { key: None, ..desk.program("0.1.0") };
    let of_kind =
        |kind| Program { target: crate::publisher::target(kind), appimage: None, ..desk.program("0.1.0") };
    for (program, words) in [
        (of_kind(PackageKind::Deb), "Your system updates Primer."),
        (of_kind(PackageKind::Rpm), "Your system updates Primer."),
        (of_kind(PackageKind::Flatpak), "Your system updates Primer."),
        (of_kind(PackageKind::Loose), "can't update itself"),
        (keyless, "can't update itself"),
    ] {
        let engine = desk.start_as(program);
        let view = status(&engine);
        assert_eq!((&view["can_update"], &view["by_itself"]), (&json!(false), &json!(false)));
        assert!(view["sentence"].as_str().unwrap().contains(words), "{view}");
        assert_eq!(refused(&engine, "set_updates", json!({"by_itself": true})).code, ErrorCode::UpdatesOff);
        assert_eq!(refused(&engine, "install_update", json!({})).code, ErrorCode::UpdatesOff);
        look_refused(&engine, ErrorCode::UpdatesOff, "");
        engine.look_for_update_if_due().unwrap();
    }
    assert!(desk.server.asked().is_empty());
    // At a terminal somebody may still ask what there is.
    let engine = desk.start_as(of_kind(PackageKind::Deb));
    let found = direct::check_for_update(&engine, None).unwrap().unwrap();
    assert_eq!((found.version.as_str(), found.len), ("0.2.0", None));
    assert_eq!(status(&engine)["offer"], Value::Null);
}
