//! What can be asked for, each made of steps.

pub mod bench;
pub mod check;
pub mod package;
pub mod pictures;
pub mod run;
pub mod sim;
pub mod test;
pub mod update;
