//! Asking a model for the sections of a chapter, one after the other.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use primer_domain::rewrite::{Answer, Outcome, Refusal, Rewriting, Section};
use primer_domain::timestamp::Timestamp;
use tokio::time::sleep;

use super::{CHARS_PER_TOKEN, Manner, RewriteError, Step};
use crate::env::Env;
use crate::model::{Completion, ModelError, ModelFault, ModelServer, ModelSetting, Question};
use crate::network::runtime;

/// The longest answer that the guard lets through has so many hundredths of what was sent.
const LONGEST_PERCENT: usize = 160;

/// For what a model may think aloud before it answers, and for short sections.
const SPARE_TOKENS: usize = 512;
const TOKENS_MIN: usize = 64;

/// How often in a row a busy server is asked again.
const BUSY_TRIES: u32 = 3;

/// Asks for every section that an earlier try did not bring. Enters the network on this thread.
pub fn ask_all(
    env: &Env,
    server: &ModelServer,
    setting: &ModelSetting,
    rewriting: &Arc<Rewriting>,
    manner: &Manner,
    shows: &mut dyn FnMut(Step<'_>),
) -> Result<BTreeMap<usize, Outcome>, RewriteError> {
    manner.live.begin(rewriting, setting);
    let asked = runtime().map_err(RewriteError::Network)?.block_on(async {
        let asking = async {
            let total = rewriting.sections().count();
            let mut asker = Asker { env, server, setting, manner, waited_ms: 0, shows };
            for (done, section) in rewriting.sections().enumerate() {
                if manner.live.is_settled(section.number()) {
                    continue;
                }
                manner.live.section(section.number(), section.heading());
                (asker.shows)(Step::Section { done, total, heading: section.heading() });
                let begun = env.now();
                asker.waited_ms = 0;
                let outcome = asker.section(section).await?;
                let took_ms = passed_ms(begun, env.now()).saturating_sub(asker.waited_ms);
                manner.live.settle(section.number(), outcome, took_ms);
            }
            (asker.shows)(Step::Done);
            Ok(())
        };
        tokio::select! {
            biased;
            () = manner.cancel.cancelled() => Err(RewriteError::Cancelled),
            asked = asking => asked,
        }
    });
    asked.map(|()| manner.live.outcomes())
}

fn passed_ms(from: Timestamp, to: Timestamp) -> u64 {
    u64::try_from(to.unix_ms() - from.unix_ms()).unwrap_or(0)
}

struct Asker<'a> {
    env: &'a Env,
    server: &'a ModelServer,
    setting: &'a ModelSetting,
    manner: &'a Manner,
    /// For a busy server, within the present section.
    waited_ms: u64,
    shows: &'a mut dyn FnMut(Step<'_>),
}

impl Asker<'_> {
    /// Twice at most, the second time with what was wrong with the first answer.
    async fn section(&mut self, section: Section<'_>) -> Result<Outcome, ModelError> {
        let first = match self.answer(section, None).await? {
            Ok(text) => return Ok(Outcome::Rewritten(text)),
            Err(refusal) => refusal,
        };
        self.manner.live.text_is_void();
        (self.shows)(Step::Again);
        Ok(match self.answer(section, Some(&first)).await? {
            Ok(text) => Outcome::Rewritten(text),
            Err(refusal) => Outcome::Kept(refusal.to_string()),
        })
    }

    async fn answer(
        &mut self,
        section: Section<'_>,
        retry_reason: Option<&Refusal>,
    ) -> Result<Result<String, Refusal>, ModelError> {
        let messages = section.messages(retry_reason);
        let longest_chars = section.sent().chars().count() * LONGEST_PERCENT / 100;
        let sent_chars: usize = messages.iter().map(|message| message.content.chars().count()).sum();
        let context = self.setting.context_tokens as usize;
        // Some servers refuse what would not fit their context together with the longest answer.
        let left = context.saturating_sub(sent_chars.div_ceil(CHARS_PER_TOKEN));
        // Tokens of other scripts than the Latin one stand for fewer characters.
        let wanted = longest_chars / (CHARS_PER_TOKEN / 2) + SPARE_TOKENS;
        let max_tokens = wanted.min(left).max(TOKENS_MIN);
        let question = Question {
            model: &self.setting.model,
            messages: &messages,
            max_tokens: u32::try_from(max_tokens).unwrap_or(u32::MAX),
            // A character has four bytes at most, a token rarely as many characters as this leaves room for.
            text_max_bytes: max_tokens * CHARS_PER_TOKEN * 4,
        };
        let completion = match self.complete(&question).await {
            // It babbles; another section may do better.
            Err(error) if error.fault == ModelFault::AnswerTooLong => return Ok(Err(Refusal::CutOff)),
            completed => completed?,
        };
        if let Some(tokens) = completion.tokens {
            self.manner.live.count(tokens);
        }
        let finish_reason = completion.finish_reason.as_deref();
        Ok(section.judge(&Answer { text: &completion.text, finish_reason }))
    }

    /// Waits for a server that is busy, within reason.
    async fn complete(&mut self, question: &Question<'_>) -> Result<Completion, ModelError> {
        let patience = &self.manner.patience;
        let mut tries = 0;
        loop {
            let (shows, live) = (&mut *self.shows, &self.manner.live);
            let on_text = |text: &str| {
                live.text(text);
                shows(Step::Text(text));
            };
            let error = match self.server.complete(question, on_text).await {
                Ok(completion) => return Ok(completion),
                Err(error) => error,
            };
            let is_busy = error.fault == ModelFault::RateLimited
                || error.fault == ModelFault::ServerFailed && error.retry_after.is_some();
            let wait = error.retry_after.unwrap_or(patience.busy);
            tries += 1;
            if !is_busy || tries > BUSY_TRIES || wait > patience.busy_max {
                return Err(error);
            }
            self.wait(wait).await;
        }
    }

    async fn wait(&mut self, wait: Duration) {
        let wait_ms = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX);
        self.waited_ms = self.waited_ms.saturating_add(wait_ms);
        let until_ms = self.env.now().unix_ms().saturating_add(i64::try_from(wait_ms).unwrap_or(i64::MAX));
        self.manner.live.waits(Timestamp::from_unix_ms(until_ms));
        (self.shows)(Step::Waiting(wait));
        sleep(wait).await;
    }
}
