//! How a shop's recurring questions stand: counted in one go, and read by the
//! list, the table, the queues and the alarms.

use std::collections::HashMap;
use std::sync::Arc;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::answers::{Answers, Waiting, waiting};
use super::clusters::ClusterView;
use super::figures::rounded_up;
use super::labels::Labels;
use super::lines::Lines;
use super::outcomes;
use super::phrasings::{Offered, has_mark};
use super::quotable::{Asked, Quotable, asked};
use super::report::{Desk, InsightError, last_days};
use super::stamp::{Inputs, Stamp};
use super::tally::{Calendar, buyers_of_last_two, tally};
use crate::catalog::Searchable;
use crate::domain::ids::{ClusterId, ShopId};
use crate::domain::policy::ListeningPolicy;
use crate::listening::{Fact, Ledger};
use crate::store::AnswerUse;

/// Days that answers' use is counted over.
pub const USE_DAYS: i64 = 28;

/// Days of a row's course.
pub const DAYS: usize = 28;

/// Wordings of a question that its draft chooses from, and of which length.
const MOST_PHRASINGS: usize = 10;
const MOST_PHRASING_CHARACTERS: usize = 200;

/// Every recurring question of eight weeks.
#[derive(Debug, PartialEq)]
pub struct Standing {
    /// When it was counted: a caller content with [`super::figures::Freshness::Lately`] may
    /// be handed what is some seconds old.
    pub counted_at: Timestamp,
    /// The end of the last seven days, up to five minutes ahead.
    pub until: Timestamp,
    /// The version of the policy that it was counted by.
    pub policy_version: u32,
    /// The questions: pinned ones before all, then by buyers of the last seven
    /// days, most first.
    pub rows: Vec<Row>,
    /// How answers were taken in four weeks.
    pub uses: Arc<Vec<AnswerUse>>,
    places: HashMap<ClusterId, usize>,
}

/// A recurring question with what lists of them show.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// The question with its figures.
    pub view: ClusterView,
    /// Questions of each of the last 28 days in the shop's time zone, today last.
    pub by_day: [u32; DAYS],
    /// Its most common wordings in which nothing is masked, for the draft of an
    /// answer.
    pub phrasings: Vec<Offered>,
    /// Its label and key phrases in lower case, to search in.
    pub searched: String,
}

impl Standing {
    /// The row of a question; `None` where nobody asked it in eight weeks.
    pub fn row(&self, cluster: ClusterId) -> Option<&Row> {
        self.rows.get(*self.places.get(&cluster)?)
    }
}

/// What is counted, owned: it travels to another thread.
struct Material {
    searchable: Searchable,
    policy: (u32, ListeningPolicy),
    uses: Arc<Vec<AnswerUse>>,
    waiting: Waiting,
    ledger: Arc<Ledger>,
    until: Timestamp,
    now: Timestamp,
}

/// A shop's recurring questions as they stand.
///
/// # Errors
/// When the shop cannot be read, or too much is being counted already.
pub async fn standing(desk: Desk<'_>, shop: &ShopId) -> Result<Arc<Standing>, InsightError> {
    let figures = desk.figures.of(shop);
    let shelf = &figures.standing;
    let mut turn = None;
    loop {
        let (stamp, material) = gather(desk, shop).await?;
        if let Some(found) = shelf.find(&(), &stamp, desk.freshness) {
            return Ok(found);
        }
        // Looked at again after the wait: whoever had the turn before has
        // counted it, and what came meanwhile is counted with it.
        match turn {
            None => turn = Some(shelf.turn().await),
            Some(turn) => {
                let work = move || count(&material);
                return shelf.fill(desk.figures, turn, ((), stamp), work).await;
            }
        }
    }
}

async fn gather(desk: Desk<'_>, shop: &ShopId) -> Result<(Stamp, Material), InsightError> {
    let until = rounded_up(desk.now);
    let searchable = desk.catalog.searchable(shop)?;
    let policy = desk.store.policy(shop).await?;
    let uses = outcomes::uses(desk, shop, last_days(USE_DAYS, until)).await?;
    let ledger = desk.listening.ledger(shop).await?;
    let waiting = waiting(desk.store, shop, &ledger).await?;
    let inputs = Inputs {
        uses: Arc::clone(&uses),
        waiting: waiting.clone(),
        ..Inputs::default()
    };
    let stamp = Stamp::new(&ledger, &searchable, (policy.0, until), inputs);
    let material = Material {
        searchable,
        policy,
        uses,
        waiting,
        ledger,
        until,
        now: desk.now,
    };
    Ok((stamp, material))
}

fn count(material: &Material) -> Standing {
    let searchable = &material.searchable;
    let ledger = material.ledger.as_ref();
    let calendar = Calendar::rolling(material.until);
    let labels = Labels::of(searchable);
    let quotable = Quotable::default();
    let answers = Answers::default();
    let lines = Lines {
        ledger,
        quotable: &quotable,
        labels: &labels,
        // A supervisor works with every question, however few ask it.
        smallest_group: 1,
        false_discovery_rate: material.policy.1.false_discovery_rate,
        uses: &material.uses,
        answers: &answers,
        waiting: &material.waiting,
        buyers: buyers_of_last_two(ledger, &calendar),
        week_start_ms: calendar.last_start_ms(),
    };
    let figures = lines.figures(&tally(ledger, &calendar));
    let days = LastDays::until(material.now, &searchable.shop.zone());
    let mut by_day: HashMap<ClusterId, [u32; DAYS]> = HashMap::new();
    for fact in ledger.all() {
        if let Some(day) = days.place(fact)
            && let Some(cluster) = ledger.cluster_of(fact)
        {
            by_day.entry(cluster).or_insert([0; DAYS])[day] += 1;
        }
    }
    let mut phrasings = phrasings(ledger);
    let mut rows: Vec<Row> = figures
        .into_iter()
        .filter_map(|figures| {
            let cluster = ledger.cluster(figures.cluster)?.clone();
            let mut texts = figures.line.key_phrases.clone();
            texts.push(figures.line.label.clone());
            Some(Row {
                by_day: by_day.remove(&cluster.id).unwrap_or([0; DAYS]),
                phrasings: phrasings.remove(&cluster.id).unwrap_or_default(),
                searched: texts.join("\n").to_lowercase(),
                view: ClusterView {
                    cluster,
                    line: figures.line,
                    buyers_of_eight_weeks: figures.buyers_of_all,
                    first_asked_at: Timestamp::from_millisecond(figures.first_ms).ok(),
                    stage: figures.stage,
                    main_product: figures.main_product,
                },
            })
        })
        .collect();
    rows.sort_by_key(|row| !row.view.cluster.is_pinned);
    let ids = rows.iter().map(|row| row.view.cluster.id);
    Standing {
        counted_at: material.now,
        until: material.until,
        policy_version: material.policy.0,
        uses: Arc::clone(&material.uses),
        places: ids.zip(0..).collect(),
        rows,
    }
}

/// The first moments of the last days in a time zone.
pub struct LastDays {
    starts_ms: [i64; DAYS + 1],
}

impl LastDays {
    /// The days up to the one that holds `now`.
    pub fn until(now: Timestamp, zone: &TimeZone) -> Self {
        let today = zone.to_datetime(now).date();
        let start = |at: usize| {
            let ahead = at as i64 + 1 - DAYS as i64;
            let day = today.saturating_add(jiff::Span::new().days(ahead));
            let start = day.to_zoned(zone.clone());
            start.map_or(i64::MAX, |start| start.timestamp().as_millisecond())
        };
        Self {
            starts_ms: std::array::from_fn(start),
        }
    }

    /// The day of a question, the last being [`DAYS`] − 1; `None` where it is
    /// none of them.
    pub fn place(&self, fact: &Fact) -> Option<usize> {
        let after = self.starts_ms.partition_point(|start| *start <= fact.at_ms);
        (1..=DAYS).contains(&after).then(|| after - 1)
    }
}

/// The most common wordings of each cluster that nothing answers.
fn phrasings(ledger: &Ledger) -> HashMap<ClusterId, Vec<Offered>> {
    let mut found: HashMap<ClusterId, Vec<(Asked, &str)>> = HashMap::new();
    for (wording, asked) in ledger.wordings().iter().zip(asked(ledger)) {
        if let Some(cluster) = wording.cluster {
            let wordings = found.entry(cluster).or_default();
            wordings.push((asked, &wording.text));
        }
    }
    found.retain(|id, _| {
        let cluster = ledger.cluster(*id);
        cluster.is_some_and(|cluster| cluster.answered_by.is_none() && !cluster.is_muted)
    });
    found
        .into_iter()
        .map(|(cluster, mut wordings)| {
            wordings.sort_by(|(left, text), (right, other)| {
                let by_questions = right.questions.cmp(&left.questions);
                by_questions.then_with(|| text.cmp(other))
            });
            let offered = wordings.into_iter().map(|(asked, text)| Offered {
                text: line(text),
                is_by_several: asked.is_by_several,
            });
            let fit = offered.filter(|offered| is_phrasing(&offered.text));
            (cluster, fit.take(MOST_PHRASINGS + 1).collect())
        })
        .collect()
}

/// Whether a line could be a phrasing of an item.
pub(super) fn is_phrasing(line: &str) -> bool {
    line.chars().count() <= MOST_PHRASING_CHARACTERS && !has_mark(line)
}

/// A text as one line.
pub(super) fn line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
