//! A way to a server that can be cut, held, and mended.

use std::io;
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Open,
    /// Connections end.
    Cut,
    /// Connections stand, and nothing goes over them.
    Held,
}

pub struct Line {
    pub port: u16,
    gate: Arc<Gate>,
}

struct Gate {
    state: Mutex<State>,
    changed: Condvar,
}

impl Line {
    pub fn to(server: u16) -> Line {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port is free");
        let port = listener.local_addr().expect("a listener has an address").port();
        let gate = Arc::new(Gate { state: Mutex::new(State::Open), changed: Condvar::new() });
        let watched = Arc::clone(&gate);
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let gate = Arc::clone(&watched);
                thread::spawn(move || carry(&client, server, &gate));
            }
        });
        Line { port, gate }
    }

    pub fn cut(&self) {
        self.gate.set(State::Cut);
    }

    pub fn hold(&self) {
        self.gate.set(State::Held);
    }

    pub fn mend(&self) {
        self.gate.set(State::Open);
    }
}

impl Gate {
    fn set(&self, state: State) {
        *self.lock() = state;
        self.changed.notify_all();
    }

    /// Once it is not held any more.
    fn is_open(&self) -> bool {
        let held = self.changed.wait_while(self.lock(), |state| *state == State::Held);
        *held.unwrap_or_else(PoisonError::into_inner) == State::Open
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One connection, until it is closed; a cut one is closed at its next byte.
fn carry(client: &TcpStream, server: u16, gate: &Gate) {
    if !gate.is_open() {
        return;
    }
    let Ok(upstream) = TcpStream::connect(("127.0.0.1", server)) else { return };
    thread::scope(|scope| {
        scope.spawn(|| pass(client, &upstream, gate));
        pass(&upstream, client, gate);
    });
}

fn pass(mut from: &TcpStream, mut to: &TcpStream, gate: &Gate) {
    let mut bytes = [0; 16 * 1024];
    while let Ok(len @ 1..) = io::Read::read(&mut from, &mut bytes) {
        if !gate.is_open() || io::Write::write_all(&mut to, &bytes[..len]).is_err() {
            break;
        }
    }
    // The other direction hears of it too; a connection that is closed already is no matter.
    for end in [from, to] {
        let _ = end.shutdown(Shutdown::Both);
    }
}
