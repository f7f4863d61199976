//! People who sign in: who they are, what they may do, and how they came in.

use std::fmt;

use jiff::Timestamp;
use sha2::{Digest, Sha256};

use super::fault::{Fault, FieldError, Hint};
use super::guessing::is_guessable;
use super::ids::{PersonId, ShopId};
use super::key::Scope;
use super::shop::Shop;
use super::text::Text;

/// What a person is in the shop.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Role {
    /// Everything, people and keys among it.
    Owner,
    /// Questions, queues, knowledge, insights.
    Supervisor,
    /// Answers buyers.
    Agent,
    /// Reads insights.
    Operations,
    /// Reads insights, above all what pages lack.
    Designer,
    /// Reads insights, above all what is said about parcels.
    Warehouse,
}

impl Role {
    /// Every role.
    pub const ALL: [Self; 6] = [
        Self::Owner,
        Self::Supervisor,
        Self::Agent,
        Self::Operations,
        Self::Designer,
        Self::Warehouse,
    ];

    /// The role's name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::Supervisor => "supervisor",
            Self::Agent => "agent",
            Self::Operations => "operations",
            Self::Designer => "designer",
            Self::Warehouse => "warehouse",
        }
    }

    /// Reads a role's name.
    ///
    /// # Errors
    /// When there is none of that name.
    pub fn parse(text: &str) -> Result<Self, Fault> {
        Self::ALL
            .into_iter()
            .find(|role| role.as_str() == text.trim())
            .ok_or_else(|| Fault::Unknown {
                value: text.trim().chars().take(40).collect(),
                expected: Hint::names(&Self::ALL.map(Self::as_str)),
            })
    }

    /// What a person of this role may do: the scopes that an API key would need.
    pub fn scopes(self) -> &'static [Scope] {
        match self {
            Self::Owner => &Scope::ALL,
            Self::Supervisor => &[
                Scope::Suggest,
                Scope::Knowledge,
                Scope::Insights,
                Scope::Supervise,
            ],
            Self::Agent => &[Scope::Suggest],
            Self::Operations | Self::Designer | Self::Warehouse => &[Scope::Insights],
        }
    }

    /// Whether a person of this role may do what any one of these scopes opens.
    pub fn has_any_of(self, scopes: &[Scope]) -> bool {
        scopes.iter().any(|scope| self.scopes().contains(scope))
    }
}

/// The name that a person signs in with: unique in the shop, whatever its case.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Login(String);

impl Login {
    /// The most characters.
    pub const MOST_CHARACTERS: usize = 64;

    /// Reads a login; an e-mail address is one as well.
    ///
    /// # Errors
    /// When it is blank, too long, or has blanks or control characters.
    pub fn parse(text: &str) -> Result<Self, Fault> {
        let line = Text::line(text, Self::MOST_CHARACTERS)?;
        if line.chars().any(char::is_whitespace) {
            return Err(Fault::malformed(
                "中间没有空格的名字",
                "a name without blanks",
            ));
        }
        Ok(Self(line.to_lowercase()))
    }

    /// The login's text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Login {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// A password as it was typed: never kept, logged or shown.
pub struct Password(String);

impl Password {
    /// The fewest characters, after NIST SP 800-63B, and the most.
    pub const FEWEST_CHARACTERS: usize = 8;
    /// More than this nobody types, and hashing it would cost.
    pub const MOST_CHARACTERS: usize = 256;

    /// A password for a new hash; `known` is what anybody knows of its owner:
    /// the login, the shop.
    ///
    /// # Errors
    /// When it is too short, too long or among the first that somebody tries.
    pub fn parse(text: &str, known: &[&str]) -> Result<Self, Fault> {
        let found = text.chars().count();
        if found > Self::MOST_CHARACTERS {
            let most = Self::MOST_CHARACTERS;
            return Err(Fault::TooLong { most, found });
        }
        if found < Self::FEWEST_CHARACTERS {
            let fewest = Self::FEWEST_CHARACTERS;
            return Err(Fault::TooShort { fewest, found });
        }
        if is_guessable(text, known) {
            return Err(Fault::Guessable);
        }
        Ok(Self(text.to_owned()))
    }

    /// A password to be compared, whatever it is.
    pub fn typed(text: &str) -> Self {
        Self(text.chars().take(Self::MOST_CHARACTERS).collect())
    }

    /// Its text, to be hashed.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

/// A person of a shop.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// The shop.
    pub shop: ShopId,
    /// The person's id.
    pub id: PersonId,
    /// What the person signs in with.
    pub login: Login,
    /// The name that others read.
    pub name: String,
    /// What the person may do.
    pub role: Role,
    /// The password's hash in the PHC format; `None` before one is chosen.
    pub password: Option<String>,
    /// When the person was added.
    pub created_at: Timestamp,
    /// When the person was locked out for good.
    pub disabled_at: Option<Timestamp>,
}

impl Person {
    /// Whether the person owns the shop and may sign in.
    pub fn is_active_owner(&self) -> bool {
        self.role == Role::Owner && self.disabled_at.is_none()
    }
}

/// 32 random bytes in a cookie or a link; the store keeps their hash alone.
pub struct Secret(String);

impl Secret {
    const BYTES: usize = 32;

    /// A new secret.
    pub fn make() -> Self {
        let random: [u8; Self::BYTES] = rand::random();
        Self(hexadecimal(&random))
    }

    /// Reads one; `None` when it cannot be one.
    pub fn parse(text: &str) -> Option<Self> {
        let is_plausible =
            text.len() == 2 * Self::BYTES && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        is_plausible.then(|| Self(text.to_owned()))
    }

    /// What the store keeps. 256 random bits cannot be searched for.
    pub fn hash(&self) -> SecretHash {
        SecretHash(Sha256::digest(self.0.as_bytes()).into())
    }

    /// The whole, for its holder.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// What a form of the session carries, so that no other site can post it.
    /// Made from the secret, which no other site knows.
    pub fn form_token(&self) -> String {
        let mut hash = Sha256::new();
        hash.update(b"zhiwen form token\0");
        hash.update(self.0.as_bytes());
        hexadecimal(&hash.finalize()[..16])
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The SHA-256 of a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct SecretHash(pub [u8; 32]);

impl std::fmt::Display for SecretHash {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&hexadecimal(&self.0))
    }
}

/// A browser that is signed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// The hash of the cookie's secret.
    pub hash: SecretHash,
    /// The shop.
    pub shop: ShopId,
    /// Who is signed in.
    pub person: PersonId,
    /// Since when.
    pub created_at: Timestamp,
    /// When it was last used, to within a few minutes.
    pub seen_at: Timestamp,
    /// When it ends at the latest.
    pub expires_at: Timestamp,
}

/// What a one-time link is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LinkPurpose {
    /// The first of all: makes the shop and its owner.
    Begin,
    /// Makes a person of this role in the shop.
    Join {
        /// The shop.
        shop: ShopId,
        /// The role.
        role: Role,
    },
    /// Lets a person choose a password.
    ChoosePassword {
        /// The shop.
        shop: ShopId,
        /// The person.
        person: PersonId,
    },
    /// Signs a person in at once.
    Enter {
        /// The shop.
        shop: ShopId,
        /// The person.
        person: PersonId,
    },
}

/// A link that works once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// The hash of the secret in its address.
    pub hash: SecretHash,
    /// What it is for.
    pub purpose: LinkPurpose,
    /// Who made it: a login, or `terminal`.
    pub by: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it ends.
    pub expires_at: Timestamp,
}

/// What a link's use changes, at once or not at all.
pub enum LinkUse {
    /// A new shop with its owner.
    Begin {
        /// The shop.
        shop: Box<Shop>,
        /// Its owner.
        owner: Person,
    },
    /// A new person.
    Join(Person),
    /// Another password for a person, whose sessions end.
    ChoosePassword {
        /// The shop.
        shop: ShopId,
        /// The person.
        person: PersonId,
        /// The hash.
        password: String,
    },
    /// Nothing but that it is used up.
    Enter,
}

/// Failed attempts to sign in as somebody, since the last that did not fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Failures {
    /// How many.
    pub count: u32,
    /// The last one.
    pub last_at: Timestamp,
}

/// Attempts that are free of any wait.
const FREE_ATTEMPTS: u32 = 5;
/// The first wait; each further failure doubles it.
const FIRST_WAIT_SECONDS: i64 = 5;
/// The longest wait.
const LONGEST_WAIT_SECONDS: i64 = 15 * 60;

impl Failures {
    /// What they come to with one more at `at`.
    pub fn one_more(before: Option<Self>, at: Timestamp) -> Self {
        let before = before.map_or(0, |before| before.count);
        Self {
            count: before.saturating_add(1),
            last_at: at,
        }
    }

    /// The seconds that are left until the next attempt is looked at; 0 when it may be made.
    pub fn wait_seconds(&self, now: Timestamp) -> i64 {
        let Some(beyond) = self.count.checked_sub(FREE_ATTEMPTS) else {
            return 0;
        };
        let wait = FIRST_WAIT_SECONDS
            .saturating_mul(1_i64 << beyond.min(20))
            .min(LONGEST_WAIT_SECONDS);
        (self.last_at.as_second() + wait - now.as_second()).max(0)
    }
}

/// Who changed what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditEntry {
    /// Its place in the log: later ones are greater.
    pub sequence: u64,
    /// When.
    pub at: Timestamp,
    /// Who: a login, an API key's prefix, or `terminal`.
    pub by: String,
    /// What was done: the method and route of the request, such as
    /// `PUT /v1/knowledge/{id}`, or the command, such as `zhiwen key create`.
    pub action: String,
    /// To what: an id or a name; empty when the action says it.
    pub subject: String,
}

/// Checks a name that others read.
///
/// # Errors
/// What is wrong with it.
pub fn person_name(text: &str) -> Result<String, FieldError> {
    Text::line(text, 60).map_err(|fault| FieldError::new("name", fault))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logins_have_no_case_and_no_blanks() {
        let login = Login::parse(" Anna@Shop.cn ").expect("sound");
        assert_eq!(login.as_str(), "anna@shop.cn");
        assert!(Login::parse("小王").is_ok());
        assert!(Login::parse("a b").is_err());
        assert!(Login::parse(" ").is_err());
    }

    #[test]
    fn passwords_are_measured_in_characters() {
        let parse = |text: &str| Password::parse(text, &["anna"]).map(|_| ());
        assert_eq!(parse("春江潮水连海平海"), Ok(()));
        assert!(matches!(
            parse("春江潮水连海平"),
            Err(Fault::TooShort { .. })
        ));
        assert!(matches!(
            parse(&"a".repeat(257)),
            Err(Fault::TooLong { .. })
        ));
        assert_eq!(parse("anna-2026"), Err(Fault::Guessable));
    }

    #[test]
    fn secrets_read_back_and_a_form_token_is_neither_secret_nor_hash() {
        let secret = Secret::make();
        let read = Secret::parse(secret.reveal()).expect("well-formed");
        assert_eq!(read.hash(), secret.hash());
        assert_eq!(read.form_token(), secret.form_token());
        assert!(!secret.reveal().contains(&secret.form_token()));
        assert_ne!(hexadecimal(&secret.hash().0[..16]), secret.form_token());
        assert!(Secret::parse("00").is_none());
    }

    #[test]
    fn the_fifth_failure_is_the_first_that_brings_a_wait() {
        let at = |second| Timestamp::from_second(second).expect("in range");
        let mut failures = None;
        let waits: Vec<i64> = (1..=6)
            .map(|second| {
                let more = Failures::one_more(failures, at(second));
                failures = Some(more);
                more.wait_seconds(at(second))
            })
            .collect();
        assert_eq!(waits, [0, 0, 0, 0, 5, 10]);
    }

    #[test]
    fn waits_double_and_end() {
        let at = |second| Timestamp::from_second(second).expect("in range");
        let wait = |count, now| {
            let last_at = at(1_000);
            Failures { count, last_at }.wait_seconds(at(now))
        };
        assert_eq!(wait(4, 1_000), 0);
        assert_eq!(wait(5, 1_000), 5);
        assert_eq!(wait(5, 1_004), 1);
        assert_eq!(wait(5, 1_005), 0);
        assert_eq!(wait(7, 1_000), 20);
        assert_eq!(wait(60, 1_000), 900);
        assert_eq!(wait(60, 1_900), 0);
    }
}
