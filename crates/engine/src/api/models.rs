//! The commands about a reader's model server, and about a chapter that it rewrote.

use primer_domain::ids::{ChapterId, UserId};
use primer_domain::rewrite::{Answer, Message, Role, disclosure, is_rewritten};

use super::error::{ApiError, ErrorCode};
use super::model_types::*;
use super::network::network_runtime;
use super::readers::existing;
use super::remotes::secret_place;
use super::rewriting;
use super::types::*;
use crate::Engine;
use crate::model::{
    Address, CHAPTERS_PER_MINUTE_DEFAULT, CONTEXT_TOKENS_DEFAULT, Completion, ModelError, ModelServer,
    ModelSetting, Patience, Question, Tokens,
};
use crate::reading::CurrentProfile;
use crate::secrets::Secret;
use crate::store::wishes;

const NAME_MAX_CHARS: usize = 200;

/// With less there is no room for the instructions; more no model takes.
const CONTEXT_TOKENS: std::ops::RangeInclusive<u32> = 1024..=10_000_000;

const CHAPTERS_PER_MINUTE: std::ops::RangeInclusive<u32> = 1..=60;

/// Of the test's one paragraph. A model that thinks aloud first needs more than the paragraph has.
const TEST_TOKENS: u32 = 600;

pub fn settings(engine: &Engine, request: OfReader) -> Result<ModelView, ApiError> {
    let user = existing(engine, &request.user_id)?;
    view(engine, user)
}

fn view(engine: &Engine, user: UserId) -> Result<ModelView, ApiError> {
    let Some(setting) = engine.model_setting(user)? else { return Ok(ModelView { model: None }) };
    let key = engine.model_key(user)?.map(|_| secret_place(engine));
    let ModelSetting { base_url, model, context_tokens, chapters_per_minute } = setting;
    Ok(ModelView { model: Some(ModelChoice { base_url, model, context_tokens, chapters_per_minute, key }) })
}

/// Asks nobody.
pub fn set(engine: &Engine, request: SetModel) -> Result<ModelView, ApiError> {
    let user = existing(engine, &request.user_id)?;
    let address = address(&request.base_url)?;
    let model = request.model.trim();
    if model.is_empty() || model.chars().count() > NAME_MAX_CHARS || model.chars().any(char::is_control) {
        return Err(ApiError::new(
            ErrorCode::InvalidRequest,
            "A model's name has 1 to 200 characters.",
            "Choose one of those that “primer model list” shows.",
        ));
    }
    let context_tokens = request.context_tokens.unwrap_or(CONTEXT_TOKENS_DEFAULT);
    if !CONTEXT_TOKENS.contains(&context_tokens) {
        return Err(ApiError::new(
            ErrorCode::InvalidRequest,
            format!("No model takes {context_tokens} tokens at once, or none that could rewrite a section."),
            "Give the number that its server is set to, such as 8192.",
        ));
    }
    let key = request.key.as_deref().map(checked_key).transpose()?;
    let chapters_per_minute = request.chapters_per_minute.unwrap_or(CHAPTERS_PER_MINUTE_DEFAULT);
    if !CHAPTERS_PER_MINUTE.contains(&chapters_per_minute) {
        return Err(ApiError::new(
            ErrorCode::InvalidRequest,
            "A model server can be asked for 1 to 60 chapters a minute.",
            "Give such a number, or none for the usual one.",
        ));
    }
    let base_url = address.to_string();
    let setting = ModelSetting { base_url, model: model.to_owned(), context_tokens, chapters_per_minute };
    // A key must never reach another server than its own, so the old one goes before the setting changes.
    let is_same_server = engine
        .model_setting(user)?
        .and_then(|before| before.address().ok())
        .is_some_and(|before| before.is_same_server(&address));
    if key.is_some() || !is_same_server {
        engine.remove_model_key(user)?;
    }
    // Nothing more goes to the server of before.
    engine.rewriting_desk.cancel_all(user);
    engine.save_model_setting(user, Some(&setting))?;
    if let Some(key) = key {
        engine.save_model_key(user, key)?;
    }
    engine.ask_server(user, &setting)?;
    view(engine, user)
}

/// What was rewritten stays; the key and the wishes are forgotten, and nothing more is sent.
pub fn off(engine: &Engine, request: OfReader) -> Result<ModelView, ApiError> {
    let user = existing(engine, &request.user_id)?;
    engine.save_model_setting(user, None)?;
    if engine.store.write(|transaction| wishes::remove_all(transaction, user))? {
        engine.rewriting_desk.note_change();
    }
    engine.rewriting_desk.cancel_all(user);
    engine.remove_model_key(user)?;
    view(engine, user)
}

/// Waits for a network: whoever asks wants to see the answer.
pub fn list(engine: &Engine, request: ListModels) -> Result<Vec<String>, ApiError> {
    let user = existing(engine, &request.user_id)?;
    let setting = engine.model_setting(user)?;
    let set = setting.as_ref().map(ModelSetting::address).transpose()?;
    let address = match &request.base_url {
        Some(pasted) => address(pasted)?,
        None => set.clone().ok_or_else(ApiError::model_off)?,
    };
    let key = match &request.key {
        Some(key) => Some(Secret::new(checked_key(key)?)),
        None if set.is_some_and(|set| set.is_same_server(&address)) => engine.model_key(user)?,
        None => None,
    };
    let server = ModelServer::connect(address, key, Patience::default())?;
    wait_for(server.models())
}

/// Has one short paragraph written. Waits for a network, as above. Nothing of the reader or the book is sent.
pub fn test(engine: &Engine, request: OfReader) -> Result<ModelTest, ApiError> {
    let user = existing(engine, &request.user_id)?;
    let setting = engine.model_setting(user)?.ok_or_else(ApiError::model_off)?;
    let server = ModelServer::connect(setting.address()?, engine.model_key(user)?, Patience::default())?;
    let messages = [Message {
        role: Role::User,
        content: "Explain in one short paragraph of two or three sentences how a compass finds north. Give only the \
                  paragraph."
            .to_owned(),
    }];
    let question = Question {
        model: &setting.model,
        messages: &messages,
        max_tokens: TEST_TOKENS,
        text_max_bytes: TEST_TOKENS as usize * 16,
    };
    let before = engine.env.now();
    let Completion { text, finish_reason, tokens } = wait_for(server.complete(&question, |_| {}))?;
    let took_ms = u64::try_from(engine.env.now().unix_ms() - before.unix_ms()).unwrap_or(0);
    let answer = Answer { text: &text, finish_reason: finish_reason.as_deref() };
    let text = answer.unwrapped("").map_err(|refusal| {
        ApiError::new(
            ErrorCode::ModelFailed,
            format!("The model “{}” answered, but not as it should. {refusal}", setting.model),
            "Try again, or choose another model.",
        )
    })?;
    let counted = tokens.map_or_else(String::new, |tokens| format!(", {} tokens", tokens.completion));
    Ok(ModelTest {
        sentence: format!(
            "The model “{}” wrote a paragraph of {} words in {:.1} seconds{counted}.",
            setting.model,
            text.split_whitespace().count(),
            took_ms as f64 / 1000.0
        ),
        text: text.to_owned(),
        took_ms,
        tokens: tokens.map(|Tokens { prompt, completion }| TokenCount { prompt, completion }),
    })
}

/// What rewriting would send, and where to. Asks nobody.
pub fn disclose(engine: &Engine, request: AskDisclosure) -> Result<ModelDisclosure, ApiError> {
    let user = existing(engine, &request.user_id)?;
    let CurrentProfile { background, .. } = engine.current_profile(user)?;
    let address = match &request.base_url {
        Some(pasted) => Some(address(pasted)?),
        None => engine.model_setting(user)?.map(|setting| setting.address()).transpose()?,
    };
    let said = disclosure(&background);
    Ok(ModelDisclosure {
        goes_to: address.as_ref().map(goes_to),
        stays_here: address.as_ref().is_some_and(Address::is_this_computer),
        sent: said.sent,
        not_sent: said.not_sent,
    })
}

fn goes_to(address: &Address) -> String {
    let host = address.host();
    if address.is_this_computer() {
        format!("It goes to {host}, which is this computer.")
    } else if address.can_be_overheard() {
        format!(
            "It goes to {host} over a way that is not encrypted: others on the network can read it, a key too."
        )
    } else {
        format!("It goes to {host} over an encrypted way, and whoever runs that server can read it.")
    }
}

/// Gives the rewritten texts of a chapter up for the reader's present answers, on all their computers; the deterministic
/// text opens again.
pub fn discard(engine: &Engine, request: OfChapter) -> Result<Discarded, ApiError> {
    let user = existing(engine, &request.user_id)?;
    let chapter = engine.chapter(ChapterId(request.chapter_id))?;
    let profile = engine.current_profile(user)?;
    // Whoever wants the text as it was wants no other one made.
    rewriting::withdraw(engine, user, chapter.id)?;
    let leaving = engine.take_back_texts(user, |path, generator| {
        (path.chapter_id, path.profile_hash) == (chapter.id, profile.hash) && is_rewritten(generator)
    })?;
    engine.remove_texts(&leaving)?;
    // So that the row names it at once, also for what reads rows alone.
    engine.visit_with(chapter, profile)?;
    engine.desk.note_change();
    engine.rewriting_desk.note_change();
    Ok(Discarded { texts: leaving.len() as u64 })
}

fn address(pasted: &str) -> Result<Address, ApiError> {
    Address::parse(pasted).map_err(|why| {
        ApiError::new(
            ErrorCode::InvalidRequest,
            format!("The address of the model server can't be used: {why}."),
            "Give one such as http://localhost:11434 or https://api.example.org/v1.",
        )
    })
}

/// What can stand in a header. Its text is in no error.
fn checked_key(key: &str) -> Result<&str, ApiError> {
    let key = key.trim();
    if key.is_empty() || !key.chars().all(|c| c.is_ascii_graphic()) {
        return Err(ApiError::new(
            ErrorCode::InvalidRequest,
            "The key is empty, or has characters in it that no key has.",
            "Copy it again from where you got it, without line breaks.",
        ));
    }
    Ok(key)
}

fn wait_for<T>(asking: impl Future<Output = Result<T, ModelError>>) -> Result<T, ApiError> {
    Ok(network_runtime()?.block_on(asking)?)
}
