//! What the tests of the engine and of the command line stand on: a folder for the data, a book that a test writes, a
//! look at the files and rows that are really there.

pub mod books;
pub mod database;
pub mod folders;
pub mod model_server;
pub mod seeded;
pub mod skipped;

pub use books::BookOnDisk;

use serde_json::{Value, json};

/// A background that differs from others in one skill.
pub fn python(level: &str) -> Value {
    json!({
        "software_experience": {"python": level},
        "robotics_experience": "none",
        "hardware_access": [],
        "learning_goals": [],
    })
}

/// Every test vector of the profile hash.
pub fn hash_vectors() -> Vec<HashVector> {
    let text = std::fs::read_to_string(fixture("profile-hash-vectors.json")).unwrap();
    let vectors: Vec<HashVector> = serde_json::from_str(&text).unwrap();
    assert!(vectors.len() >= 8, "the vectors are all there");
    vectors
}

#[derive(serde::Deserialize)]
pub struct HashVector {
    pub name: String,
    pub background: Value,
    pub canonical_json: String,
    pub profile_hash: String,
}

pub fn fixture(name: &str) -> std::path::PathBuf {
    std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures").join(name)
}

/// A sentence that a person can read: it begins with a capital letter, a number or a quotation, and it ends.
pub fn is_sentence(text: &str) -> bool {
    let text = text.trim();
    !text.is_empty() && text.ends_with(['.', '!', '?', ')', '”']) && text.contains(' ')
}
