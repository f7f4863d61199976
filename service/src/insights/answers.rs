//! What answers recurring questions: items as they stood at a time, and answers
//! of agents that wait for approval.

use std::collections::{BTreeSet, HashMap, HashSet};

use jiff::Timestamp;
use zhiwen_models::privacy::Masked;

use crate::domain::ids::{ClusterId, KnowledgeId, ShopId};
use crate::domain::knowledge::{KnowledgeItem, Status};
use crate::domain::listening::{AnsweredBy, Cluster};
use crate::domain::queue::{Candidate, CandidateState};
use crate::listening::Ledger;
use crate::listening::mining::{has_evidence, is_asked_in, stands};
use crate::store::{Store, StoreResult};

/// Mined answers of each state that are looked through.
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

/// What waits now. An answer whose evidence people have moved to other questions
/// does not: nobody could approve it, and its question would be in no queue.
///
/// # Errors
/// When the store does not answer.
pub async fn waiting(store: &dyn Store, shop: &ShopId, ledger: &Ledger) -> StoreResult<Waiting> {
    let mut waiting = Waiting::new();
    for (cluster, questions) in store.open_candidate_questions(shop).await? {
        let questions = questions.iter().map(Masked::as_str);
        if has_evidence(cluster, questions, ledger) {
            *waiting.entry(cluster).or_default() += 1;
        }
    }
    Ok(waiting)
}

/// Mined answers on which nobody has decided, best first.
///
/// # Errors
/// When the store does not answer.
pub(super) async fn open(store: &dyn Store, shop: &ShopId) -> StoreResult<Vec<Candidate>> {
    let open = CandidateState::Open;
    store.candidates(shop, open, MOST_CANDIDATES).await
}

/// A mined answer with the evidence that its question has by now: people may
/// have moved wordings since it was mined. `None` where nothing is left.
pub(super) fn as_it_stands(mut candidate: Candidate, ledger: &Ledger) -> Option<Candidate> {
    let cluster = candidate.cluster;
    let had_evidence = !candidate.evidence.is_empty();
    let is_asked = |question: &str| is_asked_in(cluster, question, ledger);
    candidate
        .evidence
        .retain(|said| is_asked(said.question.as_str()));
    (!had_evidence || !candidate.evidence.is_empty()).then_some(candidate)
}

/// What waited at `at`: it was found by then, and nobody had decided. It is told
/// of the questions as they are arranged now.
///
/// # Errors
/// When the store does not answer.
pub async fn waiting_at(
    store: &dyn Store,
    shop: &ShopId,
    ledger: &Ledger,
    at: Timestamp,
) -> StoreResult<Waiting> {
    let mut waiting = Waiting::new();
    for state in CandidateState::ALL {
        let candidates = store.candidates(shop, state, MOST_CANDIDATES).await?;
        for candidate in candidates {
            if waited(&candidate, at) && stands(&candidate, ledger) {
                *waiting.entry(candidate.cluster).or_default() += 1;
            }
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

    use super::*;
    use crate::answering::wording;
    use crate::domain::ids::CandidateId;
    use crate::domain::listening::{Outcome, Wording};
    use crate::domain::queue::Evidence;
    use crate::store::ListeningChanges;

    fn masked(text: &str) -> Masked {
        Masked::from_stored(text.to_owned())
    }

    fn mined(cluster: ClusterId, questions: &[&str]) -> Candidate {
        let evidence = questions.iter().map(|question| Evidence {
            question: masked(question),
            reply: masked("48小时内发货"),
            at: Timestamp::UNIX_EPOCH,
            agent: None,
            outcome: Outcome::Accepted,
        });
        Candidate {
            id: CandidateId::make(),
            cluster,
            key: 1,
            text: masked("48小时内发货"),
            evidence: evidence.collect(),
            agents: 1,
            buyers: 3,
            replies: 3,
            accepted: 3,
            score: 0.5,
            state: CandidateState::Open,
            knowledge: None,
            decided_by: None,
            decided_at: None,
            found_at: Timestamp::UNIX_EPOCH,
        }
    }

    #[test]
    fn an_answer_waits_from_when_it_was_found_until_somebody_decides() {
        let at = |hours: i64| Timestamp::UNIX_EPOCH + hours.hours();
        let candidate = |decided_at| Candidate {
            decided_at,
            found_at: at(5),
            ..mined(ClusterId::make(), &[])
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

    #[test]
    fn what_was_moved_to_another_question_is_no_evidence() {
        let (here, elsewhere) = (ClusterId::make(), ClusterId::make());
        let places = [("多久发货", here), ("几天能到", elsewhere)];
        let wordings = places.map(|(text, cluster)| Wording {
            key: wording(text).expect("it has words"),
            text: masked(text),
            cluster: Some(cluster),
            is_pinned: true,
        });
        let mut ledger = Ledger::default();
        ledger.apply(ListeningChanges {
            wordings: wordings.to_vec(),
            ..ListeningChanges::default()
        });
        for (questions, expected) in [
            (&["多久发货", "几天能到？", "没听过的"][..], Some(2)),
            (&["几天能到"][..], None),
            (&[][..], Some(0)),
        ] {
            let standing = as_it_stands(mined(here, questions), &ledger);
            let left = standing.map(|candidate| candidate.evidence.len());
            assert_eq!(left, expected, "{questions:?}");
        }
    }
}
