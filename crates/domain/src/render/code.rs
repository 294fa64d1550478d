//! Blocks of code.

use super::highlight;
use super::page::Page;

/// `info` is what stands behind the fence; its first word is the language. What is coloured is paid
/// for from the budget.
pub fn write(page: &mut Page, info: &str, code: &str, budget_bytes: &mut usize) {
    let word =
        info.split(|c: char| c.is_whitespace() || matches!(c, ',' | '{' | '}')).find(|word| !word.is_empty());
    let language = word.and_then(highlight::language);
    page.fresh_line();
    match language {
        Some(language) => page.open("pre", &[("class", "code"), ("data-language", language.name)]),
        None => page.open("pre", &[("class", "code")]),
    }
    page.open("code", &[]);
    // A grammar has to be set up for the smallest block too.
    let cost = code.len() + 100;
    let coloured = language.filter(|_| cost <= *budget_bytes).and_then(|it| highlight::html(it, code));
    match coloured {
        Some(html) => {
            *budget_bytes -= cost;
            page.html(&html);
        }
        None => page.text(code),
    }
    page.close();
    page.close();
    page.html("\n");
}
