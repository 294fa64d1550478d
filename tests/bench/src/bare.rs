//! The least that opening a stored chapter can be: the lookup, the file, its digest, its HTML with coloured code.

use std::path::{Path, PathBuf};

use pulldown_cmark::{CodeBlockKind, CowStr, Event, Options, Parser, Tag, TagEnd, html};
use rusqlite::{Connection, OpenFlags};
use sha2::{Digest, Sha256};
use syntect::html::{ClassStyle, ClassedHTMLGenerator};
use syntect::parsing::SyntaxSet;
use syntect::util::LinesWithEndings;

pub struct Bare {
    connection: Connection,
    blobs: PathBuf,
    syntaxes: SyntaxSet,
}

impl Bare {
    pub fn open(data: &Path) -> Bare {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY;
        let connection =
            Connection::open_with_flags(data.join("primer.sqlite3"), flags).expect("the database opens");
        Bare { connection, blobs: data.join("blobs"), syntaxes: two_face::syntax::extra_newlines() }
    }

    pub fn visit(&self, user: &str, chapter: u32, hash: &str) -> usize {
        let path: String = self
            .connection
            .prepare_cached(
                "SELECT storage_path FROM personalized_chapters
                 WHERE user_id = ?1 AND chapter_id = ?2 AND profile_hash = ?3",
            )
            .and_then(|mut statement| {
                statement.query_row((user, chapter, hash), |row| row.get("storage_path"))
            })
            .expect("the row is there");
        let bytes = std::fs::read(self.blobs.join(path)).expect("the file is there");
        let digest = Sha256::digest(&bytes);
        let text = std::str::from_utf8(&bytes).expect("the file is text");
        self.html(text).len() + usize::from(digest[0])
    }

    pub fn html(&self, text: &str) -> String {
        let mut code: Option<(String, String)> = None;
        let events = Parser::new_ext(text, options()).filter_map(|event| match (event, &mut code) {
            (Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(info))), _) => {
                let language = info.split_whitespace().next().unwrap_or("").to_owned();
                code = Some((language, String::new()));
                None
            }
            (Event::Text(text), Some((_, block))) => {
                block.push_str(&text);
                None
            }
            (Event::End(TagEnd::CodeBlock), Some((language, block))) => {
                let highlighted = self.highlighted(language, block);
                code = None;
                Some(Event::Html(CowStr::from(highlighted)))
            }
            (event, _) => Some(event),
        });
        let mut out = String::with_capacity(text.len() * 2);
        html::push_html(&mut out, events);
        out
    }

    fn highlighted(&self, language: &str, block: &str) -> String {
        let Some(syntax) = self.syntaxes.find_syntax_by_token(language) else { return block.to_owned() };
        let mut generator =
            ClassedHTMLGenerator::new_with_class_style(syntax, &self.syntaxes, ClassStyle::Spaced);
        for line in LinesWithEndings::from(block) {
            generator.parse_html_for_line_which_includes_newline(line).expect("the grammar reads the line");
        }
        generator.finalize()
    }
}

pub fn options() -> Options {
    Options::ENABLE_TABLES
        | Options::ENABLE_FOOTNOTES
        | Options::ENABLE_STRIKETHROUGH
        | Options::ENABLE_TASKLISTS
        | Options::ENABLE_HEADING_ATTRIBUTES
        | Options::ENABLE_GFM
        | Options::ENABLE_MATH
}
