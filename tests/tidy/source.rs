//! The project's files, and Rust text without its comments and literals.

use std::path::{Path, PathBuf};
use std::process::Command;

/// A file of the project.
pub struct Source {
    /// Its path from the project's root, with `/`.
    pub path: String,
    /// What it says.
    pub text: String,
}

impl Source {
    /// Whether it is Rust.
    pub fn is_rust(&self) -> bool {
        self.path.ends_with(".rs")
    }
}

/// The folder that holds the workspace.
pub fn root() -> PathBuf {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    package.parent().expect("a workspace").to_owned()
}

/// Every text file of the project: what git tracks and what it would track.
pub fn sources() -> Vec<Source> {
    let root = root();
    let paths = git_files(&root).unwrap_or_else(|| walk(&root));
    paths
        .into_iter()
        .filter_map(|path| {
            // A binary file, or one that was deleted, has no text to check.
            let text = std::fs::read_to_string(root.join(&path)).ok()?;
            Some(Source { path, text })
        })
        .collect()
}

fn git_files(root: &Path) -> Option<Vec<String>> {
    let listed = Command::new("git")
        .args([
            "ls-files",
            "-z",
            "--cached",
            "--others",
            "--exclude-standard",
        ])
        .current_dir(root)
        .output()
        .ok()
        .filter(|output| output.status.success())?;
    let names = String::from_utf8(listed.stdout).ok()?;
    let paths: Vec<String> = names.split_terminator('\0').map(str::to_owned).collect();
    (!paths.is_empty()).then_some(paths)
}

/// For an unpacked archive, which has no git.
fn walk(root: &Path) -> Vec<String> {
    let mut folders = vec![root.to_owned()];
    let mut paths = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).into_iter().flatten().flatten() {
            let path = entry.path();
            let name = entry.file_name().to_string_lossy().into_owned();
            if path.is_file() {
                let relative = path.strip_prefix(root).expect("below the root");
                paths.push(relative.to_string_lossy().replace('\\', "/"));
            } else if path.is_dir()
                && !matches!(name.as_str(), ".git" | "target" | "data" | "vendor")
            {
                folders.push(path);
            }
        }
    }
    paths.sort();
    paths
}

/// Rust text with blanks in place of comments and of what stands in literals,
/// so that a rule sees code alone. Lines stay where they are.
pub fn code_of(text: &str) -> String {
    let characters: Vec<char> = text.chars().collect();
    let mut code = String::with_capacity(text.len());
    let mut at = 0;
    while at < characters.len() {
        let length = literal_or_comment(&characters, at).unwrap_or(0);
        if length == 0 {
            code.push(characters[at]);
            at += 1;
            continue;
        }
        for character in &characters[at..at + length] {
            code.push(if *character == '\n' { '\n' } else { ' ' });
        }
        at += length;
    }
    code
}

/// The length of the comment or literal that starts at `at`.
fn literal_or_comment(text: &[char], at: usize) -> Option<usize> {
    let next = text.get(at + 1).copied();
    match text[at] {
        '/' if next == Some('/') => {
            let line = text[at..].iter().position(|character| *character == '\n');
            Some(line.unwrap_or(text.len() - at))
        }
        '/' if next == Some('*') => Some(block_comment(&text[at..])),
        '"' => Some(quoted(&text[at..])),
        'r' if !continues_a_word(text, at) => raw_string(&text[at..], 1),
        'b' if next == Some('r') && !continues_a_word(text, at) => raw_string(&text[at..], 2),
        '\'' => character_literal(&text[at..]),
        _ => None,
    }
}

fn continues_a_word(text: &[char], at: usize) -> bool {
    at > 0 && (text[at - 1].is_alphanumeric() || text[at - 1] == '_')
}

fn block_comment(text: &[char]) -> usize {
    let (mut depth, mut at) = (0_u32, 0);
    while at < text.len() {
        match text[at..] {
            ['/', '*', ..] => {
                depth += 1;
                at += 2;
            }
            ['*', '/', ..] => {
                depth -= 1;
                at += 2;
                if depth == 0 {
                    return at;
                }
            }
            _ => at += 1,
        }
    }
    text.len()
}

fn quoted(text: &[char]) -> usize {
    let mut at = 1;
    while at < text.len() {
        match text[at] {
            '\\' => at += 2,
            '"' => return at + 1,
            _ => at += 1,
        }
    }
    text.len()
}

fn raw_string(text: &[char], prefix: usize) -> Option<usize> {
    let hashes = text[prefix..].iter().take_while(|c| **c == '#').count();
    let opening = prefix + hashes;
    if text.get(opening) != Some(&'"') {
        return None;
    }
    let mut end = vec!['"'];
    end.resize(1 + hashes, '#');
    let body = &text[opening + 1..];
    let length = body.windows(end.len()).position(|window| window == end);
    Some(length.map_or(text.len(), |length| opening + 1 + length + end.len()))
}

/// `'a'` and `'\n'`, but not the lifetime `'a`.
fn character_literal(text: &[char]) -> Option<usize> {
    match text {
        ['\'', '\\', _, rest @ ..] => {
            let end = rest.iter().position(|character| *character == '\'')?;
            Some(3 + end + 1)
        }
        ['\'', _, '\'', ..] => Some(3),
        _ => None,
    }
}

/// The words and signs of `code`, each with its line; `::` is one sign.
pub fn tokens(code: &str) -> Vec<(usize, String)> {
    let mut tokens: Vec<(usize, String)> = Vec::new();
    for (number, line) in (1..).zip(code.lines()) {
        let mut rest = line.trim_start();
        while let Some(first) = rest.chars().next() {
            let length = if first.is_alphanumeric() || first == '_' {
                rest.find(|c: char| !c.is_alphanumeric() && c != '_')
                    .unwrap_or(rest.len())
            } else if rest.starts_with("::") {
                2
            } else {
                first.len_utf8()
            };
            tokens.push((number, rest[..length].to_owned()));
            rest = rest[length..].trim_start();
        }
    }
    tokens
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_code_is_left() {
        for (text, expected) in [
            ("a // sqlx\nb", "a        \nb"),
            ("a /* x /* y */ */ b", "a                 b"),
            ("f(\"sqlx \\\" x\") + g", "f(           ) + g"),
            ("r#\"a\"b\"# c", "         c"),
            ("br\"a\" c", "      c"),
            ("for'a' x", "for    x"),
            ("&'a str, '\\'' b '\\u{1f}'", "&'a str,      b         "),
            ("car\"x\"", "car   "),
            ("/* open", "       "),
        ] {
            assert_eq!(code_of(text), expected, "{text}");
        }
    }

    #[test]
    fn words_and_signs_know_their_line() {
        let found = tokens("use a::{b};\n x_1");
        let words: Vec<&str> = found.iter().map(|(_, word)| word.as_str()).collect();
        assert_eq!(words, ["use", "a", "::", "{", "b", "}", ";", "x_1"]);
        assert_eq!(found[7].0, 2);
    }
}
