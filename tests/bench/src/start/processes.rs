//! What the system says of a program and all that it started.

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

/// Since it began.
#[derive(Default, Clone, Copy)]
pub struct Activity {
    pub on_processor_ms: f64,
    /// How often one of its threads went to sleep, and so had been woken.
    pub sleeps: u64,
}

pub fn activity(process: u32) -> Activity {
    let mut sum = Activity::default();
    for thread in fs::read_dir(format!("/proc/{process}/task")).into_iter().flatten().flatten() {
        let read = |name: &str| fs::read_to_string(thread.path().join(name)).unwrap_or_default();
        let on_processor_ns = read("schedstat").split(' ').next().and_then(|ns| ns.parse::<f64>().ok());
        sum.on_processor_ms += on_processor_ns.unwrap_or(0.0) / 1e6;
        let sleeps = read("status")
            .lines()
            .find_map(|line| line.strip_prefix("voluntary_ctxt_switches:")?.trim().parse::<u64>().ok());
        sum.sleeps += sleeps.unwrap_or(0);
    }
    sum
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
