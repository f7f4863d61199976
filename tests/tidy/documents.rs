//! Documents that would drift: what they name must be there.

use std::collections::HashSet;

use super::source::{Source, code_of, tokens};

/// Tests that a document says hold something, and that are not there.
pub fn missing_tests(document: &Source, sources: &[Source]) -> Vec<String> {
    let functions: HashSet<String> = sources
        .iter()
        .filter(|source| source.is_rust())
        .flat_map(|source| functions_of(&source.text))
        .collect();
    let mut faults = Vec::new();
    for (number, line) in (1..).zip(document.text.lines()) {
        let Some((_, held_by)) = line.split_once("Held by") else {
            continue;
        };
        // What stands between backticks is every other part.
        for name in held_by.split('`').skip(1).step_by(2) {
            if !functions.contains(name) {
                faults.push(format!(
                    "{}:{number}: there is no test {name}: name the one that holds it",
                    document.path
                ));
            }
        }
    }
    faults
}

fn functions_of(text: &str) -> Vec<String> {
    let tokens = tokens(&code_of(text));
    tokens
        .windows(2)
        .filter(|pair| pair[0].1 == "fn")
        .map(|pair| pair[1].1.clone())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_test_that_is_gone_is_named() {
        let source = |path: &str, text: &str| Source {
            path: path.to_owned(),
            text: text.to_owned(),
        };
        let code = source("a.rs", "async fn is_there() {} // fn is_gone()");
        let document = source(
            "A.md",
            "x\nHolds. Held by `is_there`, `is_gone`.\n`neither`",
        );
        let faults = missing_tests(&document, &[code]);
        assert_eq!(faults.len(), 1, "{faults:?}");
        assert!(
            faults[0].contains("A.md:2: there is no test is_gone"),
            "{faults:?}"
        );
    }
}
