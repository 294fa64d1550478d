//! How many tests passed, read from what test programs print.

use std::fmt;
use std::ops::AddAssign;

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Count {
    pub passed: u64,
    pub failed: u64,
    pub skipped: u64,
}

impl Count {
    pub const ONE_FAILURE: Count = Count { passed: 0, failed: 1, skipped: 0 };

    /// From `test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; 7 filtered out; finished in 0.01s`.
    pub fn of_rust_line(line: &str) -> Option<Count> {
        let (_, counts) = line.trim().strip_prefix("test result: ")?.split_once(". ")?;
        Some(Count::of_pairs(counts.split(';')))
    }

    /// From vitest's `Tests  1 failed | 41 passed | 2 skipped (44)`; the line on files is another.
    pub fn of_vitest_line(line: &str) -> Option<Count> {
        let plain = without_colours(line);
        let counts = plain.trim().strip_prefix("Tests ")?;
        counts.contains('(').then(|| Count::of_pairs(counts.split('|')))
    }

    /// So many of those that passed only said that they could not be run.
    pub fn skip(&mut self, told: u64) {
        let skipped = told.min(self.passed);
        self.passed -= skipped;
        self.skipped += skipped;
    }

    /// Pairs of a number and a word, and whatever else is there.
    fn of_pairs<'a>(pairs: impl Iterator<Item = &'a str>) -> Count {
        let mut count = Count::default();
        for pair in pairs {
            let mut words = pair.split_whitespace();
            let Some(number) = words.next().and_then(|word| word.parse::<u64>().ok()) else { continue };
            match words.next() {
                Some("passed") => count.passed += number,
                Some("failed") => count.failed += number,
                Some("ignored" | "skipped" | "todo") => count.skipped += number,
                _ => {}
            }
        }
        count
    }
}

/// Whether a Rust test says that it finds nothing here to run against, as `skipped: its_name: why`. Where tests run one
/// after the other, its name and dots stand before.
pub fn tells_of_skipped(line: &str) -> bool {
    line.split_once("skipped: ").is_some_and(|(before, _)| {
        before.is_empty() || before.starts_with("test ") && before.ends_with(" ... ")
    })
}

fn without_colours(line: &str) -> String {
    let mut plain = String::new();
    let mut rest = line;
    while let Some((before, after)) = rest.split_once('\u{1b}') {
        plain.push_str(before);
        rest = after.split_once('m').map_or("", |(_, after)| after);
    }
    plain.push_str(rest);
    plain
}

impl AddAssign for Count {
    fn add_assign(&mut self, other: Count) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.skipped += other.skipped;
    }
}

impl fmt::Display for Count {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} passed, {} failed", self.passed, self.failed)?;
        if self.skipped > 0 { write!(f, ", {} skipped", self.skipped) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::{Count, tells_of_skipped};

    #[test]
    fn the_result_lines_of_rust_tests_are_counted() {
        let line = "test result: FAILED. 12 passed; 2 failed; 1 ignored; 0 measured; 7 filtered out; finished in 0.01s";
        assert_eq!(Count::of_rust_line(line), Some(Count { passed: 12, failed: 2, skipped: 1 }));
        assert_eq!(Count::of_rust_line("test result_is_read ... ok"), None);
        assert_eq!(Count::of_rust_line("running 3 tests"), None);
    }

    #[test]
    fn the_result_line_of_vitest_is_counted_with_colours_or_without() {
        let expected = Some(Count { passed: 41, failed: 1, skipped: 2 });
        assert_eq!(Count::of_vitest_line("      Tests  1 failed | 41 passed | 2 skipped (44)"), expected);
        let coloured = "\u{1b}[2m      Tests \u{1b}[22m \u{1b}[1m\u{1b}[31m1 failed\u{1b}[39m | 41 passed | 2 skipped (44)";
        assert_eq!(Count::of_vitest_line(coloured), expected);
        assert_eq!(Count::of_vitest_line(" Test Files  7 passed (7)"), None);
    }

    #[test]
    fn a_test_that_says_it_is_skipped_has_not_passed() {
        assert!(tells_of_skipped("skipped: a_real_model: There is none."));
        assert!(tells_of_skipped("test a_real_model ... skipped: a_real_model: There is none."));
        assert!(!tells_of_skipped("test what_is_skipped_is_counted ... ok"));
        assert!(!tells_of_skipped("thread 'x' panicked: nothing was skipped: why?"));
        let mut count = Count { passed: 3, failed: 1, skipped: 1 };
        count.skip(2);
        assert_eq!(count, Count { passed: 1, failed: 1, skipped: 3 });
    }

    #[test]
    fn skipped_tests_are_named_only_if_there_are_any() {
        let mut count = Count { passed: 3, failed: 0, skipped: 0 };
        assert_eq!(count.to_string(), "3 passed, 0 failed");
        count += Count { passed: 1, failed: 2, skipped: 3 };
        assert_eq!(count.to_string(), "4 passed, 2 failed, 3 skipped");
    }
}
