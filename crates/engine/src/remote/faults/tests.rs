use std::io::ErrorKind;
use std::path::PathBuf;

use super::{CODES, ClockOffset, MESSAGES, RemoteFault, Verb};
use super::{of_code, of_file, of_network, of_status};
use crate::http::NetworkFailure;
use crate::remote::location::Place;

const VERBS: [Verb; 4] = [Verb::List, Verb::Read, Verb::Write, Verb::Delete];

/// Each once, with the next one named, so that the compiler finds the one that is forgotten here.
fn every_fault() -> Vec<RemoteFault> {
    let offset = Some(ClockOffset { ms: 840_000 });
    let mut all = vec![RemoteFault::Offline];
    loop {
        let next = match all.last().unwrap() {
            RemoteFault::Offline => RemoteFault::TimedOut,
            RemoteFault::TimedOut => RemoteFault::CertificateNotTrusted,
            RemoteFault::CertificateNotTrusted => RemoteFault::NotS3,
            RemoteFault::NotS3 => RemoteFault::WrongKey,
            RemoteFault::WrongKey => RemoteFault::WrongSecret,
            RemoteFault::WrongSecret => RemoteFault::NoSecret,
            RemoteFault::NoSecret => RemoteFault::TokenExpired,
            RemoteFault::TokenExpired => RemoteFault::ClockWrong { offset: None },
            RemoteFault::ClockWrong { offset: None } => RemoteFault::ClockWrong { offset },
            RemoteFault::ClockWrong { offset: Some(_) } => RemoteFault::NoBucket,
            RemoteFault::NoBucket => RemoteFault::WrongRegion { region: None },
            RemoteFault::WrongRegion { region: None } => {
                RemoteFault::WrongRegion { region: Some("eu".into()) }
            }
            RemoteFault::WrongRegion { region: Some(_) } => RemoteFault::NoPermission { to: Verb::List },
            RemoteFault::NoPermission { to: Verb::List } => RemoteFault::NoPermission { to: Verb::Read },
            RemoteFault::NoPermission { to: Verb::Read } => RemoteFault::NoPermission { to: Verb::Write },
            RemoteFault::NoPermission { to: Verb::Write } => RemoteFault::NoPermission { to: Verb::Delete },
            RemoteFault::NoPermission { to: Verb::Delete } => RemoteFault::TooManyRequests,
            RemoteFault::TooManyRequests => RemoteFault::ServerFailed,
            RemoteFault::ServerFailed => RemoteFault::QuotaFull,
            RemoteFault::QuotaFull => RemoteFault::TooLong,
            RemoteFault::TooLong => RemoteFault::Damaged,
            RemoteFault::Damaged => RemoteFault::FolderMissing,
            RemoteFault::FolderMissing => RemoteFault::FolderStrange,
            RemoteFault::FolderStrange => RemoteFault::FolderReadOnly,
            RemoteFault::FolderReadOnly => RemoteFault::FolderFull,
            RemoteFault::FolderFull => RemoteFault::FolderFailed,
            RemoteFault::FolderFailed => RemoteFault::NotSetUp,
            RemoteFault::NotSetUp => RemoteFault::BadAddress,
            RemoteFault::BadAddress => RemoteFault::Unexpected,
            RemoteFault::Unexpected => return all,
        };
        all.push(next);
    }
}

#[test]
fn every_fault_has_a_sentence_and_a_next_step_for_every_place() {
    let places = [
        Place::Server { host: "s3.example.org:9000".into(), bucket: "course".into() },
        Place::Server { host: String::new(), bucket: String::new() },
        Place::Folder { path: PathBuf::from("/media/STICK") },
    ];
    for fault in every_fault() {
        for place in &places {
            for detail in ["", "the disk says no."] {
                let words = fault.words(place, detail);
                for sentence in [&words.sentence, &words.next_step] {
                    assert!(sentence.starts_with(|c: char| c.is_ascii_uppercase()), "{sentence}");
                    assert!(sentence.ends_with('.') && !sentence.ends_with(".."), "{sentence}");
                    assert!(!sentence.contains("  ") && sentence.len() < 250, "{sentence}");
                    // One sentence, and none of a programmer's words.
                    assert!(!sentence[..sentence.len() - 1].contains(". "), "{sentence}");
                    assert!(!sentence.contains("None") && !sentence.contains('{'), "{sentence}");
                }
            }
        }
    }
}

#[test]
fn a_code_is_the_same_in_json_and_stays_what_it_is() {
    let mut codes: Vec<&str> = Vec::new();
    for fault in every_fault() {
        let json = serde_json::to_value(&fault).unwrap();
        assert_eq!(json["code"], fault.code());
        assert_eq!(fault.words(&Place::Folder { path: "/a".into() }, "").code, fault.code());
        assert_eq!(serde_json::from_value::<RemoteFault>(json).unwrap(), fault);
        codes.push(fault.code());
    }
    codes.sort_unstable();
    codes.dedup();
    assert_eq!(codes.len(), 25);
}

#[test]
fn the_sentences_of_the_commonest_faults_are_these() {
    let place = Place::Server { host: "s3.example.org".into(), bucket: "course".into() };
    let sentence = |fault: RemoteFault| fault.words(&place, "").sentence;
    assert_eq!(sentence(RemoteFault::Offline), "The server s3.example.org could not be reached.");
    assert_eq!(
        sentence(RemoteFault::ClockWrong { offset: Some(ClockOffset { ms: 840_000 }) }),
        "This computer's clock is 14 minutes slow; s3.example.org refuses that."
    );
    assert_eq!(sentence(RemoteFault::NoBucket), "The server s3.example.org knows no bucket “course”.");
    assert_eq!(
        RemoteFault::NoBucket.words(&place, "").next_step,
        "Check its name; only who runs the server can make it."
    );
    assert_eq!(
        sentence(RemoteFault::NoPermission { to: Verb::Write }),
        "These keys are not allowed to write in the bucket “course”."
    );
    assert_eq!(sentence(RemoteFault::NotS3), "What answers at s3.example.org is not an S3 server.");
}

#[test]
fn what_passes_by_itself_is_tried_again_by_itself() {
    let transient: Vec<&str> =
        every_fault().iter().filter(|fault| fault.is_transient()).map(RemoteFault::code).collect();
    let expected = [
        "offline",
        "timed_out",
        "too_many_requests",
        "server_failed",
        "damaged",
        "folder_missing",
        "folder_strange",
        "folder_failed",
    ];
    assert_eq!(transient, expected);
}

#[test]
fn every_code_of_s3_leads_to_one_fault() {
    let mut names: Vec<&str> = CODES.iter().map(|row| row.0).collect();
    names.sort_unstable();
    assert!(names.windows(2).all(|pair| pair[0] != pair[1]), "a code stands in the table twice");
    for (code, fault) in CODES {
        for to in VERBS {
            assert_eq!(of_code(code, "", to), Some(fault(to)), "{code}");
        }
    }
    let to = Verb::Write;
    let expectations = [
        ("InvalidAccessKeyId", RemoteFault::WrongKey),
        ("SignatureDoesNotMatch", RemoteFault::WrongSecret),
        ("ExpiredToken", RemoteFault::TokenExpired),
        ("RequestTimeTooSkewed", RemoteFault::ClockWrong { offset: None }),
        ("NoSuchBucket", RemoteFault::NoBucket),
        ("AuthorizationHeaderMalformed", RemoteFault::WrongRegion { region: None }),
        ("PermanentRedirect", RemoteFault::WrongRegion { region: None }),
        ("AccessDenied", RemoteFault::NoPermission { to }),
        ("SlowDown", RemoteFault::TooManyRequests),
        ("InternalError", RemoteFault::ServerFailed),
        ("RequestTimeout", RemoteFault::TimedOut),
        ("QuotaExceeded", RemoteFault::QuotaFull),
        ("EntityTooLarge", RemoteFault::QuotaFull),
        ("IncompleteBody", RemoteFault::Damaged),
    ];
    for (code, fault) in expectations {
        assert_eq!(of_code(code, "A message.", to), Some(fault), "{code}");
    }
    assert_eq!(of_code("SomethingNew", "A message.", to), None);
    assert_eq!(of_code("", "", to), None);
}

#[test]
fn one_code_for_several_things_is_told_apart_by_its_message() {
    for (code, part, fault) in MESSAGES {
        for to in VERBS {
            let message = format!("Forbidden: {}.", part.to_uppercase());
            assert_eq!(of_code(code, &message, to), Some(fault(to)), "{code} {part}");
        }
        assert!(CODES.iter().any(|row| row.0 == *code) || *code == "InvalidRequest", "{code}");
        assert_eq!(*part, part.to_lowercase());
    }
    // As AWS, Garage and others write them.
    let to = Verb::Read;
    let clock = RemoteFault::ClockWrong { offset: None };
    for (code, message, fault) in [
        ("AccessDenied", "Request has expired", clock.clone()),
        ("AuthorizationQueryParametersError", "X-Amz-Date is in the future", clock.clone()),
        ("AccessDenied", "Forbidden: No such key: GK123", RemoteFault::WrongKey),
        ("AccessDenied", "Forbidden: Invalid signature", RemoteFault::WrongSecret),
        ("AccessDenied", "Access Denied.", RemoteFault::NoPermission { to }),
        (
            "AuthorizationQueryParametersError",
            "the region 'x' is wrong",
            RemoteFault::WrongRegion { region: None },
        ),
    ] {
        assert_eq!(of_code(code, message, to), Some(fault), "{message}");
    }
}

#[test]
fn every_http_status_leads_to_one_fault() {
    let to = Verb::Delete;
    for status in 100..=999u16 {
        let expected = match status {
            401 | 403 | 405 => RemoteFault::NoPermission { to },
            408 => RemoteFault::TimedOut,
            413 | 507 => RemoteFault::QuotaFull,
            429 | 503 | 509 => RemoteFault::TooManyRequests,
            404 | 407 | 410 => RemoteFault::NotS3,
            ..=399 => RemoteFault::NotS3,
            500..600 => RemoteFault::ServerFailed,
            _ => RemoteFault::Unexpected,
        };
        assert_eq!(of_status(status, to), expected, "{status}");
    }
}

#[test]
fn every_failure_of_the_network_leads_to_one_fault() {
    for (failure, fault) in [
        (NetworkFailure::NotReached, RemoteFault::Offline),
        (NetworkFailure::Slow, RemoteFault::TimedOut),
        (NetworkFailure::Certificate, RemoteFault::CertificateNotTrusted),
        (NetworkFailure::OtherLanguage, RemoteFault::NotS3),
        (NetworkFailure::CutShort, RemoteFault::Damaged),
    ] {
        assert_eq!(of_network(failure), fault);
    }
}

#[test]
fn every_failure_of_a_file_leads_to_one_fault() {
    for to in VERBS {
        let denied = match to {
            Verb::Write | Verb::Delete => RemoteFault::FolderReadOnly,
            Verb::List | Verb::Read => RemoteFault::NoPermission { to },
        };
        for (kind, fault) in [
            (ErrorKind::StorageFull, RemoteFault::FolderFull),
            (ErrorKind::QuotaExceeded, RemoteFault::FolderFull),
            (ErrorKind::FileTooLarge, RemoteFault::FolderFull),
            (ErrorKind::ReadOnlyFilesystem, RemoteFault::FolderReadOnly),
            (ErrorKind::PermissionDenied, denied),
            (ErrorKind::UnexpectedEof, RemoteFault::Damaged),
            (ErrorKind::StaleNetworkFileHandle, RemoteFault::FolderFailed),
            (ErrorKind::Other, RemoteFault::FolderFailed),
        ] {
            assert_eq!(of_file(kind, to), fault, "{kind:?}");
        }
    }
}

#[test]
fn how_wrong_a_clock_is_is_said_as_people_would() {
    let said = |ms| ClockOffset { ms }.to_string();
    for (ms, words) in [
        (61_000, "1 minute slow"),
        (840_000, "14 minutes slow"),
        (-840_000, "14 minutes fast"),
        (90 * 60_000, "90 minutes slow"),
        (7_199_300, "2 hours slow"),
        (-7_200_400, "2 hours fast"),
        (26 * 3_600_000, "26 hours slow"),
        (3 * 86_400_000, "3 days slow"),
        (-400 * 86_400_000, "400 days fast"),
        (56 * 365 * 86_400_000, "56 years slow"),
        (5_000, "5 seconds slow"),
        (i64::MIN, "292471209 years fast"),
    ] {
        assert_eq!(said(ms), words);
    }
}
