//! Looking at what a remote holds for its reader. Only the command line asks for it: it waits for the
//! network.

use super::error::{ApiError, sentence};
use super::network::network_runtime;
use super::remotes::existing_remote;
use super::sync_types::OfRemote;
use crate::Engine;
use crate::store::{devices, rewrites};
use crate::sync::inspect::{self, Here, Inspection, RefusedFound};

pub fn inspect(engine: &Engine, request: OfRemote) -> Result<Inspection, ApiError> {
    let row = existing_remote(engine, &request.remote_id)?;
    let own = engine.store.read(|connection| devices::find(connection, row.user))?.map(|device| device.id);
    let refused = engine.store.read(|connection| rewrites::all_refused(connection, row.user))?;
    let refused = refused.into_iter().map(|text| RefusedFound {
        key: text.path.to_string(),
        why: sentence(&text.why),
        refused_at: text.at.to_string(),
        by_another_program: !text.by_this_program,
    });
    let here = Here { own, book_id: &engine.shelf.book.id, refused: refused.collect() };
    let remote = engine.connect(&row)??;
    network_runtime()?.block_on(inspect::look(&remote, &row, here)).map_err(|error| ApiError::sync(&error))
}
