//! Syncing against `rclone copy` on the same server, and what a sync costs when there is little to do.

mod rclone;

use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use primer_engine::Engine;
use primer_engine::api::{SyncReport, dispatch};
use primer_engine::bookshelf::BookSource;
use primer_engine::env::Env;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::server::{KEY, SECRET, Server, fresh_prefix, seaweedfs};
use crate::{Ratio, fill, median, time_us};

const MANY: usize = 1_000;
const VERY_MANY: usize = 10_000;
const ROUNDS: usize = 5;

/// The word with which this program syncs a folder and tells what memory that took.
pub const MEMORY: &str = "--sync-memory";

pub fn ratios() -> Vec<Ratio> {
    let server = seaweedfs();
    let mut ratios = transfers(server);
    ratios.extend(nothing_to_do(server));
    ratios.extend(one_edit(server));
    ratios.push(memory(server));
    ratios
}

/// A reader's computer.
struct Computer {
    folder: TempDir,
    engine: Arc<Engine>,
    user: String,
}

impl Computer {
    fn new() -> Computer {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let engine = open(folder.path());
        let added = call(&engine, "add_reader", json!({"name": "Bench"}));
        let user = added["id"].as_str().expect("a reader has an id").to_owned();
        let answers = json!({"software_experience": {"python": "beginner"}, "robotics_experience": "none",
            "hardware_access": [], "learning_goals": []});
        call(&engine, "save_profile", json!({"user_id": user, "background": answers}));
        Computer { folder, engine, user }
    }

    fn with_remote(self, server: &Server, prefix: &str) -> Computer {
        let mut location = json!(server.location());
        location["kind"] = json!("s3");
        location["prefix"] = json!(prefix);
        let request = json!({"user_id": self.user, "location": location, "secret_access_key": SECRET,
            "session_token": null});
        call(&self.engine, "add_remote", request);
        self
    }

    /// Another one of the same reader, which wants everything.
    fn joined(&self) -> Computer {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let engine = open(folder.path());
        let file = call(&self.engine, "export_computer", json!({"user_id": self.user})).to_string();
        call(&engine, "join_reader", json!({"file": file, "merge_user_id": null}));
        let settings = json!({"older_too": true, "metered": false});
        call(&engine, "set_sync_settings", json!({"user_id": self.user, "settings": settings}));
        Computer { folder, engine, user: self.user.clone() }
    }

    fn sync(&self) -> SyncReport {
        sync(&self.engine)
    }
}

fn open(data: &Path) -> Arc<Engine> {
    let env = Env::of_this_computer().with_secrets_in_a_file();
    Arc::new(Engine::open(data, BookSource::Bundled, env).expect("the data folder opens"))
}

fn call(engine: &Engine, command: &str, request: Value) -> Value {
    dispatch(engine, command, request).unwrap_or_else(|error| panic!("{command}: {error}"))
}

fn sync(engine: &Arc<Engine>) -> SyncReport {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let startup = call(engine, "startup", json!({}));
    let user = startup["reader"]["id"].as_str().and_then(primer_domain::ids::UserId::parse);
    let row = engine.remotes(user.expect("a reader")).expect("the remotes").remove(0);
    let synced = runtime
        .block_on(engine.sync_once(&row, primer_engine::api::SyncWish::default(), |_| {}))
        .expect("a sync");
    if let Some(failure) = synced.failure {
        panic!("the sync failed: {failure}");
    }
    synced.report
}

/// The same 1,000 texts of 20 KiB, sent and fetched by Primer and by rclone in turn.
fn transfers(server: &Server) -> Vec<Ratio> {
    let Some(rclone) = rclone::Rclone::find(&server.location().endpoint, KEY, SECRET) else {
        println!("skipped: rclone is not installed, so there is nothing to compare transfers with");
        return Vec::new();
    };
    let (mut up, mut rclone_up) = (Vec::new(), Vec::new());
    let (mut down, mut rclone_down, mut written) = (Vec::new(), Vec::new(), Vec::new());
    // Removed when all is measured: for some seconds after thousands of files were removed, ext4 searches long for each
    // new one.
    let mut used = Vec::new();
    let mut copies = Vec::new();
    for round in 0..ROUNDS {
        let laptop = Computer::new().with_remote(server, &fresh_prefix());
        fill::texts(laptop.folder.path(), &laptop.user, MANY);
        let school = laptop.joined();
        let place = format!("course/{}-rclone-{round}", fresh_prefix());
        let copy = tempfile::tempdir().expect("a temporary folder");
        let ours_first = round % 2 == 0;
        let mut ours = || {
            settle();
            up.push(time_us(&mut || assert_eq!(laptop.sync().sent, MANY as u64)));
            settle();
            down.push(time_us(&mut || assert_eq!(school.sync().received, MANY as u64)));
        };
        let mut theirs = || {
            let blobs = laptop.folder.path().join("blobs");
            settle();
            rclone_up.push(time_us(&mut || rclone.up(&blobs, &place)));
            settle();
            rclone_down.push(time_us(&mut || rclone.down(&place, copy.path())));
        };
        // What runs first finds a colder machine.
        if ours_first {
            ours();
            theirs();
        } else {
            theirs();
            ours();
        }
        let writer = Computer::new().with_remote(server, &fresh_prefix());
        fill::generated(&writer.engine, writer.folder.path(), &writer.user, MANY);
        writer.sync();
        let reader = writer.joined();
        settle();
        written.push(time_us(&mut || {
            let report = reader.sync();
            assert_eq!((report.written, report.received), (MANY as u64, 0));
        }));
        used.extend([laptop, school, writer, reader]);
        copies.push(copy);
    }
    let ratio = |name, ours: Vec<f64>, theirs: &[f64], limit| {
        let (ours, theirs) = (median(ours) / 1e3, median(theirs.to_vec()) / 1e3);
        Ratio { name, measured: ours / theirs, limit, detail: format!("{ours:.0} ms / {theirs:.0} ms") }
    };
    vec![
        ratio("1,000 texts of 20 KiB sent / rclone copy", up, &rclone_up, 0.7),
        ratio("1,000 texts of 20 KiB fetched / rclone copy", down, &rclone_down, 0.8),
        ratio("1,000 announced texts written here / rclone copy", written, &rclone_down, 0.3),
    ]
}

/// What others wrote is on the disk, so that no flush that is measured waits for it. Rclone flushes nothing.
fn settle() {
    let done = Command::new("sync").status();
    assert!(done.is_ok_and(|status| status.success()), "the disk can be flushed");
}

fn nothing_to_do(server: &Server) -> Vec<Ratio> {
    let cost = |texts: usize| {
        let laptop = Computer::new().with_remote(server, &fresh_prefix());
        fill::texts(laptop.folder.path(), &laptop.user, texts);
        laptop.sync();
        laptop.sync()
    };
    let (few, many) = (cost(6), cost(VERY_MANY));
    let detail =
        |report: &SyncReport| format!("{} bytes out, {} bytes in", report.sent_bytes, report.received_bytes);
    let most_bytes =
        [&few, &many].into_iter().flat_map(|report| [report.sent_bytes, report.received_bytes]).max();
    vec![
        Ratio {
            name: "requests with nothing to do, 6 texts",
            measured: few.requests as f64,
            limit: 1.0,
            detail: detail(&few),
        },
        Ratio {
            name: "requests with nothing to do, 10,000 texts",
            measured: many.requests as f64,
            limit: 1.0,
            detail: detail(&many),
        },
        Ratio {
            name: "most bytes either way with nothing to do / 2 kB",
            measured: most_bytes.unwrap_or(0) as f64 / 2e3,
            limit: 1.0,
            detail: String::new(),
        },
    ]
}

fn one_edit(server: &Server) -> Vec<Ratio> {
    let laptop = Computer::new().with_remote(server, &fresh_prefix());
    fill::texts(laptop.folder.path(), &laptop.user, 6);
    laptop.sync();
    let answers = json!({"software_experience": {"python": "advanced"}, "robotics_experience": "none",
        "hardware_access": [], "learning_goals": []});
    call(&laptop.engine, "save_profile", json!({"user_id": laptop.user, "background": answers}));
    let report = laptop.sync();
    let bytes = report.sent_bytes + report.received_bytes;
    vec![
        Ratio {
            name: "requests for one edited skill / 3",
            measured: report.requests as f64 / 3.0,
            limit: 1.0,
            detail: format!("{} requests", report.requests),
        },
        Ratio {
            name: "bytes for one edited skill / 20 kB",
            measured: bytes as f64 / 20e3,
            limit: 1.0,
            detail: format!("{bytes} bytes"),
        },
    ]
}

/// In a process of its own, whose memory is its own.
fn memory(server: &Server) -> Ratio {
    let laptop = Computer::new().with_remote(server, &fresh_prefix());
    fill::texts(laptop.folder.path(), &laptop.user, VERY_MANY);
    let school = laptop.joined();
    let more_kib = |computer: &Computer| {
        let own = std::env::current_exe().expect("this program has a path");
        let output = Command::new(own).arg(MEMORY).arg(computer.folder.path()).output().expect("it runs");
        let text = String::from_utf8_lossy(&output.stdout);
        let told = text.lines().last().and_then(|line| line.parse::<f64>().ok());
        told.unwrap_or_else(|| panic!("{text}{}", String::from_utf8_lossy(&output.stderr)))
    };
    let (up, down) = (more_kib(&laptop), more_kib(&school));
    Ratio {
        name: "memory over idle while syncing 10,000 texts / 64 MiB",
        measured: up.max(down) / 65_536.0,
        limit: 1.0,
        detail: format!("{:.0} MiB sending, {:.0} MiB fetching", up / 1024.0, down / 1024.0),
    }
}

/// Syncs the data folder and prints how many KiB more than before that took at its highest.
pub fn print_memory(data: &Path) {
    let engine = open(data);
    call(&engine, "startup", json!({}));
    let idle = status_kib("VmRSS:");
    sync(&engine);
    println!("{}", status_kib("VmHWM:").saturating_sub(idle));
}

fn status_kib(field: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(field));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}
