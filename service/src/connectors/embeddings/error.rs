//! What can go wrong between here and an embeddings server.

use zhiwen_models::encoder::EncoderError;

/// Why the embeddings server gave no vectors. None of these carries a text or a key.
#[derive(Debug, thiserror::Error)]
pub enum EmbeddingsError {
    /// The options cannot work.
    #[error("embeddings settings: {0}")]
    Options(&'static str),
    /// The HTTP client could not be made.
    #[error("embeddings client could not be made")]
    Client(#[source] reqwest::Error),
    /// As many calls are under way as may be.
    #[error("as many calls to the embeddings server are under way as may be")]
    Busy,
    /// It failed too often in a row and is left alone for a while.
    #[error("embeddings server keeps failing and is left alone for a while")]
    LeftAlone,
    /// No connection, or it broke.
    #[error("embeddings server is not reachable")]
    Unreachable(#[source] reqwest::Error),
    /// No reply in time.
    #[error("embeddings server did not reply in time")]
    TimedOut,
    /// 429, also after waiting.
    #[error("embeddings server has had enough requests")]
    RateLimited,
    /// A status that trying again may change.
    #[error("embeddings server failed with status {0}")]
    Failed(u16),
    /// A status that trying again does not change.
    #[error("embeddings server refused with status {0}")]
    Refused(u16),
    /// The reply is not one vector of finite numbers a text.
    #[error("embeddings server replied with {0}")]
    Malformed(&'static str),
    /// The vectors are of another length than they should be.
    #[error("embeddings server gave vectors of length {found} instead of {wanted}")]
    Dimensions {
        /// What the settings or the first reply said.
        wanted: usize,
        /// What came.
        found: usize,
    },
}

impl EmbeddingsError {
    /// Whether the same request may succeed a moment later.
    pub(super) fn may_pass(&self) -> bool {
        match self {
            Self::Unreachable(_) | Self::TimedOut | Self::RateLimited | Self::Failed(_) => true,
            Self::Options(_)
            | Self::Client(_)
            | Self::Busy
            | Self::LeftAlone
            | Self::Refused(_)
            | Self::Malformed(_)
            | Self::Dimensions { .. } => false,
        }
    }

    /// Whether the fault lies with this one request, and not with the server
    /// or the key: 400 and the like.
    pub(super) fn is_of_the_request(&self) -> bool {
        matches!(self, Self::Refused(400 | 413 | 414 | 422))
    }
}

impl From<EmbeddingsError> for EncoderError {
    fn from(error: EmbeddingsError) -> Self {
        match error {
            EmbeddingsError::Busy | EmbeddingsError::RateLimited => Self::Overloaded,
            EmbeddingsError::Malformed(what) => Self::Malformed(what),
            EmbeddingsError::Dimensions { .. } => Self::Malformed("vectors of another length"),
            EmbeddingsError::Options(_)
            | EmbeddingsError::Client(_)
            | EmbeddingsError::LeftAlone
            | EmbeddingsError::Unreachable(_)
            | EmbeddingsError::TimedOut
            | EmbeddingsError::Failed(_)
            | EmbeddingsError::Refused(_) => Self::Unavailable(error.to_string()),
        }
    }
}
