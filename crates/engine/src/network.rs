//! How a thread that may wait enters the network.

use std::io;

use tokio::runtime::{Builder, Runtime};

/// What a thread waits with.
pub fn runtime() -> io::Result<Runtime> {
    Builder::new_current_thread().enable_all().build()
}
