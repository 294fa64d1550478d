//! A reader's registers on this computer, and what follows from them: the reader's name and `user_profiles`.
//!
//! Whatever changes a register changes its view in the same transaction, so the two never differ.

use primer_domain::ids::{DeviceId, UserId};
use primer_domain::profile::Background;
use primer_domain::replica::{self, RegisterKey, Registers, Stamp};
use primer_domain::timestamp::Timestamp;
use rusqlite::Transaction;

use crate::Engine;
use crate::cache::LAST_READER;
use crate::store::{StoreError, backgrounds, devices, profiles, registers, settings, users};

impl Engine {
    pub fn add_reader(&self, name: &str) -> Result<UserId, StoreError> {
        let user = UserId::new(self.env.new_id());
        let device = DeviceId::new(self.env.new_id());
        let at = self.env.now();
        self.store.write(|transaction| {
            users::insert(transaction, user, name, at)?;
            devices::insert(transaction, user, device)?;
            edit(transaction, user, at, |registers, stamp| replica::rename(registers, name, stamp))?;
            settings::set(transaction, None, &LAST_READER, &user.to_string())
        })?;
        Ok(user)
    }

    /// Whether there is such a reader.
    pub fn rename_reader(&self, user: UserId, name: &str) -> Result<bool, StoreError> {
        let at = self.env.now();
        let renamed = self.store.write(|transaction| {
            if users::find(transaction, user)?.is_none() {
                return Ok(false);
            }
            edit(transaction, user, at, |registers, stamp| replica::rename(registers, name, stamp))?;
            Ok(true)
        })?;
        self.desk.note_change();
        Ok(renamed)
    }

    /// Saves the answers of a reader who is on this computer.
    pub fn save_background(&self, user: UserId, background: &Background) -> Result<(), StoreError> {
        let at = self.env.now();
        self.store.write(|transaction| {
            edit(transaction, user, at, |registers, stamp| replica::edit(registers, background, stamp))
        })?;
        self.rewriting_desk.background_is(user, background.hash());
        self.desk.note_change();
        Ok(())
    }
}

/// Writes what `change` makes of the registers, stamped after all that is there.
pub(crate) fn edit(
    transaction: &Transaction<'_>,
    user: UserId,
    at: Timestamp,
    change: impl FnOnce(&Registers, Stamp) -> Registers,
) -> Result<(), StoreError> {
    let mut all = registers::all(transaction, user)?;
    let device = devices::find(transaction, user)?
        .ok_or_else(|| StoreError::bad_value("devices", "user_id", user.to_string()))?;
    let changed = change(&all, Stamp::next(all.greatest_stamp(), at, device.id));
    if changed.is_empty() {
        return Ok(());
    }
    all.join(&changed);
    registers::save(transaction, user, &changed)?;
    devices::count_change(transaction, user)?;
    follow(transaction, user, &all, at)
}

/// Joins what another computer wrote. Returns what it changed here.
pub(crate) fn join(
    transaction: &Transaction<'_>,
    user: UserId,
    theirs: &Registers,
    at: Timestamp,
) -> Result<Vec<RegisterKey>, StoreError> {
    let mut all = registers::all(transaction, user)?;
    let keys = all.join(theirs);
    if !keys.is_empty() {
        let mut changed = Registers::default();
        for key in &keys {
            if let Some(register) = all.get(key) {
                changed.insert(key.clone(), register.clone());
            }
        }
        registers::save(transaction, user, &changed)?;
        follow(transaction, user, &all, at)?;
    }
    Ok(keys)
}

/// Brings the view up to the registers. A view that is right already keeps its time.
fn follow(
    transaction: &Transaction<'_>,
    user: UserId,
    registers: &Registers,
    at: Timestamp,
) -> Result<(), StoreError> {
    if let Some(name) = replica::name(registers)
        && users::find(transaction, user)?.is_some_and(|user| user.name != name)
    {
        users::rename(transaction, user, &name, at)?;
    }
    if let Some(background) = replica::background(registers) {
        let saved = profiles::find(transaction, user)?;
        if saved.is_none_or(|saved| saved.background != background) {
            profiles::save(transaction, user, &background, at)?;
            backgrounds::save(transaction, user, &background)?;
        }
    }
    Ok(())
}
