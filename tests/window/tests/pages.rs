//! Every room at every size.

use primer_window_tests::{BEGINNER, Home, Window, artifacts};

/// Width and height in CSS pixels, and what the pictures are called after.
const SIZES: [(u32, u32, &str); 3] = [(1024, 640, "small"), (400, 800, "narrow"), (1600, 1000, "wide")];

pub async fn no_room_scrolls_sideways_at_any_size() {
    let (home, pictures) = (Home::new(), artifacts());
    let window = home.open().await;
    window.resize(400, 800).await;
    window.see("[data-test=name]").await;
    fits(&window, "the title page, 400 wide").await;
    pictures.take(&window, "30-title-page-narrow").await;
    window.introduce("Grace").await;
    fits(&window, "the first question, 400 wide").await;
    pictures.take(&window, "31-skills-narrow").await;
    window.resize(1280, 860).await;
    // One reader for all sizes: back to the title page, then the whole way.
    window.click("[data-test=back]").await;
    window.see("[data-test=name]").await;
    window.click("[data-test=next]").await;
    answer(&window).await;

    let mut number = 32;
    for percent in [100, 200] {
        for (width, height, size) in SIZES {
            window.resize(width, height).await;
            for (hash, shows, room) in [
                ("#/", "[data-test=contents]", "contents"),
                ("#/you", "[data-test=you]", "you"),
                ("#/chapter/1", "[data-test=article]", "chapter"),
                ("#/compare/1", "[data-test=compare]", "side-by-side"),
            ] {
                window.go(hash, shows).await;
                if room == "chapter" {
                    window.chapter_stands(1).await;
                }
                fits(&window, &format!("{room}, {width} × {height}, {percent} %")).await;
                pictures.take(&window, &format!("{number}-{room}-{size}-{percent}-percent")).await;
                number += 1;
            }
        }
        for chapter in 2..=6 {
            let (width, height) = if percent == 100 { (400, 800) } else { (1024, 640) };
            window.resize(width, height).await;
            window.open_chapter(chapter).await;
            fits(&window, &format!("chapter {chapter}, {width} wide, {percent} %")).await;
        }
        if percent == 100 {
            window.you().await;
            for _ in 0..10 {
                window.click("[data-test=appearance] [aria-label='Larger text']").await;
            }
            assert_eq!(window.text("[data-test=text-size]").await, "200 %");
        }
    }
    window.close().await;
}

pub async fn a_title_page_that_fits_does_not_scroll() {
    let home = Home::new();
    let window = home.open().await;
    window.resize(1280, 860).await;
    window.see("[data-test=name]").await;
    // What is said to those who don't see the page takes no room on it.
    let fits = "const page = document.documentElement; return page.scrollHeight <= page.clientHeight";
    window.come_true("the title page fits", fits).await;
    window.close().await;
}

async fn answer(window: &Window) {
    window.see("[data-test=skill-python]").await;
    for (skill, level) in BEGINNER.skills {
        window.choose(&format!("skill-{skill}"), level).await;
    }
    window.click("[data-test=next]").await;
    window.choose("robotics", BEGINNER.robotics).await;
    window.click("[data-test=next]").await;
    window.see("[data-test=learning_goals]").await;
    window.click("[data-test=next]").await;
    window.see("[data-test=contents]").await;
}

async fn fits(window: &Window, where_: &str) {
    let beyond = window.overflow_px().await;
    let culprits = "const edge = document.documentElement.clientWidth; \
                    return [...document.querySelectorAll('body *')].filter((one) => one.getBoundingClientRect().right > edge + 0.5 \
                    && !one.closest('pre, .table-frame, .formula, .sr-only, nav')).slice(-3).map((one) => one.outerHTML.slice(0, 120))";
    if beyond > 0 {
        panic!("{where_}: {beyond} px beyond the edge: {}", window.script(culprits).await);
    }
}
