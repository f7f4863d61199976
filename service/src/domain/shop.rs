//! A shop and its vocabulary: products with aliases, and synonyms.

use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use utoipa::ToSchema;

use super::fault::{Fault, FieldError, Locale};
use super::ids::{ProductId, ShopId};
use super::text::{Text, check_list};

/// A shop.
#[derive(Clone, PartialEq, Eq)]
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

/// 32 random bytes that never leave the store but to make pseudonyms, and keys
/// of other uses.
#[derive(Clone, PartialEq, Eq)]
pub struct ShopSecret(pub [u8; 32]);

impl ShopSecret {
    /// A new secret.
    pub fn make() -> Self {
        Self(rand::random())
    }

    /// The key of another use of the secret: HMAC-SHA-256 over a zero byte and
    /// the use's name. A pseudonym is one over the name of a kind, which begins
    /// with a letter, so that neither is ever the other.
    pub fn key_for(&self, purpose: &str) -> [u8; 32] {
        // HMAC takes a key of any length: there is no error to meet.
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&self.0) else {
            return [0; 32];
        };
        mac.update(&[0]);
        mac.update(purpose.as_bytes());
        mac.finalize().into_bytes().into()
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
    /// The product without blanks around its texts; an empty category is none.
    ///
    /// # Errors
    /// Every fault, by field.
    pub fn trimmed(self) -> Result<Self, Vec<FieldError>> {
        let category = self.category.map(|category| category.trim().to_owned());
        let product = Self {
            id: self.id,
            name: self.name.trim().to_owned(),
            category: category.filter(|category| !category.is_empty()),
            aliases: trim_all(&self.aliases),
        };
        product.check()?;
        Ok(product)
    }

    /// Checks name, category and aliases.
    ///
    /// # Errors
    /// Every fault, by field.
    pub fn check(&self) -> Result<(), Vec<FieldError>> {
        let mut errors = Vec::new();
        if let Err(fault) = Text::line(&self.name, 200) {
            errors.push(FieldError::new("name", fault));
        }
        let category = self.category.as_deref();
        if let Some(Err(fault)) = category.map(|category| Text::line(category, 200)) {
            errors.push(FieldError::new("category", fault));
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
    /// The group without blanks around its words.
    ///
    /// # Errors
    /// Every fault, by field.
    pub fn trimmed(self) -> Result<Self, Vec<FieldError>> {
        let group = Self {
            words: trim_all(&self.words),
        };
        group.check()?;
        Ok(group)
    }

    /// Checks the wordings.
    ///
    /// # Errors
    /// Every fault, by field.
    pub fn check(&self) -> Result<(), Vec<FieldError>> {
        let mut errors = Vec::new();
        check_list("words", &self.words, 30, 80, &mut errors);
        if self.words.len() < 2 {
            let fault = Fault::malformed("两个或更多的词", "two or more words");
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

fn trim_all(texts: &[String]) -> Vec<String> {
    texts.iter().map(|text| text.trim().to_owned()).collect()
}
