//! Which edits a place has heard of: a set of small numbers.

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Known(Vec<u64>);

impl Known {
    pub fn insert(&mut self, number: usize) {
        if self.0.len() <= number / 64 {
            self.0.resize(number / 64 + 1, 0);
        }
        self.0[number / 64] |= 1 << (number % 64);
    }

    pub fn contains(&self, number: usize) -> bool {
        self.0.get(number / 64).is_some_and(|word| word >> (number % 64) & 1 == 1)
    }

    pub fn join(&mut self, other: &Known) {
        if self.0.len() < other.0.len() {
            self.0.resize(other.0.len(), 0);
        }
        for (word, theirs) in self.0.iter_mut().zip(&other.0) {
            *word |= theirs;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Known;

    #[test]
    fn what_was_inserted_on_either_side_is_contained_in_the_join() {
        let (mut few, mut many) = (Known::default(), Known::default());
        few.insert(3);
        many.insert(64);
        many.insert(200);
        few.join(&many);
        assert!(few.contains(3) && few.contains(64) && few.contains(200));
        assert!(!few.contains(0) && !few.contains(63) && !few.contains(201) && !few.contains(10_000));
    }
}
