//! Finding the directives of a chapter.

use super::attributes::{self, Attributes};
use super::ids::{derived_id, doubles, name_apart};
use super::{AdmonitionKind, Branch, Chain, ChapterSource, Node};
use crate::book::condition::{self, Condition};
use crate::book::fault::Fault;
use crate::book::lines::{LineKind, LineScanner, after_front_matter};
use crate::book::words::{Words, nearest};

impl AdmonitionKind {
    const ALL: [(&'static str, AdmonitionKind); 5] = [
        ("note", AdmonitionKind::Note),
        ("tip", AdmonitionKind::Tip),
        ("info", AdmonitionKind::Info),
        ("warning", AdmonitionKind::Warning),
        ("danger", AdmonitionKind::Danger),
    ];
}

impl ChapterSource {
    /// Reads a chapter, or gives every fault in it at once.
    pub fn parse(file: &str, text: &str, words: &Words) -> Result<ChapterSource, Vec<Fault>> {
        let (text, lines_skipped) = after_front_matter(text);
        let mut parser = Parser { file, words, faults: Vec::new(), open: Vec::new(), root: Vec::new() };
        let mut scanner = LineScanner::default();
        let lines: Vec<&str> = text.split_inclusive('\n').collect();
        let place =
            |index: usize, column| Place { number: lines_skipped + index + 1, column, line: lines[index] };
        for (index, line) in lines.iter().enumerate() {
            match scanner.next(line) {
                LineKind::Verbatim => parser.text(line),
                LineKind::Directive { colons, rest, column } => {
                    parser.directive(place(index, column), colons, rest);
                }
            }
        }
        match scanner.open_fence() {
            // It has swallowed the ends of the blocks around it, which are no faults of their own.
            Some(index) => {
                let place = place(index, 1);
                let column = column_of(place.line, place.line.trim_start());
                parser.fault(place, column, "This code fence is never closed.", None);
            }
            None => parser.all_closed(),
        }
        parser.finish(|line| place(line - lines_skipped - 1, 1))
    }
}

#[derive(Clone, Copy)]
struct Place<'a> {
    number: usize,
    column: usize,
    line: &'a str,
}

enum Open {
    Admonition {
        kind: AdmonitionKind,
        title: Option<String>,
        body: Vec<Node>,
    },
    /// `complete`: its plain `otherwise` was there, after which nothing can follow.
    Chain {
        id: Option<String>,
        branches: Vec<Branch>,
        complete: bool,
    },
}

struct OpenFence<'a> {
    colons: usize,
    place: Place<'a>,
    open: Open,
}

struct Parser<'a> {
    file: &'a str,
    words: &'a Words,
    faults: Vec<Fault>,
    open: Vec<OpenFence<'a>>,
    root: Vec<Node>,
}

const DIRECTIVES: [&str; 7] = ["when", "otherwise", "note", "tip", "info", "warning", "danger"];

impl<'a> Parser<'a> {
    fn fault(
        &mut self,
        place: Place<'_>,
        column: usize,
        message: impl Into<String>,
        suggestion: Option<String>,
    ) {
        let fault = Fault::at(self.file, place.number, column, place.line, message).suggesting(suggestion);
        self.faults.push(fault);
    }

    fn body(&mut self) -> &mut Vec<Node> {
        match self.open.last_mut().map(|fence| &mut fence.open) {
            None => &mut self.root,
            Some(Open::Admonition { body, .. }) => body,
            Some(Open::Chain { branches, .. }) => match branches.last_mut() {
                Some(branch) => &mut branch.body,
                None => &mut self.root,
            },
        }
    }

    fn text(&mut self, line: &str) {
        let body = self.body();
        match body.last_mut() {
            Some(Node::Text(text)) => text.push_str(line),
            _ => body.push(Node::Text(line.to_owned())),
        }
    }

    fn directive(&mut self, place: Place<'a>, colons: usize, rest: &'a str) {
        let word: &str = &rest[..rest.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(rest.len())];
        let after = &rest[word.len()..];
        if rest.is_empty() {
            return self.close(place, colons);
        }
        if word == "otherwise" {
            return self.otherwise(place, colons, after);
        }
        if let Some(outer) = self.open.last()
            && outer.colons <= colons
        {
            let message = format!(
                "A block inside another needs the outer fence to be longer: give the one of line {} {} colons, or close it first.",
                outer.place.number,
                colons + 1
            );
            self.fault(place, place.column, message, None);
        }
        let open = if word == "when" {
            let (condition, attributes) = self.condition(place, after);
            let branch = Branch { condition, label: attributes.label, body: Vec::new(), line: place.number };
            Open::Chain { id: attributes.id.map(str::to_owned), branches: vec![branch], complete: false }
        } else if let Some((_, kind)) = AdmonitionKind::ALL.iter().find(|(own, _)| *own == word) {
            Open::Admonition { kind: *kind, title: title(after), body: Vec::new() }
        } else {
            let suggestion = nearest(word, DIRECTIVES);
            let message = format!("“{}” begins no block; known are {}.", rest, DIRECTIVES.join(", "));
            self.fault(place, column_of(place.line, rest), message, suggestion);
            // It is still opened, so that its closing line is not a second fault.
            Open::Admonition { kind: AdmonitionKind::Note, title: None, body: Vec::new() }
        };
        self.open.push(OpenFence { colons, place, open });
    }

    fn otherwise(&mut self, place: Place<'a>, colons: usize, after: &'a str) {
        let condition_text =
            after.trim_start().strip_prefix("when").filter(|rest| rest.starts_with([' ', '\t', '(']));
        let mut is_plain = false;
        let (condition, attributes) = match condition_text {
            Some(text) => self.condition(place, text),
            None => {
                let (rest, attributes) = self.attributes(place, after);
                let rest = rest.trim();
                is_plain = rest.is_empty();
                if !is_plain {
                    let message = format!("After “otherwise” comes “when” or nothing, not “{rest}”.");
                    self.fault(place, column_of(place.line, rest), message, nearest(rest, ["when"]));
                }
                (None, attributes)
            }
        };
        if let Some(id) = attributes.id {
            let message = "Only the first line of a conditional block carries its id.";
            self.fault(place, column_of(place.line, id), message, None);
        }
        let branch = Branch { condition, label: attributes.label, body: Vec::new(), line: place.number };
        match self.open.last_mut() {
            Some(OpenFence { colons: own, open: Open::Chain { branches, complete, .. }, .. })
                if *own == colons =>
            {
                // A condition that can't be read is a fault already, and takes no reader.
                let was_complete = std::mem::replace(complete, *complete || is_plain);
                branches.push(branch);
                if was_complete {
                    self.fault(
                        place,
                        place.column,
                        "Nothing can follow the plain “otherwise”: it takes all that is left.",
                        None,
                    );
                }
            }
            Some(inner) => {
                let message = format!(
                    "This “otherwise” has {colons} colons, and the block that is open here began on line {} with {}.",
                    inner.place.number, inner.colons
                );
                self.fault(place, place.column, message, None);
            }
            None => self.fault(place, place.column, "“otherwise” without a “when” before it.", None),
        }
    }

    fn close(&mut self, place: Place<'_>, colons: usize) {
        let Some(position) = self.open.iter().rposition(|fence| fence.colons == colons) else {
            let message = format!("No block with {colons} colons is open here.");
            return self.fault(place, place.column, message, None);
        };
        while self.open.len() > position + 1 {
            self.never_closed();
        }
        if let Some(fence) = self.open.pop() {
            self.push(fence);
        }
    }

    /// Reports the innermost open block and keeps what is in it, so that what follows is still checked.
    fn never_closed(&mut self) {
        if let Some(fence) = self.open.pop() {
            let message =
                format!("This block is never closed; end it with a line of {} colons.", fence.colons);
            self.fault(fence.place, fence.place.column, message, None);
            self.push(fence);
        }
    }

    fn push(&mut self, fence: OpenFence<'a>) {
        let node = match fence.open {
            Open::Admonition { kind, title, body } => Node::Admonition { kind, title, body },
            Open::Chain { id, branches, .. } => Node::Chain(Chain {
                id_is_derived: id.is_none(),
                id: id.unwrap_or_else(|| derived_id(&branches)),
                branches,
                line: fence.place.number,
            }),
        };
        self.body().push(node);
    }

    /// The condition and the attributes behind it; `None` and a fault if it can't be read.
    fn condition<'t>(&mut self, place: Place<'_>, text: &'t str) -> (Option<Condition>, Attributes<'t>) {
        let (text, attributes) = self.attributes(place, text);
        match condition::parse(text, self.words) {
            Ok(condition) => (Some(condition), attributes),
            Err(fault) => {
                let column = column_of(place.line, text) + fault.column;
                self.fault(place, column, fault.message, fault.suggestion);
                (None, attributes)
            }
        }
    }

    /// Splits the attributes off and reports those that are none.
    fn attributes<'t>(&mut self, place: Place<'_>, text: &'t str) -> (&'t str, Attributes<'t>) {
        let (text, attributes) = attributes::split_off(text);
        for unknown in &attributes.unknown {
            let message = format!("“{unknown}” is neither {{#an-id}} nor label=\"a name\".");
            let suggestion = unknown.split('=').next().and_then(|key| nearest(key, ["label"]));
            self.fault(place, column_of(place.line, unknown), message, suggestion);
        }
        (text, attributes)
    }

    fn all_closed(&mut self) {
        while !self.open.is_empty() {
            self.never_closed();
        }
    }

    /// `place` gives a line of the file by its number.
    fn finish(mut self, place: impl Fn(usize) -> Place<'a>) -> Result<ChapterSource, Vec<Fault>> {
        while let Some(fence) = self.open.pop() {
            self.push(fence);
        }
        let mut source = ChapterSource { nodes: self.root };
        name_apart(&mut source.nodes);
        for (line, id) in doubles(&source.nodes) {
            let place = place(line);
            let message = format!("Another conditional block of this chapter already has the id “{id}”.");
            let column =
                place.line.find(&format!("#{id}")).map_or(1, |at| column_of(place.line, &place.line[at..]));
            self.faults.push(Fault::at(self.file, line, column, place.line, message));
        }
        if self.faults.is_empty() {
            return Ok(source);
        }
        self.faults.sort_by_key(|fault| (fault.line, fault.column));
        Err(self.faults)
    }
}

/// `[A title]` or ` A title`, as Docusaurus writes it.
fn title(after: &str) -> Option<String> {
    let text = after.trim();
    let text = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text).trim();
    (!text.is_empty()).then(|| text.to_owned())
}

/// The column, from 1, of a part of a line; 1 if it is no part of it.
fn column_of(line: &str, part: &str) -> usize {
    let offset =
        (part.as_ptr() as usize).checked_sub(line.as_ptr() as usize).filter(|offset| *offset <= line.len());
    match offset.or_else(|| line.find(part)) {
        Some(offset) if line.is_char_boundary(offset) => line[..offset].chars().count() + 1,
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use crate::book::source::{ChapterSource, Node};
    use crate::book::words::Words;

    fn parse(text: &str) -> ChapterSource {
        ChapterSource::parse("c.md", text, &Words::of_form()).unwrap_or_else(|faults| {
            panic!("{}", faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))
        })
    }

    fn faults(text: &str) -> Vec<String> {
        let faults = ChapterSource::parse("c.md", text, &Words::of_form()).unwrap_err();
        faults.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn the_example_of_the_format_reads_as_three_branches() {
        let source = parse(
            "A.\n::: when python < intermediate and robotics = none\nSlow.\n::: otherwise when hardware has jetson_orin\nBoard.\n::: otherwise\nShort.\n:::\nB.\n",
        );
        let [Node::Text(before), Node::Chain(chain), Node::Text(after)] = &source.nodes[..] else { panic!() };
        assert_eq!((before.as_str(), after.as_str()), ("A.\n", "B.\n"));
        let conditions: Vec<_> =
            chain.branches.iter().map(|branch| branch.condition.as_ref().map(ToString::to_string)).collect();
        assert_eq!(
            conditions,
            [
                Some("python < intermediate and robotics = none".to_owned()),
                Some("hardware has jetson_orin".to_owned()),
                None
            ]
        );
    }

    #[test]
    fn nothing_inside_code_or_a_comment_is_read_as_a_directive() {
        for text in [
            "```\n::: when python\n```\n",
            "~~~~md\n::: nonsense\n~~~\n:::\n~~~~\n",
            "    ::: when\n",
            "<!-- an author's remark\n::: when\n-->\n",
            "> ::: when\n",
            "  ```text\n  ::: when\n  ```\n",
        ] {
            assert_eq!(parse(text).nodes, [Node::Text(text.to_owned())], "{text}");
        }
    }

    #[test]
    fn a_fault_names_file_line_and_column_shows_the_line_and_suggests_the_nearest_word() {
        let found = faults("Text.\n\n::: when pyhton < beginner\nA.\n:::\n");
        assert_eq!(
            found,
            [
                "c.md:3:10: “pyhton” is not a word this book knows. Did you mean “python”?\n    ::: when pyhton < beginner\n             ^"
            ]
        );
        let found = faults("---\ntitle: x\n---\n::: when robotics >= real_hardwear\n:::\n");
        assert!(found[0].starts_with("c.md:4:22: “real_hardwear” is not"), "{found:?}");
        assert!(found[0].contains("“real_hardware”?"), "{found:?}");
    }

    #[test]
    fn all_faults_of_a_chapter_come_at_once_in_their_order() {
        let found = faults(
            "::: whn python = none\n:::\n::: otherwise\n::: when python is none\n:::\n:::\n::: when hardware has lidr {#a b}\n",
        );
        let places: Vec<&str> = found.iter().filter_map(|fault| fault.split(' ').next()).collect();
        assert_eq!(
            places,
            ["c.md:1:5:", "c.md:3:1:", "c.md:4:17:", "c.md:6:1:", "c.md:7:1:", "c.md:7:23:", "c.md:7:32:"]
        );
    }

    #[test]
    fn nesting_takes_longer_fences_and_says_so() {
        let source = parse(
            ":::: when python = none\n:::tip[A *title*]\nT.\n:::\n::: when cpp = none\nC.\n:::\n::::\n",
        );
        let Node::Chain(chain) = &source.nodes[0] else { panic!() };
        assert!(
            matches!(&chain.branches[0].body[..], [Node::Admonition { title: Some(title), .. }, Node::Chain(_)] if title == "A *title*")
        );
        let found = faults("::: when python = none\n:::tip\nT.\n:::\n:::\n");
        assert!(found[0].contains("outer fence to be longer"), "{found:?}");
    }

    #[test]
    fn nothing_follows_the_plain_otherwise() {
        let found =
            faults("::: when python = none\nA\n::: otherwise\nB\n::: otherwise when cpp = none\nC\n:::\n");
        assert_eq!(found.len(), 1);
        assert!(found[0].starts_with("c.md:5:1:"), "{found:?}");
    }

    #[test]
    fn a_block_keeps_its_id_when_other_text_and_other_blocks_change() {
        let block = "::: when python = none\nA.\n::: otherwise\nB.\n:::\n";
        let id = |text: &str, index: usize| {
            let source = parse(text);
            let mut ids = Vec::new();
            source.visit_chains(&mut |chain| ids.push(chain.id.clone()));
            ids[index].clone()
        };
        let before = id(block, 0);
        assert_eq!(
            id(&format!("New.\n::: when cpp = none\nX\n:::\n{}", block.replace("A.", "Edited.")), 1),
            before
        );
        assert_eq!(id(&format!("{block}{block}"), 0), before);
        assert_ne!(id(&format!("{block}{block}"), 1), before);
        assert_eq!(id(&block.replace("none", "none {#lists label=\"New to Python\"}"), 0), "lists");
    }

    #[test]
    fn two_blocks_with_one_id_are_a_fault() {
        let block = "::: when python = none {#x}\nA.\n:::\n";
        let found = faults(&format!("{block}{block}"));
        assert_eq!(found.len(), 1);
        assert!(
            found[0].starts_with("c.md:4:25: ") && found[0].contains("already has the id “x”"),
            "{found:?}"
        );
    }

    #[test]
    fn an_id_that_looks_derived_but_was_given_is_not_renamed() {
        let block = "::: when python = none {#when-new}\nA.\n:::\n";
        assert!(faults(&format!("{block}{block}"))[0].contains("already has the id “when-new”"));
    }

    #[test]
    fn a_code_fence_in_a_list_item_leaves_the_directives_behind_it_alone() {
        let source = parse("1. Look:\n2. ```bash\n   ls\n   ```\n\n::: when python = none\nA.\n:::\n");
        assert!(matches!(&source.nodes[..], [Node::Text(_), Node::Chain(_)]), "{source:?}");
    }

    #[test]
    fn a_code_fence_that_stays_open_is_one_fault_at_its_line() {
        let found = faults("A.\n::: when python = none\n- ```bash\n  ls\n  :::\n");
        assert_eq!(found, ["c.md:3:1: This code fence is never closed.\n    - ```bash\n    ^"]);
    }

    #[test]
    fn a_byte_order_mark_hides_neither_front_matter_nor_a_directive() {
        let source = parse("\u{feff}---\ntitle: x\n---\n::: when python = none\nA.\n:::\n");
        assert!(matches!(&source.nodes[..], [Node::Chain(chain)] if chain.line == 4), "{source:?}");
        assert!(matches!(&parse("\u{feff}:::note\nA.\n:::\n").nodes[..], [Node::Admonition { .. }]));
    }

    #[test]
    fn a_condition_that_cannot_be_read_is_not_taken_for_a_plain_otherwise() {
        for second in ["otherwise when cpp is none", "otherwise wen cpp = none"] {
            let found =
                faults(&format!("::: when python = none\nA\n::: {second}\nB\n::: otherwise\nC\n:::\n"));
            assert_eq!(found.len(), 1, "{found:?}");
            assert!(found[0].starts_with("c.md:3:"), "{found:?}");
        }
    }
}
