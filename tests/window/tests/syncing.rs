//! Two windows on two computers of one reader, and a real server between them that goes and comes back.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use primer_window_tests::{Home, Pictures, Window, artifacts, primer, primer_with, until_within};
use serde_json::{Value, json};

use crate::line::Line;
use crate::server_process::{ServerProcess, seaweedfs_words, weed};

pub const KEY: &str = "AKIDEVERYTHING";
pub const SECRET: &str = "secret-of-everything";

/// After several tries in vain the next one may be half a minute away; the other computer then hears of it with its own
/// next look.
const AGAIN: Duration = Duration::from_secs(75);

/// What was answered before they parted.
const FIRST: [(&str, &str); 2] = [("python", "beginner"), ("cpp", "none")];

/// What the two answered while neither knew of the other.
const MERGED: [(&str, &str); 3] = [("python", "beginner"), ("cpp", "advanced"), ("ros2", "beginner")];

pub async fn two_computers_that_were_offline_come_together_without_a_click() {
    let pictures = artifacts();
    let server = seaweedfs();
    let line = Line::to(server.port);
    let (laptop, school) = (Home::new(), Home::new());
    begin(&laptop, line.port);
    join(&school, &laptop);

    line.cut();
    // Each once had the answers that the two come to together, and one chapter for them that the other has not.
    for (home, chapter) in [(&laptop, "2"), (&school, "3")] {
        set_skills(home, &json!(BTreeMap::from(MERGED)));
        primer(home, &["chapter", "open", chapter]);
        set_skills(home, &json!(BTreeMap::from(FIRST)));
    }
    let (one, two) = (laptop.open().await, school.open().await);
    answer(&one, "skill-cpp", "advanced").await;
    answer(&two, "skill-ros2", "beginner").await;
    for window in [&one, &two] {
        window.see("[data-test=sync-line][data-sync=offline]").await;
    }
    pictures.take(&one, "70-you-offline").await;
    two.go("#/", "[data-test=chapter-1]").await;
    assert_eq!(two.states().await[0], "stale_profile");
    pictures.take(&two, "71-contents-offline").await;
    two.you().await;
    assert!(two.texts("[data-test=changed-on]").await.is_empty(), "it was here");

    line.mend();
    for (window, home) in [(&one, &laptop), (&two, &school)] {
        until_within(AGAIN, "both answers are here", async || is_merged(home).then_some(())).await;
        window.see("[data-test=sync-line][data-sync=up_to_date]").await;
        for (skill, level) in MERGED {
            let shown = format!(
                "return document.querySelector('[data-test=skill-{skill}] input[value={level}]')?.checked === true"
            );
            window.come_true("the window shows what came", &shown).await;
        }
    }
    // The last answer was given there, and only the other one has to be told where.
    one.see("[data-test=changed-on]").await;
    let told = one.text("[data-test=changed-on]").await;
    assert!(told.starts_with(&format!("Your answers were last changed on {}, ", name_of(&school))), "{told}");
    assert!(two.texts("[data-test=changed-on]").await.is_empty());
    assert_came_and_opens((&one, &laptop), 3, &school, &pictures).await;
    assert_came_and_opens((&two, &school), 2, &laptop, &pictures).await;
    one.you().await;
    pictures.take(&one, "72-you-up-to-date").await;
    one.click("[data-test=check-remote]").await;
    one.see("[data-test=findings] [data-verdict=good]").await;
    let faultless = "return document.querySelector('[data-test=findings] [data-verdict=bad]') === null";
    one.come_true("the check finds no fault", faultless).await;
    pictures.take(&one, "74-you-checked").await;
    one.go("#/", "[data-test=chapter-1]").await;
    pictures.take(&one, "73-contents-up-to-date").await;
}

/// What the other computer wrote for the answers of both is in this one's contents, which name it, and opens as it is.
async fn assert_came_and_opens(
    (window, home): (&Window, &Home),
    chapter: u32,
    from: &Home,
    pictures: &Pictures,
) {
    let row = format!("[data-test=chapter-{chapter}-state]");
    window.contents().await;
    window.see(&format!("{row}[data-state=fresh]")).await;
    let named = format!("from {}", name_of(from));
    assert_eq!(window.text(&format!("[data-test=chapter-{chapter}-from]")).await, named);
    pictures.take(window, &format!("75-contents-with-news-{chapter}")).await;
    window.look_at_large_and_dark(pictures, &row, &format!("75-contents-with-news-{chapter}")).await;
    window.open_chapter(chapter).await;
    assert_eq!(window.text("[data-test=which]").await, "Written for you");
    let opened = |home| primer(home, &["chapter", "open", &chapter.to_string()]);
    let (ours, theirs) = (opened(home), opened(from));
    assert_eq!(ours["storage_path"], theirs["storage_path"]);
    assert_eq!((&ours["generated"], &theirs["generated"]), (&json!(false), &json!(false)));
    window.contents().await;
    window.see_no_more(&format!("[data-test=chapter-{chapter}-from]")).await;
}

/// As the others know it.
fn name_of(home: &Home) -> String {
    let computers = primer(home, &["computer", "list"]);
    let own = computers.as_array().and_then(|all| all.iter().find(|computer| computer["this_one"] == true));
    own.and_then(|computer| computer["name"].as_str()).expect("a computer has a name").to_owned()
}

fn set_skills(home: &Home, skills: &Value) {
    let background = json!({"software_experience": skills, "robotics_experience": "none",
        "hardware_access": [], "learning_goals": ["hobby"]});
    let file = home.data().join("background.json");
    fs::write(&file, background.to_string()).expect("a file can be written");
    primer(home, &["profile", "set", text(&file)]);
}

/// A reader who has read a chapter on the first computer and synced it.
pub fn begin(home: &Home, port: u16) {
    primer(home, &["user", "add", "Amina"]);
    set_skills(home, &json!(BTreeMap::from(FIRST)));
    primer(home, &["chapter", "open", "1"]);
    let endpoint = format!("http://127.0.0.1:{port}");
    let words =
        ["remote", "add", "s3", "--endpoint", &endpoint, "--bucket", "course", "--access-key-id", KEY];
    primer_with(home, &words, &[("PRIMER_S3_SECRET", SECRET)]);
    primer(home, &["sync"]);
}

fn join(home: &Home, from: &Home) {
    let file = from.data().join("joining.json");
    primer(from, &["computer", "export", text(&file)]);
    primer(home, &["computer", "join", text(&file)]);
    primer(home, &["sync"]);
}

fn text(path: &Path) -> &str {
    path.to_str().expect("a path that is text")
}

pub async fn answer(window: &Window, question: &str, level: &str) {
    window.you().await;
    window.choose(question, level).await;
    window.click("[data-test=save-profile]").await;
    let saved = "return document.querySelector('[data-test=profile-changes]').innerText.includes('is saved')";
    window.come_true("the answers are saved", saved).await;
}

fn is_merged(home: &Home) -> bool {
    let shown = primer(home, &["profile", "show"]);
    MERGED.iter().all(|(skill, level)| shown["software_experience"][*skill] == *level)
}

pub fn seaweedfs() -> ServerProcess {
    let program = weed(env!("CARGO_MANIFEST_DIR"));
    let words = |folder: &Path, port: u16| {
        let identities = json!({"identities": [{"name": "everything",
            "credentials": [{"accessKey": KEY, "secretKey": SECRET}],
            "actions": ["Admin", "Read", "Write", "List", "Tagging"]}]});
        fs::write(folder.join("s3.json"), identities.to_string()).expect("a file can be written");
        fs::create_dir_all(folder.join("data")).expect("a folder can be made");
        seaweedfs_words(&program, folder, port)
    };
    let server = ServerProcess::start("seaweedfs-window", words, |answer| answer.contains(" 403 "));
    let shell = format!(
        "echo 's3.bucket.create -name course' | '{}' shell -master=127.0.0.1:{}",
        program.display(),
        server.port - 1
    );
    let made = Command::new("sh").args(["-c", &shell]).output().expect("a shell can be started");
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    server
}
