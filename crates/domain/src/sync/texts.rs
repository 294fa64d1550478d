//! Which texts this computer writes itself, fetches and sends.

use std::collections::{BTreeMap, BTreeSet};

use super::rows::stamped;
use crate::ids::{ChapterId, ChapterVersion, ProfileHash, UserId};
use crate::profile::Background;
use crate::replica::{TextEntry, Texts, better};
use crate::rewrite::is_rewritten;
use crate::storage_path::StoragePath;

/// One reader's texts, here and in one remote.
#[derive(Debug, Clone)]
pub struct TextsNow<'a> {
    pub user: UserId,
    pub current_hash: ProfileHash,
    /// Of the installed book.
    pub book_id: &'a str,
    /// Its chapters.
    pub versions: BTreeMap<ChapterId, ChapterVersion>,
    /// What writes texts here, the same bytes on every computer: such as `primer/1`.
    pub generator: &'a str,
    /// All that the other computers' replicas announce.
    pub mentions: Texts,
    /// Which answers a hash stands for, as far as is known.
    pub backgrounds: BTreeMap<ProfileHash, Background>,
    /// What is here and whole.
    pub held: Texts,
    /// What any replica in the remote announces, this computer's included.
    pub mentioned_in_remote: BTreeSet<StoragePath>,
    /// What another computer looked for in the remote and did not find.
    pub asked_for: BTreeSet<StoragePath>,
    /// What the reader removed everywhere.
    pub taken_back: BTreeSet<StoragePath>,
    /// Announced texts that are not what they should be.
    pub refused: BTreeSet<StoragePath>,
    /// Chapters whose texts the reader removed from this computer, and has not opened since.
    pub put_away: BTreeSet<ChapterId>,
    /// What this computer looked for in the remote and did not find. It may come again.
    pub missing: BTreeSet<StoragePath>,
    /// Whether to bring here also what is not shown now: other backgrounds, other versions, other books.
    pub older_too: bool,
    /// What may be stored here in addition.
    pub room_bytes: u64,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    pub path: StoragePath,
    pub entry: TextEntry,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TextPlan {
    /// Can be written here, to the announced digest, without the network.
    pub generate: Vec<Wanted>,
    /// What the reader would be shown first, by chapter; then the rest, newest first.
    pub fetch: Vec<Wanted>,
    pub upload: Vec<StoragePath>,
    /// Texts that were left where they are, because there is no room for them here.
    pub too_big: usize,
}

pub fn texts(now: &TextsNow<'_>) -> TextPlan {
    let mut plan = TextPlan { upload: uploads(now), ..TextPlan::default() };
    let mut room_bytes = now.room_bytes;
    let current = current(now);
    for wanted in &current {
        room_bytes = room_bytes.saturating_sub(wanted.entry.len_bytes);
        plan.add(now, wanted.clone());
    }
    if now.older_too {
        for wanted in older(now, &current) {
            match room_bytes.checked_sub(wanted.entry.len_bytes) {
                Some(left_bytes) => {
                    room_bytes = left_bytes;
                    plan.add(now, wanted);
                }
                None => plan.too_big += 1,
            }
        }
    }
    plan
}

impl TextPlan {
    fn add(&mut self, now: &TextsNow<'_>, wanted: Wanted) {
        let Wanted { path, entry } = &wanted;
        if entry.generator == now.generator && has_source(now, path, entry) {
            self.generate.push(wanted)
        } else {
            self.fetch.push(wanted)
        }
    }
}

/// Whether the deterministic text of its key can be made here.
fn has_source(now: &TextsNow<'_>, path: &StoragePath, entry: &TextEntry) -> bool {
    entry.book_id == now.book_id
        && now.versions.get(&path.chapter_id) == Some(&path.chapter_version)
        && now.backgrounds.contains_key(&path.profile_hash)
}

/// A text that this reader has, or once had, and did not remove everywhere.
fn counts(now: &TextsNow<'_>, path: &StoragePath) -> bool {
    path.user_id == now.user && !now.taken_back.contains(path)
}

fn uploads(now: &TextsNow<'_>) -> Vec<StoragePath> {
    let is_lacking =
        |path: &&StoragePath| !now.mentioned_in_remote.contains(path) || now.asked_for.contains(path);
    now.held.keys().filter(|path| counts(now, path)).filter(is_lacking).copied().collect()
}

/// Announced, and not here. What a model rewrote is believed only where it can be compared with what it was made from.
fn announced<'a>(now: &'a TextsNow<'_>) -> impl Iterator<Item = (&'a StoragePath, &'a TextEntry)> {
    let can_be_believed = |path: &StoragePath, entry: &TextEntry| {
        !now.refused.contains(path) && (!is_rewritten(&entry.generator) || has_source(now, path, entry))
    };
    now.mentions.iter().filter(move |(path, entry)| {
        counts(now, path)
            && !now.held.contains_key(path)
            && !now.put_away.contains(&path.chapter_id)
            && can_be_believed(path, entry)
    })
}

/// For each chapter of the book the text that its reader should be shown now, where it is announced and not
/// here; and in place of one that was looked for in vain also the one that is next best.
fn current(now: &TextsNow<'_>) -> Vec<Wanted> {
    let mut wanted = preferred(now, |_| true);
    let is_to_be_had = |path: &StoragePath| !now.missing.contains(path);
    if wanted.iter().any(|wanted| !is_to_be_had(&wanted.path)) {
        for next_best in preferred(now, is_to_be_had) {
            if !wanted.contains(&next_best) {
                wanted.push(next_best);
            }
        }
    }
    wanted
}

fn preferred(now: &TextsNow<'_>, may_be: impl Fn(&StoragePath) -> bool) -> Vec<Wanted> {
    let held = stamped(&now.held, &now.mentions);
    let held = held.iter().filter(|(path, _)| counts(now, path));
    let mut best: BTreeMap<ChapterId, (&StoragePath, &TextEntry)> = BTreeMap::new();
    for (path, entry) in held.chain(announced(now).filter(|(path, _)| may_be(path))) {
        let installed = now.versions.get(&path.chapter_id);
        if path.profile_hash != now.current_hash
            || entry.book_id != now.book_id
            || installed.is_none_or(|installed| path.chapter_version < *installed)
        {
            continue;
        }
        let place = best.entry(path.chapter_id).or_insert((path, entry));
        if better((path, entry), *place) {
            *place = (path, entry);
        }
    }
    best.into_values()
        .filter(|(path, _)| !now.held.contains_key(path))
        .map(|(path, entry)| Wanted { path: *path, entry: entry.clone() })
        .collect()
}

/// Everything else that is announced and not here, newest first.
fn older(now: &TextsNow<'_>, current: &[Wanted]) -> Vec<Wanted> {
    let mut rest: Vec<Wanted> = announced(now)
        .filter(|(path, _)| !current.iter().any(|wanted| wanted.path == **path))
        .map(|(path, entry)| Wanted { path: *path, entry: entry.clone() })
        .collect();
    rest.sort_by(|a, b| b.entry.stamp.cmp(&a.entry.stamp).then(a.path.cmp(&b.path)));
    rest
}

#[cfg(test)]
mod tests;
