//! Text that wants to run in the window: published lists of such strings in every place that Markdown has, and
//! thousands of fragments made by a grammar of the pieces that attacks are made of.

use crate::render::judge::{assert_safe, violations};
use crate::render::{NODE_MODULES, html};

/// Where a payload can stand in a chapter.
fn positions(payload: &str) -> Vec<String> {
    let line = payload.replace(['\n', '\r'], " ");
    vec![
        payload.to_owned(),
        format!("Before {line} behind.\n\nNext."),
        format!("<div>\n{payload}\n</div>\n\nNext."),
        format!("[text]({line})"),
        format!("[text](<{line}>)"),
        format!("![text]({line})"),
        format!("![{line}](a.png \"{line}\")"),
        format!("[x][y]\n\n[y]: {line} '{line}'"),
        format!("<{line}>"),
        format!("<a href=\"{line}\" title='{line}'>x</a> <img src=\"{line}\" alt={line}>"),
        format!("<details id=\"{line}\"><summary>{line}</summary>\n\n{payload}\n\n</details>"),
        format!("# {line} {{#{line} .{line}}}"),
        format!("`{line}` and ``{line}``"),
        format!("```{line}\n{payload}\n```"),
        format!("```html\n{payload}\n```"),
        format!("${line}$ and\n\n$$\n{payload}\n$$"),
        format!("$\\text{{{line}}}$"),
        format!("| {line} | b |\n|---|---|\n| {line} | {line} |"),
        format!("> [!NOTE]\n> **{line}**\n>\n> {line}"),
        format!("x[^{line}] y[^1]\n\n[^{line}]: {line}\n\n[^1]: {line}"),
        format!(
            "<!-- primer:begin id={line} when=\"{line}\" because=\"{line}\" -->\n\nx\n\n<!-- primer:end id={line} -->"
        ),
        format!("<!-- {payload} -->"),
        format!("---\ntitle: {line}\n---\n{payload}"),
        format!("- [x] {line}\n- {line}"),
        format!("<math><mtext>{payload}</mtext></math> <svg>{payload}</svg>"),
        format!("<table><tr><td>\n\n{payload}\n\n</td></tr></table>"),
    ]
}

fn assert_all_positions_safe(payloads: &[String]) -> usize {
    let mut rendered = 0;
    for payload in payloads {
        for source in positions(payload) {
            assert_safe(&html(&source), &source);
            rendered += 1;
        }
    }
    rendered
}

fn strings(path: &str) -> Vec<String> {
    let text = std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{path}: {error}"));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{path}: {error}"))
}

#[test]
fn the_big_list_of_naughty_strings_does_nothing_in_any_place() {
    let payloads = strings(&format!("{NODE_MODULES}/blns/resources/blns.json"));
    assert!(payloads.len() >= 485, "{}", payloads.len());
    assert_eq!(assert_all_positions_safe(&payloads), payloads.len() * 26);
}

/// The same numbers on every computer.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % sides as u64) as usize
    }

    fn one<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[self.roll(of.len())]
    }

    fn word<'a>(&mut self, of: &'a str) -> &'a str {
        self.one(&of.split(' ').collect::<Vec<_>>())
    }
}

const NAMES: &str = "a b p div table tr td th tbody caption colgroup col select option svg math mi mtext mglyph \
    malignmark annotation-xml semantics maction foreignObject desc title style script textarea noscript \
    iframe xmp plaintext noembed template form input button img image br hr pre listing h1 li ul dl dt \
    dd details summary nobr font object embed video audio source base link meta body html head frameset \
    applet marquee isindex keygen animate set use a\0b ScRiPt em ruby rt rp span";

const ATTRIBUTES: &str = "href src onerror onload onclick style id name class xlink:href srcset action formaction srcdoc data \
    background poster encoding xmlns title alt data-block data-language open type http-equiv content \
    target rel dir lang colspan start is slot contenteditable autofocus tabindex ping usemap display \
    width aria-label";

#[rustfmt::skip]
const VALUES: &[&str] = &[
    "javascript:alert(1)", "jAvA\tscript:alert(1)", "&#106;avascript:alert(1)", "data:text/html,<script>alert(1)</script>",
    "vbscript:x", "//evil.example/x", "\\\\evil.example", "http://evil.example/a.png", "book://localhost/../x", "../x.png",
    "%2e%2e/x.png", "a/%252e%252e/x", "figures/a.svg", "x", "b-x", "text/html", "checkbox", "\"><script>alert(1)</script>",
    "'><img src=x onerror=alert(1)>", "expression(alert(1))", "url(javascript:alert(1))", "#x", "#/chapter/1", "02-ros2.md#y",
    "admonition evil", "written-for-you", "hl-keyword", "\u{0}x", "\u{a0}", "é/ü", "C:\\x", "/etc/passwd", "", " ",
];

#[rustfmt::skip]
const PIECES: &[&str] = &[
    "text", " ", "\n", "\n\n", "\n> ", "\n- ", "\n1. ", "\n# ", "\n    ", "\n```html\n", "\n```\n", "`", "``", "*", "**", "_", "~~", "[", "](",
    ")", "![", "[^1]", "\n\n[^1]: ", "\n[x]: ", "<", ">", "</", "/>", "<!--", "-->", "--!>", "<!", "<?", "?>", "<![CDATA[", "]]>",
    "&lt;script&gt;", "&#x3c;", "&amp;", "\\", "|", "\n|a|b|\n|-|-|\n|", "$", "$$", "\\frac{", "\\text{", "\\begin{aligned}", "&", "\\\\",
    "\\end{aligned}", "}", "{", "\n> [!NOTE]\n> ", "\n> **", "\n---\n", "<!-- primer:begin id=a when=\"x\" -->\n\n",
    "\n\n<!-- primer:end id=a -->\n\n", "\n\n<!-- primer:begin id=b -->", "\0", "\r", "\u{2028}", "é", "\t", "<https://x.example>", "{#x}",
    "\"", "'", "=", "</p>", "</div>", "</table>", "</details>", "<br>", "<p>", "\n\n<details>\n\n", "\n\n</details>\n\n",
];

fn fragment(dice: &mut Dice) -> String {
    let mut text = String::new();
    for _ in 0..=dice.roll(24) {
        match dice.roll(10) {
            0..=3 => {
                text.push('<');
                text.push_str(dice.word(NAMES));
                for _ in 0..dice.roll(4) {
                    let quote = dice.one(&["\"", "'", "", "`"]);
                    let between = dice.one(&[" ", "\n", "/", "\t", ""]);
                    let (name, value) = (dice.word(ATTRIBUTES), dice.one(VALUES));
                    text.push_str(&format!("{between}{name}={quote}{value}{quote}"));
                }
                text.push_str(dice.one(&[">", ">", ">", "/>", "", "\n>"]));
            }
            4..=5 => text.push_str(&format!("</{}>", dice.word(NAMES))),
            6 => text.push_str(&format!("[{}]({})", dice.one(PIECES), dice.one(VALUES))),
            7 => text.push_str(&format!(
                "![{}]({} \"{}\")",
                dice.one(PIECES),
                dice.one(VALUES),
                dice.one(VALUES)
            )),
            _ => text.push_str(dice.one(PIECES)),
        }
    }
    text
}

#[test]
fn fragments_of_a_hostile_grammar_leave_nothing_that_acts() {
    let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
    for _ in 0..5_000 {
        let source = fragment(&mut dice);
        assert_safe(&html(&source), &source);
    }
}

#[test]
fn rendered_html_that_is_rendered_again_as_raw_html_stays_safe() {
    let mut dice = Dice(7);
    for _ in 0..1_000 {
        let source = html(&fragment(&mut dice));
        assert_safe(&html(&source), &source);
    }
}

#[test]
fn the_judge_sees_what_it_is_there_for() {
    for bad in [
        "<script>x</script>",
        "<p onclick=x>",
        "<p style=x>",
        "<p id=x>",
        "<p id=b-x><p id=b-x>",
        "<iframe>",
        "<form>",
        "<input>",
        "<svg><p>",
        "<math><mi xlink:href=x>",
        "<math><maction>",
        "<p class=x>",
        "<a href=javascript:x>",
        "<a href=//x>",
        "<a href=http://x>",
        "<img src=http://x>",
        "<img src=book://localhost/../x>",
        "<img srcset=x>",
        "<a name=x>",
        "<!-- x -->",
    ] {
        assert!(!violations(bad).is_empty(), "{bad}");
    }
}
