//! Numbers that look random and are the same in every run (splitmix64).

use serde_json::{Map, Value, json};

pub struct Seeded {
    state: u64,
}

impl Seeded {
    pub fn new(seed: u64) -> Seeded {
        Seeded { state: seed }
    }

    pub fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// From 0 to `end`, which is not reached.
    pub fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % end as u64).unwrap()
    }

    pub fn one_of<'a, T>(&mut self, choices: &'a [T]) -> &'a T {
        &choices[self.below(choices.len())]
    }

    pub fn some_of<T: Clone>(&mut self, choices: &[T]) -> Vec<T> {
        choices.iter().filter(|_| self.next().is_multiple_of(2)).cloned().collect()
    }

    /// A background as the form lets one be given.
    pub fn background(&mut self) -> Value {
        let levels = ["none", "beginner", "intermediate", "advanced"];
        let skills: Map<String, Value> = ["python", "cpp", "ros2", "typescript"]
            .iter()
            .map(|skill| ((*skill).to_owned(), json!(self.one_of(&levels))))
            .collect();
        json!({
            "software_experience": skills,
            "robotics_experience": self.one_of(&["none", "simulation_only", "real_hardware"]),
            "hardware_access": self.some_of(&["gpu_nvidia", "jetson_nano", "jetson_orin", "robot_kit", "lidar", "camera_depth"]),
            "learning_goals": self.some_of(&["career_change", "academic_research", "hobby", "professional_dev"]),
        })
    }
}
