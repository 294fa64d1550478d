//! How long ago something was, as people say it.

use primer_domain::timestamp::Timestamp;

const MINUTE_MS: i64 = 60_000;
const HOUR_MS: i64 = 60 * MINUTE_MS;
const DAY_MS: i64 = 24 * HOUR_MS;

/// A time that lies ahead, because a clock was put back, is “just now”.
pub fn ago(then: Timestamp, now: Timestamp) -> String {
    let passed_ms = now.unix_ms() - then.unix_ms();
    if passed_ms < MINUTE_MS {
        "just now".to_owned()
    } else if passed_ms < HOUR_MS {
        count(passed_ms / MINUTE_MS, "minute")
    } else if passed_ms < DAY_MS {
        count(passed_ms / HOUR_MS, "hour")
    } else if passed_ms < 2 * DAY_MS {
        "yesterday".to_owned()
    } else {
        count(passed_ms / DAY_MS, "day")
    }
}

fn count(number: i64, unit: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {unit}{plural} ago")
}

/// “1 answer”, “2 answers”.
pub(super) fn counted(number: u64, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

/// A length of time, about: “40 seconds”, “12 minutes”.
pub fn span(seconds: u64) -> String {
    let (number, unit) = match seconds {
        0..=90 => (seconds.max(1), "second"),
        91..=5_400 => (seconds.div_ceil(60), "minute"),
        _ => (seconds.div_ceil(3_600), "hour"),
    };
    format!("{number} {unit}{}", if number == 1 { "" } else { "s" })
}

/// “80 kB”.
pub fn bytes(len_bytes: u64) -> String {
    if len_bytes < 1000 {
        format!("{len_bytes} bytes")
    } else if len_bytes < 1_000_000 {
        format!("{} kB", len_bytes / 1000)
    } else {
        format!("{:.1} MB", len_bytes as f64 / 1e6)
    }
}

#[cfg(test)]
mod tests {
    use primer_domain::timestamp::Timestamp;

    use super::ago;

    #[test]
    fn a_time_is_told_in_the_greatest_unit_that_fits() {
        let now = Timestamp::from_unix_ms(1_800_000_000_000);
        let told = |passed_ms: i64| ago(Timestamp::from_unix_ms(now.unix_ms() - passed_ms), now);
        assert_eq!(told(-5_000_000), "just now");
        assert_eq!(told(59_999), "just now");
        assert_eq!(told(60_000), "1 minute ago");
        assert_eq!(told(3_599_999), "59 minutes ago");
        assert_eq!(told(3_600_000), "1 hour ago");
        assert_eq!(told(86_400_000), "yesterday");
        assert_eq!(told(200_000_000), "2 days ago");
    }
}
