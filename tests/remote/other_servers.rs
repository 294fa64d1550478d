//! Real S3 servers beside SeaweedFS: rclone, which `cargo xtask test` fetches, and Garage, where it is installed. Neither
//! writes on conditions, so they show that nothing relies on that.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use crate::garage::{self, Garage};
use crate::server::{BUCKET, KEY, SECRET, Server, seaweedfs};
use crate::server_process::ServerProcess;

/// None where it is neither fetched nor named by PRIMER_RCLONE.
pub fn rclone() -> Option<&'static Server> {
    static SERVER: OnceLock<Option<Server>> = OnceLock::new();
    let start = || {
        let program = rclone_program()?.display().to_string();
        let words = |folder: &Path, port: u16| {
            fs::create_dir_all(folder.join("data").join(BUCKET)).unwrap();
            let address = format!("127.0.0.1:{port}");
            let keys = format!("{KEY},{SECRET}");
            let data = folder.join("data").display().to_string();
            let words =
                ["serve", "s3", "--addr", &address, "--auth-key", &keys, "--vfs-cache-mode", "off", &data];
            [program.as_str()].into_iter().chain(words).map(str::to_owned).collect()
        };
        let process = ServerProcess::start("rclone", words, |answer| answer.starts_with("HTTP/1.1 "));
        Some(Server::of(process, (KEY, SECRET), "us-east-1"))
    };
    SERVER.get_or_init(start).as_ref()
}

/// None where it is not installed.
pub fn garage() -> Option<&'static Server> {
    static SERVER: OnceLock<Option<Server>> = OnceLock::new();
    let start = || {
        let garage = Garage::start_with("garage", BUCKET)?;
        Some(Server::of(garage.process, (garage::KEY, garage::SECRET), garage::REGION))
    };
    SERVER.get_or_init(start).as_ref()
}

/// All that are here.
pub fn all() -> impl Iterator<Item = &'static Server> {
    [Some(seaweedfs()), rclone(), garage()].into_iter().flatten()
}

fn rclone_program() -> Option<PathBuf> {
    let fetched = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/tools/rclone-1.75.2/rclone");
    let named = std::env::var_os("PRIMER_RCLONE").filter(|named| !named.is_empty()).map(PathBuf::from);
    Some(named.unwrap_or(fetched)).filter(|program| program.is_file())
}
