//! Does once what every sync does, under the reader's own prefix, and says what it found: the way of addressing, the
//! region, the clock, the certificate, whether a listing shows what was just written, whether what comes back is what
//! was sent, whether published books can be read, and whether the key may do more than it should. Sets what it can.

mod books;
mod place;
mod settings;

use primer_domain::ids::{TextDigest, UserId};
use serde::Serialize;
use ts_rs::TS;
use uuid::Uuid;

use self::settings::Search;
use super::keys;
use crate::remote::{
    Clock, Credentials, Listed, Location, Object, Remote, RemoteError, RemoteFault, S3Location, Style,
};

/// Longer than what one packet carries, and not the same twice.
const PROBE_LEN: usize = 20 * 1024;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    Good,
    /// It was wrong, and has been set right.
    Mended,
    /// It works, and somebody should know.
    Note,
    /// It keeps a sync from working.
    Bad,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
pub struct Finding {
    pub verdict: Verdict,
    pub sentence: String,
    /// What to do, where there is something to do.
    pub hint: Option<String>,
}

impl Finding {
    fn new(verdict: Verdict, sentence: impl Into<String>) -> Finding {
        Finding { verdict, sentence: sentence.into(), hint: None }
    }

    fn with_hint(self, hint: impl Into<String>) -> Finding {
        Finding { hint: Some(hint.into()), ..self }
    }

    fn bad(error: &RemoteError) -> Finding {
        let words = error.words();
        Finding::new(Verdict::Bad, words.sentence).with_hint(words.next_step)
    }
}

/// What was found, and the settings with which it works, if others do than those that were given.
#[derive(Debug)]
pub struct Diagnosis {
    pub findings: Vec<Finding>,
    pub better: Option<Location>,
}

pub struct Patient<'a> {
    pub user: UserId,
    /// The one that is read here.
    pub book_id: &'a str,
    pub location: &'a Location,
    pub credentials: Option<Credentials>,
    pub clock: Clock,
    /// Whether a sync has been there before.
    pub known: bool,
    /// Three ids that nobody has yet: of the probe, of a reader who is not, and of the place, where it has none.
    pub ids: [Uuid; 3],
}

pub async fn examine(patient: &Patient<'_>) -> Diagnosis {
    let mut findings = Vec::new();
    let mut better = None;
    let remote = match reach(patient, &mut findings, &mut better).await {
        Ok(remote) => remote,
        Err(error) => {
            findings.push(Finding::bad(&error));
            return Diagnosis { findings, better };
        }
    };
    if let Err(fault) = round_trip(&remote, patient, &mut findings).await {
        findings.push(fault);
    } else {
        findings.push(place::identify(&remote, patient.ids[2]).await);
        others(&remote, patient, &mut findings).await;
        books::look(&remote, patient, &mut findings).await;
    }
    if let Some(offset) = remote.clock_offset() {
        let sentence = format!("This computer's clock is {offset}. Syncing works all the same.");
        findings
            .push(Finding::new(Verdict::Note, sentence).with_hint("Set the clock, so that times are right."));
    }
    Diagnosis { findings, better }
}

/// Reaches it with the settings that were given, or with others if those don't work.
async fn reach(
    patient: &Patient<'_>,
    findings: &mut Vec<Finding>,
    better: &mut Option<Location>,
) -> Result<Remote, RemoteError> {
    // What the settings that were given led to is what helps; the others are only tried.
    let told = match list(patient, patient.location).await {
        Ok((remote, listed)) => {
            findings.push(reached(&remote, listed.len()));
            return Ok(remote);
        }
        Err(error) => error,
    };
    let Location::S3(given) = patient.location else { return Err(told) };
    let mut search = Search::after(given, &told.fault);
    while let Some(other) = search.next() {
        let location = Location::S3(other.clone());
        match list(patient, &location).await {
            Ok((remote, listed)) => {
                findings.extend([mended(&other), reached(&remote, listed.len())]);
                *better = Some(location);
                return Ok(remote);
            }
            Err(error) => search.learn(&other, &error.fault),
        }
    }
    Err(told)
}

/// The reader's replicas, with which every sync begins.
async fn list(patient: &Patient<'_>, location: &Location) -> Result<(Remote, Vec<Listed>), RemoteError> {
    let remote = Remote::connect(location, patient.credentials.clone(), patient.clock.clone())?;
    let remote = if patient.known { remote.known_by(keys::IDENTITY) } else { remote };
    let listed = remote.list(&keys::replicas(patient.user)).await?;
    Ok((remote, listed))
}

fn reached(remote: &Remote, computers_there: usize) -> Finding {
    let sentence = format!("{} answers, and knows {}.", remote.place(), computers(computers_there));
    Finding::new(Verdict::Good, sentence)
}

fn computers(number: usize) -> String {
    match number {
        0 => "no computer of this reader yet".to_owned(),
        1 => "1 computer of this reader".to_owned(),
        many => format!("{many} computers of this reader"),
    }
}

fn mended(s3: &S3Location) -> Finding {
    let style = match s3.style_meant() {
        Some(Style::Host) => "the bucket's name before the host",
        _ => "the bucket's name in the path",
    };
    Finding::new(
        Verdict::Mended,
        format!("It works with the region {} and {style}; that is set now.", s3.region),
    )
}

/// Puts an object, lists it, gets it, deletes it: under the reader's own prefix, where a sync works. The error is what
/// kept it from its end.
async fn round_trip(
    remote: &Remote,
    patient: &Patient<'_>,
    findings: &mut Vec<Finding>,
) -> Result<(), Finding> {
    let folder = format!("users/{}/doctor/", patient.user);
    let key = format!("{folder}{}.txt", patient.ids[0]);
    let bytes = probe(patient.ids[0]);
    remote.put(&key, &bytes).await.map_err(|error| Finding::bad(&error))?;
    let seen = look_for(remote, &folder, &key).await;
    // Removed whatever was seen of it. The first that failed is told, and what it leaves.
    let (shown, back) = match (seen, remote.delete(&key).await) {
        (Ok(seen), Ok(())) => seen,
        (Err(error), Ok(())) => return Err(Finding::bad(&error)),
        (Err(error), Err(_)) | (Ok(_), Err(error)) => {
            let mut fault = Finding::bad(&error);
            fault.sentence += &left_at(&key);
            return Err(fault);
        }
    };
    let gone = remote.get(&key, PROBE_LEN as u64).await.map_err(|error| Finding::bad(&error))?.is_none();
    let same = |back: &Object| TextDigest::of(&back.bytes) == TextDigest::of(&bytes);
    findings.push(match &back {
        Some(back) if same(back) => {
            Finding::new(Verdict::Good, "What is put there comes back as it was, and can be removed again.")
        }
        Some(_) => Finding::new(Verdict::Bad, "What comes back is not what was put there.")
            .with_hint("Something between here and there changes files; ask whoever runs the server."),
        None => Finding::new(Verdict::Bad, "What was just put there could not be fetched.")
            .with_hint("Try again in a minute; if it stays so, this server can't be used for syncing."),
    });
    if !shown {
        findings.push(
            Finding::new(Verdict::Note, "A listing does not show at once what was just put there.")
                .with_hint("Syncing works; other computers hear of news a little later."),
        );
    }
    if !gone {
        findings.push(
            Finding::new(Verdict::Note, "What is removed there can still be fetched.")
                .with_hint("The server keeps versions or answers from a cache; ask whoever runs it."),
        );
    }
    Ok(())
}

/// Whether a listing shows it, and what comes back.
async fn look_for(remote: &Remote, folder: &str, key: &str) -> Result<(bool, Option<Object>), RemoteError> {
    let listed = remote.list(folder).await?;
    let shown = listed.iter().any(|object| object.key == key);
    Ok((shown, remote.get(key, PROBE_LEN as u64).await?))
}

/// To be said after what kept it from being removed.
fn left_at(key: &str) -> String {
    format!(" What was tried is left at {key}.")
}

/// Whether the key reaches further than its reader.
async fn others(remote: &Remote, patient: &Patient<'_>, findings: &mut Vec<Finding>) {
    if matches!(patient.location, Location::Folder { .. }) {
        return;
    }
    let strange = format!("users/{}/doctor/{}.txt", patient.ids[1], patient.ids[0]);
    findings.push(match may_write(remote, &strange).await {
        Ok(Some(left)) => {
            Finding::new(Verdict::Note, format!("This key may write in other readers' places too.{left}"))
                .with_hint("If the bucket is yours alone, that is as it should be; in a course's, ask for a key of your own.")
        }
        Ok(None) => Finding::new(Verdict::Good, "This key can't write in other readers' places."),
        Err(error) => Finding::bad(&error),
    });
}

/// Whether something can be put there. It is removed again; if that fails, a sentence says what is left.
async fn may_write(remote: &Remote, key: &str) -> Result<Option<String>, RemoteError> {
    match remote.put(key, b"written by a check of permissions\n").await {
        // It was only to be seen whether it can be done.
        Ok(_) => Ok(Some(match remote.delete(key).await {
            Ok(()) => String::new(),
            Err(_) => left_at(key),
        })),
        Err(error) if matches!(error.fault, RemoteFault::NoPermission { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

fn probe(id: Uuid) -> Vec<u8> {
    let line = format!("{id} was here to see whether this place works\n");
    line.bytes().cycle().take(PROBE_LEN).collect()
}
