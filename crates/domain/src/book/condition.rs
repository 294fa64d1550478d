//! Conditions: `python < intermediate and (robotics = none or hardware has lidar)`.

use std::collections::BTreeSet;
use std::fmt;

use super::words::{Words, nearest};
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
        if self.0.chars().all(is_name_char) && !self.0.is_empty() && !KEYWORDS.contains(&self.0) {
            return f.write_str(self.0);
        }
        write!(f, "\"{}\"", self.0.replace('\\', "\\\\").replace('"', "\\\""))
    }
}

const KEYWORDS: [&str; 7] = ["and", "or", "not", "has", "robotics", "hardware", "goals"];

/// How deep `not` and parentheses may nest: far more than anyone reads, and far less than a stack holds.
const DEPTH_MAX: usize = 64;

fn is_name_char(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '-' | '+' | '#' | '.')
}

/// What is wrong in a condition; the column counts characters from 0 within its text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConditionFault {
    pub column: usize,
    pub message: String,
    pub suggestion: Option<String>,
}

impl ConditionFault {
    fn new(column: usize, message: impl Into<String>) -> ConditionFault {
        ConditionFault { column, message: message.into(), suggestion: None }
    }
}

pub fn parse(text: &str, words: &Words) -> Result<Condition, ConditionFault> {
    let tokens = tokenise(text)?;
    let mut parser = Parser { tokens, next: 0, end_column: text.trim_end().chars().count(), words, depth: 0 };
    let condition = parser.or()?;
    match parser.peek() {
        None => Ok(condition),
        Some(token) => Err(ConditionFault::new(
            token.column,
            format!("“{}” is not expected here; join conditions with “and” or “or”.", token.text()),
        )),
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Kind {
    Word(String),
    Quoted(String),
    Sign(Comparison),
    Open,
    Close,
}

#[derive(Debug, Clone)]
struct Token {
    column: usize,
    kind: Kind,
}

impl Token {
    fn text(&self) -> String {
        match &self.kind {
            Kind::Word(word) | Kind::Quoted(word) => word.clone(),
            Kind::Sign(comparison) => comparison.to_string(),
            Kind::Open => "(".into(),
            Kind::Close => ")".into(),
        }
    }

    fn is_word(&self, word: &str) -> bool {
        matches!(&self.kind, Kind::Word(own) if own == word)
    }
}

fn tokenise(text: &str) -> Result<Vec<Token>, ConditionFault> {
    let characters: Vec<char> = text.chars().collect();
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(&character) = characters.get(at) {
        let column = at;
        let kind = match character {
            c if c.is_whitespace() => {
                at += 1;
                continue;
            }
            '(' => Kind::Open,
            ')' => Kind::Close,
            '"' => {
                let mut name = String::new();
                loop {
                    at += 1;
                    match characters.get(at) {
                        None => {
                            return Err(ConditionFault::new(column, "This quotation mark is never closed."));
                        }
                        Some('"') => break,
                        Some('\\') if characters.get(at + 1).is_some() => {
                            at += 1;
                            name.push(characters[at]);
                        }
                        Some(c) => name.push(*c),
                    }
                }
                Kind::Quoted(name)
            }
            c if is_name_char(c) => {
                let word: String = characters[at..].iter().take_while(|c| is_name_char(**c)).collect();
                at += word.chars().count() - 1;
                Kind::Word(word)
            }
            c => {
                let rest: String = characters[at..].iter().take(2).collect();
                let Some((sign, comparison)) =
                    Comparison::ALL.iter().find(|(sign, _)| rest.starts_with(sign))
                else {
                    return Err(ConditionFault::new(column, format!("“{c}” has no meaning in a condition.")));
                };
                if rest == "==" || rest == "=>" || rest == "=<" {
                    let suggestion = match rest.as_str() {
                        "=>" => ">=",
                        "=<" => "<=",
                        _ => "=",
                    };
                    return Err(ConditionFault {
                        column,
                        message: format!("“{rest}” is no comparison."),
                        suggestion: Some(suggestion.to_owned()),
                    });
                }
                at += sign.len() - 1;
                Kind::Sign(*comparison)
            }
        };
        at += 1;
        tokens.push(Token { column, kind });
    }
    Ok(tokens)
}

struct Parser<'a> {
    tokens: Vec<Token>,
    next: usize,
    end_column: usize,
    words: &'a Words,
    depth: usize,
}

impl Parser<'_> {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.next)
    }

    fn take(&mut self) -> Option<Token> {
        let token = self.tokens.get(self.next).cloned();
        self.next += 1;
        token
    }

    fn takes_word(&mut self, word: &str) -> bool {
        let found = self.peek().is_some_and(|token| token.is_word(word));
        self.next += usize::from(found);
        found
    }

    fn or(&mut self) -> Result<Condition, ConditionFault> {
        let mut parts = vec![self.and()?];
        while self.takes_word("or") {
            parts.push(self.and()?);
        }
        Ok(if parts.len() == 1 { parts.remove(0) } else { Condition::Or(parts) })
    }

    fn and(&mut self) -> Result<Condition, ConditionFault> {
        let mut parts = vec![self.atom()?];
        while self.takes_word("and") {
            parts.push(self.atom()?);
        }
        Ok(if parts.len() == 1 { parts.remove(0) } else { Condition::And(parts) })
    }

    fn atom(&mut self) -> Result<Condition, ConditionFault> {
        let Some(token) = self.take() else {
            return Err(ConditionFault::new(
                self.end_column,
                "A condition is missing here, such as “python < intermediate” or “hardware has lidar”.",
            ));
        };
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            return Err(ConditionFault::new(token.column, "This condition nests too deeply to be read."));
        }
        let condition = match &token.kind {
            Kind::Open => {
                let inner = self.or()?;
                match self.take() {
                    Some(Token { kind: Kind::Close, .. }) => inner,
                    _ => return Err(ConditionFault::new(token.column, "This parenthesis is never closed.")),
                }
            }
            Kind::Word(word) if word == "not" => Condition::Not(Box::new(self.atom()?)),
            Kind::Word(word) if word == "robotics" => {
                let comparison = self.comparison("robotics")?;
                Condition::Robotics { comparison, robotics: self.robotics()? }
            }
            Kind::Word(word) if word == "hardware" => Condition::Hardware(self.has("hardware")?),
            Kind::Word(word) if word == "goals" => Condition::Goal(self.has("goals")?),
            Kind::Word(word) if KEYWORDS.contains(&word.as_str()) => {
                return Err(ConditionFault::new(
                    token.column,
                    format!("“{word}” can't begin a condition; name a skill, robotics, hardware or goals."),
                ));
            }
            Kind::Word(skill) | Kind::Quoted(skill) => {
                let subject_slip = nearest(skill, ["robotics", "hardware", "goals"]);
                let skill_slip = nearest(skill, self.words.skills.iter().map(String::as_str));
                if let Some(word) = subject_slip.or(skill_slip)
                    && !self.words.skills.contains(skill)
                {
                    return Err(ConditionFault {
                        column: token.column,
                        message: format!("“{skill}” is not a word this book knows."),
                        suggestion: Some(word),
                    });
                }
                let comparison = self.comparison(skill)?;
                Condition::Skill { skill: skill.clone(), comparison, level: self.level()? }
            }
            Kind::Sign(_) | Kind::Close => {
                return Err(ConditionFault::new(
                    token.column,
                    format!(
                        "“{}” can't begin a condition; name a skill, robotics, hardware or goals.",
                        token.text()
                    ),
                ));
            }
        };
        self.depth -= 1;
        Ok(condition)
    }

    fn comparison(&mut self, subject: &str) -> Result<Comparison, ConditionFault> {
        match self.take() {
            Some(Token { kind: Kind::Sign(comparison), .. }) => Ok(comparison),
            Some(token) => Err(ConditionFault::new(
                token.column,
                format!("After “{subject}” comes <, <=, =, !=, >= or >, not “{}”.", token.text()),
            )),
            None => Err(ConditionFault::new(
                self.end_column,
                format!("After “{subject}” comes <, <=, =, !=, >= or >."),
            )),
        }
    }

    fn one_of<T>(
        &mut self,
        what: &str,
        parse: impl Fn(&str) -> Option<T>,
        known: impl IntoIterator<Item = &'static str> + Clone,
    ) -> Result<T, ConditionFault> {
        let list = known.clone().into_iter().collect::<Vec<_>>().join(", ");
        let Some(token) = self.take() else {
            return Err(ConditionFault::new(
                self.end_column,
                format!("{what} is missing here: one of {list}."),
            ));
        };
        let word = token.text();
        parse(&word).ok_or_else(|| ConditionFault {
            column: token.column,
            message: format!("“{word}” is not {}: one of {list}.", what.to_lowercase()),
            suggestion: nearest(&word, known),
        })
    }

    fn level(&mut self) -> Result<Level, ConditionFault> {
        self.one_of("A level", Level::parse, Level::ALL.map(Level::word))
    }

    fn robotics(&mut self) -> Result<Robotics, ConditionFault> {
        self.one_of("A robotics experience", Robotics::parse, Robotics::ALL.map(Robotics::word))
    }

    fn has(&mut self, subject: &str) -> Result<String, ConditionFault> {
        if !self.takes_word("has") {
            let column = self.peek().map_or(self.end_column, |token| token.column);
            return Err(ConditionFault::new(column, format!("After “{subject}” comes “has” and a name.")));
        }
        let Some(token) = self.take() else {
            return Err(ConditionFault::new(self.end_column, format!("After “{subject} has” comes a name.")));
        };
        let (Kind::Word(name) | Kind::Quoted(name)) = &token.kind else {
            return Err(ConditionFault::new(token.column, format!("After “{subject} has” comes a name.")));
        };
        let known = if subject == "hardware" { &self.words.hardware } else { &self.words.goals };
        match nearest(name, known.iter().map(String::as_str)) {
            Some(word) if !known.contains(name) => Err(ConditionFault {
                column: token.column,
                message: format!("“{name}” is not among the {subject} this book knows."),
                suggestion: Some(word),
            }),
            _ => Ok(name.clone()),
        }
    }
}
