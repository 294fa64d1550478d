//! The commands about readers, their background, and what is set for them.

use primer_domain::freshness::Freshness;
use primer_domain::ids::UserId;
use primer_domain::personalise::unmarked;
use primer_domain::profile::{FORM, FormChoice, Origin, reader_name, summary};

use super::error::ApiError;
use super::other_computer::OtherComputers;
use super::types::*;
use crate::Engine;
use crate::cache::LAST_READER;
use crate::reading::CurrentProfile;
use crate::store::settings::{self, Key};
use crate::store::users::{self, User};

pub(super) const APPEARANCE: Key<Appearance> = Key::new("appearance");

/// Text sizes that the window can lay out.
const TEXT_SIZE_PERCENT: std::ops::RangeInclusive<u32> = 80..=200;

pub fn startup(engine: &Engine, _: Nothing) -> Result<Startup, ApiError> {
    let readers = all(engine)?;
    let last = last_used(engine)?;
    let reader = last.and_then(|id| readers.iter().find(|reader| reader.id == id.to_string()).cloned());
    let own = match last {
        Some(user) => own_appearance(engine, user)?,
        None => None,
    };
    let appearance = match own {
        Some(appearance) => Some(appearance),
        None => engine.store.read(|connection| settings::get(connection, None, &APPEARANCE))?,
    };
    let book = &engine.shelf.book;
    Ok(Startup {
        reader,
        readers,
        book: BookView {
            id: book.id.clone(),
            title: book.title.clone(),
            language: book.language.clone(),
            authors: book.authors.clone(),
            licence: book.licence.clone(),
            chapters: book.chapters.len(),
        },
        appearance: appearance.unwrap_or(Appearance { theme: Theme::System, text_size_percent: 100 }),
        notices: Vec::new(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
    })
}

/// How it looks for this reader, if they chose.
pub fn own_appearance(engine: &Engine, user: UserId) -> Result<Option<Appearance>, ApiError> {
    Ok(engine.store.read(|connection| settings::get(connection, Some(user), &APPEARANCE))?)
}

/// Every reader of this computer, in the order they were added.
pub fn all(engine: &Engine) -> Result<Vec<Reader>, ApiError> {
    Ok(engine.store.read(users::list)?.into_iter().map(reader).collect())
}

fn reader(user: User) -> Reader {
    Reader { id: user.id.to_string(), name: user.name }
}

/// Who read here last, or the only reader there is.
pub fn last_used(engine: &Engine) -> Result<Option<UserId>, ApiError> {
    let last = engine.store.read(|connection| {
        let users = users::list(connection)?;
        let last = settings::get(connection, None, &LAST_READER)?.and_then(|id: String| UserId::parse(&id));
        Ok(match users.as_slice() {
            [only] => Some(only.id),
            _ => last.filter(|id| users.iter().any(|user| user.id == *id)),
        })
    })?;
    Ok(last)
}

pub fn add(engine: &Engine, request: AddReader) -> Result<Reader, ApiError> {
    let name = reader_name(&request.name).map_err(ApiError::invalid_name)?;
    let id = engine.add_reader(&name)?;
    Ok(Reader { id: id.to_string(), name })
}

pub fn choose(engine: &Engine, request: OfReader) -> Result<Startup, ApiError> {
    let user = existing(engine, &request.user_id)?;
    engine.store.write(|transaction| settings::set(transaction, None, &LAST_READER, &user.to_string()))?;
    startup(engine, Nothing {})
}

pub fn rename(engine: &Engine, request: RenameReader) -> Result<Reader, ApiError> {
    let name = reader_name(&request.name).map_err(ApiError::invalid_name)?;
    let user = existing(engine, &request.user_id)?;
    if !engine.rename_reader(user, &name)? {
        return Err(ApiError::user_not_found(&request.user_id));
    }
    Ok(Reader { id: user.to_string(), name })
}

/// The reader with this id, if it is one of this computer.
pub(super) fn existing(engine: &Engine, id: &str) -> Result<UserId, ApiError> {
    let user = UserId::parse(id).ok_or_else(|| ApiError::user_not_found(id))?;
    match engine.store.read(|connection| users::find(connection, user))? {
        Some(found) => Ok(found.id),
        None => Err(ApiError::user_not_found(id)),
    }
}

pub fn set_appearance(engine: &Engine, request: SetAppearance) -> Result<Nothing, ApiError> {
    let owner = request.user_id.as_deref().map(|id| existing(engine, id)).transpose()?;
    let (least, most) = (*TEXT_SIZE_PERCENT.start(), *TEXT_SIZE_PERCENT.end());
    let appearance = Appearance {
        text_size_percent: request.appearance.text_size_percent.clamp(least, most),
        ..request.appearance
    };
    engine.store.write(|transaction| settings::set(transaction, owner, &APPEARANCE, &appearance))?;
    Ok(Nothing {})
}

pub fn profile_form(_: &Engine, _: Nothing) -> Result<ProfileForm, ApiError> {
    let choices = |choices: &[FormChoice]| {
        choices.iter().map(|c| Choice { value: c.value.to_owned(), label: c.label.to_owned() }).collect()
    };
    Ok(ProfileForm {
        skills: choices(&FORM.skills),
        levels: choices(&FORM.levels),
        robotics: choices(&FORM.robotics),
        hardware: choices(&FORM.hardware),
        goals: choices(&FORM.goals),
    })
}

pub fn profile(engine: &Engine, request: OfReader) -> Result<ProfileView, ApiError> {
    let user = existing(engine, &request.user_id)?;
    profile_view(engine, engine.current_profile(user)?)
}

fn profile_view(engine: &Engine, profile: CurrentProfile) -> Result<ProfileView, ApiError> {
    Ok(ProfileView {
        user_id: profile.user.to_string(),
        answered: profile.answered,
        profile_hash: profile.hash.to_string(),
        updated_at: profile.updated_at,
        changed_on: OtherComputers::of(engine, profile.user).answers_changed()?,
        summary: summary(&profile.background),
        background: profile.background,
    })
}

pub fn save_profile(engine: &Engine, request: WithBackground) -> Result<ProfileView, ApiError> {
    save_profile_of(engine, request, Origin::Form)
}

/// Saves what a file says, in which a control character that is already there is kept.
pub fn import_profile(engine: &Engine, request: WithBackground) -> Result<ProfileView, ApiError> {
    save_profile_of(engine, request, Origin::Imported)
}

fn save_profile_of(
    engine: &Engine,
    request: WithBackground,
    origin: Origin,
) -> Result<ProfileView, ApiError> {
    let user = existing(engine, &request.user_id)?;
    let background = request.background.validate(origin).map_err(ApiError::invalid_profile)?;
    engine.save_background(user, &background)?;
    profile_view(engine, engine.current_profile(user)?)
}

/// What saving these answers would do to each chapter. Writes nothing.
pub fn preview_profile(engine: &Engine, request: WithBackground) -> Result<ProfilePreview, ApiError> {
    let user = existing(engine, &request.user_id)?;
    let new = match request.background.validate(Origin::Form) {
        Ok(background) => background,
        Err(errors) => return Ok(ProfilePreview { errors, changes: Vec::new() }),
    };
    let old = engine.current_profile(user)?.background;
    let mut changes = Vec::new();
    for chapter in &engine.shelf.book.chapters {
        let change = match engine.standing(user, chapter, new.hash())?.state {
            Freshness::Missing => Change::New,
            _ if unmarked(&chapter.source, &old) == unmarked(&chapter.source, &new) => Change::Same,
            Freshness::Fresh | Freshness::NewerSource => Change::Ready,
            Freshness::Damaged | Freshness::StaleProfile | Freshness::StaleSource => Change::Rewritten,
        };
        changes.push(ChapterChange { chapter_id: chapter.id.0, title: chapter.title.clone(), change });
    }
    Ok(ProfilePreview { errors: Vec::new(), changes })
}

pub fn storage(engine: &Engine, _: Nothing) -> Result<Storage, ApiError> {
    let (chapters, used_bytes) = engine.stored_totals()?;
    Ok(Storage {
        used_bytes,
        quota_bytes: engine.quota_bytes()?,
        chapters,
        folder: engine.data.display().to_string(),
    })
}

pub fn set_quota(engine: &Engine, request: SetQuota) -> Result<Storage, ApiError> {
    engine.set_quota(request.quota_bytes)?;
    storage(engine, Nothing {})
}
