//! What a reader's computers agree on, and how: registers that are joined one by one, and the texts each
//! computer has.
//!
//! A join is commutative, associative and idempotent whatever a remote holds, so the computers agree in the
//! end, in whatever order and however often they hear of each other. Nothing that was removed or lost is
//! forgotten: it keeps its stamp, and so can't come back by itself.

pub mod document;
mod profile;
#[cfg(test)]
pub(crate) mod random;
mod registers;
mod stamp;
mod texts;

pub use document::{Replica, ReplicaFault};
pub use profile::{answered, background, edit, name, rename};
pub use registers::{Register, RegisterKey, Registers, collection};
pub use stamp::Stamp;
pub use texts::{
    TextEntry, TextRank, Texts, better, earlier, join_texts, keep_again, rank, take_back, taken_back,
};
