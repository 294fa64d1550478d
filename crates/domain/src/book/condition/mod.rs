//! Conditions: `python < intermediate and (robotics = none or hardware has lidar)`.

mod parse;

use std::collections::BTreeSet;
use std::fmt;

pub use parse::{ConditionFault, parse};

use crate::profile::{
    Background, Level, Robotics, goal_label, hardware_label, level_label, robotics_label, skill_label,
};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    Less,
    LessOrEqual,
    Equal,
    NotEqual,
    GreaterOrEqual,
    Greater,
}

impl Comparison {
    /// The longer signs first, so that `<=` is not read as `<`.
    const ALL: [(&'static str, Comparison); 6] = [
        ("<=", Comparison::LessOrEqual),
        (">=", Comparison::GreaterOrEqual),
        ("!=", Comparison::NotEqual),
        ("<", Comparison::Less),
        (">", Comparison::Greater),
        ("=", Comparison::Equal),
    ];

    fn holds<T: Ord>(self, left: T, right: T) -> bool {
        match self {
            Comparison::Less => left < right,
            Comparison::LessOrEqual => left <= right,
            Comparison::Equal => left == right,
            Comparison::NotEqual => left != right,
            Comparison::GreaterOrEqual => left >= right,
            Comparison::Greater => left > right,
        }
    }

    fn in_words(self) -> &'static str {
        match self {
            Comparison::Less => "below ",
            Comparison::LessOrEqual => "at most ",
            Comparison::Equal => "",
            Comparison::NotEqual => "other than ",
            Comparison::GreaterOrEqual => "at least ",
            Comparison::Greater => "above ",
        }
    }
}

impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign =
            Comparison::ALL.iter().find(|(_, comparison)| comparison == self).map_or("", |(sign, _)| sign);
        f.write_str(sign)
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Condition {
    Skill { skill: String, comparison: Comparison, level: Level },
    Robotics { comparison: Comparison, robotics: Robotics },
    Hardware(String),
    Goal(String),
    Not(Box<Condition>),
    And(Vec<Condition>),
    Or(Vec<Condition>),
}

/// One answer of a background that decided a condition.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fact {
    Skill(String, Level),
    Robotics(Robotics),
    Hardware { item: String, has: bool },
    Goal { goal: String, has: bool },
}

impl Condition {
    pub fn holds(&self, background: &Background) -> bool {
        match self {
            Condition::Skill { skill, comparison, level } => {
                comparison.holds(background.level(skill), *level)
            }
            Condition::Robotics { comparison, robotics } => {
                comparison.holds(background.robotics_experience, *robotics)
            }
            Condition::Hardware(item) => background.hardware_access.contains(item),
            Condition::Goal(goal) => background.learning_goals.contains(goal),
            Condition::Not(inner) => !inner.holds(background),
            Condition::And(parts) => parts.iter().all(|part| part.holds(background)),
            Condition::Or(parts) => parts.iter().any(|part| part.holds(background)),
        }
    }

    /// The answers that made the condition what it is: of an `and` that holds all parts, of one that fails those that failed.
    pub fn decisive_facts(&self, background: &Background) -> BTreeSet<Fact> {
        match self {
            Condition::Skill { skill, .. } => {
                BTreeSet::from([Fact::Skill(skill.clone(), background.level(skill))])
            }
            Condition::Robotics { .. } => BTreeSet::from([Fact::Robotics(background.robotics_experience)]),
            Condition::Hardware(item) => {
                BTreeSet::from([Fact::Hardware { item: item.clone(), has: self.holds(background) }])
            }
            Condition::Goal(goal) => {
                BTreeSet::from([Fact::Goal { goal: goal.clone(), has: self.holds(background) }])
            }
            Condition::Not(inner) => inner.decisive_facts(background),
            Condition::And(parts) | Condition::Or(parts) => {
                let whole = self.holds(background);
                let deciding = parts.iter().filter(|part| part.holds(background) == whole);
                deciding.flat_map(|part| part.decisive_facts(background)).collect()
            }
        }
    }

    /// The smallest conditions within this one.
    pub fn visit_atoms<'a>(&'a self, visit: &mut impl FnMut(&'a Condition)) {
        match self {
            Condition::Not(inner) => inner.visit_atoms(visit),
            Condition::And(parts) | Condition::Or(parts) => {
                parts.iter().for_each(|part| part.visit_atoms(visit))
            }
            atom => visit(atom),
        }
    }

    /// For a reader: “Python below intermediate and robotics: none”.
    pub fn in_words(&self) -> String {
        match self {
            Condition::Skill { skill, comparison, level } => match comparison {
                Comparison::Equal => format!("{}: {}", skill_label(skill), level_label(*level)),
                _ => format!("{} {}{}", skill_label(skill), comparison.in_words(), level_label(*level)),
            },
            Condition::Robotics { comparison, robotics } => match comparison {
                Comparison::Equal => format!("robotics: {}", robotics_label(*robotics)),
                _ => format!("robotics {}{}", comparison.in_words(), robotics_label(*robotics)),
            },
            Condition::Hardware(item) => format!("hardware: {}", hardware_label(item)),
            Condition::Goal(goal) => format!("goal: {}", goal_label(goal)),
            Condition::Not(inner) => format!("not ({})", inner.in_words()),
            Condition::And(parts) => {
                parts.iter().map(|part| part.side_in_words()).collect::<Vec<_>>().join(" and ")
            }
            Condition::Or(parts) => {
                parts.iter().map(|part| part.side_in_words()).collect::<Vec<_>>().join(" or ")
            }
        }
    }

    fn side_in_words(&self) -> String {
        match self {
            Condition::And(_) | Condition::Or(_) => format!("({})", self.in_words()),
            _ => self.in_words(),
        }
    }
}

/// As the author would write it, with one spacing: what `when="…"` of a stored text says.
impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let join = |f: &mut fmt::Formatter<'_>, parts: &[Condition], word: &str| {
            for (index, part) in parts.iter().enumerate() {
                if index > 0 {
                    write!(f, " {word} ")?;
                }
                match part {
                    Condition::And(_) | Condition::Or(_) => write!(f, "({part})")?,
                    _ => write!(f, "{part}")?,
                }
            }
            Ok(())
        };
        match self {
            Condition::Skill { skill, comparison, level } => {
                write!(f, "{} {comparison} {}", Name(skill), level.word())
            }
            Condition::Robotics { comparison, robotics } => {
                write!(f, "robotics {comparison} {}", robotics.word())
            }
            Condition::Hardware(item) => write!(f, "hardware has {}", Name(item)),
            Condition::Goal(goal) => write!(f, "goals has {}", Name(goal)),
            Condition::Not(inner) => match **inner {
                Condition::And(_) | Condition::Or(_) => write!(f, "not ({inner})"),
                _ => write!(f, "not {inner}"),
            },
            Condition::And(parts) => join(f, parts, "and"),
            Condition::Or(parts) => join(f, parts, "or"),
        }
    }
}

impl fmt::Display for Fact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = |has: &bool| if *has { "=" } else { "!=" };
        match self {
            Fact::Skill(skill, level) => write!(f, "{}={}", Name(skill), level.word()),
            Fact::Robotics(robotics) => write!(f, "robotics={}", robotics.word()),
            Fact::Hardware { item, has } => write!(f, "hardware{}{}", sign(has), Name(item)),
            Fact::Goal { goal, has } => write!(f, "goals{}{}", sign(has), Name(goal)),
        }
    }
}

/// “because you said Python: beginner and robotics: none”. `answered` says whether the reader said so, or said nothing.
pub fn reason(facts: &BTreeSet<Fact>, background: &Background, answered: bool) -> String {
    let (mut said, mut unsaid) = (Vec::new(), Vec::new());
    for fact in facts {
        match fact {
            Fact::Skill(skill, level) if answered && background.software_experience.contains_key(skill) => {
                said.push(format!("{}: {}", skill_label(skill), level_label(*level)));
            }
            Fact::Skill(skill, _) => unsaid.push(skill_label(skill).to_owned()),
            Fact::Robotics(robotics) if answered => {
                said.push(format!("robotics: {}", robotics_label(*robotics)))
            }
            Fact::Robotics(_) => unsaid.push("robotics".to_owned()),
            Fact::Hardware { item, has: true } => said.push(format!("hardware: {}", hardware_label(item))),
            Fact::Hardware { item, has: false } => unsaid.push(hardware_label(item).to_owned()),
            Fact::Goal { goal, has: true } => said.push(format!("goal: {}", goal_label(goal))),
            Fact::Goal { goal, has: false } => unsaid.push(format!("the goal {}", goal_label(goal))),
        }
    }
    let and = |items: &[String]| items.join(" and ");
    match (said.is_empty(), unsaid.is_empty()) {
        (true, true) => "for every reader".to_owned(),
        (false, true) => format!("because you said {}", and(&said)),
        (true, false) => format!("because you have not mentioned {}", unsaid.join(" or ")),
        (false, false) => {
            format!("because you said {} and have not mentioned {}", and(&said), unsaid.join(" or "))
        }
    }
}

/// A name as a condition spells it: bare if it can be, else in quotes.
struct Name<'a>(&'a str);

impl fmt::Display for Name<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if parse::is_bare_name(self.0) {
            return f.write_str(self.0);
        }
        write!(f, "\"{}\"", self.0.replace('\\', "\\\\").replace('"', "\\\""))
    }
}
