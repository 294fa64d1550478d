//! A network of one's own that has no way out.

use std::process::Command;

use crate::command::says_yes;

const AS_ROOT: [&str; 2] = ["unshare", "--net"];
const AS_ANYBODY: [&str; 4] = ["unshare", "--user", "--map-root-user", "--net"];

/// Brings up loopback, then becomes the program that follows.
const WITH_LOOPBACK: [&str; 4] = ["sh", "-c", "ip link set lo up && exec \"$@\"", "sh"];

/// What to put before a program so that it runs there. Empty, with a sentence, where the system permits none.
pub fn without_a_way_out() -> Vec<&'static str> {
    for unshare in [&AS_ROOT[..], &AS_ANYBODY[..]] {
        let words = [unshare, &WITH_LOOPBACK[..]].concat();
        if says_yes(Command::new(words[0]).args(&words[1..]).arg("true")) {
            return words;
        }
    }
    println!(
        "This system permits no network of its own (unshare --net), so the window is tested with the usual network."
    );
    Vec::new()
}
