//! A key of one's own: what a student may do in a course's bucket, and what not, by the policy that
//! docs/running-a-bucket.md gives for SeaweedFS, on a real SeaweedFS.

use std::fs;
use std::path::Path;
use std::sync::OnceLock;

use primer_engine::env::Env;
use primer_engine::remote::{Credentials, Location, Remote, RemoteFault, S3Location, Style, Verb};
use primer_engine::secrets::Secret;
use serde_json::{Value, json};

use crate::doctor::verdicts;
use crate::seaweed::{BUCKET, shell, weed};
use crate::server_process::{ServerProcess, seaweedfs_words};
use crate::{Computer, run};

const DOCUMENTATION: &str = include_str!("../../docs/running-a-bucket.md");

/// A bucket with an operator and six students, so that no test meets another's. Amina, Carla, Dana and Fatima are in
/// the server's file of identities, Bilal and Emil were added in its shell. Carla's prefix was never set up
/// by an operator, and only Fatima's has a book.
struct Course {
    server: ServerProcess,
    amina: Student,
    bilal: Student,
    carla: Student,
    dana: Student,
    emil: Student,
    fatima: Student,
}

/// A student as their operator knows them: an id, and a key for it. Their computer is made anew for each
/// test.
struct Student {
    user_id: String,
    name: &'static str,
    prefix: &'static str,
}

fn course() -> &'static Course {
    static COURSE: OnceLock<Course> = OnceLock::new();
    COURSE.get_or_init(|| {
        let student = |number: u32, name, prefix| Student {
            user_id: format!("0192f0c1-2345-4abc-8def-00000000000{number}"),
            name,
            prefix,
        };
        let (amina, bilal) = (student(1, "amina", "autumn"), student(2, "bilal", "autumn"));
        let carla = student(3, "carla", "nobody-set-this-up");
        let (dana, emil) = (student(4, "dana", "autumn"), student(5, "emil", "autumn"));
        let fatima = student(6, "fatima", "with-a-book");
        let program = weed();
        let identities = [&amina, &carla, &dana, &fatima].map(Student::identity);
        let words = |folder: &Path, port: u16| {
            let operator = json!({
                "name": "operator",
                "actions": ["Admin", "Read", "Write", "List", "Tagging"],
                "credentials": [{"accessKey": key("operator"), "secretKey": secret("operator")}],
            });
            let all: Vec<Value> = [operator].into_iter().chain(identities.clone()).collect();
            fs::write(folder.join("s3.json"), json!({"identities": all}).to_string()).unwrap();
            fs::create_dir_all(folder.join("data")).unwrap();
            seaweedfs_words(&program, folder, port)
        };
        let server = ServerProcess::start("policies", words, |answer| answer.contains(" 403 "));
        let lines = format!("s3.bucket.create -name {BUCKET}\n{}{}", bilal.shell_lines(), emil.shell_lines());
        shell(&program, server.port, &lines);
        let course = Course { server, amina, bilal, carla, dana, emil, fatima };
        // As docs/running-a-bucket.md tells an operator to.
        let operator = Computer::new();
        operator.json(&["user", "add", "Operator"]);
        course.add_remote(&operator, "operator", "autumn");
        operator.json(&["sync"]);
        course
    })
}

impl Student {
    /// The identity in the documentation, with this student's own ids in it.
    fn identity(&self) -> Value {
        serde_json::from_str(&self.documented("```json seaweedfs\n")).unwrap()
    }

    /// What the documentation tells to write in `weed shell`, likewise.
    fn shell_lines(&self) -> String {
        self.documented("```text seaweedfs\n")
    }

    fn documented(&self, fence: &str) -> String {
        let block = DOCUMENTATION.split(fence).nth(1).and_then(|rest| rest.split("```").next());
        let mut text = block.expect("the documentation says how with SeaweedFS").to_owned();
        for (placeholder, own) in [
            ("BUCKET", BUCKET),
            ("PREFIX", self.prefix),
            ("USER_ID", &self.user_id),
            ("ACCESS_KEY", &key(self.name)),
            ("SECRET_KEY", &secret(self.name)),
            ("NAME", self.name),
        ] {
            assert!(text.contains(placeholder), "{placeholder} is not in {text}");
            text = text.replace(placeholder, own);
        }
        text
    }
}

impl Course {
    fn endpoint(&self) -> String {
        format!("http://127.0.0.1:{}", self.server.port)
    }

    fn add_remote(&self, computer: &Computer, who: &str, prefix: &str) {
        let (endpoint, key) = (self.endpoint(), key(who));
        let mut command = computer.primer(&[
            "--json",
            "remote",
            "add",
            "s3",
            "--endpoint",
            &endpoint,
            "--bucket",
            BUCKET,
            "--prefix",
            prefix,
            "--access-key-id",
            &key,
        ]);
        run(command.env("PRIMER_S3_SECRET", secret(who))).json();
    }

    /// A computer of the reader of `whose`, with the key of `with`, joined with the file in the documentation.
    fn computer(&self, whose: &Student, with: &Student) -> Computer {
        let block = DOCUMENTATION.split("```json\n").find(|block| block.contains("secret_access_key"));
        let mut text = block.and_then(|block| block.split("```").next()).unwrap().to_owned();
        for (placeholder, own) in [
            ("USER_ID", whose.user_id.as_str()),
            ("Amina", whose.name),
            ("https://s3.example.org", &self.endpoint()),
            ("BUCKET", BUCKET),
            ("PREFIX", whose.prefix),
            ("ACCESS_KEY", &key(with.name)),
            ("SECRET_KEY", &secret(with.name)),
        ] {
            assert!(text.contains(placeholder), "{placeholder} is not in {text}");
            text = text.replace(placeholder, own);
        }
        let computer = Computer::new();
        let file = computer.write("joining.json", &serde_json::from_str(&text).unwrap());
        computer.json(&["computer", "join", &file, "--separate"]);
        computer
    }
}

/// A connection with this student's key, and how each kind of request is answered in some place.
fn refusals(
    course: &Course,
    with: &Student,
    key_there: &str,
    prefix_there: &str,
) -> [Option<RemoteFault>; 4] {
    let location = Location::S3(S3Location {
        endpoint: course.endpoint(),
        bucket: BUCKET.to_owned(),
        prefix: with.prefix.to_owned(),
        region: "us-east-1".to_owned(),
        style: Style::Auto,
        access_key_id: key(with.name),
        ca_file: None,
        proxy: None,
    });
    let credentials = Credentials { secret_access_key: Secret::new(secret(with.name)), session_token: None };
    let remote = Remote::connect(&location, Some(credentials), Env::of_this_computer().clock()).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        [
            remote.list(prefix_there).await.err(),
            remote.get(key_there, 1 << 20).await.err(),
            remote.put(key_there, b"not yours").await.err(),
            remote.delete(key_there).await.err(),
        ]
        .map(|error| error.map(|error| error.fault))
    })
}

fn key(name: &str) -> String {
    format!("AK{}", name.to_uppercase())
}

fn secret(name: &str) -> String {
    format!("the-secret-of-{name}")
}

#[test]
fn with_a_key_of_their_own_a_student_syncs_everything_that_is_theirs() {
    let course = course();
    let laptop = course.computer(&course.amina, &course.amina);
    laptop.set_python("beginner");
    laptop.json(&["chapter", "open", "1"]);
    assert_eq!(laptop.json(&["sync"])["sent"], 1);
    let school = course.computer(&course.amina, &course.amina);
    assert_eq!(school.json(&["sync"])["written"], 1);
    school.set_python("advanced");
    school.json(&["chapter", "open", "1"]);
    assert_eq!(school.json(&["sync"])["sent"], 1);
    assert_eq!(laptop.json(&["sync"])["merged"], 1);
    assert_eq!(laptop.json(&["profile", "show"])["software_experience"], json!({"python": "advanced"}));
    // Its replica is taken away by the other computer, so removing is allowed too.
    let computers = laptop.json(&["computer", "list"]);
    let other = computers.as_array().unwrap().iter().find(|one| one["this_one"] == false).unwrap();
    laptop.json(&["computer", "forget", other["device_id"].as_str().unwrap()]);
    assert_eq!(laptop.json(&["sync"])["requests"], 1);

    let found = laptop.json(&["remote", "inspect"]);
    assert_eq!((&found["which"]["state"], &found["objects"]), (&json!("known"), &json!(3)), "{found}");
    let findings = laptop.json(&["remote", "doctor"]);
    assert!(verdicts(&findings).iter().all(|(verdict, _)| *verdict == "good"), "{findings}");
    assert!(findings.to_string().contains("This key can't write in other readers' places."), "{findings}");
    assert!(findings.to_string().contains("This key can't publish books."), "{findings}");
    assert!(findings.to_string().contains("and one could be read."), "{findings}");
    // It may not list what is published, and finds the book that it reads by its name.
    assert_eq!(found["published"], json!({"listed": false, "books": []}));
}

#[test]
fn a_student_reads_what_the_operator_publishes_and_the_check_says_so() {
    let course = course();
    let laptop = course.computer(&course.fatima, &course.fatima);
    let operator = Computer::new();
    operator.json(&["user", "add", "Operator"]);
    course.add_remote(&operator, "operator", course.fatima.prefix);
    operator.json(&["sync"]);
    let book = operator.book.folder.to_str().unwrap();
    operator.json(&["book", "publish", book]);
    laptop.json(&["sync"]);
    let findings = laptop.json(&["remote", "doctor"]);
    let told = "Edition 1 of “A test book” is published there, and can be read.";
    assert!(verdicts(&findings).contains(&("good", told)), "{findings}");
    let found = laptop.json(&["remote", "inspect"])["published"].clone();
    assert_eq!((&found["listed"], &found["books"][0]["index"]["edition"]), (&json!(false), &json!(1)));
    let found = operator.json(&["remote", "inspect"])["published"].clone();
    assert_eq!((&found["listed"], &found["books"][0]["objects"]["objects"]), (&json!(true), &json!(4)));
}

#[test]
fn a_key_reaches_its_own_students_place_and_what_is_for_all_to_read() {
    let course = course();
    let no = |to| Some(RemoteFault::NoPermission { to });
    let nothing_goes = [no(Verb::List), no(Verb::Read), no(Verb::Write), no(Verb::Delete)];
    let reading_goes = [no(Verb::List), None, no(Verb::Write), no(Verb::Delete)];
    // A key of the server's file, and one that was made in its shell.
    for (student, other) in [(&course.dana, &course.emil), (&course.emil, &course.dana)] {
        let refused = |key: &str, prefix: &str| refusals(course, student, key, prefix);
        let (own, others) = (format!("users/{}", student.user_id), format!("users/{}", other.user_id));
        assert_eq!(refused(&format!("{own}/chapters/try.md"), &format!("{own}/")), [None, None, None, None]);
        assert_eq!(refused(&format!("{others}/chapters/try.md"), &format!("{others}/")), nothing_goes);
        // An id that begins alike, and everything above.
        assert_eq!(refused(&format!("{own}0/try.md"), &format!("{own}0/")), nothing_goes);
        assert_eq!(refused("elsewhere.txt", "users/"), nothing_goes);
        assert_eq!(refused("primer.json", ""), reading_goes);
        assert_eq!(refused("books/some-book/index.json", "books/"), reading_goes);
        assert_eq!(refused("updates/manifest.json", "updates/"), reading_goes);
    }
}

#[test]
fn nobody_syncs_with_another_students_key() {
    let course = course();
    let own = course.computer(&course.bilal, &course.bilal);
    own.json(&["chapter", "open", "2"]);
    own.json(&["sync"]);
    let before = own.json(&["remote", "inspect"]);

    let thief = course.computer(&course.bilal, &course.amina);
    thief.set_python("advanced");
    thief.json(&["chapter", "open", "1"]);
    let error = thief.error(&["sync"]);
    assert_eq!(error["code"], "remote_failed");
    assert_eq!(error["message"], "These keys are not allowed to list in the bucket “course”.");
    assert_eq!(thief.error(&["remote", "inspect"])["message"], error["message"]);
    let doctor = thief.run(&["--json", "remote", "doctor"]);
    assert_eq!((doctor.code, doctor.error()["message"].as_str()), (Some(1), error["message"].as_str()));
    let findings: Value = serde_json::from_str(&doctor.out).unwrap();
    assert_eq!(verdicts(&findings), [("bad", error["message"].as_str().unwrap())]);
    assert_eq!(own.json(&["remote", "inspect"])["texts"], before["texts"]);
    assert_eq!(own.json(&["remote", "inspect"])["objects"], before["objects"]);
    assert_eq!(own.json(&["sync"])["requests"], 1, "nothing has changed there");
}

#[test]
fn a_key_of_the_operators_is_told_that_it_reaches_further_than_one_reader() {
    let course = course();
    let operator = Computer::new();
    operator.json(&["user", "add", "Operator"]);
    course.add_remote(&operator, "operator", "autumn");
    let findings = operator.json(&["remote", "doctor"]);
    let notes: Vec<&str> = verdicts(&findings)
        .into_iter()
        .filter(|(verdict, _)| *verdict == "note")
        .map(|(_, told)| told)
        .collect();
    let [others, books] = notes[..] else { panic!("two notes: {findings}") };
    assert_eq!(others, "This key may write in other readers' places too.");
    assert_eq!(books, "This key may publish books for every reader of this place.");
    let found = operator.json(&["remote", "inspect"])["published"].clone();
    assert_eq!(found, json!({"listed": true, "books": []}), "the check takes away what it put there");
}

#[test]
fn a_bucket_that_its_operator_has_not_set_up_is_told_and_left_alone() {
    let course = course();
    let laptop = course.computer(&course.carla, &course.carla);
    laptop.json(&["chapter", "open", "1"]);
    let error = laptop.error(&["sync"]);
    let told = "Nobody has set this place up for Primer yet, and these keys are not allowed to.";
    assert_eq!(error["message"], told);
    // Under the student's own prefix all is well; what is lacking is primer.json.
    let doctor = laptop.run(&["--json", "remote", "doctor"]);
    assert_eq!((doctor.code, &doctor.error()["message"]), (Some(1), &json!(told)));
    let findings: Value = serde_json::from_str(&doctor.out).unwrap();
    let faults = verdicts(&findings).into_iter().filter(|(verdict, _)| *verdict != "good");
    assert_eq!(faults.collect::<Vec<_>>(), [("bad", told)], "{findings}");
    let found = laptop.json(&["remote", "inspect"]);
    assert_eq!((&found["which"]["state"], &found["objects"]), (&json!("unmarked"), &json!(0)));
}
