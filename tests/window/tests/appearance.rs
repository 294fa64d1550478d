//! How the page looks.

use primer_window_tests::{BEGINNER, Home, Window, artifacts};
use serde_json::{Value, json};

pub async fn theme_and_text_size_change_the_page_and_survive_a_restart() {
    let (home, pictures) = (Home::new(), artifacts());
    let window = home.open().await;
    window.first_start("Farid", &BEGINNER, None).await;
    window.open_chapter(1).await;
    window.click("[data-test=aa]").await;
    window.choose("appearance", "light").await;
    window.come_true("the page is light", "return document.documentElement.dataset.theme === 'light'").await;
    let light = look(&window).await;
    assert!(luminance(&light["background"]) > 0.8, "{light}");

    window.choose("appearance", "dark").await;
    window.come_true("the page is dark", "return document.documentElement.dataset.theme === 'dark'").await;
    let dark = look(&window).await;
    assert!(luminance(&dark["background"]) < 0.2, "{dark}");
    assert!(luminance(&dark["ink"]) > 0.6, "{dark}");
    window.contents().await;
    pictures.take(&window, "20-contents-dark").await;
    window.open_chapter(1).await;
    window.script("document.querySelector('[data-test=article] [role=group][aria-details]').scrollIntoView({block: 'center'})").await;
    pictures.take(&window, "21-chapter-dark").await;
    window.you().await;
    pictures.take(&window, "22-you-dark").await;

    window.press('-').await;
    window.come_true("the text is smaller", "return document.documentElement.style.fontSize === '90%'").await;
    for key in ['+', '='] {
        window.press(key).await;
    }
    window
        .come_true("the text is larger again", "return document.documentElement.style.fontSize === '110%'")
        .await;
    for _ in 0..9 {
        window.click("[data-test=appearance] [aria-label='Larger text']").await;
    }
    assert_eq!(window.text("[data-test=text-size]").await, "200 %");
    window.open_chapter(1).await;
    let large = look(&window).await;
    assert_eq!(ratio(&large, &light), 2.0, "{large} after {light}");
    pictures.take(&window, "23-chapter-dark-200-percent").await;
    window.close().await;

    let window = home.open().await;
    window.open_chapter(1).await;
    assert_eq!(look(&window).await, large, "it is as it was left");
    window.close().await;
}

async fn look(window: &Window) -> Value {
    let script = "const body = getComputedStyle(document.body); const page = getComputedStyle(document.documentElement); \
                  const clear = 'rgba(0, 0, 0, 0)'; \
                  return { background: body.backgroundColor === clear ? page.backgroundColor : body.backgroundColor, \
                  ink: getComputedStyle(document.querySelector('[data-test=article] p:not(.subtitle)')).color, \
                  letters: getComputedStyle(document.querySelector('[data-test=article]')).fontSize }";
    window.script(script).await
}

fn ratio(large: &Value, usual: &Value) -> f64 {
    let size = |look: &Value| -> f64 {
        look["letters"].as_str().and_then(|size| size.trim_end_matches("px").parse().ok()).unwrap_or(f64::NAN)
    };
    (size(large) / size(usual) * 100.0).round() / 100.0
}

/// Of a computed colour `rgb(r, g, b)`: 0 is black, 1 is white.
fn luminance(colour: &Value) -> f64 {
    let text = colour.as_str().unwrap_or_default();
    let parts = text.trim_start_matches(|letter: char| !letter.is_ascii_digit());
    let parts: Vec<f64> =
        parts.trim_end_matches(')').split(',').filter_map(|part| part.trim().parse().ok()).collect();
    let [red, green, blue, ..] = parts[..] else { panic!("no colour: {}", json!(colour)) };
    (0.2126 * red + 0.7152 * green + 0.0722 * blue) / 255.0
}
