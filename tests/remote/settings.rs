//! What may be entered, and how it is kept.

use primer_engine::remote::{Location, Remote, RemoteFault, S3Location, Style};
use serde_json::json;

use crate::{clock, credentials, error, s3};

#[test]
fn a_location_is_kept_as_json_without_secrets() {
    let kept = json!({"kind": "s3", "endpoint": "https://s3.example.org", "bucket": "course", "access_key_id": "AKID"});
    let location: Location = serde_json::from_value(kept).unwrap();
    let expected = S3Location {
        endpoint: "https://s3.example.org".to_owned(),
        access_key_id: "AKID".to_owned(),
        ..s3("")
    };
    assert_eq!(location, Location::S3(expected));
    let whole = json!({
        "kind": "s3", "endpoint": "http://[::1]:9000", "bucket": "b", "prefix": "p", "region": "garage",
        "style": "host", "access_key_id": "AKID", "ca_file": "/ca.pem", "proxy": "http://proxy:3128",
    });
    let location: Location = serde_json::from_value(whole.clone()).unwrap();
    assert!(matches!(&location, Location::S3(S3Location { style: Style::Host, .. })));
    assert_eq!(serde_json::to_value(&location).unwrap(), whole);
    let folder = json!({"kind": "folder", "path": "/media/stick"});
    let location: Location = serde_json::from_value(folder).unwrap();
    assert_eq!(location, Location::Folder { path: "/media/stick".into(), prefix: String::new() });
}

#[test]
fn what_can_not_be_meant_is_refused_with_a_sentence() {
    let refused = |change: &dyn Fn(&mut S3Location)| {
        let mut location = s3("https://s3.example.org");
        change(&mut location);
        error(Remote::connect(&Location::S3(location), credentials("a-secret"), clock()))
    };
    type Change = dyn Fn(&mut S3Location);
    let cases: [(&Change, &str); 16] = [
        (&|at| at.endpoint = String::new(), "address"),
        (&|at| at.endpoint = "https://".into(), "address"),
        (&|at| at.endpoint = "ftp://s3.example.org".into(), "neither with http:// nor with https://"),
        (&|at| at.endpoint = "https://me:pass@s3.example.org".into(), "a name or a password"),
        (&|at| at.endpoint = "https://s3.example.org/path?x=1".into(), "a ? or a #"),
        (&|at| at.endpoint = "s3.example.org?".into(), "a ? or a #"),
        (&|at| at.endpoint = "https://s3.example.org/#bucket".into(), "a ? or a #"),
        (&|at| at.bucket = " ".into(), "name of the bucket"),
        (&|at| at.bucket = "..".into(), "name of the bucket"),
        (&|at| at.bucket = "a/b".into(), "name of the bucket"),
        (&|at| at.prefix = "a//b".into(), "prefix"),
        (&|at| at.prefix = "../a".into(), "prefix"),
        (&|at| at.access_key_id = String::new(), "access key ID"),
        (&|at| at.proxy = Some("http://".into()), "proxy"),
        (&|at| at.proxy = Some("http://me:pass@proxy:3128".into()), "HTTPS_PROXY"),
        (&|at| (at.style, at.endpoint) = (Style::Host, "https://192.0.2.7".into()), "host"),
    ];
    for (change, words) in cases {
        let error = refused(change);
        assert_eq!(error.fault, RemoteFault::BadAddress, "{error}");
        assert!(error.words().sentence.contains(words), "{error}");
        assert!(!error.to_string().contains("pass@") && !format!("{error:?}").contains("pass@"), "{error:?}");
    }
}

#[test]
fn an_address_is_taken_as_people_write_it() {
    for endpoint in ["s3.example.org", " https://s3.example.org/ ", "http://localhost:9000", "192.0.2.7:9000"]
    {
        let location = S3Location { region: " ".into(), prefix: "/a/".into(), ..s3(endpoint) };
        Remote::connect(&Location::S3(location), credentials(" a-secret\n"), clock()).unwrap();
    }
}

#[test]
fn a_secret_that_is_not_known_is_asked_for_again() {
    let location = Location::S3(s3("https://s3.example.org"));
    for credentials in [None, credentials(""), credentials(" \n")] {
        let error = error(Remote::connect(&location, credentials, clock()));
        assert_eq!(error.fault, RemoteFault::NoSecret);
        assert_eq!(error.words().next_step, "Enter the secret key again.");
    }
}
