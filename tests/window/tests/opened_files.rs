//! Files that are opened from a file manager, and so given to the app as arguments.

use std::fs;
use std::path::{Path, PathBuf};

use primer_window_tests::{BEGINNER, Home, Window, artifacts, primer, until};
use serde_json::Value;

pub async fn a_joining_file_that_is_opened_fills_the_room_for_joining_and_nothing_joins_by_itself() {
    let (school, laptop) = (Home::new(), Home::new());
    let file = joining_file(&school, "Amina");
    let window = laptop.open_with(&[text(&file)]).await;
    assert_eq!(written(&window).await, fs::read_to_string(&file).expect("the file can be read"));
    assert!(window.text("[data-test=join-says]").await.contains("This is Amina, through a folder."));
    assert_eq!(readers(&laptop), Vec::<String>::new());

    window.click("[data-test=join-submit]").await;
    window.see("[data-test=contents]").await;
    assert_eq!(readers(&laptop), ["Amina"]);
    window.close().await;
}

pub async fn a_joining_file_that_is_saved_in_one_window_opens_in_another() {
    let (school, laptop) = (Home::new(), Home::new());
    joining_file(&school, "Amina");
    let window = school.open().await;
    window.you().await;
    window.click("[data-test=add-computer]").await;
    window.click("[data-test=save-joining]").await;
    let saved =
        "return document.querySelector('[data-test=joining-done]')?.innerText.startsWith('Saved as ')";
    window.come_true("it says where it is", saved).await;
    let said = window.text("[data-test=joining-done]").await;
    artifacts().take(&window, "91-you-add-a-computer").await;
    window.close().await;
    let file = said.trim_start_matches("Saved as ").trim_end_matches('.');
    assert!(file.ends_with("/Amina.primer-join"), "{file}");

    let window = laptop.open_with(&[file]).await;
    window.click("[data-test=join-submit]").await;
    window.see("[data-test=contents]").await;
    assert_eq!(readers(&laptop), ["Amina"]);
    window.close().await;
}

pub async fn whoever_reads_here_already_joins_as_the_same_person_and_is_told_which_place_is_left() {
    let (school, laptop, pictures) = (Home::new(), Home::new(), artifacts());
    let file = joining_file(&school, "Amina");
    joining_file(&laptop, "Ami");
    let window = laptop.open_with(&[text(&file)]).await;
    window.see("[data-test=join-merge]").await;
    window.click("[data-test=join-merge] label:nth-of-type(2)").await;
    window.click("[data-test=join-submit]").await;
    window.see("[data-test=join-unsynced]").await;
    let left = window.text("[data-test=join-unsynced]").await;
    assert!(left.contains(text(&laptop.data().join("place"))), "{left}");
    assert_eq!(readers(&laptop), ["Amina"]);
    pictures.take(&window, "94-joined").await;
    window.look_at_large_and_dark(&pictures, "[data-test=join-go-on]", "94-joined").await;
    window.click("[data-test=join-go-on]").await;
    window.see("[data-test=contents]").await;
    window.close().await;
}

pub async fn a_file_that_is_opened_while_the_window_is_open_goes_to_that_window() {
    let (school, laptop) = (Home::new(), Home::new());
    let window = laptop.open().await;
    window.first_start("Bo", &BEGINNER, None).await;
    start_again(&laptop, &school.data().join("is-not-there.primer-join")).await;
    window.see("[data-test=join]").await;
    window.come_true("it is told", "return document.body.innerText.includes('could not be read')").await;
    for name in ["Amina", "Cleo"] {
        start_again(&laptop, &joining_file(&Home::new(), name)).await;
        let says = format!(
            "return document.querySelector('[data-test=join-says]')?.innerText.startsWith('This is {name}')"
        );
        window.come_true("the room for joining holds it", &says).await;
    }
    assert_eq!(readers(&laptop), ["Bo"]);
    window.close().await;
}

pub async fn the_file_of_a_book_opens_that_book() {
    let book = tempfile::tempdir().expect("a temporary folder can be made");
    let toml = "id = \"small\"\ntitle = \"A small book\"\nlanguage = \"en\"\nauthors = [\"A\"]\nlicence = \"CC0-1.0\"\n\n\
                [[chapter]]\nid = 1\ntitle = \"One\"\nslug = \"one\"\nversion = 1\nfile = \"one.md\"\n";
    fs::write(book.path().join("book.toml"), toml).expect("a book can be written");
    fs::write(book.path().join("one.md"), "# One\n\nText.\n").expect("a chapter can be written");
    let home = Home::new();
    for opened in [book.path().join("book.toml"), book.path().to_owned()] {
        let window = home.open_with(&[text(&opened)]).await;
        window
            .come_true("its title is shown", "return document.body.innerText.includes('A small book')")
            .await;
        window.close().await;
    }
}

/// What another computer gives to be joined with, of a reader who keeps their things in a folder.
fn joining_file(home: &Home, name: &str) -> PathBuf {
    let (place, file) = (home.data().join("place"), home.data().join(format!("{name}.primer-join")));
    fs::create_dir(&place).expect("a folder can be made");
    primer(home, &["user", "add", name]);
    primer(home, &["remote", "add", "folder", text(&place)]);
    primer(home, &["sync"]);
    primer(home, &["computer", "export", text(&file)]);
    file
}

/// A second start, which leaves what it was given to the first and ends.
async fn start_again(home: &Home, file: &Path) {
    let mut second = home.start(&[file]);
    let ended = async || second.try_wait().expect("it can be waited for");
    assert!(until("the second start ends by itself", ended).await.success());
}

async fn written(window: &Window) -> Value {
    window.see("[data-test=join-text]").await;
    window.script("return document.querySelector('[data-test=join-text]').value").await
}

fn readers(home: &Home) -> Vec<String> {
    let readers = primer(home, &["user", "list"]);
    let readers = readers.as_array().expect("a list").iter();
    readers.map(|reader| reader["name"].as_str().unwrap_or_default().to_owned()).collect()
}

fn text(path: &Path) -> &str {
    path.to_str().expect("a path that is text")
}
