//! Where a generated text is kept: the same key under the data folder's `blobs/` and in a bucket.
//!
//! `users/{user_id}/chapters/{chapter_id}/{profile_hash}/v{chapter_version}-{16 hex of SHA-256}.md`. A path is built from
//! typed parts or parsed into them whole; a text that is not exactly of this form is no storage path.

use std::fmt;

use crate::ids::{ChapterId, ChapterVersion, DigestPrefix, ProfileHash, UserId};

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StoragePath {
    pub user_id: UserId,
    pub chapter_id: ChapterId,
    pub profile_hash: ProfileHash,
    pub chapter_version: ChapterVersion,
    pub digest: DigestPrefix,
}

impl StoragePath {
    pub fn parse(text: &str) -> Option<StoragePath> {
        let parts: Vec<&str> = text.split('/').collect();
        let ["users", user_id, "chapters", chapter_id, profile_hash, name] = parts[..] else { return None };
        let (version, digest) = name.strip_prefix('v')?.strip_suffix(".md")?.split_once('-')?;
        let path = StoragePath {
            user_id: UserId::parse(user_id)?,
            chapter_id: ChapterId(chapter_id.parse().ok()?),
            profile_hash: ProfileHash::parse(profile_hash)?,
            chapter_version: ChapterVersion(version.parse().ok()?),
            digest: DigestPrefix::parse(digest)?,
        };
        // "01" and "+1" parse as numbers; only the canonical spelling is a path.
        (path.to_string() == text).then_some(path)
    }

    /// The path without `users/{user_id}/`, for where its reader is known.
    pub fn after_user(&self) -> String {
        format!(
            "chapters/{}/{}/v{}-{}.md",
            self.chapter_id, self.profile_hash, self.chapter_version, self.digest
        )
    }

    pub fn parse_after_user(user: UserId, text: &str) -> Option<StoragePath> {
        StoragePath::parse(&format!("users/{user}/{text}"))
    }
}

impl fmt::Display for StoragePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "users/{}/{}", self.user_id, self.after_user())
    }
}

#[cfg(test)]
mod tests {
    use super::StoragePath;

    const PATH: &str = "users/0192f0c1-2345-7abc-8def-0123456789ab/chapters/3/be4f612a4655fd44650b722c7f246991/v2-00112233aabbccdd.md";

    #[test]
    fn a_path_reads_back_as_it_was_written() {
        assert_eq!(StoragePath::parse(PATH).map(|path| path.to_string()).as_deref(), Some(PATH));
    }

    #[test]
    fn a_path_without_its_reader_reads_back_with_them() {
        let path = StoragePath::parse(PATH).unwrap();
        assert_eq!(path.after_user(), &PATH["users/0192f0c1-2345-7abc-8def-0123456789ab/".len()..]);
        assert_eq!(StoragePath::parse_after_user(path.user_id, &path.after_user()), Some(path));
        assert_eq!(StoragePath::parse_after_user(path.user_id, PATH), None);
    }

    #[test]
    fn anything_but_the_canonical_spelling_is_no_path() {
        for bad in [
            PATH.replace("users/", "/users/"),
            PATH.replace("chapters/3", "chapters/../3"),
            PATH.replace("chapters/3", "chapters/03"),
            PATH.replace("chapters/3", "chapters/+3"),
            PATH.replace("v2-", "v-2-"),
            PATH.replace("be4f", "BE4F"),
            PATH.replace("0192f0c1-", "0192f0c1"),
            PATH.replace(".md", ".md/"),
            format!("{PATH}\n"),
        ] {
            assert_eq!(StoragePath::parse(&bad), None, "{bad}");
        }
    }
}
