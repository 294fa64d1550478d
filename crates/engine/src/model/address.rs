//! The address of a model server: what people paste, in one spelling.

use reqwest::Url;

use crate::http::is_loopback;

/// The base of all requests, without a slash at its end: `http://localhost:11434/v1`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address(Url);

impl Address {
    /// With or without `/v1`, with or without the address of a request behind it. Without http:// or https:// it is
    /// http on this computer and https elsewhere. Says why it is none.
    pub fn parse(text: &str) -> Result<Address, &'static str> {
        let text = text.trim();
        let url: Url = match text.contains("://") {
            true => text.parse(),
            false => format!("http://{text}").parse(),
        }
        .map_err(|_| "it is none")?;
        if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none_or(str::is_empty) {
            return Err("it begins neither with http:// nor with https://");
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err("it holds a name or a password; a key is given separately");
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err("it has a ? or a # in it");
        }
        let mut url = url;
        if !text.contains("://") && !is_loopback(&url) {
            // Only a scheme that is no web address's could be refused here.
            url.set_scheme("https").map_err(|()| "it is none")?;
        }
        let mut path = url.path().trim_end_matches('/');
        for request in ["/chat/completions", "/completions", "/models"] {
            path = path.strip_suffix(request).unwrap_or(path).trim_end_matches('/');
        }
        let path = if path.split('/').any(is_version) { path.to_owned() } else { format!("{path}/v1") };
        url.set_path(&path);
        Ok(Address(url))
    }

    /// Of a request below it.
    pub(super) fn join(&self, request: &str) -> Url {
        let mut url = self.0.clone();
        url.set_path(&format!("{}/{request}", self.0.path()));
        url
    }

    pub(super) fn url(&self) -> &Url {
        &self.0
    }

    /// Host, and port where it is not the usual one.
    pub fn host(&self) -> String {
        let host = self.0.host_str().unwrap_or_default();
        self.0.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
    }

    pub fn is_this_computer(&self) -> bool {
        is_loopback(&self.0)
    }

    /// Whoever listens on the way reads what is sent.
    pub fn can_be_overheard(&self) -> bool {
        self.0.scheme() == "http" && !self.is_this_computer()
    }

    /// Whether a key that was given for one may be sent to the other.
    pub fn is_same_server(&self, other: &Address) -> bool {
        self.0.origin() == other.0.origin()
    }
}

impl std::fmt::Display for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.as_str().fmt(f)
    }
}

/// `v1`, `v1beta`.
fn is_version(segment: &str) -> bool {
    segment.strip_prefix('v').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::Address;

    #[test]
    fn what_people_paste_leads_to_one_address() {
        for pasted in [
            "http://localhost:11434",
            "localhost:11434",
            " http://localhost:11434/ ",
            "http://localhost:11434/v1",
            "http://localhost:11434/v1/",
            "http://localhost:11434/v1/chat/completions",
            "http://localhost:11434/v1/models",
        ] {
            assert_eq!(Address::parse(pasted).unwrap().to_string(), "http://localhost:11434/v1", "{pasted}");
        }
        for (pasted, address) in [
            ("api.example.org", "https://api.example.org/v1"),
            ("http://192.168.1.5:8000", "http://192.168.1.5:8000/v1"),
            ("https://example.org/openai", "https://example.org/openai/v1"),
            ("https://example.org/v1beta/openai/", "https://example.org/v1beta/openai"),
            ("[::1]:8080", "http://[::1]:8080/v1"),
        ] {
            let parsed = Address::parse(pasted).unwrap();
            assert_eq!(parsed.to_string(), address);
            assert_eq!(Address::parse(address), Ok(parsed));
        }
    }

    #[test]
    fn an_address_with_a_secret_or_a_question_in_it_is_refused() {
        for pasted in [
            "",
            "ftp://example.org",
            "file:///etc/passwd",
            "http://",
            "https://me:secret@example.org",
            "https://example.org/?key=x",
            "https://example.org/#x",
        ] {
            assert!(Address::parse(pasted).is_err(), "{pasted}");
        }
    }

    #[test]
    fn a_key_goes_to_its_own_server_alone_and_only_a_foreign_http_can_be_overheard() {
        let parsed = |text| Address::parse(text).unwrap();
        let own = parsed("https://example.org/v1");
        assert!(own.is_same_server(&parsed("https://example.org:443/other")));
        for other in ["http://example.org", "https://example.org:8443", "https://example.org.evil.net"] {
            assert!(!own.is_same_server(&parsed(other)), "{other}");
        }
        assert!(parsed("http://example.org").can_be_overheard());
        assert!(!own.can_be_overheard() && !parsed("http://127.0.0.1:1").can_be_overheard());
    }
}
