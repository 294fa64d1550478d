//! Several programs on one data folder that all want one chapter rewritten: one of them asks for it.

use std::sync::{Arc, mpsc};

use primer_domain::ids::ChapterId;
use primer_engine::Engine;
use primer_engine::rewriting::{Manner, RewriteError, Step, Turn};
use serde_json::{Value, json};

use crate::call;
use crate::queue::{queue, start, waiting, waiting_chapters};
use crate::rewriting::impatient;
use crate::world::is_sentence;
use crate::world::model_server::{ModelServer, Say, SayAsGiven, in_other_words, streamed};

fn changes(engine: &Engine, user: impl serde::Serialize) -> Value {
    call(engine, "rewriting_status", json!({"user_id": user}))["changes"].clone()
}

/// Until the program has noticed that something about the rewritings stands otherwise.
fn notices_a_change(engine: &Engine, user: impl serde::Serialize + Copy, before: &Value) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    while changes(engine, user) == *before {
        runtime.block_on(engine.news().next());
    }
}

/// A server whose first answer comes when the test sends it, and what tells when it was asked for.
fn held_up() -> (ModelServer, mpsc::Sender<String>, mpsc::Receiver<String>) {
    let (arrived, arrives) = mpsc::channel();
    let (give, given) = mpsc::channel();
    let given = std::sync::Mutex::new(Some(given));
    let server = ModelServer::start(move |_, asked| match given.lock().unwrap().take() {
        Some(given) => {
            arrived.send(asked.section()).unwrap();
            SayAsGiven(given)
        }
        None => Say(streamed(&in_other_words(&asked.section()))),
    });
    (server, give, arrives)
}

#[test]
fn the_queues_of_two_programs_ask_for_a_chapter_once_and_go_on_with_others_meanwhile() {
    let (server, give, arrives) = held_up();
    let world = waiting(&server);
    let other = start(&world.computer);
    let other_queue = queue(&other);
    world.wish(1, false);
    std::thread::scope(|scope| {
        let one = queue(&world.engine);
        let turn = scope.spawn(move || one.turn().unwrap());
        let section = arrives.recv().unwrap();
        let before = changes(&other, world.user);
        assert_eq!(other_queue.turn().unwrap(), Turn::Idle);
        let status = call(&other, "rewriting_status", json!({"user_id": world.user}));
        assert_eq!((&status["now"], waiting_chapters(&status)), (&Value::Null, vec![1]));
        let reason = status["waiting"][0]["reason"].as_str().unwrap();
        assert!(is_sentence(reason) && reason.contains("Another program"), "{reason}");
        // What nobody else rewrites does not wait for it.
        world.wish(3, false);
        assert_eq!(other_queue.turn().unwrap(), Turn::Took(ChapterId(3)));
        give.send(streamed(&in_other_words(&section))).unwrap();
        drop(give);
        assert_eq!(turn.join().unwrap(), Turn::Took(ChapterId(1)));
        notices_a_change(&other, world.user, &before);
    });
    assert_eq!(other_queue.turn().unwrap(), Turn::Idle);
    assert!(world.text(1).contains("primer:rewritten") && world.text(3).contains("primer:rewritten"));
    assert_eq!(server.asked().len(), 3, "one section and two");
}

#[test]
fn what_another_program_was_stopped_in_is_done_by_the_one_that_waited() {
    let (server, arrives) = ModelServer::hanging_once();
    let world = waiting(&server);
    let other = start(&world.computer);
    let stop = Manner { patience: Default::default(), ..impatient() };
    std::thread::scope(|scope| {
        let rewriting =
            scope.spawn(|| other.rewrite(world.user, ChapterId(1), &stop, &mut |_| {}).unwrap_err());
        arrives.recv().unwrap();
        world.wish(1, false);
        assert_eq!(world.turn(), Turn::Idle);
        let before = changes(&world.engine, world.user);
        stop.cancel.cancel();
        assert!(matches!(rewriting.join().unwrap(), RewriteError::Cancelled));
        notices_a_change(&world.engine, world.user, &before);
    });
    assert_eq!(world.turns(), (vec![1], Turn::Idle));
    assert!(world.text(1).contains("primer:rewritten"));
    assert_eq!(server.asked().len(), 2);
}

#[test]
fn whoever_waits_for_another_program_is_told_and_shows_what_that_one_made() {
    for again in [false, true] {
        let (server, give, arrives) = held_up();
        let world = waiting(&server);
        let other: Arc<Engine> = start(&world.computer);
        let manner = Manner { again, ..impatient() };
        let (waits, told) = mpsc::channel();
        let reports = std::thread::scope(|scope| {
            let patient = Manner { patience: Default::default(), ..manner.clone() };
            let (engine, user) = (&world.engine, world.user);
            let first =
                scope.spawn(move || engine.rewrite(user, ChapterId(1), &patient, &mut |_| {}).unwrap());
            let section = arrives.recv().unwrap();
            let manner = &manner;
            let other = &other;
            let second = scope.spawn(move || {
                let mut show = |step: Step<'_>| waits.send(format!("{step:?}")).unwrap();
                other.rewrite(user, ChapterId(1), manner, &mut show).unwrap()
            });
            assert_eq!(told.recv().unwrap(), "Elsewhere");
            give.send(streamed(&in_other_words(&section))).unwrap();
            drop(give);
            [first.join().unwrap(), second.join().unwrap()]
        });
        assert!(told.recv().is_err(), "nothing more was gone about");
        assert!(reports[0].stored.is_some() && reports[1].stored.is_none(), "{reports:?}");
        assert_eq!((reports[1].rewritten_sections, server.asked().len()), (1, 1));
    }
}
