//! `primer remote doctor` at servers that are not as they were thought to be: what it sets right, what it only tells, and
//! that nothing of its own stays.

use serde_json::{Value, json};

use crate::small_s3::{Asked, BUCKET, ENDPOINT, Refusal, SmallS3};
use crate::{Computer, run};

/// What Alibaba, Tencent and Huawei say to whoever names the bucket in the path.
const HOST_STYLE_ONLY: Refusal = ("403 Forbidden", "SecondLevelDomainForbidden", "");
const OTHER_REGION: Refusal = ("400 Bad Request", "AuthorizationHeaderMalformed", "<Region>garage</Region>");
const DENIED: Refusal = ("403 Forbidden", "AccessDenied", "");

pub fn verdicts(findings: &Value) -> Vec<(&str, &str)> {
    findings
        .as_array()
        .unwrap()
        .iter()
        .map(|finding| (finding["verdict"].as_str().unwrap(), finding["sentence"].as_str().unwrap()))
        .collect()
}

/// A reader's computer with a chapter that is nowhere else, and that server, by the settings that nobody changed.
fn laptop_at(server: &SmallS3) -> Computer {
    let laptop = Computer::with_reader("beginner");
    laptop.json(&["chapter", "open", "1"]);
    let proxy = server.proxy();
    let mut command = laptop.primer(&[
        "--json",
        "remote",
        "add",
        "s3",
        "--endpoint",
        ENDPOINT,
        "--bucket",
        BUCKET,
        "--access-key-id",
        "AK",
        "--proxy",
        &proxy,
    ]);
    run(command.env("PRIMER_S3_SECRET", "a-secret")).json();
    laptop
}

fn location(computer: &Computer) -> Value {
    computer.json(&["remote", "list"])[0]["location"].clone()
}

/// What the doctor sets where nothing works before, and everything after.
fn assert_mended(server: &SmallS3, sentence: &str, (region, style): (&str, &str)) {
    let laptop = laptop_at(server);
    assert_eq!(laptop.error(&["sync"])["code"], "remote_failed");
    let findings = laptop.json(&["remote", "doctor"]);
    let told = verdicts(&findings);
    assert_eq!(told[0], ("mended", sentence), "{findings}");
    assert_eq!(told[1], ("good", "s3.example.org answers, and knows no computer of this reader yet."));
    assert!(told.iter().all(|(verdict, _)| *verdict != "bad"), "{findings}");
    let set = location(&laptop);
    assert_eq!((&set["region"], &set["style"]), (&json!(region), &json!(style)), "{set}");
    assert_eq!(laptop.json(&["sync"])["sent"], 1);
    let again = laptop.json(&["remote", "doctor"]);
    assert_eq!(verdicts(&again)[0], ("good", "s3.example.org answers, and knows 1 computer of this reader."));
}

#[test]
fn a_server_that_takes_a_buckets_name_only_before_the_host_is_set_so_and_syncs_then() {
    let server = SmallS3::refusing(|asked| (!asked.is_host_style).then_some(HOST_STYLE_ONLY));
    let sentence =
        "It works with the region us-east-1 and the bucket's name before the host; that is set now.";
    assert_mended(&server, sentence, ("us-east-1", "host"));
}

#[test]
fn a_region_that_the_server_names_is_set_and_syncs_then() {
    let server = SmallS3::refusing(|asked| (asked.region != "garage").then_some(OTHER_REGION));
    let sentence = "It works with the region garage and the bucket's name in the path; that is set now.";
    assert_mended(&server, sentence, ("garage", "auto"));
}

#[test]
fn a_region_and_a_style_that_are_both_wrong_are_both_set() {
    let by_region = |asked: &Asked| (asked.region != "garage").then_some(OTHER_REGION);
    let by_style = |asked: &Asked| (!asked.is_host_style).then_some(HOST_STYLE_ONLY);
    let sentence = "It works with the region garage and the bucket's name before the host; that is set now.";
    let region_first = SmallS3::refusing(move |asked| by_region(asked).or_else(|| by_style(asked)));
    assert_mended(&region_first, sentence, ("garage", "host"));
    let style_first = SmallS3::refusing(move |asked| by_style(asked).or_else(|| by_region(asked)));
    assert_mended(&style_first, sentence, ("garage", "host"));
}

#[test]
fn where_no_settings_work_what_the_given_ones_led_to_is_told_and_they_stay() {
    let server = SmallS3::refusing(|asked| match asked.is_host_style {
        true => Some(("404 Not Found", "NoSuchBucket", "")),
        false => Some(DENIED),
    });
    let laptop = laptop_at(&server);
    let before = location(&laptop);
    let doctor = laptop.run(&["--json", "remote", "doctor"]);
    let told = "These keys are not allowed to list in the bucket “course”.";
    assert_eq!(doctor.error()["message"], told);
    assert_eq!(verdicts(&serde_json::from_str(&doctor.out).unwrap()), [("bad", told)]);
    assert_eq!(location(&laptop), before);
    let asked: Vec<bool> = server.asked().iter().map(|asked| asked.is_host_style).collect();
    assert_eq!(asked, [false, true], "each way is tried once");
}

/// What the doctor says last where everything works but this request for its own object, with what it leaves.
fn broken_off(is_refused: impl Fn(&Asked) -> bool + Send + Sync + 'static) -> (String, Vec<String>) {
    let refuses = move |asked: &Asked| asked.key.contains("/doctor/") && is_refused(asked);
    let server = SmallS3::refusing(move |asked| refuses(asked).then_some(DENIED));
    let doctor = laptop_at(&server).run(&["--json", "remote", "doctor"]);
    assert_eq!(doctor.code, Some(1), "{doctor:?}");
    let findings: Value = serde_json::from_str(&doctor.out).unwrap();
    let (verdict, sentence) = *verdicts(&findings).last().unwrap();
    assert_eq!(verdict, "bad", "{findings}");
    (sentence.to_owned(), server.keys())
}

#[test]
fn what_was_put_there_is_removed_where_the_check_breaks_off_and_told_where_it_stays() {
    let cannot = |verb| format!("These keys are not allowed to {verb} in the bucket “course”.");
    assert_eq!(broken_off(|asked| asked.is_listing), (cannot("list"), Vec::new()));
    let is_read = |asked: &Asked| asked.method == "GET" && !asked.is_listing;
    assert_eq!(broken_off(is_read), (cannot("read"), Vec::new()));
    let (sentence, left) = broken_off(|asked| asked.method == "DELETE");
    assert_eq!(left.len(), 1, "{left:?}");
    assert_eq!(sentence, format!("{} What was tried is left at {}.", cannot("delete"), left[0]));
    let (sentence, left) = broken_off(move |asked| is_read(asked) || asked.method == "DELETE");
    assert_eq!(sentence, format!("{} What was tried is left at {}.", cannot("read"), left[0]));
}

#[test]
fn a_place_that_nobody_has_set_up_is_set_up_or_told_as_a_sync_would() {
    let server = SmallS3::refusing(|_| None);
    let laptop = laptop_at(&server);
    let findings = laptop.json(&["remote", "doctor"]);
    assert!(verdicts(&findings).contains(&("mended", "It is set up for Primer now.")), "{findings}");
    assert_eq!(server.keys(), ["primer.json"]);
    laptop.json(&["sync"]);

    let server =
        SmallS3::refusing(|asked| (asked.method == "PUT" && asked.key == "primer.json").then_some(DENIED));
    let laptop = laptop_at(&server);
    let doctor = laptop.run(&["--json", "remote", "doctor"]);
    let told = "Nobody has set this place up for Primer yet, and these keys are not allowed to.";
    assert_eq!((doctor.code, &doctor.error()["message"]), (Some(1), &json!(told)));
    assert_eq!(laptop.error(&["sync"])["message"], told);
    assert_eq!(server.keys(), [""; 0]);
}
