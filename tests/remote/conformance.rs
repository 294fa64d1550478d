//! What every store does alike.

use primer_engine::remote::{Place, Remote, RemoteFault, Unless};
use tokio::task::JoinSet;

use crate::{LIMIT_BYTES, error, fault};

const IN_FLIGHT: usize = 32;

/// Runs each case against each store, with a prefix of its own.
macro_rules! every_store {
    ($($case:ident)*) => {
        mod in_a_folder {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $case() {
                let (_folder, remote) = crate::folder::fresh();
                super::$case(remote).await;
            })*
        }

        #[cfg(unix)]
        mod on_seaweedfs {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $case() {
                super::$case(crate::server::seaweedfs().fresh()).await;
            })*
        }

        #[cfg(unix)]
        mod on_rclone {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $case() {
                match crate::other_servers::rclone() {
                    Some(server) => super::$case(server.fresh()).await,
                    None => crate::skipped::skipped("rclone could not be fetched"),
                }
            })*
        }

        /// In one test, because most computers have none.
        #[cfg(unix)]
        #[tokio::test(flavor = "multi_thread")]
        async fn garage_does_it_all_alike() {
            let Some(server) = crate::other_servers::garage() else {
                return crate::skipped::skipped(crate::garage::WHY_NONE);
            };
            $(
                println!("{}", stringify!($case));
                $case(server.fresh()).await;
            )*
            many_writers_at_once_leave_a_whole_object::all_write(server.fresh()).await;
        }
    };
}

every_store! {
    what_is_put_is_got_and_listed_until_it_is_deleted
    what_is_absent_is_none_and_may_be_deleted
    a_prefix_nobody_wrote_to_lists_nothing
    a_listing_goes_on_past_a_thousand_keys
    overwriting_changes_the_etag_and_put_returns_the_one_that_list_shows
    what_is_known_by_its_etag_is_not_sent_again
    a_key_may_have_every_allowed_character
    a_listing_is_of_exactly_what_begins_so
    an_empty_object_is_an_object
    an_object_longer_than_the_limit_is_refused_and_one_as_long_is_not
    what_is_no_key_is_refused_without_asking
    traffic_counts_what_goes_over
}

async fn what_is_put_is_got_and_listed_until_it_is_deleted(remote: Remote) {
    let key = "users/7f/replicas/0e.json";
    let etag = remote.put(key, b"{\"a\": 1}").await.unwrap();
    let object = remote.get(key, LIMIT_BYTES).await.unwrap().unwrap();
    assert_eq!((object.bytes.as_slice(), object.etag.as_str()), (b"{\"a\": 1}".as_slice(), etag.as_str()));
    let listed = remote.list("users/7f/replicas/").await.unwrap();
    assert_eq!(listed.len(), 1);
    assert_eq!(
        (listed[0].key.as_str(), listed[0].len_bytes, listed[0].etag.as_str()),
        (key, 8, etag.as_str())
    );
    remote.delete(key).await.unwrap();
    assert_eq!(remote.get(key, LIMIT_BYTES).await.unwrap(), None);
    assert_eq!(remote.list("users/").await.unwrap(), []);
}

async fn what_is_absent_is_none_and_may_be_deleted(remote: Remote) {
    assert_eq!(remote.get("primer.json", LIMIT_BYTES).await.unwrap(), None);
    remote.delete("primer.json").await.unwrap();
    remote.put("users/7f/a.md", b"a").await.unwrap();
    // Beside something that is there, and with a name that is a folder or a file above.
    for key in ["users/7f/b.md", "users/7f", "users", "users/7f/a.md/b.md"] {
        assert_eq!(remote.get(key, LIMIT_BYTES).await.unwrap(), None, "{key}");
    }
    remote.delete("users/7f/b.md").await.unwrap();
    assert!(remote.get("users/7f/a.md", LIMIT_BYTES).await.unwrap().is_some());
}

async fn a_prefix_nobody_wrote_to_lists_nothing(remote: Remote) {
    assert_eq!(remote.list("").await.unwrap(), []);
    assert_eq!(remote.list("users/7f/replicas/").await.unwrap(), []);
    assert_eq!(remote.list_some("users/7f/replicas/", 1).await.unwrap(), []);
}

async fn a_listing_goes_on_past_a_thousand_keys(remote: Remote) {
    let key = |number: usize| format!("users/7f/chapters/{}/x{number:04}.md", number % 7);
    let mut writing = JoinSet::new();
    for number in 0..1_100 {
        if writing.len() == IN_FLIGHT {
            writing.join_next().await.unwrap().unwrap();
        }
        let remote = remote.clone();
        writing.spawn(async move { put_as_a_driver_would(&remote, &key(number), number as u8).await });
    }
    writing.join_all().await;
    let mut expected: Vec<String> = (0..1_100).map(key).collect();
    expected.sort();
    let listed = remote.list("users/7f/chapters/").await.unwrap();
    assert_eq!(listed.iter().map(|listed| listed.key.clone()).collect::<Vec<_>>(), expected);
    let some = remote.list_some("users/", 10).await.unwrap();
    assert_eq!(some.len(), 10);
    assert!(some.iter().all(|listed| expected.contains(&listed.key)));
    assert_eq!(remote.list_some("users/", 0).await.unwrap(), []);
}

/// rclone sometimes fails when many ask it for new folders at once.
async fn put_as_a_driver_would(remote: &Remote, key: &str, byte: u8) {
    for _ in 0..5 {
        match remote.put(key, &[byte]).await {
            Ok(_) => return,
            Err(error) => assert!(error.is_transient(), "{error:?}"),
        }
    }
    panic!("{key} could not be put in five attempts");
}

async fn overwriting_changes_the_etag_and_put_returns_the_one_that_list_shows(remote: Remote) {
    let key = "users/7f/replicas/0e.json";
    let mut seen = Vec::new();
    // As long as each other, and at once: neither length nor a clock of whole seconds tells them apart.
    for content in ["aaaa", "aaab", "baaa", "aaac"] {
        let etag = remote.put(key, content.as_bytes()).await.unwrap();
        assert!(!etag.is_empty() && !etag.contains('"'), "{etag}");
        assert_eq!(remote.list("users/7f/replicas/").await.unwrap()[0].etag, etag);
        assert_eq!(remote.get(key, LIMIT_BYTES).await.unwrap().unwrap().bytes, content.as_bytes());
        assert!(!seen.contains(&etag), "{etag}");
        seen.push(etag);
    }
}

async fn what_is_known_by_its_etag_is_not_sent_again(remote: Remote) {
    let key = "books/a-book/index.json";
    let content = |byte: u8| vec![byte; 20_000];
    assert_eq!(remote.get_unless(key, "0f", LIMIT_BYTES).await.unwrap(), Unless::Got(None));
    let first = remote.put(key, &content(1)).await.unwrap();
    let before = remote.traffic();
    assert_eq!(remote.get_unless(key, &first, LIMIT_BYTES).await.unwrap(), Unless::Known);
    let asked = remote.traffic();
    assert_eq!(asked.requests, before.requests + 1);
    if !matches!(remote.place(), Place::Folder { .. }) {
        assert!(asked.received_bytes - before.received_bytes < 2_000, "{asked:?}");
        assert!(asked.sent_bytes - before.sent_bytes < 2_000, "{asked:?}");
    }
    let second = remote.put(key, &content(2)).await.unwrap();
    for known in [first.as_str(), ""] {
        let Unless::Got(Some(object)) = remote.get_unless(key, known, LIMIT_BYTES).await.unwrap() else {
            panic!("what changed is got");
        };
        assert_eq!((object.bytes, object.etag), (content(2), second.clone()));
    }
    remote.delete(key).await.unwrap();
    assert_eq!(remote.get_unless(key, &second, LIMIT_BYTES).await.unwrap(), Unless::Got(None));
}

async fn a_key_may_have_every_allowed_character(remote: Remote) {
    let keys = [
        "abcdefghijklmnopqrstuvwxyz-0123456789_.json",
        "users/3f2504e0-4f89-41d3-9a0c-0305e82c3301/chapters/1/d41d8cd98f00b204e9800998ecf8427e/v1-0123456789abcdef.md",
        "0",
        "_/-/__--.-_",
        "a.b.c/d.e",
    ];
    for key in keys {
        remote.put(key, key.as_bytes()).await.unwrap();
        assert_eq!(remote.get(key, LIMIT_BYTES).await.unwrap().unwrap().bytes, key.as_bytes());
    }
    let listed = remote.list("").await.unwrap();
    let mut expected = keys.to_vec();
    expected.sort_unstable();
    assert_eq!(listed.iter().map(|listed| listed.key.as_str()).collect::<Vec<_>>(), expected);
    for key in keys {
        remote.delete(key).await.unwrap();
    }
    assert_eq!(remote.list("").await.unwrap(), []);
}

async fn a_listing_is_of_exactly_what_begins_so(remote: Remote) {
    for key in ["users/a/1", "users/ab/2", "users/b/3", "users-old/4", "user/5"] {
        remote.put(key, b"x").await.unwrap();
    }
    let expectations: [(&str, &[&str]); 6] = [
        ("users/", &["users/a/1", "users/ab/2", "users/b/3"]),
        ("users/a", &["users/a/1", "users/ab/2"]),
        ("users/a/", &["users/a/1"]),
        ("users", &["users-old/4", "users/a/1", "users/ab/2", "users/b/3"]),
        ("users/b/3", &["users/b/3"]),
        ("users/c", &[]),
    ];
    for (prefix, expected) in expectations {
        let listed = remote.list(prefix).await.unwrap();
        assert_eq!(listed.iter().map(|listed| listed.key.as_str()).collect::<Vec<_>>(), expected, "{prefix}");
    }
}

async fn an_empty_object_is_an_object(remote: Remote) {
    remote.put("empty", b"").await.unwrap();
    assert_eq!(remote.get("empty", 0).await.unwrap().unwrap().bytes, b"");
    assert_eq!(remote.list("").await.unwrap()[0].len_bytes, 0);
}

async fn an_object_longer_than_the_limit_is_refused_and_one_as_long_is_not(remote: Remote) {
    let bytes: Vec<u8> = (0..200_000u32).map(|number| (number % 251) as u8).collect();
    remote.put("long", &bytes).await.unwrap();
    let error = error(remote.get("long", 199_999).await);
    assert_eq!((error.fault, error.key.as_deref()), (RemoteFault::TooLong, Some("long")));
    assert_eq!(remote.get("long", 200_000).await.unwrap().unwrap().bytes, bytes);
}

async fn what_is_no_key_is_refused_without_asking(remote: Remote) {
    let before = remote.traffic();
    for key in ["", "/", "../a", "a/../../b", "a//b", ".a", "A", "a b", "ä", "a\0", "a\\b", "c:/a"] {
        assert_eq!(fault(remote.put(key, b"x").await), RemoteFault::Unexpected, "{key}");
        assert_eq!(fault(remote.get(key, 1).await), RemoteFault::Unexpected, "{key}");
        assert_eq!(fault(remote.delete(key).await), RemoteFault::Unexpected, "{key}");
    }
    for prefix in ["/", "../", "a/../", "A"] {
        assert_eq!(fault(remote.list(prefix).await), RemoteFault::Unexpected, "{prefix}");
    }
    assert_eq!(remote.traffic(), before);
}

async fn traffic_counts_what_goes_over(remote: Remote) {
    assert_eq!(remote.traffic().requests, 0);
    remote.put("a", &[7; 10_000]).await.unwrap();
    let put = remote.traffic();
    assert_eq!(put.requests, 1);
    assert!((10_000..12_000).contains(&put.sent_bytes), "{put:?}");
    remote.clone().get("a", LIMIT_BYTES).await.unwrap().unwrap();
    let got = remote.traffic();
    assert_eq!(got.requests, 2);
    assert!((10_000..12_000).contains(&(got.received_bytes - put.received_bytes)), "{got:?}");
}

/// Not with rclone, which overwrites in place. One writer per object is the rule; only texts, which are named
/// by their digest, are written by two computers at once.
mod many_writers_at_once_leave_a_whole_object {
    use crate::LIMIT_BYTES;
    use primer_engine::remote::Remote;
    use tokio::task::JoinSet;

    #[tokio::test(flavor = "multi_thread")]
    async fn in_a_folder() {
        let (_folder, remote) = crate::folder::fresh();
        all_write(remote).await;
    }

    #[cfg(unix)]
    #[tokio::test(flavor = "multi_thread")]
    async fn on_seaweedfs() {
        all_write(crate::server::seaweedfs().fresh()).await;
    }

    pub(super) async fn all_write(remote: Remote) {
        let contents: Vec<Vec<u8>> = (0..16u8).map(|number| vec![number; 50_000]).collect();
        let mut writing = JoinSet::new();
        for content in contents.clone() {
            let remote = remote.clone();
            writing.spawn(async move { remote.put("shared", &content).await.unwrap() });
        }
        for _ in 0..32 {
            if let Some(object) = remote.get("shared", LIMIT_BYTES).await.unwrap() {
                assert!(contents.contains(&object.bytes), "{} bytes", object.bytes.len());
            }
        }
        writing.join_all().await;
        assert!(contents.contains(&remote.get("shared", LIMIT_BYTES).await.unwrap().unwrap().bytes));
        assert_eq!(remote.list("").await.unwrap().len(), 1);
    }
}
