//! Whether the stored texts have to be compared with their rows at a start. That takes the longer the more there are, and
//! finds something only where a program did not end by itself; so it is done then, and once a week for whatever else may
//! have touched the folder.

use primer_domain::timestamp::Timestamp;
use serde::{Deserialize, Serialize};

use crate::Engine;
use crate::cache::Tidied;
use crate::reading::ReadError;
use crate::store::StoreError;
use crate::store::settings::{self, Key};

const EVERY_MS: u64 = 7 * 24 * 60 * 60 * 1000;

const IN_ORDER: Key<InOrder> = Key::new("in_order");

#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
struct InOrder {
    tidied_at_ms: i64,
    /// Every window since then ended by itself.
    ended_well: bool,
}

impl Engine {
    /// Tidies if there may be something to put in order, and notes that a window is at work. None if there is not.
    pub fn tidy_if_due(&self) -> Result<Option<Tidied>, ReadError> {
        let now = self.env.now();
        let last = self.store.read(|connection| settings::get(connection, None, &IN_ORDER))?;
        let tidied = if is_due(last, now) { Some(self.tidy()?) } else { None };
        let tidied_at_ms = match (&tidied, last) {
            (Some(tidied), _) if !tidied.postponed => now.unix_ms(),
            (_, Some(last)) => last.tidied_at_ms,
            // Not tidied yet: the next start does it.
            (_, None) => return Ok(tidied),
        };
        self.set_in_order(InOrder { tidied_at_ms, ended_well: false })?;
        Ok(tidied)
    }

    /// A window ends by itself, with nothing under way.
    pub fn note_good_end(&self) -> Result<(), StoreError> {
        match self.store.read(|connection| settings::get(connection, None, &IN_ORDER))? {
            Some(last) if !last.ended_well => self.set_in_order(InOrder { ended_well: true, ..last }),
            _ => Ok(()),
        }
    }

    fn set_in_order(&self, in_order: InOrder) -> Result<(), StoreError> {
        self.store.write(|transaction| settings::set(transaction, None, &IN_ORDER, &in_order))
    }
}

fn is_due(last: Option<InOrder>, now: Timestamp) -> bool {
    // A clock that stood wrong must not put it off for years.
    last.is_none_or(|last| !last.ended_well || now.unix_ms().abs_diff(last.tidied_at_ms) >= EVERY_MS)
}
