//! The week's questions by what they are about: the groups that may be shown,
//! and the others together.

use std::collections::{BTreeMap, HashSet};

use super::tally::count;
use crate::domain::fault::Locale;
use crate::domain::insights::{Rest, Share};
use crate::domain::shown::Shown;
use crate::listening::{Fact, Ledger, Name};
use crate::store::Period;

/// Parts of a list, without the rest.
const MOST_SHARES: usize = 20;

/// What lists of parts are made of.
pub struct Shares<'a> {
    /// The shop's questions.
    pub ledger: &'a Ledger,
    /// The week and the one before.
    pub periods: [Period; 2],
    /// Groups of fewer buyers have no part of their own.
    pub smallest_group: u32,
    /// The shop's language.
    pub locale: Locale,
}

/// What was asked about one thing.
#[derive(Default)]
struct Group {
    questions: u32,
    buyers: HashSet<Name>,
}

type Groups = BTreeMap<String, Group>;

impl Shares<'_> {
    /// The parts that `key` makes, most asked first, then the rest. What has no
    /// key is in none. None at all where all together have too few buyers.
    pub fn by(
        &self,
        key: &dyn Fn(&Fact) -> Option<String>,
        label: &dyn Fn(&str) -> String,
    ) -> Vec<Share> {
        let [now, before] = self.periods.map(|period| self.groups(period, key));
        let mut shares: Vec<Share> = now
            .iter()
            .filter(|(_, group)| count(&group.buyers) >= self.smallest_group)
            .map(|(id, group)| Share {
                id: id.clone(),
                label: label(id),
                questions: group.questions,
                buyers: count(&group.buyers),
                previous_questions: self.told(before.get(id)),
                rest: None,
            })
            .collect();
        shares.sort_by_key(|share| std::cmp::Reverse(share.questions));
        shares.truncate(MOST_SHARES);
        if self.is_few(&joined(&left_of(&now, &shares))) {
            // With the others listed, so few would follow from the total.
            shares.pop();
        }
        let rest = self.rest([&now, &before], &shares);
        shares.extend(rest);
        shares
    }

    fn groups(&self, period: Period, key: &dyn Fn(&Fact) -> Option<String>) -> Groups {
        let mut groups = Groups::new();
        for fact in self.ledger.questions(period) {
            if let Some(key) = key(fact) {
                let group = groups.entry(key).or_default();
                group.questions += 1;
                group.buyers.insert(fact.buyer);
            }
        }
        groups
    }

    /// Whether a group has buyers, but too few to be shown.
    fn is_few(&self, group: &Group) -> bool {
        (1..self.smallest_group).contains(&count(&group.buyers))
    }

    /// How often a group asked: of a few buyers, who may ask a lot, only that
    /// they are few.
    fn told(&self, group: Option<&Group>) -> Shown {
        match group {
            Some(group) if self.is_few(group) => Shown::Under(self.smallest_group),
            Some(group) => group.questions.into(),
            None => Shown::Exactly(0),
        }
    }

    /// The groups that are not among `shares`, as one part; none where they have
    /// too few buyers together.
    fn rest(&self, [now, before]: [&Groups; 2], shares: &[Share]) -> Option<Share> {
        let left = left_of(now, shares);
        let now = joined(&left);
        let buyers = count(&now.buyers);
        if buyers < self.smallest_group {
            return None;
        }
        let before = joined(&left_of(before, shares));
        let is_small = |group: &&Group| count(&group.buyers) < self.smallest_group;
        let rest = Rest {
            groups: u32::try_from(left.len()).unwrap_or(u32::MAX),
            under: left.iter().all(is_small).then_some(self.smallest_group),
        };
        Some(Share {
            id: String::new(),
            label: rest.label(self.locale),
            questions: now.questions,
            buyers,
            previous_questions: self.told(Some(&before)),
            rest: Some(rest),
        })
    }
}

/// The groups that are not among `shares`.
fn left_of<'a>(groups: &'a Groups, shares: &[Share]) -> Vec<&'a Group> {
    let is_shown = |id: &String| shares.iter().any(|share| share.id == *id);
    let left = groups.iter().filter(|(id, _)| !is_shown(id));
    left.map(|(_, group)| group).collect()
}

/// Groups as one.
fn joined(groups: &[&Group]) -> Group {
    let mut joined = Group::default();
    for group in groups {
        joined.questions += group.questions;
        joined.buyers.extend(&group.buyers);
    }
    joined
}

#[cfg(test)]
mod tests {
    use jiff::ToSpan;

    use super::super::samples::{Asked, NOW, changes, ledger};
    use super::*;
    use crate::domain::suggestion::Pseudonym;

    /// Questions and buyers of each part of what was asked, by cluster.
    fn shares(asked: &[Asked]) -> Vec<(String, u32, u32, Shown)> {
        shares_of(&ledger(asked))
    }

    fn shares_of(ledger: &Ledger) -> Vec<(String, u32, u32, Shown)> {
        let now: jiff::Timestamp = NOW.parse().expect("valid");
        let days = |from: i64, until: i64| Period {
            from: now - (24 * from).hours(),
            until: now - (24 * until).hours(),
        };
        let shares = Shares {
            ledger,
            periods: [days(7, 0), days(14, 7)],
            smallest_group: 5,
            locale: Locale::Chinese,
        };
        let key = |fact: &Fact| {
            let cluster = ledger.cluster(ledger.cluster_of(fact)?)?;
            Some(cluster.title().to_owned())
        };
        let parts = shares.by(&key, &ToOwned::to_owned);
        parts
            .into_iter()
            .map(|part| {
                (
                    part.label,
                    part.questions,
                    part.buyers,
                    part.previous_questions,
                )
            })
            .collect()
    }

    fn asked(cluster: &'static str, days_ago: i64, buyers: u32) -> Asked {
        Asked {
            cluster,
            days_ago,
            buyers,
        }
    }

    fn part(label: &str, count: u32, before: Shown) -> (String, u32, u32, Shown) {
        (label.to_owned(), count, count, before)
    }

    #[test]
    fn small_groups_are_one_part_where_they_are_many_enough_together() {
        let large = asked("大", 2, 9);
        assert_eq!(
            shares(&[large, asked("小", 2, 3), asked("少", 2, 2)]),
            [
                part("大", 9, Shown::Exactly(0)),
                part("其余（每项少于 5 位）", 5, Shown::Exactly(0)),
            ]
        );
    }

    #[test]
    fn a_few_buyers_do_not_follow_from_the_total() {
        let together = [part("其余", 13, Shown::Exactly(0))];
        assert_eq!(shares(&[asked("大", 2, 9), asked("小", 2, 4)]), together);
        let few = [asked("大", 2, 9), asked("小", 2, 2), asked("少", 2, 2)];
        assert_eq!(shares(&few), together);
        let several = [asked("大", 2, 9), asked("中", 2, 6), asked("小", 2, 2)];
        assert_eq!(
            shares(&several),
            [
                part("大", 9, Shown::Exactly(0)),
                part("其余", 8, Shown::Exactly(0)),
            ]
        );
        assert_eq!(shares(&[asked("小", 2, 4)]), []);
    }

    #[test]
    fn few_buyers_of_the_week_before_stay_few_however_much_they_asked() {
        for (buyers, expected) in [(1, Shown::Under(5)), (5, Shown::Exactly(8))] {
            let mut changes = changes(&[asked("大", 9, 8), asked("大", 2, 9)]);
            for (at, question) in changes.questions.iter_mut().take(8).enumerate() {
                question.consumer = Some(Pseudonym(format!("常客{}", at % buyers)));
            }
            let mut ledger = Ledger::default();
            ledger.apply(changes);
            assert_eq!(shares_of(&ledger), [part("大", 9, expected)]);
        }
    }

    #[test]
    fn the_rest_of_the_week_before_is_of_as_many_or_a_few() {
        let now = [asked("小", 2, 3), asked("少", 2, 3)];
        let label = "其余（每项少于 5 位）";
        for (before, expected) in [(4, Shown::Under(5)), (6, Shown::Exactly(6))] {
            let mut all = Vec::from(now.each_ref().map(|now| asked(now.cluster, 2, now.buyers)));
            all.push(asked("旧", 9, before));
            assert_eq!(shares(&all), [part(label, 6, expected)]);
        }
    }

    #[test]
    fn a_long_list_is_cut_and_the_rest_says_so() {
        const NAMES: [&str; 21] = [
            "a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l", "m", "n", "o", "p", "q",
            "r", "s", "t", "u",
        ];
        let shares = shares(&NAMES.map(|name| asked(name, 2, 5)));
        assert_eq!(shares.len(), MOST_SHARES + 1);
        let last = shares
            .last()
            .map(|(label, questions, _, _)| (label.as_str(), *questions));
        assert_eq!(last, Some(("其余", 5)));
    }
}
