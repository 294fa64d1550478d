//! The command line on the same data, as a second witness.

use serde_json::Value;

use crate::app::Home;
use crate::named;

/// What `primer --json …` answers.
pub fn primer(home: &Home, words: &[&str]) -> Value {
    primer_with(home, words, &[])
}

/// The same, with variables of the environment.
pub fn primer_with(home: &Home, words: &[&str], variables: &[(&str, &str)]) -> Value {
    let mut command = home.command(&named("PRIMER_WINDOW_CLI"));
    command.envs(variables.iter().copied());
    let output = command.arg("--json").args(words).output().expect("the command line can be started");
    assert!(
        output.status.success(),
        "primer {} failed: {}",
        words.join(" "),
        String::from_utf8_lossy(&output.stderr)
    );
    serde_json::from_slice(&output.stdout).expect("the command line answers with JSON")
}
