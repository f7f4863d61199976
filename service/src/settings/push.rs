//! Settings of pushes to outside systems.

use std::time::Duration;

use serde::Deserialize;

use super::{SettingsError, require};

/// How notices are pushed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pushes {
    /// Whether addresses may be http.
    pub allow_http: bool,
    /// Whether addresses may be inside private networks.
    pub allow_private_addresses: bool,
    /// The longest that one request may take.
    pub timeout: Duration,
    /// How often a push is tried.
    pub attempts: u32,
    /// The longest pause after the first failure.
    pub first_pause: Duration,
    /// The longest pause of all.
    pub longest_pause: Duration,
    /// Requests under way at once.
    pub concurrency: usize,
    /// How long ended deliveries are kept.
    pub keep: Duration,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawPushes {
    allow_http: bool,
    allow_private_addresses: bool,
    timeout_seconds: u64,
    attempts: u32,
    first_pause_seconds: u64,
    longest_pause_seconds: u64,
    concurrency: usize,
    keep_days: u64,
}

pub(super) fn validate(raw: &RawPushes) -> Result<Pushes, SettingsError> {
    for (is_within, key, detail) in [
        (
            (1..=60).contains(&raw.timeout_seconds),
            "push.timeout_seconds",
            "must be from 1 to 60",
        ),
        (
            (1..=50).contains(&raw.attempts),
            "push.attempts",
            "must be from 1 to 50",
        ),
        (
            (1..=86_400).contains(&raw.first_pause_seconds),
            "push.first_pause_seconds",
            "must be from 1 to 86400",
        ),
        (
            (raw.first_pause_seconds..=86_400).contains(&raw.longest_pause_seconds),
            "push.longest_pause_seconds",
            "must be from first_pause_seconds to 86400",
        ),
        (
            (1..=256).contains(&raw.concurrency),
            "push.concurrency",
            "must be from 1 to 256",
        ),
        (
            (1..=3_650).contains(&raw.keep_days),
            "push.keep_days",
            "must be from 1 to 3650",
        ),
    ] {
        require(is_within, key, detail)?;
    }
    Ok(Pushes {
        allow_http: raw.allow_http,
        allow_private_addresses: raw.allow_private_addresses,
        timeout: Duration::from_secs(raw.timeout_seconds),
        attempts: raw.attempts,
        first_pause: Duration::from_secs(raw.first_pause_seconds),
        longest_pause: Duration::from_secs(raw.longest_pause_seconds),
        concurrency: raw.concurrency,
        keep: Duration::from_secs(raw.keep_days * 86_400),
    })
}
