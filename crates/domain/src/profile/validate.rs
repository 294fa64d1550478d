//! The one place where a background is checked, with an error for each field that is wrong.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use ts_rs::TS;
use unicode_normalization::UnicodeNormalization;

use super::{Background, Level, Robotics};

/// Characters that a name may have.
pub(crate) const NAME_LEN_MAX: usize = 64;

/// What is wrong with one field, in a sentence that stands beside it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct FieldError {
    /// `software_experience`, `software_experience.python`, `robotics_experience`, `hardware_access`, `learning_goals`, `name`.
    pub field: String,
    pub message: String,
}

impl FieldError {
    fn new(field: impl Into<String>, message: impl Into<String>) -> FieldError {
        FieldError { field: field.into(), message: message.into() }
    }
}

/// Where a background comes from, which decides how its names are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// Typed into the form: trimmed, NFC, no control characters.
    Form,
    /// A file from elsewhere: trimmed, NFC, but a control character that somebody's data already has is kept.
    Imported,
    /// Only to be hashed: names are taken as they stand, as the Python recipe takes them.
    AsItStands,
}

/// The four fields as they were given, before anything is known about them. Other fields are ignored, so that the
/// program's own output can be given back to it.
#[derive(Debug, Clone, PartialEq, Deserialize, TS)]
pub struct Draft {
    #[serde(default)]
    #[ts(type = "Record<string, string>")]
    pub software_experience: Value,
    #[serde(default)]
    #[ts(type = "string | null")]
    pub robotics_experience: Value,
    #[serde(default)]
    #[ts(type = "string[]")]
    pub hardware_access: Value,
    #[serde(default)]
    #[ts(type = "string[]")]
    pub learning_goals: Value,
}

impl Draft {
    /// The background, or every field's error at once.
    pub fn validate(&self, origin: Origin) -> Result<Background, Vec<FieldError>> {
        let mut errors = Vec::new();
        let software_experience = skills(&self.software_experience, origin, &mut errors);
        let robotics_experience = robotics(&self.robotics_experience, &mut errors);
        let hardware_access = names("hardware_access", &self.hardware_access, origin, &mut errors);
        let learning_goals = names("learning_goals", &self.learning_goals, origin, &mut errors);
        match robotics_experience {
            Some(robotics_experience) if errors.is_empty() => {
                Ok(Background { software_experience, robotics_experience, hardware_access, learning_goals })
            }
            _ => Err(errors),
        }
    }
}

/// A reader's own name, as the window and the lists show it.
pub fn reader_name(text: &str) -> Result<String, FieldError> {
    name(text, Origin::Form).map_err(|message| FieldError::new("name", message))
}

fn skills(value: &Value, origin: Origin, errors: &mut Vec<FieldError>) -> BTreeMap<String, Level> {
    const FIELD: &str = "software_experience";
    let mut skills = BTreeMap::new();
    let Value::Object(object) = value else {
        errors.push(FieldError::new(
            FIELD,
            "Give each skill with its level, such as {\"python\": \"beginner\"}.",
        ));
        return skills;
    };
    if object.is_empty() {
        errors.push(FieldError::new(FIELD, "Answer at least one skill; “none” is an answer too."));
    }
    for (skill, level) in object {
        let field = format!("{FIELD}.{skill}");
        let level = level.as_str().and_then(Level::parse);
        if level.is_none() {
            errors.push(FieldError::new(&field, "Choose one of none, beginner, intermediate and advanced."));
        }
        match name(skill, origin) {
            Err(message) => errors.push(FieldError::new(&field, message)),
            Ok(skill) => {
                if let Some(level) = level
                    && skills.insert(skill.clone(), level).is_some()
                {
                    errors.push(FieldError::new(
                        &field,
                        format!("“{skill}” is here twice; keep one of the two."),
                    ));
                }
            }
        }
    }
    skills
}

fn robotics(value: &Value, errors: &mut Vec<FieldError>) -> Option<Robotics> {
    let robotics = value.as_str().and_then(Robotics::parse);
    if robotics.is_none() {
        errors.push(FieldError::new(
            "robotics_experience",
            "Choose one of none, simulation_only and real_hardware.",
        ));
    }
    robotics
}

fn names(field: &str, value: &Value, origin: Origin, errors: &mut Vec<FieldError>) -> BTreeSet<String> {
    let Value::Array(items) = value else {
        errors.push(FieldError::new(field, "Give a list of names; an empty list, [], if there are none."));
        return BTreeSet::new();
    };
    let mut names = BTreeSet::new();
    for item in items {
        match item
            .as_str()
            .ok_or_else(|| "Give each name as text.".to_owned())
            .and_then(|text| name(text, origin))
        {
            Ok(name) => {
                names.insert(name);
            }
            Err(message) => errors.push(FieldError::new(field, message)),
        }
    }
    names
}

fn name(text: &str, origin: Origin) -> Result<String, String> {
    if origin == Origin::AsItStands {
        return Ok(text.to_owned());
    }
    let name: String = text.trim().nfc().collect();
    match name.chars().count() {
        0 => return Err("A name can't be empty.".to_owned()),
        1..=NAME_LEN_MAX => {}
        length => {
            return Err(format!("A name can have at most {NAME_LEN_MAX} characters; this one has {length}."));
        }
    }
    if origin == Origin::Form && name.chars().any(char::is_control) {
        return Err("A name can't contain line breaks, tabs or other control characters.".to_owned());
    }
    Ok(name)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Draft, Origin, reader_name};

    fn draft(value: serde_json::Value) -> Draft {
        serde_json::from_value(value).unwrap()
    }

    fn fields(value: serde_json::Value, origin: Origin) -> Vec<String> {
        draft(value).validate(origin).unwrap_err().into_iter().map(|error| error.field).collect()
    }

    #[test]
    fn every_wrong_field_is_named_at_once() {
        let wrong = json!({"software_experience": {"python": "expert", "cpp": "none"}, "robotics_experience": "some",
            "hardware_access": ["ok", ""], "learning_goals": "hobby"});
        assert_eq!(
            fields(wrong, Origin::Form),
            ["software_experience.python", "robotics_experience", "hardware_access", "learning_goals"]
        );
        let empty = json!({});
        assert_eq!(
            fields(empty, Origin::Form),
            ["software_experience", "robotics_experience", "hardware_access", "learning_goals"]
        );
    }

    #[test]
    fn a_background_needs_at_least_one_skill() {
        let none = json!({"software_experience": {}, "robotics_experience": "none", "hardware_access": [], "learning_goals": []});
        assert_eq!(fields(none, Origin::Imported), ["software_experience"]);
    }

    #[test]
    fn names_are_trimmed_and_composed_so_that_spelling_does_not_split_the_cache() {
        let spelled = json!({"software_experience": {" Caf\u{65}\u{301} ": "none"}, "robotics_experience": "none",
            "hardware_access": [" arm", "arm "], "learning_goals": []});
        let background = draft(spelled).validate(Origin::Form).unwrap();
        assert_eq!(background.software_experience.keys().collect::<Vec<_>>(), ["Café"]);
        assert_eq!(background.hardware_access.len(), 1);
    }

    #[test]
    fn two_skills_that_become_one_name_are_an_error_not_a_silent_choice() {
        let twice = json!({"software_experience": {"rust": "none", " rust": "advanced"}, "robotics_experience": "none",
            "hardware_access": [], "learning_goals": []});
        assert_eq!(fields(twice, Origin::Form), ["software_experience.rust"]);
    }

    #[test]
    fn control_characters_are_refused_in_the_form_and_kept_in_imported_data() {
        let tab = json!({"software_experience": {"python": "none"}, "robotics_experience": "none",
            "hardware_access": ["tab\there"], "learning_goals": []});
        assert_eq!(fields(tab.clone(), Origin::Form), ["hardware_access"]);
        assert!(draft(tab).validate(Origin::Imported).unwrap().hardware_access.contains("tab\there"));
    }

    #[test]
    fn a_name_of_64_characters_is_the_longest() {
        assert!(reader_name(&"ی".repeat(64)).is_ok());
        assert!(reader_name(&"a".repeat(65)).is_err());
        assert!(reader_name(" \u{3000} ").is_err());
        assert_eq!(reader_name("  Amina ").unwrap(), "Amina");
    }
}
