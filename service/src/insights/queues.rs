//! The supervisor's two queues: answers to approve, and answers to write.

use super::answers::{as_it_stands, open};
use super::clusters::ClusterView;
use super::phrasings::{ItemDraft, Offered, check_free, has_mark, settle};
use super::report::{Desk, InsightError};
use super::standing::{Row, is_phrasing, line, standing};
use crate::domain::fault::{Fault, FieldError, Locale};
use crate::domain::ids::{ActionId, CandidateId, ClusterId, KnowledgeId, ShopId};
use crate::domain::knowledge::{KnowledgeItem, RawKnowledge};
use crate::domain::queue::{Action, ActionKind, Candidate};
use crate::domain::shop::Shop;
use crate::knowledge::parse::parse_item;
use crate::listening::mining::stands;
use crate::store::{Approval, NewVersion, StoreError};

/// An answer to approve.
#[derive(Debug, Clone, PartialEq)]
pub struct Proposal {
    /// The answer with its evidence.
    pub candidate: Candidate,
    /// The question.
    pub view: ClusterView,
    /// The item that approval makes, unless it is changed; its wordings are to
    /// be settled.
    pub draft: ItemDraft,
}

/// A question that nothing answers, and to which nothing waits for approval.
#[derive(Debug, Clone, PartialEq)]
pub struct Gap {
    /// The question.
    pub view: ClusterView,
    /// The item to write, without its answer; its wordings are to be settled.
    pub draft: ItemDraft,
    /// How buyers put it most.
    pub words: Vec<String>,
}

/// The first of a queue.
#[derive(Debug, Clone, PartialEq)]
pub struct Queue<T> {
    /// How many wait.
    pub total: usize,
    /// The first of them.
    pub first: Vec<T>,
}

/// Mined answers that wait, best first, at most `limit`; none to a question
/// that an item answers by now, that is muted or that is gone.
///
/// # Errors
/// When the shop cannot be read.
pub async fn proposals(
    desk: Desk<'_>,
    shop: &ShopId,
    limit: usize,
) -> Result<Queue<Proposal>, InsightError> {
    let candidates = open(desk.store, shop).await?;
    let standing = standing(desk, shop).await?;
    let ledger = desk.listening.ledger(shop).await?;
    let waiting: Vec<(Candidate, &Row)> = candidates
        .into_iter()
        .filter_map(|candidate| {
            let row = standing.row(candidate.cluster)?;
            let row = row.view.has_proposals().then_some(row)?;
            stands(&candidate, &ledger).then_some((candidate, row))
        })
        .collect();
    let total = waiting.len();
    let searchable = desk.catalog.searchable(shop)?;
    let first = waiting.into_iter().take(limit);
    let first = first.filter_map(|(candidate, row)| {
        let candidate = as_it_stands(candidate, &ledger)?;
        Some(proposal(candidate, row, &searchable.shop))
    });
    Ok(Queue {
        total,
        first: first.collect(),
    })
}

/// Mined answers to one question that wait, best first.
///
/// # Errors
/// When the shop cannot be read.
pub(super) async fn proposals_of(
    desk: Desk<'_>,
    shop: &ShopId,
    row: &Row,
) -> Result<Vec<Proposal>, InsightError> {
    let cluster = row.view.cluster.id;
    let candidates = desk.store.open_candidates_of(shop, cluster).await?;
    let searchable = desk.catalog.searchable(shop)?;
    let ledger = desk.listening.ledger(shop).await?;
    let candidates = candidates.into_iter();
    Ok(candidates
        .filter_map(|candidate| as_it_stands(candidate, &ledger))
        .map(|candidate| proposal(candidate, row, &searchable.shop))
        .collect())
}

fn proposal(candidate: Candidate, row: &Row, shop: &Shop) -> Proposal {
    let item = RawKnowledge {
        answer_brief: Some(candidate.text.to_string()),
        source: Some(source(&candidate, shop)),
        ..item(row)
    };
    Proposal {
        // What got this very answer, rather than all of the cluster.
        draft: ItemDraft::new(item, asked_with(&candidate, row)),
        view: row.view.clone(),
        candidate,
    }
}

/// Where a mined answer comes from, as agents read it beside the answer.
fn source(candidate: &Candidate, shop: &Shop) -> String {
    let newest = candidate.evidence.first();
    let said_at = newest.map_or(candidate.found_at, |said| said.at);
    let day = shop.zone().to_datetime(said_at).date();
    let (buyers, accepted) = (candidate.buyers, candidate.accepted);
    match shop.locale {
        Locale::Chinese => {
            format!("客服回复整理（{buyers} 位买家问过，认可 {accepted} 次，{day}）")
        }
        Locale::English => {
            format!("Agents' replies (buyers: {buyers}, taken: {accepted}, {day})")
        }
    }
}

/// The questions that a mined answer was given to, each once: first those that
/// are asked most.
fn asked_with(candidate: &Candidate, row: &Row) -> Vec<Offered> {
    let questions = candidate.evidence.iter();
    let asked: Vec<String> = questions
        .map(|evidence| line(evidence.question.as_str()))
        .filter(|text| is_phrasing(text))
        .collect();
    let is_asked = |offered: &&Offered| asked.contains(&offered.text);
    let common = row.phrasings.iter().filter(is_asked).cloned();
    let rest = asked.iter().map(|text| Offered {
        text: text.clone(),
        is_by_several: false,
    });
    common.chain(rest).collect()
}

/// Questions that somebody has to write an answer to, by buyers of eight weeks,
/// most first, at most `limit`.
///
/// # Errors
/// When the shop cannot be read.
pub async fn gaps(desk: Desk<'_>, shop: &ShopId, limit: usize) -> Result<Queue<Gap>, InsightError> {
    let standing = standing(desk, shop).await?;
    let mut rows: Vec<&Row> = standing.rows.iter().collect();
    rows.retain(|row| row.view.is_gap());
    rows.sort_by(|left, right| {
        let (left, right) = (&left.view, &right.view);
        let by_buyers = right.buyers_of_eight_weeks.cmp(&left.buyers_of_eight_weeks);
        by_buyers.then_with(|| left.line.cluster.cmp(&right.line.cluster))
    });
    let first = rows.iter().take(limit).map(|row| Gap {
        draft: ItemDraft::new(item(row), row.phrasings.clone()),
        words: words(row),
        view: row.view.clone(),
    });
    Ok(Queue {
        total: rows.len(),
        first: first.collect(),
    })
}

/// How buyers put a question most, but for what it is called.
fn words(row: &Row) -> Vec<String> {
    let texts = row.phrasings.iter().map(|offered| &offered.text);
    let title = title(row);
    texts.filter(|text| **text != title).cloned().collect()
}

/// The item to be made of a question, as far as the question says.
fn item(row: &Row) -> RawKnowledge {
    let view = &row.view;
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
        title: title(row),
        products: view.main_product.clone().into_iter().collect(),
        ..RawKnowledge::default()
    }
}

/// What a question is called; a wording of it where something is masked in that.
fn title(row: &Row) -> String {
    let title = line(row.view.cluster.title());
    let other = row.phrasings.first().filter(|_| has_mark(&title));
    other.map_or(title, |offered| offered.text.clone())
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
    /// Makes a mined answer an item: as `edited`, or as its draft with those of
    /// its wordings that several buyers wrote. Done once, however often it is
    /// asked for.
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
                let missing = || StoreError::NotFound { what: "candidate" };
                let standing = standing(self.desk, self.shop).await?;
                let row = standing.row(candidate.cluster);
                let row = row.filter(|row| row.view.has_proposals() && candidate.is_open());
                let row = row.ok_or_else(missing)?;
                let searchable = self.desk.catalog.searchable(self.shop)?;
                let ledger = self.desk.listening.ledger(self.shop).await?;
                let standing = as_it_stands(candidate.clone(), &ledger).ok_or_else(missing)?;
                let mut draft = proposal(standing, row, &searchable.shop).draft;
                settle(self.desk, self.shop, vec![&mut draft]).await?;
                draft.item_by_several()
            }
        };
        let new = self.version(&raw).await?;
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
        if ledger.cluster(cluster).is_none() {
            return Err(StoreError::NotFound { what: "cluster" }.into());
        }
        let new = self.version(raw).await?;
        let action = self.action(cluster, &new);
        let made = self
            .desk
            .store
            .answer_cluster(self.shop, &new, &action)
            .await?;
        Ok(made)
    }

    async fn version(self, raw: &RawKnowledge) -> Result<NewVersion, InsightError> {
        let searchable = self.desk.catalog.searchable(self.shop)?;
        let (id, content) = parse_item(raw, &searchable.shop.zone());
        let content = content.map_err(InsightError::Invalid)?;
        let missing = || FieldError::new("id", Fault::Missing);
        let new = NewVersion {
            id: id.ok_or_else(|| InsightError::Invalid(vec![missing()]))?,
            content,
            by: self.by.to_owned(),
            at: self.desk.now,
        };
        check_free(self.desk, self.shop, &new).await?;
        Ok(new)
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
