//! Looking at what a remote holds for its reader. Only the command line asks for it: it waits for the
//! network.

use super::error::ApiError;
use super::network::network_runtime;
use super::remotes::existing_remote;
use super::sync_types::OfRemote;
use crate::Engine;
use crate::store::devices;
use crate::sync::inspect::{self, Inspection};

pub fn inspect(engine: &Engine, request: OfRemote) -> Result<Inspection, ApiError> {
    let row = existing_remote(engine, &request.remote_id)?;
    let own = engine.store.read(|connection| devices::find(connection, row.user))?.map(|device| device.id);
    let remote = engine.connect(&row)??;
    network_runtime()?.block_on(inspect::look(&remote, &row, own)).map_err(|error| ApiError::sync(&error))
}
