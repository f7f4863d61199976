//! Recurring questions as a supervisor reads them: the last seven days against
//! the seven before, over eight such weeks.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use jiff::Timestamp;

use super::queues::{Proposal, proposals_of};
use super::report::{Desk, InsightError};
use super::standing::{DAYS, standing};
use super::tally::{Calendar, count};
use crate::domain::ids::{ClusterId, ShopId};
use crate::domain::insights::{AnswerState, QuestionLine};
use crate::domain::listening::{Cluster, ClusterEdit, HeardQuestion};
use crate::domain::taxonomy::Stage;
use crate::listening::{Ledger, Name, WordingEntry};
use crate::store::{AnswerUse, StoreError};

/// The latest edits that are looked through for those of one cluster.
const MOST_EDITS: u32 = 200;

/// The latest questions of a cluster that are shown.
const MOST_QUESTIONS: u32 = 50;

/// A recurring question with its figures.
#[derive(Debug, Clone, PartialEq)]
pub struct ClusterView {
    /// The cluster.
    pub cluster: Cluster,
    /// Its figures of the last seven days.
    pub line: QuestionLine,
    /// Distinct buyers of eight weeks.
    pub buyers_of_eight_weeks: u32,
    /// When it was first asked at all; `None` where none of its questions stands.
    pub first_asked_at: Option<Timestamp>,
    /// When it is usually asked.
    pub stage: Option<Stage>,
    /// The product that it is about, where nearly all ask it of one.
    pub main_product: Option<String>,
}

/// A way of asking a recurring question.
#[derive(Debug, Clone, PartialEq)]
pub struct AskedWording {
    /// The wording.
    pub entry: WordingEntry,
    /// How often it was asked.
    pub questions: u32,
    /// Distinct buyers who asked so: what one of them alone wrote is a
    /// quotation of that buyer, and for the supervisor's eyes only.
    pub buyers: u32,
}

/// A recurring question with all that is in it.
#[derive(Debug, Clone, PartialEq)]
pub struct ClusterDetail {
    /// The question with its figures.
    pub view: ClusterView,
    /// Its wordings, most asked first.
    pub wordings: Vec<AskedWording>,
    /// Its questions of eight weeks by channel.
    pub channels: Vec<(String, u32)>,
    /// Its questions of eight weeks by stage.
    pub stages: Vec<(Stage, u32)>,
    /// How its answers were taken in four weeks.
    pub uses: Vec<AnswerUse>,
    /// Its latest questions, newest first.
    pub questions: Vec<HeardQuestion>,
}

/// A recurring question with all that its page shows.
#[derive(Debug, Clone, PartialEq)]
pub struct ClusterPage {
    /// The question with all that is in it.
    pub detail: ClusterDetail,
    /// Questions of each of the last 28 days in the shop's time zone, today last.
    pub by_day: [u32; DAYS],
    /// Whether it is in the queue of answers to write.
    pub is_gap: bool,
    /// Its entries in the queue of answers to approve, best first.
    pub proposals: Vec<Proposal>,
    /// What people did to it of late, newest first, undone edits included.
    pub edits: Vec<ClusterEdit>,
}

/// One recurring question with all that is in it.
///
/// # Errors
/// When there is none of that id, or the shop cannot be read.
pub async fn detail(
    desk: Desk<'_>,
    shop: &ShopId,
    cluster: ClusterId,
) -> Result<ClusterDetail, InsightError> {
    let standing = standing(desk, shop).await?;
    let ledger = desk.listening.ledger(shop).await?;
    let view = match standing.row(cluster) {
        Some(row) => row.view.clone(),
        None => quiet(&ledger, cluster)?,
    };
    let questions = desk
        .store
        .cluster_questions(shop, cluster, MOST_QUESTIONS)
        .await?;
    let is_of = |answer: &&AnswerUse| {
        let wording = ledger.wording_of(answer.wording);
        wording.and_then(|wording| wording.cluster) == Some(cluster)
    };
    let uses = standing.uses.iter().filter(is_of).cloned().collect();
    let calendar = Calendar::rolling(standing.until);
    let counted = Arc::clone(&ledger);
    let contents = move || contents(&counted, cluster, &calendar);
    let contents = desk.figures.count(contents).await?;
    Ok(ClusterDetail {
        view,
        wordings: contents.wordings,
        channels: contents.channels,
        stages: contents.stages,
        uses,
        questions,
    })
}

/// One recurring question with all that its page shows.
///
/// # Errors
/// When there is none of that id, or the shop cannot be read.
pub async fn page(
    desk: Desk<'_>,
    shop: &ShopId,
    cluster: ClusterId,
) -> Result<ClusterPage, InsightError> {
    let detail = detail(desk, shop, cluster).await?;
    let standing = standing(desk, shop).await?;
    let mut edits = desk.store.cluster_edits(shop, MOST_EDITS).await?;
    edits.retain(|edit| edit.touches(cluster));
    let row = standing.row(cluster);
    let is_gap = detail.view.is_gap();
    let proposals = match row {
        Some(row) if row.view.has_proposals() => proposals_of(desk, shop, row).await?,
        _ => Vec::new(),
    };
    Ok(ClusterPage {
        by_day: row.map_or([0; DAYS], |row| row.by_day),
        detail,
        is_gap,
        proposals,
        edits,
    })
}

impl ClusterView {
    /// Whether somebody has to write an answer to it: no item answers it, no
    /// answer of agents waits for approval, and it is not muted.
    pub fn is_gap(&self) -> bool {
        self.is_in(AnswerState::Missing)
    }

    /// Whether answers of agents wait for approval, and it is not muted.
    pub fn has_proposals(&self) -> bool {
        self.is_in(AnswerState::ToApprove)
    }

    /// Whether an approved item answers it, and it is not muted.
    pub fn is_answered(&self) -> bool {
        self.is_in(AnswerState::Answered)
    }

    fn is_in(&self, state: AnswerState) -> bool {
        self.line.answer_state() == state && !self.cluster.is_muted
    }
}

/// A cluster that was not asked in eight weeks.
fn quiet(ledger: &Ledger, cluster: ClusterId) -> Result<ClusterView, InsightError> {
    let cluster = ledger
        .cluster(cluster)
        .filter(|cluster| cluster.retired_at.is_none())
        .ok_or(StoreError::NotFound { what: "cluster" })?;
    let facts = ledger.all();
    let of_cluster = facts.filter(|fact| ledger.cluster_of(fact) == Some(cluster.id));
    let first_ms = of_cluster.map(|fact| fact.at_ms).min();
    Ok(ClusterView {
        line: QuestionLine::quiet(cluster),
        cluster: cluster.clone(),
        buyers_of_eight_weeks: 0,
        first_asked_at: first_ms.and_then(|first_ms| Timestamp::from_millisecond(first_ms).ok()),
        stage: None,
        main_product: None,
    })
}

struct Contents {
    wordings: Vec<AskedWording>,
    channels: Vec<(String, u32)>,
    stages: Vec<(Stage, u32)>,
}

/// One pass over the questions for one cluster: wordings of all times, channels
/// and stages of the weeks of `calendar`.
fn contents(ledger: &Ledger, cluster: ClusterId, calendar: &Calendar) -> Contents {
    let mut asked: HashMap<u32, (u32, HashSet<Name>)> = HashMap::new();
    let mut channels: HashMap<Name, u32> = HashMap::new();
    let mut stages: BTreeMap<Stage, u32> = BTreeMap::new();
    for fact in ledger.all() {
        if ledger.cluster_of(fact) != Some(cluster) {
            continue;
        }
        let wording = asked.entry(fact.wording).or_default();
        wording.0 += 1;
        wording.1.insert(fact.buyer);
        if calendar.place(fact.at_ms).is_none() {
            continue;
        }
        if let Some(channel) = fact.channel {
            *channels.entry(channel).or_default() += 1;
        }
        if let Some(stage) = fact.stage {
            *stages.entry(stage).or_default() += 1;
        }
    }
    let mut wordings: Vec<AskedWording> = (0..)
        .zip(ledger.wordings())
        .filter(|(_, wording)| wording.cluster == Some(cluster))
        .map(|(place, wording)| {
            let asked = asked.get(&place);
            AskedWording {
                entry: wording.clone(),
                questions: asked.map_or(0, |(questions, _)| *questions),
                buyers: asked.map_or(0, |(_, buyers)| count(buyers)),
            }
        })
        .collect();
    wordings.sort_by(|left, right| {
        let by_questions = right.questions.cmp(&left.questions);
        by_questions.then_with(|| left.entry.text.cmp(&right.entry.text))
    });
    let mut channels: Vec<(String, u32)> = channels
        .into_iter()
        .map(|(name, count)| (ledger.channels.get(name).to_owned(), count))
        .collect();
    channels.sort_by(|left, right| right.1.cmp(&left.1).then(left.0.cmp(&right.0)));
    Contents {
        wordings,
        channels,
        stages: stages.into_iter().collect(),
    }
}
