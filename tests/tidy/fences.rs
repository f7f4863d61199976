//! Which files may name which crate, as a table.

use super::source::{Source, code_of, tokens};

/// A crate that only some files may name: where they are, and why.
const FENCES: &[(&[&str], &[&str], &str)] = &[
    (&["sqlx"], &["service/src/store/"], "SQL stays in the store"),
    (
        &["tantivy"],
        &["index/src/"],
        "the index crate is the only one that knows tantivy",
    ),
    (
        &["rust_bert", "tch"],
        &["models/src/bert"],
        "one file names the model's library",
    ),
    (
        &["actix_web"],
        &[
            "service/src/api/",
            "service/src/web/",
            "service/src/auth/",
            "service/src/error.rs",
            "service/src/router.rs",
            "service/src/startup.rs",
            "service/examples/",
            "service/benches/",
            "tests/",
        ],
        "use cases know no HTTP",
    ),
    (
        &["clap", "indicatif"],
        &["service/src/cli/", "service/src/main.rs"],
        "the command line stays in cli",
    ),
    (
        &["askama"],
        &["service/src/web/", "service/src/reports/"],
        "pages are made in web, and the report as a page in reports",
    ),
    (
        &["zhiwen_index"],
        &[
            "index/",
            "service/src/catalog/",
            "service/src/answering/",
            "service/src/language/",
            "service/src/evaluation/",
            "service/src/training/",
            "service/src/cli/eval/",
            "service/src/api/",
            "service/examples/",
            "service/benches/",
            "tests/",
        ],
        "only use cases search; the api shows the parts of a score",
    ),
    (
        &["thirtyfour"],
        &["tests/web/browser/"],
        "tests in a browser say what a person does; how it is done stays in one folder",
    ),
    (
        &["zhiwen"],
        &["service/", "tests/"],
        "models and index know nothing of the service",
    ),
];

/// Crates that a file names from outside their fence.
pub fn forbidden_crates(source: &Source) -> Vec<String> {
    let mut faults = Vec::new();
    for (line, word) in tokens(&code_of(&source.text)) {
        for (crates, homes, reason) in FENCES {
            let is_home = homes.iter().any(|home| source.path.starts_with(home));
            if crates.contains(&word.as_str()) && !is_home {
                faults.push(format!("{}:{line}: names {word}: {reason}", source.path));
            }
        }
    }
    faults
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_crate_is_named_only_inside_its_fence() {
        for (path, text, faults) in [
            ("service/src/api/x.rs", "use sqlx::query;", 1),
            ("service/src/store/sqlite/x.rs", "use sqlx::query;", 0),
            ("service/src/cli/x.rs", "tantivy::Index::open()", 1),
            ("index/src/x.rs", "tantivy::Index::open()", 0),
            ("models/src/text/x.rs", "use rust_bert::x; use tch::y;", 2),
            ("models/src/bert.rs", "use rust_bert::x;", 0),
            ("models/src/cues.rs", "use zhiwen_index::x;", 1),
            ("index/src/x.rs", "use zhiwen::domain::x;", 1),
            ("service/src/domain/ids.rs", "use zhiwen_index::x;", 1),
            ("service/src/domain/ids.rs", "use zhiwen_models::x;", 0),
            ("service/src/answering/x.rs", "use actix_web::web;", 1),
            ("service/src/api/x.rs", "// sqlx\nlet a = \"sqlx\";", 0),
            ("tests/web/try_page.rs", "use thirtyfour::By;", 1),
            ("tests/web/browser/find.rs", "use thirtyfour::By;", 0),
        ] {
            let source = Source {
                path: path.to_owned(),
                text: text.to_owned(),
            };
            let found = forbidden_crates(&source);
            assert_eq!(found.len(), faults, "{path} {text}: {found:?}");
        }
    }
}
