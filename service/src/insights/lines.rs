//! A recurring question as a line of a report: its figures, its trend, what may be quoted of it.

use std::collections::HashMap;

use super::answers::{Answers, Waiting};
use super::labels::Labels;
use super::quotable::{Quotable, reads_as};
use super::significance::{change_p_value, direction, discovery_threshold};
use super::tally::{Tally, count, most, share};
use crate::domain::ids::ClusterId;
use crate::domain::insights::{Count, QuestionLine, Trend};
use crate::domain::listening::Cluster;
use crate::domain::policy::SMALLEST_GROUP;
use crate::domain::taxonomy::{Intent, Stage};
use crate::listening::Ledger;
use crate::store::AnswerUse;

const MOST_PRODUCTS: usize = 5;
const MOST_WORDS: usize = 3;

/// Buyers who wrote the same words, for these to be quoted.
const FEWEST_OF_A_WORDING: usize = 2;

/// What lines are made of.
pub struct Lines<'a> {
    /// The shop's questions.
    pub ledger: &'a Ledger,
    /// Which labels others than supervisors may read.
    pub quotable: &'a Quotable,
    /// Names of intents and products.
    pub labels: &'a Labels<'a>,
    /// Clusters that fewer buyers asked are left out, and not quoted.
    pub smallest_group: u32,
    /// The share of false alarms that is allowed.
    pub false_discovery_rate: f64,
    /// How answers of the week were taken.
    pub uses: &'a [AnswerUse],
    /// The items that answer questions.
    pub answers: &'a Answers,
    /// What waits for approval.
    pub waiting: &'a Waiting,
    /// Distinct buyers of the week and of the one before.
    pub buyers: (u32, u32),
    /// The week's first moment.
    pub week_start_ms: i64,
}

/// A line with what sections are told by.
pub struct QuestionFigures {
    /// The line.
    pub line: QuestionLine,
    /// The cluster.
    pub cluster: ClusterId,
    /// Whether people want it left out.
    pub is_muted: bool,
    /// When it is usually asked.
    pub stage: Option<Stage>,
    /// Distinct buyers of all weeks.
    pub buyers_of_all: u32,
    /// When it was first asked at all, in milliseconds.
    pub first_ms: i64,
    /// The product that it is about, where nearly all ask it of one.
    pub main_product: Option<String>,
}

impl QuestionFigures {
    /// Whether its answer belongs to `domain`.
    pub fn is_of(&self, domain: &str) -> bool {
        self.line.domain.as_deref() == Some(domain)
    }
}

impl Lines<'_> {
    /// The lines of clusters that may be shown, by buyers, most first. Those
    /// that fewer buyers than the smallest group asked in all weeks are left
    /// out: their label would quote a few.
    pub fn figures(&self, tallies: &HashMap<ClusterId, Tally>) -> Vec<QuestionFigures> {
        let shown: Vec<(&Cluster, &Tally, f64)> = tallies
            .iter()
            .filter_map(|(id, tally)| {
                let cluster = self.ledger.cluster(*id)?;
                let is_shown = tally.buyers_of_all() >= self.smallest_group;
                is_shown.then(|| (cluster, tally, self.p_value(tally)))
            })
            .collect();
        // Only what can be called rising or fading is tested for it.
        let p_values: Vec<f64> = shown
            .iter()
            .filter(|(cluster, tally, _)| {
                let is_asked = tally.buyers_now() + tally.buyers_before() > 0;
                is_asked && !cluster.is_muted && self.is_tested(tally)
            })
            .map(|(_, _, p_value)| *p_value)
            .collect();
        let rate = self.false_discovery_rate;
        let threshold = discovery_threshold(&p_values, rate).unwrap_or(-1.0);
        let acceptance = self.acceptance();
        let mut figures: Vec<QuestionFigures> = shown
            .into_iter()
            .map(|(cluster, tally, p_value)| QuestionFigures {
                line: QuestionLine {
                    trend: self.trend(tally, p_value <= threshold),
                    p_value: self.is_tested(tally).then_some(p_value),
                    acceptance: acceptance.get(&cluster.id).copied(),
                    ..self.line(cluster, tally)
                },
                cluster: cluster.id,
                is_muted: cluster.is_muted,
                stage: most(&tally.stages, |stage| stage),
                buyers_of_all: tally.buyers_of_all(),
                first_ms: tally.first_ms,
                main_product: self.main_product(tally),
            })
            .collect();
        figures.sort_by(|left, right| {
            let asked = |figures: &QuestionFigures| {
                let line = &figures.line;
                (line.buyers.at_least(), line.questions.at_least())
            };
            asked(right)
                .cmp(&asked(left))
                .then_with(|| left.line.cluster.cmp(&right.line.cluster))
        });
        figures
    }

    fn p_value(&self, tally: &Tally) -> f64 {
        change_p_value((tally.buyers_now(), tally.buyers_before()), self.buyers)
    }

    fn is_new(&self, tally: &Tally) -> bool {
        tally.first_ms >= self.week_start_ms
    }

    /// Whether anything was asked the week before: without it, there is nothing
    /// that a question could be new or more than.
    fn is_compared(&self) -> bool {
        self.buyers.1 > 0
    }

    /// Whether it is told from chance which way it moves.
    fn is_tested(&self, tally: &Tally) -> bool {
        self.is_compared() && !self.is_new(tally)
    }

    fn trend(&self, tally: &Tally, is_significant: bool) -> Option<Trend> {
        self.is_compared().then(|| {
            if self.is_new(tally) {
                return Trend::New;
            }
            if !is_significant {
                return Trend::Steady;
            }
            direction((tally.buyers_now(), tally.buyers_before()), self.buyers)
        })
    }

    fn line(&self, cluster: &Cluster, tally: &Tally) -> QuestionLine {
        let intents = &self.ledger.intents;
        let intent = most(&tally.intents, |name| intents.get(name)).map(|name| intents.get(name));
        let domain = intent
            .and_then(|id| Intent::parse(id).ok())
            .and_then(|intent| intent.domain());
        let label = self.label(cluster);
        let answer = self.answers.of(cluster);
        let waiting = self.waiting.get(&cluster.id).filter(|_| answer.is_none());
        QuestionLine {
            cluster: cluster.id.to_string(),
            key_phrases: cluster.key_phrases.clone(),
            intent: intent.map(ToOwned::to_owned),
            intent_label: intent.map(|id| self.labels.intent(id)),
            domain: domain.map(|domain| domain.as_str().to_owned()),
            products: self.products(tally),
            questions: tally.questions.into(),
            buyers: tally.buyers_now().into(),
            previous_buyers: tally.buyers_before().into(),
            trend: None,
            p_value: None,
            buyers_by_week: tally.buyers.iter().map(|week| count(week).into()).collect(),
            answered_share: share(tally.answered, tally.questions),
            acceptance: None,
            urgent_share: share(tally.urgent, tally.questions),
            answered_by: answer.map(|answer| answer.knowledge.clone()),
            proposals: waiting.copied().unwrap_or(0),
            words: self.words(&label, tally),
            label,
        }
    }

    /// How the question reads: to supervisors as it was asked, to others as it
    /// may be quoted.
    fn label(&self, cluster: &Cluster) -> String {
        if self.smallest_group <= 1 {
            cluster.title().to_owned()
        } else {
            self.quotable.title(cluster, self.labels)
        }
    }

    /// The product of four in five buyers of all weeks, those without one
    /// counted against it; a handful of buyers tell nothing.
    fn main_product(&self, tally: &Tally) -> Option<String> {
        let all = tally.buyers_of_all();
        let (name, buyers) = tally
            .products_of_all
            .iter()
            .map(|(name, buyers)| (*name, count(buyers)))
            .max_by_key(|(name, buyers)| (*buyers, std::cmp::Reverse(*name)))?;
        let is_nearly_all = all >= SMALLEST_GROUP && buyers * 5 >= all * 4;
        is_nearly_all.then(|| self.ledger.products.get(name).to_owned())
    }

    fn products(&self, tally: &Tally) -> Vec<Count> {
        let mut products: Vec<Count> = tally
            .products
            .iter()
            .map(|(name, buyers)| {
                let id = self.ledger.products.get(*name).to_owned();
                Count {
                    label: self.labels.product(&id),
                    id,
                    buyers: count(buyers),
                }
            })
            .collect();
        products.retain(|product| product.buyers >= self.smallest_group);
        products.sort_by(|left, right| {
            right
                .buyers
                .cmp(&left.buyers)
                .then_with(|| left.id.cmp(&right.id))
        });
        products.truncate(MOST_PRODUCTS);
        products
    }

    /// Buyers' own words, the most common first, where enough buyers asked; no
    /// words that only one of them wrote, and none that the label repeats.
    fn words(&self, label: &str, tally: &Tally) -> Vec<String> {
        if tally.buyers_now() < self.smallest_group {
            return Vec::new();
        }
        let mut wordings: Vec<(u32, &str)> = tally
            .wordings
            .iter()
            .filter_map(|(place, buyers)| {
                let wording = self.ledger.wordings().get(*place as usize)?;
                Some((count(buyers), wording.text.as_ref()))
            })
            .filter(|(buyers, text)| {
                *buyers as usize >= FEWEST_OF_A_WORDING && !reads_as(text, label)
            })
            .collect();
        wordings.sort_by(|left, right| right.0.cmp(&left.0).then(left.1.cmp(right.1)));
        let texts = wordings.into_iter().take(MOST_WORDS);
        texts.map(|(_, text)| text.to_owned()).collect()
    }

    /// The share of displayed answers that were used, by cluster.
    fn acceptance(&self) -> HashMap<ClusterId, f64> {
        let mut uses: HashMap<ClusterId, (u32, u32)> = HashMap::new();
        for answer in self.uses {
            let wording = self.ledger.wording_of(answer.wording);
            if let Some(cluster) = wording.and_then(|wording| wording.cluster) {
                let entry = uses.entry(cluster).or_default();
                entry.0 += answer.displayed;
                entry.1 += answer.used;
            }
        }
        uses.into_iter()
            .filter(|(_, (displayed, _))| *displayed > 0)
            .map(|(cluster, (displayed, used))| (cluster, share(used.min(displayed), displayed)))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples::{Asked, NOW, changes, ledger, with_labels};
    use super::super::tally::{Calendar, buyers_of_last_two, tally};
    use super::*;
    use crate::domain::shown::Shown;

    fn lines(asked: &[Asked], smallest_group: u32) -> Vec<QuestionLine> {
        lines_of(&ledger(asked), smallest_group)
    }

    fn lines_of(ledger: &Ledger, smallest_group: u32) -> Vec<QuestionLine> {
        let calendar = Calendar::rolling(NOW.parse().expect("valid"));
        let answers = Answers::default();
        let quotable = Quotable::of(ledger, &answers);
        with_labels(|labels| {
            let lines = Lines {
                ledger,
                quotable: &quotable,
                labels,
                smallest_group,
                false_discovery_rate: 0.1,
                uses: &[],
                answers: &answers,
                waiting: &Waiting::new(),
                buyers: buyers_of_last_two(ledger, &calendar),
                week_start_ms: calendar.last_start_ms(),
            };
            let figures = lines.figures(&tally(ledger, &calendar));
            figures.into_iter().map(|figures| figures.line).collect()
        })
    }

    fn asked(cluster: &'static str, days_ago: i64, buyers: u32) -> Asked {
        Asked {
            cluster,
            days_ago,
            buyers,
        }
    }

    #[test]
    fn tells_trends_from_chance_by_shares() {
        let found = lines(
            &[
                // The shop grew: a count that rose may be a share that fell.
                asked("稳", 10, 300),
                asked("稳", 3, 620),
                asked("降", 10, 100),
                asked("降", 3, 120),
                asked("升", 10, 20),
                asked("升", 3, 100),
                asked("新", 3, 30),
                asked("少", 10, 1),
                asked("少", 3, 4),
            ],
            5,
        );
        let trends: Vec<(&str, Option<Trend>)> = found
            .iter()
            .map(|line| (line.label.as_str(), line.trend))
            .collect();
        assert_eq!(
            trends,
            [
                ("稳", Some(Trend::Steady)),
                ("降", Some(Trend::Fading)),
                ("升", Some(Trend::Rising)),
                ("新", Some(Trend::New)),
                ("少", Some(Trend::Steady)),
            ]
        );
        let weeks = [0, 0, 0, 0, 0, 0, 20, 100].map(Shown::Exactly);
        assert_eq!(found[2].buyers_by_week, weeks);
        assert_eq!(found[3].p_value, None);
    }

    #[test]
    fn nothing_moves_where_nothing_was_asked_the_week_before() {
        let of = |asked: &[Asked]| {
            let found = lines(asked, 5);
            found.first().map(|line| (line.trend, line.p_value))
        };
        assert_eq!(of(&[asked("新", 3, 30)]), Some((None, None)));
        let after_a_break = [asked("旧", 20, 30), asked("旧", 3, 30)];
        assert_eq!(of(&after_a_break), Some((None, None)));
        // One question is something to compare with.
        let one = [asked("别的", 10, 1), asked("新", 3, 30)];
        assert_eq!(of(&one), Some((Some(Trend::New), None)));
    }

    #[test]
    fn quotes_what_several_wrote_and_the_label_does_not_say() {
        let mut asked = changes(&[
            asked("密封圈", 3, 5),
            asked("密封圈哪里买", 3, 3),
            asked("密封圈坏了", 3, 1),
        ]);
        let cluster = asked.clusters[0].id;
        for wording in &mut asked.wordings {
            wording.cluster = Some(cluster);
        }
        let mut ledger = Ledger::default();
        ledger.apply(asked);
        let found = lines_of(&ledger, 5);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].label, "密封圈");
        assert_eq!(found[0].words, ["密封圈哪里买"]);
    }

    #[test]
    fn shows_no_group_that_is_too_small_and_quotes_nobody_alone() {
        let found = lines(&[asked("多", 3, 5), asked("少", 3, 4)], 5);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].label, "多");
        let found = lines(&[asked("独", 3, 1)], 1);
        assert_eq!(found[0].label, "独");
        let ledger = ledger(&[asked("独", 3, 1), asked("众", 3, 2)]);
        let quotable = Quotable::of(&ledger, &Answers::default());
        let mut titles: Vec<String> = with_labels(|labels| {
            ledger
                .clusters()
                .map(|cluster| quotable.title(cluster, labels))
                .collect()
        });
        titles.sort();
        assert_eq!(titles, ["众", "（未命名的问题）"]);
    }
}
