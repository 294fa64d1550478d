//! A reader turns a model on, watches it write, stops it, and finds the chapter rewritten after the server was gone and the
//! program was closed meanwhile.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

use primer_window_tests::{Home, Window, artifacts, primer, until_within};

use crate::model_server::{
    Asked, ModelServer, Reaction, STREAM, Say, SayAndHang, answer, in_other_words, part, streamed,
};

/// After some tries in vain the next one may be a minute away.
const AGAIN: Duration = Duration::from_secs(100);

/// Hangs after some words; then is gone; then does its work.
const HANGS: u8 = 0;
const GONE: u8 = 1;
const WORKS: u8 = 2;

pub async fn a_model_is_turned_on_watched_stopped_and_rewrites_once_its_server_is_back() {
    let pictures = artifacts();
    let mood = Arc::new(AtomicU8::new(HANGS));
    let server = server(Arc::clone(&mood));
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
    let streams =
        "return document.querySelector('[data-test=rewrite-live]')?.innerText.includes('first words')";
    window.come_true("the text is watched as it comes", streams).await;
    pictures.take(&window, "81-chapter-watched").await;
    window.click("[data-test=rewrite-cancel]").await;
    window.see_no_more("[data-test=rewrite-line][data-standing=under_way]").await;
    assert_eq!(window.text("[data-test=article]").await, before, "what was good before stays");

    mood.store(GONE, Ordering::SeqCst);
    begin(&window).await;
    window.see("[data-test=rewrite-line][data-standing=waiting]").await;
    pictures.take(&window, "82-chapter-waits").await;
    window.close().await;

    let window = home.open().await;
    window.open_chapter(1).await;
    window.see("[data-test=rewrite-state]").await;
    mood.store(WORKS, Ordering::SeqCst);
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

fn server(mood: Arc<AtomicU8>) -> ModelServer {
    ModelServer::start(move |_, asked| -> Reaction {
        let mood = mood.load(Ordering::SeqCst);
        if mood == GONE {
            return Say(String::new());
        }
        if asked.is_for_models() {
            let models = r#"{"object": "list", "data": [{"id": "wordsmith", "object": "model"}]}"#;
            return Say(answer("200 OK", "Content-Type: application/json\r\n", models));
        }
        if mood == HANGS {
            return SayAndHang(format!("{STREAM}{}", part("The first words of a section that never ends")));
        }
        Say(streamed(&in_other_words(&asked.section())))
    })
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
    window.click("[data-test=rewrite]").await;
    window.see("[data-test=rewrite-offer]").await;
    window.click("[data-test=rewrite-begin]").await;
}
