//! A web server of files, which a test changes under way and lets misbehave.

use std::collections::BTreeMap;
use std::io::{BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread;

use crate::world::model_server::read_head;

/// What no path that is asked for ends with.
const ONCE: &str = " once";

#[derive(Clone)]
pub enum Answer {
    File(Vec<u8>),
    /// These bytes of so many that are announced, and then nothing more, until the other side hangs up.
    HangsAfter(Vec<u8>, usize),
    /// These bytes of so many that are announced, and then it hangs up.
    Cut(Vec<u8>, usize),
    /// To another address.
    Moved(String),
}

pub struct WebServer {
    pub address: SocketAddr,
    files: Arc<Mutex<BTreeMap<String, Answer>>>,
    asked: Arc<Mutex<Vec<String>>>,
    hanging: Receiver<()>,
}

impl WebServer {
    pub fn start() -> WebServer {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (files, asked) = (Arc::new(Mutex::new(BTreeMap::new())), Arc::new(Mutex::new(Vec::new())));
        let (hangs, hanging) = channel();
        let server = WebServer { address, files: Arc::clone(&files), asked: Arc::clone(&asked), hanging };
        thread::spawn(move || {
            while let Ok((connection, _)) = listener.accept() {
                let (files, asked, hangs) = (Arc::clone(&files), Arc::clone(&asked), hangs.clone());
                // What the other side does not wait for is of no account.
                thread::spawn(move || drop(converse(connection, &files, &asked, &hangs)));
            }
        });
        server
    }

    pub fn url(&self, name: &str) -> String {
        format!("http://{}/{name}", self.address)
    }

    pub fn put(&self, name: &str, answer: Answer) {
        self.files.lock().unwrap().insert(format!("/{name}"), answer);
    }

    /// The first time, before what is there otherwise.
    pub fn put_once(&self, name: &str, answer: Answer) {
        self.put(&format!("{name}{ONCE}"), answer);
    }

    pub fn remove(&self, name: &str) {
        self.files.lock().unwrap().remove(&format!("/{name}"));
    }

    /// The paths that were asked for so far.
    pub fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }

    /// Until it has said all that it says of an answer that hangs.
    pub fn wait_until_it_hangs(&self) {
        self.hanging.recv().unwrap();
    }
}

fn converse(
    connection: TcpStream,
    files: &Mutex<BTreeMap<String, Answer>>,
    asked: &Mutex<Vec<String>>,
    hangs: &Sender<()>,
) -> std::io::Result<()> {
    let mut writer = connection.try_clone()?;
    let mut reader = BufReader::new(connection);
    let Some(head) = read_head(&mut reader)? else { return Ok(()) };
    let path = head.split(' ').nth(1).unwrap_or_default().to_owned();
    let answer = {
        let mut files = files.lock().unwrap();
        files.remove(&format!("{path}{ONCE}")).or_else(|| files.get(&path).cloned())
    };
    asked.lock().unwrap().push(path);
    let mut say = |status: &str, more: &str, len: usize, bytes: &[u8]| {
        let head = format!("HTTP/1.1 {status}\r\n{more}Content-Length: {len}\r\nConnection: close\r\n\r\n");
        writer.write_all(head.as_bytes())?;
        writer.write_all(bytes)?;
        writer.flush()
    };
    match answer {
        None => say("404 Not Found", "", 0, b""),
        Some(Answer::File(bytes)) => say("200 OK", "", bytes.len(), &bytes),
        Some(Answer::Cut(bytes, len)) => say("200 OK", "", len, &bytes),
        Some(Answer::Moved(to)) => say("302 Found", &format!("Location: {to}\r\n"), 0, b""),
        Some(Answer::HangsAfter(bytes, len)) => {
            say("200 OK", "", len, &bytes)?;
            hangs.send(()).ok();
            reader.read_to_end(&mut Vec::new()).map(drop)
        }
    }
}
