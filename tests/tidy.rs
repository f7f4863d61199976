//! The rules of the house as tests: each says what to do when it fails.

#[path = "tidy/documents.rs"]
mod documents;
#[path = "tidy/fences.rs"]
mod fences;
#[path = "tidy/foreign.rs"]
mod foreign;
#[path = "tidy/habits.rs"]
mod habits;
#[path = "tidy/rooms.rs"]
mod rooms;
#[path = "tidy/source.rs"]
mod source;

use std::io::Write;

use source::{Source, root, sources};

/// Fails with every fault that `rule` finds in the files that `concerns` picks.
fn hold(rule: impl Fn(&Source) -> Vec<String>, concerns: impl Fn(&Source) -> bool) {
    let sources = sources();
    let chosen: Vec<&Source> = sources.iter().filter(|source| concerns(source)).collect();
    assert!(!chosen.is_empty(), "the rule concerns no file");
    let faults: Vec<String> = chosen.into_iter().flat_map(rule).collect();
    assert!(faults.is_empty(), "\n{}\n", faults.join("\n"));
}

#[test]
fn modules_know_only_what_they_may() {
    hold(rooms::forbidden_uses, Source::is_rust);
}

#[test]
fn crates_are_named_inside_their_fences() {
    hold(fences::forbidden_crates, |source| {
        // The table of fences names them all.
        source.is_rust() && !source.path.starts_with("tests/tidy")
    });
}

#[test]
fn members_depend_downwards() {
    for (manifest, forbidden) in [
        (
            "models/Cargo.toml",
            &["zhiwen-index", "zhiwen =", "tantivy", "sqlx"][..],
        ),
        ("index/Cargo.toml", &["zhiwen =", "sqlx", "actix-web"]),
        ("service/Cargo.toml", &["tantivy", "zhiwen-tests"]),
    ] {
        let text = std::fs::read_to_string(root().join(manifest)).expect("a manifest");
        let dependencies = text
            .split_once("[dependencies]")
            .map_or("", |(_, rest)| rest);
        for line in dependencies.lines() {
            let named = forbidden.iter().find(|name| line.starts_with(**name));
            assert!(named.is_none(), "{manifest} must not depend on: {line}");
        }
    }
}

#[test]
fn sqlite_is_named_where_the_store_is_chosen() {
    hold(rooms::names_sqlite, Source::is_rust);
}

#[test]
fn one_file_maps_errors_to_statuses() {
    hold(habits::answers_errors, Source::is_rust);
}

#[test]
fn one_file_reads_the_environment() {
    hold(habits::reads_environment, Source::is_rust);
}

#[test]
fn files_are_short() {
    hold(habits::too_long, Source::is_rust);
}

#[test]
fn files_say_what_they_are_for() {
    hold(habits::purposeless, Source::is_rust);
}

#[test]
fn names_say_what_they_are() {
    hold(habits::hidden_names, Source::is_rust);
}

#[test]
fn nothing_is_switched_off_or_unfinished() {
    hold(habits::unfinished, Source::is_rust);
}

#[test]
fn no_test_sleeps() {
    hold(habits::sleeping_tests, Source::is_rust);
}

#[test]
fn text_is_about_the_product() {
    hold(habits::desk_talk, |source| {
        // The list of what not to say.
        source.path != "tests/tidy/habits.rs"
    });
}

#[test]
fn every_setting_is_explained() {
    hold(habits::undocumented_keys, |source| {
        source.path == "config/default.toml"
    });
}

#[test]
fn pages_have_no_inline_script_or_style() {
    let pages = sources()
        .into_iter()
        .filter(|source| source.path.starts_with("service/templates/"));
    let faults: Vec<String> = pages
        .flat_map(|page| habits::inline_script_or_style(&page))
        .collect();
    assert!(faults.is_empty(), "\n{}\n", faults.join("\n"));
}

#[test]
fn measuring_data_is_not_committed() {
    let folder = root().join("../shared/data");
    let pieces = foreign::pieces_of(&folder);
    if pieces.is_empty() {
        let line = "skipped: ../shared/data is not there to compare with";
        let _closed = writeln!(std::io::stderr(), "{line}");
        return;
    }
    let faults = foreign::repeated(&sources(), &pieces);
    assert!(faults.is_empty(), "\n{}\n", faults.join("\n"));
}

#[test]
fn documents_name_tests_that_are_there() {
    let sources = sources();
    let architecture = sources
        .iter()
        .find(|source| source.path == "ARCHITECTURE.md")
        .expect("ARCHITECTURE.md");
    let faults = documents::missing_tests(architecture, &sources);
    assert!(faults.is_empty(), "\n{}\n", faults.join("\n"));
}
