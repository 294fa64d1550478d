//! What a model is asked, section by section.
//!
//! The instructions are files beside this one, in a folder named after their version. Everything else in a prompt is
//! data, and stands there as data: names as JSON strings, the section between two lines in brackets that no text can
//! hold. A prompt has the four answers of the reader's background and nothing else about them.

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::answer::{TEXT_BEGINS, TEXT_ENDS};
use super::refusal::Refusal;
use super::shield::{Shielded, without_brackets};
use crate::profile::{
    Background, Level, Robotics, goal_label, hardware_label, level_label, robotics_label, skill_label,
};

/// Counted up, with a new folder, whenever an instruction changes; it is kept beside each text.
pub const PROMPT_VERSION: u32 = 1;

const SYSTEM: &str = include_str!("prompts/1/system.md");
const NOVICE: &str = include_str!("prompts/1/novice.md");
const BETWEEN: &str = include_str!("prompts/1/between.md");
const EXPERT: &str = include_str!("prompts/1/expert.md");
const READER: &str = include_str!("prompts/1/reader.md");
const SECTION: &str = include_str!("prompts/1/section.md");
const RETRY: &str = include_str!("prompts/1/retry.md");

/// Every instruction a prompt can have.
pub(super) const INSTRUCTIONS: [&str; 7] = [SYSTEM, NOVICE, BETWEEN, EXPERT, READER, SECTION, RETRY];

/// Longer titles are cut.
const TITLE_CHARS_MAX: usize = 200;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    System,
    User,
}

/// As the protocol of chat completions has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    pub role: Role,
    pub content: String,
}

/// Where a text stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Titles {
    pub book: String,
    pub chapter: String,
}

/// How much help a reader learns best with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scaffolding {
    Novice,
    Between,
    Expert,
}

impl Scaffolding {
    /// By the whole background: which skill a section needs only the model can see. Only who knows most of what was
    /// asked, and real robots, is an expert, for too much help is the smaller harm.
    pub fn of(background: &Background) -> Scaffolding {
        let levels: Vec<Level> = background.software_experience.values().copied().collect();
        let at_least = |level: Level| levels.iter().filter(|it| **it >= level).count();
        let knows = at_least(Level::Intermediate);
        let has_real_robots = background.robotics_experience == Robotics::RealHardware;
        if knows == 0 && !has_real_robots {
            Scaffolding::Novice
        } else if has_real_robots && at_least(Level::Advanced) > 0 && 2 * knows > levels.len() {
            Scaffolding::Expert
        } else {
            Scaffolding::Between
        }
    }

    fn instruction(self) -> &'static str {
        match self {
            Scaffolding::Novice => NOVICE,
            Scaffolding::Between => BETWEEN,
            Scaffolding::Expert => EXPERT,
        }
    }
}

/// What is sent for one section; with the fault of the answer before it when it is asked for again.
pub fn messages(
    background: &Background,
    titles: &Titles,
    heading: Option<&str>,
    sent: &Shielded,
    retry_reason: Option<&Refusal>,
) -> Vec<Message> {
    let legend = sent.legend();
    let mut parts = vec![READER.trim_end().to_owned(), reader(background), place(titles, heading)];
    if !legend.is_empty() {
        parts.push(format!("What the placeholders stand for:\n\n{}", legend.trim_end()));
    }
    parts.push(format!("{}\n\n{TEXT_BEGINS}\n{}\n{TEXT_ENDS}", SECTION.trim_end(), sent.text));
    if let Some(reason) = retry_reason {
        parts.push(format!("{} {reason}", RETRY.trim_end()));
    }
    let system = format!("{}\n\n{}", SYSTEM.trim_end(), Scaffolding::of(background).instruction().trim_end());
    vec![
        Message { role: Role::System, content: system },
        Message { role: Role::User, content: parts.join("\n\n") },
    ]
}

/// How many characters of a section, its legend counted in, fit a context of so many characters beside the
/// instructions and the longest answer that the guard lets through. None if too little is left to be of use.
pub fn budget_chars(context_chars: usize, background: &Background, titles: &Titles) -> Option<usize> {
    const LEAST_CHARS: usize = 600;
    const RESERVE_CHARS: usize = 600;
    let longest = INSTRUCTIONS.iter().map(|text| text.chars().count()).sum::<usize>();
    let data = reader(background).chars().count() + place(titles, None).chars().count() + TITLE_CHARS_MAX;
    let left = context_chars.checked_sub(longest + data + RESERVE_CHARS)?;
    let budget = left * 100 / (100 + super::prose::LONGEST_PERCENT);
    (budget >= LEAST_CHARS).then_some(budget)
}

/// The four answers as JSON, in the words of the form.
pub(super) fn reader(background: &Background) -> String {
    let skills: Vec<_> = background
        .software_experience
        .iter()
        .map(|(skill, level)| json!({"skill": name(skill_label(skill)), "level": level_label(*level)}))
        .collect();
    let names = |labels: Vec<&str>| labels.into_iter().map(name).collect::<Vec<_>>();
    json!({
        "software_experience": skills,
        "robotics_experience": robotics_label(background.robotics_experience),
        "hardware_access": names(background.hardware_access.iter().map(|item| hardware_label(item)).collect()),
        "learning_goals": names(background.learning_goals.iter().map(|goal| goal_label(goal)).collect()),
    })
    .to_string()
}

fn place(titles: &Titles, heading: Option<&str>) -> String {
    json!({"book": title(&titles.book), "chapter": title(&titles.chapter), "section": heading.map(title)})
        .to_string()
}

fn title(text: &str) -> String {
    name(&text.chars().take(TITLE_CHARS_MAX).collect::<String>())
}

fn name(text: &str) -> String {
    without_brackets(text)
}

#[cfg(test)]
mod tests {
    use sha2::{Digest, Sha256};

    use super::{INSTRUCTIONS, PROMPT_VERSION, Scaffolding, budget_chars};
    use crate::profile::{Background, Level, Robotics};
    use crate::rewrite::Titles;

    #[test]
    fn an_instruction_that_changes_counts_up_the_version() {
        let digest = Sha256::digest(INSTRUCTIONS.concat());
        let digest: String = digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
        assert_eq!((PROMPT_VERSION, &*digest), (1, "8fcc2bd8ca081077"));
    }

    #[test]
    fn novices_get_more_support_and_only_who_knows_most_of_it_gets_less() {
        let mut reader = Background::of_somebody_new();
        assert_eq!(Scaffolding::of(&reader), Scaffolding::Novice);
        reader.software_experience.insert("python".into(), Level::Advanced);
        reader.robotics_experience = Robotics::RealHardware;
        assert_eq!(Scaffolding::of(&reader), Scaffolding::Between);
        reader.software_experience.insert("cpp".into(), Level::Intermediate);
        reader.software_experience.insert("ros2".into(), Level::Advanced);
        assert_eq!(Scaffolding::of(&reader), Scaffolding::Expert);
        reader.robotics_experience = Robotics::SimulationOnly;
        assert_eq!(Scaffolding::of(&reader), Scaffolding::Between);
    }

    #[test]
    fn a_context_too_small_for_the_instructions_has_no_budget() {
        let titles = Titles { book: "B".into(), chapter: "C".into() };
        let reader = Background::of_somebody_new();
        assert_eq!(budget_chars(2_000, &reader, &titles), None);
        assert!(
            budget_chars(24_000, &reader, &titles).is_some_and(|budget| (4_000..9_000).contains(&budget))
        );
    }
}
