//! What leaves the computer when a model server rewrites a chapter, said before it does.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::profile::{Background, goal_label, hardware_label, level_label, robotics_label, skill_label};

/// Plain sentences for the reader who decides about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Disclosure {
    pub sent: Vec<String>,
    pub not_sent: Vec<String>,
}

/// With the reader's own answers in it, as they would be sent.
pub fn disclosure(background: &Background) -> Disclosure {
    let skills: Vec<String> = background
        .software_experience
        .iter()
        .map(|(skill, level)| format!("{}: {}", skill_label(skill), level_label(*level)))
        .collect();
    let hardware: Vec<&str> = background.hardware_access.iter().map(|item| hardware_label(item)).collect();
    let goals: Vec<&str> = background.learning_goals.iter().map(|goal| goal_label(goal)).collect();
    Disclosure {
        sent: vec![
            "The title of the book, the chapter and the section, and the chapter’s text, section by section. Of code, \
             formulas, links and pictures in the middle of a sentence, what they say; of blocks of code and tables, \
             only that they are there."
                .to_owned(),
            format!("Your software experience – {}.", listed(&skills)),
            format!("Your experience with robots – {}.", robotics_label(background.robotics_experience)),
            format!("The hardware you can use – {}.", listed(&hardware)),
            format!("What you want to learn for – {}.", listed(&goals)),
        ],
        not_sent: vec![
            "Your name and e-mail address.".to_owned(),
            "Your notes, and what you read when.".to_owned(),
            "Numbers that stand for you, your background or this computer.".to_owned(),
        ],
    }
}

fn listed<S: AsRef<str>>(names: &[S]) -> String {
    match names {
        [] => "none named".to_owned(),
        names => names.iter().map(AsRef::as_ref).collect::<Vec<_>>().join(", "),
    }
}
