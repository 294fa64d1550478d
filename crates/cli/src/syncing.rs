//! `primer sync`: with every remote of a reader, now.

use std::io::{IsTerminal, Write, stderr};
use std::sync::Arc;

use primer_engine::Engine;
use primer_engine::api::{ApiError, ErrorCode, SyncReport, SyncWish, direct, network_runtime};
use primer_engine::sync::{Outlook, Progress, Supposed};

use crate::arguments::Global;
use crate::forecast::Forecast;
use crate::inspect::count;
use crate::output::{Output, list};
use crate::reading::reader;

pub fn run(engine: &Arc<Engine>, global: &Global, wish: SyncWish, output: &Output) -> Result<(), ApiError> {
    let user = reader(engine, global)?;
    let all = engine.remotes(user)?;
    let remotes: Vec<_> = all.iter().filter(|remote| !remote.paused).collect();
    if remotes.is_empty() {
        let (message, hint) = match all.len() {
            0 => ("There is nothing to sync with.", "Add a folder or a bucket with “primer remote add”."),
            _ => (
                "All places that this reader syncs with are paused.",
                "Let one go on with “primer remote resume ID”; “primer remote list” shows them. In the window: Resume.",
            ),
        };
        return Err(ApiError::new(ErrorCode::RemoteNotFound, message, hint));
    }
    let runtime = network_runtime()?;
    let shown = !output.is_json() && stderr().is_terminal();
    let mut report = SyncReport::default();
    let (mut outlook, mut supposed) = (Outlook::default(), Supposed::default());
    let mut is_some_done = false;
    let mut failures = Vec::new();
    for remote in remotes {
        let show = |progress: Progress| {
            if shown && let Some(bar) = bar(progress) {
                // Where the terminal takes no more there is nothing to show.
                let _ = write!(stderr(), "\r{bar}\x1b[K");
            }
        };
        let synced = runtime.block_on(engine.sync_supposing(remote, wish, supposed.clone(), show));
        if shown {
            clear_line();
        }
        // One remote that fails, whatever it is, must not keep the others from being synced.
        match synced {
            Ok(synced) => {
                report = added(report, &synced.report);
                outlook = outlook.and(synced.outlook);
                match synced.failure {
                    None => (is_some_done, supposed) = (true, synced.supposed),
                    Some(failure) => failures.push(ApiError::sync(&failure)),
                }
            }
            Err(error) => failures.push(error),
        }
    }
    if is_some_done || brought_something(&report) {
        if wish.dry {
            output.print(&Forecast::of(&report, &outlook), Forecast::words)?;
        } else {
            output.print(&report, did)?;
        }
    }
    let mut failures = failures.into_iter();
    let Some(first) = failures.next() else { return Ok(()) };
    failures.filter(|other| other.message != first.message).for_each(|other| output.remark(&other));
    Err(first)
}

fn brought_something(report: &SyncReport) -> bool {
    let SyncReport { sent, received, written, told, merged, editions, .. } = report;
    sent + received + written + told + merged + editions > 0
}

fn did(report: &SyncReport) -> String {
    let texts = |number: u64, what: &str| (number > 0).then(|| format!("{} {what}", count(number, "text")));
    let parts = [
        texts(report.sent, "sent"),
        texts(report.received, "fetched"),
        texts(report.written, "written here"),
        (report.told > 0).then(|| format!("{} told", count(report.told, "change"))),
        (report.merged > 0).then(|| format!("{} from other computers", count(report.merged, "change"))),
    ];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    format!(
        "Synced: {} ({}, {} sent, {} received).{}",
        list(&parts).unwrap_or_else(|| "nothing was new".to_owned()),
        count(report.requests, "request"),
        direct::bytes(report.sent_bytes),
        direct::bytes(report.received_bytes),
        if report.editions > 0 { " A newer edition of the book is here and opens from now on." } else { "" }
    )
}

fn added(sum: SyncReport, other: &SyncReport) -> SyncReport {
    SyncReport {
        requests: sum.requests + other.requests,
        sent_bytes: sum.sent_bytes + other.sent_bytes,
        received_bytes: sum.received_bytes + other.received_bytes,
        sent: sum.sent + other.sent,
        received: sum.received + other.received,
        written: sum.written + other.written,
        told: sum.told + other.told,
        merged: sum.merged + other.merged,
        editions: sum.editions + other.editions,
        duration_ms: sum.duration_ms + other.duration_ms,
    }
}

/// How far a sync is, once it is known how much there is to do.
fn bar(progress: Progress) -> Option<String> {
    const WIDTH: u64 = 30;
    let Progress { done, total, done_bytes, total_bytes } = progress;
    let full = (done.min(total) * WIDTH).checked_div(total)? as usize;
    let bar = "#".repeat(full) + &".".repeat(WIDTH as usize - full);
    let (done_bytes, total_bytes) = (direct::bytes(done_bytes), direct::bytes(total_bytes));
    Some(format!("[{bar}] {done} of {}, {done_bytes} of {total_bytes}", count(total, "text")))
}

fn clear_line() {
    let _ = write!(stderr(), "\r\x1b[K");
}

#[cfg(test)]
mod tests {
    use primer_engine::sync::Progress;

    use super::bar;

    #[test]
    fn a_bar_tells_texts_and_bytes_and_is_not_shown_before_anything_is_planned() {
        let at =
            |done, total, done_bytes, total_bytes| bar(Progress { done, total, done_bytes, total_bytes });
        assert_eq!(at(0, 0, 0, 0), None);
        assert_eq!(
            at(4, 12, 80_000, 240_000).unwrap(),
            "[##########....................] 4 of 12 texts, 80 kB of 240 kB"
        );
        assert_eq!(
            at(1, 1, 900, 900).unwrap(),
            "[##############################] 1 of 1 text, 900 bytes of 900 bytes"
        );
    }
}
