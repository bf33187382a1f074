//! `deploy/wireroom.example.toml` is what an operator reads; it must say what the code does.

use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use wireroom::settings::load::keys;
use wireroom::settings::{Origins, Settings, load};

fn example() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy/wireroom.example.toml")
}

fn loaded(file: &Path) -> Settings {
    load::load(&Origins { file: Some(file.to_owned()), ..Origins::default() }).unwrap_or_else(|e| panic!("{e}"))
}

/// Whether a line is a setting without a default, commented out: a `#` with a key or a table right behind it.
/// Prose has a space there.
fn commented_setting(line: &str) -> bool {
    line.strip_prefix('#')
        .is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_lowercase() || c == '[' || c == '"'))
}

/// The file with every commented setting in force.
fn all_in_force() -> String {
    let text = std::fs::read_to_string(example()).unwrap();
    text.lines().map(|line| if commented_setting(line) { &line[1..] } else { line }).collect::<Vec<_>>().join("\n")
}

fn leaves(at: &str, value: &Value, out: &mut BTreeMap<String, Value>) {
    match value {
        Value::Object(map) => {
            for (key, value) in map {
                leaves(&if at.is_empty() { key.clone() } else { format!("{at}.{key}") }, value, out);
            }
        }
        other => drop(out.insert(at.to_owned(), other.clone())),
    }
}

#[test]
fn the_file_is_the_defaults() {
    let of = |settings: &Settings| {
        let mut values = BTreeMap::new();
        leaves("", &serde_json::to_value(settings).unwrap(), &mut values);
        values
    };
    let (file, code) = (loaded(&example()), Settings::default());
    let written = of(&file);
    let other = of(&code).into_iter().filter(|(key, value)| written.get(key) != Some(value));
    let other: Vec<String> = other.map(|(key, value)| format!("{key} is {value} in the code")).collect();
    assert!(other.is_empty(), "{other:#?}");
    assert_eq!(file, code);
}

#[test]
fn what_is_commented_out_is_valid_too() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("wireroom.toml");
    std::fs::write(&file, all_in_force()).unwrap();
    let settings = loaded(&file);
    assert_ne!(settings, Settings::default());
    assert_eq!((settings.publisher.webhooks.len(), settings.ops.tokens.len()), (1, 1));
}

#[test]
fn every_setting_is_in_the_file_and_no_other() {
    let table: toml::Table = all_in_force().parse().unwrap();
    let mut written = BTreeMap::new();
    leaves("", &serde_json::to_value(table).unwrap(), &mut written);
    let known = keys::<Settings>();
    // A table whose names are the operator's own is one setting.
    let setting_of = |written: &str| {
        known
            .iter()
            .find(|key| written == *key || written.strip_prefix(key.as_str()).is_some_and(|r| r.starts_with('.')))
    };
    let strangers: Vec<&String> = written.keys().filter(|key| setting_of(key).is_none()).collect();
    assert!(strangers.is_empty(), "no setting of the code: {strangers:?}");
    let documented: BTreeSet<&String> = written.keys().filter_map(|key| setting_of(key)).collect();
    let missing: Vec<&String> = known.iter().filter(|key| !documented.contains(key)).collect();
    assert!(missing.is_empty(), "not in deploy/wireroom.example.toml: {missing:?}");
}

/// What has a default stands in the file with it, not commented out.
#[test]
fn what_has_a_default_is_in_force() {
    let table: toml::Table = std::fs::read_to_string(example()).unwrap().parse().unwrap();
    let mut written = BTreeMap::new();
    leaves("", &serde_json::to_value(table).unwrap(), &mut written);
    let mut defaults = BTreeMap::new();
    leaves("", &serde_json::to_value(Settings::default()).unwrap(), &mut defaults);
    // Lists of tables can only be shown as tables.
    let shown_as_tables = ["publisher.webhooks", "ops.tokens"];
    let hidden: Vec<&String> = defaults
        .iter()
        .filter(|(key, value)| !value.is_null() && !shown_as_tables.contains(&key.as_str()))
        .map(|(key, _)| key)
        .filter(|key| !written.contains_key(*key))
        .collect();
    assert!(hidden.is_empty(), "commented out although it has a default: {hidden:?}");
}

/// An operator reads why before what: every setting follows a comment.
#[test]
fn every_setting_has_its_reason() {
    let text = std::fs::read_to_string(example()).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    let mut bare = Vec::new();
    let mut in_example_table = false;
    for (n, line) in lines.iter().enumerate() {
        if line.trim_start_matches('#').starts_with('[') {
            // A table of the operator's own is explained above it, as one.
            in_example_table = line.starts_with('#');
            continue;
        }
        let setting =
            line.starts_with(|c: char| c.is_ascii_lowercase()) || (commented_setting(line) && !in_example_table);
        if setting && !lines[n - 1].starts_with("# ") {
            bare.push(*line);
        }
    }
    assert!(bare.is_empty(), "without a reason: {bare:#?}");
}
