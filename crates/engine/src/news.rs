//! Tells the window that something stands otherwise than before, so that it need not look again and again.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::sleep;

/// What follows one piece of news within this time goes with it: a sync's progress changes many times a second.
const FLOCK: Duration = Duration::from_millis(250);

/// For one listener. It says only that there is something to look at, not what.
#[derive(Clone, Default)]
pub struct News(Arc<Notify>);

impl News {
    pub(crate) fn tell(&self) {
        self.0.notify_one();
    }

    /// Until there is something new since this was last called. Nothing wakes while there is not.
    pub async fn next(&self) {
        self.0.notified().await;
        sleep(FLOCK).await;
    }
}
