//! `/`: the week at a glance. Every figure leads to its evidence.

use actix_web::{HttpResponse, web};
use askama::Template;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::chart::{Bar, bars, points};
use super::console::{Frame, Room, Visit};
use super::lists::minute;
use super::overview_tiles::{Tile, all_of, tiles};
use super::{page, see_other};
use crate::auth::{Anybody, Needs, ReadingInsights};
use crate::domain::fault::Locale;
use crate::domain::ids::ClusterId;
use crate::domain::insights::{AnswerState, QuestionLine};
use crate::domain::key::Scope;
use crate::domain::shown::Shown;
use crate::domain::week::Week;
use crate::error::ApiError;
use crate::insights::overview::{AgentLoad, Alarm, DayFigures, MOST_LINES, Overview, overview};
use crate::insights::report::Desk;
use crate::insights::surges::{FEWEST_DAYS, Jump, UNHEARD_OF, USUAL_DAYS};
use crate::insights::table::State;
use crate::reports::{Section, Value, Words, caution};
use crate::state::AppState;
use crate::store::KnowledgeFilter;

/// Conversations in an hour that make two hundred in a day of [`DAY_HOURS`]: a
/// state in which nobody sells. The page says both.
const CROWDED_HOUR: u32 = 25;

/// Hours of a day's work.
const DAY_HOURS: u32 = 8;

#[derive(Template)]
#[template(path = "overview.html")]
struct OverviewPage {
    frame: Frame,
    week: WeekView,
    /// Whether nothing was ever asked, as far as four weeks tell.
    is_fresh: bool,
    /// Whether the person may take the first steps.
    may_begin: bool,
    /// How many items there are, where the first steps are shown.
    items: u64,
    caution: String,
    tiles: Vec<Tile>,
    days: Vec<Column>,
    hours: Vec<Column>,
    most_a_day: String,
    /// Whether there was anything before to compare with.
    is_compared: bool,
    rising: Vec<LineView>,
    new: Vec<LineView>,
    alarms: Vec<AlarmView>,
    /// From when on a question is an alarm.
    surging: String,
    agents: Vec<AgentView>,
    /// Whether any agent replied, named or not.
    has_replies: bool,
    has_crowded: bool,
    /// The addresses of all that rises and of all that is new.
    all_rising: String,
    all_new: String,
    /// Which load is too much.
    crowding: String,
    /// Which policy all of it was counted by.
    policy: String,
    counted_at: String,
}

/// The week shown, and those beside it.
struct WeekView {
    id: String,
    /// `11月16日–11月22日`.
    period: String,
    is_running: bool,
    previous: String,
    /// Empty where the week runs.
    next: String,
}

/// A bar of a chart, and its row in the chart's table.
struct Column {
    bar: Bar,
    name: String,
    /// What stands below it; empty where nothing does.
    tick: String,
    /// The table's cells.
    questions: String,
    buyers: String,
    answered: String,
    /// `now` in the week shown, else `before`.
    shade: &'static str,
}

struct LineView {
    cluster: String,
    label: String,
    intent: String,
    buyers: String,
    previous: String,
    points: String,
    counts: String,
    /// What is said of a missing answer; empty where an item answers.
    lacking: &'static str,
}

struct AlarmView {
    day: String,
    cluster: String,
    label: String,
    product: String,
    /// How many ask it, and how many usually do.
    asked: String,
    /// What is said of a missing answer; empty where an item answers.
    lacking: &'static str,
}

struct AgentView {
    name: String,
    replies: String,
    conversations: String,
    hours: String,
    an_hour: String,
    busiest: String,
    reply: String,
    is_crowded: bool,
}

/// `GET /`: the week at a glance; whoever may not read it begins elsewhere.
///
/// # Errors
/// When the person is not signed in, there is no such week, or the store fails.
pub async fn show(
    visit: Visit<Anybody>,
    state: web::Data<AppState>,
) -> Result<HttpResponse, ApiError> {
    let scopes = visit.visitor.person().role.scopes();
    let reads = |scope: &Scope| scopes.contains(scope);
    if !ReadingInsights::ANY_OF.iter().any(reads) {
        return Ok(see_other("/try"));
    }
    let mut frame = visit.frame(&state, Room::Overview).await?;
    let desk = state.desk().lately();
    let week = asked_week(visit.query.get("week"), &frame.shop.zone(), desk)?;
    let overview = overview(desk, visit.visitor.shop(), week).await?;
    if !overview.report.has_ended {
        frame.moment = frame.moment.with_alarms(overview.rhythm.alarms.len());
    }
    let mut template = of(frame, &overview);
    if template.is_fresh {
        let all = KnowledgeFilter::default();
        let shop = visit.visitor.shop();
        template.items = state.store.count_knowledge(shop, &all).await?;
    }
    page(&template, visit.language)
}

/// The week that an address names, else the running one.
///
/// # Errors
/// When there is none of that name, or it has not begun.
pub(super) fn asked_week(text: &str, zone: &TimeZone, desk: Desk<'_>) -> Result<Week, ApiError> {
    let running = Week::of(desk.now, zone);
    if text.is_empty() {
        return Ok(running);
    }
    let week = Week::parse(text).ok().filter(|week| *week <= running);
    week.ok_or(ApiError::NotFound { what: "week" })
}

/// The first lines of a section.
fn first(lines: &[QuestionLine]) -> &[QuestionLine] {
    &lines[..lines.len().min(MOST_LINES)]
}

fn of(frame: Frame, overview: &Overview) -> OverviewPage {
    let words = Words(frame.language.0);
    let scopes = frame.role.scopes();
    let zone = frame.shop.zone();
    let report = overview.report.as_ref();
    let rhythm = overview.rhythm.as_ref();
    let week = report.week;
    let lines = |lines: &[QuestionLine]| {
        let lines = lines.iter();
        lines.map(|line| of_line(line, overview, words)).collect()
    };
    // Labels as buyers wrote them are for supervisors; a report's are for all.
    let supervises = scopes.contains(&Scope::Supervise);
    let (rising, new) = if supervises {
        (overview.rising.as_slice(), overview.new.as_slice())
    } else {
        (first(&report.rising), first(&report.new))
    };
    let is_compared = if supervises && !report.has_ended {
        let mut rows = overview.standing.rows.iter();
        rows.any(|row| row.view.line.trend.is_some())
    } else {
        report.previous.questions > 0
    };
    let most = rhythm.days.iter().map(|day| day.questions).max();
    let agents: Vec<AgentView> = rhythm
        .agents
        .iter()
        .map(|agent| of_agent(agent, words))
        .collect();
    OverviewPage {
        week: WeekView {
            id: week.to_string(),
            period: format!("{}–{}", words.day(report.from), words.day(report.until)),
            is_running: !report.has_ended,
            previous: week.plus(-1).to_string(),
            next: if report.has_ended {
                week.plus(1).to_string()
            } else {
                String::new()
            },
        },
        is_fresh: !report.has_ended && rhythm.days.iter().all(|day| day.questions == 0),
        caution: caution(report, words).unwrap_or_default(),
        tiles: tiles(overview, words, scopes),
        may_begin: scopes.contains(&Scope::Knowledge),
        items: 0,
        days: days(&rhythm.days, week, words),
        hours: hours(&rhythm.hours, words),
        most_a_day: number(most.unwrap_or(0)),
        is_compared,
        rising: lines(rising),
        new: lines(new),
        alarms: rhythm
            .alarms
            .iter()
            .map(|alarm| of_alarm(alarm, overview, words))
            .collect(),
        surging: surging(report.policy.smallest_group, words),
        has_replies: rhythm.replies > 0,
        has_crowded: agents.iter().any(|agent| agent.is_crowded),
        agents,
        all_rising: all_of(Section::Rising, State::Rising, report),
        all_new: all_of(Section::New, State::New, report),
        crowding: crowding(words),
        policy: words.policy_version(report.policy.version),
        counted_at: minute(report.made_at, &zone),
        frame,
    }
}

/// From where on an agent's load is too much, as the page says it.
fn crowding(words: Words) -> String {
    let a_day = CROWDED_HOUR * DAY_HOURS;
    match words.0 {
        Locale::Chinese => format!(
            "平均每小时 {CROWDED_HOUR} 个会话及以上标为“太忙”：一天 {DAY_HOURS} 小时就是 {a_day} 个，只够应付，没空卖货。这条线是固定的，不随口径变。"
        ),
        Locale::English => format!(
            "{CROWDED_HOUR} conversations an hour or more, in the mean, are marked “too much”: in {DAY_HOURS} hours these are {a_day}, enough to keep up, and nobody sells. This line is fixed, whatever the policy."
        ),
    }
}

fn days(days: &[DayFigures], week: Week, words: Words) -> Vec<Column> {
    let counts: Vec<u32> = days.iter().map(|day| day.questions).collect();
    days.iter()
        .zip(bars(&counts, 100, 100))
        .enumerate()
        .map(|(at, (day, bar))| Column {
            bar,
            name: day_name(day.day, words),
            tick: if at % 7 == 0 {
                words.short_day(day.day)
            } else {
                String::new()
            },
            questions: number(day.questions),
            buyers: number(day.buyers),
            answered: number(day.answered),
            shade: if day.day >= week.monday() {
                "now"
            } else {
                "before"
            },
        })
        .collect()
}

fn hours(hours: &[u32; 24], words: Words) -> Vec<Column> {
    hours
        .iter()
        .zip(bars(hours, 100, 100))
        .enumerate()
        .map(|(hour, (count, bar))| Column {
            bar,
            name: format!("{hour:02}:00–{:02}:00", hour + 1),
            tick: if hour % 6 == 0 {
                format!("{hour}{}", words.say("点", ":00"))
            } else {
                String::new()
            },
            questions: number(*count),
            buyers: String::new(),
            answered: String::new(),
            shade: "now",
        })
        .collect()
}

fn of_line(line: &QuestionLine, overview: &Overview, words: Words) -> LineView {
    let cluster = ClusterId::parse(&line.cluster).ok();
    let now = cluster.and_then(|cluster| overview.answer_state(cluster));
    let weeks = || line.buyers_by_week.iter().copied();
    let counts: Vec<String> = weeks().map(number).collect();
    let drawn: Vec<u32> = weeks().map(Shown::at_least).collect();
    LineView {
        cluster: line.cluster.clone(),
        label: line.label.clone(),
        intent: words.intent(line).to_owned(),
        buyers: number(line.buyers),
        previous: number(line.previous_buyers),
        points: points(&drawn, 88, 24),
        counts: counts.join(words.say("、", ", ")),
        lacking: words.lacking(now.unwrap_or(line.answer_state())),
    }
}

fn of_alarm(alarm: &Alarm, overview: &Overview, words: Words) -> AlarmView {
    let jump = &alarm.jump;
    let now = overview.answer_state(jump.cluster);
    let then = if jump.is_answered {
        AnswerState::Answered
    } else {
        AnswerState::Missing
    };
    AlarmView {
        day: day_name(alarm.on, words),
        cluster: jump.cluster.to_string(),
        label: jump.label.clone(),
        product: jump.product.clone().unwrap_or_default(),
        asked: asked(jump, words),
        lacking: words.lacking(now.unwrap_or(then)),
    }
}

/// `一天 25 位买家在问，平时每天 1.3 位`.
fn asked(jump: &Jump, words: Words) -> String {
    let (buyers, usual) = (words.buyers(jump.buyers), jump.usual);
    match (words.0, usual > 0.0) {
        (Locale::Chinese, true) => format!("一天 {buyers}在问，平时每天 {usual:.1} 位"),
        (Locale::Chinese, false) => format!("一天 {buyers}在问，之前 {USUAL_DAYS} 天没有人问"),
        (Locale::English, true) => format!("{buyers} within a day, usually {usual:.1}"),
        (Locale::English, false) => {
            format!("{buyers} within a day, nobody in the {USUAL_DAYS} days before")
        }
    }
}

/// From when on a question is an alarm, as the page says it.
fn surging(smallest_group: u32, words: Words) -> String {
    let unheard_of = UNHEARD_OF.max(smallest_group);
    match words.0 {
        Locale::Chinese => format!(
            "24 小时内至少 {smallest_group} 位买家来问、超过平时每天的两倍，并且不只是因为那天整店问的人都多，才算突增；之前 {USUAL_DAYS} 天没人问过的问题，一天有 {unheard_of} 位来问就算，不管那天多忙。之前 {USUAL_DAYS} 天里有提问的日子不到 {FEWEST_DAYS} 天时，还说不准平时有多少，不作提醒。"
        ),
        Locale::English => format!(
            "An alarm: at least {smallest_group} buyers within 24 hours, more than twice as many as on a usual day, and more than as busy a day explains; or {unheard_of} buyers, however busy the day, of a question that nobody asked in the {USUAL_DAYS} days before. There is none until {FEWEST_DAYS} of these days have questions: until then nothing is usual."
        ),
    }
}

fn of_agent(agent: &AgentLoad, words: Words) -> AgentView {
    AgentView {
        name: agent.agent.clone(),
        replies: number(agent.replies),
        conversations: number(agent.conversations),
        hours: number(agent.hours),
        an_hour: format!("{:.1}", agent.conversations_per_hour),
        busiest: number(agent.busiest_hour),
        reply: Value::Seconds(agent.median_reply_seconds).text(words),
        is_crowded: agent.conversations_per_hour >= f64::from(CROWDED_HOUR),
    }
}

/// `11月16日 周一`.
fn day_name(day: Date, words: Words) -> String {
    let weekday = usize::try_from(day.weekday().to_monday_zero_offset()).unwrap_or(0);
    format!("{} {}", words.day(day), words.weekday(weekday))
}

/// A count with its thousands parted; of a few `<5`.
pub(super) fn number(count: impl Into<Shown>) -> String {
    match count.into() {
        // A count reads the same in every language.
        Shown::Exactly(count) => Value::Count(count).text(Words(Locale::English)),
        few @ Shown::Under(_) => few.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_says_which_load_is_too_much() {
        let chinese = crowding(Words(Locale::Chinese));
        assert!(chinese.contains("25 个会话") && chinese.contains("200 个"));
        let english = crowding(Words(Locale::English));
        assert!(english.contains("25 conversations") && english.contains("200"));
    }

    #[test]
    fn the_page_says_what_an_alarm_is_and_how_far_from_usual() {
        let words = Words(Locale::Chinese);
        let rule = surging(5, words);
        assert!(
            rule.contains("至少 5 位") && rule.contains("一天有 20 位"),
            "{rule}"
        );
        assert!(surging(30, words).contains("一天有 30 位"));
        assert!(surging(5, Words(Locale::English)).contains("20 buyers"));
        let jump = |usual| Jump {
            cluster: ClusterId::make(),
            label: String::new(),
            product: None,
            buyers: 25,
            usual,
            is_answered: false,
        };
        assert_eq!(
            asked(&jump(1.26), words),
            "一天 25 位买家在问，平时每天 1.3 位"
        );
        assert_eq!(
            asked(&jump(0.0), words),
            "一天 25 位买家在问，之前 7 天没有人问"
        );
    }

    #[test]
    fn days_are_told_from_those_of_the_weeks_before() {
        let week = Week::parse("2026-W47").expect("a week");
        let figures = |day: &str, questions| DayFigures {
            day: day.parse().expect("a day"),
            questions,
            buyers: questions,
            answered: 0,
        };
        let asked = [figures("2026-11-15", 4), figures("2026-11-16", 8)];
        let columns = days(&asked, week, Words(Locale::Chinese));
        let shades: Vec<&str> = columns.iter().map(|column| column.shade).collect();
        assert_eq!(shades, ["before", "now"]);
        assert_eq!(columns[1].name, "11月16日 周一");
        assert_eq!(columns[0].bar.height, "50.0");
    }
}
