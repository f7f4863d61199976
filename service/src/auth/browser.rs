//! Browser tokens: what the panel in a page holds in place of an API key.
//!
//! A token opens suggestions and feedback, for the pages of one origin, for a
//! short time. Nothing of it is stored: it is `zwb_`, what it says, and a seal
//! over that under a key of the shop's own secret.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::Sha256;

use super::ended;
use crate::domain::ids::{AgentId, ShopId};
use crate::domain::origin::Origin;
use crate::domain::person::Login;
use crate::domain::shop::ShopSecret;
use crate::error::ApiError;
use crate::state::AppState;
use crate::store::StoreError;

const MARK: &str = "zwb_";
/// Longer than any token that is made.
const MOST_CHARACTERS: usize = 2_048;
/// The use of the shop's secret; another form of token takes another name.
const PURPOSE: &str = "browser-token-1";

/// What a token says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BrowserToken {
    /// The shop that it opens.
    pub shop: ShopId,
    /// Whose pages may use it.
    pub origin: Origin,
    /// The agent whom it was made for.
    pub agent: Option<AgentId>,
    /// What ends it before its time.
    pub minted_by: MintedBy,
    /// When it ends, to the second.
    #[serde(with = "jiff::fmt::serde::timestamp::second::required")]
    pub expires_at: Timestamp,
}

/// Who made a token: no longer valid himself, his tokens are not either.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MintedBy {
    /// An API key, by its shown part.
    Key(String),
    /// A person who was signed in, by login.
    Person(String),
}

impl fmt::Display for MintedBy {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Key(by) | Self::Person(by) => formatter.write_str(by),
        }
    }
}

impl BrowserToken {
    /// The token as its page presents it.
    ///
    /// # Errors
    /// When it cannot be written as JSON.
    pub fn seal(&self, secret: &ShopSecret) -> Result<String, ApiError> {
        let said = serde_json::to_vec(self).map_err(ApiError::internal)?;
        let said = URL_SAFE_NO_PAD.encode(said);
        let seal = sealing(secret, &said)?.finalize().into_bytes();
        let seal = URL_SAFE_NO_PAD.encode(seal);
        Ok(format!("{MARK}{said}.{seal}"))
    }
}

/// Whether what was presented wants to be a browser token.
pub fn is_one(presented: &str) -> bool {
    presented.starts_with(MARK)
}

/// What a token says before its seal is checked: good for nothing but to find
/// the shop whose seal it should be.
struct Claim<'a> {
    token: BrowserToken,
    said: &'a str,
    seal: Vec<u8>,
}

impl<'a> Claim<'a> {
    fn read(presented: &'a str) -> Option<Self> {
        if presented.len() > MOST_CHARACTERS {
            return None;
        }
        let (said, seal) = presented.strip_prefix(MARK)?.split_once('.')?;
        let token = URL_SAFE_NO_PAD.decode(said).ok()?;
        Some(Self {
            token: serde_json::from_slice(&token).ok()?,
            said,
            seal: URL_SAFE_NO_PAD.decode(seal).ok()?,
        })
    }

    /// The token, when the seal is the shop's. Compared in constant time.
    fn verified(self, secret: &ShopSecret) -> Option<BrowserToken> {
        let sealing = sealing(secret, self.said).ok()?;
        sealing.verify_slice(&self.seal).ok().map(|()| self.token)
    }
}

fn sealing(secret: &ShopSecret, said: &str) -> Result<Hmac<Sha256>, ApiError> {
    let key = secret.key_for(PURPOSE);
    let mut mac = Hmac::<Sha256>::new_from_slice(&key).map_err(ApiError::internal)?;
    mac.update(said.as_bytes());
    Ok(mac)
}

/// The token, when it is valid now for a page of `origin`.
pub(super) async fn check(
    state: &AppState,
    presented: &str,
    origin: Option<&str>,
) -> Result<BrowserToken, ApiError> {
    let malformed = || ApiError::InvalidToken {
        what: "is malformed",
    };
    let claim = Claim::read(presented).ok_or_else(malformed)?;
    let shop = match state.shop(&claim.token.shop).await {
        // Which shops there are is not told to whoever makes tokens up.
        Err(StoreError::NotFound { .. }) => return Err(malformed()),
        found => found?,
    };
    let token = claim.verified(&shop.secret).ok_or_else(malformed)?;
    if token.expires_at <= state.clock.now() {
        return Err(ApiError::InvalidToken {
            what: "has expired",
        });
    }
    if origin != Some(token.origin.as_str()) {
        return Err(ApiError::ForbiddenToken {
            what: "is for another origin",
        });
    }
    check_minter(state, &token).await?;
    Ok(token)
}

/// Whether who made the token could make it now.
async fn check_minter(state: &AppState, token: &BrowserToken) -> Result<(), ApiError> {
    let standing = match &token.minted_by {
        MintedBy::Key(prefix) => {
            let key = state.keys.by_prefix(&token.shop, prefix).await?;
            key.map(|key| ended(&key, state.clock.now()))
        }
        MintedBy::Person(login) => {
            let login =
                Login::parse(login).map_err(|fault| ApiError::internal(fault.to_string()))?;
            let person = state.store.person_by_login(&token.shop, &login).await?;
            person.map(|person| person.disabled_at.map(|_| "disabled"))
        }
    };
    match standing {
        Some(None) => Ok(()),
        _ => Err(ApiError::InvalidToken {
            what: "was made with what is no longer valid",
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token() -> BrowserToken {
        BrowserToken {
            shop: ShopId::parse("hemu").expect("valid"),
            origin: Origin::parse("https://desk.example.com").expect("valid"),
            agent: AgentId::parse("小禾").ok(),
            minted_by: MintedBy::Key("zw_abcdefgh".to_owned()),
            expires_at: "2026-10-01T02:15:00Z".parse().expect("a time"),
        }
    }

    #[test]
    fn a_sealed_token_is_read_back_under_its_own_secret_alone() {
        let secret = ShopSecret([7; 32]);
        let presented = token().seal(&secret).expect("sealed");
        assert!(is_one(&presented));
        let claim = || Claim::read(&presented).expect("well-formed");
        assert_eq!(claim().verified(&secret), Some(token()));
        assert_eq!(claim().verified(&ShopSecret([8; 32])), None);
    }

    #[test]
    fn nothing_of_a_token_can_be_changed() {
        let secret = ShopSecret([7; 32]);
        let presented = token().seal(&secret).expect("sealed");
        for at in MARK.len()..presented.len() {
            let mut changed = presented.clone().into_bytes();
            changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(changed).expect("ascii");
            let opened = Claim::read(&changed).and_then(|claim| claim.verified(&secret));
            assert_eq!(opened, None, "changed at {at}");
        }
    }

    #[test]
    fn the_longest_token_is_no_longer_than_what_is_read() {
        let longest = BrowserToken {
            shop: ShopId::parse(&"s".repeat(ShopId::MOST_CHARACTERS)).expect("valid"),
            origin: Origin::parse(&format!("https://{}.com:65535", "a".repeat(63))).expect("valid"),
            agent: AgentId::parse(&"客".repeat(AgentId::MOST_CHARACTERS)).ok(),
            minted_by: MintedBy::Person("u".repeat(64)),
            ..token()
        };
        let presented = longest.seal(&ShopSecret([7; 32])).expect("sealed");
        assert!(presented.len() <= MOST_CHARACTERS, "{}", presented.len());
    }

    #[test]
    fn its_key_is_no_pseudonym_and_no_other_key() {
        let secret = ShopSecret([7; 32]);
        assert_ne!(secret.key_for(PURPOSE), secret.0);
        assert_ne!(secret.key_for(PURPOSE), secret.key_for("browser-token-2"));
        assert_ne!(
            secret.key_for(PURPOSE),
            ShopSecret([8; 32]).key_for(PURPOSE)
        );
    }
}
