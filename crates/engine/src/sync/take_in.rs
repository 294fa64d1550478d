//! What a sync changes on this computer: registers, replicas, texts. Each function is one durable step.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use primer_domain::ids::{DeviceId, ProfileHash, TextDigest};
use primer_domain::personalise::personalise;
use primer_domain::profile::Background;
use primer_domain::replica::{Replica, Texts, collection, join_texts, taken_back};
use primer_domain::rewrite::{is_rewritten, verify};
use primer_domain::storage_path::StoragePath;
use primer_domain::sync::{self, TextPlan, TextsNow, Wanted, Whose};
use rusqlite::Transaction;
use uuid::Uuid;

use super::SyncError;
use super::gather::Gathered;
use super::session::Manner;
use crate::Engine;
use crate::blobs::{Beside, BlobError, Found, NewText, WritingAlone};
use crate::log;
use crate::parallel::{in_parallel, make_and_take};
use crate::reading::generator;
use crate::replica;
use crate::store::remote_replicas::{self, KnownReplica};
use crate::store::remotes::{self, RemoteRow};
use crate::store::texts::{self, StoredText};
use crate::store::{StoreError, backgrounds, chapters, devices, earlier_rewrites, put_away, rewrites};

/// As many texts, of so many bytes together, share one flush of the disk.
const BATCH: usize = 512;
const BATCH_BYTES: u64 = 12 << 20;

/// As many are written here before another program, or a chapter that is opened, has its turn.
const TEXTS_IN_A_TURN: usize = 1_024;

/// What came of the announced texts that this computer can write itself.
pub(super) struct WrittenHere {
    pub written: u64,
    /// So many were counted.
    pub changes: u64,
    /// Texts that came out otherwise than announced.
    pub unlike: Vec<StoragePath>,
}

impl Engine {
    /// The bytes of a stored text, if they are what they should be. If not, the file is set aside and the text is not
    /// known here any more; its chapter's row stays, so that the next visit finds it damaged and heals it.
    pub(super) fn text_to_send(&self, path: &StoragePath) -> Result<Option<Vec<u8>>, SyncError> {
        let known = self.store.read(|connection| texts::find(connection, path))?;
        let Some(known) = known else { return Ok(None) };
        if let Found::Intact(bytes) = self.blobs.read(path, &known.digest, known.len_bytes) {
            return Ok(Some(bytes));
        }
        let _alone = self.blobs.write_alone()?;
        // It may have been healed meanwhile.
        if let Found::Intact(bytes) = self.blobs.read(path, &known.digest, known.len_bytes) {
            return Ok(Some(bytes));
        }
        self.blobs.set_aside(path)?;
        self.store.write(|tx| texts::remove(tx, path))?;
        let made = if is_rewritten(&known.generator) { "by a model" } else { "by Primer" };
        log::warn("text_not_sent").with("chapter", path.chapter_id.0).with("rewritten", made).write();
        Ok(None)
    }

    /// Joins what a replica says, and keeps it as it was read. Returns how many changes were new here.
    pub(super) fn take_in_replica(
        &self,
        remote: &RemoteRow,
        device: DeviceId,
        known: &KnownReplica,
        replica: Option<&Replica>,
        whose: Whose,
    ) -> Result<u64, SyncError> {
        let at = self.env.now();
        let new_name = DeviceId::new(self.env.new_id());
        let merged = self.store.write(|tx| {
            if whose == Whose::SomebodyElses {
                // This data folder was copied, or brought back from an older copy: two computers wrote under one name.
                devices::rename(tx, remote.user, new_name)?;
            }
            remote_replicas::save(tx, remote.id, device, known)?;
            // It is known from now on, and the next listing shows nothing new. Should this sync not come to its end, the
            // texts that are announced there must be fetched all the same.
            remotes::set_settled(tx, remote.id, None)?;
            let Some(replica) = replica else { return Ok(0) };
            for background in replica.backgrounds.values() {
                backgrounds::save(tx, remote.user, background)?;
            }
            let keys = replica::join(tx, remote.user, &replica.registers, at)?;
            for key in keys.iter().filter(|key| key.collection == collection::TAKEN_BACK) {
                let is_wanted_again = replica.registers.get(key).is_some_and(|register| register.removed);
                if let Some(path) = StoragePath::parse_after_user(remote.user, &key.key)
                    && is_wanted_again
                {
                    // It may have been deleted before it was.
                    remote_replicas::doubt_uploads(tx, &path)?;
                }
            }
            if !keys.is_empty() {
                // Other remotes of this reader may not know it yet.
                devices::count_change(tx, remote.user)?;
            }
            Ok(keys.len() as u64)
        })?;
        Ok(merged)
    }

    /// `lost`: whose replica is gone from the remote, and with it perhaps the texts that only it mentioned.
    pub(super) fn plan_texts(
        &self,
        remote: &RemoteRow,
        gathered: &Gathered,
        replicas: &BTreeMap<DeviceId, Replica>,
        lost: Option<DeviceId>,
        asked_for: BTreeSet<StoragePath>,
        manner: &Manner,
    ) -> Result<TextPlan, SyncError> {
        let (_, used_bytes) = self.stored_totals()?;
        let mut mentions = Texts::new();
        let mut mentioned_in_remote = gathered.uploads.clone();
        let reliance = gathered.reliance();
        for (device, replica) in replicas {
            join_texts(&mut mentions, &replica.texts);
            if lost != Some(*device) {
                mentioned_in_remote.extend(reliance.mentions(replica));
            }
        }
        Ok(sync::texts(&TextsNow {
            user: remote.user,
            current_hash: gathered.looked_for.current_hash,
            book_id: &self.shelf.book.id,
            versions: self.shelf.versions(),
            generator: &generator(),
            mentions,
            backgrounds: gathered.backgrounds.clone(),
            held: gathered.held_texts(),
            mentioned_in_remote,
            asked_for,
            taken_back: taken_back(&gathered.registers, remote.user),
            refused: self.store.read(|connection| rewrites::refused(connection, remote.user))?,
            put_away: gathered.looked_for.put_away.clone(),
            missing: gathered.missing.clone(),
            older_too: manner.older_too,
            room_bytes: self.quota_bytes()?.saturating_sub(used_bytes),
        }))
    }

    /// Writes the announced texts that this computer can write itself, and tells of those that came out otherwise than
    /// announced: they say that they were made as this computer makes them, and were not.
    pub(super) fn write_announced(
        &self,
        announced: &[Wanted],
        backgrounds: &BTreeMap<ProfileHash, Background>,
    ) -> Result<WrittenHere, SyncError> {
        let mut written = 0;
        let mut changes = 0;
        let mut unlike = Vec::new();
        let make = |wanted: &Wanted| {
            let chapter = self.shelf.book.chapter(wanted.path.chapter_id)?;
            let background = backgrounds.get(&wanted.path.profile_hash)?;
            Some(personalise(&chapter.source, background).into_bytes())
                .filter(|bytes| is_as_announced(wanted, bytes))
        };
        for some in announced.chunks(TEXTS_IN_A_TURN) {
            // Whoever opens a chapter meanwhile waits for no more than these.
            let alone = self.blobs.write_alone()?;
            let some = self.still_wanted(some, |wanted| &wanted.path)?;
            make_and_take(
                !self.blobs.mishaps_are_possible(),
                batches(&some, |wanted| wanted.entry.len_bytes),
                |batch| {
                    let ready: Vec<(Wanted, Vec<u8>)> = batch
                        .iter()
                        .zip(in_parallel(batch, make))
                        .filter_map(|(wanted, text)| Some((wanted.clone(), text?)))
                        .collect();
                    self.lay_beside(&alone, &ready).map(|beside| (beside, ready))
                },
                |batch, laid| {
                    let (beside, ready) = laid?;
                    changes += self.keep_announced(beside, &ready, |_| None)?;
                    written += ready.len() as u64;
                    let mut kept = ready.iter().map(|(wanted, _)| wanted.path).peekable();
                    unlike.extend(
                        batch.iter().map(|wanted| wanted.path).filter(|path| kept.next_if_eq(path).is_none()),
                    );
                    Ok::<_, SyncError>(())
                },
            )?;
        }
        Ok(WrittenHere { written, changes, unlike })
    }

    /// Why a text that arrived as announced is not to be shown, if it is not. What a model rewrote is believed only as
    /// far as it is, in other words, what this computer makes for the same key itself; nothing else is judged.
    pub(super) fn refusal_of(&self, wanted: &Wanted, bytes: &[u8]) -> Result<Option<String>, SyncError> {
        let Wanted { path, entry } = wanted;
        if !is_rewritten(&entry.generator) {
            return Ok(None);
        }
        let known = self.store.read(|connection| backgrounds::all(connection, path.user_id))?;
        let new = Background::of_somebody_new();
        let background = known.get(&path.profile_hash).or((new.hash() == path.profile_hash).then_some(&new));
        let chapter =
            self.shelf.book.chapter(path.chapter_id).filter(|chapter| {
                chapter.version == path.chapter_version && entry.book_id == self.shelf.book.id
            });
        let (Some(background), Some(chapter)) = (background, chapter) else {
            return Ok(Some("What it was made from is not known here.".to_owned()));
        };
        let Ok(text) = std::str::from_utf8(bytes) else {
            return Ok(Some("It is no text.".to_owned()));
        };
        Ok(verify(&personalise(&chapter.source, background), text).err().map(|refusal| refusal.to_string()))
    }

    /// Notes texts that are not to be shown, so that they are not asked for again.
    pub(super) fn refuse_texts(
        &self,
        remote: &RemoteRow,
        refused: &[(StoragePath, String)],
    ) -> Result<(), SyncError> {
        if refused.is_empty() {
            return Ok(());
        }
        let at = self.env.now();
        self.store.write(|tx| {
            refused.iter().try_for_each(|(path, reason)| {
                rewrites::refuse(tx, path, reason, at)?;
                remote_replicas::note_found(tx, remote.id, path)
            })
        })?;
        Ok(())
    }

    /// Keeps the texts that arrived right, and notes those that are not there to be had. Returns how many changes that was.
    pub(super) fn take_in_texts(
        &self,
        remote: &RemoteRow,
        right: &[(Wanted, Vec<u8>)],
        missing: &[StoragePath],
    ) -> Result<u64, SyncError> {
        let mut changes = 0;
        for batch in batches(right, |(wanted, _)| wanted.entry.len_bytes) {
            let alone = self.blobs.write_alone()?;
            let batch = self.still_wanted(batch, |(wanted, _)| &wanted.path)?;
            let beside = self.lay_beside(&alone, &batch)?;
            changes += self.keep_announced(beside, &batch, |wanted| Some(wanted.entry.stamp.device))?;
        }
        if right.is_empty() && missing.is_empty() {
            return Ok(changes);
        }
        self.store.write(|tx| {
            right
                .iter()
                .try_for_each(|(wanted, _)| remote_replicas::note_found(tx, remote.id, &wanted.path))?;
            missing.iter().try_for_each(|path| remote_replicas::note_missing(tx, remote.id, path))
        })?;
        Ok(changes)
    }

    /// Without the texts of chapters that their reader put away since they were planned. Nobody puts one away while this
    /// program writes alone.
    fn still_wanted<'a, T: Clone>(
        &self,
        some: &'a [T],
        path: impl Fn(&T) -> &StoragePath,
    ) -> Result<Cow<'a, [T]>, StoreError> {
        let Some(first) = some.first() else { return Ok(Cow::Borrowed(some)) };
        let away = self.store.read(|connection| put_away::all(connection, path(first).user_id))?;
        if away.is_empty() {
            return Ok(Cow::Borrowed(some));
        }
        let stays = |item: &&T| !away.contains(&path(item).chapter_id);
        Ok(Cow::Owned(some.iter().filter(stays).cloned().collect()))
    }

    /// A batch of texts that are as announced, beside their places.
    fn lay_beside(&self, alone: &WritingAlone, batch: &[(Wanted, Vec<u8>)]) -> Result<Beside<'_>, BlobError> {
        let texts: Vec<NewText<'_>> = batch
            .iter()
            .map(|(wanted, bytes)| NewText { path: &wanted.path, digest: &wanted.entry.digest, bytes })
            .collect();
        self.blobs.write_beside(alone, &texts)
    }

    /// Puts them in their places, all flushed together, and then records them in one transaction. Returns how many changes
    /// that was: other remotes of their reader may not have them yet.
    fn keep_announced(
        &self,
        beside: Beside<'_>,
        batch: &[(Wanted, Vec<u8>)],
        came_from: impl Fn(&Wanted) -> Option<DeviceId>,
    ) -> Result<u64, SyncError> {
        let Some((first, _)) = batch.first() else { return Ok(0) };
        beside.put_in_place()?;
        let at = self.env.now();
        self.store.write(|tx| {
            for (wanted, bytes) in batch {
                let text = StoredText {
                    path: wanted.path,
                    book_id: wanted.entry.book_id.clone(),
                    digest: wanted.entry.digest,
                    len_bytes: bytes.len() as u64,
                    generator: wanted.entry.generator.clone(),
                    improvements: wanted.entry.improvements,
                    created_at: wanted.entry.stamp.wall,
                    last_opened_at: at,
                    stamp: Some(wanted.entry.stamp),
                    came_from: came_from(wanted),
                    opened: false,
                };
                texts::insert(tx, &text)?;
                // Whoever announces it wants it after all.
                earlier_rewrites::remove(tx, &wanted.path)?;
                name_best(tx, &wanted.path, &self.shelf.book.id)?;
            }
            devices::count_change(tx, first.path.user_id)
        })?;
        Ok(1)
    }
}

/// Parts of `items`, each of at most [`BATCH`] and, unless it is a single one, of at most [`BATCH_BYTES`].
fn batches<T>(mut items: &[T], len_bytes: impl Fn(&T) -> u64) -> impl Iterator<Item = &[T]> {
    std::iter::from_fn(move || {
        let mut sum_bytes = 0_u64;
        let fitting = items.iter().take(BATCH).take_while(|item| {
            sum_bytes = sum_bytes.saturating_add(len_bytes(item));
            sum_bytes <= BATCH_BYTES
        });
        let (batch, rest) = items.split_at(fitting.count().max(1).min(items.len()));
        items = rest;
        (!batch.is_empty()).then_some(batch)
    })
}

/// Whether these are the bytes that the announcement and the path speak of.
pub(super) fn is_as_announced(wanted: &Wanted, bytes: &[u8]) -> bool {
    wanted.entry.len_bytes == bytes.len() as u64 && wanted.entry.digest == TextDigest::of(bytes)
}

/// Makes the row for a chapter and background name the right one of the texts that are held for it.
pub(crate) fn name_best(
    transaction: &Transaction<'_>,
    path: &StoragePath,
    book: &str,
) -> Result<(), StoreError> {
    let mut held = texts::of_chapter(transaction, path.user_id, path.chapter_id, path.profile_hash)?;
    if held.iter().any(|text| is_rewritten(&text.generator)) {
        let earlier = earlier_rewrites::all(transaction, path.user_id)?;
        held.retain(|text| !earlier.contains(&text.path));
    }
    let nobody = DeviceId::new(Uuid::nil());
    let entries: Texts = held.iter().map(|text| (text.path, text.entry(nobody))).collect();
    for best in sync::choose_rows(book, &entries, &Texts::new()).values() {
        let created_at = held.iter().find(|text| text.path == *best).map(|text| text.created_at);
        if let Some(created_at) = created_at {
            chapters::save(transaction, best, created_at)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{BATCH, BATCH_BYTES, batches};

    fn lengths(items: &[u64]) -> Vec<usize> {
        batches(items, |len_bytes| *len_bytes).map(<[u64]>::len).collect()
    }

    #[test]
    fn a_batch_is_bounded_in_texts_and_bytes_and_a_text_too_long_is_one_by_itself() {
        assert_eq!(lengths(&[]), Vec::<usize>::new());
        assert_eq!(lengths(&vec![1; BATCH * 2 + 1]), [BATCH, BATCH, 1]);
        assert_eq!(lengths(&[BATCH_BYTES / 2, BATCH_BYTES / 2, 1]), [2, 1]);
        assert_eq!(lengths(&[1, u64::MAX, u64::MAX, 1, 1]), [1, 1, 1, 2]);
    }
}
