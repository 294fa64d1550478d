//! The pictures that the documents show, each taken when it shows what it is there for. `cargo xtask pictures` has them made
//! and puts them in docs/pictures.

use primer_window_tests::{Answers, Home, Window, for_documents};

const READER: Answers = Answers {
    skills: &[("python", "intermediate"), ("cpp", "none"), ("ros2", "beginner"), ("typescript", "none")],
    robotics: "none",
    hardware: &["jetson_orin"],
    goals: &["hobby"],
};

/// Of the second chapter: a figure, and not far below it a passage that hangs on what the reader said of ROS 2.
const FIGURE: &str = "[data-test=article] figure";
const PASSAGE: &str = "graph-ros";

pub async fn the_window_shows_what_the_documents_show_of_it() {
    let (home, pictures) = (Home::new(), for_documents());
    let window = home.open().await;
    window.resize(1280, 860).await;
    window.first_start("Amina", &READER, None).await;
    for chapter in 1..=3 {
        window.open_chapter(chapter).await;
    }

    window.open_chapter(2).await;
    at_the_figure(&window).await;
    let note = window.text(&note()).await;
    assert!(note.contains("because you said ROS 2: beginner"), "{note}");
    assert!(window.texts(&format!("{} button", self::note())).await.len() > 1, "the author's other texts");
    pictures.take(&window, "chapter").await;

    window.you().await;
    window.choose("skill-python", "advanced").await;
    says_of_the_answers(&window, "Chapters 1, 2 and 3 will be written again").await;
    window.script("scrollTo(0, 0)").await;
    pictures.take(&window, "you").await;
    window.click("[data-test=save-profile]").await;
    says_of_the_answers(&window, "is saved").await;

    window.point_at_nothing().await;
    window.open_chapter(1).await;
    window.contents().await;
    assert_eq!(window.states().await[..4], ["fresh", "stale_profile", "stale_profile", "missing"]);
    pictures.take(&window, "contents").await;

    window.you().await;
    window.choose("appearance", "dark").await;
    window.come_true("the page is dark", "return document.documentElement.dataset.theme === 'dark'").await;
    window.point_at_nothing().await;
    window.open_chapter(2).await;
    at_the_figure(&window).await;
    pictures.take(&window, "chapter-dark").await;
    window.close().await;
}

async fn says_of_the_answers(window: &Window, words: &str) {
    let said =
        format!("return document.querySelector('[data-test=profile-changes]').innerText.includes({words:?})");
    window.come_true(&format!("“{words}” is said"), &said).await;
}

fn note() -> String {
    format!("[data-test=margin-note][data-block={PASSAGE}]")
}

/// Both the figure and the note of the passage lie wholly in the window.
async fn at_the_figure(window: &Window) {
    let place =
        format!("document.querySelector('{FIGURE}').scrollIntoView({{block: 'start', behavior: 'instant'}})");
    window.script(&place).await;
    let seen = format!(
        "return ['{FIGURE}', '{}'].every((css) => {{ \
         const box = document.querySelector(css)?.getBoundingClientRect(); \
         return box !== undefined && box.height > 0 && box.top >= 0 && box.bottom <= innerHeight; }})",
        note()
    );
    window.come_true("the figure and the note are in the window", &seen).await;
}
