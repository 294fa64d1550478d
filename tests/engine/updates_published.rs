//! Updates in the place where readers sync: published by an operator, fetched by their readers.

use std::fs;
use std::path::{Path, PathBuf};

use primer_engine::api::{ApiError, ErrorCode, Place, direct};
use primer_engine::remote::Location;
use primer_engine::updates::{Program, Published};
use serde_json::{Value, json};

use crate::publisher::{Edition, MANIFEST, PACKAGE, Publisher};
use crate::updates::{Desk, look, look_refused, status};
use crate::world::folders;
use crate::{call, reader, refused};

const PIECE: usize = 4 << 20;

/// Three pieces, the last one short.
fn package() -> Vec<u8> {
    (0..2 * PIECE as u32 + 5).map(|number| (number % 251) as u8).collect()
}

fn stick(desk: &Desk) -> PathBuf {
    let stick = desk.computer.folder.path().join("stick");
    fs::create_dir_all(&stick).unwrap();
    stick
}

/// As an operator with a Primer of this publisher.
fn publish(desk: &Desk, edition: &Edition, dry: bool) -> Result<Published, ApiError> {
    let out = desk.computer.folder.path().join("out");
    edition.write(&out);
    publish_folder(desk, &out, dry)
}

fn publish_folder(desk: &Desk, out: &Path, dry: bool) -> Result<Published, ApiError> {
    let env = desk.computer.env().with_program(desk.program("0.1.0"));
    let location = Location::Folder { path: stick(desk), prefix: "course".to_owned() };
    let place = Place::Named { env: &env, location, secret_access_key: None, session_token: None };
    direct::publish_update(out, &place, dry)
}

/// A reader who syncs with the stick, on a Primer that knows no other place.
fn reader_with_the_stick(desk: &Desk) -> primer_engine::Engine {
    let engine = desk.start_as(Program { address: None, ..desk.program("0.1.0") });
    let user = reader(&engine, "Amina", crate::world::python("none"));
    let location = json!({"kind": "folder", "path": stick(desk), "prefix": "course"});
    call(&engine, "add_remote", json!({"user_id": user.to_string(), "location": location}));
    engine
}

#[test]
fn readers_get_the_update_from_the_place_where_they_sync_in_pieces() {
    let desk = Desk::new();
    let engine = reader_with_the_stick(&desk);
    look_refused(&engine, ErrorCode::UpdateFailed, "published");
    let edition = desk.publisher.edition("0.2.0", &package());
    let dry = publish(&desk, &edition, true).unwrap();
    assert_eq!((dry.sent, dry.sent_bytes, dry.unchanged), (3, package().len() as u64, false));
    assert!(folders::files(&stick(&desk)).is_empty(), "a dry run sends nothing");
    assert_eq!(publish(&desk, &edition, false).unwrap(), dry);
    let longest = folders::files(&stick(&desk)).values().map(Vec::len).max();
    assert_eq!(longest, Some(PIECE), "nobody has to hold more in memory");
    assert_eq!(look(&engine)["offer"]["version"], "0.2.0");
    call(&engine, "install_update", json!({}));
    assert_eq!(fs::read(desk.appimage()).unwrap(), package());
    assert!(desk.server.asked().is_empty(), "the publisher's own place has no part in it");
}

#[test]
fn publishing_again_sends_what_is_missing_and_nothing_else() {
    let desk = Desk::new();
    let edition = desk.publisher.edition("0.2.0", &package());
    publish(&desk, &edition, false).unwrap();
    let again = publish(&desk, &edition, false).unwrap();
    assert_eq!((again.sent, again.unchanged), (0, true));
    let pieces = folders::files(&stick(&desk));
    let piece = pieces.keys().find(|name| name.ends_with("/0001")).unwrap();
    fs::remove_file(stick(&desk).join(piece)).unwrap();
    let again = publish(&desk, &edition, false).unwrap();
    assert_eq!((again.sent, again.sent_bytes, again.unchanged), (1, PIECE as u64, true));
    assert_eq!(folders::files(&stick(&desk)), pieces);
}

#[test]
fn an_operator_cannot_publish_what_readers_would_refuse() {
    let desk = Desk::new();
    let edition = desk.publisher.edition("0.3.0", b"the new program");
    publish(&desk, &edition, false).unwrap();
    let before = folders::files(&stick(&desk));
    let out = desk.computer.folder.path().join("other");
    let refused = |edition: &Edition, change: &dyn Fn(), words: &str| {
        edition.write(&out);
        change();
        let error = publish_folder(&desk, &out, false).unwrap_err();
        assert_eq!(error.code, ErrorCode::UpdateRefused, "{error}");
        assert!(error.message.contains(words), "{error}");
    };
    let next = desk.publisher.edition("0.4.0", b"the next program");
    refused(&Publisher::new().edition("0.4.0", b"theirs"), &|| {}, "not signed by the publisher");
    refused(&next, &|| fs::write(out.join(PACKAGE), b"the next progra?").unwrap(), "digest");
    refused(&next, &|| fs::write(out.join(PACKAGE), b"the next").unwrap(), "length");
    refused(&next, &|| fs::write(out.join(MANIFEST), &edition.manifest).unwrap(), "not signed");
    refused(&desk.publisher.edition("0.2.0", b"an old program"), &|| {}, "0.3.0 is published there already");
    refused(&desk.publisher.edition("0.3.0", b"another one"), &|| {}, "0.3.0 is published there already");
    assert_eq!(folders::files(&stick(&desk)), before);
}

#[test]
fn whoever_took_over_the_bucket_can_push_no_code() {
    let desk = Desk::new();
    let engine = reader_with_the_stick(&desk);
    let good = desk.publisher.edition("0.2.0", b"the new program");
    publish(&desk, &good, false).unwrap();
    look(&engine);
    let place = stick(&desk).join("course/updates");
    // A piece is changed under a manifest that is signed.
    let digest = primer_domain::ids::TextDigest::of(b"the new program");
    fs::write(place.join(format!("objects/{digest}/0000")), b"the bad program").unwrap();
    assert_eq!(refused(&engine, "install_update", json!({})).code, ErrorCode::UpdateRefused);
    desk.assert_untouched();
    fs::write(place.join(format!("objects/{digest}/0000")), vec![0; PIECE]).unwrap();
    assert_eq!(refused(&engine, "install_update", json!({})).code, ErrorCode::UpdateRefused);
    desk.assert_untouched();
    // And then the manifest, by their own key.
    let theirs = Publisher::new().edition("0.3.0", b"their program");
    fs::write(place.join("manifest.json"), &theirs.manifest).unwrap();
    fs::write(place.join("manifest.json.minisig"), &theirs.signature).unwrap();
    look_refused(&engine, ErrorCode::UpdateRefused, "not signed by the publisher");
    assert_eq!(status(&engine)["offer"]["version"], "0.2.0");
}

#[test]
fn of_several_places_the_newest_counts_and_one_that_is_away_or_paused_hinders_nobody() {
    let desk = Desk::new();
    let engine = desk.start("0.1.0");
    let user = reader(&engine, "Amina", crate::world::python("none"));
    let location = json!({"kind": "folder", "path": stick(&desk), "prefix": "course"});
    let added = call(&engine, "add_remote", json!({"user_id": user.to_string(), "location": location}));
    publish(&desk, &desk.publisher.edition("0.3.0", b"the new program"), false).unwrap();
    desk.publish("0.2.0", b"not so new");
    assert_eq!(look(&engine)["offer"]["version"], "0.3.0");
    let remote_id = &added["remote_id"];
    call(&engine, "pause_remote", json!({"remote_id": remote_id, "paused": true}));
    desk.publish("0.4.0", b"newest");
    fs::remove_dir_all(stick(&desk)).unwrap();
    assert_eq!(look(&engine)["offer"]["version"], "0.4.0");
    call(&engine, "pause_remote", json!({"remote_id": remote_id, "paused": false}));
    assert_eq!(look(&engine)["offer"]["version"], "0.4.0", "the stick is not plugged in");
    call(&engine, "remove_remote", json!({"remote_id": remote_id}));
    assert_ne!(status(&engine)["offer"], Value::Null);
}
