//! What is wrong in a book's source, and where, in words its author can act on.

use std::fmt;

use serde::Serialize;
use ts_rs::TS;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
pub struct Fault {
    /// Relative to the book's folder.
    pub file: String,
    /// From 1; none where the whole file is meant.
    pub line: Option<usize>,
    /// In characters, from 1.
    pub column: Option<usize>,
    /// The line itself, as it stands.
    pub text: Option<String>,
    pub message: String,
    /// The nearest word that would have been right.
    pub suggestion: Option<String>,
}

impl Fault {
    pub fn of_file(file: &str, message: impl Into<String>) -> Fault {
        Fault {
            file: file.to_owned(),
            line: None,
            column: None,
            text: None,
            message: message.into(),
            suggestion: None,
        }
    }

    pub fn at(file: &str, line: usize, column: usize, text: &str, message: impl Into<String>) -> Fault {
        Fault {
            file: file.to_owned(),
            line: Some(line),
            column: Some(column),
            text: Some(text.trim_end().to_owned()),
            message: message.into(),
            suggestion: None,
        }
    }

    pub fn suggesting(mut self, word: Option<String>) -> Fault {
        self.suggestion = word;
        self
    }
}

/// `file:line:column: message`, then the line with a caret under the place.
impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        if let (Some(line), Some(column)) = (self.line, self.column) {
            write!(f, ":{line}:{column}")?;
        }
        write!(f, ": {}", self.message)?;
        if let Some(word) = &self.suggestion {
            write!(f, " Did you mean “{word}”?")?;
        }
        if let (Some(text), Some(column)) = (&self.text, self.column) {
            // A tab before the caret keeps the caret under its character whatever the tab's width.
            let indent: String = text
                .chars()
                .take(column.saturating_sub(1))
                .map(|c| if c == '\t' { '\t' } else { ' ' })
                .collect();
            write!(f, "\n    {text}\n    {indent}^")?;
        }
        Ok(())
    }
}
