//! What a sync makes of servers that answer as some do: an absent object forbidden, one that was just written absent, one
//! that did not change sent again, and more of everything than anybody has.

use std::fs;

use primer_domain::freshness::Freshness;
use primer_engine::remote::RemoteFault;
use primer_engine::sync::{Answer, IDENTITY, Manner, Op, SyncError};
use serde_json::json;

use crate::by_hand::{no_permission, sync};
use crate::desk::{World, chapters, replicas, skills};
use crate::world::{is_sentence, python};
use crate::{assert_visit, listed};

#[test]
fn where_a_place_goes_on_saying_that_nobody_set_it_up_the_sync_ends_and_is_tried_again() {
    let (_stick, laptop) = World::new().begin(python("beginner"));
    let ended = sync(&laptop, Manner::default(), |op| match op {
        Op::Get { key, .. } if key == IDENTITY => Some(Ok(Answer::Got(None))),
        _ => None,
    });
    let failure = ended.failure.unwrap();
    assert!(failure.is_transient(), "{failure:?}");
    assert!(is_sentence(&failure.words().sentence) && is_sentence(&failure.words().next_step));
    assert_eq!(ended.asked.iter().filter(|asked| *asked == "PUT primer.json").count(), 1);
    laptop.sync();
    assert_eq!(laptop.sync().requests, 1);
}

#[test]
fn where_an_absent_text_is_forbidden_it_is_missing_and_keeps_nothing_else_from_syncing() {
    let (stick, mut laptop) = World::new().begin(python("beginner"));
    laptop.computer.book.revise(1, 2);
    laptop = laptop.restarted();
    assert_visit(&laptop.engine, laptop.user, 1, Freshness::Missing, true);
    laptop.sync();
    let text = fs::read(&chapters(stick.path())[0]).unwrap();
    fs::remove_file(&chapters(stick.path())[0]).unwrap();
    let school = laptop.joined(2);
    school.answer(skills(&[("python", "beginner"), ("ros2", "none")]));
    school.answer(python("beginner"));
    let ended = sync(&school, Manner::default(), |op| match op {
        Op::Get { key, .. } if key.ends_with(".md") => Some(Err(no_permission())),
        _ => None,
    });
    assert!(ended.failure.is_none(), "{:?}", ended.failure);
    assert_eq!(replicas(stick.path()).len(), 2, "what it has to say, and what it misses, is told");
    assert_eq!(laptop.sync().sent, 1);
    assert_eq!(fs::read(&chapters(stick.path())[0]).unwrap(), text);
    assert_eq!(school.sync().received, 1);
    // Keys that may not read at all are told of.
    let home = laptop.joined(3);
    let ended = sync(&home, Manner::default(), |op| match op {
        Op::Get { key, .. } if key.contains("/replicas/") => Some(Err(no_permission())),
        _ => None,
    });
    let failure = ended.failure.unwrap();
    assert!(
        matches!(failure, SyncError::Remote(error) if matches!(error.fault, RemoteFault::NoPermission { .. }))
    );
}

#[test]
fn a_text_found_damaged_when_it_is_to_be_sent_neither_waits_nor_counts_and_the_next_visit_makes_it_again() {
    let (stick, laptop) = World::new().begin(python("beginner"));
    let text = assert_visit(&laptop.engine, laptop.user, 1, Freshness::Missing, true);
    let file = laptop.computer.blobs().join(text.path.to_string());
    fs::write(&file, "x".repeat(text.markdown.len())).unwrap();
    assert_eq!(laptop.sync().sent, 0);
    assert_eq!((laptop.status()["waiting"].clone(), laptop.stored()), (json!(0), 0));
    assert!(!file.exists() && laptop.computer.data().join("quarantine").read_dir().unwrap().count() == 1);
    assert_eq!(listed(&laptop.engine, laptop.user, 1), "damaged");
    assert_eq!(laptop.sync().requests, 1);
    let again = assert_visit(&laptop.engine, laptop.user, 1, Freshness::Damaged, true);
    assert_eq!(again.markdown, text.markdown);
    assert_eq!(laptop.status()["waiting"], 1);
    assert_eq!(laptop.sync().sent, 1);
    assert_eq!(chapters(stick.path()).len(), 1);
}
