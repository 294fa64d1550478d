//! A real model: the server beside this file, with what `cargo xtask test` fetched for it. What it writes is nonsense,
//! so a test can say nothing of its words, only of what becomes of them.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use serde::Deserialize;

use crate::server_process::{ServerProcess, ask};
use crate::world::skipped::skipped;

/// What the server calls its model.
pub const MODEL: &str = "gemma-3-270m";

/// One for the whole test program.
pub struct RealModel {
    process: ServerProcess,
}

/// What happened since the server was started.
#[derive(Debug, Clone, Copy, Deserialize)]
pub struct Seen {
    /// Questions.
    pub asked: u64,
    /// Answers that came to their end.
    pub ended: u64,
    /// Those whose end nobody waited for.
    pub hung_up: u64,
    pub tokens: u64,
}

/// For one test at a time. None, with a sentence that the runner counts, where there is none.
pub fn real_model() -> Option<MutexGuard<'static, RealModel>> {
    static MODEL: OnceLock<Mutex<RealModel>> = OnceLock::new();
    let folder = match folder() {
        Ok(folder) => folder,
        Err(why) => {
            skipped(&why);
            return None;
        }
    };
    let model = MODEL.get_or_init(|| Mutex::new(RealModel::start(&folder)));
    let mut model = model.lock().unwrap_or_else(PoisonError::into_inner);
    // As a test left it that failed.
    if model.request("POST", "/go").is_none() {
        model.kill();
        model.start_again();
    }
    Some(model)
}

/// Of the model and what runs it, or why it is not there.
fn folder() -> Result<PathBuf, String> {
    let why = std::env::var("PRIMER_NO_MODEL").unwrap_or_default();
    if !why.is_empty() {
        return Err(format!("there is no model server here (PRIMER_NO_MODEL: {why})"));
    }
    let folder = root().join("target/tools/model-server-3.22.1");
    match folder.is_dir() {
        true => Ok(folder),
        false => {
            Err(format!("there is no model server at {}; “cargo xtask test” fetches it", folder.display()))
        }
    }
}

/// Of the repository; the packages whose tests these are lie two folders below.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

impl RealModel {
    fn start(folder: &Path) -> RealModel {
        let server = root().join("tests/model-server/server.mjs").display().to_string();
        let folder = folder.display().to_string();
        let words = |_: &Path, port: u16| {
            ["node".to_owned(), server.clone(), port.to_string(), folder.clone()].to_vec()
        };
        RealModel { process: ServerProcess::start("model", words, is_ready) }
    }

    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.process.port)
    }

    pub fn seen(&self) -> Seen {
        self.when(|_| true)
    }

    /// As soon as it is so.
    pub fn when(&self, is_so: impl Fn(&Seen) -> bool) -> Seen {
        let read = |body: &str| serde_json::from_str::<Seen>(body);
        read(&self.process.when(|body| read(body).is_ok_and(|seen| is_so(&seen)))).unwrap()
    }

    /// From now on an answer stands still after its first letters, until whoever asked hangs up.
    pub fn hold(&self) {
        self.request("POST", "/hold").unwrap();
    }

    /// No longer.
    pub fn go(&self) {
        self.request("POST", "/go").unwrap();
    }

    fn request(&self, method: &str, target: &str) -> Option<String> {
        ask(self.process.port, method, target).filter(|answer| is_ready(answer))
    }

    /// In the middle of whatever it does.
    pub fn kill(&mut self) {
        self.process.kill();
    }

    /// At the same address, and not held.
    pub fn start_again(&mut self) {
        self.process.start_again(is_ready);
    }
}

fn is_ready(answer: &str) -> bool {
    answer.starts_with("HTTP/1.1 200 ")
}
