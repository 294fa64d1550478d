//! The few commands that wait for a network: whoever asks wants to see what came of it.

use tokio::runtime::{Builder, Runtime};

use super::error::ApiError;

/// What such a command waits with, on its own thread.
pub fn network_runtime() -> Result<Runtime, ApiError> {
    Builder::new_current_thread().enable_all().build().map_err(|error| ApiError::no_network(&error))
}
