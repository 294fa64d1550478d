//! Each rule of the guard, by answers that break just this one.

use super::super::{Answer, Kind, Refusal};
use super::{CHAPTER, judged, only, rewriting};

/// The section of the chapter, changed.
fn changed(from: &str, to: &str) -> Result<String, Refusal> {
    let rewriting = rewriting(CHAPTER);
    let section = only(&rewriting);
    assert_eq!(section.sent().matches(from).count(), 1, "{from} in {}", section.sent());
    judged(section, &section.sent().replace(from, to))
}

/// Words put at the end of the first paragraph.
fn with_words(words: &str) -> Result<String, Refusal> {
    changed("when you need it.", &format!("when you need it.{words}"))
}

#[test]
fn a_section_is_sent_as_prose_with_everything_else_as_a_placeholder() {
    let rewriting = rewriting(CHAPTER);
    let section = only(&rewriting);
    assert_eq!(section.heading(), Some("Wheels and words"));
    assert_eq!(
        section.sent(),
        "A small robot rolls down a corridor and measures the distance to the walls ten times a second. The wheel controller wants a new speed ⟦1⟧ fifty times a second, and ⟦2⟧ says how fast the rim of a wheel moves. Look it up in ⟦3⟧ when you need it.\n\n\
         ⟦4⟧\n\n\
         > ⟦5⟧\n>\n> Turn one wheel by hand and watch how the whole robot turns around the other one⟦6⟧.\n\n\
         What follows is a list of the things that have to work before the robot may move on its own:\n\n\
         - The scanner sends its measurements without a gap, and every one of them has a time.\n\
         - The brakes hold on the steepest ramp of the building, also when the battery is empty.\n\n\
         ⟦7⟧\n\n\
         The key ⟦8⟧Esc⟦9⟧ stops the robot at once, whatever it is doing, and a reference such as ⟦10⟧ says why."
    );
}

#[test]
fn other_words_and_other_paragraphs_come_through_with_everything_in_its_place() {
    let rewriting = rewriting(CHAPTER);
    let section = only(&rewriting);
    let answer = "Picture a *little* robot in a corridor. Ten times a second it measures how far the walls are.\n\nFifty times a second the controller of the wheels asks for a new speed, ⟦ 1 ⟧. How fast a rim moves is ⟦2⟧, and ⟦3⟧ tells you more.\n⟦4⟧\n> ⟦5⟧\n>\n> Turn a wheel by hand. The robot turns around the **other** one⟦6⟧.\n\nBefore the robot may move on its own, all of this has to work:\n\n- The scanner sends what it measures without a gap.\n  Every measurement has a time.\n\n- The brakes hold on the steepest ramp, also when the battery is empty.\n⟦7⟧\nPress ⟦8⟧Esc⟦9⟧ and the robot stops at once, whatever it is doing. See ⟦10⟧ for the reason.";
    let text = judged(section, answer).unwrap();
    assert!(text.contains("asks for a new speed, `cmd_vel`. How fast"), "{text}");
    // The empty lines around blocks that a model dropped are there again.
    assert!(
        text.contains("tells you more.\n\n![Two wheels]")
            && text.contains("Figure 1. Two wheels.\")\n\n> [!TIP]\n> **Try it**\n>\n> Turn"),
        "{text}"
    );
    assert!(text.contains("is empty.\n\n```bash\nros2 topic echo /scan\n```\n\n| Part"), "{text}");
    assert!(text.contains("| Wheel | 4 |\n\nPress <kbd>Esc</kbd>"), "{text}");
}

#[test]
fn every_placeholder_must_be_there_once_and_in_order() {
    assert_eq!(changed("⟦2⟧", "it"), Err(Refusal::PlaceholderMissing(2)));
    assert_eq!(changed("⟦2⟧", "⟦2⟧ or ⟦2⟧"), Err(Refusal::PlaceholderRepeated(2)));
    assert_eq!(with_words(" ⟦11⟧"), Err(Refusal::PlaceholderInvented));
    assert_eq!(with_words(" ⟦0⟧"), Err(Refusal::PlaceholderInvented));
    assert_eq!(changed("⟦10⟧", "⟦010⟧").unwrap_or_default().matches("[the manual][m]").count(), 1);
    for mangled in ["⟦x⟧", "⟦1", "1⟧", "⟦⟧", "⟦+3⟧", "⟦1.5⟧", "⟦99999999999999999999999⟧", "⟦⟦1⟧⟧"]
    {
        assert_eq!(with_words(mangled), Err(Refusal::PlaceholderInvented), "{mangled}");
    }
    let rewriting = rewriting(CHAPTER);
    let section = only(&rewriting);
    let swapped = section.sent().replace("⟦1⟧", "⟦x⟧").replace("⟦2⟧", "⟦1⟧").replace("⟦x⟧", "⟦2⟧");
    assert_eq!(judged(section, &swapped), Err(Refusal::PlaceholderMoved(1)));
}

#[test]
fn a_placeholder_in_the_wrong_place_is_not_the_thing_that_it_stood_for() {
    // A block of code in the middle of a sentence is none, and a picture in one is no figure.
    let rewriting = rewriting(CHAPTER);
    let section = only(&rewriting);
    let inline = section.sent().replace("\n\n⟦7⟧\n\nThe key", " See ⟦7⟧ here. The key");
    assert!(judged(section, &inline).is_err());
    assert_eq!(changed("\n\n⟦4⟧\n\n", " So ⟦4⟧ shows.\n\n"), Err(Refusal::Lost(Kind::Alone)));
    for around in ["*⟦4⟧*", "**⟦4⟧**", "\\\n ⟦4⟧"] {
        assert_eq!(changed("⟦4⟧", around), Err(Refusal::Changed(Kind::Alone)), "{around}");
    }
    assert_eq!(changed("> ⟦5⟧\n>\n", "> Well: ⟦5⟧\n>\n"), Err(Refusal::Lost(Kind::Title)));
    assert!(changed("⟦8⟧Esc⟦9⟧", "\\⟦8⟧Esc⟦9⟧").is_err());
    assert!(changed("⟦2⟧", "$⟦2⟧$").is_err());
    // In other backquotes it is the same code.
    assert!(changed("⟦1⟧", "`⟦1⟧`").is_ok_and(|text| text.contains("speed ``cmd_vel`` fifty")));
    assert!(changed("⟦3⟧", "[⟦3⟧](http://evil.example)").is_err());
}

#[test]
fn no_form_of_link_comes_in() {
    for link in [
        " [x](http://evil.example)",
        " [x](<javascript:alert(1)>)",
        " [x](#top 'title')",
        " [x](02-ros2.md)",
        " <https://evil.example>",
        " <me@evil.example>",
        " <javascript:alert(1)>",
        // The label of a link that the chapter defines three paragraphs below.
        " [m]",
        " [M][]",
        " [x][m]",
    ] {
        assert_eq!(with_words(link), Err(Refusal::Added(Kind::Link)), "{link}");
    }
    for image in [" ![x](figures/a.svg)", " ![x][m]", " ![m]"] {
        assert_eq!(with_words(image), Err(Refusal::Added(Kind::Image)), "{image}");
    }
    for html in [" <a href=\"//evil.example\">x</a>", "\n\n<a href=x>\n"] {
        assert_eq!(with_words(html), Err(Refusal::Added(Kind::Html)), "{html}");
    }
    for definition in ["\n\n[evil]: http://evil.example\n", "\n\n[x]: /y 'z'\n", "\n\n> [x]: /y\n"] {
        assert!(with_words(definition).is_err(), "{definition}");
    }
    for bare in [
        " https://evil.example",
        " HTTP://evil.example",
        " www.evil.example",
        " mailto:a@evil.example",
        " ftp://evil.example",
        " https&#58;//evil.example",
        " https:\\//evil.example",
    ] {
        assert_eq!(with_words(bare), Err(Refusal::Address), "{bare}");
    }
}

#[test]
fn a_second_definition_of_a_link_cannot_turn_a_later_link_elsewhere() {
    for definition in ["[m]: http://evil.example", "[M]: /x", "> - [x]: /x", "[^why]: Because I say so."] {
        assert!(with_words(&format!("\n\n{definition}\n\nSo it goes.")).is_err(), "{definition}");
    }
    // Nor does one that has no effect, or something that is nearly a link.
    let late = CHAPTER.replace(
        "[^why]: Because",
        "It is said in many words that the wheels of this robot do not bend at all.\n\n[^why]: Because",
    );
    let rewriting = rewriting(&late);
    let section = rewriting.sections().last().unwrap();
    let with = |words: &str| judged(section, &format!("{}{words}", section.sent()));
    assert!(with(" So.").is_ok());
    assert_eq!(with("\n\n[m]: http://evil.example"), Err(Refusal::Added(Kind::LinkDefinition)));
    assert_eq!(with(" [x](not an address)"), Err(Refusal::Added(Kind::Link)));
}

#[test]
fn no_html_comes_in_and_nothing_that_looks_like_it() {
    for html in [
        " <b>x</b>",
        " <script>alert(1)</script>",
        "\n\n<script>\nalert(1)\n</script>\n",
        "\n\n<div>\n",
        " <br/>",
        " <!-- x -->",
        "\n\n<!-- primer:kept reason=\"x\" -->\n",
        "\n\n<!-- primer:end id=pace -->\n",
        " <?php ?>",
        " <![CDATA[x]]>",
    ] {
        assert_eq!(with_words(html), Err(Refusal::Added(Kind::Html)), "{html}");
    }
    assert!(with_words("\n\n<!--").is_err());
    for text in [" &lt;script&gt;", " &#60;img src=x&#62;", " \\<b>", " -->", " --&gt;", " <b", " &#x3c;!"] {
        assert_eq!(with_words(text), Err(Refusal::LooksLikeHtml), "{text}");
    }
    assert!(with_words(" 3 < 4 and 5 > 4.").is_ok());
}

#[test]
fn html_in_a_line_keeps_its_paragraph_and_the_emphasis_around_it() {
    assert_eq!(changed("⟦8⟧Esc⟦9⟧", "⟦8⟧*Esc⟦9⟧ there*"), Err(Refusal::Added(Kind::Emphasis)));
    assert_eq!(changed("⟦8⟧Esc⟦9⟧", "⟦8⟧Esc\n\n⟦9⟧"), Err(Refusal::Added(Kind::Prose)));
    assert!(changed("⟦8⟧Esc⟦9⟧", "⟦8⟧**Esc**⟦9⟧").is_ok());
}

#[test]
fn no_heading_comes_or_changes() {
    for heading in
        ["\n\n# New\n", "\n\n###### New\n", "\n\nNew\n===\n\n", "\n\nNew\n---\n\n", "\n# New\n", "\n-"]
    {
        assert!(
            matches!(with_words(heading), Err(Refusal::Added(Kind::Heading))),
            "{heading}: {:?}",
            with_words(heading)
        );
    }
    // The chapter's own headings are not even sent, save those in quotations.
    let quoted = format!(
        "> ## Within {{#w}}\n>\n> {}",
        "The words of this quotation can be said in quite another way. ".repeat(2)
    );
    let rewriting = rewriting(&quoted);
    let section = only(&rewriting);
    assert!(section.sent().starts_with("> ⟦1⟧\n>\n> The words"));
    for answer in [
        section.sent().replace("> ⟦1⟧", "> #⟦1⟧"),
        section.sent().replace("> ⟦1⟧", "⟦1⟧"),
        section.sent().replace("⟦1⟧\n>", "⟦1⟧ more\n>"),
    ] {
        assert!(judged(section, &answer).is_err(), "{answer}");
    }
}

#[test]
fn no_code_comes_in_and_no_fence_swallows_what_follows() {
    for code in [
        "\n\n```\nx\n```\n",
        "\n\n```\nx",
        "\n\n~~~~\nx\n",
        "\n\n    indented\n\n",
        "\n\n\tindented\n\n",
        "\n\n````\n```\nx\n```\n````\n",
    ] {
        assert!(with_words(code).is_err(), "{code}");
    }
    for code in [" `x`", " ``x``"] {
        assert_eq!(with_words(code), Err(Refusal::Added(Kind::Code)), "{code}");
    }
    // An opened piece of code takes the next placeholder with it.
    assert!(with_words(" `").is_ok(), "a single backquote is a character");
    assert!(changed("wants a new speed", "wants a `new speed").is_err());
}

#[test]
fn no_formula_comes_in() {
    for formula in [" $x$", " $$x$$", "\n\n$$\nx\n$$\n"] {
        assert_eq!(with_words(formula), Err(Refusal::Added(Kind::Formula)), "{formula}");
    }
    // A dollar that pairs with nothing is a character.
    assert!(changed("⟦2⟧ says", "$a and ⟦2⟧ says").is_ok_and(|text| text.contains("$a and $v = ")));
}

#[test]
fn no_list_table_footnote_or_line_comes_in() {
    assert_eq!(with_words("\n\n- one\n- two\n\nSo."), Err(Refusal::Added(Kind::List)));
    assert_eq!(with_words("\n\n1. one\n2. two\n\nSo."), Err(Refusal::Added(Kind::List)));
    assert_eq!(with_words("\n\n| a | b |\n|---|---|\n| c | d |\n\nSo."), Err(Refusal::Added(Kind::Table)));
    assert_eq!(with_words("[^why]"), Err(Refusal::Added(Kind::NoteReference)));
    assert_eq!(with_words("[^x]\n\n[^x]: New.\n\nSo."), Err(Refusal::Added(Kind::Note)));
    assert_eq!(with_words("\n\n***\n\nSo."), Err(Refusal::Added(Kind::Rule)));
    assert_eq!(with_words("\n\n> So it is.\n\n"), Err(Refusal::Added(Kind::Quotation)));
    assert_eq!(with_words("\n\n> [!WARNING]\n> So it is.\n\n"), Err(Refusal::Added(Kind::Quotation)));
    assert_eq!(with_words(" ~~So~~"), Err(Refusal::Added(Kind::Strikethrough)));
    assert_eq!(changed("- The brakes", "- It rolls.\n- The brakes"), Err(Refusal::Added(Kind::Item)));
    assert_eq!(changed("- The brakes", "The brakes"), Err(Refusal::Lost(Kind::Item)));
    assert_eq!(changed("- The brakes", "- [x] The brakes"), Err(Refusal::Added(Kind::Checkbox)));
    assert!(
        changed("> Turn one wheel", "Turn one wheel").is_err()
            || changed("> Turn one wheel", "Turn one wheel").is_ok_and(|text| text.contains('>'))
    );
}

#[test]
fn an_admonition_gets_no_title_of_a_models_making() {
    let text = "> [!TIP]\n> Turn one wheel by hand and watch how the whole robot turns around the other one, slowly.\n";
    let rewriting = rewriting(text);
    let section = only(&rewriting);
    assert_eq!(section.sent().lines().next(), Some("> ⟦1⟧"));
    let titled = "> ⟦1⟧\n> **Turn one wheel by hand**\n>\n> Watch how the whole robot turns around the other one, slowly.";
    assert_eq!(judged(section, titled), Err(Refusal::Added(Kind::Title)));
    assert!(judged(section, &titled.replace("hand**", "hand** first.")).is_ok());
    assert_eq!(
        judged(section, &section.sent().replace("> ⟦1⟧\n", "> ⟦1⟧ Well.\n")),
        Err(Refusal::Changed(Kind::Quotation))
    );
}

#[test]
fn what_was_chosen_for_the_reader_stays_between_its_marks() {
    let chapter = "Before it all there are some words that anybody may read and that say very little of interest.\n\n<!-- primer:begin id=a when=\"otherwise\" because=\"\" -->\n\nWithin it there are some words that were chosen for one reader, and so they stay in here.\n\n<!-- primer:end id=a -->\n\nBehind it there are again some words for everybody, and that is the end of this short text.\n";
    let rewriting = rewriting(chapter);
    let section = only(&rewriting);
    assert_eq!(section.sent().matches('⟦').count(), 2);
    assert!(judged(section, section.sent()).is_ok());
    // A paragraph that leaves its block, and one that joins the mark on a line.
    let left = section
        .sent()
        .replace("⟦1⟧\n\nWithin", "Within")
        .replace("in here.\n\n⟦2⟧", "in here.\n\n⟦1⟧\n\n⟦2⟧");
    assert!(judged(section, &left).is_err());
    assert!(judged(section, &section.sent().replace("⟦1⟧\n\nWithin", "⟦1⟧ Within")).is_err());
    assert!(judged(section, &section.sent().replace("⟦1⟧", "> ⟦1⟧")).is_err());
    assert!(judged(section, &section.sent().replace("⟦1⟧", "- ⟦1⟧")).is_err());
}

#[test]
fn the_length_stays_between_60_and_160_percent() {
    let words = "The robot waits at the door until somebody opens it for the robot. ".repeat(10);
    let rewriting = rewriting(&words);
    let section = only(&rewriting);
    let times = |count: usize| {
        judged(section, &"The robot waits at the door until somebody opens it for the robot. ".repeat(count))
    };
    assert_eq!(times(5), Err(Refusal::TooShort { percent: 50 }));
    assert!(times(6).is_ok());
    assert!(times(16).is_ok());
    assert_eq!(times(17), Err(Refusal::TooLong { percent: 170 }));
}

#[test]
fn the_length_is_that_of_the_prose_and_not_of_the_code_beside_it() {
    let code = format!("```text\n{}\n```", "x = 1\n".repeat(300));
    let prose =
        "The robot waits at the door until somebody opens it, and then it goes on to the kitchen. ".repeat(3);
    let text = format!("{prose}\n\n{code}\n\n{prose}\n");
    let rewriting = rewriting(&text);
    let section = only(&rewriting);
    assert_eq!(
        judged(section, "The robot waits.\n\n⟦1⟧\n\nIt goes on."),
        Err(Refusal::TooShort { percent: 5 })
    );
}

#[test]
fn another_language_is_refused() {
    let words = "A node is one participant with one job, such as reading the laser scanner or driving the wheels of the robot.";
    let rewriting = rewriting(words);
    let section = only(&rewriting);
    let german = "Ein Knoten ist ein Teilnehmer mit einer Aufgabe, etwa den Laserscanner zu lesen oder die Räder des Roboters anzutreiben.";
    assert_eq!(judged(section, german), Err(Refusal::Language));
}

#[test]
fn a_model_that_declines_or_talks_is_not_taken_for_a_text() {
    for talk in [
        "I'm sorry, but I can't help with that.",
        "As an AI language model, I do not roll down corridors.",
        "Here's the rewritten section you asked for, with the placeholders kept.",
    ] {
        let rewriting = rewriting(CHAPTER);
        assert_eq!(judged(only(&rewriting), talk), Err(Refusal::Talk), "{talk}");
    }
    assert_eq!(with_words(" I hope this helps!"), Err(Refusal::Talk));
    assert_eq!(with_words(" I&#32;hope this&nbsp;helps!"), Err(Refusal::Talk));
    // The book's own robot may say so.
    let own = "“I'm sorry, but I cannot assist you there”, says the robot, and it rolls away to its charger in the kitchen.";
    let rewriting = rewriting(own);
    assert!(judged(only(&rewriting), own).is_ok());
}

#[test]
fn the_prompt_given_back_is_refused_in_part_too() {
    for echo in [
        " Every fact, number, unit, name, warning and claim.",
        " Say what a thing is for before saying how it works.",
        " say what a thing   is\nfor, before saying",
        " {\"skill\":\"C++\",\"level\":\"none\"},{\"skill\":\"Python\",\"level\":\"none\"}",
    ] {
        assert_eq!(with_words(echo), Err(Refusal::PromptRepeated), "{echo}");
    }
}

#[test]
fn only_an_answer_that_ended_by_itself_counts() {
    let rewriting = rewriting(CHAPTER);
    let section = only(&rewriting);
    let with = |finish_reason| section.judge(&Answer { text: section.sent(), finish_reason });
    assert!(with(Some("stop")).is_ok());
    assert_eq!(with(Some("length")), Err(Refusal::CutOff));
    for unfinished in [None, Some("content_filter"), Some("tool_calls"), Some("")] {
        assert_eq!(with(unfinished), Err(Refusal::Unfinished), "{unfinished:?}");
    }
    for empty in ["", " \n\n", "<think>Hm.</think>\n", "⟦text⟧\n⟦end of text⟧"] {
        assert_eq!(judged(section, empty), Err(Refusal::Empty), "{empty}");
    }
}

#[test]
fn unseen_and_directional_characters_do_not_come_in() {
    for character in [
        '\u{200b}',
        '\u{202e}',
        '\u{2066}',
        '\u{feff}',
        '\u{ad}',
        '\u{200d}',
        '\u{7}',
        '\0',
        '\u{e0041}',
        '\u{2028}',
        '\t',
        '\r',
        '\u{85}',
    ] {
        assert_eq!(with_words(&format!(" so{character}so")), Err(Refusal::Invisible(character.into())));
    }
    assert_eq!(with_words(" so&#x202e;so"), Err(Refusal::Invisible(0x202e)));
    let persian = "ربات می\u{200c}تواند بازوی خود را حرکت دهد و منتظر بماند تا کسی فنجان را بردارد و دوباره به آشپزخانه برود.";
    let rewriting = rewriting(persian);
    let section = only(&rewriting);
    assert!(judged(section, &persian.replace("دوباره", "به\u{200c}زودی")).is_ok());
    assert_eq!(
        judged(section, &persian.replace("دوباره", "\u{202d}دوباره")),
        Err(Refusal::Invisible(0x202d))
    );
}

#[test]
fn what_models_put_around_a_text_is_taken_off_where_it_is_clear() {
    let rewriting = rewriting(CHAPTER);
    let section = only(&rewriting);
    let sent = section.sent();
    for wrapped in [
        format!("\n\n{sent}\n"),
        format!("Here is the section in other words:\n\n{sent}"),
        format!("**Here's the text:**\n\n{sent}"),
        format!("```markdown\n{sent}\n```"),
        format!("Sure! Here you go:\n\n```\n{sent}\n```"),
        format!("⟦text⟧\n{sent}\n⟦end of text⟧"),
        format!("<think>\nThe reader is new.\n</think>\n\n{sent}"),
        format!("The reader is new.\n</think>\n\n{sent}"),
        sent.replace('\n', "\r\n"),
    ] {
        assert_eq!(judged(section, &wrapped).as_deref(), Ok(section.text()), "{wrapped}");
    }
    for unclear in [
        format!("```markdown\n{sent}\n```\n\nI kept it all."),
        format!("```markdown\n{sent}"),
        format!("```python\n{sent}\n```"),
        format!("{sent}\n```\n"),
        format!("Here is the section:\n{}", sent.replace("A small robot", "- A small robot")),
    ] {
        assert!(judged(section, &unclear).is_err(), "{unclear}");
    }
}

#[test]
fn the_brackets_of_placeholders_in_the_text_itself_are_placeholders_too() {
    let text = "In mathematics ⟦x⟧ and ⟦1⟧ stand for many things, and a robot does not care about any of them at all.";
    let rewriting = rewriting(text);
    let section = only(&rewriting);
    assert!(section.sent().starts_with("In mathematics ⟦1⟧x⟦2⟧ and ⟦3⟧1⟦4⟧ stand"), "{}", section.sent());
    assert_eq!(judged(section, section.sent()).as_deref(), Ok(text));
    assert_eq!(judged(section, text), Err(Refusal::PlaceholderInvented));
}

#[test]
fn no_refusal_repeats_what_an_answer_says() {
    for bad in [
        " ⟦evil⟧",
        " [evil](http://evil.example)",
        " <evil>",
        " evil\u{202e}",
        " www.evil.example",
        "\n\n# evil\n",
    ] {
        let refusal = with_words(bad).unwrap_err().to_string();
        assert!(!refusal.contains("evil") && refusal.ends_with('.') && !refusal.contains('\n'), "{refusal}");
    }
}
