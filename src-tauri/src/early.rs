//! What the page asks first, answered while its window is still being made, so that a start waits for no messages to and
//! fro. The page takes each answer once in place of asking (`ui/api.ts`); what could not be answered it asks as ever.

use primer_engine::Engine;
use primer_engine::api::dispatch;
use serde_json::{Value, json};

use crate::left;
use crate::start::Page;

/// Where the page finds them.
const PLACE: &str = "__PRIMER_EARLY__";

/// Commands, each with its request and its answer.
pub type Answers = Vec<(&'static str, Value, Value)>;

/// For a start at this page.
pub fn answers(engine: &Engine, page: &Page) -> Answers {
    let mut answers = Answers::new();
    let mut ask = |name: &'static str, request: Value| {
        // What goes wrong here goes wrong again when the page asks, and is told then.
        let answer = dispatch(engine, name, request.clone()).ok()?;
        answers.push((name, request, answer.clone()));
        Some(answer)
    };
    let Some(startup) = ask("startup", json!({})) else { return answers };
    let Some(user_id) = startup["reader"]["id"].as_str() else { return answers };
    match page {
        Page::Contents => ask("list_chapters", json!({"user_id": user_id})),
        Page::Chapter(number) | Page::ChapterAgain(number) => {
            ask("open_chapter", json!({"user_id": user_id, "chapter_id": number}))
        }
        Page::Joining(_) => None,
    };
    ask("sync_status", json!({"user_id": user_id}));
    answers
}

/// Puts the answers where the page finds them, before any of its own script runs.
pub fn script(answers: &Answers) -> String {
    left::script(PLACE, &json!(answers))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::script;

    #[test]
    fn whatever_a_text_holds_is_a_string_to_the_script() {
        let hostile = "\"); alert(1); // </script>\u{2028}\n\\";
        let script = script(&vec![("open_chapter", json!({"chapter_id": 1}), json!({"html": hostile}))]);
        let literal = script.strip_prefix("window.__PRIMER_EARLY__ = JSON.parse(").unwrap();
        let literal = literal.strip_suffix(");").unwrap();
        let text: String = serde_json::from_str(literal).unwrap();
        assert!(!literal.contains('\n') && !literal[1..literal.len() - 1].replace("\\\"", "").contains('"'));
        let answers: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(answers[0][2]["html"], hostile);
    }
}
