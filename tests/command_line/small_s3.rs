//! A small S3 server on this computer, which is a proxy too: so a bucket's name can stand before its host's. It keeps what
//! is put there, in either style and any region, but for what a test has it refuse.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

pub const ENDPOINT: &str = "http://s3.example.org";
pub const BUCKET: &str = "course";

/// What a request asks for.
#[derive(Debug, Clone)]
pub struct Asked {
    pub method: String,
    /// The bucket's name stands before the host's.
    pub is_host_style: bool,
    /// As it is signed for.
    pub region: String,
    /// Of an object; of a listing, the prefix.
    pub key: String,
    pub is_listing: bool,
}

/// A status, a code, and what else stands in the answer.
pub type Refusal = (&'static str, &'static str, &'static str);

type Refuses = dyn Fn(&Asked) -> Option<Refusal> + Send + Sync;

struct State {
    objects: Mutex<BTreeMap<String, Vec<u8>>>,
    asked: Mutex<Vec<Asked>>,
    refuses: Box<Refuses>,
}

pub struct SmallS3 {
    port: u16,
    state: Arc<State>,
}

impl SmallS3 {
    pub fn refusing(refuses: impl Fn(&Asked) -> Option<Refusal> + Send + Sync + 'static) -> SmallS3 {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let (objects, asked) = (Mutex::default(), Mutex::default());
        let state = Arc::new(State { objects, asked, refuses: Box::new(refuses) });
        let shared = Arc::clone(&state);
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let state = Arc::clone(&shared);
                thread::spawn(move || converse(client, &state));
            }
        });
        SmallS3 { port, state }
    }

    pub fn proxy(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    pub fn keys(&self) -> Vec<String> {
        self.state.objects.lock().unwrap().keys().cloned().collect()
    }

    /// Since the last time.
    pub fn asked(&self) -> Vec<Asked> {
        std::mem::take(&mut self.state.asked.lock().unwrap())
    }
}

/// Until the client has enough.
fn converse(client: TcpStream, state: &State) -> Option<()> {
    let mut connection = BufReader::new(client);
    loop {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            if connection.read_line(&mut head).ok()? == 0 {
                return None;
            }
        }
        let len =
            head.lines().find_map(|line| line.to_lowercase().strip_prefix("content-length: ")?.parse().ok());
        let mut body = vec![0; len.unwrap_or(0)];
        connection.read_exact(&mut body).ok()?;
        let answer = answer(&asked(&head)?, body, state);
        connection.get_mut().write_all(&answer).ok()?;
    }
}

fn asked(head: &str) -> Option<Asked> {
    let mut words = head.split(' ');
    let (method, target) = (words.next()?.to_owned(), words.next()?);
    let (address, query) = target.split_once('?')?;
    let (host, path) = address.strip_prefix("http://")?.split_once('/')?;
    let named = |name: &str| {
        let value = query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='))?;
        Some(value.replace("%2F", "/"))
    };
    let is_host_style = host.starts_with(BUCKET);
    let key = match is_host_style {
        true => path,
        false => path.strip_prefix(BUCKET)?.trim_start_matches('/'),
    };
    let region = named("X-Amz-Credential")?.split('/').nth(2)?.to_owned();
    let is_listing = named("list-type").is_some();
    let key = if is_listing { named("prefix")? } else { key.to_owned() };
    Some(Asked { method, is_host_style, region, key, is_listing })
}

fn answer(asked: &Asked, body: Vec<u8>, state: &State) -> Vec<u8> {
    state.asked.lock().unwrap().push(asked.clone());
    if let Some((status, code, more)) = (state.refuses)(asked) {
        return told(status, "", format!("<Error><Code>{code}</Code>{more}</Error>").as_bytes());
    }
    let mut objects = state.objects.lock().unwrap();
    match asked.method.as_str() {
        "GET" if asked.is_listing => {
            let entry = |(key, bytes): (&String, &Vec<u8>)| {
                let (etag, len) = (etag(bytes), bytes.len());
                format!("<Contents><Key>{key}</Key><ETag>{etag}</ETag><Size>{len}</Size></Contents>")
            };
            let entries: String =
                objects.iter().filter(|(key, _)| key.starts_with(&asked.key)).map(entry).collect();
            told("200 OK", "", format!("<ListBucketResult>{entries}</ListBucketResult>").as_bytes())
        }
        "GET" => match objects.get(&asked.key) {
            Some(bytes) => told("200 OK", &etag(bytes), bytes),
            None => told("404 Not Found", "", b"<Error><Code>NoSuchKey</Code></Error>"),
        },
        "PUT" => {
            let etag = etag(&body);
            objects.insert(asked.key.clone(), body);
            told("200 OK", &etag, b"")
        }
        "DELETE" => {
            objects.remove(&asked.key);
            told("204 No Content", "", b"")
        }
        other => panic!("nobody asks so: {other}"),
    }
}

fn told(status: &str, etag: &str, body: &[u8]) -> Vec<u8> {
    let etag = if etag.is_empty() { String::new() } else { format!("ETag: \"{etag}\"\r\n") };
    let head = format!("HTTP/1.1 {status}\r\n{etag}Content-Length: {}\r\n\r\n", body.len());
    [head.as_bytes(), body].concat()
}

fn etag(bytes: &[u8]) -> String {
    let mut hasher = DefaultHasher::new();
    bytes.hash(&mut hasher);
    format!("{:016x}", hasher.finish())
}
