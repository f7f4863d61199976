//! What can go wrong when a model is fetched.

use std::io;
use std::path::{Path, PathBuf};

/// Why there is no model. None of these carries the token.
#[derive(Debug, thiserror::Error)]
pub enum HubError {
    /// The address or the token of the hub cannot work.
    #[error("hub settings: {0}")]
    Options(&'static str),
    /// A repository or revision that no hub could have.
    #[error("{what} {name:?} is not valid")]
    Name {
        /// What was to be named.
        what: &'static str,
        /// What stood there.
        name: String,
    },
    /// The HTTP client could not be made.
    #[error("hub client could not be made")]
    Client(#[source] reqwest::Error),
    /// No connection, or it broke too often.
    #[error("hub is not reachable")]
    Unreachable(#[source] reqwest::Error),
    /// The connection ended before the file did, too often.
    #[error("hub sent only {got} bytes of {path}")]
    CutShort {
        /// Where in the repository.
        path: String,
        /// What has come; it is kept for the next time.
        got: u64,
    },
    /// 404.
    #[error("hub has no {0}")]
    NotFound(String),
    /// 401 or 403.
    #[error("hub does not give {0} without a token that may read it, or has no such repository")]
    NotAllowed(String),
    /// Another status than those above.
    #[error("hub replied with status {0}")]
    Status(u16),
    /// A redirection that is not followed.
    #[error("hub redirects {0}")]
    Redirect(&'static str),
    /// The list of files makes no sense.
    #[error("hub listed {0}")]
    Listing(&'static str),
    /// A path that would lead out of the model's folder.
    #[error("hub listed the path {0:?}, which leads out of the folder")]
    UnsafePath(String),
    /// The repository is no BERT-shaped model in the form that is read here.
    #[error("{repo} lacks {missing}{hint}")]
    Missing {
        /// The repository.
        repo: String,
        /// The files, separated by commas.
        missing: String,
        /// What is there instead, as a clause of its own, or nothing.
        hint: String,
    },
    /// The hub says neither in its list nor in its reply what a file must hash to.
    #[error("hub gives no checksum of {0}")]
    Unverifiable(String),
    /// What came is not what the hub's checksum is of.
    #[error("{0} did not arrive as the hub lists it: size or checksum differ")]
    Corrupt(String),
    /// Another process is fetching into the same folder.
    #[error("another process is fetching into {0}")]
    InProgress(PathBuf),
    /// The folder holds something else.
    #[error("{0} already holds something else: name another folder, or remove it")]
    Occupied(PathBuf),
    /// No record of a fetched model in the folder, or one that cannot be read.
    #[error("{0} holds no readable record of a fetched model")]
    NoRecord(PathBuf),
    /// A file of a fetched model is gone or changed.
    #[error(
        "{path} of the model in {folder} is missing or changed: remove the folder and fetch it again"
    )]
    Damaged {
        /// The model's folder.
        folder: PathBuf,
        /// The file in it.
        path: String,
    },
    /// The process is ending.
    #[error("work on the disk was interrupted")]
    Interrupted,
    /// The disk.
    #[error("cannot write or read {path}")]
    Disk {
        /// What was written or read.
        path: PathBuf,
        /// Why not.
        #[source]
        source: io::Error,
    },
}

impl HubError {
    /// Names the path that an `io::Error` lacks.
    pub(super) fn disk(path: &Path) -> impl FnOnce(io::Error) -> Self + use<> {
        let path = path.to_owned();
        move |source| Self::Disk { path, source }
    }

    /// Whether the same request may succeed a moment later.
    pub(super) fn may_pass(&self) -> bool {
        matches!(
            self,
            Self::Unreachable(_) | Self::CutShort { .. } | Self::Status(408 | 425 | 429 | 500..)
        )
    }
}
