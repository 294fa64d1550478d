//! Certificates: trusted by the system, by a file that the reader names, or not at all.

use std::fs;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use primer_engine::remote::{Location, Remote, RemoteFault, S3Location};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;

use crate::hostile_server::{Say, answer, converse};
use crate::{LIMIT_BYTES, clock, connect, credentials, error, fault, s3};

struct Secure {
    address: SocketAddr,
    ca_file: PathBuf,
    _folder: TempDir,
}

/// A server on `localhost` whose certificate a school's own authority gave out.
async fn secure_server() -> Secure {
    let folder = tempfile::tempdir().unwrap();
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    let ca_file = folder.path().join("ca.pem");
    fs::write(&ca_file, authority.pem()).unwrap();
    let key = KeyPair::generate().unwrap();
    let certificate =
        CertificateParams::new(vec!["localhost".to_owned()]).unwrap().signed_by(&key, &authority).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], PrivateKeyDer::Pkcs8(key.serialize_der().into()))
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((connection, _)) = listener.accept().await {
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                let connection = acceptor.accept(connection).await.ok()?;
                let text = answer("200 OK", "ETag: \"1\"\r\n", "text");
                converse(connection, &move |_, _: &str| Say(text.clone()), &Mutex::default()).await
            });
        }
    });
    Secure { address, ca_file, _folder: folder }
}

fn at(server: &Secure, host: &str, ca_file: Option<PathBuf>) -> Remote {
    connect(S3Location { ca_file, ..s3(&format!("https://{host}:{}", server.address.port())) })
}

#[tokio::test]
async fn a_certificate_is_trusted_only_with_its_authority() {
    let server = secure_server().await;
    let untrusted = at(&server, "localhost", None);
    let error = error(untrusted.get("a", LIMIT_BYTES).await);
    assert_eq!((&error.fault, error.is_transient()), (&RemoteFault::CertificateNotTrusted, false));
    assert!(error.words().next_step.contains("certificate authority"), "{error}");
    let trusted = at(&server, "localhost", Some(server.ca_file.clone()));
    assert_eq!(trusted.get("a", LIMIT_BYTES).await.unwrap().unwrap().bytes, b"text");
    // Another host's certificate is nobody's.
    let other_host = at(&server, "127.0.0.1", Some(server.ca_file.clone()));
    assert_eq!(fault(other_host.get("a", LIMIT_BYTES).await), RemoteFault::CertificateNotTrusted);
}

#[tokio::test]
async fn http_and_https_mixed_up_are_said_to_be() {
    let server = secure_server().await;
    let plain = connect(s3(&format!("http://{}", server.address)));
    assert!(matches!(fault(plain.list("users/").await), RemoteFault::NotS3 | RemoteFault::Damaged));
    // A plain server answers the first bytes of TLS as the bad request that they are.
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut connection, _)) = listener.accept().await {
            connection.read_buf(&mut Vec::with_capacity(4096)).await.unwrap();
            connection.write_all(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n").await.unwrap();
        }
    });
    assert_eq!(fault(connect(s3(&format!("https://{address}"))).list("users/").await), RemoteFault::NotS3);
}

#[tokio::test]
async fn a_file_that_holds_no_certificate_is_refused_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ca.pem");
    let refused = || {
        let location = S3Location { ca_file: Some(file.clone()), ..s3("https://s3.example.org") };
        error(Remote::connect(&Location::S3(location), credentials("a-secret"), clock()))
    };
    let missing = refused();
    assert_eq!(missing.fault, RemoteFault::BadAddress);
    assert!(missing.words().sentence.contains("ca.pem can't be read"), "{missing}");
    for text in ["", "not a certificate", "-----BEGIN CERTIFICATE-----\n????\n-----END CERTIFICATE-----\n"] {
        fs::write(&file, text).unwrap();
        let error = refused();
        assert_eq!(error.fault, RemoteFault::BadAddress, "{text}");
    }
}
