//! What the form offers, and how a background is said in words.

use super::{Background, Level, Robotics};

/// One answer the form offers: the value that is stored and hashed, and the words that are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FormChoice {
    pub value: &'static str,
    pub label: &'static str,
}

/// The four questions. A reader may add skills, hardware and goals of their own.
pub struct Form {
    pub skills: [FormChoice; 4],
    pub levels: [FormChoice; 4],
    pub robotics: [FormChoice; 3],
    pub hardware: [FormChoice; 6],
    pub goals: [FormChoice; 4],
}

const fn choice(value: &'static str, label: &'static str) -> FormChoice {
    FormChoice { value, label }
}

pub const FORM: Form = Form {
    skills: [
        choice("python", "Python"),
        choice("cpp", "C++"),
        choice("ros2", "ROS 2"),
        choice("typescript", "TypeScript"),
    ],
    levels: [
        choice("none", "none"),
        choice("beginner", "beginner"),
        choice("intermediate", "intermediate"),
        choice("advanced", "advanced"),
    ],
    robotics: [
        choice("none", "None yet"),
        choice("simulation_only", "In simulation only"),
        choice("real_hardware", "With real hardware"),
    ],
    hardware: [
        choice("gpu_nvidia", "NVIDIA GPU"),
        choice("jetson_nano", "Jetson Nano"),
        choice("jetson_orin", "Jetson Orin"),
        choice("robot_kit", "Robot kit"),
        choice("lidar", "Lidar"),
        choice("camera_depth", "Depth camera"),
    ],
    goals: [
        choice("career_change", "Change of career"),
        choice("academic_research", "Academic research"),
        choice("hobby", "Hobby"),
        choice("professional_dev", "Professional development"),
    ],
};

fn label<'a>(choices: &[FormChoice], value: &'a str) -> &'a str {
    choices.iter().find(|choice| choice.value == value).map_or(value, |choice| choice.label)
}

/// “C++” for `cpp`; a reader's own skill is its own label.
pub fn skill_label(skill: &str) -> &str {
    label(&FORM.skills, skill)
}

pub fn hardware_label(item: &str) -> &str {
    label(&FORM.hardware, item)
}

pub fn goal_label(goal: &str) -> &str {
    label(&FORM.goals, goal)
}

pub fn level_label(level: Level) -> &'static str {
    label(&FORM.levels, level.word())
}

/// In the middle of a sentence: “robotics: simulation only”.
pub fn robotics_label(robotics: Robotics) -> &'static str {
    match robotics {
        Robotics::None => "none",
        Robotics::SimulationOnly => "simulation only",
        Robotics::RealHardware => "real hardware",
    }
}

/// The reader in half a sentence: “someone who knows Python, is new to robots, and owns a Jetson Orin”.
pub fn summary(background: &Background) -> String {
    let at_level = |wanted: &[Level]| -> Vec<String> {
        background
            .software_experience
            .iter()
            .filter(|(_, level)| wanted.contains(level))
            .map(|(skill, _)| skill_label(skill).to_owned())
            .collect()
    };
    let knows = at_level(&[Level::Intermediate, Level::Advanced]);
    let learns = at_level(&[Level::Beginner]);
    let mut clauses = Vec::new();
    if !knows.is_empty() {
        clauses.push(format!("knows {}", and_list(&knows)));
    }
    if !learns.is_empty() {
        clauses.push(format!("has begun {}", and_list(&learns)));
    }
    clauses.push(
        match background.robotics_experience {
            Robotics::None => "is new to robots",
            Robotics::SimulationOnly => "has met robots in simulation",
            Robotics::RealHardware => "has worked with real robots",
        }
        .to_owned(),
    );
    let owned: Vec<String> =
        background.hardware_access.iter().map(|item| hardware_phrase(item).to_owned()).collect();
    if !owned.is_empty() {
        clauses.push(format!("has {}", and_list(&owned)));
    }
    format!("someone who {}", and_list(&clauses))
}

/// Within a sentence: “a lidar”; what a reader named themselves stands as they wrote it.
fn hardware_phrase(item: &str) -> &str {
    match item {
        "gpu_nvidia" => "an NVIDIA GPU",
        "jetson_nano" => "a Jetson Nano",
        "jetson_orin" => "a Jetson Orin",
        "robot_kit" => "a robot kit",
        "lidar" => "a lidar",
        "camera_depth" => "a depth camera",
        own => own,
    }
}

/// “a”, “a and b”, “a, b and c”.
fn and_list(items: &[String]) -> String {
    match items {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::{Background, Level, Robotics, summary};

    #[test]
    fn a_reader_is_summed_up_in_half_a_sentence() {
        let mut reader = Background::of_somebody_new();
        assert_eq!(summary(&reader), "someone who is new to robots");
        reader.software_experience.insert("python".into(), Level::Advanced);
        reader.software_experience.insert("cpp".into(), Level::Intermediate);
        reader.robotics_experience = Robotics::SimulationOnly;
        reader.hardware_access.insert("gpu_nvidia".into());
        assert_eq!(
            summary(&reader),
            "someone who knows C++ and Python, has met robots in simulation and has an NVIDIA GPU"
        );
    }
}
