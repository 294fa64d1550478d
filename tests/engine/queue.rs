//! Wishes for rewritten chapters: they wait as long as they have to, and nobody waits for them.

use std::net::{SocketAddr, TcpListener};
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock, mpsc};
use std::time::Duration;

use primer_domain::freshness::Freshness;
use primer_domain::ids::{ChapterId, UserId};
use primer_domain::timestamp::Timestamp;
use primer_engine::Engine;
use primer_engine::api::ErrorCode;
use primer_engine::bookshelf::BookSource;
use primer_engine::env::Env;
use primer_engine::model::Patience;
use primer_engine::rewriting::{Queue, Turn};
use serde_json::{Value, json};

use crate::rewriting::{TWO_SECTIONS, impatient, rewrite, set_model};
use crate::world::model_server::{
    ModelServer, Reaction, STREAM, Say, SayAndHang, in_other_words, part, refusal, streamed,
};
use crate::world::{database, is_sentence, python};
use crate::{Computer, answer, assert_visit, call, reader, refused};

/// A computer whose queue, and whose time, go on only when the test says so.
pub struct Waiting {
    pub computer: Computer,
    pub engine: Arc<Engine>,
    pub user: UserId,
    pub queue: Queue,
}

/// A server that is busy is not waited for within a chapter: the wish is left for later.
fn in_haste() -> Patience {
    Patience { busy_max: Duration::ZERO, ..impatient().patience }
}

pub fn queue(engine: &Arc<Engine>) -> Queue {
    Queue::new(Arc::clone(engine), in_haste())
}

pub fn start(computer: &Computer) -> Arc<Engine> {
    let (clock, randomness) = (Arc::clone(&computer.clock), Arc::clone(&computer.randomness));
    let env = Env::new(
        move || Timestamp::from_unix_ms(clock.load(Ordering::SeqCst)),
        move || u128::from(randomness.fetch_add(1, Ordering::SeqCst)).to_le_bytes(),
    );
    let book = BookSource::Folder(computer.book.folder.clone());
    Arc::new(Engine::open(&computer.data(), book, env).unwrap())
}

pub fn waiting(server: &ModelServer) -> Waiting {
    let mut computer = Computer::new();
    computer.book.write_chapter(2, 1, &TWO_SECTIONS.replace("Resting", "Seeing"));
    computer.book.write_chapter(3, 1, TWO_SECTIONS);
    let engine = start(&computer);
    let user = reader(&engine, "Mina", python("beginner"));
    set_model(&engine, user, server);
    let queue = queue(&engine);
    Waiting { computer, engine, user, queue }
}

impl Waiting {
    pub fn wish(&self, chapter: u32, again: bool) -> Value {
        self.later(10);
        wish(&self.engine, self.user, chapter, again)
    }

    pub fn wish_all(&self, chapters: &[u32], again: bool) {
        chapters.iter().for_each(|chapter| drop(self.wish(*chapter, again)));
    }

    pub fn status(&self) -> Value {
        status(&self.engine, self.user)
    }

    pub fn of_chapter(&self, command: &str, chapter: u32) -> Value {
        call(&self.engine, command, json!({"user_id": self.user, "chapter_id": chapter}))
    }

    pub fn turn(&self) -> Turn {
        self.queue.turn().unwrap()
    }

    /// Until nothing is to be done now. The chapters that were gone about, and what it waits for.
    pub fn turns(&self) -> (Vec<u32>, Turn) {
        let mut took = Vec::new();
        loop {
            assert!(took.len() < 20, "it comes to an end: {took:?}");
            match self.turn() {
                Turn::Took(chapter) => took.push(chapter.0),
                turn => return (took, turn),
            }
        }
    }

    pub fn later(&self, ms: i64) {
        self.computer.clock.fetch_add(ms, Ordering::SeqCst);
    }

    /// The time of the next turn comes.
    pub fn when_due(&self) {
        let Turn::Until(at) = self.turn() else { panic!("it waits for a time") };
        self.computer.clock.store(at.unix_ms(), Ordering::SeqCst);
    }

    pub fn restarted(self) -> Waiting {
        let Waiting { computer, engine, user, queue: before } = self;
        drop((before, engine));
        let engine = start(&computer);
        let queue = queue(&engine);
        Waiting { computer, engine, user, queue }
    }

    pub fn text(&self, chapter: u32) -> String {
        assert_visit(&self.engine, self.user, chapter, Freshness::Fresh, false).markdown
    }
}

pub fn wish(engine: &Engine, user: UserId, chapter: u32, again: bool) -> Value {
    call(engine, "wish_rewrite", json!({"user_id": user, "chapter_id": chapter, "again": again}))
}

fn status(engine: &Engine, user: UserId) -> Value {
    call(engine, "rewriting_status", json!({"user_id": user}))
}

pub fn waiting_chapters(status: &Value) -> Vec<u64> {
    let waiting = status["waiting"].as_array().unwrap();
    waiting.iter().map(|wish| wish["chapter_id"].as_u64().unwrap()).collect()
}

/// A server that can be there and not be there, at one address.
pub struct OnAndOff {
    is_on: Arc<AtomicBool>,
    pub server: ModelServer,
}

impl OnAndOff {
    /// `off`: what it does while it is off.
    pub fn new(is_on: bool, off: impl Fn() -> Reaction + Send + Sync + 'static) -> OnAndOff {
        let is_on = Arc::new(AtomicBool::new(is_on));
        let switch = Arc::clone(&is_on);
        let server = ModelServer::start(move |_, asked| match switch.load(Ordering::SeqCst) {
            true => Say(streamed(&in_other_words(&asked.section()))),
            false => off(),
        });
        OnAndOff { is_on, server }
    }

    pub fn turn_on(&self) {
        self.is_on.store(true, Ordering::SeqCst);
    }
}

pub fn fails() -> Reaction {
    Say(refusal("500 Internal Server Error", "", "", "out of memory"))
}

#[test]
fn a_wish_is_kept_fulfilled_and_over() {
    let server = ModelServer::making(in_other_words);
    let world = waiting(&server);
    let before = world.status();
    assert_eq!(
        (&before["is_on"], &before["changes"], &before["now"]),
        (&json!(true), &json!(0), &Value::Null)
    );
    assert_eq!(world.turn(), Turn::Idle);
    let wished = world.wish(3, false);
    assert_eq!(waiting_chapters(&wished), [3]);
    assert_eq!(wished["waiting"][0]["title"], "Chapter 3");
    assert!(is_sentence(wished["waiting"][0]["reason"].as_str().unwrap()), "{wished}");
    assert!(server.asked().is_empty(), "wishing asks nobody");
    assert_eq!(world.turns(), (vec![3], Turn::Idle));
    assert!(world.text(3).contains("The very same for everybody"));
    let after = world.status();
    assert_eq!(
        (waiting_chapters(&after), &after["now"], &after["trouble"]),
        (vec![], &Value::Null, &Value::Null)
    );
    assert!(after["changes"].as_u64().unwrap() > 0);
    assert_eq!(after["last"]["chapter_id"], 3);
    assert_eq!(after["last"]["rewritten_sections"], 2);
    assert_eq!(after["last"]["tokens"], json!({"prompt": 200, "completion": 20}));
    // Wishing for what is there already is no wish.
    assert_eq!(waiting_chapters(&world.wish(3, false)), Vec::<u64>::new());
    assert_eq!(server.asked().len(), 2);
}

#[test]
fn without_a_model_there_is_nothing_to_wish_for_and_turning_it_off_ends_all_wishes() {
    let server = ModelServer::making(in_other_words);
    let world = waiting(&server);
    world.wish(1, false);
    call(&world.engine, "model_off", json!({"user_id": world.user}));
    let off = world.status();
    assert_eq!((&off["is_on"], waiting_chapters(&off)), (&json!(false), vec![]));
    let wish = json!({"user_id": world.user, "chapter_id": 1, "again": false});
    assert_eq!(refused(&world.engine, "wish_rewrite", wish).code, ErrorCode::ModelOff);
    set_model(&world.engine, world.user, &server);
    assert_eq!(world.turns(), (vec![], Turn::Idle));
    assert!(server.asked().is_empty());
}

#[test]
fn the_chapter_that_is_being_read_comes_first_and_then_what_was_wished_first() {
    let server = ModelServer::making(in_other_words);
    let world = waiting(&server);
    world.wish_all(&[2, 1, 3], false);
    world.of_chapter("open_chapter", 3);
    assert_eq!(waiting_chapters(&world.status()), [3, 2, 1]);
    assert_eq!(world.turns(), (vec![3, 2, 1], Turn::Idle));
    // After a start it is the one in which its reader was last.
    let server = ModelServer::making(in_other_words);
    let world = waiting(&server);
    world.wish_all(&[2, 1], false);
    let position = json!({"user_id": world.user, "chapter_id": 1, "position": "b-x", "progress": 0.5});
    call(&world.engine, "save_position", position);
    assert_eq!(world.restarted().turns().0, [1, 2]);
}

#[test]
fn a_server_that_was_not_there_is_asked_again_and_meanwhile_everything_opens() {
    let closed = TcpListener::bind("127.0.0.1:0").unwrap();
    let address: SocketAddr = closed.local_addr().unwrap();
    drop(closed);
    let nobody = ModelServer::making(in_other_words);
    let world = waiting(&nobody);
    let set = json!({"user_id": world.user, "base_url": format!("http://{address}"), "model": "x"});
    call(&world.engine, "set_model", set);
    world.wish(3, false);
    let (took, turn) = world.turns();
    assert!(took == [3] && matches!(turn, Turn::Until(_)), "{took:?} {turn:?}");
    assert!(!world.text(3).contains("primer:rewritten"));
    let status = world.status();
    let wish = &status["waiting"][0];
    assert_eq!((&wish["tries"], &status["trouble"]), (&json!(1), &Value::Null));
    assert!(wish["reason"].as_str().unwrap().contains("could not be reached"), "{wish}");
    world.when_due();
    assert_eq!(world.turn(), Turn::Took(ChapterId(3)));
    // It is there again, as the network says.
    let back = ModelServer::at(TcpListener::bind(address).unwrap(), |_, asked| {
        Say(streamed(&in_other_words(&asked.section())))
    });
    assert!(matches!(world.turn(), Turn::Until(_)), "it keeps its own time");
    call(&world.engine, "network_is_back", json!({}));
    world.turn();
    world.later(3_000);
    assert_eq!(world.turns(), (vec![3], Turn::Idle));
    assert!(world.text(3).contains("primer:rewritten"));
    assert_eq!(back.asked().len(), 2);
}

#[test]
fn a_wish_outlives_the_program() {
    let switch = OnAndOff::new(false, fails);
    let world = waiting(&switch.server);
    world.wish(1, false);
    world.turns();
    let world = world.restarted();
    let status = world.status();
    assert_eq!(waiting_chapters(&status), [1]);
    assert_eq!(status["waiting"][0]["tries"], 1);
    assert!(status["waiting"][0]["reason"].as_str().unwrap().contains("a fault of its own"), "{status}");
    switch.turn_on();
    world.when_due();
    assert_eq!(world.turns(), (vec![1], Turn::Idle));
    assert!(world.text(1).contains("primer:rewritten"));
    assert_eq!(database::dump(&world.computer.data(), "rewrite_wishes").len(), 0);
}

#[test]
fn a_wish_that_is_withdrawn_in_the_middle_of_a_section_stops_it_and_changes_nothing() {
    let (arrived, arrives) = mpsc::channel();
    let server = ModelServer::start(move |number, asked| {
        let words = in_other_words(&asked.section());
        match number {
            0 => Say(streamed(&words)),
            _ => {
                arrived.send(()).unwrap();
                SayAndHang(format!("{STREAM}{}", part(&words[..words.len() / 2])))
            }
        }
    });
    let patience = Patience { progress: Duration::from_secs(600), ..Patience::default() };
    let world = waiting(&server);
    let queue = Queue::new(Arc::clone(&world.engine), patience);
    let before = world.of_chapter("open_chapter", 3);
    world.wish(3, false);
    std::thread::scope(|scope| {
        let turn = scope.spawn(|| queue.turn().unwrap());
        arrives.recv().unwrap();
        let now = world.status()["now"].clone();
        assert_eq!((&now["chapter_id"], &now["heading"]), (&json!(3), &json!("Sleeping")), "{now}");
        assert_eq!((&now["sections_done"], &now["sections_total"]), (&json!(1), &json!(2)));
        assert_eq!(now["tokens"], json!({"prompt": 100, "completion": 10}));
        // Reading does not wait for it.
        assert_eq!(world.of_chapter("open_chapter", 3)["html"], before["html"]);
        world.of_chapter("open_chapter", 1);
        let live = world.of_chapter("rewriting_text", 3);
        assert_eq!((&live["done"], &live["total"]), (&json!(1), &json!(2)));
        let html = live["html"].as_str().unwrap();
        assert!(html.contains("The very same for everybody") && html.contains("Sleeping"), "{html}");
        assert!(!html.contains('⟦'), "{html}");
        assert_eq!(world.of_chapter("rewriting_text", 1)["html"], Value::Null);
        let cancelled = world.of_chapter("cancel_rewrite", 3);
        assert_eq!((&cancelled["now"], waiting_chapters(&cancelled)), (&Value::Null, vec![]));
        assert_eq!(turn.join().unwrap(), Turn::Took(ChapterId(3)));
    });
    assert_eq!(world.turns(), (vec![], Turn::Idle));
    assert_eq!(world.of_chapter("open_chapter", 3)["html"], before["html"]);
    assert_eq!(world.of_chapter("rewriting_text", 3)["html"], Value::Null);
    assert_eq!(server.asked().len(), 2);
}

#[test]
fn a_reader_never_waits_for_a_server_that_hangs() {
    let (arrived, arrives) = mpsc::channel();
    let server = ModelServer::start(move |_, _| {
        arrived.send(()).unwrap();
        SayAndHang(String::new())
    });
    let patience = Patience { beginning: Duration::from_secs(600), ..Patience::default() };
    let world = waiting(&server);
    let queue = Queue::new(Arc::clone(&world.engine), patience);
    world.wish(1, false);
    std::thread::scope(|scope| {
        let turn = scope.spawn(|| queue.turn().unwrap());
        arrives.recv().unwrap();
        // The same chapter, another one, another background, and another wish.
        for chapter in [1, 2, 3] {
            assert_eq!(world.of_chapter("open_chapter", chapter)["chapter_id"], chapter);
        }
        assert_eq!(waiting_chapters(&world.wish(2, false)), [2]);
        answer(&world.engine, world.user, python("advanced"));
        assert_eq!(world.of_chapter("open_chapter", 1)["state"], "stale_profile");
        world.of_chapter("cancel_rewrite", 1);
        turn.join().unwrap();
    });
    assert!(!world.text(1).contains("primer:rewritten"));
}

#[test]
fn a_wish_of_before_the_background_changed_is_done_for_the_present_one() {
    let server = ModelServer::making(in_other_words);
    let world = waiting(&server);
    world.wish(1, false);
    answer(&world.engine, world.user, python("advanced"));
    assert_eq!(world.turns(), (vec![1], Turn::Idle));
    let visit = assert_visit(&world.engine, world.user, 1, Freshness::Fresh, false);
    assert!(visit.markdown.contains("primer:rewritten") && visit.markdown.contains("In one leap"));
    answer(&world.engine, world.user, python("beginner"));
    assert_visit(&world.engine, world.user, 1, Freshness::StaleProfile, true);
}

#[test]
fn a_background_that_changes_while_it_is_under_way_has_it_done_for_the_new_one() {
    let (server, arrives) = ModelServer::hanging_once();
    let patience = Patience { progress: Duration::from_secs(600), ..Patience::default() };
    let world = waiting(&server);
    let queue = Queue::new(Arc::clone(&world.engine), patience);
    world.wish(1, false);
    std::thread::scope(|scope| {
        let turn = scope.spawn(|| queue.turn().unwrap());
        arrives.recv().unwrap();
        answer(&world.engine, world.user, python("advanced"));
        assert_eq!(turn.join().unwrap(), Turn::Took(ChapterId(1)));
    });
    assert_eq!(world.turns(), (vec![1], Turn::Idle));
    let visit = assert_visit(&world.engine, world.user, 1, Freshness::Fresh, false);
    assert!(visit.markdown.contains("primer:rewritten") && visit.markdown.contains("In one leap"));
    assert_eq!(server.asked().len(), 2);
}

#[test]
fn a_wish_that_something_else_fulfilled_ends_without_asking() {
    let server = ModelServer::making(in_other_words);
    let world = waiting(&server);
    world.wish(3, false);
    rewrite(&world.engine, world.user, 3).unwrap();
    let asked = server.asked().len();
    assert_eq!(waiting_chapters(&world.status()), Vec::<u64>::new(), "the same transaction ended it");
    assert_eq!(world.turns(), (vec![], Turn::Idle));
    assert_eq!(server.asked().len(), asked);
}

#[test]
fn two_readers_have_wishes_servers_and_troubles_of_their_own() {
    let (good, bad) = (ModelServer::making(in_other_words), ModelServer::start(|_, _| fails()));
    let world = waiting(&bad);
    let other = reader(&world.engine, "Noor", python("none"));
    set_model(&world.engine, other, &good);
    world.wish(1, false);
    wish(&world.engine, other, 2, false);
    for _ in 0..4 {
        world.turns();
        world.when_due();
    }
    let (mine, theirs) = (world.status(), status(&world.engine, other));
    assert!(mine["trouble"]["message"].as_str().unwrap().contains("in a row"), "{mine}");
    assert_eq!((waiting_chapters(&mine), mine["last"].clone()), (vec![1], Value::Null));
    assert_eq!((&theirs["trouble"], waiting_chapters(&theirs)), (&Value::Null, vec![]));
    assert_eq!(theirs["last"]["chapter_id"], 2);
    // A reader who leaves takes their wishes along.
    call(&world.engine, "remove_reader", json!({"user_id": world.user}));
    assert_eq!(world.turns(), (vec![], Turn::Idle));
    assert_eq!(database::dump(&world.computer.data(), "rewrite_wishes").len(), 0);
}

#[test]
fn how_long_it_will_take_is_guessed_from_what_sections_took() {
    let clock = Arc::new(OnceLock::<Arc<AtomicI64>>::new());
    let of_the_computer = Arc::clone(&clock);
    let server = ModelServer::making(move |section| {
        of_the_computer.get().unwrap().fetch_add(20_000, Ordering::SeqCst);
        in_other_words(section)
    });
    let world = waiting(&server);
    clock.set(Arc::clone(&world.computer.clock)).unwrap();
    let guess = world.of_chapter("estimate_rewrite", 3);
    assert_eq!((&guess["sections"], &guess["seconds"]), (&json!(2), &Value::Null));
    assert!(guess["tokens"]["prompt"].as_u64().unwrap() > 500, "{guess}");
    assert_eq!(guess["sentence"], "The chapter has 2 sections to rewrite.");
    assert_eq!(world.wish(3, false)["eta_s"], Value::Null);
    world.turns();
    world.wish(1, false);
    assert_eq!(world.wish(2, false)["eta_s"], 3 * 20);
    let guess = world.of_chapter("estimate_rewrite", 2);
    assert_eq!(
        (&guess["seconds"], &guess["sentence"]),
        (&json!(40), &json!("The chapter has 2 sections to rewrite, in about 40 seconds."))
    );
    // Of another model nothing is known, and another computer's may cost something.
    let set = json!({"user_id": world.user, "base_url": "https://api.example.org", "model": "big"});
    call(&world.engine, "set_model", set);
    let guess = world.of_chapter("estimate_rewrite", 3);
    assert_eq!(guess["seconds"], Value::Null);
    let sentence = guess["sentence"].as_str().unwrap();
    assert!(sentence.contains("tokens go to api.example.org and ") && is_sentence(sentence), "{sentence}");
}

#[test]
fn the_thread_that_does_it_wakes_for_a_wish() {
    let (arrived, arrives) = mpsc::channel();
    let number = AtomicUsize::new(0);
    let server = ModelServer::start(move |_, asked| {
        arrived.send(number.fetch_add(1, Ordering::SeqCst)).unwrap();
        Say(streamed(&in_other_words(&asked.section())))
    });
    let world = waiting(&server);
    primer_engine::rewriting::start(Arc::clone(&world.engine)).unwrap();
    for (chapter, asked) in [(1, 0), (3, 1)] {
        world.wish(chapter, false);
        assert_eq!(arrives.recv_timeout(Duration::from_secs(60)), Ok(asked));
    }
    assert_eq!(arrives.recv_timeout(Duration::from_secs(60)), Ok(2));
}
