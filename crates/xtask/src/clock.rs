//! How long things take.

use std::time::{Duration, Instant};

pub struct Stopwatch(Instant);

#[allow(clippy::disallowed_methods, reason = "build steps are timed for people; nothing depends on it")]
impl Stopwatch {
    pub fn start() -> Stopwatch {
        Stopwatch(Instant::now())
    }

    pub fn elapsed(&self) -> Duration {
        self.0.elapsed()
    }
}
