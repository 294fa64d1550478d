//! A reader's model server: setting it, looking at it, and a chapter that it rewrites.

use std::env;
use std::io::{self, IsTerminal, Read, Write, stderr};

use primer_domain::ids::{ChapterId, UserId};
use primer_engine::Engine;
use primer_engine::api::{
    ApiError, AskDisclosure, ErrorCode, ListModels, ModelDisclosure, ModelView, OfChapter, OfReader,
    RewritingStatus, SecretPlaceView, SetModel, direct,
};
use primer_engine::rewriting::{Manner, Report, Step};
use serde_json::json;

use crate::arguments::{Global, ModelCommand};
use crate::output::Output;
use crate::reading::reader;

const KEY: &str = "PRIMER_MODEL_KEY";

pub fn run(
    engine: &Engine,
    global: &Global,
    command: &ModelCommand,
    output: &Output,
) -> Result<(), ApiError> {
    let user_id = reader(engine, global)?.to_string();
    match command {
        ModelCommand::Set { url, model, context, per_minute } => {
            let request = SetModel {
                user_id: user_id.clone(),
                base_url: url.clone(),
                model: model.clone(),
                context_tokens: *context,
                chapters_per_minute: *per_minute,
                key: key()?,
            };
            let view = direct::set_model(engine, request)?;
            show(engine, user_id, &view, output)
        }
        ModelCommand::Show => {
            let view = direct::model(engine, OfReader { user_id: user_id.clone() })?;
            show(engine, user_id, &view, output)
        }
        ModelCommand::Off => {
            let view = direct::model_off(engine, OfReader { user_id })?;
            output.print(&view, |_| "Off. No model server is asked; what was rewritten stays.".to_owned())
        }
        ModelCommand::List { url } => {
            let key = match url {
                Some(_) => key_in_environment(),
                None => None,
            };
            let names = direct::models(engine, ListModels { user_id, base_url: url.clone(), key })?;
            output.print(&names, |names| match names.is_empty() {
                true => "The server has no models.".to_owned(),
                false => names.iter().map(|name| format!("{name}\n")).collect(),
            })
        }
        ModelCommand::Test => {
            let test = direct::test_model(engine, OfReader { user_id })?;
            output.print(&test, |test| format!("{}\n\n{}\n", test.text, test.sentence))
        }
        ModelCommand::Queue => {
            let status = direct::rewriting_status(engine, OfReader { user_id })?;
            output.print(
                &json!({"is_on": status.is_on, "waiting": status.waiting, "eta_s": status.eta_s}),
                |_| queue_words(&status),
            )
        }
        ModelCommand::Undo { number, earlier: true } => {
            direct::undo_rewrite(engine, OfChapter { user_id, chapter_id: *number })?;
            output.print(&json!({"chapter_id": number}), |_| {
                "The chapter opens as it was before it was rewritten again.".to_owned()
            })
        }
        ModelCommand::Undo { number, earlier: false } => {
            let discarded = direct::discard_rewrite(engine, OfChapter { user_id, chapter_id: *number })?;
            output.print(&discarded, |discarded| match discarded.texts {
                0 => "This chapter was not rewritten.".to_owned(),
                _ => "The chapter opens as it was before it was rewritten.".to_owned(),
            })
        }
    }
}

fn show(engine: &Engine, user_id: String, view: &ModelView, output: &Output) -> Result<(), ApiError> {
    let disclosure = direct::model_disclosure(engine, AskDisclosure { user_id, base_url: None })?;
    let value = json!({"model": view.model, "disclosure": disclosure});
    output.print(&value, |_| words(view, &disclosure))
}

fn words(view: &ModelView, disclosure: &ModelDisclosure) -> String {
    let Some(model) = &view.model else {
        return "Off. Set a model server with “primer model set --url URL --model NAME”.\n".to_owned();
    };
    let key = match &model.key {
        None => "none".to_owned(),
        Some(SecretPlaceView::Keychain) => "in the keychain".to_owned(),
        Some(SecretPlaceView::File { path }) => format!("in {}", path.display()),
    };
    let list =
        |sentences: &[String]| -> String { sentences.iter().map(|it| format!("  - {it}\n")).collect() };
    format!(
        "model     {} at {}\ncontext   {} tokens\nkey       {key}\n\nWhat rewriting a chapter sends. {}\n{}What it does not send:\n{}",
        model.model,
        model.base_url,
        model.context_tokens,
        disclosure.goes_to.as_deref().unwrap_or_default(),
        list(&disclosure.sent),
        list(&disclosure.not_sent),
    )
}

fn queue_words(status: &RewritingStatus) -> String {
    if status.waiting.is_empty() {
        return "No chapter waits to be rewritten.\n".to_owned();
    }
    let mut words: String = status
        .waiting
        .iter()
        .map(|wish| {
            let again = if wish.again { ", again" } else { "" };
            format!("{:>2}  {}{again}\n    {}\n", wish.chapter_id, wish.title, wish.reason)
        })
        .collect();
    if let Some(seconds) = status.eta_s {
        words.push_str(&format!("Together they take about {}.\n", direct::span(seconds)));
    }
    words
}

fn key_in_environment() -> Option<String> {
    env::var(KEY).ok().filter(|key| !key.is_empty())
}

/// From the environment, or from a file or another program on the standard input. Many servers want none.
fn key() -> Result<Option<String>, ApiError> {
    if let Some(key) = key_in_environment() {
        return Ok(Some(key));
    }
    if io::stdin().is_terminal() {
        return Ok(None);
    }
    let mut text = String::new();
    io::stdin().read_to_string(&mut text).map_err(|error| {
        ApiError::new(
            ErrorCode::InvalidRequest,
            format!("The key can't be read: {error}."),
            format!("Give it in the variable {KEY}, or on the standard input."),
        )
    })?;
    Ok(Some(text.trim().to_owned()).filter(|key| !key.is_empty()))
}

/// Has a chapter rewritten and waits for it, with a bar on a terminal.
pub fn rewrite(
    engine: &Engine,
    user: UserId,
    number: u32,
    again: bool,
    output: &Output,
) -> Result<Report, ApiError> {
    let manner = Manner { again, ..Manner::default() };
    let shown = !output.is_json() && stderr().is_terminal();
    let mut bar = Bar::default();
    let report = engine.rewrite(user, ChapterId(number), &manner, &mut |step| {
        if step == Step::Elsewhere && !output.is_json() {
            let _ = writeln!(
                stderr(),
                "Another program on this computer is rewriting this chapter; what it makes of it is waited for."
            );
        }
        if shown {
            bar.show(step);
        }
    });
    if shown {
        let _ = write!(stderr(), "\r\x1b[K");
    }
    let report = report?;
    if !output.is_json() {
        // Where nobody can be told, the text is there all the same.
        let _ = writeln!(stderr(), "{}", report_words(&report));
    }
    Ok(report)
}

fn report_words(report: &Report) -> String {
    let mut words = match report.rewritten_sections {
        0 => "No section was rewritten.".to_owned(),
        1 => "One section is rewritten.".to_owned(),
        sections => format!("{sections} sections are rewritten."),
    };
    for kept in &report.kept {
        let heading = kept.heading.as_deref().unwrap_or("The beginning");
        words.push_str(&format!("\n“{heading}” stands as it was. {}", kept.reason));
    }
    words
}

#[derive(Default)]
struct Bar {
    done: usize,
    total: usize,
    chars: usize,
    waits: Option<u64>,
}

impl Bar {
    /// Where the terminal takes no more there is nothing to show.
    fn show(&mut self, step: Step<'_>) {
        const WIDTH: usize = 30;
        match step {
            Step::Section { done, total, .. } => *self = Bar { done, total, ..Bar::default() },
            Step::Text(text) => {
                self.chars += text.chars().count();
                self.waits = None;
            }
            Step::Elsewhere => return,
            Step::Again => self.chars = 0,
            Step::Waiting(wait) => self.waits = Some(wait.as_secs()),
            Step::Done => *self = Bar { done: self.total, total: self.total, ..Bar::default() },
        }
        let full = (self.done * WIDTH).checked_div(self.total).unwrap_or(0);
        let bar = "#".repeat(full) + &".".repeat(WIDTH - full);
        // One line, also on a narrow terminal.
        let next = match (self.waits, self.chars) {
            (Some(wait), _) => format!(", told to wait {wait} s"),
            (None, 0) => String::new(),
            (None, chars) => format!(", {chars} characters of the next"),
        };
        let _ = write!(stderr(), "\r\x1b[K[{bar}] {} of {} sections{next}", self.done, self.total);
    }
}
