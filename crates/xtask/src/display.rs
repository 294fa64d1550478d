//! A display: the one that is there, or a virtual one for as long as it is held.

use std::env;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use crate::failure::Failure;

const SCREEN: &str = "2000x1400x24";

/// Whether somebody could see a window.
pub fn is_there() -> bool {
    ["DISPLAY", "WAYLAND_DISPLAY"].iter().any(|name| env::var_os(name).is_some_and(|value| !value.is_empty()))
}

pub struct VirtualDisplay {
    server: Child,
    number: String,
}

impl VirtualDisplay {
    pub fn start() -> Result<VirtualDisplay, Failure> {
        let refused = || Failure::Refused("Xvfb named no display. Run it by hand to see why.".to_owned());
        let mut server = Command::new("Xvfb")
            // It takes a number that is free and says which.
            .args(["-displayfd", "1", "-screen", "0", SCREEN, "-nolisten", "tcp", "-noreset"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|source| Failure::Start { program: "Xvfb".to_owned(), source })?;
        let out = server.stdout.take().ok_or_else(refused)?;
        let mut number = String::new();
        let read = BufReader::new(out).read_line(&mut number);
        let display = VirtualDisplay { server, number: number.trim().to_owned() };
        if read.is_ok() && !display.number.is_empty() { Ok(display) } else { Err(refused()) }
    }

    pub fn show<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        command
            .env("DISPLAY", format!(":{}", self.number))
            .env("GDK_BACKEND", "x11")
            .env_remove("WAYLAND_DISPLAY")
    }
}

impl Drop for VirtualDisplay {
    fn drop(&mut self) {
        crate::family::end(self.server.id(), false);
        if let Err(error) = self.server.wait() {
            eprintln!("Xvfb did not end: {error}.");
        }
    }
}
