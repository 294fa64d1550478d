//! Which lines of a Markdown text may be directives: not those inside code fences or HTML comments.

/// Follows a text line by line.
#[derive(Debug, Default)]
pub struct LineScanner {
    within: Within,
}

#[derive(Debug, Default, Clone, Copy)]
enum Within {
    #[default]
    Text,
    Fence {
        character: char,
        length: usize,
    },
    Comment,
}

/// How a line reads at its place in the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LineKind<'a> {
    /// Prose, code, anything that is passed on as it stands.
    Verbatim,
    /// `colons` colons, then `rest`, trimmed; `column` is where the colons begin, from 1.
    Directive { colons: usize, rest: &'a str, column: usize },
    /// An ATX heading outside of code.
    Heading(&'a str),
}

impl LineScanner {
    pub fn next<'a>(&mut self, line: &'a str) -> LineKind<'a> {
        let unindented = line.trim_start_matches(' ');
        let indent = line.len() - unindented.len();
        match self.within {
            Within::Comment => {
                if line.contains("-->") {
                    self.within = Within::Text;
                }
                return LineKind::Verbatim;
            }
            Within::Fence { character, length } => {
                let closing = run_length(unindented, character);
                if indent <= 3 && closing >= length && unindented[closing..].trim().is_empty() {
                    self.within = Within::Text;
                }
                return LineKind::Verbatim;
            }
            Within::Text => {}
        }
        // Four spaces make code, or belong to a list item, where no directive is read.
        if indent > 3 {
            return LineKind::Verbatim;
        }
        for character in ['`', '~'] {
            let length = run_length(unindented, character);
            if length >= 3 && !(character == '`' && unindented[length..].contains('`')) {
                self.within = Within::Fence { character, length };
                return LineKind::Verbatim;
            }
        }
        if unindented.starts_with("<!--") {
            if !unindented[4..].contains("-->") {
                self.within = Within::Comment;
            }
            return LineKind::Verbatim;
        }
        let colons = run_length(unindented, ':');
        if colons >= 3 {
            return LineKind::Directive { colons, rest: unindented[colons..].trim(), column: indent + 1 };
        }
        let hashes = run_length(unindented, '#');
        if (1..=6).contains(&hashes) && unindented[hashes..].starts_with([' ', '\t']) {
            return LineKind::Heading(unindented[hashes..].trim());
        }
        LineKind::Verbatim
    }
}

fn run_length(text: &str, character: char) -> usize {
    text.chars().take_while(|c| *c == character).count()
}

/// The text after a YAML front matter, which Primer leaves to other tools, and how many lines that was.
pub fn after_front_matter(text: &str) -> (&str, usize) {
    let mut end = 0;
    for (index, line) in text.split_inclusive('\n').enumerate() {
        end += line.len();
        match (index, line.trim_end()) {
            (0, "---") => {}
            (0, _) => break,
            (_, "---" | "...") => return (&text[end..], index + 1),
            _ => {}
        }
    }
    (text, 0)
}
