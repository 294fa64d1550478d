//! Where a link may lead and where a picture may come from. Applying a rule to its own result changes nothing.

use std::collections::BTreeMap;

use super::RenderOptions;
use super::anchors::anchor;
use super::escape::{percent_decoded, percent_encoded};

/// The `rel` of links that lead out.
pub const OUTSIDE_REL: &str = "noopener noreferrer";

/// The rules for one book; owned, because the sanitiser keeps its own copy.
#[derive(Debug, Clone)]
pub struct Policy {
    asset_base: String,
    chapter_of_file: BTreeMap<String, u32>,
}

impl Policy {
    pub fn new(options: &RenderOptions<'_>) -> Policy {
        Policy { asset_base: options.asset_base.to_owned(), chapter_of_file: options.chapter_of_file.clone() }
    }

    /// `book` of `book://localhost/`.
    pub fn asset_scheme(&self) -> Option<&str> {
        self.asset_base.split_once(':').map(|(scheme, _)| scheme)
    }

    /// The `href` for a link, or `None` if it may lead nowhere.
    pub fn link(&self, address: &str) -> Option<String> {
        if address.contains(char::is_control) {
            return None;
        }
        if is_outside(address) {
            return Some(percent_encoded(address));
        }
        if let Some(route) = address.strip_prefix("#/chapter/") {
            let (number, fragment) = route.split_once('/').map_or((route, None), |(n, f)| (n, Some(f)));
            return chapter_route(number.parse().ok()?, fragment);
        }
        if let Some(fragment) = address.strip_prefix('#') {
            // The window's other rooms are not for a text to open.
            if fragment.starts_with('/') {
                return None;
            }
            return Some(format!("#{}", anchor(&percent_decoded(fragment)?)?));
        }
        let (file, fragment) = address.split_once('#').map_or((address, None), |(file, f)| (file, Some(f)));
        let file = percent_decoded(file.strip_prefix("./").unwrap_or(file))?;
        chapter_route(*self.chapter_of_file.get(&file)?, fragment.filter(|fragment| !fragment.is_empty()))
    }

    /// The `src` for a picture of the book, or `None` if it may not be shown.
    pub fn picture(&self, address: &str) -> Option<String> {
        let path = address.strip_prefix(&*self.asset_base).unwrap_or(address);
        let path = percent_decoded(path)?;
        let path = path.trim_start_matches("./");
        // A server that decodes once more than we do must find the same path, so no `%` may be left in it.
        let is_plain = !path.contains('%') && is_plain_path(path);
        is_plain.then(|| format!("{}{}", self.asset_base, percent_encoded(path)))
    }
}

/// Leads out of the app, to what the system opens.
pub fn is_outside(address: &str) -> bool {
    let starts =
        |scheme: &str| address.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme));
    starts("http://") || starts("https://") || starts("mailto:")
}

fn chapter_route(number: u32, fragment: Option<&str>) -> Option<String> {
    match fragment {
        None => Some(format!("#/chapter/{number}")),
        Some(fragment) => Some(format!("#/chapter/{number}/{}", anchor(&percent_decoded(fragment)?)?)),
    }
}

/// Relative, downwards, and nothing in it that any server or file system reads as more than a name.
fn is_plain_path(path: &str) -> bool {
    !path.contains(|c: char| {
        c.is_control() || matches!(c, '\\' | ':' | '?' | '#' | '*' | '"' | '<' | '>' | '|')
    }) && path.split('/').all(|name| !name.is_empty() && name.trim_matches([' ', '.']) == name)
}
