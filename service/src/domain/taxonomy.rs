//! The taxonomy of questions: domains and intents, from `config/taxonomy.toml`.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::fault::Fault;

/// Who owns an answer.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum KnowledgeDomain {
    /// The goods: the detail page should have said it.
    Product,
    /// Prices, promotions, orders, after-sales rules.
    Process,
    /// Shipping, courier, packaging, what arrived.
    Warehouse,
}

impl KnowledgeDomain {
    /// Every domain that knowledge belongs to.
    pub const ALL: [Self; 3] = [Self::Product, Self::Process, Self::Warehouse];

    /// The stable id: `product`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Product => "product",
            Self::Process => "process",
            Self::Warehouse => "warehouse",
        }
    }

    /// Reads the id or its Chinese label.
    ///
    /// # Errors
    /// When it is neither.
    pub fn parse(text: &str) -> Result<Self, Fault> {
        match text.trim().to_ascii_lowercase().as_str() {
            "" => Err(Fault::Missing),
            "product" | "商品" => Ok(Self::Product),
            "process" | "流程" => Ok(Self::Process),
            "warehouse" | "仓配" => Ok(Self::Warehouse),
            other => Err(Fault::Unknown {
                value: other.chars().take(40).collect(),
                expected: "product, process, warehouse".to_owned(),
            }),
        }
    }
}

impl fmt::Display for KnowledgeDomain {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// What a question asks, by the taxonomy's stable id (`warehouse.ship_time`).
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Intent(String);

impl Intent {
    /// Reads an intent's id or its Chinese label.
    ///
    /// # Errors
    /// When the taxonomy has neither.
    pub fn parse(text: &str) -> Result<Self, Fault> {
        let text = text.trim();
        if text.is_empty() {
            return Err(Fault::Missing);
        }
        TAXONOMY
            .by_name
            .get(text)
            .cloned()
            .map(Self)
            .ok_or_else(|| Fault::Unknown {
                value: text.chars().take(60).collect(),
                expected: "an intent of the taxonomy such as product.size".to_owned(),
            })
    }

    /// The stable id.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether this is an intent of `domain`.
    pub fn is_of(&self, domain: KnowledgeDomain) -> bool {
        self.0.split('.').next() == Some(domain.as_str())
    }
}

impl TryFrom<String> for Intent {
    type Error = Fault;

    fn try_from(text: String) -> Result<Self, Fault> {
        Self::parse(&text)
    }
}

impl From<Intent> for String {
    fn from(intent: Intent) -> Self {
        intent.0
    }
}

struct Taxonomy {
    /// Id and Chinese label of each intent → its id.
    by_name: BTreeMap<String, String>,
}

#[derive(Deserialize)]
struct RawTaxonomy {
    intent: Vec<RawIntent>,
}

#[derive(Deserialize)]
struct RawIntent {
    id: String,
    zh: String,
}

#[expect(clippy::expect_used, reason = "the embedded file is parsed by a test")]
static TAXONOMY: LazyLock<Taxonomy> = LazyLock::new(|| {
    let raw: RawTaxonomy = toml::from_str(include_str!("../../../config/taxonomy.toml"))
        .expect("the embedded taxonomy is valid");
    let by_name = raw
        .intent
        .into_iter()
        .flat_map(|intent| {
            [
                (intent.zh, intent.id.clone()),
                (intent.id.clone(), intent.id),
            ]
        })
        .collect();
    Taxonomy { by_name }
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_intents_by_id_and_label() {
        let intent = Intent::parse("warehouse.ship_time").expect("known");
        assert!(intent.is_of(KnowledgeDomain::Warehouse));
        assert_eq!(Intent::parse("发货时间"), Ok(intent));
        assert!(matches!(
            Intent::parse("warehouse.nothing"),
            Err(Fault::Unknown { .. })
        ));
    }
}
