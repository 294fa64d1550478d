//! What `primer sync --dry-run` tells.

use primer_engine::api::{SyncReport, direct};
use primer_engine::sync::{Outlook, Tally};
use serde::Serialize;

use crate::inspect::count;
use crate::output::list;

/// What a sync would do now, with all places together. What comes otherwise than it is announced may change it: a text that
/// is not there, or not what it should be, or an edition that can't be used.
#[derive(Serialize)]
pub struct Forecast {
    /// Of the dry run itself: it lists, and reads what the other computers say.
    requests: u64,
    received_bytes: u64,
    /// All that the sync would make. It lists and reads the same once more, so these are more than `requests`, or as many
    /// where there is nothing to do.
    would_request: u64,
    /// Some place is not set up for Primer yet.
    would_set_up: bool,
    /// Texts that would be written here instead of fetched.
    would_write: u64,
    would_fetch: u64,
    would_fetch_bytes: u64,
    would_send: u64,
    would_send_bytes: u64,
    /// Whether what this computer has to say is sent, and how long that is.
    would_send_replica: bool,
    would_send_replica_bytes: u64,
    /// Changes of other computers that are new here, and changes made here that are new there.
    would_merge: u64,
    would_tell: u64,
    /// Texts that their reader removed everywhere, from this computer and from the places.
    would_remove_here: u64,
    would_remove_there: u64,
    /// Texts in the places of which no computer has known for long.
    would_sweep: u64,
    would_forget_computers: u64,
    would_bring_editions: u64,
    /// Of the editions, those files that are not here.
    would_fetch_book_files: u64,
    would_fetch_book_bytes: u64,
}

impl Forecast {
    /// From what a dry run did itself, and what it found.
    pub fn of(report: &SyncReport, outlook: &Outlook) -> Forecast {
        let Tally { sent, received, written, told, merged, editions } = outlook.tally;
        Forecast {
            requests: report.requests,
            received_bytes: report.received_bytes,
            would_request: report.requests + outlook.requests,
            would_set_up: outlook.sets_up,
            would_write: written,
            would_fetch: received,
            would_fetch_bytes: outlook.fetch_bytes,
            would_send: sent,
            would_send_bytes: outlook.send_bytes,
            would_send_replica: outlook.send_replica,
            would_send_replica_bytes: outlook.replica_bytes,
            would_merge: merged,
            would_tell: told,
            would_remove_here: outlook.remove_here,
            would_remove_there: outlook.remove_there,
            would_sweep: outlook.sweep,
            would_forget_computers: outlook.forget,
            would_bring_editions: editions,
            would_fetch_book_files: outlook.book_files,
            would_fetch_book_bytes: outlook.book_bytes,
        }
    }

    /// What a sync would do, and no word of what it would not.
    pub fn words(&self) -> String {
        let some = |what: &str, number: u64, noun: &str, after: &str| {
            (number > 0).then(|| format!("{what} {}{after}", count(number, noun)))
        };
        let long = |len_bytes: u64| format!(" ({})", direct::bytes(len_bytes));
        let parts = [
            self.would_set_up.then(|| "set the place up".to_owned()),
            some("send", self.would_send, "text", &long(self.would_send_bytes)),
            some("fetch", self.would_fetch, "text", &long(self.would_fetch_bytes)),
            some("write", self.would_write, "text", " here"),
            (self.would_bring_editions > 0)
                .then(|| format!("fetch a newer edition of the book{}", long(self.would_fetch_book_bytes))),
            some("remove", self.would_remove_here, "text", " here"),
            some("remove", self.would_remove_there, "text", " there"),
            some("remove", self.would_sweep, "text", " there that no computer knows of"),
            some("forget", self.would_forget_computers, "computer", ""),
            some("merge", self.would_merge, "change", ""),
            self.would_send_replica
                .then(|| format!("tell the other computers{}", long(self.would_send_replica_bytes))),
        ];
        let parts: Vec<String> = parts.into_iter().flatten().collect();
        format!(
            "A sync would {}: {}.",
            list(&parts).unwrap_or_else(|| "change nothing".to_owned()),
            count(self.would_request, "request")
        )
    }
}

#[cfg(test)]
mod tests {
    use primer_engine::api::SyncReport;
    use primer_engine::sync::{Outlook, Tally};

    use super::Forecast;

    fn told(requests: u64, outlook: &Outlook) -> String {
        Forecast::of(&SyncReport { requests, ..SyncReport::default() }, outlook).words()
    }

    #[test]
    fn what_would_be_done_is_told_with_its_bytes_and_all_its_requests() {
        assert_eq!(told(1, &Outlook::default()), "A sync would change nothing: 1 request.");
        let some = Outlook {
            tally: Tally { sent: 2, merged: 3, ..Tally::default() },
            requests: 3,
            send_bytes: 41_000,
            send_replica: true,
            replica_bytes: 900,
            ..Outlook::default()
        };
        assert_eq!(
            told(2, &some),
            "A sync would send 2 texts (41 kB), merge 3 changes and tell the other computers (900 bytes): 5 requests."
        );
        let removals = Outlook { remove_here: 1, remove_there: 2, sweep: 3, forget: 1, ..Outlook::default() };
        assert_eq!(
            told(3, &removals),
            "A sync would remove 1 text here, remove 2 texts there, remove 3 texts there that no computer knows of and \
             forget 1 computer: 3 requests."
        );
        let first = Outlook {
            tally: Tally { received: 1, written: 2, editions: 1, ..Tally::default() },
            sets_up: true,
            fetch_bytes: 5,
            book_bytes: 2_000,
            ..Outlook::default()
        };
        assert_eq!(
            told(9, &first),
            "A sync would set the place up, fetch 1 text (5 bytes), write 2 texts here and fetch a newer edition of the book \
             (2 kB): 9 requests."
        );
    }
}
