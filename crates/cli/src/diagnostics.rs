//! What somebody who is to help has to know.

use primer_engine::api::{ApiError, Nothing, direct};
use primer_engine::data_folder::DataFolder;
use primer_engine::env::Env;

use crate::arguments::Global;
use crate::output::Output;
use crate::{data_of, open};

/// A database that does not open is what they have to know first.
pub fn show(global: &Global, output: &Output) -> Result<(), ApiError> {
    let (path, env) = (data_of(global)?, Env::of_this_computer());
    let opened = open(global);
    let folder = DataFolder {
        path: &path,
        env: &env,
        program: "the command line",
        web_engine: None,
        opened: opened.as_ref(),
    };
    output.print(&direct::diagnostics(&folder, Nothing {})?, |diagnostics| diagnostics.text.clone())
}
