//! What the system says of a program and all that it started.

use std::collections::BTreeMap;
use std::fs;

/// A process and all it started.
pub fn family(root: u32) -> Vec<u32> {
    let all = with_parents();
    let (mut family, mut next) = (Vec::new(), vec![root]);
    while let Some(process) = next.pop() {
        next.extend(all.iter().filter(|(_, parent)| *parent == process).map(|(id, _)| *id));
        family.push(process);
    }
    family
}

/// Its proportional set size, in megabytes.
pub fn memory_mb(process: u32) -> f64 {
    let rollup = fs::read_to_string(format!("/proc/{process}/smaps_rollup")).unwrap_or_default();
    let pss = rollup.lines().find_map(|line| line.strip_prefix("Pss:"));
    let kilobytes = pss.and_then(|line| line.split_whitespace().next()?.parse::<f64>().ok());
    kilobytes.unwrap_or(0.0) / 1024.0
}

/// Of one or more threads.
#[derive(Default, Clone, Copy)]
pub struct Activity {
    pub on_processor_ms: f64,
    /// How often a thread went to sleep, and so had been woken.
    pub sleeps: u64,
}

/// Each thread by its number, with what it did since it began. One that ends takes its count along.
pub type Threads = BTreeMap<String, Activity>;

pub fn threads(process: u32) -> Threads {
    let folder = fs::read_dir(format!("/proc/{process}/task"));
    let threads = folder.into_iter().flatten().flatten().map(|thread| {
        let read = |name: &str| fs::read_to_string(thread.path().join(name)).unwrap_or_default();
        let on_processor_ns = read("schedstat").split(' ').next().and_then(|ns| ns.parse::<f64>().ok());
        let sleeps = read("status")
            .lines()
            .find_map(|line| line.strip_prefix("voluntary_ctxt_switches:")?.trim().parse::<u64>().ok());
        let did =
            Activity { on_processor_ms: on_processor_ns.unwrap_or(0.0) / 1e6, sleeps: sleeps.unwrap_or(0) };
        (thread.file_name().to_string_lossy().into_owned(), did)
    });
    threads.collect()
}

/// What the threads that are still there did in between.
pub fn between(before: &Threads, now: &Threads) -> Activity {
    now.iter().fold(Activity::default(), |sum, (thread, did)| {
        let earlier = before.get(thread).copied().unwrap_or_default();
        Activity {
            on_processor_ms: sum.on_processor_ms + did.on_processor_ms - earlier.on_processor_ms,
            sleeps: sum.sleeps + did.sleeps.saturating_sub(earlier.sleeps),
        }
    })
}

/// Each process with its parent.
fn with_parents() -> Vec<(u32, u32)> {
    let Ok(entries) = fs::read_dir("/proc") else { return Vec::new() };
    entries
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<u32>().ok())
        .filter_map(|id| {
            let stat = fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
            // The name in parentheses may hold anything; what follows the last one is in fixed order.
            let parent = stat.rsplit(')').next()?.split_whitespace().nth(1)?.parse().ok()?;
            Some((id, parent))
        })
        .collect()
}
