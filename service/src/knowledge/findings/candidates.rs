//! Which items are worth comparing, without comparing all with all.
//!
//! Items meet where their questions share something rare (a word, a pair of
//! features, or everything) or their answers a clause, whatever its figures. What many items share brings nobody together, but
//! what many share and few have for one product does.

use crate::domain::knowledge::KnowledgeItem;

use super::duplicates::Wording;
use super::reading::Reading;
use super::topic::{Topic, hash};

/// What more items than this share says too little about each.
const MOST_SHARING: usize = 48;
/// Features of a question from which pairs are made.
const MOST_PAIRED: usize = 8;
/// Clauses with less content than this are said of many things.
const LEAST_TELLING: u32 = 5;
/// Items of more products than this are taken for items of any product.
const MOST_PRODUCTS: usize = 4;

/// Places of items that may have to do with each other, each pair once, the lower place first.
pub(super) fn candidates(
    items: &[&KnowledgeItem],
    readings: &[Reading],
    wordings: &[Vec<Wording>],
) -> Vec<(usize, usize)> {
    let mut keys: Vec<(u64, u32)> = Vec::new();
    let mut own = Vec::new();
    for (place, ((item, reading), wordings)) in
        (0u32..).zip(items.iter().zip(readings).zip(wordings))
    {
        own.clear();
        for subject in &reading.subjects {
            push_keys(subject, &mut own);
        }
        let statements = reading.statements.iter().map(|said| &said.topic.features);
        let telling = statements.filter(|features| features.weight() >= LEAST_TELLING);
        own.extend(telling.map(|features| hash(&("said", features))));
        own.extend(wordings.iter().map(|wording| hash(&wording.key)));
        own.sort_unstable();
        own.dedup();
        let products = &item.content.products;
        keys.extend(own.iter().map(|&key| (key, place)));
        if products.len() <= MOST_PRODUCTS {
            for product in products {
                let product = hash(product);
                keys.extend(own.iter().map(|key| (hash(&(key, product)), place)));
            }
        }
    }
    keys.sort_unstable();
    keys.dedup();
    let mut pairs = Vec::new();
    for bucket in keys.chunk_by(|one, other| one.0 == other.0) {
        if bucket.len() > MOST_SHARING {
            continue;
        }
        for (at, &(_, one)) in bucket.iter().enumerate() {
            pairs.extend(
                bucket[at + 1..]
                    .iter()
                    .map(|&(_, other)| (one as usize, other as usize)),
            );
        }
    }
    pairs.sort_unstable();
    pairs.dedup();
    pairs
}

fn push_keys(subject: &Topic, keys: &mut Vec<u64>) {
    let features: Vec<u64> = subject.features.keys().collect();
    keys.extend(&features);
    keys.push(hash(&("all", &features)));
    keys.push(hash(&("concepts", subject.concepts)));
    let paired = &features[..features.len().min(MOST_PAIRED)];
    for (at, one) in paired.iter().enumerate() {
        keys.extend(paired[at + 1..].iter().map(|other| hash(&(one, other))));
    }
}
