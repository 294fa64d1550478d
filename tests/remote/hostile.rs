//! Servers that are none, that are broken, or that mean ill.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use primer_domain::timestamp::Timestamp;
use primer_engine::env::Env;
use primer_engine::remote::{ClockOffset, Location, Remote, RemoteError, RemoteFault, Verb};

use crate::hostile_server::{
    Drip, HostileServer, Say, SayAndClose, SayAndHang, SayWithoutEnd, answer, refusal,
};
use crate::{BRIEF, LIMIT_BYTES, clock, clock_off_by, connect, credentials, error, fault, s3};

const PAGE: &str =
    "<!DOCTYPE html><html><body>Welcome to our hotel! <a href=/login>Sign in</a></body></html>";

fn remote_at(server: &HostileServer) -> Remote {
    connect(s3(&server.endpoint()))
}

fn impatient(server: &HostileServer) -> Remote {
    let location = Location::S3(s3(&server.endpoint()));
    Remote::connect_with(&location, credentials("a-secret"), clock(), BRIEF).unwrap()
}

/// What each operation makes of it.
async fn each(remote: &Remote) -> [Result<String, RemoteError>; 4] {
    [
        remote.list("users/").await.map(|listed| format!("{listed:?}")),
        remote.get("users/a", LIMIT_BYTES).await.map(|object| format!("{object:?}")),
        remote.put("users/a", b"x").await,
        remote.delete("users/a").await.map(|()| String::new()),
    ]
}

async fn assert_each(server: &HostileServer, expected: RemoteFault) {
    for result in each(&remote_at(server)).await {
        assert_eq!(fault(result), expected);
    }
}

#[tokio::test]
async fn a_sign_in_page_is_never_taken_for_a_bucket() {
    let html = "Content-Type: text/html; charset=utf-8\r\n";
    for status in ["200 OK", "404 Not Found", "403 Forbidden", "401 Unauthorized"] {
        assert_each(&HostileServer::saying(&answer(status, html, PAGE)).await, RemoteFault::NotS3).await;
    }
    assert_each(&HostileServer::saying(&answer("200 OK", "", PAGE)).await, RemoteFault::NotS3).await;
}

#[tokio::test]
async fn what_is_no_http_is_no_s3() {
    for text in ["SSH-2.0-OpenSSH_9.2\r\n", "\0\x01\x02 garbage\r\n\r\n", "<html>\r\n\r\n"] {
        let text = text.to_owned();
        let server = HostileServer::start(move |_, _| SayAndClose(text.clone())).await;
        assert_each(&server, RemoteFault::NotS3).await;
    }
}

#[tokio::test]
async fn a_listing_that_is_garbage_is_an_error_and_never_empty() {
    let xml = "Content-Type: application/xml\r\n";
    for (body, expected) in [
        ("", RemoteFault::NotS3),
        ("[]", RemoteFault::NotS3),
        ("<ListAllMyBucketsResult></ListAllMyBucketsResult>", RemoteFault::NotS3),
        ("<ListBucketResult><Contents><Key>users/a</Key>", RemoteFault::Damaged),
        ("<ListBucketResult><Contents></ListBucketResult></Contents>", RemoteFault::Damaged),
        ("<ListBucketResult><IsTruncated>true</IsTruncated></ListBucketResult>", RemoteFault::Damaged),
    ] {
        let server = HostileServer::saying(&answer("200 OK", xml, body)).await;
        assert_eq!(fault(remote_at(&server).list("users/").await), expected, "{body}");
    }
}

#[tokio::test]
async fn a_listing_in_a_circle_ends() {
    let body = "<ListBucketResult><IsTruncated>true</IsTruncated>\
                <NextContinuationToken>again</NextContinuationToken><Contents><Key>users/a</Key><Size>1</Size></Contents></ListBucketResult>";
    let server = HostileServer::saying(&answer("200 OK", "", body)).await;
    assert_eq!(fault(remote_at(&server).list("users/").await), RemoteFault::Unexpected);
    assert_eq!(server.heads().len(), 2);
    assert!(server.heads()[1].contains("continuation-token=again"));
}

#[tokio::test]
async fn a_listing_that_goes_on_with_ever_new_tokens_and_no_new_keys_ends() {
    for contents in ["", "<Contents><Key>users/a</Key><Size>1</Size></Contents>"] {
        let server = HostileServer::start(move |number, _| {
            let body = format!(
                "<ListBucketResult><IsTruncated>true</IsTruncated>\
                 <NextContinuationToken>{number}</NextContinuationToken>{contents}</ListBucketResult>"
            );
            Say(answer("200 OK", "", &body))
        })
        .await;
        let endless = error(remote_at(&server).list("users/").await);
        assert_eq!((&endless.fault, endless.key.as_deref()), (&RemoteFault::TooLong, Some("users/")));
        assert_eq!(server.heads().len(), 2_000);
    }
}

#[tokio::test]
async fn what_was_not_asked_for_is_not_listed() {
    let keys =
        ["users/a", "../../etc/passwd", "other/b", "users/A", "users//c", "/users/d", "users/e/", "users/f"];
    let contents: String =
        keys.iter().map(|key| format!("<Contents><Key>{key}</Key><Size>1</Size></Contents>")).collect();
    let body = format!("<ListBucketResult>{contents}</ListBucketResult>");
    let server = HostileServer::saying(&answer("200 OK", "", &body)).await;
    let listed = remote_at(&server).list("users/").await.unwrap();
    assert_eq!(listed.iter().map(|listed| listed.key.as_str()).collect::<Vec<_>>(), ["users/a", "users/f"]);
    // Nor more than was asked for.
    assert_eq!(remote_at(&server).list_some("users/", 1).await.unwrap().len(), 1);
}

#[tokio::test]
async fn an_object_that_is_cut_short_is_damaged() {
    let start = "HTTP/1.1 200 OK\r\nETag: \"1\"\r\n";
    for text in [
        format!("{start}Content-Length: 100\r\n\r\nonly so much"),
        format!("{start}Transfer-Encoding: chunked\r\n\r\nc\r\nonly so much\r\n"),
        format!("{start}Transfer-Encoding: chunked\r\n\r\n64\r\nonly so much"),
    ] {
        let server = HostileServer::start(move |_, _| SayAndClose(text.clone())).await;
        let error = error(remote_at(&server).get("users/a", LIMIT_BYTES).await);
        assert_eq!((&error.fault, error.key.as_deref()), (&RemoteFault::Damaged, Some("users/a")));
        assert!(error.is_transient());
        assert_eq!(fault(remote_at(&server).list("users/").await), RemoteFault::Damaged);
    }
}

#[tokio::test]
async fn an_object_without_end_takes_no_more_memory_than_the_limit() {
    let start = "HTTP/1.1 200 OK\r\nETag: \"1\"\r\n".to_owned();
    let plenty = "x".repeat(64 << 10);
    let chunk = format!("{:x}\r\n{plenty}\r\n", plenty.len());
    for (headers, rest) in [("\r\n", plenty.clone()), ("Transfer-Encoding: chunked\r\n\r\n", chunk)] {
        let start = format!("{start}{headers}");
        let server = HostileServer::start(move |_, _| SayWithoutEnd(start.clone(), rest.clone())).await;
        let remote = remote_at(&server);
        assert_eq!(fault(remote.get("users/a", LIMIT_BYTES).await), RemoteFault::TooLong);
        assert!(remote.traffic().received_bytes < LIMIT_BYTES + (1 << 20), "{:?}", remote.traffic());
        assert_eq!(fault(remote.list("users/").await), RemoteFault::TooLong);
    }
}

#[tokio::test]
async fn an_object_that_announces_too_much_is_not_even_begun() {
    let head = "HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n".to_owned();
    let server = HostileServer::start(move |_, _| SayAndHang(head.clone())).await;
    let remote = remote_at(&server);
    assert_eq!(fault(remote.get("users/a", LIMIT_BYTES).await), RemoteFault::TooLong);
    assert!(remote.traffic().received_bytes < 1_000);
}

#[tokio::test]
async fn a_refusal_without_end_is_cut_and_still_understood() {
    let head = "HTTP/1.1 403 Forbidden\r\nContent-Type: application/xml\r\n\r\n\
                <Error><Code>AccessDenied</Code><Message>";
    let server = HostileServer::start(move |_, _| SayWithoutEnd(head.to_owned(), "no ".repeat(1_000))).await;
    let remote = remote_at(&server);
    let error = error(remote.put("users/a", b"x").await);
    assert_eq!(error.fault, RemoteFault::NoPermission { to: Verb::Write });
    assert!(error.detail.chars().count() <= 300);
    assert!(remote.traffic().received_bytes < 1 << 20);
}

#[tokio::test]
async fn a_refusal_that_is_cut_short_or_never_ends_is_understood_by_its_status() {
    let head = "HTTP/1.1 403 Forbidden\r\nContent-Length: 100\r\n\r\n<Error>";
    let cut = HostileServer::start(|_, _| SayAndClose(head.to_owned())).await;
    let hanging = HostileServer::start(|_, _| SayAndHang(head.to_owned())).await;
    for server in [cut, hanging] {
        let refused = fault(impatient(&server).list("users/").await);
        assert_eq!(refused, RemoteFault::NoPermission { to: Verb::List });
    }
}

#[tokio::test]
async fn a_server_that_is_busy_says_how_long_to_wait() {
    let date = "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n";
    let page = format!("Content-Type: text/html\r\n{date}");
    let expectations = [
        (refusal("503 Slow Down", "Retry-After: 7\r\n", "SlowDown", "Reduce your rate."), Some(7)),
        (refusal("503 Slow Down", "", "SlowDown", "Reduce your rate."), None),
        (answer("429 Too Many Requests", "Retry-After: 120\r\n", ""), Some(120)),
        (answer("429 Too Many Requests", "Retry-After: 99999999999999\r\n", ""), Some(86_400)),
        (
            answer("429 Too Many", &format!("{page}Retry-After: Sun, 06 Nov 1994 08:50:07 GMT\r\n"), PAGE),
            Some(30),
        ),
        (
            answer("503 Unavailable", &format!("{page}Retry-After: Sun, 06 Nov 1994 08:40:07 GMT\r\n"), PAGE),
            Some(0),
        ),
        (answer("503 Unavailable", "Retry-After: soon\r\n", PAGE), None),
    ];
    for (text, seconds) in expectations {
        let server = HostileServer::saying(&text).await;
        for result in each(&remote_at(&server)).await {
            let error = error(result);
            assert_eq!(error.fault, RemoteFault::TooManyRequests);
            assert_eq!(error.retry_after, seconds.map(Duration::from_secs), "{text}");
            assert!(error.is_transient());
        }
    }
}

#[tokio::test]
async fn a_fault_of_the_server_is_called_so() {
    for text in [
        refusal("500 Internal Server Error", "", "InternalError", "We encountered an internal error."),
        answer("502 Bad Gateway", "Content-Type: text/html\r\n", PAGE),
        answer("504 Gateway Timeout", "", ""),
    ] {
        assert_each(&HostileServer::saying(&text).await, RemoteFault::ServerFailed).await;
    }
}

#[tokio::test]
async fn a_bucket_without_room_is_called_full() {
    for text in [
        refusal(
            "507 Insufficient Storage",
            "",
            "XMinioStorageFull",
            "Storage backend has reached its limit.",
        ),
        refusal("403 Forbidden", "", "QuotaExceeded", "The quota is used up."),
        answer("507 Insufficient Storage", "", ""),
        answer("413 Content Too Large", "", ""),
    ] {
        let server = HostileServer::saying(&text).await;
        assert_eq!(fault(remote_at(&server).put("users/a", b"x").await), RemoteFault::QuotaFull, "{text}");
    }
}

#[tokio::test]
async fn no_redirect_is_followed_to_another_host() {
    let elsewhere = HostileServer::saying(&answer("200 OK", "ETag: \"1\"\r\n", "stolen")).await;
    for status in
        ["301 Moved", "302 Found", "303 See Other", "307 Temporary Redirect", "308 Permanent Redirect"]
    {
        let headers = format!("Location: {}/course/users/a\r\n", elsewhere.endpoint());
        let server = HostileServer::saying(&answer(status, &headers, "")).await;
        assert_each(&server, RemoteFault::NotS3).await;
    }
    assert_eq!(elsewhere.heads(), Vec::<String>::new());
}

#[tokio::test]
async fn the_right_region_is_told_where_the_server_tells_it() {
    let told = |region: &str| RemoteFault::WrongRegion { region: Some(region.to_owned()) };
    let region = "x-amz-bucket-region: eu-west-1\r\nLocation: https://elsewhere.example/\r\n";
    let body = "<Error><Code>AuthorizationHeaderMalformed</Code><Message>expecting 'garage'</Message>\
                <Region>garage</Region></Error>";
    for (text, expected) in [
        (answer("301 Moved Permanently", region, ""), told("eu-west-1")),
        (
            refusal("307 Temporary Redirect", region, "TemporaryRedirect", "Please re-send."),
            told("eu-west-1"),
        ),
        (answer("400 Bad Request", "", body), told("garage")),
        (
            refusal("301 Moved Permanently", "", "PermanentRedirect", "x"),
            RemoteFault::WrongRegion { region: None },
        ),
    ] {
        let server = HostileServer::saying(&text).await;
        let listed = error(remote_at(&server).list("users/").await);
        assert_eq!(listed.fault, expected);
        if let RemoteFault::WrongRegion { region: Some(region) } = expected {
            assert_eq!(listed.words().next_step, format!("Enter “{region}” as the region."));
        }
    }
}

#[tokio::test]
async fn a_missing_object_is_told_from_a_missing_bucket_and_a_missing_page() {
    for text in [
        refusal("404 Not Found", "", "NoSuchKey", "The specified key does not exist."),
        answer("404 Not Found", "", ""),
    ] {
        let remote = remote_at(&HostileServer::saying(&text).await);
        assert_eq!(remote.get("users/a", LIMIT_BYTES).await.unwrap(), None);
        remote.delete("users/a").await.unwrap();
        // A bucket that is there answers a LIST with a listing.
        assert!(matches!(fault(remote.list("users/").await), RemoteFault::NotS3));
        assert!(remote.put("users/a", b"x").await.is_err());
    }
    let text = refusal("404 Not Found", "", "NoSuchBucket", "The specified bucket does not exist.");
    assert_each(&HostileServer::saying(&text).await, RemoteFault::NoBucket).await;
}

#[tokio::test]
async fn a_connection_that_was_closed_while_it_was_kept_is_opened_again_once() {
    // The second request on the first connection gets no answer.
    let server = HostileServer::start(|number, _| match number {
        1 => SayAndClose(String::new()),
        _ => Say(answer("200 OK", "ETag: \"1\"\r\n", "text")),
    })
    .await;
    let remote = remote_at(&server);
    for _ in 0..2 {
        assert_eq!(remote.get("users/a", LIMIT_BYTES).await.unwrap().unwrap().bytes, b"text");
    }
    assert_eq!(server.heads().len(), 3);
    // One that always hangs up is asked twice, not for ever.
    let server = HostileServer::start(|_, _| SayAndClose(String::new())).await;
    assert_eq!(fault(remote_at(&server).put("users/a", b"x").await), RemoteFault::Damaged);
    assert_eq!(server.heads().len(), 2);
}

#[tokio::test]
async fn nothing_waits_for_ever() {
    for start in ["", "HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nsome"] {
        let server = HostileServer::start(move |_, _| SayAndHang(start.to_owned())).await;
        let error = error(impatient(&server).get("users/a", LIMIT_BYTES).await);
        assert_eq!(error.fault, RemoteFault::TimedOut, "{start}");
        assert!(error.is_transient());
    }
    let head = "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n";
    let server = HostileServer::start(move |_, _| Drip(head.to_owned(), "x".to_owned())).await;
    assert_eq!(fault(impatient(&server).get("users/a", LIMIT_BYTES).await), RemoteFault::TimedOut);
}

#[tokio::test]
async fn a_request_carries_only_what_s3_requires() {
    let server = HostileServer::saying(&answer("200 OK", "ETag: \"1\"\r\n", "")).await;
    let remote = remote_at(&server);
    remote.put("users/a", b"x").await.unwrap();
    remote.put("users/a", b"").await.unwrap();
    remote.get("users/a", LIMIT_BYTES).await.unwrap();
    remote.delete("users/a").await.unwrap();
    let host = format!("host: {}", server.address);
    for (head, len) in server.heads().iter().zip([Some("1"), Some("0"), None, None]) {
        let mut headers: Vec<String> =
            head.lines().skip(1).map(str::to_lowercase).filter(|line| !line.is_empty()).collect();
        headers.sort();
        let mut expected = vec!["accept: */*".to_owned(), host.clone()];
        expected.extend(len.map(|len| format!("content-length: {len}")));
        expected.sort();
        assert_eq!(headers, expected);
        assert!(head.contains("X-Amz-SignedHeaders=host&"), "{head}");
    }
}

/// Now, by this computer's own clock and so many milliseconds more, as a header.
fn date(more_ms: i64) -> String {
    let unix_ms = Env::of_this_computer().now().unix_ms() + more_ms;
    let date = jiff::Timestamp::from_millisecond(unix_ms).unwrap();
    format!("Date: {}\r\n", date.strftime("%a, %d %b %Y %H:%M:%S GMT"))
}

/// Refuses whatever is not signed within a quarter of an hour of its own time, as AWS does.
async fn strict_server(code: &'static str, message: &'static str) -> HostileServer {
    HostileServer::start(move |_, head| {
        let signed = head.split_once("X-Amz-Date=").unwrap().1.split('&').next().unwrap();
        let signed = jiff::civil::DateTime::strptime("%Y%m%dT%H%M%SZ", signed).unwrap();
        let signed = signed.to_zoned(jiff::tz::TimeZone::UTC).unwrap().timestamp().as_millisecond();
        if signed.abs_diff(Env::of_this_computer().now().unix_ms()) > 900_000 {
            return Say(refusal("403 Forbidden", &date(0), code, message));
        }
        Say(answer("200 OK", &format!("ETag: \"1\"\r\n{}", date(0)), "text"))
    })
    .await
}

#[tokio::test]
async fn a_wrong_clock_is_signed_around_whatever_the_server_calls_it() {
    let hours = [(-2, "2 hours slow"), (2, "2 hours fast"), (-56 * 365 * 24, "56 years slow")];
    for (hours, words) in hours {
        for (code, message) in [
            ("RequestTimeTooSkewed", "The difference is too large."),
            ("AccessDenied", "Request has expired"),
            ("AuthorizationQueryParametersError", "X-Amz-Date is in the future"),
            ("SomethingOfItsOwn", ""),
        ] {
            let server = strict_server(code, message).await;
            let location = Location::S3(s3(&server.endpoint()));
            let clock = clock_off_by(hours * 3_600_000);
            let remote = Remote::connect(&location, credentials("a-secret"), clock).unwrap();
            assert_eq!(remote.get("users/a", LIMIT_BYTES).await.unwrap().unwrap().bytes, b"text");
            remote.put("users/a", b"x").await.unwrap();
            assert_eq!(server.heads().len(), 3, "{code}");
            assert_eq!(remote.clock_offset().unwrap().to_string(), words);
        }
    }
}

#[tokio::test]
async fn a_clock_that_is_mended_meanwhile_is_signed_with_again() {
    let server = strict_server("RequestTimeTooSkewed", "").await;
    let off_ms = Arc::new(AtomicI64::new(-7_200_000));
    let (env, read) = (Env::of_this_computer(), Arc::clone(&off_ms));
    let clock = Arc::new(move || Timestamp::from_unix_ms(env.now().unix_ms() + read.load(Ordering::Relaxed)));
    let location = Location::S3(s3(&server.endpoint()));
    let remote = Remote::connect(&location, credentials("a-secret"), clock).unwrap();
    remote.put("users/a", b"x").await.unwrap();
    off_ms.store(0, Ordering::Relaxed);
    remote.put("users/a", b"x").await.unwrap();
    assert_eq!(remote.clock_offset(), None);
    remote.put("users/a", b"x").await.unwrap();
    assert_eq!(server.heads().len(), 5);
}

#[tokio::test]
async fn a_clock_that_no_signing_helps_is_said_with_how_much_it_is_wrong() {
    let server = HostileServer::start(|_, _| {
        Say(refusal("403 Forbidden", &date(840_000), "RequestTimeTooSkewed", "Too large."))
    })
    .await;
    let remote = remote_at(&server);
    let skewed = error(remote.list("users/").await);
    assert!(
        matches!(skewed.fault, RemoteFault::ClockWrong { offset: Some(ClockOffset { ms }) } if ms > 830_000)
    );
    assert!(skewed.words().sentence.starts_with("This computer's clock is 14 minutes slow; "), "{skewed}");
    assert_eq!(server.heads().len(), 2);
    // Without a Date there is nothing to try again with.
    let server =
        HostileServer::saying(&refusal("403 Forbidden", "", "AccessDenied", "Request has expired")).await;
    assert_eq!(fault(remote_at(&server).list("users/").await), RemoteFault::ClockWrong { offset: None });
    assert_eq!(server.heads().len(), 1);
}

#[tokio::test]
async fn the_date_of_a_sign_in_page_says_nothing_of_the_clock() {
    let page = answer("200 OK", &format!("Content-Type: text/html\r\n{}", date(86_400_000)), PAGE);
    let server = HostileServer::saying(&page).await;
    let remote = remote_at(&server);
    assert_eq!(fault(remote.list("users/").await), RemoteFault::NotS3);
    assert_eq!(remote.clock_offset(), None);
}

#[tokio::test]
async fn a_refusal_for_another_reason_is_not_asked_again() {
    let server = HostileServer::saying(&refusal("403 Forbidden", "", "AccessDenied", "Access Denied.")).await;
    let remote = remote_at(&server);
    assert_eq!(fault(remote.list("users/").await), RemoteFault::NoPermission { to: Verb::List });
    assert_eq!((server.heads().len(), remote.clock_offset()), (1, None));
}

#[tokio::test]
async fn no_secret_is_in_an_error_or_in_what_is_shown() {
    let secrets = ["a-very-secret-key", "a-very-secret-token", "X-Amz-Signature"];
    let seen = Mutex::new(Vec::new());
    let location = |endpoint: &str| Location::S3(s3(endpoint));
    let server = HostileServer::start(|number, _| match number {
        0 => SayAndClose("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx".to_owned()),
        1 => SayAndClose("garbage\r\n\r\n".to_owned()),
        2 => SayAndHang(String::new()),
        _ => Say(refusal("403 Forbidden", "", "SignatureDoesNotMatch", "x")),
    })
    .await;
    for endpoint in [&server.endpoint(), "http://127.0.0.1:1", "http://nobody.invalid"] {
        let credentials = credentials(secrets[0]).map(|credentials| primer_engine::remote::Credentials {
            session_token: Some(primer_engine::secrets::Secret::new(secrets[1])),
            ..credentials
        });
        seen.lock().unwrap().push(format!("{credentials:?} {:?}", location(endpoint)));
        let remote = Remote::connect_with(&location(endpoint), credentials, clock(), BRIEF).unwrap();
        for _ in 0..4 {
            let error = error(remote.get("users/a", LIMIT_BYTES).await);
            let mut text = format!("{remote:?} {error} {error:?} {:#?} {:?}", error, error.words());
            let mut cause: Option<&dyn std::error::Error> = Some(&error);
            while let Some(inner) = cause {
                text.push_str(&format!("{inner} {inner:?}"));
                cause = inner.source();
            }
            seen.lock().unwrap().push(text);
        }
    }
    // The secret key is not even sent; the token has to be.
    let heads = server.heads().join("");
    assert!(!heads.contains(secrets[0]) && heads.contains(secrets[1]));
    for text in seen.lock().unwrap().iter() {
        assert!(secrets.iter().all(|secret| !text.contains(secret)), "{text}");
    }
}
