//! A reader's first hour.

use primer_window_tests::{BEGINNER, Home, Key, Window, artifacts, primer};
use serde_json::{Value, json};

const TEXT: &str = "[data-test=article]";
const NOTES: &str = "[data-test=margin-note]";
const CHAPTERS: u32 = 6;

pub async fn a_new_student_reads_all_chapters_changes_the_profile_and_goes_back_at_once() {
    let (home, pictures) = (Home::new(), artifacts());
    let window = home.open().await;
    window.first_start("Amina", &BEGINNER, Some(&pictures)).await;
    pictures.take(&window, "05-contents-at-first").await;
    assert_eq!(window.states().await, ["missing"; 6]);
    assert!(window.text("[data-test=contents] .lead").await.contains("written for"));

    let first_texts = read_all(&window).await;
    window.contents().await;
    assert_eq!(window.states().await, ["fresh"; 6]);
    pictures.take(&window, "08-contents-all-read").await;
    let first_hash = hash(&home);

    change_python(&window, "advanced").await;
    pictures.take(&window, "09-you-before-saving").await;
    let said = window.text("[data-test=profile-changes]").await;
    assert!(said.contains("will be written again"), "before saving it says what will change: {said}");
    save(&window).await;
    assert_ne!(hash(&home), first_hash, "another background has another hash");

    window.contents().await;
    pictures.take(&window, "10-contents-background-changed").await;
    let stale = positions(&window.states().await, "stale_profile");
    assert!(stale.len() >= 4, "Python changes at least four chapters, not only {stale:?}");
    let words = window.texts("[data-state=stale_profile]").await;
    assert!(words.iter().all(|words| words.contains("your background changed")), "{words:?}");

    let changed = stale[0];
    window.open_chapter(changed).await;
    pictures.take(&window, "11-chapter-for-new-background").await;
    let text = window.text(TEXT).await;
    assert_ne!(text, first_texts[changed as usize - 1], "the text is another");
    let notes = window.texts(NOTES).await;
    assert!(
        notes.iter().any(|note| note.contains("Python") && note.contains("advanced")),
        "the margin gives the new reason: {notes:?}"
    );

    change_python(&window, "beginner").await;
    let said = window.text("[data-test=profile-changes]").await;
    assert!(said.contains("already here"), "going back is told to be an instant hit: {said}");
    save(&window).await;
    assert_eq!(hash(&home), first_hash);
    assert_eq!(command_line_states(&home), ["fresh"; 6], "before anything is opened");
    let stored = stored_texts(&home);
    window.contents().await;
    assert_eq!(window.states().await, ["fresh"; 6]);
    let words = window.texts("[data-state=fresh]").await;
    assert!(words.iter().any(|words| words.trim() == "ready"), "{words:?}");
    pictures.take(&window, "12-contents-ready-again").await;

    for number in 1..=CHAPTERS {
        window.open_chapter(number).await;
        assert_eq!(window.text(TEXT).await, first_texts[number as usize - 1], "chapter {number} is back");
        let said = window.script("return document.querySelector('[data-test=said]').textContent").await;
        assert!(
            !said.as_str().unwrap_or_default().contains("just now"),
            "nothing was written for it: {said}"
        );
    }
    assert_eq!(stored_texts(&home), stored, "nothing was generated");
    window.close().await;
}

/// Reads each chapter, going on by the link at its end; every second one only in part. Gives the texts.
async fn read_all(window: &Window) -> Vec<String> {
    let pictures = artifacts();
    let mut texts = Vec::new();
    window.click("[data-test=chapter-1]").await;
    for number in 1..=CHAPTERS {
        window.chapter_stands(number).await;
        let text = window.text(TEXT).await;
        assert!(text.split_whitespace().count() > 1500, "chapter {number} is a whole chapter");
        let whole = window
            .script(
                "return document.querySelector('.missing-picture') === null \
                 && [...document.querySelectorAll('[data-test=article] img')].every((one) => one.naturalWidth > 0)",
            )
            .await;
        assert_eq!(whole, Value::Bool(true), "chapter {number} shows all its pictures");
        assert!(!window.texts(NOTES).await.is_empty(), "the margin of chapter {number} speaks");
        texts.push(text);
        if number == 1 {
            pictures.take(window, "06-chapter").await;
            window.script("document.querySelector('[data-test=article] [role=group][aria-details]').scrollIntoView({block: 'center'})").await;
            pictures.take(window, "07-chapter-with-its-margin").await;
        }
        window.scroll_to(if number % 2 == 1 { 1.0 } else { 0.5 }).await;
        if number < CHAPTERS {
            window.click("[data-test=next-chapter]").await;
        }
    }
    texts
}

async fn change_python(window: &Window, level: &str) {
    window.you().await;
    window.choose("skill-python", level).await;
    let sentence = "const said = document.querySelector('[data-test=profile-changes]').innerText; \
                    return said.includes('will be written') || said.includes('already here')";
    window.come_true("it is said what saving will do", sentence).await;
}

async fn save(window: &Window) {
    window.click("[data-test=save-profile]").await;
    let saved = "return document.querySelector('[data-test=profile-changes]').innerText.includes('is saved')";
    window.come_true("the answers are saved", saved).await;
}

pub async fn skipping_the_questions_reads_as_for_somebody_new_and_says_that_answering_changes_it() {
    let home = Home::new();
    let window = home.open().await;
    window.introduce("Bo").await;
    let said = window.text("#skip-says").await;
    assert!(said.contains("somebody new") && said.contains("answering in You changes it"), "{said}");
    window.click("[data-test=skip]").await;
    let lead = window.text("[data-test=contents] .lead").await;
    assert!(lead.contains("for somebody new") && lead.contains("they change"), "{lead}");
    window.open_chapter(1).await;
    let skipped = window.text(TEXT).await;
    assert!(skipped.split_whitespace().count() > 1500);
    window.you().await;
    let editor = window.text("[data-test=profile-editor]").await;
    assert!(editor.contains("You have not answered yet"), "{editor}");
    // Unknown counts as none: a reader who answers so reads the same words.
    for skill in ["python", "cpp", "ros2", "typescript"] {
        window.choose(&format!("skill-{skill}"), "none").await;
    }
    window.choose("robotics", "none").await;
    save(&window).await;
    window.open_chapter(1).await;
    assert_eq!(window.text(TEXT).await, skipped);
    window.close().await;
}

pub async fn everything_of_the_first_start_can_be_done_by_keyboard_alone() {
    let home = Home::new();
    let window = home.open().await;
    window.see("[data-test=name]").await;
    window
        .come_true("the name can be typed at once", "return document.activeElement.dataset.test === 'name'")
        .await;
    window.type_words("Chidi").await;
    window.press(Key::Enter).await;
    window.see("[data-test=skill-python]").await;

    tab_to(&window, "skill-python").await;
    window.press(' ').await;
    window.press(Key::Right).await;
    chosen(&window, "skill-python", "beginner").await;
    tab_to(&window, "skill-cpp").await;
    window.press(' ').await;
    chosen(&window, "skill-cpp", "none").await;
    tab_to(&window, "add-skill").await;
    window.press(Key::Enter).await;
    window.see("[data-test=own-skill]").await;
    window.type_words("rust").await;
    window.press(Key::Enter).await;
    window.see("[data-test=skill-rust]").await;
    let count = window.text("[data-test=count]").await;
    assert_eq!(count, "2 of 5 skills answered");
    // Enter in the field that is empty again goes on with the form.
    window.press(Key::Enter).await;

    window.see("[data-test=robotics]").await;
    tab_to(&window, "robotics").await;
    window.press(' ').await;
    window.press(Key::Down).await;
    chosen(&window, "robotics", "simulation_only").await;
    tab_to(&window, "hardware_access").await;
    window.press(' ').await;
    window.press(Key::Enter).await;

    window.see("[data-test=learning_goals]").await;
    tab_to(&window, "learning_goals").await;
    window.press(Key::Tab).await;
    window.press(' ').await;
    window.press(Key::Enter).await;

    window.see("[data-test=contents]").await;
    tab_to(&window, "chapter-1").await;
    window.press(Key::Enter).await;
    window.chapter_stands(1).await;

    let profile = primer(&home, &["profile", "show"]);
    assert_eq!(profile["software_experience"]["python"], json!("beginner"));
    assert_eq!(profile["software_experience"]["cpp"], json!("none"));
    assert_eq!(profile["robotics_experience"], json!("simulation_only"));
    assert_eq!(profile["hardware_access"].as_array().map(Vec::len), Some(1));
    assert_eq!(profile["learning_goals"].as_array().map(Vec::len), Some(1));
    window.close().await;
}

/// Presses Tab until the focus is at the place or in it, and sees that the focus can be seen.
async fn tab_to(window: &Window, place: &str) {
    let inside = format!("return document.activeElement.closest('[data-test=\"{place}\"]') !== null");
    for _ in 0..40 {
        window.press(Key::Tab).await;
        if window.script(&inside).await == Value::Bool(true) {
            let seen = window.script("return document.activeElement.matches(':focus-visible')").await;
            assert_eq!(seen, Value::Bool(true), "the focus on {place} can be seen");
            return;
        }
    }
    panic!("Tab never came to {place}");
}

async fn chosen(window: &Window, question: &str, value: &str) {
    let script = format!(
        "return document.querySelector('[data-test=\"{question}\"] input:checked')?.value === '{value}'"
    );
    window.come_true(&format!("{question} is answered with {value}"), &script).await;
}

/// The numbers of the chapters in this state.
fn positions(states: &[String], wanted: &str) -> Vec<u32> {
    (1..).zip(states).filter(|(_, state)| *state == wanted).map(|(number, _)| number).collect()
}

fn hash(home: &Home) -> String {
    primer(home, &["profile", "show"])["profile_hash"].as_str().unwrap_or_default().to_owned()
}

fn command_line_states(home: &Home) -> Vec<String> {
    let list = primer(home, &["chapter", "list"]);
    let states = list.as_array().into_iter().flatten().map(|one| one["state"].as_str().unwrap_or_default());
    states.map(str::to_owned).collect()
}

/// What stands in the cache, but for when it was opened.
fn stored_texts(home: &Home) -> Vec<String> {
    let list = primer(home, &["chapter", "list"]);
    let paths = list.as_array().into_iter().flatten();
    let mut paths: Vec<String> = paths.map(|one| one["storage_path"].to_string()).collect();
    paths.push(primer(home, &["cache", "list"]).as_array().map_or(0, Vec::len).to_string());
    paths
}
