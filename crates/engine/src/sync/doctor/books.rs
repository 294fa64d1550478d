//! Whether a published edition of the book that is read here can be read, and whether the key could publish one itself.

use primer_domain::publish::{EDITION_LEN_MAX, Edition, EditionFault};

use super::{Finding, Patient, Verdict, may_write};
use crate::remote::{Location, Remote, RemoteFault};
use crate::sync::keys;

pub(super) async fn look(remote: &Remote, patient: &Patient<'_>, findings: &mut Vec<Finding>) {
    findings.push(published(remote, patient.book_id).await);
    // Whoever may write in a folder may write all of it.
    if matches!(patient.location, Location::Folder { .. }) {
        return;
    }
    // Below no index, so that nobody takes it for a part of a book.
    let key = keys::doctors_among_books(patient.ids[0]);
    findings.push(match may_write(remote, &key).await {
        Ok(Some(left)) => Finding::new(
            Verdict::Note,
            format!("This key may publish books for every reader of this place.{left}"),
        )
        .with_hint("If the bucket is yours, or you publish the book, that is as it should be; a student's key is too wide so."),
        Ok(None) => Finding::new(Verdict::Good, "This key can't publish books."),
        Err(error) => Finding::bad(&error),
    });
}

/// Nothing of it keeps a sync from working.
async fn published(remote: &Remote, book_id: &str) -> Finding {
    match remote.get(&keys::book_index(book_id), EDITION_LEN_MAX).await {
        Ok(None) => {
            Finding::new(Verdict::Good, "No edition of the book is published there, and one could be read.")
        }
        Ok(Some(object)) => match Edition::parse(&object.bytes, book_id) {
            Ok(Edition { number, title, .. }) => Finding::new(
                Verdict::Good,
                format!("Edition {number} of “{title}” is published there, and can be read."),
            ),
            Err(fault) => Finding::new(
                Verdict::Note,
                format!("What is published of the book there can't be used: {fault}."),
            )
            .with_hint(next_step(&fault)),
        },
        // Some servers answer so as well where there is nothing.
        Err(error) if matches!(error.fault, RemoteFault::NoPermission { .. }) => Finding::new(
            Verdict::Note,
            "This key may not read published books, or there is none of this one.",
        )
        .with_hint(
            "Everything else works; if your course publishes its book there, ask for a key that may read it.",
        ),
        Err(error) if matches!(error.fault, RemoteFault::TooLong) => Finding::new(
            Verdict::Note,
            "What is published of the book there is longer than any index of a book.",
        )
        .with_hint("The book you have stays; tell whoever publishes it."),
        Err(error) => Finding::bad(&error),
    }
}

fn next_step(fault: &EditionFault) -> &'static str {
    match fault {
        EditionFault::NewerFormat { .. } | EditionFault::NewerBookFormat { .. } => {
            "The book you have stays; update Primer."
        }
        _ => "The book you have stays; whoever publishes it can publish it again.",
    }
}
