//! The commands about chapters that a model rewrites in the background. None of them waits for a model.

use primer_domain::book::Chapter;
use primer_domain::ids::{ChapterId, UserId};
use primer_domain::personalise::personalise;
use primer_domain::rewrite::Estimate;
use primer_domain::timestamp::Timestamp;

use super::ago::span;
use super::chapters::rendered_live;
use super::error::{ApiError, ErrorCode};
use super::model_types::TokenCount;
use super::network::network_runtime;
use super::readers::existing;
use super::rewriting_types::*;
use super::types::*;
use crate::Engine;
use crate::model::{ModelSetting, Tokens, USUAL_PORTS, find_servers};
use crate::reading::CurrentProfile;
use crate::rewriting::{Last, Remedy, RewriteError, Seen};
use crate::store::wishes::{self, Wish};

const ELSEWHERE: &str =
    "Another program on this computer is rewriting it just now, and what that makes of it opens here too.";

/// Keeps the wish; what comes of it is for the status to say.
pub fn wish(engine: &Engine, request: WishRewrite) -> Result<RewritingStatus, ApiError> {
    let user = existing(engine, &request.user_id)?;
    let chapter = engine.chapter(ChapterId(request.chapter_id))?;
    let setting = engine.model_setting(user)?.ok_or_else(ApiError::model_off)?;
    let profile = engine.current_profile(user)?;
    let is_rewritten = engine.is_rewritten(&profile, chapter)?;
    if request.again || !is_rewritten {
        let wish = Wish {
            user,
            chapter: chapter.id,
            hash: profile.hash,
            again: request.again && is_rewritten,
            wished_at: engine.env.now(),
            tries: 0,
            answered_tries: 0,
            last_reason: None,
        };
        let book = &engine.shelf.book.id;
        engine.store.write(|transaction| wishes::save(transaction, book, &wish))?;
        engine.ask_server(user, &setting)?;
    }
    status_of(engine, user, Some(setting))
}

/// Withdraws the wish and stops what is under way for it; what was good before stays.
pub fn cancel(engine: &Engine, request: OfChapter) -> Result<RewritingStatus, ApiError> {
    let user = existing(engine, &request.user_id)?;
    let chapter = engine.chapter(ChapterId(request.chapter_id))?.id;
    withdraw(engine, user, chapter)?;
    status_of(engine, user, engine.model_setting(user)?)
}

pub(super) fn withdraw(engine: &Engine, user: UserId, chapter: ChapterId) -> Result<(), ApiError> {
    let book = &engine.shelf.book.id;
    // First the row, so that what is stopped is not begun anew.
    let was_wished = engine.store.write(|transaction| wishes::remove(transaction, user, book, chapter))?;
    engine.rewriting_desk.cancel(user, chapter);
    if was_wished {
        engine.rewriting_desk.note_change();
    }
    Ok(())
}

/// Lets the text that the last improvement took the place of open again, on all of the reader's computers.
pub fn undo(engine: &Engine, request: OfChapter) -> Result<RewritingStatus, ApiError> {
    let user = existing(engine, &request.user_id)?;
    let chapter = engine.chapter(ChapterId(request.chapter_id))?;
    if !engine.undo_rewrite(chapter, &engine.current_profile(user)?)? {
        return Err(ApiError::new(
            ErrorCode::InvalidRequest,
            "This computer has no earlier text of this chapter by a model.",
            "The text without a model's words can always be opened again.",
        ));
    }
    status_of(engine, user, engine.model_setting(user)?)
}

pub fn status(engine: &Engine, request: OfReader) -> Result<RewritingStatus, ApiError> {
    let user = existing(engine, &request.user_id)?;
    status_of(engine, user, engine.model_setting(user)?)
}

fn status_of(
    engine: &Engine,
    user: UserId,
    setting: Option<ModelSetting>,
) -> Result<RewritingStatus, ApiError> {
    let desk = &engine.rewriting_desk;
    let now = engine.env.now();
    if let Some(setting) = &setting {
        engine.recall_line(user, setting)?;
    }
    let under_way = desk.under_way(user).map(|(chapter, live)| (chapter, live.seen()));
    let mut wishes = engine.wishes_in_order(Some(user))?;
    wishes.retain(|wish| under_way.as_ref().is_none_or(|(chapter, _)| *chapter != wish.chapter));
    let trouble =
        setting.as_ref().and_then(|setting| trouble(engine, user, setting, now, !wishes.is_empty()));
    let free_at = setting.as_ref().and_then(|setting| desk.free_at(user, setting, now));
    let is_stopped = trouble.as_ref().is_some_and(|trouble| trouble.again_s.is_none());
    let eta_s = match &setting {
        Some(setting) if !is_stopped => {
            eta_s(engine, user, setting, under_way.as_ref(), &wishes, free_at, now)?
        }
        _ => None,
    };
    let title = |chapter| engine.chapter(chapter).map(|chapter| chapter.title.clone()).unwrap_or_default();
    let waiting = wishes.iter().map(|wish| {
        let is_elsewhere = engine.claims.is_taken(user, wish.chapter)?;
        Ok(RewritingWish {
            chapter_id: wish.chapter.0,
            title: title(wish.chapter),
            again: wish.again,
            reason: match is_elsewhere {
                true => ELSEWHERE.to_owned(),
                false => reason(wish, setting.as_ref(), free_at, now),
            },
            tries: wish.tries,
        })
    });
    let waiting = waiting.collect::<Result<Vec<_>, ApiError>>()?;
    Ok(RewritingStatus {
        is_on: setting.is_some(),
        changes: desk.changes(),
        waiting,
        now: under_way.map(|(chapter, seen)| RewritingNow {
            chapter_id: chapter.0,
            title: title(chapter),
            sections_done: seen.sections_done,
            sections_total: seen.sections_total,
            heading: seen.heading,
            waiting_s: seen.waits_until.map(|until| seconds_until(until, now)),
            tokens: seen.tokens.map(counted),
        }),
        trouble,
        eta_s,
        last: desk.last(user).map(done),
    })
}

/// What is worth saying: what only a person can mend, and a server that fails too often.
fn trouble(
    engine: &Engine,
    user: UserId,
    setting: &ModelSetting,
    now: Timestamp,
    is_waited_for: bool,
) -> Option<RewritingTrouble> {
    let desk = &engine.rewriting_desk;
    let trouble = desk.trouble(user, setting)?;
    let (message, hint) = (trouble.error.message, trouble.error.hint);
    match trouble.remedy {
        Remedy::Nothing => None,
        Remedy::Person => Some(RewritingTrouble { message, hint, again_s: None }),
        Remedy::Wait { .. } => {
            let failures = desk.failures_in_a_row(user, setting)?;
            let wait_s = desk.free_at(user, setting, now).map_or(0, |until| seconds_until(until, now));
            Some(RewritingTrouble {
                message: format!(
                    "{message} It failed {failures} times in a row and is left alone for {} now.",
                    span(wait_s)
                ),
                hint: format!("{hint} Whoever asks for a chapter again has it tried at once."),
                again_s: is_waited_for.then_some(wait_s),
            })
        }
    }
}

fn reason(wish: &Wish, setting: Option<&ModelSetting>, free_at: Option<Timestamp>, now: Timestamp) -> String {
    let Some(setting) = setting else { return "No model server is set.".to_owned() };
    match (&wish.last_reason, free_at) {
        (Some(reason), Some(at)) => {
            format!("{reason} It is tried again in {}.", span(seconds_until(at, now)))
        }
        (Some(reason), None) => reason.clone(),
        (None, Some(at)) => format!(
            "Its turn comes in {}: no more than {} chapters are begun in a minute, and a server that fails is left alone for a \
             while.",
            span(seconds_until(at, now)),
            setting.chapters_per_minute
        ),
        (None, None) => "It waits for its turn.".to_owned(),
    }
}

fn eta_s(
    engine: &Engine,
    user: UserId,
    setting: &ModelSetting,
    under_way: Option<&(ChapterId, Seen)>,
    wishes: &[Wish],
    free_at: Option<Timestamp>,
    now: Timestamp,
) -> Result<Option<u64>, ApiError> {
    if under_way.is_none() && wishes.is_empty() {
        return Ok(None);
    }
    let seen = under_way.map(|(_, seen)| seen.clone()).unwrap_or_default();
    let speed = engine.known_speed(user, setting)?.and(seen.speed);
    let Some(section_ms) = speed.section_ms() else { return Ok(None) };
    let mut sections = seen.sections_total.saturating_sub(seen.sections_done);
    let profile = engine.current_profile(user)?;
    for wish in wishes {
        let Some(chapter) = engine.shelf.book.chapter(wish.chapter) else { continue };
        match estimated(engine, chapter, &profile, setting) {
            Ok(estimate) => sections += estimate.sections,
            // It will say so when its turn comes.
            Err(_) => return Ok(None),
        }
    }
    let wait_s = match (under_way, free_at) {
        (None, Some(at)) => seconds_until(at, now),
        _ => 0,
    };
    Ok(Some((sections as u64).saturating_mul(section_ms).div_ceil(1000) + wait_s))
}

/// What has come of a chapter, for a reader who watches.
pub fn live_text(engine: &Engine, request: OfChapter) -> Result<LiveText, ApiError> {
    let user = existing(engine, &request.user_id)?;
    let chapter = engine.chapter(ChapterId(request.chapter_id))?.id;
    let live = engine.rewriting_desk.under_way(user).filter(|(of, _)| *of == chapter).map(|(_, live)| live);
    let seen = live.as_ref().map(|live| live.seen()).unwrap_or_default();
    let markdown = live.and_then(|live| live.preview());
    Ok(LiveText {
        done: seen.sections_done,
        total: seen.sections_total,
        html: markdown.map(|markdown| rendered_live(engine, &markdown)),
    })
}

/// What rewriting a chapter for the reader's present answers will take. Asks nobody.
pub fn estimate(engine: &Engine, request: OfChapter) -> Result<RewriteEstimate, ApiError> {
    let user = existing(engine, &request.user_id)?;
    let chapter = engine.chapter(ChapterId(request.chapter_id))?;
    let setting = engine.model_setting(user)?.ok_or_else(ApiError::model_off)?;
    let profile = engine.current_profile(user)?;
    let estimate = estimated(engine, chapter, &profile, &setting)?;
    let section_ms = engine.known_speed(user, &setting)?.section_ms();
    let seconds = section_ms.map(|ms| (estimate.sections as u64).saturating_mul(ms).div_ceil(1000));
    let time = seconds.map_or_else(String::new, |seconds| format!(", in about {}", span(seconds)));
    let plural = if estimate.sections == 1 { "" } else { "s" };
    let address = setting.address()?;
    let cost = match address.is_this_computer() {
        true => String::new(),
        false => format!(
            " About {} tokens go to {} and {} come back, for which it may charge.",
            rounded(estimate.prompt_tokens),
            address.host(),
            rounded(estimate.completion_tokens)
        ),
    };
    Ok(RewriteEstimate {
        sections: estimate.sections,
        tokens: TokenCount { prompt: estimate.prompt_tokens, completion: estimate.completion_tokens },
        seconds,
        sentence: format!("The chapter has {} section{plural} to rewrite{time}.{cost}", estimate.sections),
    })
}

fn estimated(
    engine: &Engine,
    chapter: &Chapter,
    profile: &CurrentProfile,
    setting: &ModelSetting,
) -> Result<Estimate, RewriteError> {
    let key = (chapter.id, profile.hash, setting.context_tokens);
    engine.rewriting_desk.estimate_of(key, || {
        let source = personalise(&chapter.source, &profile.background);
        Ok(engine.rewriting_of(chapter, &source, &profile.background, setting)?.estimate())
    })
}

/// To two digits: it is a guess.
fn rounded(tokens: u64) -> String {
    let digits = tokens.checked_ilog10().unwrap_or(0);
    let unit = 10_u64.pow(digits.saturating_sub(1));
    let text = (tokens.div_ceil(unit) * unit).to_string();
    let mut grouped = String::new();
    for (index, digit) in text.chars().enumerate() {
        if index > 0 && (text.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// Looks on this computer only, and only now that somebody asks.
pub fn find(_: &Engine, _: Nothing) -> Result<Vec<FoundModelServer>, ApiError> {
    let found = network_runtime()?.block_on(find_servers(&USUAL_PORTS));
    Ok(found
        .into_iter()
        .map(|found| FoundModelServer {
            base_url: found.base_url,
            name: found.name.to_owned(),
            models: found.models,
        })
        .collect())
}

fn seconds_until(then: Timestamp, now: Timestamp) -> u64 {
    u64::try_from(then.unix_ms() - now.unix_ms()).unwrap_or(0).div_ceil(1000)
}

fn counted(tokens: Tokens) -> TokenCount {
    TokenCount { prompt: tokens.prompt, completion: tokens.completion }
}

fn done(last: Last) -> RewritingDone {
    let kept = last.kept.into_iter();
    RewritingDone {
        chapter_id: last.chapter.0,
        rewritten_sections: last.rewritten_sections,
        kept: kept.map(|kept| KeptSectionView { heading: kept.heading, reason: kept.reason }).collect(),
        tokens: last.tokens.map(counted),
        given_up: last.given_up.map(|ApiError { message, hint, .. }| GivenUp { message, hint }),
    }
}
