//! What a publisher says there is: one version, and a file for each kind of computer and package.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::package::Target;
use super::version::Version;
use crate::ids::TextDigest;
use crate::timestamp::Timestamp;

pub const MANIFEST_LEN_MAX: u64 = 64 << 10;

/// Far above any package, and what a computer is asked to write at most.
pub const ARTEFACT_LEN_MAX: u64 = 1 << 30;

const FORMAT: u32 = 1;
const PRODUCT: &str = "org.primer.desktop";
const NOTES_MAX_CHARS: usize = 4_000;
const URL_MAX_BYTES: usize = 500;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Manifest {
    pub version: Version,
    pub published_at: Timestamp,
    /// What is new, in plain text. May be empty.
    pub notes: String,
    /// By [`Target`]. Those of systems that nobody knew yet when this was written are among them.
    pub packages: BTreeMap<String, Artefact>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Artefact {
    /// Absolute, or relative to the manifest.
    pub url: String,
    pub len_bytes: u64,
    pub digest: TextDigest,
}

#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ManifestFault {
    #[error("it is no manifest of updates")]
    NotOne,
    #[error("it is for another program, “{found}”")]
    OtherProduct { found: String },
    #[error("it has format {found}, which this Primer does not know")]
    OtherFormat { found: u32 },
    #[error("its {what} is none that can be")]
    Field { what: &'static str },
}

#[derive(Serialize, Deserialize)]
struct Head {
    format: u32,
    product: String,
}

#[derive(Serialize, Deserialize)]
struct Body {
    version: String,
    published_at: String,
    notes: String,
    packages: BTreeMap<String, Package>,
}

#[derive(Serialize, Deserialize)]
struct Package {
    url: String,
    len_bytes: u64,
    sha256: String,
}

impl Manifest {
    /// Fields that it does not know are passed over: whoever adds one that must be understood counts up the format.
    pub fn parse(bytes: &[u8]) -> Result<Manifest, ManifestFault> {
        let head: Head = serde_json::from_slice(bytes).map_err(|_| ManifestFault::NotOne)?;
        if head.product != PRODUCT {
            let found = head.product.chars().filter(|c| !c.is_control()).take(64).collect();
            return Err(ManifestFault::OtherProduct { found });
        }
        if head.format != FORMAT {
            return Err(ManifestFault::OtherFormat { found: head.format });
        }
        let body: Body = serde_json::from_slice(bytes).map_err(|_| ManifestFault::NotOne)?;
        let fault = |what| ManifestFault::Field { what };
        let is_text = |c: char| !c.is_control() || c == '\n';
        if body.notes.chars().count() > NOTES_MAX_CHARS || !body.notes.chars().all(is_text) {
            return Err(fault("text on what is new"));
        }
        let mut packages = BTreeMap::new();
        for (target, package) in body.packages {
            if package.url.is_empty()
                || package.url.len() > URL_MAX_BYTES
                || !package.url.chars().all(|c| c.is_ascii_graphic())
            {
                return Err(fault("address of a package"));
            }
            if package.len_bytes == 0 || package.len_bytes > ARTEFACT_LEN_MAX {
                return Err(fault("length of a package"));
            }
            let digest = TextDigest::parse(&package.sha256).ok_or(fault("digest of a package"))?;
            packages.insert(target, Artefact { url: package.url, len_bytes: package.len_bytes, digest });
        }
        Ok(Manifest {
            version: Version::parse(&body.version).ok_or(fault("version"))?,
            published_at: Timestamp::parse(&body.published_at).ok_or(fault("date"))?,
            notes: body.notes,
            packages,
        })
    }

    /// What is signed and published. The same manifest always gives the same bytes.
    pub fn to_json(&self) -> Vec<u8> {
        #[derive(Serialize)]
        struct Whole {
            #[serde(flatten)]
            head: Head,
            #[serde(flatten)]
            body: Body,
        }
        let package = |artefact: &Artefact| Package {
            url: artefact.url.clone(),
            len_bytes: artefact.len_bytes,
            sha256: artefact.digest.to_string(),
        };
        let packages = self.packages.iter().map(|(target, it)| (target.clone(), package(it))).collect();
        let whole = Whole {
            head: Head { format: FORMAT, product: PRODUCT.to_owned() },
            body: Body {
                version: self.version.to_string(),
                published_at: self.published_at.to_string(),
                notes: self.notes.clone(),
                packages,
            },
        };
        // Texts and numbers under texts: there is nothing that JSON could not say.
        let mut bytes = serde_json::to_vec_pretty(&whole).expect("a manifest can be written as JSON");
        bytes.push(b'\n');
        bytes
    }

    pub fn artefact(&self, target: Target) -> Option<&Artefact> {
        self.packages.get(&target.to_string())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::{Value, json};

    use super::{ARTEFACT_LEN_MAX, Artefact, Manifest, ManifestFault};
    use crate::ids::TextDigest;
    use crate::timestamp::Timestamp;
    use crate::update::Version;

    fn manifest() -> Manifest {
        let artefact =
            Artefact { url: "a.AppImage".to_owned(), len_bytes: 3, digest: TextDigest::of(b"abc") };
        Manifest {
            version: Version::parse("0.2.0").unwrap(),
            published_at: Timestamp::from_unix_ms(1_800_000_000_000),
            notes: "Faster.\nQuieter.".to_owned(),
            packages: BTreeMap::from([("linux-x86_64-appimage".to_owned(), artefact)]),
        }
    }

    fn with(change: impl FnOnce(&mut Value)) -> Result<Manifest, ManifestFault> {
        let mut value: Value = serde_json::from_slice(&manifest().to_json()).unwrap();
        change(&mut value);
        Manifest::parse(value.to_string().as_bytes())
    }

    #[test]
    fn a_manifest_is_read_as_it_was_written_and_unknown_fields_are_passed_over() {
        assert_eq!(Manifest::parse(&manifest().to_json()), Ok(manifest()));
        assert_eq!(with(|it| it["later"] = json!([1])), Ok(manifest()));
    }

    #[test]
    fn what_is_for_another_program_or_of_another_format_says_so() {
        let other = with(|it| it["product"] = json!("org.other\u{7}"));
        assert_eq!(other, Err(ManifestFault::OtherProduct { found: "org.other".to_owned() }));
        // Whatever a later format holds, its number is found.
        let later = Manifest::parse(br#"{"format": 2, "product": "org.primer.desktop", "version": 7}"#);
        assert_eq!(later, Err(ManifestFault::OtherFormat { found: 2 }));
        for bytes in [&b""[..], b"[]", b"{}", b"\xff", b"<html>"] {
            assert_eq!(Manifest::parse(bytes), Err(ManifestFault::NotOne));
        }
    }

    #[test]
    fn a_field_that_cannot_be_meant_so_is_refused() {
        let package = |field: &str, value: Value| {
            with(|it| it["packages"]["linux-x86_64-appimage"][field] = value).is_err()
        };
        assert!(package("url", json!("")) && package("url", json!("a b")) && package("url", json!("ä")));
        assert!(package("len_bytes", json!(0)) && package("len_bytes", json!(ARTEFACT_LEN_MAX + 1)));
        assert!(package("sha256", json!("abc")) && package("sha256", Value::Null));
        assert!(with(|it| it["version"] = json!("0.2")).is_err());
        assert!(with(|it| it["published_at"] = json!("soon")).is_err());
        assert!(with(|it| it["notes"] = json!("\u{1b}[31mred")).is_err());
        assert!(with(|it| it["notes"] = json!("x".repeat(4_001))).is_err());
    }
}
