//! Names that go into addresses and paths, checked before they do.

use std::fmt;
use std::str::FromStr;

use super::error::HubError;

/// A repository, as `owner/name` or a bare `name`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Repository(String);

/// A branch, tag or commit of a repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revision(String);

impl Repository {
    /// As it is written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The part after the owner, which can also name a folder.
    pub fn name(&self) -> &str {
        self.0.rsplit('/').next().unwrap_or(&self.0)
    }
}

impl Revision {
    /// As it is written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Default for Revision {
    /// The branch `main`.
    fn default() -> Self {
        Self("main".to_owned())
    }
}

impl FromStr for Repository {
    type Err = HubError;

    fn from_str(text: &str) -> Result<Self, HubError> {
        let parts = text.split('/').count();
        if parts <= 2 && text.len() <= 200 && is_safe_path(text) {
            return Ok(Self(text.to_owned()));
        }
        Err(HubError::Name {
            what: "repository",
            name: text.to_owned(),
        })
    }
}

impl FromStr for Revision {
    type Err = HubError;

    fn from_str(text: &str) -> Result<Self, HubError> {
        if text.len() <= 200 && is_safe_path(text) {
            return Ok(Self(text.to_owned()));
        }
        Err(HubError::Name {
            what: "revision",
            name: text.to_owned(),
        })
    }
}

impl fmt::Display for Repository {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl fmt::Display for Revision {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// Plain words between single slashes, none of which starts with a dot.
fn is_safe_path(text: &str) -> bool {
    text.split('/').all(|part| {
        !part.is_empty()
            && !part.starts_with('.')
            && part
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
    })
}

/// Whether `path` stays inside the folder that it is joined to, on any system.
/// Repositories have files such as `.gitattributes`, and names in any script.
pub(super) fn stays_inside(path: &str) -> bool {
    !path.contains(['\\', '\0', ':'])
        && path
            .split('/')
            .all(|part| !part.is_empty() && part != "." && part != "..")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_plain_words() {
        for good in ["BAAI/bge-small-zh-v1.5", "bert-base-chinese", "a/b_c.d"] {
            let repository: Repository = good.parse().unwrap();
            assert_eq!(repository.as_str(), good);
        }
        let repository: Repository = "BAAI/bge-small-zh-v1.5".parse().unwrap();
        assert_eq!(repository.name(), "bge-small-zh-v1.5");
        for bad in [
            "", "/", "a/", "/a", "..", "../a", "a/..", "a/b/c", "a b", "a?b", "a#b", "a%2e", "中",
        ] {
            assert!(bad.parse::<Repository>().is_err(), "{bad}");
        }
    }

    #[test]
    fn revisions_may_have_slashes() {
        for good in ["main", "refs/pr/1", "v1.5", "0123abcd"] {
            assert!(good.parse::<Revision>().is_ok(), "{good}");
        }
        for bad in ["", "a//b", "../main", "a/../b", "ma in"] {
            assert!(bad.parse::<Revision>().is_err(), "{bad}");
        }
    }

    #[test]
    fn paths_stay_inside() {
        for good in [
            "config.json",
            "1_Pooling/config.json",
            ".gitattributes",
            "说明.md",
        ] {
            assert!(stays_inside(good), "{good}");
        }
        for bad in [
            "",
            "/etc/passwd",
            "../x",
            "a/../../x",
            "a/..",
            "./a",
            "a//b",
            "a/",
            "..\\x",
            "C:x",
            "a\0b",
        ] {
            assert!(!stays_inside(bad), "{bad}");
        }
    }
}
