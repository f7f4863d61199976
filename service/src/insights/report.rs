//! A week's report as it is asked for: kept once the week is over, so that it
//! says the same whenever it is asked for; late messages make a new revision, and
//! so does whoever asks for one.

use std::sync::Arc;

use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use serde::Deserialize;

use super::answers::{Answers, waiting, waiting_at};
use super::figures::{Figures, Freshness, ShopFigures};
use super::labels::Labels;
use super::outcomes;
use super::stamp::{Inputs, Stamp};
use super::weekly::{Sources, fingerprint, period, report};
use crate::catalog::{Catalog, CatalogError, Searchable};
use crate::domain::fault::{Fault, FieldError};
use crate::domain::ids::ShopId;
use crate::domain::insights::{Cause, Totals, WeeklyReport};
use crate::domain::policy::ListeningPolicy;
use crate::domain::week::Week;
use crate::listening::{Ledger, Listening};
use crate::pool::PoolError;
use crate::store::{KeptReport, Period, Store, StoreError};

/// Why there are no insights.
#[derive(Debug, thiserror::Error)]
pub enum InsightError {
    /// The shop cannot be read yet.
    #[error(transparent)]
    Catalog(#[from] CatalogError),
    /// The store did not do it.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Something asked for does not hold.
    #[error("request has invalid fields")]
    Invalid(Vec<FieldError>),
    /// Too much is being counted already, or counting panicked.
    #[error(transparent)]
    Pool(#[from] PoolError),
    /// A kept report cannot be read.
    #[error("insights cannot be made")]
    Broken(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// Where insights are read from.
#[derive(Clone, Copy)]
pub struct Desk<'a> {
    /// Storage.
    pub store: &'a dyn Store,
    /// The shops' ledgers.
    pub listening: &'a Listening,
    /// The shops' names for things.
    pub catalog: &'a Catalog,
    /// What was counted before.
    pub figures: &'a Figures,
    /// How much of what came since may be missing from that.
    pub freshness: Freshness,
    /// Answers below this confidence are not suggested, where a shop has no
    /// threshold of its own.
    pub minimum_confidence: f32,
    /// The time.
    pub now: Timestamp,
}

impl Desk<'_> {
    /// For a page, which may lack what came in the last seconds.
    #[must_use]
    pub fn lately(self) -> Self {
        Self {
            freshness: Freshness::Lately,
            ..self
        }
    }
}

/// A week's report: the revision asked for, else as it stands.
///
/// A week that is over is counted once and kept, with the clusters as they
/// stood at that moment, and with the items that answered them when it ended:
/// merging, naming, muting or approving afterwards does not change what it
/// said. When messages come late it is counted anew, as its next
/// revision, with the clusters of then; its `made_at` says when that was, its
/// `cause` why, and earlier revisions stay as they are. Of a week without
/// questions nothing is kept.
///
/// # Errors
/// When the week has not begun, there is no such revision, or the store fails.
pub async fn weekly(
    desk: Desk<'_>,
    shop: &ShopId,
    week: Week,
    revision: Option<u32>,
) -> Result<Arc<WeeklyReport>, InsightError> {
    if let Some(revision) = revision {
        let kept = desk.store.weekly_report(shop, week, Some(revision)).await?;
        let kept = kept.ok_or(StoreError::NotFound {
            what: "revision of the report",
        })?;
        return Ok(Arc::new(parse(&kept.body)?));
    }
    let zone = desk.catalog.searchable(shop)?.shop.zone();
    if week.start(&zone) > desk.now {
        let fault = Fault::malformed("已经开始的周", "a week that has begun");
        return Err(InsightError::Invalid(vec![FieldError::new("week", fault)]));
    }
    if week.end(&zone) > desk.now {
        return counted(desk, shop, (week, false)).await;
    }
    let figures = desk.figures.of(shop);
    let fingerprint = fingerprint_of(desk, shop, &figures, (week, &zone)).await?;
    let kept = desk.store.weekly_report(shop, week, None).await?;
    if let Some(kept) = &kept
        && kept.fingerprint == fingerprint
    {
        return Ok(Arc::new(parse(&kept.body)?));
    }
    let made = counted(desk, shop, (week, true)).await?;
    let (before, cause) = match kept {
        None if made.totals.questions == 0 => return Ok(made),
        None => (0, Cause::FirstAsked),
        Some(kept) => (kept.revision, Cause::QuestionsChanged),
    };
    let made = WeeklyReport {
        revision: before + 1,
        cause: Some(cause),
        ..WeeklyReport::clone(&made)
    };
    Ok(Arc::new(keep(desk, shop, made, fingerprint).await?))
}

/// What came of asking for a week's report with the clusters of now.
#[derive(Debug, Clone, PartialEq)]
pub enum Revised {
    /// It is the next revision.
    Made(Arc<WeeklyReport>),
    /// The revision that stands says the same: there is no other.
    Same(Arc<WeeklyReport>),
}

/// The next revision of a week that is over, counted with the clusters as they
/// stand now. Earlier ones stay as they are.
///
/// # Errors
/// When the week is not over: it is always counted with the clusters of now; or
/// the store fails.
pub async fn revise(desk: Desk<'_>, shop: &ShopId, week: Week) -> Result<Revised, InsightError> {
    let zone = desk.catalog.searchable(shop)?.shop.zone();
    if week.end(&zone) > desk.now {
        let fault = Fault::malformed(
            "已经结束的周；没结束的周总是按现在的归类统计",
            "a week that is over: until then it is counted with the questions of now",
        );
        return Err(InsightError::Invalid(vec![FieldError::new("week", fault)]));
    }
    let standing = weekly(desk, shop, week, None).await?;
    if standing.revision == 0 {
        return Ok(Revised::Same(standing));
    }
    let figures = desk.figures.of(shop);
    let fingerprint = fingerprint_of(desk, shop, &figures, (week, &zone)).await?;
    let made = counted(desk, shop, (week, true)).await?;
    let made = WeeklyReport {
        revision: standing.revision + 1,
        cause: Some(Cause::Regrouped),
        made_at: desk.now,
        ..WeeklyReport::clone(&made)
    };
    if says_the_same(&made, &standing)? {
        return Ok(Revised::Same(standing));
    }
    let kept = keep(desk, shop, made, fingerprint).await?;
    Ok(Revised::Made(Arc::new(kept)))
}

/// Whether a report is another but for when and why it was made.
fn says_the_same(made: &WeeklyReport, standing: &WeeklyReport) -> Result<bool, InsightError> {
    let made = WeeklyReport {
        revision: standing.revision,
        cause: standing.cause,
        made_at: standing.made_at,
        ..made.clone()
    };
    // As it would be read again: fractions lose a last digit on their way.
    let body = serde_json::to_string(&made).map_err(broken)?;
    Ok(parse(&body)? == *standing)
}

/// The fingerprint of a week's questions, made anew only after one of them changed.
async fn fingerprint_of(
    desk: Desk<'_>,
    shop: &ShopId,
    figures: &ShopFigures,
    (week, zone): (Week, &TimeZone),
) -> Result<u64, InsightError> {
    let ledger = desk.listening.ledger(shop).await?;
    let changed = ledger.changed_in(period(week, zone));
    let key = (week, zone.iana_name().unwrap_or("").to_owned());
    if let Some(fingerprint) = figures.fingerprint(&key, changed) {
        return Ok(fingerprint);
    }
    let zone = zone.clone();
    let work = move || fingerprint(&ledger, week, &zone);
    let fingerprint = desk.figures.count(work).await?;
    figures.keep_fingerprint(key, (changed, fingerprint));
    Ok(fingerprint)
}

/// The report, as kept: of two that were made at once, the first stays.
async fn keep(
    desk: Desk<'_>,
    shop: &ShopId,
    made: WeeklyReport,
    fingerprint: u64,
) -> Result<WeeklyReport, InsightError> {
    let body = serde_json::to_string(&made).map_err(broken)?;
    let report = KeptReport {
        revision: made.revision,
        fingerprint,
        body,
        at: made.made_at,
    };
    desk.store.keep_report(shop, made.week, &report).await?;
    let kept = desk
        .store
        .weekly_report(shop, made.week, Some(made.revision))
        .await?;
    kept.map_or(Ok(made), |kept| parse(&kept.body))
}

/// What a report is counted from, owned: it travels to another thread.
struct Material {
    searchable: Searchable,
    policy: (u32, ListeningPolicy),
    inputs: Inputs,
    /// Of the week and of the one before.
    answers: [Answers; 2],
    /// Whether any item was approved at the end of the week, or is now.
    had_approved: bool,
    ledger: Arc<Ledger>,
    week: Week,
    now: Timestamp,
}

/// A report of the questions as they stand, as revision 0.
async fn counted(
    desk: Desk<'_>,
    shop: &ShopId,
    key: (Week, bool),
) -> Result<Arc<WeeklyReport>, InsightError> {
    let figures = desk.figures.of(shop);
    let shelf = &figures.reports;
    let mut turn = None;
    loop {
        let (stamp, mut material) = gather(desk, shop, key.0).await?;
        if let Some(found) = shelf.find(&key, &stamp, desk.freshness) {
            return Ok(found);
        }
        match turn {
            None => turn = Some(shelf.turn().await),
            Some(turn) => {
                material.answers = answers(desk, shop, &material).await?;
                material.had_approved = had_approved(desk, shop, &material).await?;
                let work = move || count(&material);
                return shelf.fill(desk.figures, turn, (key, stamp), work).await;
            }
        }
    }
}

/// The items that answered questions at the end of the week and of the one
/// before; of a week that runs, now.
async fn answers(
    desk: Desk<'_>,
    shop: &ShopId,
    material: &Material,
) -> Result<[Answers; 2], InsightError> {
    let zone = material.searchable.shop.zone();
    let (store, ledger) = (desk.store, material.ledger.as_ref());
    let end = material.week.end(&zone);
    let of_the_week = if end > desk.now {
        Answers::now(store, shop, ledger).await?
    } else {
        Answers::at(store, shop, ledger, last_moment(end)).await?
    };
    let end_before = material.week.start(&zone);
    let before = Answers::at(store, shop, ledger, last_moment(end_before)).await?;
    Ok([of_the_week, before])
}

/// Whether any item was approved at the end of the week; of a week that runs, now.
async fn had_approved(
    desk: Desk<'_>,
    shop: &ShopId,
    material: &Material,
) -> Result<bool, InsightError> {
    let end = material.week.end(&material.searchable.shop.zone());
    let at = last_moment(end).min(desk.now);
    Ok(desk.store.had_approved_knowledge(shop, at).await?)
}

/// The last moment before `end`.
fn last_moment(end: Timestamp) -> Timestamp {
    end.checked_sub(1.millisecond()).unwrap_or(end)
}

async fn gather(
    desk: Desk<'_>,
    shop: &ShopId,
    week: Week,
) -> Result<(Stamp, Material), InsightError> {
    let searchable = desk.catalog.searchable(shop)?;
    let zone = searchable.shop.zone();
    let now = period(week, &zone);
    let before = period(week.plus(-1), &zone);
    let policy = desk.store.policy(shop).await?;
    let ledger = desk.listening.ledger(shop).await?;
    let waiting = if now.until > desk.now {
        waiting(desk.store, shop, &ledger).await?
    } else {
        waiting_at(desk.store, shop, &ledger, last_moment(now.until)).await?
    };
    let previous = previous(desk, shop, (week.plus(-1), &zone)).await?;
    let revisions = desk.store.shop_revisions().await?;
    let revision = revisions.iter().find(|revision| revision.shop == *shop);
    let inputs = Inputs {
        suggestions: [
            outcomes::totals(desk, shop, now).await?,
            outcomes::totals(desk, shop, before).await?,
        ],
        uses: outcomes::uses(desk, shop, now).await?,
        actions: desk.store.actions(shop, before).await?,
        waiting,
        knowledge: revision.map_or(0, |revision| revision.knowledge),
        previous,
        ..Inputs::default()
    };
    let stamp = Stamp::new(&ledger, &searchable, (policy.0, now.until), inputs.clone());
    let material = Material {
        searchable,
        policy,
        inputs,
        answers: Default::default(),
        had_approved: false,
        ledger,
        week,
        now: desk.now,
    };
    Ok((stamp, material))
}

/// What is read of a kept report where its totals alone are wanted.
#[derive(Deserialize)]
struct KeptTotals {
    totals: Totals,
}

/// The totals that the latest report of a week says, with its revision; `None`
/// where none is kept, or it has no longer all that was asked.
async fn previous(
    desk: Desk<'_>,
    shop: &ShopId,
    (week, zone): (Week, &TimeZone),
) -> Result<Option<(u32, Totals)>, InsightError> {
    let Some(kept) = desk.store.weekly_report(shop, week, None).await? else {
        return Ok(None);
    };
    let figures = desk.figures.of(shop);
    if fingerprint_of(desk, shop, &figures, (week, zone)).await? != kept.fingerprint {
        return Ok(None);
    }
    let KeptTotals { totals } = serde_json::from_str(&kept.body).map_err(broken)?;
    Ok(Some((kept.revision, totals)))
}

fn count(material: &Material) -> WeeklyReport {
    let sources = Sources {
        shop: &material.searchable.shop,
        ledger: &material.ledger,
        labels: Labels::of(&material.searchable),
        policy: (material.policy.0, &material.policy.1),
        suggestions: material.inputs.suggestions,
        uses: &material.inputs.uses,
        answers: material.answers.each_ref(),
        waiting: &material.inputs.waiting,
        actions: &material.inputs.actions,
        had_approved: material.had_approved,
        previous: material.inputs.previous,
        now: material.now,
    };
    report(material.week, &sources)
}

fn broken(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> InsightError {
    InsightError::Broken(error.into())
}

fn parse(body: &str) -> Result<WeeklyReport, InsightError> {
    let report: WeeklyReport = serde_json::from_str(body).map_err(broken)?;
    // One that was kept when late messages alone made another.
    let cause = report.cause.unwrap_or(if report.revision > 1 {
        Cause::QuestionsChanged
    } else {
        Cause::FirstAsked
    });
    let report = WeeklyReport {
        cause: Some(cause),
        ..report
    };
    // One that was kept when every count was shown.
    Ok(report.without_few())
}

/// The last days as a period that ends now.
pub fn last_days(days: i64, now: Timestamp) -> Period {
    Period {
        from: now
            .checked_sub((24 * days).hours())
            .unwrap_or(Timestamp::MIN),
        // What came this moment is in it.
        until: now + 1.millisecond(),
    }
}
