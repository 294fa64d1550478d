//! The bundled book through the renderer.

use crate::render::html;
use crate::render::judge::assert_safe;

fn chapters() -> Vec<(String, String)> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../book");
    let mut chapters = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{folder}: {error}")) {
        let path = entry.expect("a folder that can be listed").path();
        if path.extension().is_some_and(|extension| extension == "md") {
            chapters.push((
                path.display().to_string(),
                std::fs::read_to_string(&path).expect("a chapter that can be read"),
            ));
        }
    }
    assert!(!chapters.is_empty(), "{folder} has no chapters");
    chapters
}

#[test]
fn every_chapter_of_the_book_renders_safely_and_at_once_to_its_last_form() {
    for (path, markdown) in chapters() {
        assert_safe(&html(&markdown), &path);
    }
}

#[test]
fn every_formula_of_the_book_can_be_read() {
    for (path, markdown) in chapters() {
        let html = html(&markdown);
        let wrong: Vec<&str> = html
            .split("<code class=\"math-error\">")
            .skip(1)
            .map(|it| it.split('<').next().unwrap_or_default())
            .collect();
        assert!(wrong.is_empty(), "{path}: {wrong:?}");
    }
}

#[test]
fn every_fence_of_the_book_names_a_language_that_is_known() {
    for (path, markdown) in chapters() {
        let html = html(&markdown);
        let nameless = html.matches("<pre class=\"code\"><code>").count();
        assert_eq!(nameless, 0, "{path}");
    }
}
