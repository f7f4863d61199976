//! What can go wrong between here and where a push goes.

use std::time::Duration;

use crate::domain::push::{PushFailure, PushFailureReason};

/// What is kept of what the other side said.
const MOST_SAID_CHARACTERS: usize = 300;

/// A reply: its status, and the start of its body as one line of text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PushReply {
    /// The HTTP status.
    pub status: u16,
    /// The start of the body; may be empty.
    pub said: String,
}

impl PushReply {
    pub(super) fn new(status: u16, body: &[u8]) -> Self {
        let text = String::from_utf8_lossy(body);
        let words: Vec<&str> = text
            .split(|c: char| c.is_whitespace() || c.is_control())
            .filter(|word| !word.is_empty())
            .collect();
        Self {
            status,
            said: words.join(" ").chars().take(MOST_SAID_CHARACTERS).collect(),
        }
    }
}

/// Why a push was not taken. No text of these carries an address or a secret.
#[derive(Debug, thiserror::Error)]
pub enum PushError {
    /// The HTTP client could not be made.
    #[error("client for pushes could not be made")]
    Client(#[source] reqwest::Error),
    /// The address is inside a private network, or not https.
    #[error("address is not one that may be pushed to")]
    AddressRefused,
    /// No connection, or it broke.
    #[error("receiver is not reachable")]
    Unreachable(#[source] reqwest::Error),
    /// No reply in time.
    #[error("receiver did not reply in time")]
    TimedOut,
    /// The reply leads elsewhere.
    #[error("receiver redirects with status {0}")]
    Redirected(u16),
    /// It has had enough for now.
    #[error("receiver has had enough pushes, status {}", reply.status)]
    RateLimited {
        /// What it said.
        reply: PushReply,
        /// How long it wants to be left alone.
        wish: Option<Duration>,
    },
    /// It failed, and may not the next time.
    #[error("receiver failed with status {}", reply.status)]
    Failed {
        /// What it said.
        reply: PushReply,
        /// How long it wants to be left alone.
        wish: Option<Duration>,
    },
    /// It does not want this push.
    #[error("receiver refused with status {}", .0.status)]
    Refused(PushReply),
    /// What it said is no reply of such a system.
    #[error("receiver replied what no such system does, status {}", .0.status)]
    Malformed(PushReply),
}

impl PushError {
    /// Whether the same push may be taken later.
    pub fn may_pass(&self) -> bool {
        match self {
            Self::Unreachable(_)
            | Self::TimedOut
            | Self::RateLimited { .. }
            | Self::Failed { .. }
            | Self::Malformed(_) => true,
            Self::Client(_) | Self::AddressRefused | Self::Redirected(_) | Self::Refused(_) => {
                false
            }
        }
    }

    /// How long the other side wants to be left alone.
    pub fn wish(&self) -> Option<Duration> {
        match self {
            Self::RateLimited { wish, .. } | Self::Failed { wish, .. } => *wish,
            _ => None,
        }
    }

    /// What is kept and shown of it.
    pub fn into_failure(self) -> PushFailure {
        let (reason, reply) = match self {
            Self::Client(_) | Self::Unreachable(_) => (PushFailureReason::Unreachable, None),
            Self::AddressRefused => (PushFailureReason::AddressRefused, None),
            Self::TimedOut => (PushFailureReason::TimedOut, None),
            Self::Redirected(status) => {
                let said = String::new();
                (
                    PushFailureReason::Redirected,
                    Some(PushReply { status, said }),
                )
            }
            Self::RateLimited { reply, .. } => (PushFailureReason::RateLimited, Some(reply)),
            Self::Failed { reply, .. } => (PushFailureReason::Failed, Some(reply)),
            Self::Refused(reply) => (PushFailureReason::Refused, Some(reply)),
            Self::Malformed(reply) => (PushFailureReason::Malformed, Some(reply)),
        };
        PushFailure {
            reason,
            status: reply.as_ref().map(|reply| reply.status),
            said: reply
                .map(|reply| reply.said)
                .filter(|said| !said.is_empty()),
        }
    }
}
