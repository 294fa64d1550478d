//! Rewriting by a real model that mostly writes nonsense: what is tested is what becomes of it, never its words.

use std::fs;
use std::sync::Arc;

use primer_domain::freshness::Freshness;
use primer_domain::ids::{ChapterId, UserId};
use primer_domain::rewrite;
use primer_engine::api::{ErrorCode, dispatch};
use primer_engine::model::Patience;
use primer_engine::rewriting::{Manner, Queue, RewriteError, Step, Turn};
use primer_engine::{Cancel, Engine};
use serde_json::{Value, json};

use crate::queue::{Waiting, waiting, waiting_chapters};
use crate::real_model::{MODEL, RealModel, real_model};
use crate::world::model_server::{ModelServer, in_other_words};
use crate::world::{database, folders, is_sentence, python};
use crate::{Computer, assert_visit, call, reader};

/// Three sections with a bit of everything that is not for a model.
const CHAPTER: &str = include_str!("../fixtures/chapter-for-a-model.md");
const SECTIONS: usize = 3;

const NOT_FOR_A_MODEL: [&str; 10] = [
    "# Walking by itself\n",
    "\n## The length of a leg\n",
    "\n## Falling\n",
    "$a$",
    "$b$",
    "$a + b$",
    "](https://example.org/leg)",
    "`reach()`",
    "\n```python\ndef reach(a, b):\n    return a + b\n```\n",
    "primer:begin id=angles ",
];

fn set(engine: &Engine, user: UserId, model: &RealModel) {
    let request = json!({"user_id": user, "base_url": model.url(), "model": MODEL, "context_tokens": 4096});
    call(engine, "set_model", request);
}

fn started(model: &RealModel, background: Value) -> (Computer, Engine, UserId) {
    let mut computer = Computer::new();
    computer.book.write_chapter(3, 1, CHAPTER);
    let engine = computer.start();
    let user = reader(&engine, "Mina", background);
    set(&engine, user, model);
    (computer, engine, user)
}

/// It has a paragraph, or it says what is wrong with it.
#[track_caller]
fn assert_tested(engine: &Engine, user: UserId) {
    match dispatch(engine, "test_model", json!({"user_id": user})) {
        Ok(test) => {
            assert!(!test["text"].as_str().unwrap().trim().is_empty(), "{test}");
            assert!(test["tokens"]["prompt"].as_u64() > Some(0), "{test}");
            assert!(test["tokens"]["completion"].as_u64() > Some(0), "{test}");
            assert!(is_sentence(test["sentence"].as_str().unwrap()), "{test}");
        }
        Err(error) => {
            assert_eq!(error.code, ErrorCode::ModelFailed, "{error}");
            assert!(error.message.contains("answered, but not as it should"), "{error}");
            assert!(is_sentence(&error.message) && is_sentence(&error.hint), "{error}");
        }
    }
}

#[test]
fn a_real_model_is_listed_and_the_test_has_it_write_a_paragraph() {
    let Some(model) = real_model() else { return };
    let (_computer, engine, user) = started(&model, python("beginner"));
    assert_eq!(call(&engine, "list_models", json!({"user_id": user})), json!([MODEL]));
    let before = model.seen();
    assert_tested(&engine, user);
    let after = model.seen();
    assert_eq!((after.asked, after.ended), (before.asked + 1, before.ended + 1));
    assert!(after.tokens > before.tokens);
}

#[test]
fn whatever_a_real_model_writes_each_section_is_judged_and_nothing_is_stored_but_the_chapter_in_other_words()
{
    let Some(model) = real_model() else { return };
    let expert = json!({
        "software_experience": {"python": "advanced"},
        "robotics_experience": "real_hardware",
        "hardware_access": ["robot_kit"],
        "learning_goals": ["professional_dev"],
    });
    for background in [python("beginner"), expert] {
        let (computer, engine, user) = started(&model, background);
        let floor = assert_visit(&engine, user, 3, Freshness::Missing, true);
        let before = model.seen();
        let (mut judged, mut shown) = (Vec::new(), String::new());
        let mut show = |step: Step<'_>| match step {
            Step::Section { done, total, .. } => judged.push((done, total)),
            Step::Text(text) => shown.push_str(text),
            _ => {}
        };
        let report = engine.rewrite(user, ChapterId(3), &Manner::default(), &mut show).unwrap();
        println!("{report:#?}");
        assert_eq!(judged, [(0, SECTIONS), (1, SECTIONS), (2, SECTIONS)]);
        assert!(!shown.is_empty());
        let after = model.seen();
        let asked = usize::try_from(after.asked - before.asked).unwrap();
        assert!((SECTIONS..=2 * SECTIONS).contains(&asked), "{asked}");
        let tokens = report.tokens.unwrap();
        assert!(tokens.prompt > 0 && tokens.completion > 0, "{tokens:?}");
        assert_eq!(tokens.completion, after.tokens - before.tokens);
        // A section may also come back word for word.
        assert!(report.rewritten_sections + report.kept.len() <= SECTIONS, "{report:?}");
        // Who was asked twice for a section was refused once.
        assert!(report.kept.len() <= asked - SECTIONS, "{report:?}");
        for kept in &report.kept {
            assert!(is_sentence(&kept.reason), "{kept:?}");
        }
        let mut expected = vec![floor.path.to_string()];
        match &report.stored {
            None => assert_eq!(report.rewritten_sections, 0),
            Some(path) => {
                let text = fs::read_to_string(computer.blobs().join(path.to_string())).unwrap();
                rewrite::verify(&floor.markdown, &text).unwrap();
                assert_eq!(rewrite::told(&text), (report.rewritten_sections, report.kept.clone()));
                for part in NOT_FOR_A_MODEL {
                    let count = floor.markdown.matches(part).count();
                    assert_eq!(text.matches(part).count(), count, "{part}: {text}");
                }
                assert!(!text.contains(['⟦', '⟧']), "{text}");
                assert_eq!(assert_visit(&engine, user, 3, Freshness::Fresh, false).markdown, text);
                expected.push(path.to_string());
            }
        }
        expected.sort();
        let stored = folders::stored(&computer.data());
        assert!(stored.iter().all(|(name, bytes)| folders::is_whole(name, bytes)));
        assert_eq!(stored.into_keys().collect::<Vec<_>>(), expected);
        assert_eq!(folders::temporary(&computer.data()), Vec::<String>::new());
        assert!(folders::quarantine(&computer.data()).is_empty());
        assert_eq!(database::dump(&computer.data(), "rewrites").len(), expected.len() - 1);
        // The text without a model is as it was.
        call(&engine, "discard_rewrite", json!({"user_id": user, "chapter_id": 3}));
        let back = assert_visit(&engine, user, 3, Freshness::Fresh, false);
        assert_eq!((back.path, back.markdown), (floor.path, floor.markdown));
    }
}

#[test]
fn a_rewriting_that_is_stopped_in_the_middle_of_an_answer_changes_nothing_and_the_server_goes_no_further() {
    let Some(model) = real_model() else { return };
    let (computer, engine, user) = started(&model, python("beginner"));
    let floor = assert_visit(&engine, user, 3, Freshness::Missing, true);
    let files = folders::digests(&computer.blobs());
    let before = model.seen();
    model.hold();
    let cancel = Cancel::default();
    let manner = Manner { cancel: cancel.clone(), ..Manner::default() };
    let mut shown = String::new();
    let mut show = |step: Step<'_>| {
        if let Step::Text(text) = step {
            shown.push_str(text);
            cancel.cancel();
        }
    };
    let error = engine.rewrite(user, ChapterId(3), &manner, &mut show).unwrap_err();
    assert!(matches!(error, RewriteError::Cancelled), "{error}");
    assert!(!shown.is_empty());
    let after = model.when(|now| now.hung_up > before.hung_up);
    assert_eq!((after.asked, after.ended), (before.asked + 1, before.ended));
    assert_eq!(folders::digests(&computer.blobs()), files);
    assert!(database::dump(&computer.data(), "rewrites").is_empty());
    let visit = assert_visit(&engine, user, 3, Freshness::Fresh, false);
    assert_eq!((visit.path, visit.markdown), (floor.path, floor.markdown));
    // It is free for whoever asks next.
    model.go();
    assert_tested(&engine, user);
    assert_eq!(model.seen().ended, before.ended + 1);
}

#[test]
fn a_server_that_is_killed_in_the_middle_of_an_answer_leaves_a_wish_that_is_fulfilled_when_it_is_back() {
    let Some(mut model) = real_model() else { return };
    let world = waiting(&ModelServer::making(in_other_words));
    set(&world.engine, world.user, &model);
    let world = Waiting { queue: Queue::new(Arc::clone(&world.engine), Patience::default()), ..world };
    let html = world.of_chapter("open_chapter", 3)["html"].clone();
    let files = folders::digests(&world.computer.blobs());
    world.wish(3, false);
    let before = model.seen();
    model.hold();
    std::thread::scope(|scope| {
        let turn = scope.spawn(|| world.turn());
        model.when(|now| now.tokens > before.tokens);
        assert_eq!(world.status()["now"]["chapter_id"], 3);
        model.kill();
        assert_eq!(turn.join().unwrap(), Turn::Took(ChapterId(3)));
    });
    let status = world.status();
    assert_eq!(waiting_chapters(&status), [3]);
    assert_eq!((&status["waiting"][0]["tries"], &status["now"]), (&json!(1), &Value::Null));
    assert!(is_sentence(status["waiting"][0]["reason"].as_str().unwrap()), "{status}");
    assert_eq!(world.of_chapter("open_chapter", 3)["html"], html);
    assert_eq!(folders::digests(&world.computer.blobs()), files);
    // While it is away it is tried in vain, and nothing changes.
    world.when_due();
    assert_eq!(world.turn(), Turn::Took(ChapterId(3)));
    assert_eq!(world.status()["waiting"][0]["tries"], 2);
    model.start_again();
    world.when_due();
    assert_eq!(world.turns(), (vec![3], Turn::Idle));
    let (status, seen) = (world.status(), model.seen());
    assert_eq!((waiting_chapters(&status), &status["trouble"]), (vec![], &Value::Null));
    assert_eq!(status["last"]["chapter_id"], 3);
    assert_eq!(status["last"]["tokens"]["completion"], seen.tokens);
    assert!((2..=4).contains(&seen.asked) && seen.tokens > 0, "{seen:?}");
    assert!(database::dump(&world.computer.data(), "rewrite_wishes").is_empty());
    let rewritten = status["last"]["rewritten_sections"].as_u64().unwrap();
    assert_eq!(world.text(3).contains("primer:rewritten"), rewritten > 0);
}
