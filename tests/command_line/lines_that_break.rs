//! Two computers and a real server, and a line between them that breaks at every request in turn: the program is killed
//! there, the server is, or the line is bad throughout. Whatever happened, the next syncs bring both together.

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicI32, Ordering};
use std::sync::{Arc, OnceLock};

use primer_domain::ids::TextDigest;
use serde_json::json;
use tempfile::TempDir;

use crate::garage::{self, Garage};
use crate::interposed::copy_of;
use crate::killed_syncing::come_together;
use crate::line::{Line, POINTS, Point};
use crate::seaweed::{self, BUCKET};
use crate::server_process::ServerProcess;
use crate::world::folders;
use crate::world::skipped::skipped;
use crate::{Computer, run};

/// Chapters that each computer has written and only it can bring.
const BACKGROUNDS: [&str; 4] = ["none", "beginner", "intermediate", "advanced"];

struct Pair {
    line: Line,
    laptop: Computer,
    school: Computer,
}

/// A server and who may do everything in its bucket.
struct Server {
    process: ServerProcess,
    keys: (&'static str, &'static str),
    region: &'static str,
    is_ready: fn(&str) -> bool,
}

impl Server {
    fn seaweedfs(name: &str) -> Server {
        Server {
            process: seaweed::server(name),
            keys: (seaweed::KEY, seaweed::SECRET),
            region: "us-east-1",
            is_ready: |answer| answer.contains(" 403 "),
        }
    }

    fn garage(name: &str) -> Option<Server> {
        Some(Server {
            process: Garage::start_with(name, BUCKET)?.process,
            keys: (garage::KEY, garage::SECRET),
            region: garage::REGION,
            is_ready: garage::is_ready,
        })
    }
}

fn shared() -> &'static Server {
    static SERVER: OnceLock<Server> = OnceLock::new();
    SERVER.get_or_init(|| Server::seaweedfs("lines"))
}

impl Pair {
    /// Two computers that know each other. The laptop has a newer book and texts that only it can bring; each has news.
    fn with_news(server: &Server, prefix: &str) -> Pair {
        let line = Line::to(server.process.port);
        let (key, secret) = server.keys;
        let laptop = Computer::with_reader("none");
        let endpoint = format!("http://127.0.0.1:{}", line.port);
        let words = ["--json", "remote", "add", "s3", "--endpoint", &endpoint, "--bucket", BUCKET];
        let more = ["--prefix", prefix, "--region", server.region, "--access-key-id", key];
        let mut add = laptop.primer(&[&words[..], &more[..]].concat());
        run(add.env("PRIMER_S3_SECRET", secret)).json();
        let school = laptop.joined();
        let mut pair = Pair { line, laptop, school };
        pair.laptop.book.revise(1, 2);
        for cpp in BACKGROUNDS {
            for python in BACKGROUNDS {
                pair.laptop.set_skills(&json!({"python": python, "cpp": cpp}));
                for chapter in ["1", "2"] {
                    pair.laptop.json(&["chapter", "open", chapter]);
                }
            }
        }
        pair.school.set_skills(&json!({"python": "none", "ros2": "beginner"}));
        pair.school.json(&["chapter", "open", "2"]);
        pair.school.json(&["sync"]);
        pair
    }

    /// Both sync until nothing is left to do, and then agree, whole.
    fn assert_comes_together(&self, laptop: &Path, school: &Path, when: &str) {
        let computers = [(&self.laptop, laptop), (&self.school, school)];
        come_together(computers, &json!({"cpp": "advanced", "python": "advanced", "ros2": "beginner"}), when);
        for (computer, data) in computers {
            // What is there is what is spoken of: nothing lost, left over, half-sent or not to be read.
            let found = run(&mut computer.primer_on(data, &["--json", "remote", "inspect"])).json();
            for list in ["unreadable", "missing", "unmentioned", "others"] {
                assert_eq!(found[list], json!([]), "{when}: {list}");
            }
            assert!(found["objects"].as_u64().unwrap() > 34, "{when}: {}", found["objects"]);
        }
    }

    fn copies(&self) -> (TempDir, TempDir) {
        (copy_of(&self.laptop.data()), copy_of(&self.school.data()))
    }
}

/// A data folder that knows another place below the same bucket, and nothing of it yet.
fn moved_to(data: &Path, prefix: &str) {
    let connection = rusqlite::Connection::open(data.join("primer.sqlite3")).unwrap();
    let sql =
        "UPDATE remotes SET location = json_set(location, '$.prefix', ?1), identity = NULL, settled = NULL";
    connection.execute(sql, [prefix]).unwrap();
    for table in ["remote_replicas", "uploads", "missing_texts", "own_writes"] {
        connection.execute(&format!("DELETE FROM {table}"), []).unwrap();
    }
}

#[allow(clippy::disallowed_methods, reason = "nothing tells when another process ends but asking it")]
fn ended(child: &std::sync::Mutex<std::process::Child>) {
    while child.lock().unwrap().try_wait().unwrap().is_none() {
        std::thread::sleep(std::time::Duration::from_millis(2));
    }
}

#[test]
fn killed_at_any_request_the_next_syncs_bring_both_computers_together() {
    killed_at_any_request(shared());
}

#[test]
fn a_line_that_drops_delays_and_cuts_only_takes_longer() {
    on_a_bad_line(shared());
}

#[test]
fn a_server_that_is_killed_in_the_middle_of_a_sync_loses_nothing_that_it_took() {
    while_the_server_is_killed(Server::seaweedfs("mortal"));
}

/// In one test, because most computers have none.
#[test]
fn with_garage_it_all_ends_alike() {
    let Some(server) = Server::garage("garage") else { return skipped(garage::WHY_NONE) };
    killed_at_any_request(&server);
    on_a_bad_line(&server);
    while_the_server_is_killed(server);
}

fn killed_at_any_request(server: &Server) {
    let pair = Pair::with_news(server, "killed");
    let (counted, _) = pair.copies();
    moved_to(counted.path(), "killed-0");
    pair.line.good();
    run(&mut pair.laptop.primer_on(counted.path(), &["--json", "sync"])).json();
    let requests = pair.line.good();
    let mut kills = 0;
    for request in 1..=requests {
        for point in POINTS {
            let prefix = format!("killed-{request}-{point:?}").to_lowercase();
            let (laptop, school) = pair.copies();
            moved_to(laptop.path(), &prefix);
            moved_to(school.path(), &prefix);
            let mut sync = pair.laptop.primer_on(laptop.path(), &["sync"]);
            let child = sync.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
            let child = Arc::new(std::sync::Mutex::new(child));
            let victim = Arc::clone(&child);
            let killed = Arc::new(AtomicI32::new(0));
            let count = Arc::clone(&killed);
            pair.line.plan(request, point, move || {
                victim.lock().unwrap().kill().unwrap();
                count.fetch_add(1, Ordering::SeqCst);
            });
            ended(&child);
            pair.line.good();
            kills += killed.load(Ordering::SeqCst);
            let when = format!("killed at request {request} of {requests}, {point:?}");
            pair.assert_comes_together(laptop.path(), school.path(), &when);
        }
    }
    println!("killed {kills} times");
    assert!(kills >= 100, "{kills} kills at {requests} requests");
}

fn on_a_bad_line(server: &Server) {
    let pair = Pair::with_news(server, "bad-line");
    for seed in 1..=12 {
        let prefix = format!("bad-line-{seed}");
        let (laptop, school) = pair.copies();
        moved_to(laptop.path(), &prefix);
        moved_to(school.path(), &prefix);
        pair.line.bad(seed);
        let mut failed = 0;
        // Each sync goes on from where the one before was cut off, so some tries are enough for any line.
        let mut left = vec![(&pair.laptop, laptop.path()), (&pair.school, school.path())];
        for _ in 0..60 {
            left.retain(|(computer, data)| {
                let end = run(&mut computer.primer_on(data, &["--json", "sync"]));
                if end.code != Some(0) {
                    let error = end.error();
                    assert_eq!(error["code"], "remote_failed", "{error}");
                    failed += 1;
                }
                end.code != Some(0)
            });
        }
        assert!(left.is_empty(), "seed {seed}: after 60 tries a sync still fails");
        pair.line.good();
        println!("seed {seed}: {failed} syncs were cut off");
        pair.assert_comes_together(laptop.path(), school.path(), &format!("bad line {seed}"));
    }
}

fn while_the_server_is_killed(mut mortal: Server) {
    let pair = Pair::with_news(&mortal, "mortal");
    let (laptop, school) = pair.copies();
    moved_to(laptop.path(), "mortal-2");
    moved_to(school.path(), "mortal-2");
    // In the middle of the texts.
    let group = format!("-{}", mortal.process.id());
    pair.line.plan(12, Point::Answered, move || {
        drop(Command::new("kill").args(["-9", "--", &group]).status());
    });
    let end = run(&mut pair.laptop.primer_on(laptop.path(), &["--json", "sync"]));
    end.error();
    mortal.process.kill();
    pair.line.good();
    // Nobody is there: what is here can be read, and a sync says so.
    run(&mut pair.laptop.primer_on(laptop.path(), &["--json", "sync"])).error();
    run(&mut pair.laptop.primer_on(laptop.path(), &["--json", "chapter", "open", "1"])).json();
    mortal.process.start_again(mortal.is_ready);
    pair.assert_comes_together(laptop.path(), school.path(), "the server was killed");
    for (name, bytes) in folders::stored(school.path()) {
        assert!(name.contains(&TextDigest::of(&bytes).prefix().to_string()), "{name}");
    }
}
