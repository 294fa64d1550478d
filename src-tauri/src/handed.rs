//! A file that was opened from a file manager, handed to the page as its text. What it is, the page and the engine find out.

use std::fs;
use std::path::Path;

use serde_json::json;

use crate::left;

/// Where the page finds it, and what tells a page that is open already (`ui/model/handed.ts`).
const PLACE: &str = "__PRIMER_HANDED__";
const EVENT: &str = "primer:handed";

/// Far above any joining file, also one with certificates.
const LEN_BYTES_MAX: u64 = 256 * 1024;

/// Leaves the file's text for the page. A file that can't be read is left as null, and the page says so.
pub fn script(file: &Path) -> String {
    left::script(PLACE, &json!({ "text": text(file) }))
}

/// The same for a page that has begun already.
pub fn script_now(file: &Path) -> String {
    format!("{} window.dispatchEvent(new Event('{EVENT}'));", script(file))
}

fn text(file: &Path) -> Option<String> {
    let metadata = fs::metadata(file).ok()?;
    // Reading a pipe or a device might never end.
    if !metadata.is_file() || metadata.len() > LEN_BYTES_MAX {
        return None;
    }
    fs::read_to_string(file).ok()
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::{LEN_BYTES_MAX, script, text};

    #[test]
    fn whatever_a_file_holds_is_a_string_to_the_script() {
        let file = std::env::temp_dir().join(format!("primer-handed-{}", std::process::id()));
        let hostile = "\"}'); alert(1); //\u{2028}\n\\";
        fs::write(&file, hostile).unwrap();
        let script = script(&file);
        fs::remove_file(&file).unwrap();
        let literal = script.strip_prefix("window.__PRIMER_HANDED__ = JSON.parse(").unwrap();
        let inner: String = serde_json::from_str(literal.strip_suffix(");").unwrap()).unwrap();
        let handed: serde_json::Value = serde_json::from_str(&inner).unwrap();
        assert_eq!(handed["text"], hostile);
    }

    #[test]
    fn what_is_too_long_or_no_text_or_no_file_is_not_read() {
        let folder = std::env::temp_dir().join(format!("primer-handed-folder-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let file = folder.join("file");
        fs::write(&file, vec![b'x'; LEN_BYTES_MAX as usize + 1]).unwrap();
        assert_eq!(text(&file), None);
        fs::write(&file, b"\xff\xfe").unwrap();
        assert_eq!(text(&file), None);
        assert_eq!(text(&folder), None);
        assert_eq!(text(Path::new("/dev/zero")), None);
        fs::remove_dir_all(folder).unwrap();
        assert_eq!(text(&file), None);
    }
}
