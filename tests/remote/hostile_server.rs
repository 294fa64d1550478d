//! A server of forty lines that answers whatever a test wants, byte for byte.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::TcpListener;

pub enum Reaction {
    /// And waits for the next request.
    Say(String),
    /// And hangs up.
    SayAndClose(String),
    /// And then says nothing more.
    SayAndHang(String),
    /// The second for ever after the first, as fast as it is taken.
    SayWithoutEnd(String, String),
    /// The second for ever after the first, now and then.
    Drip(String, String),
}

pub use Reaction::{Drip, Say, SayAndClose, SayAndHang, SayWithoutEnd};

pub struct HostileServer {
    pub address: SocketAddr,
    /// The heads of all requests.
    heads: Arc<Mutex<Vec<String>>>,
}

impl HostileServer {
    /// `react` is given the number of the request, from 0, and its head.
    pub async fn start(react: impl Fn(usize, &str) -> Reaction + Send + Sync + 'static) -> HostileServer {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let heads = Arc::new(Mutex::new(Vec::new()));
        let (react, seen) = (Arc::new(react), Arc::clone(&heads));
        tokio::spawn(async move {
            while let Ok((connection, _)) = listener.accept().await {
                let (react, seen) = (Arc::clone(&react), Arc::clone(&seen));
                tokio::spawn(async move { converse(connection, &*react, &seen).await });
            }
        });
        HostileServer { address, heads }
    }

    /// To every request the same.
    pub async fn saying(answer: &str) -> HostileServer {
        let answer = answer.to_owned();
        HostileServer::start(move |_, _| Say(answer.clone())).await
    }

    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    pub fn heads(&self) -> Vec<String> {
        self.heads.lock().unwrap().clone()
    }
}

/// Until either side has enough.
pub async fn converse(
    connection: impl AsyncRead + AsyncWrite + Unpin,
    react: &(impl Fn(usize, &str) -> Reaction + Send + Sync),
    seen: &Mutex<Vec<String>>,
) -> Option<()> {
    let mut connection = BufReader::new(connection);
    loop {
        let head = read_request(&mut connection).await?;
        let number = {
            let mut seen = seen.lock().unwrap();
            seen.push(head.clone());
            seen.len() - 1
        };
        match react(number, &head) {
            Say(text) => connection.write_all(text.as_bytes()).await.ok()?,
            SayAndClose(text) => {
                connection.write_all(text.as_bytes()).await.ok()?;
                return connection.shutdown().await.ok();
            }
            SayAndHang(text) => {
                connection.write_all(text.as_bytes()).await.ok()?;
                // Until the other side hangs up.
                connection.read_to_end(&mut Vec::new()).await.ok()?;
            }
            SayWithoutEnd(start, rest) => {
                connection.write_all(start.as_bytes()).await.ok()?;
                loop {
                    connection.write_all(rest.as_bytes()).await.ok()?;
                }
            }
            Drip(start, rest) => {
                connection.write_all(start.as_bytes()).await.ok()?;
                loop {
                    tokio::time::sleep(std::time::Duration::from_millis(50)).await;
                    connection.write_all(rest.as_bytes()).await.ok()?;
                }
            }
        }
    }
}

/// The head; the body is read and dropped.
async fn read_request(connection: &mut (impl AsyncBufReadExt + Unpin)) -> Option<String> {
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if connection.read_line(&mut head).await.ok()? == 0 {
            return None;
        }
    }
    let len =
        head.lines().find_map(|line| line.to_lowercase().strip_prefix("content-length: ")?.parse().ok());
    let mut body = vec![0; len.unwrap_or(0)];
    connection.read_exact(&mut body).await.ok()?;
    Some(head)
}

/// An answer with its length.
pub fn answer(status: &str, headers: &str, body: &str) -> String {
    format!("HTTP/1.1 {status}\r\n{headers}Content-Length: {}\r\n\r\n{body}", body.len())
}

/// A refusal as S3 writes it.
pub fn refusal(status: &str, headers: &str, code: &str, message: &str) -> String {
    let body =
        format!("<?xml version=\"1.0\"?>\n<Error><Code>{code}</Code><Message>{message}</Message></Error>");
    answer(status, &format!("Content-Type: application/xml\r\n{headers}"), &body)
}
