//! What is being done, said before, and how long it took, said after.

use crate::clock::Stopwatch;
use crate::failure::Failure;

pub fn step<T>(what: &str, work: impl FnOnce() -> Result<T, Failure>) -> Result<T, Failure> {
    println!("== {what} ==");
    let watch = Stopwatch::start();
    let result = work();
    let seconds = watch.elapsed().as_secs_f64();
    match &result {
        Ok(_) => println!("== {what}: {seconds:.1} s =="),
        // Why, says whoever the failure ends with, once.
        Err(_) => println!("== {what}: failed after {seconds:.1} s =="),
    }
    result
}
