//! What can go wrong before a server is reached, and proxies on the way.

use primer_engine::remote::{Location, Remote, RemoteFault, S3Location, Style};

use crate::hostile_server::{HostileServer, answer};
use crate::{BRIEF, LIMIT_BYTES, clock, connect, credentials, error, fault, s3};

#[tokio::test]
async fn a_server_that_nobody_runs_is_offline() {
    // Port 1 of this computer, and a name that no network has.
    for endpoint in ["http://127.0.0.1:1", "http://nobody.invalid", "https://nobody.invalid"] {
        let location = Location::S3(s3(endpoint));
        let remote = Remote::connect_with(&location, credentials("a-secret"), clock(), BRIEF).unwrap();
        let error = error(remote.list("users/").await);
        assert!(matches!(error.fault, RemoteFault::Offline | RemoteFault::TimedOut), "{error:?}");
        assert!(error.is_transient());
        let host = endpoint.split_once("://").unwrap().1;
        assert!(error.words().sentence.starts_with(&format!("The server {host} ")), "{error}");
    }
}

#[tokio::test]
async fn a_proxy_that_is_named_is_asked_in_place_of_the_server() {
    let proxy = HostileServer::saying(&answer("200 OK", "ETag: \"1\"\r\n", "text")).await;
    let location = S3Location { proxy: Some(proxy.endpoint()), ..s3("http://s3.example.org:9000") };
    let remote = connect(location);
    assert_eq!(remote.get("users/a", LIMIT_BYTES).await.unwrap().unwrap().bytes, b"text");
    let head = &proxy.heads()[0];
    // The address is whole, and what is signed is the server's host and port, not the proxy's.
    assert!(head.starts_with("GET http://s3.example.org:9000/course/users/a?"), "{head}");
    assert!(head.to_lowercase().contains("\r\nhost: s3.example.org:9000\r\n"), "{head}");
}

#[tokio::test]
async fn a_proxy_that_wants_a_password_is_no_s3() {
    let text = answer("407 Proxy Authentication Required", "Proxy-Authenticate: Basic\r\n", "");
    let proxy = HostileServer::saying(&text).await;
    let location = S3Location { proxy: Some(proxy.endpoint()), ..s3("http://s3.example.org") };
    assert_eq!(fault(connect(location).list("users/").await), RemoteFault::NotS3);
}

#[tokio::test]
async fn the_name_of_the_bucket_stands_where_the_server_expects_it() {
    let cases = [
        ("http://s3.example.org", Style::Auto, "course", "http://s3.example.org/course/a?"),
        ("http://s3.example.org", Style::Host, "course", "http://course.s3.example.org/a?"),
        ("http://s3.example.org/below/", Style::Auto, "course", "http://s3.example.org/below/course/a?"),
        (
            "http://s3.eu-west-1.amazonaws.com",
            Style::Auto,
            "course",
            "http://course.s3.eu-west-1.amazonaws.com/a?",
        ),
        (
            "http://s3.eu-west-1.amazonaws.com",
            Style::Path,
            "course",
            "http://s3.eu-west-1.amazonaws.com/course/a?",
        ),
        // Names that are none for one label of a host.
        ("http://s3.amazonaws.com", Style::Auto, "my.course", "http://s3.amazonaws.com/my.course/a?"),
        ("http://s3.amazonaws.com", Style::Auto, "My_course", "http://s3.amazonaws.com/My_course/a?"),
        // A proxy keeps these from being looked up.
        ("http://192.0.2.7", Style::Auto, "course", "http://192.0.2.7/course/a?"),
        ("http://[2001:db8::7]:9000", Style::Auto, "course", "http://[2001:db8::7]:9000/course/a?"),
        ("http://notamazonaws.com", Style::Auto, "course", "http://notamazonaws.com/course/a?"),
        ("http://minio.example.org:9000", Style::Host, "course", "http://course.minio.example.org:9000/a?"),
    ];
    for (endpoint, style, bucket, expected) in cases {
        let proxy = HostileServer::saying(&answer("200 OK", "", "text")).await;
        let location =
            S3Location { proxy: Some(proxy.endpoint()), style, bucket: bucket.to_owned(), ..s3(endpoint) };
        connect(location).get("a", LIMIT_BYTES).await.unwrap();
        assert!(proxy.heads()[0].starts_with(&format!("GET {expected}")), "{}", proxy.heads()[0]);
    }
}
