//! Publishing what is not right, and being offered what is not right.

use std::fs;
use std::path::{Path, PathBuf};

use primer_domain::freshness::Freshness;
use primer_domain::ids::TextDigest;
use primer_engine::api::{ErrorCode, direct};
use serde_json::{Value, json};

use crate::assert_visit;
use crate::published::class;
use crate::world::{folders, is_sentence};

fn index_of(stick: &Path) -> PathBuf {
    stick.join("books/test-book/index.json")
}

/// Changes the index and seals it anew, as somebody who may write there could.
fn forge(stick: &Path, change: impl FnOnce(&mut Value)) {
    let mut value: Value = serde_json::from_slice(&fs::read(index_of(stick)).unwrap()).unwrap();
    change(&mut value);
    value.as_object_mut().unwrap().remove("sha256");
    let text = serde_json::to_string_pretty(&value).unwrap();
    let lines = format!("{},\n", text.strip_suffix("\n}").unwrap());
    let seal = TextDigest::of(lines.as_bytes());
    fs::write(index_of(stick), format!("{lines}  \"sha256\": \"{seal}\"\n}}\n")).unwrap();
}

/// Puts these bytes in the place of a file of the book, with a right digest.
fn forge_file(stick: &Path, path: &str, bytes: &[u8]) {
    let digest = TextDigest::of(bytes).to_string();
    fs::write(stick.join("books/test-book/objects").join(&digest), bytes).unwrap();
    forge(stick, |index| {
        let files = index["files"].as_array_mut().unwrap();
        files.retain(|file| file["path"] != path);
        files.push(json!({"path": path, "bytes": bytes.len(), "sha256": digest}));
    });
}

fn object_of(stick: &Path, path: &str) -> PathBuf {
    let index: Value = serde_json::from_slice(&fs::read(index_of(stick)).unwrap()).unwrap();
    let file = index["files"].as_array().unwrap().iter().find(|file| file["path"] == path).unwrap();
    stick.join("books/test-book/objects").join(file["sha256"].as_str().unwrap())
}

#[test]
fn a_book_that_is_not_right_is_refused_with_a_sentence_and_the_installed_one_stays() {
    type Change = fn(&Path);
    let table: [(&str, Change); 16] = [
        ("not JSON", |stick| fs::write(index_of(stick), "<html>Sign in</html>").unwrap()),
        ("not as it was written", |stick| {
            let text = fs::read_to_string(index_of(stick)).unwrap();
            fs::write(index_of(stick), text.replace("\"edition\": 1", "\"edition\": 9")).unwrap();
        }),
        ("longer than", |stick| fs::write(index_of(stick), vec![b' '; 2 << 20]).unwrap()),
        ("newer Primer", |stick| forge(stick, |index| index["format"] = json!(2))),
        ("newer Primer", |stick| forge(stick, |index| index["book_format"] = json!(2))),
        ("other-book", |stick| forge(stick, |index| index["book"] = json!("other-book"))),
        ("../../../escaped.md", |stick| {
            forge(stick, |index| index["files"][1]["path"] = json!("../../../escaped.md"));
        }),
        ("C:/escaped.md", |stick| forge(stick, |index| index["files"][1]["path"] = json!("C:/escaped.md"))),
        ("x.js", |stick| forge_file(stick, "x.js", b"alert(1)")),
        ("bytes", |stick| forge(stick, |index| index["files"][1]["bytes"] = json!(u64::MAX))),
        ("not whole there", |stick| forge(stick, |index| index["files"][1]["bytes"] = json!(7))),
        ("not whole there", |stick| fs::write(object_of(stick, "1.md"), "something else").unwrap()),
        ("not there", |stick| fs::remove_file(object_of(stick, "1.md")).unwrap()),
        ("another than its index says", |stick| {
            forge(stick, |index| index["chapters"][1]["version"] = json!(9));
        }),
        ("which is not in the book", |stick| forge_file(stick, "1.md", b"# One\n\n![A](a.svg)\n")),
        ("UTF-8", |stick| forge_file(stick, "1.md", b"# One \xff\n")),
    ];
    for (named, change) in table {
        let (stick, laptop, _, mut teacher) = class();
        teacher.book().revise(1, 2);
        teacher.publish();
        change(stick.path());
        let report = laptop.sync_looking();
        assert_eq!(report.editions, 0, "{named}");
        let hint = laptop.status()["hint"].as_str().unwrap_or_default().to_owned();
        assert!(is_sentence(&hint) && hint.contains(named), "{named}: {hint}");
        assert!(hint.contains("the one you have stays"), "{hint}");
        // It is not fetched over and over: one request for it, and no more.
        assert_eq!(laptop.sync().requests, 2, "{named}");
        assert_eq!(laptop.status()["state"], "up_to_date");
        let laptop = laptop.restarted();
        assert_visit(&laptop.engine, laptop.user, 1, Freshness::Missing, true);
        assert_eq!(laptop.engine.shelf().book.chapters[0].version.0, 1, "{named}");
        laptop.engine.tidy().unwrap();
        for (file, _) in folders::files(laptop.computer.folder.path()) {
            assert!(!file.contains("escaped"), "{file}");
        }

        // Mended, it is installed.
        fs::remove_dir_all(stick.path().join("books")).unwrap();
        teacher.publish();
        laptop.computer.clock.fetch_add(25 * 60 * 60 * 1000, std::sync::atomic::Ordering::SeqCst);
        assert_eq!(laptop.sync().editions, 1, "{named}");
    }
}

#[test]
fn an_older_or_a_same_edition_costs_one_request_and_fetches_nothing() {
    let (_stick, mut laptop, _, teacher) = class();
    teacher.publish();
    laptop.computer.book.revise(1, 2);
    laptop = laptop.restarted();
    assert_eq!(laptop.sync_looking().editions, 0);
    laptop.sync();
    let report = laptop.sync();
    assert_eq!((report.requests, report.editions), (2, 0));
    assert!(!laptop.computer.data().join("books").exists());
}

#[test]
fn what_readers_would_not_get_is_not_published() {
    let (stick, laptop, _, mut teacher) = class();
    teacher.illustrated(2, "<svg xmlns=\"http://www.w3.org/2000/svg\"/>");
    teacher.publish();
    let before = folders::digests(stick.path());
    let refused = |teacher: &crate::published::Teacher, named: &str| {
        for dry in [true, false] {
            let error = teacher.try_publish(dry).unwrap_err();
            assert_eq!(error.code, ErrorCode::BookInvalid);
            assert!(is_sentence(&error.message) && is_sentence(&error.hint), "{error}");
            assert!(error.to_string().contains(named), "{error}");
        }
        assert_eq!(folders::digests(stick.path()), before, "{named}");
    };
    teacher.book().write_chapter(2, 1, "# Seeing\n\nOther words.\n");
    refused(&teacher, "chapter 2");
    teacher.book().revise(2, 1);
    teacher.book().revise(1, 1);
    refused(&teacher, "Chapter 1 has the version 1");
    teacher.illustrated(2, "<svg xmlns=\"http://www.w3.org/2000/svg\"><g/></svg>");
    refused(&teacher, "figures/robot.svg");
    teacher.illustrated(3, "<svg xmlns=\"http://www.w3.org/2000/svg\"/>");
    fs::remove_file(teacher.folder().join("figures/robot.svg")).unwrap();
    refused(&teacher, "error");
    fs::write(teacher.folder().join("1.md"), "::: when pyton = none\nx\n:::\n").unwrap();
    refused(&teacher, "error");
    assert_eq!(laptop.sync_looking().editions, 1, "what is published is as it was");
}

#[test]
fn publishing_again_sends_only_what_is_missing_there_and_leaves_out_what_is_no_part_of_a_book() {
    let (stick, _, _, mut teacher) = class();
    fs::write(teacher.folder().join("answers.docx"), "secret").unwrap();
    fs::write(teacher.folder().join("notes.md"), "a draft").unwrap();
    fs::write(teacher.folder().join("LICENSE.md"), "CC0").unwrap();
    fs::create_dir(teacher.folder().join(".git")).unwrap();
    fs::write(teacher.folder().join(".git/config.md"), "x").unwrap();
    let dry = teacher.try_publish(true).unwrap();
    assert_eq!((dry.edition, dry.files, dry.sent), (1, 5, 5));
    assert_eq!(dry.left_out, ["answers.docx", "notes.md"]);
    assert!(!stick.path().join("books").exists());
    teacher.publish();
    let again = teacher.publish();
    assert_eq!((again.edition, again.sent, again.unchanged), (1, 0, true));
    fs::remove_file(object_of(stick.path(), "2.md")).unwrap();
    let mended = teacher.publish();
    assert_eq!((mended.edition, mended.sent, mended.unchanged), (1, 1, true));
    assert!(object_of(stick.path(), "2.md").exists());
    teacher.book().revise(3, 2);
    let next = teacher.publish();
    // The chapter and the manifest that has its version.
    assert_eq!((next.edition, next.sent, next.unchanged), (2, 2, false));
    let index = fs::read_to_string(index_of(stick.path())).unwrap();
    assert!(!index.contains("answers") && !index.contains("notes"), "{index}");
}

#[test]
fn what_stands_there_and_is_no_index_is_not_written_over() {
    let (stick, laptop, _, teacher) = class();
    teacher.publish();
    fs::write(index_of(stick.path()), "{}").unwrap();
    let error = teacher.try_publish(false).unwrap_err();
    assert!(is_sentence(&error.message) && is_sentence(&error.hint), "{error}");
    assert_eq!(fs::read_to_string(index_of(stick.path())).unwrap(), "{}");
    let row = laptop.engine.remotes(laptop.user).unwrap().remove(0);
    direct::look_for_books(&laptop.engine, &row.id.to_string()).unwrap();
    let books = serde_json::to_value(direct::books(&laptop.engine).unwrap()).unwrap();
    assert_eq!(books["published"][0]["standing"], "unreadable");
}
