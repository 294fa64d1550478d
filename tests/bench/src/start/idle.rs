//! What an open window does while nobody does anything: nothing that an empty one does not do.

use std::path::Path;
use std::time::Duration;

use super::opened::Opened;
use super::processes::between;
use super::{empty_window, primer_window, rest};
use crate::Ratio;

/// The webview tidies for a while after a page has come.
const SETTLED: Duration = Duration::from_secs(15);
const WATCHED: Duration = Duration::from_secs(120);

/// Of one core.
const SHARE_MAX: f64 = 0.001;

pub fn ratios(data: &Path) -> Vec<Ratio> {
    let primer = Opened::start(&primer_window(), data, "1 Introduction");
    let empty = Opened::start(&empty_window(), data, "ready");
    rest(SETTLED);
    let before = [primer.threads(), empty.threads()];
    rest(WATCHED);
    let primer_did = between(&before[0], &primer.threads());
    let empty_did = between(&before[1], &empty.threads());
    primer.close();
    empty.close();
    let (seconds, minutes) = (WATCHED.as_secs_f64(), WATCHED.as_secs_f64() / 60.0);
    let share = primer_did.on_processor_ms / (seconds * 1e3);
    // An empty window is woken as well, for one by the webview's look at how much memory is free.
    let woken = primer_did.sleeps.saturating_sub(empty_did.sleeps) as f64 / minutes;
    vec![
        Ratio {
            name: "processor while idle / 0.1 % of a core",
            measured: share / SHARE_MAX,
            limit: 1.0,
            detail: format!(
                "{:.3} %, an empty window {:.3} %",
                share * 100.0,
                empty_did.on_processor_ms / (seconds * 10.0)
            ),
        },
        Ratio {
            name: "wake-ups a minute while idle, beyond an empty window's / 1",
            measured: woken,
            limit: 1.0,
            detail: format!("{} / {} in {seconds:.0} s", primer_did.sleeps, empty_did.sleeps),
        },
    ]
}
