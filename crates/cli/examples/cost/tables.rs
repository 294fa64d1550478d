//! The tables of docs/running-a-bucket.md.

use std::fmt::Write;

use primer_engine::sync::schedule::START_SPREAD_MS;

use crate::day::{Day, Requests};
use crate::herd::{Morning, PARTITION_PER_SECOND, spread_needed_s};
use crate::prices::{AWS, PriceList, R2};

pub const STUDENTS: u64 = 1_000_000;
const SYNCS_A_DAY: u64 = 20;
const DAYS: u64 = 30;
/// Each student's book, as if each had read all of it with so many backgrounds.
const BACKGROUNDS: u64 = 3;

/// What each kind of sync asks.
pub fn requests(day: &Day) -> String {
    let mut out = "| a sync in which | LIST | PUT | GET | bytes out of the bucket |\n|---|---|---|---|---|\n"
        .to_owned();
    let rows: [(&str, Requests); 8] = [
        ("nothing is new", day.quiet),
        ("an answer about oneself was changed here", day.edit),
        ("it was changed on the other computer", day.edit_heard),
        ("a chapter was written here", day.chapter),
        ("it was written on the other computer", day.chapter_heard),
        ("a computer is there for the first time", day.first),
        ("a second computer joins", day.joined),
        ("**a day of 20 syncs: one edit, one chapter, both heard**", day.of(SYNCS_A_DAY)),
    ];
    for (what, of) in rows {
        let bytes = thousands(of.out_bytes);
        line(&mut out, format_args!("| {what} | {} | {} | {} | {bytes} |", of.list, of.put, of.get));
    }
    out
}

/// What a month costs.
pub fn month(day: &Day) -> String {
    let quiet = day.quiet * SYNCS_A_DAY * DAYS * STUDENTS;
    let busy = day.of(SYNCS_A_DAY) * DAYS * STUDENTS;
    let stored_bytes = day.book_bytes * BACKGROUNDS * STUDENTS;
    let mut out =
        "| 1 million students, 20 syncs a day, 30 days | LIST | PUT | GET | egress | storage | a month | \
        a student |\n|---|---|---|---|---|---|---|---|\n"
            .to_owned();
    for (days, requests) in [("nothing ever new", quiet), ("an edit and a chapter every day", busy)] {
        for list in [&AWS, &R2] {
            line(&mut out, format_args!("| {}, {days} | {}", list.name, bill(list, requests, stored_bytes)));
        }
    }
    out
}

fn bill(list: &PriceList, requests: Requests, stored_bytes: u64) -> String {
    let bill = list.bill(requests, stored_bytes);
    let parts = [bill.lists, bill.puts, bill.gets, bill.egress, bill.storage];
    let parts: Vec<String> =
        parts.iter().map(|part| format!("${}", thousands(part.round() as u64))).collect();
    let of_one = bill.total() * 100.0 / STUDENTS as f64;
    format!("{} | **${}** | {of_one:.2} ¢ |", parts.join(" | "), thousands(bill.total().round() as u64))
}

/// What happens at eight.
pub fn mornings(students: u64) -> String {
    let mut out =
        "| spread of the first sync | partitions | requests in the worst second | refused | half have \
        synced after | 99 % | all |\n|---|---|---|---|---|---|---|\n"
            .to_owned();
    for spread_ms in [START_SPREAD_MS, 60_000, 200_000, 300_000] {
        for partitions in [1, 16] {
            let per_second = PARTITION_PER_SECOND * partitions;
            let outcome = Morning { students, spread_ms, per_second }.simulate();
            line(
                &mut out,
                format_args!(
                    "| {} s | {partitions} | {} | {} | {} s | {} s | {} s |",
                    spread_ms / 1_000,
                    thousands(outcome.peak_per_second),
                    thousands(outcome.refused),
                    outcome.half_s,
                    outcome.most_s,
                    outcome.all_s
                ),
            );
        }
    }
    out
}

pub fn needed(students: u64) -> String {
    let needed = |partitions| spread_needed_s(students, PARTITION_PER_SECOND * partitions);
    format!(
        "So that nobody is refused, {} students need a spread of {} s on one partition and of {} s on 16; twice \
         as much where each asks twice, as when the other computer has news.\n",
        thousands(students),
        needed(1),
        needed(16)
    )
}

fn line(out: &mut String, words: std::fmt::Arguments<'_>) {
    // Writing to a String can't fail.
    let _ = writeln!(out, "{words}");
}

fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::{STUDENTS, month, needed, requests, thousands};
    use crate::day::Day;

    /// The numbers of a row, whatever they are of.
    fn numbers(row: &str) -> Vec<f64> {
        let plain = row.replace(['$', ',', '*', '¢'], "");
        let cells = plain.split('|').skip(2).map(str::trim);
        cells.filter(|cell| !cell.is_empty()).map(|cell| cell.parse().unwrap()).collect()
    }

    /// A word more in a chapter must not make the documentation wrong: a twentieth up or down is true enough.
    #[test]
    fn the_tables_in_the_documentation_are_these() {
        let documentation = include_str!("../../../../docs/running-a-bucket.md");
        let day = Day::measured();
        for row in [requests(&day), month(&day)].iter().flat_map(|table| table.lines().skip(2)) {
            let label = row.split('|').nth(1).unwrap();
            let told = documentation.lines().find(|line| line.starts_with(&format!("|{label}|")));
            let told = numbers(told.unwrap_or_else(|| panic!("no row of the documentation is{label}")));
            let now = numbers(row);
            let is_near = |(told, now): (&f64, &f64)| (told - now).abs() <= now / 20.0;
            assert!(
                told.len() == now.len() && told.iter().zip(&now).all(is_near),
                "it is {row} now, and not {told:?}"
            );
        }
        assert!(documentation.contains(&needed(STUDENTS)), "{}", needed(STUDENTS));
    }

    #[test]
    fn numbers_are_grouped_by_threes() {
        assert_eq!([0, 999, 1_000, 1_234_567].map(thousands), ["0", "999", "1,000", "1,234,567"]);
    }
}
