//! The taxonomy of questions: domains and intents, from `config/taxonomy.toml`.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use zhiwen_models::classifier::situation;

use super::fault::{Fault, Hint, Locale};

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

    /// What people call it in Chinese.
    pub fn label(self) -> &'static str {
        match self {
            Self::Product => "商品",
            Self::Process => "流程",
            Self::Warehouse => "仓配",
        }
    }

    /// Reads the id or its Chinese label.
    ///
    /// # Errors
    /// When it is neither.
    pub fn parse(text: &str) -> Result<Self, Fault> {
        let text = text.trim().to_ascii_lowercase();
        if text.is_empty() {
            return Err(Fault::Missing);
        }
        let is_called = |domain: &Self| [domain.as_str(), domain.label()].contains(&&*text);
        Self::ALL
            .into_iter()
            .find(is_called)
            .ok_or_else(|| Fault::Unknown {
                value: text.chars().take(40).collect(),
                expected: Hint::labelled(
                    &Self::ALL.map(|domain| (domain.as_str(), domain.label())),
                ),
            })
    }
}

impl fmt::Display for KnowledgeDomain {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// When a question is usually asked.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// Before the order.
    Pre,
    /// While ordering, and until it has shipped.
    Order,
    /// After.
    Post,
}

impl Stage {
    /// Its stable word: `pre`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pre => "pre",
            Self::Order => "order",
            Self::Post => "post",
        }
    }
}

impl From<situation::Stage> for Stage {
    fn from(stage: situation::Stage) -> Self {
        match stage {
            situation::Stage::Pre => Self::Pre,
            situation::Stage::Order => Self::Order,
            situation::Stage::Post => Self::Post,
        }
    }
}

impl From<Stage> for situation::Stage {
    fn from(stage: Stage) -> Self {
        match stage {
            Stage::Pre => Self::Pre,
            Stage::Order => Self::Order,
            Stage::Post => Self::Post,
        }
    }
}

/// What a question asks: the taxonomy's stable id (`warehouse.ship_time`), or
/// one of a shop's own (`product.shop_engraving`).
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Intent(String);

impl Intent {
    /// Reads an intent's id or its Chinese label. An id of a shop's own is
    /// known by its shape, `{domain}.shop_{slug}`, in every shop.
    ///
    /// # Errors
    /// When it is neither.
    pub fn parse(text: &str) -> Result<Self, Fault> {
        let text = text.trim();
        if text.is_empty() {
            return Err(Fault::Missing);
        }
        if is_own(text) {
            return Ok(Self(text.to_owned()));
        }
        TAXONOMY
            .by_name
            .get(text)
            .cloned()
            .map(Self)
            .ok_or_else(|| Fault::Unknown {
                value: text.chars().take(60).collect(),
                expected: Hint::new(
                    "意图表里的编号或名称，例如 warehouse.ship_time（发货时间）",
                    "an intent of the taxonomy such as product.size",
                ),
            })
    }

    /// The stable id.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether this is an intent of `domain`.
    pub fn is_of(&self, domain: KnowledgeDomain) -> bool {
        self.domain() == Some(domain)
    }

    /// Who owns its answers; `None` for small talk and what is unclear.
    pub fn domain(&self) -> Option<KnowledgeDomain> {
        let prefix = self.0.split('.').next()?;
        KnowledgeDomain::ALL
            .into_iter()
            .find(|domain| domain.as_str() == prefix)
    }

    /// Whether a shop added it.
    pub fn is_own(&self) -> bool {
        is_own(&self.0)
    }

    /// The taxonomy's intents, in its order, with their labels.
    pub fn built_in() -> impl Iterator<Item = (Self, &'static BuiltIn)> {
        TAXONOMY
            .intents
            .iter()
            .map(|intent| (Self(intent.id.clone()), intent))
    }
}

const MOST_OWN_SLUG_CHARACTERS: usize = 40;

fn is_own(text: &str) -> bool {
    let Some((domain, name)) = text.split_once('.') else {
        return false;
    };
    let is_slug = |slug: &str| {
        (1..=MOST_OWN_SLUG_CHARACTERS).contains(&slug.len())
            && slug
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
    };
    KnowledgeDomain::ALL
        .iter()
        .any(|known| known.as_str() == domain)
        && name.strip_prefix("shop_").is_some_and(is_slug)
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
    intents: Vec<BuiltIn>,
}

#[derive(Deserialize)]
struct RawTaxonomy {
    intent: Vec<BuiltIn>,
}

/// An intent as `config/taxonomy.toml` describes it.
#[derive(Debug, Deserialize)]
pub struct BuiltIn {
    /// Its id.
    pub id: String,
    /// Its Chinese label.
    pub zh: String,
    /// Its English label.
    pub en: String,
    /// When it is usually asked.
    pub stage: Stage,
}

impl BuiltIn {
    /// The taxonomy's intent of this id.
    pub fn of(id: &str) -> Option<&'static Self> {
        TAXONOMY.intents.iter().find(|intent| intent.id == id)
    }

    /// What it is called in a language.
    pub fn name(&self, locale: Locale) -> &str {
        match locale {
            Locale::Chinese => &self.zh,
            Locale::English => &self.en,
        }
    }
}

#[expect(clippy::expect_used, reason = "the embedded file is parsed by a test")]
static TAXONOMY: LazyLock<Taxonomy> = LazyLock::new(|| {
    let raw: RawTaxonomy = toml::from_str(include_str!("../../../config/taxonomy.toml"))
        .expect("the embedded taxonomy is valid");
    let by_name = raw
        .intent
        .iter()
        .flat_map(|intent| [&intent.zh, &intent.id].map(|name| (name.clone(), intent.id.clone())))
        .collect();
    Taxonomy {
        by_name,
        intents: raw.intent,
    }
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

    #[test]
    fn knows_a_domain_by_its_id_and_its_label() {
        for domain in KnowledgeDomain::ALL {
            assert_eq!(KnowledgeDomain::parse(domain.as_str()), Ok(domain));
            assert_eq!(KnowledgeDomain::parse(domain.label()), Ok(domain));
        }
        let fault = KnowledgeDomain::parse("售后").expect_err("none");
        assert_eq!(
            fault.message(Locale::Chinese),
            "“售后”不认识，可以填：product（商品）、process（流程）、warehouse（仓配）"
        );
    }

    #[test]
    fn knows_a_shops_own_intents_by_their_shape() {
        let own = Intent::parse("product.shop_engraving").expect("own");
        assert!(own.is_own() && own.is_of(KnowledgeDomain::Product));
        for other in [
            "product.shop_",
            "product.shop_A",
            "other.shop_a",
            "shop_a",
            "product.engraving",
        ] {
            assert!(Intent::parse(other).is_err(), "{other}");
        }
        assert_eq!(Intent::built_in().count(), 45);
        assert!(Intent::built_in().all(|(intent, _)| !intent.is_own()));
    }
}
