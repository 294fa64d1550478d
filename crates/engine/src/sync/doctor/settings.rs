//! Which other settings of a server may be meant, from how each that was tried failed.
//!
//! Only where the bucket's name stands and which region is named are ever changed, no two tries are the same, and
//! there are not many, whatever a server answers.

use std::collections::VecDeque;

use crate::remote::location::usual_region;
use crate::remote::{RemoteFault, S3Location, Style};

/// Each of the two styles with the region that was given, the usual one and the one that the server names.
const TRIES_MAX: usize = 6;

pub(super) struct Search {
    waiting: VecDeque<S3Location>,
    /// What waits, what was tried, and what was given.
    known: Vec<(String, Style)>,
}

impl Search {
    /// From the settings that were given, and the fault that they led to.
    pub(super) fn after(given: &S3Location, fault: &RemoteFault) -> Search {
        let mut search = Search { waiting: VecDeque::new(), known: Vec::new() };
        search.known.extend(what_differs(given));
        search.learn(given, fault);
        search
    }

    /// What else to try.
    pub(super) fn next(&mut self) -> Option<S3Location> {
        self.waiting.pop_front()
    }

    /// From the fault that another try led to.
    pub(super) fn learn(&mut self, tried: &S3Location, fault: &RemoteFault) {
        match fault {
            RemoteFault::WrongRegion { region } => {
                // A server that names none may as well redirect to where the bucket's name stands elsewhere.
                let right = region.clone().unwrap_or_else(usual_region);
                let is_new = self.add(S3Location { region: right, ..tried.clone() });
                if !is_new || region.is_none() {
                    self.add_other_style(tried);
                }
            }
            // A server that takes the bucket's name only elsewhere finds another bucket, no bucket, no host of that
            // name, another host's certificate, another signature, something that is nobody's, or says so.
            RemoteFault::NoBucket
            | RemoteFault::NotS3
            | RemoteFault::Offline
            | RemoteFault::CertificateNotTrusted
            | RemoteFault::WrongSecret
            | RemoteFault::NoPermission { .. }
            | RemoteFault::BadAddress
            | RemoteFault::Unexpected => self.add_other_style(tried),
            _ => {}
        }
    }

    fn add_other_style(&mut self, tried: &S3Location) {
        let style = match tried.style_meant() {
            Some(Style::Host) => Style::Path,
            Some(Style::Path | Style::Auto) => Style::Host,
            // No style makes an address of it.
            None => return,
        };
        self.add(S3Location { style, ..tried.clone() });
    }

    /// Whether it is another one than all before.
    fn add(&mut self, other: S3Location) -> bool {
        let Some(differs) = what_differs(&other) else { return false };
        if self.known.contains(&differs) || self.known.len() >= TRIES_MAX {
            return false;
        }
        self.known.push(differs);
        self.waiting.push_back(other);
        true
    }
}

fn what_differs(location: &S3Location) -> Option<(String, Style)> {
    let region = match location.region.trim() {
        "" => usual_region(),
        region => region.to_owned(),
    };
    Some((region, location.style_meant()?))
}

#[cfg(test)]
mod tests {
    use super::{Search, TRIES_MAX};
    use crate::remote::{RemoteFault, S3Location, Style, Verb};

    fn at(endpoint: &str, region: &str, style: Style) -> S3Location {
        S3Location {
            endpoint: endpoint.to_owned(),
            bucket: "course".to_owned(),
            prefix: String::new(),
            region: region.to_owned(),
            style,
            access_key_id: "AKID".to_owned(),
            ca_file: None,
            proxy: None,
        }
    }

    const OWN: &str = "https://s3.example.org";

    fn region(name: &str) -> RemoteFault {
        RemoteFault::WrongRegion { region: Some(name.to_owned()) }
    }

    /// All that is tried at a server that answers so.
    fn tried(given: &S3Location, answer: impl Fn(&str, Style) -> RemoteFault) -> Vec<(String, Style)> {
        let fault = |location: &S3Location| answer(&location.region, location.style_meant().unwrap());
        let mut search = Search::after(given, &fault(given));
        let mut tried = Vec::new();
        while let Some(location) = search.next() {
            search.learn(&location, &fault(&location));
            tried.push((location.region, location.style));
        }
        tried
    }

    #[test]
    fn the_other_style_is_that_which_the_given_one_does_not_come_to() {
        let amazon = "https://s3.eu-west-1.amazonaws.com";
        for (endpoint, given, other) in [
            (OWN, Style::Auto, Style::Host),
            (OWN, Style::Path, Style::Host),
            (OWN, Style::Host, Style::Path),
            (amazon, Style::Auto, Style::Path),
            (amazon, Style::Path, Style::Host),
        ] {
            for fault in [
                RemoteFault::NoBucket,
                RemoteFault::NotS3,
                RemoteFault::Offline,
                RemoteFault::CertificateNotTrusted,
                RemoteFault::WrongSecret,
                RemoteFault::NoPermission { to: Verb::List },
                RemoteFault::BadAddress,
                RemoteFault::Unexpected,
            ] {
                let all = tried(&at(endpoint, "us-east-1", given), |_, _| fault.clone());
                assert_eq!(all, [("us-east-1".to_owned(), other)], "{endpoint} {given:?} {fault:?}");
            }
        }
    }

    #[test]
    fn what_no_setting_is_to_blame_for_is_not_tried_otherwise() {
        for fault in [
            RemoteFault::TimedOut,
            RemoteFault::WrongKey,
            RemoteFault::NoSecret,
            RemoteFault::TokenExpired,
            RemoteFault::ClockWrong { offset: None },
            RemoteFault::TooManyRequests,
            RemoteFault::ServerFailed,
            RemoteFault::QuotaFull,
        ] {
            assert_eq!(tried(&at(OWN, "us-east-1", Style::Auto), |_, _| fault.clone()), [], "{fault:?}");
        }
        let no_address = at("https://", "us-east-1", Style::Auto);
        assert_eq!(Search::after(&no_address, &RemoteFault::BadAddress).next(), None);
    }

    #[test]
    fn a_wrong_region_and_a_wrong_style_are_found_whichever_shows_first() {
        let given = at(OWN, "us-east-1", Style::Auto);
        let region_first = |own: &str, style| match (own, style) {
            ("garage", Style::Path) => RemoteFault::NoBucket,
            _ => region("garage"),
        };
        let all = tried(&given, region_first);
        assert_eq!(all, [("garage".to_owned(), Style::Auto), ("garage".to_owned(), Style::Host)]);
        let style_first = |own: &str, style| match (own, style) {
            ("garage", Style::Host) => RemoteFault::TimedOut,
            (_, Style::Host) => region("garage"),
            _ => RemoteFault::BadAddress,
        };
        let all = tried(&given, style_first);
        assert_eq!(all, [("us-east-1".to_owned(), Style::Host), ("garage".to_owned(), Style::Host)]);
        // A redirect that names the region that was asked with means the style.
        assert_eq!(tried(&given, |_, _| region("us-east-1")), [("us-east-1".to_owned(), Style::Host)]);
    }

    #[test]
    fn where_no_region_is_named_the_usual_one_and_the_other_style_are_tried_once_each() {
        let all = tried(&at(OWN, "eu", Style::Path), |_, _| RemoteFault::WrongRegion { region: None });
        let expected = [("us-east-1", Style::Path), ("eu", Style::Host), ("us-east-1", Style::Host)];
        assert_eq!(all, expected.map(|(region, style)| (region.to_owned(), style)));
    }

    #[test]
    fn a_server_that_names_another_region_each_time_is_not_followed_for_ever() {
        let all = tried(&at(OWN, "r", Style::Path), |own, _| region(&format!("{own}x")));
        assert_eq!(all.len(), TRIES_MAX - 1);
    }
}
