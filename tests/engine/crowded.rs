//! A place in which somebody writes under a reader's name more than any reader has.

use primer_engine::sync::{Bounds, Manner, SyncError};
use serde_json::json;

use crate::desk::{World, replicas, skills};
use crate::world::{is_sentence, python};
use crate::{by_hand, call};

fn within(bounds: Bounds) -> Manner {
    Manner { bounds, ..Manner::default() }
}

#[test]
fn more_computers_than_any_reader_has_are_not_read_and_nothing_is_lost() {
    let (stick, laptop) = World::new().begin(python("beginner"));
    laptop.sync();
    laptop.joined(2).sync();
    laptop.answer(skills(&[("python", "beginner"), ("cpp", "none")]));
    let ended = by_hand::sync(&laptop, within(Bounds { computers: 1, ..Bounds::default() }), |_| None);
    assert_eq!(ended.asked.len(), 1, "only the listing: {:?}", ended.asked);
    let failure = ended.failure.unwrap();
    assert!(matches!(failure, SyncError::Crowded { computers: 2 }), "{failure}");
    assert!(is_sentence(&failure.words().sentence) && !failure.is_transient(), "{failure}");
    assert_eq!(laptop.status()["waiting"], 1);
    laptop.sync();
    assert_eq!((laptop.status()["waiting"].clone(), replicas(stick.path()).len()), (json!(0), 2));
}

#[test]
fn replicas_that_are_too_long_together_are_left_out_and_the_own_one_is_sent() {
    let (_stick, laptop) = World::new().begin(python("beginner"));
    laptop.sync();
    laptop.joined(2).sync();
    laptop.answer(skills(&[("python", "beginner"), ("cpp", "none")]));
    let ended = by_hand::sync(&laptop, within(Bounds { replicas_bytes: 100, ..Bounds::default() }), |_| None);
    assert!(ended.failure.is_none(), "{:?}", ended.failure);
    assert!(ended.asked.iter().any(|asked| asked.starts_with("PUT ")), "{:?}", ended.asked);
    let computers = call(&laptop.engine, "list_computers", json!({"user_id": laptop.user}));
    let trouble = computers[1]["trouble"].as_str().unwrap();
    assert!(trouble.contains("longer than the 100 bytes that Primer reads"), "{trouble}");
    assert_eq!(laptop.status()["waiting"], 0);
}
