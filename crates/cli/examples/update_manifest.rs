//! Writes the manifest of the packages in the folder that is named, and signs it: `cargo xtask update FOLDER`.
//!
//! PRIMER_UPDATE_SECRET_KEY is what minisign wrote into its secret file, PRIMER_UPDATE_PASSWORD the password of it where it
//! has one, PRIMER_UPDATE_KEY the public key, and PRIMER_UPDATE_NOTES what is new. A signature that readers would refuse is
//! not left there.

use std::collections::BTreeMap;
use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use minisign::SecretKeyBox;
use primer_domain::timestamp::Timestamp;
use primer_domain::update::{Artefact, Manifest, PackageKind, Target};
use primer_engine::env::Env;
use primer_engine::updates::{Program, Release, length_and_digest};

fn main() -> ExitCode {
    let Some(folder) = std::env::args_os().nth(1).map(PathBuf::from) else {
        eprintln!("Name the folder with the packages.");
        return ExitCode::FAILURE;
    };
    match sign(&folder) {
        Ok(told) => {
            println!("{told}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("The packages in {} could not be signed: {error}.", folder.display());
            ExitCode::FAILURE
        }
    }
}

fn sign(folder: &Path) -> Result<String, Box<dyn Error>> {
    let program = Program { key: Some(variable("PRIMER_UPDATE_KEY")?), ..Program::plain(PackageKind::Loose) };
    let mut packages = BTreeMap::new();
    for entry in fs::read_dir(folder)? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        for target in targets(&name) {
            let (len_bytes, digest) = length_and_digest(&folder.join(&name))?;
            let artefact = Artefact { url: name.clone(), len_bytes, digest };
            if packages.insert(target.to_string(), artefact).is_some() {
                return Err(format!("there are two packages for {target}").into());
            }
        }
    }
    if packages.is_empty() {
        return Err("there is no package of a kind that updates itself".into());
    }
    let targets = packages.keys().cloned().collect::<Vec<String>>().join(", ");
    let manifest = Manifest {
        version: program.version,
        published_at: published_at()?,
        notes: std::env::var("PRIMER_UPDATE_NOTES").unwrap_or_default().trim().to_owned(),
        packages,
    };
    let bytes = manifest.to_json();
    let (file, beside) = (folder.join("manifest.json"), folder.join("manifest.json.minisig"));
    fs::write(&file, &bytes)?;
    fs::write(&beside, signature(&bytes, &format!("primer {}", manifest.version))?)?;
    // By the same eyes that readers have.
    if let Err(error) = Release::read(folder, &program) {
        fs::remove_file(&beside)?;
        return Err(error.into());
    }
    Ok(format!("Primer {} is signed for {targets}.", manifest.version))
}

fn signature(bytes: &[u8], comment: &str) -> Result<String, Box<dyn Error>> {
    let secret = SecretKeyBox::from_string(&variable("PRIMER_UPDATE_SECRET_KEY")?)?;
    let secret = match std::env::var("PRIMER_UPDATE_PASSWORD") {
        Ok(password) if !password.is_empty() => secret.into_secret_key(Some(password))?,
        _ => secret.into_unencrypted_secret_key()?,
    };
    Ok(minisign::sign(None, &secret, bytes, Some(comment), None)?.into_string())
}

/// That of the commit where the build says it, as of the packages.
fn published_at() -> Result<Timestamp, Box<dyn Error>> {
    Ok(match std::env::var("SOURCE_DATE_EPOCH") {
        Ok(seconds) => Timestamp::from_unix_ms(seconds.trim().parse::<i64>()?.saturating_mul(1000)),
        Err(_) => Env::of_this_computer().now(),
    })
}

fn variable(name: &str) -> Result<String, Box<dyn Error>> {
    match std::env::var(name) {
        Ok(value) if !value.trim().is_empty() => Ok(value),
        _ => Err(format!("the variable {name} is not set").into()),
    }
}

/// For which computers a package is, by the name that Tauri gives it. None for what does not update itself.
fn targets(name: &str) -> Vec<Target> {
    let kinds = [
        (".AppImage", "linux", PackageKind::AppImage),
        ("-setup.exe", "windows", PackageKind::Nsis),
        (".dmg", "macos", PackageKind::Dmg),
    ];
    let Some((stem, system, kind)) =
        kinds.into_iter().find_map(|(ending, system, kind)| Some((name.strip_suffix(ending)?, system, kind)))
    else {
        return Vec::new();
    };
    let processors: &[&str] = match stem.rsplit('_').next().unwrap_or_default() {
        "amd64" | "x64" => &["x86_64"],
        "aarch64" | "arm64" => &["aarch64"],
        "universal" => &["aarch64", "x86_64"],
        _ => &[],
    };
    processors.iter().map(|processor| Target { system, processor, kind }).collect()
}

#[cfg(test)]
mod tests {
    use super::targets;

    #[test]
    fn packages_are_known_by_the_names_that_tauri_gives_them_and_all_else_is_passed_over() {
        for (name, of) in [
            ("Primer_0.1.0_amd64.AppImage", &["linux-x86_64-appimage"][..]),
            ("Primer_0.1.0_aarch64.AppImage", &["linux-aarch64-appimage"]),
            ("Primer_0.1.0_x64-setup.exe", &["windows-x86_64-nsis"]),
            ("Primer_0.1.0_universal.dmg", &["macos-aarch64-dmg", "macos-x86_64-dmg"]),
            ("primer_0.1.0_amd64.deb", &[]),
            ("primer.exe", &[]),
            ("SHA256SUMS", &[]),
            ("Primer_0.1.0_mips.AppImage", &[]),
        ] {
            let found: Vec<String> = targets(name).iter().map(ToString::to_string).collect();
            assert_eq!(found, of, "{name}");
        }
    }
}
