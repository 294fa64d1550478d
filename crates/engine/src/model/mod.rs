//! A model server: anything that speaks the OpenAI protocol of chat completions, one on this computer first.
//!
//! What it guarantees:
//! - **Nothing is contacted unasked.** A [`ModelServer`] makes a request only when one of its two methods is called.
//! - **An answer is whole or an error**: one that was cut short, garbled or endless is never given out as a text. Whether
//!   a whole one is any good is for `primer_domain::rewrite` to say.
//! - **Nothing waits for ever**: connecting, the beginning of an answer, its next sign of life and the whole of it each
//!   have a limit, and so has its length.
//! - **The key goes to its server and nowhere else**: not into `Debug`, an error, a name or a text that comes back; not
//!   to another host, for redirects are not followed.
//!
//! It neither waits nor tries again, but once where a connection that was kept open turns out to have been closed, or
//! where the server wants the longest answer told by another name: `retry_after` tells the caller how long a server wants to be left alone.

mod address;
mod faults;
mod find;
mod setting;
mod stream;

use std::future::Future;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use primer_domain::rewrite::Message;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use reqwest::{Client, Response};
use serde::Deserialize;
use serde_json::json;
use tokio::time::timeout;

pub use address::Address;
pub use faults::{ModelError, ModelFault};
pub use find::{Found, USUAL_PORTS, find_servers};
pub use setting::{CHAPTERS_PER_MINUTE_DEFAULT, CONTEXT_TOKENS_DEFAULT, ModelSetting};
pub use stream::{Completion, Tokens};

use crate::http::{self, Way, retry_after};
use crate::secrets::Secret;
use faults::{Asked, Said};
use stream::{Odd, Stream};

/// A server that lists more has something else to say.
const MODELS_MAX_BYTES: usize = 4 << 20;
const REFUSAL_MAX_BYTES: usize = 64 << 10;

/// What streaming puts around each token.
const STREAMED_BYTES_PER_BYTE: usize = 64;

/// Of the longest answer that is wanted, in tokens.
const OLD_NAME: &str = "max_tokens";
const NEW_NAME: &str = "max_completion_tokens";

const DETAIL_MAX_CHARS: usize = 200;
const NAME_MAX_CHARS: usize = 200;

/// So that a section said twice reads about the same.
const TEMPERATURE: f64 = 0.3;

/// How long to wait, by the network's own time.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// For a connection.
    pub connect: Duration,
    /// For the beginning of an answer: a server may have to load its model first, and then reads what it was sent.
    pub beginning: Duration,
    /// For the next bytes.
    pub progress: Duration,
    /// For the whole answer.
    pub whole: Duration,
    /// The longest that a busy server is waited for when it asks to.
    pub busy_max: Duration,
    /// How long it is left alone when it does not say.
    pub busy: Duration,
}

impl Default for Patience {
    fn default() -> Patience {
        Patience {
            connect: Duration::from_secs(10),
            beginning: Duration::from_secs(300),
            progress: Duration::from_secs(60),
            whole: Duration::from_secs(1800),
            busy_max: Duration::from_secs(120),
            busy: Duration::from_secs(10),
        }
    }
}

/// What is asked for.
pub struct Question<'a> {
    pub model: &'a str,
    pub messages: &'a [Message],
    pub max_tokens: u32,
    /// A longer text is not waited for.
    pub text_max_bytes: usize,
}

pub struct ModelServer {
    client: Client,
    address: Address,
    key: Option<Secret>,
    patience: Patience,
    /// By which name it wants to be told the longest answer: the newer one, once it has asked for that.
    wants_new_name: AtomicBool,
}

impl ModelServer {
    /// Makes no request.
    pub fn connect(
        address: Address,
        key: Option<Secret>,
        patience: Patience,
    ) -> Result<ModelServer, ModelError> {
        let way = Way { endpoint: address.url(), connect: patience.connect, ca_file: None, proxy: None };
        let client = http::client(&way).map_err(|(detail, _)| ModelError {
            fault: ModelFault::BadAddress,
            host: address.host(),
            model: String::new(),
            detail,
            retry_after: None,
        })?;
        Ok(ModelServer { client, address, key, patience, wants_new_name: AtomicBool::new(false) })
    }

    /// The names of its models, in their order.
    pub async fn models(&self) -> Result<Vec<String>, ModelError> {
        #[derive(Deserialize)]
        struct Listed {
            data: Vec<Model>,
        }
        #[derive(Deserialize)]
        struct Model {
            id: String,
        }
        let request = || self.client.get(self.address.join("models"));
        let asking = async {
            let mut response = self.send(request, Asked::Models, "").await?;
            let mut body = Vec::new();
            while let Some(bytes) = self.within(self.patience.progress, response.chunk()).await? {
                body.extend_from_slice(&bytes);
                if body.len() > MODELS_MAX_BYTES {
                    return Err(self.error(ModelFault::NotModelServer));
                }
            }
            let listed: Listed =
                serde_json::from_slice(&body).map_err(|_| self.error(ModelFault::NotModelServer))?;
            let mut names: Vec<String> =
                listed.data.iter().map(|model| self.shown(&model.id, NAME_MAX_CHARS)).collect();
            names.sort();
            names.dedup();
            Ok(names)
        };
        self.in_time(asking).await
    }

    /// A whole answer; `on_text` is told its text as it comes.
    pub async fn complete(
        &self,
        question: &Question<'_>,
        mut on_text: impl FnMut(&str),
    ) -> Result<Completion, ModelError> {
        let named = |error: ModelError| ModelError { model: question.model.to_owned(), ..error };
        let asking = async {
            let mut response = self.send_question(question).await?;
            let mut stream = Stream::default();
            let mut came_bytes = 0;
            let came_max_bytes = question.text_max_bytes.saturating_mul(STREAMED_BYTES_PER_BYTE);
            while !stream.is_done() {
                let bytes = match self.within(self.patience.progress, response.chunk()).await {
                    Ok(Some(bytes)) => bytes,
                    Ok(None) => break,
                    // What a server says after the end of the text is worth having, not worth failing for.
                    Err(_) if stream.is_finished() => break,
                    Err(error) => return Err(error),
                };
                came_bytes += bytes.len();
                stream.take(&bytes, &mut on_text).map_err(|odd| self.odd(odd))?;
                if stream.text_len_bytes() > question.text_max_bytes || came_bytes > came_max_bytes {
                    return Err(self.error(ModelFault::AnswerTooLong));
                }
            }
            let completion = stream.end(&mut on_text).map_err(|odd| self.odd(odd))?;
            if completion.text.len() > question.text_max_bytes {
                return Err(self.error(ModelFault::AnswerTooLong));
            }
            Ok(Completion { text: self.without_key(&completion.text), ..completion })
        };
        self.in_time(asking).await.map_err(named)
    }

    /// Some servers take only the newer of two names for the longest answer, and say so.
    async fn send_question(&self, question: &Question<'_>) -> Result<Response, ModelError> {
        let ask = |longest: &'static str| {
            let body = json!({
                "model": question.model,
                "messages": question.messages,
                "temperature": TEMPERATURE,
                longest: question.max_tokens,
                "stream": true,
                "stream_options": {"include_usage": true},
            })
            .to_string();
            let request = move || {
                let request = self.client.post(self.address.join("chat/completions"));
                request.header(CONTENT_TYPE, "application/json").body(body.clone())
            };
            self.send(request, Asked::Answer, question.model)
        };
        if self.wants_new_name.load(Ordering::Relaxed) {
            return ask(NEW_NAME).await;
        }
        match ask(OLD_NAME).await {
            Err(error) if error.fault == ModelFault::Unexpected && error.detail.contains(NEW_NAME) => {
                self.wants_new_name.store(true, Ordering::Relaxed);
                ask(NEW_NAME).await
            }
            sent => sent,
        }
    }

    async fn send(
        &self,
        request: impl Fn() -> reqwest::RequestBuilder,
        asked: Asked,
        model: &str,
    ) -> Result<Response, ModelError> {
        let once = || async {
            let mut request = request();
            if let Some(key) = &self.key {
                let mut value = HeaderValue::from_str(&format!("Bearer {}", key.expose()))
                    .map_err(|_| self.error(ModelFault::WrongKey))?;
                value.set_sensitive(true);
                request = request.header(AUTHORIZATION, value);
            }
            self.within(self.patience.connect + self.patience.beginning, request.send()).await
        };
        let response = match once().await {
            Err(error) if error.fault == ModelFault::CutShort => once().await?,
            sent => sent?,
        };
        if response.status().is_success() {
            return Ok(response);
        }
        Err(ModelError { model: model.to_owned(), ..self.refused(response, asked).await })
    }

    /// What an answer that is no success means.
    async fn refused(&self, mut response: Response, asked: Asked) -> ModelError {
        let status = response.status().as_u16();
        let retry_after = retry_after(response.headers());
        let mut body = Vec::new();
        let reading = async {
            while let Ok(Some(bytes)) = response.chunk().await
                && body.len() < REFUSAL_MAX_BYTES
            {
                body.extend_from_slice(&bytes);
            }
        };
        // As much as comes: the status says most already.
        let (Ok(()) | Err(_)) = timeout(self.patience.progress, reading).await;
        let said = stream::said(&body);
        let fault = faults::of_status(status, said.as_ref(), asked);
        let detail = said.map_or_else(|| format!("HTTP status {status}"), |said| said.message);
        ModelError { detail: self.shown(&detail, DETAIL_MAX_CHARS), retry_after, ..self.error(fault) }
    }

    fn odd(&self, odd: Odd) -> ModelError {
        match odd {
            Odd::OtherLanguage => self.error(ModelFault::NotModelServer),
            Odd::CutShort => self.error(ModelFault::CutShort),
            Odd::Failed(said) => self.failed(&said),
        }
    }

    fn failed(&self, said: &Said) -> ModelError {
        let fault = faults::of_words(said).unwrap_or(ModelFault::ServerFailed);
        ModelError { detail: self.shown(&said.message, DETAIL_MAX_CHARS), ..self.error(fault) }
    }

    async fn in_time<T>(&self, work: impl Future<Output = Result<T, ModelError>>) -> Result<T, ModelError> {
        timeout(self.patience.whole, work).await.unwrap_or_else(|_| Err(self.error(ModelFault::TimedOut)))
    }

    async fn within<T>(
        &self,
        limit: Duration,
        work: impl Future<Output = Result<T, reqwest::Error>>,
    ) -> Result<T, ModelError> {
        match timeout(limit, work).await {
            Ok(done) => done.map_err(|error| self.error(faults::of_network(http::failure_of(&error)))),
            Err(_) => Err(self.error(ModelFault::TimedOut)),
        }
    }

    fn error(&self, fault: ModelFault) -> ModelError {
        ModelError {
            fault,
            host: self.address.host(),
            model: String::new(),
            detail: String::new(),
            retry_after: None,
        }
    }

    /// In one line and not too long.
    fn shown(&self, text: &str, chars_max: usize) -> String {
        let text = self.without_key(text);
        text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(chars_max).collect()
    }

    /// A server that knows the key could say it back.
    fn without_key(&self, text: &str) -> String {
        match &self.key {
            Some(key) if text.contains(key.expose()) => text.replace(key.expose(), "…"),
            _ => text.to_owned(),
        }
    }
}
