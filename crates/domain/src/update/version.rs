//! The version of a program, as it is compared.

use std::fmt;

use crate::ids::serde_as_text;

/// Three numbers. What is no release, such as `1.0.0-rc.1`, has none, and so is never taken for newer or older.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version {
    major: u32,
    minor: u32,
    patch: u32,
}

serde_as_text!(Version, "three numbers with dots between");

impl Version {
    pub fn parse(text: &str) -> Option<Version> {
        let mut numbers = text.split('.').map(|number| number.parse().ok());
        let version = Version { major: numbers.next()??, minor: numbers.next()??, patch: numbers.next()?? };
        // "01" and "+1" parse as numbers.
        (numbers.next().is_none() && version.to_string() == text).then_some(version)
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.patch)
    }
}

#[cfg(test)]
mod tests {
    use super::Version;

    #[test]
    fn versions_are_compared_as_numbers_and_only_plain_ones_are_read() {
        let of = |text| Version::parse(text).unwrap();
        assert!(of("0.10.0") > of("0.9.9") && of("1.0.0") > of("0.99.99") && of("1.0.1") > of("1.0.0"));
        assert_eq!(of("12.0.345").to_string(), "12.0.345");
        for text in
            ["", "1", "1.2", "1.2.3.4", "1.2.3-rc.1", "01.2.3", "+1.2.3", "1..3", " 1.2.3", "1.2.4294967296"]
        {
            assert_eq!(Version::parse(text), None, "{text}");
        }
    }
}
