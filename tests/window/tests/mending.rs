//! What the window says when something broke, and what it gives to whoever is to help.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use primer_window_tests::{BEGINNER, Desktop, Home, artifacts, primer, until};

fn reports(home: &Home) -> Vec<PathBuf> {
    let entries = fs::read_dir(home.data().join("crashes")).into_iter().flatten().flatten();
    entries
        .map(|entry| entry.path())
        .filter(|file| file.extension().is_some_and(|end| end == "txt"))
        .collect()
}

pub async fn a_report_of_the_last_time_is_offered_once_and_shown() {
    let (home, pictures) = (Home::new(), artifacts());
    let window = home.open().await;
    window.first_start("Zebedee", &BEGINNER, None).await;
    window.close().await;
    let report = "Primer 0.1.0, primer-desktop\nTime:    2026-01-31T08:00:00.000Z\nSystem:  linux x86_64\n\
                  Outcome: the program ended\nThread:  main\nPlace:   src/main.rs:1:1\nMessage: a literal\n";
    let crashes = home.data().join("crashes");
    fs::create_dir(&crashes).expect("a folder can be made");
    fs::write(crashes.join("2026-01-31T08-00-00.000Z.txt"), report).expect("a report can be left");

    let window = home.open().await;
    let said = window.text("[data-test=crash-offer]").await;
    assert!(said.contains("Primer stopped unexpectedly last time."), "{said}");
    pictures.take(&window, "63-crash-offer").await;
    window.look_at_large_and_dark(&pictures, "[data-test=crash-offer]", "63-crash-offer").await;
    window.click("[data-test=show-crash]").await;
    assert_eq!(window.text("[data-test=crash]").await.trim(), report.trim());
    pictures.take(&window, "65-crash-report").await;
    window.look_at_large_and_dark(&pictures, "[data-test=crash]", "65-crash-report").await;
    window.click("[data-test=copy-crash]").await;
    window.click("[data-test=close-crash]").await;
    window.see_no_more("[data-test=crash-offer]").await;
    window.close().await;

    let window = home.open().await;
    window.see("[data-test=contents]").await;
    // The room of a reader's own things is asked for after the report would have been.
    window.you().await;
    window.see("[data-test=mending]").await;
    window.see_no_more("[data-test=crash-offer]").await;
    window.close().await;
}

pub async fn the_diagnostics_are_shown_before_they_are_copied_and_name_nobody() {
    let (home, pictures) = (Home::new(), artifacts());
    let window = home.open().await;
    window.first_start("Zebedee Quillfeather", &BEGINNER, None).await;
    window.open_chapter(1).await;
    // An error that nothing in the page takes care of: its words quote the reader, its place does not.
    window.script("setTimeout(() => { throw new Error('Zebedee was here'); })").await;
    window.you().await;
    window.click("[data-test=show-diagnostics]").await;
    let text = window.text("[data-test=diagnostics]").await;
    for part in ["the window", "WebKitGTK", "Readers        1", "Texts          1,", "Last troubles"] {
        assert!(text.contains(part), "{part}: {text}");
    }
    let hash = primer(&home, &["profile", "show"])["profile_hash"].clone();
    let data = home.data();
    for word in ["Zebedee", "Quillfeather", "was here", hash.as_str().unwrap_or("?"), &data.to_string_lossy()]
    {
        assert!(!text.contains(word), "{word}: {text}");
    }
    let middle = "document.querySelector('[data-test=mending]').scrollIntoView({block: 'start'})";
    window.script(middle).await;
    pictures.take(&window, "66-diagnostics").await;
    window.look_at_large_and_dark(&pictures, "[data-test=diagnostics]", "66-diagnostics").await;
    window.click("[data-test=copy-diagnostics]").await;
    window
        .come_true(
            "it is copied",
            "return document.querySelector('[data-test=copy-diagnostics]').innerText === 'Copied'",
        )
        .await;
    // What was copied is what was shown: it is pasted into a field of the page.
    window.script("document.querySelector('#quota').insertAdjacentHTML('afterend', '<textarea id=pasted></textarea>'); document.querySelector('#pasted').focus()").await;
    window.paste().await;
    let pasted = window.script("return document.querySelector('#pasted').value").await;
    assert_eq!(pasted.as_str().unwrap_or_default().trim(), text.trim());
    window.close().await;
}

pub async fn a_page_whose_process_ends_is_shown_again_and_leaves_a_report() {
    let home = Home::new();
    // With a reader, so that it begins with a room that names the window.
    primer(&home, &["user", "add", "Ada"]);
    let mut app = home.start(&[]);
    let desktop = Desktop::here();
    until("the window is there", async || (!desktop.primer_windows().is_empty()).then_some(())).await;
    let log = home.data().join("logs/primer.log");
    let told = || fs::read_to_string(&log).is_ok_and(|text| text.contains("window_opened"));
    until("the page shows something", async || told().then_some(())).await;
    let first = until("the page has a process", async || page_process(app.id())).await;
    end_badly(first);
    let report = until("there is a report", async || reports(&home).pop()).await;
    let report = fs::read_to_string(report).expect("a report can be read");
    assert!(report.contains("the process that shows the page ended: crashed"), "{report}");
    until("the page has another process", async || page_process(app.id()).filter(|next| *next != first))
        .await;
    desktop.close_window();
    until("the app ends", async || match app.try_wait() {
        Ok(status) => status,
        Err(error) => panic!("{error}"),
    })
    .await;
}

fn end_badly(process: u32) {
    let status = Command::new("kill").args(["-KILL", &process.to_string()]).status();
    assert!(status.is_ok_and(|status| status.success()), "the process can be ended");
}

/// WebKit's process for the page, somewhere below the app.
fn page_process(app: u32) -> Option<u32> {
    let processes: Vec<(u32, u32, String)> =
        fs::read_dir("/proc").ok()?.flatten().filter_map(|entry| process(&entry.path())).collect();
    processes.iter().filter(|(.., name)| name.starts_with("WebKitWebProces")).map(|(id, ..)| *id).find(|id| {
        let mut at = *id;
        while let Some((_, parent, _)) = processes.iter().find(|(own, ..)| *own == at) {
            if *parent == app {
                return true;
            }
            at = *parent;
        }
        false
    })
}

/// Id, parent and name. None for what is no process, or is none any more.
fn process(folder: &Path) -> Option<(u32, u32, String)> {
    let id = folder.file_name()?.to_str()?.parse().ok()?;
    let status = fs::read_to_string(folder.join("status")).ok()?;
    let field = |name: &str| status.lines().find_map(|line| line.strip_prefix(name)).map(str::trim);
    if field("State:").is_some_and(|state| state.starts_with('Z')) {
        return None;
    }
    Some((id, field("PPid:")?.parse().ok()?, field("Name:")?.to_owned()))
}
