//! Code to spans of a closed set of classes. Code that is too long, too wide or beyond a grammar stays plain.

use std::sync::OnceLock;

use syntect::parsing::{ParseState, Scope, ScopeStack, SyntaxReference, SyntaxSet};

use super::escape;

const LONGEST_BLOCK_BYTES: usize = 200_000;
const LONGEST_LINE_BYTES: usize = 4_000;

/// A language that the window may name.
#[derive(Debug, Clone, Copy)]
pub struct Language {
    /// As in `data-language`.
    pub name: &'static str,
    other_names: &'static [&'static str],
    /// What the grammars call it, or nothing where there is nothing to colour.
    token: &'static str,
}

const fn known(name: &'static str, token: &'static str, other_names: &'static [&'static str]) -> Language {
    Language { name, other_names, token }
}

const LANGUAGES: &[Language] = &[
    known("bash", "bash", &["sh", "shell", "zsh"]),
    known("c", "c", &["h"]),
    known("cmake", "cmake", &[]),
    known("cpp", "cpp", &["c++", "cc", "cxx", "hpp"]),
    known("csharp", "cs", &["cs", "c#"]),
    known("css", "css", &[]),
    known("diff", "diff", &["patch"]),
    known("dockerfile", "dockerfile", &["docker"]),
    known("go", "go", &["golang"]),
    known("html", "html", &[]),
    known("ini", "ini", &["cfg"]),
    known("java", "java", &[]),
    known("javascript", "js", &["js", "mjs"]),
    known("json", "json", &["jsonc"]),
    known("lua", "lua", &[]),
    known("makefile", "makefile", &["make"]),
    known("markdown", "", &["md"]),
    known("python", "python", &["py", "python3"]),
    known("rust", "rust", &["rs"]),
    known("sql", "sql", &[]),
    known("text", "", &["plain", "plaintext", "txt", "output"]),
    known("toml", "toml", &[]),
    known("typescript", "ts", &["ts"]),
    known("xml", "xml", &["launch", "sdf", "urdf", "xacro"]),
    known("yaml", "yaml", &["yml"]),
];

/// The language of a fence's first word.
pub fn language(word: &str) -> Option<&'static Language> {
    let word = word.to_lowercase();
    LANGUAGES.iter().find(|language| language.name == word || language.other_names.contains(&&*word))
}

pub fn is_language_name(name: &str) -> bool {
    LANGUAGES.iter().any(|language| language.name == name)
}

/// `None` where the code is better shown plain.
pub fn html(language: &Language, code: &str) -> Option<String> {
    if code.len() > LONGEST_BLOCK_BYTES || code.split('\n').any(|line| line.len() > LONGEST_LINE_BYTES) {
        return None;
    }
    let mut parser = ParseState::new(language.grammar()?);
    let mut scopes = ScopeStack::new();
    let mut spans = Spans::default();
    for line in code.split_inclusive('\n') {
        let mut from = 0;
        for (at, change) in parser.parse_line(line, grammars()).ok()? {
            spans.text(line.get(from..at)?, class_of(&scopes));
            scopes.apply(&change).ok()?;
            from = at;
        }
        spans.text(line.get(from..)?, class_of(&scopes));
    }
    Some(spans.finish())
}

impl Language {
    fn grammar(&self) -> Option<&'static SyntaxReference> {
        if self.token.is_empty() { None } else { grammars().find_syntax_by_token(self.token) }
    }
}

fn grammars() -> &'static SyntaxSet {
    static GRAMMARS: OnceLock<SyntaxSet> = OnceLock::new();
    GRAMMARS.get_or_init(two_face::syntax::extra_newlines)
}

/// Neighbours of one class share a span; what has none has no span.
#[derive(Default)]
struct Spans {
    html: String,
    class: Option<&'static str>,
    /// Not written yet: spaces between two words of one class belong to their span, others to none.
    spaces: String,
}

impl Spans {
    fn text(&mut self, text: &str, class: Option<&'static str>) {
        let trimmed = text.trim();
        if trimmed.is_empty() {
            self.spaces.push_str(text);
            return;
        }
        let start = text.len() - text.trim_start().len();
        self.spaces.push_str(&text[..start]);
        // A span never runs over a line's end, so that a line can be copied or marked alone.
        if self.class != class || self.spaces.contains('\n') {
            self.close();
            self.write_spaces();
            if let Some(class) = class {
                self.html.push_str("<span class=\"");
                self.html.push_str(class);
                self.html.push_str("\">");
            }
            self.class = class;
        }
        self.write_spaces();
        escape::text(&mut self.html, trimmed);
        self.spaces.push_str(&text[start + trimmed.len()..]);
    }

    fn write_spaces(&mut self) {
        escape::text(&mut self.html, &self.spaces);
        self.spaces.clear();
    }

    fn close(&mut self) {
        if self.class.take().is_some() {
            self.html.push_str("</span>");
        }
    }

    fn finish(mut self) -> String {
        self.close();
        self.write_spaces();
        self.html
    }
}

/// The innermost scope that has an opinion decides.
fn class_of(scopes: &ScopeStack) -> Option<&'static str> {
    scopes.as_slice().iter().rev().find_map(|scope| class_of_scope(*scope)).filter(|class| !class.is_empty())
}

fn class_of_scope(scope: Scope) -> Option<&'static str> {
    static CLASSES: OnceLock<Vec<(Scope, &'static str)>> = OnceLock::new();
    let classes = CLASSES.get_or_init(|| {
        let mut classes: Vec<(Scope, &str)> =
            SCOPES.iter().filter_map(|(scope, class)| Some((Scope::new(scope).ok()?, *class))).collect();
        classes.sort_by_key(|(scope, _)| std::cmp::Reverse(scope.len()));
        classes
    });
    classes.iter().find(|(prefix, _)| prefix.is_prefix_of(scope)).map(|(_, class)| *class)
}

/// Scopes by their beginning, the longest that fits; the empty class is plain text whatever is around it.
const SCOPES: &[(&str, &str)] = &[
    ("comment", "hl-comment"),
    ("constant", "hl-constant"),
    ("constant.numeric", "hl-number"),
    ("entity.name.class", "hl-type"),
    ("entity.name.enum", "hl-type"),
    ("entity.name.function", "hl-function"),
    ("entity.name.interface", "hl-type"),
    ("entity.name.namespace", "hl-type"),
    ("entity.name.section", "hl-type"),
    ("entity.name.struct", "hl-type"),
    ("entity.name.tag", "hl-tag"),
    ("entity.name.trait", "hl-type"),
    ("entity.name.type", "hl-type"),
    ("entity.other.attribute-name", "hl-attribute"),
    ("entity.other.inherited-class", "hl-type"),
    ("keyword", "hl-keyword"),
    ("keyword.operator", "hl-operator"),
    ("keyword.operator.expression", "hl-keyword"),
    ("keyword.operator.logical.python", "hl-keyword"),
    ("keyword.operator.new", "hl-keyword"),
    ("keyword.operator.word", "hl-keyword"),
    ("markup.deleted", "hl-deleted"),
    ("markup.inserted", "hl-inserted"),
    ("punctuation", "hl-punctuation"),
    ("punctuation.definition.annotation", "hl-attribute"),
    ("punctuation.definition.comment", "hl-comment"),
    ("punctuation.definition.decorator", "hl-attribute"),
    ("punctuation.definition.deleted", "hl-deleted"),
    ("punctuation.definition.inserted", "hl-inserted"),
    ("punctuation.definition.keyword", "hl-keyword"),
    ("punctuation.definition.string", "hl-string"),
    ("punctuation.definition.variable", "hl-variable"),
    ("punctuation.separator.decimal", "hl-number"),
    ("source.python.embedded", ""),
    ("meta.interpolation", ""),
    ("meta.template.expression", ""),
    ("storage", "hl-keyword"),
    ("storage.type", "hl-keyword"),
    ("storage.type.boolean", "hl-type"),
    ("storage.type.c", "hl-type"),
    ("storage.type.cs", "hl-type"),
    ("storage.type.java", "hl-type"),
    ("storage.type.numeric", "hl-number"),
    ("storage.type.primitive", "hl-type"),
    ("string", "hl-string"),
    ("support.class", "hl-type"),
    ("support.constant", "hl-constant"),
    ("support.function", "hl-function"),
    ("support.macro", "hl-function"),
    ("support.type", "hl-type"),
    ("variable.annotation", "hl-attribute"),
    ("variable.function", "hl-function"),
    ("variable.language", "hl-variable"),
    ("variable.other.readwrite.shell", "hl-variable"),
    ("variable.parameter", "hl-variable"),
];
