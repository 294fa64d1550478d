//! Thousands of answers that are nearly right. Whatever of them comes through is, on the page, the same in all but words.

use std::collections::BTreeMap;

use super::super::{Outcome, verify};
use super::properties::document;
use super::{CHAPTER, CHAPTERS, judged, rewriting};
use crate::book::{ChapterSource, Words};
use crate::personalise::personalise;
use crate::profile::Background;
use crate::render::{RenderOptions, render};
use crate::replica::random::Random;

#[rustfmt::skip]
const SPLINTERS: &[&str] = &[
    " ", "\n", "\n\n", "\n> ", "\n- ", "\n1. ", "\n# ", "\n## x\n", "\n---\n", "\n===\n", "\n    ", "\t", "```", "\n```\n", "~~~", "`", "``", "*", "**", "_", "~~",
    "[", "]", "](", "](http://e.example)", "[m]", "[x][m]", "[^why]", "\n\n[m]: /e\n\n", "\n\n[x]: /e\n\n", "\n\n[^why]: e\n\n", "![", "<", ">", "<b>", "</b>", "</kbd>", "<kbd>",
    "<!--", "-->", "<!-- primer:end id=pace -->", "\n\n<!-- primer:kept reason=\"e\" -->\n\n", "<https://e.example>", "https://e.example", "www.e.example", "&lt;", "&#60;b&#62;",
    "&amp;", "\\", "|", "\n|a|b|\n|-|-|\n", "$", "$$", "$e$", "⟦", "⟧", "⟦1⟧", "⟦4⟧", "⟦7⟧", "⟦11⟧", "[!TIP]", "\n> [!NOTE]\n> ", "word ", "Another short sentence. ", "{#e}", ":",
    "\u{202e}", "\u{200b}", "\0", "\r", "é", "\\\n", "  \n", "[ ] ", "\n<div>\n", "\n</div>\n", "javascript:alert(1)",
];

/// What the page shows besides words, in order: each opening tag that is not emphasis or a paragraph, and code, formulas
/// and headings whole.
fn shown(markdown: &str) -> Vec<String> {
    let page = render(
        markdown,
        &RenderOptions { asset_base: "", chapter_of_file: &BTreeMap::from([("02-ros2.md".to_owned(), 2)]) },
    );
    let mut shown: Vec<String> =
        page.headings.iter().map(|it| format!("{}{}{}", it.level, it.id, it.text)).collect();
    shown.extend(page.blocks.iter().map(|block| format!("{block:?}")));
    let mut rest = &*page.html;
    while let Some((_, from)) = rest.split_once('<') {
        let name: String = from.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '/').collect();
        let whole = matches!(
            &*name,
            "a" | "code" | "pre" | "math" | "h1" | "h2" | "h3" | "h4" | "h5" | "h6" | "figure" | "table"
        );
        let end = if whole { from.find(&format!("</{name}>")) } else { from.find('>') };
        let (element, after) = from.split_at(end.unwrap_or(from.len()));
        if !matches!(&*name, "p" | "/p" | "em" | "/em" | "strong" | "/strong" | "br" | "span" | "/span") {
            shown.push(element.to_owned());
        }
        rest = after;
    }
    shown
}

fn mutated(random: &mut Random, sent: &str) -> String {
    let mut text: Vec<char> = sent.chars().collect();
    for _ in 0..=random.below(3) {
        let at = random.below(text.len() as u64 + 1) as usize;
        let until = (at + random.below(12) as usize).min(text.len());
        match random.below(6) {
            0 => drop(text.drain(at..until)),
            1 => {
                let piece: Vec<char> = text[at..until].to_vec();
                let to = random.below(text.len() as u64 + 1) as usize;
                text.splice(to..to, piece);
            }
            2 => {
                let lines: Vec<usize> = (0..text.len()).filter(|it| text[*it] == '\n').collect();
                let at = lines.get(random.below(lines.len().max(1) as u64) as usize).copied().unwrap_or(at);
                text.splice(at..at, random.pick::<&str>(SPLINTERS).chars());
            }
            _ => drop(text.splice(at..at, random.pick::<&str>(SPLINTERS).chars())),
        }
    }
    text.into_iter().collect()
}

#[test]
fn whatever_comes_through_of_thousands_of_mutated_answers_shows_the_same_page_in_other_words() {
    let rewriting = rewriting(CHAPTER);
    let section = super::only(&rewriting);
    let expected = shown(CHAPTER);
    let (mut accepted, mut refused) = (0, BTreeMap::<String, usize>::new());
    for seed in 0..4_000 {
        let answer = mutated(&mut Random::seeded(seed), section.sent());
        match judged(section, &answer) {
            Ok(text) => {
                accepted += 1;
                let whole = CHAPTER.replace(section.text(), &text);
                assert_eq!(shown(&whole), expected, "seed {seed}: {answer}");
                let outcomes = BTreeMap::from([(section.number(), Outcome::Rewritten(text))]);
                let marked = rewriting
                    .assemble(&outcomes, "m")
                    .unwrap_or_else(|refusal| panic!("seed {seed}: {refusal}\n{answer}"));
                assert_eq!(shown(&marked.text), expected, "seed {seed}: {answer}");
                verify(CHAPTER, &marked.text).unwrap();
            }
            Err(refusal) => *refused.entry(refusal.to_string()).or_default() += 1,
        }
    }
    assert!(accepted > 500 && refused.len() > 15, "{accepted} {refused:#?}");
}

#[test]
fn the_same_holds_for_texts_that_are_themselves_from_seeds() {
    let mut accepted = 0;
    for seed in 0..1_000 {
        let mut random = Random::seeded(seed);
        let markdown = document(&mut random);
        let rewriting = rewriting(&markdown);
        let expected = shown(&markdown);
        let mut outcomes = BTreeMap::new();
        for section in rewriting.sections() {
            let answer = mutated(&mut random, section.sent());
            if let Ok(text) = judged(section, &answer) {
                accepted += 1;
                // Together with what came through of the sections before it.
                outcomes.insert(section.number(), Outcome::Rewritten(text));
                let marked = rewriting
                    .assemble(&outcomes, "m")
                    .unwrap_or_else(|refusal| panic!("seed {seed}: {refusal}\n{answer}\nin {markdown:?}"));
                assert_eq!(shown(&marked.text), expected, "seed {seed}: {answer:?}\nin {markdown:?}");
            }
        }
    }
    assert!(accepted > 150, "{accepted}");
}

#[test]
fn the_same_holds_for_the_chapters_of_the_book_with_all_their_sections_rewritten_at_once() {
    let background = Background::of_somebody_new();
    let mut accepted = 0;
    for (file, source) in CHAPTERS {
        let source = ChapterSource::parse(file, source, &Words::of_form()).unwrap();
        let markdown = personalise(&source, &background);
        let rewriting = rewriting(&markdown);
        let mut random = Random::seeded(7);
        let mut outcomes = BTreeMap::new();
        for section in rewriting.sections() {
            if let Ok(text) = judged(section, &mutated(&mut random, section.sent())) {
                outcomes.insert(section.number(), Outcome::Rewritten(text));
            }
        }
        accepted += outcomes.len();
        let marked = rewriting.assemble(&outcomes, "m").unwrap();
        assert_eq!(shown(&marked.text), shown(&markdown), "{file}");
        verify(&markdown, &marked.text).unwrap();
    }
    assert!(accepted > 30, "{accepted}");
}

#[test]
fn a_whole_text_that_was_changed_on_its_way_and_is_still_believed_shows_the_same_page() {
    let rewriting = rewriting(CHAPTER);
    let number = super::only(&rewriting).number();
    let kept = BTreeMap::from([(number, Outcome::Kept("So.".into()))]);
    let marked = rewriting.assemble(&kept, "m").unwrap().text;
    let expected = shown(CHAPTER);
    let mut believed = 0;
    for seed in 0..3_000 {
        let text = mutated(&mut Random::seeded(seed), &marked);
        if verify(CHAPTER, &text).is_ok() {
            believed += 1;
            assert_eq!(shown(&text), expected, "seed {seed}: {text}");
        }
    }
    assert!(believed > 200, "{believed}");
}
