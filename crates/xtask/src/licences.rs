//! Whether everything that is shipped may be: licences of crates, of npm packages and of fonts.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use serde_json::Value;
use spdx::{Expression, Licensee, ParseMode};

use crate::cargo::cargo;
use crate::command::{minutes, output};
use crate::failure::Failure;

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

const SHIPPED: [&str; 2] = ["primer-desktop", "primer-cli"];

pub fn check(root: &Path) -> Result<(), Failure> {
    let mut faults = Vec::new();
    let crates = shipped_crates(root)?;
    let crate_count = crates.len();
    for (name, licence) in crates {
        if let Some(fault) = fault(licence.as_deref()) {
            faults.push(format!("The crate {name} {fault}"));
        }
    }
    let packages = shipped_npm_packages(&root.join("ui"))?;
    for (name, licence) in &packages {
        if let Some(fault) = fault(licence.as_deref()) {
            faults.push(format!("The npm package {name} {fault}"));
        }
    }
    let fonts: Vec<&String> = packages.keys().filter(|name| name.starts_with("@fontsource")).collect();
    for name in &fonts {
        let notice = root.join("ui/node_modules").join(name).join("LICENSE");
        let text = fs::read_to_string(&notice).unwrap_or_default();
        if !is_ofl_notice(&text) {
            faults.push(format!(
                "The font {name} has no notice of the SIL Open Font License 1.1 in its file LICENSE. Use a release of it that has."
            ));
        }
    }
    if faults.is_empty() {
        println!(
            "{crate_count} crates, {} npm packages and {} fonts, each with a licence that fits.",
            packages.len(),
            fonts.len()
        );
        return Ok(());
    }
    Err(Failure::Refused(faults.join("\n")))
}

/// Half a sentence on what is wrong, and what to do.
fn fault(licence: Option<&str>) -> Option<String> {
    let Some(licence) = licence else {
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
    let allowed: Vec<Licensee> = ALLOWED.iter().filter_map(|name| Licensee::parse(name).ok()).collect();
    let expression = Expression::parse_mode(expression, ParseMode::LAX).ok()?;
    Some(expression.evaluate(|wanted| allowed.iter().any(|licensee| licensee.satisfies(wanted))))
}

/// The font's text also names the licence where it is not abbreviated.
fn is_ofl_notice(text: &str) -> bool {
    text.contains("SIL Open Font License, Version 1.1") || text.contains("OFL-1.1")
}

/// Each crate that a shipped program is made of or made with, with its licence.
fn shipped_crates(root: &Path) -> Result<BTreeMap<String, Option<String>>, Failure> {
    let text = output(&mut cargo(root, &["metadata", "--format-version", "1", "--locked"]), minutes(10))?;
    let metadata: Value =
        serde_json::from_str(&text).map_err(|source| Failure::Json { of: "cargo metadata", source })?;
    let packages: BTreeMap<&str, &Value> =
        list(&metadata["packages"]).filter_map(|package| Some((package["id"].as_str()?, package))).collect();
    let nodes: BTreeMap<&str, &Value> =
        list(&metadata["resolve"]["nodes"]).filter_map(|node| Some((node["id"].as_str()?, node))).collect();
    let is_shipped = |package: &Value| SHIPPED.iter().any(|name| package["name"] == *name);
    let mut next: Vec<&str> =
        packages.iter().filter(|(_, package)| is_shipped(package)).map(|(id, _)| *id).collect();
    let mut seen = BTreeSet::new();
    while let Some(id) = next.pop() {
        if seen.insert(id) {
            let needed = list(&nodes.get(id).copied().unwrap_or(&Value::Null)["deps"]);
            next.extend(
                needed.filter(|dependency| is_needed(dependency)).filter_map(|one| one["pkg"].as_str()),
            );
        }
    }
    if seen.len() < SHIPPED.len() {
        return Err(Failure::Refused(format!("cargo metadata does not list {}.", SHIPPED.join(" and "))));
    }
    let named = |id: &str| {
        let package = packages.get(id)?;
        let name = format!("{} {}", package["name"].as_str()?, package["version"].as_str()?);
        Some((name, package["license"].as_str().map(str::to_owned)))
    };
    Ok(seen.into_iter().filter_map(named).collect())
}

/// Not only for the tests.
fn is_needed(dependency: &Value) -> bool {
    list(&dependency["dep_kinds"]).any(|kind| kind["kind"] != "dev")
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

/// Each npm package whose code or fonts end up in the window, with its licence.
fn shipped_npm_packages(ui: &Path) -> Result<BTreeMap<String, Option<String>>, Failure> {
    let mut found = BTreeMap::new();
    let mut next = dependencies(&read_json(&ui.join("package.json"))?);
    while let Some(name) = next.pop() {
        if found.contains_key(&name) {
            continue;
        }
        let package = read_json(&ui.join("node_modules").join(&name).join("package.json"))?;
        next.extend(dependencies(&package));
        found.insert(name, package["license"].as_str().map(str::to_owned));
    }
    Ok(found)
}

fn dependencies(package: &Value) -> Vec<String> {
    package["dependencies"].as_object().map(|all| all.keys().cloned().collect()).unwrap_or_default()
}

fn read_json(file: &Path) -> Result<Value, Failure> {
    let text = fs::read_to_string(file).map_err(Failure::file("read", file))?;
    serde_json::from_str(&text).map_err(|source| Failure::Json { of: "npm", source })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{ALLOWED, fault, fits, is_needed};

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
        assert!(fault(None).is_some_and(|words| words.contains("no licence")));
        assert!(fault(Some("AGPL-3.0-only")).is_some_and(|words| words.contains("does not fit")));
    }

    #[test]
    fn what_only_the_tests_need_is_not_shipped() {
        assert!(!is_needed(&json!({"dep_kinds": [{"kind": "dev"}]})));
        assert!(is_needed(&json!({"dep_kinds": [{"kind": "dev"}, {"kind": null}]})));
        assert!(is_needed(&json!({"dep_kinds": [{"kind": "build"}]})));
    }
}
