//! The text of a chapter for one background: deterministic, the same bytes on every computer.
//!
//! The result is plain CommonMark. A block that was chosen for the reader stands between two comment lines that say
//! which block of the author's source it is, under which condition, and because of which answers.

use std::collections::BTreeSet;

use crate::book::source::AdmonitionKind;
use crate::book::{Branch, Chain, ChapterSource, Fact, Node};
use crate::profile::Background;

/// Counted up whenever the same source and background would give other bytes than before.
pub const GENERATOR_VERSION: u32 = 1;

/// What was shown for a chain.
#[derive(Debug, Clone, Copy)]
pub struct Choice<'a> {
    pub chain: &'a Chain,
    /// Which of its branches.
    pub index: usize,
}

impl<'a> Choice<'a> {
    pub fn of(chain: &'a Chain, background: &Background) -> Option<Choice<'a>> {
        let holds =
            |branch: &Branch| branch.condition.as_ref().is_none_or(|condition| condition.holds(background));
        chain.branches.iter().position(holds).map(|index| Choice { chain, index })
    }

    pub fn branch(&self) -> &'a Branch {
        &self.chain.branches[self.index]
    }

    /// The answers that led here. The plain `otherwise` is chosen because every condition before it failed.
    pub fn facts(&self, background: &Background) -> BTreeSet<Fact> {
        match &self.branch().condition {
            Some(condition) => condition.decisive_facts(background),
            None => {
                let failed =
                    self.chain.branches[..self.index].iter().filter_map(|branch| branch.condition.as_ref());
                failed.flat_map(|condition| condition.decisive_facts(background)).collect()
            }
        }
    }
}

/// The chapter for this reader, with the marks that say why.
pub fn personalise(source: &ChapterSource, background: &Background) -> String {
    write(&source.nodes, background, Marks::Written)
}

/// The chapter as its author wrote it for somebody new, without marks: what is shown beside the personal text.
pub fn original(source: &ChapterSource) -> String {
    write(&source.nodes, &Background::of_somebody_new(), Marks::LeftOut)
}

/// The chapter's words for this reader, without marks: what two backgrounds are compared by.
pub fn unmarked(source: &ChapterSource, background: &Background) -> String {
    write(&source.nodes, background, Marks::LeftOut)
}

/// One branch of a block as this reader would see it, for the author's other variants.
pub fn variant(branch: &Branch, background: &Background) -> String {
    write(&branch.body, background, Marks::LeftOut)
}

/// What of `nodes` is shown, without marks.
pub(crate) fn bare(nodes: &[Node], background: &Background) -> String {
    write(nodes, background, Marks::LeftOut)
}

#[derive(Clone, Copy, PartialEq)]
enum Marks {
    Written,
    LeftOut,
}

fn write(nodes: &[Node], background: &Background, marks: Marks) -> String {
    let mut writer = Writer { out: String::new(), background, marks };
    writer.nodes(nodes);
    let mut out = writer.out;
    out.truncate(out.trim_end().len());
    if !out.is_empty() {
        out.push('\n');
    }
    out
}

struct Writer<'a> {
    out: String,
    background: &'a Background,
    marks: Marks,
}

impl Writer<'_> {
    fn nodes(&mut self, nodes: &[Node]) {
        for node in nodes {
            match node {
                Node::Text(text) => self.lines(text),
                Node::Admonition { kind, title, body } => self.admonition(*kind, title.as_deref(), body),
                Node::Chain(chain) => self.chain(chain),
            }
        }
    }

    /// Lines end in a line feed whatever the author's editor wrote.
    fn lines(&mut self, text: &str) {
        for line in text.lines() {
            self.out.push_str(line);
            self.out.push('\n');
        }
    }

    /// Between blocks one empty line, so that a paragraph before does not run on.
    fn blank_line(&mut self) {
        if self.out.is_empty() || self.out.ends_with("\n\n") {
            return;
        }
        self.out.push('\n');
    }

    /// As a GitHub alert, which any viewer shows at least as a quotation.
    fn admonition(&mut self, kind: AdmonitionKind, title: Option<&str>, body: &[Node]) {
        let word = match kind {
            AdmonitionKind::Note => "NOTE",
            AdmonitionKind::Tip => "TIP",
            AdmonitionKind::Info => "IMPORTANT",
            AdmonitionKind::Warning => "WARNING",
            AdmonitionKind::Danger => "CAUTION",
        };
        let inner = {
            let mut writer = Writer { out: String::new(), background: self.background, marks: self.marks };
            writer.nodes(body);
            writer.out
        };
        self.blank_line();
        self.out.push_str(&format!("> [!{word}]\n"));
        if let Some(title) = title {
            self.out.push_str(&format!("> **{title}**\n>\n"));
        }
        for line in inner.trim_matches('\n').lines() {
            self.out.push_str(if line.is_empty() { ">" } else { "> " });
            self.out.push_str(line);
            self.out.push('\n');
        }
        self.out.push('\n');
    }

    fn chain(&mut self, chain: &Chain) {
        let Some(choice) = Choice::of(chain, self.background) else { return };
        let branch = choice.branch();
        self.blank_line();
        if self.marks == Marks::Written {
            let when = branch.condition.as_ref().map_or_else(|| "otherwise".to_owned(), ToString::to_string);
            let facts: Vec<String> = choice.facts(self.background).iter().map(ToString::to_string).collect();
            self.out.push_str(&format!(
                "<!-- primer:begin id={} when=\"{}\" because=\"{}\" -->\n\n",
                chain.id,
                comment_safe(&when),
                comment_safe(&facts.join("; "))
            ));
        }
        let before = self.out.len();
        self.nodes(&branch.body);
        // The author's own empty lines around the body would make the spacing depend on the branch.
        let body = self.out[before..].trim_matches('\n').to_owned();
        self.out.truncate(before);
        self.out.push_str(&body);
        self.out.push_str("\n\n");
        if self.marks == Marks::Written {
            self.out.push_str(&format!("<!-- primer:end id={} -->\n\n", chain.id));
        }
    }
}

/// Nothing in an attribute may end the attribute or the comment: a quotation mark, `>`, or two hyphens in a row.
fn comment_safe(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('"', "&quot;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace("--", "-&#45;")
}

#[cfg(test)]
mod tests {
    use super::{original, personalise};
    use crate::book::{ChapterSource, Words};
    use crate::profile::{Background, Level};

    const SOURCE: &str = "# T\nBefore.\n::: when python < intermediate {#lists}\n\nSlow.\n\n::: otherwise\nShort.\n:::\nAfter.\n\n:::tip[Try]\nA.\n\n- b\n:::\nEnd.\n";

    fn parse(text: &str) -> ChapterSource {
        ChapterSource::parse("c.md", text, &Words::of_form()).unwrap()
    }

    fn knowing(level: Level) -> Background {
        let mut background = Background::of_somebody_new();
        background.software_experience.insert("python".into(), level);
        background
    }

    #[test]
    fn a_chosen_block_stands_between_comments_that_say_why() {
        assert_eq!(
            personalise(&parse(SOURCE), &knowing(Level::Beginner)),
            "# T\nBefore.\n\n<!-- primer:begin id=lists when=\"python &lt; intermediate\" because=\"python=beginner\" -->\n\nSlow.\n\n\
             <!-- primer:end id=lists -->\n\nAfter.\n\n> [!TIP]\n> **Try**\n>\n> A.\n>\n> - b\n\nEnd.\n"
        );
        assert!(
            personalise(&parse(SOURCE), &knowing(Level::Advanced))
                .contains("when=\"otherwise\" because=\"python=advanced\" -->\n\nShort.")
        );
    }

    #[test]
    fn the_original_is_the_text_for_somebody_new_without_marks() {
        let text = original(&parse(SOURCE));
        assert!(text.contains("Slow.") && !text.contains("primer:"), "{text}");
    }

    #[test]
    fn line_endings_of_the_authors_editor_do_not_change_the_bytes() {
        let windows = SOURCE.replace('\n', "\r\n");
        let reader = knowing(Level::Beginner);
        assert_eq!(personalise(&parse(&windows), &reader), personalise(&parse(SOURCE), &reader));
    }

    #[test]
    fn a_hostile_name_in_a_condition_cannot_end_the_comment() {
        let source = parse("::: when \"a --> <script>\\\" b\" = none\nX.\n:::\n");
        let text = personalise(&source, &Background::of_somebody_new());
        assert_eq!(text.matches("-->").count(), 2, "{text}");
        assert!(!text.contains("<script>"), "{text}");
    }

    #[test]
    fn marks_inside_an_admonition_stay_inside_its_quotation() {
        let source = parse("::::note\n::: when cpp = none {#x}\nX.\n:::\n::::\n");
        let text = personalise(&source, &Background::of_somebody_new());
        assert!(text.lines().all(|line| line.starts_with('>')), "{text}");
    }
}
