//! What stands beside what, and that a comparison is the two pages and nothing else.

use std::collections::BTreeMap;

use super::{ComparedRow, compare};
use crate::book::{ChapterSource, Words};
use crate::personalise::{original, personalise};
use crate::profile::Background;
use crate::render::addresses::Policy;
use crate::render::{RenderOptions, Rendered, render, sanitise};
use crate::replica::random::Random;

fn page(markdown: &str) -> Rendered {
    render(markdown, &RenderOptions { asset_base: "", chapter_of_file: &BTreeMap::new() })
}

/// A row a line: `#` for a heading, `=` for the same, `-` and `+` for what was before and what is after.
fn shown(before: &str, after: &str) -> Vec<String> {
    let mut lines = Vec::new();
    for row in compare(&page(before), &page(after)) {
        match row {
            ComparedRow::Heading { id, html } => lines.push(format!("# {} {html}", id.unwrap_or_default())),
            ComparedRow::Same { parts, html } => lines.push(format!("={parts} {html}")),
            ComparedRow::Changed { before, after } => {
                lines.extend(before.map(|html| format!("- {html}")));
                lines.extend(after.map(|html| format!("+ {html}")));
            }
        }
    }
    lines
}

#[test]
fn a_changed_word_is_marked_alone_and_what_stayed_is_told_in_one() {
    assert_eq!(
        shown(
            "# T\n\nOne.\n\nTwo.\n\nIt walks *slowly* home.\n",
            "# T\n\nOne.\n\nTwo.\n\nIt walks *fast* home.\n"
        ),
        [
            "# b-t <h1>T</h1>",
            "=2 <p>One.</p><p>Two.</p>",
            "- <p>It walks <em><del>slowly</del></em> home.</p>",
            "+ <p>It walks <em><ins>fast</ins></em> home.</p>",
        ]
    );
}

#[test]
fn a_line_that_breaks_elsewhere_or_another_emphasis_is_no_change() {
    assert_eq!(shown("It walks\nhome.\n", "It *walks* home.\n"), ["=1 <p>It <em>walks</em> home.</p>"]);
}

#[test]
fn words_that_changed_side_by_side_are_one_mark() {
    assert_eq!(
        shown("We took the long way home at night.\n", "We took a short road home at night.\n"),
        [
            "- <p>We took <del>the long way</del> home at night.</p>",
            "+ <p>We took <ins>a short road</ins> home at night.</p>",
        ]
    );
}

#[test]
fn a_paragraph_stands_beside_the_one_it_became_though_others_came_and_went() {
    let before = "Alpha beta gamma delta.\n\nA lidar turns and measures how far walls are.\n";
    let after = "Quite another thing.\n\nAlso new here.\n\nA lidar spins and measures how far walls are.\n";
    assert_eq!(
        shown(before, after)[3..],
        [
            "- <p>A lidar <del>turns</del> and measures how far walls are.</p>",
            "+ <p>A lidar <ins>spins</ins> and measures how far walls are.</p>",
        ]
    );
}

#[test]
fn two_with_hardly_a_word_in_common_are_marked_as_a_whole() {
    assert_eq!(
        shown("Whoever sleeps rests most of all, always.\n", "A bed is of use to somebody tired, too.\n"),
        [
            "- <p><del>Whoever sleeps rests most of all, always.</del></p>",
            "+ <p><ins>A bed is of use to somebody tired, too.</ins></p>",
        ]
    );
}

#[test]
fn code_formulas_and_what_html_escapes_change_as_a_whole() {
    assert_eq!(
        shown("If a < b & c then run `x` on it.\n", "If a < d & c then run `x` on it.\n"),
        [
            "- <p>If a &lt; <del>b</del> &amp; c then run <code>x</code> on it.</p>",
            "+ <p>If a &lt; <ins>d</ins> &amp; c then run <code>x</code> on it.</p>",
        ]
    );
    let [before, after] = &shown("```\na\nb\n```\n", "```\na\nc\n```\n")[..] else { panic!("one pair") };
    assert!(before.starts_with("- <del><pre") && before.ends_with("</pre></del>"), "{before}");
    assert!(after.starts_with("+ <ins><pre") && after.ends_with("</pre></ins>"), "{after}");
    let [before, _] = &shown("So $x^2$ is more.\n", "So $x^3$ is more.\n")[..] else { panic!("one pair") };
    assert!(before.contains("<del><math") && before.contains("</math></del> is more."), "{before}");
}

#[test]
fn the_frame_of_a_chosen_block_is_no_difference_and_no_id_stands_twice() {
    let marked = "<!-- primer:begin id=x when=\"otherwise\" because=\"python=none\" -->\n\nSlowly.\n\n<!-- primer:end id=x -->\n\nEnd.\n";
    assert_eq!(shown("Slowly.\n\nEnd.\n", marked), ["=2 <p>Slowly.</p><p>End.</p>"]);
    let hostile = "# T {#t}\n\n<p id=\"x\" title=\" id=\">Words</p>\n\n<details><summary>More</summary>Answer.</details>\n";
    let rows = shown(hostile, &hostile.replace("Answer", "Solution")).concat();
    assert!(!rows.contains(" id=\"b-") && rows.contains("title=\" id=\""), "{rows}");
    assert!(rows.contains("<details open=\"\">"), "{rows}");
}

#[test]
fn what_an_author_marked_as_come_or_gone_is_not_taken_for_a_change() {
    assert_eq!(
        shown("<p>An <ins>old</ins> <del>robot</del></p>\n", "<p>An <ins>old</ins> <del>robot</del></p>\n"),
        ["=1 <p>An <u>old</u> <s>robot</s></p>"]
    );
}

/// As the page has it, whatever was marked.
fn without_marks(html: &str) -> String {
    ["<ins>", "</ins>", "<del>", "</del>"].iter().fold(html.to_owned(), |html, mark| html.replace(mark, ""))
}

/// What the comparison shows of either, without marks.
fn sides(rows: &[ComparedRow]) -> (String, String) {
    let (mut before, mut after) = (String::new(), String::new());
    for row in rows {
        match row {
            ComparedRow::Heading { html, .. } | ComparedRow::Same { html, .. } => {
                before.push_str(html);
                after.push_str(html);
            }
            ComparedRow::Changed { before: old, after: new } => {
                before.push_str(&without_marks(old.as_deref().unwrap_or_default()));
                after.push_str(&without_marks(new.as_deref().unwrap_or_default()));
            }
        }
    }
    (before, after)
}

fn words_of(html: &str) -> String {
    super::parts::parts(html).iter().flat_map(|part| part.keys().into_iter().map(str::to_owned)).collect()
}

/// Nothing is lost, nothing comes twice, and the sanitiser would change nothing in it.
fn assert_is_both(before: &str, after: &str) {
    let (old, new) = (page(before), page(after));
    let rows = compare(&old, &new);
    let (shown_before, shown_after) = sides(&rows);
    assert_eq!(words_of(&shown_before), words_of(&old.html), "{before:?} / {after:?}");
    assert_eq!(words_of(&shown_after), words_of(&new.html), "{before:?} / {after:?}");
    let files = BTreeMap::new();
    let policy = Policy::new(&RenderOptions { asset_base: "", chapter_of_file: &files });
    let pieces = rows.iter().flat_map(|row| match row {
        ComparedRow::Heading { html, .. } | ComparedRow::Same { html, .. } => vec![html.as_str()],
        ComparedRow::Changed { before, after } => before.iter().chain(after).map(String::as_str).collect(),
    });
    for piece in pieces {
        assert_eq!(sanitise::clean(piece, &policy).as_deref(), Some(piece), "{before:?} / {after:?}");
    }
}

#[test]
fn for_every_chapter_the_original_and_the_reader_s_own_are_both_there_whole() {
    for (file, source) in crate::rewrite::tests::CHAPTERS {
        let source = ChapterSource::parse(file, source, &Words::of_form()).unwrap();
        let mut background = Background::of_somebody_new();
        for level in background.software_experience.values_mut() {
            *level = crate::profile::Level::Advanced;
        }
        assert_is_both(&original(&source), &personalise(&source, &background));
    }
}

#[test]
fn texts_from_seeds_are_both_there_whole() {
    const BLOCKS: [&str; 12] = [
        "# A heading\n\n",
        "Some words here.\n\n",
        "Other words there, *with* emphasis.\n\n",
        "- one\n- two `x < y`\n\n",
        "| a | b |\n|---|---|\n| 1 | 2 |\n\n",
        "> quoted & more\n\n",
        "$$x^2$$\n\n",
        "```python\nprint(1)\n```\n\n",
        "<div>raw <b>html</b></div>\n\n",
        "![a picture](a.png)\n\n",
        "[a link](https://example.org \"t\")\n\n",
        "<details><summary>Q</summary>\n\nAnswer\n\n</details>\n\n",
    ];
    for seed in 0..300 {
        let mut random = Random::seeded(seed);
        let mut text = || -> String { (0..random.below(9)).map(|_| *random.pick(&BLOCKS)).collect() };
        let (before, after) = (text(), text());
        assert_is_both(&before, &after);
    }
}
