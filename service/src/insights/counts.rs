//! What a group of buyers asked in a period, counted in one pass.

use std::collections::{BTreeMap, HashMap, HashSet};

use crate::domain::ids::ClusterId;
use crate::domain::language::Urgency;
use crate::domain::taxonomy::Stage;
use crate::listening::{Fact, Ledger, Name};
use crate::store::Period;

/// What buyers asked, by what it was about.
#[derive(Default)]
pub struct Counts {
    /// Questions.
    pub questions: u32,
    /// Urgent ones of these.
    pub urgent: u32,
    /// Distinct buyers.
    pub buyers: HashSet<Name>,
    /// Distinct buyers by wording.
    pub wordings: HashMap<u32, HashSet<Name>>,
    /// Distinct buyers by cluster.
    pub clusters: HashMap<ClusterId, HashSet<Name>>,
    /// Distinct buyers by intent.
    pub intents: BTreeMap<String, HashSet<Name>>,
    /// Distinct buyers by stage.
    pub stages: BTreeMap<Stage, HashSet<Name>>,
    /// Distinct buyers by channel.
    pub channels: BTreeMap<String, HashSet<Name>>,
}

/// Counts the questions of a period that `is_in` lets through.
pub fn counts(ledger: &Ledger, period: Period, is_in: &dyn Fn(&Fact) -> bool) -> Counts {
    let mut counts = Counts::default();
    for fact in ledger.questions(period).filter(|fact| is_in(fact)) {
        counts.questions += 1;
        counts.urgent += u32::from(fact.urgency == Urgency::High);
        counts.buyers.insert(fact.buyer);
        let askers = counts.wordings.entry(fact.wording).or_default();
        askers.insert(fact.buyer);
        if let Some(cluster) = ledger.cluster_of(fact) {
            counts
                .clusters
                .entry(cluster)
                .or_default()
                .insert(fact.buyer);
        }
        if let Some(intent) = fact.intent {
            let id = ledger.intents.get(intent).to_owned();
            counts.intents.entry(id).or_default().insert(fact.buyer);
        }
        if let Some(stage) = fact.stage {
            counts.stages.entry(stage).or_default().insert(fact.buyer);
        }
        if let Some(channel) = fact.channel {
            let id = ledger.channels.get(channel).to_owned();
            counts.channels.entry(id).or_default().insert(fact.buyer);
        }
    }
    counts
}
