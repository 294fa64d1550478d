//! An answer as it comes: server-sent events of the chat-completions protocol, or one JSON object from a server that
//! does not stream.
//!
//! Bytes go in as the network cuts them. Nothing is taken for an answer that did not come to its end: the server's own
//! last word, or a reason why the model stopped.

use serde::Deserialize;
use serde_json::Value;

use super::faults::Said;

/// How many tokens a server counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tokens {
    pub prompt: u64,
    pub completion: u64,
}

/// A model's whole answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Completion {
    pub text: String,
    /// As the server gave it; none if it gave none.
    pub finish_reason: Option<String>,
    /// None if the server does not tell.
    pub tokens: Option<Tokens>,
}

/// Why what comes is no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Odd {
    /// It never spoke the protocol.
    OtherLanguage,
    /// It did, and then no more, or ended too early.
    CutShort,
    /// The server says that it failed.
    Failed(Said),
}

#[derive(Default)]
pub struct Stream {
    form: Form,
    /// What has come of the present line, or of the whole.
    pending: Vec<u8>,
    text: String,
    finish_reason: Option<String>,
    tokens: Option<Tokens>,
    /// Whether anything was part of an answer.
    speaks: bool,
    done: bool,
}

#[derive(Default, PartialEq)]
enum Form {
    #[default]
    Unknown,
    Events,
    Whole,
}

#[derive(Deserialize)]
struct Chunk {
    choices: Option<Vec<Choice>>,
    usage: Option<Usage>,
    error: Option<Value>,
}

#[derive(Deserialize)]
struct Choice {
    delta: Option<Part>,
    message: Option<Part>,
    finish_reason: Option<String>,
}

#[derive(Deserialize)]
struct Part {
    content: Option<String>,
}

#[derive(Deserialize)]
struct Usage {
    prompt_tokens: Option<u64>,
    completion_tokens: Option<u64>,
}

impl Stream {
    /// Takes the next bytes; `on_text` is told what they add to the text.
    pub fn take(&mut self, bytes: &[u8], mut on_text: impl FnMut(&str)) -> Result<(), Odd> {
        self.pending.extend_from_slice(bytes);
        if self.form == Form::Unknown {
            let start = self.pending.trim_ascii_start();
            self.form = match start.first() {
                None => return Ok(()),
                Some(b'{') => Form::Whole,
                Some(b'<' | b'[' | b'"') => return Err(Odd::OtherLanguage),
                Some(_) => Form::Events,
            };
        }
        while self.form == Form::Events
            && !self.done
            && let Some(end) = self.pending.iter().position(|byte| *byte == b'\n')
        {
            let line: Vec<u8> = self.pending.drain(..=end).collect();
            self.take_line(&line, &mut on_text)?;
        }
        Ok(())
    }

    fn take_line(&mut self, line: &[u8], on_text: &mut impl FnMut(&str)) -> Result<(), Odd> {
        let line = std::str::from_utf8(line).map_err(|_| self.odd())?.trim();
        let Some((field, data)) = line.split_once(':') else {
            // A field without a value is of no account; a word that is none is no event.
            return if line.is_empty() || self.speaks { Ok(()) } else { Err(Odd::OtherLanguage) };
        };
        match (field, data.trim()) {
            ("data", "[DONE]") => {
                self.done = true;
                Ok(())
            }
            ("data", "") => Ok(()),
            ("data", json) => self.take_json(json.as_bytes(), on_text),
            // Comments that keep the line open, names of events.
            ("" | "event" | "id" | "retry", _) => Ok(()),
            _ => Err(self.odd()),
        }
    }

    fn take_json(&mut self, json: &[u8], on_text: &mut impl FnMut(&str)) -> Result<(), Odd> {
        let chunk: Chunk = serde_json::from_slice(json).map_err(|_| self.odd())?;
        if let Some(error) = chunk.error.filter(|error| !error.is_null()) {
            return Err(Odd::Failed(said_of(&error)));
        }
        if let Some(Usage { prompt_tokens: Some(prompt), completion_tokens: Some(completion) }) = chunk.usage
        {
            self.tokens = Some(Tokens { prompt, completion });
        }
        let Some(choices) = chunk.choices else { return Ok(()) };
        self.speaks = true;
        if let Some(choice) = choices.into_iter().next() {
            if let Some(text) = choice.delta.or(choice.message).and_then(|part| part.content) {
                on_text(&text);
                self.text.push_str(&text);
            }
            self.finish_reason = choice.finish_reason.or(self.finish_reason.take());
        }
        Ok(())
    }

    fn odd(&self) -> Odd {
        if self.speaks { Odd::CutShort } else { Odd::OtherLanguage }
    }

    pub fn text_len_bytes(&self) -> usize {
        // Of one that comes as a whole the text is not known before its end.
        self.text.len()
    }

    /// The server has said its last word; what comes after it is of no account.
    pub fn is_done(&self) -> bool {
        self.done
    }

    /// The model gave a reason why it stopped, so no more of its text is to come.
    pub fn is_finished(&self) -> bool {
        self.done || self.finish_reason.is_some()
    }

    /// When nothing more comes.
    pub fn end(mut self, mut on_text: impl FnMut(&str)) -> Result<Completion, Odd> {
        let rest = std::mem::take(&mut self.pending);
        match self.form {
            Form::Whole => {
                self.take_json(&rest, &mut on_text)?;
                self.done = true;
            }
            // The last line may have no end.
            Form::Events if !self.done => self.take_line(&rest, &mut on_text)?,
            Form::Events | Form::Unknown => {}
        }
        if !self.speaks {
            return Err(Odd::OtherLanguage);
        }
        if !self.is_finished() {
            return Err(Odd::CutShort);
        }
        Ok(Completion { text: self.text, finish_reason: self.finish_reason, tokens: self.tokens })
    }
}

/// What a refusal says, where it is one of this protocol: `{"error": {"message", "code"}}`, `{"error": "…"}`, and what
/// else there is.
pub fn said(body: &[u8]) -> Option<Said> {
    let body: Value = serde_json::from_slice(body).ok()?;
    let fields = body.as_object()?;
    let error = ["error", "detail", "message"].iter().find_map(|name| fields.get(*name))?;
    Some(said_of(error))
}

fn said_of(error: &Value) -> Said {
    let text = |value: Option<&Value>| match value {
        Some(Value::String(text)) => Some(text.clone()),
        Some(Value::Number(number)) => Some(number.to_string()),
        _ => None,
    };
    match error {
        Value::Object(fields) => Said {
            code: text(fields.get("code")).or_else(|| text(fields.get("type"))).unwrap_or_default(),
            message: text(fields.get("message")).unwrap_or_default(),
        },
        other => Said { code: String::new(), message: text(Some(other)).unwrap_or_default() },
    }
}

#[cfg(test)]
mod tests {
    use super::{Completion, Odd, Stream, Tokens, said};

    fn read(bytes: &[u8], step: usize) -> Result<(Completion, String), Odd> {
        let mut stream = Stream::default();
        let mut shown = String::new();
        for part in bytes.chunks(step) {
            stream.take(part, |text| shown.push_str(text))?;
        }
        let completion = stream.end(|text| shown.push_str(text))?;
        Ok((completion, shown))
    }

    const STREAMED: &str = ": hello\r\n\r\nevent: x\ndata: {\"choices\":[{\"delta\":{\"role\":\"assistant\",\"content\":null}}]}\n\n\
        data: {\"choices\":[{\"delta\":{\"content\":\"Grüße, \"}}]}\n\ndata: {\"choices\":[{\"delta\":{\"content\":\"⟦1⟧\"}}]}\r\n\r\n\
        data:{\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n\
        data: {\"choices\":[],\"usage\":{\"prompt_tokens\":7,\"completion_tokens\":3}}\n\ndata: [DONE]\n\nrubbish";

    #[test]
    fn an_answer_is_the_same_however_the_network_cuts_it() {
        for step in [1, 2, 3, 7, 100, 10_000] {
            let (completion, shown) = read(STREAMED.as_bytes(), step).unwrap();
            assert_eq!(shown, "Grüße, ⟦1⟧");
            assert_eq!(completion.text, shown);
            assert_eq!(completion.finish_reason.as_deref(), Some("stop"));
            assert_eq!(completion.tokens, Some(Tokens { prompt: 7, completion: 3 }));
        }
    }

    #[test]
    fn a_server_that_does_not_stream_is_understood_too() {
        let whole =
            "\n {\"choices\": [{\"message\": {\"content\": \"All of it.\"}, \"finish_reason\": \"stop\"}]}";
        let (completion, shown) = read(whole.as_bytes(), 5).unwrap();
        assert_eq!((completion.text.as_str(), shown.as_str()), ("All of it.", "All of it."));
        assert_eq!(completion.tokens, None);
    }

    #[test]
    fn what_ends_too_early_is_no_answer() {
        let beginning = "data: {\"choices\":[{\"delta\":{\"content\":\"Half\"}}]}\n\n";
        assert_eq!(read(beginning.as_bytes(), 9), Err(Odd::CutShort));
        assert_eq!(read(format!("{beginning}data: {{\"cho").as_bytes(), 9), Err(Odd::CutShort));
        assert_eq!(read(format!("{beginning}<html>").as_bytes(), 9), Err(Odd::CutShort));
        // Whether a model that gave no reason came to its end is for the guard to say.
        let (completion, _) = read(format!("{beginning}data: [DONE]\n").as_bytes(), 9).unwrap();
        assert_eq!(completion.finish_reason, None);
    }

    #[test]
    fn what_is_something_else_is_told_apart() {
        for other in
            ["", "<!doctype html>", "[]", "\"x\"", "hello\n", "{}", "{\"cho", "data: {}\n\ndata: [DONE]\n"]
        {
            assert_eq!(read(other.as_bytes(), 3), Err(Odd::OtherLanguage), "{other}");
        }
        for (error, message) in [
            ("data: {\"error\":{\"message\":\"out of memory\",\"code\":500}}\n", "out of memory"),
            ("{\"error\":\"out of memory\"}", "out of memory"),
        ] {
            let Err(Odd::Failed(said)) = read(error.as_bytes(), 4) else { panic!("{error}") };
            assert_eq!(said.message, message);
        }
    }

    #[test]
    fn what_servers_say_of_an_error_is_found() {
        for (body, code, message) in [
            ("{\"error\":{\"message\":\"m\",\"type\":\"t\",\"code\":\"c\"}}", "c", "m"),
            ("{\"error\":{\"message\":\"m\",\"type\":\"t\",\"code\":null}}", "t", "m"),
            ("{\"error\":\"m\"}", "", "m"),
            ("{\"detail\":\"m\"}", "", "m"),
        ] {
            let said = said(body.as_bytes()).unwrap();
            assert_eq!((said.code.as_str(), said.message.as_str()), (code, message));
        }
        assert_eq!(said(b"<html>"), None);
        assert_eq!(said(b"{}"), None);
    }
}
