//! The book that comes with the program, held against what it promises to readers and what the form promises of it.

use std::collections::{BTreeMap, BTreeSet};

use primer_domain::book::check::check;
use primer_domain::book::{Chapter, ChapterSource, Node, Words};
use primer_domain::ids::TextDigest;
use primer_domain::personalise::{original, personalise, unmarked};
use primer_domain::profile::{Background, Draft, Origin};
use primer_domain::render::{RenderOptions, Rendered, render};
use primer_engine::bookshelf::{BookSource, Bookshelf};
use serde_json::{Value, json};

use crate::world::seeded::Seeded;

fn shelf() -> Bookshelf {
    let shelf = Bookshelf::open(BookSource::Bundled).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(
        shelf.book.chapters.iter().map(|chapter| chapter.id.0).collect::<Vec<_>>(),
        [1, 2, 3, 4, 5, 6]
    );
    shelf
}

fn background(value: &Value) -> Background {
    serde_json::from_value::<Draft>(value.clone()).unwrap().validate(Origin::Form).unwrap()
}

fn backgrounds(seed: u64, count: usize) -> Vec<Background> {
    let mut seeded = Seeded::new(seed);
    (0..count).map(|_| background(&seeded.background())).collect()
}

fn rendered(shelf: &Bookshelf, markdown: &str) -> Rendered {
    render(markdown, &RenderOptions { asset_base: "", chapter_of_file: &shelf.chapter_of_file })
}

/// What every reader sees: the text outside all conditional blocks.
fn common(chapter: &Chapter) -> String {
    fn text(nodes: &[Node], out: &mut String) {
        for node in nodes {
            match node {
                Node::Text(lines) => out.push_str(lines),
                Node::Admonition { body, .. } => text(body, out),
                Node::Chain(_) => out.push('\n'),
            }
        }
    }
    let mut out = String::new();
    text(&chapter.source.nodes, &mut out);
    out
}

/// The lines of a Markdown text that are not code.
fn outside_code(markdown: &str) -> Vec<&str> {
    let mut within = false;
    let mut lines = Vec::new();
    for line in markdown.lines() {
        if line.trim_start_matches([' ', '>']).starts_with("```") {
            within = !within;
        } else if !within {
            lines.push(line);
        }
    }
    assert!(!within, "a code fence is never closed");
    lines
}

/// The part of a text below the heading with this id, up to the next of its level.
fn section<'a>(text: &'a str, id: &str, file: &str) -> &'a str {
    let marker = format!("{{#{id}}}\n");
    let (_, after) = text.split_once(&marker).unwrap_or_else(|| panic!("{file} has no section {id}"));
    after.split("\n## ").next().unwrap()
}

#[test]
fn every_chapter_has_1500_words_or_more_for_every_reader() {
    let shelf = shelf();
    for chapter in &shelf.book.chapters {
        let words = rendered(&shelf, &common(chapter)).words;
        assert!(words >= 1500, "{}: {words} words outside conditional blocks", chapter.file);
    }
}

#[test]
fn every_chapter_has_the_parts_of_a_textbook_chapter_for_every_reader() {
    for chapter in &shelf().book.chapters {
        let (file, text) = (&chapter.file, common(chapter));
        let objectives = section(&text, "objectives", file);
        assert!(objectives.lines().filter(|line| line.starts_with("- ")).count() >= 3, "{file}: objectives");
        let examples = text.lines().filter(|line| line.starts_with("```") && line.ends_with(" run")).count();
        assert!(examples >= 2, "{file}: {examples} worked code examples");
        assert!(outside_code(&text).contains(&"$$"), "{file}: no display formula");
        let exercises = section(&text, "exercises", file);
        let hidden = exercises.matches("<details>").count();
        assert!(hidden >= 5, "{file}: {hidden} exercises with a hidden answer");
        assert_eq!(hidden, exercises.matches("</details>").count(), "{file}");
        assert_eq!(hidden, exercises.matches("<summary>").count(), "{file}");
        let reading = section(&text, "further-reading", file);
        assert!(
            reading.lines().filter(|line| line.starts_with("- ")).count() >= 3,
            "{file}: further reading"
        );
        assert!(text.contains(".svg"), "{file}: no figure");
    }
}

#[test]
fn nothing_in_the_book_is_missing_and_no_block_can_never_show() {
    let shelf = shelf();
    assert_eq!(shelf.missing_references(), []);
    let report = check(&shelf.book);
    assert_eq!(report.never_shown, []);
    assert_eq!(report.too_many_combinations, []);
    assert_eq!(report.unused_answers, [""; 0]);
}

/// Every answer of the form and every step between two levels, as what to change in a background.
fn steps() -> Vec<(String, bool, Value, Value)> {
    let levels = ["none", "beginner", "intermediate", "advanced"];
    let mut steps = Vec::new();
    for skill in ["python", "cpp", "ros2", "typescript"] {
        let at = |level: &str| json!({"skill": skill, "level": level});
        steps.push((format!("{skill} none → advanced"), true, at("none"), at("advanced")));
        for pair in levels.windows(2) {
            steps.push((format!("{skill} {} → {}", pair[0], pair[1]), false, at(pair[0]), at(pair[1])));
        }
    }
    for (from, to) in [("none", "simulation_only"), ("simulation_only", "real_hardware")] {
        steps.push((
            format!("robotics {from} → {to}"),
            true,
            json!({"robotics": from}),
            json!({"robotics": to}),
        ));
    }
    for (field, items) in [
        (
            "hardware_access",
            &["gpu_nvidia", "jetson_nano", "jetson_orin", "robot_kit", "lidar", "camera_depth"][..],
        ),
        ("learning_goals", &["career_change", "academic_research", "hobby", "professional_dev"][..]),
    ] {
        for item in items {
            let with = |has: bool| json!({"field": field, "item": item, "has": has});
            steps.push((format!("{field} {item}"), true, with(false), with(true)));
        }
    }
    steps
}

fn with_answer(mut background: Background, answer: &Value) -> Background {
    let text = |key: &str| answer[key].as_str().map(str::to_owned);
    if let Some(skill) = text("skill") {
        let level = primer_domain::profile::Level::parse(&text("level").unwrap()).unwrap();
        background.software_experience.insert(skill, level);
    } else if let Some(robotics) = text("robotics") {
        background.robotics_experience = primer_domain::profile::Robotics::parse(&robotics).unwrap();
    } else {
        let items = match text("field").as_deref() {
            Some("hardware_access") => &mut background.hardware_access,
            _ => &mut background.learning_goals,
        };
        let item = text("item").unwrap();
        if answer["has"] == true {
            items.insert(item)
        } else {
            items.remove(&item)
        };
    }
    background
}

#[test]
fn every_answer_of_the_form_changes_text_in_four_chapters_and_every_step_in_one() {
    let shelf = shelf();
    let mut bases = backgrounds(4, 40);
    bases.push(Background::of_somebody_new());
    let mut wanting = Vec::new();
    for (name, is_answer, before, after) in steps() {
        let changes = |chapter: &&Chapter| {
            bases.iter().any(|base| {
                let text = |answer: &Value| unmarked(&chapter.source, &with_answer(base.clone(), answer));
                text(&before) != text(&after)
            })
        };
        let changed = shelf.book.chapters.iter().filter(changes).count();
        if changed < if is_answer { 4 } else { 1 } {
            wanting.push(format!("{name}: changes {changed} chapters"));
        }
    }
    assert_eq!(wanting, [""; 0]);
}

#[test]
fn two_hundred_backgrounds_get_complete_texts_and_the_same_ones_each_time() {
    let (shelf, again) = (shelf(), shelf());
    let mut different: BTreeMap<u32, BTreeSet<TextDigest>> = BTreeMap::new();
    for background in backgrounds(200, 200) {
        for (chapter, reparsed) in shelf.book.chapters.iter().zip(&again.book.chapters) {
            let text = personalise(&chapter.source, &background);
            assert_eq!(text, personalise(&chapter.source, &background), "{}", chapter.file);
            assert_eq!(text, personalise(&reparsed.source, &background), "{}", chapter.file);
            different.entry(chapter.id.0).or_default().insert(TextDigest::of(text.as_bytes()));
            assert_complete(&text, &chapter.file);
        }
    }
    for (chapter, texts) in different {
        assert!(texts.len() > 150, "chapter {chapter} has only {} texts for 200 readers", texts.len());
    }
}

fn assert_complete(text: &str, file: &str) {
    let mut open: Vec<&str> = Vec::new();
    for line in outside_code(text) {
        let line = line.trim_start_matches(['>', ' ']);
        assert!(!line.starts_with(":::"), "{file}: a directive is left: {line}");
        if let Some(mark) = line.strip_prefix("<!-- primer:begin id=") {
            open.push(mark.split(' ').next().unwrap());
            assert!(
                mark.contains("when=\"") && mark.contains("because=\"") && mark.ends_with(" -->"),
                "{line}"
            );
        } else if let Some(mark) = line.strip_prefix("<!-- primer:end id=") {
            assert_eq!(open.pop(), mark.split(' ').next(), "{file}: marks are balanced");
        }
    }
    assert_eq!(open, [""; 0], "{file}: a mark is never closed");
    assert!(text.ends_with('\n') && !text.ends_with("\n\n") && !text.contains('\r'), "{file}");
    assert!(text.starts_with("# "), "{file}: begins with its title");
}

#[test]
fn what_a_reader_gets_reads_back_as_markdown_without_directives() {
    let words = Words::of_form();
    for background in backgrounds(7, 10) {
        for chapter in &shelf().book.chapters {
            let text = personalise(&chapter.source, &background);
            let source = ChapterSource::parse(&chapter.file, &text, &words).unwrap();
            assert!(source.nodes.iter().all(|node| matches!(node, Node::Text(_))), "{}", chapter.file);
        }
    }
}

/// The values of an attribute in a page.
fn attributes<'a>(html: &'a str, start: &str) -> Vec<&'a str> {
    html.split(start).skip(1).map(|rest| rest.split('"').next().unwrap()).collect()
}

#[test]
fn fifty_backgrounds_see_every_formula_every_picture_and_no_dead_link() {
    let shelf = shelf();
    let backgrounds = backgrounds(50, 50);
    std::thread::scope(|scope| {
        for half in backgrounds.chunks(25) {
            let shelf = &shelf;
            scope.spawn(move || {
                for background in half {
                    for chapter in &shelf.book.chapters {
                        // Colouring the code takes nine tenths of the time and hides none of what is looked for.
                        let text =
                            personalise(&chapter.source, background).replace("```python run\n", "```\n");
                        let text =
                            text.replace("```cpp run\n", "```\n").replace("```typescript run\n", "```\n");
                        assert_page(shelf, chapter, &rendered(shelf, &text));
                    }
                }
            });
        }
    });
    for chapter in &shelf.book.chapters {
        assert_page(&shelf, chapter, &rendered(&shelf, &original(&chapter.source)));
    }
}

fn assert_page(shelf: &Bookshelf, chapter: &Chapter, page: &Rendered) {
    let (file, html) = (&chapter.file, &page.html);
    if let Some((_, broken)) = html.split_once("math-error\">") {
        panic!("{file}: a formula can't be read: {}", broken.split('<').next().unwrap());
    }
    if let Some((_, missing)) = html.split_once("missing-picture\">") {
        panic!("{file}: a picture is missing: {}", missing.split('<').next().unwrap());
    }
    assert!(html.contains("<math display=\"block\">"), "{file}: no display formula");
    let pictures = attributes(html, "<img src=\"");
    assert!(!pictures.is_empty(), "{file}: no figure");
    for picture in pictures {
        assert!(shelf.picture(picture).unwrap().is_some(), "{file}: {picture}");
    }
    let ids: BTreeSet<&str> = attributes(html, " id=\"").into_iter().collect();
    assert_eq!(ids.len(), attributes(html, " id=\"").len(), "{file}: an id is used twice");
    for link in attributes(html, " href=\"#") {
        if let Some(other) = link.strip_prefix("/chapter/") {
            let number = other.split(['/', '#', '?']).next().unwrap();
            assert!(
                ["1", "2", "3", "4", "5", "6"].contains(&number),
                "{file}: the link {link} leads nowhere"
            );
            continue;
        }
        assert!(ids.contains(link), "{file}: the link #{link} leads nowhere");
    }
    // What looks like Markdown that was not understood.
    for left in ["**", "](", "{#", "$$", "&lt;details", "[^"] {
        let prose = without(html, "<pre", "</pre>");
        let prose = without(&without(&prose, "<code", "</code>"), "<annotation", "</annotation>");
        assert!(!prose.contains(left), "{file}: “{left}” is left in the page near {:?}", near(&prose, left));
    }
}

/// What stands around a part of a text.
fn near<'a>(text: &'a str, part: &str) -> Option<&'a str> {
    let at = text.find(part)?;
    let (before, after) = text.split_at(at);
    let start = before.char_indices().rev().nth(60).map_or(0, |(index, _)| index);
    let end = after.char_indices().nth(60).map_or(after.len(), |(index, _)| index);
    text.get(start..at + end)
}

fn without(html: &str, open: &str, close: &str) -> String {
    let mut out = String::new();
    for (index, piece) in html.split(open).enumerate() {
        out.push_str(if index == 0 { piece } else { piece.split_once(close).map_or("", |(_, after)| after) });
    }
    out
}

/// Reads each figure as XML and prints what is wrong with it.
const LOOK_AT_FIGURES: &str = r#"
import sys, re, xml.etree.ElementTree as ET
for name in sys.argv[1:]:
    try:
        root = ET.parse(name).getroot()
    except ET.ParseError as error:
        print(name, "is not well-formed:", error); continue
    if root.tag != "{http://www.w3.org/2000/svg}svg": print(name, "is no SVG:", root.tag)
    if "viewBox" not in root.attrib: print(name, "has no viewBox")
    for element in root.iter():
        tag = element.tag.split("}")[-1].lower()
        if tag in ("script", "foreignobject", "a", "image", "use", "iframe", "animate", "set"): print(name, "has a", tag)
        for key, value in element.attrib.items():
            key = key.split("}")[-1].lower()
            if key.startswith("on") or key in ("href", "src"): print(name, "has an attribute", key)
            if re.search(r"url\(\s*['\"]?(?!#)|javascript:|https?:", value): print(name, "points outside:", value)
        if tag == "style" and re.search(r"@import|url\(\s*['\"]?(?!#)", element.text or ""): print(name, "styles from outside")
"#;

#[test]
fn every_figure_is_a_picture_of_the_books_own_that_does_nothing() {
    let shelf = shelf();
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../book");
    let mut figures = BTreeSet::new();
    for chapter in &shelf.book.chapters {
        let references = primer_domain::book::references::References::of(&chapter.source);
        assert!(references.pictures.iter().any(|name| name.ends_with(".svg")), "{}: no figure", chapter.file);
        figures.extend(references.pictures);
    }
    let unused: Vec<String> = crate::world::folders::files(&folder.join("figures"))
        .into_keys()
        .map(|name| format!("figures/{name}"))
        .filter(|name| !figures.contains(name))
        .collect();
    assert_eq!(unused, [""; 0], "figures that no chapter shows");
    let output = std::process::Command::new("python3")
        .args(["-c", LOOK_AT_FIGURES])
        .args(figures.iter().map(|name| folder.join(name)))
        .output()
        .expect("python3 is missing: run cargo xtask test, which installs it");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(String::from_utf8_lossy(&output.stdout), "");
}

#[test]
fn every_figure_is_described_for_those_who_cannot_see_it() {
    for chapter in &shelf().book.chapters {
        for figure in common(chapter).split("![").skip(1) {
            let (description, _) = figure.split_once("](").unwrap();
            assert!(description.split_whitespace().count() >= 5, "{}: {description:?}", chapter.file);
        }
    }
}
