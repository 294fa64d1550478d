//! Input that no person writes: very deep, very wide, very much. It has to end, without overflowing a stack and
//! without taking the square of its length; how long it takes is not measured here, only that it comes to an end
//! in a thread of the usual two megabytes.

use crate::render::judge::violations;
use crate::render::{html, render};

/// Around text that is the deepest, so that it would be missed.
fn assert_ends_and_shows(source: &str, text: &str) {
    let html = html(source);
    assert!(html.contains(text), "{text} is lost from {:.60}", source);
    let deepest = depth(&html);
    // The parser puts a `<tbody>` into a table that has none.
    assert!(deepest <= 140, "{deepest} levels from {:.60}", source);
}

/// Counted without a parser, which is what would suffer.
fn depth(html: &str) -> usize {
    let (mut depth, mut deepest) = (0_usize, 0);
    for tag in html.split('<').skip(1) {
        let name = tag.split(|c: char| !c.is_ascii_alphanumeric()).next().unwrap_or_default();
        if tag.starts_with('/') {
            depth = depth.saturating_sub(1);
        } else if !matches!(name, "br" | "hr" | "img" | "input" | "wbr" | "col") {
            depth += 1;
        }
        deepest = deepest.max(depth);
    }
    deepest
}

#[test]
fn a_hundred_thousand_levels_are_shown_flat() {
    const N: usize = 100_000;
    for opening in [">", "> ", "[", "![", "*a ", "**a _b ", "~~a ", "<", "<!-- x -->\n", "\\(", "`a", "$a "] {
        assert_ends_and_shows(&format!("{}deepest", opening.repeat(N)), "deepest");
    }
    for opening in ["- ", "1. ", "> - "] {
        assert_ends_and_shows(&format!("{}deepest", opening.repeat(N / 5)), "deepest");
    }
    assert_ends_and_shows(&format!("{}deepest{}", "[".repeat(N), "](x)".repeat(N)), "deepest");
}

#[test]
fn html_that_is_never_closed_is_shown_flat() {
    const N: usize = 20_000;
    for opening in [
        "<div>\n\n",
        "<details>\n\n",
        "x <b>\n\n",
        "x <a href=#>",
        "<table><tr><td>\n\n",
        "<ul><li>\n\n",
        "<b><p></b>\n\n",
    ] {
        assert_ends_and_shows(&format!("{}deepest", opening.repeat(N)), "deepest");
    }
    for opening in ["<svg>", "<math><mi>", "<script>", "<select>", "<template>\n\n", "</p></div>"] {
        assert_eq!(violations(&html(&opening.repeat(N))), Vec::<String>::new(), "{opening}");
    }
}

#[test]
fn formatting_that_is_never_closed_is_not_repeated_in_every_paragraph() {
    let source: String = (0..3_000).map(|number| format!("x<b title={number}>\n\n")).collect();
    assert!(html(&source).len() < 3 * source.len());
}

#[test]
fn a_megabyte_on_one_line_ends() {
    for line in
        ["a", "a ", "\\", "a|", "!", "_", "[^1]", "<a>", "http://x ", "\u{0}", "é", "\u{202e}", "&amp;"]
    {
        // Ten times that takes the sanitiser a minute in a debug build, and a second in the one that is shipped.
        let bytes = if line == "&amp;" { 50_000 } else { 1_000_000 };
        let source = line.repeat(bytes / line.len());
        html(&source);
        html(&format!("```python\n{source}\n```"));
        html(&format!("$${source}$$"));
    }
}

#[test]
fn a_tag_of_a_hundred_thousand_attributes_ends() {
    let attributes: String = (0..100_000).map(|number| format!(" a{number}=x")).collect();
    html(&format!("<a{attributes}>"));
    html(&format!("<div{attributes}>\n\nx"));
}

#[test]
fn very_much_code_is_shown_plain_and_complete() {
    let line = "x = (1, 'a')\n";
    let plain = html(&format!("```python\n{}```\n", line.repeat(20_000)));
    assert!(
        plain.starts_with("<pre class=\"code\" data-language=\"python\"><code>x = (1, 'a')\n"),
        "{:.80}",
        plain
    );
    assert_eq!(plain.matches("x = (1, 'a')\n").count(), 20_000);
    let wide = html(&format!("```json\n[{}0]\n```\n", "0, ".repeat(5_000)));
    assert!(!wide.contains("hl-"), "{:.80}", wide);
    let blocks = html(&"```python\nx = 1\n```\n\n".repeat(5_000));
    assert!(blocks.contains("hl-number") && blocks.trim_end().ends_with("<code>x = 1\n</code></pre>"));
}

#[test]
fn formulas_of_any_depth_are_shown_if_only_as_their_source() {
    const N: usize = 5_000;
    let nested =
        |open: &str, close: &str, times: usize| format!("$${}x{}$$", open.repeat(times), close.repeat(times));
    for (open, close) in [
        ("{", "}"),
        ("\\frac{1}{", "}"),
        ("\\frac1", ""),
        ("\\sqrt", ""),
        ("\\sqrt[", "]"),
        ("x^{", "}"),
        ("\\left(", "\\right)"),
        ("\\hat ", ""),
        ("\\begin{bmatrix}", "\\end{bmatrix}"),
        ("\\overset{a}{", "}"),
        ("\\text{$", "$}"),
        ("\\not", ""),
        ("\\mathchoice{}{}{}", ""),
        ("\\genfrac{}{}{}{}{}", ""),
    ] {
        for times in [8, 16, 31, 32, 33, 64, N] {
            let source = nested(open, close, times);
            assert!(violations(&html(&source)).is_empty(), "{source:.80}");
        }
        assert!(html(&nested(open, close, N)).contains("math-error"), "{open}");
    }
    assert!(html(&nested("\\frac{1}{1 + ", "}", 10)).contains("<mfrac>"));
    // Wide is not deep.
    let wide = format!("$${}$$", "\\frac{\\partial f}{\\partial \\mathbf{x}} + ".repeat(100) + "1");
    assert_eq!(html(&wide).matches("<mfrac>").count(), 100);
}

#[test]
fn ten_thousand_blocks_headings_and_notes_stay_apart() {
    let blocks: String = (0..10_000)
        .map(|n| format!("# Same\n\n<!-- primer:begin id=x{n} -->\n\nText[^{n}]\n\n<!-- primer:end id=x{n} -->\n\n[^{n}]: Note\n\n"))
        .collect();
    let rendered = render(&blocks);
    assert_eq!((rendered.headings.len(), rendered.blocks.len()), (10_000, 10_000));
    assert_eq!(rendered.headings[9_999].id, "b-same-9999");
    assert_eq!(violations(&rendered.html), Vec::<String>::new());
}
