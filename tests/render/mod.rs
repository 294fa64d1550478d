//! Rendering a chapter, judged from outside: what the window gets is parsed by a browser's parser and held against
//! lists that are written here a second time, not taken from the renderer.

mod books;
mod commonmark;
mod contract;
mod dom;
mod hostile;
mod judge;
mod limits;

use std::collections::BTreeMap;

use primer_domain::render::{RenderOptions, Rendered};

/// npm packages of the window's tests; specifications and lists among them are data for these tests.
const NODE_MODULES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../ui/node_modules");

const ASSETS: &str = "book://localhost/";

/// As the app renders.
fn render(markdown: &str) -> Rendered {
    render_with(ASSETS, markdown)
}

fn render_with(asset_base: &str, markdown: &str) -> Rendered {
    let chapter_of_file =
        BTreeMap::from([("01-introduction.md".to_owned(), 1), ("02-ros2.md".to_owned(), 2)]);
    let options = RenderOptions { asset_base, chapter_of_file: &chapter_of_file };
    primer_domain::render::render(markdown, &options)
}

fn html(markdown: &str) -> String {
    render(markdown).html
}
