//! The last line of a document that travels: the digest of all the lines above it.

use crate::ids::TextDigest;

const BEFORE: &str = "  \"sha256\": \"";
const AFTER: &str = "\"\n}\n";
const DIGEST_LEN: usize = 64;

/// `lines` is the document up to its last field, with the comma after it and the end of its line.
pub(crate) fn sealed(mut lines: Vec<u8>) -> Vec<u8> {
    let last = format!("{BEFORE}{}{AFTER}", TextDigest::of(&lines));
    lines.extend_from_slice(last.as_bytes());
    lines
}

/// Whether the document is, byte for byte, what was sealed.
pub(crate) fn is_whole(document: &[u8]) -> bool {
    let last_len = BEFORE.len() + DIGEST_LEN + AFTER.len();
    let split = document.len().checked_sub(last_len).map(|at| document.split_at(at));
    split.is_some_and(|(lines, last)| {
        let digest =
            last.strip_prefix(BEFORE.as_bytes()).and_then(|rest| rest.strip_suffix(AFTER.as_bytes()));
        digest == Some(TextDigest::of(lines).to_string().as_bytes())
    })
}
