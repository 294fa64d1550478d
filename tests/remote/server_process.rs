//! A server that the tests start: with free ports, a folder of its own, and an end with the test program's, however
//! that ends.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

/// Waits for the end of its input, which comes when the test program ends, and then ends the server and removes its
/// folder.
const WITH_AN_END: &str =
    "folder=$1; shift; \"$@\" & server=$!; read -r _; kill -9 $server; wait $server; rm -rf \"$folder\"";

/// Below the ports that systems give out by themselves.
const PORTS: std::ops::Range<u16> = 20_000..32_000;

const POLL: Duration = Duration::from_millis(50);
const POLLS_MAX: u32 = 1_200;

pub struct ServerProcess {
    pub port: u16,
    /// As long as its input is open, the server runs.
    _process: Child,
}

impl ServerProcess {
    /// `command` is given the server's folder and a port whose three neighbours below are free too, and so are those that
    /// are 10,000 above each. `is_ready` is given what `GET /` answers.
    pub fn start(
        name: &str,
        command: impl Fn(&Path, u16) -> Vec<String>,
        is_ready: impl Fn(&str) -> bool,
    ) -> ServerProcess {
        // A port may be taken between being found free and being used; then another is tried.
        for attempt in 0..5 {
            let folder = new_folder(name, attempt);
            let port = free_port(attempt);
            let words = command(&folder, port);
            let log = File::create(folder.join("log")).unwrap();
            let mut process = Command::new("sh")
                .args(["-c", WITH_AN_END, "sh"])
                .arg(&folder)
                .args(&words)
                .stdin(Stdio::piped())
                .stdout(log.try_clone().unwrap())
                .stderr(log)
                .process_group(0)
                .spawn()
                .unwrap();
            for _ in 0..POLLS_MAX {
                if ask(port, "GET", "/").is_some_and(|answer| is_ready(&answer)) {
                    return ServerProcess { port, _process: process };
                }
                // It ends early only if it could not start.
                if !is_running(&process) {
                    break;
                }
                wait();
            }
            println!("{name} did not start: {}", fs::read_to_string(folder.join("log")).unwrap_or_default());
            drop(process.stdin.take());
            process.wait().unwrap();
        }
        panic!("{name} did not start; what it says stands above")
    }
}

/// Whether the shell has a child, the server.
fn is_running(process: &Child) -> bool {
    let children = format!("/proc/{0}/task/{0}/children", process.id());
    fs::read_to_string(children).map_or(true, |children| !children.trim().is_empty())
}

#[allow(clippy::disallowed_methods, reason = "nothing tells when a server is ready but asking it")]
fn wait() {
    thread::sleep(POLL);
}

fn new_folder(name: &str, attempt: u32) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("primer-{name}-{}-{attempt}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    folder
}

fn free_port(attempt: u32) -> u16 {
    let start = (std::process::id() + attempt * 1_009) % u32::from(PORTS.end - PORTS.start);
    let candidates = PORTS.cycle_from(start as u16);
    for port in candidates {
        let needed = (0..4).flat_map(|below| [port - below, port - below + 10_000]);
        let held: Result<Vec<TcpListener>, _> =
            needed.map(|port| TcpListener::bind(("127.0.0.1", port))).collect();
        if held.is_ok() {
            return port;
        }
    }
    panic!("no eight ports are free")
}

trait CycleFrom {
    fn cycle_from(&self, start: u16) -> impl Iterator<Item = u16>;
}

impl CycleFrom for std::ops::Range<u16> {
    /// Every eighth, so that two test programs rarely meet.
    fn cycle_from(&self, start: u16) -> impl Iterator<Item = u16> {
        let (first, len) = (self.start, self.end - self.start);
        (0..len / 8).map(move |step| first + (start + step * 8) % len)
    }
}

/// One request over a connection of its own. None if nobody answers.
pub fn ask(port: u16, method: &str, target: &str) -> Option<String> {
    let mut connection = TcpStream::connect(("127.0.0.1", port)).ok()?;
    connection.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    let head = format!(
        "{method} {target} HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
    );
    connection.write_all(head.as_bytes()).ok()?;
    let mut answer = Vec::new();
    connection.read_to_end(&mut answer).ok()?;
    Some(String::from_utf8_lossy(&answer).into_owned())
}
