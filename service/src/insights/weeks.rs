//! The weeks that questions were asked in.

use std::collections::HashSet;
use std::sync::Arc;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::report::{Desk, InsightError};
use super::stamp::{Inputs, Stamp};
use super::tally::count;
use crate::domain::ids::ShopId;
use crate::domain::week::Week;
use crate::listening::{Ledger, Name};

/// How much was asked in a week.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WeekFigures {
    /// The week.
    pub week: Week,
    /// Questions.
    pub questions: u32,
    /// Distinct buyers.
    pub buyers: u32,
}

/// The weeks of a shop from its first question to the running one, newest
/// first; weeks in which nothing was asked are left out, the running one is not.
///
/// # Errors
/// When the shop cannot be read, or too much is being counted already.
pub async fn weeks(desk: Desk<'_>, shop: &ShopId) -> Result<Arc<Vec<WeekFigures>>, InsightError> {
    let searchable = desk.catalog.searchable(shop)?;
    let zone = searchable.shop.zone();
    let running = Week::of(desk.now, &zone);
    let figures = desk.figures.of(shop);
    let shelf = &figures.weeks;
    let mut turn = None;
    loop {
        let ledger = desk.listening.ledger(shop).await?;
        // By no policy: questions and buyers are counted as they are.
        let until = (0, running.end(&zone));
        let stamp = Stamp::new(&ledger, &searchable, until, Inputs::default());
        if let Some(found) = shelf.find(&(), &stamp, desk.freshness) {
            return Ok(found);
        }
        let Some(turn) = turn.take() else {
            turn = Some(shelf.turn().await);
            continue;
        };
        let work = move || weeks_of(&ledger, &zone, running);
        return shelf.fill(desk.figures, turn, ((), stamp), work).await;
    }
}

fn weeks_of(ledger: &Ledger, zone: &TimeZone, running: Week) -> Vec<WeekFigures> {
    let end_ms = running.end(zone).as_millisecond();
    let facts = || ledger.all().filter(|fact| fact.at_ms < end_ms);
    let first_ms = facts().map(|fact| fact.at_ms).min();
    let first = first_ms
        .and_then(|first_ms| Timestamp::from_millisecond(first_ms).ok())
        .map_or(running, |first| Week::of(first, zone));
    // Calendars are slow: each week is looked up once, not each question.
    let mut weeks = Vec::new();
    let mut starts_ms = Vec::new();
    let mut week = first;
    while week <= running {
        weeks.push(week);
        starts_ms.push(week.start(zone).as_millisecond());
        week = week.plus(1);
    }
    let mut found: Vec<(u32, HashSet<Name>)> = vec![Default::default(); weeks.len()];
    for fact in facts() {
        let after = starts_ms.partition_point(|start| *start <= fact.at_ms);
        let place = after.checked_sub(1);
        if let Some(entry) = place.and_then(|place| found.get_mut(place)) {
            entry.0 += 1;
            entry.1.insert(fact.buyer);
        }
    }
    let lines = weeks
        .into_iter()
        .zip(found)
        .map(|(week, (questions, buyers))| WeekFigures {
            week,
            questions,
            buyers: count(&buyers),
        });
    let mut lines: Vec<WeekFigures> = lines
        .filter(|line| line.questions > 0 || line.week == running)
        .collect();
    lines.reverse();
    lines
}

#[cfg(test)]
mod tests {
    use super::super::samples::{Asked, NOW, ledger};
    use super::*;

    #[test]
    fn weeks_without_questions_are_left_out_but_the_running_one_stays() {
        let zone = TimeZone::get("Asia/Shanghai").expect("bundled");
        let asked = |days_ago, buyers| Asked {
            cluster: "尺寸",
            days_ago,
            buyers,
        };
        let now = NOW.parse().expect("a time");
        let lines = |asked: &[Asked]| -> Vec<(String, u32, u32)> {
            weeks_of(&ledger(asked), &zone, Week::of(now, &zone))
                .into_iter()
                .map(|line| (line.week.to_string(), line.questions, line.buyers))
                .collect()
        };
        assert_eq!(
            lines(&[asked(1, 2), asked(2, 3), asked(17, 1)]),
            [("2026-W47".to_owned(), 5, 5), ("2026-W45".to_owned(), 1, 1)]
        );
        assert_eq!(lines(&[]), [("2026-W47".to_owned(), 0, 0)]);
    }
}
