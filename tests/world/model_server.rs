//! A model server that a test scripts: it answers each request with what the test wants, byte for byte.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};

use serde_json::{Value, json};

/// What was asked.
#[derive(Debug, Clone)]
pub struct Asked {
    pub head: String,
    /// Null where there was none.
    pub body: Value,
}

impl Asked {
    pub fn is_for_models(&self) -> bool {
        self.head.starts_with("GET ")
    }

    /// What the model is to rewrite: between the two lines in brackets.
    pub fn section(&self) -> String {
        let prompt = self.body["messages"][1]["content"].as_str().unwrap();
        let (_, rest) = prompt.rsplit_once("⟦text⟧\n").unwrap();
        rest.split_once("\n⟦end of text⟧").unwrap().0.to_owned()
    }

    /// With the fault of an answer before.
    pub fn is_again(&self) -> bool {
        self.body["messages"][1]["content"].as_str().unwrap().contains("An earlier attempt")
    }
}

pub enum Reaction {
    /// And hangs up.
    Say(String),
    /// And then says nothing more, until the other side hangs up.
    SayAndHang(String),
    /// The second for ever after the first, as fast as it is taken.
    SayWithoutEnd(String, String),
    /// In pieces of a few bytes, each sent by itself.
    Drip(String),
    /// Each piece when the test gives it, until it gives no more.
    SayAsGiven(Receiver<String>),
}

pub use Reaction::{Drip, Say, SayAndHang, SayAsGiven, SayWithoutEnd};

pub struct ModelServer {
    pub address: SocketAddr,
    asked: Arc<Mutex<Vec<Asked>>>,
    is_closed: Arc<AtomicBool>,
    accepting: JoinHandle<()>,
}

impl ModelServer {
    /// `react` is given the number of the request, from 0, and what it asks.
    pub fn start(react: impl Fn(usize, &Asked) -> Reaction + Send + Sync + 'static) -> ModelServer {
        ModelServer::at(TcpListener::bind("127.0.0.1:0").unwrap(), react)
    }

    /// At an address that somebody knew before.
    pub fn at(
        listener: TcpListener,
        react: impl Fn(usize, &Asked) -> Reaction + Send + Sync + 'static,
    ) -> ModelServer {
        let address = listener.local_addr().unwrap();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (react, seen) = (Arc::new(react), Arc::clone(&asked));
        let is_closed = Arc::new(AtomicBool::new(false));
        let closes = Arc::clone(&is_closed);
        let accepting = thread::spawn(move || {
            while let Ok((connection, _)) = listener.accept() {
                if closes.load(Ordering::SeqCst) {
                    return;
                }
                let (react, seen) = (Arc::clone(&react), Arc::clone(&seen));
                // What the other side does not wait for is of no account.
                thread::spawn(move || drop(converse(connection, &*react, &seen)));
            }
        });
        ModelServer { address, asked, is_closed, accepting }
    }

    /// Nobody listens at its address any more.
    pub fn close(self) {
        self.is_closed.store(true, Ordering::SeqCst);
        // So that it looks.
        drop(TcpStream::connect(self.address));
        self.accepting.join().unwrap();
    }

    /// Whose model makes this of every section.
    pub fn making(of_section: impl Fn(&str) -> String + Send + Sync + 'static) -> ModelServer {
        ModelServer::start(move |_, asked| Say(streamed(&of_section(&asked.section()))))
    }

    /// Begins to answer the first request, tells of it, and hangs; puts what it is asked later into other words.
    pub fn hanging_once() -> (ModelServer, Receiver<()>) {
        let (arrived, arrives) = mpsc::channel();
        let hangs = AtomicBool::new(true);
        let server = ModelServer::start(move |_, asked| match hangs.swap(false, Ordering::SeqCst) {
            true => {
                arrived.send(()).unwrap();
                SayAndHang(STREAM.to_owned())
            }
            false => Say(streamed(&in_other_words(&asked.section()))),
        });
        (server, arrives)
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// All requests so far.
    pub fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }
}

/// Of a request. None if the other side hung up.
pub fn read_head(reader: &mut impl BufRead) -> std::io::Result<Option<String>> {
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if reader.read_line(&mut head)? == 0 {
            return Ok(None);
        }
    }
    Ok(Some(head))
}

fn converse(
    connection: TcpStream,
    react: &(impl Fn(usize, &Asked) -> Reaction + Send + Sync),
    seen: &Mutex<Vec<Asked>>,
) -> std::io::Result<()> {
    let mut writer = connection.try_clone()?;
    let mut reader = BufReader::new(connection);
    let Some(head) = read_head(&mut reader)? else { return Ok(()) };
    let len =
        head.lines().find_map(|line| line.to_lowercase().strip_prefix("content-length: ")?.parse().ok());
    let mut body = vec![0; len.unwrap_or(0)];
    reader.read_exact(&mut body)?;
    let asked = Asked { head, body: serde_json::from_slice(&body).unwrap_or(Value::Null) };
    let number = {
        let mut seen = seen.lock().unwrap();
        seen.push(asked.clone());
        seen.len() - 1
    };
    match react(number, &asked) {
        Say(text) => writer.write_all(text.as_bytes()),
        SayAndHang(text) => {
            writer.write_all(text.as_bytes())?;
            reader.read_to_end(&mut Vec::new()).map(drop)
        }
        SayWithoutEnd(start, rest) => {
            writer.write_all(start.as_bytes())?;
            loop {
                writer.write_all(rest.as_bytes())?;
            }
        }
        SayAsGiven(pieces) => pieces.iter().try_for_each(|piece| writer.write_all(piece.as_bytes())),
        Drip(text) => {
            writer.set_nodelay(true)?;
            text.as_bytes().chunks(3).try_for_each(|piece| writer.write_all(piece))
        }
    }
}

/// The head of an answer that ends when the server hangs up.
pub const STREAM: &str = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n";

/// One event with a part of the text.
pub fn part(text: &str) -> String {
    format!(
        "data: {}\n\n",
        json!({"choices": [{"index": 0, "delta": {"content": text}, "finish_reason": null}]})
    )
}

/// The event with which a model ends.
pub fn finish(reason: &str) -> String {
    format!("data: {}\n\n", json!({"choices": [{"index": 0, "delta": {}, "finish_reason": reason}]}))
}

pub const DONE: &str = "data: [DONE]\n\n";

/// A whole answer as a server streams it, with 100 tokens in and 10 out.
pub fn streamed(text: &str) -> String {
    let parts: String = text.split_inclusive(' ').map(part).collect();
    let usage = json!({"choices": [], "usage": {"prompt_tokens": 100, "completion_tokens": 10}});
    format!("{STREAM}{parts}{}data: {usage}\n\n{DONE}", finish("stop"))
}

/// An answer with its length.
pub fn answer(status: &str, headers: &str, body: &str) -> String {
    format!("HTTP/1.1 {status}\r\n{headers}Content-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len())
}

/// A refusal as the protocol has it.
pub fn refusal(status: &str, headers: &str, code: &str, message: &str) -> String {
    let body = json!({"error": {"message": message, "type": "x", "code": code}}).to_string();
    answer(status, &format!("Content-Type: application/json\r\n{headers}"), &body)
}

/// Other words that the guard lets through, for the chapters of the test book.
pub fn in_other_words(section: &str) -> String {
    let words = [
        ("Common words of", "Shared words for"),
        ("every ", "each "),
        ("same", "very same"),
        ("end", "close"),
    ];
    words.iter().fold(section.to_owned(), |text, (before, after)| text.replace(before, after))
}
