//! Whether everything that is shipped may be: licences of crates, of npm packages and of fonts.

use std::fs;
use std::path::Path;

use spdx::{Expression, LicenseReq, Licensee, ParseMode};

use crate::failure::Failure;
use crate::shipped::{self, Part};

/// What fits a program under MIT OR Apache-2.0 that is given away as a whole.
const ALLOWED: [&str; 17] = [
    "0BSD",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "CC0-1.0",
    "CDLA-Permissive-2.0",
    "ISC",
    "MIT",
    "MIT-0",
    "MPL-2.0",
    "OFL-1.1",
    "Unicode-3.0",
    "Unicode-DFS-2016",
    "Unlicense",
    "Zlib",
];

pub fn check(root: &Path) -> Result<(), Failure> {
    let mut faults = Vec::new();
    let crates = shipped::crates(root, None)?;
    faults.extend(crates.iter().filter_map(|part| Some(format!("The crate {} {}", part.name, fault(part)?))));
    let packages = shipped::npm_packages(&root.join("ui"))?;
    faults.extend(
        packages.iter().filter_map(|part| Some(format!("The npm package {} {}", part.name, fault(part)?))),
    );
    let fonts: Vec<&Part> = packages.iter().filter(|part| part.name.starts_with("@fontsource")).collect();
    for font in &fonts {
        let text = fs::read_to_string(font.folder.join("LICENSE")).unwrap_or_default();
        if !is_ofl_notice(&text) {
            faults.push(format!(
                "The font {} has no notice of the SIL Open Font License 1.1 in its file LICENSE. Use a release of it that has.",
                font.name
            ));
        }
    }
    if faults.is_empty() {
        println!(
            "{} crates, {} npm packages and {} fonts, each with a licence that fits.",
            crates.len(),
            packages.len(),
            fonts.len()
        );
        return Ok(());
    }
    Err(Failure::Refused(faults.join("\n")))
}

/// Half a sentence on what is wrong, and what to do.
fn fault(part: &Part) -> Option<String> {
    let Some(licence) = part.licence.as_deref() else {
        return Some("names no licence. Use another, or ask its author to name one.".to_owned());
    };
    match fits(licence) {
        Some(true) => None,
        Some(false) => Some(format!(
            "is under “{licence}”, which does not fit. Use another; or, if that licence fits after all, add it to ALLOWED in crates/xtask/src/licences.rs and say why."
        )),
        None => Some(format!(
            "has the licence “{licence}”, which is no SPDX expression. Look what it is, and use another crate if in doubt."
        )),
    }
}

/// Whether some choice that the expression leaves is allowed. None if it is no expression. The old `/` means OR.
fn fits(expression: &str) -> Option<bool> {
    let expression = Expression::parse_mode(expression, ParseMode::LAX).ok()?;
    Some(expression.evaluate(is_allowed))
}

pub fn is_allowed(wanted: &LicenseReq) -> bool {
    ALLOWED.iter().filter_map(|name| Licensee::parse(name).ok()).any(|licensee| licensee.satisfies(wanted))
}

/// The font's text also names the licence where it is not abbreviated.
fn is_ofl_notice(text: &str) -> bool {
    text.contains("SIL Open Font License, Version 1.1") || text.contains("OFL-1.1")
}

#[cfg(test)]
mod tests {
    use super::{ALLOWED, fault, fits};
    use crate::shipped::Part;

    #[test]
    fn every_allowed_licence_is_one() {
        for name in ALLOWED {
            assert_eq!(fits(name), Some(true), "{name}");
        }
    }

    #[test]
    fn one_choice_that_fits_is_enough_and_all_that_is_asked_together_must_fit() {
        assert_eq!(fits("MIT OR GPL-3.0-only"), Some(true));
        assert_eq!(fits("MIT AND GPL-3.0-only"), Some(false));
        assert_eq!(fits("(MIT OR GPL-2.0-only) AND Unicode-3.0"), Some(true));
        assert_eq!(fits("(MIT OR Apache-2.0) AND AGPL-3.0-only"), Some(false));
        assert_eq!(fits("MIT/Apache-2.0"), Some(true));
        assert_eq!(fits("GPL-3.0/LGPL-3.0"), Some(false));
    }

    #[test]
    fn an_exception_counts_as_a_licence_of_its_own() {
        assert_eq!(fits("Apache-2.0 WITH LLVM-exception"), Some(true));
        assert_eq!(fits("GPL-2.0-only WITH Classpath-exception-2.0"), Some(false));
    }

    #[test]
    fn what_is_no_licence_is_told_apart_from_one_that_does_not_fit() {
        assert_eq!(fits("SEE LICENSE IN LICENSE.txt"), None);
        let part = |licence: Option<&str>| Part { licence: licence.map(str::to_owned), ..Part::default() };
        assert!(fault(&part(None)).is_some_and(|words| words.contains("no licence")));
        assert!(fault(&part(Some("AGPL-3.0-only"))).is_some_and(|words| words.contains("does not fit")));
    }
}
