//! The html being written: always balanced, and never deeper than `DEEPEST`.
//!
//! Elements that the Markdown made and elements that stand in it as html share one stack. Html may close only what
//! html opened, and never beyond the Markdown element around it; what it leaves open is closed with that element.
//! So no stray tag can break out of a quotation, a table or a block that was chosen for the reader.

use super::escape;

/// Elements around any other.
pub const DEEPEST: usize = 100;

#[derive(Default)]
pub struct Page {
    html: String,
    open: Vec<Open>,
    depth: usize,
    hidden_by: usize,
    /// What is put into `html` at the end, in the order of the places: inserting at once would be quadratic.
    insertions: Vec<(usize, String)>,
}

struct Open {
    name: String,
    kind: Kind,
    shown: bool,
}

enum Kind {
    Markdown,
    Html,
    /// Html whose content is not for reading, such as a script.
    Hidden,
    /// A block chosen for the reader that is nothing yet: whether it ends in the same element only shows there.
    Block {
        number: usize,
        insertion: usize,
    },
}

/// An element, ready to be opened.
pub type Attributes<'a> = &'a [(&'a str, &'a str)];

impl Page {
    pub fn text(&mut self, text: &str) {
        if self.hidden_by == 0 {
            escape::text(&mut self.html, text);
        }
    }

    /// Html that is balanced in itself.
    pub fn html(&mut self, html: &str) {
        if self.hidden_by == 0 {
            self.html.push_str(html);
        }
    }

    /// Starts a line if none is started.
    pub fn fresh_line(&mut self) {
        if !self.html.is_empty() && !self.html.ends_with('\n') {
            self.html("\n");
        }
    }

    pub fn open(&mut self, name: &str, attributes: Attributes<'_>) {
        self.start(name, attributes, Kind::Markdown);
    }

    /// Unlike Markdown, html too deep to be shown is not even remembered: looking for what an end tag closes must
    /// not take long either.
    pub fn open_html(&mut self, name: &str, attributes: Attributes<'_>) {
        if self.depth < DEEPEST && self.hidden_by == 0 {
            self.start(name, attributes, Kind::Html);
        }
    }

    pub fn open_hidden(&mut self, name: &str) {
        if self.hidden_by >= DEEPEST {
            return;
        }
        self.hidden_by += 1;
        self.open.push(Open { name: name.to_owned(), kind: Kind::Hidden, shown: false });
    }

    pub fn void(&mut self, name: &str, attributes: Attributes<'_>) {
        if self.hidden_by == 0 {
            self.tag(name, attributes);
        }
    }

    /// Closes the innermost element of the Markdown, and what html left open in it.
    pub fn close(&mut self) {
        while let Some(open) = self.open.pop() {
            self.end(&open);
            if matches!(open.kind, Kind::Markdown) {
                break;
            }
        }
    }

    /// Closes the innermost html element of this name, if the Markdown around allows it.
    pub fn close_html(&mut self, name: &str) {
        let in_reach = self.open.iter().rev().take_while(|open| !matches!(open.kind, Kind::Markdown));
        let Some(count) = in_reach.enumerate().find(|(_, open)| open.closes_with(name)).map(|(at, _)| at + 1)
        else {
            return;
        };
        for _ in 0..count {
            if let Some(open) = self.open.pop() {
                self.end(&open);
            }
        }
    }

    /// Ends what is hidden in the innermost element of the Markdown: a forgotten `</script>` costs no more than that.
    pub fn show_again(&mut self) {
        if self.hidden_by == 0 {
            return;
        }
        let hidden = |open: &Open| matches!(open.kind, Kind::Hidden);
        let in_reach = self.open.iter().rev().take_while(|open| !matches!(open.kind, Kind::Markdown));
        let Some(count) = in_reach.enumerate().filter(|(_, open)| hidden(open)).last().map(|(at, _)| at + 1)
        else {
            return;
        };
        for _ in 0..count {
            if let Some(open) = self.open.pop() {
                self.end(&open);
            }
        }
    }

    /// Remembers that a chosen block may begin here. `number` is the caller's.
    pub fn begin_block(&mut self, id: &str, number: usize) {
        let inside_text =
            self.open.last().is_some_and(|open| matches!(open.kind, Kind::Html) && !holds_blocks(&open.name));
        if self.hidden_by > 0 || inside_text || self.depth >= DEEPEST {
            return;
        }
        self.fresh_line();
        self.insertions.push((self.html.len(), String::new()));
        self.depth += 1;
        let kind = Kind::Block { number, insertion: self.insertions.len() - 1 };
        self.open.push(Open { name: id.to_owned(), kind, shown: true });
    }

    /// The chosen block of this id ends here, if it began in the same element. `start` gets its number and
    /// writes its start tag.
    pub fn end_block(&mut self, id: &str, start: impl FnOnce(usize) -> String) {
        let blocks = self.open.iter().rev().take_while(|open| matches!(open.kind, Kind::Block { .. }));
        let Some(count) = blocks.enumerate().find(|(_, open)| open.name == id).map(|(at, _)| at + 1) else {
            return;
        };
        for left in (0..count).rev() {
            let Some(open) = self.open.pop() else { return };
            self.end(&open);
            if let (0, Kind::Block { number, insertion }) = (left, open.kind) {
                self.fresh_line();
                self.insertions[insertion].1 = start(number);
                self.insertions.push((self.html.len(), "</div>\n".to_owned()));
                return;
            }
        }
    }

    pub fn close_all(&mut self) {
        while let Some(open) = self.open.pop() {
            self.end(&open);
        }
    }

    /// Closes what is still open.
    pub fn finish(mut self) -> String {
        self.close_all();
        let added: usize = self.insertions.iter().map(|(_, text)| text.len()).sum();
        let mut html = String::with_capacity(self.html.len() + added);
        let mut from = 0;
        for (at, text) in &self.insertions {
            html.push_str(&self.html[from..*at]);
            html.push_str(text);
            from = *at;
        }
        html.push_str(&self.html[from..]);
        html
    }

    fn start(&mut self, name: &str, attributes: Attributes<'_>, kind: Kind) {
        let shown = self.hidden_by == 0 && self.depth < DEEPEST;
        if shown {
            self.depth += 1;
            self.tag(name, attributes);
        }
        self.open.push(Open { name: name.to_owned(), kind, shown });
    }

    fn tag(&mut self, name: &str, attributes: Attributes<'_>) {
        self.html.push('<');
        self.html.push_str(name);
        for (name, value) in attributes {
            self.html.push(' ');
            self.html.push_str(name);
            self.html.push_str("=\"");
            escape::attribute(&mut self.html, value);
            self.html.push('"');
        }
        self.html.push('>');
    }

    fn end(&mut self, open: &Open) {
        self.depth -= usize::from(open.shown);
        match open.kind {
            Kind::Hidden => self.hidden_by -= 1,
            Kind::Markdown | Kind::Html if open.shown => {
                self.html.push_str("</");
                self.html.push_str(&open.name);
                self.html.push('>');
            }
            Kind::Markdown | Kind::Html | Kind::Block { .. } => {}
        }
    }
}

impl Open {
    fn closes_with(&self, name: &str) -> bool {
        matches!(self.kind, Kind::Html | Kind::Hidden) && self.name == name
    }
}

fn holds_blocks(element: &str) -> bool {
    matches!(
        element,
        "details"
            | "div"
            | "section"
            | "article"
            | "aside"
            | "blockquote"
            | "figure"
            | "li"
            | "dd"
            | "td"
            | "th"
            | "center"
    )
}
