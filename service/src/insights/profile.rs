//! The consumer profile: what a group of buyers asks, against the shop.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use super::answers::Answers;
use super::counts::{Counts, counts};
use super::figures::rounded_up;
use super::labels::Labels;
use super::own_words::own_words;
use super::quotable::Quotable;
use super::report::{Desk, InsightError};
use super::significance::{NowAndBefore, change_p_value, direction, discovery_threshold};
use super::stamp::{Inputs, Stamp};
use super::tags::tags_of;
use super::tally::{count, share};
use crate::catalog::Searchable;
use crate::domain::ids::{ClusterId, ShopId};
use crate::domain::insights::Trend;
use crate::domain::policy::ListeningPolicy;
use crate::domain::shown::Shown;
use crate::domain::suggestion::Pseudonym;
use crate::listening::{Fact, Ledger, Name};
use crate::store::Period;

const MOST_LINES: usize = 20;

/// Which buyers, and when.
#[derive(Debug, Clone, PartialEq)]
pub struct Group {
    /// The time.
    pub period: Period,
    /// Who asked about one of these products; any where empty.
    pub products: Vec<String>,
    /// Who has this tag, given by the shop, live or modelled.
    pub tag: Option<String>,
}

/// What a group of buyers asks.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Profile {
    /// Whether the group is too small to be shown: then only this is said.
    pub is_too_small: bool,
    /// Groups of fewer buyers are not shown.
    pub smallest_group: u32,
    /// Distinct buyers of the group.
    pub buyers: u32,
    /// Their questions.
    pub questions: u32,
    /// Distinct buyers of the shop in that time.
    pub shop_buyers: u32,
    /// What they ask, by buyers, most first; nothing that fewer buyers than
    /// the smallest group asked.
    pub asks: Vec<ProfileLine>,
    /// The buyers by the intents that they asked with; one who asked with
    /// several is in each.
    pub intents: Vec<ProfileShare>,
    /// The buyers by stage, likewise.
    pub stages: Vec<ProfileShare>,
    /// The buyers by channel, likewise.
    pub channels: Vec<ProfileShare>,
    /// The share of their questions that were urgent.
    pub urgent_share: f64,
    /// Words that set apart how they ask, out of their own wordings, by the
    /// buyers who used them, most first.
    pub words: Vec<String>,
}

/// A recurring question of a group.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct ProfileLine {
    /// The cluster.
    pub cluster: String,
    /// How it reads.
    pub label: String,
    /// Distinct buyers of the group who asked it.
    pub buyers: u32,
    /// The same in as long a time before; null where these were a few.
    #[schema(value_type = Option<u32>)]
    pub previous_buyers: Shown,
    /// How its share of the group moves against that time; null where the group
    /// asked nothing then.
    pub trend: Option<Trend>,
    /// The probability of so large a change by chance (two-sided exact
    /// binomial); absent where it is new, and where there is no trend.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub p_value: Option<f64>,
    /// Their share of the group's buyers.
    pub share: f64,
    /// The share of all the shop's buyers who asked it.
    pub shop_share: f64,
    /// The one by the other: above 1 it is asked more by this group.
    pub lift: f64,
}

/// Those of a group's buyers who asked so.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct ProfileShare {
    /// The stable id.
    pub id: String,
    /// What people call it.
    pub label: String,
    /// Distinct buyers.
    pub buyers: u32,
    /// Their share of the group's buyers. The shares of a list add up to more
    /// than 1 where some asked in several ways.
    pub share: f64,
}

/// What is counted, owned: it travels to another thread.
struct Material {
    searchable: Searchable,
    policy: ListeningPolicy,
    tagged: Vec<Pseudonym>,
    answers: Answers,
    ledger: Arc<Ledger>,
    group: Group,
}

/// The profile of a group. Its time is taken up to the next five minutes, so
/// that profiles of the last days that are asked for one after the other are one.
///
/// # Errors
/// When the shop cannot be read, or too much is being counted already.
pub async fn profile(
    desk: Desk<'_>,
    shop: &ShopId,
    group: Group,
) -> Result<Arc<Profile>, InsightError> {
    let length = group.period.until.duration_since(group.period.from);
    let until = rounded_up(group.period.until);
    let from = until.checked_sub(length).unwrap_or(Timestamp::MIN);
    let group = Group {
        period: Period { from, until },
        ..group
    };
    let figures = desk.figures.of(shop);
    let shelf = &figures.profiles;
    let mut turn = None;
    loop {
        let (stamp, mut material) = gather(desk, shop, group.clone()).await?;
        if let Some(found) = shelf.find(&group, &stamp, desk.freshness) {
            return Ok(found);
        }
        match turn {
            None => turn = Some(shelf.turn().await),
            Some(turn) => {
                material.answers = Answers::now(desk.store, shop, &material.ledger).await?;
                let work = move || count_group(&material);
                return shelf.fill(desk.figures, turn, (group, stamp), work).await;
            }
        }
    }
}

async fn gather(
    desk: Desk<'_>,
    shop: &ShopId,
    group: Group,
) -> Result<(Stamp, Material), InsightError> {
    let searchable = desk.catalog.searchable(shop)?;
    let (version, policy) = desk.store.policy(shop).await?;
    let tagged = match &group.tag {
        Some(tag) => desk.store.tagged(shop, tag).await?,
        None => Vec::new(),
    };
    let ledger = desk.listening.ledger(shop).await?;
    let inputs = Inputs {
        tagged: tagged.clone(),
        ..Inputs::default()
    };
    let until = group.period.until;
    let stamp = Stamp::new(&ledger, &searchable, (version, until), inputs);
    let material = Material {
        searchable,
        policy,
        tagged,
        answers: Answers::default(),
        ledger,
        group,
    };
    Ok((stamp, material))
}

fn count_group(material: &Material) -> Profile {
    let (ledger, group) = (material.ledger.as_ref(), &material.group);
    let labels = Labels::of(&material.searchable);
    let segment = group.tag.as_deref().map(|tag| {
        let tagged = &material.tagged;
        segment(ledger, tag, tagged, group.period.until)
    });
    let products: HashSet<Name> = group
        .products
        .iter()
        .filter_map(|product| ledger.products.find(product))
        .collect();
    let is_in = |fact: &Fact| {
        let product = fact.product;
        let is_about =
            group.products.is_empty() || product.is_some_and(|product| products.contains(&product));
        is_about
            && segment
                .as_ref()
                .is_none_or(|buyers| buyers.contains(&fact.buyer))
    };
    let view = View {
        ledger,
        labels: &labels,
        answers: &material.answers,
        policy: &material.policy,
        period: group.period,
    };
    view.profile(&is_in)
}

/// The buyers of a tag: those the shop named, and those it is true of.
fn segment(ledger: &Ledger, tag: &str, tagged: &[Pseudonym], now: Timestamp) -> HashSet<Name> {
    let mut buyers: HashSet<Name> = tagged
        .iter()
        .filter_map(|consumer| ledger.buyers.find(&consumer.0))
        .collect();
    let tags = tags_of(ledger, now);
    let holds = tags
        .into_iter()
        .filter(|(_, tags)| tags.iter().any(|held| held.tag == tag));
    buyers.extend(holds.map(|(buyer, _)| buyer));
    buyers
}

/// What a profile is seen by.
struct View<'a> {
    ledger: &'a Ledger,
    labels: &'a Labels<'a>,
    answers: &'a Answers,
    policy: &'a ListeningPolicy,
    period: Period,
}

/// What a group asked, and what it is compared with.
struct Compared {
    group: Counts,
    /// The group in as long a time before.
    before: Counts,
    shop: Counts,
    /// What the group asked at any time before.
    known: HashSet<ClusterId>,
}

impl View<'_> {
    fn profile(&self, is_in: &dyn Fn(&Fact) -> bool) -> Profile {
        let (ledger, smallest_group) = (self.ledger, self.policy.smallest_group);
        let group = counts(ledger, self.period, is_in);
        let shop = counts(ledger, self.period, &|_| true);
        let buyers = count(&group.buyers);
        let mut profile = Profile {
            is_too_small: buyers < smallest_group,
            smallest_group,
            buyers: 0,
            questions: 0,
            shop_buyers: count(&shop.buyers),
            asks: Vec::new(),
            intents: Vec::new(),
            stages: Vec::new(),
            channels: Vec::new(),
            urgent_share: 0.0,
            words: Vec::new(),
        };
        if profile.is_too_small {
            return profile;
        }
        profile.buyers = buyers;
        profile.questions = group.questions;
        profile.urgent_share = share(group.urgent, group.questions);
        profile.intents = self.parts(&group, &group.intents, &|id| self.labels.intent(id));
        profile.channels = self.parts(&group, &group.channels, &|id| self.labels.channel(id));
        let stages = group.stages.iter();
        let stages: BTreeMap<String, HashSet<Name>> = stages
            .map(|(stage, buyers)| (stage.as_str().to_owned(), buyers.clone()))
            .collect();
        profile.stages = self.parts(&group, &stages, &|id| self.labels.stage(id));
        let from_ms = self.period.from.as_millisecond();
        let earlier_facts = ledger
            .all()
            .filter(|fact| fact.at_ms < from_ms && is_in(fact));
        let compared = Compared {
            before: counts(ledger, earlier(self.period), is_in),
            known: earlier_facts
                .filter_map(|fact| ledger.cluster_of(fact))
                .collect(),
            group,
            shop,
        };
        let lines = self.lines(&compared);
        let asked: Vec<ClusterId> = lines.iter().map(|(cluster, _)| *cluster).collect();
        profile.asks = lines.into_iter().map(|(_, line)| line).collect();
        let wordings = [&compared.group.wordings, &compared.shop.wordings];
        profile.words = own_words(ledger, wordings, &asked, smallest_group);
        profile
    }

    fn parts(
        &self,
        group: &Counts,
        parts: &BTreeMap<String, HashSet<Name>>,
        label: &dyn Fn(&str) -> String,
    ) -> Vec<ProfileShare> {
        let mut parts: Vec<ProfileShare> = parts
            .iter()
            .filter(|(_, buyers)| count(buyers) >= self.policy.smallest_group)
            .map(|(id, buyers)| ProfileShare {
                id: id.clone(),
                label: label(id),
                buyers: count(buyers),
                share: share(count(buyers), count(&group.buyers)),
            })
            .collect();
        parts.sort_by(|left, right| right.share.total_cmp(&left.share));
        parts
    }

    /// What enough of the group ask, by buyers, most first.
    fn lines(&self, compared: &Compared) -> Vec<(ClusterId, ProfileLine)> {
        let quotable = Quotable::of(self.ledger, self.answers);
        let mut lines: Vec<(ClusterId, ProfileLine)> = Vec::new();
        for (id, askers) in &compared.group.clusters {
            let askers = count(askers);
            let cluster = self.ledger.cluster(*id);
            let is_shown = askers >= self.policy.smallest_group;
            if let Some(cluster) = cluster.filter(|cluster| is_shown && !cluster.is_muted) {
                let title = quotable.title(cluster, self.labels);
                lines.push((*id, self.line(compared, (*id, title), askers)));
            }
        }
        let p_values: Vec<f64> = lines.iter().filter_map(|(_, line)| line.p_value).collect();
        let rate = self.policy.false_discovery_rate;
        let threshold = discovery_threshold(&p_values, rate).unwrap_or(-1.0);
        for (_, line) in &mut lines {
            // As they were found: the direction of those that may be chance is none.
            if line.p_value.is_some_and(|p_value| p_value > threshold) {
                line.trend = Some(Trend::Steady);
            }
        }
        lines.sort_by(|(_, left), (_, right)| {
            let by_buyers = right.buyers.cmp(&left.buyers);
            by_buyers.then_with(|| left.cluster.cmp(&right.cluster))
        });
        lines.truncate(MOST_LINES);
        lines
    }

    /// A question's line, its trend as if its change were no chance.
    fn line(
        &self,
        compared: &Compared,
        (id, label): (ClusterId, String),
        askers: u32,
    ) -> ProfileLine {
        let Compared {
            group,
            before,
            shop,
            known,
        } = compared;
        let of = |counts: &Counts| counts.clusters.get(&id).map_or(0, count);
        let asked: NowAndBefore = (askers, of(before));
        let all: NowAndBefore = (count(&group.buyers), count(&before.buyers));
        let part = share(askers, all.0);
        let shop_share = share(of(shop), count(&shop.buyers));
        let is_new = !known.contains(&id);
        let is_compared = !before.buyers.is_empty();
        ProfileLine {
            cluster: id.to_string(),
            label,
            buyers: askers,
            previous_buyers: Shown::from(asked.1).hidden_below(self.policy.smallest_group),
            trend: is_compared.then(|| match is_new {
                true => Trend::New,
                false => direction(asked, all),
            }),
            p_value: (is_compared && !is_new).then(|| change_p_value(asked, all)),
            share: part,
            shop_share,
            lift: if shop_share > 0.0 {
                part / shop_share
            } else {
                0.0
            },
        }
    }
}

/// As long a time before.
fn earlier(period: Period) -> Period {
    let length = period.until.duration_since(period.from);
    Period {
        from: period.from.checked_sub(length).unwrap_or(Timestamp::MIN),
        until: period.from,
    }
}

#[cfg(test)]
mod tests {
    use jiff::ToSpan;

    use super::super::samples::{Asked, NOW, ledger, with_labels};
    use super::*;

    fn profile_of(asked: &[Asked], days: i64) -> Profile {
        let ledger = ledger(asked);
        let until: Timestamp = NOW.parse().expect("valid");
        let period = Period {
            from: until - (24 * days).hours(),
            until,
        };
        with_labels(|labels| {
            let view = View {
                ledger: &ledger,
                labels,
                answers: &Answers::default(),
                policy: &ListeningPolicy::default(),
                period,
            };
            view.profile(&|_| true)
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
    fn tells_what_moves_from_chance_and_shows_no_few() {
        let profile = profile_of(
            &[
                asked("稳", 40, 200),
                asked("稳", 10, 210),
                asked("升", 40, 10),
                asked("升", 10, 90),
                asked("少", 40, 3),
                asked("少", 10, 6),
                asked("新", 10, 30),
                asked("几", 10, 4),
            ],
            28,
        );
        let found: Vec<(&str, Option<Trend>, Shown)> = profile
            .asks
            .iter()
            .map(|line| (line.label.as_str(), line.trend, line.previous_buyers))
            .collect();
        assert_eq!(
            found,
            [
                ("稳", Some(Trend::Fading), Shown::Exactly(200)),
                ("升", Some(Trend::Rising), Shown::Exactly(10)),
                ("新", Some(Trend::New), Shown::Exactly(0)),
                ("少", Some(Trend::Steady), Shown::Under(5)),
            ]
        );
        assert_eq!(profile.asks[2].p_value, None);
        assert!(
            profile.asks[1]
                .p_value
                .is_some_and(|p_value| p_value < 0.01)
        );
        assert!(profile_of(&[asked("几", 10, 4)], 28).is_too_small);
    }

    #[test]
    fn nothing_moves_where_nothing_was_asked_before() {
        let found = |asked: &[Asked]| -> Vec<(Option<Trend>, bool)> {
            let lines = profile_of(asked, 28).asks;
            let figures = lines.iter();
            figures
                .map(|line| (line.trend, line.p_value.is_some()))
                .collect()
        };
        assert_eq!(found(&[asked("新", 10, 30)]), [(None, false)]);
        // Longer ago than as long a time before.
        let old = [asked("旧", 80, 30), asked("旧", 10, 30)];
        assert_eq!(found(&old), [(None, false)]);
        let one = [asked("别的", 40, 1), asked("新", 10, 30)];
        assert_eq!(found(&one), [(Some(Trend::New), false)]);
    }
}
