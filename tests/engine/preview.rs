//! Before saving, the editor says what a new background does to each chapter. A visit then does just that.

use primer_domain::ids::UserId;
use primer_engine::Engine;
use serde_json::{Value, json};

use crate::world::seeded::Seeded;
use crate::world::{database, folders, python};
use crate::{Computer, answer, call, reader, visit};

fn previewed(engine: &Engine, user: UserId, background: &Value) -> Vec<String> {
    let preview =
        call(engine, "preview_profile", json!({"user_id": user.to_string(), "background": background}));
    assert_eq!(preview["errors"], json!([]));
    preview["changes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|change| change["change"].as_str().unwrap().to_owned())
        .collect()
}

/// The words of a text, without the marks that say why.
fn words(markdown: &str) -> String {
    markdown.lines().filter(|line| !line.contains("<!-- primer:")).collect::<Vec<_>>().join("\n")
}

#[test]
fn each_of_the_four_answers_is_given_where_it_is_true() {
    let computer = Computer::new();
    let engine = computer.start();
    let user = reader(&engine, "Dora", python("none"));
    assert_eq!(previewed(&engine, user, &python("advanced")), ["new", "new", "new"]);
    for chapter in 1..=3 {
        visit(&engine, user, chapter);
    }
    assert_eq!(previewed(&engine, user, &python("none")), ["same", "same", "same"]);
    assert_eq!(
        previewed(&engine, user, &python("beginner")),
        ["same", "same", "same"],
        "the words are the same"
    );
    assert_eq!(previewed(&engine, user, &python("advanced")), ["rewritten", "same", "same"]);
    answer(&engine, user, python("advanced"));
    visit(&engine, user, 1);
    assert_eq!(previewed(&engine, user, &python("none")), ["ready", "same", "same"]);
}

#[test]
fn looking_ahead_changes_nothing() {
    let computer = Computer::new();
    let engine = computer.start();
    let user = reader(&engine, "Emil", python("none"));
    visit(&engine, user, 1);
    let before = (folders::digests(&computer.blobs()), database::dump(&computer.data(), "user_profiles"));
    previewed(&engine, user, &python("advanced"));
    assert_eq!(
        before,
        (folders::digests(&computer.blobs()), database::dump(&computer.data(), "user_profiles"))
    );
}

#[test]
fn what_was_said_before_saving_is_what_the_visits_then_do() {
    let computer = Computer::new();
    let engine = computer.start();
    let user = reader(&engine, "Fay", python("none"));
    let mut seeded = Seeded::new(10);
    let mut seen = std::collections::BTreeSet::new();
    let mut shown: Vec<Option<String>> = vec![None; 3];
    for round in 0..60 {
        let mut background = seeded.background();
        background["hardware_access"] = json!(seeded.some_of(&["lidar"]));
        background["learning_goals"] = json!([]);
        background["robotics_experience"] = json!("none");
        background["software_experience"] = json!({"python": background["software_experience"]["python"]});
        let promises = previewed(&engine, user, &background);
        answer(&engine, user, background);
        for (index, promise) in promises.iter().enumerate() {
            // Not every chapter is opened in every round, so that some stay stale or missing.
            if seeded.below(3) == 0 {
                shown[index] = None;
                continue;
            }
            let visit = visit(&engine, user, u32::try_from(index + 1).unwrap());
            let now = words(&visit.markdown);
            match promise.as_str() {
                "new" => assert!(visit.generated && visit.state.word() == "missing", "round {round}"),
                "ready" => assert!(!visit.generated, "round {round}"),
                "rewritten" => {
                    assert!(visit.generated && shown[index].as_ref() != Some(&now), "round {round}")
                }
                "same" => {
                    assert!(shown[index].is_none() || shown[index].as_ref() == Some(&now), "round {round}")
                }
                other => panic!("{other}"),
            }
            seen.insert(promise.clone());
            shown[index] = Some(now);
        }
    }
    assert_eq!(seen.len(), 4, "{seen:?}");
}
