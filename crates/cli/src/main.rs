//! `primer`: Primer without a window, on the same data, and the tools of authors.
//!
//! Exit code 0 means success and nothing else. An error is one sentence with its next step on standard error, as JSON
//! with `--json`.

mod arguments;
mod backup;
mod book;
mod cache;
mod computers;
mod diagnostics;
mod forecast;
mod inspect;
mod model;
mod output;
mod publishing;
mod reading;
mod remotes;
mod syncing;
mod update;

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use clap::Parser;
use clap::error::ErrorKind;
use primer_engine::Engine;
use primer_engine::api::{ApiError, ErrorCode, SyncWish};
use primer_engine::bookshelf::BookSource;
use primer_engine::env::Env;
use primer_engine::folders::data_folder;
use primer_engine::{crashes, log};

use arguments::{Arguments, BookCommand, Command, Global, Publish, PublishBook, UpdateCommand};
use output::Output;

fn main() -> ExitCode {
    let json_wanted = std::env::args_os().any(|argument| argument == "--json");
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) if matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) => {
            return match error.print() {
                Ok(()) => ExitCode::SUCCESS,
                Err(_) => ExitCode::FAILURE,
            };
        }
        Err(error) => return Output::new(json_wanted).fail(&usage(&error)),
    };
    let output = Output::new(arguments.global.json);
    match run(&arguments, &output) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => output.fail(&error),
    }
}

fn run(arguments: &Arguments, output: &Output) -> Result<(), ApiError> {
    let global = &arguments.global;
    match &arguments.command {
        Command::Hash { file } => reading::hash(file, output),
        Command::Book(BookCommand::Check { folder }) => book::check_book(folder, output),
        // Without a reader, and without a data folder: nobody need read where they publish.
        Command::Book(BookCommand::Publish(
            book @ PublishBook { wanted: Publish { to: None, place: Some(place), .. }, .. },
        )) => publishing::at_named_place(place, |place| publishing::publish(book, place, output)),
        Command::Backup(command) => backup::run(global, command, output),
        Command::Diagnostics => diagnostics::show(global, output),
        Command::Update(UpdateCommand::Publish(Publish {
            folder,
            to: None,
            dry_run,
            place: Some(place),
        })) => publishing::at_named_place(place, |place| update::publish(folder, place, *dry_run, output)),
        command => {
            let engine = Arc::new(open(global)?);
            let answered = match command {
                Command::User(command) => reading::user(&engine, command, output),
                Command::Profile(command) => reading::profile(&engine, global, command, output),
                Command::Chapter(command) => reading::chapter(&engine, global, command, output),
                Command::Cache(command) => cache::run(&engine, command, output),
                Command::Remote(command) => remotes::run(&engine, global, command, output),
                Command::Model(command) => model::run(&engine, global, command, output),
                Command::Sync { dry_run, look_for_book } => {
                    let wish = SyncWish { dry: *dry_run, look_for_book: *look_for_book };
                    syncing::run(&engine, global, wish, output)
                }
                Command::Book(command) => publishing::run(&engine, global, command, output),
                Command::Computer(command) => computers::run(&engine, global, command, output),
                Command::Update(command) => update::run(&engine, global, command, output),
                Command::Status => cache::status(&engine, output),
                Command::Hash { .. } | Command::Backup(_) | Command::Diagnostics => Ok(()),
            };
            // After the answer: what was asked for is done, whether or not it can be noted who asked.
            if let Err(error) = engine.write_down_notes() {
                output.remark(&ApiError::from(error));
            }
            answered.inspect_err(|error| error.log(noun(command)))
        }
    }
}

/// The data folder, to whose log everything goes from here on.
fn data_of(global: &Global) -> Result<PathBuf, ApiError> {
    let data = global.data.clone().or_else(data_folder);
    let data = data.inspect(|data| {
        let clock = Env::of_this_computer().clock();
        log::begin(data, clock.clone());
        crashes::watch(data, "primer", clock);
    });
    data.ok_or_else(|| {
        ApiError::new(
            ErrorCode::DiskFailed,
            "This system names no folder for a program's data.",
            "Name one with --data DIR or the variable PRIMER_DATA.",
        )
    })
}

fn open(global: &Global) -> Result<Engine, ApiError> {
    let data = data_of(global)?;
    let book = global.book.clone().map_or(BookSource::Bundled, BookSource::Folder);
    let opened = Engine::open(&data, book, Env::of_this_computer()).map_err(|error| {
        log::error("not_opened").cause(&error).write();
        ApiError::from(error)
    });
    opened.inspect_err(|error| error.log("open"))
}

/// By which the log calls a command.
fn noun(command: &Command) -> &'static str {
    match command {
        Command::Hash { .. } => "hash",
        Command::User(_) => "user",
        Command::Profile(_) => "profile",
        Command::Chapter(_) => "chapter",
        Command::Cache(_) => "cache",
        Command::Remote(_) => "remote",
        Command::Model(_) => "model",
        Command::Sync { .. } => "sync",
        Command::Computer(_) => "computer",
        Command::Backup(_) => "backup",
        Command::Diagnostics => "diagnostics",
        Command::Status => "status",
        Command::Update(_) => "update",
        Command::Book(_) => "book",
    }
}

/// What clap says over several lines, as a sentence and a next step.
fn usage(error: &clap::Error) -> ApiError {
    let text = error.to_string();
    let command = command_in(&text);
    let hint = format!("See “{command} --help” for what there is.");
    if matches!(
        error.kind(),
        ErrorKind::MissingSubcommand | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand
    ) {
        let message = format!("“{command}” needs to be told what to do.");
        return ApiError::new(ErrorCode::InvalidRequest, message, hint);
    }
    let first = text.lines().next().unwrap_or("").trim_start_matches("error: ");
    let mut sentence = first.trim_end_matches('.').to_owned();
    if let Some(named) =
        text.lines().nth(1).map(str::trim).filter(|line| first.ends_with(':') && !line.is_empty())
    {
        sentence = format!("{} {named}", first);
    }
    ApiError::new(ErrorCode::InvalidRequest, format!("{sentence}."), hint)
}

/// The command that a message of clap's shows the usage of, such as `primer chapter`.
fn command_in(text: &str) -> String {
    let usage = text.lines().find_map(|line| line.strip_prefix("Usage: ")).unwrap_or("primer");
    let is_name = |word: &&str| word.chars().all(|letter| letter.is_ascii_lowercase());
    usage.split(' ').take_while(is_name).collect::<Vec<_>>().join(" ")
}
