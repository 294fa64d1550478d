//! `primer book check`: what an author wants to know before publishing.

use std::path::Path;

use primer_domain::book::Fault;
use primer_domain::book::check::{BlockFinding, Report, check};
use primer_engine::api::{ApiError, ErrorCode};
use primer_engine::bookshelf::{BookError, BookSource, Bookshelf};
use serde::Serialize;

use crate::output::Output;

/// Everything `book check` found. `report` is there once the book reads without a fault.
#[derive(Serialize)]
struct Checked {
    errors: Vec<Fault>,
    #[serde(flatten)]
    report: Option<Report>,
}

pub fn check_book(folder: &Path, output: &Output) -> Result<(), ApiError> {
    if !folder.is_dir() {
        return Err(ApiError::new(
            ErrorCode::BookInvalid,
            format!("There is no folder {}.", folder.display()),
            "Name the folder that holds the book's book.toml.",
        ));
    }
    let checked = match Bookshelf::open(BookSource::Folder(folder.to_owned())) {
        Ok(shelf) => Checked { errors: shelf.missing_references(), report: Some(check(&shelf.book)) },
        Err(BookError::Faults { faults }) => Checked { errors: faults, report: None },
    };
    output.print(&checked, words)?;
    let dead = checked
        .report
        .as_ref()
        .map_or(0, |report| report.never_shown.len() + report.too_many_combinations.len());
    match (checked.errors.len(), dead) {
        (0, 0) => Ok(()),
        (0, dead) => Err(ApiError::new(
            ErrorCode::BookInvalid,
            format!("The book reads, but {dead} of its blocks can never show or can't be proved."),
            "Mend the conditions that are listed.",
        )),
        (errors, _) => Err(ApiError::new(
            ErrorCode::BookInvalid,
            format!("The book has {errors} {}.", if errors == 1 { "error" } else { "errors" }),
            "Mend the places that are listed and check again.",
        )),
    }
}

fn words(checked: &Checked) -> String {
    let mut out: String = checked.errors.iter().map(|fault| format!("{fault}\n")).collect();
    let Some(report) = &checked.report else { return out };
    let place = |found: &BlockFinding| format!("{}:{}: block {}", found.file, found.line, found.block_id);
    for found in &report.never_shown {
        out.push_str(&format!(
            "{}: “{}” can never show: what stands before it takes every reader.\n",
            place(found),
            found.when
        ));
    }
    for found in &report.too_many_combinations {
        out.push_str(&format!("{}: mentions too many answers to be tried out; split it.\n", place(found)));
    }
    for found in &report.may_show_nothing {
        let example = found.example.as_deref().unwrap_or("");
        out.push_str(&format!(
            "{}: shows nothing for some readers ({example}); is that safe?\n",
            place(found)
        ));
    }
    for found in &report.repeated_without_id {
        out.push_str(&format!(
            "{}: other blocks of the chapter have the same conditions, so only their order tells them apart; give it an id {{#…}}.\n",
            place(found)
        ));
    }
    for answer in &report.unused_answers {
        out.push_str(&format!("No chapter changes for the answer {answer}.\n"));
    }
    out.push_str("Answers and the chapters whose text they change:\n");
    for entry in &report.coverage {
        let chapters: Vec<String> = entry.chapters.iter().map(ToString::to_string).collect();
        out.push_str(format!("  {:<42} {}", entry.answer, chapters.join(" ")).trim_end());
        out.push('\n');
    }
    if checked.errors.is_empty() && report.never_shown.is_empty() && report.too_many_combinations.is_empty() {
        out.push_str(&verdict(report));
    }
    out
}

/// Of a book without an error.
fn verdict(report: &Report) -> String {
    let remarks =
        report.may_show_nothing.len() + report.repeated_without_id.len() + report.unused_answers.len();
    match remarks {
        0 => "The book has no error.\n".to_owned(),
        1 => "The book has no error. The remark above is for you to judge.\n".to_owned(),
        _ => format!("The book has no error. The {remarks} remarks above are for you to judge.\n"),
    }
}
