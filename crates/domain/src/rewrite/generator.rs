//! The name under which a rewritten text is kept and announced: what wrote it, such as `model/1/llama3.2:3b`.
//!
//! It is plain ASCII without spaces and never long, whatever a model is called, for it travels to other computers.

use super::prompt::PROMPT_VERSION;

const BEGINNING: &str = "model/";
const NAME_CHARS_MAX: usize = 80;

/// What a text is written by that this model rewrote with the present prompts.
pub fn generator(model: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() || ".:_-".contains(c) { c } else { '-' };
    let name: String = model.trim().chars().map(plain).take(NAME_CHARS_MAX).collect();
    let name = if name.is_empty() { "unnamed" } else { &name };
    format!("{BEGINNING}{PROMPT_VERSION}/{name}")
}

/// Whether a text of this generator holds the words of a model, whatever prompts it had.
pub fn is_rewritten(generator: &str) -> bool {
    generator.starts_with(BEGINNING)
}

/// The model, as far as a generator names it; none where none wrote.
pub fn model_of(generator: &str) -> Option<&str> {
    generator.strip_prefix(BEGINNING)?.split_once('/').map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::{generator, is_rewritten, model_of};
    use crate::personalise::GENERATOR_VERSION;

    #[test]
    fn a_model_of_any_name_has_a_short_and_plain_generator() {
        assert_eq!(generator("llama3.2:3b"), "model/1/llama3.2:3b");
        assert_eq!(generator("org/Some Model"), "model/1/org-Some-Model");
        assert_eq!(model_of("model/1/llama3.2:3b"), Some("llama3.2:3b"));
        assert_eq!(generator(" "), "model/1/unnamed");
        for name in ["模型", "a\n\"b\"", &"x".repeat(500), "../../etc", "<!-- -->"] {
            let generator = generator(name);
            assert!(generator.len() <= 100 && generator.matches('/').count() == 2, "{generator}");
            assert!(generator.chars().all(|c| c.is_ascii_graphic()), "{generator}");
            assert!(is_rewritten(&generator));
        }
    }

    #[test]
    fn what_this_program_writes_itself_is_not_rewritten() {
        for own in [format!("primer/{GENERATOR_VERSION}"), "adopted".to_owned(), String::new()] {
            assert!(!is_rewritten(&own));
            assert_eq!(model_of(&own), None);
        }
    }
}
