//! Rules on single files: length, first line, what tests may not do, what text may not say.

use super::source::{Source, code_of, tokens};

/// The most lines of a Rust file, with its tests.
pub const MOST_LINES: usize = 500;

/// Too long to be read in one go.
pub fn too_long(source: &Source) -> Vec<String> {
    let lines = source.text.lines().count();
    if lines <= MOST_LINES {
        return Vec::new();
    }
    vec![format!(
        "{}: {lines} lines, at most {MOST_LINES}: split it along its subjects",
        source.path
    )]
}

/// The least that says anything, in bytes.
const SHORTEST_PURPOSE: usize = 6;

/// A first line that does not say what the file is for.
pub fn purposeless(source: &Source) -> Vec<String> {
    let first = source.text.lines().next().unwrap_or("");
    let purpose = first.strip_prefix("//! ").unwrap_or("");
    if purpose.len() >= SHORTEST_PURPOSE {
        return Vec::new();
    }
    vec![format!(
        "{}: begin with a line `//! what this file is for`",
        source.path
    )]
}

/// Tests that are switched off, and code that is not there yet.
pub fn unfinished(source: &Source) -> Vec<String> {
    let tokens = tokens(&code_of(&source.text));
    let word = |at: usize| tokens.get(at).map_or("", |(_, word)| word.as_str());
    let mut faults = Vec::new();
    for (at, (line, token)) in tokens.iter().enumerate() {
        let fault = match token.as_str() {
            "ignore" if word(at.wrapping_sub(1)) == "[" && word(at.wrapping_sub(2)) == "#" => {
                "#[ignore]: mend the test or take it out"
            }
            "todo" | "unimplemented" if word(at + 1) == "!" => "do it or leave it out",
            "dbg" if word(at + 1) == "!" => "dbg! is for the desk, not for the commit",
            _ => continue,
        };
        faults.push(format!("{}:{line}: {fault}", source.path));
    }
    faults
}

/// Tests that wait by the clock: slow when it is generous, flaky when it is not.
pub fn sleeping_tests(source: &Source) -> Vec<String> {
    let code = code_of(&source.text);
    // The one place that asks again after a pause, and the proof that this is found.
    if source.path == "tests/support/poll.rs" || source.path.starts_with("tests/tidy/") {
        return Vec::new();
    }
    let first_line = if source.path.starts_with("tests/") || source.path.ends_with("/tests.rs") {
        Some(0)
    } else {
        code.lines()
            .position(|line| line.trim_start().starts_with("#[cfg(test)]"))
    };
    let Some(first_line) = first_line else {
        return Vec::new();
    };
    tokens(&code)
        .into_iter()
        .filter(|(line, word)| *line > first_line && (word == "sleep" || word == "sleep_until"))
        .map(|(line, _)| {
            format!(
                "{}:{line}: a test sleeps: wait for the event itself, or use tests/support/poll.rs",
                source.path
            )
        })
        .collect()
}

/// Reading the environment anywhere but in the settings.
pub fn reads_environment(source: &Source) -> Vec<String> {
    if source.path == "service/src/settings.rs" || source.path.starts_with("tests/") {
        return Vec::new();
    }
    let tokens = tokens(&code_of(&source.text));
    let word = |at: usize| tokens.get(at).map_or("", |(_, word)| word.as_str());
    let mut faults = Vec::new();
    for (at, (line, token)) in tokens.iter().enumerate() {
        let reads = match token.as_str() {
            "env" => {
                let by_function = word(at + 1) == "::"
                    && (word(at + 2).starts_with("var") || word(at + 2) == "{");
                // `#[arg(long, env = "…")]` reads it as well.
                let by_attribute = matches!(word(at.wrapping_sub(1)), "," | "(")
                    && matches!(word(at + 1), "=" | "," | ")");
                by_function || by_attribute
            }
            _ => false,
        };
        if reads {
            faults.push(format!(
                "{}:{line}: reads the environment: make it a setting in config/default.toml",
                source.path
            ));
        }
    }
    faults
}

/// A second map from errors to statuses.
pub fn answers_errors(source: &Source) -> Vec<String> {
    if source.path == "service/src/error.rs" {
        return Vec::new();
    }
    let tokens = tokens(&code_of(&source.text));
    tokens
        .windows(2)
        .filter(|pair| pair[0].1 == "ResponseError" && pair[1].1 == "for")
        .map(|pair| {
            format!(
                "{}:{}: implements ResponseError: service/src/error.rs is the only map from an error to a status",
                source.path, pair[0].0
            )
        })
        .collect()
}

/// Names that hide where things come from or what they are.
pub fn hidden_names(source: &Source) -> Vec<String> {
    let mut faults = Vec::new();
    for (number, line) in (1..).zip(code_of(&source.text).lines()) {
        let line = line.trim();
        if line.starts_with("pub use ") && line.ends_with("::*;") {
            faults.push(format!("{}:{number}: re-exports by glob", source.path));
        }
    }
    let is_junk_drawer = ["utils", "util", "helpers", "misc", "common"]
        .iter()
        .any(|name| {
            source.path.ends_with(&format!("/{name}.rs"))
                || source.path.contains(&format!("/{name}/"))
        });
    if is_junk_drawer {
        faults.push(format!(
            "{}: name the file after its subject, not after its being useful",
            source.path
        ));
    }
    faults
}

/// What belongs to somebody's desk and not to the project, in lower case.
const OF_THE_DESK: [&str; 18] = [
    "/work/",
    "/root/",
    "/home/",
    "/users/",
    "claude",
    "anthropic",
    "chatgpt",
    "openhands",
    "subagent",
    "sub-agent",
    "this session",
    "next session",
    "previous session",
    "earlier session",
    "before-stop",
    "house.md",
    "product.md",
    "shared/hooks",
];

/// Text about the machine or the way the work was done.
pub fn desk_talk(source: &Source) -> Vec<String> {
    let mut faults = Vec::new();
    for (number, line) in (1..).zip(source.text.lines()) {
        let line = line.to_lowercase();
        for phrase in OF_THE_DESK.iter().filter(|phrase| line.contains(**phrase)) {
            faults.push(format!(
                "{}:{number}: says {phrase:?}, which means nothing to a stranger",
                source.path
            ));
        }
    }
    faults
}

/// Keys of a settings file that no comment right above explains.
pub fn undocumented_keys(source: &Source) -> Vec<String> {
    let mut faults = Vec::new();
    let mut above = "";
    for (number, line) in (1..).zip(source.text.lines()) {
        let is_key = line.contains('=') && !line.starts_with(['#', '[']);
        if is_key && !above.starts_with("# ") {
            let key = line.split('=').next().unwrap_or("").trim();
            faults.push(format!(
                "{}:{number}: say in a comment above what {key} does",
                source.path
            ));
        }
        above = line;
    }
    faults
}

/// Scripts and styles inside a page, which the content security policy forbids.
pub fn inline_script_or_style(source: &Source) -> Vec<String> {
    let mut faults = Vec::new();
    let text = source.text.to_lowercase();
    let line_of = |at: usize| text[..at].matches('\n').count() + 1;
    for (at, _) in text.match_indices("<script") {
        let tag = text[at..].split('>').next().unwrap_or("");
        if !tag.contains(" src=") {
            faults.push((line_of(at), "<script> without src"));
        }
    }
    for (mark, fault) in [("<style", "<style>"), ("javascript:", "javascript:")] {
        faults.extend(text.match_indices(mark).map(|(at, _)| (line_of(at), fault)));
    }
    for (number, line) in (1..).zip(text.lines()) {
        for word in line.split(|c: char| c.is_whitespace() || c == '"' || c == '\'') {
            let handler = word
                .strip_prefix("on")
                .and_then(|word| word.strip_suffix('='));
            if handler.is_some_and(|name| {
                !name.is_empty() && name.chars().all(|c| c.is_ascii_lowercase())
            }) {
                faults.push((number, "an on…= attribute"));
            }
            if word == "style=" {
                faults.push((number, "a style= attribute"));
            }
        }
    }
    faults
        .into_iter()
        .map(|(line, fault)| {
            format!(
                "{}:{line}: {fault}: put it into service/assets",
                source.path
            )
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    type Rule = fn(&Source) -> Vec<String>;

    fn check(rule: Rule, path: &str, text: &str, faults: usize) {
        let source = Source {
            path: path.to_owned(),
            text: text.to_owned(),
        };
        let found = rule(&source);
        assert_eq!(found.len(), faults, "{path}: {text}: {found:?}");
    }

    #[test]
    fn length_and_purpose() {
        check(too_long, "a.rs", &"x\n".repeat(MOST_LINES), 0);
        check(too_long, "a.rs", &"x\n".repeat(MOST_LINES + 1), 1);
        check(purposeless, "a.rs", "//! What it is for.\n", 0);
        check(purposeless, "a.rs", "//! x\n", 1);
        check(purposeless, "a.rs", "use a;\n//! What it is for.\n", 1);
    }

    #[test]
    fn switched_off_and_unfinished() {
        check(unfinished, "a.rs", "#[ignore]\nfn a() { todo!() }", 2);
        check(unfinished, "a.rs", "#[ignore = \"slow\"]", 1);
        check(unfinished, "a.rs", "// todo!\nlet a = \"#[ignore]\";", 0);
        check(unfinished, "a.rs", "dbg!(x); unimplemented!()", 2);
    }

    #[test]
    fn tests_that_sleep() {
        let sleep = "std::thread::sleep(pause);\n";
        check(sleeping_tests, "tests/a.rs", sleep, 1);
        check(
            sleeping_tests,
            "service/src/store/sqlite/tests.rs",
            sleep,
            1,
        );
        check(sleeping_tests, "service/src/a.rs", sleep, 0);
        let inside = format!("{sleep}#[cfg(test)]\nmod tests {{ {sleep} }}");
        check(sleeping_tests, "service/src/a.rs", &inside, 1);
        check(sleeping_tests, "tests/a.rs", "interval.tick().await", 0);
    }

    #[test]
    fn environment_and_errors() {
        check(reads_environment, "service/src/a.rs", "std::env::var(A)", 1);
        check(
            reads_environment,
            "models/src/a.rs",
            "use std::env::{self};",
            1,
        );
        check(
            reads_environment,
            "service/src/cli/a.rs",
            "#[arg(long, env)]",
            1,
        );
        check(
            reads_environment,
            "service/src/cli/a.rs",
            "#[arg(env = \"A\")]",
            1,
        );
        check(reads_environment, "service/src/a.rs", "env!(\"A\")", 0);
        check(reads_environment, "service/src/a.rs", "std::env::args()", 0);
        check(
            reads_environment,
            "service/src/settings.rs",
            "std::env::vars()",
            0,
        );
        let answers = "impl actix_web::ResponseError for Mine {}";
        check(answers_errors, "service/src/api/a.rs", answers, 1);
        check(answers_errors, "service/src/error.rs", answers, 0);
        check(
            answers_errors,
            "service/src/api/a.rs",
            "use actix_web::ResponseError;",
            0,
        );
    }

    #[test]
    fn names_and_talk() {
        check(hidden_names, "index/src/lib.rs", "pub use schema::*;", 1);
        check(
            hidden_names,
            "index/src/lib.rs",
            "pub use schema::Index;",
            0,
        );
        check(hidden_names, "service/src/utils.rs", "", 1);
        check(desk_talk, "README.md", "see /work/x\nand Claude", 2);
        check(desk_talk, "README.md", "a session of the console", 0);
    }

    #[test]
    fn keys_and_pages() {
        check(
            undocumented_keys,
            "a.toml",
            "[a]\n# What.\nb = 1\nc = 2\n",
            1,
        );
        check(
            undocumented_keys,
            "a.toml",
            "[a]\n# What,\n# at length.\nb = 1\n",
            0,
        );
        let page = inline_script_or_style;
        check(page, "a.html", "<script src=\"/a.js\" defer></script>", 0);
        check(page, "a.html", "<script>\nx()</script>", 1);
        check(page, "a.html", "<b style=\"x\">", 1);
        check(page, "a.html", "<style>b{}</style>", 1);
        check(page, "a.html", "<b class=\"c\" onclick=\"x()\">", 1);
        check(page, "a.html", "<a href='javascript:x'>on</a>", 1);
        check(page, "a.html", "<p>style guide, one=two</p>", 0);
    }
}
