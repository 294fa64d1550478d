//! Real S3 servers: SeaweedFS for everybody, rclone where it is installed.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use primer_engine::env::Env;
use primer_engine::remote::{Clock, Location, Remote, S3Location};
use rusty_s3::{Bucket, Credentials, S3Action, UrlStyle};

use crate::server_process::{ServerProcess, ask, seaweedfs_words, weed};
use crate::skipped::skipped;
use crate::{clock, credentials, s3};

pub const BUCKET: &str = "course";
pub const KEY: &str = "AKIDEVERYTHING";
pub const SECRET: &str = "secret-of-everything";
pub const READER: (&str, &str) = ("AKIDREADER", "secret-of-the-reader");
pub const WRITER: (&str, &str) = ("AKIDWRITER", "secret-of-the-writer");

pub struct Server {
    process: ServerProcess,
}

/// One for the whole test program.
pub fn seaweedfs() -> &'static Server {
    static SERVER: OnceLock<Server> = OnceLock::new();
    SERVER.get_or_init(|| {
        let program = weed(env!("CARGO_MANIFEST_DIR"));
        let start = |folder: &Path, port: u16| seaweedfs_with_identities(&program, folder, port);
        let process = ServerProcess::start("seaweedfs", start, |answer| answer.contains(" 403 "));
        Server { process }.with_a_bucket()
    })
}

/// None where rclone is not installed.
pub fn rclone() -> Option<&'static Server> {
    static SERVER: OnceLock<Option<Server>> = OnceLock::new();
    let start = || {
        let program = on_path("rclone")?;
        let words = |folder: &Path, port: u16| {
            fs::create_dir_all(folder.join("data").join(BUCKET)).unwrap();
            let address = format!("127.0.0.1:{port}");
            let keys = format!("{KEY},{SECRET}");
            let data = folder.join("data").display().to_string();
            let words =
                ["serve", "s3", "--addr", &address, "--auth-key", &keys, "--vfs-cache-mode", "off", &data];
            [&program.display().to_string()]
                .into_iter()
                .map(String::as_str)
                .chain(words)
                .map(str::to_owned)
                .collect()
        };
        let process = ServerProcess::start("rclone", words, |answer| answer.starts_with("HTTP/1.1 "));
        Some(Server { process })
    };
    let server = SERVER.get_or_init(start).as_ref();
    if server.is_none() {
        skipped("rclone is not installed");
    }
    server
}

impl Server {
    pub fn location(&self) -> S3Location {
        S3Location {
            access_key_id: KEY.to_owned(),
            bucket: BUCKET.to_owned(),
            ..s3(&format!("http://127.0.0.1:{}", self.process.port))
        }
    }

    /// With a prefix of several levels that nobody else has.
    pub fn fresh(&self) -> Remote {
        self.fresh_by(clock())
    }

    pub fn fresh_by(&self, clock: Clock) -> Remote {
        let location = S3Location { prefix: fresh_prefix(), ..self.location() };
        Remote::connect(&Location::S3(location), credentials(SECRET), clock).unwrap()
    }

    pub fn connect_as(&self, (key, secret): (&str, &str), change: impl FnOnce(&mut S3Location)) -> Remote {
        let mut location = S3Location { access_key_id: key.to_owned(), ..self.location() };
        change(&mut location);
        Remote::connect(&Location::S3(location), credentials(secret), clock()).unwrap()
    }

    fn with_a_bucket(self) -> Server {
        let endpoint = self.location().endpoint.parse().unwrap();
        let bucket = Bucket::new(endpoint, UrlStyle::Path, BUCKET, "us-east-1").unwrap();
        let credentials = Credentials::new(KEY, SECRET);
        let now = jiff::Timestamp::from_millisecond(Env::of_this_computer().now().unix_ms()).unwrap();
        let signed = bucket.create_bucket(&credentials).sign_with_time(Duration::from_secs(60), &now);
        let target = format!("{}?{}", signed.path(), signed.query().unwrap());
        let answer = ask(self.process.port, "PUT", &target).unwrap();
        assert!(answer.contains(" 200 "), "{answer}");
        self
    }
}

pub fn fresh_prefix() -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    format!("tests/Of-2026/{}", COUNT.fetch_add(1, Ordering::Relaxed))
}

fn seaweedfs_with_identities(program: &Path, folder: &Path, port: u16) -> Vec<String> {
    let identity = |name: &str, (key, secret): (&str, &str), actions: &[&str]| {
        serde_json::json!({
            "name": name,
            "credentials": [{"accessKey": key, "secretKey": secret}],
            "actions": actions,
        })
    };
    let identities = serde_json::json!({"identities": [
        identity("everything", (KEY, SECRET), &["Admin", "Read", "Write", "List", "Tagging"]),
        identity("reader", READER, &["Read", "List"]),
        identity("writer", WRITER, &["Write"]),
    ]});
    fs::write(folder.join("s3.json"), identities.to_string()).unwrap();
    fs::create_dir_all(folder.join("data")).unwrap();
    seaweedfs_words(program, folder, port)
}

fn on_path(program: &str) -> Option<PathBuf> {
    let folders = std::env::var_os("PATH")?;
    std::env::split_paths(&folders).map(|folder| folder.join(program)).find(|file| file.is_file())
}
