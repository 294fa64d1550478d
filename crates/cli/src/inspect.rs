//! `primer remote inspect`: a reader's space in a remote, in plain words.

use std::collections::BTreeSet;
use std::fmt::Write;

use primer_domain::ids::ChapterId;
use primer_domain::profile::{Background, summary};
use primer_domain::timestamp::Timestamp;
use primer_engine::Engine;
use primer_engine::api::{ApiError, OfReader, OfRemote, direct};
use primer_engine::sync::inspect::{
    BackgroundFound, BookFound, ComputerFound, IndexFound, Inspection, MissingFound, ObjectFound,
    RefusedFound, TextFound, TextState, Which,
};

use crate::arguments::Global;
use crate::output::Output;
use crate::reading::background_lines;
use crate::remotes::which_remote;

pub fn run(engine: &Engine, global: &Global, id: Option<&str>, output: &Output) -> Result<(), ApiError> {
    let remote_id = which_remote(engine, global, id)?;
    let inspection = direct::inspect_remote(engine, OfRemote { remote_id })?;
    let views = direct::remotes(engine, OfReader { user_id: inspection.user_id.clone() })?;
    let place = views.into_iter().find(|view| view.remote_id == inspection.remote_id).map(|view| view.name);
    output.print(&inspection, |inspection| {
        let mut words = Words { engine, now: engine.env().now(), out: String::new() };
        words.all(inspection, &place.unwrap_or_default());
        words.out
    })
}

struct Words<'a> {
    engine: &'a Engine,
    now: Timestamp,
    out: String,
}

impl Words<'_> {
    fn all(&mut self, inspection: &Inspection, place: &str) {
        let name = inspection.reader_name.as_deref().unwrap_or("A reader without a name");
        self.line(&format!("{name}, in {place}"));
        self.line(&which(&inspection.which));
        self.line(&format!(
            "Below users/{}/: {}, {}.",
            inspection.user_id,
            count(inspection.objects, "object"),
            direct::bytes(inspection.objects_bytes)
        ));
        self.part(
            "Computers",
            &inspection.computers,
            "No computer has written anything there.",
            |words, one| words.computer(one),
        );
        if !inspection.unreadable.is_empty() {
            self.part("Computers that can't be read", &inspection.unreadable, "", |words, one| {
                words.line(&format!("  {}: {}.", one.key, one.why.trim_end_matches('.')));
            });
        }
        self.background(inspection);
        self.part("Texts", &inspection.texts, "No computer mentions a text.", |words, one| words.texts(one));
        let gone: Vec<&TextFound> = inspection
            .texts
            .iter()
            .flat_map(|group| &group.texts)
            .filter(|text| text.state == TextState::Gone)
            .collect();
        self.missing(&gone, &inspection.missing);
        let unmentioned = "Every text that is there is mentioned by a computer.";
        self.part("Mentioned by nobody", &inspection.unmentioned, unmentioned, |words, one| {
            words.object(one)
        });
        for (title, objects) in [
            ("Removed everywhere by their reader, and still there", &inspection.taken_back_and_there),
            ("Neither a computer's nor a text: left by a check, or not Primer's", &inspection.others),
        ] {
            if !objects.is_empty() {
                self.part(title, objects, "", |words, one| words.object(one));
            }
        }
        if !inspection.refused.is_empty() {
            let title =
                format!("Not taken by this computer: {}", count(inspection.refused.len() as u64, "text"));
            self.part(&title, &inspection.refused, "", |words, one| words.refused(one));
        }
        let none = match inspection.published.listed {
            true => "No book is published there.",
            false => "These keys may not list what is published, and of the open book they find nothing.",
        };
        self.part("Published books", &inspection.published.books, none, |words, one| words.book(one));
    }

    fn line(&mut self, line: &str) {
        self.out.push_str(line);
        self.out.push('\n');
    }

    fn part<T>(&mut self, title: &str, items: &[T], none: &str, each: impl Fn(&mut Self, &T)) {
        self.line(&format!("\n{title}"));
        if items.is_empty() {
            self.line(&format!("  {none}"));
        }
        for item in items {
            each(self, item);
        }
    }

    fn computer(&mut self, computer: &ComputerFound) {
        let this = if computer.this_one { " (this one)" } else { "" };
        self.line(&format!(
            "  {}{this}  {}\n    last wrote {}, with {}; {} and {}, {}",
            computer.name,
            computer.device_id,
            self.when(&computer.written_at),
            shown(&computer.program),
            count(computer.registers, "register"),
            count(computer.texts, "text"),
            direct::bytes(computer.len_bytes)
        ));
    }

    fn when(&self, text: &str) -> String {
        match Timestamp::parse(text) {
            Some(time) => format!("{} ({text})", direct::ago(time, self.now)),
            None => text.to_owned(),
        }
    }

    fn background(&mut self, inspection: &Inspection) {
        self.line("\nBackground, as all of them together say it");
        match &inspection.background {
            Some(background) => {
                for line in background_lines(background).lines() {
                    self.line(&format!("  {}", shown(line)));
                }
            }
            None => self.line("  Nobody has answered the questions: the book reads as for somebody new."),
        }
        self.line(&format!("  hash      {}", inspection.profile_hash));
        for (name, registers) in &inspection.unknown_collections {
            self.line(&format!(
                "  {} of “{}”, which this Primer does not know, and keeps",
                count(*registers, "register"),
                shown(name)
            ));
        }
    }

    fn texts(&mut self, group: &BackgroundFound) {
        let book = &self.engine.shelf().book;
        let is_of_book = group.texts.iter().all(|text| text.book == book.id);
        let chapter = book.chapter(ChapterId(group.chapter_id)).filter(|_| is_of_book);
        let title = chapter.map_or(String::new(), |chapter| format!(", {}", chapter.title));
        let whom = match (&group.background, group.current) {
            (_, true) => "the background of now".to_owned(),
            (Some(background), false) => known(background),
            (None, false) => "an earlier background, of which nobody says what it was".to_owned(),
        };
        self.line(&format!("  Chapter {}{title}\n    for {whom} ({})", group.chapter_id, group.profile_hash));
        for (at, text) in group.texts.iter().enumerate() {
            self.text(text, at == 0 && group.texts.len() > 1);
        }
    }

    fn text(&mut self, text: &TextFound, is_preferred: bool) {
        let state = match text.state {
            TextState::There => "",
            TextState::Gone => "  NOT THERE",
            TextState::OtherLength { .. } => "  ANOTHER LENGTH",
        };
        let book = if text.book == self.engine.shelf().book.id {
            String::new()
        } else {
            format!(" of the book “{}”", shown(&text.book))
        };
        let preferred = if is_preferred { ", preferred" } else { "" };
        let made_by = text.made_by_name.as_deref().unwrap_or("a computer that is not there any more");
        self.line(&format!(
            "    version {}{book}, {}, by {} on {made_by} {}, mentioned by {}{preferred}{state}",
            text.chapter_version,
            direct::bytes(text.len_bytes),
            shown(&text.generator),
            self.when(&text.made_at),
            names(&text.mentioned_by),
        ));
        if let TextState::OtherLength { len_bytes } = text.state {
            self.line(&format!("      {} bytes were announced, and {len_bytes} are there", text.len_bytes));
        }
    }

    fn missing(&mut self, gone: &[&TextFound], asked: &[MissingFound]) {
        self.line("\nMissing");
        if gone.is_empty() && asked.is_empty() {
            self.line("  Every text that a computer mentions is there.");
        }
        for text in gone {
            self.line(&format!("  {}: mentioned by {}, not there", text.key, names(&text.mentioned_by)));
        }
        for text in asked {
            let now = if text.there_now { "it is there now" } else { "nobody has sent it again yet" };
            self.line(&format!("  {}: {} looked for it in vain; {now}", text.key, names(&text.asked_by)));
        }
    }

    fn refused(&mut self, text: &RefusedFound) {
        let again = if text.by_another_program { " It is looked at once more." } else { "" };
        self.line(&format!(
            "  {}\n    {} (found {}){again}",
            text.key,
            shown(&text.why),
            self.when(&text.refused_at)
        ));
    }

    fn book(&mut self, book: &BookFound) {
        match &book.index {
            IndexFound::There { title, edition, published_at, program, chapters, files, len_bytes } => {
                self.line(&format!(
                    "  “{}” ({}), edition {edition}\n    published {}, with {}; {} in {}, {}",
                    shown(title),
                    book.book_id,
                    self.when(published_at),
                    shown(program),
                    count(*chapters, "chapter"),
                    count(*files, "file"),
                    direct::bytes(*len_bytes)
                ));
            }
            IndexFound::Unusable { why } => {
                self.line(&format!(
                    "  {}\n    can't be used here: {}.",
                    book.book_id,
                    shown(why).trim_end_matches('.')
                ));
            }
            IndexFound::Gone => {
                self.line(&format!("  {}\n    has no index, so nobody gets it", book.book_id))
            }
        }
        let Some(objects) = &book.objects else { return };
        for name in &objects.missing {
            self.line(&format!(
                "    {}: not there, so nobody can fetch it; publishing again sends it",
                shown(name)
            ));
        }
        if objects.unnamed > 0 {
            let of = direct::bytes(objects.unnamed_bytes);
            self.line(&format!(
                "    {} beside it, {of}, of earlier editions",
                count(objects.unnamed, "object")
            ));
        }
    }

    fn object(&mut self, object: &ObjectFound) {
        self.line(&format!("  {}  {}", object.key, direct::bytes(object.len_bytes)));
    }
}

fn which(which: &Which) -> String {
    match which {
        Which::Known { id } => format!("This is the remote {id}, as this computer knows it."),
        Which::New { id } => format!("This is the remote {id}; this computer has not synced with it yet."),
        Which::Another { id, remembered } => format!(
            "This is the remote {id}; this computer knew {remembered} here. A sync that misses a replica it knew \
             takes it for another remote, and offers everything again."
        ),
        Which::Unmarked { remembered: None } => {
            "There is no primer.json yet; the first sync writes it.".to_owned()
        }
        Which::Unmarked { remembered: Some(remembered) } => format!(
            "There is no primer.json; this computer knew the remote {remembered} here. A sync that misses a \
             replica it knew writes a new one, and offers everything again."
        ),
        Which::Unusable { why, next_step } => format!("{why} {next_step}"),
    }
}

fn known(background: &Background) -> String {
    let mut out = summary(background);
    if !background.learning_goals.is_empty() {
        let goals: Vec<&str> = background.learning_goals.iter().map(String::as_str).collect();
        // Writing to a String can't fail.
        let _ = write!(out, ", with the goals {}", goals.join(", "));
    }
    shown(&out)
}

fn names(names: &BTreeSet<String>) -> String {
    names.iter().map(String::as_str).collect::<Vec<_>>().join(" and ")
}

/// “1 text”, “2 texts”.
pub fn count(number: u64, what: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {what}{plural}")
}

/// A text from elsewhere, which a terminal must not take for anything else.
fn shown(text: &str) -> String {
    text.chars().map(|letter| if letter.is_control() { '\u{fffd}' } else { letter }).collect()
}
