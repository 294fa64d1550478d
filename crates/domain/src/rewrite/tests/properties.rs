//! What holds for every chapter of the bundled book, and for texts from seeds.

use std::collections::BTreeMap;

use super::super::{Answer, Outcome, Rewriting, verify};
use super::{CHAPTERS, titles};
use crate::book::{ChapterSource, Words};
use crate::personalise::personalise;
use crate::profile::{Background, Level, Robotics};
use crate::replica::random::Random;

fn backgrounds() -> [Background; 3] {
    let somebody_new = Background::of_somebody_new();
    let mut between = Background::of_somebody_new();
    between.software_experience.insert("python".into(), Level::Intermediate);
    between.software_experience.insert("ros2".into(), Level::Beginner);
    between.robotics_experience = Robotics::SimulationOnly;
    between.hardware_access.insert("gpu_nvidia".into());
    let mut expert = Background::of_somebody_new();
    for level in expert.software_experience.values_mut() {
        *level = Level::Advanced;
    }
    expert.robotics_experience = Robotics::RealHardware;
    expert.hardware_access.insert("jetson_orin".into());
    expert.learning_goals.insert("academic_research".into());
    [somebody_new, between, expert]
}

/// Every section given back as it was sent. Gives how many there were.
fn assert_identity_comes_through(markdown: &str, background: &Background, budget_chars: usize) -> usize {
    let rewriting = Rewriting::of(markdown, background, &titles(), budget_chars);
    let joined: String = rewriting.pieces.iter().map(|piece| &markdown[piece.range.clone()]).collect();
    assert_eq!(joined, markdown, "the pieces are not the text");
    let mut outcomes = BTreeMap::new();
    for section in rewriting.sections() {
        let answer = Answer { text: section.sent(), finish_reason: Some("stop") };
        match section.judge(&answer) {
            Ok(text) => {
                assert_eq!(text, section.text(), "{markdown:?}");
                outcomes.insert(section.number(), Outcome::Rewritten(text));
            }
            Err(refusal) => panic!("{refusal}\n{:?}\nin {markdown:?}", section.sent()),
        }
    }
    let count = outcomes.len();
    let whole = rewriting.assemble(&outcomes, "m").unwrap();
    assert_eq!((&*whole.text, whole.rewritten_sections), (markdown, 0));
    // The marks around every section must change nothing either.
    let kept = outcomes.keys().map(|number| (*number, Outcome::Kept("x --> y".into()))).collect();
    let marked =
        rewriting.assemble(&kept, "m").unwrap_or_else(|refusal| panic!("{refusal}\nin {markdown:?}"));
    assert!(marked.kept.len() >= count);
    verify(markdown, &marked.text).unwrap();
    count
}

#[test]
fn every_chapter_of_the_book_given_back_as_it_is_comes_through_unchanged() {
    for (file, source) in CHAPTERS {
        let source = ChapterSource::parse(file, source, &Words::of_form()).unwrap();
        for background in backgrounds() {
            let markdown = personalise(&source, &background);
            let sections = assert_identity_comes_through(&markdown, &background, 6_000);
            assert!(sections > 10, "{file}: {sections}");
        }
        let short =
            assert_identity_comes_through(&personalise(&source, &backgrounds()[0]), &backgrounds()[0], 900);
        assert!(short > 30, "{file}: {short}");
    }
}

#[rustfmt::skip]
const PIECES: &[&str] = &[
    "A robot moves its arm towards the cup and waits until somebody takes it. ", "The wheels turn slowly when the battery is low. ",
    "Some words. ", "one ", "\n", "\n\n", "\n\n", "\n\n> ", "\n> ", "\n- ", "\n* ", "\n1. ", "\n7) ", "\n# Heading ", "\n## Other {#id .c}\n",
    "\nSetext\n---\n", "\n===\n", "\n    ", "\n```html\n", "\n```\n", "\n~~~\n", "`code`", "``", "*", "**", "_", "~~", "[text](http://x.example \"t\")",
    "[text][x]", "[x]", "](", "![alt](a.png \"title\")", "\n\n![alt](a.png)\n\n", "[^1]", "\n\n[^1]: A note.\n\n", "\n\n[x]: /url \"t\"\n", "\n\n[x]: /other\n",
    "<", ">", "<kbd>", "</kbd>", "<!-- c -->", "\n\n<!-- primer:begin id=a when=\"x\" -->\n\n", "\n\n<!-- primer:end id=a -->\n\n", "-->", "<!--", "&lt;b&gt;",
    "&#x202e;", "&amp;", "\\", "\\*", "|", "\n\n| a | b |\n|---|---|\n| c | d |\n\n", "$", "$x+1$", "\n\n$$y$$\n\n", "\n> [!NOTE]\n> ", "\n> [!TIP]\n> **Title**\n>\n> ",
    "\n---\n", "\n***\n", "\r\n", "\r", "\0", "\u{200b}", "\u{202e}", "é", "\t", "<https://x.example>", "https://bare.example/a_b*c*", "www.x.example.", "⟦", "⟧", "⟦1⟧",
    "\n- [x] done ", "\n- [ ] open ", "\n  ", "\n   ", "\n\n<details>\n<summary>S</summary>\n\n", "\n\n</details>\n\n", "<script>", "</script>", "\\\n", "  \n",
    "As an AI, I cannot help. ", "Here is the rewritten text:\n\n", "Every fact, number, unit, name, warning and claim. ", "سلام به همه\u{200c}ی خوانندگان این کتاب. ",
    "Ein Roboter bewegt seinen Arm und wartet, bis jemand die Tasse nimmt. ", "机器人慢慢地移动它的手臂。", "\n---\ntitle: x\n---\n", "{#a}", "!", "[!NOTE]",
];

pub(super) fn document(random: &mut Random) -> String {
    let mut text = String::new();
    if random.chance(12) {
        text.push_str("---\ntitle: x\n---\n");
    }
    for _ in 0..random.below(40) {
        match random.below(3) {
            0 => text.push_str(PIECES[random.below(3) as usize]),
            _ => text.push_str(random.pick::<&str>(PIECES)),
        }
    }
    text
}

#[test]
fn a_thousand_texts_from_seeds_given_back_as_they_are_come_through_unchanged() {
    let background = Background::of_somebody_new();
    let mut sections = 0;
    for seed in 0..1_000 {
        let mut random = Random::seeded(seed);
        let markdown = document(&mut random);
        let budget_chars = 200 + random.below(2_000) as usize;
        sections += assert_identity_comes_through(&markdown, &background, budget_chars);
    }
    assert!(sections > 500, "{sections}");
}
