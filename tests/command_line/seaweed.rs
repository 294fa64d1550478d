//! SeaweedFS, as the tests of the command line start it.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::json;

use crate::Run;
use crate::server_process::{self, ServerProcess, seaweedfs_words};

pub const BUCKET: &str = "course";
pub const KEY: &str = "AKIDEVERYTHING";
pub const SECRET: &str = "secret-of-everything";

/// A server of one's own, with a key that may do everything in its bucket.
pub fn server(name: &str) -> ServerProcess {
    let program = weed();
    let start = |folder: &Path, port: u16| {
        let identities = json!({"identities": [{"name": "everything",
            "credentials": [{"accessKey": KEY, "secretKey": SECRET}],
            "actions": ["Admin", "Read", "Write", "List", "Tagging"]}]});
        fs::write(folder.join("s3.json"), identities.to_string()).unwrap();
        fs::create_dir_all(folder.join("data")).unwrap();
        seaweedfs_words(&program, folder, port)
    };
    let server = ServerProcess::start(name, start, |answer| answer.contains(" 403 "));
    shell(&program, server.port, &format!("s3.bucket.create -name {BUCKET}\n"));
    server
}

/// What an operator types, which makes the bucket.
pub fn shell(program: &Path, port: u16, lines: &str) {
    let mut shell = Command::new(program)
        .arg("shell")
        .arg(format!("-master=127.0.0.1:{}", port - 1))
        .arg(format!("-filer=127.0.0.1:{}", port - 3))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    shell.stdin.take().unwrap().write_all(lines.as_bytes()).unwrap();
    let answer = Run::of(shell.wait_with_output().unwrap());
    assert!(answer.out.contains(&format!("created bucket {BUCKET}")), "{answer:?}");
}

pub fn weed() -> PathBuf {
    server_process::weed(env!("CARGO_MANIFEST_DIR"))
}
