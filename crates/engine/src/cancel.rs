//! A wish to stop, which whoever waits for a network hears at once.

use std::sync::Arc;

use tokio::sync::watch;

/// Stops what it was given to, and with it the requests that are under way. Clones share the wish.
#[derive(Debug, Clone)]
pub struct Cancel(Arc<watch::Sender<bool>>);

impl Default for Cancel {
    fn default() -> Cancel {
        Cancel(Arc::new(watch::Sender::new(false)))
    }
}

impl Cancel {
    pub fn cancel(&self) {
        self.0.send_replace(true);
    }

    pub(crate) fn is_cancelled(&self) -> bool {
        *self.0.borrow()
    }

    pub(crate) async fn cancelled(&self) {
        // The other end is held by `self`, so it is not gone before.
        drop(self.0.subscribe().wait_for(|is_cancelled| *is_cancelled).await);
    }
}
