//! What is noted and shown when something breaks. It needs no engine, for that may be what broke.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::error::ApiError;
use super::types::Nothing;
use crate::crashes;
use crate::data_folder::DataFolder;
use crate::diagnostics;
use crate::log::{self, ScriptName};

/// An error that nothing in the page took care of. Its words stay in the page: they may quote what is on it.
#[derive(Debug, Clone, Deserialize, TS)]
pub struct ScriptError {
    /// The address of the script.
    pub script: String,
    pub line: u32,
    pub column: u32,
}

/// What somebody who is to help has to know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
pub struct Diagnostics {
    /// As it may be shown and copied: it names nobody.
    pub text: String,
}

pub fn diagnostics(folder: &DataFolder<'_>, _: Nothing) -> Result<Diagnostics, ApiError> {
    Ok(Diagnostics { text: diagnostics::text(folder)? })
}

/// What the program left behind when it stopped, or stumbled, the last time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
pub struct CrashReport {
    /// What happened, in a sentence.
    pub sentence: String,
    pub text: String,
}

/// A report that was not offered yet. It is offered with this, and not again.
pub fn crash_report(folder: &DataFolder<'_>, _: Nothing) -> Result<Option<CrashReport>, ApiError> {
    let offered = crashes::newest_to_offer(folder.path).and_then(|report| {
        report.as_ref().map_or(Ok(()), |report| crashes::note_offered(folder.path, report))?;
        Ok(report)
    });
    // A report that can't be read is no reason to keep anybody from the book.
    let report = offered.unwrap_or_else(|error| {
        log::warn("crash_report_not_offered").cause(&error).write();
        None
    });
    Ok(report.map(|report| CrashReport {
        sentence: if report.program_went_on {
            "Something in Primer broke off unexpectedly.".to_owned()
        } else {
            "Primer stopped unexpectedly last time.".to_owned()
        },
        text: report.text,
    }))
}

pub fn note_script_error(_: &DataFolder<'_>, request: ScriptError) -> Result<Nothing, ApiError> {
    let mut line = log::error("script_failed");
    if let Some(script) = ScriptName::of_address(&request.script) {
        line = line.with("script", script).with("line", request.line).with("column", request.column);
    }
    line.write();
    Ok(Nothing {})
}
