//! The one place that waits. It waits for something, and not for ever.

use std::time::Duration;

/// Generous, because other programs may keep the machine busy; what is there is seen at once.
pub const PATIENCE: Duration = Duration::from_secs(30);

const BETWEEN_LOOKS: Duration = Duration::from_millis(40);

/// Looks until there is something to see.
pub async fn until<T>(what: &str, look: impl AsyncFnMut() -> Option<T>) -> T {
    until_within(PATIENCE, what, look).await
}

/// For what takes its own time, such as a sync that failed and tries again.
pub async fn until_within<T>(patience: Duration, what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let looking = async {
        loop {
            if let Some(seen) = look().await {
                return seen;
            }
            tokio::time::sleep(BETWEEN_LOOKS).await;
        }
    };
    match tokio::time::timeout(patience, looking).await {
        Ok(seen) => seen,
        Err(_) => panic!("waited {} s in vain: {what}", patience.as_secs()),
    }
}

/// The same where nothing else can go on meanwhile: false if it did not come true.
#[allow(clippy::disallowed_methods, reason = "a process that was asked to end tells nobody when it has")]
pub fn came_true(patience: Duration, mut look: impl FnMut() -> bool) -> bool {
    let looks = patience.as_millis() / BETWEEN_LOOKS.as_millis();
    for _ in 0..looks {
        if look() {
            return true;
        }
        std::thread::sleep(BETWEEN_LOOKS);
    }
    look()
}
