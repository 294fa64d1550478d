//! What a sync does next, as functions of what is known: the listing of a remote, the replicas in it, the
//! texts here.
//!
//! A missing object is one to look into, never a reason to delete; what is removed is only what its reader
//! removed everywhere, and what no computer has known of for long. Every plan can be made again after a crash, and is the same for the same snapshot.

mod listing;
mod mentions;
mod own;
mod retry;
mod rows;
mod sweep;
mod texts;

pub use listing::{AfterListing, Known, after_listing};
pub use mentions::Reliance;
pub use own::{OwnObject, RemoteView, Whose, replica_is_needed};
pub use retry::retry_after_ms;
pub use rows::choose_rows;
pub use sweep::{Sweep, sweep, sweep_is_due};
pub use texts::{TextPlan, TextsNow, Wanted, texts};
