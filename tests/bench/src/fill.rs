//! Data folders that have been in use for long.

use std::collections::BTreeSet;
use std::path::Path;

use primer_domain::ids::{ChapterId, ChapterVersion, ProfileHash, TextDigest, UserId};
use primer_domain::personalise::{GENERATOR_VERSION, personalise};
use primer_domain::profile::{Background, Level, Robotics};
use primer_domain::storage_path::StoragePath;
use primer_engine::Engine;
use rusqlite::{Connection, params};

const TEXT_LEN: usize = 20 * 1024;
const AT: &str = "2026-01-01T00:00:00.000Z";

/// So many texts of 20 KiB, as files and rows. Nothing on this computer could write them: they can only be fetched.
pub fn texts(data: &Path, user: &str, number: usize) {
    let user = UserId::parse(user).expect("an id");
    let texts = (0..number).map(|index| {
        let hash = ProfileHash::new(((index / 6) as u128).to_be_bytes());
        (ChapterId((index % 6) as u32 + 1), hash, words(index))
    });
    store(data, user, "rewriter/1", texts);
}

/// Texts that any computer with the book and the answers writes alike, with the rows of those answers.
pub fn generated(engine: &Engine, data: &Path, user: &str, number: usize) {
    let user = UserId::parse(user).expect("an id");
    let chapters = &engine.shelf().book.chapters;
    let backgrounds: Vec<Background> = (0..number.div_ceil(chapters.len())).map(background).collect();
    let connection = Connection::open(data.join("primer.sqlite3")).expect("the database opens");
    for background in &backgrounds {
        connection
            .execute(
                "INSERT OR IGNORE INTO backgrounds (user_id, profile_hash, background) VALUES (?1, ?2, ?3)",
                params![
                    user.to_string(),
                    background.hash().to_string(),
                    serde_json::to_string(background).expect("JSON")
                ],
            )
            .expect("a row is added");
    }
    let texts = (0..number).map(|index| {
        let background = &backgrounds[index / chapters.len()];
        let chapter = &chapters[index % chapters.len()];
        (chapter.id, background.hash(), personalise(&chapter.source, background).into_bytes())
    });
    store(data, user, &format!("primer/{GENERATOR_VERSION}"), texts);
}

/// So many short ones, each with its file and all its rows, as chapters of backgrounds that were once the reader's.
pub fn small_texts(data: &Path, user: UserId, number: usize) {
    let text = |index: usize| format!("Text {index}.\n").into_bytes();
    let of = |index: usize| {
        (ChapterId((index % 6) as u32 + 1), ProfileHash::new(((index / 6) as u128 + 1).to_be_bytes()))
    };
    let generator = format!("primer/{GENERATOR_VERSION}");
    store(data, user, &generator, (0..number).map(|index| (of(index).0, of(index).1, text(index))));
    let mut connection = Connection::open(data.join("primer.sqlite3")).expect("the database opens");
    let transaction = connection.transaction().expect("a transaction begins");
    for index in 0..number {
        let (chapter_id, profile_hash) = of(index);
        let path = path(user, chapter_id, profile_hash, &text(index)).to_string();
        transaction
            .prepare_cached(
                "INSERT INTO personalized_chapters (user_id, chapter_id, profile_hash, storage_path, chapter_version,
                     created_at)
                 VALUES (?1, ?2, ?3, ?4, 1, ?5)",
            )
            .and_then(|mut statement| {
                statement.execute(params![user.to_string(), chapter_id.0, profile_hash.to_string(), path, AT])
            })
            .expect("a row is added");
    }
    transaction.commit().expect("the rows are written");
}

fn path(user: UserId, chapter_id: ChapterId, profile_hash: ProfileHash, bytes: &[u8]) -> StoragePath {
    let digest = TextDigest::of(bytes).prefix();
    StoragePath { user_id: user, chapter_id, profile_hash, chapter_version: ChapterVersion(1), digest }
}

/// A goal of its own makes a background another one.
fn background(index: usize) -> Background {
    Background {
        software_experience: [("python".to_owned(), Level::ALL[index % 4])].into(),
        robotics_experience: Robotics::ALL[index % 3],
        hardware_access: BTreeSet::new(),
        learning_goals: [format!("goal {index}")].into(),
    }
}

/// Different for each index, and no easier to compress than prose.
fn words(index: usize) -> Vec<u8> {
    let mut state = (index as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut text = Vec::with_capacity(TEXT_LEN);
    while text.len() < TEXT_LEN {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        text.extend_from_slice(format!("{:x} ", state % 100_000).as_bytes());
    }
    text.truncate(TEXT_LEN);
    text
}

fn store(
    data: &Path,
    user: UserId,
    generator: &str,
    texts: impl Iterator<Item = (ChapterId, ProfileHash, Vec<u8>)>,
) {
    let mut connection = Connection::open(data.join("primer.sqlite3")).expect("the database opens");
    let transaction = connection.transaction().expect("a transaction begins");
    for (chapter_id, profile_hash, bytes) in texts {
        let digest = TextDigest::of(&bytes);
        let path = path(user, chapter_id, profile_hash, &bytes);
        let file = data.join("blobs").join(path.to_string());
        std::fs::create_dir_all(file.parent().expect("a folder")).expect("a folder is made");
        std::fs::write(&file, &bytes).expect("a file is written");
        transaction
            .prepare_cached(
                "INSERT INTO stored_texts (storage_path, user_id, book_id, sha256, len_bytes, generator, created_at,
                     last_opened_at)
                 VALUES (?1, ?2, 'physical-ai-humanoid-robotics', ?3, ?4, ?5, ?6, ?6)",
            )
            .and_then(|mut statement| {
                let text = path.to_string();
                let len = bytes.len() as u64;
                statement.execute(params![text, user.to_string(), digest.to_string(), len, generator, AT])
            })
            .expect("a row is added");
    }
    transaction.execute("UPDATE devices SET changes = changes + 1", []).expect("the change is counted");
    transaction.commit().expect("the rows are written");
}
