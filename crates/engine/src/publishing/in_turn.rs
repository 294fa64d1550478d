//! Requests of which only so many are under way at once. Dropped, it stops them.

use std::future::Future;
use std::sync::Arc;

use tokio::sync::Semaphore;
use tokio::task::JoinSet;

const AT_ONCE: usize = 8;

pub(super) struct InTurn<T> {
    turns: Arc<Semaphore>,
    under_way: JoinSet<T>,
}

impl<T: Send + 'static> InTurn<T> {
    pub fn new() -> InTurn<T> {
        InTurn { turns: Arc::new(Semaphore::new(AT_ONCE)), under_way: JoinSet::new() }
    }

    pub fn begin(&mut self, work: impl Future<Output = T> + Send + 'static) {
        let turns = Arc::clone(&self.turns);
        self.under_way.spawn(async move {
            // Never closed, so there is always a turn.
            let _turn = turns.acquire().await;
            work.await
        });
    }

    pub fn stop(&mut self) {
        self.under_way.abort_all();
    }

    /// What came of one of them, in no order; what was stopped is passed over. None: all have ended.
    pub async fn next(&mut self) -> Option<T> {
        while let Some(joined) = self.under_way.join_next().await {
            match joined {
                Ok(ended) => return Some(ended),
                Err(stopped) if stopped.is_cancelled() => {}
                Err(panicked) => std::panic::resume_unwind(panicked.into_panic()),
            }
        }
        None
    }
}
