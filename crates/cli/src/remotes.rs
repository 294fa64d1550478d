//! Remotes: adding, listing, forgetting.

use std::env;
use std::io::{self, IsTerminal, Read};

use primer_engine::Engine;
use primer_engine::api::{
    AddRemote, ApiError, ErrorCode, OfReader, OfRemote, PauseRemote, RemoteView, direct,
};
use primer_engine::remote::{Location, S3Location, Style};
use primer_engine::sync::doctor::{Finding, Verdict};

use crate::arguments::{AddRemoteCommand, Global, RemoteCommand, StyleChoice};
use crate::inspect;
use crate::output::Output;
use crate::reading::reader;

const SECRET: &str = "PRIMER_S3_SECRET";
const TOKEN: &str = "PRIMER_S3_SESSION_TOKEN";

pub fn run(
    engine: &Engine,
    global: &Global,
    command: &RemoteCommand,
    output: &Output,
) -> Result<(), ApiError> {
    match command {
        RemoteCommand::Add(added) => {
            let user_id = reader(engine, global)?.to_string();
            let (location, keys) = location(added)?;
            let (secret_access_key, session_token) = keys.unzip();
            let session_token = session_token.flatten();
            let before = direct::remotes(engine, OfReader { user_id: user_id.clone() })?;
            let request = AddRemote { user_id, location, secret_access_key, session_token };
            let view = direct::add_remote(engine, request)?;
            let next = match before.iter().any(|known| known.remote_id == view.remote_id) {
                true => "It was known; it is opened with this from now on.",
                false => "“primer sync” brings everything there.",
            };
            output.print(&view, |view| format!("{}\n{next}\n", line(view)))
        }
        RemoteCommand::List => {
            let user_id = reader(engine, global)?.to_string();
            let views = direct::remotes(engine, OfReader { user_id })?;
            output.print(&views, |views| match views.is_empty() {
                true => "There is no remote yet. Add one with “primer remote add”.".to_owned(),
                false => views.iter().map(|view| line(view) + "\n").collect(),
            })
        }
        RemoteCommand::Doctor { id } => doctor(engine, global, id.as_deref(), output),
        RemoteCommand::Inspect { id } => inspect::run(engine, global, id.as_deref(), output),
        RemoteCommand::Remove { id } => {
            let nothing = direct::remove_remote(engine, OfRemote { remote_id: id.clone() })?;
            output.print(&nothing, |_| "Forgotten here. What is in it stays there.".to_owned())
        }
        RemoteCommand::Pause { id } => pause(engine, id, true, output),
        RemoteCommand::Resume { id } => pause(engine, id, false, output),
    }
}

fn pause(engine: &Engine, id: &str, paused: bool, output: &Output) -> Result<(), ApiError> {
    let nothing = direct::pause_remote(engine, PauseRemote { remote_id: id.to_owned(), paused })?;
    output.print(&nothing, |_| match paused {
        true => "Paused: “primer sync” and the window leave it alone until it is resumed.".to_owned(),
        false => "Resumed: “primer sync” syncs with it again.".to_owned(),
    })
}

/// A secret, and a token where the keys are temporary.
type Keys = (String, Option<String>);

/// Where such a command means, and what a server is opened with.
pub fn location(named: &AddRemoteCommand) -> Result<(Location, Option<Keys>), ApiError> {
    Ok(match named {
        AddRemoteCommand::Folder { path, prefix } => {
            (Location::Folder { path: absolute(path), prefix: prefix.clone() }, None)
        }
        AddRemoteCommand::S3 { .. } => {
            let token = env::var(TOKEN).ok().filter(|token| !token.is_empty());
            (s3(named), Some((secret()?, token)))
        }
    })
}

/// The remote that is named, or the only one.
pub fn which_remote(engine: &Engine, global: &Global, id: Option<&str>) -> Result<String, ApiError> {
    if let Some(id) = id {
        return Ok(id.to_owned());
    }
    let user_id = reader(engine, global)?.to_string();
    let views = direct::remotes(engine, OfReader { user_id })?;
    match views.as_slice() {
        [only] => Ok(only.remote_id.clone()),
        [] => Err(ApiError::remote_not_found("yet")),
        _ => Err(ApiError::new(
            ErrorCode::InvalidRequest,
            "There is more than one remote.",
            "Name one of those that “primer remote list” shows.",
        )),
    }
}

fn doctor(engine: &Engine, global: &Global, id: Option<&str>, output: &Output) -> Result<(), ApiError> {
    let remote_id = which_remote(engine, global, id)?;
    let findings = direct::check_remote(engine, OfRemote { remote_id })?;
    output.print(&findings, |findings| {
        let line = |finding: &Finding| {
            let mark = match finding.verdict {
                Verdict::Good => "ok    ",
                Verdict::Mended => "set   ",
                Verdict::Note => "note  ",
                Verdict::Bad => "FAULT ",
            };
            let hint = finding.hint.as_ref().map_or(String::new(), |hint| format!(" {hint}"));
            format!("{mark}{}{hint}\n", finding.sentence)
        };
        findings.iter().map(line).collect()
    })?;
    let faults: Vec<_> = findings.iter().filter(|finding| finding.verdict == Verdict::Bad).collect();
    let Some(first) = faults.first() else { return Ok(()) };
    let (message, hint) = if output.is_json() {
        let hint = first.hint.clone().unwrap_or_else(|| "Ask whoever runs the server.".to_owned());
        (first.sentence.clone(), hint)
    } else {
        // A person has read above what it is.
        let found = match faults.len() {
            1 => "A fault was found.".to_owned(),
            many => format!("{many} faults were found."),
        };
        (found, "Mend what is marked FAULT, then try again.".to_owned())
    };
    Err(ApiError::new(ErrorCode::RemoteFailed, message, hint))
}

fn line(view: &RemoteView) -> String {
    let last = match view.last_syncs.first() {
        None => "not synced yet".to_owned(),
        Some(run) => match &run.trouble {
            None => format!("synced {}", run.ago),
            Some(trouble) => format!("tried {}: {trouble}", run.ago),
        },
    };
    let paused = if view.paused { "paused, " } else { "" };
    format!("{}  {}  {paused}{last}", view.remote_id, view.name)
}

fn s3(added: &AddRemoteCommand) -> Location {
    let AddRemoteCommand::S3 { endpoint, bucket, prefix, region, access_key_id, ca, style, proxy } = added
    else {
        unreachable!("only called for a server");
    };
    Location::S3(S3Location {
        endpoint: endpoint.clone(),
        bucket: bucket.clone(),
        prefix: prefix.clone(),
        region: region.clone(),
        style: match style {
            StyleChoice::Auto => Style::Auto,
            StyleChoice::Path => Style::Path,
            StyleChoice::Host => Style::Host,
        },
        access_key_id: access_key_id.clone(),
        ca_file: ca.as_deref().map(absolute),
        proxy: proxy.clone(),
    })
}

/// As another working directory would name it too.
pub fn absolute(path: &std::path::Path) -> std::path::PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}

fn secret() -> Result<String, ApiError> {
    if let Ok(secret) = env::var(SECRET)
        && !secret.is_empty()
    {
        return Ok(secret);
    }
    let missing = |what: &str| {
        ApiError::new(
            ErrorCode::InvalidRequest,
            format!("The secret access key is missing: {what}."),
            format!("Give it in the variable {SECRET}, or on the standard input."),
        )
    };
    if io::stdin().is_terminal() {
        return Err(missing("there is none in the environment"));
    }
    let mut text = String::new();
    io::stdin().read_to_string(&mut text).map_err(|error| missing(&error.to_string()))?;
    match text.trim() {
        "" => Err(missing("the standard input is empty")),
        secret => Ok(secret.to_owned()),
    }
}
