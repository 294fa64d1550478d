//! `primer sync` as a person is told of it: before and after it does anything.

use std::fs;

use serde_json::Value;

use crate::remotes::World;

#[test]
fn a_dry_run_tells_what_a_sync_does_afterwards_and_does_none_of_it() {
    let world = World::new();
    world.laptop.json(&["chapter", "open", "1"]);
    let told = world.laptop.json(&["sync", "--dry-run"]);
    let plain = world.laptop.run(&["sync", "--dry-run"]);
    let said = plain.out.trim();
    assert!(
        plain.code == Some(0)
            && said.starts_with("A sync would set the place up, send 1 text (")
            && said.contains(") and tell the other computers (")
            && said.ends_with("): 7 requests."),
        "{said}"
    );
    assert_eq!(world.objects(), [""; 0]);
    assert!(world.laptop.run(&["remote", "list"]).out.contains("not synced yet"));
    let did = world.laptop.json(&["sync"]);
    let pairs = [("would_request", "requests"), ("would_send", "sent"), ("would_tell", "told")];
    for (would, does) in pairs {
        assert_eq!(told[would], did[does], "{told} {did}");
    }
    let number = |value: &Value| value.as_u64().unwrap();
    let identity = fs::read(world.stick.path().join("primer.json")).unwrap().len() as u64;
    assert_eq!(
        number(&told["would_send_bytes"]) + number(&told["would_send_replica_bytes"]) + identity,
        number(&did["sent_bytes"])
    );

    // A second computer reads there what it has yet to do.
    let school = world.joined();
    let told = school.json(&["sync", "--dry-run"]);
    let did = school.json(&["sync"]);
    for (would, does) in pairs.into_iter().chain([
        ("would_write", "written"),
        ("would_merge", "merged"),
        ("would_fetch", "received"),
    ]) {
        assert_eq!(told[would], did[does], "{told} {did}");
    }
    assert_eq!(told["would_write"], 1);
    school.json(&["sync"]);
    let quiet = school.run(&["sync", "--dry-run"]);
    assert_eq!(quiet.out.trim(), "A sync would change nothing: 1 request.");
}
