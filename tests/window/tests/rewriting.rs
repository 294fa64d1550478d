//! A reader turns a model on, watches it write, stops it, and finds the chapter rewritten after the server was gone and the
//! program was closed meanwhile; and has a chapter written again, compares the texts and takes one of them back.

use std::net::TcpListener;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use primer_window_tests::{Home, Window, artifacts, primer, until_within};

use crate::model_server::{
    Asked, ModelServer, Reaction, STREAM, Say, SayAsGiven, answer, in_other_words, part, streamed,
};

/// After some tries in vain the next one may be a minute away.
const AGAIN: Duration = Duration::from_secs(100);

pub async fn a_model_is_turned_on_watched_stopped_and_rewrites_once_its_server_is_back() {
    let pictures = artifacts();
    let (server, writers) = dripping_server();
    let home = Home::new();
    primer(&home, &["user", "add", "Amina"]);
    primer(&home, &["chapter", "open", "1"]);

    let window = home.open().await;
    turn_on(&window, &server).await;
    pictures.take(&window, "80-you-model").await;
    assert!(
        server.asked().iter().all(Asked::is_for_models),
        "nothing of the book is sent before it is asked for"
    );

    window.open_chapter(1).await;
    let before = window.text("[data-test=article]").await;
    begin(&window).await;
    window.see("[data-test=rewrite-line][data-standing=under_way]").await;
    window.click("[data-test=rewrite-watch]").await;
    for words in ["The first words", " and some more", " of a section that never ends"] {
        let writer = writers.lock().expect("no test thread panicked").last().cloned();
        writer.expect("a section was asked for").send(part(words)).expect("the window listens");
        reads(&window, "rewrite-live", words.trim()).await;
    }
    pictures.take(&window, "81-chapter-watched").await;
    window.click("[data-test=rewrite-cancel]").await;
    window.see_no_more("[data-test=rewrite-line][data-standing=under_way]").await;
    assert_eq!(window.text("[data-test=article]").await, before, "what was good before stays");

    let address = server.address;
    server.close();
    begin(&window).await;
    window.see("[data-test=rewrite-line][data-standing=waiting]").await;
    pictures.take(&window, "82-chapter-waits").await;
    window.close().await;

    let window = home.open().await;
    window.open_chapter(1).await;
    window.see("[data-test=rewrite-state]").await;
    let listener = TcpListener::bind(address).expect("the server's address is free again");
    let _server = ModelServer::at(listener, |_, asked| match asked.is_for_models() {
        true => models(),
        false => Say(streamed(&in_other_words(&asked.section()))),
    });
    let is_rewritten = async || {
        let listed = primer(&home, &["model", "queue"]);
        listed["waiting"].as_array().is_some_and(Vec::is_empty).then_some(())
    };
    until_within(AGAIN, "the wish is fulfilled", is_rewritten).await;
    window.contents().await;
    window.open_chapter(1).await;
    window.see("[data-test=rewritten-by]").await;
    assert_ne!(window.text("[data-test=article]").await, before);
    pictures.take(&window, "83-chapter-rewritten").await;
    window.click("[data-test=side-by-side]").await;
    window.see("[data-test=compare] ins").await;
    pictures.take(&window, "84-side-by-side").await;
    window.close().await;
}

pub async fn a_model_that_was_found_here_improves_a_chapter_and_each_of_its_texts_can_be_had_back() {
    let pictures = artifacts();
    let (_server, take) = server_at_a_usual_port();
    let home = Home::new();
    primer(&home, &["user", "add", "Amina"]);

    let window = home.open().await;
    window.you().await;
    window.click("[data-test=find-servers]").await;
    window.click(&format!("[data-test=found-servers] [aria-label='{take}']")).await;
    window.click("[data-test=model-next]").await;
    window.see("[data-test=consent]").await;
    in_every_look(&window, "[data-test=consent]", "85-you-model-consent").await;
    window.click("[data-test=model-agree]").await;
    window.see_no_more("[data-test=consent]").await;
    window.click("[data-test=test-model]").await;
    assert!(window.text("[data-test=model-tried] blockquote").await.contains("A robot"));
    in_every_look(&window, "[data-test=model-section]", "86-you-model-tried").await;

    // Its first rewriting, of which one section could not be used.
    window.open_chapter(1).await;
    let assembled = window.text("[data-test=article]").await;
    begin(&window).await;
    window.click("[data-test=show-changed]").await;
    window.see("[data-test=rewritten-by]").await;
    reads(&window, "article", "A model of paper").await;
    let kept = window.texts("[data-test=kept-sections] li").await;
    assert!(kept.iter().any(|kept| kept.contains("Actuators")), "{kept:?}");
    let notes = window.texts("[data-test=kept-note]").await;
    assert_eq!(notes.len(), kept.len(), "each says so where it stands: {notes:?}");
    window.script("document.querySelector('[data-test=kept-note]').scrollIntoView({block: 'center'})").await;
    pictures.take(&window, "87-chapter-kept-section").await;

    // Once more, from the end of the chapter.
    again(&window, "rewrite-again").await;
    window.see("[data-test=chapter-changed]").await;
    assert!(window.text("[data-test=chapter-changed]").await.contains("rewritten again"));
    // What is asked for now comes up below it, not over it.
    window.click("[data-test=rewrite-again]").await;
    window.see("[data-test=rewrite-offer]").await;
    window.come_true("one lies above the other", APART).await;
    in_every_look(&window, "[data-test=colophon]", "88-chapter-two-things-at-its-foot").await;
    window.click("[data-test=rewrite-hide]").await;
    window.click("[data-test=show-changed]").await;
    reads(&window, "article", "A model of stone").await;

    // In the room of the two texts: what it takes is said first there as well, and what comes is shown there.
    window.click("[data-test=side-by-side]").await;
    window.see("[data-test=compare] ins").await;
    window.click("[data-test=compare-again]").await;
    window.see("[data-test=rewrite-offer]").await;
    in_every_look(&window, "[data-test=choose-before]", "89-side-by-side-offer").await;
    window.click("[data-test=rewrite-begin]").await;
    reads(&window, "compare", "A model of glass").await;

    // The other rewriting, and no model's words at all.
    window.click("[data-test=compare-exchange]").await;
    let exchanged = "return [...document.querySelectorAll('[data-test=compare] ins')].some((one) => one.innerText.includes('stone'))";
    window.come_true("the second rewriting is what came", exchanged).await;
    window.click("[data-test=back-to-chapter]").await;
    window.chapter_stands(1).await;
    reads(&window, "article", "A model of stone").await;
    window.click("[data-test=rewrite-undo]").await;
    window.click("[data-test=ask-confirm]").await;
    window.see_no_more("[data-test=rewritten-by]").await;
    assert_eq!(window.text("[data-test=article]").await, assembled);
    window.close().await;
}

const APART: &str = "const at = (name) => document.querySelector(`[data-test=${name}]`)?.getBoundingClientRect(); \
                     const [above, below] = [at('chapter-changed'), at('rewrite-line')]; \
                     return above !== undefined && below !== undefined && above.bottom <= below.top + 0.5 && below.bottom <= innerHeight + 0.5";

/// What each section that is asked for can be told, in the order of asking.
type Writers = Arc<Mutex<Vec<Sender<String>>>>;

/// Writes what the test gives it.
fn dripping_server() -> (ModelServer, Writers) {
    let writers = Writers::default();
    let taken = Arc::clone(&writers);
    let server = ModelServer::start(move |_, asked| -> Reaction {
        if asked.is_for_models() {
            return models();
        }
        let (writer, pieces) = channel();
        writer.send(STREAM.to_owned()).expect("the other end is held");
        taken.lock().expect("no test thread panicked").push(writer);
        SayAsGiven(pieces)
    });
    (server, writers)
}

/// Where people have them. What it makes of one sentence is of paper, then of stone, then of glass; one section it refuses.
/// With what takes it.
fn server_at_a_usual_port() -> (ModelServer, &'static str) {
    let ports =
        [(11434, "Take Ollama"), (8080, "Take llama.cpp"), (1234, "Take LM Studio"), (8000, "Take vLLM")];
    let bound = |(port, take)| Some((TcpListener::bind(("127.0.0.1", port)).ok()?, take));
    let (listener, take) = ports.into_iter().find_map(bound).expect("one of the usual ports is free");
    let times = AtomicUsize::new(0);
    let server = ModelServer::at(listener, move |_, asked| {
        let text = asked.body["messages"][1]["content"].as_str().unwrap_or_default();
        if asked.is_for_models() {
            return models();
        }
        if !text.contains("⟦text⟧") {
            return writes("A robot senses, thinks and acts.");
        }
        let section = asked.section();
        if section.contains("An **actuator**") {
            return writes("I'm sorry, but I can't help with that.");
        }
        let mut written = in_other_words(&section);
        if section.contains(SENTENCE) {
            let time = times.fetch_add(1, Ordering::SeqCst);
            let of_what = ["paper", "stone", "glass"][time.min(2)];
            written = written.replace(SENTENCE, &format!("A model of {of_what}"));
        }
        writes(&written)
    });
    (server, take)
}

/// Of the first chapter.
const SENTENCE: &str = "A language model";

fn writes(text: &str) -> Reaction {
    Say(streamed(text))
}

fn models() -> Reaction {
    let models = r#"{"object": "list", "data": [{"id": "wordsmith", "object": "model"}]}"#;
    Say(answer("200 OK", "Content-Type: application/json\r\n", models))
}

async fn turn_on(window: &Window, server: &ModelServer) {
    window.you().await;
    window.click("[data-test=type-server]").await;
    window.click("[data-test=model-url]").await;
    window.type_words(&server.url()).await;
    window.click("[data-test=list-models]").await;
    window.see("[data-test=model-list]").await;
    window.click("[data-test=model-next]").await;
    window.see("[data-test=consent]").await;
    window.click("[data-test=model-agree]").await;
    window.see_no_more("[data-test=consent]").await;
}

async fn begin(window: &Window) {
    again(window, "rewrite").await;
}

/// By this button.
async fn again(window: &Window, button: &str) {
    window.click(&format!("[data-test={button}]")).await;
    window.see("[data-test=rewrite-offer]").await;
    window.click("[data-test=rewrite-begin]").await;
}

async fn reads(window: &Window, where_: &str, words: &str) {
    let shown =
        format!("return document.querySelector('[data-test={where_}]')?.innerText.includes({words:?})");
    window.come_true(&format!("“{words}” is read"), &shown).await;
}

/// Nothing of it lies beyond the edge of the page.
async fn in_every_look(window: &Window, css: &str, picture: &str) {
    for (theme, width, height, percent) in
        [("dark", 1280, 860, 100), ("light", 400, 800, 100), ("dark", 1024, 640, 200)]
    {
        window.resize(width, height).await;
        dress(window, theme, percent).await;
        window.script(&format!("document.querySelector({css:?}).scrollIntoView({{block: 'start'}})")).await;
        assert!(window.overflow_px().await <= 0, "{picture}, {width} × {height}, {percent} %");
        artifacts().take(window, &format!("{picture}-{theme}-{width}-{percent}-percent")).await;
    }
    window.resize(1280, 860).await;
    dress(window, "light", 100).await;
}

/// As the room for appearance does it, without leaving this one.
async fn dress(window: &Window, theme: &str, percent: u32) {
    let script = format!(
        "const page = document.documentElement; page.dataset.theme = {theme:?}; page.style.fontSize = '{percent}%'; \
         window.dispatchEvent(new Event('resize')); return true"
    );
    window.script(&script).await;
}
