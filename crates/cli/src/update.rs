//! `primer update check` and `primer update publish`: whether there is a newer Primer, and giving one to readers.

use std::path::Path;

use primer_engine::Engine;
use primer_engine::api::{ApiError, Place, UpdateOffer, direct};
use primer_engine::updates::Published;
use serde::Serialize;

use crate::arguments::{Global, UpdateCommand};
use crate::output::Output;
use crate::publishing::at_known_place;

#[derive(Serialize)]
struct Checked {
    version: String,
    newer: Option<UpdateOffer>,
}

pub fn run(
    engine: &Engine,
    global: &Global,
    command: &UpdateCommand,
    output: &Output,
) -> Result<(), ApiError> {
    match command {
        UpdateCommand::Check { manifest } => {
            let newer = direct::check_for_update(engine, manifest.as_deref())?;
            let version = engine.env().program().version.to_string();
            output.print(&Checked { version, newer }, checked_words)
        }
        UpdateCommand::Publish(wanted) => at_known_place(engine, global, wanted, |place| {
            publish(&wanted.folder, place, wanted.dry_run, output)
        }),
    }
}

pub fn publish(folder: &Path, place: &Place<'_>, dry: bool, output: &Output) -> Result<(), ApiError> {
    let published = direct::publish_update(folder, place, dry)?;
    output.print(&published, |published| published_words(published, dry))
}

fn checked_words(checked: &Checked) -> String {
    let Some(newer) = &checked.newer else { return format!("Primer {} is up to date.", checked.version) };
    let len = newer.len.as_ref().map_or_else(String::new, |len| format!(", {len}"));
    let how = match newer.len {
        Some(_) => "Install it in the window, under You, About.",
        None => "Install it the way this one came.",
    };
    let notes = match newer.notes.trim() {
        "" => String::new(),
        notes => format!("{notes}\n"),
    };
    format!(
        "Primer {} is there ({}{len}); this is {}.\n{notes}{how}",
        newer.version, newer.published_on, checked.version
    )
}

fn published_words(published: &Published, dry: bool) -> String {
    let Published { version, packages, unchanged, sent, sent_bytes } = published;
    let pieces = format!("{packages} packages, {sent} pieces of them new there ({sent_bytes} bytes)");
    match (unchanged, dry) {
        (true, _) if *sent == 0 => format!("Primer {version} is published there already."),
        (true, false) => {
            format!("Primer {version} is published there already; what was missing is there again: {pieces}.")
        }
        (true, true) => {
            format!("Primer {version} is published there already; what is missing would be sent: {pieces}.")
        }
        (false, false) => {
            format!("Published Primer {version}: {pieces}. Readers get it once they look for updates.")
        }
        (false, true) => format!("This would publish Primer {version}: {pieces}."),
    }
}
