//! What answers recurring questions: items as they stood at a time, and answers
//! of agents that wait for approval.

use std::collections::{BTreeSet, HashMap, HashSet};

use jiff::Timestamp;

use crate::domain::ids::{ClusterId, KnowledgeId, ShopId};
use crate::domain::knowledge::{KnowledgeItem, Status};
use crate::domain::listening::{AnsweredBy, Cluster};
use crate::domain::queue::{Candidate, CandidateState};
use crate::listening::Ledger;
use crate::store::{Store, StoreResult};

/// Mined answers of each state that are looked through for those that waited.
const MOST_CANDIDATES: u32 = 1_000;

/// How many answers of agents wait for approval, by question.
pub type Waiting = HashMap<ClusterId, u32>;

/// The items that answer recurring questions, as they stood at a time.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Answers {
    titles: HashMap<String, String>,
    /// Items that were in no effect then.
    absent: HashSet<String>,
}

impl Answers {
    /// As they stand: what the last clustering found to be answered is.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn now(store: &dyn Store, shop: &ShopId, ledger: &Ledger) -> StoreResult<Self> {
        let items = store.knowledge_by_ids(shop, &ids(ledger)).await?;
        Ok(Self {
            titles: items.into_iter().map(named).collect(),
            absent: HashSet::new(),
        })
    }

    /// As they stood at `at`: an item that was approved later answered nothing then.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn at(
        store: &dyn Store,
        shop: &ShopId,
        ledger: &Ledger,
        at: Timestamp,
    ) -> StoreResult<Self> {
        let ids = ids(ledger);
        let items = store.knowledge_by_ids_as_of(shop, &ids, at).await?;
        let in_effect = items.into_iter().filter(|item| {
            let content = &item.content;
            content.status == Status::Approved && content.window.contains(at)
        });
        let titles: HashMap<String, String> = in_effect.map(named).collect();
        let absent = ids.iter().map(ToString::to_string);
        Ok(Self {
            absent: absent.filter(|id| !titles.contains_key(id)).collect(),
            titles,
        })
    }

    /// For tests: an item by its id and title.
    #[cfg(test)]
    pub fn titled(id: &str, title: &str) -> Self {
        Self {
            titles: HashMap::from([(id.to_owned(), title.to_owned())]),
            ..Self::default()
        }
    }

    /// The item that answered a question.
    pub fn of<'a>(&self, cluster: &'a Cluster) -> Option<&'a AnsweredBy> {
        let answer = cluster.answered_by.as_ref()?;
        (!self.absent.contains(&answer.knowledge)).then_some(answer)
    }

    /// The title of that item.
    pub fn title(&self, cluster: &Cluster) -> Option<&str> {
        let title = self.titles.get(&self.of(cluster)?.knowledge)?;
        Some(title)
    }
}

fn named(item: KnowledgeItem) -> (String, String) {
    (item.id.to_string(), item.content.title)
}

/// The items that answer something, each once.
fn ids(ledger: &Ledger) -> Vec<KnowledgeId> {
    let answers = ledger.clusters().filter_map(|cluster| {
        let answer = cluster.answered_by.as_ref()?;
        KnowledgeId::parse(&answer.knowledge).ok()
    });
    let ids: BTreeSet<KnowledgeId> = answers.collect();
    ids.into_iter().collect()
}

/// What waits now.
///
/// # Errors
/// When the store does not answer.
pub async fn waiting(store: &dyn Store, shop: &ShopId) -> StoreResult<Waiting> {
    let counts = store.open_candidate_counts(shop).await?;
    Ok(counts.into_iter().collect())
}

/// What waited at `at`: it was found by then, and nobody had decided.
///
/// # Errors
/// When the store does not answer.
pub async fn waiting_at(store: &dyn Store, shop: &ShopId, at: Timestamp) -> StoreResult<Waiting> {
    let mut waiting = Waiting::new();
    for state in CandidateState::ALL {
        let candidates = store.candidates(shop, state, MOST_CANDIDATES).await?;
        for candidate in candidates.iter().filter(|candidate| waited(candidate, at)) {
            *waiting.entry(candidate.cluster).or_default() += 1;
        }
    }
    Ok(waiting)
}

fn waited(candidate: &Candidate, at: Timestamp) -> bool {
    candidate.found_at <= at
        && candidate
            .decided_at
            .is_none_or(|decided_at| decided_at > at)
}

#[cfg(test)]
mod tests {
    use jiff::ToSpan;
    use zhiwen_models::privacy::Masked;

    use super::*;
    use crate::domain::ids::CandidateId;

    #[test]
    fn an_answer_waits_from_when_it_was_found_until_somebody_decides() {
        let at = |hours: i64| Timestamp::UNIX_EPOCH + hours.hours();
        let candidate = |decided_at| Candidate {
            id: CandidateId::make(),
            cluster: ClusterId::make(),
            key: 1,
            text: Masked::from_stored("可以".to_owned()),
            evidence: Vec::new(),
            agents: 1,
            buyers: 3,
            replies: 3,
            accepted: 0,
            score: 0.5,
            state: CandidateState::Open,
            knowledge: None,
            decided_by: None,
            decided_at,
            found_at: at(5),
        };
        for (decided_at, time, expected) in [
            (None, 4, false),
            (None, 5, true),
            (None, 99, true),
            (Some(9), 8, true),
            (Some(9), 9, false),
        ] {
            let candidate = candidate(decided_at.map(at));
            assert_eq!(
                waited(&candidate, at(time)),
                expected,
                "{decided_at:?} {time}"
            );
        }
    }
}
