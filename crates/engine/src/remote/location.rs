//! Where a remote is and how to get in. A `Location` may be kept in the database and shown; it holds no
//! secret.

use std::fmt;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use reqwest::Url;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::secrets::Secret;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Location {
    S3(S3Location),
    Folder {
        /// It must be there: a stick that is not plugged in is never taken for an empty one.
        path: PathBuf,
        /// Below it, as for S3; may be empty.
        #[serde(default)]
        prefix: String,
    },
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct S3Location {
    /// `https://s3.example.org`, also with a port or a path. Without http:// or https:// it is https.
    pub endpoint: String,
    pub bucket: String,
    /// Put before every key; slashes around it are of no account; may be empty.
    #[serde(default)]
    pub prefix: String,
    #[serde(default = "usual_region")]
    pub region: String,
    #[serde(default)]
    pub style: Style,
    pub access_key_id: String,
    /// A PEM file of certificate authorities to trust besides the system's.
    #[serde(default)]
    pub ca_file: Option<PathBuf>,
    /// `http://proxy.example.org:3128`; without it the system's settings and environment decide.
    #[serde(default)]
    pub proxy: Option<String>,
}

/// Where the bucket's name stands in an address.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Style {
    /// `Host` for amazonaws.com, unless the bucket's name is none for a host (dots, capitals, underscores);
    /// `Path` for everything else: IP addresses, localhost, hosts with a port, and other servers, of which
    /// nearly all take it.
    #[default]
    Auto,
    /// `https://s3.example.org/bucket/key`
    Path,
    /// `https://bucket.s3.example.org/key`
    Host,
}

/// What most servers that know no regions expect.
pub fn usual_region() -> String {
    "us-east-1".to_owned()
}

#[derive(Debug, Clone)]
pub struct Credentials {
    pub secret_access_key: Secret,
    /// Of temporary keys only.
    pub session_token: Option<Secret>,
}

/// How long to wait. The times are those of the network's own, not of the clock that signs.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// For a connection.
    pub connect: Duration,
    /// For the next sign of life: the beginning of an answer or its next bytes.
    pub progress: Duration,
}

impl Default for Patience {
    fn default() -> Patience {
        Patience { connect: Duration::from_secs(10), progress: Duration::from_secs(30) }
    }
}

/// What sentences call it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    Server {
        /// With its port; empty where the address holds none.
        host: String,
        bucket: String,
    },
    Folder {
        path: PathBuf,
    },
}

impl Place {
    pub fn name(&self) -> String {
        match self {
            Place::Server { host, .. } if host.is_empty() => "the server".to_owned(),
            Place::Server { host, .. } => host.clone(),
            Place::Folder { path } => format!("the folder {}", path.display()),
        }
    }

    /// For the beginning of a sentence.
    pub fn name_at_start(&self) -> String {
        match self {
            Place::Server { host, .. } if host.is_empty() => "The server".to_owned(),
            Place::Server { host, .. } => format!("The server {host}"),
            Place::Folder { path } => format!("The folder {}", path.display()),
        }
    }

    /// The folder's own name, where there is no bucket.
    pub fn bucket(&self) -> String {
        match self {
            Place::Server { bucket, .. } => bucket.clone(),
            Place::Folder { path } => path.file_name().unwrap_or(path.as_os_str()).display().to_string(),
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name())
    }
}

impl Location {
    pub fn place(&self) -> Place {
        match self {
            Location::S3(s3) => Place::Server { host: s3.host().to_owned(), bucket: s3.bucket.clone() },
            Location::Folder { path, .. } => Place::Folder { path: Path::to_owned(path) },
        }
    }

    /// Whether the same objects are meant, whatever opens them.
    pub fn is_same_place(&self, other: &Location) -> bool {
        match (self, other) {
            (Location::S3(one), Location::S3(two)) => {
                let place = |s3: &S3Location| {
                    let address = s3.address().trim_end_matches('/').to_ascii_lowercase();
                    (address, s3.bucket.clone(), s3.prefix.trim_matches('/').to_owned())
                };
                place(one) == place(two)
            }
            (
                Location::Folder { path: one, prefix: one_prefix },
                Location::Folder { path: two, prefix: two_prefix },
            ) => {
                // A folder that is not there has only its name.
                let whole = |path: &PathBuf| path.canonicalize().unwrap_or_else(|_| path.clone());
                one_prefix.trim_matches('/') == two_prefix.trim_matches('/') && whole(one) == whole(two)
            }
            _ => false,
        }
    }
}

impl S3Location {
    /// With a scheme.
    pub(super) fn address(&self) -> String {
        let endpoint = self.endpoint.trim();
        if endpoint.contains("://") { endpoint.to_owned() } else { format!("https://{endpoint}") }
    }

    /// Anybody in between can read and change what is sent.
    pub fn is_plain_http(&self) -> bool {
        self.address().parse::<Url>().is_ok_and(|endpoint| endpoint.scheme() == "http")
    }

    /// What the style comes to at this server: never `Auto`. None where the address is none.
    pub fn style_meant(&self) -> Option<Style> {
        let endpoint: Url = self.address().parse().ok()?;
        let host = endpoint.host_str().unwrap_or_default();
        let is_address = host.trim_matches(['[', ']']).parse::<IpAddr>().is_ok();
        let is_amazon = host == "amazonaws.com"
            || host.ends_with(".amazonaws.com")
            || host.ends_with(".amazonaws.com.cn");
        // One label: the certificate of *.s3.amazonaws.com covers no more.
        let is_label =
            self.bucket.trim().chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
        Some(match self.style {
            Style::Auto if is_amazon && is_label && !is_address && endpoint.port().is_none() => Style::Host,
            Style::Auto => Style::Path,
            given => given,
        })
    }

    /// Host and port, cut out of the text so that even an address that can't be used has a name. What stands
    /// before an @ may be a password.
    fn host(&self) -> &str {
        let endpoint = self.endpoint.trim();
        let host = endpoint.split_once("://").map_or(endpoint, |(_, rest)| rest);
        let host = host.split(['/', '?', '#']).next().unwrap_or_default();
        host.rsplit('@').next().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::Location;

    fn location(value: Value) -> Location {
        serde_json::from_value(value).unwrap()
    }

    fn server(endpoint: &str, bucket: &str, prefix: &str, key: &str) -> Location {
        location(json!({
            "kind": "s3", "endpoint": endpoint, "bucket": bucket, "prefix": prefix, "access_key_id": key,
        }))
    }

    #[test]
    fn a_place_is_the_same_whatever_opens_it_and_however_it_is_written() {
        let place = server("https://s3.example.org", "course", "amina", "AK1");
        for same in [
            server("s3.example.org", "course", "amina", "AK2"),
            server(" HTTPS://S3.Example.org/ ", "course", "/amina/", "AK1"),
        ] {
            assert!(place.is_same_place(&same), "{same:?}");
        }
        for other in [
            server("http://s3.example.org", "course", "amina", "AK1"),
            server("https://s3.example.org", "Course", "amina", "AK1"),
            server("https://s3.example.org", "course", "", "AK1"),
            location(json!({"kind": "folder", "path": "/course", "prefix": "amina"})),
        ] {
            assert!(!place.is_same_place(&other), "{other:?}");
        }
    }

    #[test]
    fn a_folder_is_the_same_by_any_path_while_it_is_there_and_by_its_name_while_it_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let at = |path: &std::path::Path, prefix: &str| {
            location(json!({"kind": "folder", "path": path, "prefix": prefix}))
        };
        let place = at(folder.path(), "");
        assert!(place.is_same_place(&at(&folder.path().join("."), "/")));
        assert!(!place.is_same_place(&at(folder.path(), "course")));
        assert!(!place.is_same_place(&at(folder.path().parent().unwrap(), "")));
        let path = folder.path().to_owned();
        drop(folder);
        assert!(place.is_same_place(&at(&path, "")));
    }
}
