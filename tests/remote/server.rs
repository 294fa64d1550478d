//! A real S3 server: SeaweedFS, which `cargo xtask test` fetches.

use std::fs;
use std::path::Path;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use primer_engine::env::Env;
use primer_engine::remote::{Clock, Location, Remote, S3Location};
use rusty_s3::{Bucket, Credentials, S3Action, UrlStyle};

use crate::server_process::{ServerProcess, ask, seaweedfs_words, weed};
use crate::{clock, credentials, s3};

pub const BUCKET: &str = "course";
pub const KEY: &str = "AKIDEVERYTHING";
pub const SECRET: &str = "secret-of-everything";
pub const READER: (&str, &str) = ("AKIDREADER", "secret-of-the-reader");
pub const WRITER: (&str, &str) = ("AKIDWRITER", "secret-of-the-writer");

pub struct Server {
    process: ServerProcess,
    /// Of whoever may do everything.
    keys: (&'static str, &'static str),
    region: &'static str,
}

/// One for the whole test program.
pub fn seaweedfs() -> &'static Server {
    static SERVER: OnceLock<Server> = OnceLock::new();
    SERVER.get_or_init(|| {
        let program = weed(env!("CARGO_MANIFEST_DIR"));
        let start = |folder: &Path, port: u16| seaweedfs_with_identities(&program, folder, port);
        let process = ServerProcess::start("seaweedfs", start, |answer| answer.contains(" 403 "));
        Server::of(process, (KEY, SECRET), "us-east-1").with_a_bucket()
    })
}

impl Server {
    pub fn of(process: ServerProcess, keys: (&'static str, &'static str), region: &'static str) -> Server {
        Server { process, keys, region }
    }

    /// The key and the secret of whoever may do everything.
    pub fn keys(&self) -> (&'static str, &'static str) {
        self.keys
    }

    pub fn location(&self) -> S3Location {
        S3Location {
            access_key_id: self.keys.0.to_owned(),
            bucket: BUCKET.to_owned(),
            region: self.region.to_owned(),
            ..s3(&format!("http://127.0.0.1:{}", self.process.port))
        }
    }

    /// With a prefix of several levels that nobody else has.
    pub fn fresh(&self) -> Remote {
        self.fresh_by(clock())
    }

    pub fn fresh_by(&self, clock: Clock) -> Remote {
        let location = S3Location { prefix: fresh_prefix(), ..self.location() };
        Remote::connect(&Location::S3(location), credentials(self.keys.1), clock).unwrap()
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
