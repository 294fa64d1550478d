//! "The html inside a page", row by row.

use crate::render::{html, render, render_with};

#[track_caller]
fn assert_html(markdown: &str, expected: &str) {
    assert_eq!(html(markdown).trim(), expected, "from {markdown:?}");
}

#[test]
fn headings_have_ids_that_are_theirs_alone() {
    let rendered = render(
        "# Über ROS 2: *what's* `new`?\n\n## Topics {#topics}\n\n## Topics\n\n## Topics {#topics}\n\n## !\n\n## 机器人",
    );
    let headings: Vec<_> = rendered.headings.iter().map(|it| (it.level, &*it.id, &*it.text)).collect();
    assert_eq!(
        headings,
        [
            (1, "b-über-ros-2-whats-new", "Über ROS 2: what's new?"),
            (2, "b-topics", "Topics"),
            (2, "b-topics-1", "Topics"),
            (2, "b-topics-2", "Topics"),
            (2, "b-section", "!"),
            (2, "b-机器人", "机器人"),
        ]
    );
    assert!(rendered.html.contains("<h2 id=\"b-topics\">Topics</h2>"), "{}", rendered.html);
}

#[test]
fn an_id_written_by_hand_is_kept_even_if_an_earlier_heading_has_the_same_words() {
    let rendered = render("## Topics\n\n## Other {#topics}\n");
    assert_eq!(rendered.headings[0].id, "b-topics-1");
    assert_eq!(rendered.headings[1].id, "b-topics");
}

#[test]
fn a_picture_on_its_own_is_a_figure_with_its_title_as_caption() {
    assert_html(
        "![Two *nodes* & a topic](figures/02-graph.svg \"Figure 1. A <b>graph</b> of *nodes*.\")",
        "<figure class=\"figure\"><img src=\"book://localhost/figures/02-graph.svg\" alt=\"Two nodes &amp; a topic\">\
         <figcaption>Figure 1. A &lt;b&gt;graph&lt;/b&gt; of *nodes*.</figcaption></figure>",
    );
    assert_html(
        "An ![icon](a%20b.png \"t\") in line",
        "<p>An <img src=\"book://localhost/a%20b.png\" alt=\"icon\" title=\"t\"> in line</p>",
    );
    assert_eq!(
        render_with("", "![a](./x.png)").html,
        "<figure class=\"figure\"><img src=\"x.png\" alt=\"a\"></figure>\n"
    );
}

#[test]
fn a_picture_from_anywhere_else_is_its_alternative_text() {
    for address in [
        "http://x.example/a.png",
        "//x.example/a.png",
        "/a.png",
        "../a.png",
        "a/../../b.png",
        "%2e%2e/a.png",
        "a/%2e%2e/b.png",
        "%252e%252e/a.png",
        "a\\b.png",
        "a%5cb.png",
        "data:image/png;base64,AAAA",
        "file:///etc/passwd",
        "C:/a.png",
        "a%00.png",
        "a.png?x",
        "a.png#x",
        "",
        ".",
        "a//b.png",
        "book://localhost/../a.png",
        "book://elsewhere/a.png",
        "%ff.png",
    ] {
        assert_html(
            &format!("![A *robot*](<{address}>)"),
            "<p><span class=\"missing-picture\">A robot</span></p>",
        );
    }
}

#[test]
fn a_line_never_begins_with_the_punctuation_that_follows_a_formula() {
    let page = html("Then $x$), and $y$ is $z$.");
    let unbroken: Vec<&str> = page.split("<span class=\"unbroken\">").skip(1).collect();
    assert_eq!(unbroken.len(), 2, "{page}");
    assert!(unbroken[0].contains("</math>),</span> and <math"), "{page}");
    assert!(unbroken[1].contains("</math>.</span>"), "{page}");
}

#[test]
fn alerts_are_admonitions_with_the_authors_title_or_the_word_for_them() {
    for (alert, kind, title) in [
        ("NOTE", "note", "Note"),
        ("TIP", "tip", "Tip"),
        ("IMPORTANT", "info", "Info"),
        ("WARNING", "warning", "Warning"),
        ("CAUTION", "danger", "Danger"),
    ] {
        assert_html(
            &format!("> [!{alert}]\n> Text."),
            &format!(
                "<aside class=\"admonition admonition-{kind}\">\n<p class=\"admonition-title\">{title}</p>\n<p>Text.</p>\n</aside>"
            ),
        );
    }
    assert_html(
        "> [!TIP]\n> **Try `this` first**\n>\n> - a",
        "<aside class=\"admonition admonition-tip\">\n<p class=\"admonition-title\">Try <code>this</code> first</p>\n<ul>\n<li>a</li>\n</ul>\n</aside>",
    );
    assert!(
        html("> [!TIP]\n> **Strong** and more")
            .contains("<p class=\"admonition-title\">Tip</p>\n<p><strong>")
    );
}

#[test]
fn a_block_between_its_comments_is_marked_and_reported() {
    let rendered = render(
        "Before.\n\n<!-- primer:begin id=topics-list when=\"python &lt; intermediate and x = &quot;a&#45;-&gt;&amp;lt;&quot;\" because=\"python=beginner\" -->\n\n\
         Text.\n\n- a\n\n<!-- primer:end id=topics-list -->\n\nAfter.\n",
    );
    assert_eq!(
        rendered.html,
        "<p>Before.</p>\n<div class=\"written-for-you\" id=\"b-w-topics-list\" data-block=\"topics-list\">\n<p>Text.</p>\n\
         <ul>\n<li>a</li>\n</ul>\n</div>\n<p>After.</p>\n"
    );
    let [block] = &rendered.blocks[..] else { panic!("{:?}", rendered.blocks) };
    assert_eq!((&*block.element_id, &*block.block_id), ("b-w-topics-list", "topics-list"));
    assert_eq!(
        (&*block.when, &*block.because),
        ("python < intermediate and x = \"a-->&lt;\"", "python=beginner")
    );
}

#[test]
fn a_block_may_stand_in_a_quotation_an_answer_or_another_block() {
    for (source, count) in [
        ("> <!-- primer:begin id=a -->\n>\n> x\n>\n> <!-- primer:end id=a -->", 1),
        (
            "<details>\n<summary>Answer</summary>\n\n<!-- primer:begin id=a -->\n\nx\n\n<!-- primer:end id=a -->\n\n</details>",
            1,
        ),
        (
            "<!-- primer:begin id=a -->\n\n<!-- primer:begin id=b -->\n\nx\n\n<!-- primer:end id=b -->\n\n<!-- primer:end id=a -->",
            2,
        ),
    ] {
        let rendered = render(source);
        assert_eq!(rendered.blocks.len(), count, "{source}");
        assert_eq!(
            rendered.html.matches("<div class=\"written-for-you\"").count(),
            count,
            "{}",
            rendered.html
        );
    }
}

#[test]
fn comments_that_do_not_balance_in_one_element_vanish() {
    for source in [
        "<!-- primer:begin id=a -->\n\nx",
        "x\n\n<!-- primer:end id=a -->",
        "<!-- primer:begin id=a -->\n\nx\n\n<!-- primer:end id=b -->",
        "<!-- primer:begin id=a -->\n\n> x\n>\n> <!-- primer:end id=a -->",
        "> <!-- primer:begin id=a -->\n>\n> x\n\n<!-- primer:end id=a -->",
        "<details>\n\n<!-- primer:begin id=a -->\n\nx\n\n</details>\n\n<!-- primer:end id=a -->",
        "<!-- primer:begin id=\"a b\" -->\n\nx\n\n<!-- primer:end id=\"a b\" -->",
        "<!-- primer:begin -->\n\nx\n\n<!-- primer:end -->",
        "a <!-- primer:begin id=a --> x <!-- primer:end id=a -->",
        "<!-- something else -->\n\nx",
    ] {
        let rendered = render(source);
        assert_eq!(rendered.blocks, [], "{source}");
        assert!(
            !rendered.html.contains("written-for-you") && !rendered.html.contains("<!--"),
            "{}",
            rendered.html
        );
        assert!(rendered.html.contains('x'), "{}", rendered.html);
    }
}

#[test]
fn html_in_a_block_cannot_close_it() {
    let rendered =
        render("<!-- primer:begin id=a -->\n\n</div></div> x </div>\n\n<!-- primer:end id=a -->\n\ny");
    assert!(rendered.html.contains("x"), "{}", rendered.html);
    assert!(rendered.html.ends_with("</div>\n<p>y</p>\n"), "{}", rendered.html);
}

#[test]
fn code_is_coloured_by_the_first_word_of_its_fence() {
    assert_html(
        "```python run\ndef f(x):\n    return \"a\" + 1  # why\n```",
        "<pre class=\"code\" data-language=\"python\"><code><span class=\"hl-keyword\">def</span> \
         <span class=\"hl-function\">f</span><span class=\"hl-punctuation\">(</span><span class=\"hl-variable\">x</span>\
         <span class=\"hl-punctuation\">):</span>\n    <span class=\"hl-keyword\">return</span> \
         <span class=\"hl-string\">\"a\"</span> <span class=\"hl-operator\">+</span> <span class=\"hl-number\">1</span>  \
         <span class=\"hl-comment\"># why</span>\n</code></pre>",
    );
    assert_html(
        "```text output\n<a>\n```",
        "<pre class=\"code\" data-language=\"text\"><code>&lt;a&gt;\n</code></pre>",
    );
    assert_html("```klingon\nx\n```", "<pre class=\"code\"><code>x\n</code></pre>");
    assert_html("    indented\n", "<pre class=\"code\"><code>indented\n</code></pre>");
}

#[test]
fn every_language_of_the_book_is_coloured() {
    for (language, code, class) in [
        ("python", "class A: pass", "hl-keyword"),
        ("cpp", "int main() { return 0; }", "hl-keyword"),
        ("c", "#define A 1", "hl-number"),
        ("rust", "fn main() {}", "hl-function"),
        ("bash", "echo \"$A\" # c", "hl-comment"),
        ("yaml", "a: 1", "hl-tag"),
        ("json", "{\"a\": true}", "hl-constant"),
        ("xml", "<a b=\"c\"/>", "hl-attribute"),
        ("typescript", "interface A { b: string }", "hl-type"),
        ("javascript", "const a = `b`;", "hl-string"),
        ("csharp", "public class A {}", "hl-keyword"),
        ("cmake", "find_package(rclcpp REQUIRED)", "hl-function"),
        ("toml", "a = \"b\"", "hl-string"),
        ("dockerfile", "FROM ros:jazzy", "hl-keyword"),
        ("diff", "+a\n-b", "hl-inserted"),
    ] {
        let html = html(&format!("```{language}\n{code}\n```\n"));
        assert!(html.contains(&format!("<span class=\"{class}\">")), "{language}: {html}");
        assert!(html.starts_with(&format!("<pre class=\"code\" data-language=\"{language}\">")), "{html}");
    }
}

#[test]
fn formulas_are_mathml() {
    assert_html(
        "$x_i^2$",
        "<p><math display=\"inline\"><msubsup><mi>x</mi><mi>i</mi><mn>2</mn></msubsup></math></p>",
    );
    assert_html(
        "$$\\frac{a}{b}$$",
        "<p><math display=\"block\"><mfrac><mi>a</mi><mi>b</mi></mfrac></math></p>",
    );
    for (latex, element) in [
        ("\\sum_{i=0}^{n} i", "<munderover>"),
        ("\\begin{bmatrix} a & b \\\\ c & d \\end{bmatrix}", "<mtable"),
        ("x_{\\text{max}}", "<mtext>max</mtext>"),
        ("\\mathbf{R}", "<mi>𝐑</mi>"),
        ("\\hat{x}", "<mover accent=\"true\">"),
        ("\\left( \\frac{1}{2} \\right)", "<mo>(</mo>"),
        ("\\begin{aligned} a &= b \\\\ &= c \\end{aligned}", "<mtd class=\"math-right\">"),
        ("\\begin{cases} 1 & x > 0 \\\\ 0 & \\text{otherwise} \\end{cases}", "<mtd class=\"math-case\">"),
        ("\\sqrt{x}", "<msqrt>"),
    ] {
        let html = html(&format!("$${latex}$$"));
        assert!(html.contains(element) && !html.contains("math-error"), "{latex}: {html}");
    }
}

#[test]
fn a_formula_that_cannot_be_read_shows_its_source() {
    assert_html("$\\nonsense{x} < 1$", "<p><code class=\"math-error\">\\nonsense{x} &lt; 1</code></p>");
    assert_html("$$\\frac{1}$$", "<p><code class=\"math-error\">\\frac{1}</code></p>");
    assert_html("It costs \\$5 and \\$6.", "<p>It costs $5 and $6.</p>");
}

#[test]
fn notes_are_numbered_by_their_references_and_lead_back_to_each() {
    assert_html(
        "A[^b] b[^a] c[^b].\n\n[^a]: First.\n[^b]: Second.\n\n[^c]: Unused.",
        "<p>A<sup class=\"footnote-reference\"><a href=\"#b-note-1\" id=\"b-noteref-1\" aria-label=\"Note 1\">1</a></sup> \
         b<sup class=\"footnote-reference\"><a href=\"#b-note-2\" id=\"b-noteref-2\" aria-label=\"Note 2\">2</a></sup> \
         c<sup class=\"footnote-reference\"><a href=\"#b-note-1\" id=\"b-noteref-1-1\" aria-label=\"Note 1\">1</a></sup>.</p>\n\
         <section class=\"footnotes\" aria-label=\"Notes\">\n<ol>\n\
         <li id=\"b-note-1\"><p>Second. <a href=\"#b-noteref-1\" aria-label=\"Back to note 1 in the text\">↩</a> \
         <a href=\"#b-noteref-1-1\" aria-label=\"Back to note 1 in the text, place 2\">↩<sup>2</sup></a></p></li>\n\
         <li id=\"b-note-2\"><p>First. <a href=\"#b-noteref-2\" aria-label=\"Back to note 2 in the text\">↩</a></p></li>\n\
         </ol>\n</section>",
    );
}

#[test]
fn links_lead_into_the_page_to_a_chapter_or_outside() {
    for (address, expected) in [
        ("#topics", "<a href=\"#b-topics\">"),
        ("02-ros2.md", "<a href=\"#/chapter/2\">"),
        ("./02-ros2.md", "<a href=\"#/chapter/2\">"),
        ("02-ros2.md#topics", "<a href=\"#/chapter/2/b-topics\">"),
        ("https://docs.ros.org/a b", "<a href=\"https://docs.ros.org/a%20b\" rel=\"noopener noreferrer\">"),
        ("HTTP://x.example", "<a href=\"HTTP://x.example\" rel=\"noopener noreferrer\">"),
        ("mailto:a@x.example", "<a href=\"mailto:a@x.example\" rel=\"noopener noreferrer\">"),
    ] {
        assert_html(&format!("[t](<{address}>)"), &format!("<p>{expected}t</a></p>"));
    }
    for address in [
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        "data:text/html,x",
        "vbscript:x",
        "file:///etc/passwd",
        "//x.example",
        "/etc/passwd",
        "../02-ros2.md",
        "other.md",
        "#",
        "tauri://localhost",
        "book://localhost/x",
        "02-ros2.md?x",
        "#/you",
        "#/chapter/x",
        "ftp://x.example",
        "http:/x",
        "\u{1}javascript:x",
    ] {
        assert_html(&format!("[t](<{address}>)"), "<p><a>t</a></p>");
    }
}

#[test]
fn html_that_harms_nobody_is_kept_and_the_rest_is_not() {
    assert_html(
        "Press <kbd>Ctrl</kbd>, H<sub>2</sub>O, <abbr title=\"Robot\">R</abbr><br>x",
        "<p>Press <kbd>Ctrl</kbd>, H<sub>2</sub>O, <abbr title=\"Robot\">R</abbr><br>x</p>",
    );
    assert_html(
        "<details open id=\"a1\">\n<summary>Answer</summary>\n\n*Yes.*\n\n</details>",
        "<details open=\"\" id=\"b-a1\">\n<summary>Answer</summary>\n<p><em>Yes.</em></p>\n</details>",
    );
    assert_html(
        "a <b class=\"x\" style=\"color:red\" onclick=\"f()\" name=\"n\">b</b> <script>alert(1)</script> \
         <button>c</button><iframe src=x></iframe>",
        "<p>a <b>b</b>  c</p>",
    );
    assert_html("<script>\nalert(1)\n</script>\n\nafter", "<p>after</p>");
    assert_html("a <style> b\n\nafter", "<p>a </p>\n<p>after</p>");
}

#[test]
fn html_that_is_left_open_ends_with_its_paragraph() {
    assert_html("a <b>b\n\nc", "<p>a <b>b</b></p>\n<p>c</p>");
    assert_html(
        "> a <i>b\n\nc </i></blockquote> d",
        "<blockquote>\n<p>a <i>b</i></p>\n</blockquote>\n<p>c  d</p>",
    );
}

#[test]
fn only_task_lists_have_boxes_and_they_cannot_be_ticked() {
    assert_html(
        "- [x] a\n- [ ] b",
        "<ul>\n<li><input type=\"checkbox\" disabled=\"\" checked=\"\"> a</li>\n<li><input type=\"checkbox\" disabled=\"\"> b</li>\n</ul>",
    );
    assert_html("<input type=text autofocus> x", "<p> x</p>");
}

#[test]
fn tables_keep_their_alignment() {
    assert_html(
        "| a | b |\n|---|--:|\n| 1 | *2* |",
        "<table>\n<thead>\n<tr>\n<th>a</th>\n<th align=\"right\">b</th>\n</tr>\n</thead>\n<tbody>\n<tr>\n<td>1</td>\n\
         <td align=\"right\"><em>2</em></td>\n</tr>\n</tbody>\n</table>",
    );
}

#[test]
fn front_matter_is_dropped_and_a_thematic_break_is_not() {
    assert_html("---\ntitle: T\n---\n# A", "<h1 id=\"b-a\">A</h1>");
    assert_html("---\nfoo\n***\nbar", "<hr>\n<p>foo</p>\n<hr>\n<p>bar</p>");
    assert_html("a\n\n---\nb: c\n\n---\n", "<p>a</p>\n<hr>\n<p>b: c</p>\n<hr>");
}

#[test]
fn words_are_those_of_prose() {
    assert_eq!(
        render("# One *two*\n\nthr**ee** `four` don't\n\n```text\nnot these\n```\n\n- six\n- seven\n").words,
        7
    );
    assert_eq!(render("机器人学 is four").words, 4);
    assert_eq!(render("").words, 0);
}

#[test]
fn rendering_is_the_same_every_time() {
    let source = "# A\n\n- [x] b <details id=c open dir=ltr title=t><summary>s</summary></details>\n\n![d](e.png) [f](https://g.example \"h\")\n";
    let first = render(source);
    for _ in 0..20 {
        assert_eq!(render(source), first);
    }
}
