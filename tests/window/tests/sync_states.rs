//! How syncing stands, as the window says it.

use primer_window_tests::{Home, Window, artifacts, primer_with};
use serde_json::json;

use crate::line::Line;
use crate::syncing::{KEY, SECRET, answer, begin, seaweedfs};

const SENTENCE: &str = "[data-test=sync-sentence]";

pub async fn each_state_of_syncing_is_said_where_it_is_seen_and_in_a_sentence() {
    let pictures = artifacts();
    let server = seaweedfs();
    let line = Line::to(server.port);
    let home = Home::new();
    begin(&home, line.port);
    let window = home.open().await;
    window.you().await;
    stands(&window, "up_to_date", "Up to date").await;

    line.hold();
    answer(&window, "skill-cpp", "advanced").await;
    window.click("[data-test=sync-now]").await;
    stands(&window, "syncing", "Syncing").await;
    window.bring_to_middle(SENTENCE).await;
    pictures.take(&window, "76-you-syncing").await;
    window.look_at_large_and_dark(&pictures, SENTENCE, "76-you-syncing").await;
    line.mend();
    stands(&window, "up_to_date", "Up to date").await;

    line.cut();
    answer(&window, "skill-cpp", "none").await;
    window.click("[data-test=sync-now]").await;
    stands(&window, "offline", "everything you need is here").await;
    window.look_at_large_and_dark(&pictures, SENTENCE, "77-you-offline").await;
    line.mend();
    window.click("[data-test=sync-now]").await;
    stands(&window, "up_to_date", "Up to date").await;

    window.click("[data-test=pause-remote]").await;
    stands(&window, "paused", "Paused").await;
    window.look_at_large_and_dark(&pictures, SENTENCE, "78-you-paused").await;
    window.click("[data-test=pause-remote]").await;
    stands(&window, "up_to_date", "Up to date").await;

    // A second place, with a key that its server does not know.
    let endpoint = format!("http://127.0.0.1:{}", line.port);
    let words = [
        "remote",
        "add",
        "s3",
        "--endpoint",
        &endpoint,
        "--bucket",
        "course",
        "--prefix",
        "another",
        "--access-key-id",
        "AKIDNOBODY",
    ];
    primer_with(&home, &words, &[("PRIMER_S3_SECRET", "secret-of-nobody")]);
    window.click("[data-test=sync-now]").await;
    stands(&window, "needs_you", "key").await;
    window.bring_to_middle(SENTENCE).await;
    pictures.take(&window, "79-you-needed").await;
    window.look_at_large_and_dark(&pictures, SENTENCE, "79-you-needed").await;

    // Its reader copies the key again: the place is the same, and so is the computer.
    window.click("[data-test=remote]:last-child [data-test=change-remote]").await;
    for (field, words) in [("remote-access-key", KEY), ("remote-secret", SECRET)] {
        window.click(&format!("[data-test={field}]")).await;
        window.script(&format!("document.querySelector('[data-test={field}]').select()")).await;
        window.type_words(words).await;
    }
    window.click("[data-test=save-remote]").await;
    stands(&window, "up_to_date", "Up to date").await;
    let count =
        "return ['remote', 'computer'].map((one) => document.querySelectorAll(`[data-test=${one}]`).length)";
    assert_eq!(window.script(count).await, json!([2, 1]));
    window.close().await;
}

/// In the line at the top of every room, and in the sentence of the section.
async fn stands(window: &Window, state: &str, words: &str) {
    window.see(&format!("[data-test=sync-line][data-sync={state}]")).await;
    window.see(&format!("{SENTENCE}[data-sync={state}]")).await;
    let sentence = window.text(SENTENCE).await;
    assert!(sentence.contains(words), "{state}: {sentence}");
}
