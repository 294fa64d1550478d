//! Reading a chapter, also one that means harm.

use std::fs;

use primer_window_tests::{BEGINNER, Home, Window, until};
use serde_json::Value;

const TEXT: &str = "[data-test=article]";

async fn at_chapter(home: &Home, number: u32) -> Window {
    let window = home.open().await;
    window.first_start("Dara", &BEGINNER, None).await;
    window.open_chapter(number).await;
    window
}

pub async fn the_key_o_shows_the_original_and_back() {
    let home = Home::new();
    let window = at_chapter(&home, 1).await;
    let own = window.text(TEXT).await;
    assert_eq!(window.text("[data-test=which]").await, "Written for you");
    window.press('o').await;
    window
        .come_true(
            "the original is shown",
            "return document.querySelector('[data-test=which]').innerText.startsWith('The original')",
        )
        .await;
    let original = window.text(TEXT).await;
    assert_ne!(original, own);
    assert!(
        window.texts("[data-test=margin-note]").await.is_empty(),
        "nothing in it was chosen for the reader"
    );
    window.press('o').await;
    window
        .come_true(
            "the own text is back",
            "return document.querySelector('[data-test=which]').innerText === 'Written for you'",
        )
        .await;
    assert_eq!(window.text(TEXT).await, own);
    window.close().await;
}

pub async fn an_outside_link_first_shows_where_it_leads() {
    let home = Home::new();
    let window = at_chapter(&home, 1).await;
    let place = window.client.current_url().await.expect("the window has an address");
    let link = format!("{TEXT} a[href^=http]");
    let address = window.script(&format!("return document.querySelector('{link}').href")).await;
    let address = address.as_str().expect("the chapter has an outside link");

    window.click(&link).await;
    let dialog = window.text("[data-test=outside-dialog]").await;
    assert!(dialog.contains(address), "{dialog}");
    window.click_words("[data-test=outside-dialog]", "Stay here").await;
    window.see_no_more("[data-test=outside-dialog]").await;
    assert_eq!(home.opened(), "", "nothing is opened");
    assert_eq!(window.client.current_url().await.expect("the window has an address"), place);

    // The same look sees a link that the reader does want opened.
    window.click(&link).await;
    window.click_words("[data-test=outside-dialog]", "Open in the browser").await;
    until("the browser is asked", async || (!home.opened().is_empty()).then_some(())).await;
    assert_eq!(home.opened().trim(), address);
    window.close().await;
}

pub async fn a_hostile_book_runs_nothing() {
    let book = tempfile::TempDir::with_prefix("primer-hostile-").expect("a temporary folder can be made");
    fs::write(book.path().join("book.toml"), HOSTILE_BOOK).expect("a book can be written");
    fs::write(book.path().join("one.md"), HOSTILE_CHAPTER).expect("a chapter can be written");
    fs::write(book.path().join("evil.svg"), HOSTILE_PICTURE).expect("a picture can be written");
    let home = Home::with_book(book.path());
    let window = home.open().await;
    window.introduce("Eve").await;
    window.click("[data-test=skip]").await;
    window.see("[data-test=contents]").await;
    window.open_chapter(1).await;
    assert!(window.text(TEXT).await.contains("Still here"), "the harmless rest is shown");
    window.script(&format!("for (const link of document.querySelectorAll('{TEXT} a')) link.click()")).await;
    // A frame later anything that a click started would have run.
    window.script("window.__frame = false; requestAnimationFrame(() => requestAnimationFrame(() => (window.__frame = true)))").await;
    window.come_true("a frame has passed", "return window.__frame === true").await;
    let hacked = window.script("return typeof window.__hacked").await;
    assert_eq!(hacked, Value::from("undefined"), "nothing of the book ran");
    let left = window.script(LEFT_OVER).await;
    assert_eq!(left, Value::Array(Vec::new()));
    assert!(window.client.current_url().await.expect("an address").as_str().contains("#/chapter/1"));
    assert_eq!(home.opened(), "");
    window.close().await;
}

/// What the page is made of, and what the browser fetched by itself (it tells only of http and https).
const ASKED_FOR: &str = "
    const parts = [...document.querySelectorAll('script[src], img[src], link[href]')].map((one) => one.src || one.href);
    const fetched = performance.getEntriesByType('resource').map((one) => one.name);
    return [...parts, ...fetched, location.href]";

/// What an article must never hold: its elements and attributes that could run or fetch something.
const LEFT_OVER: &str = r"
    const elements = /^(script|iframe|object|embed|form|style|link|meta|base)$/i;
    const attributes = /^on|^style$|^srcdoc$/i;
    const schemes = /^\s*(javascript|data|vbscript):/i;
    return [...document.querySelectorAll('[data-test=article] *')]
        .filter((one) => elements.test(one.localName)
            || [...one.attributes].some((own) => attributes.test(own.name) || schemes.test(own.value)))
        .map((one) => one.outerHTML)";

const HOSTILE_BOOK: &str = r#"id = "hostile"
title = "A hostile book"
language = "en"
authors = ["Mallory"]
licence = "CC-BY-4.0"

[[chapter]]
id = 1
title = "One"
slug = "one"
version = 1
file = "one.md"
"#;

const HOSTILE_CHAPTER: &str = r#"# One

Still here.

<script>window.__hacked = 1</script>

<img src="nothing.png" onerror="window.__hacked = 2">

[a link](javascript:window.__hacked=3) and <a href="javascript:window.__hacked=4" onclick="window.__hacked=5">another</a>

<iframe src="javascript:parent.__hacked=6" srcdoc="<script>parent.__hacked=7</script>"></iframe>

<svg onload="window.__hacked = 8"><script>window.__hacked = 9</script></svg>

![a picture that is a document](evil.svg)

<details open ontoggle="window.__hacked=10"><summary>more</summary>Text.</details>

<form action="javascript:window.__hacked=11"><input autofocus onfocus="window.__hacked=12"></form>

<a href="data:text/html,<script>parent.__hacked=13</script>">data</a>

And the end.
"#;

const HOSTILE_PICTURE: &str = r#"<svg xmlns="http://www.w3.org/2000/svg" width="10" height="10" onload="parent.__hacked=14">
<script>parent.__hacked=15; window.__hacked=15</script><rect width="10" height="10"/></svg>
"#;

pub async fn the_window_loads_all_it_shows_from_inside() {
    let networks = fs::read_to_string("/proc/net/dev").unwrap_or_default();
    let ways_out: Vec<&str> = networks
        .lines()
        .filter_map(|line| Some(line.split_once(':')?.0.trim()))
        .filter(|name| *name != "lo")
        .collect();
    println!("  interfaces besides loopback: {ways_out:?}");
    let home = Home::new();
    let window = at_chapter(&home, 1).await;
    for face in ["Literata", "Source Sans 3", "Source Code Pro", "STIX Two Math"] {
        let script = format!(
            "const own = [...document.fonts].filter((one) => one.family.replaceAll('\"', '') === '{face}'); \
             return own.length > 0 && own.some((one) => one.status === 'loaded') && document.fonts.check('16px \"{face}\"')"
        );
        window.come_true(&format!("the typeface {face} is there"), &script).await;
    }
    let width = window.script(&format!("return document.querySelector('{TEXT} img').naturalWidth")).await;
    assert!(width.as_u64().is_some_and(|width| width > 0), "a figure is there");
    let asked_for = window.script(ASKED_FOR).await;
    let asked_for: Vec<&str> = asked_for.as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    assert!(asked_for.len() > 3, "the page says what it is made of: {asked_for:?}");
    let inside = ["tauri://localhost", "book://localhost/", "ipc://localhost/", "http://ipc.localhost/"];
    for address in asked_for {
        assert!(inside.iter().any(|start| address.starts_with(start)), "{address} was asked for");
    }
    window.close().await;
}
