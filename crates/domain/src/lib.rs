//! What Primer decides: which text a reader gets, whether what is stored is still right, what a model may change in it,
//! how a book is read, shown and published, how a reader’s computers come to agree, and what is an update of the program.
//!
//! Everything here is a function of its arguments. There are no files, no SQL, no network, no clock, no randomness and
//! no threads, so that each decision can be tested by calling it, and gives the same answer on every computer.

pub mod book;
pub mod compare;
pub mod eviction;
pub mod freshness;
pub mod ids;
pub mod personalise;
pub mod profile;
pub mod publish;
pub mod render;
pub mod replica;
pub mod rewrite;
mod seal;
pub mod storage_path;
pub mod sync;
pub mod timestamp;
pub mod update;
