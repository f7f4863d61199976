//! Settings of the console: where people open it, and how long they stay signed in.

use std::time::Duration;

use serde::Deserialize;
use url::Url;

use super::{SettingsError, require};

/// The console.
#[derive(Debug, Clone)]
pub struct Console {
    /// The address that people open, without a slash at its end; `None` where
    /// it is the one that the service listens on.
    pub public_url: Option<String>,
    /// A session that is not used for this long has ended.
    pub session_idle: Duration,
    /// A session ends after this long in any case.
    pub session_longest: Duration,
}

impl Console {
    /// Whether browsers may send the cookie over https alone.
    pub fn is_https(&self) -> bool {
        let url = self.public_url.as_deref().unwrap_or("");
        url.starts_with("https://")
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawConsole {
    public_url: String,
    session_idle_hours: u64,
    session_days: u64,
}

pub(super) fn validate(raw: &RawConsole) -> Result<Console, SettingsError> {
    let is_origin = Url::parse(&raw.public_url).is_ok_and(|url| {
        matches!(url.scheme(), "http" | "https") && url.has_host() && url.path() == "/"
    });
    require(
        raw.public_url.is_empty() || is_origin,
        "console.public_url",
        "must be empty or like https://zhiwen.example.com, without a path",
    )?;
    require(
        (1..=24 * 30).contains(&raw.session_idle_hours),
        "console.session_idle_hours",
        "must be from 1 to 720",
    )?;
    require(
        (1..=365).contains(&raw.session_days),
        "console.session_days",
        "must be from 1 to 365",
    )?;
    let public_url = raw.public_url.trim_end_matches('/').to_owned();
    Ok(Console {
        public_url: Some(public_url).filter(|url| !url.is_empty()),
        session_idle: Duration::from_secs(raw.session_idle_hours * 3600),
        session_longest: Duration::from_secs(raw.session_days * 24 * 3600),
    })
}
