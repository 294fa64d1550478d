//! What the shell leaves for the page, as a script that runs before or between the page's own.

use serde_json::Value;

/// Leaves `value` on the window under this name.
pub fn script(place: &str, value: &Value) -> String {
    // A JSON text within a JSON string: whatever is in it, a chapter's text or a file's, is a string to the script.
    let text = Value::String(value.to_string());
    format!("window.{place} = JSON.parse({text});")
}
