//! Where a reader's things stand in a remote, below its prefix (docs/bucket-format.md).

use primer_domain::ids::{DeviceId, UserId};

/// Which remote this is: written once.
pub const IDENTITY: &str = "primer.json";

pub fn replicas(user: UserId) -> String {
    format!("users/{user}/replicas/")
}

pub fn texts(user: UserId) -> String {
    format!("users/{user}/chapters/")
}

pub fn replica(user: UserId, device: DeviceId) -> String {
    format!("users/{user}/replicas/{device}.json")
}

/// The computer whose replica this is; None for what Primer did not put there.
pub fn device_of(user: UserId, key: &str) -> Option<DeviceId> {
    DeviceId::parse(key.strip_prefix(&replicas(user))?.strip_suffix(".json")?)
}
