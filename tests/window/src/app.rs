//! A computer with Primer on it, and Primer's window while it is open.

use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use fantoccini::error::NewSessionError;
use fantoccini::{Client, ClientBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Map, Value, json};
use tempfile::TempDir;

use crate::desktop::Desktop;
use crate::driver::Driver;
use crate::named;
use crate::wait::{self, until};

/// Programs with which a link could be opened outside. In a [`Home`] each only notes what it was given.
const OPENERS: [&str; 5] = ["xdg-open", "gio", "gnome-open", "kde-open", "wslview"];

pub struct Home {
    folder: TempDir,
    book: Option<PathBuf>,
    variables: Vec<(&'static str, OsString)>,
}

impl Home {
    pub fn new() -> Home {
        let folder = TempDir::with_prefix("primer-window-").expect("a temporary folder can be made");
        let home = Home { folder, book: None, variables: Vec::new() };
        for name in ["data", "home", "config", "cache", "share", "bin"] {
            fs::create_dir(home.folder.path().join(name)).expect("a folder can be made");
        }
        for opener in OPENERS {
            let file = home.folder.path().join("bin").join(opener);
            let note = format!("#!/bin/sh\necho \"$@\" >> '{}'\n", home.opened_file().display());
            fs::write(&file, note).expect("a script can be written");
            fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).expect("a script can be made one");
        }
        home
    }

    /// With a folder of an author's instead of the bundled book.
    pub fn with_book(book: &Path) -> Home {
        Home { book: Some(book.to_owned()), ..Home::new() }
    }

    /// With the book that PRIMER_BOOK names, if it names one.
    pub fn with_book_of_environment() -> Home {
        Home { book: std::env::var_os("PRIMER_BOOK").map(PathBuf::from), ..Home::new() }
    }

    /// With a variable that both the app and the command line see.
    pub fn with_variable(mut self, name: &'static str, value: impl Into<OsString>) -> Home {
        self.variables.push((name, value.into()));
        self
    }

    pub fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// Where the app remembers its window.
    pub fn window_state_file(&self) -> PathBuf {
        self.folder.path().join("config/org.primer.desktop/.window-state.json")
    }

    /// The addresses that were handed to a browser, one a line.
    pub fn opened(&self) -> String {
        fs::read_to_string(self.opened_file()).unwrap_or_default()
    }

    fn opened_file(&self) -> PathBuf {
        self.folder.path().join("opened")
    }

    /// The command with all that makes this computer out.
    pub fn command(&self, program: &Path) -> Command {
        let at = |name: &str| self.folder.path().join(name);
        let mut path = at("bin").into_os_string();
        path.push(":");
        path.push(std::env::var_os("PATH").unwrap_or_default());
        let mut command = Command::new(program);
        command
            .env("PATH", path)
            .env("HOME", at("home"))
            .env("XDG_CONFIG_HOME", at("config"))
            .env("XDG_CACHE_HOME", at("cache"))
            .env("XDG_DATA_HOME", at("share"))
            .env("PRIMER_DATA", self.data())
            .env("PRIMER_SECRETS", "file")
            .env_remove("PRIMER_BOOK")
            .envs(self.variables.iter().map(|(name, value)| (name, value)));
        if let Some(book) = &self.book {
            command.env("PRIMER_BOOK", book);
        }
        command
    }

    /// Where the app and the command line lie.
    pub fn app_folder() -> PathBuf {
        let app = named("PRIMER_WINDOW_APP");
        app.parent().expect("a program lies in a folder").to_owned()
    }

    /// Starts the app as a second start of it is made: without a driver.
    pub fn app(&self) -> Command {
        self.command(&named("PRIMER_WINDOW_APP"))
    }

    /// Starts the app as a desktop does, with nobody who drives or hears it.
    pub fn start(&self, arguments: &[&Path]) -> Child {
        let mut app = self.app();
        app.args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        app.spawn().expect("it starts")
    }

    /// Opens the window and waits until it shows a room.
    pub async fn open(&self) -> Window {
        self.open_with(&[]).await
    }

    /// The same with arguments, as a desktop starts it for a file or a shortcut.
    pub async fn open_with(&self, arguments: &[&str]) -> Window {
        let log = self.folder.path().join("app.log");
        let driver = Driver::start(&mut self.command(Path::new("WebKitWebDriver")), &log).await;
        let options = json!({"binary": named("PRIMER_WINDOW_APP"), "args": arguments});
        let capabilities = Map::from_iter([("webkitgtk:browserOptions".to_owned(), options)]);
        let client = match connect(&driver, capabilities).await {
            Ok(client) => client,
            Err(error) => {
                panic!("the app did not open: {error}\n{}", fs::read_to_string(log).unwrap_or_default())
            }
        };
        let window = Window { client, driver };
        window.see("main").await;
        window
    }
}

impl Default for Home {
    fn default() -> Home {
        Home::new()
    }
}

async fn connect(driver: &Driver, capabilities: Map<String, Value>) -> Result<Client, NewSessionError> {
    let address = format!("http://127.0.0.1:{}", driver.port);
    ClientBuilder::new(HttpConnector::new()).capabilities(capabilities).connect(&address).await
}

pub struct Window {
    pub client: Client,
    driver: Driver,
}

impl Window {
    /// Does what makes the app start again by itself, and goes on with the window that opens then.
    pub async fn started_again_by(&mut self, act: impl AsyncFnOnce(&Window)) {
        let program = named("PRIMER_WINDOW_APP");
        let before = self.driver.processes_of(&program);
        act(self).await;
        let now = until("the app has ended and started again", async || {
            match self.driver.processes_of(&program)[..] {
                [one] if !before.contains(&one) => Some(one),
                _ => None,
            }
        })
        .await;
        self.driver.follow(now).await;
        // It may not listen yet.
        self.client =
            until("the app can be driven again", async || connect(&self.driver, Map::new()).await.ok()).await;
        self.see("main").await;
    }

    /// Closes it as a reader does, so that what is kept on closing is kept.
    pub async fn close(self) {
        let desktop = Desktop::here();
        desktop.close_window();
        let ended = wait::came_true(wait::PATIENCE, || !self.driver.app_runs());
        assert!(
            ended,
            "the app did not end after its window was closed; {} of its windows are on the screen, and these run:\n{}",
            desktop.primer_windows().len(),
            self.driver.what_runs()
        );
    }
}
