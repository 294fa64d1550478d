//! The text of a chapter for one background: deterministic, the same bytes on every computer.
//!
//! The result is plain CommonMark. A block that was chosen for the reader stands between two comment lines that say
//! which block of the author's source it is, under which condition, and because of which answers.

mod title;

use std::collections::BTreeSet;

use crate::book::source::AdmonitionKind;
use crate::book::{Branch, Chain, ChapterSource, Fact, Node};
use crate::profile::Background;
use crate::render::marks::Mark;

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
        if let Some(title) = title.and_then(title::strong) {
            self.out.push_str(&format!("> {title}\n>\n"));
        }
        for line in inner.trim_matches('\n').lines() {
            self.out.push_str(if line.is_empty() { ">" } else { "> " });
            self.out.push_str(line);
            self.out.push('\n');
        }
        self.out.push('\n');
    }

    fn chain(&mut self, chain: &Chain) {
        // Also where nothing is shown: what stands before and behind must not become one paragraph or list item.
        self.blank_line();
        let Some(choice) = Choice::of(chain, self.background) else { return };
        let branch = choice.branch();
        if self.marks == Marks::Written {
            let when = branch.condition.as_ref().map_or_else(|| "otherwise".to_owned(), ToString::to_string);
            let facts: Vec<String> = choice.facts(self.background).iter().map(ToString::to_string).collect();
            let mark = Mark::Begin { id: chain.id.clone(), when, because: facts.join("; ") };
            self.out.push_str(&format!("{mark}\n\n"));
        }
        let before = self.out.len();
        self.nodes(&branch.body);
        // The author's own empty lines around the body would make the spacing depend on the branch.
        let body = self.out[before..].trim_matches('\n').to_owned();
        self.out.truncate(before);
        self.out.push_str(&body);
        self.out.push_str("\n\n");
        if self.marks == Marks::Written {
            self.out.push_str(&format!("{}\n\n", Mark::End { id: chain.id.clone() }));
        }
    }
}

#[cfg(test)]
mod tests {
    use pulldown_cmark::{Event, Parser, Tag};

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

    /// Each html comment and paragraph of the text, with the elements that it stands in.
    fn outline(markdown: &str) -> Vec<String> {
        let mut open: Vec<&str> = Vec::new();
        let mut outline = Vec::new();
        for event in Parser::new(markdown) {
            match event {
                Event::Start(Tag::List(_)) => open.push("list"),
                Event::Start(Tag::Item) => open.push("item"),
                Event::Start(_) => open.push("block"),
                Event::End(_) => {
                    open.pop();
                }
                Event::Html(html) => {
                    let word = html.split(" id=").next().unwrap_or_default();
                    outline.push(format!("{} {}", open.join("."), word.trim()));
                }
                Event::Text(text) => outline.push(format!("{} {text}", open.join("."))),
                _ => {}
            }
        }
        outline
    }

    #[test]
    fn a_block_between_lists_is_swallowed_by_neither_and_swallows_neither() {
        let source = parse(
            "- a\n::: when python = none {#x}\n- b\n:::\nAfter.\n::: when python = none {#y}\nC.\n:::\n1. d\n",
        );
        assert_eq!(
            outline(&personalise(&source, &Background::of_somebody_new())),
            [
                "list.item a",
                "block <!-- primer:begin",
                "list.item b",
                "block <!-- primer:end",
                "block After.",
                "block <!-- primer:begin",
                "block C.",
                "block <!-- primer:end",
                "list.item d"
            ]
        );
    }

    #[test]
    fn where_no_branch_is_shown_the_text_behind_does_not_run_into_the_text_before() {
        let source = parse(
            "- a\n::: when python > none {#x}\nB.\n:::\nAfter.\n::: when python > none {#y}\nB.\n:::\n---\n",
        );
        let text = personalise(&source, &Background::of_somebody_new());
        assert_eq!(text, "- a\n\nAfter.\n\n---\n");
        assert_eq!(outline(&text), ["list.item a", "block After."]);
    }

    #[test]
    fn a_block_inside_details_is_read_as_markdown_and_its_comments_as_comments() {
        let source = parse(
            "<details>\n<summary>S</summary>\n::: when python = none {#x}\n- b\n:::\n</details>\n\nAfter.\n",
        );
        assert_eq!(
            outline(&personalise(&source, &Background::of_somebody_new())),
            [
                "block <details>",
                "block <summary>S</summary>",
                "block <!-- primer:begin",
                "list.item b",
                "block <!-- primer:end",
                "block </details>",
                "block After."
            ]
        );
    }

    #[test]
    fn a_title_is_one_strong_line_whatever_its_markup() {
        for (title, line) in [("ends \\", "> **ends \\\\**"), ("**x**y", "> **xy**")] {
            let text =
                personalise(&parse(&format!(":::tip[{title}]\nA.\n:::\n")), &Background::of_somebody_new());
            assert_eq!(text, format!("> [!TIP]\n{line}\n>\n> A.\n"));
        }
    }
}
