//! A process and everything it started. Ends exactly those, by their ids.

use std::collections::BTreeMap;
use std::fs;
use std::process::{Command, Stdio};

/// Asks the process and all it started to end; `with_force` leaves them no choice.
pub fn end(root: u32, with_force: bool) {
    let signal = if with_force { "-KILL" } else { "-TERM" };
    let ids = of(root).into_iter().map(|id| id.to_string());
    let sent = Command::new("kill").arg(signal).args(ids).stderr(Stdio::null()).status();
    if let Err(error) = sent {
        eprintln!("kill could not be started: {error}.");
    }
}

/// The process itself first.
fn of(root: u32) -> Vec<u32> {
    let mut children: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
    for (id, parent) in processes() {
        children.entry(parent).or_default().push(id);
    }
    let mut family = vec![root];
    let mut next = 0;
    while let Some(id) = family.get(next) {
        family.extend(children.remove(id).unwrap_or_default());
        next += 1;
    }
    family
}

/// Each process with its parent. A process that ends while this looks is left out.
fn processes() -> Vec<(u32, u32)> {
    let Ok(entries) = fs::read_dir("/proc") else { return Vec::new() };
    entries
        .flatten()
        .filter_map(|entry| {
            let id = entry.file_name().to_str()?.parse().ok()?;
            let stat = fs::read_to_string(entry.path().join("stat")).ok()?;
            Some((id, parent_in(&stat)?))
        })
        .collect()
}

fn parent_in(stat: &str) -> Option<u32> {
    // The name in parentheses may hold anything; what follows the last one is in fixed order.
    stat.rsplit_once(')')?.1.split_whitespace().nth(1)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::{of, parent_in};

    #[test]
    fn the_parent_is_found_behind_a_name_with_parentheses() {
        assert_eq!(parent_in("42 (a) b (c) S 7 42 42 0"), Some(7));
        assert_eq!(parent_in("42 no name"), None);
    }

    #[test]
    fn a_family_holds_what_a_process_started_and_not_the_process_above_it() {
        let mut child = std::process::Command::new("sh")
            .args(["-c", "read line"])
            .stdin(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        let own = std::process::id();
        assert!(of(own).contains(&child.id()));
        assert!(!of(child.id()).contains(&own));
        drop(child.stdin.take());
        child.wait().unwrap();
    }
}
