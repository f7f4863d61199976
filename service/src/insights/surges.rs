//! Questions that jump: asked by far more buyers in a day than the week before would let expect.

use std::collections::{HashMap, HashSet};

use jiff::Timestamp;

use super::answers::Answers;
use super::labels::Labels;
use super::quotable::Quotable;
use super::report::{Desk, InsightError};
use super::significance::{NowAndBefore, excess_p_value};
use super::tally::{count, most};
use crate::domain::ids::{ClusterId, ShopId};
use crate::listening::{Fact, Ledger, Name};

const DAY_MS: i64 = 24 * 3_600_000;

/// Days before that are taken for the usual.
pub const USUAL_DAYS: i64 = 7;

/// Days of these with questions, for anything to be usual.
pub const FEWEST_DAYS: usize = 3;

/// Buyers from whom on a question jumps that nobody asked on the days before,
/// however busy the day is: twenty times as busy a day makes so many of one
/// buyer a day, and one a day is not silent for a week but once in a thousand.
pub const UNHEARD_OF: u32 = 20;

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

impl Asked {
    fn add(&mut self, days_ago: i64, fact: &Fact) {
        if days_ago > 0 {
            self.before.insert((days_ago, fact.buyer));
            return;
        }
        self.today.insert(fact.buyer);
        if let Some(product) = fact.product {
            *self.products.entry(product).or_default() += 1;
        }
    }

    /// Distinct buyers of the last 24 hours, and of each of the days before.
    fn counts(&self) -> NowAndBefore {
        (count(&self.today), count(&self.before))
    }

    /// Distinct buyers of a usual day.
    fn usual(&self) -> f64 {
        f64::from(count(&self.before)) / USUAL_DAYS as f64
    }

    /// Whether it jumps: it is asked by twice the usual, and by more than as
    /// busy a day would make of that, or out of nothing.
    fn jumps(&self, all: NowAndBefore) -> bool {
        let (today, before) = self.counts();
        let is_unheard_of = before == 0 && today >= UNHEARD_OF;
        f64::from(today) > 2.0 * self.usual()
            && (is_unheard_of || excess_p_value((today, before), all) <= MOST_P_VALUE)
    }
}

/// Questions of a shop that jumped in the last 24 hours.
///
/// # Errors
/// When the shop cannot be read.
pub async fn of_shop(desk: Desk<'_>, shop: &ShopId) -> Result<Vec<Jump>, InsightError> {
    let searchable = desk.catalog.searchable(shop)?;
    let (_, policy) = desk.store.policy(shop).await?;
    let ledger = desk.listening.ledger(shop).await?;
    let answers = Answers::now(desk.store, shop, &ledger).await?;
    let now = desk.now;
    let work = move || {
        let labels = Labels::of(&searchable);
        let quotable = Quotable::of(&ledger, &answers);
        jumps(&ledger, (&labels, &quotable), policy.smallest_group, now)
    };
    desk.figures.count(work).await
}

/// Questions that jumped in the last 24 hours, those of most buyers first.
/// Under the null hypothesis a question's buyers came today in the share in
/// which all of the shop's did, those of questions that do not recur among
/// them: a busy day alone is no alarm. Groups smaller than `smallest_group` are
/// no alarm.
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
        all.add(days_ago, fact);
        if let Some(cluster) = ledger.cluster_of(fact) {
            asked.entry(cluster).or_default().add(days_ago, fact);
        }
    }
    let days: HashSet<i64> = all.before.iter().map(|(day, _)| *day).collect();
    if days.len() < FEWEST_DAYS {
        return Vec::new();
    }
    let all = all.counts();
    let mut jumps: Vec<Jump> = asked
        .into_iter()
        .filter(|(_, asked)| asked.counts().0 >= smallest_group && asked.jumps(all))
        .filter_map(|(id, asked)| {
            let cluster = ledger.cluster(id).filter(|cluster| !cluster.is_muted)?;
            Some(Jump {
                cluster: id,
                label: quotable.title(cluster, labels),
                product: most(&asked.products, |name| ledger.products.get(name))
                    .map(|name| labels.product(ledger.products.get(name))),
                buyers: asked.counts().0,
                usual: asked.usual(),
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
        let quotable = Quotable::of(&ledger, &Answers::default());
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
    fn a_question_out_of_nothing_is_told_of_on_a_busy_day_too() {
        let quiet = || (1..=7).map(|day| asked("发货", day, 4));
        // Sixty-four buyers on a day after four a day.
        let mut days: Vec<Asked> = quiet().collect();
        days.extend([asked("发货", 0, 39), asked("付款", 0, 25)]);
        assert_eq!(labels_of_jumps(&days), ["付款"]);
        // However busy.
        let mut days: Vec<Asked> = quiet().collect();
        days.extend([asked("发货", 0, 640), asked("付款", 0, 25)]);
        assert_eq!(labels_of_jumps(&days), ["付款"]);
        // Of a few that nobody asked before there are some on every busy day.
        let mut days: Vec<Asked> = quiet().collect();
        days.extend([asked("发货", 0, 39), asked("付款", 0, 6)]);
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
