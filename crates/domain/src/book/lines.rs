//! Which lines of a Markdown text may be directives: not those inside code fences or HTML comments.
//!
//! A fence or comment may begin behind list markers and `>`. It ends where those end, as CommonMark has it, so that what
//! is taken for code here is what the renderer shows as code.

use std::borrow::Cow;

/// Follows a text line by line.
#[derive(Debug, Default)]
pub struct LineScanner {
    within: Within,
    lines: usize,
}

#[derive(Debug, Default)]
enum Within {
    #[default]
    Text,
    Fence {
        character: char,
        length: usize,
        containers: Vec<Container>,
        /// Where it began, from 0.
        line: usize,
    },
    Comment {
        containers: Vec<Container>,
    },
}

/// What a line must repeat to go on inside the block that began behind it.
#[derive(Debug, Clone, Copy)]
enum Container {
    Quotation,
    /// A list item, whose lines begin with so many spaces.
    Item(usize),
}

/// How a line reads at its place in the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LineKind<'a> {
    /// Prose, code, anything that is passed on as it stands.
    Verbatim,
    /// `colons` colons, then `rest`, trimmed; `column` is where the colons begin, from 1.
    Directive { colons: usize, rest: &'a str, column: usize },
}

impl LineScanner {
    pub fn next<'a>(&mut self, line: &'a str) -> LineKind<'a> {
        let number = self.lines;
        self.lines += 1;
        let spaced = with_tabs_as_spaces(line);
        if self.goes_on(&spaced) {
            return LineKind::Verbatim;
        }
        self.within = Within::Text;
        let (containers, text) = behind_markers(&spaced);
        // Four spaces make code, or belong to a list item, where no directive is read.
        if indent_of(text) > 3 {
            return LineKind::Verbatim;
        }
        let text = text.trim_start_matches(' ');
        for character in ['`', '~'] {
            let length = run_length(text, character);
            if length >= 3 && !(character == '`' && text[length..].contains('`')) {
                self.within = Within::Fence { character, length, containers, line: number };
                return LineKind::Verbatim;
            }
        }
        if text.starts_with("<!--") {
            // The two hyphens of the opening may be those of the end: `<!-->` is a whole comment.
            if !text[2..].contains("-->") {
                self.within = Within::Comment { containers };
            }
            return LineKind::Verbatim;
        }
        let indent = indent_of(line);
        let colons = run_length(&line[indent..], ':');
        if colons >= 3 && indent <= 3 {
            let rest = line[indent + colons..].trim();
            return LineKind::Directive { colons, rest, column: indent + 1 };
        }
        LineKind::Verbatim
    }

    /// The line, from 0, of the code fence that is open after all lines so far.
    pub fn open_fence(&self) -> Option<usize> {
        match self.within {
            Within::Fence { line, .. } => Some(line),
            Within::Text | Within::Comment { .. } => None,
        }
    }

    /// Whether the line belongs to the fence or comment that is open, which it may end.
    fn goes_on(&mut self, line: &str) -> bool {
        let ends = match &self.within {
            Within::Text => return false,
            Within::Comment { containers } => match inside(line, containers) {
                None => return false,
                Some(text) => text.contains("-->"),
            },
            Within::Fence { character, length, containers, .. } => match inside(line, containers) {
                None => return false,
                Some(text) => {
                    let unindented = text.trim_start_matches(' ');
                    let closing = run_length(unindented, *character);
                    indent_of(text) <= 3 && closing >= *length && unindented[closing..].trim().is_empty()
                }
            },
        };
        if ends {
            self.within = Within::Text;
        }
        true
    }
}

/// The list markers and `>` that a line begins with, and what follows them.
fn behind_markers(line: &str) -> (Vec<Container>, &str) {
    let mut containers = Vec::new();
    let mut text = line;
    while let Some((container, after)) = quotation(text).or_else(|| item(text)) {
        containers.push(container);
        text = after;
    }
    (containers, text)
}

fn quotation(text: &str) -> Option<(Container, &str)> {
    let after = text.trim_start_matches(' ').strip_prefix('>').filter(|_| indent_of(text) <= 3)?;
    Some((Container::Quotation, after.strip_prefix(' ').unwrap_or(after)))
}

fn item(text: &str) -> Option<(Container, &str)> {
    let indent = indent_of(text);
    let unindented = &text[indent..];
    let digits = unindented.bytes().take_while(u8::is_ascii_digit).count();
    let marker = match unindented.as_bytes().get(digits)? {
        b'-' | b'+' | b'*' if digits == 0 => 1,
        b'.' | b')' if (1..=9).contains(&digits) => digits + 1,
        _ => return None,
    };
    let spaces = indent_of(&unindented[marker..]);
    if indent > 3 || spaces == 0 {
        return None;
    }
    // Five spaces are one, and four that make code.
    let width = indent + marker + if spaces > 4 { 1 } else { spaces };
    Some((Container::Item(width), &text[width..]))
}

/// What stands on the line inside the containers; none if one of them has ended.
fn inside<'a>(line: &'a str, containers: &[Container]) -> Option<&'a str> {
    let mut text = line;
    for container in containers {
        text = match container {
            Container::Quotation => quotation(text)?.1,
            Container::Item(width) if indent_of(text) >= *width => &text[*width..],
            // An empty line ends no list item.
            Container::Item(_) if text.trim().is_empty() => "",
            Container::Item(_) => return None,
        };
    }
    Some(text)
}

fn indent_of(text: &str) -> usize {
    run_length(text, ' ')
}

/// A tab reaches to the next multiple of four columns.
fn with_tabs_as_spaces(line: &str) -> Cow<'_, str> {
    if !line.contains('\t') {
        return Cow::Borrowed(line);
    }
    let mut spaced = String::with_capacity(line.len() + 8);
    let mut column = 0;
    for character in line.chars() {
        let width = if character == '\t' { 4 - column % 4 } else { 1 };
        spaced.extend(std::iter::repeat_n(if character == '\t' { ' ' } else { character }, width));
        column += width;
    }
    Cow::Owned(spaced)
}

fn run_length(text: &str, character: char) -> usize {
    text.chars().take_while(|c| *c == character).count()
}

/// The text after a YAML front matter, which Primer leaves to other tools, and how many lines that was.
pub fn after_front_matter(text: &str) -> (&str, usize) {
    // Some editors begin a file with a byte order mark, which no author sees.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
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

#[cfg(test)]
mod tests {
    use super::{LineKind, LineScanner, after_front_matter};

    /// The lines, from 1, that are directives.
    fn directives(text: &str) -> Vec<usize> {
        let mut scanner = LineScanner::default();
        let kinds = text.split_inclusive('\n').map(|line| scanner.next(line));
        let found = kinds.enumerate().filter(|(_, kind)| *kind != LineKind::Verbatim);
        found.map(|(index, _)| index + 1).collect()
    }

    #[test]
    fn a_fence_that_opens_behind_a_list_marker_or_quotation_mark_is_closed_by_its_closing_line() {
        for text in [
            "2. ```bash\n   ls\n   ```\n::: when\n",
            "- ~~~\n  ::: no\n  ~~~\n::: when\n",
            "> ```\n> ls\n> ```\n::: when\n",
            "> 1) - ```\n>      ls\n>      ```\n::: when\n",
            "-\t```\n\tls\n\t```\n::: when\n",
            "- ```\n\n  ls\n  ```\n::: when\n",
            "-     ```\n      ls\n      ```\n::: when\n",
        ] {
            assert_eq!(directives(text), [text.lines().count()], "{text}");
        }
    }

    #[test]
    fn a_fence_ends_with_the_list_item_or_quotation_that_it_is_in() {
        for text in ["- ```\n  ls\n::: when\n", "> ```\n> ls\n::: when\n", "> - ```\n>   ls\n> x\n::: when\n"]
        {
            assert_eq!(directives(text), [text.lines().count()], "{text}");
        }
    }

    #[test]
    fn a_line_that_only_begins_like_a_list_item_opens_nothing() {
        for text in ["-```\n::: when\n", "2.5 ```x```\n::: when\n", "1234567890. ```\n::: when\n"] {
            assert_eq!(directives(text), [2], "{text}");
        }
    }

    #[test]
    fn the_shortest_comments_are_whole_and_a_comment_in_a_list_ends_with_it() {
        for text in ["<!-->\n::: when\n", "<!--->\n::: when\n", "- <!-- x\n::: when\n"] {
            assert_eq!(directives(text), [2], "{text}");
        }
        assert_eq!(directives("<!-- -- >\n::: no\n-->\n::: when\n"), [4]);
    }

    #[test]
    fn a_fence_that_stays_open_is_known_by_its_line() {
        let mut scanner = LineScanner::default();
        for line in ["```\n", "```\n", "- ```\n", "  x\n"] {
            scanner.next(line);
        }
        assert_eq!(scanner.open_fence(), Some(2));
    }

    #[test]
    fn front_matter_behind_a_byte_order_mark_is_found() {
        assert_eq!(after_front_matter("\u{feff}---\na: b\n---\nText\n"), ("Text\n", 3));
        assert_eq!(after_front_matter("\u{feff}::: when\n"), ("::: when\n", 0));
    }
}
