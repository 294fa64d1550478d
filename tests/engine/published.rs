//! A teacher publishes a book, and the computers of a reader get it.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use primer_domain::freshness::Freshness;
use primer_domain::ids::{TextDigest, UserId};
use primer_engine::Engine;
use primer_engine::api::{ApiError, ErrorCode, Place, SyncWish, Synced, direct, dispatch};
use primer_engine::bookshelf::BookSource;
use primer_engine::env::{Env, Step};
use primer_engine::publishing::{Publication, Wish};
use primer_engine::remote::Location;
use serde_json::{Value, json};

use crate::desk::{Desk, World};
use crate::world::books::CHAPTERS;
use crate::world::{BookOnDisk, folders, is_sentence, python};
use crate::{Computer, assert_visit, call, listed};

const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// A teacher's copy of the book, and where it is published.
pub struct Teacher {
    computer: Computer,
    env: Env,
    stick: std::path::PathBuf,
}

impl Teacher {
    pub fn with(stick: &Path) -> Teacher {
        let computer = Computer::numbered(77);
        let env = computer.env();
        Teacher { computer, env, stick: stick.to_owned() }
    }

    pub fn book(&mut self) -> &mut BookOnDisk {
        &mut self.computer.book
    }

    pub fn folder(&self) -> &Path {
        &self.computer.book.folder
    }

    pub fn try_publish(&self, dry: bool) -> Result<Publication, ApiError> {
        self.try_publish_as(Wish { dry, keep_old: false })
    }

    pub fn try_publish_as(&self, wish: Wish) -> Result<Publication, ApiError> {
        let location = Location::Folder { path: self.stick.clone(), prefix: String::new() };
        let place = Place::Named { env: &self.env, location, secret_access_key: None, session_token: None };
        direct::publish_book(self.folder(), &place, wish, |_| {})
    }

    pub fn publish(&self) -> Publication {
        self.try_publish(false).unwrap()
    }

    /// With a picture in its first chapter, whose words are these.
    pub fn illustrated(&mut self, version: u32, picture: &str) {
        fs::create_dir_all(self.folder().join("figures")).unwrap();
        fs::write(self.folder().join("figures/robot.svg"), picture).unwrap();
        let text = format!("{}\n![A robot](figures/robot.svg)\n\nEdition {version}.\n", CHAPTERS[0]);
        self.book().write_chapter(1, version, &text);
    }
}

fn picture(fill: &str) -> String {
    format!("<svg xmlns=\"http://www.w3.org/2000/svg\"><rect fill=\"{fill}\"/></svg>")
}

/// A laptop and a computer at school that have synced, and a teacher.
pub fn class() -> (tempfile::TempDir, Desk, Desk, Teacher) {
    let (stick, laptop) = World::new().begin(python("beginner"));
    laptop.sync();
    let school = laptop.joined(2);
    school.sync();
    laptop.sync();
    let teacher = Teacher::with(stick.path());
    (stick, laptop, school, teacher)
}

fn versions(engine: &Engine) -> Vec<u32> {
    engine.shelf().book.chapters.iter().map(|chapter| chapter.version.0).collect()
}

fn hint(desk: &Desk) -> String {
    desk.status()["hint"].as_str().unwrap_or_default().to_owned()
}

#[test]
fn a_published_edition_reaches_each_computer_and_opens_when_it_is_started_again() {
    let (_stick, laptop, school, mut teacher) = class();
    let old = assert_visit(&laptop.engine, laptop.user, 1, Freshness::Missing, true);
    teacher.illustrated(2, &picture("red"));
    let published = teacher.publish();
    assert_eq!((published.edition, published.files, published.sent, published.unchanged), (1, 5, 5, false));

    let report = laptop.sync_looking();
    assert_eq!(report.editions, 1);
    // The text under the reader's eyes stays as it is.
    let still = assert_visit(&laptop.engine, laptop.user, 1, Freshness::Fresh, false);
    assert_eq!(still.markdown, old.markdown);
    assert!(
        is_sentence(&hint(&laptop)) && hint(&laptop).contains("opens when you start"),
        "{}",
        hint(&laptop)
    );

    let laptop = laptop.restarted();
    assert_eq!(versions(&laptop.engine), [2, 1, 1]);
    assert_eq!(hint(&laptop), "");
    assert_eq!(listed(&laptop.engine, laptop.user, 1), "stale_source");
    assert_eq!(listed(&laptop.engine, laptop.user, 2), "missing");
    let new = assert_visit(&laptop.engine, laptop.user, 1, Freshness::StaleSource, true);
    assert!(new.markdown.contains("Edition 2."));
    let shown = laptop.engine.shelf().picture("figures/robot.svg").unwrap().unwrap();
    assert_eq!(shown.bytes, picture("red").as_bytes());

    // The computer at school hears of it by itself: a text of a newer book is announced.
    laptop.sync();
    assert_eq!(school.sync().editions, 1);
    let school = school.restarted();
    assert_eq!(versions(&school.engine), [2, 1, 1]);
    school.sync();
    let same = assert_visit(&school.engine, school.user, 1, Freshness::Fresh, false);
    assert_eq!(same.markdown, new.markdown);
    for desk in [&laptop, &school] {
        desk.sync();
        assert_eq!(desk.sync().requests, 2, "the list, and whether the book changed");
    }
}

#[test]
fn where_no_book_is_published_a_sync_asks_for_one_once_a_day_and_else_when_somebody_wants_it() {
    let (_stick, laptop, _, mut teacher) = class();
    assert_eq!(laptop.sync().requests, 1);
    assert_eq!(laptop.sync_looking().requests, 2);
    assert_eq!(laptop.sync().requests, 1);
    laptop.computer.clock.fetch_add(DAY_MS, Ordering::SeqCst);
    assert_eq!(laptop.sync().requests, 2);
    assert_eq!(laptop.sync().requests, 1);

    teacher.book().revise(1, 2);
    teacher.publish();
    assert_eq!(laptop.sync().requests, 1, "nobody can know of it yet");
    laptop.computer.clock.fetch_add(DAY_MS, Ordering::SeqCst);
    // The index and the two files that are not here: the other chapters are as they were.
    let report = laptop.sync();
    assert_eq!((report.requests, report.editions), (4, 1));
    let report = laptop.sync();
    assert_eq!((report.requests, report.sent_bytes, report.editions), (2, 0, 0));
    // From now on it is asked for at every sync, and the next edition is there at once.
    teacher.book().revise(1, 3);
    teacher.publish();
    assert_eq!(laptop.sync().editions, 1);
    let laptop = laptop.restarted();
    assert_eq!(versions(&laptop.engine), [3, 1, 1]);
}

#[test]
fn a_dry_run_tells_of_the_edition_and_fetches_nothing() {
    let (_stick, laptop, _, mut teacher) = class();
    teacher.book().revise(1, 2);
    teacher.publish();
    let before = folders::digests(&laptop.computer.data());
    let row = laptop.engine.remotes(laptop.user).unwrap().remove(0);
    let wish = SyncWish { dry: true, look_for_book: true };
    let outlook = runtime().block_on(laptop.engine.sync_once(&row, wish, |_| {})).unwrap().outlook;
    assert_eq!(outlook.book_files, 2, "the other chapters are here");
    assert!(outlook.book_bytes > 100);
    let of_books = |files: std::collections::BTreeMap<String, String>| {
        files.into_iter().filter(|(name, _)| name.starts_with("books/")).collect::<Vec<_>>()
    };
    assert_eq!(of_books(folders::digests(&laptop.computer.data())), of_books(before));
    assert!(laptop.engine.waiting_edition().unwrap().is_none());
}

#[test]
fn the_newest_book_opens_wherever_it_came_from_and_none_goes_back_by_itself() {
    let (stick, mut laptop, _, mut teacher) = class();
    teacher.book().revise(1, 2);
    teacher.publish();
    laptop.sync_looking();
    // The program brings a newer one.
    laptop.computer.book.revise(1, 3);
    laptop = laptop.restarted();
    assert_eq!(versions(&laptop.engine), [3, 1, 1]);
    assert_eq!(laptop.sync().editions, 0);
    // It is taken off again: what was published is the newest that is here.
    laptop.computer.book.revise(1, 1);
    laptop = laptop.restarted();
    assert_eq!(versions(&laptop.engine), [2, 1, 1]);

    // Somebody puts an older index back.
    let index = stick.path().join("books/test-book/index.json");
    let second = fs::read(&index).unwrap();
    teacher.book().revise(1, 4);
    teacher.publish();
    assert_eq!(laptop.sync().editions, 1);
    fs::write(&index, second).unwrap();
    assert_eq!(laptop.sync().editions, 0);
    laptop = laptop.restarted();
    assert_eq!(versions(&laptop.engine), [4, 1, 1]);

    // Somebody goes on from another book: each has a chapter that is newer.
    let other = Teacher::with(stick.path());
    let mut other = Teacher { stick: stick.path().join("apart"), ..other };
    fs::create_dir(&other.stick).unwrap();
    other.book().revise(2, 2);
    other.publish();
    fs::copy(other.stick.join("books/test-book/index.json"), &index).unwrap();
    assert_eq!(laptop.sync().editions, 0);
    let books = direct::books(&laptop.engine).unwrap();
    assert_eq!(serde_json::to_value(books.published[0].standing).unwrap(), "apart");
    // What is gone there is not taken away here.
    fs::remove_dir_all(stick.path().join("books")).unwrap();
    laptop.sync();
    laptop = laptop.restarted();
    assert_eq!(versions(&laptop.engine), [4, 1, 1]);
    laptop.sync();
    assert_eq!(laptop.sync().requests, 1, "and there is no book to ask for any more");
}

#[test]
fn another_book_is_listed_and_never_installed() {
    let (_stick, laptop, _, mut teacher) = class();
    *teacher.book() = BookOnDisk::another(&teacher.computer.folder.path().join("other"), "other-book");
    teacher.publish();
    assert_eq!(laptop.sync_looking().editions, 0);
    let row = laptop.engine.remotes(laptop.user).unwrap().remove(0);
    assert!(direct::books(&laptop.engine).unwrap().published.is_empty());
    direct::look_for_books(&laptop.engine, &row.id.to_string()).unwrap();
    let books = serde_json::to_value(direct::books(&laptop.engine).unwrap()).unwrap();
    assert_eq!(books["published"][0]["book_id"], "other-book");
    assert_eq!(books["published"][0]["standing"], "other_book");
    assert_eq!(books["open"]["came"]["kind"], "folder");
    let laptop = laptop.restarted();
    assert_eq!(laptop.engine.shelf().book.id, "test-book");
}

#[test]
fn a_text_from_a_newer_book_says_where_the_newer_book_is() {
    let (_stick, mut laptop, school, mut teacher) = class();
    laptop.computer.book.revise(1, 2);
    laptop = laptop.restarted();
    assert_visit(&laptop.engine, laptop.user, 1, Freshness::Missing, true);
    laptop.sync();
    school.sync();
    let words = |desk: &Desk| {
        let page = call(&desk.engine, "open_chapter", json!({"user_id": desk.user, "chapter_id": 1}));
        assert_eq!(page["notices"][0]["code"], "newer_book");
        let contents = call(&desk.engine, "list_chapters", json!({"user_id": desk.user}));
        let detail = contents["chapters"][0]["detail"].as_str().unwrap();
        assert!(is_sentence(detail), "{detail}");
        page["notices"][0]["hint"].as_str().unwrap().to_owned()
    };
    assert!(words(&school).contains("Sync now"), "{}", words(&school));
    teacher.book().revise(1, 2);
    teacher.publish();
    assert_eq!(school.sync_looking().editions, 1);
    assert!(words(&school).contains("start Primer again"), "{}", words(&school));
    let school = school.restarted();
    assert_visit(&school.engine, school.user, 1, Freshness::Fresh, false);
}

#[test]
fn a_newer_edition_can_be_opened_at_once_where_its_reader_is_and_only_while_one_waits() {
    let (_stick, laptop, _, mut teacher) = class();
    let open = |desk: &Desk, chapter: Value| {
        dispatch(&desk.engine, "open_newer_book", json!({"chapter_id": chapter}))
    };
    let refused = open(&laptop, json!(1)).unwrap_err();
    assert_eq!(refused.code, ErrorCode::BookNotNewer);
    assert!(is_sentence(&refused.message) && is_sentence(&refused.hint), "{refused:?}");
    assert_eq!(laptop.status()["newer_book"], false);

    teacher.book().revise(1, 2);
    teacher.publish();
    laptop.sync_looking();
    assert_eq!(laptop.status()["newer_book"], true);
    for (asked, begins) in [(json!(2), json!(2)), (Value::Null, Value::Null), (json!(99), Value::Null)] {
        assert_eq!(open(&laptop, asked).unwrap(), json!({"chapter_id": begins}));
    }
    assert_eq!(versions(&laptop.engine), [1, 1, 1], "the program that runs keeps its book");
    let laptop = laptop.restarted();
    assert_eq!((versions(&laptop.engine), &laptop.status()["newer_book"]), (vec![2, 1, 1], &json!(false)));
    assert_eq!(open(&laptop, json!(1)).unwrap_err().code, ErrorCode::BookNotNewer);
}

pub fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

/// An engine whose steps, from the one with this number on, fail.
fn failing_from(computer: &Computer, number: u64, kind: std::io::ErrorKind) -> (Arc<Engine>, Arc<AtomicU64>) {
    let steps = Arc::new(AtomicU64::new(0));
    let counted = Arc::clone(&steps);
    let env = computer.env().with_mishaps(move |step| {
        // Room is needed to write, not to remove; and what is committed is written.
        if matches!(step, Step::BeforeRemoval | Step::AfterCommit) {
            return Ok(());
        }
        match counted.fetch_add(1, Ordering::SeqCst) {
            count if count >= number => Err(kind.into()),
            _ => Ok(()),
        }
    });
    let book = BookSource::Folder(computer.book.folder.clone());
    (Arc::new(Engine::open(&computer.data(), book, env).unwrap()), steps)
}

#[test]
fn a_disk_that_is_full_at_any_step_leaves_the_book_that_is_installed() {
    let (stick, laptop, _, mut teacher) = class();
    teacher.illustrated(2, &picture("red"));
    teacher.publish();
    let Desk { computer, engine, user } = laptop;
    drop(engine);
    let before = tempfile::tempdir().unwrap();
    let places = [
        (computer.data(), before.path().join("data")),
        (stick.path().to_owned(), before.path().join("stick")),
    ];
    places.iter().for_each(|(place, copy)| folders::copy(place, copy));
    let mut found = Vec::new();
    for number in 0..100 {
        for (place, copy) in &places {
            fs::remove_dir_all(place).unwrap();
            folders::copy(copy, place);
        }
        let (engine, steps) = failing_from(&computer, number, std::io::ErrorKind::StorageFull);
        let synced = sync_looking(&engine, user);
        let has_ended = steps.load(Ordering::SeqCst) <= number;
        // That it went wrong is told, though it could not be noted.
        assert_eq!(synced.is_ok_and(|synced| synced.failure.is_none()), has_ended, "step {number}");
        drop(engine);
        // Whatever was done, a start opens a whole book, and a sync takes it up from there.
        let engine = Arc::new(computer.start());
        found.push(versions(&engine)[0]);
        engine.tidy().unwrap();
        assert!(crate::visit(&engine, user, 1).markdown.contains("Slowly"), "step {number}");
        sync_looking(&engine, user).unwrap();
        let newest = engine.waiting_edition().unwrap().map(|edition| edition.number);
        assert!(newest == Some(1) || versions(&engine) == [2, 1, 1], "step {number}");
        if has_ended {
            break;
        }
    }
    let engine = computer.start();
    assert!(engine.shelf().picture("figures/robot.svg").unwrap().is_some());
    assert!(found.is_sorted() && found.contains(&1) && found.contains(&2) && found.len() > 20, "{found:?}");
}

fn sync_looking(engine: &Arc<Engine>, user: UserId) -> Result<Synced, ApiError> {
    let row = engine.remotes(user).unwrap().remove(0);
    let wish = SyncWish { look_for_book: true, ..SyncWish::default() };
    runtime().block_on(engine.sync_once(&row, wish, |_| {}))
}

#[test]
fn a_fetched_edition_that_is_damaged_is_fetched_again_and_never_shown() {
    let (_stick, laptop, _, mut teacher) = class();
    teacher.illustrated(2, &picture("red"));
    teacher.publish();
    laptop.sync_looking();
    let data = laptop.computer.data();
    let chapter = fs::read(teacher.folder().join("1.md")).unwrap();
    let file_of = |bytes: &[u8]| {
        let digest = TextDigest::of(bytes).to_string();
        let name = folders::files(&data).into_keys().find(|name| name.ends_with(&digest)).unwrap();
        data.join(name)
    };
    fs::write(file_of(picture("red").as_bytes()), picture("tea")).unwrap();
    let laptop = laptop.restarted();
    assert!(laptop.engine.shelf().picture("figures/robot.svg").is_err(), "not what was published");
    fs::write(file_of(&chapter), "# Something else\n").unwrap();
    let laptop = laptop.restarted();
    assert_eq!(versions(&laptop.engine), [1, 1, 1]);
    let says = hint(&laptop);
    assert!(says.starts_with("Edition 1 of the book is damaged on this computer"), "{says}");
    assert!(says.ends_with("A sync fetches it again."), "{says}");
    assert_eq!(laptop.sync().editions, 1);
    assert!(!hint(&laptop).contains("damaged"), "but that it is here and opens at the next start");
    let laptop = laptop.restarted();
    assert_eq!((versions(&laptop.engine), hint(&laptop)), (vec![2, 1, 1], String::new()));
    assert!(laptop.engine.shelf().picture("figures/robot.svg").unwrap().is_some());
}

#[test]
fn an_edition_stays_until_nobody_reads_from_it_any_more() {
    let (_stick, laptop, _, mut teacher) = class();
    teacher.illustrated(2, &picture("red"));
    teacher.publish();
    laptop.sync_looking();
    let reading = laptop.restarted();
    teacher.illustrated(3, &picture("blue"));
    teacher.publish();
    reading.sync();
    let another = reading.computer.start();
    assert_eq!(versions(&another), [3, 1, 1]);
    another.tidy().unwrap();
    let picture_of =
        |engine: &Engine| engine.shelf().picture("figures/robot.svg").unwrap().unwrap().bytes.into_owned();
    assert_eq!(picture_of(&reading.engine), picture("red").as_bytes());
    assert_eq!(picture_of(&another), picture("blue").as_bytes());
    let editions = |desk: &Computer| {
        let folder = desk.data().join("books/test-book");
        fs::read_dir(folder).unwrap().filter(|entry| entry.as_ref().unwrap().path().is_dir()).count()
    };
    assert_eq!(editions(&reading.computer), 2);
    let Desk { computer, engine, .. } = reading;
    drop(engine);
    another.tidy().unwrap();
    assert_eq!(editions(&computer), 1);
    assert_eq!(picture_of(&another), picture("blue").as_bytes());
}
