//! The consumer profile: what a group of buyers asks, against the shop.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use super::figures::rounded_up;
use super::labels::Labels;
use super::quotable::Quotable;
use super::report::{Desk, InsightError};
use super::stamp::{Inputs, Stamp};
use super::tags::tags_of;
use super::tally::{count, share};
use crate::catalog::Searchable;
use crate::domain::ids::{ClusterId, ShopId};
use crate::domain::language::Urgency;
use crate::domain::suggestion::Pseudonym;
use crate::domain::taxonomy::Stage;
use crate::listening::{Fact, Ledger, Name};
use crate::store::Period;

const MOST_LINES: usize = 20;
const MOST_WORDS: usize = 20;

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
    /// Their questions by intent.
    pub intents: Vec<ProfileShare>,
    /// Their questions by stage.
    pub stages: Vec<ProfileShare>,
    /// Their questions by channel.
    pub channels: Vec<ProfileShare>,
    /// The share of their questions that were urgent.
    pub urgent_share: f64,
    /// Words that set apart what they ask, most first.
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
    /// The same in as long a time before; absent where they were too few to be shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub previous_buyers: Option<u32>,
    /// Their share of the group.
    pub share: f64,
    /// The share of all the shop's buyers who asked it.
    pub shop_share: f64,
    /// The one by the other: above 1 it is asked more by this group.
    pub lift: f64,
}

/// A part of a group's questions.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct ProfileShare {
    /// The stable id.
    pub id: String,
    /// What people call it.
    pub label: String,
    /// Distinct buyers.
    pub buyers: u32,
    /// The share of the group's questions.
    pub share: f64,
}

/// What is counted, owned: it travels to another thread.
struct Material {
    searchable: Searchable,
    smallest_group: u32,
    tagged: Vec<Pseudonym>,
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
        let (stamp, material) = gather(desk, shop, group.clone()).await?;
        if let Some(found) = shelf.find(&group, &stamp, desk.freshness) {
            return Ok(found);
        }
        match turn {
            None => turn = Some(shelf.turn().await),
            Some(turn) => {
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
        smallest_group: policy.smallest_group,
        tagged,
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
    make(
        ledger,
        &labels,
        group.period,
        material.smallest_group,
        &is_in,
    )
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

#[derive(Default)]
struct Counts {
    questions: u32,
    urgent: u32,
    buyers: HashSet<Name>,
    clusters: HashMap<ClusterId, HashSet<Name>>,
    intents: BTreeMap<String, (u32, HashSet<Name>)>,
    stages: BTreeMap<Stage, (u32, HashSet<Name>)>,
    channels: BTreeMap<String, (u32, HashSet<Name>)>,
}

fn counts(ledger: &Ledger, period: Period, is_in: &dyn Fn(&Fact) -> bool) -> Counts {
    let mut counts = Counts::default();
    for fact in ledger.questions(period).filter(|fact| is_in(fact)) {
        counts.questions += 1;
        counts.urgent += u32::from(fact.urgency == Urgency::High);
        counts.buyers.insert(fact.buyer);
        if let Some(cluster) = ledger.cluster_of(fact) {
            counts
                .clusters
                .entry(cluster)
                .or_default()
                .insert(fact.buyer);
        }
        if let Some(intent) = fact.intent {
            let id = ledger.intents.get(intent).to_owned();
            add(counts.intents.entry(id).or_default(), fact);
        }
        if let Some(stage) = fact.stage {
            add(counts.stages.entry(stage).or_default(), fact);
        }
        if let Some(channel) = fact.channel {
            let id = ledger.channels.get(channel).to_owned();
            add(counts.channels.entry(id).or_default(), fact);
        }
    }
    counts
}

fn add(entry: &mut (u32, HashSet<Name>), fact: &Fact) {
    entry.0 += 1;
    entry.1.insert(fact.buyer);
}

fn make(
    ledger: &Ledger,
    labels: &Labels<'_>,
    period: Period,
    smallest_group: u32,
    is_in: &dyn Fn(&Fact) -> bool,
) -> Profile {
    let group = counts(ledger, period, is_in);
    let shop = counts(ledger, period, &|_| true);
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
    let before = counts(ledger, earlier(period), is_in);
    let quotable = Quotable::of(ledger);
    profile.buyers = buyers;
    profile.questions = group.questions;
    profile.urgent_share = share(group.urgent, group.questions);
    let parts = |counts: &BTreeMap<String, (u32, HashSet<Name>)>,
                 label: &dyn Fn(&str) -> String| {
        let mut parts: Vec<ProfileShare> = counts
            .iter()
            .filter(|(_, (_, buyers))| count(buyers) >= smallest_group)
            .map(|(id, (questions, buyers))| ProfileShare {
                id: id.clone(),
                label: label(id),
                buyers: count(buyers),
                share: share(*questions, group.questions),
            })
            .collect();
        parts.sort_by(|left, right| right.share.total_cmp(&left.share));
        parts
    };
    profile.intents = parts(&group.intents, &|id| labels.intent(id));
    profile.channels = parts(&group.channels, &ToOwned::to_owned);
    let stages = group.stages.iter();
    let stages: BTreeMap<String, (u32, HashSet<Name>)> = stages
        .map(|(stage, counts)| (stage.as_str().to_owned(), counts.clone()))
        .collect();
    profile.stages = parts(&stages, &|id| labels.stage(id));
    let mut words: HashMap<&str, u32> = HashMap::new();
    for (id, askers) in &group.clusters {
        let Some(cluster) = ledger.cluster(*id) else {
            continue;
        };
        if cluster.is_muted || count(askers) < smallest_group {
            continue;
        }
        let part = share(count(askers), buyers);
        let of_shop = shop.clusters.get(id).map_or(0, count);
        let shop_share = share(of_shop, profile.shop_buyers);
        profile.asks.push(ProfileLine {
            cluster: id.to_string(),
            label: quotable.title(cluster, labels),
            buyers: count(askers),
            previous_buyers: before
                .clusters
                .get(id)
                .map(count)
                .filter(|buyers| *buyers >= smallest_group),
            share: part,
            shop_share,
            lift: if shop_share > 0.0 {
                part / shop_share
            } else {
                0.0
            },
        });
        for phrase in &cluster.key_phrases {
            *words.entry(phrase).or_default() += count(askers);
        }
    }
    profile.asks.sort_by(|left, right| {
        let by_buyers = right.buyers.cmp(&left.buyers);
        by_buyers.then_with(|| left.cluster.cmp(&right.cluster))
    });
    profile.asks.truncate(MOST_LINES);
    let mut words: Vec<(&str, u32)> = words.into_iter().collect();
    words.sort_by(|left, right| right.1.cmp(&left.1).then(left.0.cmp(right.0)));
    let words = words.into_iter().take(MOST_WORDS);
    profile.words = words.map(|(word, _)| word.to_owned()).collect();
    profile
}

/// As long a time before.
fn earlier(period: Period) -> Period {
    let length = period.until.duration_since(period.from);
    Period {
        from: period.from.checked_sub(length).unwrap_or(Timestamp::MIN),
        until: period.from,
    }
}
