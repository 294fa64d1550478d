//! Updates from a terminal, by a Primer whose build names no publisher.

use std::fs;

use crate::world::is_sentence;
use crate::{Computer, primer, run};

#[test]
fn a_build_without_a_publisher_says_so_asks_nobody_and_publishes_nothing() {
    let computer = Computer::new();
    let folder = tempfile::tempdir().unwrap();
    let (out, stick) = (folder.path().join("out"), folder.path().join("stick"));
    for folder in [&out, &stick] {
        fs::create_dir(folder).unwrap();
    }
    fs::write(out.join("manifest.json"), b"{}").unwrap();
    fs::write(out.join("manifest.json.minisig"), b"").unwrap();
    let manifest = out.join("manifest.json");
    for command in [
        &["update", "check"][..],
        &["update", "check", "--manifest", manifest.to_str().unwrap()],
        // Nobody listens there, and nobody is asked.
        &["update", "check", "--manifest", "http://127.0.0.1:1/manifest.json"],
    ] {
        let error = computer.run(&[&["--json"], command].concat()).error();
        assert_eq!(error["code"], "updates_off", "{error}");
        assert!(is_sentence(error["message"].as_str().unwrap()), "{error}");
    }
    let (out, place) = (out.to_str().unwrap(), stick.to_str().unwrap());
    let error = run(&mut primer(&["--json", "update", "publish", out, "folder", place])).error();
    assert_eq!(error["code"], "updates_off", "{error}");
    assert_eq!(fs::read_dir(&stick).unwrap().count(), 0);
}
