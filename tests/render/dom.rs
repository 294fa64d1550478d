//! Two pieces of html as trees that can be rewritten and compared.

use std::collections::BTreeMap;

use scraper::{Html, Node as Parsed};

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Node {
    Text(String),
    Element(Element),
}

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Element {
    pub name: String,
    pub attributes: BTreeMap<String, String>,
    pub children: Vec<Node>,
}

impl Element {
    pub fn new(name: &str, attributes: &[(&str, &str)], children: Vec<Node>) -> Element {
        let attributes =
            attributes.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Element { name: name.to_owned(), attributes, children }
    }
}

/// Comments are not part of it.
pub fn parse(html: &str) -> Vec<Node> {
    let parsed = Html::parse_fragment(html);
    children(*parsed.root_element())
}

fn children(node: ego_tree::NodeRef<'_, Parsed>) -> Vec<Node> {
    let mut nodes = Vec::new();
    for child in node.children() {
        match child.value() {
            Parsed::Text(text) => nodes.push(Node::Text(text.to_string())),
            Parsed::Element(element) => nodes.push(Node::Element(Element {
                name: element.name().to_owned(),
                attributes: element
                    .attrs()
                    .map(|(name, value)| (name.to_owned(), value.to_owned()))
                    .collect(),
                children: children(child),
            })),
            _ => {}
        }
    }
    nodes
}

/// Each element becomes what `rewrite` says, from the inside out.
pub fn rewritten(nodes: Vec<Node>, rewrite: &dyn Fn(Element) -> Vec<Node>) -> Vec<Node> {
    let mut out = Vec::new();
    for node in nodes {
        match node {
            Node::Text(_) => out.push(node),
            Node::Element(mut element) => {
                element.children = rewritten(element.children, rewrite);
                out.extend(rewrite(element));
            }
        }
    }
    out
}

/// As text, without the white space that no reader sees.
pub fn written(nodes: &[Node]) -> String {
    let mut out = String::new();
    write_all(nodes, false, &mut out);
    out.trim().to_owned()
}

fn write_all(nodes: &[Node], verbatim: bool, out: &mut String) {
    for node in nodes {
        match node {
            Node::Text(text) if verbatim => out.push_str(&format!("{text:?}")),
            Node::Text(text) => {
                for c in text.chars() {
                    if !c.is_ascii_whitespace() {
                        out.push(c);
                    } else if !out.ends_with([' ', '\n']) {
                        out.push(' ');
                    }
                }
            }
            Node::Element(element) => {
                let block = !IN_LINE.contains(&&*element.name);
                if block {
                    line(out);
                }
                out.push_str(&format!("<{}", element.name));
                for (name, value) in &element.attributes {
                    out.push_str(&format!(" {name}={value:?}"));
                }
                out.push('>');
                if block {
                    out.push('\n');
                }
                write_all(&element.children, verbatim || element.name == "pre", out);
                if block {
                    line(out);
                }
                out.push_str(&format!("</{}>", element.name));
                if block {
                    out.push('\n');
                }
            }
        }
    }
}

fn line(out: &mut String) {
    out.truncate(out.trim_end_matches(' ').len());
    if !out.is_empty() && !out.ends_with('\n') {
        out.push('\n');
    }
}

const IN_LINE: &[&str] =
    &["a", "b", "code", "del", "em", "i", "img", "input", "kbd", "span", "strong", "sub", "sup"];
