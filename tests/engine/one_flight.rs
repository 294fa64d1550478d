//! Many at once want one text: it is written once.

use std::sync::Barrier;
use std::thread;

use primer_domain::ids::UserId;
use primer_engine::Engine;

use crate::world::{database, folders, python};
use crate::{Computer, answer, reader, visit};

const THREADS: usize = 16;

/// How many of the visits wrote; all of them show the same text.
fn visits_at_once(engines: &[&Engine], user: UserId) -> usize {
    let barrier = Barrier::new(THREADS);
    let visits: Vec<(bool, String)> = thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS)
            .map(|index| {
                let (engine, barrier) = (engines[index % engines.len()], &barrier);
                scope.spawn(move || {
                    barrier.wait();
                    let visit = visit(engine, user, 1);
                    (visit.generated, visit.markdown)
                })
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert!(visits.iter().all(|(_, text)| *text == visits[0].1));
    visits.iter().filter(|(generated, _)| *generated).count()
}

#[test]
fn sixteen_visits_at_once_write_a_stale_chapter_exactly_once() {
    let mut computer = Computer::new();
    let engine = computer.start();
    let user = reader(&engine, "Cleo", python("none"));
    assert_eq!(visits_at_once(&[&engine], user), 1, "missing");
    for (count, level) in ["beginner", "intermediate", "advanced"].into_iter().enumerate() {
        answer(&engine, user, python(level));
        assert_eq!(visits_at_once(&[&engine], user), 1, "{level}");
        assert_eq!(database::rows(&computer.data()).len(), count + 2);
    }
    let stored = folders::stored(&computer.data()).len();
    drop(engine);
    computer.book.revise(1, 2);
    let engine = computer.start();
    assert_eq!(visits_at_once(&[&engine], user), 1, "a new edition");
    assert_eq!(folders::stored(&computer.data()).len(), stored + 1);
    let path = visit(&engine, user, 1).path.to_string();
    std::fs::write(computer.blobs().join(path), "damaged").unwrap();
    assert_eq!(visits_at_once(&[&engine], user), 1, "a damaged text");
    assert_eq!(visits_at_once(&[&engine], user), 0, "a fresh one");
}

#[test]
fn two_programs_on_one_data_folder_write_a_stale_chapter_exactly_once() {
    let computer = Computer::new();
    let (one, two) = (computer.start(), computer.start());
    let user = reader(&one, "Dario", python("none"));
    for level in ["none", "beginner", "intermediate", "advanced"] {
        answer(&one, user, python(level));
        assert_eq!(visits_at_once(&[&one, &two], user), 1, "{level}");
    }
    assert_eq!(database::rows(&computer.data()).len(), 4);
    assert!(folders::temporary(&computer.data()).is_empty());
}

#[test]
fn a_background_that_changes_under_many_visits_never_labels_a_text_with_the_wrong_hash() {
    let computer = Computer::new();
    let engine = computer.start();
    let user = reader(&engine, "Edda", python("none"));
    thread::scope(|scope| {
        let engine = &engine;
        scope.spawn(move || {
            for round in 0..40 {
                answer(engine, user, python(["none", "intermediate", "advanced"][round % 3]));
            }
        });
        for _ in 0..4 {
            scope.spawn(move || {
                for _ in 0..40 {
                    let visit = visit(engine, user, 1);
                    let level = visit.profile.background.level("python").word();
                    let expected = match level {
                        "none" => "Slowly",
                        "intermediate" => "At a good pace",
                        _ => "In one leap",
                    };
                    assert!(visit.markdown.contains(expected), "{level}");
                    assert_eq!(visit.path.profile_hash, visit.profile.hash);
                }
            });
        }
    });
    for (name, bytes) in folders::stored(&computer.data()) {
        assert!(folders::is_whole(&name, &bytes), "{name}");
    }
}
