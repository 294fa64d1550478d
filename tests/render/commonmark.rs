//! The examples of the CommonMark specification, as its own package publishes them.

use std::collections::BTreeMap;

use crate::render::dom::{self, Element, Node};
use crate::render::judge::{assert_safe, is_allowed, parsed_and_written};
use crate::render::{NODE_MODULES, html, render_with};

struct Example {
    number: usize,
    section: String,
    markdown: String,
    html: String,
}

/// Version 0.31.2 has 652.
fn examples() -> Vec<Example> {
    let path = format!("{NODE_MODULES}/commonmark-spec/spec.txt");
    let spec =
        std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}; run `npm ci` in ui/"));
    let fence = "`".repeat(32);
    let (mut examples, mut section) = (Vec::new(), String::new());
    let mut lines = spec.lines();
    while let Some(line) = lines.next() {
        if let Some(title) = line.strip_prefix('#') {
            section = title.trim_start_matches('#').trim().to_owned();
        } else if line == format!("{fence} example") {
            let mut part = |end: &str| -> String {
                lines
                    .by_ref()
                    .take_while(|line| *line != end)
                    .map(|line| line.replace('→', "\t") + "\n")
                    .collect()
            };
            let (markdown, html) = (part("."), part(&fence));
            examples.push(Example { number: examples.len() + 1, section: section.clone(), markdown, html });
        }
    }
    examples
}

/// Examples that mean something else in the book's Markdown, or whose html cannot stand in a page that is balanced.
const LEFT_OUT: &[(usize, &str)] = &[
    (148, "a `</pre>` inside a paragraph closes what was opened outside it, which we do not let html do"),
    (629, "a CDATA section vanishes whole; a browser would end it at the first `>` and show the rest"),
];

#[test]
fn examples_of_the_commonmark_specification_render_as_it_says() {
    let left_out: BTreeMap<usize, &str> = LEFT_OUT.iter().copied().collect();
    let (mut exact, mut normalised, mut wrong) = (0, 0, Vec::new());
    let examples = examples();
    for example in &examples {
        assert_safe(&html(&example.markdown), &example.markdown);
        let ours = render_with("", &example.markdown).html;
        if ours == parsed_and_written(&example.html) {
            exact += 1;
            assert!(!left_out.contains_key(&example.number), "{} need not be left out", example.number);
            continue;
        }
        let mut ours = dom::rewritten(dom::parse(&ours), &without_additions);
        let mut theirs = dom::rewritten(dom::parse(&example.html), &as_documented);
        // An `<a>` or `<b>` that was never closed goes on behind its paragraph; ours ends with the paragraph.
        for nodes in [&mut ours, &mut theirs] {
            nodes.retain(|node| !matches!(node, Node::Element(it) if is_left_over(it)));
        }
        let (ours, theirs) = (dom::written(&ours), dom::written(&theirs));
        match (ours == theirs, left_out.get(&example.number)) {
            (true, None) => normalised += 1,
            (false, Some(_)) => {}
            (true, Some(_)) => panic!("{} need not be left out", example.number),
            (false, None) => wrong.push(format!(
                "{} ({}): {:?}\nours:\n{ours}\ntheirs:\n{theirs}",
                example.number, example.section, example.markdown
            )),
        }
    }
    assert!(wrong.is_empty(), "{} differ:\n{}", wrong.len(), wrong.join("\n\n"));
    assert_eq!((examples.len(), exact, normalised, LEFT_OUT.len()), (652, 357, 293, 2));
}

/// What we add to the specification's html: ids of headings, `rel`, and the classes of code.
fn without_additions(mut element: Element) -> Vec<Node> {
    let name = element.name.clone();
    element.attributes.retain(|attribute, _| match attribute.as_str() {
        "id" => !matches!(&*name, "h1" | "h2" | "h3" | "h4" | "h5" | "h6"),
        "rel" => name != "a",
        "class" => name != "pre",
        "data-language" => false,
        _ => true,
    });
    match &*name {
        "span" if element.attributes.get("class").is_some_and(|class| class.starts_with("hl-")) => {
            element.children
        }
        _ => vec![Node::Element(element)],
    }
}

/// What we take from it or change in it: addresses, pictures, the class of code, and html that is not allowed.
fn as_documented(mut element: Element) -> Vec<Node> {
    let name = element.name.clone();
    match &*name {
        "a" => {
            let href = element.attributes.remove("href").and_then(|href| link(&href));
            element.attributes.extend(href.map(|href| ("href".to_owned(), href)));
        }
        "img" => return picture(element),
        "p" => return vec![Node::Element(figure(element))],
        "script" | "style" | "textarea" | "iframe" => return Vec::new(),
        _ => {}
    }
    if !HTML.contains(&&*name) {
        return element.children;
    }
    element.attributes.retain(|attribute, value| match attribute.as_str() {
        "id" => {
            value.insert_str(0, "b-");
            true
        }
        attribute => is_allowed(&name, attribute, value),
    });
    vec![Node::Element(element)]
}

fn is_left_over(element: &Element) -> bool {
    matches!(&*element.name, "a" | "b")
        && element.children.iter().all(|node| matches!(node, Node::Text(text) if text.trim().is_empty()))
}

fn link(href: &str) -> Option<String> {
    let lower = href.to_lowercase();
    match href.strip_prefix('#') {
        Some(fragment) => Some(format!("#b-{fragment}")),
        None => {
            ["http://", "https://", "mailto:"].iter().any(|it| lower.starts_with(it)).then(|| href.to_owned())
        }
    }
}

/// Only pictures of the book: anything else is its alternative text.
fn picture(mut element: Element) -> Vec<Node> {
    let src = element.attributes.get("src").cloned().unwrap_or_default();
    if src.is_empty() || src.starts_with('/') || src.contains(':') {
        let alternative = element.attributes.remove("alt").unwrap_or_default();
        return vec![Node::Element(Element::new(
            "span",
            &[("class", "missing-picture")],
            vec![Node::Text(alternative)],
        ))];
    }
    vec![Node::Element(element)]
}

/// A paragraph that is one picture is a figure, and the picture's title its caption.
fn figure(mut paragraph: Element) -> Element {
    let [Node::Element(picture)] = &mut paragraph.children[..] else { return paragraph };
    if picture.name != "img" {
        return paragraph;
    }
    let caption = picture
        .attributes
        .remove("title")
        .map(|title| Element::new("figcaption", &[], vec![Node::Text(title)]));
    paragraph.children.extend(caption.map(Node::Element));
    Element::new("figure", &[("class", "figure")], paragraph.children)
}

const HTML: &[&str] = &[
    "a",
    "b",
    "blockquote",
    "br",
    "code",
    "del",
    "div",
    "em",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "hr",
    "i",
    "li",
    "ol",
    "p",
    "pre",
    "span",
    "strong",
    "table",
    "tbody",
    "td",
    "tr",
    "ul",
];

#[test]
fn a_heading_attribute_sets_only_the_id() {
    assert_eq!(html("## A {#x .y onclick=z}\n"), "<h2 id=\"b-x\">A</h2>\n");
}
