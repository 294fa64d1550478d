//! A course on Garage, with a bucket and a key for each student, as docs/running-a-bucket.md tells its operator.

use serde_json::json;

use crate::garage::{Garage, REGION, WHY_NONE};
use crate::world::skipped::skipped;
use crate::{Computer, run};

const DOCUMENTATION: &str = include_str!("../../docs/running-a-bucket.md");

struct Student {
    user_id: &'static str,
    key: String,
    secret: String,
}

/// Types what the documentation says.
fn enrol(garage: &Garage, user_id: &'static str) -> Student {
    let block = DOCUMENTATION.split("```text garage\n").nth(1).and_then(|rest| rest.split("```").next());
    let block = block.expect("the documentation says how with Garage").replace("USER_ID", user_id);
    let answers: Vec<String> = block
        .lines()
        .map(|line| garage.typed(line.strip_prefix("garage ").expect("each line is a command of Garage's")))
        .collect();
    let said = |what: &str| {
        let line = answers.iter().flat_map(|answer| answer.lines()).find_map(|line| line.strip_prefix(what));
        line.unwrap_or_else(|| panic!("{what} is not in {answers:?}")).trim().to_owned()
    };
    Student { user_id, key: said("Key ID:"), secret: said("Secret key:") }
}

impl Student {
    fn computer(&self, garage: &Garage) -> Computer {
        let computer = Computer::new();
        computer.json(&["user", "add", "Amina"]);
        self.add_remote(&computer, garage, &format!("primer-{}", self.user_id), &[]);
        computer
    }

    fn add_remote(&self, computer: &Computer, garage: &Garage, bucket: &str, more: &[&str]) {
        let endpoint = format!("http://127.0.0.1:{}", garage.process.port);
        let words = ["--json", "remote", "add", "s3", "--endpoint", &endpoint, "--bucket", bucket];
        let mut add = computer.primer(&[&words[..], &["--access-key-id", &self.key], more].concat());
        run(add.env("PRIMER_S3_SECRET", &self.secret)).json();
    }
}

#[test]
fn on_garage_each_student_has_a_bucket_that_no_other_reaches() {
    let Some(garage) = Garage::start("garage-course") else { return skipped(WHY_NONE) };
    let amina = enrol(&garage, "0192f0c1-2345-4abc-8def-000000000001");
    let bilal = enrol(&garage, "0192f0c1-2345-4abc-8def-000000000002");
    let laptop = amina.computer(&garage);
    // The region is not the usual one, and nobody said so.
    let findings = laptop.json(&["remote", "doctor"]);
    assert!(findings.to_string().contains("garage"), "{findings}");
    laptop.json(&["chapter", "open", "1"]);
    laptop.set_skills(&json!({"python": "advanced"}));
    assert_eq!(laptop.json(&["sync"])["sent"], 1);
    let school = laptop.joined();
    assert_eq!(school.json(&["profile", "show"])["software_experience"], json!({"python": "advanced"}));
    assert_eq!(
        (laptop.json(&["sync"])["requests"].clone(), school.json(&["sync"])["requests"].clone()),
        (json!(1), json!(1))
    );

    let thief = Computer::new();
    thief.json(&["user", "add", "Bilal"]);
    bilal.add_remote(&thief, &garage, &format!("primer-{}", amina.user_id), &["--region", REGION]);
    let error = thief.error(&["sync"]);
    assert_eq!(error["code"], "remote_failed");
    assert!(error["message"].as_str().unwrap().contains("not allowed"), "{error}");
}
