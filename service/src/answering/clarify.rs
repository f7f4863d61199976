//! What to ask back where two products or two meanings stand close.

use super::{Found, Retrieved};
use crate::catalog::Searchable;

/// Two candidates this close in confidence are not told apart.
const CLOSE: f32 = 0.12;

/// A best answer this sure needs no question back.
const SURE: f32 = 0.75;

/// A candidate below this share of the threshold is no real alternative.
const LEAST_SHARE_OF_THRESHOLD: f32 = 0.6;

/// The most alternatives that a buyer is asked to choose from.
const MOST_OPTIONS: usize = 3;

/// A question back to the buyer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clarification {
    /// What the alternatives differ in.
    pub about: ClarifyAbout,
    /// Two or three, the likeliest first.
    pub options: Vec<ClarifyOption>,
}

/// What alternatives differ in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClarifyAbout {
    /// In the product.
    Product,
    /// In what is asked.
    Question,
}

/// An alternative.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClarifyOption {
    /// The product's name, or the item's question.
    pub label: String,
    /// The item that would answer.
    pub knowledge: String,
    /// The product, where that is what differs.
    pub product: Option<String>,
}

/// What to ask back, if anything: candidates that stand close and are about
/// different products, or about different intents.
pub(super) fn clarification(
    searchable: &Searchable,
    retrieved: &Retrieved,
    threshold: f32,
) -> Option<Clarification> {
    let best = retrieved.found.first()?;
    let least = threshold * LEAST_SHARE_OF_THRESHOLD;
    if best.confidence >= SURE || best.confidence < least {
        return None;
    }
    let close: Vec<&Found> = retrieved
        .found
        .iter()
        .filter(|found| found.confidence >= least && best.confidence - found.confidence <= CLOSE)
        .collect();
    by_product(searchable, &close).or_else(|| by_question(&close))
}

/// Each close candidate is of one product, and the products differ.
fn by_product(searchable: &Searchable, close: &[&Found]) -> Option<Clarification> {
    let mut options: Vec<ClarifyOption> = Vec::new();
    for found in close {
        let [product] = found.item.products.as_slice() else {
            continue;
        };
        let is_new = options
            .iter()
            .all(|option| option.product.as_ref() != Some(product));
        if is_new && let Some(name) = searchable.terminology.product_name(product) {
            options.push(ClarifyOption {
                label: name.to_owned(),
                knowledge: found.item.id.clone(),
                product: Some(product.clone()),
            });
        }
    }
    asked(ClarifyAbout::Product, options)
}

fn by_question(close: &[&Found]) -> Option<Clarification> {
    let mut intents = Vec::new();
    let mut options = Vec::new();
    for found in close {
        let Some(intent) = found.item.intent.as_ref() else {
            continue;
        };
        if !intents.contains(&intent) {
            intents.push(intent);
            options.push(ClarifyOption {
                label: found.item.title.clone(),
                knowledge: found.item.id.clone(),
                product: None,
            });
        }
    }
    asked(ClarifyAbout::Question, options)
}

fn asked(about: ClarifyAbout, mut options: Vec<ClarifyOption>) -> Option<Clarification> {
    options.truncate(MOST_OPTIONS);
    (options.len() > 1).then_some(Clarification { about, options })
}
