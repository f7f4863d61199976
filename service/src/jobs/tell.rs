//! Tells outside systems what they want to know: the weekly digest when it is
//! due, and questions that jump.

use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use serde_json::json;
use tokio::sync::watch;

use super::JobError;
use crate::catalog::Catalog;
use crate::domain::causes::with_causes;
use crate::domain::ids::NoticeId;
use crate::domain::insights::WeeklyReport;
use crate::domain::push::{Notice, NoticeKind};
use crate::domain::shop::Shop;
use crate::domain::time::Clock;
use crate::domain::week::Week;
use crate::insights::figures::{Figures, Freshness};
use crate::insights::present::with_answers_of_now;
use crate::insights::report::{Desk, weekly};
use crate::insights::standing::standing;
use crate::insights::surges::{Jump, of_shop};
use crate::listening::Listening;
use crate::notices::Notices;
use crate::reports::{Surge, alarm, digest};
use crate::store::Store;

/// How often it is looked whether a digest is due.
const POLL: Duration = Duration::from_secs(20);

/// How often it is looked for questions that jump.
const LOOK_FOR_JUMPS_EVERY: Duration = Duration::from_secs(600);

/// Hours in which a question jumps.
const JUMP_HOURS: u32 = 24;

/// What telling needs.
pub struct Teller {
    /// Storage.
    pub store: Arc<dyn Store>,
    /// The shops' ledgers.
    pub listening: Arc<Listening>,
    /// The shops' names for things.
    pub catalog: Arc<Catalog>,
    /// Figures over the ledgers.
    pub figures: Arc<Figures>,
    /// Hands notices in.
    pub notices: Arc<Notices>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Answers below this confidence are not suggested.
    pub minimum_confidence: f32,
}

impl Teller {
    /// Tells until `stop` turns true.
    pub async fn run(self: Arc<Self>, mut stop: watch::Receiver<bool>) {
        let mut looked_at: Option<Instant> = None;
        loop {
            let looks = looked_at.is_none_or(|at| at.elapsed() >= LOOK_FOR_JUMPS_EVERY);
            if looks {
                looked_at = Some(Instant::now());
            }
            tokio::select! {
                told = self.tell_all(looks) => if let Err(error) = told {
                    let error = with_causes(error.as_ref());
                    tracing::error!(%error, "outside systems cannot be told");
                },
                _ = stop.changed() => return,
            }
            tokio::select! {
                () = tokio::time::sleep(POLL) => {}
                _ = stop.changed() => return,
            }
        }
    }

    async fn tell_all(&self, looks_for_jumps: bool) -> Result<(), JobError> {
        for shop in self.store.shops().await? {
            if self.store.pushes(&shop.id).await?.is_empty() {
                continue;
            }
            // Its index may be being built: it is told of later.
            if self.catalog.searchable(&shop.id).is_err() {
                continue;
            }
            let told = async {
                self.tell_weeks(&shop).await?;
                if looks_for_jumps {
                    self.tell_jumps(&shop).await?;
                }
                Ok::<(), JobError>(())
            };
            if let Err(error) = told.await {
                let error = with_causes(error.as_ref());
                tracing::error!(shop = %shop.id, %error, "outside systems of a shop cannot be told");
            }
        }
        Ok(())
    }

    async fn tell_weeks(&self, shop: &Shop) -> Result<(), JobError> {
        for (week, targets) in self.notices.weekly_due(shop).await? {
            let report = weekly(self.desk(), &shop.id, week, None).await?;
            // What was approved since the week's end is missing no more.
            let standing = standing(self.desk(), &shop.id).await?;
            let report = with_answers_of_now(&report, &standing);
            let notice = weekly_notice(&report, self.clock.now())?;
            self.notices.send_to(&shop.id, &notice, &targets).await?;
        }
        Ok(())
    }

    async fn tell_jumps(&self, shop: &Shop) -> Result<(), JobError> {
        let now = self.clock.now();
        for jump in of_shop(self.desk(), &shop.id).await? {
            let notice = jump_notice(shop, &jump, now)?;
            self.notices.send(&shop.id, &notice).await?;
        }
        Ok(())
    }

    fn desk(&self) -> Desk<'_> {
        Desk {
            store: self.store.as_ref(),
            listening: &self.listening,
            catalog: &self.catalog,
            figures: &self.figures,
            freshness: Freshness::Now,
            minimum_confidence: self.minimum_confidence,
            now: self.clock.now(),
        }
    }
}

/// The digest of a week: one a week, whichever revision it was of, with the
/// answers of the moment that it is sent.
fn weekly_notice(report: &WeeklyReport, now: Timestamp) -> Result<Notice, JobError> {
    let digest = digest(report, report.locale);
    Ok(Notice {
        id: notice_id(&format!("weekly-{}", report.week))?,
        kind: NoticeKind::Weekly,
        title: digest.title,
        lines: digest.lines,
        locale: report.locale,
        url: None,
        data: serde_json::to_value(report)?,
        week: Some(report.week),
        at: now,
    })
}

/// An alarm: one a question and week, so that a question that goes on jumping
/// is told of once.
fn jump_notice(shop: &Shop, jump: &Jump, now: Timestamp) -> Result<Notice, JobError> {
    let surge = Surge {
        label: jump.label.clone(),
        product: jump.product.clone(),
        hours: JUMP_HOURS,
        buyers: jump.buyers,
        usual: jump.usual,
        is_answered: jump.is_answered,
    };
    let text = alarm(&surge, shop.locale);
    let week = Week::of(now, &shop.zone());
    Ok(Notice {
        id: notice_id(&format!("alarm-{week}-{}", jump.cluster))?,
        kind: NoticeKind::Alarm,
        title: text.title,
        lines: text.lines,
        locale: shop.locale,
        url: None,
        data: json!({
            "cluster": jump.cluster.to_string(),
            "label": jump.label,
            "product": jump.product,
            "hours": JUMP_HOURS,
            "buyers": jump.buyers,
            "usual": jump.usual,
            "is_answered": jump.is_answered,
        }),
        week: None,
        at: now,
    })
}

fn notice_id(text: &str) -> Result<NoticeId, JobError> {
    NoticeId::parse(text).map_err(|fault| fault.to_string().into())
}
