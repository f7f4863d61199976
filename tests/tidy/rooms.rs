//! Who may know whom of the service's modules, as a table.

use std::collections::BTreeSet;

use super::source::{Source, code_of, tokens};

/// A module of the service and what it may know of the others. A module that
/// is not here has no place yet: give it one, as low as it can be.
const ROOMS: &[(&str, &[&str])] = &[
    ("domain", &[]),
    ("settings", &[]),
    ("telemetry", &["settings"]),
    ("formats", &["domain"]),
    ("reports", &["domain", "formats"]),
    ("pool", &["domain"]),
    ("store", &["domain"]),
    ("pulse", &["domain", "store"]),
    ("connectors", &["domain"]),
    ("language", &["domain", "store"]),
    ("catalog", &["domain", "store", "language"]),
    ("knowledge", &["domain", "store", "formats"]),
    (
        "answering",
        &["domain", "store", "catalog", "language", "pool"],
    ),
    (
        "evaluation",
        &["domain", "catalog", "language", "answering"],
    ),
    (
        "training",
        &[
            "domain",
            "store",
            "catalog",
            "language",
            "answering",
            "evaluation",
        ],
    ),
    (
        "listening",
        &[
            "domain",
            "store",
            "formats",
            "catalog",
            "language",
            "answering",
        ],
    ),
    (
        "insights",
        &[
            "domain",
            "store",
            "catalog",
            "language",
            "answering",
            "listening",
            "knowledge",
            "pool",
        ],
    ),
    ("notices", &["domain", "store", "connectors"]),
    (
        "jobs",
        &[
            "domain",
            "store",
            "catalog",
            "language",
            "training",
            "listening",
            "insights",
            "reports",
            "notices",
        ],
    ),
    (
        "error",
        &[
            "domain",
            "pool",
            "store",
            "catalog",
            "answering",
            "knowledge",
            "formats",
            "listening",
            "insights",
            "reports",
        ],
    ),
    ("auth", &["domain", "settings", "store", "state", "error"]),
    (
        "state",
        &[
            "domain",
            "settings",
            "telemetry",
            "pool",
            "pulse",
            "store",
            "catalog",
            "answering",
            "knowledge",
            "listening",
            "insights",
            "notices",
            "jobs",
            "auth",
        ],
    ),
    ("api", EDGE),
    ("web", EDGE),
    (
        "cli",
        &[
            "auth",
            "domain",
            "settings",
            "telemetry",
            "formats",
            "store",
            "connectors",
            "catalog",
            "knowledge",
            "answering",
            "language",
            "listening",
            "evaluation",
            "training",
            "startup",
        ],
    ),
    ("router", &["api", "web", "error", "state"]),
    ("startup", ALL),
    ("main", &["cli"]),
    ("lib", &[]),
];

/// What turns HTTP into use cases may know, and never each other.
const EDGE: &[&str] = &[
    "domain",
    "settings",
    "store",
    "formats",
    "reports",
    "catalog",
    "knowledge",
    "answering",
    "language",
    "listening",
    "insights",
    "notices",
    "jobs",
    "pool",
    "pulse",
    "auth",
    "error",
    "state",
];

const ALL: &[&str] = &[
    "domain",
    "settings",
    "telemetry",
    "formats",
    "reports",
    "pool",
    "pulse",
    "store",
    "connectors",
    "catalog",
    "knowledge",
    "answering",
    "language",
    "listening",
    "evaluation",
    "training",
    "insights",
    "notices",
    "jobs",
    "error",
    "auth",
    "state",
    "api",
    "web",
    "router",
];

/// The service's module that a file belongs to.
fn room_of(path: &str) -> Option<&str> {
    let inside = path.strip_prefix("service/src/")?;
    let first = inside.split('/').next()?;
    Some(first.strip_suffix(".rs").unwrap_or(first))
}

/// The modules below the crate's root that the file is in, from its path.
fn module_path(path: &str) -> Vec<&str> {
    let inside = path.strip_prefix("service/src/").unwrap_or(path);
    let inside = inside.strip_suffix(".rs").unwrap_or(inside);
    let mut modules: Vec<&str> = inside.split('/').collect();
    if matches!(modules.last(), Some(&"mod" | &"lib" | &"main")) {
        modules.pop();
    }
    modules
}

/// Uses of a module of the service that the table does not allow.
pub fn forbidden_uses(source: &Source) -> Vec<String> {
    let Some(room) = room_of(&source.path) else {
        return Vec::new();
    };
    let Some((_, allowed)) = ROOMS.iter().find(|(name, _)| *name == room) else {
        return vec![format!(
            "{}: module {room} has no place in the table of tests/tidy/rooms.rs: say there what it may know",
            source.path
        )];
    };
    let known = modules_named(source);
    known
        .into_iter()
        .filter(|(_, module)| module != room && !allowed.contains(&module.as_str()))
        .map(|(line, module)| {
            let may = if allowed.is_empty() {
                "no other module".to_owned()
            } else {
                allowed.join(", ")
            };
            format!(
                "{}:{line}: {room} names {module}; it may know {may}",
                source.path
            )
        })
        .collect()
}

/// The top-level modules that a file names, by `crate::`, `zhiwen::` or `super::`.
fn modules_named(source: &Source) -> BTreeSet<(usize, String)> {
    let tokens = tokens(&code_of(&source.text));
    let file_depth = module_path(&source.path).len();
    let word = |at: usize| tokens.get(at).map_or("", |(_, word)| word.as_str());
    let mut named = BTreeSet::new();
    // The brace depths at which inline modules were opened.
    let mut inline_modules: Vec<usize> = Vec::new();
    let mut braces = 0;
    let mut at = 0;
    while at < tokens.len() {
        match word(at) {
            "{" => braces += 1,
            "}" => {
                braces -= 1;
                if inline_modules.last() == Some(&braces) {
                    inline_modules.pop();
                }
            }
            "mod" if word(at + 2) == "{" => inline_modules.push(braces),
            "crate" | "zhiwen" if word(at + 1) == "::" && word(at.wrapping_sub(1)) != "::" => {
                collect(&tokens, at + 2, &mut named);
            }
            "super" if word(at.wrapping_sub(1)) != "::" => {
                let mut steps = 1;
                while word(at + 1) == "::" && word(at + 2) == "super" {
                    steps += 1;
                    at += 2;
                }
                if steps == file_depth + inline_modules.len() && word(at + 1) == "::" {
                    collect(&tokens, at + 2, &mut named);
                }
            }
            _ => {}
        }
        at += 1;
    }
    named
}

/// The names at `at`: one, or the first of each branch of a group.
fn collect(tokens: &[(usize, String)], at: usize, named: &mut BTreeSet<(usize, String)>) {
    let Some((line, first)) = tokens.get(at) else {
        return;
    };
    if first != "{" {
        if first.chars().all(|c| c.is_ascii_lowercase() || c == '_') {
            named.insert((*line, first.clone()));
        }
        return;
    }
    let (mut depth, mut starts_a_branch) = (1, true);
    for (line, word) in &tokens[at + 1..] {
        match word.as_str() {
            "{" => depth += 1,
            "}" => depth -= 1,
            "," => starts_a_branch = depth == 1,
            _ => {
                if starts_a_branch {
                    named.insert((*line, word.clone()));
                }
                starts_a_branch = false;
            }
        }
        if depth == 0 {
            return;
        }
    }
}

/// Files that name SQLite though the store is chosen elsewhere.
pub fn names_sqlite(source: &Source) -> Vec<String> {
    const HOMES: [&str; 3] = [
        "service/src/startup.rs",
        "service/src/store/mod.rs",
        "service/src/store/sqlite/",
    ];
    let is_home = HOMES.iter().any(|home| source.path.starts_with(home));
    if is_home || !source.path.starts_with("service/src/") {
        return Vec::new();
    }
    tokens(&code_of(&source.text))
        .into_iter()
        .filter(|(_, word)| word.to_ascii_lowercase().contains("sqlite"))
        .map(|(line, word)| {
            format!(
                "{}:{line}: names {word}: use cases know the trait Store alone",
                source.path
            )
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(path: &str, text: &str) -> Source {
        Source {
            path: path.to_owned(),
            text: text.to_owned(),
        }
    }

    fn check(path: &str, text: &str, expected: &[&str]) {
        let found = forbidden_uses(&source(path, text));
        assert_eq!(found.len(), expected.len(), "{text}: {found:?}");
        for (fault, part) in found.iter().zip(expected) {
            assert!(fault.contains(part), "{fault} should say {part}");
        }
    }

    #[test]
    fn a_module_names_only_what_the_table_allows() {
        check("service/src/domain/ids.rs", "use super::fault::Fault;", &[]);
        check(
            "service/src/domain/ids.rs",
            "use crate::store::Store;",
            &["ids.rs:1: domain names store; it may know no other module"],
        );
        check(
            "service/src/formats/csv.rs",
            "use crate::{domain::ids, store::{self, Store}, formats::Row};",
            &["formats names store"],
        );
        check(
            "service/src/api/search.rs",
            "fn f() -> crate::cli::X { todo() }\n// crate::web\nlet a = \"crate::web\";",
            &["search.rs:1: api names cli"],
        );
        check(
            "service/src/pool.rs",
            "mod tests { use super::super::store::Store; use super::*; }",
            &["pool names store"],
        );
        check(
            "service/src/store/sqlite/rows.rs",
            "use super::super::super::answering; use super::super::StoreError;",
            &["store names answering"],
        );
        check("service/src/novelty.rs", "", &["has no place in the table"]);
        check("service/src/main.rs", "zhiwen::startup::start()", &["main"]);
        check("index/src/lib.rs", "use crate::anything;", &[]);
    }

    #[test]
    fn sqlite_is_chosen_in_one_place() {
        for (path, faults) in [
            ("service/src/cli/x.rs", 1),
            ("service/src/store/suite/x.rs", 1),
            ("service/src/startup.rs", 0),
            ("service/src/store/mod.rs", 0),
            ("service/src/store/sqlite/mod.rs", 0),
        ] {
            let found = names_sqlite(&source(path, "crate::store::SqliteStore"));
            assert_eq!(found.len(), faults, "{path}: {found:?}");
        }
    }
}
