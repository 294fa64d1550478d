//! How a reader comes to another computer: what the file brings, what a failure leaves as it was, and what becomes of the
//! reader who was there before.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use primer_domain::freshness::Freshness;
use primer_domain::ids::UserId;
use primer_engine::Engine;
use primer_engine::api::ErrorCode;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use serde_json::{Value, json};

use crate::desk::World;
use crate::world::{folders, is_sentence, python};
use crate::{Computer, assert_visit, call, reader, refused};

const AMINA: &str = "7a722f68-c084-450e-a348-4cbf5150ba6f";

fn bucket(ca_file: Option<&Path>) -> Value {
    json!({"kind": "s3", "endpoint": "https://s3.example.org", "bucket": "course", "prefix": "amina",
           "access_key_id": "AK", "ca_file": ca_file})
}

fn file_of(location: &Value, secret: &str) -> Value {
    json!({"format": 1, "user_id": AMINA, "name": "Amina", "location": location, "secret_access_key": secret})
}

fn join(engine: &Engine, file: &Value, merged: Option<UserId>) -> Value {
    call(engine, "join_reader", json!({"file": file.to_string(), "merge_user_id": merged}))
}

fn add_remote(engine: &Engine, user: UserId, location: &Value, secret: Option<&str>) -> String {
    let request = json!({"user_id": user, "location": location, "secret_access_key": secret});
    call(engine, "add_remote", request)["remote_id"].as_str().unwrap().to_owned()
}

/// All that can be asked about who reads here.
fn standing(engine: &Engine, user: UserId) -> Value {
    let of_user = json!({"user_id": user});
    json!([
        call(engine, "startup", json!({})),
        call(engine, "get_profile", of_user.clone()),
        call(engine, "list_remotes", of_user),
    ])
}

fn names(data: &Path) -> BTreeSet<String> {
    folders::files(data).into_keys().filter(|name| !name.starts_with("primer.sqlite3")).collect()
}

fn holds(data: &Path, text: &str) -> bool {
    folders::files(data).values().any(|bytes| String::from_utf8_lossy(bytes).contains(text))
}

#[test]
fn joining_that_fails_leaves_the_computer_as_it_was_and_can_be_tried_again() {
    let computer = Computer::new();
    let engine = computer.start();
    let bo = reader(&engine, "Bo", python("advanced"));
    let (before, files) = (standing(&engine, bo), names(&computer.data()));
    let authority = authority();
    let usable = file_of(&bucket(None), "a-secret");
    let mut not_a_certificate = usable.clone();
    not_a_certificate["certificates"] =
        json!("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
    let mut refused_proxy = file_of(&bucket(None), "a-secret");
    refused_proxy["certificates"] = json!(authority.pem());
    refused_proxy["location"]["proxy"] = json!("not an address");
    for file in [
        file_of(&bucket(Some(Path::new("/not/on/this/computer.pem"))), "a-secret"),
        file_of(&json!({"kind": "folder", "path": "some/stick"}), "a-secret"),
        not_a_certificate,
        refused_proxy,
    ] {
        for merged in [Some(bo), None] {
            let request = json!({"file": file.to_string(), "merge_user_id": merged});
            let error = refused(&engine, "join_reader", request);
            assert!(is_sentence(&error.message) && is_sentence(&error.hint), "{error}");
            assert_eq!(standing(&engine, bo), before, "{error}");
            assert_eq!(names(&computer.data()), files, "{error}");
        }
    }

    // No key can be kept.
    let secrets = computer.data().join("secrets.json");
    fs::create_dir(&secrets).unwrap();
    let request = json!({"file": usable.to_string(), "merge_user_id": bo});
    assert_eq!(refused(&engine, "join_reader", request).code, ErrorCode::SecretFailed);
    fs::remove_dir(&secrets).unwrap();
    assert_eq!(standing(&engine, bo), before);

    let joined = join(&engine, &usable, Some(bo));
    assert_eq!((&joined["user_id"], &joined["merged_name"]), (&json!(AMINA), &json!("Bo")));
    let profile = call(&engine, "get_profile", json!({"user_id": AMINA}));
    assert_eq!(profile["background"], python("advanced"));
}

#[test]
fn a_place_that_fails_to_be_changed_keeps_the_keys_that_it_had() {
    let computer = Computer::new();
    let engine = computer.start();
    join(&engine, &file_of(&bucket(None), "first-secret"), None);
    let bo = reader(&engine, "Bo", python("none"));
    // Nothing can be written to the database.
    let damaged = rusqlite::Connection::open(computer.data().join("primer.sqlite3")).unwrap();
    damaged
        .execute_batch(
            "CREATE TRIGGER refuse BEFORE UPDATE ON remotes BEGIN SELECT RAISE(ABORT, 'refused'); END",
        )
        .unwrap();
    let file = file_of(&bucket(None), "second-secret");
    refused(&engine, "join_reader", json!({"file": file.to_string(), "merge_user_id": bo}));
    assert!(holds(&computer.data(), "first-secret") && !holds(&computer.data(), "second-secret"));
    assert_eq!(call(&engine, "startup", json!({}))["readers"].as_array().unwrap().len(), 2);
    damaged.execute_batch("DROP TRIGGER refuse").unwrap();
    join(&engine, &file, Some(bo));
    assert!(!holds(&computer.data(), "first-secret") && holds(&computer.data(), "second-secret"));
}

#[test]
fn a_file_for_a_place_that_is_known_brings_its_new_key() {
    let computer = Computer::new();
    let engine = computer.start();
    let first = join(&engine, &file_of(&bucket(None), "old-secret"), None);
    let again = join(&engine, &file_of(&bucket(None), "new-secret"), None);
    assert_eq!(first["remote_id"], again["remote_id"]);
    assert_eq!(call(&engine, "list_remotes", json!({"user_id": AMINA})).as_array().unwrap().len(), 1);
    assert!(holds(&computer.data(), "new-secret") && !holds(&computer.data(), "old-secret"));
}

#[test]
fn the_certificates_of_a_place_come_with_the_file_and_the_key_beside_them_stays() {
    let (laptop, school) = (Computer::numbered(1), Computer::numbered(2));
    let at_laptop = laptop.start();
    let user = reader(&at_laptop, "Amina", python("none"));
    let authority = authority();
    let certificate = authority.pem();
    let key = KeyPair::generate().unwrap().serialize_pem();
    let ca_file = laptop.folder.path().join("ca.pem");
    fs::write(&ca_file, format!("{key}{certificate}")).unwrap();
    add_remote(&at_laptop, user, &bucket(Some(&ca_file)), Some("a-secret"));
    let of_user = json!({"user_id": user});
    let file = call(&at_laptop, "export_computer", of_user.clone());
    assert!(file["certificates"].as_str().unwrap().contains("BEGIN CERTIFICATE"), "{file}");
    assert!(!file.to_string().contains("PRIVATE KEY"), "{file}");

    fs::remove_file(&ca_file).unwrap();
    let at_school = school.start();
    join(&at_school, &file, None);
    let location = call(&at_school, "list_remotes", of_user.clone())[0]["location"].clone();
    let kept = Path::new(location["ca_file"].as_str().unwrap());
    assert!(kept.starts_with(school.data().join("certificates")), "{}", kept.display());
    assert_eq!(fs::read_to_string(kept).unwrap(), file["certificates"]);
    join(&at_school, &file, None);
    assert_eq!(fs::read_dir(school.data().join("certificates")).unwrap().count(), 1);
    assert_eq!(
        call(&at_school, "export_computer", of_user.clone())["certificates"],
        file["certificates"],
        "it can be handed on"
    );

    let told = refused(&at_laptop, "export_computer", of_user.clone());
    assert!(told.message.contains("ca.pem") && told.message.contains("can't be read"), "{told}");
    for (content, why) in [(key, "holds no certificate"), (certificate.repeat(200), "more certificates")] {
        fs::write(&ca_file, content).unwrap();
        let told = refused(&at_laptop, "export_computer", of_user.clone());
        assert!(
            told.message.contains(why) && is_sentence(&told.message) && is_sentence(&told.hint),
            "{told}"
        );
    }
}

#[test]
fn what_can_not_be_carried_over_leaves_with_the_merged_reader_and_is_told() {
    let computer = Computer::new();
    let engine = computer.start();
    let bo = reader(&engine, "Bo", python("advanced"));
    let stick = tempfile::tempdir().unwrap();
    let folder = json!({"kind": "folder", "path": stick.path()});
    add_remote(&engine, bo, &folder, None);
    let mut own_bucket = bucket(None);
    own_bucket["bucket"] = json!("of-bo");
    add_remote(&engine, bo, &own_bucket, Some("secret-of-bo"));
    assert_visit(&engine, bo, 1, Freshness::Missing, true);
    let model =
        json!({"user_id": bo, "base_url": "http://localhost:1/v1", "model": "qwen", "key": "key-of-bo"});
    call(&engine, "set_model", model);
    let appearance = json!({"theme": "dark", "text_size_percent": 150});
    call(&engine, "set_appearance", json!({"user_id": bo, "appearance": appearance}));
    let settings = json!({"older_too": true, "metered": true});
    call(&engine, "set_sync_settings", json!({"user_id": bo, "settings": settings}));

    let joined = join(&engine, &file_of(&folder, ""), Some(bo));
    assert_eq!(
        joined["unsynced_places"],
        json!(["of-bo on s3.example.org"]),
        "the folder is synced with still"
    );
    assert!(!holds(&computer.data(), "secret-of-bo"));
    assert!(names(&computer.data()).iter().all(|name| !name.contains(&bo.to_string())));
    let of_amina = json!({"user_id": AMINA});
    let model = call(&engine, "model_settings", of_amina.clone())["model"].clone();
    assert_eq!((&model["model"], &model["key"]["kind"]), (&json!("qwen"), &json!("file")));
    assert!(holds(&computer.data(), "key-of-bo"));
    assert_eq!(call(&engine, "startup", json!({}))["appearance"], appearance);
    assert_eq!(call(&engine, "get_sync_settings", of_amina.clone()), settings);

    // What was set for the one who joined stays, and the other's key goes.
    let cy = reader(&engine, "Cy", python("none"));
    let model =
        json!({"user_id": cy, "base_url": "http://localhost:2/v1", "model": "other", "key": "key-of-cy"});
    call(&engine, "set_model", model);
    let joined = join(&engine, &file_of(&folder, ""), Some(cy));
    assert_eq!(joined["unsynced_places"], json!([]));
    assert_eq!(call(&engine, "model_settings", of_amina)["model"]["model"], "qwen");
    assert!(holds(&computer.data(), "key-of-bo") && !holds(&computer.data(), "key-of-cy"));
}

#[test]
fn merging_that_was_interrupted_goes_on_when_the_file_is_opened_again() {
    let computer = Computer::new();
    let engine = computer.start();
    let bo = reader(&engine, "Bo", python("advanced"));
    let damaged = rusqlite::Connection::open(computer.data().join("primer.sqlite3")).unwrap();
    damaged
        .execute_batch(
            "CREATE TRIGGER refuse BEFORE DELETE ON user BEGIN SELECT RAISE(ABORT, 'refused'); END",
        )
        .unwrap();
    let file = file_of(&bucket(None), "a-secret");
    let told = refused(&engine, "join_reader", json!({"file": file.to_string(), "merge_user_id": bo}));
    assert!(told.hint.contains("open the joining file again") && is_sentence(&told.hint), "{told}");
    damaged.execute_batch("DROP TRIGGER refuse").unwrap();
    assert_eq!(join(&engine, &file, Some(bo))["merged_name"], "Bo");
    let readers = call(&engine, "startup", json!({}))["readers"].clone();
    assert_eq!(readers, json!([{"id": AMINA, "name": "Amina"}]));
    let profile = call(&engine, "get_profile", json!({"user_id": AMINA}));
    assert_eq!(profile["background"], python("advanced"));
    assert_eq!(call(&engine, "list_remotes", json!({"user_id": AMINA})).as_array().unwrap().len(), 1);
}

#[test]
fn the_file_names_a_place_where_syncing_went_well_unless_another_one_is_asked_for() {
    let (stick, laptop) = World::new().begin(python("none"));
    let share = tempfile::tempdir().unwrap();
    let location = json!({"kind": "folder", "path": share.path()});
    let second = add_remote(&laptop.engine, laptop.user, &location, None);
    let rows = laptop.engine.remotes(laptop.user).unwrap();
    let first = rows.iter().map(|row| row.id.to_string()).find(|id| *id != second).unwrap();
    let which = |id: &str| rows.iter().position(|row| row.id.to_string() == id).unwrap();
    let export = |remote: Option<&str>| {
        let request = json!({"user_id": laptop.user, "remote_id": remote});
        call(&laptop.engine, "export_computer", request)["location"]["path"].clone()
    };
    let pause = |paused: bool| {
        call(&laptop.engine, "pause_remote", json!({"remote_id": first, "paused": paused}));
    };
    assert_eq!(export(None), json!(stick.path()), "the one that was added first");
    pause(true);
    assert_eq!(export(None), json!(share.path()));
    assert_eq!(export(Some(&first)), json!(stick.path()));
    pause(false);
    laptop.try_sync_with(which(&second)).unwrap();
    assert_eq!(export(None), json!(share.path()), "the other one was never reached");
    laptop.try_sync_with(which(&first)).unwrap();
    assert_eq!(export(None), json!(stick.path()));

    let bo = reader(&laptop.engine, "Bo", python("none"));
    for remote in [first.as_str(), "nothing"] {
        let request = json!({"user_id": bo, "remote_id": remote});
        assert_eq!(refused(&laptop.engine, "export_computer", request).code, ErrorCode::RemoteNotFound);
    }
}

#[test]
fn a_file_that_is_no_joining_file_is_refused_without_the_words_of_a_parser() {
    let computer = Computer::new();
    let engine = computer.start();
    let file = file_of(&bucket(None), "a-secret").to_string();
    let parts = file.replace("\"user_id\"", "\"user\"");
    let none = "This is not a file that Primer makes";
    for (text, expected) in [
        ("", none),
        ("{}", none),
        ("[]", none),
        ("\"text\"", none),
        ("not JSON at all", none),
        ("{\"format\": 0}", none),
        ("{\"format\": \"1\"}", none),
        ("{\"format\": 9}", "made by a newer Primer"),
        ("{\"format\": 1}", "not whole"),
        (parts.as_str(), "not whole"),
        (&file.replace(AMINA, "../.."), "not whole"),
    ] {
        let error = refused(&engine, "join_reader", json!({"file": text, "merge_user_id": null}));
        assert_eq!(error.code, ErrorCode::InvalidRequest);
        assert!(error.message.contains(expected), "{text}: {error}");
        assert!(is_sentence(&error.message) && is_sentence(&error.hint), "{error}");
        for word in ["line", "column", "expected value", "missing field", "`", "EOF"] {
            assert!(!error.message.contains(word), "{error}");
        }
    }
    assert_eq!(call(&engine, "startup", json!({}))["readers"], json!([]));
    let marked = format!("\u{feff}{file}");
    call(&engine, "join_reader", json!({"file": marked, "merge_user_id": null}));
}

fn authority() -> CertifiedIssuer<'static, KeyPair> {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}
