//! A reader's name and background as a view of the registers, and the changes that an edit of them makes.
//!
//! An edit touches only what it changes, so two edits made apart both survive. A register that can't be
//! understood is not shown and not touched: a newer program may know what it says.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::registers::collection::{GOAL, HARDWARE, READER, ROBOTICS, SKILL};
use super::{Register, RegisterKey, Registers, Stamp};
use crate::profile::{Background, Level, NAME_LEN_MAX, Robotics, reader_name};

/// What the reader said about themselves; None if they were never asked, or passed over the questions.
///
/// Where every skill was removed, the one removed last counts as it was: a background has at least one.
pub fn background(registers: &Registers) -> Option<Background> {
    let mut live = BTreeMap::new();
    let mut removed_last: Option<(Stamp, &str, Level)> = None;
    for (skill, register) in registers.of(SKILL) {
        let Some(level) = level(skill, register) else { continue };
        if !register.removed {
            live.insert(skill.to_owned(), level);
        } else if removed_last.is_none_or(|(stamp, _, _)| stamp < register.stamp) {
            removed_last = Some((register.stamp, skill, level));
        }
    }
    if live.is_empty() {
        let (_, skill, level) = removed_last?;
        live.insert(skill.to_owned(), level);
    }
    Some(Background {
        software_experience: live,
        robotics_experience: robotics(registers).unwrap_or(Robotics::None),
        hardware_access: live_names(registers, HARDWARE),
        learning_goals: live_names(registers, GOAL),
    })
}

/// When and by which computer an answer was last given or taken back; None if there never was one.
pub fn answered(registers: &Registers) -> Option<Stamp> {
    let stamps = |collection| registers.of(collection).map(|(_, register)| register.stamp).max();
    [SKILL, ROBOTICS, HARDWARE, GOAL].into_iter().filter_map(stamps).max()
}

/// What makes `wanted` of the registers once it is joined to them; `wanted` is valid and `stamp` is after all
/// of theirs.
pub fn edit(registers: &Registers, wanted: &Background, stamp: Stamp) -> Registers {
    let mut delta = Registers::default();
    for (skill, level) in &wanted.software_experience {
        registers.want(&mut delta, RegisterKey::new(SKILL, skill), level.word().into(), stamp);
    }
    for (skill, register) in registers.of(SKILL) {
        if level(skill, register).is_some() && !wanted.software_experience.contains_key(skill) {
            registers.drop_live(&mut delta, RegisterKey::new(SKILL, skill), stamp);
        }
    }
    registers.want(&mut delta, robotics_key(), wanted.robotics_experience.word().into(), stamp);
    for (collection, names) in [(HARDWARE, &wanted.hardware_access), (GOAL, &wanted.learning_goals)] {
        for name in names {
            registers.want(&mut delta, RegisterKey::new(collection, name), true.into(), stamp);
        }
        for name in live_names(registers, collection).difference(names) {
            registers.drop_live(&mut delta, RegisterKey::new(collection, name), stamp);
        }
    }
    delta
}

/// What the reader is called, if that is known and can be shown.
pub fn name(registers: &Registers) -> Option<String> {
    let name = registers.get(&name_key())?.live()?.as_str()?;
    reader_name(name).ok()
}

/// What gives the reader this valid name; nothing if it is theirs already.
pub fn rename(registers: &Registers, name: &str, stamp: Stamp) -> Registers {
    let mut delta = Registers::default();
    registers.want(&mut delta, name_key(), name.into(), stamp);
    delta
}

fn name_key() -> RegisterKey {
    RegisterKey::new(READER, "name")
}

fn robotics_key() -> RegisterKey {
    RegisterKey::new(ROBOTICS, "experience")
}

fn robotics(registers: &Registers) -> Option<Robotics> {
    registers.get(&robotics_key())?.live()?.as_str().and_then(Robotics::parse)
}

/// The level that a register has or, once removed, had; None where the two are no answer to the question.
fn level(skill: &str, register: &Register) -> Option<Level> {
    if !is_name(skill) {
        return None;
    }
    register.value.as_str().and_then(Level::parse)
}

fn live_names(registers: &Registers, collection: &str) -> BTreeSet<String> {
    let is_live =
        |(name, register): &(&str, &Register)| is_name(name) && register.live() == Some(&Value::Bool(true));
    registers.of(collection).filter(is_live).map(|(name, _)| name.to_owned()).collect()
}

fn is_name(text: &str) -> bool {
    (1..=NAME_LEN_MAX).contains(&text.chars().count())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{answered, background, edit, name, rename};
    use crate::profile::{Background, Level, Robotics};
    use crate::replica::random::{Random, device, register, stamp};
    use crate::replica::{RegisterKey, Registers, Stamp};
    use crate::timestamp::Timestamp;

    fn edited(registers: &Registers, wanted: &Background, stamp: Stamp) -> Registers {
        let mut after = registers.clone();
        after.join(&edit(registers, wanted, stamp));
        after
    }

    fn beginner() -> Background {
        let mut background = Background::of_somebody_new();
        background.software_experience.insert("python".into(), Level::Beginner);
        background
    }

    fn skill(registers: &mut Registers, skill: &str, level: &str, removed: bool, stamp: Stamp) {
        registers.insert(RegisterKey::new("skill", skill), register(level, removed, stamp));
    }

    #[test]
    fn whatever_the_registers_held_an_edit_gives_exactly_the_background_that_was_wanted() {
        let mut random = Random::seeded(4);
        for _ in 0..2_000 {
            let (before, wanted) = (random.registers(), random.background());
            let stamp = Stamp::next(before.greatest_stamp(), Timestamp::from_unix_ms(2), device(9));
            let after = edited(&before, &wanted, stamp);
            assert_eq!(background(&after).as_ref(), Some(&wanted));
            assert!(edit(&after, &wanted, stamp).is_empty(), "an edit that changes nothing writes nothing");
            for (key, register) in before.iter() {
                let kept = after.get(key).unwrap();
                assert!(kept == register || kept.stamp == stamp, "{key} changed without a stamp");
                assert!(!kept.removed || kept.value == register.value, "{key} lost its last value");
            }
        }
    }

    #[test]
    fn an_edit_touches_only_what_it_changes() {
        let before = edited(&Registers::default(), &beginner(), stamp(1, 0, 1));
        let mut wanted = beginner();
        wanted.software_experience.remove("cpp");
        wanted.hardware_access.insert("lidar".into());
        let delta = edit(&before, &wanted, stamp(2, 0, 1));
        let expected = Registers::from_iter([
            (RegisterKey::new("skill", "cpp"), register("none", true, stamp(2, 0, 1))),
            (RegisterKey::new("hardware", "lidar"), register(true, false, stamp(2, 0, 1))),
        ]);
        assert_eq!(delta, expected);
    }

    #[test]
    fn the_answers_are_as_old_as_the_last_one_that_was_given_or_taken_back() {
        assert_eq!(answered(&Registers::default()), None);
        let mut registers = edited(&Registers::default(), &beginner(), stamp(1, 9, 1));
        registers.join(&rename(&registers, "Amina", stamp(5, 0, 1)));
        assert_eq!(answered(&registers), Some(stamp(1, 9, 1)), "a name is no answer");
        let mut less = beginner();
        less.software_experience.remove("cpp");
        // As text, +10 would come before +9.
        registers = edited(&registers, &less, stamp(1, 10, 2));
        assert_eq!(answered(&registers), Some(stamp(1, 10, 2)));
    }

    #[test]
    fn two_edits_made_offline_of_different_answers_both_survive_in_either_order() {
        let before = edited(&Registers::default(), &beginner(), stamp(1, 0, 1));
        let mut here = beginner();
        here.software_experience.insert("python".into(), Level::Advanced);
        here.hardware_access.insert("lidar".into());
        here.learning_goals.insert("hobby".into());
        let mut there = beginner();
        there.software_experience.insert("rust".into(), Level::Intermediate);
        there.software_experience.remove("cpp");
        there.robotics_experience = Robotics::RealHardware;
        there.hardware_access.insert("robot_kit".into());
        there.learning_goals.insert("career_change".into());
        // The clock over there is far behind.
        let (mut ab, mut ba) =
            (edited(&before, &here, stamp(9_000, 0, 1)), edited(&before, &there, stamp(1, 1, 2)));
        let a = ab.clone();
        ab.join(&ba);
        ba.join(&a);
        assert_eq!(ab, ba);
        let both = background(&ab).unwrap();
        let skills: Vec<(&str, Level)> =
            both.software_experience.iter().map(|(skill, level)| (skill.as_str(), *level)).collect();
        assert_eq!(
            skills,
            [
                ("python", Level::Advanced),
                ("ros2", Level::None),
                ("rust", Level::Intermediate),
                ("typescript", Level::None)
            ]
        );
        assert_eq!(both.robotics_experience, Robotics::RealHardware);
        assert_eq!(both.hardware_access.iter().collect::<Vec<_>>(), ["lidar", "robot_kit"]);
        assert_eq!(both.learning_goals.iter().collect::<Vec<_>>(), ["career_change", "hobby"]);
    }

    #[test]
    fn a_merge_that_leaves_no_skill_keeps_the_one_that_was_removed_last() {
        let mut two = Background::of_somebody_new();
        two.software_experience =
            [("cpp".into(), Level::Advanced), ("python".into(), Level::Beginner)].into();
        let before = edited(&Registers::default(), &two, stamp(1, 0, 1));
        let (mut only_cpp, mut only_python) = (two.clone(), two.clone());
        only_cpp.software_experience.remove("python");
        only_python.software_experience.remove("cpp");
        let mut merged = edited(&before, &only_cpp, stamp(2, 0, 1));
        merged.join(&edited(&before, &only_python, stamp(3, 0, 2)));
        let kept = background(&merged).unwrap();
        assert_eq!(kept.software_experience, [("cpp".into(), Level::Advanced)].into());
        // Saying it again makes it an answer like any other.
        let again = edited(&merged, &kept, stamp(4, 0, 1));
        assert!(!again.get(&RegisterKey::new("skill", "cpp")).unwrap().removed);
        assert_eq!(background(&again), Some(kept));
    }

    #[test]
    fn of_skills_removed_at_once_the_first_by_name_is_kept_and_one_without_a_level_never() {
        let mut registers = Registers::default();
        skill(&mut registers, "ros2", "advanced", true, stamp(1, 0, 1));
        skill(&mut registers, "cpp", "beginner", true, stamp(1, 0, 1));
        skill(&mut registers, "alien", "expert", true, stamp(5, 0, 1));
        skill(&mut registers, &"x".repeat(65), "none", false, stamp(5, 0, 1));
        let kept = background(&registers).unwrap();
        assert_eq!(kept.software_experience, [("cpp".into(), Level::Beginner)].into());
    }

    #[test]
    fn without_any_skill_that_is_understood_the_questions_were_not_answered() {
        let mut registers = Registers::default();
        assert_eq!(background(&registers), None);
        registers.insert(RegisterKey::new("hardware", "lidar"), register(true, false, stamp(1, 0, 1)));
        skill(&mut registers, "python", "expert", false, stamp(1, 0, 1));
        skill(&mut registers, "", "none", false, stamp(1, 0, 1));
        assert_eq!(background(&registers), None);
    }

    #[test]
    fn what_is_not_understood_is_not_shown_and_not_touched() {
        let mut registers = edited(&Registers::default(), &beginner(), stamp(1, 0, 1));
        for (key, value) in [
            (RegisterKey::new("skill", "rust"), json!("expert")),
            (RegisterKey::new("hardware", "lidar"), json!({"range_m": 12})),
            (RegisterKey::new("goal", ""), json!(true)),
            (RegisterKey::new("language", "ui"), json!("fa")),
        ] {
            registers.insert(key, register(value, false, stamp(5, 0, 2)));
        }
        registers
            .insert(RegisterKey::new("robotics", "experience"), register("often", false, stamp(5, 0, 2)));
        assert_eq!(background(&registers), Some(beginner()));
        let mut wanted = beginner();
        wanted.learning_goals.insert("hobby".into());
        let delta = edit(&registers, &wanted, stamp(6, 0, 1));
        let keys: Vec<String> = delta.iter().map(|(key, _)| key.to_string()).collect();
        assert_eq!(keys, ["goal/hobby", "robotics/experience"]);
    }

    #[test]
    fn a_name_is_given_once_and_shown_only_if_it_is_one() {
        let mut registers = Registers::default();
        assert_eq!(name(&registers), None);
        registers.join(&rename(&registers, "Amina", stamp(1, 0, 1)));
        assert_eq!(name(&registers).as_deref(), Some("Amina"));
        assert!(rename(&registers, "Amina", stamp(2, 0, 1)).is_empty());
        registers.join(&rename(&registers, "امینه", stamp(2, 0, 1)));
        assert_eq!(name(&registers).as_deref(), Some("امینه"));
        for bad in [json!(7), json!("line\nbreak"), json!(""), json!("a".repeat(65))] {
            registers.insert(RegisterKey::new("reader", "name"), register(bad, false, stamp(3, 0, 1)));
            assert_eq!(name(&registers), None);
        }
    }
}
