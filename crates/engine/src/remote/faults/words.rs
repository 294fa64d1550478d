//! What a person is told of a fault.

use super::RemoteFault;
use crate::remote::location::Place;

/// What a person is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Words {
    /// snake_case, the same as in the serialised fault.
    pub code: &'static str,
    /// One sentence: what is wrong.
    pub sentence: String,
    /// One sentence: what to do.
    pub next_step: String,
}

impl RemoteFault {
    /// `detail` is what the other side said; it is shown where no sentence of ours says it better.
    pub fn words(&self, place: &Place, detail: &str) -> Words {
        let (at, at_start, bucket) = (place.name(), place.name_at_start(), place.bucket());
        let (sentence, next_step) = match self {
            RemoteFault::Offline => (
                format!("{at_start} could not be reached."),
                "Check the connection and the address; reading goes on without it.".to_owned(),
            ),
            RemoteFault::TimedOut => (
                format!("{at_start} took too long to answer."),
                "Try again later, or on a better connection.".to_owned(),
            ),
            RemoteFault::CertificateNotTrusted => (
                format!("{at_start} shows a certificate that this computer does not trust."),
                "If the server is your school's own, name its certificate authority's file; otherwise check \
                 this computer's date, and don't use a network that you don't trust."
                    .to_owned(),
            ),
            RemoteFault::NotS3 => (
                format!("What answers at {at} is not an S3 server."),
                "Check the address, http or https and the port; if the network has a sign-in page, sign in."
                    .to_owned(),
            ),
            RemoteFault::WrongKey => (
                format!("{at_start} does not know this access key."),
                "Copy the access key ID again from where you got it.".to_owned(),
            ),
            RemoteFault::WrongSecret => (
                format!("The secret key does not fit the access key at {at}."),
                "Enter the secret key again, without spaces before or after it.".to_owned(),
            ),
            RemoteFault::NoSecret => (
                format!("This computer does not know the secret key for {at}."),
                "Enter the secret key again.".to_owned(),
            ),
            RemoteFault::TokenExpired => (
                format!("The access to {at} has run out."),
                "Get new keys from where you got these, and enter them.".to_owned(),
            ),
            RemoteFault::ClockWrong { offset: Some(offset) } => (
                format!("This computer's clock is {offset}; {at} refuses that."),
                "Set the date and the time in the system's settings, best by letting the network set them."
                    .to_owned(),
            ),
            RemoteFault::ClockWrong { offset: None } => (
                format!("{at_start} finds that this computer's clock is wrong."),
                "Set the date and the time in the system's settings, best by letting the network set them."
                    .to_owned(),
            ),
            RemoteFault::NoBucket => (
                format!("{at_start} knows no bucket “{bucket}”."),
                "Check its name; only who runs the server can make it.".to_owned(),
            ),
            RemoteFault::WrongRegion { region: Some(region) } => (
                format!("The bucket “{bucket}” is in the region “{region}”."),
                format!("Enter “{region}” as the region."),
            ),
            RemoteFault::WrongRegion { region: None } => (
                format!("The bucket “{bucket}” is in another region, or {at} expects another region's name."),
                "Ask who runs the server for the name of the region, and enter it.".to_owned(),
            ),
            RemoteFault::NoPermission { to } => match place {
                Place::Server { .. } => (
                    format!("These keys are not allowed to {to} in the bucket “{bucket}”."),
                    format!("Ask who gave you the keys for the permission to {to} under your prefix."),
                ),
                Place::Folder { .. } => (
                    format!("You are not allowed to {to} in {at}."),
                    "Change the folder's permissions, or choose another folder.".to_owned(),
                ),
            },
            RemoteFault::TooManyRequests => (
                format!("{at_start} is busy and asks to wait."),
                "Nothing needs to be done: Primer tries again by itself.".to_owned(),
            ),
            RemoteFault::ServerFailed => (
                format!("{at_start} reports a fault of its own."),
                "Nothing needs to be done at first: Primer tries again; if it stays, tell who runs it."
                    .to_owned(),
            ),
            RemoteFault::QuotaFull => (
                format!("The bucket “{bucket}” has no room for more."),
                "Free some, or ask who runs the server for more; what is there stays readable.".to_owned(),
            ),
            RemoteFault::TooLong => (
                format!("Something at {at} is longer than Primer takes."),
                "Look whether another program writes there, and give Primer a prefix of its own.".to_owned(),
            ),
            RemoteFault::Damaged => (
                format!("What came from {at} was cut short or damaged on the way."),
                "Nothing needs to be done: Primer tries again by itself.".to_owned(),
            ),
            RemoteFault::FolderMissing => (
                format!("{at_start} is not there."),
                "Plug the stick in, or connect to the share, and try again; if it has another path on this computer, set that one.".to_owned(),
            ),
            RemoteFault::FolderStrange => (
                format!("{at_start} is there, but nothing of what Primer kept in it."),
                "Plug in the stick that belongs there; if you emptied it, forget this place and add it again."
                    .to_owned(),
            ),
            RemoteFault::NotSetUp => (
                "Nobody has set this place up for Primer yet, and these keys are not allowed to.".to_owned(),
                "Ask whoever runs it to sync there once with a key of their own; then yours works by itself."
                    .to_owned(),
            ),
            RemoteFault::FolderReadOnly => (
                format!("Nothing can be written to {at}."),
                "Remove the write protection, or choose a folder that is yours to write to.".to_owned(),
            ),
            RemoteFault::FolderFull => {
                (format!("There is no room left in {at}."), "Free some space, and try again.".to_owned())
            }
            RemoteFault::FolderFailed => (
                format!("A file in {at} could not be used{}.", after_colon(detail)),
                "Check that the stick or the share works, and try again.".to_owned(),
            ),
            RemoteFault::BadAddress => (
                format!("The settings for {at} can't be used{}.", after_colon(detail)),
                "Change that in the settings, and try again.".to_owned(),
            ),
            RemoteFault::Unexpected => (
                format!("{at_start} gave an answer that Primer does not understand{}.", after_colon(detail)),
                "Try again; if it stays, report this sentence.".to_owned(),
            ),
        };
        Words { code: self.code(), sentence, next_step }
    }
}

fn after_colon(detail: &str) -> String {
    let detail = detail.trim().trim_end_matches('.');
    if detail.is_empty() { String::new() } else { format!(": {detail}") }
}
