//! The last word on what reaches the window.
//!
//! It works on the finished page and trusts no step before it: only listed elements and attributes, only classes of
//! the contract, ids only with their prefix, links and pictures only as `addresses` allows them. What it gives is a
//! fixed point: parsed and written again it is the same, so no parser finds anything else in it than we did.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::ops::RangeInclusive;
use std::sync::atomic::{AtomicBool, Ordering};

use ammonia::{Builder, UrlRelative};

use super::addresses::{OUTSIDE_REL, Policy, is_outside};
use super::anchors::anchor;
use super::highlight::is_language_name;
use super::marks::is_block_id;

const MOST_PASSES: usize = 6;

/// `None` if the page does not come to rest, which no one has seen from Markdown without html in it.
pub fn clean(html: &str, policy: &Policy) -> Option<String> {
    let sanitiser = sanitiser(policy.clone(), policy.asset_scheme());
    let mut before = Cow::Borrowed(html);
    for _ in 0..MOST_PASSES {
        let after = sanitiser.clean(&before).to_string();
        if after == before {
            return Some(after);
        }
        before = Cow::Owned(after);
    }
    None
}

/// Html that may stand in the Markdown too. Sorted.
pub const ELEMENTS: &[&str] = &[
    "a",
    "abbr",
    "article",
    "aside",
    "b",
    "bdi",
    "bdo",
    "blockquote",
    "br",
    "caption",
    "center",
    "cite",
    "code",
    "col",
    "colgroup",
    "dd",
    "del",
    "details",
    "dfn",
    "div",
    "dl",
    "dt",
    "em",
    "figcaption",
    "figure",
    "footer",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "header",
    "hr",
    "i",
    "img",
    "ins",
    "kbd",
    "li",
    "mark",
    "ol",
    "p",
    "pre",
    "q",
    "rp",
    "rt",
    "ruby",
    "s",
    "samp",
    "section",
    "small",
    "span",
    "strike",
    "strong",
    "sub",
    "summary",
    "sup",
    "table",
    "tbody",
    "td",
    "tfoot",
    "th",
    "thead",
    "tr",
    "tt",
    "u",
    "ul",
    "var",
    "wbr",
];

/// Only what the formulas of `math` are made of. Nothing here can hold html, an address or an action.
const FORMULA_ELEMENTS: &[&str] = &[
    "math",
    "mfrac",
    "mi",
    "mmultiscripts",
    "mn",
    "mo",
    "mover",
    "mpadded",
    "mphantom",
    "mprescripts",
    "mroot",
    "mrow",
    "mspace",
    "msqrt",
    "mstyle",
    "msub",
    "msubsup",
    "msup",
    "mtable",
    "mtd",
    "mtext",
    "mtr",
    "munder",
    "munderover",
];

/// Gone with everything inside: their content is not for reading.
pub const HIDDEN: &[&str] = &[
    "embed",
    "iframe",
    "noembed",
    "noframes",
    "noscript",
    "object",
    "plaintext",
    "script",
    "select",
    "style",
    "svg",
    "template",
    "textarea",
    "title",
    "xmp",
];

const ATTRIBUTES: &[(&str, &[&str])] = &[
    ("a", &["href"]),
    ("bdo", &["dir"]),
    ("col", &["span"]),
    ("colgroup", &["span"]),
    ("details", &["open"]),
    ("div", &["data-block"]),
    ("img", &["src", "alt", "width", "height"]),
    ("input", &["type", "disabled", "checked"]),
    ("li", &["value"]),
    ("ol", &["start", "reversed"]),
    ("pre", &["data-language"]),
    ("td", &["align", "colspan", "rowspan"]),
    ("th", &["align", "colspan", "rowspan"]),
    ("math", &["display"]),
    ("mfrac", &["linethickness", "displaystyle", "scriptlevel"]),
    ("mi", &["mathvariant"]),
    (
        "mo",
        &[
            "accent",
            "fence",
            "form",
            "largeop",
            "lspace",
            "maxsize",
            "minsize",
            "movablelimits",
            "rspace",
            "separator",
            "stretchy",
            "symmetric",
        ],
    ),
    ("mover", &["accent"]),
    ("mpadded", &["depth", "height", "lspace", "voffset", "width"]),
    ("mrow", &["displaystyle", "scriptlevel"]),
    ("mspace", &["depth", "height", "width"]),
    ("mstyle", &["displaystyle", "scriptlevel"]),
    ("mtable", &["displaystyle", "scriptlevel"]),
    ("munder", &["accentunder"]),
    ("munderover", &["accent", "accentunder"]),
];

const EVERYWHERE: &[&str] = &["aria-label", "dir", "id", "lang", "title"];

const CLASSES: &[(&str, &[&str])] = &[
    (
        "aside",
        &[
            "admonition",
            "admonition-note",
            "admonition-tip",
            "admonition-info",
            "admonition-warning",
            "admonition-danger",
        ],
    ),
    ("code", &["math-error"]),
    ("div", &["written-for-you"]),
    ("figure", &["figure"]),
    ("mtd", &["math-right", "math-left", "math-case"]),
    ("p", &["admonition-title"]),
    ("pre", &["code"]),
    ("section", &["footnotes"]),
    (
        "span",
        &[
            "missing-picture",
            "hl-keyword",
            "hl-string",
            "hl-comment",
            "hl-number",
            "hl-function",
            "hl-type",
            "hl-constant",
            "hl-operator",
            "hl-variable",
            "hl-punctuation",
            "hl-tag",
            "hl-attribute",
            "hl-inserted",
            "hl-deleted",
        ],
    ),
    ("sup", &["footnote-reference"]),
];

fn sanitiser<'a>(policy: Policy, asset_scheme: Option<&'a str>) -> Builder<'a> {
    let set = |names: &[&'static str]| names.iter().copied().collect::<HashSet<_>>();
    let by_element = |table: &[(&'static str, &[&'static str])]| {
        table.iter().map(|(element, names)| (*element, set(names))).collect::<HashMap<_, _>>()
    };
    // The finer rules are those of `addresses`; these only must not refuse the book's own pictures before it sees them.
    let schemes = ["http", "https", "mailto"].into_iter().chain(asset_scheme).collect();
    // Every `<input>` is a box that can't be ticked, whatever it wanted to be.
    let box_only = HashMap::from([("type", "checkbox"), ("disabled", "")]);
    let mut builder = Builder::empty();
    builder
        .tags(ELEMENTS.iter().chain(FORMULA_ELEMENTS).copied().chain(["input"]).collect())
        .clean_content_tags(set(HIDDEN))
        .generic_attributes(set(EVERYWHERE))
        .tag_attributes(by_element(ATTRIBUTES))
        .allowed_classes(by_element(CLASSES))
        .set_tag_attribute_values(HashMap::from([("input", box_only)]))
        .url_schemes(schemes)
        .url_relative(UrlRelative::PassThrough)
        .link_rel(Some(OUTSIDE_REL))
        .strip_comments(true);
    let leads_out = AtomicBool::new(false);
    builder.attribute_filter(move |element, name, value| match (element, name) {
        // `rel` comes after `href`, and says nothing on a link within the book.
        ("a", "href") => {
            let link = policy.link(value);
            leads_out.store(link.as_deref().is_some_and(is_outside), Ordering::Relaxed);
            link.map(Cow::Owned)
        }
        ("a", "rel") => leads_out.swap(false, Ordering::Relaxed).then_some(Cow::Borrowed(value)),
        ("img", "src") => policy.picture(value).map(Cow::Owned),
        ("input", _) => Some(Cow::Borrowed(value)),
        ("img", "width" | "height") => number(value, 1..=10_000),
        (element, "class") => CLASSES
            .iter()
            .any(|(allowed, classes)| {
                *allowed == element && value.split_ascii_whitespace().any(|it| classes.contains(&it))
            })
            .then_some(Cow::Borrowed(value)),
        (_, name) => plain(name, value),
    });
    builder
}

/// Attributes that mean the same on whatever element has them.
fn plain<'v>(name: &str, value: &'v str) -> Option<Cow<'v, str>> {
    let keep = |holds: bool| holds.then_some(Cow::Borrowed(value));
    match name {
        "alt" | "aria-label" | "title" => keep(true),
        "id" => anchor(value).map(Cow::Owned),
        "data-block" => keep(is_block_id(value)),
        "data-language" => keep(is_language_name(value)),
        "lang" => keep(
            (1..=35).contains(&value.len()) && value.chars().all(|c| c.is_ascii_alphanumeric() || c == '-'),
        ),
        "dir" => keep(matches!(value, "ltr" | "rtl" | "auto")),
        "align" => keep(matches!(value, "left" | "right" | "center")),
        "display" => keep(matches!(value, "block" | "inline")),
        "checked" | "open" | "reversed" => Some(Cow::Borrowed("")),
        "colspan" | "rowspan" | "span" => number(value, 1..=100),
        "start" | "value" => number(value, 0..=999_999_999),
        // What is left are lengths, numbers and words of MathML.
        _ => keep(
            (1..=20).contains(&value.len())
                && value.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '+' | '%')),
        ),
    }
}

fn number(value: &str, range: RangeInclusive<u32>) -> Option<Cow<'_, str>> {
    value.parse().is_ok_and(|number| range.contains(&number)).then_some(Cow::Borrowed(value))
}
