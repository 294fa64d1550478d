//! What a teacher publishes takes the place of what was: what nobody fetches any more goes, and who was fetching it takes what
//! is there instead.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use primer_domain::ids::TextDigest;
use primer_engine::publishing::Wish;
use primer_engine::remote::{Object, Remote, Unless};
use primer_engine::sync::{Answer, Manner, Op, Session};

use crate::by_hand;
use crate::published::{class, runtime};
use crate::world::{folders, is_sentence};

/// The names of the objects that are there.
fn objects(stick: &Path) -> Vec<String> {
    let names = folders::digests(stick).into_keys();
    names.filter_map(|name| Some(name.strip_prefix("books/test-book/objects/")?.to_owned())).collect()
}

fn of(bytes: &[u8]) -> String {
    TextDigest::of(bytes).to_string()
}

#[test]
fn who_publishes_removes_what_neither_the_new_edition_nor_the_one_before_names() {
    let (stick, _, _, mut teacher) = class();
    let mut publish = |version: u32, wish: Wish| {
        teacher.book().revise(1, version);
        let chapter = of(&fs::read(teacher.folder().join("1.md")).unwrap());
        (teacher.try_publish_as(wish).unwrap(), chapter)
    };
    let keep = Wish { keep_old: true, ..Wish::default() };
    let (first, chapter_2) = publish(2, Wish::default());
    let (second, chapter_3) = publish(3, Wish::default());
    assert_eq!((first.removed, second.removed), (0, 0), "somebody may be fetching the edition before");
    let mine = stick.path().join("books/test-book/objects/notes.txt");
    fs::write(&mine, "mine").unwrap();

    let (dry, _) = publish(4, Wish { dry: true, ..Wish::default() });
    assert_eq!((dry.edition, dry.removed), (3, 2), "a chapter and the manifest of the first edition");
    assert!(dry.removed_bytes > 100 && objects(stick.path()).contains(&chapter_2));
    let (kept, chapter_4) = publish(4, keep);
    assert_eq!(kept.removed, 0);
    assert!(objects(stick.path()).contains(&chapter_2), "it was to be kept");

    let (swept, chapter_5) = publish(5, Wish::default());
    assert_eq!((swept.edition, swept.removed, swept.not_removed.as_deref()), (4, 4, None));
    let there = objects(stick.path());
    let kept = [chapter_2, chapter_3, chapter_4, chapter_5].map(|chapter| there.contains(&chapter));
    assert_eq!(kept, [false, false, true, true]);
    assert!(mine.exists(), "what Primer did not put there is left alone");
    let again = teacher.try_publish(false).unwrap();
    assert_eq!((again.unchanged, again.removed), (true, 0));
}

#[test]
fn a_picture_that_comes_back_after_it_was_swept_is_sent_again() {
    let (stick, laptop, _, mut teacher) = class();
    for (version, fill) in [(2, "red"), (3, "tea"), (4, "sky"), (5, "red")] {
        let picture = format!("<svg xmlns=\"http://www.w3.org/2000/svg\"><rect fill=\"{fill}\"/></svg>");
        teacher.illustrated(version, &picture);
        teacher.publish();
        assert!(objects(stick.path()).contains(&of(picture.as_bytes())), "{fill}");
    }
    assert_eq!(laptop.sync_looking().editions, 1);
    let laptop = laptop.restarted();
    assert!(laptop.engine.shelf().picture("figures/robot.svg").unwrap().is_some());
}

#[test]
fn who_fetches_an_edition_that_is_swept_away_takes_the_newest_in_the_same_sync() {
    let (stick, laptop, _, mut teacher) = class();
    teacher.book().revise(1, 2);
    teacher.publish();
    let row = laptop.engine.remotes(laptop.user).unwrap().remove(0);
    let remote = Remote::connect(&row.location, None, laptop.engine.env().clock()).unwrap();
    let manner = Manner { look_for_book: true, ..Manner::default() };
    let mut session = Session::begin(Arc::clone(&laptop.engine), row.id, manner).unwrap();
    let (runtime, mut asked, mut published) = (runtime(), Vec::new(), false);
    while let Some((ticket, op)) = session.next().unwrap() {
        if matches!(&op, Op::Get { key, .. } if key.contains("/objects/")) && !published {
            published = true;
            for version in [3, 4] {
                teacher.book().revise(1, version);
                teacher.publish();
            }
        }
        let answer = runtime.block_on(async {
            Ok(match op {
                Op::List { prefix } => Answer::Listed(remote.list(&prefix).await?),
                Op::Get { key, limit_bytes } => {
                    let object = remote.get(&key, limit_bytes).await?;
                    asked.push(object.is_some());
                    Answer::Got(object)
                }
                Op::GetUnless { key, etag, limit_bytes } => {
                    Answer::GotUnless(remote.get_unless(&key, &etag, limit_bytes).await?)
                }
                other => panic!("{other:?} is not asked where nothing of a reader's changed"),
            })
        });
        session.answers(vec![(ticket, answer)]).unwrap();
    }
    assert!(session.is_over() && session.tally().editions == 1);
    // The manifest and the chapter of the first edition in vain, those of the third.
    assert_eq!(asked, [false, false, true, true]);
    assert_eq!(laptop.engine.waiting_edition().unwrap().unwrap().number, 3);
    assert_eq!(objects(stick.path()).len(), 6, "four files, and the two that only the edition before has");
    let laptop = laptop.restarted();
    assert_eq!(laptop.engine.shelf().book.chapters[0].version.0, 4);
}

#[test]
fn an_edition_that_is_not_whole_there_is_asked_for_once_more_and_then_told() {
    let (stick, laptop, _, mut teacher) = class();
    teacher.book().revise(1, 2);
    teacher.publish();
    let chapter = of(&fs::read(teacher.folder().join("1.md")).unwrap());
    fs::remove_file(stick.path().join("books/test-book/objects").join(chapter)).unwrap();
    let report = laptop.sync_looking();
    // The list, the index, two files of which one is tried twice, and the index again.
    assert_eq!((report.editions, report.requests), (0, 5));
    let hint = laptop.status()["hint"].as_str().unwrap().to_owned();
    assert!(is_sentence(&hint) && hint.contains("1.md is not there"), "{hint}");
    // It is not tried again at each sync.
    assert_eq!(laptop.sync().requests, 2);
    // Nor where the server sends the index again though it has not changed.
    let index = fs::read(stick.path().join("books/test-book/index.json")).unwrap();
    let ended = by_hand::sync(&laptop, Manner::default(), |op| match op {
        Op::GetUnless { .. } => {
            let object = Object { bytes: index.clone(), etag: "another one".to_owned() };
            Some(Ok(Answer::GotUnless(Unless::Got(Some(object)))))
        }
        _ => None,
    });
    assert!(ended.failure.is_none() && ended.asked.len() == 2, "{:?}", ended.asked);
    assert!(laptop.status()["hint"].as_str().unwrap().contains("1.md is not there"));
    // The next publishing mends it.
    assert_eq!(teacher.publish().sent, 1);
}
