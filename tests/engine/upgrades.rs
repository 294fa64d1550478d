//! Databases of other versions: an older one is brought up, a newer one and a strange one are left as they are.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use primer_domain::freshness::Freshness;
use primer_domain::ids::UserId;
use primer_engine::api::ApiError;
use primer_engine::store::{Store, StoreError, Upgrade};
use refinery::Migration;
use rusqlite::Connection;
use serde_json::json;

use crate::world::{database, fixture, folders, python};
use crate::{Computer, assert_visit, call, reader, visit};

fn migration(name: &str, sql: &str) -> Migration {
    Migration::unapplied(name, sql).unwrap()
}

/// The files of a data folder, without the empty ones that SQLite keeps beside a database while it looks at it.
fn files(data: &Path) -> BTreeMap<String, String> {
    let mut files = folders::digests(data);
    files.retain(|name, facts| {
        !(name.ends_with("-shm") || name.ends_with("-wal") && facts.starts_with("0 bytes"))
    });
    files
}

fn versions(data: &Path) -> Vec<u32> {
    let connection = database::open_to_read(data);
    let mut statement = connection.prepare("SELECT version FROM refinery_schema_history ORDER BY 1").unwrap();
    statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
}

/// A computer on which somebody has read.
fn in_use() -> (Computer, UserId) {
    let computer = Computer::new();
    let engine = computer.start();
    let user = reader(&engine, "Rosa", python("beginner"));
    visit(&engine, user, 1);
    drop(engine);
    (computer, user)
}

#[test]
fn a_newer_database_is_refused_and_left_byte_for_byte() {
    let (computer, _) = in_use();
    let later = Upgrade::with_later(&[migration("V900__later", "CREATE TABLE later (x TEXT) STRICT")]);
    drop(Store::open_with(&computer.data(), &later).unwrap());
    let before = files(&computer.data());
    for _ in 0..2 {
        let error = Store::open(&computer.data()).err().unwrap();
        assert!(matches!(error, StoreError::NewerDatabase { found: 900, .. }), "{error}");
        let error = ApiError::from(error);
        assert!(error.message.contains("newer Primer"), "{error}");
        assert_eq!(files(&computer.data()), before);
    }
    drop(Store::open_with(&computer.data(), &later).unwrap());
}

#[test]
fn a_newer_database_that_was_not_closed_is_refused_with_what_its_program_had_just_written() {
    let (computer, _) = in_use();
    let later = Upgrade::with_later(&[migration("V900__later", "CREATE TABLE later (x TEXT) STRICT")]);
    let running = Store::open_with(&computer.data(), &later).unwrap();
    let sql = "INSERT INTO later (x) VALUES ('typed a moment ago')";
    running.write(|transaction| Ok(transaction.execute(sql, []).unwrap())).unwrap();
    // As a power cut leaves it: the last writes are only in the log.
    let cut = tempfile::tempdir().unwrap();
    for name in ["primer.sqlite3", "primer.sqlite3-wal"] {
        fs::copy(computer.data().join(name), cut.path().join(name)).unwrap();
    }
    drop(running);
    let before = files(cut.path());
    assert_eq!(before.len(), 2, "there is a log");
    let error = Store::open(cut.path()).err().unwrap();
    assert!(matches!(error, StoreError::NewerDatabase { found: 900, .. }), "{error}");
    assert_eq!(files(cut.path()), before);
    drop(Store::open_with(cut.path(), &later).unwrap());
    let typed = database::dump(cut.path(), "later");
    assert_eq!(typed.len(), 1);
}

#[test]
fn an_older_database_is_copied_aside_before_it_is_upgraded() {
    let (computer, user) = in_use();
    let rows = database::rows(&computer.data());
    let known = *versions(&computer.data()).last().unwrap();
    let later = Upgrade::with_later(&[
        migration("V901__one", "CREATE TABLE one (x TEXT) STRICT"),
        migration("V902__two", "ALTER TABLE one ADD COLUMN y TEXT"),
    ]);
    drop(Store::open_with(&computer.data(), &later).unwrap());
    assert_eq!(versions(&computer.data()).last(), Some(&902));
    assert_eq!(database::rows(&computer.data()), rows);

    let copy = computer.data().join(format!("primer.before-v{}.sqlite3", known + 1));
    let connection = Connection::open(copy).unwrap();
    let version: u32 = connection
        .query_row("SELECT MAX(version) FROM refinery_schema_history", [], |row| row.get(0))
        .unwrap();
    assert_eq!(version, known);
    let name: String = connection
        .query_row("SELECT name FROM \"user\" WHERE id = ?1", [user.to_string()], |row| row.get(0))
        .unwrap();
    assert_eq!(name, "Rosa");
}

#[test]
fn an_upgrade_that_fails_leaves_the_old_database_usable_and_a_copy_beside_it() {
    let (computer, user) = in_use();
    let (rows, profiles) =
        (database::rows(&computer.data()), database::dump(&computer.data(), "user_profiles"));
    let old = versions(&computer.data());
    let later = Upgrade::with_later(&[
        migration("V901__good", "CREATE TABLE good (x TEXT) STRICT; DELETE FROM personalized_chapters;"),
        migration("V902__bad", "ALTER TABLE no_such_table ADD COLUMN y TEXT"),
    ]);
    for _ in 0..2 {
        let error = Store::open_with(&computer.data(), &later).err().unwrap();
        assert!(matches!(error, StoreError::Upgrade { .. }), "{error}");
        let error = ApiError::from(error);
        assert!(error.hint.contains("as it was"), "{error}");
        assert_eq!(versions(&computer.data()), old, "all of them or none");
        assert_eq!(database::rows(&computer.data()), rows);
        assert_eq!(database::dump(&computer.data(), "user_profiles"), profiles);
        assert_eq!(database::integrity(&computer.data()), "ok");
    }
    assert!(files(&computer.data()).keys().any(|name| name.starts_with("primer.before-v")));
    assert_visit(&computer.start(), user, 1, Freshness::Fresh, false);
}

#[test]
fn a_file_that_is_no_database_is_refused_and_left_untouched() {
    let garbage: [&[u8]; 3] = [
        &b"This is somebody's essay, and it is longer than the header of a database file would be. "
            .repeat(40),
        b"short",
        &[0xff; 8192],
    ];
    for bytes in garbage {
        let computer = Computer::new();
        fs::create_dir_all(computer.data()).unwrap();
        let file = computer.data().join("primer.sqlite3");
        fs::write(&file, bytes).unwrap();
        let error = Store::open(&computer.data()).err().unwrap();
        assert!(matches!(error, StoreError::NotPrimer { .. }), "{error}");
        assert_eq!(fs::read(&file).unwrap(), bytes);
        assert_eq!(files(&computer.data()).len(), 1, "nothing was put beside it");
    }
}

#[test]
fn a_database_that_is_cut_off_is_refused_and_left_untouched() {
    let (computer, _) = in_use();
    let file = computer.data().join("primer.sqlite3");
    let whole = fs::read(&file).unwrap();
    fs::write(&file, &whole[..whole.len() / 3]).unwrap();
    let before = fs::read(&file).unwrap();
    let error = Store::open(&computer.data()).err().map(ApiError::from).unwrap();
    assert!(!error.hint.is_empty(), "{error}");
    assert_eq!(fs::read(&file).unwrap(), before);
}

/// What the first released program wrote, as SQL. It is never edited.
const FIRST: &str = "database-v1.sql";

fn with_first_database() -> Computer {
    let computer = Computer::new();
    fs::create_dir_all(computer.data()).unwrap();
    let connection = Connection::open(computer.data().join("primer.sqlite3")).unwrap();
    connection.execute_batch(&fs::read_to_string(fixture(FIRST)).unwrap()).unwrap();
    computer
}

#[test]
fn a_database_of_the_first_version_opens_with_everything_in_it() {
    let computer = with_first_database();
    let engine = computer.start();
    let startup = call(&engine, "startup", json!({}));
    let readers = startup["readers"].as_array().unwrap();
    let names: Vec<&str> = readers.iter().map(|reader| reader["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["Ada", "Bruno"]);
    assert_eq!(startup["appearance"]["theme"], "dark");
    let ada = readers[0]["id"].as_str().unwrap();
    let profile = call(&engine, "get_profile", json!({"user_id": ada}));
    assert_eq!(profile["background"]["software_experience"]["python"], "intermediate");
    assert_eq!(profile["background"]["hardware_access"], json!(["jetson_orin", "own arm “Éva”"]));
    assert_eq!(profile["updated_at"], "2026-01-01T00:00:03.000Z");
    let contents = call(&engine, "list_chapters", json!({"user_id": ada}));
    assert_eq!(contents["chapters"][0]["progress"], 0.5);
    let rows = database::rows(&computer.data());
    assert_eq!(rows.len(), 3);

    // Its files are not here: the rows tell what to write again, under the same names.
    let ada = UserId::parse(ada).unwrap();
    let healed = assert_visit(&engine, ada, 1, Freshness::Damaged, true);
    assert!(rows.iter().any(|row| row.storage_path == healed.path.to_string()));
    let bruno = UserId::parse(readers[1]["id"].as_str().unwrap()).unwrap();
    assert!(!engine.current_profile(bruno).unwrap().answered);
}

#[test]
fn the_first_version_of_the_tables_is_the_one_that_was_released() {
    let computer = with_first_database();
    // An edited migration no longer has the checksum that the old database recorded, and an upgrade stops at it.
    let later = Upgrade::with_later(&[migration("V901__later", "CREATE TABLE later (x TEXT) STRICT")]);
    drop(Store::open_with(&computer.data(), &later).unwrap());
    assert_eq!(versions(&computer.data()).last(), Some(&901));
}

#[test]
fn a_reader_from_before_syncing_has_their_answers_in_registers_and_a_name_for_this_computer() {
    let computer = Computer::new();
    fs::create_dir_all(computer.data()).unwrap();
    let first = include_str!("../../migrations/V1__readers_and_chapters.sql");
    let user = "0192f0c1-2345-7abc-8def-0123456789ab";
    {
        let mut connection = Connection::open(computer.data().join("primer.sqlite3")).unwrap();
        refinery::Runner::new(&[migration("V1__readers_and_chapters", first)]).run(&mut connection).unwrap();
        let rows = [
            format!(
                "INSERT INTO \"user\" (id, name, createdAt, updatedAt)
                 VALUES ('{user}', 'Rosa', '2026-01-01T00:00:00.000Z', '9999-12-30T22:00:00.000Z')"
            ),
            format!(
                "INSERT INTO user_profiles VALUES ('{user}', '{{\"python\":\"beginner\",\"a \\\"b\\\"\":\"none\"}}',
                 'simulation_only', '[\"lidar\"]', '[\"hobby\"]', '{}', '2026-01-02T00:00:00.500Z')",
                "0".repeat(32)
            ),
        ];
        for row in rows {
            connection.execute(&row, []).unwrap();
        }
    }
    let engine = computer.start();
    let user = UserId::parse(user).unwrap();
    let before = call(&engine, "get_profile", json!({"user_id": user}));
    assert_eq!(before["background"]["software_experience"], json!({"python": "beginner", "a \"b\"": "none"}));
    // One more answer: the others stay, because they are registers.
    let mut answers = before["background"].clone();
    answers["software_experience"]["cpp"] = json!("advanced");
    call(&engine, "save_profile", json!({"user_id": user, "background": answers}));
    let after = call(&engine, "get_profile", json!({"user_id": user}));
    assert_eq!(after["background"], answers);
    let registers = database::dump(&computer.data(), "registers");
    assert_eq!(registers.len(), 7, "{registers:?}");
    let computers = call(&engine, "list_computers", json!({"user_id": user}));
    assert_eq!(computers[0]["this_one"], true);
}
