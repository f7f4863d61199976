//! Counts of questions by cluster over the weeks up to one.

use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};
use std::hash::Hash;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::domain::ids::ClusterId;
use crate::domain::language::Urgency;
use crate::domain::taxonomy::Stage;
use crate::domain::week::Week;
use crate::listening::{Fact, Ledger, Name};

/// Weeks that a line shows, the one reported on last.
pub const WEEKS: usize = 8;

/// The first moments of weeks, to tell which one a time is in.
pub struct Calendar {
    starts_ms: [i64; WEEKS + 1],
}

impl Calendar {
    /// The eight weeks that end with `week`.
    pub fn until(week: Week, zone: &TimeZone) -> Self {
        let first = week.plus(1 - WEEKS as i64);
        Self {
            starts_ms: std::array::from_fn(|at| first.plus(at as i64).start(zone).as_millisecond()),
        }
    }

    /// Eight stretches of seven days, the last of which ends at `until`.
    pub fn rolling(until: Timestamp) -> Self {
        const WEEK_MS: i64 = 7 * 24 * 3_600_000;
        let end_ms = until.as_millisecond() + 1;
        Self {
            starts_ms: std::array::from_fn(|at| end_ms - (WEEKS - at) as i64 * WEEK_MS),
        }
    }

    /// The place of the week that holds a time, the last being [`WEEKS`] − 1;
    /// `None` where it is in none of them.
    pub fn place(&self, at_ms: i64) -> Option<usize> {
        let after = self.starts_ms.partition_point(|start| *start <= at_ms);
        (1..=WEEKS).contains(&after).then(|| after - 1)
    }

    /// The first moment of the last week.
    pub fn last_start_ms(&self) -> i64 {
        self.starts_ms[WEEKS - 1]
    }

    /// The first moment after the last week.
    pub fn end_ms(&self) -> i64 {
        self.starts_ms[WEEKS]
    }
}

/// What is counted of a cluster.
#[derive(Debug, Default)]
pub struct Tally {
    /// Questions of the last week.
    pub questions: u32,
    /// Distinct buyers in each week.
    pub buyers: [HashSet<Name>; WEEKS],
    /// Of the last week: questions that a human replied to.
    pub answered: u32,
    /// Of the last week: urgent questions.
    pub urgent: u32,
    /// Of the last week: distinct buyers by product.
    pub products: HashMap<Name, HashSet<Name>>,
    /// Over all weeks: distinct buyers by product.
    pub products_of_all: HashMap<Name, HashSet<Name>>,
    /// Over all weeks: questions by intent.
    pub intents: HashMap<Name, u32>,
    /// Over all weeks: questions by channel.
    pub channels: HashMap<Name, u32>,
    /// Over all weeks: questions by stage.
    pub stages: HashMap<Stage, u32>,
    /// Over all weeks: distinct buyers by wording.
    pub wordings: HashMap<u32, HashSet<Name>>,
    /// When it was first asked at all, in milliseconds.
    pub first_ms: i64,
}

impl Tally {
    /// Distinct buyers of the last week.
    pub fn buyers_now(&self) -> u32 {
        count(&self.buyers[WEEKS - 1])
    }

    /// Distinct buyers of the week before.
    pub fn buyers_before(&self) -> u32 {
        count(&self.buyers[WEEKS - 2])
    }

    /// Distinct buyers of all weeks.
    pub fn buyers_of_all(&self) -> u32 {
        let all: HashSet<Name> = self.buyers.iter().flatten().copied().collect();
        count(&all)
    }

    fn add(&mut self, fact: &Fact, place: usize) {
        self.buyers[place].insert(fact.buyer);
        if let Some(intent) = fact.intent {
            *self.intents.entry(intent).or_default() += 1;
        }
        if let Some(product) = fact.product {
            let buyers = self.products_of_all.entry(product).or_default();
            buyers.insert(fact.buyer);
        }
        if let Some(channel) = fact.channel {
            *self.channels.entry(channel).or_default() += 1;
        }
        if let Some(stage) = fact.stage {
            *self.stages.entry(stage).or_default() += 1;
        }
        let buyers = self.wordings.entry(fact.wording).or_default();
        buyers.insert(fact.buyer);
        if place != WEEKS - 1 {
            return;
        }
        self.questions += 1;
        self.answered += u32::from(fact.reply_ms.is_some());
        self.urgent += u32::from(fact.urgency == Urgency::High);
        if let Some(product) = fact.product {
            let buyers = self.products.entry(product).or_default();
            buyers.insert(fact.buyer);
        }
    }
}

/// Counts every cluster that was asked in the weeks of `calendar`.
pub fn tally(ledger: &Ledger, calendar: &Calendar) -> HashMap<ClusterId, Tally> {
    let mut tallies: HashMap<ClusterId, Tally> = HashMap::new();
    for fact in ledger.all() {
        if fact.at_ms >= calendar.end_ms() {
            continue;
        }
        let Some(cluster) = ledger.cluster_of(fact) else {
            continue;
        };
        let tally = tallies.entry(cluster).or_insert_with(|| Tally {
            first_ms: i64::MAX,
            ..Tally::default()
        });
        tally.first_ms = tally.first_ms.min(fact.at_ms);
        if let Some(place) = calendar.place(fact.at_ms) {
            tally.add(fact, place);
        }
    }
    tallies
}

/// The number of elements.
pub fn count<T>(set: &HashSet<T>) -> u32 {
    u32::try_from(set.len()).unwrap_or(u32::MAX)
}

/// What is counted most; of two the one that reads lesser, so that it is the same
/// in every run: places of names differ from start to start.
pub fn most<T: Copy + Eq + Hash, K: Ord>(
    counts: &HashMap<T, u32>,
    reads: impl Fn(T) -> K,
) -> Option<T> {
    let best = counts
        .iter()
        .max_by_key(|(name, count)| (**count, Reverse(reads(**name))));
    best.map(|(name, _)| *name)
}

/// `part` of `whole`, from 0 to 1; 0 of nothing.
pub fn share(part: u32, whole: u32) -> f64 {
    if whole == 0 {
        0.0
    } else {
        f64::from(part) / f64::from(whole)
    }
}

/// Distinct buyers of the last two weeks of a calendar.
pub fn buyers_of_last_two(ledger: &Ledger, calendar: &Calendar) -> (u32, u32) {
    let mut weeks = [HashSet::new(), HashSet::new()];
    for fact in ledger.all() {
        match calendar.place(fact.at_ms) {
            Some(place) if place + 1 == WEEKS => weeks[0].insert(fact.buyer),
            Some(place) if place + 2 == WEEKS => weeks[1].insert(fact.buyer),
            _ => continue,
        };
    }
    (count(&weeks[0]), count(&weeks[1]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_names_counted_as_often_the_lesser_is_first_wherever_it_is() {
        for names in [["b", "a", "c"], ["a", "b", "c"]] {
            let counts = HashMap::from([(0, 3), (1, 3), (2, 1)]);
            let found = most(&counts, |place: usize| names[place]);
            assert_eq!(found.map(|place| names[place]), Some("a"));
        }
    }
}
