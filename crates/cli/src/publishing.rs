//! `primer book publish` and `primer book list`: what a teacher gives to a class, and which editions there are.

use primer_engine::Engine;
use primer_engine::api::{
    ApiError, BooksView, Came, ErrorCode, OfReader, Place, PublishedView, Standing, direct,
};
use primer_engine::env::Env;
use primer_engine::publishing::{Publication, Wish};

use crate::arguments::{AddRemoteCommand, BookCommand, Global, Publish, PublishBook};
use crate::output::Output;
use crate::reading::reader;
use crate::remotes::{location, which_remote};

pub fn run(engine: &Engine, global: &Global, command: &BookCommand, output: &Output) -> Result<(), ApiError> {
    match command {
        BookCommand::Publish(book) => {
            at_known_place(engine, global, &book.wanted, |place| publish(book, place, output))
        }
        BookCommand::List { look } => {
            if *look {
                let user_id = reader(engine, global)?.to_string();
                for remote in direct::remotes(engine, OfReader { user_id })? {
                    direct::look_for_books(engine, &remote.remote_id)?;
                }
            }
            output.print(&direct::books(engine)?, list_words)
        }
        BookCommand::Check { folder } => crate::book::check_book(folder, output),
    }
}

/// Publishes to a place for this once.
pub fn at_named_place(
    named: &AddRemoteCommand,
    publish: impl FnOnce(&Place<'_>) -> Result<(), ApiError>,
) -> Result<(), ApiError> {
    let (location, keys) = location(named)?;
    let (secret_access_key, session_token) = keys.unzip();
    let env = Env::of_this_computer();
    let session_token = session_token.flatten();
    publish(&Place::Named { env: &env, location, secret_access_key, session_token })
}

/// Publishes to one of a reader's places.
pub fn at_known_place(
    engine: &Engine,
    global: &Global,
    wanted: &Publish,
    publish: impl FnOnce(&Place<'_>) -> Result<(), ApiError>,
) -> Result<(), ApiError> {
    if wanted.place.is_some() {
        return Err(two_places());
    }
    let remote_id = which_remote(engine, global, wanted.to.as_deref())?;
    publish(&Place::Known { engine, remote_id })
}

fn two_places() -> ApiError {
    ApiError::new(
        ErrorCode::InvalidRequest,
        "Two places are named to publish to.",
        "Name one of those that “primer remote list” shows with --to, or a folder or a server.",
    )
}

pub fn publish(book: &PublishBook, place: &Place<'_>, output: &Output) -> Result<(), ApiError> {
    let PublishBook { wanted: Publish { folder, dry_run: dry, .. }, keep_old } = book;
    let (dry, wish) = (*dry, Wish { dry: *dry, keep_old: *keep_old });
    let found = |findings: &[String]| findings.iter().for_each(|finding| output.beside(finding));
    let publication = direct::publish_book(folder, place, wish, found)?;
    output.print(&publication, |publication| publication_words(publication, dry))
}

fn publication_words(publication: &Publication, dry: bool) -> String {
    let Publication { title, edition, files, sent, sent_bytes, .. } = publication;
    let mut words = match (publication.unchanged, dry) {
        (true, _) if *sent == 0 => {
            format!("This is edition {edition} of “{title}”, which is published already.")
        }
        (true, false) => format!(
            "Edition {edition} of “{title}” is published already; {sent} files that were missing there are there again ({sent_bytes} bytes)."
        ),
        (true, true) => format!(
            "Edition {edition} of “{title}” is published already; {sent} files that are missing there would be sent ({sent_bytes} bytes)."
        ),
        (false, false) => format!(
            "Published edition {edition} of “{title}”: {files} files, {sent} of them new there ({sent_bytes} bytes). Readers of this book get it with their next sync, or within a day where it is the first."
        ),
        (false, true) => format!(
            "This would publish edition {edition} of “{title}”: {files} files, {sent} of them new there ({sent_bytes} bytes)."
        ),
    };
    words.push('\n');
    let (removed, removed_bytes) = (publication.removed, publication.removed_bytes);
    match (removed, dry) {
        (0, _) => {}
        (_, false) => words.push_str(&format!(
            "Removed {removed} objects of earlier editions that nobody fetches any more ({removed_bytes} bytes).\n"
        )),
        (_, true) => words.push_str(&format!(
            "It would remove {removed} objects of earlier editions that nobody fetches any more ({removed_bytes} bytes).\n"
        )),
    }
    if let Some(why) = &publication.not_removed {
        words.push_str(&format!(
            "Not all objects of earlier editions could be removed. {why} They harm nobody, and go when the next edition is published.\n"
        ));
    }
    for name in &publication.left_out {
        words.push_str(&format!("Left out, as it is no part of a book: {name}\n"));
    }
    words
}

fn list_words(books: &BooksView) -> String {
    let open = &books.open;
    let came = match &open.came {
        Came::WithProgram => "as it came with Primer".to_owned(),
        Came::Folder { path } => format!("from {}", path.display()),
        Came::Published { edition } => format!("published edition {edition}"),
    };
    let mut out = format!("Open: “{}” ({}), {came}\n", open.title, open.book_id);
    for chapter in &open.chapters {
        out.push_str(&format!("  chapter {}, version {}\n", chapter.chapter_id, chapter.version));
    }
    if let Some(waiting) = &books.waiting {
        out.push_str(&format!("Here, and opens at the next start: edition {}\n", waiting.edition));
    }
    match books.published.is_empty() {
        true => out.push_str("No book is known to be published where this computer syncs.\n"),
        false => books.published.iter().for_each(|view| out.push_str(&published_line(view))),
    }
    out
}

fn published_line(view: &PublishedView) -> String {
    let standing = match view.standing {
        Standing::Newer => "newer than the one here",
        Standing::Same => "the one here",
        Standing::Older => "older than the one here",
        Standing::Apart => "gone on from the same book as the one here, apart from it",
        Standing::OtherBook => "another book than the one that is read here",
        Standing::Unreadable => "which can't be read here",
    };
    let edition = view.edition.as_ref().map_or_else(
        || view.book_id.clone(),
        |edition| format!("edition {} of “{}” ({})", edition.edition, edition.title, view.book_id),
    );
    let trouble = view.trouble.as_ref().map_or_else(String::new, |why| format!(". {why}"));
    format!("Published in {}: {edition}, {standing}{trouble}\n", view.remote)
}
