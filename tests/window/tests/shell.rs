//! What the shell around the page does.

use primer_window_tests::{BEGINNER, Desktop, Home, until};

pub async fn a_second_start_raises_the_first_window() {
    let home = Home::new();
    let window = home.open().await;
    window.first_start("Ines", &BEGINNER, None).await;
    let desktop = Desktop::here();
    let first = desktop.primer_windows();
    assert_eq!(first.len(), 1);
    let cover = desktop.cover();
    assert_eq!(desktop.in_front(), Some(cover));

    let mut second = home.start(&[]);
    let status = until("the second start ends by itself", async || match second.try_wait() {
        Ok(status) => status,
        Err(error) => panic!("{error}"),
    });
    assert!(status.await.success(), "a second start is no error");
    until("the first window is in front", async || (desktop.in_front() == Some(first[0])).then_some(()))
        .await;
    assert_eq!(desktop.primer_windows(), first, "there is no other");
    window.see("[data-test=contents]").await;
    window.close().await;
}

pub async fn the_window_has_its_size_again_after_a_restart() {
    let home = Home::new();
    let window = home.open().await;
    window.see("[data-test=name]").await;
    window.resize(1011, 707).await;
    window.close().await;
    assert!(home.window_state_file().is_file(), "what was noted: {}", home.window_state_file().display());
    let window = home.open().await;
    window.come_true("it is as large as it was", "return innerWidth === 1011 && innerHeight === 707").await;
    window.close().await;
}

pub async fn a_primer_that_does_not_update_itself_says_who_does_and_has_nothing_to_turn_on() {
    let home = Home::new();
    let window = home.open().await;
    window.first_start("Ines", &BEGINNER, None).await;
    window.you().await;
    window.see("[data-test=update-sentence]").await;
    let sentence = window.text("[data-test=update-sentence]").await;
    // As it was built here, or as the deb that is tried has it.
    let known = ["Your system updates Primer.", "This build of Primer can't update itself."];
    assert!(known.iter().any(|words| sentence.contains(words)), "{sentence}");
    let none = "return document.querySelectorAll('[data-test=updates] input, [data-test=updates] button').length === 0";
    window.come_true("there is no switch and no button", none).await;
    window.close().await;
}
