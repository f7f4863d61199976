//! A week at a glance: its report, its days and hours, its alarms, and how
//! much waits in the queues.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

use super::answers::Answers;
use super::figures::{Figures, rounded_up};
use super::labels::Labels;
use super::quotable::Quotable;
use super::report::{Desk, InsightError, weekly};
use super::stamp::{Inputs, Stamp};
use super::standing::{Standing, standing};
use super::surges::{Jump, jumps};
use super::tally::count;
use super::weekly::{median_seconds, period};
use crate::catalog::Searchable;
use crate::domain::ids::{ClusterId, ShopId};
use crate::domain::insights::{AnswerState, QuestionLine, Trend, WeeklyReport};
use crate::domain::week::Week;
use crate::listening::{Fact, Ledger, Name};

/// Lines of what rises and what is new.
pub const MOST_LINES: usize = 5;

/// Days before the week that its course begins with.
const DAYS_BEFORE: i64 = 21;

/// A week at a glance.
#[derive(Debug, Clone, PartialEq)]
pub struct Overview {
    /// The week's report: its totals and those of the week before, the policy
    /// that made them, and every section. Its `made_at` says how old it is.
    pub report: Arc<WeeklyReport>,
    /// Its days, hours, agents and alarms.
    pub rhythm: Arc<Rhythm>,
    /// The first questions that more buyers ask. Of a week that runs: of the last
    /// seven days against the seven before, since half a week is no less than a whole one.
    pub rising: Vec<QuestionLine>,
    /// The first questions that were never asked before, of the same days.
    pub new: Vec<QuestionLine>,
    /// Questions that wait for somebody to write an answer, now.
    pub gaps: usize,
    /// Answers of agents that wait for approval, now.
    pub proposals: usize,
    /// The recurring questions, now.
    pub standing: Arc<Standing>,
}

impl Overview {
    /// Where a question stands with its answer, now; `None` where nobody asked
    /// it in eight weeks.
    pub fn answer_state(&self, cluster: ClusterId) -> Option<AnswerState> {
        let row = self.standing.row(cluster)?;
        Some(row.view.line.answer_state())
    }
}

/// A week's days and hours. All of it is of questions; none of it tells of buyers' words.
#[derive(Debug, PartialEq)]
pub struct Rhythm {
    /// When it was counted.
    pub counted_at: Timestamp,
    /// Each day of four weeks in the shop's time zone, the last of which is this one.
    pub days: Vec<DayFigures>,
    /// Questions of the week by the hour of the day in the shop's time zone.
    pub hours: [u32; 24],
    /// The load of each agent that messages name, most replies first; empty
    /// where they name none.
    pub agents: Vec<AgentLoad>,
    /// Questions of the week that a human replied to, named or not.
    pub replies: u32,
    /// Questions that jumped, by day, each once, at its first jump of the week.
    pub alarms: Vec<Alarm>,
}

/// What was asked on a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DayFigures {
    /// The day.
    pub day: Date,
    /// Questions.
    pub questions: u32,
    /// Distinct buyers.
    pub buyers: u32,
    /// Questions that a human replied to.
    pub answered: u32,
}

/// An agent's week, as far as first replies to questions tell.
#[derive(Debug, Clone, PartialEq)]
pub struct AgentLoad {
    /// The agent, as the messages call them.
    pub agent: String,
    /// Questions they were the first to reply to.
    pub replies: u32,
    /// Conversations of these.
    pub conversations: u32,
    /// Clock hours of the week with at least one of these questions.
    pub hours: u32,
    /// Conversations in such an hour, in the mean.
    pub conversations_per_hour: f64,
    /// Conversations in their busiest hour.
    pub busiest_hour: u32,
    /// Median seconds from a question to their reply.
    pub median_reply_seconds: Option<u32>,
}

/// A question that jumped.
#[derive(Debug, Clone, PartialEq)]
pub struct Alarm {
    /// The day in the shop's time zone at the end of which, or now, it had jumped.
    pub on: Date,
    /// The question with its buyers of 24 hours.
    pub jump: Jump,
}

/// A week at a glance.
///
/// # Errors
/// When the week has not begun, or the shop cannot be read.
pub async fn overview(desk: Desk<'_>, shop: &ShopId, week: Week) -> Result<Overview, InsightError> {
    let report = weekly(desk, shop, week, None).await?;
    let rhythm = rhythm(desk, shop, week).await?;
    let standing = standing(desk, shop).await?;
    let views = || standing.rows.iter().map(|row| &row.view);
    let proposals = views().filter(|view| view.has_proposals());
    let of = |lines: &[QuestionLine], trend| {
        if report.has_ended {
            lines.iter().take(MOST_LINES).cloned().collect()
        } else {
            first_of(&standing, trend, report.policy.smallest_group)
        }
    };
    Ok(Overview {
        rising: of(&report.rising, Trend::Rising),
        new: of(&report.new, Trend::New),
        gaps: views().filter(|view| view.is_gap()).count(),
        proposals: proposals.map(|view| view.line.proposals as usize).sum(),
        report,
        rhythm,
        standing,
    })
}

/// The first questions of the last seven days that move so.
fn first_of(standing: &Standing, trend: Trend, smallest_group: u32) -> Vec<QuestionLine> {
    let views = standing.rows.iter().map(|row| &row.view);
    let mut lines: Vec<&QuestionLine> = views
        .filter(|view| !view.cluster.is_muted && view.line.trend == Some(trend))
        .map(|view| &view.line)
        .collect();
    lines.sort_by_key(|line| std::cmp::Reverse(line.buyers.at_least()));
    let mut lines: Vec<QuestionLine> = lines.into_iter().take(MOST_LINES).cloned().collect();
    for line in &mut lines {
        line.hide_few(smallest_group);
    }
    lines
}

/// What is counted, owned: it travels to another thread.
struct Material {
    searchable: Searchable,
    answers: Answers,
    smallest_group: u32,
    ledger: Arc<Ledger>,
    week: Week,
    until: Timestamp,
    now: Timestamp,
}

/// A week's days and hours.
///
/// # Errors
/// When the shop cannot be read, or too much is being counted already.
pub async fn rhythm(
    desk: Desk<'_>,
    shop: &ShopId,
    week: Week,
) -> Result<Arc<Rhythm>, InsightError> {
    let figures = desk.figures.of(shop);
    let shelf = &figures.rhythms;
    let mut turn = None;
    loop {
        let searchable = desk.catalog.searchable(shop)?;
        let (version, policy) = desk.store.policy(shop).await?;
        let ledger = desk.listening.ledger(shop).await?;
        let end = week.end(&searchable.shop.zone());
        let until = rounded_up(desk.now).min(end);
        let stamp = Stamp::new(&ledger, &searchable, (version, until), Inputs::default());
        if let Some(found) = shelf.find(&week, &stamp, desk.freshness) {
            return Ok(found);
        }
        let Some(turn) = turn.take() else {
            turn = Some(shelf.turn().await);
            continue;
        };
        let material = Material {
            answers: Answers::now(desk.store, shop, &ledger).await?,
            searchable,
            smallest_group: policy.smallest_group,
            ledger,
            week,
            until,
            now: desk.now,
        };
        let work = move || beat(&material);
        return shelf.fill(desk.figures, turn, (week, stamp), work).await;
    }
}

/// How many alarms a week had when its days and hours were last counted, whenever
/// that was; `None` where they were not.
pub fn alarms_counted(figures: &Figures, shop: &ShopId, week: Week) -> Option<usize> {
    let counted = figures.of(shop).rhythms.last(|kept| *kept == week);
    counted.map(|(_, rhythm)| rhythm.alarms.len())
}

fn beat(material: &Material) -> Rhythm {
    let zone = material.searchable.shop.zone();
    let ledger = material.ledger.as_ref();
    let mut hours = [0; 24];
    for fact in ledger.questions(period(material.week, &zone)) {
        if let Some(hour) = hour_of(fact, &zone).and_then(|hour| hours.get_mut(hour)) {
            *hour += 1;
        }
    }
    Rhythm {
        counted_at: material.now,
        days: days(ledger, material.week, &zone),
        hours,
        agents: agents(ledger, material.week, &zone),
        replies: replies(ledger, material.week, &zone),
        alarms: alarms(material, &zone),
    }
}

fn hour_of(fact: &Fact, zone: &TimeZone) -> Option<usize> {
    let at = Timestamp::from_millisecond(fact.at_ms).ok()?;
    usize::try_from(zone.to_datetime(at).hour()).ok()
}

fn days(ledger: &Ledger, week: Week, zone: &TimeZone) -> Vec<DayFigures> {
    let first = week.monday().saturating_sub(DAYS_BEFORE.days());
    let days: Vec<Date> = (0..DAYS_BEFORE + 7)
        .map(|ahead| first.saturating_add(ahead.days()))
        .collect();
    let start = |day: &Date| start_of(*day, zone).map_or(i64::MAX, Timestamp::as_millisecond);
    let starts_ms: Vec<i64> = days.iter().map(start).collect();
    let end_ms = week.end(zone).as_millisecond();
    let mut found: Vec<(u32, HashSet<Name>, u32)> = vec![Default::default(); days.len()];
    for fact in ledger.all().filter(|fact| fact.at_ms < end_ms) {
        let after = starts_ms.partition_point(|start| *start <= fact.at_ms);
        let Some(day) = after.checked_sub(1).and_then(|place| found.get_mut(place)) else {
            continue;
        };
        day.0 += 1;
        day.1.insert(fact.buyer);
        day.2 += u32::from(fact.reply_ms.is_some());
    }
    days.into_iter()
        .zip(found)
        .map(|(day, (questions, buyers, answered))| DayFigures {
            day,
            questions,
            buyers: count(&buyers),
            answered,
        })
        .collect()
}

fn start_of(day: Date, zone: &TimeZone) -> Option<Timestamp> {
    let start = day.to_zoned(zone.clone()).ok()?;
    Some(start.timestamp())
}

#[derive(Default)]
struct Replies {
    replies_ms: Vec<i64>,
    conversations: HashSet<Name>,
    by_hour: HashMap<i64, HashSet<Name>>,
}

/// The hour is that of the question: when the reply came is not known to the hour.
fn agents(ledger: &Ledger, week: Week, zone: &TimeZone) -> Vec<AgentLoad> {
    const HOUR_MS: i64 = 3_600_000;
    let mut found: HashMap<Name, Replies> = HashMap::new();
    for fact in ledger.questions(period(week, zone)) {
        if let (Some(agent), Some(reply_ms)) = (fact.agent, fact.reply_ms) {
            let replies = found.entry(agent).or_default();
            replies.replies_ms.push(reply_ms);
            replies.conversations.insert(fact.thread);
            let hour = fact.at_ms.div_euclid(HOUR_MS);
            replies.by_hour.entry(hour).or_default().insert(fact.thread);
        }
    }
    let mut loads: Vec<AgentLoad> = found
        .into_iter()
        .map(|(agent, mut replies)| {
            let hourly: Vec<u32> = replies.by_hour.values().map(count).collect();
            let hours = u32::try_from(hourly.len()).unwrap_or(u32::MAX);
            AgentLoad {
                agent: ledger.agents.get(agent).to_owned(),
                replies: u32::try_from(replies.replies_ms.len()).unwrap_or(u32::MAX),
                conversations: count(&replies.conversations),
                hours,
                conversations_per_hour: f64::from(hourly.iter().sum::<u32>()) / f64::from(hours),
                busiest_hour: hourly.into_iter().max().unwrap_or(0),
                median_reply_seconds: median_seconds(&mut replies.replies_ms),
            }
        })
        .collect();
    loads.sort_by(|left, right| {
        let by_replies = right.replies.cmp(&left.replies);
        by_replies.then_with(|| left.agent.cmp(&right.agent))
    });
    loads
}

fn replies(ledger: &Ledger, week: Week, zone: &TimeZone) -> u32 {
    let questions = ledger.questions(period(week, zone));
    let replied = questions.filter(|fact| fact.reply_ms.is_some());
    u32::try_from(replied.count()).unwrap_or(u32::MAX)
}

/// What had jumped at the end of each of the week's days.
fn alarms(material: &Material, zone: &TimeZone) -> Vec<Alarm> {
    let labels = Labels::of(&material.searchable);
    let quotable = Quotable::of(&material.ledger, &material.answers);
    let mut seen = HashSet::new();
    let mut alarms = Vec::new();
    for ahead in 0..7 {
        let day = material.week.monday().saturating_add(ahead.days());
        let next = day.saturating_add(1.days());
        if start_of(day, zone).is_none_or(|start| start >= material.until) {
            break;
        }
        // The last moment of the day, or of what has come of it.
        let end = start_of(next, zone).unwrap_or(material.until);
        let at = end.min(material.until) - 1.millisecond();
        let smallest_group = material.smallest_group;
        let found = jumps(&material.ledger, (&labels, &quotable), smallest_group, at);
        let news = found.into_iter().filter(|jump| seen.insert(jump.cluster));
        alarms.extend(news.map(|jump| Alarm { on: day, jump }));
    }
    alarms
}
