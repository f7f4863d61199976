//! `zhiwen-model.toml`: where a model's files are from, and the prefixes it was trained with.
//!
//! This module writes the file and reads its table `[source]`. The keys above
//! that table say how the model is used; whoever loads the model reads them,
//! and people may edit them.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::checksum::Measured;
use super::error::HubError;
use super::names::{Repository, stays_inside};

/// The record's name in a model's folder.
pub const RECORD: &str = "zhiwen-model.toml";

/// Where the files of a model's folder are from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// The address of the hub or mirror.
    pub endpoint: String,
    /// The repository.
    pub repo: String,
    /// The branch, tag or commit that was asked for.
    pub revision: String,
    /// The commit that it was at that time, where the hub said it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commit: Option<String>,
    /// The SHA-256 of each file in hexadecimal digits, by its path.
    pub files: BTreeMap<String, String>,
}

#[derive(Serialize)]
struct Written<'a> {
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    question_prefix: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    knowledge_prefix: Option<&'a str>,
    source: &'a Source,
}

#[derive(Deserialize)]
struct Found {
    source: Source,
}

/// What a family of models wants before a text, by its model cards.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Prefixes {
    question: Option<&'static str>,
    knowledge: Option<&'static str>,
}

/// Writes the record of `source` into `folder`.
pub(super) fn write(
    folder: &Path,
    repository: &Repository,
    source: &Source,
) -> Result<(), HubError> {
    let path = folder.join(RECORD);
    let prefixes = prefixes(repository.name());
    let written = Written {
        name: repository.name(),
        question_prefix: prefixes.question,
        knowledge_prefix: prefixes.knowledge,
        source,
    };
    let table = toml::to_string(&written)
        .map_err(|error| HubError::disk(&path)(io::Error::other(error)))?;
    let text = format!(
        "# Written when the model was fetched. The keys above [source] say how it is used.\n{table}"
    );
    File::create(&path)
        .and_then(|mut file| {
            file.write_all(text.as_bytes())?;
            file.sync_all()
        })
        .map_err(HubError::disk(&path))
}

/// Checks each file that the record names, and says where they are from.
///
/// Reads all of them, which takes a moment: not for an async worker.
///
/// # Errors
/// [`HubError::NoRecord`] where no model was fetched into `folder`,
/// [`HubError::Damaged`] for a file that is gone or not what was fetched.
pub fn verify(folder: &Path) -> Result<Source, HubError> {
    let no_record = || HubError::NoRecord(folder.to_owned());
    let text = match fs::read_to_string(folder.join(RECORD)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(no_record()),
        read => read.map_err(HubError::disk(&folder.join(RECORD)))?,
    };
    let Found { source } = toml::from_str(&text).map_err(|_| no_record())?;
    for (path, sha256) in &source.files {
        if !stays_inside(path) {
            return Err(HubError::UnsafePath(path.clone()));
        }
        let damaged = || HubError::Damaged {
            folder: folder.to_owned(),
            path: path.clone(),
        };
        let measured = match Measured::of(&folder.join(path)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(damaged()),
            read => read.map_err(HubError::disk(&folder.join(path)))?,
        };
        if !measured.sha256().eq_ignore_ascii_case(sha256) {
            return Err(damaged());
        }
    }
    Ok(source)
}

/// The prefixes that the model cards of a family give: BAAI's bge (a prefix
/// before short queries only) and intfloat's e5 (one before every text). Other
/// families, bge-m3 and rerankers among them, want none.
fn prefixes(name: &str) -> Prefixes {
    let name = name.to_ascii_lowercase();
    let is_bge = ["bge-small-", "bge-base-", "bge-large-"]
        .iter()
        .any(|family| name.starts_with(family));
    let is_for =
        |language: &str| name.ends_with(language) || name.contains(&format!("{language}-v"));
    if is_bge && is_for("-zh") {
        return Prefixes {
            question: Some("为这个句子生成表示以用于检索相关文章："),
            knowledge: None,
        };
    }
    if is_bge && is_for("-en") {
        return Prefixes {
            question: Some("Represent this sentence for searching relevant passages: "),
            knowledge: None,
        };
    }
    // The instruct models of the family want a task's description instead.
    let is_e5 = ["e5-", "multilingual-e5-"]
        .iter()
        .any(|family| name.starts_with(family));
    if is_e5 && !name.contains("instruct") {
        return Prefixes {
            question: Some("query: "),
            knowledge: Some("passage: "),
        };
    }
    Prefixes::default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_what_families_want() {
        let zh = Some("为这个句子生成表示以用于检索相关文章：");
        let en = Some("Represent this sentence for searching relevant passages: ");
        for (name, question, knowledge) in [
            ("bge-small-zh-v1.5", zh, None),
            ("bge-large-zh", zh, None),
            ("BGE-base-zh-v1.5", zh, None),
            ("bge-base-en-v1.5", en, None),
            ("e5-small-v2", Some("query: "), Some("passage: ")),
            ("multilingual-e5-small", Some("query: "), Some("passage: ")),
            ("multilingual-e5-large-instruct", None, None),
            ("bge-m3", None, None),
            ("bge-reranker-base", None, None),
            ("text2vec-base-chinese", None, None),
            ("all-MiniLM-L6-v2", None, None),
        ] {
            let expected = Prefixes {
                question,
                knowledge,
            };
            assert_eq!(prefixes(name), expected, "{name}");
        }
    }

    #[test]
    fn is_read_as_it_was_written_and_checked() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        assert!(matches!(verify(folder), Err(HubError::NoRecord(_))));
        fs::write(folder.join("vocab.txt"), "[PAD]\n").unwrap();
        let sha256 = Measured::of(&folder.join("vocab.txt")).unwrap().sha256();
        let source = Source {
            endpoint: "https://hub.example".to_owned(),
            repo: "BAAI/bge-small-zh-v1.5".to_owned(),
            revision: "main".to_owned(),
            commit: None,
            files: BTreeMap::from([("vocab.txt".to_owned(), sha256)]),
        };
        write(folder, &source.repo.parse().unwrap(), &source).unwrap();
        let text = fs::read_to_string(folder.join(RECORD)).unwrap();
        let table: toml::Table = text.parse().unwrap();
        assert_eq!(table["name"].as_str(), Some("bge-small-zh-v1.5"));
        assert!(table["question_prefix"].as_str().unwrap().ends_with('：'));
        assert!(!table.contains_key("knowledge_prefix"));
        assert_eq!(verify(folder).unwrap(), source);

        fs::write(folder.join("vocab.txt"), "[PAD]!").unwrap();
        assert!(matches!(verify(folder), Err(HubError::Damaged { .. })));
        fs::remove_file(folder.join("vocab.txt")).unwrap();
        assert!(matches!(verify(folder), Err(HubError::Damaged { .. })));
        fs::write(folder.join(RECORD), text.replace("vocab.txt", "../x")).unwrap();
        assert!(matches!(verify(folder), Err(HubError::UnsafePath(_))));
        fs::write(folder.join(RECORD), "name = 'mine'").unwrap();
        assert!(matches!(verify(folder), Err(HubError::NoRecord(_))));
    }
}
