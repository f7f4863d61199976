//! `/insights`: the weeks with their reports, and the feeds.

use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;

use super::console::{Frame, Room, Visit};
use super::overview_page::{asked_week, number};
use super::page;
use super::weekly_page::may_revise;
use crate::auth::ReadingInsights;
use crate::domain::fault::{Fault, FieldError};
use crate::domain::insights::{ActionLine, FeedEntry, QuestionLine, Share, WeeklyReport};
use crate::domain::week::Week;
use crate::error::ApiError;
use crate::insights::feeds::{Feed, entries};
use crate::insights::report::weekly;
use crate::insights::weeks::{WeekFigures, weeks};
use crate::reports::{
    Figure, Section, Value, Words, caution, change, figures, line_change, part_change, summary,
};
use crate::state::AppState;

/// Weeks on a page.
const WEEKS: usize = 50;

/// Questions of a section that the page shows; the files have all.
const MOST_LINES: usize = 10;

/// Entries of a feed that the page shows.
const MOST_ENTRIES: usize = 10;

/// Earlier revisions of a report that are offered.
const MOST_REVISIONS: u32 = 10;

#[derive(Template)]
#[template(path = "insights.html")]
struct ListPage {
    frame: Frame,
    weeks: Vec<WeekRow>,
    /// The address of the part before; empty on the first.
    newer: String,
    /// The address of the part after; empty on the last.
    older: String,
}

struct WeekRow {
    id: String,
    period: String,
    is_running: bool,
    questions: String,
    buyers: String,
    /// The questions of the busiest week shown that this one has, in percent.
    bar: String,
}

/// `GET /insights`: the weeks that have questions, newest first.
///
/// # Errors
/// When the shop cannot be read.
pub async fn list(
    visit: Visit<ReadingInsights>,
    state: web::Data<AppState>,
) -> Result<HttpResponse, ApiError> {
    let frame = visit.frame(&state, Room::Insights).await?;
    let desk = state.desk().lately();
    let running = Week::of(desk.now, &frame.shop.zone());
    let found = weeks(desk, visit.visitor.shop()).await?;
    let from = visit.query.get("from").parse::<usize>().unwrap_or(0);
    let from = from.min(found.len().saturating_sub(1));
    let at = |from: usize| match from {
        0 => "/insights".to_owned(),
        from => format!("/insights?from={from}"),
    };
    let end = from + WEEKS;
    let list = ListPage {
        weeks: week_rows(&found[from..end.min(found.len())], running, &frame),
        newer: if from == 0 {
            String::new()
        } else {
            at(from.saturating_sub(WEEKS))
        },
        older: if end < found.len() {
            at(end)
        } else {
            String::new()
        },
        frame,
    };
    page(&list, visit.language)
}

fn week_rows(weeks: &[WeekFigures], running: Week, frame: &Frame) -> Vec<WeekRow> {
    let words = Words(frame.language.0);
    let most = weeks.iter().map(|week| week.questions).max().unwrap_or(0);
    weeks
        .iter()
        .map(|line| WeekRow {
            id: line.week.to_string(),
            period: period(line.week, words),
            is_running: line.week == running,
            questions: number(line.questions),
            buyers: number(line.buyers),
            bar: percent(line.questions, most),
        })
        .collect()
}

fn period(week: Week, words: Words) -> String {
    format!("{}–{}", words.day(week.monday()), words.day(week.sunday()))
}

fn percent(part: u32, whole: u32) -> String {
    format!("{:.1}", 100.0 * f64::from(part) / f64::from(whole.max(1)))
}

#[derive(Template)]
#[template(path = "insights_week.html")]
struct WeekPage {
    frame: Frame,
    id: String,
    period: String,
    /// How often it was counted, and when.
    counted: String,
    is_running: bool,
    previous: String,
    /// Empty where the week runs.
    next: String,
    summary: String,
    caution: String,
    figures: Vec<FigureView>,
    sections: Vec<SectionView>,
    shares: Vec<ShareTable>,
    actions: Vec<ActionRow>,
    /// The weeks whose buyers are compared there.
    compared: (String, String),
    policy: Vec<String>,
    revision: u32,
    /// Other revisions, the latest first.
    revisions: Vec<u32>,
    /// Whether the person may make another.
    may_revise: bool,
}

struct FigureView {
    figure: Figure,
    now: String,
    before: String,
}

struct SectionView {
    id: &'static str,
    title: &'static str,
    purpose: &'static str,
    empty: String,
    total: usize,
    lines: Vec<Line>,
}

struct Line {
    cluster: String,
    label: String,
    intent: String,
    products: Vec<String>,
    quotes: Vec<String>,
    buyers: String,
    previous: String,
    change: String,
    trend: &'static str,
    answered: String,
    used: String,
    /// What is said of a missing answer; empty where an item answers.
    lacking: &'static str,
}

/// What was changed because of a question, and who asked it before and now.
struct ActionRow {
    cluster: String,
    label: String,
    kind: String,
    note: String,
    on: String,
    before: String,
    now: String,
    change: String,
}

struct ShareTable {
    title: &'static str,
    rows: Vec<ShareRow>,
    /// What is in no row; empty where nothing is missing.
    left_out: String,
}

struct ShareRow {
    label: String,
    questions: String,
    buyers: String,
    share: String,
    change: String,
}

/// `GET /insights/{week}`: the week's report, its questions as links.
///
/// # Errors
/// When there is no such week or revision, or the shop cannot be read.
pub async fn week(
    visit: Visit<ReadingInsights>,
    state: web::Data<AppState>,
    path: web::Path<String>,
) -> Result<HttpResponse, ApiError> {
    let frame = visit.frame(&state, Room::Insights).await?;
    let desk = state.desk().lately();
    let week = asked_week(&path, &frame.shop.zone(), desk)?;
    let revision = revision(visit.query.get("revision"))?;
    let shop = visit.visitor.shop();
    let report = weekly(desk, shop, week, revision).await?;
    let latest = match revision {
        Some(_) => weekly(desk, shop, week, None).await?.revision,
        None => report.revision,
    };
    page(&of_report(frame, &report, latest), visit.language)
}

fn revision(text: &str) -> Result<Option<u32>, ApiError> {
    if text.is_empty() {
        return Ok(None);
    }
    text.parse().map(Some).map_err(|_| {
        let fault = Fault::malformed("整数", "a number");
        ApiError::field(FieldError::new("revision", fault))
    })
}

fn of_report(frame: Frame, report: &WeeklyReport, latest: u32) -> WeekPage {
    let words = Words(frame.language.0);
    let week = report.week;
    let figures = figures(report, words).into_iter().map(|figure| FigureView {
        now: figure.now.text(words),
        before: figure.before.text(words),
        figure,
    });
    let shares = [
        (words.say("按领域", "By domain"), &report.by_domain),
        (words.say("按商品", "By product"), &report.by_product),
        (words.say("按渠道", "By channel"), &report.by_channel),
    ];
    let revisions = (1..=latest)
        .rev()
        .filter(|revision| *revision != report.revision);
    WeekPage {
        id: week.to_string(),
        period: period(week, words),
        counted: words.state(report),
        is_running: !report.has_ended,
        previous: week.plus(-1).to_string(),
        next: if report.has_ended {
            week.plus(1).to_string()
        } else {
            String::new()
        },
        summary: summary(report, words),
        caution: caution(report, words).unwrap_or_default(),
        figures: figures.collect(),
        sections: Section::ALL
            .iter()
            .map(|section| of_section(*section, report, words))
            .collect(),
        shares: shares
            .into_iter()
            .filter(|(_, parts)| !parts.is_empty())
            .map(|(title, parts)| ShareTable {
                title,
                rows: of_shares(parts, report, words),
                left_out: words.left_out(parts, report).unwrap_or_default(),
            })
            .collect(),
        actions: report
            .actions
            .iter()
            .map(|action| of_action(action, words))
            .collect(),
        compared: words.compared_weeks(report),
        policy: words.policy(report),
        revision: report.revision,
        revisions: revisions.take(MOST_REVISIONS as usize).collect(),
        may_revise: report.revision > 0 && may_revise(frame.role),
        frame,
    }
}

fn of_section(section: Section, report: &WeeklyReport, words: Words) -> SectionView {
    let lines = section.lines(report);
    SectionView {
        id: section.id(),
        title: section.title(words),
        purpose: section.purpose(words),
        empty: section.empty(report, words),
        total: lines.len(),
        lines: lines
            .iter()
            .take(MOST_LINES)
            .map(|line| of_line(line, words))
            .collect(),
    }
}

fn of_line(line: &QuestionLine, words: Words) -> Line {
    let products = line.products.iter().take(2);
    Line {
        cluster: line.cluster.clone(),
        label: line.label.clone(),
        intent: words.intent(line).to_owned(),
        products: products.map(|product| product.label.clone()).collect(),
        quotes: line.words.iter().take(2).cloned().collect(),
        buyers: number(line.buyers),
        previous: number(line.previous_buyers),
        change: line_change(line).text(words),
        trend: words.trend(line.trend),
        answered: Value::Share(line.told(line.answered_share)).text(words),
        used: Value::Share(line.acceptance).text(words),
        lacking: words.lacking(line.answer_state()),
    }
}

fn of_action(action: &ActionLine, words: Words) -> ActionRow {
    ActionRow {
        cluster: action.cluster.clone(),
        label: action.label.clone(),
        kind: words.action(&action.kind).to_owned(),
        note: action.note.clone(),
        on: words.day(action.on),
        before: number(action.buyers_before),
        now: number(action.buyers_now),
        change: change(action.buyers_now, action.buyers_before).text(words),
    }
}

fn of_shares(parts: &[Share], report: &WeeklyReport, words: Words) -> Vec<ShareRow> {
    let total = report.totals.questions;
    let share = |part: u32| (total > 0).then(|| f64::from(part) / f64::from(total));
    // All of them: the last may be the rest, and together they are the whole.
    parts
        .iter()
        .map(|part| ShareRow {
            label: words.part(part).into_owned(),
            questions: number(part.questions),
            buyers: number(part.buyers),
            share: Value::Share(share(part.questions)).text(words),
            change: part_change(part, report).text(words),
        })
        .collect()
}

#[derive(Template)]
#[template(path = "insights_feeds.html")]
struct FeedsPage {
    frame: Frame,
    feeds: Vec<FeedView>,
    /// The service's own address, without a slash at its end.
    origin: String,
}

struct FeedView {
    name: &'static str,
    title: &'static str,
    purpose: &'static str,
    total: usize,
    entries: Vec<EntryView>,
}

struct EntryView {
    title: String,
    /// The week that it is of; empty where it names none.
    week: String,
    lines: Vec<String>,
    changed: String,
    /// The question that it is about; empty where it names none.
    cluster: String,
}

/// `GET /insights/feeds`: what is in each feed, and how to subscribe.
///
/// # Errors
/// When the shop cannot be read.
pub async fn feeds(
    visit: Visit<ReadingInsights>,
    state: web::Data<AppState>,
    request: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    let frame = visit.frame(&state, Room::Insights).await?;
    let desk = state.desk().lately();
    let mut feeds = Vec::new();
    for feed in Feed::ALL {
        let found = entries(desk, visit.visitor.shop(), feed).await?.entries;
        feeds.push(FeedView {
            name: feed.as_str(),
            title: feed.title(frame.language.0),
            purpose: purpose(feed, Words(frame.language.0)),
            total: found.len(),
            entries: found
                .iter()
                .take(MOST_ENTRIES)
                .map(|entry| of_entry(entry, &frame))
                .collect(),
        });
    }
    let connection = request.connection_info().clone();
    let public_url = state.settings.console.public_url.clone();
    let origin =
        public_url.unwrap_or_else(|| format!("{}://{}", connection.scheme(), connection.host()));
    let feeds = FeedsPage {
        frame,
        feeds,
        origin,
    };
    page(&feeds, visit.language)
}

fn purpose(feed: Feed, words: Words) -> &'static str {
    match feed {
        Feed::Operations => words.say(
            "哪些问题在上升、哪些是新的、哪些活动让人看不懂、哪些没人答得上。",
            "What is rising, what is new, which promotions confuse buyers, and what nobody can answer.",
        ),
        Feed::Design => words.say(
            "买家下单前还在问的：写进详情页，就不用再问。",
            "What buyers still ask before ordering: put it on the product page and they no longer have to.",
        ),
        Feed::Warehouse => words.say(
            "聊天里提到的包装、发货、快递和到货。",
            "What buyers say about packaging, shipping, couriers and deliveries.",
        ),
        Feed::Service => words.say(
            "还没有标准答案、客服各答各的问题。",
            "Questions without an approved answer, where every agent replies differently.",
        ),
    }
}

fn of_entry(entry: &FeedEntry, frame: &Frame) -> EntryView {
    let figure = |name: &str| {
        let text = entry.data.get(name).and_then(|value| value.as_str());
        text.unwrap_or("").to_owned()
    };
    let changed = entry.updated_at.to_zoned(frame.shop.zone());
    EntryView {
        title: entry.title.clone(),
        lines: entry.text.lines().map(str::to_owned).collect(),
        changed: changed.strftime("%m-%d %H:%M").to_string(),
        cluster: figure("cluster"),
        week: figure("week"),
    }
}
