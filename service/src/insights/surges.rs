//! Questions that jump: asked by far more buyers in a day than the week before would let expect.

use std::collections::{HashMap, HashSet};

use jiff::Timestamp;

use super::labels::Labels;
use super::quotable::Quotable;
use super::report::{Desk, InsightError};
use super::significance::binomial_p_value;
use super::tally::{count, most};
use crate::domain::ids::{ClusterId, ShopId};
use crate::listening::{Ledger, Name};

const DAY_MS: i64 = 24 * 3_600_000;

/// Days before that are taken for the usual.
const USUAL_DAYS: i64 = 7;

/// Days of these with questions, for anything to be usual.
const FEWEST_DAYS: usize = 3;

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

/// Questions of a shop that jumped in the last 24 hours.
///
/// # Errors
/// When the shop cannot be read.
pub async fn of_shop(desk: Desk<'_>, shop: &ShopId) -> Result<Vec<Jump>, InsightError> {
    let searchable = desk.catalog.searchable(shop)?;
    let (_, policy) = desk.store.policy(shop).await?;
    let ledger = desk.listening.ledger(shop).await?;
    let now = desk.now;
    let work = move || {
        let labels = Labels::of(&searchable);
        let quotable = Quotable::of(&ledger);
        jumps(&ledger, (&labels, &quotable), policy.smallest_group, now)
    };
    desk.figures.count(work).await
}

/// Questions that jumped in the last 24 hours, those of most buyers first.
/// Under the null hypothesis a question's buyers came today in the share in
/// which all of the shop's did: a busy day alone is no alarm. Groups smaller than `smallest_group` are no alarm.
pub(super) fn jumps(
    ledger: &Ledger,
    (labels, quotable): (&Labels<'_>, &Quotable),
    smallest_group: u32,
    now: Timestamp,
) -> Vec<Jump> {
    let mut asked: HashMap<ClusterId, Asked> = HashMap::new();
    let mut all = Asked::default();
    for fact in ledger.all() {
        let days_ago = (now.as_millisecond() - fact.at_ms).div_euclid(DAY_MS);
        if !(0..=USUAL_DAYS).contains(&days_ago) {
            continue;
        }
        let Some(cluster) = ledger.cluster_of(fact) else {
            continue;
        };
        let entry = asked.entry(cluster).or_default();
        if days_ago == 0 {
            all.today.insert(fact.buyer);
            entry.today.insert(fact.buyer);
            if let Some(product) = fact.product {
                *entry.products.entry(product).or_default() += 1;
            }
        } else {
            all.before.insert((days_ago, fact.buyer));
            entry.before.insert((days_ago, fact.buyer));
        }
    }
    let (today, before) = (count(&all.today), count(&all.before));
    let days: HashSet<i64> = all.before.iter().map(|(day, _)| *day).collect();
    if days.len() < FEWEST_DAYS {
        return Vec::new();
    }
    let share_of_today = f64::from(today) / f64::from((today + before).max(1));
    let mut jumps: Vec<Jump> = asked
        .into_iter()
        .filter_map(|(id, asked)| {
            let cluster = ledger.cluster(id).filter(|cluster| !cluster.is_muted)?;
            let (today, before) = (count(&asked.today), count(&asked.before));
            let usual = f64::from(before) / USUAL_DAYS as f64;
            let p_value = binomial_p_value(today, today + before, share_of_today);
            let is_jump = today >= smallest_group
                && f64::from(today) > 2.0 * usual
                && p_value <= MOST_P_VALUE;
            is_jump.then(|| Jump {
                cluster: id,
                label: quotable.title(cluster, labels),
                product: most(&asked.products)
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

#[cfg(test)]
mod tests {
    use super::super::samples::{Asked, NOW, ledger, with_labels};
    use super::*;

    fn labels_of_jumps(asked: &[Asked]) -> Vec<String> {
        let now = NOW.parse().expect("valid");
        let ledger = ledger(asked);
        let quotable = Quotable::of(&ledger);
        with_labels(|labels| jumps(&ledger, (labels, &quotable), 5, now))
            .into_iter()
            .map(|jump| jump.label)
            .collect()
    }

    fn asked(cluster: &'static str, days_ago: i64, buyers: u32) -> Asked {
        Asked {
            cluster,
            days_ago,
            buyers,
        }
    }

    /// A quiet week of two questions.
    fn week() -> Vec<Asked> {
        (1..=7)
            .flat_map(|day| [asked("发货", day, 20), asked("付款", day, 2)])
            .collect()
    }

    #[test]
    fn a_question_that_jumps_is_told_of() {
        let mut days = week();
        days.extend([asked("发货", 0, 21), asked("付款", 0, 25)]);
        assert_eq!(labels_of_jumps(&days), ["付款"]);
    }

    #[test]
    fn a_busy_day_alone_is_no_alarm() {
        let mut days = week();
        days.extend([asked("发货", 0, 200), asked("付款", 0, 20)]);
        assert!(labels_of_jumps(&days).is_empty());
    }

    #[test]
    fn on_the_first_days_nothing_is_usual_yet() {
        let first = [asked("付款", 0, 30)];
        assert!(labels_of_jumps(&first).is_empty());
        let second = [asked("付款", 1, 2), asked("付款", 0, 30)];
        assert!(labels_of_jumps(&second).is_empty());
    }
}
