//! Where a reader's things stand in a remote, below its prefix (docs/bucket-format.md).

use primer_domain::book::manifest::is_slug;
use primer_domain::ids::{DeviceId, TextDigest, UserId};
use uuid::Uuid;

/// Which remote this is: written once.
pub const IDENTITY: &str = "primer.json";

pub fn replicas(user: UserId) -> String {
    format!("users/{user}/replicas/")
}

pub fn texts(user: UserId) -> String {
    format!("users/{user}/chapters/")
}

pub fn replica(user: UserId, device: DeviceId) -> String {
    format!("users/{user}/replicas/{device}.json")
}

/// Below it, all published books.
pub const BOOKS: &str = "books/";

pub fn book_index(book_id: &str) -> String {
    format!("{BOOKS}{book_id}/index.json")
}

/// Of which book such a key is the index.
pub fn book_of(key: &str) -> Option<&str> {
    let book_id = key.strip_prefix(BOOKS)?.strip_suffix("/index.json")?;
    is_slug(book_id).then_some(book_id)
}

/// Where a check tries whether it may publish.
pub fn doctors_among_books(probe: Uuid) -> String {
    format!("{BOOKS}doctor/{probe}.txt")
}

/// Below which book such a key stands.
pub fn book_below(key: &str) -> Option<&str> {
    let (book_id, _) = key.strip_prefix(BOOKS)?.split_once('/')?;
    is_slug(book_id).then_some(book_id)
}

pub fn book_objects(book_id: &str) -> String {
    format!("{BOOKS}{book_id}/objects/")
}

pub fn book_object(book_id: &str, digest: &TextDigest) -> String {
    format!("{BOOKS}{book_id}/objects/{digest}")
}

/// The object of this book that such a key names; None for what Primer did not put there.
pub fn book_object_of(book_id: &str, key: &str) -> Option<TextDigest> {
    TextDigest::parse(key.strip_prefix(&book_objects(book_id))?)
}

/// The computer whose replica this is; None for what Primer did not put there.
pub fn device_of(user: UserId, key: &str) -> Option<DeviceId> {
    DeviceId::parse(key.strip_prefix(&replicas(user))?.strip_suffix(".json")?)
}
