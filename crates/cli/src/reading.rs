//! Readers, their background, and their chapters.

use std::path::Path;

use primer_domain::ids::{ChapterId, UserId};
use primer_domain::profile::{Background, Origin};
use primer_engine::Engine;
use primer_engine::api::{
    AddReader, ApiError, ErrorCode, OfReader, ProfileView, TextForm, WithBackground, direct,
};
use serde_json::json;

use crate::arguments::{ChapterCommand, Global, ProfileCommand, UserCommand};
use crate::model;
use crate::output::{Output, read_draft};

pub fn hash(file: &Path, output: &Output) -> Result<(), ApiError> {
    let background = read_draft(file)?.validate(Origin::AsItStands).map_err(ApiError::invalid_profile)?;
    let hash = background.hash().to_string();
    output.print(&json!({"profile_hash": hash}), |_| hash.clone())
}

pub fn user(engine: &Engine, command: &UserCommand, output: &Output) -> Result<(), ApiError> {
    match command {
        UserCommand::Add { name } => {
            let reader = direct::add(engine, AddReader { name: name.clone() })?;
            output.print(&reader, |reader| format!("{}  {}", reader.id, reader.name))
        }
        UserCommand::List => {
            let readers = direct::all(engine)?;
            output.print(&readers, |readers| {
                if readers.is_empty() {
                    return "Nobody reads here yet. Add a reader with “primer user add NAME”.".to_owned();
                }
                readers.iter().map(|reader| format!("{}  {}\n", reader.id, reader.name)).collect()
            })
        }
    }
}

pub fn profile(
    engine: &Engine,
    global: &Global,
    command: &ProfileCommand,
    output: &Output,
) -> Result<(), ApiError> {
    let user_id = reader(engine, global)?.to_string();
    let view = match command {
        ProfileCommand::Set { file } => {
            direct::import_profile(engine, WithBackground { user_id, background: read_draft(file)? })?
        }
        ProfileCommand::Show => direct::profile(engine, OfReader { user_id })?,
    };
    let background = &view.background;
    let value = json!({
        "user_id": view.user_id,
        "software_experience": background.software_experience,
        "robotics_experience": background.robotics_experience,
        "hardware_access": background.hardware_access,
        "learning_goals": background.learning_goals,
        "profile_hash": view.profile_hash,
        "updated_at": view.updated_at,
        "answered": view.answered,
    });
    output.print(&value, |_| profile_words(&view))
}

fn profile_words(view: &ProfileView) -> String {
    let skipped = if view.answered { "" } else { "(not answered yet: the book reads as for somebody new)\n" };
    format!("{skipped}{}hash      {}\n", background_lines(&view.background), view.profile_hash)
}

/// The four answers, one to a line.
pub fn background_lines(background: &Background) -> String {
    let list = |items: &std::collections::BTreeSet<String>| match items.is_empty() {
        true => "none".to_owned(),
        false => items.iter().cloned().collect::<Vec<_>>().join(", "),
    };
    let skills: Vec<String> = background
        .software_experience
        .iter()
        .map(|(skill, level)| format!("{skill} {}", level.word()))
        .collect();
    format!(
        "skills    {}\nrobotics  {}\nhardware  {}\ngoals     {}\n",
        skills.join(", "),
        background.robotics_experience.word(),
        list(&background.hardware_access),
        list(&background.learning_goals),
    )
}

pub fn chapter(
    engine: &Engine,
    global: &Global,
    command: &ChapterCommand,
    output: &Output,
) -> Result<(), ApiError> {
    let user = reader(engine, global)?;
    match command {
        ChapterCommand::List => {
            let profile = engine.current_profile(user)?;
            let entries = direct::entries(engine, user, &profile)?;
            let mut rows = Vec::new();
            for (entry, chapter) in entries.iter().zip(&engine.shelf().book.chapters) {
                let row = engine.standing(user, chapter, profile.hash)?.row;
                rows.push(json!({
                    "chapter_id": entry.chapter_id,
                    "title": entry.title,
                    "state": entry.state,
                    "label": entry.label,
                    "generated": false,
                    "profile_hash": profile.hash.to_string(),
                    "chapter_version": row.as_ref().map_or(chapter.version, |row| row.chapter_version),
                    "storage_path": row.and_then(|row| row.file).map(|file| file.path.to_string()),
                    "minutes": entry.minutes,
                    "progress": entry.progress,
                }));
            }
            output.print(&rows, |_| {
                entries
                    .iter()
                    .map(|entry| format!("{:>2}  {}  ({})\n", entry.chapter_id, entry.title, entry.label))
                    .collect()
            })
        }
        ChapterCommand::Open { number, markdown: _, html, original, rewrite, again } => {
            let asked = rewrite.then(|| model::rewrite(engine, user, *number, *again, output));
            let rewritten = asked.transpose()?;
            let visit = engine.visit(user, ChapterId(*number))?;
            let form = if *html { TextForm::Html } else { TextForm::Markdown };
            let text = direct::text(engine, &visit, form, *original)?;
            if !output.is_json() {
                output.notices(&text.notices);
                return output.print_text(&text.text);
            }
            let mut value = json!({
                "chapter_id": number,
                "title": engine.chapter(ChapterId(*number))?.title,
                "state": visit.state.word(),
                "generated": visit.generated,
                "profile_hash": visit.path.profile_hash.to_string(),
                "chapter_version": visit.path.chapter_version,
                "storage_path": visit.path.to_string(),
                "notices": text.notices,
                "text": text.text,
            });
            if let Some(report) = rewritten {
                let kept =
                    report.kept.iter().map(|kept| json!({"heading": kept.heading, "reason": kept.reason}));
                value["rewritten_sections"] = json!(report.rewritten_sections);
                value["kept_sections"] = kept.collect();
                value["tokens"] = match report.tokens {
                    Some(tokens) => json!({"prompt": tokens.prompt, "completion": tokens.completion}),
                    None => json!(null),
                };
            }
            output.print(&value, |_| String::new())
        }
    }
}

/// The reader that is named, or the only one, or who read last.
pub fn reader(engine: &Engine, global: &Global) -> Result<UserId, ApiError> {
    if let Some(id) = &global.user {
        let user = UserId::parse(id).ok_or_else(|| ApiError::user_not_found(id))?;
        engine.current_profile(user)?;
        engine.note_reader(user);
        return Ok(user);
    }
    if let Some(last) = direct::last_used(engine)? {
        return Ok(last);
    }
    let (message, hint) = if direct::all(engine)?.is_empty() {
        (
            "Nobody reads here yet.",
            "Add a reader with “primer user add NAME”, or bring one with “primer computer join FILE”.",
        )
    } else {
        (
            "It is not clear which reader is meant.",
            "Name one with --user ID; “primer user list” shows the ids.",
        )
    };
    Err(ApiError::new(ErrorCode::UserNotFound, message, hint))
}
