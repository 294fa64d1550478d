//! `user_profiles`: each reader's background and its hash.

use primer_domain::ids::{ProfileHash, UserId};
use primer_domain::profile::{Background, Draft, Origin};
use primer_domain::timestamp::Timestamp;
use rusqlite::{Connection, OptionalExtension, named_params};

use super::StoreError;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Profile {
    pub background: Background,
    pub hash: ProfileHash,
    pub updated_at: String,
}

pub fn save(
    connection: &Connection,
    user: UserId,
    background: &Background,
    at: Timestamp,
) -> Result<(), StoreError> {
    let json = |value: serde_json::Result<String>| {
        value.map_err(|source| {
            StoreError::bad_value("user_profiles", "software_experience", source.to_string())
        })
    };
    connection
        .prepare_cached(
            "INSERT INTO user_profiles
                 (user_id, software_experience, robotics_experience, hardware_access, learning_goals, profile_hash, updated_at)
             VALUES (:user_id, :software, :robotics, :hardware, :goals, :hash, :at)
             ON CONFLICT (user_id) DO UPDATE SET
                 software_experience = excluded.software_experience,
                 robotics_experience = excluded.robotics_experience,
                 hardware_access = excluded.hardware_access,
                 learning_goals = excluded.learning_goals,
                 profile_hash = excluded.profile_hash,
                 updated_at = excluded.updated_at",
        )
        .map_err(StoreError::sql("saving a profile"))?
        .execute(named_params! {
            ":user_id": user.to_string(),
            ":software": json(serde_json::to_string(&background.software_experience))?,
            ":robotics": background.robotics_experience.word(),
            ":hardware": json(serde_json::to_string(&background.hardware_access))?,
            ":goals": json(serde_json::to_string(&background.learning_goals))?,
            ":hash": background.hash().to_string(),
            ":at": at.to_string(),
        })
        .map_err(StoreError::sql("saving a profile"))?;
    Ok(())
}

/// Of the answers that count for a reader now: who has answered nothing reads what somebody new does.
pub fn current_hash(connection: &Connection, user: UserId) -> Result<ProfileHash, StoreError> {
    let profile = find(connection, user)?;
    Ok(profile.map_or_else(|| Background::of_somebody_new().hash(), |profile| profile.hash))
}

pub fn find(connection: &Connection, user: UserId) -> Result<Option<Profile>, StoreError> {
    let found = connection
        .prepare_cached(
            "SELECT software_experience, robotics_experience, hardware_access, learning_goals, updated_at
             FROM user_profiles WHERE user_id = :user_id",
        )
        .and_then(|mut statement| {
            statement
                .query_row(named_params! {":user_id": user.to_string()}, |row| {
                    Ok((
                        row.get::<_, String>("software_experience")?,
                        row.get::<_, String>("robotics_experience")?,
                        row.get::<_, String>("hardware_access")?,
                        row.get::<_, String>("learning_goals")?,
                        row.get::<_, String>("updated_at")?,
                    ))
                })
                .optional()
        })
        .map_err(StoreError::sql("reading a profile"))?;
    let Some((software, robotics, hardware, goals, updated_at)) = found else { return Ok(None) };
    let json = |column: &'static str, text: &str| {
        serde_json::from_str(text).map_err(|_| StoreError::bad_value("user_profiles", column, text))
    };
    let draft = Draft {
        software_experience: json("software_experience", &software)?,
        robotics_experience: serde_json::Value::String(robotics),
        hardware_access: json("hardware_access", &hardware)?,
        learning_goals: json("learning_goals", &goals)?,
    };
    // What was saved has been validated; it is taken as it stands, so that its hash stays its hash.
    let background = draft.validate(Origin::AsItStands).map_err(|errors| {
        let error = errors
            .into_iter()
            .next()
            .map_or_else(String::new, |error| format!("{}: {}", error.field, error.message));
        StoreError::bad_value("user_profiles", "software_experience", error)
    })?;
    // The hash is computed from the fields that are used, never trusted from its column.
    let hash = background.hash();
    Ok(Some(Profile { background, hash, updated_at }))
}
