//! The tables are those of the data model, and they refuse what can't be.

use primer_engine::store::{Store, StoreError};
use rusqlite::Connection;

use crate::world::{database, python};
use crate::{Computer, reader, visit};

const USER: &str = "0192f0c1-2345-7abc-8def-0123456789ab";

/// A database with one reader, as the program made it.
fn made() -> (Computer, Connection) {
    let computer = Computer::new();
    drop(computer.start());
    let connection = database::open(&computer.data());
    connection
        .execute(
            "INSERT INTO \"user\" (id, name, createdAt, updatedAt) VALUES (?1, 'Nia', '2026', '2026')",
            [USER],
        )
        .unwrap();
    (computer, connection)
}

/// Name, type, NOT NULL, part of the primary key.
fn columns(connection: &Connection, table: &str) -> Vec<(String, String, bool, bool)> {
    let mut statement =
        connection.prepare("SELECT name, type, \"notnull\", pk FROM pragma_table_info(?1)").unwrap();
    let rows = statement
        .query_map([table], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get::<_, i64>(3)? > 0)));
    rows.unwrap().map(Result::unwrap).collect()
}

/// Name, type, NOT NULL, part of the primary key.
type Column = (&'static str, &'static str, bool, bool);

#[test]
fn the_three_tables_have_the_columns_of_the_data_model() {
    let (_computer, connection) = made();
    let expected: [(&str, &[Column]); 3] = [
        (
            "user",
            &[
                ("id", "TEXT", true, true),
                ("name", "TEXT", true, false),
                ("email", "TEXT", false, false),
                ("emailVerified", "INTEGER", true, false),
                ("image", "TEXT", false, false),
                ("createdAt", "TEXT", true, false),
                ("updatedAt", "TEXT", true, false),
            ],
        ),
        (
            "user_profiles",
            &[
                ("user_id", "TEXT", true, true),
                ("software_experience", "TEXT", true, false),
                ("robotics_experience", "TEXT", true, false),
                ("hardware_access", "TEXT", true, false),
                ("learning_goals", "TEXT", true, false),
                ("profile_hash", "TEXT", true, false),
                ("updated_at", "TEXT", true, false),
            ],
        ),
        (
            "personalized_chapters",
            &[
                ("id", "INTEGER", false, true),
                ("user_id", "TEXT", true, false),
                ("chapter_id", "INTEGER", true, false),
                ("profile_hash", "TEXT", true, false),
                ("storage_path", "TEXT", true, false),
                ("chapter_version", "INTEGER", true, false),
                ("created_at", "TEXT", true, false),
            ],
        ),
    ];
    for (table, expected) in expected {
        let expected: Vec<_> = expected
            .iter()
            .map(|(name, kind, set, key)| ((*name).into(), (*kind).into(), *set, *key))
            .collect();
        assert_eq!(columns(&connection, table), expected, "{table}");
    }
}

#[test]
fn every_table_is_strict() {
    let (_computer, connection) = made();
    let mut statement = connection
        .prepare(
            "SELECT name, strict FROM pragma_table_list
             WHERE schema = 'main' AND type = 'table' AND name NOT LIKE 'sqlite_%' AND name NOT LIKE 'refinery_%'",
        )
        .unwrap();
    let tables: Vec<(String, bool)> =
        statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap().map(Result::unwrap).collect();
    assert!(tables.len() >= 6, "{tables:?}");
    for (table, strict) in tables {
        assert!(strict, "{table}");
    }
}

#[test]
fn the_tables_refuse_what_cannot_be() {
    let (_computer, connection) = made();
    let profile = |change: (&str, &str)| {
        let mut values = [
            ("user_id", format!("'{USER}'")),
            ("software_experience", "'{}'".to_owned()),
            ("robotics_experience", "'none'".to_owned()),
            ("hardware_access", "'[]'".to_owned()),
            ("learning_goals", "'[]'".to_owned()),
            ("profile_hash", "'h'".to_owned()),
            ("updated_at", "'2026'".to_owned()),
        ];
        for (column, value) in &mut values {
            if *column == change.0 {
                *value = change.1.to_owned();
            }
        }
        insert("user_profiles", &values)
    };
    let chapter = |change: (&str, &str)| {
        let mut values = [
            ("user_id", format!("'{USER}'")),
            ("chapter_id", "1".to_owned()),
            ("profile_hash", "'h'".to_owned()),
            ("storage_path", "'p'".to_owned()),
            ("chapter_version", "1".to_owned()),
            ("created_at", "'2026'".to_owned()),
        ];
        for (column, value) in &mut values {
            if *column == change.0 {
                *value = change.1.to_owned();
            }
        }
        insert("personalized_chapters", &values)
    };
    let user = |id: &str| {
        format!("INSERT INTO \"user\" (id, name, createdAt, updatedAt) VALUES ({id}, 'N', '2026', '2026')")
    };
    let (hash_65, path_256) = (format!("'{}'", "h".repeat(65)), format!("'{}'", "p".repeat(256)));
    let refused = [
        profile(("robotics_experience", "'expert'")),
        profile(("robotics_experience", "NULL")),
        profile(("software_experience", "'[]'")),
        profile(("software_experience", "'{'")),
        profile(("software_experience", "'\"python\"'")),
        profile(("hardware_access", "'{}'")),
        profile(("hardware_access", "'lidar'")),
        profile(("learning_goals", "'null'")),
        profile(("profile_hash", "''")),
        profile(("profile_hash", &hash_65)),
        profile(("user_id", "'0192f0c1-2345-7abc-8def-ffffffffffff'")),
        chapter(("chapter_id", "0")),
        chapter(("chapter_id", "-1")),
        chapter(("chapter_id", "'one'")),
        chapter(("chapter_id", "1.5")),
        chapter(("chapter_version", "0")),
        chapter(("profile_hash", &hash_65)),
        chapter(("profile_hash", "''")),
        chapter(("storage_path", &path_256)),
        chapter(("storage_path", "NULL")),
        chapter(("user_id", "'0192f0c1-2345-7abc-8def-ffffffffffff'")),
        user("'0192F0C1-2345-7ABC-8DEF-0123456789AC'"),
        user("'0192f0c123457abc8def0123456789ac'"),
        user("'not-an-id'"),
        user("NULL"),
    ];
    for sql in refused {
        assert!(connection.execute(&sql, []).is_err(), "{sql}");
    }
    // What is right is taken, so that the refusals above were for the one thing that was wrong.
    connection.execute(&profile(("profile_hash", &format!("'{}'", "h".repeat(64)))), []).unwrap();
    connection.execute(&chapter(("storage_path", &format!("'{}'", "p".repeat(255)))), []).unwrap();
    assert!(connection.execute(&chapter(("storage_path", "'other'")), []).is_err(), "UNIQUE");
    connection.execute(&chapter(("profile_hash", "'other'")), []).unwrap();
    assert!(connection.execute(&profile(("profile_hash", "'other'")), []).is_err(), "one profile a reader");
}

fn insert(table: &str, values: &[(&str, String)]) -> String {
    let columns: Vec<&str> = values.iter().map(|(column, _)| *column).collect();
    let values: Vec<&str> = values.iter().map(|(_, value)| value.as_str()).collect();
    format!("INSERT INTO {table} ({}) VALUES ({})", columns.join(", "), values.join(", "))
}

#[test]
fn a_reader_who_is_deleted_takes_along_what_was_theirs_and_nothing_else() {
    let computer = Computer::new();
    let engine = computer.start();
    let leaving = reader(&engine, "Otto", python("none"));
    let staying = reader(&engine, "Pia", python("none"));
    visit(&engine, leaving, 1);
    visit(&engine, staying, 1);
    drop(engine);
    let connection = database::open(&computer.data());
    connection.execute("DELETE FROM \"user\" WHERE id = ?1", [leaving.to_string()]).unwrap();
    for (table, column) in
        [("user_profiles", "user_id"), ("personalized_chapters", "user_id"), ("stored_texts", "user_id")]
    {
        let sql = format!("SELECT DISTINCT {column} FROM {table}");
        let left: Vec<String> = connection
            .prepare(&sql)
            .unwrap()
            .query_map([], |row| row.get(0))
            .unwrap()
            .map(Result::unwrap)
            .collect();
        assert_eq!(left, [staying.to_string()], "{table}");
    }
}

#[test]
fn what_was_saved_is_on_the_disk_when_saving_returns() {
    let computer = Computer::new();
    drop(computer.start());
    let store = Store::open(&computer.data()).unwrap();
    let pragma = |name: &'static str| {
        store
            .write(|transaction| {
                Ok(transaction
                    .query_row(&format!("SELECT * FROM pragma_{name}"), [], |row| row.get::<_, String>(0))
                    .or_else(|_| {
                        transaction.query_row(&format!("SELECT * FROM pragma_{name}"), [], |row| {
                            row.get::<_, i64>(0).map(|number| number.to_string())
                        })
                    })
                    .unwrap())
            })
            .unwrap()
    };
    assert_eq!(pragma("journal_mode"), "wal");
    assert_eq!(pragma("synchronous"), "2", "FULL");
    assert_eq!(pragma("foreign_keys"), "1");
}

#[test]
fn a_connection_that_reads_cannot_write() {
    let computer = Computer::new();
    drop(computer.start());
    let store = Store::open(&computer.data()).unwrap();
    let sql = "INSERT INTO settings (owner, key, value) VALUES ('', 'k', '1')";
    for _ in 0..3 {
        let written = store.read(|connection| Ok(connection.execute(sql, []).is_ok())).unwrap();
        assert!(!written);
    }
    assert!(database::dump(&computer.data(), "settings").is_empty());
}

#[test]
fn what_fails_in_the_middle_of_writing_is_undone() {
    let computer = Computer::new();
    drop(computer.start());
    let store = Store::open(&computer.data()).unwrap();
    let result = store.write(|transaction| -> Result<(), StoreError> {
        transaction.execute("INSERT INTO settings (owner, key, value) VALUES ('', 'k', '1')", []).unwrap();
        Err(StoreError::BadValue { table: "settings", column: "value", value: "no".into() })
    });
    assert!(result.is_err());
    assert!(database::dump(&computer.data(), "settings").is_empty());
    store.write(|_| Ok(())).unwrap();
}

#[test]
fn a_profile_that_cannot_be_read_is_an_error_and_not_a_reader_who_skipped_the_questions() {
    let computer = Computer::new();
    let engine = computer.start();
    let user = reader(&engine, "Quin", python("none"));
    visit(&engine, user, 1);
    let connection = database::open(&computer.data());
    connection
        .execute("UPDATE user_profiles SET software_experience = '{\"python\": \"expert\"}'", [])
        .unwrap();
    let error = engine.visit(user, primer_domain::ids::ChapterId(1)).unwrap_err();
    assert!(error.to_string().contains("user_profiles"), "{error}");
}

#[test]
fn a_path_in_the_database_that_leads_elsewhere_is_never_followed() {
    let computer = Computer::new();
    let engine = computer.start();
    let user = reader(&engine, "Rhea", python("none"));
    let written = visit(&engine, user, 1);
    let outside = computer.folder.path().join("outside.md");
    std::fs::write(&outside, "somebody's own").unwrap();
    let connection = database::open(&computer.data());
    connection.execute("UPDATE personalized_chapters SET storage_path = '../../outside.md'", []).unwrap();
    let healed = visit(&engine, user, 1);
    assert_eq!((healed.path, healed.markdown), (written.path, written.markdown));
    assert_eq!(database::rows(&computer.data())[0].storage_path, written.path.to_string());
    assert_eq!(std::fs::read_to_string(outside).unwrap(), "somebody's own");
}
