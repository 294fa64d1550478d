//! The licences of everything inside the shipped programs as one text: what is in them, under which licence, and every
//! licence's own words once.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use spdx::{Expression, ParseMode};

use crate::command::{minutes, output};
use crate::failure::Failure;
use crate::licences::is_allowed;
use crate::shipped::{self, Part};

/// How the files begin in which authors put their licences.
const NAMES: [&str; 6] = ["LICENSE", "LICENCE", "COPYING", "COPYRIGHT", "NOTICE", "UNLICENSE"];

const INTRODUCTION: &str = "\
Primer holds parts of the works below. Behind each stand its licence, as its authors name it, and the numbers of the texts
that apply to it; the texts follow. Where a choice is left, Primer takes it under any of them. The source of each crate is
on https://crates.io under its name and version, the source of each npm package on https://www.npmjs.com.
";

/// `syntaxes`: the notices of the syntax definitions that colour code.
pub fn text(root: &Path, syntaxes: &str) -> Result<String, Failure> {
    let platform = host()?;
    let mut parts: Vec<Part> =
        shipped::crates(root, Some(&platform))?.into_iter().filter(|part| !part.is_own).collect();
    parts.extend(shipped::npm_packages(&root.join("ui"))?);
    parts.push(Part {
        name: "The Rust standard library".to_owned(),
        licence: Some("MIT OR Apache-2.0".to_owned()),
        authors: vec!["The Rust Project contributors".to_owned()],
        ..Part::default()
    });
    parts.push(Part {
        name: "The book Physical AI and Humanoid Robotics".to_owned(),
        licence: Some("CC-BY-4.0".to_owned()),
        authors: vec!["The Primer authors".to_owned()],
        ..Part::default()
    });
    let mut texts = Texts::default();
    let mut list = String::from(INTRODUCTION);
    for part in &parts {
        let numbers = texts.of(part)?;
        let numbers: Vec<String> = numbers.iter().map(|number| format!("[{number}]")).collect();
        let by =
            if part.authors.is_empty() { String::new() } else { format!(", {}", part.authors.join(", ")) };
        let licence = part.licence.as_deref().unwrap_or_default();
        list.push_str(&format!("\n{}{by}: {licence} {}", part.name, numbers.join(" ")));
    }
    list.push('\n');
    for (number, text) in (1..).zip(&texts.texts) {
        list.push_str(&format!("\n{}\n[{number}]\n\n{text}\n", "-".repeat(72)));
    }
    list.push_str(&format!("\n{}\nSyntax definitions\n\n{syntaxes}\n", "-".repeat(72)));
    Ok(list)
}

fn host() -> Result<String, Failure> {
    let told = output(Command::new("rustc").arg("-vV"), minutes(1))?;
    let host = told.lines().find_map(|line| line.strip_prefix("host: "));
    host.map(str::to_owned).ok_or_else(|| Failure::Refused("rustc -vV names no host.".to_owned()))
}

/// Each text once, with the number by which it is referred to.
#[derive(Default)]
struct Texts {
    numbers: BTreeMap<String, usize>,
    texts: Vec<String>,
}

impl Texts {
    /// The texts that come with a part; if none does, the usual ones of the licences it names.
    fn of(&mut self, part: &Part) -> Result<Vec<usize>, Failure> {
        let mut found = own_texts(&part.folder)?;
        if found.is_empty() {
            found = usual_texts(part.licence.as_deref().unwrap_or_default());
        }
        if found.is_empty() {
            return Err(Failure::Refused(format!(
                "Nothing tells the words of the licence of {}. Look whether it may be shipped.",
                part.name
            )));
        }
        Ok(found.into_iter().map(|text| self.number(text)).collect())
    }

    fn number(&mut self, text: String) -> usize {
        // Lines broken elsewhere are the same words.
        let words: Vec<&str> = text.split_whitespace().collect();
        *self.numbers.entry(words.join(" ")).or_insert_with(|| {
            self.texts.push(text.trim().to_owned());
            self.texts.len()
        })
    }
}

fn own_texts(folder: &Path) -> Result<Vec<String>, Failure> {
    if folder.as_os_str().is_empty() {
        return Ok(Vec::new());
    }
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).map_err(Failure::file("listed", folder))? {
        let path = entry.map_err(Failure::file("listed", folder))?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().to_uppercase();
        if path.is_file() && NAMES.iter().any(|start| name.starts_with(start)) {
            files.push(path);
        }
    }
    files.sort();
    let read = |file: &std::path::PathBuf| {
        let bytes = fs::read(file).map_err(Failure::file("read", file))?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    };
    files.iter().map(read).collect()
}

fn usual_texts(licence: &str) -> Vec<String> {
    let Ok(expression) = Expression::parse_mode(licence, ParseMode::LAX) else { return Vec::new() };
    let wanted = expression.requirements().map(|wanted| &wanted.req);
    // The book is not a program, so its licence is not among those for programs.
    let usable = wanted.filter(|wanted| is_allowed(wanted) || licence == "CC-BY-4.0");
    usable.filter_map(|wanted| Some(wanted.license.id()?.text().to_owned())).collect()
}

#[cfg(test)]
mod tests {
    use super::{Texts, usual_texts};

    #[test]
    fn a_text_is_given_once_however_its_lines_are_broken() {
        let mut texts = Texts::default();
        assert_eq!(texts.number("Do what\nyou like.\n".to_owned()), 1);
        assert_eq!(texts.number("Ask first.".to_owned()), 2);
        assert_eq!(texts.number("Do what you\n like.".to_owned()), 1);
        assert_eq!(texts.texts, ["Do what\nyou like.", "Ask first."]);
    }

    #[test]
    fn a_part_without_a_text_of_its_own_gets_those_of_the_licences_that_it_may_be_used_under() {
        let texts = usual_texts("MIT OR GPL-3.0-only");
        assert_eq!(texts.len(), 1);
        assert!(texts[0].contains("Permission is hereby granted"));
        assert!(usual_texts("CC-BY-4.0")[0].contains("Attribution 4.0 International"));
        assert!(usual_texts("no licence").is_empty());
    }
}
