use super::{TextPlan, TextsNow, Wanted, texts};
use crate::ids::{ChapterId, ChapterVersion, ProfileHash, UserId};
use crate::profile::Background;
use crate::replica::random::{Random, stamp, text, user};
use crate::replica::{TextEntry, Texts};
use crate::storage_path::StoragePath;

type Text = (StoragePath, TextEntry);

/// A reader of two chapters, in versions 2 and 1, who holds nothing; nobody else does either.
fn now() -> TextsNow<'static> {
    let background = Background::of_somebody_new();
    TextsNow {
        user: user(),
        current_hash: background.hash(),
        book_id: "physical-ai",
        versions: [(ChapterId(1), ChapterVersion(2)), (ChapterId(2), ChapterVersion(1))].into(),
        generator: "primer/1",
        mentions: Texts::new(),
        backgrounds: [(background.hash(), background)].into(),
        held: Texts::new(),
        mentioned_in_remote: [].into(),
        asked_for: [].into(),
        taken_back: [].into(),
        refused: [].into(),
        put_away: [].into(),
        missing: [].into(),
        older_too: false,
        room_bytes: u64::MAX,
    }
}

fn all(of: &[&Text]) -> Texts {
    of.iter().map(|text| (*text).clone()).collect()
}

fn paths(wanted: &[Wanted]) -> Vec<StoragePath> {
    wanted.iter().map(|wanted| wanted.path).collect()
}

/// A text that only its maker can write.
fn made_elsewhere(chapter: u32, version: u32, words: &str, wall_ms: i64) -> Text {
    let (path, entry) = text(chapter, version, words, stamp(wall_ms, 0, 1));
    (path, TextEntry { generator: "primer/2".to_owned(), ..entry })
}

fn of_background(mut text: Text, hash: [u8; 16]) -> Text {
    text.0.profile_hash = ProfileHash::new(hash);
    text
}

#[test]
fn where_nothing_is_announced_and_nothing_held_there_is_nothing_to_do() {
    assert_eq!(texts(&now()), TextPlan::default());
}

#[test]
fn what_this_computer_can_write_to_the_announced_digest_is_not_fetched() {
    let text = text(1, 2, "words", stamp(1, 0, 2));
    let plan = texts(&TextsNow { mentions: all(&[&text]), ..now() });
    assert_eq!(plan.generate, [Wanted { path: text.0, entry: text.1 }]);
    assert!(plan.fetch.is_empty());
}

#[test]
fn what_another_generator_book_version_or_unknown_background_made_is_fetched() {
    let own = text(1, 2, "words", stamp(1, 0, 2));
    let newer = text(1, 3, "words", stamp(1, 0, 2));
    let other_generator = made_elsewhere(1, 2, "words", 1);
    for (mentions, backgrounds) in [
        (all(&[&other_generator]), now().backgrounds),
        (all(&[&newer]), now().backgrounds),
        (all(&[&own]), [].into()),
    ] {
        let plan = texts(&TextsNow { mentions: mentions.clone(), backgrounds, ..now() });
        assert!(plan.generate.is_empty());
        assert_eq!(paths(&plan.fetch), mentions.keys().copied().collect::<Vec<_>>());
    }
    let mut other_book = own;
    other_book.1.book_id = "biology".to_owned();
    let plan = texts(&TextsNow { mentions: all(&[&other_book]), older_too: true, ..now() });
    assert!(plan.generate.is_empty());
    assert_eq!(paths(&plan.fetch), [other_book.0]);
}

#[test]
fn what_would_not_be_shown_now_stays_away_unless_it_is_asked_for() {
    let older_version = made_elsewhere(1, 1, "older version", 1);
    let other_background = of_background(made_elsewhere(1, 2, "other background", 2), [7; 16]);
    let no_such_chapter = made_elsewhere(9, 1, "no such chapter", 3);
    let mut other_book = made_elsewhere(1, 2, "other book", 4);
    other_book.1.book_id = "biology".to_owned();
    let mentions = all(&[&older_version, &other_background, &no_such_chapter, &other_book]);
    let now = TextsNow { mentions, ..now() };
    assert_eq!(texts(&now), TextPlan::default());
    let plan = texts(&TextsNow { older_too: true, ..now });
    let newest_first = [other_book.0, no_such_chapter.0, other_background.0, older_version.0];
    assert_eq!(paths(&plan.fetch), newest_first);
    assert_eq!(plan.too_big, 0);
}

#[test]
fn of_several_texts_for_a_chapter_only_the_preferred_is_wanted() {
    let (early, late) = (made_elsewhere(1, 2, "early", 1), made_elsewhere(1, 2, "late", 2));
    let newer = made_elsewhere(1, 3, "newer", 3);
    let second = made_elsewhere(2, 1, "second", 9);
    let both = TextsNow { mentions: all(&[&late, &early, &second]), ..now() };
    assert_eq!(paths(&texts(&both).fetch), [early.0, second.0]);
    let three = TextsNow { mentions: all(&[&late, &early, &newer]), ..now() };
    assert_eq!(paths(&texts(&three).fetch), [newer.0]);
    // What is here takes part: the preferred is here, or is still to come.
    let has_early = TextsNow { mentions: all(&[&late, &early]), held: all(&[&early]), ..now() };
    assert!(texts(&has_early).fetch.is_empty());
    let has_late = TextsNow { mentions: all(&[&early]), held: all(&[&late]), ..now() };
    assert_eq!(paths(&texts(&has_late).fetch), [early.0]);
    let has_newer = TextsNow { mentions: all(&[&early]), held: all(&[&newer]), ..now() };
    assert!(texts(&has_newer).fetch.is_empty());
    // The late one was made earlier elsewhere.
    let elsewhere = (late.0, TextEntry { stamp: stamp(0, 0, 2), ..late.1.clone() });
    let late_is_first = TextsNow { mentions: all(&[&early, &elsewhere]), held: all(&[&late]), ..now() };
    assert!(texts(&late_is_first).fetch.is_empty());
    // Those that lost are brought only with everything else, after what is shown.
    let everything = TextsNow { older_too: true, ..three };
    assert_eq!(paths(&texts(&everything).fetch), [newer.0, late.0, early.0]);
}

#[test]
fn in_place_of_a_text_that_was_looked_for_in_vain_the_next_best_is_wanted_as_well() {
    let newest = made_elsewhere(1, 3, "of a newer book", 3);
    let next = made_elsewhere(1, 2, "of this book", 2);
    let last = made_elsewhere(1, 2, "another of this book", 9);
    let mentions = all(&[&newest, &next, &last]);
    let plan = texts(&TextsNow { mentions: mentions.clone(), ..now() });
    assert_eq!(paths(&plan.fetch), [newest.0]);
    let missing = [newest.0].into();
    let plan = texts(&TextsNow { mentions: mentions.clone(), missing, ..now() });
    assert_eq!(paths(&plan.fetch), [newest.0, next.0], "it may be there again");
    // Once that is here, only what may come again is still looked for.
    let (missing, held) = ([newest.0].into(), all(&[&next]));
    let plan = texts(&TextsNow { mentions, missing, held, ..now() });
    assert_eq!(paths(&plan.fetch), [newest.0]);
}

#[test]
fn a_held_text_of_another_book_or_an_older_version_is_no_reason_to_stay_without_the_right_one() {
    let wanted = made_elsewhere(1, 2, "wanted", 5);
    let mut other_book = made_elsewhere(1, 2, "other book", 1);
    other_book.1.book_id = "biology".to_owned();
    let older = made_elsewhere(1, 1, "older", 1);
    let plan = texts(&TextsNow { mentions: all(&[&wanted]), held: all(&[&other_book, &older]), ..now() });
    assert_eq!(paths(&plan.fetch), [wanted.0]);
}

#[test]
fn what_is_shown_comes_whatever_the_room_and_the_rest_only_while_it_fits() {
    let shown = [made_elsewhere(1, 2, "one", 1), made_elsewhere(2, 1, "two", 1)];
    let rest: Vec<Text> =
        (1..=4).map(|wall_ms| made_elsewhere(1, 1, &wall_ms.to_string(), wall_ms)).collect();
    let [first, second, third, fourth] = &rest[..] else { unreachable!() };
    let huge = (third.0, TextEntry { len_bytes: u64::MAX, ..third.1.clone() });
    let mentions = all(&[&shown[0], &shown[1], first, second, &huge, fourth]);
    let plan_for =
        |room_bytes| texts(&TextsNow { mentions: mentions.clone(), older_too: true, room_bytes, ..now() });
    let shown = [shown[0].0, shown[1].0];
    // Each is 100 bytes long, but for one that nobody has room for and that keeps nobody else away.
    for (room_bytes, rest, too_big) in [
        (0, vec![], 4),
        (299, vec![], 4),
        (300, vec![fourth.0], 3),
        (499, vec![fourth.0, second.0], 2),
        (500, vec![fourth.0, second.0, first.0], 1),
        (u64::MAX, vec![fourth.0, second.0, first.0], 1),
    ] {
        let plan = plan_for(room_bytes);
        assert_eq!(paths(&plan.fetch), [&shown[..], &rest[..]].concat(), "{room_bytes}");
        assert_eq!(plan.too_big, too_big, "{room_bytes}");
    }
}

#[test]
fn older_texts_that_can_be_written_here_are_and_take_room_too() {
    let mut background = Background::of_somebody_new();
    background.hardware_access.insert("lidar".to_owned());
    let hash = background.hash();
    let mut older = text(1, 2, "for a lidar", stamp(1, 0, 1));
    older.0.profile_hash = hash;
    let mut now = TextsNow { mentions: all(&[&older]), older_too: true, room_bytes: 100, ..now() };
    assert_eq!(paths(&texts(&now).fetch), [older.0]);
    now.backgrounds.insert(hash, background);
    assert_eq!(paths(&texts(&now).generate), [older.0]);
    now.room_bytes = 99;
    assert_eq!(texts(&now), TextPlan { too_big: 1, ..TextPlan::default() });
}

#[test]
fn what_is_held_is_sent_if_the_remote_lacks_it_or_somebody_misses_it() {
    let [unknown, known, missed] = [1, 2, 3].map(|chapter| text(chapter, 1, "words", stamp(1, 0, 1)));
    let elsewhere = text(4, 1, "words", stamp(1, 0, 1));
    let now = TextsNow {
        held: all(&[&unknown, &known, &missed]),
        mentioned_in_remote: [known.0, missed.0, elsewhere.0].into(),
        asked_for: [missed.0, elsewhere.0].into(),
        ..now()
    };
    let plan = texts(&now);
    assert_eq!(plan.upload, [unknown.0, missed.0]);
    assert!(plan.fetch.is_empty() && plan.generate.is_empty());
}

#[test]
fn a_text_that_was_taken_back_is_neither_sent_nor_fetched_nor_written_nor_preferred() {
    let (early, late) = (made_elsewhere(1, 2, "early", 1), made_elsewhere(1, 2, "late", 2));
    let own = text(2, 1, "own", stamp(1, 0, 1));
    let taken_back = [early.0, own.0].into();
    let mentions = all(&[&early, &late, &own]);
    let plan = texts(&TextsNow { mentions, taken_back, older_too: true, ..now() });
    assert_eq!(paths(&plan.fetch), [late.0]);
    assert!(plan.generate.is_empty());
    let held = all(&[&early]);
    let now = TextsNow {
        mentions: all(&[&late]),
        asked_for: [early.0].into(),
        taken_back: [early.0].into(),
        held,
        ..now()
    };
    assert_eq!(paths(&texts(&now).fetch), [late.0]);
    assert!(texts(&now).upload.is_empty());
}

#[test]
fn of_a_chapter_that_was_put_away_nothing_comes_and_what_others_miss_of_it_is_sent() {
    let (away, stays) = (made_elsewhere(1, 2, "away", 1), made_elsewhere(2, 1, "stays", 1));
    let older = of_background(made_elsewhere(1, 1, "older", 1), [7; 16]);
    let own = text(1, 2, "own", stamp(1, 0, 1));
    let mentions = all(&[&away, &stays, &older, &own]);
    let now = TextsNow { mentions, put_away: [ChapterId(1)].into(), older_too: true, ..now() };
    let plan = texts(&now);
    assert_eq!(paths(&plan.fetch), [stays.0]);
    assert!(plan.generate.is_empty());
    // Somebody opened it here, as another window does while a sync is planned.
    let asked_for = [own.0].into();
    let plan = texts(&TextsNow { held: all(&[&own]), asked_for, ..now });
    assert_eq!((paths(&plan.fetch), plan.upload), (vec![stays.0], vec![own.0]));
}

#[test]
fn nothing_of_another_reader_is_touched() {
    let mut stray = text(1, 2, "words", stamp(1, 0, 1));
    stray.0.user_id = UserId::parse("0192f0c1-2345-7abc-8def-000000000000").unwrap();
    let mentioned = TextsNow { mentions: all(&[&stray]), older_too: true, ..now() };
    assert_eq!(texts(&mentioned), TextPlan::default());
    assert_eq!(texts(&TextsNow { held: all(&[&stray]), ..now() }), TextPlan::default());
}

#[test]
fn once_a_plan_is_carried_out_there_is_nothing_left_to_do() {
    let mut random = Random::seeded(10);
    let mut done = 0;
    for _ in 0..500 {
        let mut draw = |count| -> Texts {
            (0..random.below(count))
                .map(|_| {
                    let (path, mut entry) = random.text();
                    let path = if random.chance(2) {
                        StoragePath { profile_hash: now().current_hash, ..path }
                    } else {
                        path
                    };
                    entry.len_bytes = random.below(100);
                    (path, entry)
                })
                .collect()
        };
        let (mentions, held) = (draw(9), draw(5));
        let mut snapshot = TextsNow { mentions, held, older_too: random.chance(2), ..now() };
        snapshot.mentioned_in_remote = snapshot.mentions.keys().copied().collect();
        let plan = texts(&snapshot);
        assert_eq!(plan, texts(&snapshot));
        done += plan.fetch.len() + plan.generate.len() + plan.upload.len();
        for wanted in plan.generate.iter().chain(&plan.fetch) {
            snapshot.held.insert(wanted.path, wanted.entry.clone());
        }
        snapshot.mentioned_in_remote.extend(plan.upload);
        assert_eq!(texts(&snapshot), TextPlan::default());
    }
    assert!(done > 1_000, "{done}");
}

#[test]
fn a_rewritten_text_is_fetched_before_any_other_but_only_where_it_can_be_compared_with_its_source() {
    let rewritten = |chapter: u32, version: u32, wall_ms: i64| {
        let (path, entry) = text(chapter, version, "in other words", stamp(wall_ms, 0, 2));
        (path, TextEntry { generator: "model/1/llama3.2:3b".to_owned(), ..entry })
    };
    let plain = text(1, 2, "words", stamp(1, 0, 2));
    let right = rewritten(1, 2, 9);
    let plan = texts(&TextsNow { mentions: all(&[&plain, &right]), ..now() });
    assert_eq!(paths(&plan.fetch), [right.0]);
    assert!(plan.generate.is_empty());
    // Once refused it is not asked for again, and the next best is wanted.
    let refused = TextsNow { mentions: all(&[&plain, &right]), refused: [right.0].into(), ..now() };
    assert_eq!(paths(&texts(&refused).generate), [plain.0]);
    assert!(texts(&refused).fetch.is_empty());
    // Of a newer book, of an older version, of another book, for answers that nobody knows.
    let mut other_book = right.clone();
    other_book.1.book_id = "biology".to_owned();
    let unknown = of_background(right, [7; 16]);
    for strange in [rewritten(1, 3, 1), rewritten(1, 1, 1), other_book, unknown] {
        let mentions = all(&[&strange]);
        assert_eq!(texts(&TextsNow { mentions, older_too: true, ..now() }), TextPlan::default());
    }
}
