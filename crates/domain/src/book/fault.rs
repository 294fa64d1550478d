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

    /// `file:line:column: message Did you mean “word”?`, for where the line itself has no room, such as in a sentence.
    pub fn in_one_line(&self) -> String {
        let mut out = self.file.clone();
        if let (Some(line), Some(column)) = (self.line, self.column) {
            out.push_str(&format!(":{line}:{column}"));
        }
        out.push_str(&format!(": {}", self.message));
        if let Some(word) = &self.suggestion {
            out.push_str(&format!(" Did you mean “{word}”?"));
        }
        // A parser's own message may have lines.
        out.replace('\n', " ")
    }
}

/// The one-line form, then the line with a caret under the place.
impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.in_one_line())?;
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

#[cfg(test)]
mod tests {
    use super::Fault;

    #[test]
    fn the_one_line_form_names_place_message_and_suggestion_and_nothing_below() {
        let fault = Fault::at("c.md", 3, 10, "::: when pyhton", "“pyhton” is unknown.")
            .suggesting(Some("python".to_owned()));
        assert_eq!(fault.in_one_line(), "c.md:3:10: “pyhton” is unknown. Did you mean “python”?");
        assert!(fault.to_string().starts_with(&format!("{}\n", fault.in_one_line())));
        assert_eq!(Fault::of_file("c.md", "is\ngone").in_one_line(), "c.md: is gone");
    }
}
