//! SeaweedFS, as the tests of the command line start it.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::json;

use crate::Run;
use crate::server_process::ServerProcess;

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
        words(&program, folder, port)
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

/// How it is started, with the identities in its folder's `s3.json`.
pub fn words(program: &Path, folder: &Path, port: u16) -> Vec<String> {
    let folder = folder.display();
    let mut words = vec![program.display().to_string()];
    words.extend(
        ["-logtostderr=true", "server", "-ip=127.0.0.1", "-ip.bind=127.0.0.1", "-filer", "-s3"]
            .map(str::to_owned),
    );
    words.extend(
        [
            "-s3.port.iceberg=0",
            "-s3.port.lance=0",
            "-master.telemetry=false",
            "-master.volumeSizeLimitMB=1024",
            "-volume.max=50",
        ]
        .map(str::to_owned),
    );
    words.extend([
        format!("-dir={folder}/data"),
        format!("-s3.config={folder}/s3.json"),
        format!("-filer.localSocket={folder}/f.sock"),
        format!("-s3.localSocket={folder}/s.sock"),
        format!("-s3.port={port}"),
        format!("-master.port={}", port - 1),
        format!("-volume.port={}", port - 2),
        format!("-filer.port={}", port - 3),
    ]);
    words
}

/// Where `cargo xtask test` put it, or where PRIMER_WEED says.
pub fn weed() -> PathBuf {
    let fetched = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/tools/seaweedfs-4.48/weed");
    let named = std::env::var_os("PRIMER_WEED").filter(|named| !named.is_empty()).map(PathBuf::from);
    let program = named.unwrap_or(fetched);
    assert!(
        program.is_file(),
        "There is no S3 server at {}. “cargo xtask test” fetches it.",
        program.display()
    );
    program
}
