//! `primer.json`: which remote this is. A wiped or exchanged remote has another id, or none.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    pub format: u32,
    pub id: Uuid,
}

const FORMAT: u32 = 1;

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IdentityFault {
    #[error("its primer.json is not what Primer writes there")]
    NotPrimer,
    #[error("it was set up by a newer Primer (format {found}, this one knows {FORMAT})")]
    Newer { found: u32 },
}

impl Identity {
    pub fn new(id: Uuid) -> Identity {
        Identity { format: FORMAT, id }
    }

    pub fn parse(bytes: &[u8]) -> Result<Identity, IdentityFault> {
        let identity: Identity = serde_json::from_slice(bytes).map_err(|_| IdentityFault::NotPrimer)?;
        match identity.format {
            0 => Err(IdentityFault::NotPrimer),
            FORMAT => Ok(identity),
            found => Err(IdentityFault::Newer { found }),
        }
    }

    pub fn to_json(self) -> Vec<u8> {
        format!("{{\"format\": {}, \"id\": \"{}\"}}\n", self.format, self.id.hyphenated()).into_bytes()
    }
}
