//! A fetched edition whose files are not what was published any more.

use std::fs;
use std::path::PathBuf;

use primer_domain::ids::TextDigest;
use serde_json::json;

use crate::desk::Desk;
use crate::published::class;
use crate::world::folders;

const RED: &str = "<svg xmlns=\"http://www.w3.org/2000/svg\"><rect fill=\"red\"/></svg>";
const TEA: &str = "<svg xmlns=\"http://www.w3.org/2000/svg\"><rect fill=\"tea\"/></svg>";

fn version(desk: &Desk) -> u32 {
    desk.engine.shelf().book.chapters[0].version.0
}

fn picture(desk: &Desk) -> PathBuf {
    let digest = TextDigest::of(RED.as_bytes()).to_string();
    let files = folders::files(&desk.computer.data()).into_keys();
    let mut in_place = files.filter(|name| name.ends_with(&digest) && !name.contains(".part/"));
    desk.computer.data().join(in_place.next_back().unwrap())
}

fn shown(desk: &Desk) -> Option<Vec<u8>> {
    Some(desk.engine.shelf().picture("figures/robot.svg").ok()??.bytes.into_owned())
}

/// What a look at every byte finds damaged of the one edition that is installed.
fn damaged(desk: &Desk) -> Vec<String> {
    let verified = desk.engine.verify().unwrap();
    let [edition] = &verified.editions[..] else { panic!("one edition: {verified:?}") };
    assert_eq!((edition.book_id.as_str(), edition.edition, edition.files), ("test-book", 1, 5));
    edition.damaged.clone()
}

#[test]
fn a_damaged_edition_is_set_aside_and_fetched_again_also_while_it_is_being_read() {
    let (_stick, laptop, _, mut teacher) = class();
    assert_eq!(laptop.engine.verify().unwrap().editions, []);
    teacher.illustrated(2, RED);
    teacher.publish();
    laptop.sync_looking();
    let laptop = laptop.restarted();
    assert_eq!((version(&laptop), damaged(&laptop)), (2, Vec::new()));
    fs::write(picture(&laptop), TEA).unwrap();
    assert_eq!(damaged(&laptop), ["figures/robot.svg"]);
    assert_eq!(folders::quarantine(&laptop.computer.data()), [TEA.as_bytes()]);
    assert_eq!(laptop.engine.verify().unwrap().editions, [], "it is opened no more");
    assert_eq!(shown(&laptop), None, "and what is damaged is not shown");

    // The list, the index, and the one file.
    let report = laptop.sync();
    assert_eq!((report.editions, report.requests), (1, 3));
    assert_eq!((shown(&laptop), damaged(&laptop)), (Some(RED.into()), Vec::new()));
    let status = laptop.status();
    assert_eq!((&status["newer_book"], &status["hint"]), (&json!(false), &json!(null)), "it is the open one");
    let report = laptop.sync();
    assert_eq!((report.editions, report.requests), (0, 2));
}

#[test]
fn until_it_is_fetched_again_the_book_opens_as_it_came() {
    let (_stick, laptop, _, mut teacher) = class();
    teacher.illustrated(2, RED);
    teacher.publish();
    laptop.sync_looking();
    fs::remove_file(picture(&laptop)).unwrap();
    assert_eq!(damaged(&laptop), ["figures/robot.svg"], "also what is missing");
    let laptop = laptop.restarted();
    assert_eq!(version(&laptop), 1);
    let report = laptop.sync();
    assert_eq!((report.editions, report.requests), (1, 3), "what is whole of it is not fetched again");
    let laptop = laptop.restarted();
    assert_eq!((version(&laptop), shown(&laptop)), (2, Some(RED.into())));
}
