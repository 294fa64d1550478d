//! The one place that knows the time, makes randomness and says which program this is. Built in `main`; everything else is
//! given it.

use std::io;
use std::sync::Arc;

use primer_domain::timestamp::Timestamp;
use primer_domain::update::PackageKind;
use uuid::Uuid;

use crate::updates::Program;

pub struct Env {
    clock: Arc<dyn Fn() -> Timestamp + Send + Sync>,
    random: Box<dyn Fn() -> [u8; 16] + Send + Sync>,
    computer_name: String,
    keychain: bool,
    mishaps: Mishaps,
    program: Program,
}

/// A point at which a disk may turn out to be full, or a computer lose its power.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    BeforeBegin,
    BeforeCommit,
    AfterCommit,
    BeforeFolder,
    BeforeFile,
    /// Half of its bytes are there.
    MiddleOfFile,
    BeforeFlush,
    BeforeRename,
    BeforeRemoval,
}

impl Step {
    pub const ALL: [Step; 9] = [
        Step::BeforeBegin,
        Step::BeforeCommit,
        Step::AfterCommit,
        Step::BeforeFolder,
        Step::BeforeFile,
        Step::MiddleOfFile,
        Step::BeforeFlush,
        Step::BeforeRename,
        Step::BeforeRemoval,
    ];
}

/// What the simulation lets go wrong. A program has none of it.
#[derive(Clone, Default)]
pub(crate) struct Mishaps(Option<Arc<dyn Fn(Step) -> io::Result<()> + Send + Sync>>);

impl Mishaps {
    pub fn at(&self, step: Step) -> io::Result<()> {
        self.0.as_ref().map_or(Ok(()), |mishap| mishap(step))
    }

    pub fn are_possible(&self) -> bool {
        self.0.is_some()
    }
}

impl Env {
    /// The computer's clock, the system's randomness, the computer's name, and its keychain unless PRIMER_SECRETS is
    /// `file`.
    #[allow(clippy::disallowed_methods, reason = "this is the one place where they are asked")]
    pub fn of_this_computer() -> Env {
        use std::time::{SystemTime, UNIX_EPOCH};
        let clock = || {
            let unix_ms = match SystemTime::now().duration_since(UNIX_EPOCH) {
                Ok(since) => i64::try_from(since.as_millis()).unwrap_or(i64::MAX),
                Err(before) => i64::try_from(before.duration().as_millis()).map_or(i64::MIN, |ms| -ms),
            };
            Timestamp::from_unix_ms(unix_ms)
        };
        let random = || {
            let mut bytes = [0; 16];
            // Without randomness no id is safe to hand out; the operating systems Primer runs on always have it.
            getrandom::fill(&mut bytes).expect("the operating system gives random bytes");
            bytes
        };
        let name = gethostname::gethostname().to_string_lossy().into_owned();
        let keychain = std::env::var_os("PRIMER_SECRETS").is_none_or(|choice| choice != "file");
        let program = Program::of_this_build();
        Env { keychain, program, ..Env::new(clock, random).named(&name) }
    }

    /// A clock and a source of randomness of the caller's own, so that a run can be repeated.
    pub fn new(
        clock: impl Fn() -> Timestamp + Send + Sync + 'static,
        random: impl Fn() -> [u8; 16] + Send + Sync + 'static,
    ) -> Env {
        Env {
            clock: Arc::new(clock),
            random: Box::new(random),
            computer_name: "computer".to_owned(),
            keychain: false,
            mishaps: Mishaps::default(),
            program: Program::plain(PackageKind::Loose),
        }
    }

    /// With something that is asked before each step that changes a file or the database, and may refuse it.
    pub fn with_mishaps(mut self, mishap: impl Fn(Step) -> io::Result<()> + Send + Sync + 'static) -> Env {
        self.mishaps = Mishaps(Some(Arc::new(mishap)));
        self
    }

    pub(crate) fn mishaps(&self) -> Mishaps {
        self.mishaps.clone()
    }

    /// With a name for this computer, by which its owner knows it among others.
    pub fn named(mut self, name: &str) -> Env {
        let name: String = name.chars().filter(|letter| !letter.is_control()).take(64).collect();
        if !name.trim().is_empty() {
            self.computer_name = name;
        }
        self
    }

    /// As another program than this build: with a publisher, from a package.
    pub fn with_program(self, program: Program) -> Env {
        Env { program, ..self }
    }

    pub fn program(&self) -> &Program {
        &self.program
    }

    /// Without the system's keychain.
    pub fn with_secrets_in_a_file(self) -> Env {
        Env { keychain: false, ..self }
    }

    pub fn computer_name(&self) -> &str {
        &self.computer_name
    }

    /// Whether secrets may go to the system's keychain, or only to a file.
    pub fn uses_keychain(&self) -> bool {
        self.keychain
    }

    /// The clock itself, for what outlives a borrow.
    pub fn clock(&self) -> Arc<dyn Fn() -> Timestamp + Send + Sync> {
        Arc::clone(&self.clock)
    }

    pub fn now(&self) -> Timestamp {
        (self.clock)()
    }

    /// A version 4 UUID.
    pub fn new_id(&self) -> Uuid {
        uuid::Builder::from_random_bytes((self.random)()).into_uuid()
    }
}
