//! What does not work says so in a sentence, with an exit code that is not 0, and never panics.

use std::fs;
use std::process::Stdio;

use crate::world::{database, folders, is_sentence};
use crate::{Computer, primer, run};

#[test]
fn arguments_that_make_no_sense_are_refused_in_one_sentence() {
    let computer = Computer::with_reader("none");
    let senseless: [&[&str]; 15] = [
        &[],
        &["nonsense"],
        &["--nonsense", "status"],
        &["status", "more"],
        &["user"],
        &["user", "add"],
        &["user", "remove", "x"],
        &["profile", "set"],
        &["chapter", "open"],
        &["chapter", "open", "one"],
        &["chapter", "open", "-1"],
        &["chapter", "open", "4294967296"],
        &["cache", "evict", "--keep"],
        &["book", "check"],
        &["--data"],
    ];
    for arguments in senseless {
        let plain = computer.run(arguments);
        assert!(plain.code.is_some_and(|code| code != 0 && code != 101), "{arguments:?} {plain:?}");
        assert_eq!(plain.out, "", "{arguments:?}");
        assert_eq!(plain.err.trim_end().lines().count(), 1, "{arguments:?}: {}", plain.err);
        assert!(is_sentence(&plain.err), "{arguments:?}: {}", plain.err);
        let told = computer.error(arguments);
        assert_eq!(told["code"], "invalid_request", "{arguments:?}");
    }
    let named = [
        (&[][..], "“primer” needs to be told what to do. See “primer --help” for what there is."),
        (
            &["chapter"],
            "“primer chapter” needs to be told what to do. See “primer chapter --help” for what there is.",
        ),
        (
            &["user", "remove"],
            "unrecognized subcommand 'remove'. See “primer user --help” for what there is.",
        ),
    ];
    for (arguments, said) in named {
        assert_eq!(computer.run(arguments).err.trim_end(), said);
    }
}

#[test]
fn help_and_version_are_no_errors() {
    for arguments in [&["--help"][..], &["chapter", "--help"], &["chapter", "open", "--help"], &["--version"]]
    {
        let run = run(&mut primer(arguments));
        assert_eq!((run.code, run.err.as_str()), (Some(0), ""), "{arguments:?}");
        assert!(!run.out.is_empty());
    }
}

#[test]
fn a_chapter_that_the_book_does_not_have_is_refused() {
    let computer = Computer::with_reader("none");
    for number in ["0", "7", "4294967295"] {
        let error = computer.error(&["chapter", "open", number]);
        assert_eq!(error["code"], "chapter_not_found");
        assert!(error["message"].as_str().unwrap().contains(number), "{error}");
        let plain = computer.run(&["chapter", "open", number]);
        assert_eq!((plain.code, plain.out.as_str()), (Some(1), ""));
    }
    assert!(database::rows(&computer.data()).is_empty());
}

#[test]
fn a_data_folder_that_cannot_be_used_is_refused_and_left_as_it_is() {
    let computer = Computer::new();
    let file = computer.folder.path().join("a-file");
    fs::write(&file, "mine").unwrap();
    for data in
        [file.to_str().unwrap().to_owned(), format!("{}/below", file.display()), "/proc/primer".to_owned()]
    {
        let error = computer.error(&["--data", &data, "status"]);
        assert_eq!(error["code"], "disk_failed", "{data}: {error}");
    }
    assert_eq!(fs::read_to_string(file).unwrap(), "mine");

    fs::create_dir_all(computer.data()).unwrap();
    fs::write(computer.data().join("primer.sqlite3"), "This is an essay, not a database.").unwrap();
    let error = computer.error(&["status"]);
    assert_eq!(error["code"], "database_damaged");
    // Only the log has come to be there.
    let files = folders::files(&computer.data()).into_iter().filter(|(name, _)| name != "logs/primer.log");
    assert_eq!(files.map(|(_, bytes)| bytes).collect::<Vec<_>>(), [b"This is an essay, not a database."]);
}

#[test]
fn a_book_that_cannot_be_read_is_refused_with_the_first_fault() {
    let computer = Computer::with_reader("none");
    let error = computer.error(&["--book", "/no/such/book", "chapter", "open", "1"]);
    assert_eq!(error["code"], "book_invalid");
    assert!(error["message"].as_str().unwrap().contains("book.toml"), "{error}");
    fs::write(computer.book.folder.join("1.md"), "# One\n\n::: when pyhton = none\nX\n:::\n").unwrap();
    let error = computer.error(&["chapter", "open", "1"]);
    let message = error["message"].as_str().unwrap();
    assert!(message.contains("1.md:3:10") && message.contains("“python”"), "{message}");
    assert!(error["hint"].as_str().unwrap().contains("primer book check"), "{error}");
}

#[test]
fn a_reader_of_the_output_who_has_seen_enough_is_no_error() {
    let mut computer = Computer::with_reader("none");
    // More than a pipe holds.
    computer.book.write_chapter(1, 1, &format!("# Long\n\n{}", "Words and words.\n\n".repeat(20_000)));
    let commands: [&[&str]; 8] = [
        &["chapter", "open", "1"],
        &["chapter", "open", "1", "--html"],
        &["--json", "chapter", "open", "1"],
        &["status"],
        &["user", "list"],
        &["cache", "list"],
        &["cache", "verify"],
        &["--help"],
    ];
    for arguments in commands {
        let mut child =
            computer.primer(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(!said.contains("panicked") && output.status.code() != Some(101), "{arguments:?}: {said}");
        if arguments != ["--help"] {
            assert_eq!((output.status.code(), said.as_str()), (Some(0), ""), "{arguments:?}");
        }
    }
}

#[test]
fn output_that_cannot_be_written_is_an_error() {
    let computer = Computer::with_reader("none");
    let full = fs::File::options().write(true).open("/dev/full").unwrap();
    let output =
        computer.primer(&["chapter", "open", "1"]).stdout(full).stderr(Stdio::piped()).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(is_sentence(&String::from_utf8(output.stderr).unwrap()));
}
