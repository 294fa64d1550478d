//! Packages for systems with a package manager: one tree of files, packed as deb and as rpm, and the test of the deb in a
//! Debian root of its own.
//!
//! The archives are made by the systems' own tools, which find out what the programs need. Nothing is fetched, and the same
//! commit gives the same bytes as long as the compiler and the folder stay the same.

pub mod deb;
pub mod installed;
pub mod release;
pub mod root;
pub mod rpm;
pub mod tree;
