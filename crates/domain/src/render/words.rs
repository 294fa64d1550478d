//! How much there is to read.

/// Counts words across pieces of text, where one word may be written in several pieces.
#[derive(Debug, Default)]
pub struct WordCount {
    words: usize,
    /// Of scripts that put no spaces between words.
    ideographs: usize,
    inside: bool,
}

impl WordCount {
    pub fn text(&mut self, text: &str) {
        for c in text.chars() {
            if is_ideograph(c) {
                self.ideographs += 1;
                self.inside = false;
            } else if c.is_alphanumeric() {
                self.words += usize::from(!self.inside);
                self.inside = true;
            } else if c.is_whitespace() {
                self.inside = false;
            }
        }
    }

    /// What follows is another word.
    pub fn gap(&mut self) {
        self.inside = false;
    }

    pub fn total(&self) -> usize {
        // A Chinese or Japanese word is about two characters.
        self.words + self.ideographs.div_ceil(2)
    }
}

pub fn count(text: &str) -> usize {
    let mut words = WordCount::default();
    words.text(text);
    words.total()
}

fn is_ideograph(c: char) -> bool {
    matches!(c, '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3fffd}')
}
