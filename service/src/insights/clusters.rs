//! Recurring questions as a supervisor reads them: the last seven days against
//! the seven before, over eight such weeks.

use std::collections::HashMap;
use std::sync::Arc;

use super::labels::Labels;
use super::lines::Lines;
use super::quotable::Quotable;
use super::report::{Desk, InsightError, aside, last_days};
use super::tally::{Calendar, Tally, buyers_of_last_two, tally};
use crate::domain::ids::{ClusterId, ShopId};
use crate::domain::insights::QuestionLine;
use crate::domain::listening::{Cluster, HeardQuestion};
use crate::domain::taxonomy::Stage;
use crate::listening::{Ledger, WordingEntry, read};
use crate::store::{AnswerUse, StoreError};

/// Days that answers' use is counted over.
const USE_DAYS: i64 = 28;

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
    /// When it is usually asked.
    pub stage: Option<Stage>,
    /// The product that it is about, where nearly all ask it of one.
    pub main_product: Option<String>,
}

/// A recurring question with all that is in it.
#[derive(Debug, Clone, PartialEq)]
pub struct ClusterDetail {
    /// The question with its figures.
    pub view: ClusterView,
    /// Its wordings with how often each was asked, most first.
    pub wordings: Vec<(WordingEntry, u32)>,
    /// Its questions of eight weeks by channel.
    pub channels: Vec<(String, u32)>,
    /// Its questions of eight weeks by stage.
    pub stages: Vec<(Stage, u32)>,
    /// How its answers were taken in four weeks.
    pub uses: Vec<AnswerUse>,
    /// Its latest questions, newest first.
    pub questions: Vec<HeardQuestion>,
}

/// Every recurring question of eight weeks, by buyers of the last seven days,
/// most first; pinned ones before all.
///
/// # Errors
/// When the shop cannot be read.
pub async fn list(desk: Desk<'_>, shop: &ShopId) -> Result<Vec<ClusterView>, InsightError> {
    let searchable = desk.catalog.searchable(shop)?;
    let (_, policy) = desk.store.policy(shop).await?;
    let period = last_days(USE_DAYS, desk.now);
    let uses = desk.store.answer_uses(shop, period).await?;
    let ledger = desk.listening.ledger(shop).await?;
    let now = desk.now;
    aside(move || {
        let ledger = read(&ledger);
        let calendar = Calendar::rolling(now);
        let labels = Labels {
            locale: searchable.shop.locale,
            intents: searchable.language.intents(),
            terminology: &searchable.terminology,
        };
        let quotable = Quotable::default();
        let lines = Lines {
            ledger: &ledger,
            quotable: &quotable,
            labels: &labels,
            // A supervisor works with every question, however few ask it.
            smallest_group: 1,
            false_discovery_rate: policy.false_discovery_rate,
            uses: &uses,
            buyers: buyers_of_last_two(&ledger, &calendar),
            week_start_ms: calendar.last_start_ms(),
        };
        views(&ledger, &lines, &tally(&ledger, &calendar))
    })
    .await
}

fn views(
    ledger: &Ledger,
    lines: &Lines<'_>,
    tallies: &HashMap<ClusterId, Tally>,
) -> Vec<ClusterView> {
    let figures = lines.figures(tallies).into_iter();
    let mut views: Vec<ClusterView> = figures
        .filter_map(|figures| {
            Some(ClusterView {
                cluster: ledger.cluster(figures.cluster)?.clone(),
                line: figures.line,
                buyers_of_eight_weeks: figures.buyers_of_all,
                stage: figures.stage,
                main_product: figures.main_product,
            })
        })
        .collect();
    views.sort_by_key(|view| !view.cluster.is_pinned);
    views
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
    let views = list(desk, shop).await?;
    let view = views.into_iter().find(|view| view.cluster.id == cluster);
    let period = last_days(USE_DAYS, desk.now);
    let uses = desk.store.answer_uses(shop, period).await?;
    let questions = desk
        .store
        .cluster_questions(shop, cluster, MOST_QUESTIONS)
        .await?;
    let ledger = desk.listening.ledger(shop).await?;
    let now = desk.now;
    let counted = Arc::clone(&ledger);
    let contents = aside(move || contents(&read(&counted), cluster, now)).await?;
    let view = match view {
        Some(view) => view,
        None => quiet(&read(&ledger), cluster)?,
    };
    let ledger = read(&ledger);
    let is_of = |answer: &AnswerUse| {
        let wording = ledger.wording_of(answer.wording);
        wording.and_then(|wording| wording.cluster) == Some(cluster)
    };
    Ok(ClusterDetail {
        view,
        wordings: contents.wordings,
        channels: contents.channels,
        stages: contents.stages,
        uses: uses.into_iter().filter(is_of).collect(),
        questions,
    })
}

/// A cluster that was not asked in eight weeks.
fn quiet(ledger: &Ledger, cluster: ClusterId) -> Result<ClusterView, InsightError> {
    let cluster = ledger
        .cluster(cluster)
        .filter(|cluster| cluster.retired_at.is_none())
        .ok_or(StoreError::NotFound { what: "cluster" })?;
    Ok(ClusterView {
        line: QuestionLine::quiet(cluster),
        cluster: cluster.clone(),
        buyers_of_eight_weeks: 0,
        stage: None,
        main_product: None,
    })
}

struct Contents {
    wordings: Vec<(WordingEntry, u32)>,
    channels: Vec<(String, u32)>,
    stages: Vec<(Stage, u32)>,
}

fn contents(ledger: &Ledger, cluster: ClusterId, now: jiff::Timestamp) -> Contents {
    let counts = ledger.wording_counts();
    let mut wordings: Vec<(WordingEntry, u32)> = ledger
        .wordings()
        .iter()
        .zip(counts)
        .filter(|(wording, _)| wording.cluster == Some(cluster))
        .map(|(wording, count)| (wording.clone(), count))
        .collect();
    wordings.sort_by(|left, right| right.1.cmp(&left.1).then(left.0.text.cmp(&right.0.text)));
    let tallies = tally(ledger, &Calendar::rolling(now));
    let tally = tallies.get(&cluster);
    let mut channels: Vec<(String, u32)> = tally
        .into_iter()
        .flat_map(|tally| &tally.channels)
        .map(|(name, count)| (ledger.channels.get(*name).to_owned(), *count))
        .collect();
    channels.sort_by(|left, right| right.1.cmp(&left.1).then(left.0.cmp(&right.0)));
    let mut stages: Vec<(Stage, u32)> = tally
        .into_iter()
        .flat_map(|tally| &tally.stages)
        .map(|(stage, count)| (*stage, *count))
        .collect();
    stages.sort();
    Contents {
        wordings,
        channels,
        stages,
    }
}
