//! A data folder as it can be asked about whether or not its database opens.

use std::path::Path;

use crate::Engine;
use crate::api::ApiError;
use crate::env::Env;

pub struct DataFolder<'a> {
    pub path: &'a Path,
    pub env: &'a Env,
    /// Which of the two asks.
    pub program: &'static str,
    /// What shows the window, with its version.
    pub web_engine: Option<&'a str>,
    /// The engine that has it open, or what kept it from being opened.
    pub opened: Result<&'a Engine, &'a ApiError>,
}
