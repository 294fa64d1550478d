//! A chapter put together again, what it says of itself, and what is refused of one that comes from elsewhere.

use std::collections::BTreeMap;

use super::super::{Kind, Outcome, Refusal, Rewriting, verify};
use super::{judged, rewriting, titles};
use crate::profile::Background;
use crate::render::{RenderOptions, Rendered, SectionOrigin, render};

const TWO: &str = "# One\n\nA robot moves its arm and waits until somebody takes the cup from it and says so.\n\n## Two\n\nThe wheels turn slowly when the battery is low, and they stop when it is empty, as you would expect.\n\n## Three\n\nEnd.\n";

fn page(markdown: &str) -> Rendered {
    render(markdown, &RenderOptions { asset_base: "", chapter_of_file: &BTreeMap::new() })
}

fn two_outcomes() -> (Rewriting, BTreeMap<usize, Outcome>) {
    let rewriting = rewriting(TWO);
    let sections: Vec<_> = rewriting.sections().collect();
    assert_eq!(sections.iter().map(|it| it.heading()).collect::<Vec<_>>(), [Some("One"), Some("Two")]);
    let answer = "An arm of a robot moves. Then the robot waits: somebody has to take the cup and say so.";
    let outcomes = BTreeMap::from([
        (sections[0].number(), Outcome::Rewritten(judged(sections[0], answer).unwrap())),
        (sections[1].number(), Outcome::Kept("Too short --> <b>\n\n\"x\".".into())),
    ]);
    (rewriting, outcomes)
}

#[test]
fn a_rewritten_text_says_of_each_section_how_it_came_about_and_shows_none_of_it() {
    let (rewriting, outcomes) = two_outcomes();
    let whole = rewriting.assemble(&outcomes, "a/model--7b").unwrap();
    assert_eq!((whole.rewritten_sections, whole.kept.len()), (1, 1));
    assert_eq!(whole.kept[0].heading.as_deref(), Some("Two"));
    assert_eq!(
        whole.text,
        "# One\n\n<!-- primer:rewritten by=\"a/model-&#45;7b\" -->\n\nAn arm of a robot moves. Then the robot waits: somebody has to take the cup and say so.\n\n\
         ## Two\n\n<!-- primer:kept reason=\"Too short -&#45;&gt; &lt;b&gt; &quot;x&quot;.\" -->\n\nThe wheels turn slowly when the battery is low, and they stop when it is empty, as you would expect.\n\n## Three\n\nEnd.\n"
    );
    let page = page(&whole.text);
    assert!(!page.html.contains("primer") && !page.html.contains("Too short"), "{}", page.html);
    let sections: Vec<_> =
        page.sections.iter().map(|it| (it.heading_id.as_deref(), it.origin.clone())).collect();
    assert_eq!(
        sections,
        [
            (Some("b-one"), SectionOrigin::RewrittenBy("a/model--7b".into())),
            (Some("b-two"), SectionOrigin::KeptBecause("Too short --> <b> \"x\".".into())),
        ]
    );
}

#[test]
fn a_section_in_the_same_words_is_neither_rewritten_nor_kept() {
    let rewriting = rewriting(TWO);
    let same =
        rewriting.sections().map(|it| (it.number(), Outcome::Rewritten(it.text().to_owned()))).collect();
    let whole = rewriting.assemble(&same, "m").unwrap();
    assert_eq!((&*whole.text, whole.rewritten_sections, whole.kept.len()), (TWO, 0, 0));
}

#[test]
fn a_whole_text_is_held_against_the_one_it_was_made_from() {
    let (rewriting, outcomes) = two_outcomes();
    let text = rewriting.assemble(&outcomes, "m").unwrap().text;
    assert_eq!(verify(TWO, &text), Ok(()));
    let with = |from: &str, to: &str| {
        assert!(text.contains(from), "{from}");
        verify(TWO, &text.replace(from, to))
    };
    assert_eq!(with("## Two", "## Too"), Err(Refusal::Changed(Kind::Heading)));
    assert_eq!(with("## Two", "### Two"), Err(Refusal::Changed(Kind::Heading)));
    assert_eq!(with("## Three\n", ""), Err(Refusal::Lost(Kind::Heading)));
    assert_eq!(with("End.", "End [here](http://evil.example)."), Err(Refusal::Added(Kind::Link)));
    assert_eq!(with("End.", "End <b>here</b>."), Err(Refusal::Added(Kind::Html)));
    assert_eq!(with("End.", "End of a text that is much longer."), Err(Refusal::TooLong { percent: 675 }));
    assert_eq!(with("primer:kept", "primer:keep"), Err(Refusal::Added(Kind::Html)));
    assert_eq!(with(" --", " --> <b> <!-- x --"), Err(Refusal::Added(Kind::Html)));
    assert_eq!(with("An arm of a robot moves.", ""), Ok(()));
    assert_eq!(
        with("Then the robot waits: somebody has to take the cup and say so.", ""),
        Err(Refusal::TooShort { percent: 29 })
    );
    assert_eq!(with("expect", "exp\u{202e}ect"), Err(Refusal::Invisible(0x202e)));
}

#[test]
fn what_depends_on_other_pieces_is_right_after_all_are_rewritten() {
    let text = "# One\n\nA robot moves its [arm][a] and waits[^1] until somebody takes the cup from it and says so.\n\n# Two\n\nThe [wheels][w] turn slowly when the battery is low, and they stop when it is empty[^1], as you would expect.\n\n[a]: https://example.org/a\n\n# Three\n\n[w]: https://example.org/w\n\n[^1]: A note that both of the sections refer to, and nothing else does.\n";
    let rewriting = rewriting(text);
    let mut outcomes = BTreeMap::new();
    for section in rewriting.sections() {
        let answer = section.sent().replace("and ", "and then ").replace("A robot", "Some robot");
        outcomes.insert(section.number(), Outcome::Rewritten(judged(section, &answer).unwrap()));
    }
    assert_eq!(outcomes.len(), 2);
    let whole = rewriting.assemble(&outcomes, "m").unwrap();
    let links = |markdown: &str| page(markdown).html.match_indices("<a href=").count();
    assert_eq!(links(&whole.text), links(text));
    assert!(page(&whole.text).html.contains("<a href=\"https://example.org/w\""));
}

#[test]
fn where_a_comment_would_change_how_the_text_is_read_there_is_none() {
    // Behind a comment the second line would be code.
    let text = "# One\n\n[x]: /other\n\tA robot moves its arm and waits until somebody takes the cup from it and says so.\n";
    let rewriting = rewriting(text);
    let number = super::only(&rewriting).number();
    let whole = rewriting.assemble(&BTreeMap::from([(number, Outcome::Kept("So.".into()))]), "m").unwrap();
    assert_eq!((&*whole.text, whole.kept.len()), (text, 1));
}

#[test]
fn front_matter_and_the_ends_of_a_section_are_never_sent() {
    let text = "---\ntitle: secret\n---\n# One\n\n```bash\nls\n```\n\nA robot moves its arm and waits until somebody takes the cup from it and says so.\n\n| a |\n|---|\n| b |\n\n<!-- c -->\n";
    let rewriting = rewriting(text);
    let sent: Vec<_> = rewriting.sections().map(|it| it.sent().to_owned()).collect();
    assert_eq!(sent, ["A robot moves its arm and waits until somebody takes the cup from it and says so."]);
}

#[test]
fn a_long_section_is_cut_between_blocks_and_one_block_too_long_is_left_alone() {
    let item = "- An item with a number of words in it, and a second half as well.\n";
    let text = format!(
        "# One\n\n{}\n{}\n\n{}",
        "A short paragraph of a few words that fits. ".repeat(6),
        item.repeat(3),
        item.repeat(40)
    );
    let text = text.replace("\n\n- An item with a number of words in it, and a second half as well.\n- An item with a number of words in it, and a second half as well.\n- An item with a number of words in it, and a second half as well.\n- An item with a number of words in it, and a second half as well.", "\n\n1. An item");
    let rewriting = Rewriting::of(&text, &Background::of_somebody_new(), &titles(), 600);
    for section in rewriting.sections() {
        assert!(section.sent().chars().count() <= 600, "{}", section.sent());
        assert_eq!(section.heading(), Some("One"));
    }
    let kept = rewriting.assemble(&BTreeMap::new(), "m").unwrap().kept;
    assert_eq!(kept.iter().map(|it| it.heading.as_deref()).collect::<Vec<_>>(), [Some("One")]);
}

#[test]
fn texts_of_odd_shapes_are_cut_as_fast_as_others() {
    let words = "A robot moves its arm and waits until somebody takes the cup from it. ";
    let shapes = [
        format!("{} {words}", ">".repeat(20_000)),
        (0..2_000).map(|n| format!("{}- {words}\n", " ".repeat(n % 200 * 2))).collect(),
        "*a `x` ".repeat(5_000) + &"a* ".repeat(5_000),
        format!("# a\n\n{words}\n\n").repeat(2_000),
        (0..2_000).map(|n| format!("[a{n}]: /x{n}\n\n[a{n}] {words}\n\n")).collect(),
        "⟦".repeat(20_000) + words,
    ];
    for text in shapes {
        let rewriting = rewriting(&text);
        let joined: String = rewriting.pieces.iter().map(|piece| &text[piece.range.clone()]).collect();
        assert_eq!(joined, text);
        assert!(rewriting.sections().all(|section| section.sent().chars().count() <= 6_000));
    }
}
