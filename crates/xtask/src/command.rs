//! Other programs, each with a deadline after which it is ended with all it started.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread;
use std::time::Duration;

use crate::clock::Stopwatch;
use crate::failure::Failure;
use crate::family;

/// What a program that was asked to end gets to tidy up.
const GRACE: Duration = Duration::from_secs(10);

/// For the rest of the output after the end. If it takes longer, something that was left behind holds the pipe.
const DRAIN: Duration = Duration::from_secs(3);

pub const fn minutes(count: u64) -> Duration {
    Duration::from_secs(count * 60)
}

/// Runs it with its output where ours goes.
pub fn run(command: &mut Command, deadline: Duration) -> Result<(), Failure> {
    let status = follow(command, deadline, |_| {})?;
    succeeded(command, status)
}

/// Runs it and hands over each line that it prints.
pub fn each_line(
    command: &mut Command,
    deadline: Duration,
    line: impl FnMut(&str),
) -> Result<ExitStatus, Failure> {
    follow(command.stdout(Stdio::piped()), deadline, line)
}

/// Runs it and gives what it printed; its errors go where ours go.
pub fn output(command: &mut Command, deadline: Duration) -> Result<String, Failure> {
    let mut text = String::new();
    let status = each_line(command, deadline, |line| {
        text.push_str(line);
        text.push('\n');
    })?;
    succeeded(command, status)?;
    Ok(text)
}

/// Whether it can be started and succeeds, in silence.
pub fn says_yes(command: &mut Command) -> bool {
    command.stdout(Stdio::null()).stderr(Stdio::null());
    follow(command, Duration::from_secs(60), |_| {}).is_ok_and(|status| status.success())
}

pub fn words(command: &Command) -> String {
    let mut words = vec![command.get_program().to_string_lossy().into_owned()];
    words.extend(command.get_args().map(|word| word.to_string_lossy().into_owned()));
    words.join(" ")
}

enum Event {
    Line(String),
    /// The pipe is closed.
    NoMoreLines,
    Ended(std::io::Result<ExitStatus>),
}

fn follow(
    command: &mut Command,
    deadline: Duration,
    mut line: impl FnMut(&str),
) -> Result<ExitStatus, Failure> {
    let watch = Stopwatch::start();
    let mut child = command.stdin(Stdio::null()).spawn().map_err(|source| Failure::Start {
        program: command.get_program().to_string_lossy().into_owned(),
        source,
    })?;
    let id = child.id();
    let (sender, events) = mpsc::channel();
    let mut open = read_lines(&mut child, &sender);
    thread::spawn(move || {
        let ended = child.wait();
        // Nobody listens any more if even force was of no use.
        let _ = sender.send(Event::Ended(ended));
    });
    let (mut ended, mut asked, mut forced) = (None, false, false);
    while ended.is_none() || open {
        let patience = match (&ended, asked) {
            (Some(_), _) => DRAIN,
            (None, true) => GRACE,
            (None, false) => deadline.saturating_sub(watch.elapsed()),
        };
        match events.recv_timeout(patience) {
            Ok(Event::Line(text)) => line(&text),
            Ok(Event::NoMoreLines) => open = false,
            Ok(Event::Ended(status)) => ended = Some(status),
            Err(RecvTimeoutError::Timeout) if ended.is_none() && !forced => {
                family::end(id, asked);
                forced = asked;
                asked = true;
            }
            Err(_) => break,
        }
    }
    match ended {
        Some(Ok(status)) if !asked => Ok(status),
        Some(Err(source)) => Err(Failure::Start { program: words(command), source }),
        _ => Err(Failure::TooLong { command: words(command), deadline }),
    }
}

/// Whether there is a pipe to read from.
fn read_lines(child: &mut Child, sender: &Sender<Event>) -> bool {
    let Some(out) = child.stdout.take() else { return false };
    let sender = sender.clone();
    thread::spawn(move || {
        let mut out = BufReader::new(out);
        let mut bytes = Vec::new();
        while out.read_until(b'\n', &mut bytes).is_ok_and(|count| count > 0) {
            let text = String::from_utf8_lossy(&bytes);
            if sender.send(Event::Line(text.trim_end_matches(['\n', '\r']).to_owned())).is_err() {
                return;
            }
            bytes.clear();
        }
        // The listener may have stopped waiting.
        let _ = sender.send(Event::NoMoreLines);
    });
    true
}

fn succeeded(command: &Command, status: ExitStatus) -> Result<(), Failure> {
    if status.success() { Ok(()) } else { Err(Failure::Ended { command: words(command), status }) }
}

#[cfg(test)]
mod tests {
    use std::process::Command;
    use std::time::Duration;

    use super::{each_line, minutes, output, run};
    use crate::failure::Failure;

    fn shell(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        command
    }

    #[test]
    fn each_line_is_handed_over_and_the_status_is_told() {
        let mut lines = Vec::new();
        let status = each_line(&mut shell("echo one; printf two; exit 3"), minutes(1), |line| {
            lines.push(line.to_owned());
        });
        assert_eq!(lines, ["one", "two"]);
        assert_eq!(status.unwrap().code(), Some(3));
    }

    #[test]
    fn a_program_that_takes_too_long_is_ended_with_what_it_started() {
        let result = run(&mut shell("sleep 600 & wait"), Duration::from_millis(200));
        assert!(matches!(result, Err(Failure::TooLong { .. })), "{result:?}");
    }

    #[test]
    fn a_program_left_behind_does_not_hold_up_the_output() {
        assert_eq!(output(&mut shell("sleep 8 & echo done"), minutes(1)).unwrap(), "done\n");
    }
}
