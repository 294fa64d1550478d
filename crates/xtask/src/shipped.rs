//! What the shipped programs are made of or made with: crates and npm packages, each with its licence and its folder.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::cargo::cargo;
use crate::command::{minutes, output};
use crate::failure::Failure;

const SHIPPED: [&str; 2] = ["primer-desktop", "primer-cli"];

#[derive(Debug, Default)]
pub struct Part {
    /// With its version, if it is a crate.
    pub name: String,
    /// As it names it itself.
    pub licence: Option<String>,
    pub authors: Vec<String>,
    pub folder: PathBuf,
    /// Of this repository.
    pub is_own: bool,
}

/// Each crate, ordered by name. `platform`: a target triple; without one, those of every system.
pub fn crates(root: &Path, platform: Option<&str>) -> Result<Vec<Part>, Failure> {
    let mut command = cargo(root, &["metadata", "--format-version", "1", "--locked"]);
    if let Some(platform) = platform {
        command.args(["--filter-platform", platform]);
    }
    let text = output(&mut command, minutes(10))?;
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
    let mut parts: Vec<Part> = seen.into_iter().filter_map(|id| part_of_crate(packages.get(id)?)).collect();
    parts.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(parts)
}

fn part_of_crate(package: &Value) -> Option<Part> {
    let authors = list(&package["authors"]).filter_map(|author| author.as_str().map(str::to_owned));
    Some(Part {
        name: format!("{} {}", package["name"].as_str()?, package["version"].as_str()?),
        licence: package["license"].as_str().map(str::to_owned),
        authors: authors.collect(),
        folder: Path::new(package["manifest_path"].as_str()?).parent()?.to_owned(),
        is_own: package["source"].is_null(),
    })
}

/// Not only for the tests.
fn is_needed(dependency: &Value) -> bool {
    list(&dependency["dep_kinds"]).any(|kind| kind["kind"] != "dev")
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

/// Each npm package whose code or fonts end up in the window.
pub fn npm_packages(ui: &Path) -> Result<Vec<Part>, Failure> {
    let mut found = BTreeMap::new();
    let mut next = dependencies(&read_json(&ui.join("package.json"))?);
    while let Some(name) = next.pop() {
        if found.contains_key(&name) {
            continue;
        }
        let folder = ui.join("node_modules").join(&name);
        let package = read_json(&folder.join("package.json"))?;
        next.extend(dependencies(&package));
        let licence = package["license"].as_str().map(str::to_owned);
        found.insert(name.clone(), Part { name, licence, folder, ..Part::default() });
    }
    Ok(found.into_values().collect())
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

    use super::is_needed;

    #[test]
    fn what_only_the_tests_need_is_not_shipped() {
        assert!(!is_needed(&json!({"dep_kinds": [{"kind": "dev"}]})));
        assert!(is_needed(&json!({"dep_kinds": [{"kind": "dev"}, {"kind": null}]})));
        assert!(is_needed(&json!({"dep_kinds": [{"kind": "build"}]})));
    }
}
