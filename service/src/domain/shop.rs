//! A shop and its vocabulary: products with aliases, and synonyms.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::fault::{Fault, FieldError, Locale};
use super::ids::{ProductId, ShopId};
use super::knowledge::{Text, check_list};

/// A shop.
#[derive(Clone)]
pub struct Shop {
    /// Its id.
    pub id: ShopId,
    /// Its name as people read it.
    pub name: String,
    /// The IANA name of its time zone.
    pub time_zone: String,
    /// The language of its people.
    pub locale: Locale,
    /// The secret under which its consumers become pseudonyms.
    pub secret: ShopSecret,
    /// When it was made.
    pub created_at: Timestamp,
}

impl Shop {
    /// The shop's time zone; UTC should the stored name have become unknown.
    pub fn zone(&self) -> TimeZone {
        TimeZone::get(&self.time_zone).unwrap_or(TimeZone::UTC)
    }
}

/// 32 random bytes that never leave the store but to make pseudonyms.
#[derive(Clone)]
pub struct ShopSecret(pub [u8; 32]);

impl ShopSecret {
    /// A new secret.
    pub fn make() -> Self {
        Self(rand::random())
    }
}

/// A product as knowledge is scoped to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Product {
    /// The shop's own id.
    #[schema(value_type = String)]
    pub id: ProductId,
    /// Its name.
    pub name: String,
    /// Its category.
    #[serde(default)]
    pub category: Option<String>,
    /// What buyers call it.
    #[serde(default)]
    pub aliases: Vec<String>,
}

impl Product {
    /// Checks names and aliases.
    ///
    /// # Errors
    /// Every fault, by field.
    pub fn check(&self) -> Result<(), Vec<FieldError>> {
        let mut errors = Vec::new();
        if let Err(fault) = Text::line(&self.name, 200) {
            errors.push(FieldError::new("name", fault));
        }
        check_list("aliases", &self.aliases, 50, 80, &mut errors);
        if errors.is_empty() {
            Ok(())
        } else {
            Err(errors)
        }
    }
}

/// Wordings that mean the same in this shop.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Synonyms {
    /// Two or more wordings.
    pub words: Vec<String>,
}

impl Synonyms {
    /// Checks the wordings.
    ///
    /// # Errors
    /// Every fault, by field.
    pub fn check(&self) -> Result<(), Vec<FieldError>> {
        let mut errors = Vec::new();
        check_list("words", &self.words, 30, 80, &mut errors);
        if self.words.len() < 2 {
            let fault = Fault::Malformed {
                expected: "two or more words".to_owned(),
            };
            errors.push(FieldError::new("words", fault));
        }
        if errors.is_empty() {
            Ok(())
        } else {
            Err(errors)
        }
    }
}

/// What a shop calls things.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Vocabulary {
    /// Grows with every change.
    pub revision: u64,
    /// Products, by id.
    pub products: Vec<Product>,
    /// Synonym groups.
    pub synonyms: Vec<Synonyms>,
}
