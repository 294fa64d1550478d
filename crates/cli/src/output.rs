//! Printing for people and for machines.

use std::fmt::Display;
use std::io::{self, Read, Write};
use std::path::Path;
use std::process::ExitCode;

use primer_domain::profile::Draft;
use primer_engine::api::{ApiError, ErrorCode, Notice};
use serde::Serialize;

pub struct Output {
    json: bool,
}

impl Output {
    pub fn new(json: bool) -> Output {
        Output { json }
    }

    pub fn is_json(&self) -> bool {
        self.json
    }

    /// The value as JSON, or `words` of it for people.
    pub fn print<T: Serialize>(&self, value: &T, words: impl FnOnce(&T) -> String) -> Result<(), ApiError> {
        let text = if self.json {
            serde_json::to_string_pretty(value).map_err(|error| {
                ApiError::new(ErrorCode::Internal, format!("{error}."), "Please report this.")
            })?
        } else {
            words(value)
        };
        self.print_text(&text)
    }

    pub fn print_text(&self, text: &str) -> Result<(), ApiError> {
        let mut out = io::stdout().lock();
        let end = if text.is_empty() || text.ends_with('\n') { "" } else { "\n" };
        match write!(out, "{text}{end}").and_then(|()| out.flush()) {
            // Whoever read the output has read enough, such as `head`.
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            Err(error) => Err(ApiError::new(
                ErrorCode::DiskFailed,
                format!("The output could not be written: {error}."),
                "Check where it goes to.",
            )),
            Ok(()) => Ok(()),
        }
    }

    /// What a person should know beside the answer.
    pub fn notices(&self, notices: &[Notice]) {
        for notice in notices {
            if !self.json {
                say(io::stderr(), format_args!("{} {}", notice.message, notice.hint));
            }
        }
    }

    /// Something that did not go well beside the answer.
    pub fn remark(&self, error: &ApiError) {
        if !self.json {
            say(io::stderr(), error);
        }
    }

    /// A line beside the answer or the error that follows.
    pub fn beside(&self, line: &str) {
        if !self.json {
            say(io::stderr(), line);
        }
    }

    pub fn fail(&self, error: &ApiError) -> ExitCode {
        if self.json {
            let object = serde_json::json!({
                "code": error.code, "message": error.message, "hint": error.hint, "fields": error.fields,
            });
            say(io::stderr(), object);
        } else {
            say(io::stderr(), error);
        }
        ExitCode::FAILURE
    }
}

/// “a”, “a and b”, “a, b and c”.
pub fn list(parts: &[String]) -> Option<String> {
    let (last, rest) = parts.split_last()?;
    Some(if rest.is_empty() { last.clone() } else { format!("{} and {last}", rest.join(", ")) })
}

/// One line beside the answer. Where nobody can be told, as on a closed or full standard error, the exit code still can.
fn say(mut to: impl Write, words: impl Display) {
    let _ = writeln!(to, "{words}");
}

/// A background from a file, or from standard input for `-`.
pub fn read_draft(file: &Path) -> Result<Draft, ApiError> {
    let name =
        if file == Path::new("-") { "the standard input".to_owned() } else { file.display().to_string() };
    let invalid = |message: String| {
        ApiError::new(
            ErrorCode::InvalidProfile,
            message,
            "Give a JSON object with software_experience, robotics_experience, hardware_access and learning_goals.",
        )
    };
    let mut text = String::new();
    let read = if file == Path::new("-") {
        io::stdin().read_to_string(&mut text).map(|_| ())
    } else {
        std::fs::read_to_string(file).map(|content| text = content)
    };
    read.map_err(|error| invalid(format!("{name} can't be read: {error}.")))?;
    serde_json::from_str(&text)
        .map_err(|error| invalid(format!("{name} is not such a JSON object: {error}.")))
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::say;

    #[test]
    fn a_place_that_takes_no_more_bytes_does_not_stop_the_program() {
        let mut full: [u8; 3] = [0; 3];
        say(&mut full[..], "more than three");
        assert_eq!(&full, b"mor");
        say(io::empty(), "nobody listens");
    }
}
