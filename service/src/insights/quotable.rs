//! Which labels may leave a supervisor's desk: a sentence that one buyer alone
//! wrote is a quotation of that buyer.

use std::collections::{HashMap, HashSet};

use super::labels::Labels;
use crate::domain::ids::ClusterId;
use crate::domain::listening::Cluster;
use crate::listening::{Ledger, Name, WordingEntry};

/// The clusters whose label several buyers wrote.
#[derive(Debug, Default)]
pub struct Quotable(HashSet<ClusterId>);

impl Quotable {
    /// Of a ledger, in one pass over its questions.
    pub fn of(ledger: &Ledger) -> Self {
        let mut labels: HashMap<u32, ClusterId> = HashMap::new();
        for (place, wording) in (0..).zip(ledger.wordings()) {
            let cluster = wording.cluster.and_then(|id| ledger.cluster(id));
            if let Some(cluster) = cluster
                && is_said_by(cluster, wording)
            {
                labels.insert(place, cluster.id);
            }
        }
        let mut first: HashMap<ClusterId, Name> = HashMap::new();
        let mut quotable = HashSet::new();
        for fact in ledger.all() {
            if let Some(cluster) = labels.get(&fact.wording)
                && *first.entry(*cluster).or_insert(fact.buyer) != fact.buyer
            {
                quotable.insert(*cluster);
            }
        }
        Self(quotable)
    }

    /// What to call a cluster outside of the supervisor's desk: its name or
    /// label, or the phrases that set it apart where one buyer alone wrote
    /// that; `None` where there are none.
    pub fn words(&self, cluster: &Cluster) -> Option<String> {
        if cluster.name.is_some() || self.0.contains(&cluster.id) {
            return Some(cluster.title().to_owned());
        }
        let phrases = &cluster.key_phrases;
        (!phrases.is_empty()).then(|| phrases.join(" · "))
    }

    /// The same, with what the shop's language has for a cluster without words.
    pub fn title(&self, cluster: &Cluster, labels: &Labels<'_>) -> String {
        self.words(cluster)
            .unwrap_or_else(|| labels.unnamed().to_owned())
    }
}

/// Whether a label is a wording, but for the marks at its end.
fn is_said_by(cluster: &Cluster, wording: &WordingEntry) -> bool {
    let label = cluster.label.as_str();
    !label.is_empty() && wording.text.starts_with(label) && {
        let rest = &wording.text[label.len()..];
        !rest.chars().any(char::is_alphanumeric)
    }
}
