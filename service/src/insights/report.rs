//! A week's report as it is asked for: kept once the week is over, so that it
//! says the same whenever it is asked for; late messages make a new revision.

use std::sync::Arc;

use jiff::{Timestamp, ToSpan};
use tokio::task::spawn_blocking;

use super::labels::Labels;
use super::weekly::{Sources, fingerprint, period, report};
use crate::catalog::{Catalog, CatalogError, Searchable};
use crate::domain::fault::{Fault, FieldError};
use crate::domain::ids::ShopId;
use crate::domain::insights::WeeklyReport;
use crate::domain::policy::ListeningPolicy;
use crate::domain::queue::Action;
use crate::domain::week::Week;
use crate::listening::{Ledger, Listening, read};
use crate::store::{AnswerUse, KeptReport, Period, Store, StoreError, SuggestionTotals};

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
    /// A kept report cannot be read, or counting panicked.
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
    /// The time.
    pub now: Timestamp,
}

/// A week's report: the revision asked for, else as it stands.
///
/// # Errors
/// When the week has not begun, there is no such revision, or the store fails.
pub async fn weekly(
    desk: Desk<'_>,
    shop: &ShopId,
    week: Week,
    revision: Option<u32>,
) -> Result<WeeklyReport, InsightError> {
    if let Some(revision) = revision {
        let kept = desk.store.weekly_report(shop, week, Some(revision)).await?;
        let kept = kept.ok_or(StoreError::NotFound {
            what: "revision of the report",
        })?;
        return parse(&kept.body);
    }
    let searchable = desk.catalog.searchable(shop)?;
    let zone = searchable.shop.zone();
    if week.start(&zone) > desk.now {
        let expected = "a week that has begun".to_owned();
        let fault = Fault::Malformed { expected };
        return Err(InsightError::Invalid(vec![FieldError::new("week", fault)]));
    }
    let ledger = desk.listening.ledger(shop).await?;
    let has_ended = week.end(&zone) <= desk.now;
    let kept = desk.store.weekly_report(shop, week, None).await?;
    let counted = Arc::clone(&ledger);
    let fingerprint = aside(move || fingerprint(&read(&counted), week, &zone)).await?;
    if let Some(kept) = &kept
        && has_ended
        && kept.fingerprint == fingerprint
    {
        return parse(&kept.body);
    }
    let mut made = count(desk, searchable, ledger, week).await?;
    if !has_ended {
        return Ok(made);
    }
    made.revision = kept.map_or(0, |kept| kept.revision) + 1;
    keep(desk, shop, made, fingerprint).await
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
    suggestions: [SuggestionTotals; 2],
    uses: Vec<AnswerUse>,
    actions: Vec<Action>,
    now: Timestamp,
}

async fn count(
    desk: Desk<'_>,
    searchable: Searchable,
    ledger: Arc<std::sync::RwLock<Ledger>>,
    week: Week,
) -> Result<WeeklyReport, InsightError> {
    let shop = searchable.shop.id.clone();
    let zone = searchable.shop.zone();
    let now = period(week, &zone);
    let before = period(week.plus(-1), &zone);
    let material = Material {
        policy: desk.store.policy(&shop).await?,
        suggestions: [
            desk.store.suggestion_totals(&shop, now).await?,
            desk.store.suggestion_totals(&shop, before).await?,
        ],
        uses: desk.store.answer_uses(&shop, now).await?,
        actions: desk.store.actions(&shop, before).await?,
        searchable,
        now: desk.now,
    };
    aside(move || {
        let ledger = read(&ledger);
        let searchable = &material.searchable;
        let sources = Sources {
            shop: &searchable.shop,
            ledger: &ledger,
            labels: Labels {
                locale: searchable.shop.locale,
                intents: searchable.language.intents(),
                terminology: &searchable.terminology,
            },
            policy: (material.policy.0, &material.policy.1),
            suggestions: material.suggestions,
            uses: &material.uses,
            actions: &material.actions,
            now: material.now,
        };
        report(week, &sources)
    })
    .await
}

/// Computes on a thread of its own: a year of questions takes tens of milliseconds.
pub(super) async fn aside<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, InsightError> {
    spawn_blocking(work).await.map_err(broken)
}

fn broken(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> InsightError {
    InsightError::Broken(error.into())
}

fn parse(body: &str) -> Result<WeeklyReport, InsightError> {
    serde_json::from_str(body).map_err(broken)
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
