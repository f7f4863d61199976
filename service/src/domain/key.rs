//! API keys: what a program may do, for which shop, until when.

use std::collections::BTreeSet;
use std::fmt;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use utoipa::ToSchema;

use super::fault::{Fault, Hint};
use super::ids::ShopId;

/// What a key may be used for.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// Ask for suggestions, search, and give feedback.
    Suggest,
    /// Hand in messages.
    Ingest,
    /// Read and change knowledge.
    Knowledge,
    /// Read insights and feeds.
    Insights,
    /// Read suggestions and work the supervisor's queues.
    Supervise,
    /// Change the shop itself: products, synonyms, keys.
    Admin,
}

impl Scope {
    /// Every scope.
    pub const ALL: [Self; 6] = [
        Self::Suggest,
        Self::Ingest,
        Self::Knowledge,
        Self::Insights,
        Self::Supervise,
        Self::Admin,
    ];

    /// The scope's name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Suggest => "suggest",
            Self::Ingest => "ingest",
            Self::Knowledge => "knowledge",
            Self::Insights => "insights",
            Self::Supervise => "supervise",
            Self::Admin => "admin",
        }
    }

    /// Reads a scope's name.
    ///
    /// # Errors
    /// When there is none of that name.
    pub fn parse(text: &str) -> Result<Self, Fault> {
        Self::ALL
            .into_iter()
            .find(|scope| scope.as_str() == text.trim())
            .ok_or_else(|| Fault::Unknown {
                value: text.trim().chars().take(40).collect(),
                expected: Hint::names(&Self::ALL.map(Self::as_str)),
            })
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// A key as its holder presents it: `zw_` + 8 characters that may be shown + 40 that may not.
pub struct PresentedKey(String);

impl PresentedKey {
    const LENGTH: usize = 3 + 8 + 40;

    /// A new key from 240 random bits.
    pub fn make() -> Self {
        const ALPHABET: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
        let random: [u8; Self::LENGTH - 3] = rand::random();
        let text = random
            .iter()
            .map(|byte| char::from(ALPHABET[usize::from(byte % 32)]));
        Self("zw_".chars().chain(text).collect())
    }

    /// Reads a key; `None` when it cannot be one.
    pub fn parse(text: &str) -> Option<Self> {
        let is_plausible = text.len() == Self::LENGTH
            && text.starts_with("zw_")
            && text[3..].bytes().all(|byte| byte.is_ascii_alphanumeric());
        is_plausible.then(|| Self(text.to_owned()))
    }

    /// The part that may be shown and logged.
    pub fn prefix(&self) -> &str {
        &self.0[..11]
    }

    /// What the store keeps in place of the key. The key has 240 random bits,
    /// so a plain SHA-256 cannot be searched and no slow hash is needed.
    pub fn hash(&self) -> KeyHash {
        KeyHash(Sha256::digest(self.0.as_bytes()).into())
    }

    /// The whole key, to be shown once to the person who made it.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

/// The SHA-256 of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct KeyHash(pub [u8; 32]);

/// A key as the store knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiKey {
    /// The shop it opens.
    pub shop: ShopId,
    /// The part that may be shown; unique in the shop.
    pub prefix: String,
    /// The hash of the whole.
    pub hash: KeyHash,
    /// What it is for, in people's words.
    pub name: String,
    /// What it may do.
    pub scopes: BTreeSet<Scope>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it ends, if it does.
    pub expires_at: Option<Timestamp>,
    /// When somebody withdrew it.
    pub revoked_at: Option<Timestamp>,
    /// The last day on which it was used, in the shop's time zone.
    pub last_used_on: Option<Date>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_made_key_parses_and_shows_only_its_prefix() {
        let key = PresentedKey::make();
        let parsed = PresentedKey::parse(key.reveal()).expect("well-formed");
        assert_eq!(parsed.hash(), key.hash());
        assert_eq!(key.prefix().len(), 11);
        assert!(PresentedKey::parse("zw_short").is_none());
        assert!(PresentedKey::parse(&"é".repeat(26)).is_none());
        assert_ne!(PresentedKey::make().hash(), key.hash());
    }
}
