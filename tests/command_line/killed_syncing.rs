//! kill -9 at every operation that changes a file while two computers sync through a folder: here, and in the folder.
//! Whatever was cut off, the next sync brings both together, and nothing is lost.

use std::fs;
use std::path::{Path, PathBuf};

use primer_domain::ids::TextDigest;
use serde_json::{Value, json};

use crate::interposed::{TEARS, copy_of, count, kill};
use crate::world::{database, folders};
use crate::{Computer, run};

struct Pair {
    laptop: Computer,
    school: Computer,
    stick: PathBuf,
}

impl Pair {
    /// Two computers that know each other; each has news for the other, and the laptop a text that only it can bring.
    fn with_news() -> Pair {
        let laptop = Computer::with_reader("none");
        let stick = laptop.folder.path().join("stick");
        fs::create_dir(&stick).unwrap();
        laptop.json(&["remote", "add", "folder", stick.to_str().unwrap()]);
        let school = laptop.joined();
        let mut pair = Pair { laptop, school, stick };
        // The laptop has a newer book, so its text can't be written at school.
        pair.laptop.book.revise(1, 2);
        pair.laptop.set_skills(&json!({"python": "none", "cpp": "advanced"}));
        pair.laptop.json(&["chapter", "open", "1"]);
        pair.school.set_skills(&json!({"python": "none", "ros2": "beginner"}));
        pair.school.json(&["chapter", "open", "2"]);
        pair
    }

    /// Both sync until nothing is left to do, and then agree.
    fn assert_comes_together(&self, laptop: &Path, school: &Path, when: &str) {
        let all = json!({"cpp": "advanced", "python": "none", "ros2": "beginner"});
        come_together([(&self.laptop, laptop), (&self.school, school)], &all, when);
        for (name, bytes) in folders::files(&self.stick).into_iter().filter(|(name, _)| name.ends_with(".md"))
        {
            let digest = TextDigest::of(&bytes).prefix().to_string();
            assert!(name.contains(&digest), "{when}: {name} is half-written in the folder");
        }
    }
}

/// Lets a reader's computers, each with a data folder, sync until nothing is left to do. Then they have these skills, and
/// all that is stored is whole.
pub fn come_together(computers: [(&Computer, &Path); 2], skills: &Value, when: &str) {
    let sync = |(computer, data): (&Computer, &Path)| -> Value {
        run(&mut computer.primer_on(data, &["--json", "sync"])).json()
    };
    let [first, second] = computers;
    for computer in [first, second, first, second, first] {
        sync(computer);
    }
    for (computer, data) in computers {
        assert_eq!(sync((computer, data))["requests"], 1, "{when}");
        let shown = run(&mut computer.primer_on(data, &["--json", "profile", "show"])).json();
        assert_eq!(shown["software_experience"], *skills, "{when}");
        assert_eq!(database::integrity(data), "ok", "{when}");
        for (name, bytes) in folders::stored(data) {
            assert!(folders::is_whole(&name, &bytes), "{when}: {name} is half-written");
        }
    }
}

impl Computer {
    /// Another computer of the same reader; both have heard of each other.
    pub fn joined(&self) -> Computer {
        let file = self.folder.path().join("joining.json");
        self.json(&["computer", "export", file.to_str().unwrap()]);
        let other = Computer::new();
        other.json(&["computer", "join", file.to_str().unwrap()]);
        for computer in [self, &other, self] {
            computer.json(&["sync"]);
        }
        other
    }

    pub fn set_skills(&self, skills: &Value) {
        let background = json!({"software_experience": skills, "robotics_experience": "none",
            "hardware_access": [], "learning_goals": []});
        let file = self.write("background.json", &background);
        self.json(&["profile", "set", &file]);
    }
}

fn restore(stick: &Path, from: &Path) {
    fs::remove_dir_all(stick).unwrap();
    fs::create_dir(stick).unwrap();
    folders::copy(from, stick);
}

#[test]
fn killed_while_it_syncs_the_next_sync_brings_both_computers_together() {
    let pair = Pair::with_news();
    // School has told its news; the laptop has all of a sync to do.
    pair.school.json(&["sync"]);
    let told = copy_of(&pair.stick);
    let counted = copy_of(&pair.laptop.data());
    let mut sync = pair.laptop.primer_on(counted.path(), &["sync"]);
    let operations = count(&mut sync, &counted.path().join("count"));
    let mut kills = 0;
    for k in 1..=operations {
        restore(&pair.stick, told.path());
        let (laptop, school) = (copy_of(&pair.laptop.data()), copy_of(&pair.school.data()));
        let tear = TEARS[k as usize % TEARS.len()];
        let when = format!("killed at operation {k} of {operations} ({tear} % done)");
        if kill(&mut pair.laptop.primer_on(laptop.path(), &["sync"]), k, tear) {
            kills += 1;
            pair.assert_comes_together(laptop.path(), school.path(), &when);
        }
    }
    assert!(kills > 30, "{kills} kills at {operations} operations");
    println!("killed {kills} times");
}
