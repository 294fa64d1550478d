//! Whether html is safe to put into the window: every node of the parsed document must be on a list.

use scraper::{Html, Node};

use crate::render::ASSETS;

/// Everything wrong with it, as sentences.
pub fn violations(html: &str) -> Vec<String> {
    let parsed = Html::parse_fragment(html);
    let mut wrong = Vec::new();
    // The first two nodes are the parser's own: the fragment and its `<html>`.
    for node in parsed.tree.root().descendants().skip(2) {
        match node.value() {
            Node::Text(_) => {}
            Node::Element(element) => {
                let (name, namespace) = (element.name(), &*element.name.ns);
                let is_formula = namespace == "http://www.w3.org/1998/Math/MathML";
                let known = if is_formula { FORMULAS } else { ELEMENTS };
                if !is_formula && namespace != "http://www.w3.org/1999/xhtml"
                    || !known.split(' ').any(|it| it == name)
                {
                    wrong.push(format!("an element <{name}> of {namespace}"));
                }
                for (attribute, value) in element.attrs() {
                    if !is_allowed(name, attribute, value) {
                        wrong.push(format!("<{name} {attribute}={value:?}>"));
                    }
                }
                if name == "input"
                    && (element.attr("type"), element.attr("disabled")) != (Some("checkbox"), Some(""))
                {
                    wrong.push("an <input> that takes input".to_owned());
                }
                let href = element.attr("href").unwrap_or_default();
                if !href.is_empty()
                    && !href.starts_with('#')
                    && element.attr("rel") != Some("noopener noreferrer")
                {
                    wrong.push(format!("a link to {href} without rel"));
                }
            }
            other => wrong.push(format!("a node that is neither text nor element: {other:?}")),
        }
    }
    let mut ids: Vec<&str> = elements(&parsed).filter_map(|element| element.attr("id")).collect();
    ids.sort_unstable();
    wrong.extend(
        ids.windows(2).filter(|pair| pair[0] == pair[1]).map(|pair| format!("two elements {:?}", pair[0])),
    );
    wrong
}

/// What a parser makes of it, written down again.
pub fn parsed_and_written(html: &str) -> String {
    Html::parse_fragment(html).root_element().inner_html()
}

/// Safe, and so also after any number of parsers have had it.
#[track_caller]
pub fn assert_safe(html: &str, source: &str) {
    let wrong = violations(html);
    assert!(wrong.is_empty(), "{wrong:#?}\nfrom {source:?}\nin {html}");
    let again = parsed_and_written(html);
    assert_eq!(again, html, "parsing changes it, from {source:?}");
}

fn elements(parsed: &Html) -> impl Iterator<Item = &scraper::node::Element> {
    parsed.tree.nodes().filter_map(|node| node.value().as_element())
}

const ELEMENTS: &str = "a abbr article aside b bdi bdo blockquote br caption center cite code col colgroup dd del \
    details dfn div dl dt em figcaption figure footer h1 h2 h3 h4 h5 h6 header hr i img input ins kbd li mark ol p \
    pre q rp rt ruby s samp section small span strike strong sub summary sup table tbody td tfoot th thead tr tt u \
    ul var wbr";

const FORMULAS: &str = "math mfrac mi mmultiscripts mn mo mover mpadded mphantom mprescripts mroot mrow mspace msqrt \
    mstyle msub msubsup msup mtable mtd mtext mtr munder munderover";

const CLASSES: &str = "admonition admonition-note admonition-tip admonition-info admonition-warning \
    admonition-danger admonition-title written-for-you code figure footnote-reference footnotes missing-picture unbroken \
    math-error math-right math-left math-case hl-keyword hl-string hl-comment hl-number hl-function hl-type \
    hl-constant hl-operator hl-variable hl-punctuation hl-tag hl-attribute hl-inserted hl-deleted";

pub fn is_allowed(element: &str, attribute: &str, value: &str) -> bool {
    let word = |extra: &str| {
        !value.is_empty() && value.chars().all(|c| c.is_ascii_alphanumeric() || extra.contains(c))
    };
    match (element, attribute) {
        (_, "id") => value.starts_with("b-") && value.len() > 2 && !value.contains(char::is_whitespace),
        (_, "class") => value.split(' ').all(|class| CLASSES.split(' ').any(|it| it == class)),
        (_, "title" | "aria-label") | ("img", "alt") => true,
        (_, "lang" | "dir") => word("-"),
        ("a", "href") => is_link(value),
        ("a", "rel") => value == "noopener noreferrer",
        ("img", "src") => is_picture(value),
        ("img", "width" | "height") | ("ol", "start") | ("li", "value") => word(""),
        ("td" | "th", "colspan" | "rowspan") | ("col" | "colgroup", "span") => word(""),
        ("td" | "th", "align") => matches!(value, "left" | "right" | "center"),
        ("details", "open") | ("ol", "reversed") | ("input", "checked" | "disabled") => value.is_empty(),
        ("input", "type") => value == "checkbox",
        ("div", "data-block") => word("-_."),
        ("pre", "data-language") => word(""),
        ("math", "display") => matches!(value, "block" | "inline"),
        ("mi", "mathvariant") => word(""),
        ("mfrac", "linethickness") | ("mspace", "width" | "height" | "depth") => word(".-"),
        ("mpadded", "width" | "height" | "depth" | "lspace" | "voffset") => word(".-"),
        ("mfrac" | "mrow" | "mstyle" | "mtable", "displaystyle" | "scriptlevel") => word("+-"),
        ("mo", "lspace" | "rspace" | "minsize" | "maxsize") => word(".-"),
        (
            "mo",
            "accent" | "fence" | "form" | "largeop" | "movablelimits" | "separator" | "stretchy"
            | "symmetric",
        ) => word(""),
        ("mover" | "munderover", "accent") | ("munder" | "munderover", "accentunder") => word(""),
        _ => false,
    }
}

fn is_link(value: &str) -> bool {
    let lower = value.to_lowercase();
    let outside = ["http://", "https://", "mailto:"].iter().any(|scheme| lower.starts_with(scheme));
    let route = value.strip_prefix("#/chapter/").is_some_and(|route| {
        let (number, anchor) = route.split_once('/').unwrap_or((route, "b-x"));
        number.parse::<u32>().is_ok() && anchor.starts_with("b-")
    });
    !value.contains(char::is_control) && (outside || route || value.starts_with("#b-"))
}

fn is_picture(value: &str) -> bool {
    value.strip_prefix(ASSETS).is_some_and(|path| {
        let path = path.to_lowercase();
        !path.is_empty()
            && !path.starts_with('/')
            && !path.split('/').any(|name| name.is_empty() || name.trim_matches('.').is_empty())
            && !path.contains("%2e%2e")
            && !path.contains("%25")
            && !path.contains(['\\', ':', '?', '#', '"', '<', '>'])
            && !path.contains("%5c")
            && !path.contains("%2f")
    })
}
