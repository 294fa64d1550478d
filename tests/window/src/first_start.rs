//! What a new reader does first.

use crate::app::Window;
use crate::pictures::Pictures;

pub struct Answers {
    pub skills: &'static [(&'static str, &'static str)],
    pub robotics: &'static str,
    pub hardware: &'static [&'static str],
    pub goals: &'static [&'static str],
}

pub const BEGINNER: Answers = Answers {
    skills: &[("python", "beginner"), ("cpp", "none"), ("ros2", "none"), ("typescript", "none")],
    robotics: "none",
    hardware: &["gpu_nvidia"],
    goals: &["hobby"],
};

impl Window {
    /// Gives a name and comes to the first question.
    pub async fn introduce(&self, name: &str) {
        self.see("[data-test=name]").await;
        self.click("[data-test=name]").await;
        self.type_words(name).await;
        self.click("[data-test=next]").await;
        self.see("[data-test=skill-python]").await;
    }

    /// From the title page to the contents, with a picture of each screen if wanted.
    pub async fn first_start(&self, name: &str, answers: &Answers, pictures: Option<&Pictures>) {
        let shot = async |picture: &str| {
            if let Some(pictures) = pictures {
                pictures.take(self, picture).await;
            }
        };
        self.see("[data-test=name]").await;
        shot("01-title-page").await;
        self.introduce(name).await;
        for (skill, level) in answers.skills {
            self.choose(&format!("skill-{skill}"), level).await;
        }
        shot("02-skills").await;
        self.click("[data-test=next]").await;
        self.choose("robotics", answers.robotics).await;
        for hardware in answers.hardware {
            self.choose("hardware_access", hardware).await;
        }
        shot("03-robots").await;
        self.click("[data-test=next]").await;
        for goal in answers.goals {
            self.choose("learning_goals", goal).await;
        }
        shot("04-goals").await;
        self.click("[data-test=next]").await;
        self.see("[data-test=contents]").await;
    }
}
