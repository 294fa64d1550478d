//! The certificates of a place with an authority of its own, as a joining file brings them from one computer to another.
//!
//! Only certificates are taken out of a file: a private key that stands beside them goes nowhere. Here they lie in
//! `<data>/certificates/`, named by their content, so that none is ever overwritten by another.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use primer_domain::ids::TextDigest;

use crate::Engine;
use crate::blobs::BlobError;
use crate::log;
use crate::whole_files::WholeFiles;

/// Far above what an authority needs, and far below a whole system's.
pub const LEN_MAX_BYTES: usize = 64 << 10;

const BEGIN: &str = "-----BEGIN CERTIFICATE-----";
const END: &str = "-----END CERTIFICATE-----";

/// The certificates that stand in a PEM file, and nothing else of it. Empty if there is none.
pub fn of_pem(text: &str) -> String {
    let mut certificates = String::new();
    let mut block: Option<Vec<&str>> = None;
    for line in text.lines().map(str::trim) {
        match (line, &mut block) {
            (BEGIN, _) => block = Some(Vec::new()),
            (END, Some(lines)) => {
                certificates.push_str(&format!("{BEGIN}\n{}\n{END}\n", lines.join("\n")));
                block = None;
            }
            (line, Some(lines)) if is_base64(line) => lines.push(line),
            _ => block = None,
        }
    }
    certificates
}

fn is_base64(line: &str) -> bool {
    line.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+/=".contains(&byte))
}

/// Certificates that lie in the data folder.
pub struct Kept {
    pub file: PathBuf,
    /// Whether they lay there before.
    known: bool,
}

impl Kept {
    /// Leaves the data folder as it was.
    pub fn give_up(&self) {
        if !self.known
            && let Err(error) = fs::remove_file(&self.file)
        {
            // What is of no use to anybody harms nobody.
            log::warn("certificates_not_removed").cause(&error).write();
        }
    }
}

impl Engine {
    /// Keeps what [`of_pem`] took out of a file.
    pub(crate) fn keep_certificates(&self, pem: &str) -> Result<Kept, BlobError> {
        let folder = self.data.join("certificates");
        let file = folder.join(format!("{}.pem", TextDigest::of(pem.as_bytes())));
        let file = std::path::absolute(&file).map_err(BlobError::io("named", &file))?;
        if fs::read(&file).is_ok_and(|there| there == pem.as_bytes()) {
            return Ok(Kept { file, known: true });
        }
        let files = WholeFiles::with_mishaps(self.env.mishaps());
        files.make_folder(&folder)?;
        files.require_room(&folder, pem.len() as u64)?;
        write_whole(&files, &folder, &file, pem).map_err(BlobError::io("written", &file))?;
        Ok(Kept { file, known: false })
    }
}

fn write_whole(files: &WholeFiles, folder: &Path, file: &Path, pem: &str) -> io::Result<()> {
    let beside = file.with_extension("pem.tmp");
    files.write_durably(&beside, pem.as_bytes())?;
    files.rename(&beside, file)?;
    files.sync_folder(folder)
}

#[cfg(test)]
mod tests {
    use super::of_pem;

    const CERTIFICATE: &str = "-----BEGIN CERTIFICATE-----\nMIIB+/==\nAAAA\n-----END CERTIFICATE-----\n";

    #[test]
    fn certificates_are_taken_out_of_a_file_and_a_key_beside_them_is_not() {
        let key = "-----BEGIN PRIVATE KEY-----\nU0VDUkVU\n-----END PRIVATE KEY-----\n";
        let text = format!("# of the school\n{key}{CERTIFICATE}{key}\n{}", CERTIFICATE.replace('\n', "\r\n"));
        assert_eq!(of_pem(&text), CERTIFICATE.repeat(2));
        assert_eq!(of_pem(key), "");
    }

    #[test]
    fn a_certificate_without_its_end_brings_nothing_of_what_follows_it() {
        let begun = "-----BEGIN CERTIFICATE-----\nMIIB\n";
        let key = "-----BEGIN EC PRIVATE KEY-----\nU0VDUkVU\n-----END EC PRIVATE KEY-----\n";
        assert_eq!(of_pem(&format!("{begun}{key}-----END CERTIFICATE-----\n")), "");
        assert_eq!(of_pem(&format!("{begun}{CERTIFICATE}")), CERTIFICATE);
    }
}
