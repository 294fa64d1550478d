//! The one table from what a model server or the way to it says to what a person is told: every error code, HTTP status
//! and failure of the network leads to one `ModelFault`, and every fault to a code, a sentence on what is wrong and a
//! sentence on what to do.
//!
//! The sentences name the server and the model; they never hold a key.

use std::time::Duration;

use thiserror::Error;

use crate::http::NetworkFailure;
use crate::remote::Words;

/// What is wrong, from a closed set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ModelFault {
    Unreachable,
    TimedOut,
    CertificateNotTrusted,
    /// Something answers that does not speak the protocol: a page of a web server or of a hotel's network.
    NotModelServer,
    WrongKey,
    NoSuchModel,
    NoCredit,
    RateLimited,
    ServerFailed,
    /// What was sent is more than the server takes for this model.
    ContextTooSmall,
    /// Longer than any text that could be used.
    AnswerTooLong,
    /// The connection was closed before the answer was complete.
    CutShort,
    BadAddress,
    Unexpected,
}

/// What was asked of the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    Models,
    Answer,
}

/// What a server says of an error, in its own words.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Said {
    pub code: String,
    pub message: String,
}

#[derive(Debug, Clone, Error)]
#[error("{}", self.words().sentence)]
pub struct ModelError {
    pub fault: ModelFault,
    /// Host and port.
    pub host: String,
    pub model: String,
    /// What the other side said, without the key; shown where no sentence of ours says it better. May be empty.
    pub detail: String,
    /// The server asked for at least so much time before the next request.
    pub retry_after: Option<Duration>,
}

/// The codes and types by which servers name their errors.
const CODES: &[(&str, ModelFault)] = &[
    ("model_not_found", ModelFault::NoSuchModel),
    ("invalid_api_key", ModelFault::WrongKey),
    ("authentication_error", ModelFault::WrongKey),
    ("insufficient_quota", ModelFault::NoCredit),
    ("rate_limit_exceeded", ModelFault::RateLimited),
    ("rate_limit_error", ModelFault::RateLimited),
    ("overloaded_error", ModelFault::ServerFailed),
    ("context_length_exceeded", ModelFault::ContextTooSmall),
    ("exceed_context_size_error", ModelFault::ContextTooSmall),
];

/// Servers without codes tell by their words; all of a row must be there.
const MESSAGES: &[(&[&str], ModelFault)] = &[
    (&["model", "not found"], ModelFault::NoSuchModel),
    (&["model", "does not exist"], ModelFault::NoSuchModel),
    (&["context", "exceed"], ModelFault::ContextTooSmall),
    (&["maximum context"], ModelFault::ContextTooSmall),
    (&["context", "too long"], ModelFault::ContextTooSmall),
];

/// None for words that are in no row; the HTTP status decides then.
pub fn of_words(said: &Said) -> Option<ModelFault> {
    let message = said.message.to_lowercase();
    let by_code = CODES.iter().find(|(code, _)| *code == said.code).map(|row| row.1);
    by_code.or_else(|| {
        let row = MESSAGES.iter().find(|(parts, _)| parts.iter().all(|part| message.contains(part)));
        row.map(|row| row.1)
    })
}

/// For an answer that is no success. `said`: what it says where it speaks the protocol at all.
pub fn of_status(status: u16, said: Option<&Said>, asked: Asked) -> ModelFault {
    if status < 500 && status != 429 && status != 401 {
        match said {
            Some(said) => {
                if let Some(fault) = of_words(said) {
                    return fault;
                }
            }
            // A page for people: of a proxy, a sign-in, another kind of server.
            None if !matches!(status, 402 | 408 | 413) => return ModelFault::NotModelServer,
            None => {}
        }
    }
    match (status, asked) {
        (401 | 403, _) => ModelFault::WrongKey,
        (402, _) => ModelFault::NoCredit,
        (404, Asked::Answer) => ModelFault::NoSuchModel,
        (408, _) => ModelFault::TimedOut,
        (413, _) => ModelFault::ContextTooSmall,
        (429, _) if said.and_then(of_words) == Some(ModelFault::NoCredit) => ModelFault::NoCredit,
        (429, _) => ModelFault::RateLimited,
        (500..=599, _) => said.and_then(of_words).unwrap_or(ModelFault::ServerFailed),
        (100..=399 | 404 | 405 | 407 | 410, _) => ModelFault::NotModelServer,
        _ => ModelFault::Unexpected,
    }
}

pub fn of_network(failure: NetworkFailure) -> ModelFault {
    match failure {
        NetworkFailure::NotReached => ModelFault::Unreachable,
        NetworkFailure::Slow => ModelFault::TimedOut,
        NetworkFailure::Certificate => ModelFault::CertificateNotTrusted,
        NetworkFailure::OtherLanguage => ModelFault::NotModelServer,
        NetworkFailure::CutShort => ModelFault::CutShort,
    }
}

impl ModelFault {
    pub fn code(self) -> &'static str {
        match self {
            ModelFault::Unreachable => "unreachable",
            ModelFault::TimedOut => "timed_out",
            ModelFault::CertificateNotTrusted => "certificate_not_trusted",
            ModelFault::NotModelServer => "not_model_server",
            ModelFault::WrongKey => "wrong_key",
            ModelFault::NoSuchModel => "no_such_model",
            ModelFault::NoCredit => "no_credit",
            ModelFault::RateLimited => "rate_limited",
            ModelFault::ServerFailed => "server_failed",
            ModelFault::ContextTooSmall => "context_too_small",
            ModelFault::AnswerTooLong => "answer_too_long",
            ModelFault::CutShort => "cut_short",
            ModelFault::BadAddress => "bad_address",
            ModelFault::Unexpected => "unexpected",
        }
    }
}

impl ModelError {
    /// What a person is told about it.
    pub fn words(&self) -> Words {
        let ModelError { fault, host, model, detail, retry_after } = self;
        let (sentence, next_step) = match fault {
            ModelFault::Unreachable => (
                format!("The model server {host} could not be reached."),
                "Start it, or check its address and the connection; reading goes on without it.".to_owned(),
            ),
            ModelFault::TimedOut => (
                format!("The model server {host} took too long to answer."),
                "Try again once it is less busy, or choose a smaller model.".to_owned(),
            ),
            ModelFault::CertificateNotTrusted => (
                format!("The model server {host} shows a certificate that this computer does not trust."),
                "Check its address and this computer's date, and don't use a network that you don't trust."
                    .to_owned(),
            ),
            ModelFault::NotModelServer => (
                format!("What answers at {host} is not a model server."),
                "Check the address, http or https and the port; if the network has a sign-in page, sign in."
                    .to_owned(),
            ),
            ModelFault::WrongKey => (
                format!("The model server {host} does not accept the key, or wants one."),
                "Copy the key again from where you got it, and set the model with it.".to_owned(),
            ),
            ModelFault::NoSuchModel => (
                format!("The model server {host} has no model “{model}”."),
                "Choose one of those that “primer model list” shows.".to_owned(),
            ),
            ModelFault::NoCredit => (
                format!("The account at {host} has no credit left."),
                "Add some there, or set another model server.".to_owned(),
            ),
            ModelFault::RateLimited => (
                match retry_after {
                    Some(wait) => {
                        format!("The model server {host} asks to wait {} seconds.", wait.as_secs().max(1))
                    }
                    None => format!("The model server {host} takes no more requests just now."),
                },
                "Try again after that.".to_owned(),
            ),
            ModelFault::ServerFailed => (
                format!("The model server {host} reports a fault of its own{}.", quoted(detail)),
                "Try again; if it stays, look at the server's own messages.".to_owned(),
            ),
            ModelFault::ContextTooSmall => (
                format!("The model “{model}” takes less text at once than is set."),
                "Set the model with a smaller --context, or give it a larger context on the server."
                    .to_owned(),
            ),
            ModelFault::AnswerTooLong => (
                format!("The model server {host} gave an answer that does not end."),
                "Choose another model.".to_owned(),
            ),
            ModelFault::CutShort => (
                format!("What came from the model server {host} was cut short or damaged on the way."),
                "Try again.".to_owned(),
            ),
            ModelFault::BadAddress => (
                format!("The settings for the model server can't be used: {detail}."),
                "Change that, and set the model again.".to_owned(),
            ),
            ModelFault::Unexpected => (
                format!(
                    "The model server {host} gave an answer that Primer does not understand{}.",
                    quoted(detail)
                ),
                "Try again; if it stays, report this sentence.".to_owned(),
            ),
        };
        Words { code: fault.code(), sentence, next_step }
    }
}

fn quoted(detail: &str) -> String {
    let detail = detail.trim();
    if detail.is_empty() { String::new() } else { format!(": “{detail}”") }
}

#[cfg(test)]
mod tests {
    use super::{Asked, ModelFault, Said, of_status};

    fn said(code: &str, message: &str) -> Said {
        Said { code: code.to_owned(), message: message.to_owned() }
    }

    #[test]
    fn every_answer_that_is_no_success_leads_to_one_fault() {
        let anything = said("", "something");
        let unknown = said("", "model \"x\" not found, try pulling it first");
        for (status, words, asked, fault) in [
            (401, None, Asked::Models, ModelFault::WrongKey),
            (403, Some(&anything), Asked::Answer, ModelFault::WrongKey),
            (403, None, Asked::Answer, ModelFault::NotModelServer),
            (404, Some(&unknown), Asked::Answer, ModelFault::NoSuchModel),
            (404, Some(&anything), Asked::Answer, ModelFault::NoSuchModel),
            (404, Some(&anything), Asked::Models, ModelFault::NotModelServer),
            (404, None, Asked::Answer, ModelFault::NotModelServer),
            (400, Some(&said("model_not_found", "")), Asked::Answer, ModelFault::NoSuchModel),
            (400, Some(&said("context_length_exceeded", "")), Asked::Answer, ModelFault::ContextTooSmall),
            (400, Some(&anything), Asked::Answer, ModelFault::Unexpected),
            (402, None, Asked::Answer, ModelFault::NoCredit),
            (408, Some(&anything), Asked::Answer, ModelFault::TimedOut),
            (413, Some(&anything), Asked::Answer, ModelFault::ContextTooSmall),
            (429, None, Asked::Answer, ModelFault::RateLimited),
            (429, Some(&said("insufficient_quota", "")), Asked::Answer, ModelFault::NoCredit),
            (500, Some(&anything), Asked::Answer, ModelFault::ServerFailed),
            (503, None, Asked::Answer, ModelFault::ServerFailed),
            (302, None, Asked::Answer, ModelFault::NotModelServer),
            (407, Some(&anything), Asked::Answer, ModelFault::NotModelServer),
        ] {
            assert_eq!(of_status(status, words, asked), fault, "{status} {words:?}");
        }
    }
}
