//! Reading a condition from its text.

use unicode_normalization::char::is_combining_mark;

use super::{Comparison, Condition};
use crate::book::words::{Words, nearest, normalised};
use crate::profile::{Level, Robotics};

const KEYWORDS: [&str; 7] = ["and", "or", "not", "has", "robotics", "hardware", "goals"];

/// How deep `not` and parentheses may nest: far more than anyone reads, and far less than a stack holds.
const DEPTH_MAX: usize = 64;

fn is_name_char(c: char) -> bool {
    c.is_alphanumeric() || is_combining_mark(c) || matches!(c, '_' | '-' | '+' | '#' | '.')
}

/// Whether a name can stand without quotation marks.
pub(super) fn is_bare_name(name: &str) -> bool {
    !name.is_empty() && name.chars().all(is_name_char) && !KEYWORDS.contains(&name)
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
                let name = normalised(&name);
                if name.is_empty() {
                    return Err(ConditionFault::new(column, "A name can't be empty."));
                }
                Kind::Quoted(name)
            }
            c if is_name_char(c) => {
                let word: String = characters[at..].iter().take_while(|c| is_name_char(**c)).collect();
                at += word.chars().count() - 1;
                Kind::Word(normalised(&word))
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

#[cfg(test)]
mod tests {
    use super::parse;
    use crate::book::condition::Condition;
    use crate::book::words::Words;

    #[test]
    fn a_name_is_the_readers_however_the_author_spelled_it() {
        for text in
            ["hardware has \" Caf\u{65}\u{301} \"", "hardware has Caf\u{65}\u{301}", "hardware has Café"]
        {
            assert_eq!(parse(text, &Words::of_form()), Ok(Condition::Hardware("Café".into())), "{text}");
        }
        let column = parse("hardware has \"  \"", &Words::of_form()).unwrap_err().column;
        assert_eq!(column, 13);
    }
}
