//! Syncs that meet another one on their data folder, and syncs that somebody stops: nothing is lost, and the next one goes
//! on from there.

use std::cell::Cell;
use std::io::{BufReader, Read};
use std::net::TcpListener;
use std::sync::{Arc, mpsc};
use std::thread;

use primer_domain::freshness::Freshness;
use primer_engine::api::SyncWish;
use serde_json::{Value, json};

use crate::desk::{Desk, World, skills};
use crate::world::model_server::read_head;
use crate::world::python;
use crate::{Computer, assert_visit, call, listed};

/// Each has news for the other, and the laptop a text that only it can bring.
fn two_with_news() -> (tempfile::TempDir, Desk, Desk) {
    let (stick, mut laptop) = World::new().begin(python("beginner"));
    laptop.sync();
    let school = laptop.joined(2);
    school.sync();
    laptop.sync();
    laptop.computer.book.revise(1, 2);
    laptop = laptop.restarted();
    school.answer(skills(&[("python", "beginner"), ("ros2", "advanced")]));
    assert_visit(&school.engine, school.user, 2, Freshness::Missing, true);
    school.sync();
    laptop.answer(skills(&[("python", "beginner"), ("cpp", "none")]));
    assert_visit(&laptop.engine, laptop.user, 1, Freshness::Missing, true);
    (stick, laptop, school)
}

fn assert_come_together(laptop: &Desk, school: &Desk, when: &str) {
    for desk in [laptop, school, laptop, school] {
        desk.sync();
    }
    assert_eq!((laptop.sync().requests, school.sync().requests), (1, 1), "{when}");
    let all = skills(&[("cpp", "none"), ("python", "beginner"), ("ros2", "advanced")]);
    assert_eq!((laptop.background(), school.background()), (all.clone(), all), "{when}");
    assert_visit(&laptop.engine, laptop.user, 1, Freshness::StaleProfile, true);
    laptop.sync();
    school.sync();
    assert_eq!(listed(&school.engine, school.user, 1), "newer_source", "{when}");
}

fn remote_id(desk: &Desk) -> Value {
    call(&desk.engine, "list_remotes", json!({"user_id": desk.user}))[0]["remote_id"].clone()
}

fn pause(desk: &Desk, remote: &Value, paused: bool) {
    call(&desk.engine, "pause_remote", json!({"remote_id": remote, "paused": paused}));
}

#[test]
fn a_second_program_on_the_data_folder_says_that_the_first_is_syncing_and_loses_nothing() {
    let (_stick, laptop, school) = two_with_news();
    // Another program has an engine and files of its own; a lock on a file is its opener's.
    let second = Arc::new(laptop.computer.start());
    let met = Cell::new(0);
    let report = laptop.try_sync_meanwhile(0, SyncWish::default(), |_| {
        let told = thread::scope(|scope| {
            let other = scope.spawn(|| {
                let row = second.remotes(laptop.user).unwrap().remove(0);
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
                let synced = runtime.block_on(second.sync_once(&row, SyncWish::default(), |_| {})).unwrap();
                (synced.report.requests, synced.failure.map(|failure| failure.words()))
            });
            other.join().unwrap()
        });
        let (requests, words) = told;
        let words = words.expect("the first has not ended");
        assert_eq!(requests, 0);
        assert_eq!(words.sentence, "Another Primer is syncing this data folder just now.");
        assert_eq!(words.next_step, "Wait until it is done; it does the same work.");
        met.set(met.get() + 1);
    });
    assert!(met.get() > 2, "it met the first {} times", met.get());
    assert!(report.unwrap().sent > 0);
    // The first has ended, so the second may.
    let second = Desk { computer: Computer::new(), engine: second, user: laptop.user };
    second.sync();
    assert_come_together(&laptop, &school, "after two programs met");
}

#[test]
fn a_place_that_is_paused_while_it_syncs_stops_wherever_that_is_and_goes_on_once_it_is_resumed() {
    let mut stopped = 0;
    for k in 0.. {
        let (_stick, laptop, school) = two_with_news();
        let remote = remote_id(&laptop);
        let (seen, paused) = (Cell::new(0), Cell::new(false));
        let ended = laptop.try_sync_meanwhile(0, SyncWish::default(), |_| {
            if seen.replace(seen.get() + 1) == k {
                pause(&laptop, &remote, true);
                paused.set(true);
            }
        });
        if !paused.get() {
            ended.unwrap();
            break;
        }
        assert_eq!(ended.unwrap_err(), "The sync was stopped.", "at step {k}");
        assert_eq!(laptop.status()["state"], "paused", "at step {k}");
        pause(&laptop, &remote, false);
        assert_come_together(&laptop, &school, &format!("paused at step {k}"));
        stopped += 1;
    }
    assert!(stopped > 3, "stopped at {stopped} steps");
}

#[test]
fn a_place_that_is_removed_while_it_syncs_is_gone_and_can_be_added_again() {
    let (stick, laptop, school) = two_with_news();
    let remote = remote_id(&laptop);
    let gone = Cell::new(false);
    let ended = laptop.try_sync_meanwhile(0, SyncWish::default(), |_| {
        if !gone.replace(true) {
            call(&laptop.engine, "remove_remote", json!({"remote_id": remote}));
        }
    });
    assert_eq!(ended.unwrap_err(), "The sync was stopped.");
    assert_eq!(call(&laptop.engine, "list_remotes", json!({"user_id": laptop.user})), json!([]));
    let location = json!({"kind": "folder", "path": stick.path()});
    call(&laptop.engine, "add_remote", json!({"user_id": laptop.user, "location": location}));
    assert_come_together(&laptop, &school, "removed and added again");
}

/// A server that takes a request and never answers. Each that has come is told of.
fn silent_server() -> (u16, mpsc::Receiver<()>) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    let (came, comes) = mpsc::channel();
    thread::spawn(move || {
        for connection in listener.incoming().flatten() {
            let came = came.clone();
            thread::spawn(move || {
                let mut reader = BufReader::new(connection);
                if let Ok(Some(_)) = read_head(&mut reader) {
                    came.send(()).ok();
                    reader.read_to_end(&mut Vec::new()).ok();
                }
            });
        }
    });
    (port, comes)
}

#[test]
fn a_place_that_does_not_answer_is_left_at_once_when_it_is_paused_or_removed() {
    for (command, state) in [("pause_remote", "paused"), ("remove_remote", "alone")] {
        let (_stick, laptop) = World::new().begin(python("beginner"));
        laptop.sync();
        call(&laptop.engine, "remove_remote", json!({"remote_id": remote_id(&laptop)}));
        let (port, comes) = silent_server();
        let location = json!({"kind": "s3", "endpoint": format!("http://127.0.0.1:{port}"), "bucket": "course",
            "access_key_id": "someone"});
        let request = json!({"user_id": laptop.user, "location": location, "secret_access_key": "secret"});
        call(&laptop.engine, "add_remote", request);
        let remote = remote_id(&laptop);
        thread::scope(|scope| {
            let sync = scope.spawn(|| laptop.try_sync());
            comes.recv().unwrap();
            call(&laptop.engine, command, json!({"remote_id": remote, "paused": true}));
            // Otherwise it would be told that there is no answer, when the patience for one is at its end.
            assert_eq!(sync.join().unwrap().unwrap_err(), "The sync was stopped.", "{command}");
        });
        assert_eq!(laptop.status()["state"], state, "{command}");
    }
}
