//! Wishes for rewritten chapters and servers that are busy, fail or refuse: how often each is asked, and when again.

use std::sync::atomic::Ordering;

use primer_domain::freshness::Freshness;
use primer_domain::ids::ChapterId;
use primer_engine::rewriting::Turn;
use serde_json::{Value, json};

use crate::queue::{OnAndOff, Waiting, fails, waiting, waiting_chapters, wish};
use crate::rewriting::{KEY, TWO_SECTIONS, set_model};
use crate::world::model_server::{
    DONE, ModelServer, STREAM, Say, finish, in_other_words, part, refusal, streamed,
};
use crate::world::{is_sentence, python};
use crate::{assert_visit, call, reader};

#[test]
fn a_server_that_asks_to_wait_is_not_asked_before_and_no_section_is_paid_for_twice() {
    let busy = || Say(refusal("429 Too Many Requests", "Retry-After: 90\r\n", "", "slow down"));
    let server = ModelServer::start(move |number, asked| match number {
        1 => busy(),
        _ => Say(streamed(&in_other_words(&asked.section()))),
    });
    let world = waiting(&server);
    world.wish(3, false);
    let begun = world.computer.clock.load(Ordering::SeqCst);
    let (took, Turn::Until(at)) = world.turns() else { panic!("it waits") };
    assert_eq!(took, [3]);
    assert_eq!(at.unix_ms() - begun, 90_000);
    // Neither the network nor the reader makes it come sooner.
    call(&world.engine, "network_is_back", json!({}));
    world.wish(3, false);
    assert_eq!(world.turn(), Turn::Until(at));
    let reason = world.status()["waiting"][0]["reason"].as_str().unwrap().to_owned();
    assert!(is_sentence(&reason) && reason.contains("seconds"), "{reason}");
    world.when_due();
    assert_eq!(world.turns(), (vec![3], Turn::Idle));
    assert_eq!(world.status()["last"]["rewritten_sections"], 2);
    let headings: Vec<bool> = server.asked().iter().map(|asked| asked.section().contains('⟦')).collect();
    assert_eq!(headings, [true, false, false], "the first section was not asked for again");
    assert_eq!(world.status()["last"]["tokens"], json!({"prompt": 200, "completion": 20}));
}

#[test]
fn three_chapters_a_minute_are_begun_or_as_many_as_the_reader_says() {
    let server = ModelServer::making(in_other_words);
    let world = waiting(&server);
    let other = reader(&world.engine, "Noor", python("none"));
    set_model(&world.engine, other, &server);
    world.wish_all(&[1, 2, 3], false);
    assert_eq!(world.turns(), (vec![1, 2, 3], Turn::Idle));
    world.wish(1, true);
    let turn = world.turn();
    assert!(matches!(turn, Turn::Until(_)), "{turn:?}");
    let reason = world.status()["waiting"][0]["reason"].as_str().unwrap().to_owned();
    assert!(reason.contains("no more than 3 chapters"), "{reason}");
    // Another reader has a pace of their own.
    wish(&world.engine, other, 1, false);
    assert_eq!(world.turns(), (vec![1], turn));
    world.when_due();
    assert_eq!(world.turns(), (vec![1], Turn::Idle));
    let set = json!({"user_id": world.user, "base_url": server.url(), "model": "llama3.2:3b", "key": KEY,
        "chapters_per_minute": 1});
    call(&world.engine, "set_model", set);
    world.later(60_000);
    world.wish_all(&[2, 3], true);
    let (took, turn) = world.turns();
    assert!(took == [2] && matches!(turn, Turn::Until(_)), "{took:?}");
}

#[test]
fn chapters_of_which_nothing_could_be_kept_count_too_though_the_server_tells_no_tokens() {
    let server = ModelServer::start(|_, _| {
        Say(format!("{STREAM}{}{}{DONE}", part("I'm sorry, but I can't help with that."), finish("stop")))
    });
    let world = waiting(&server);
    world.wish_all(&[1, 2, 3], false);
    assert_eq!(world.turns(), (vec![1, 2, 3], Turn::Idle));
    assert_eq!(world.status()["last"]["tokens"], Value::Null);
    let asked = server.asked().len();
    world.wish(1, false);
    let (took, turn) = world.turns();
    assert!(took.is_empty() && matches!(turn, Turn::Until(_)), "{took:?} {turn:?}");
    assert_eq!(server.asked().len(), asked);
}

#[test]
fn a_server_that_fails_three_times_in_a_row_is_left_alone_and_one_probe_brings_it_back() {
    let switch = OnAndOff::new(false, fails);
    let world = waiting(&switch.server);
    world.wish(1, false);
    world.wish(2, false);
    world.turns();
    for _ in 0..2 {
        assert_eq!(world.status()["trouble"], Value::Null);
        world.when_due();
        world.turns();
    }
    assert_eq!(switch.server.asked().len(), 3);
    let trouble = world.status()["trouble"].clone();
    for part in ["a fault of its own: “out of memory”", "3 times in a row", "left alone for"] {
        assert!(trouble["message"].as_str().unwrap().contains(part), "{part}: {trouble}");
    }
    assert!(is_sentence(trouble["hint"].as_str().unwrap()), "{trouble}");
    assert!(trouble["again_s"].as_u64().unwrap() >= 30, "{trouble}");
    // Each probe is one chapter, and the pause grows.
    let mut pauses = Vec::new();
    for _ in 0..3 {
        let now = world.computer.clock.load(Ordering::SeqCst);
        let Turn::Until(at) = world.turn() else { panic!("it waits") };
        pauses.push(at.unix_ms() - now);
        let asked = switch.server.asked().len();
        world.when_due();
        world.turns();
        assert_eq!(switch.server.asked().len(), asked + 1);
    }
    assert!(pauses[0] < pauses[1] && pauses[1] < pauses[2], "{pauses:?}");
    switch.turn_on();
    world.when_due();
    let (mut took, turn) = world.turns();
    took.sort_unstable();
    assert_eq!((took, turn), (vec![1, 2], Turn::Idle), "after one went well the other does not wait");
    assert_eq!(world.status()["trouble"], Value::Null);
}

#[test]
fn a_start_of_the_program_makes_nothing_of_how_a_server_failed_undone() {
    let switch = OnAndOff::new(false, fails);
    let mut world = waiting(&switch.server);
    world.wish(1, false);
    for _ in 0..3 {
        let (took, turn) = world.turns();
        let before = world.status();
        world = world.restarted();
        // Neither the status nor the queue is the first to look.
        assert_eq!((took, world.turns()), (vec![1], (vec![], turn)));
        assert_eq!(world.status(), before);
        world.when_due();
    }
    let trouble = world.status()["trouble"].clone();
    assert!(trouble["message"].as_str().unwrap().contains("3 times in a row"), "{trouble}");
    world.turns();
    let world = world.restarted();
    let trouble = world.status()["trouble"].clone();
    assert!(trouble["message"].as_str().unwrap().contains("out of memory"), "{trouble}");
    assert!(trouble["message"].as_str().unwrap().contains("4 times in a row"), "{trouble}");
    assert_eq!(switch.server.asked().len(), 4);
    // A chapter that goes well ends it, for the next start too.
    switch.turn_on();
    world.when_due();
    assert_eq!(world.turns(), (vec![1], Turn::Idle));
    let world = world.restarted();
    assert_eq!(world.status()["trouble"], Value::Null);
    world.wish(2, false);
    assert_eq!(world.turns(), (vec![2], Turn::Idle));
}

/// A server that failed until it was left alone, and would answer now; chapter 1 is wished.
fn left_alone() -> (OnAndOff, Waiting) {
    let switch = OnAndOff::new(false, fails);
    let world = waiting(&switch.server);
    world.wish(1, false);
    world.turns();
    for _ in 0..3 {
        world.when_due();
        world.turns();
    }
    switch.turn_on();
    (switch, world)
}

#[test]
fn whoever_asks_has_a_server_tried_that_failed_before_a_start_or_a_time_that_was_wrong() {
    let left_alone = || {
        let (switch, world) = left_alone();
        (switch, world.restarted())
    };
    let (_switch, world) = left_alone();
    assert_eq!(world.turns().0, Vec::<u32>::new());
    world.wish(1, false);
    // That it was asked for outlives a start as well.
    let world = world.restarted();
    assert_eq!(world.turns(), (vec![1], Turn::Idle));
    let (_switch, world) = left_alone();
    call(&world.engine, "network_is_back", json!({}));
    let Turn::Until(at) = world.turn() else { panic!("it is spread") };
    assert!(at.unix_ms() - world.computer.clock.load(Ordering::SeqCst) < 3_000);
    for hours in [-2, -24 * 365, 24 * 365] {
        let (_switch, world) = left_alone();
        world.later(hours * 3600 * 1000);
        assert_eq!(world.turns(), (vec![1], Turn::Idle), "{hours} hours");
    }
    // Another server has done nothing wrong.
    let (_switch, world) = left_alone();
    set_model(&world.engine, world.user, &ModelServer::making(in_other_words));
    assert_eq!(world.turns(), (vec![1], Turn::Idle));
}

#[test]
fn whoever_asks_again_has_a_server_tried_that_was_left_alone() {
    let (_switch, world) = left_alone();
    assert!(matches!(world.turn(), Turn::Until(_)));
    world.wish(1, false);
    assert_eq!(world.turns(), (vec![1], Turn::Idle));
}

#[test]
fn what_only_a_person_can_mend_stops_the_queue_until_somebody_does() {
    let cases = [
        ("401 Unauthorized", "invalid_api_key", "does not accept the key"),
        ("404 Not Found", "model_not_found", "has no model"),
    ];
    for (status, code, words) in cases {
        let switch = OnAndOff::new(false, move || Say(refusal(status, "", code, "no")));
        let world = waiting(&switch.server);
        world.wish(1, false);
        world.wish(2, false);
        assert_eq!(world.turns(), (vec![1], Turn::Idle), "{words}");
        world.later(24 * 3600 * 1000);
        call(&world.engine, "network_is_back", json!({}));
        assert_eq!(world.turns(), (vec![], Turn::Idle), "{words}");
        let trouble = world.status()["trouble"].clone();
        assert!(trouble["message"].as_str().unwrap().contains(words), "{trouble}");
        assert_eq!(trouble["again_s"], Value::Null);
        assert!(is_sentence(trouble["hint"].as_str().unwrap()), "{trouble}");
        assert_visit(&world.engine, world.user, 1, Freshness::Fresh, false);
        assert_eq!(switch.server.asked().len(), 1);
        // With other settings it goes on by itself.
        switch.turn_on();
        set_model(&world.engine, world.user, &switch.server);
        assert_eq!(world.status()["trouble"], Value::Null);
        assert_eq!(world.turns(), (vec![1, 2], Turn::Idle), "{words}");
    }
}

#[test]
fn a_chapter_that_can_never_be_right_is_given_up_with_the_reason() {
    let server = ModelServer::making(|_| "I'm sorry, but I can't help with that.".to_owned());
    let world = waiting(&server);
    world.wish(3, false);
    assert_eq!(world.turns(), (vec![3], Turn::Idle));
    let status = world.status();
    assert_eq!((waiting_chapters(&status), &status["last"]["rewritten_sections"]), (vec![], &json!(0)));
    assert_eq!(status["last"]["kept"].as_array().unwrap().len(), 2, "{status}");
    assert!(!world.text(3).contains("primer:rewritten"));
}

#[test]
fn a_chapter_that_is_given_up_is_told_with_its_reason_and_nothing_is_said_of_the_others() {
    let server = ModelServer::making(in_other_words);
    let mut world = waiting(&server);
    world.computer.book.write_chapter(2, 2, "# Two\n\nAs a newer book has it.\n");
    let mut world = world.restarted();
    world.of_chapter("open_chapter", 2);
    world.computer.book.write_chapter(2, 1, TWO_SECTIONS);
    let world = world.restarted();
    world.wish(2, false);
    world.wish(3, false);
    assert_eq!(world.turn(), Turn::Took(ChapterId(2)));
    let status = world.status();
    assert_eq!((&status["last"]["chapter_id"], waiting_chapters(&status)), (&json!(2), vec![3]), "{status}");
    assert!(status["last"]["given_up"]["message"].as_str().unwrap().contains("newer"), "{status}");
    assert!(is_sentence(status["last"]["given_up"]["hint"].as_str().unwrap()), "{status}");
    assert_eq!(status["trouble"], Value::Null, "the server did nothing wrong");
    assert_eq!(world.turns(), (vec![3], Turn::Idle));
    assert_eq!(world.status()["last"]["given_up"], Value::Null);
}

#[test]
fn a_chapter_at_which_its_server_fails_lets_the_others_go_first() {
    let server = ModelServer::start(|_, asked| match asked.section().contains("chapter one") {
        true => fails(),
        false => Say(streamed(&in_other_words(&asked.section()))),
    });
    let world = waiting(&server);
    world.of_chapter("open_chapter", 1);
    world.wish(1, false);
    world.wish(3, false);
    let mut took = world.turns().0;
    for _ in 0..3 {
        world.when_due();
        took.extend(world.turns().0);
    }
    assert_eq!(took, [1, 1, 1, 3, 1]);
    assert!(world.text(3).contains("primer:rewritten"));
}
