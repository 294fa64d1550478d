//! A line to a server that drops, delays and cuts what goes over it, each at a point that is counted and not left to luck.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

/// What is done at a point of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Point {
    /// It has come, and the server has not heard of it.
    Asked,
    /// The server has answered, and who asked has not heard of it.
    Answered,
    /// Half of the answer has arrived.
    HalfHeard,
}

pub const POINTS: [Point; 3] = [Point::Asked, Point::Answered, Point::HalfHeard];

type At = Box<dyn Fn() + Send + Sync>;

/// What happens at a point: something is done, and then the connection is cut.
struct Plan {
    request: u32,
    point: Point,
    then: At,
}

#[derive(Default)]
struct State {
    /// Requests since the plan was made.
    requests: AtomicU32,
    plan: Mutex<Option<Arc<Plan>>>,
    /// Of the lines that are bad throughout; 0 is a good one.
    weather: AtomicU64,
}

pub struct Line {
    pub port: u16,
    state: Arc<State>,
}

impl Line {
    pub fn to(server: u16) -> Line {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let state = Arc::new(State::default());
        let shared = Arc::clone(&state);
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let state = Arc::clone(&shared);
                thread::spawn(move || carry(&client, server, &state));
            }
        });
        Line { port, state }
    }

    /// At this request from now on, counted from 1, `then` is done and the connection cut.
    pub fn plan(&self, request: u32, point: Point, then: impl Fn() + Send + Sync + 'static) {
        self.state.requests.store(0, Ordering::SeqCst);
        *self.state.plan.lock().unwrap() = Some(Arc::new(Plan { request, point, then: Box::new(then) }));
    }

    /// How many requests there were since the last plan was made; from here on nothing is planned.
    pub fn good(&self) -> u32 {
        *self.state.plan.lock().unwrap() = None;
        self.state.weather.store(0, Ordering::SeqCst);
        self.state.requests.swap(0, Ordering::SeqCst)
    }

    /// From here on connections are refused, delayed and cut as this seed has it.
    pub fn bad(&self, seed: u64) {
        self.state.weather.store(seed, Ordering::SeqCst);
    }
}

fn carry(client: &TcpStream, server: u16, state: &State) {
    let weather = state.weather.load(Ordering::SeqCst);
    if weather != 0 && drawn(state, weather).is_multiple_of(4) {
        // Refused before a word was said.
        return;
    }
    let Ok(connected) = TcpStream::connect(("127.0.0.1", server)) else { return };
    let upstream = &connected;
    // A request is whatever the client says until the server answers: Primer asks one at a time on a connection.
    let (mut bytes, mut is_new) = (vec![0; 64 * 1024], true);
    thread::scope(|scope| {
        let request = Arc::new(AtomicU32::new(0));
        let answers = Arc::clone(&request);
        scope.spawn(move || {
            let mut heard = vec![0; 64 * 1024];
            while let Ok(len @ 1..) = (upstream as &TcpStream).read(&mut heard) {
                let number = answers.load(Ordering::SeqCst);
                if strikes(state, number, Point::Answered) || is_cut(state) {
                    break;
                }
                let half = if is_planned(state, number, Point::HalfHeard) { len / 2 } else { len };
                if (client as &TcpStream).write_all(&heard[..half]).is_err()
                    || strikes(state, number, Point::HalfHeard)
                {
                    break;
                }
                // What follows is another request.
                answers.store(0, Ordering::SeqCst);
            }
            close(client, upstream);
        });
        let mut client = client;
        while let Ok(len @ 1..) = client.read(&mut bytes) {
            if request.load(Ordering::SeqCst) == 0 || is_new {
                let number = state.requests.fetch_add(1, Ordering::SeqCst) + 1;
                request.store(number, Ordering::SeqCst);
                is_new = false;
                if strikes(state, number, Point::Asked) {
                    break;
                }
            }
            if is_cut(state) || (upstream as &TcpStream).write_all(&bytes[..len]).is_err() {
                break;
            }
        }
        close(client, upstream);
    });
}

fn close(client: &TcpStream, upstream: &TcpStream) {
    for end in [client, upstream] {
        // Closed already is closed.
        drop(end.shutdown(Shutdown::Both));
    }
}

fn plan(state: &State) -> Option<Arc<Plan>> {
    state.plan.lock().unwrap().clone()
}

fn is_planned(state: &State, request: u32, point: Point) -> bool {
    plan(state).is_some_and(|plan| (plan.request, plan.point) == (request, point))
}

fn strikes(state: &State, request: u32, point: Point) -> bool {
    let planned = plan(state).filter(|plan| (plan.request, plan.point) == (request, point));
    planned.is_some_and(|plan| {
        (plan.then)();
        true
    })
}

/// On a bad line most pieces go through, some late; now and then it is cut.
fn is_cut(state: &State) -> bool {
    let weather = state.weather.load(Ordering::SeqCst);
    if weather == 0 {
        return false;
    }
    match drawn(state, weather) % 16 {
        0 | 1 => {
            delay();
            false
        }
        2 => true,
        _ => false,
    }
}

/// SplitMix64, from one number to the next.
fn drawn(state: &State, weather: u64) -> u64 {
    let next = weather.wrapping_add(0x9e37_79b9_7f4a_7c15).max(1);
    state.weather.store(next, Ordering::SeqCst);
    let mixed = (next ^ (next >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb) >> 32
}

#[allow(clippy::disallowed_methods, reason = "a slow line is slow")]
fn delay() {
    thread::sleep(Duration::from_millis(20));
}
