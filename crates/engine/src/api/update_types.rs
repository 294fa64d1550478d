//! Requests and responses about updates of the program.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::error::ApiError;

#[derive(Debug, Clone, Serialize, TS)]
pub struct UpdateView {
    /// Of the program that runs.
    pub version: String,
    /// How it stands, and who updates this Primer where it is not itself.
    pub sentence: String,
    /// Whether this Primer can look for newer ones and install them. Where it can't, there is nothing to turn on.
    pub can_update: bool,
    /// Whether it looks once a day without being asked.
    pub by_itself: bool,
    /// A newer one that waits to be installed.
    pub offer: Option<UpdateOffer>,
    /// While one is fetched.
    pub progress: Option<UpdateProgress>,
    /// What went wrong at a look that nobody waited for.
    pub trouble: Option<ApiError>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
pub struct UpdateOffer {
    pub version: String,
    /// What is new, in plain text. May be empty.
    pub notes: String,
    /// `2026-11-25`.
    pub published_on: String,
    /// “80 kB”; none where the system brings it.
    pub len: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TS)]
pub struct UpdateProgress {
    pub done_bytes: u64,
    pub len_bytes: u64,
}

#[derive(Debug, Clone, Deserialize, TS)]
pub struct SetUpdates {
    pub by_itself: bool,
}
