//! What products are called, as far as their items show it.

use std::collections::{HashMap, HashSet};

use crate::domain::ids::ProductId;
use crate::domain::knowledge::KnowledgeItem;

use super::reading::Reading;

/// Fewer items do not show what a product is called.
const FEWEST_ITEMS: usize = 3;
/// A word that so many of a product's items have in their questions is its name.
const SHARE: f64 = 0.3;

/// The features that are names: what many items of one product have in their questions.
pub(super) fn names(items: &[&KnowledgeItem], readings: &[Reading]) -> HashSet<u64> {
    let mut of_product: HashMap<&ProductId, Vec<&Reading>> = HashMap::new();
    for (item, reading) in items.iter().zip(readings) {
        for product in &item.content.products {
            of_product.entry(product).or_default().push(reading);
        }
    }
    let mut names = HashSet::new();
    for readings in of_product.into_values() {
        let mut counts: HashMap<u64, usize> = HashMap::new();
        for reading in &readings {
            let features: HashSet<u64> = reading
                .subjects
                .iter()
                .flat_map(|subject| subject.rest.keys())
                .collect();
            for feature in features {
                *counts.entry(feature).or_default() += 1;
            }
        }
        let fewest = FEWEST_ITEMS.max((readings.len() as f64 * SHARE).ceil() as usize);
        let common = counts.into_iter().filter(|&(_, count)| count >= fewest);
        names.extend(common.map(|(feature, _)| feature));
    }
    names
}
