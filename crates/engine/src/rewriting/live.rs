//! One rewriting as far as it is: for whoever watches it, and for the next try if this one does not come to its end, so
//! that no section is paid for twice.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use primer_domain::rewrite::{Outcome, Rewriting};
use primer_domain::timestamp::Timestamp;

use super::speed::Speed;
use crate::model::{ModelSetting, Tokens};

/// Clones share what they see.
#[derive(Debug, Clone, Default)]
pub struct Live(Arc<Mutex<Progress>>);

#[derive(Debug, Default)]
struct Progress {
    /// What is rewritten, by which model of which server.
    of: Option<(Arc<Rewriting>, String, String)>,
    outcomes: BTreeMap<usize, Outcome>,
    present: Option<Present>,
    tokens: Option<Tokens>,
    speed: Speed,
}

/// The section under way.
#[derive(Debug)]
struct Present {
    number: usize,
    heading: Option<String>,
    text: String,
    waits_until: Option<Timestamp>,
}

/// What there is to see at one moment.
#[derive(Debug, Clone, Default)]
pub struct Seen {
    pub sections_done: usize,
    /// 0 before it is known.
    pub sections_total: usize,
    /// Of the section under way; none before the first heading.
    pub heading: Option<String>,
    /// The server asked to wait.
    pub waits_until: Option<Timestamp>,
    /// Of all answers so far; none if the server does not tell.
    pub tokens: Option<Tokens>,
    pub speed: Speed,
}

impl Live {
    /// What an earlier try brought stands if it was of the same text, by the same model.
    pub(super) fn begin(&self, rewriting: &Arc<Rewriting>, setting: &ModelSetting) {
        let mut progress = self.lock();
        let is_same = progress.of.as_ref().is_some_and(|(before, base_url, model)| {
            (base_url, model) == (&setting.base_url, &setting.model) && before.is_same_as(rewriting)
        });
        if !is_same {
            *progress = Progress::default();
        }
        progress.of = Some((Arc::clone(rewriting), setting.base_url.clone(), setting.model.clone()));
    }

    pub(super) fn is_settled(&self, number: usize) -> bool {
        self.lock().outcomes.contains_key(&number)
    }

    pub(super) fn section(&self, number: usize, heading: Option<&str>) {
        let heading = heading.map(str::to_owned);
        self.lock().present = Some(Present { number, heading, text: String::new(), waits_until: None });
    }

    pub(super) fn text(&self, more: &str) {
        if let Some(present) = &mut self.lock().present {
            present.text.push_str(more);
            present.waits_until = None;
        }
    }

    /// What came of the present section is of no account.
    pub(super) fn text_is_void(&self) {
        if let Some(present) = &mut self.lock().present {
            present.text.clear();
        }
    }

    pub(super) fn waits(&self, until: Timestamp) {
        if let Some(present) = &mut self.lock().present {
            present.text.clear();
            present.waits_until = Some(until);
        }
    }

    pub(super) fn count(&self, tokens: Tokens) {
        let mut progress = self.lock();
        let sum = progress.tokens.get_or_insert_default();
        sum.prompt = sum.prompt.saturating_add(tokens.prompt);
        sum.completion = sum.completion.saturating_add(tokens.completion);
    }

    /// `took_ms`: without what a busy server had to be waited for.
    pub(super) fn settle(&self, number: usize, outcome: Outcome, took_ms: u64) {
        let mut progress = self.lock();
        progress.outcomes.insert(number, outcome);
        progress.speed = progress.speed.and(Speed { sections: 1, took_ms });
    }

    /// Nobody asks for it any more; what was brought stands for another try.
    pub(super) fn end(&self) {
        let mut progress = self.lock();
        progress.present = None;
        progress.speed = Speed::default();
    }

    pub(super) fn outcomes(&self) -> BTreeMap<usize, Outcome> {
        self.lock().outcomes.clone()
    }

    pub fn seen(&self) -> Seen {
        let progress = self.lock();
        let present = progress.present.as_ref();
        Seen {
            sections_done: progress.outcomes.len(),
            sections_total: progress.of.as_ref().map_or(0, |(rewriting, ..)| rewriting.sections().count()),
            heading: present.and_then(|present| present.heading.clone()),
            waits_until: present.and_then(|present| present.waits_until),
            tokens: progress.tokens,
            speed: progress.speed,
        }
    }

    /// The chapter up to the section under way, as Markdown that no guard has seen; none before the first is asked for.
    pub fn preview(&self) -> Option<String> {
        // Not under the lock: what comes next must not wait for who watches.
        let (rewriting, outcomes, number, text) = {
            let progress = self.lock();
            let (rewriting, ..) = progress.of.as_ref()?;
            let present = progress.present.as_ref()?;
            (Arc::clone(rewriting), progress.outcomes.clone(), present.number, present.text.clone())
        };
        Some(rewriting.preview(&outcomes, number, &text))
    }

    fn lock(&self) -> MutexGuard<'_, Progress> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
