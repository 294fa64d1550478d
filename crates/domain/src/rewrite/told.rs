//! What a rewritten text tells of itself, where nothing else is known of how it was made: its comments.

use super::assemble::KeptSection;
use super::outline::{Outline, SectionMarks};
use crate::render::marks::Mark;

/// How many sections stand in other words, and which stand as they were. A text can claim anything of the kind; it is
/// for showing, not for deciding.
pub fn told(markdown: &str) -> (usize, Vec<KeptSection>) {
    let outline = Outline::of(markdown, SectionMarks::Seen);
    let mut rewritten_sections = 0;
    let mut kept = Vec::new();
    for span in &outline.spans {
        let comment = markdown[span.range.clone()].trim();
        let comment = comment.strip_prefix("<!--").and_then(|rest| rest.strip_suffix("-->"));
        match comment.and_then(Mark::parse) {
            Some(Mark::Rewritten { .. }) => rewritten_sections += 1,
            Some(Mark::Kept { reason }) => {
                let before = outline.blocks.iter().take_while(|block| block.range.start < span.range.start);
                let heading = before.filter_map(|block| block.heading.clone()).last();
                kept.push(KeptSection { heading, reason });
            }
            Some(Mark::Begin { .. } | Mark::End { .. }) | None => {}
        }
    }
    (rewritten_sections, kept)
}

#[cfg(test)]
mod tests {
    use super::told;
    use crate::rewrite::KeptSection;

    #[test]
    fn a_text_tells_which_of_its_sections_were_rewritten_and_which_were_not() {
        let kept = |heading: Option<&str>| KeptSection {
            heading: heading.map(str::to_owned),
            reason: "It is empty.".to_owned(),
        };
        let text = "<!-- primer:kept reason=\"It is empty.\" -->\n\nBefore all.\n\n# One\n\n\
            <!-- primer:rewritten by=\"m\" -->\n\nWords.\n\n## Two *more*\n\n<!-- primer:kept reason=\"It is empty.\" -->\n\n\
            Words.\n\n```\n<!-- primer:rewritten by=\"m\" -->\n```\n";
        assert_eq!(told(text), (1, vec![kept(None), kept(Some("Two more"))]));
        assert_eq!(told("# Plain\n\nWords.\n"), (0, vec![]));
    }
}
