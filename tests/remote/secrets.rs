//! Secrets in the file, where there is no keychain.

use std::fs;

use primer_engine::secrets::{Secret, SecretError, SecretPlace, Secrets};
use serde_json::Value;

fn in_file(data: &std::path::Path) -> Secrets {
    Secrets::open(data, false)
}

#[test]
fn a_secret_in_the_file_is_found_until_it_is_removed() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let file = data.join("secrets.json");
    let secrets = in_file(&data);
    assert_eq!(secrets.get("bucket").unwrap(), None);
    secrets.remove("bucket").unwrap();
    assert!(!file.exists());
    assert_eq!(secrets.set("bucket", "s\"ecr\\et ä\n").unwrap(), SecretPlace::File(file.clone()));
    secrets.set("model", "other").unwrap();
    // Another program on the same data.
    let again = in_file(&data);
    assert_eq!(again.get("bucket").unwrap(), Some(Secret::new("s\"ecr\\et ä\n")));
    again.set("bucket", "newer").unwrap();
    assert_eq!(secrets.get("bucket").unwrap().unwrap().expose(), "newer");
    let kept: Value = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
    assert_eq!(kept, serde_json::json!({"bucket": "newer", "model": "other"}));
    secrets.remove("bucket").unwrap();
    assert_eq!(secrets.get("bucket").unwrap(), None);
    secrets.remove("model").unwrap();
    assert!(!file.exists());
    assert_eq!(secrets.place(), SecretPlace::File(file));
}

#[cfg(unix)]
#[test]
fn nobody_but_the_user_may_read_the_file() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("secrets.json");
    let mode = || fs::metadata(&file).unwrap().permissions().mode() & 0o777;
    let secrets = in_file(folder.path());
    secrets.set("bucket", "secret").unwrap();
    assert_eq!(mode(), 0o600);
    // Left by a program that was stopped, and opened to all by somebody.
    fs::write(folder.path().join("secrets.json.tmp"), "half").unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
    secrets.set("bucket", "newer").unwrap();
    assert_eq!(mode(), 0o600);
    let mut names: Vec<_> =
        fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, ["secrets.json", "secrets.lock"]);
}

#[test]
fn a_damaged_file_is_said_and_left_as_it_is_and_its_content_is_not_told() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("secrets.json");
    for text in ["{\"bucket\": \"hush\"", "\"hush\"", "{\"bucket\": [\"hush\"]}", "{\"hush\": 5}"] {
        fs::write(&file, text).unwrap();
        let secrets = in_file(folder.path());
        let errors = [
            secrets.get("bucket").map(drop).unwrap_err(),
            secrets.set("bucket", "new").map(drop).unwrap_err(),
            secrets.remove("bucket").unwrap_err(),
        ];
        for error in errors {
            assert!(matches!(error, SecretError::Damaged { line: 1, .. }), "{error:?}");
            assert!(!format!("{error} {error:?}").contains("hush"), "{error:?}");
        }
        assert_eq!(fs::read_to_string(&file).unwrap(), text);
    }
}

#[test]
fn many_programs_at_once_lose_no_secret() {
    let folder = tempfile::tempdir().unwrap();
    std::thread::scope(|scope| {
        for number in 0..16 {
            let data = folder.path();
            scope.spawn(move || in_file(data).set(&format!("secret {number}"), "x").unwrap());
        }
    });
    let kept: Value = serde_json::from_slice(&fs::read(folder.path().join("secrets.json")).unwrap()).unwrap();
    assert_eq!(kept.as_object().unwrap().len(), 16);
}

#[test]
fn a_secret_is_not_shown() {
    let secret = Secret::new("hush");
    assert!(!format!("{secret:?} {:#?}", Some(&secret)).contains("hush"));
}
