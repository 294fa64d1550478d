//! The closed lists of what a page may be made of, and what an attribute may say.

use std::borrow::Cow;
use std::ops::RangeInclusive;

use super::highlight::is_language_name;
use super::marks::is_block_id;

/// Html that may stand in the Markdown too.
pub const ELEMENTS: &str = "a abbr article aside b bdi bdo blockquote br caption center cite code col colgroup dd del details \
    dfn div dl dt em figcaption figure footer h1 h2 h3 h4 h5 h6 header hr i img ins kbd li mark ol p \
    pre q rp rt ruby s samp section small span strike strong sub summary sup table tbody td tfoot th \
    thead tr tt u ul var wbr";

/// Only what the formulas of `math` are made of. Nothing here can hold an address or an action.
pub const FORMULA_ELEMENTS: &str = "math mfrac mi mmultiscripts mn mo mover mpadded mphantom mprescripts mroot mrow mspace msqrt mstyle \
    msub msubsup msup mtable mtd mtext mtr munder munderover";

/// Gone with everything inside: their content is not for reading.
pub const HIDDEN: &str = "embed iframe noembed noframes noscript object plaintext script select style svg template textarea \
    title xmp";

/// On any element.
pub const EVERYWHERE: &str = "aria-label dir id lang title";

/// By element.
pub const ATTRIBUTES: &[(&str, &str)] = &[
    ("a", "href"),
    ("bdo", "dir"),
    ("col", "span"),
    ("colgroup", "span"),
    ("details", "open"),
    ("div", "data-block"),
    ("img", "src alt width height"),
    ("input", "type disabled checked"),
    ("li", "value"),
    ("ol", "start reversed"),
    ("pre", "data-language"),
    ("td", "align colspan rowspan"),
    ("th", "align colspan rowspan"),
    ("math", "display"),
    ("mfrac", "linethickness displaystyle scriptlevel"),
    ("mi", "mathvariant"),
    (
        "mo",
        "accent fence form largeop lspace maxsize minsize movablelimits rspace separator stretchy \
         symmetric",
    ),
    ("mover", "accent"),
    ("mpadded", "depth height lspace voffset width"),
    ("mrow", "displaystyle scriptlevel"),
    ("mspace", "depth height width"),
    ("mstyle", "displaystyle scriptlevel"),
    ("mtable", "displaystyle scriptlevel"),
    ("munder", "accentunder"),
    ("munderover", "accent accentunder"),
];

/// By element.
pub const CLASSES: &[(&str, &str)] = &[
    (
        "aside",
        "admonition admonition-note admonition-tip admonition-info admonition-warning admonition-danger",
    ),
    ("code", "math-error"),
    ("div", "written-for-you"),
    ("figure", "figure"),
    ("mtd", "math-right math-left math-case"),
    ("p", "admonition-title"),
    ("pre", "code"),
    ("section", "footnotes"),
    (
        "span",
        "missing-picture unbroken hl-keyword hl-string hl-comment hl-number hl-function hl-type hl-constant \
         hl-operator hl-variable hl-punctuation hl-tag hl-attribute hl-inserted hl-deleted",
    ),
    ("sup", "footnote-reference"),
];

/// What a table of lists says of an element.
pub fn of(table: &[(&'static str, &'static str)], element: &str) -> &'static str {
    table.iter().find(|(it, _)| *it == element).map_or("", |(_, list)| list)
}

/// Whether `list`, of words between spaces, has this one.
pub fn has(list: &str, word: &str) -> bool {
    list.split(' ').any(|it| it == word)
}

/// What remains of an attribute that means the same on whatever element has it.
pub fn value<'v>(name: &str, value: &'v str) -> Option<Cow<'v, str>> {
    let keep = |holds: bool| holds.then_some(Cow::Borrowed(value));
    match name {
        "alt" | "aria-label" | "title" => keep(true),
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

pub fn number(value: &str, range: RangeInclusive<u32>) -> Option<Cow<'_, str>> {
    value.parse().is_ok_and(|number| range.contains(&number)).then_some(Cow::Borrowed(value))
}
