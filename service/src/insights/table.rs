//! Recurring questions as a table: filtered, sorted, and cut into pages.

use std::cmp::Ordering;
use std::sync::Arc;

use super::report::{Desk, InsightError};
use super::standing::{Row, Standing, standing};
use crate::domain::ids::ShopId;
use crate::domain::insights::Trend;

/// What a table is sorted by; what is equal stands by buyers, then by id.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Column {
    /// As the standing has it: pinned ones first, then by buyers.
    #[default]
    Standing,
    /// How it reads.
    Label,
    /// Its intent, by name.
    Intent,
    /// Distinct buyers of the last seven days.
    Buyers,
    /// How many more these are than those of the seven days before.
    Change,
    /// Questions of the last seven days.
    Questions,
    /// The share of these that a human replied to; what nobody asked is last.
    AnsweredShare,
    /// The share of displayed suggestions that were used; none displayed is last.
    Acceptance,
    /// The share that was urgent.
    UrgentShare,
    /// Distinct buyers of eight weeks.
    BuyersOfEightWeeks,
}

/// In which direction.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Direction {
    /// The least first.
    Ascending,
    /// The most first.
    #[default]
    Descending,
}

/// Which questions.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum State {
    /// Those that are not muted.
    #[default]
    Standing,
    /// Those that an approved item answers.
    Answered,
    /// Those that somebody has to write an answer to.
    Unanswered,
    /// Those that agents' answers wait for approval of.
    WithCandidates,
    /// Those that are asked more than the seven days before, by more than chance.
    Rising,
    /// Those that were never asked before the last seven days.
    New,
    /// Muted ones, and only these.
    Muted,
}

/// Which part of a table; what is `None` filters nothing.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct TableQuery {
    /// Only of a state.
    pub state: State,
    /// Only of `product`, `process` or `warehouse`.
    pub domain: Option<String>,
    /// Only of this intent, by id.
    pub intent: Option<String>,
    /// Only asked about this product in the last seven days, by id.
    pub product: Option<String>,
    /// Only those whose label or key phrases hold this text.
    pub text: Option<String>,
    /// Sorted by.
    pub sort: (Column, Direction),
    /// Rows before the first that is shown.
    pub offset: usize,
    /// The most rows.
    pub limit: usize,
}

/// A page of a table.
pub struct TablePage {
    /// All recurring questions, with when they were counted and by which policy.
    pub standing: Arc<Standing>,
    /// How many rows the filters leave.
    pub total: usize,
    places: Vec<usize>,
}

/// A page of a shop's recurring questions.
///
/// # Errors
/// When the shop cannot be read.
pub async fn table(
    desk: Desk<'_>,
    shop: &ShopId,
    query: &TableQuery,
) -> Result<TablePage, InsightError> {
    let standing = standing(desk, shop).await?;
    let mut places = query.places(&standing.rows);
    let total = places.len();
    places.drain(..query.offset.min(total));
    places.truncate(query.limit);
    Ok(TablePage {
        standing,
        total,
        places,
    })
}

impl TablePage {
    /// Its rows.
    pub fn rows(&self) -> impl Iterator<Item = &Row> {
        let places = self.places.iter();
        places.filter_map(|place| self.standing.rows.get(*place))
    }
}

impl TableQuery {
    /// The places of the rows that it leaves, in its order.
    fn places(&self, rows: &[Row]) -> Vec<usize> {
        let text = self.text.as_ref().map(|text| text.trim().to_lowercase());
        let holds = |row: &Row| {
            let line = &row.view.line;
            let is = |wanted: &Option<String>, found: &Option<String>| {
                wanted.is_none() || wanted == found
            };
            let is_about = |id: &String| line.products.iter().any(|count| count.id == *id);
            self.state.holds(row)
                && is(&self.domain, &line.domain)
                && is(&self.intent, &line.intent)
                && self.product.as_ref().is_none_or(is_about)
                && text
                    .as_ref()
                    .is_none_or(|text| row.searched.contains(text.as_str()))
        };
        let mut places: Vec<usize> = (0..rows.len())
            .filter(|place| holds(&rows[*place]))
            .collect();
        let (column, direction) = self.sort;
        // Stable: what is equal stays by buyers.
        places.sort_by(|left, right| column.compare(&rows[*left], &rows[*right], direction));
        places
    }
}

impl State {
    fn holds(self, row: &Row) -> bool {
        let view = &row.view;
        let is_muted = view.cluster.is_muted;
        match self {
            Self::Standing => !is_muted,
            Self::Answered => view.is_answered(),
            Self::Unanswered => view.is_gap(),
            Self::WithCandidates => view.has_proposals(),
            Self::Rising => !is_muted && view.line.trend == Some(Trend::Rising),
            Self::New => !is_muted && view.line.trend == Some(Trend::New),
            Self::Muted => is_muted,
        }
    }
}

impl Column {
    fn compare(self, left: &Row, right: &Row, direction: Direction) -> Ordering {
        let (left, right) = (&left.view, &right.view);
        let change = |view: &super::clusters::ClusterView| {
            let (now, before) = (view.line.buyers, view.line.previous_buyers);
            i64::from(now.at_least()) - i64::from(before.at_least())
        };
        let ascending = match self {
            // As it stands, whichever direction.
            Self::Standing => return Ordering::Equal,
            Self::Label => left.line.label.cmp(&right.line.label),
            Self::Intent => left.line.intent_label.cmp(&right.line.intent_label),
            Self::Buyers => {
                let (left, right) = (left.line.buyers, right.line.buyers);
                left.at_least().cmp(&right.at_least())
            }
            Self::Change => change(left).cmp(&change(right)),
            Self::Questions => {
                let (left, right) = (left.line.questions, right.line.questions);
                left.at_least().cmp(&right.at_least())
            }
            Self::AnsweredShare => {
                let answered = |view: &super::clusters::ClusterView| {
                    (view.line.questions.at_least() > 0).then_some(view.line.answered_share)
                };
                return direction.of_shares(answered(left), answered(right));
            }
            Self::Acceptance => {
                return direction.of_shares(left.line.acceptance, right.line.acceptance);
            }
            Self::UrgentShare => left.line.urgent_share.total_cmp(&right.line.urgent_share),
            Self::BuyersOfEightWeeks => {
                left.buyers_of_eight_weeks.cmp(&right.buyers_of_eight_weeks)
            }
        };
        direction.of(ascending)
    }
}

impl Direction {
    fn of(self, ascending: Ordering) -> Ordering {
        match self {
            Self::Ascending => ascending,
            Self::Descending => ascending.reverse(),
        }
    }

    /// What has no share stands last in both directions.
    fn of_shares(self, left: Option<f64>, right: Option<f64>) -> Ordering {
        match (left, right) {
            (Some(left), Some(right)) => self.of(left.total_cmp(&right)),
            (left, right) => right.is_some().cmp(&left.is_some()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_no_share_is_last_in_both_directions() {
        for direction in [Direction::Ascending, Direction::Descending] {
            let mut shares = [None, Some(0.5), Some(0.1), None];
            shares.sort_by(|left, right| direction.of_shares(*left, *right));
            assert_eq!(shares[2..], [None, None]);
            assert_eq!(shares[0] < shares[1], direction == Direction::Ascending);
        }
    }
}
