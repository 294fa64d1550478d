//! What went over the wire, or to and from the disk.

use std::sync::atomic::{AtomicU64, Ordering};

/// Since the remote was connected. For S3 the bytes are those of HTTP: bodies exactly, heads as text (our
/// requests' from their parts, answers' from their names and values); TLS, TCP and what a proxy adds are not
/// in it. For a folder a request is one operation, and the bytes are those of files written and read, also
/// where a listing reads them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Traffic {
    pub requests: u64,
    pub sent_bytes: u64,
    pub received_bytes: u64,
}

#[derive(Debug, Default)]
pub(super) struct Counters {
    requests: AtomicU64,
    sent_bytes: AtomicU64,
    received_bytes: AtomicU64,
}

impl Counters {
    pub fn request(&self) {
        self.requests.fetch_add(1, Ordering::Relaxed);
    }

    pub fn sent(&self, bytes: usize) {
        self.sent_bytes.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    pub fn received(&self, bytes: usize) {
        self.received_bytes.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    pub fn read(&self) -> Traffic {
        Traffic {
            requests: self.requests.load(Ordering::Relaxed),
            sent_bytes: self.sent_bytes.load(Ordering::Relaxed),
            received_bytes: self.received_bytes.load(Ordering::Relaxed),
        }
    }
}
