//! The one place that knows the time and makes randomness. Built in `main`; everything else is given it.

use primer_domain::timestamp::Timestamp;
use uuid::Uuid;

pub struct Env {
    clock: Box<dyn Fn() -> Timestamp + Send + Sync>,
    random: Box<dyn Fn() -> [u8; 16] + Send + Sync>,
}

impl Env {
    /// The computer's clock and the system's randomness.
    #[allow(clippy::disallowed_methods, reason = "this is the one place where they are asked")]
    pub fn of_this_computer() -> Env {
        use std::time::{SystemTime, UNIX_EPOCH};
        let clock = || {
            let unix_ms = match SystemTime::now().duration_since(UNIX_EPOCH) {
                Ok(since) => i64::try_from(since.as_millis()).unwrap_or(i64::MAX),
                Err(before) => i64::try_from(before.duration().as_millis()).map_or(i64::MIN, |ms| -ms),
            };
            Timestamp::from_unix_ms(unix_ms)
        };
        let random = || {
            let mut bytes = [0; 16];
            // Without randomness no id is safe to hand out; the operating systems Primer runs on always have it.
            getrandom::fill(&mut bytes).expect("the operating system gives random bytes");
            bytes
        };
        Env { clock: Box::new(clock), random: Box::new(random) }
    }

    /// A clock and a source of randomness of the caller's own, so that a run can be repeated.
    pub fn new(
        clock: impl Fn() -> Timestamp + Send + Sync + 'static,
        random: impl Fn() -> [u8; 16] + Send + Sync + 'static,
    ) -> Env {
        Env { clock: Box::new(clock), random: Box::new(random) }
    }

    pub fn now(&self) -> Timestamp {
        (self.clock)()
    }

    /// A version 4 UUID.
    pub fn new_id(&self) -> Uuid {
        uuid::Builder::from_random_bytes((self.random)()).into_uuid()
    }
}
