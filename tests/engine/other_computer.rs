//! What is told of the computer that a text or the answers came from.

use std::fs;
use std::sync::Arc;

use primer_domain::freshness::Freshness;
use primer_engine::Engine;
use primer_engine::bookshelf::BookSource;
use serde_json::{Value, json};

use crate::desk::{Desk, World, replicas};
use crate::rewriting::{rewrite, set_model};
use crate::world::model_server::{ModelServer, in_other_words};
use crate::world::python;
use crate::{assert_visit, call};

impl Desk {
    /// From now on its computer is called so.
    fn called(self, name: &str) -> Desk {
        let Desk { computer, engine, user } = self;
        drop(engine);
        let env = computer.env().named(name);
        let book = BookSource::Folder(computer.book.folder.clone());
        let engine = Arc::new(Engine::open(&computer.data(), book, env).unwrap());
        Desk { computer, engine, user }
    }

    fn page(&self, chapter: u32) -> Value {
        call(&self.engine, "open_chapter", json!({"user_id": self.user, "chapter_id": chapter}))
    }

    fn news_from(&self, chapter: usize) -> Value {
        let contents = call(&self.engine, "list_chapters", json!({"user_id": self.user}));
        contents["chapters"][chapter - 1]["news_from"].clone()
    }

    fn changed_on(&self) -> Value {
        call(&self.engine, "get_profile", json!({"user_id": self.user}))["changed_on"].clone()
    }
}

fn named(from: &Value) -> &str {
    assert!(from["when"].as_str().is_some_and(|when| !when.is_empty()), "{from}");
    from["name"].as_str().unwrap_or_else(|| panic!("no name: {from}"))
}

/// A laptop and a computer at school, which know each other.
fn two() -> (tempfile::TempDir, Desk, Desk) {
    let (stick, laptop) = World::new().begin(python("beginner"));
    let laptop = laptop.called("Laptop");
    laptop.sync();
    let school = laptop.joined(2).called("School");
    school.sync();
    laptop.sync();
    (stick, laptop, school)
}

#[test]
fn a_text_that_was_sent_says_which_computer_wrote_it() {
    let (_stick, laptop, school) = two();
    set_model(&laptop.engine, laptop.user, &ModelServer::making(in_other_words));
    rewrite(&laptop.engine, laptop.user, 1).unwrap();
    laptop.sync();
    assert_eq!(school.sync().received, 1);
    assert_eq!(named(&school.page(1)["written_on"]), "Laptop");
    assert_eq!(laptop.page(1)["written_on"], Value::Null);
}

#[test]
fn a_text_that_was_written_here_says_nothing_though_another_computer_announced_it() {
    let (_stick, laptop, school) = two();
    assert_visit(&laptop.engine, laptop.user, 1, Freshness::Missing, true);
    laptop.sync();
    assert_eq!(school.sync().written, 1);
    assert_eq!(named(&school.news_from(1)), "Laptop");
    assert_eq!(school.page(1)["written_on"], Value::Null);
}

#[test]
fn the_contents_tell_where_a_text_came_from_until_it_is_opened() {
    let (_stick, laptop, school) = two();
    for chapter in [1, 2] {
        assert_visit(&laptop.engine, laptop.user, chapter, Freshness::Missing, true);
    }
    laptop.sync();
    school.sync();
    assert_eq!((named(&school.news_from(1)), named(&school.news_from(2))), ("Laptop", "Laptop"));
    assert_eq!(school.news_from(3), Value::Null, "there is no text of it");
    school.page(1);
    assert_eq!(school.news_from(1), Value::Null, "at once");
    school.engine.write_down_notes().unwrap();
    let school = school.restarted();
    assert_eq!(school.news_from(1), Value::Null, "and for good");
    assert_eq!(named(&school.news_from(2)), "Laptop");
    // Where it was written, it was opened.
    laptop.sync();
    assert_eq!(laptop.news_from(2), Value::Null);
    // Another text of the chapter is news again.
    set_model(&laptop.engine, laptop.user, &ModelServer::making(in_other_words));
    rewrite(&laptop.engine, laptop.user, 1).unwrap();
    laptop.sync();
    school.sync();
    assert_eq!(named(&school.news_from(1)), "Laptop");
}

#[test]
fn answers_and_the_chapters_that_wait_for_them_tell_where_they_were_changed_last() {
    let (_stick, laptop, school) = two();
    assert_eq!((laptop.changed_on(), named(&school.changed_on())), (Value::Null, "Laptop"));
    assert_visit(&laptop.engine, laptop.user, 1, Freshness::Missing, true);
    school.answer(python("advanced"));
    assert_eq!(school.changed_on(), Value::Null);
    school.sync();
    laptop.sync();
    assert_eq!(named(&laptop.changed_on()), "School");
    assert_eq!(named(&laptop.news_from(1)), "School");
    laptop.answer(python("intermediate"));
    assert_eq!((laptop.changed_on(), laptop.news_from(1)), (Value::Null, Value::Null));
}

#[test]
fn a_computer_that_was_forgotten_has_no_name_any_more_and_its_texts_still_came_from_elsewhere() {
    let (_stick, laptop, school) = two();
    set_model(&laptop.engine, laptop.user, &ModelServer::making(in_other_words));
    rewrite(&laptop.engine, laptop.user, 1).unwrap();
    laptop.sync();
    school.sync();
    let computers = call(&school.engine, "list_computers", json!({"user_id": school.user}));
    let other = computers.as_array().unwrap().iter().find(|computer| computer["this_one"] == false).unwrap();
    let forget = json!({"user_id": school.user, "device_id": other["device_id"]});
    call(&school.engine, "forget_computer", forget);
    school.sync();
    let from = &school.page(1)["written_on"];
    assert!(from["name"].is_null() && from["when"].is_string(), "{from}");
    assert_eq!(school.changed_on(), Value::Null, "nothing is known of who changed them");
}

#[test]
fn a_computer_whose_news_can_not_be_read_is_still_another_one() {
    let (stick, laptop, school) = two();
    for file in replicas(stick.path()) {
        if fs::read_to_string(&file).unwrap().contains("\"Laptop\"") {
            fs::write(&file, b"nonsense").unwrap();
        }
    }
    school.sync();
    let from = school.changed_on();
    assert!(from["name"].is_null() && from["when"].is_string(), "{from}");
    drop(laptop);
}
