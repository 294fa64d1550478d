//! Which of two books with one id is the newer one.

use std::collections::BTreeMap;

use crate::ids::{ChapterId, ChapterVersion};

pub type Versions = BTreeMap<ChapterId, ChapterVersion>;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// At least one chapter is newer or was not there before, and none is older or gone.
    Newer,
    Same,
    Older,
    /// Each has something that the other has not: two people went on from one book.
    Apart,
}

pub fn order(of: &Versions, than: &Versions) -> Order {
    let goes_beyond =
        |this: &Versions, that: &Versions| this.iter().any(|(id, version)| that.get(id) < Some(version));
    match (goes_beyond(of, than), goes_beyond(than, of)) {
        (true, false) => Order::Newer,
        (false, false) => Order::Same,
        (false, true) => Order::Older,
        (true, true) => Order::Apart,
    }
}

#[cfg(test)]
mod tests {
    use super::{Order, Versions, order};
    use crate::ids::{ChapterId, ChapterVersion};

    fn book(versions: &[u32]) -> Versions {
        // 0: the book has no such chapter.
        let chapters = (1..).map(ChapterId).zip(versions.iter().copied().map(ChapterVersion));
        chapters.filter(|(_, version)| version.0 > 0).collect()
    }

    #[test]
    fn a_book_is_newer_only_where_no_chapter_goes_back() {
        let table: [(&[u32], &[u32], Order); 8] = [
            (&[1, 1], &[1, 1], Order::Same),
            (&[2, 1], &[1, 1], Order::Newer),
            (&[2, 3], &[1, 1], Order::Newer),
            (&[1, 1, 1], &[1, 1], Order::Newer),
            (&[2, 1], &[1, 2], Order::Apart),
            (&[2, 0], &[1, 1], Order::Apart),
            (&[1, 0], &[1, 1], Order::Older),
            (&[0, 1], &[1, 0], Order::Apart),
        ];
        for (of, than, expected) in table {
            assert_eq!(order(&book(of), &book(than)), expected, "{of:?} {than:?}");
            let turned = match expected {
                Order::Newer => Order::Older,
                Order::Older => Order::Newer,
                other => other,
            };
            assert_eq!(order(&book(than), &book(of)), turned, "{than:?} {of:?}");
        }
    }

    #[test]
    fn what_is_newer_than_a_newer_one_is_newer() {
        let all: Vec<Versions> =
            (0..27).map(|number| book(&[number % 3, number / 3 % 3, number / 9])).collect();
        for (a, b, c) in all
            .iter()
            .flat_map(|a| all.iter().map(move |b| (a, b)))
            .flat_map(|(a, b)| all.iter().map(move |c| (a, b, c)))
        {
            if order(a, b) == Order::Newer && order(b, c) == Order::Newer {
                assert_eq!(order(a, c), Order::Newer, "{a:?} {b:?} {c:?}");
            }
        }
    }
}
