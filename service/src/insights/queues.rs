//! The supervisor's two queues: answers to approve, and answers to write.

use std::collections::HashMap;

use super::clusters::{ClusterView, list};
use super::report::{Desk, InsightError, aside};
use crate::domain::fault::FieldError;
use crate::domain::ids::{ActionId, CandidateId, ClusterId, KnowledgeId, ShopId};
use crate::domain::knowledge::{KnowledgeItem, RawKnowledge};
use crate::domain::queue::{Action, ActionKind, Candidate, CandidateState};
use crate::knowledge::parse::parse_item;
use crate::listening::{Ledger, read};
use crate::store::{Approval, NewVersion, StoreError};

/// Mined answers that are looked through.
const MOST_CANDIDATES: u32 = 1_000;

/// Wordings that a draft takes over from its question.
const MOST_PHRASINGS: usize = 10;
const MOST_PHRASING_CHARACTERS: usize = 200;

/// An answer to approve.
#[derive(Debug, Clone, PartialEq)]
pub struct Proposal {
    /// The answer with its evidence.
    pub candidate: Candidate,
    /// The question.
    pub view: ClusterView,
    /// The item that approval makes, unless it is changed.
    pub draft: RawKnowledge,
}

/// A question that nothing answers.
#[derive(Debug, Clone, PartialEq)]
pub struct Gap {
    /// The question.
    pub view: ClusterView,
    /// The item to write, without its answer.
    pub draft: RawKnowledge,
}

/// Mined answers that wait, best first; none to a question that an item
/// answers by now, that is muted or that is gone.
///
/// # Errors
/// When the shop cannot be read.
pub async fn proposals(desk: Desk<'_>, shop: &ShopId) -> Result<Vec<Proposal>, InsightError> {
    let open = CandidateState::Open;
    let candidates = desk.store.candidates(shop, open, MOST_CANDIDATES).await?;
    let mut gaps: HashMap<ClusterId, Gap> = gaps(desk, shop)
        .await?
        .into_iter()
        .map(|gap| (gap.view.cluster.id, gap))
        .collect();
    gaps.retain(|id, _| candidates.iter().any(|candidate| candidate.cluster == *id));
    Ok(candidates
        .into_iter()
        .filter_map(|candidate| {
            let gap = gaps.get(&candidate.cluster)?;
            Some(Proposal {
                draft: RawKnowledge {
                    answer_brief: Some(candidate.text.to_string()),
                    // What got this very answer, rather than all of the cluster.
                    phrasings: asked_with(&candidate, &gap.draft.title),
                    ..gap.draft.clone()
                },
                view: gap.view.clone(),
                candidate,
            })
        })
        .collect())
}

/// The questions that a mined answer was given to, each once.
fn asked_with(candidate: &Candidate, title: &str) -> Vec<String> {
    let mut asked: Vec<String> = candidate
        .evidence
        .iter()
        .map(|evidence| line(evidence.question.as_str()))
        .filter(|text| text != title && text.chars().count() <= MOST_PHRASING_CHARACTERS)
        .collect();
    asked.sort();
    asked.dedup();
    asked
}

/// Questions that nothing answers, by buyers of eight weeks, most first.
///
/// # Errors
/// When the shop cannot be read.
pub async fn gaps(desk: Desk<'_>, shop: &ShopId) -> Result<Vec<Gap>, InsightError> {
    let mut views = list(desk, shop).await?;
    views.retain(|view| view.cluster.answered_by.is_none() && !view.cluster.is_muted);
    views.sort_by(|left, right| {
        let by_buyers = right.buyers_of_eight_weeks.cmp(&left.buyers_of_eight_weeks);
        by_buyers.then_with(|| left.line.cluster.cmp(&right.line.cluster))
    });
    let ledger = desk.listening.ledger(shop).await?;
    aside(move || {
        let ledger = read(&ledger);
        let counts = ledger.wording_counts();
        let mut phrasings = phrasings(&ledger, &counts);
        views
            .into_iter()
            .map(|view| {
                let phrasings = phrasings.remove(&view.cluster.id).unwrap_or_default();
                Gap {
                    draft: draft(&view, phrasings),
                    view,
                }
            })
            .collect()
    })
    .await
}

/// The most common wordings of each cluster.
fn phrasings(ledger: &Ledger, counts: &[u32]) -> HashMap<ClusterId, Vec<String>> {
    let mut found: HashMap<ClusterId, Vec<(u32, &str)>> = HashMap::new();
    for (wording, count) in ledger.wordings().iter().zip(counts) {
        if let Some(cluster) = wording.cluster {
            found
                .entry(cluster)
                .or_default()
                .push((*count, &wording.text));
        }
    }
    found
        .into_iter()
        .map(|(cluster, mut wordings)| {
            wordings.sort_by(|left, right| right.0.cmp(&left.0).then(left.1.cmp(right.1)));
            let texts = wordings.into_iter().map(|(_, text)| line(text));
            let short = texts.filter(|text| text.chars().count() <= MOST_PHRASING_CHARACTERS);
            (cluster, short.take(MOST_PHRASINGS + 1).collect())
        })
        .collect()
}

/// A text as one line.
fn line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn draft(view: &ClusterView, mut phrasings: Vec<String>) -> RawKnowledge {
    let title = line(view.cluster.title());
    phrasings.retain(|phrasing| *phrasing != title);
    phrasings.dedup();
    phrasings.truncate(MOST_PHRASINGS);
    RawKnowledge {
        status: Some("approved".to_owned()),
        domain: view
            .line
            .domain
            .clone()
            .unwrap_or_else(|| "process".to_owned()),
        intent: view
            .line
            .intent
            .clone()
            .filter(|_| view.line.domain.is_some()),
        title,
        phrasings,
        products: view.main_product.clone().into_iter().collect(),
        ..RawKnowledge::default()
    }
}

/// Who decides.
#[derive(Clone, Copy)]
pub struct Supervisor<'a> {
    /// Where.
    pub desk: Desk<'a>,
    /// Whose shop.
    pub shop: &'a ShopId,
    /// Who.
    pub by: &'a str,
}

/// What came of a decision.
#[derive(Debug, Clone, PartialEq)]
pub enum Made {
    /// An item was made now.
    Now(Box<KnowledgeItem>),
    /// It was made before.
    Before(KnowledgeId),
}

impl Supervisor<'_> {
    /// Makes a mined answer an item: as `edited`, or as its draft. Done once,
    /// however often it is asked for.
    ///
    /// # Errors
    /// When there is none of that id, the item is at fault, or its id is taken.
    pub async fn approve(
        self,
        id: CandidateId,
        edited: Option<RawKnowledge>,
    ) -> Result<Made, InsightError> {
        let candidate = self.desk.store.candidate(self.shop, id).await?;
        let candidate = candidate.ok_or(StoreError::NotFound { what: "candidate" })?;
        if let Some(knowledge) = candidate.knowledge {
            return Ok(Made::Before(knowledge));
        }
        let raw = match edited {
            Some(raw) => raw,
            None => {
                let waiting = proposals(self.desk, self.shop).await?;
                let proposal = waiting
                    .into_iter()
                    .find(|proposal| proposal.candidate.id == id);
                let missing = StoreError::NotFound { what: "candidate" };
                proposal.ok_or(missing)?.draft
            }
        };
        let new = self.version(&raw)?;
        let action = self.action(candidate.cluster, &new);
        let approval = self
            .desk
            .store
            .approve_candidate(self.shop, id, &new, &action)
            .await?;
        Ok(match approval {
            Approval::Now(item) => Made::Now(item),
            Approval::Before(knowledge) => Made::Before(knowledge),
        })
    }

    /// Writes the answer to a question.
    ///
    /// # Errors
    /// When the item is at fault, or its id is taken.
    pub async fn write(
        self,
        cluster: ClusterId,
        raw: &RawKnowledge,
    ) -> Result<KnowledgeItem, InsightError> {
        let ledger = self.desk.listening.ledger(self.shop).await?;
        if read(&ledger).cluster(cluster).is_none() {
            return Err(StoreError::NotFound { what: "cluster" }.into());
        }
        let new = self.version(raw)?;
        let action = self.action(cluster, &new);
        let made = self
            .desk
            .store
            .answer_cluster(self.shop, &new, &action)
            .await?;
        Ok(made)
    }

    fn version(self, raw: &RawKnowledge) -> Result<NewVersion, InsightError> {
        let searchable = self.desk.catalog.searchable(self.shop)?;
        let (id, content) = parse_item(raw, &searchable.shop.zone());
        let content = content.map_err(InsightError::Invalid)?;
        let missing = || FieldError::new("id", crate::domain::fault::Fault::Missing);
        Ok(NewVersion {
            id: id.ok_or_else(|| InsightError::Invalid(vec![missing()]))?,
            content,
            by: self.by.to_owned(),
            at: self.desk.now,
        })
    }

    fn action(self, cluster: ClusterId, new: &NewVersion) -> Action {
        Action {
            id: ActionId::make(),
            cluster,
            kind: ActionKind::Knowledge,
            note: new.content.title.clone(),
            at: self.desk.now,
            by: self.by.to_owned(),
            made_at: self.desk.now,
        }
    }
}
