//! Questions that jump: asked by far more buyers in a day than the week before would let expect.

use std::collections::{HashMap, HashSet};

use jiff::Timestamp;

use super::labels::Labels;
use super::significance::binomial_p_value;
use super::tally::count;
use crate::domain::ids::ClusterId;
use crate::listening::{Ledger, Name};

const DAY_MS: i64 = 24 * 3_600_000;

/// Days before that are taken for the usual.
const USUAL_DAYS: i64 = 7;

/// Looked at every ten minutes over hundreds of questions, a jump has to be
/// this improbable by chance to be called one.
const MOST_P_VALUE: f64 = 1e-4;

/// A question that jumps.
#[derive(Debug, Clone, PartialEq)]
pub struct Jump {
    /// The question.
    pub cluster: ClusterId,
    /// How it reads.
    pub label: String,
    /// The product it is asked about most.
    pub product: Option<String>,
    /// Distinct buyers of the last 24 hours.
    pub buyers: u32,
    /// Distinct buyers of a usual day.
    pub usual: f64,
    /// Whether an approved item answers it.
    pub is_answered: bool,
}

#[derive(Default)]
struct Asked {
    today: HashSet<Name>,
    before: HashSet<(i64, Name)>,
    products: HashMap<Name, u32>,
}

/// Questions that jumped in the last 24 hours, those of most buyers first.
/// Under the null hypothesis each of a question's buyers of eight days came
/// today with one in eight; groups smaller than `smallest_group` are no alarm.
pub fn jumps(
    ledger: &Ledger,
    labels: &Labels<'_>,
    smallest_group: u32,
    now: Timestamp,
) -> Vec<Jump> {
    let mut asked: HashMap<ClusterId, Asked> = HashMap::new();
    for fact in ledger.all() {
        let days_ago = (now.as_millisecond() - fact.at_ms).div_euclid(DAY_MS);
        let Some(cluster) = ledger.cluster_of(fact) else {
            continue;
        };
        if !(0..=USUAL_DAYS).contains(&days_ago) {
            continue;
        }
        let entry = asked.entry(cluster).or_default();
        if days_ago == 0 {
            entry.today.insert(fact.buyer);
            if let Some(product) = fact.product {
                *entry.products.entry(product).or_default() += 1;
            }
        } else {
            entry.before.insert((days_ago, fact.buyer));
        }
    }
    let mut jumps: Vec<Jump> = asked
        .into_iter()
        .filter_map(|(id, asked)| {
            let cluster = ledger.cluster(id).filter(|cluster| !cluster.is_muted)?;
            let (today, before) = (count(&asked.today), count(&asked.before));
            let usual = f64::from(before) / USUAL_DAYS as f64;
            let p_value = binomial_p_value(today, today + before, 1.0 / 8.0);
            let is_jump = today >= smallest_group
                && f64::from(today) > 2.0 * usual
                && p_value <= MOST_P_VALUE;
            is_jump.then(|| Jump {
                cluster: id,
                label: cluster.title().to_owned(),
                product: super::tally::most(&asked.products)
                    .map(|name| labels.product(ledger.products.get(name))),
                buyers: today,
                usual,
                is_answered: cluster.answered_by.is_some(),
            })
        })
        .collect();
    jumps.sort_by(|left, right| {
        let by_buyers = right.buyers.cmp(&left.buyers);
        by_buyers.then_with(|| left.cluster.cmp(&right.cluster))
    });
    jumps
}
