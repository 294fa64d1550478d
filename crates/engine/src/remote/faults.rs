//! The one table from what a server, a network or a disk says to what a person is told: every S3 error code,
//! HTTP status, failure of the network and failure of a file leads to one `RemoteFault`, and every fault to a
//! code, a sentence on what is wrong and a sentence on what to do.
//!
//! The sentences name the server, the bucket or the folder; they never hold a key, a secret or an address
//! with a signature in it.

#[cfg(test)]
mod tests;
mod words;

use std::fmt;
use std::io;

use serde::{Deserialize, Serialize};
use ts_rs::TS;

pub use self::words::Words;
use crate::http::NetworkFailure;

/// What is wrong, from a closed set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum RemoteFault {
    /// No name, no route, nobody who listens.
    Offline,
    TimedOut,
    CertificateNotTrusted,
    /// Something answers that is no S3: a page of a web server or of a hotel's network.
    NotS3,
    WrongKey,
    WrongSecret,
    /// This computer no longer knows, or never knew, the secret key.
    NoSecret,
    TokenExpired,
    ClockWrong {
        /// How far this computer's clock is away from the server's, if the server told its time.
        offset: Option<ClockOffset>,
    },
    NoBucket,
    WrongRegion {
        /// The right one, if the server told it.
        region: Option<String>,
    },
    NoPermission {
        to: Verb,
    },
    TooManyRequests,
    ServerFailed,
    QuotaFull,
    /// Longer than what was asked for may be.
    TooLong,
    /// Cut short, or not what its length or form promises.
    Damaged,
    FolderMissing,
    /// The folder is there, and what Primer kept in it is not: where a stick is plugged in, another one is, or none.
    FolderStrange,
    FolderReadOnly,
    FolderFull,
    FolderFailed,
    /// Nobody has written which remote this is, and these keys may not.
    NotSetUp,
    /// The settings can't be meant so.
    BadAddress,
    Unexpected,
}

/// What was wanted of the remote.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Verb {
    List,
    Read,
    Write,
    Delete,
}

impl fmt::Display for Verb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Verb::List => "list",
            Verb::Read => "read",
            Verb::Write => "write",
            Verb::Delete => "delete",
        })
    }
}

/// What a correct clock shows minus what this computer's shows: positive where this computer's is slow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ClockOffset {
    #[ts(type = "number")]
    pub ms: i64,
}

impl fmt::Display for ClockOffset {
    /// “14 minutes slow”, in the greatest unit of which there are two.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const UNITS: [(u64, &str); 4] =
            [(365 * 86_400, "year"), (86_400, "day"), (3_600, "hour"), (60, "minute")];
        let seconds = self.ms.unsigned_abs() / 1_000;
        // A network's delay must not make 120 minutes of two hours.
        let enough =
            |length: u64, unit: &str| seconds + length / 10 >= length * if unit == "minute" { 1 } else { 2 };
        let (count, unit) = UNITS
            .iter()
            .find(|(length, unit)| enough(*length, unit))
            .map_or((seconds, "second"), |(length, unit)| ((seconds + length / 2) / length, *unit));
        let plural = if count == 1 { "" } else { "s" };
        let way = if self.ms < 0 { "fast" } else { "slow" };
        write!(f, "{count} {unit}{plural} {way}")
    }
}

type ByVerb = fn(Verb) -> RemoteFault;

/// S3's own error codes, and those of servers that speak S3.
pub(super) const CODES: &[(&str, ByVerb)] = &[
    ("InvalidAccessKeyId", |_| RemoteFault::WrongKey),
    ("InvalidClientTokenId", |_| RemoteFault::WrongKey),
    ("UnrecognizedClientException", |_| RemoteFault::WrongKey),
    ("NotSignedUp", |_| RemoteFault::WrongKey),
    ("SignatureDoesNotMatch", |_| RemoteFault::WrongSecret),
    ("ExpiredToken", |_| RemoteFault::TokenExpired),
    ("ExpiredTokenException", |_| RemoteFault::TokenExpired),
    ("InvalidToken", |_| RemoteFault::TokenExpired),
    ("TokenRefreshRequired", |_| RemoteFault::TokenExpired),
    ("RequestTimeTooSkewed", |_| RemoteFault::ClockWrong { offset: None }),
    ("RequestExpired", |_| RemoteFault::ClockWrong { offset: None }),
    ("ExpiredPresignRequest", |_| RemoteFault::ClockWrong { offset: None }),
    ("NoSuchBucket", |_| RemoteFault::NoBucket),
    ("InvalidBucketName", |_| RemoteFault::NoBucket),
    ("AuthorizationHeaderMalformed", |_| RemoteFault::WrongRegion { region: None }),
    ("AuthorizationQueryParametersError", |_| RemoteFault::WrongRegion { region: None }),
    ("IllegalLocationConstraintException", |_| RemoteFault::WrongRegion { region: None }),
    ("PermanentRedirect", |_| RemoteFault::WrongRegion { region: None }),
    ("TemporaryRedirect", |_| RemoteFault::WrongRegion { region: None }),
    ("Redirect", |_| RemoteFault::WrongRegion { region: None }),
    ("AccessDenied", |to| RemoteFault::NoPermission { to }),
    ("AllAccessDisabled", |to| RemoteFault::NoPermission { to }),
    ("AccountProblem", |to| RemoteFault::NoPermission { to }),
    ("Forbidden", |to| RemoteFault::NoPermission { to }),
    ("InvalidObjectState", |to| RemoteFault::NoPermission { to }),
    ("MethodNotAllowed", |to| RemoteFault::NoPermission { to }),
    ("ObjectLocked", |to| RemoteFault::NoPermission { to }),
    ("UnauthorizedAccess", |to| RemoteFault::NoPermission { to }),
    ("Unauthorized", |to| RemoteFault::NoPermission { to }),
    ("Busy", |_| RemoteFault::TooManyRequests),
    ("ServiceUnavailable", |_| RemoteFault::TooManyRequests),
    ("SlowDown", |_| RemoteFault::TooManyRequests),
    ("RequestLimitExceeded", |_| RemoteFault::TooManyRequests),
    ("ThrottlingException", |_| RemoteFault::TooManyRequests),
    ("TooManyRequests", |_| RemoteFault::TooManyRequests),
    ("TooManyRequestsException", |_| RemoteFault::TooManyRequests),
    ("InternalError", |_| RemoteFault::ServerFailed),
    ("InternalServerError", |_| RemoteFault::ServerFailed),
    ("OperationAborted", |_| RemoteFault::ServerFailed),
    ("ServerNotInitialized", |_| RemoteFault::ServerFailed),
    ("XMinioServerNotInitialized", |_| RemoteFault::ServerFailed),
    ("RequestTimeout", |_| RemoteFault::TimedOut),
    ("EntityTooLarge", |_| RemoteFault::QuotaFull),
    ("InsufficientCapacity", |_| RemoteFault::QuotaFull),
    ("QuotaExceeded", |_| RemoteFault::QuotaFull),
    ("StorageQuotaExceeded", |_| RemoteFault::QuotaFull),
    ("XMinioAdminBucketQuotaExceeded", |_| RemoteFault::QuotaFull),
    ("XMinioStorageFull", |_| RemoteFault::QuotaFull),
    ("BadDigest", |_| RemoteFault::Damaged),
    ("IncompleteBody", |_| RemoteFault::Damaged),
    // Of Alibaba, Tencent and Huawei, which take a bucket's name before the host only.
    ("SecondLevelDomainForbidden", |_| RemoteFault::BadAddress),
    ("PathStyleDomainForbidden", |_| RemoteFault::BadAddress),
    ("VirtualHostDomainRequired", |_| RemoteFault::BadAddress),
    ("InvalidURI", |_| RemoteFault::BadAddress),
    ("KeyTooLongError", |_| RemoteFault::BadAddress),
];

/// Servers that give one code for several things tell them apart in the message.
const MESSAGES: &[(&str, &str, ByVerb)] = &[
    ("AccessDenied", "request has expired", |_| RemoteFault::ClockWrong { offset: None }),
    ("AccessDenied", "not valid yet", |_| RemoteFault::ClockWrong { offset: None }),
    ("AccessDenied", "date is too old", |_| RemoteFault::ClockWrong { offset: None }),
    ("AccessDenied", "time too skewed", |_| RemoteFault::ClockWrong { offset: None }),
    ("AccessDenied", "no such key", |_| RemoteFault::WrongKey),
    ("AccessDenied", "invalid signature", |_| RemoteFault::WrongSecret),
    ("AccessDenied", "quota", |_| RemoteFault::QuotaFull),
    ("SignatureDoesNotMatch", "signature expired", |_| RemoteFault::ClockWrong { offset: None }),
    ("SignatureDoesNotMatch", "not yet current", |_| RemoteFault::ClockWrong { offset: None }),
    ("AuthorizationQueryParametersError", "in the future", |_| RemoteFault::ClockWrong { offset: None }),
    ("AuthorizationQueryParametersError", "expired", |_| RemoteFault::ClockWrong { offset: None }),
    ("AuthorizationQueryParametersError", "not valid yet", |_| RemoteFault::ClockWrong { offset: None }),
    ("InvalidRequest", "time too skewed", |_| RemoteFault::ClockWrong { offset: None }),
    ("InvalidRequest", "date is too old", |_| RemoteFault::ClockWrong { offset: None }),
];

/// None for a code that is not in the table; the HTTP status decides then.
pub(super) fn of_code(code: &str, message: &str, to: Verb) -> Option<RemoteFault> {
    let message = message.to_lowercase();
    let by_message =
        MESSAGES.iter().find(|(own, part, _)| *own == code && message.contains(part)).map(|row| row.2);
    let by_code = || CODES.iter().find(|(own, _)| *own == code).map(|row| row.1);
    by_message.or_else(by_code).map(|fault| fault(to))
}

/// For an answer without a code that is known.
pub(super) fn of_status(status: u16, to: Verb) -> RemoteFault {
    match status {
        401 | 403 | 405 => RemoteFault::NoPermission { to },
        408 => RemoteFault::TimedOut,
        413 | 507 => RemoteFault::QuotaFull,
        429 | 503 | 509 => RemoteFault::TooManyRequests,
        500..=599 => RemoteFault::ServerFailed,
        // A success that holds nothing S3 answers, a redirect that names no region, a proxy that wants a
        // password, a server that knows no such address.
        100..=399 | 404 | 407 | 410 => RemoteFault::NotS3,
        _ => RemoteFault::Unexpected,
    }
}

pub(super) fn of_network(failure: NetworkFailure) -> RemoteFault {
    match failure {
        NetworkFailure::NotReached => RemoteFault::Offline,
        NetworkFailure::Slow => RemoteFault::TimedOut,
        NetworkFailure::Certificate => RemoteFault::CertificateNotTrusted,
        NetworkFailure::OtherLanguage => RemoteFault::NotS3,
        NetworkFailure::CutShort => RemoteFault::Damaged,
    }
}

/// For a file below the folder. That the folder itself is gone is looked up before this is asked.
pub(super) fn of_file(kind: io::ErrorKind, to: Verb) -> RemoteFault {
    use io::ErrorKind;
    match (kind, to) {
        (ErrorKind::StorageFull | ErrorKind::QuotaExceeded, _) => RemoteFault::FolderFull,
        (ErrorKind::FileTooLarge, _) => RemoteFault::FolderFull,
        (ErrorKind::ReadOnlyFilesystem, _) => RemoteFault::FolderReadOnly,
        (ErrorKind::PermissionDenied, Verb::Write | Verb::Delete) => RemoteFault::FolderReadOnly,
        (ErrorKind::PermissionDenied, Verb::List | Verb::Read) => RemoteFault::NoPermission { to },
        (ErrorKind::UnexpectedEof, _) => RemoteFault::Damaged,
        _ => RemoteFault::FolderFailed,
    }
}

impl RemoteFault {
    /// Worth trying again without anybody changing anything.
    pub fn is_transient(&self) -> bool {
        match self {
            RemoteFault::Offline
            | RemoteFault::TimedOut
            | RemoteFault::TooManyRequests
            | RemoteFault::ServerFailed
            | RemoteFault::Damaged
            // A stick is plugged in again, a share comes back.
            | RemoteFault::FolderMissing
            | RemoteFault::FolderStrange
            | RemoteFault::FolderFailed => true,
            RemoteFault::CertificateNotTrusted
            | RemoteFault::NotS3
            | RemoteFault::WrongKey
            | RemoteFault::WrongSecret
            | RemoteFault::NoSecret
            | RemoteFault::TokenExpired
            | RemoteFault::ClockWrong { .. }
            | RemoteFault::NoBucket
            | RemoteFault::WrongRegion { .. }
            | RemoteFault::NoPermission { .. }
            | RemoteFault::QuotaFull
            | RemoteFault::TooLong
            | RemoteFault::FolderReadOnly
            | RemoteFault::FolderFull
            | RemoteFault::NotSetUp
            | RemoteFault::BadAddress
            | RemoteFault::Unexpected => false,
        }
    }

    pub fn code(&self) -> &'static str {
        match self {
            RemoteFault::Offline => "offline",
            RemoteFault::TimedOut => "timed_out",
            RemoteFault::CertificateNotTrusted => "certificate_not_trusted",
            RemoteFault::NotS3 => "not_s3",
            RemoteFault::WrongKey => "wrong_key",
            RemoteFault::WrongSecret => "wrong_secret",
            RemoteFault::NoSecret => "no_secret",
            RemoteFault::TokenExpired => "token_expired",
            RemoteFault::ClockWrong { .. } => "clock_wrong",
            RemoteFault::NoBucket => "no_bucket",
            RemoteFault::WrongRegion { .. } => "wrong_region",
            RemoteFault::NoPermission { .. } => "no_permission",
            RemoteFault::TooManyRequests => "too_many_requests",
            RemoteFault::ServerFailed => "server_failed",
            RemoteFault::QuotaFull => "quota_full",
            RemoteFault::TooLong => "too_long",
            RemoteFault::Damaged => "damaged",
            RemoteFault::FolderMissing => "folder_missing",
            RemoteFault::FolderStrange => "folder_strange",
            RemoteFault::NotSetUp => "not_set_up",
            RemoteFault::FolderReadOnly => "folder_read_only",
            RemoteFault::FolderFull => "folder_full",
            RemoteFault::FolderFailed => "folder_failed",
            RemoteFault::BadAddress => "bad_address",
            RemoteFault::Unexpected => "unexpected",
        }
    }
}
