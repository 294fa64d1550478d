//! Garage, where it is installed: one node, and what its operator types.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::server_process::ServerProcess;

/// Garage takes only keys of this form.
pub const KEY: &str = "GK0123456789abcdef01234567";
pub const SECRET: &str = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
pub const REGION: &str = "garage";

pub const WHY_NONE: &str = "there is no Garage; install it, or set PRIMER_GARAGE to its program";

pub struct Garage {
    pub process: ServerProcess,
    program: PathBuf,
}

impl Garage {
    /// Without a bucket or a key. None where it is not installed.
    pub fn start(name: &str) -> Option<Garage> {
        let program = program()?;
        let words = |folder: &Path, port: u16| {
            let config = config(folder);
            fs::write(&config, settings(folder, port)).unwrap();
            let words = [program.clone(), "-c".into(), config, "server".into()];
            words.iter().map(|word| word.display().to_string()).collect()
        };
        let process = ServerProcess::start(name, words, is_ready);
        let garage = Garage { process, program };
        let node = garage.typed("node id -q");
        let (id, _) = node.split_once('@').unwrap();
        garage.typed(&format!("layout assign -z here -c 1G {id}"));
        garage.typed("layout apply --version 1");
        Some(garage)
    }

    /// With one bucket, and [`KEY`], which may do everything in it.
    pub fn start_with(name: &str, bucket: &str) -> Option<Garage> {
        let garage = Garage::start(name)?;
        garage.typed(&format!("key import --yes -n everything {KEY} {SECRET}"));
        garage.typed(&format!("bucket create {bucket}"));
        garage.typed(&format!("bucket allow --read --write --owner {bucket} --key everything"));
        Some(garage)
    }

    /// What `garage WORDS` answers.
    pub fn typed(&self, words: &str) -> String {
        let mut command = Command::new(&self.program);
        command.arg("-c").arg(config(self.process.folder())).args(words.split_whitespace());
        let output = command.output().unwrap();
        let errors = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "garage {words}: {errors}");
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }
}

/// What PRIMER_GARAGE names, or what is on the path.
fn program() -> Option<PathBuf> {
    let named = std::env::var_os("PRIMER_GARAGE").filter(|named| !named.is_empty()).map(PathBuf::from);
    let on_path = || {
        let folders = std::env::var_os("PATH")?;
        std::env::split_paths(&folders).map(|folder| folder.join("garage")).find(|file| file.is_file())
    };
    named.or_else(on_path)
}

/// It refuses who asks without a signature.
pub fn is_ready(answer: &str) -> bool {
    answer.contains(" 403 ")
}

fn config(folder: &Path) -> PathBuf {
    folder.join("garage.toml")
}

fn settings(folder: &Path, port: u16) -> String {
    let (folder, between) = (folder.display(), port - 1);
    let secret = "0123456789abcdef".repeat(4);
    format!(
        "metadata_dir = \"{folder}/meta\"\n\
         data_dir = \"{folder}/data\"\n\
         db_engine = \"sqlite\"\n\
         replication_factor = 1\n\
         rpc_bind_addr = \"127.0.0.1:{between}\"\n\
         rpc_public_addr = \"127.0.0.1:{between}\"\n\
         rpc_secret = \"{secret}\"\n\
         [s3_api]\n\
         s3_region = \"{REGION}\"\n\
         api_bind_addr = \"127.0.0.1:{port}\"\n"
    )
}
