//! What a real S3 server says when something is wrong, in people's words.

use primer_engine::remote::{ClockOffset, Location, Remote, RemoteFault, S3Location, Verb};

use crate::other_servers::all;
use crate::server::{KEY, READER, SECRET, Server, WRITER, fresh_prefix, seaweedfs};
use crate::{LIMIT_BYTES, clock_off_by, credentials, error, fault};

const HOUR_MS: i64 = 3_600_000;

#[tokio::test]
async fn a_key_that_the_server_does_not_know_is_told_apart_from_a_wrong_secret() {
    for server in all() {
        let remote = server.connect_as(("AKIDNOBODY", SECRET), |_| {});
        assert_eq!(fault(remote.list("users/").await), RemoteFault::WrongKey);
        let remote = server.connect_as((server.keys().0, "secret-of-nobody"), |_| {});
        for result in [remote.list("users/").await.map(drop), remote.put("a", b"x").await.map(drop)] {
            let error = error(result);
            assert_eq!(error.fault, RemoteFault::WrongSecret);
            assert!(error.words().sentence.contains("secret key"), "{error}");
        }
    }
}

#[tokio::test]
async fn a_missing_bucket_is_never_an_empty_one() {
    for server in all() {
        let remote =
            server.connect_as(server.keys(), |location| "no-such-course".clone_into(&mut location.bucket));
        let listed = error(remote.list("users/").await);
        assert_eq!(listed.fault, RemoteFault::NoBucket);
        assert!(listed.words().sentence.ends_with("knows no bucket “no-such-course”."), "{listed}");
        // Not tried with a PUT: SeaweedFS makes the bucket then, for keys that may.
        assert_eq!(fault(remote.get("primer.json", LIMIT_BYTES).await), RemoteFault::NoBucket);
    }
}

#[tokio::test]
async fn keys_that_may_only_read_say_so_when_something_is_written() {
    let server = seaweedfs();
    let prefix = fresh_prefix();
    let all = server.connect_as((KEY, SECRET), |location| location.prefix.clone_from(&prefix));
    all.put("users/a", b"x").await.unwrap();
    let reader = server.connect_as(READER, |location| location.prefix.clone_from(&prefix));
    assert_eq!(reader.list("users/").await.unwrap().len(), 1);
    assert_eq!(reader.get("users/a", LIMIT_BYTES).await.unwrap().unwrap().bytes, b"x");
    let refused = error(reader.put("users/a", b"y").await);
    assert_eq!(refused.fault, RemoteFault::NoPermission { to: Verb::Write });
    assert_eq!(refused.words().sentence, "These keys are not allowed to write in the bucket “course”.");
    assert_eq!(fault(reader.delete("users/a").await), RemoteFault::NoPermission { to: Verb::Delete });
    assert_eq!(all.get("users/a", LIMIT_BYTES).await.unwrap().unwrap().bytes, b"x");
}

#[tokio::test]
async fn keys_that_may_only_write_say_so_when_something_is_listed_or_read() {
    let server = seaweedfs();
    let prefix = fresh_prefix();
    let writer = server.connect_as(WRITER, |location| location.prefix.clone_from(&prefix));
    writer.put("users/a", b"x").await.unwrap();
    assert_eq!(fault(writer.list("users/").await), RemoteFault::NoPermission { to: Verb::List });
    assert_eq!(fault(writer.get("users/a", LIMIT_BYTES).await), RemoteFault::NoPermission { to: Verb::Read });
}

#[tokio::test]
async fn a_clock_that_is_off_is_measured_and_signed_around() {
    for server in all() {
        for (off_ms, words) in [(-2 * HOUR_MS, "2 hours slow"), (2 * HOUR_MS, "2 hours fast")] {
            let remote = server.fresh_by(clock_off_by(off_ms));
            remote.put("a", b"x").await.unwrap();
            let offset = remote.clock_offset().unwrap();
            assert!((offset.ms + off_ms).abs() < 5_000, "{offset:?}");
            assert_eq!(offset.to_string(), words);
            // Refused at most once (some servers take a signature from the future), and never again.
            let first = remote.traffic().requests;
            assert!(first <= 2);
            assert_eq!(remote.get("a", LIMIT_BYTES).await.unwrap().unwrap().bytes, b"x");
            assert_eq!(remote.list("").await.unwrap().len(), 1);
            remote.delete("a").await.unwrap();
            assert_eq!(remote.traffic().requests, first + 3);
        }
    }
}

#[tokio::test]
async fn a_clock_that_is_off_by_years_stops_nobody() {
    for server in all() {
        for years in [-56, -2, 2, 60, 7_000] {
            let remote = server.fresh_by(clock_off_by(years * 365 * 24 * HOUR_MS));
            remote.put("a", b"x").await.unwrap();
            assert_eq!(remote.get("a", LIMIT_BYTES).await.unwrap().unwrap().bytes, b"x");
            let offset = remote.clock_offset().unwrap().to_string();
            assert!(offset.contains(" years "), "{offset}");
        }
    }
}

#[tokio::test]
async fn a_clock_that_is_nearly_right_is_not_spoken_of() {
    for off_ms in [-30_000, 0, 30_000] {
        let remote = seaweedfs().fresh_by(clock_off_by(off_ms));
        remote.put("a", b"x").await.unwrap();
        assert_eq!((remote.clock_offset(), remote.traffic().requests), (None, 1));
    }
}

#[tokio::test]
async fn a_wrong_secret_is_called_so_even_if_the_clock_is_wrong_too() {
    let location = Location::S3(seaweedfs().location());
    let remote = Remote::connect(&location, credentials("wrong"), clock_off_by(-2 * HOUR_MS)).unwrap();
    assert_eq!(fault(remote.list("").await), RemoteFault::WrongSecret);
    assert!(remote.clock_offset().is_some_and(|ClockOffset { ms }| ms > HOUR_MS));
}

#[tokio::test]
async fn a_prefix_is_taken_with_or_without_slashes_and_hides_what_is_beside_it() {
    for server in all() {
        let prefix = fresh_prefix();
        let with = |prefix: String| below(server, prefix);
        let (plain, slashes) = (with(prefix.clone()), with(format!("//{prefix}/")));
        plain.put("a", b"x").await.unwrap();
        assert_eq!(slashes.list("").await.unwrap(), plain.list("").await.unwrap());
        with(format!("{prefix}/deep/Strange(1)")).put("b", b"x").await.unwrap();
        with(format!("{prefix}0")).put("c", b"x").await.unwrap();
        // Seen from above, the strange one has no name of ours.
        assert_eq!(plain.list("").await.unwrap().len(), 1);
        with(format!("{prefix}/deep")).put("d", b"x").await.unwrap();
        let keys: Vec<String> = plain.list("").await.unwrap().into_iter().map(|listed| listed.key).collect();
        assert_eq!(keys, ["a", "deep/d"]);
    }
}

fn below(server: &Server, prefix: String) -> Remote {
    server.connect_as(server.keys(), |location: &mut S3Location| location.prefix = prefix)
}
