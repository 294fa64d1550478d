//! What a course's bucket costs and what it must bear: `cargo run -p primer-cli --example cost --release`.
//!
//! The requests of a student's day are not assumed but counted: two computers of one student do what students
//! do, their syncs are the real ones, and a bucket in memory counts what they ask. Prices are list prices;
//! the morning's herd is simulated with the schedule's own spread and back-off. The tables stand in
//! docs/running-a-bucket.md.

mod day;
mod herd;
mod prices;
mod tables;

fn main() {
    let day = day::Day::measured();
    print!("{}", tables::requests(&day));
    println!();
    print!("{}", tables::month(&day));
    println!();
    print!("{}", tables::mornings(tables::STUDENTS));
    println!();
    print!("{}", tables::needed(tables::STUDENTS));
}
