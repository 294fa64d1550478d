//! The few commands that wait for a network: whoever asks wants to see what came of it.

use tokio::runtime::Runtime;

use super::error::ApiError;
use crate::network::runtime;

/// What such a command waits with, on its own thread.
pub fn network_runtime() -> Result<Runtime, ApiError> {
    runtime().map_err(|error| ApiError::no_network(&error))
}
