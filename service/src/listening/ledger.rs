//! A shop's questions in memory, as figures are made of them: some hundreds of
//! bytes a question, in the store's order of changes.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use jiff::Timestamp;

use crate::domain::ids::ClusterId;
use crate::domain::language::Urgency;
use crate::domain::listening::{Cluster, Outcome, QuestionId, WordingKey};
use crate::domain::taxonomy::{Intent, Stage};
use crate::store::{ListeningChanges, Period, QuestionFacts};

/// A place in one of the ledger's lists of names.
pub type Name = u32;

/// A question, with names by their places.
#[derive(Debug, Clone, PartialEq)]
pub struct Fact {
    /// When it was asked, in milliseconds.
    pub at_ms: i64,
    /// Its place among the wordings.
    pub wording: u32,
    /// Who asked: the consumer, or the thread where that is not known.
    pub buyer: Name,
    /// Where it was asked.
    pub thread: Name,
    /// About which product.
    pub product: Option<Name>,
    /// On which channel.
    pub channel: Option<Name>,
    /// What it asks.
    pub intent: Option<Name>,
    /// When in the life of an order.
    pub stage: Option<Stage>,
    /// How urgent it is.
    pub urgency: Urgency,
    /// Milliseconds to the first human reply.
    pub reply_ms: Option<i64>,
    /// Who gave it, where that is known.
    pub agent: Option<Name>,
    /// What became of it.
    pub outcome: Outcome,
    is_gone: bool,
}

/// A wording, and where it is.
#[derive(Debug, Clone, PartialEq)]
pub struct WordingEntry {
    /// Its key.
    pub key: WordingKey,
    /// As first written, masked.
    pub text: Arc<str>,
    /// Its cluster; `None` while it is alone.
    pub cluster: Option<ClusterId>,
    /// Whether people put it there.
    pub is_pinned: bool,
}

/// Names, each once.
#[derive(Debug, Clone, Default)]
pub struct Names {
    places: HashMap<Arc<str>, Name>,
    names: Vec<Arc<str>>,
}

impl Names {
    /// The name at a place.
    pub fn get(&self, name: Name) -> &str {
        self.names
            .get(name as usize)
            .map_or("", |name| name.as_ref())
    }

    /// The place of a name; `None` where it is not there.
    pub fn find(&self, name: &str) -> Option<Name> {
        self.places.get(name).copied()
    }

    fn place(&mut self, name: &str) -> Name {
        if let Some(place) = self.places.get(name) {
            return *place;
        }
        let place = Name::try_from(self.names.len()).unwrap_or(Name::MAX);
        let name: Arc<str> = name.into();
        self.names.push(Arc::clone(&name));
        self.places.insert(name, place);
        place
    }
}

/// A shop's questions.
#[derive(Debug, Clone, Default)]
pub struct Ledger {
    /// How far it has come.
    pub revision: u64,
    /// How far it had come when what belongs together last changed: a cluster,
    /// or the place of a wording that was known before. A question that comes
    /// in changes neither.
    pub arrangement: u64,
    /// How far it had come when a question of a day last changed, by the days
    /// since 1970 in UTC.
    changed_days: BTreeMap<i64, u64>,
    facts: Vec<Fact>,
    places: HashMap<QuestionId, u32>,
    wordings: Vec<WordingEntry>,
    wording_places: HashMap<WordingKey, u32>,
    clusters: HashMap<ClusterId, Cluster>,
    /// Buyers and threads.
    pub buyers: Names,
    /// Products.
    pub products: Names,
    /// Channels.
    pub channels: Names,
    /// Intents.
    pub intents: Names,
    /// Agents.
    pub agents: Names,
}

const DAY_MS: i64 = 24 * 3_600_000;

impl Ledger {
    /// Takes changes in, in the store's order.
    pub fn apply(&mut self, changes: ListeningChanges) {
        let mut is_arranged_anew = !changes.clusters.is_empty();
        for wording in changes.wordings {
            let entry = WordingEntry {
                key: wording.key,
                text: wording.text.as_str().into(),
                cluster: wording.cluster,
                is_pinned: wording.is_pinned,
            };
            let place = self.wording_place(wording.key);
            let known = &mut self.wordings[place as usize];
            // A question may come before its wording, which is without text until then.
            is_arranged_anew |= !known.text.is_empty() && *known != entry;
            *known = entry;
        }
        for question in changes.questions {
            self.put(question, changes.revision);
        }
        for cluster in changes.clusters {
            self.clusters.insert(cluster.id, cluster);
        }
        self.revision = changes.revision;
        if is_arranged_anew {
            self.arrangement = changes.revision;
        }
    }

    /// How far it had come when a question of a period, or of the days around
    /// it, last changed: as long as this stays, so does what was asked then.
    pub fn changed_in(&self, period: Period) -> u64 {
        let (from, until) = (day_of(period.from), day_of(period.until));
        let days = self.changed_days.range(from..=until);
        days.map(|(_, revision)| *revision).max().unwrap_or(0)
    }

    /// Questions that stand, in a period.
    pub fn questions(&self, period: Period) -> impl Iterator<Item = &Fact> {
        let range = period.from.as_millisecond()..period.until.as_millisecond();
        self.all().filter(move |fact| range.contains(&fact.at_ms))
    }

    /// Every question that stands.
    pub fn all(&self) -> impl Iterator<Item = &Fact> {
        self.facts.iter().filter(|fact| !fact.is_gone)
    }

    /// A question's wording.
    pub fn wording(&self, fact: &Fact) -> Option<&WordingEntry> {
        self.wordings.get(fact.wording as usize)
    }

    /// A question's cluster.
    pub fn cluster_of(&self, fact: &Fact) -> Option<ClusterId> {
        self.wording(fact)?.cluster
    }

    /// Every wording, by place.
    pub fn wordings(&self) -> &[WordingEntry] {
        &self.wordings
    }

    /// The wording of a key.
    pub fn wording_of(&self, key: WordingKey) -> Option<&WordingEntry> {
        let place = self.wording_places.get(&key)?;
        self.wordings.get(*place as usize)
    }

    /// How often each wording was asked, by place.
    pub fn wording_counts(&self) -> Vec<u32> {
        let mut counts = vec![0; self.wordings.len()];
        for fact in self.all() {
            if let Some(count) = counts.get_mut(fact.wording as usize) {
                *count += 1;
            }
        }
        counts
    }

    /// The intent that each wording was most often read as, by place.
    pub fn wording_intents(&self) -> Vec<Option<&str>> {
        let mut counts: Vec<HashMap<Name, u32>> = vec![HashMap::new(); self.wordings.len()];
        for fact in self.all() {
            if let (Some(intent), Some(counts)) =
                (fact.intent, counts.get_mut(fact.wording as usize))
            {
                *counts.entry(intent).or_default() += 1;
            }
        }
        counts
            .into_iter()
            .map(|counts| {
                let most = counts
                    .into_iter()
                    .max_by_key(|(name, count)| (*count, std::cmp::Reverse(*name)));
                most.map(|(name, _)| self.intents.get(name))
            })
            .collect()
    }

    /// A cluster, retired or not.
    pub fn cluster(&self, id: ClusterId) -> Option<&Cluster> {
        self.clusters.get(&id)
    }

    /// Clusters that something is in, in no order.
    pub fn clusters(&self) -> impl Iterator<Item = &Cluster> {
        self.clusters
            .values()
            .filter(|cluster| cluster.retired_at.is_none())
    }

    fn wording_place(&mut self, key: WordingKey) -> u32 {
        if let Some(place) = self.wording_places.get(&key) {
            return *place;
        }
        let place = u32::try_from(self.wordings.len()).unwrap_or(u32::MAX);
        self.wordings.push(WordingEntry {
            key,
            text: "".into(),
            cluster: None,
            is_pinned: false,
        });
        self.wording_places.insert(key, place);
        place
    }

    fn put(&mut self, question: QuestionFacts, revision: u64) {
        let at_ms = question.at.as_millisecond();
        let thread = self.buyers.place(question.thread.as_str());
        let consumer = question.consumer.as_ref();
        let intent = question.classified.intent.as_ref();
        let fact = Fact {
            at_ms,
            wording: self.wording_place(question.wording),
            buyer: consumer.map_or(thread, |consumer| self.buyers.place(&consumer.0)),
            thread,
            product: question
                .product
                .as_ref()
                .map(|product| self.products.place(product.as_str())),
            channel: question
                .channel
                .as_ref()
                .map(|channel| self.channels.place(channel.as_str())),
            intent: intent.map(|(intent, _)| self.intents.place(Intent::as_str(intent))),
            stage: question.classified.stage,
            urgency: question.classified.urgency,
            reply_ms: question.replied_at.map(|at| at.as_millisecond() - at_ms),
            agent: question
                .agent
                .as_ref()
                .map(|agent| self.agents.place(agent.as_str())),
            outcome: question.outcome,
            is_gone: question.is_gone,
        };
        self.changed_days.insert(day_of(question.at), revision);
        match self.places.get(&question.id) {
            Some(place) => {
                let before = std::mem::replace(&mut self.facts[*place as usize], fact);
                self.changed_days
                    .insert(before.at_ms.div_euclid(DAY_MS), revision);
            }
            None => {
                let place = u32::try_from(self.facts.len()).unwrap_or(u32::MAX);
                self.places.insert(question.id, place);
                self.facts.push(fact);
            }
        }
    }
}

/// Days since 1970, in UTC.
fn day_of(at: Timestamp) -> i64 {
    at.as_millisecond().div_euclid(DAY_MS)
}
