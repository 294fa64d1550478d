//! The guard, rule by rule; what a book or a background may try; and thousands of texts and answers from seeds.

mod properties;
