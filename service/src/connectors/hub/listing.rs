//! What a hub lists of a repository, and which of its files make the model.

use serde::Deserialize;
use sha2::{Digest, Sha256};

use super::checksum::{Checksum, hex};
use super::error::HubError;
use super::names::{Repository, stays_inside};

/// Without these there is no BERT-shaped model.
const NEEDED: [&str; 3] = ["config.json", "model.safetensors", "vocab.txt"];

/// These say how its words are cut and its vectors pooled, where they are there.
const WELCOME: [&str; 6] = [
    "tokenizer_config.json",
    "tokenizer.json",
    "special_tokens_map.json",
    "modules.json",
    "sentence_bert_config.json",
    "1_Pooling/config.json",
];

/// What may stand in the place of a needed file, and what that means.
const INSTEAD: [(&str, &str); 5] = [
    (
        "model.safetensors.index.json",
        "its weights are in several parts",
    ),
    (
        "pytorch_model.bin",
        "its weights are there only as pytorch_model.bin, which cannot be read safely",
    ),
    ("tf_model.h5", "its weights are there only for tensorflow"),
    (
        "sentencepiece.bpe.model",
        "its words are cut by sentencepiece, not by a vocab.txt",
    ),
    ("vocab.json", "its words are cut by another tokenizer"),
];

#[derive(Deserialize)]
struct Reply {
    sha: Option<String>,
    siblings: Vec<Sibling>,
}

#[derive(Deserialize)]
struct Sibling {
    rfilename: String,
    size: Option<u64>,
    #[serde(rename = "blobId")]
    blob_id: Option<String>,
    lfs: Option<LargeFile>,
}

#[derive(Deserialize)]
struct LargeFile {
    sha256: Option<String>,
    size: Option<u64>,
}

/// A file of the model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Wanted {
    /// In the repository, and in the model's folder.
    pub(super) path: &'static str,
    pub(super) size: Option<u64>,
    pub(super) checksum: Option<Checksum>,
}

/// The files of a model at one commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Plan {
    /// The commit that the revision is now, where the hub says it.
    pub(super) commit: Option<String>,
    pub(super) files: Vec<Wanted>,
}

impl Plan {
    /// Reads a hub's reply about `repository`.
    pub(super) fn read(body: &[u8], repository: &Repository) -> Result<Self, HubError> {
        let reply: Reply = serde_json::from_slice(body)
            .map_err(|_| HubError::Listing("no files in the form that is read here"))?;
        // No listed path is used but those named here; still, a hub that lists
        // such a path is not to be trusted with the rest.
        for sibling in &reply.siblings {
            if !stays_inside(&sibling.rfilename) {
                return Err(HubError::UnsafePath(sibling.rfilename.clone()));
            }
        }
        let find = |path: &str| {
            reply
                .siblings
                .iter()
                .find(|sibling| sibling.rfilename == path)
        };
        let missing: Vec<&str> = NEEDED
            .into_iter()
            .filter(|path| find(path).is_none())
            .collect();
        if !missing.is_empty() {
            let hints: Vec<&str> = INSTEAD
                .into_iter()
                .filter(|(path, _)| find(path).is_some())
                .map(|(_, meaning)| meaning)
                .collect();
            return Err(HubError::Missing {
                repo: repository.to_string(),
                missing: missing.join(", "),
                hint: if hints.is_empty() {
                    String::new()
                } else {
                    format!(": {}", hints.join("; "))
                },
            });
        }
        let files = NEEDED
            .into_iter()
            .chain(WELCOME)
            .filter_map(|path| find(path).map(|sibling| sibling.wanted(path)))
            .collect();
        let commit = reply
            .sha
            .filter(|sha| Checksum::git_blob(sha).is_some())
            .map(|sha| sha.to_ascii_lowercase());
        Ok(Self { commit, files })
    }

    /// How many bytes there are to fetch, where the hub says it.
    pub(super) fn size(&self) -> Option<u64> {
        self.files.iter().map(|file| file.size).sum()
    }

    /// Differs when another content is to be fetched.
    pub(super) fn fingerprint(&self, repository: &Repository, revision: &str) -> String {
        let what = format!("{repository} {revision} {self:?}");
        hex(&Sha256::digest(what.as_bytes()))
    }
}

impl Sibling {
    fn wanted(&self, path: &'static str) -> Wanted {
        let (size, checksum) = match &self.lfs {
            // The blob of a large file is a pointer to it: no help here.
            Some(large) => (
                large.size.or(self.size),
                large.sha256.as_deref().and_then(Checksum::sha256),
            ),
            None => (
                self.size,
                self.blob_id.as_deref().and_then(Checksum::git_blob),
            ),
        };
        Wanted {
            path,
            size,
            checksum,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(paths: &[&str]) -> Result<Plan, HubError> {
        let siblings: Vec<_> = paths
            .iter()
            .map(|path| serde_json::json!({ "rfilename": path }))
            .collect();
        let body = serde_json::json!({ "siblings": siblings }).to_string();
        Plan::read(body.as_bytes(), &"a/b".parse().unwrap())
    }

    #[test]
    fn wants_what_makes_the_model_and_nothing_else() {
        let plan = read(&[
            "README.md",
            "onnx/model.onnx",
            "vocab.txt",
            "pytorch_model.bin",
            "1_Pooling/config.json",
            "config.json",
            "model.safetensors",
        ])
        .unwrap();
        let paths: Vec<&str> = plan.files.iter().map(|file| file.path).collect();
        assert_eq!(
            paths,
            [
                "config.json",
                "model.safetensors",
                "vocab.txt",
                "1_Pooling/config.json"
            ]
        );
        assert_eq!((plan.commit, plan.files[0].checksum), (None, None));
    }

    #[test]
    fn names_what_is_missing_and_what_stands_there_instead() {
        for (paths, parts) in [
            (
                &["config.json", "vocab.txt", "pytorch_model.bin"][..],
                &["a/b lacks model.safetensors", "only as pytorch_model.bin"][..],
            ),
            (
                &[
                    "config.json",
                    "model.safetensors",
                    "sentencepiece.bpe.model",
                ],
                &["lacks vocab.txt: ", "sentencepiece"],
            ),
            (&[], &["lacks config.json, model.safetensors, vocab.txt"]),
        ] {
            let error = read(paths).unwrap_err().to_string();
            for part in parts {
                assert!(error.contains(part), "{error}");
            }
        }
    }

    #[test]
    fn a_large_file_is_known_by_its_content_and_not_by_its_pointer() {
        let (sha256, blob) = ("ab".repeat(32), "cd".repeat(20));
        let body = serde_json::json!({ "sha": "EF".repeat(20), "siblings": [
            { "rfilename": "model.safetensors", "size": 7, "blobId": blob,
              "lfs": { "sha256": sha256, "size": 7, "pointerSize": 135 } },
            { "rfilename": "config.json", "size": 5, "blobId": blob },
            { "rfilename": "vocab.txt", "size": 3, "blobId": "short" },
        ]});
        let plan = Plan::read(body.to_string().as_bytes(), &"a".parse().unwrap()).unwrap();
        let checksums: Vec<_> = plan.files.iter().map(|file| file.checksum).collect();
        assert_eq!(
            checksums,
            [Checksum::git_blob(&blob), Checksum::sha256(&sha256), None]
        );
        assert_eq!(plan.size(), Some(15));
        assert_eq!(plan.commit, Some("ef".repeat(20)));
    }

    #[test]
    fn a_list_that_leads_out_of_the_folder_is_refused() {
        for path in ["../config.json", "/etc/passwd", "a/../../b"] {
            let error = read(&["config.json", "model.safetensors", "vocab.txt", path]);
            assert!(matches!(error, Err(HubError::UnsafePath(_))), "{error:?}");
        }
    }
}
