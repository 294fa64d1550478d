//! What is shown of an answer that is still on its way.

use std::collections::BTreeMap;

use super::{CHAPTER, only, rewriting, titles};
use crate::profile::Background;
use crate::render::{RenderOptions, render};
use crate::rewrite::{Outcome, Rewriting};

fn html(markdown: &str) -> String {
    render(markdown, &RenderOptions { asset_base: "", chapter_of_file: &BTreeMap::new() }).html
}

#[test]
fn an_answer_that_comes_letter_by_letter_is_never_more_than_words_and_at_its_end_the_whole_section() {
    let rewriting = rewriting(CHAPTER);
    let section = only(&rewriting);
    let answer = section.sent();
    let ends = (0..=answer.len()).filter(|end| answer.is_char_boundary(*end));
    for end in ends {
        let shown = rewriting.preview(&BTreeMap::new(), section.number(), &answer[..end]);
        assert!(!shown.contains(['⟦', '⟧']), "{shown}");
    }
    // What stands behind the section's last prose is not of it.
    let whole = rewriting.preview(&BTreeMap::new(), section.number(), answer);
    assert!(CHAPTER.starts_with(&whole) && whole.len() > CHAPTER.len() / 2, "{whole}");
}

#[test]
fn markup_that_a_model_brings_is_shown_as_it_is_spelt() {
    let text = "# Walking\n\nCommon words with [a link](02-ros2.md) that stay, and every other word that makes a paragraph of it.\n";
    let rewriting = rewriting(text);
    let section = only(&rewriting);
    let show = |answer: &str| html(&rewriting.preview(&BTreeMap::new(), section.number(), answer));
    let hostile = "Words <script>alert(1)</script> [x](https://evil.example) ![x](y.png) <https://evil.example> `c` $x$ \
                   \\[y](https://evil.example) \\\\[z](https://evil.example) ⟦1⟧ ⟦7⟧ ⟦1⟧ ⟦not";
    let shown = show(hostile);
    assert_eq!(shown.matches("</a>").count(), 1, "only the text's own: {shown}");
    for part in ["<script", "<img", "<a href=\"https", "<code", "⟦"] {
        assert!(!shown.contains(part), "{part}: {shown}");
    }
    assert!(shown.contains("Walking") && shown.contains("Words &lt;script&gt;alert(1)"), "{shown}");
    assert!(!show("<think>He wants").contains("wants"));
    assert!(show("<think>He wants</think>Other words").contains("Other words"));
    assert!(show("").contains("Walking"));
}

#[test]
fn sections_before_the_present_one_stand_as_they_came_out() {
    let words = "Enough words in a row for a paragraph that a model is to rewrite for its reader.";
    let text = format!("# One\n\n{words}\n\n## Two\n\n{words}\n\n## Three\n\n{words}\n");
    let rewriting = rewriting(&text);
    let numbers: Vec<usize> = rewriting.sections().map(|section| section.number()).collect();
    let outcomes = BTreeMap::from([
        (numbers[0], Outcome::Rewritten("Other words.".to_owned())),
        (numbers[1], Outcome::Kept("It is empty.".to_owned())),
    ]);
    let shown = rewriting.preview(&outcomes, numbers[2], "And");
    assert_eq!(shown, format!("# One\n\nOther words.\n\n## Two\n\n{words}\n\n## Three\n\nAnd"));
}

#[test]
fn only_what_sends_the_same_is_the_same() {
    let one = rewriting(CHAPTER);
    assert!(one.is_same_as(&rewriting(CHAPTER)));
    assert!(!one.is_same_as(&rewriting(&CHAPTER.replace("small", "large"))));
    let mut other = Background::of_somebody_new();
    other.learning_goals.insert("hobby".to_owned());
    assert!(!one.is_same_as(&Rewriting::of(CHAPTER, &other, &titles(), 6_000)));
}
