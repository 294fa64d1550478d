//! WebKitWebDriver, which starts the app and is ended together with it.

use std::fs::{self, File};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::wait::{came_true, until};

const GRACE: Duration = Duration::from_secs(8);

/// What the driver tells an app where to listen for one.
const INSPECTOR: &str = "WEBKIT_INSPECTOR_SERVER";

pub struct Driver {
    process: Child,
    pub port: u16,
    /// Of an app that its driver has not started.
    second: Option<Child>,
}

impl Driver {
    /// `command` has the environment that the app is to have. Output goes to `log`, never to a pipe: an app that
    /// outlives its test would hold it open.
    pub async fn start(command: &mut Command, log: &Path) -> Driver {
        let port = free_port();
        let output = File::create(log).expect("the driver's log can be written");
        let errors = output.try_clone().expect("the driver's log can be written twice");
        let process = command
            .args([format!("--port={port}"), "--host=127.0.0.1".to_owned()])
            .env("TAURI_WEBVIEW_AUTOMATION", "true")
            .stdin(Stdio::null())
            .stdout(output)
            .stderr(errors)
            .process_group(0)
            .spawn()
            .expect("WebKitWebDriver is installed");
        let driver = Driver { process, port, second: None };
        driver.answers().await;
        driver
    }

    async fn answers(&self) {
        let port = self.port;
        until("WebKitWebDriver answers", async || TcpStream::connect((Ipv4Addr::LOCALHOST, port)).ok()).await;
    }

    /// Drives an app that one which it started has started. Both end as one that it started itself.
    pub async fn follow(&mut self, app: u32) {
        let environment = fs::read(format!("/proc/{app}/environ")).expect("a process has an environment");
        let place = environment.split(|byte| *byte == 0).find_map(|variable| {
            std::str::from_utf8(variable).ok()?.strip_prefix(INSPECTOR)?.strip_prefix('=')
        });
        let target = format!("--target={}", place.expect("the app was told where to listen"));
        self.port = free_port();
        let second = Command::new("WebKitWebDriver")
            .args([format!("--port={}", self.port), "--host=127.0.0.1".to_owned(), target])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(i32::try_from(self.process.id()).expect("a process id is small"))
            .spawn();
        self.second = Some(second.expect("WebKitWebDriver is installed"));
        self.answers().await;
    }

    /// The processes of this program that the driver started, or that those did.
    pub fn processes_of(&self, program: &Path) -> Vec<u32> {
        let is_of = |id: &u32| fs::read_link(format!("/proc/{id}/exe")).is_ok_and(|exe| exe == program);
        members(self.process.id()).into_iter().filter(is_of).collect()
    }

    /// Whether anything that the driver started still runs.
    pub fn app_runs(&self) -> bool {
        let drivers = [Some(self.process.id()), self.second.as_ref().map(Child::id)];
        members(self.process.id()).into_iter().any(|id| !drivers.contains(&Some(id)))
    }

    /// Each process of the app's with what it waits for.
    pub fn what_runs(&self) -> String {
        let line = |id: u32| {
            let read = |file: &str| fs::read_to_string(format!("/proc/{id}/{file}")).unwrap_or_default();
            format!("{id} {} {}\n", read("comm").trim(), read("wchan"))
        };
        members(self.process.id()).into_iter().map(line).collect()
    }

    fn signal(&self, signal: &str) {
        let group = format!("-{}", self.process.id());
        let sent = Command::new("kill").args([signal, "--", &group]).stderr(Stdio::null()).status();
        if let Err(error) = sent {
            eprintln!("kill could not be started: {error}");
        }
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        self.signal("-TERM");
        let id = self.process.id();
        let mut ended = || {
            // Reaps the driver itself once it has ended.
            let own = !matches!(self.process.try_wait(), Ok(None));
            let second = self.second.as_mut().is_none_or(|second| !matches!(second.try_wait(), Ok(None)));
            own && second && members(id).is_empty()
        };
        if !came_true(GRACE, &mut ended) {
            self.signal("-KILL");
            if !came_true(GRACE, || members(id).is_empty()) {
                eprintln!("A process of the group {id} did not end.");
            }
            let _ = self.process.wait();
        }
    }
}

fn free_port() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("loopback is up");
    listener.local_addr().expect("a bound port has a number").port()
}

/// The processes of a group that have not ended.
fn members(group: u32) -> Vec<u32> {
    let Ok(entries) = fs::read_dir("/proc") else { return Vec::new() };
    entries
        .flatten()
        .filter_map(|entry| {
            let id: u32 = entry.file_name().to_str()?.parse().ok()?;
            let stat = fs::read_to_string(entry.path().join("stat")).ok()?;
            // The name in parentheses may hold anything; state, parent and group follow the last one.
            let mut fields = stat.rsplit_once(')')?.1.split_whitespace();
            let state = fields.next()?;
            let own: u32 = fields.nth(1)?.parse().ok()?;
            (own == group && !matches!(state, "Z" | "X")).then_some(id)
        })
        .collect()
}
