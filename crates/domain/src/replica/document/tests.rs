use serde_json::{Value, json};

use super::{NAME_LEN_MAX, REGISTERS_MAX, Replica, ReplicaFault, TEXTS_MAX, seal};
use crate::ids::{TextDigest, UserId, WriteId};
use crate::profile::{Background, Level, Robotics};
use crate::replica::random::{Random, device, register, stamp, text, user};
use crate::replica::{RegisterKey, Registers, Texts, edit, rename};
use crate::timestamp::Timestamp;

const OTHER: &str = "0192f0c1-2345-7abc-8def-000000000000";

fn parse(bytes: &[u8]) -> Result<Replica, ReplicaFault> {
    Replica::parse(bytes, user(), device(1))
}

/// A reader of the whole bundled book who has answered every question of the form.
fn reader_of_six_chapters() -> Replica {
    let background = Background {
        software_experience: [
            ("cpp".into(), Level::None),
            ("python".into(), Level::Beginner),
            ("ros2".into(), Level::Intermediate),
            ("typescript".into(), Level::None),
        ]
        .into(),
        robotics_experience: Robotics::SimulationOnly,
        hardware_access: ["gpu_nvidia".into(), "jetson_orin".into()].into(),
        learning_goals: ["career_change".into(), "hobby".into()].into(),
    };
    let at = stamp(1_767_225_600_042, 0, 1);
    let mut registers = Registers::default();
    registers.join(&rename(&registers, "Amina", at));
    registers.join(&edit(&registers, &background, at));
    let mut texts = Texts::new();
    for chapter in 1..=6 {
        let (mut path, mut entry) = text(chapter, 1, &chapter.to_string(), at);
        path.profile_hash = background.hash();
        entry.len_bytes = 23_456;
        texts.insert(path, entry);
    }
    Replica {
        user: user(),
        device: device(1),
        device_name: "Amina's laptop".to_owned(),
        write_id: WriteId::parse("0192f0c1-2345-7abc-8def-0123456789ab").unwrap(),
        written_at: at.wall,
        program: "primer 0.1.0".to_owned(),
        registers,
        texts,
        backgrounds: [(background.hash(), background)].into(),
        missing: [].into(),
    }
}

fn document() -> Value {
    let mut replica = reader_of_six_chapters();
    replica.texts.retain(|path, _| path.chapter_id.0 == 3);
    replica.missing = replica.texts.keys().copied().collect();
    let mut document: Value = serde_json::from_slice(&replica.to_json()).unwrap();
    document.as_object_mut().unwrap().remove("sha256");
    document
}

/// As if a program had written it so.
fn sealed(document: &str) -> Vec<u8> {
    let lines = format!("{},\n", document.strip_suffix('}').unwrap());
    seal::sealed(lines.into_bytes())
}

fn parse_document(document: &Value) -> Result<Replica, ReplicaFault> {
    parse(&sealed(&document.to_string()))
}

/// What is said of the document once `change` was made to it.
fn fault(change: impl FnOnce(&mut Value)) -> String {
    let mut changed = document();
    change(&mut changed);
    parse_document(&changed).unwrap_err().to_string()
}

fn bad_field(change: impl FnOnce(&mut Value)) -> String {
    let fault = fault(change);
    let rest = fault.strip_prefix("the replica's field ").unwrap_or_else(|| panic!("{fault}"));
    rest.split(" is wrong: ").next().unwrap().to_owned()
}

fn hash() -> String {
    reader_of_six_chapters().backgrounds.keys().next().unwrap().to_string()
}

fn the_text(document: &mut Value) -> &mut Value {
    let texts = document["chapters"][hash()]["texts"].as_object_mut().unwrap();
    texts.values_mut().next().unwrap()
}

fn spell_text_key(document: &mut Value, spell: impl Fn(&str) -> String) {
    let texts = document["chapters"][hash()]["texts"].as_object_mut().unwrap();
    let (key, entry) = texts.clone().into_iter().next().unwrap();
    texts.clear();
    texts.insert(spell(&key), entry);
}

#[test]
fn a_replica_reads_back_as_it_was_written_and_is_written_the_same_again() {
    let mut random = Random::seeded(6);
    for _ in 0..500 {
        let replica = random.replica();
        let bytes = replica.to_json();
        let read =
            parse(&bytes).unwrap_or_else(|fault| panic!("{fault}\n{}", String::from_utf8_lossy(&bytes)));
        assert_eq!(read, replica);
        assert_eq!(read.to_json(), bytes);
    }
}

#[test]
fn a_replica_can_be_read_in_a_text_editor_with_one_register_and_one_text_to_a_line() {
    let mut replica = reader_of_six_chapters();
    replica.texts.retain(|path, _| path.chapter_id.0 == 3);
    replica.missing = replica.texts.keys().copied().collect();
    let cpp = RegisterKey::new("skill", "cpp");
    replica.registers.insert(cpp, register("none", true, stamp(1_767_225_600_042, 1, 1)));
    let device = "00000000-0000-0001-0000-00000000000d";
    let expected = format!(
        r#"{{
  "format": 1,
  "user": "0192f0c1-2345-7abc-8def-0123456789ab",
  "device": "{device}",
  "device_name": "Amina's laptop",
  "write_id": "0192f0c1-2345-7abc-8def-0123456789ab",
  "written_at": "2026-01-01T00:00:00.042Z",
  "program": "primer 0.1.0",
  "registers": {{
    "goal/career_change": {{"value": true, "stamp": "2026-01-01T00:00:00.042Z+0@{device}"}},
    "goal/hobby": {{"value": true, "stamp": "2026-01-01T00:00:00.042Z+0@{device}"}},
    "hardware/gpu_nvidia": {{"value": true, "stamp": "2026-01-01T00:00:00.042Z+0@{device}"}},
    "hardware/jetson_orin": {{"value": true, "stamp": "2026-01-01T00:00:00.042Z+0@{device}"}},
    "reader/name": {{"value": "Amina", "stamp": "2026-01-01T00:00:00.042Z+0@{device}"}},
    "robotics/experience": {{"value": "simulation_only", "stamp": "2026-01-01T00:00:00.042Z+0@{device}"}},
    "skill/cpp": {{"value": "none", "removed": true, "stamp": "2026-01-01T00:00:00.042Z+1@{device}"}},
    "skill/python": {{"value": "beginner", "stamp": "2026-01-01T00:00:00.042Z+0@{device}"}},
    "skill/ros2": {{"value": "intermediate", "stamp": "2026-01-01T00:00:00.042Z+0@{device}"}},
    "skill/typescript": {{"value": "none", "stamp": "2026-01-01T00:00:00.042Z+0@{device}"}}
  }},
  "chapters": {{
    "{hash}": {{
      "background": {{"hardware_access": ["gpu_nvidia", "jetson_orin"], "learning_goals": ["career_change", "hobby"], "robotics_experience": "simulation_only", "software_experience": {{"cpp": "none", "python": "beginner", "ros2": "intermediate", "typescript": "none"}}}},
      "texts": {{
        "3/v1-4e07408562bedb8b": {{"sha256": "4e07408562bedb8b60ce05c1decfe3ad16b72230967de01f640b7e4729b49fce", "len_bytes": 23456, "book": "physical-ai", "generator": "primer/1", "stamp": "2026-01-01T00:00:00.042Z+0@{device}"}}
      }}
    }}
  }},
  "missing": [
    "3/{hash}/v1-4e07408562bedb8b"
  ],
"#,
        hash = hash()
    );
    let expected = format!("{expected}  \"sha256\": \"{}\"\n}}\n", TextDigest::of(expected.as_bytes()));
    assert_eq!(String::from_utf8(replica.to_json()).unwrap(), expected);
}

#[test]
fn the_replica_of_a_reader_of_six_chapters_is_less_than_4_kb() {
    let length = reader_of_six_chapters().to_json().len();
    assert!(length < 4_000, "{length} bytes");
}

#[test]
fn a_replica_with_nothing_to_say_is_a_replica() {
    let empty = Replica {
        registers: Registers::default(),
        texts: Texts::new(),
        backgrounds: [].into(),
        ..reader_of_six_chapters()
    };
    assert_eq!(parse(&empty.to_json()).unwrap(), empty);
}

#[test]
fn one_bit_that_fell_over_is_never_taken_for_what_was_written() {
    let whole = reader_of_six_chapters().to_json();
    for at in 0..whole.len() {
        let mut bytes = whole.clone();
        bytes[at] ^= 1 << (at % 8);
        let fault = parse(&bytes).unwrap_err();
        assert!(fault.may_pass(), "{at}: {fault}");
        assert!(parse(&whole[..at]).unwrap_err().is_damage());
    }
}

#[test]
fn nothing_that_was_sealed_makes_it_panic() {
    let mut random = Random::seeded(7);
    let mut read = 0;
    for _ in 0..2_000 {
        let replica = random.replica().to_json();
        let lines: Vec<&[u8]> = replica.split_inclusive(|byte| *byte == b'\n').collect();
        let mut bytes = lines[..lines.len() - 2].concat();
        for _ in 0..=random.below(3) {
            let at = random.below(bytes.len() as u64) as usize;
            match random.below(4) {
                0 => bytes.truncate(at.max(1)),
                1 => bytes[at] = *random.pick(b"{}[]\",:0/-+v"),
                2 => drop(bytes.remove(at)),
                _ => bytes[at] ^= 1 << random.below(8),
            }
            if bytes.is_empty() {
                break;
            }
        }
        match parse(&seal::sealed(bytes)) {
            // What can be read is a replica like any other.
            Ok(replica) => {
                read += 1;
                assert_eq!(parse(&replica.to_json()).unwrap(), replica);
            }
            Err(fault) => assert!(!fault.to_string().ends_with('.') && !fault.to_string().is_empty()),
        }
    }
    assert!((20..1_900).contains(&read), "{read}");
}

#[test]
fn what_is_not_a_json_object_is_not_json() {
    for bytes in [&b""[..], b"[]", b"null", b"{", b"{} {}", b"\xff", b"\xef\xbb\xbf{}", &[b'['; 100_000]] {
        assert!(
            matches!(parse(bytes), Err(ReplicaFault::NotJson { .. })),
            "{:?}",
            &bytes[..bytes.len().min(9)]
        );
    }
}

#[test]
fn a_newer_format_is_named_before_anything_else_is_looked_at() {
    assert!(matches!(
        parse(br#"{"format": 2}"#),
        Err(ReplicaFault::NewerFormat { found: 2, is_sealed: false })
    ));
    let sealed = parse(&seal::sealed(b"{\n  \"format\": 2,\n".to_vec())).unwrap_err();
    assert!(matches!(sealed, ReplicaFault::NewerFormat { found: 2, is_sealed: true }));
    assert!(!sealed.may_pass(), "it is what was written");
    for format in [json!(0), json!("1"), json!(-1), json!(1.5), Value::Null] {
        assert_eq!(bad_field(|document| document["format"] = format), "format");
    }
}

#[test]
fn the_replica_of_another_reader_or_computer_is_refused() {
    let found = UserId::parse(OTHER).unwrap();
    let bytes = reader_of_six_chapters().to_json();
    assert!(
        matches!(Replica::parse(&bytes, found, device(1)), Err(ReplicaFault::WrongUser { found }) if found == user())
    );
    assert!(
        matches!(parse_as_device_2(&bytes), Err(ReplicaFault::WrongDevice { found }) if found == device(1))
    );
    assert!(fault(|document| document["user"] = json!(OTHER)).ends_with(OTHER));
}

fn parse_as_device_2(bytes: &[u8]) -> Result<Replica, ReplicaFault> {
    Replica::parse(bytes, user(), device(2))
}

#[test]
fn a_field_that_is_absent_or_not_what_it_should_be_is_named() {
    for name in [
        "format",
        "user",
        "device",
        "device_name",
        "write_id",
        "written_at",
        "program",
        "registers",
        "chapters",
        "missing",
    ] {
        assert_eq!(bad_field(|document| drop(document.as_object_mut().unwrap().remove(name))), name);
        assert_eq!(bad_field(|document| document[name] = Value::Null), name);
    }
    for (name, value) in [
        ("device_name", "a".repeat(NAME_LEN_MAX + 1)),
        ("device_name", "two\nlines".to_owned()),
        ("program", "a".repeat(NAME_LEN_MAX + 1)),
        ("write_id", OTHER.to_uppercase()),
        ("written_at", "2026-01-01T00:00:00Z".to_owned()),
        ("device", String::new()),
    ] {
        assert_eq!(bad_field(|document| document[name] = json!(value)), name, "{value}");
    }
    let long = fault(|document| document["device_name"] = json!(format!("\u{7}{}", "a".repeat(1_000))));
    assert!(
        long.starts_with("the replica's field device_name is wrong: \"") && long.chars().count() < 110,
        "{long}"
    );
    assert!(!long.chars().any(char::is_control));
}

#[test]
fn a_register_that_is_none_is_named() {
    let at = stamp(1, 0, 1).to_string();
    let name = |length: usize| "k".repeat(length);
    for (key, value, field) in [
        ("python", json!({"value": 1, "stamp": at}), "registers.python"),
        ("/python", json!({"value": 1, "stamp": at}), "registers./python"),
        ("a/b", json!(1), "registers.a/b"),
        ("a/b", json!({"stamp": at}), "registers.a/b.value"),
        ("a/b", json!({"value": [{"x": 1.5}], "stamp": at}), "registers.a/b.value"),
        ("a/b", json!({"value": 1, "stamp": at, "removed": 1}), "registers.a/b.removed"),
        ("a/b", json!({"value": 1}), "registers.a/b.stamp"),
        ("a/b", json!({"value": 1, "stamp": at.replace("+0", "+00")}), "registers.a/b.stamp"),
        ("a/b", json!({"value": 1, "stamp": at.replace("1970", "9000")}), "registers.a/b.stamp"),
    ] {
        assert_eq!(bad_field(|document| document["registers"][key] = value), field);
    }
    for (key, is_good) in [
        (format!("{}/{}", name(NAME_LEN_MAX), name(NAME_LEN_MAX)), true),
        (format!("{}/k", name(NAME_LEN_MAX + 1)), false),
        (format!("k/{}", name(NAME_LEN_MAX + 1)), false),
    ] {
        let mut changed = document();
        changed["registers"][&key] = json!({"value": null, "removed": false, "stamp": at});
        assert_eq!(parse_document(&changed).is_ok(), is_good);
    }
}

#[test]
fn a_text_that_is_none_or_anothers_is_named() {
    for (name, values) in [
        ("sha256", vec![json!("0".repeat(64)), json!("4e07"), Value::Null]),
        ("len_bytes", vec![json!(-1), json!(1.5), json!(1_u64 << 63), Value::Null]),
        ("book", vec![json!("b".repeat(NAME_LEN_MAX + 1)), Value::Null]),
        ("generator", vec![json!("g".repeat(NAME_LEN_MAX + 1)), Value::Null]),
        ("improvements", vec![json!(-1), json!(0.5), json!(1_u64 << 32), Value::Null]),
        ("stamp", vec![json!("yesterday"), Value::Null]),
    ] {
        for value in values {
            let field = bad_field(|document| the_text(document)[name] = value.clone());
            assert!(field.starts_with("chapters.") && field.ends_with(name), "{field}");
        }
    }
    let other_reader = format!("users/{OTHER}/chapters/3/{}/v1-4e07408562bedb8b.md", hash());
    let spellings: [&dyn Fn(&str) -> String; 8] = [
        &|_| other_reader.clone(),
        &|key| key.replace("3/", "03/"),
        &|key| key.replace("3/", "0/"),
        &|key| key.replace("3/", "../3/"),
        &|key| key.replace("v1", "v0"),
        &|key| key.replace("v1", "v01"),
        &|key| format!("{key}.md"),
        &|_| String::new(),
    ];
    for spell in spellings {
        let field = bad_field(|document| spell_text_key(document, spell));
        assert!(field.starts_with("chapters.") && field.contains(".texts."), "{field}");
        assert_eq!(bad_field(|document| document["missing"] = json!([spell("3")])), "missing");
    }
    assert_eq!(bad_field(|document| document["missing"] = json!([7])), "missing");
    assert_eq!(bad_field(|document| document["missing"] = json!([other_reader])), "missing");
}

#[test]
fn a_background_that_its_hash_does_not_stand_for_is_named() {
    let wanted = format!("chapters.{}.background", hash());
    for value in [json!({}), json!([{"python": "none"}, "none", [], []]), json!("none"), Value::Null] {
        assert_eq!(bad_field(|document| document["chapters"][hash()]["background"] = value), wanted);
    }
    let other = |document: &mut Value| {
        document["chapters"][hash()]["background"]["robotics_experience"] = json!("none");
    };
    assert_eq!(bad_field(other), wanted);
    assert_eq!(bad_field(|document| document["chapters"]["ABC"] = json!({})), "chapters.ABC");
    assert_eq!(
        bad_field(|document| document["chapters"][hash()] = json!([])),
        format!("chapters.{}", hash())
    );
    let texts = |document: &mut Value| document["chapters"][hash()]["texts"] = json!([]);
    assert_eq!(bad_field(texts), format!("chapters.{}.texts", hash()));
}

#[test]
fn what_a_newer_program_adds_is_passed_over() {
    let plain = parse_document(&document()).unwrap();
    let mut more = document();
    more["colour"] = json!({"of": ["the", "cover", 0.5]});
    more["registers"]["skill/python"]["why"] = json!("because");
    the_text(&mut more)["words"] = json!(3_000);
    more["chapters"][hash()]["title"] = json!("Robots");
    assert_eq!(parse_document(&more).unwrap(), plain);
}

#[test]
fn a_replica_with_too_much_in_it_is_refused() {
    // As text, for so many values take long to build.
    let members = |count: usize| {
        let members: Vec<String> = (0..count).map(|number| format!("\"{number}\": 0")).collect();
        format!("{{{}}}", members.join(", "))
    };
    let with = |name: &str, text: &str| {
        let mut changed = document();
        changed[name] = json!("here");
        let changed = changed.to_string().replace("\"here\"", text);
        parse(&sealed(&changed)).unwrap_err().to_string()
    };
    let registers = with("registers", &members(REGISTERS_MAX + 1));
    assert_eq!(registers, "the replica's field registers is wrong: 200001 entries, more than 200000");
    let missing = with("missing", &format!("[{}0]", "0, ".repeat(TEXTS_MAX)));
    assert_eq!(missing, "the replica's field missing is wrong: more than 200000 entries");
    let backgrounds = with("chapters", &members(TEXTS_MAX + 1));
    assert_eq!(backgrounds, "the replica's field chapters is wrong: 200001 entries, more than 200000");
    let chapters = document()["chapters"].to_string();
    let more = format!(", \"{}\": {{\"texts\": {}}}}}", "f".repeat(32), members(TEXTS_MAX));
    let texts = with("chapters", &format!("{}{more}", chapters.strip_suffix('}').unwrap()));
    assert_eq!(texts, "the replica's field chapters is wrong: more than 200000 texts");
}

#[test]
fn a_replica_that_could_not_be_passed_on_with_what_is_known_here_is_refused() {
    let register =
        |number: usize| (RegisterKey::new("note", number.to_string()), register(1, false, stamp(1, 0, 1)));
    let here: Registers = (0..REGISTERS_MAX - 1).map(register).collect();
    let with = |registers: Registers| Replica { registers, ..reader_of_six_chapters() };
    // Known already, or one more: it can be joined and passed on.
    assert!(with((0..10_000).map(register).collect()).fits_with(&here).is_ok());
    assert!(with([register(REGISTERS_MAX)].into_iter().collect()).fits_with(&here).is_ok());
    let fault =
        with((REGISTERS_MAX..REGISTERS_MAX + 2).map(register).collect()).fits_with(&here).unwrap_err();
    let told = "the replica and this computer know 200001 things together, more than 200000";
    assert_eq!(fault.to_string(), told);
    assert!(!fault.is_damage());
}

#[test]
fn a_time_is_written_as_it_is_read_whatever_the_clock_showed() {
    for unix_ms in [i64::MIN, -1, 0, i64::MAX] {
        let replica = Replica { written_at: Timestamp::from_unix_ms(unix_ms), ..reader_of_six_chapters() };
        assert_eq!(parse(&replica.to_json()).unwrap(), replica);
    }
}
