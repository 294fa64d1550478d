//! The remote against its promises: one suite for every store, and then what only a folder, only a real S3
//! server, or only a hostile one does. The real server is SeaweedFS, which `cargo xtask test` fetches.

#![allow(clippy::unwrap_used, reason = "a test that finds nothing where something must be has failed")]

mod conformance;
mod folder;
#[cfg(unix)]
mod garage;
mod hostile;
mod hostile_server;
mod keychain;
mod network;
#[cfg(unix)]
mod other_servers;
#[cfg(unix)]
mod real_servers;
mod secrets;
#[cfg(unix)]
mod server;
#[cfg(unix)]
#[allow(dead_code, reason = "the tests of the command line use the rest")]
mod server_process;
mod settings;
#[path = "../world/skipped.rs"]
mod skipped;
mod tls;

use std::sync::Arc;
use std::time::Duration;

use primer_domain::timestamp::Timestamp;
use primer_engine::env::Env;
use primer_engine::remote::{
    Clock, Credentials, Location, Patience, Remote, RemoteError, RemoteFault, S3Location, Style,
};
use primer_engine::secrets::Secret;

/// The limit where a test is not about limits.
const LIMIT_BYTES: u64 = 1 << 20;

/// This computer's own.
fn clock() -> Clock {
    clock_off_by(0)
}

fn clock_off_by(ms: i64) -> Clock {
    let env = Env::of_this_computer();
    Arc::new(move || Timestamp::from_unix_ms(env.now().unix_ms() + ms))
}

fn credentials(secret: &str) -> Option<Credentials> {
    Some(Credentials { secret_access_key: Secret::new(secret), session_token: None })
}

fn s3(endpoint: &str) -> S3Location {
    S3Location {
        endpoint: endpoint.to_owned(),
        bucket: "course".to_owned(),
        prefix: String::new(),
        region: "us-east-1".to_owned(),
        style: Style::Auto,
        access_key_id: "AKIDTEST".to_owned(),
        ca_file: None,
        proxy: None,
    }
}

/// Short, for servers on this computer that never answer.
const BRIEF: Patience =
    Patience { connect: Duration::from_millis(500), progress: Duration::from_millis(300) };

fn connect(location: S3Location) -> Remote {
    Remote::connect(&Location::S3(location), credentials("a-secret"), clock()).unwrap()
}

/// What is wrong, where something is expected to be.
#[track_caller]
fn fault<T: std::fmt::Debug>(result: Result<T, RemoteError>) -> RemoteFault {
    error(result).fault
}

#[track_caller]
fn error<T: std::fmt::Debug>(result: Result<T, RemoteError>) -> RemoteError {
    match result {
        Ok(done) => panic!("this was expected to fail, and gave {done:?}"),
        Err(error) => {
            let words = error.words();
            for sentence in [&words.sentence, &words.next_step] {
                assert!(sentence.ends_with('.') && sentence.starts_with(char::is_uppercase), "{sentence}");
            }
            error
        }
    }
}
