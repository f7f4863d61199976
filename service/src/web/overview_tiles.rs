//! The figures of the overview as tiles, and where the evidence of each stands.

use super::overview_page::number;
use super::questions_filter::Filters;
use crate::domain::insights::WeeklyReport;
use crate::domain::key::Scope;
use crate::domain::week::Week;
use crate::insights::overview::Overview;
use crate::insights::table::{Column, Direction, State};
use crate::reports::{Figure, Section, Value, Words, figures};

/// A figure with the one of the week before.
pub struct Tile {
    pub name: &'static str,
    pub meaning: &'static str,
    pub figure: String,
    pub note: String,
    pub href: String,
}

/// The tiles of a week, its most telling figures first.
pub fn tiles(overview: &Overview, words: Words, scopes: &[Scope]) -> Vec<Tile> {
    let week = overview.report.week;
    let has_ended = overview.report.has_ended;
    let mut tiles: Vec<Tile> = figures(&overview.report, words)
        .into_iter()
        .filter_map(|figure| {
            Some(Tile {
                name: figure.label,
                meaning: figure.meaning,
                figure: figure.now.text(words),
                note: compared(&figure, words, has_ended),
                href: evidence(figure.id, week, has_ended)?,
            })
        })
        .collect();
    let waiting = |name, meaning, count: usize, (queue, state): (&str, State)| Tile {
        name,
        meaning,
        figure: number(u32::try_from(count).unwrap_or(u32::MAX)),
        note: words.say("现在", "now").to_owned(),
        href: if scopes.contains(&Scope::Supervise) {
            queue.to_owned()
        } else {
            Filters::of(state).address()
        },
    };
    tiles.push(waiting(
        words.say("缺答案的问题", "Questions without an answer"),
        words.say("等人写答案", "wait for somebody to write one"),
        overview.gaps,
        ("/queues/write", State::Unanswered),
    ));
    tiles.push(waiting(
        words.say("待审核的答案", "Answers to approve"),
        words.say("从客服的回复里整理出来的", "mined from agents' replies"),
        overview.proposals,
        ("/queues/approve", State::WithCandidates),
    ));
    tiles
}

/// Where the evidence of a figure stands: of a week that runs in the table of
/// the last seven days, of one that has ended in its report. `None` where the
/// figure has no tile.
fn evidence(figure: &str, week: Week, has_ended: bool) -> Option<String> {
    let last_days = match figure {
        "questions" => Filters::default(),
        "answered" => Filters::sorted(Column::AnsweredShare, Direction::Ascending),
        "used" => Filters::sorted(Column::Acceptance, Direction::Ascending),
        "withheld" => Filters::of(State::Unanswered),
        "buyers" => return Some(section(Section::Top, week)),
        "first-reply" => return Some(format!("/?week={week}#load")),
        _ => return None,
    };
    Some(match (figure, has_ended) {
        (_, false) => last_days.address(),
        ("withheld", true) => section(Section::Unanswered, week),
        (_, true) => section(Section::Top, week),
    })
}

/// A list of a week's report.
fn section(section: Section, week: Week) -> String {
    format!("/insights/{week}#{}", section.id())
}

/// All the questions that a list shows the first of.
pub fn all_of(list: Section, state: State, report: &WeeklyReport) -> String {
    if report.has_ended {
        section(list, report.week)
    } else {
        Filters::of(state).address()
    }
}

/// The figure of the week before. A count of a week that runs is not set in
/// relation to one of a whole week.
fn compared(figure: &Figure, words: Words, has_ended: bool) -> String {
    let before = figure.before.text(words);
    let is_count = matches!(figure.now, Value::Count(_));
    match (figure.change.as_str(), has_ended || !is_count) {
        ("—", _) => format!("{} {before}", words.say("上周", "Week before")),
        (_, false) => format!("{} {before}", words.say("上周全周", "All of last week")),
        (change, true) => format!("{} {before} · {change}", words.say("上周", "Week before")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::fault::Locale;

    #[test]
    fn every_tile_leads_to_its_evidence() {
        let week = Week::parse("2026-W47").expect("a week");
        for (figure, running, ended) in [
            ("questions", "/questions", "/insights/2026-W47#top"),
            ("buyers", "/insights/2026-W47#top", "/insights/2026-W47#top"),
            (
                "answered",
                "/questions?sort=answered&direction=ascending",
                "/insights/2026-W47#top",
            ),
            (
                "first-reply",
                "/?week=2026-W47#load",
                "/?week=2026-W47#load",
            ),
            (
                "used",
                "/questions?sort=acceptance&direction=ascending",
                "/insights/2026-W47#top",
            ),
            (
                "withheld",
                "/questions?state=unanswered",
                "/insights/2026-W47#unanswered",
            ),
        ] {
            assert_eq!(evidence(figure, week, false).as_deref(), Some(running));
            assert_eq!(evidence(figure, week, true).as_deref(), Some(ended));
        }
        assert_eq!(evidence("covered", week, false), None);
    }

    #[test]
    fn a_running_week_is_not_set_against_a_whole_one() {
        let figure = |now, before, change: &str| Figure {
            id: "questions",
            label: "",
            meaning: "",
            now,
            before,
            change: change.to_owned(),
            direction: "down",
        };
        let words = Words(Locale::Chinese);
        let count = figure(Value::Count(40), Value::Count(1_200), "-97%");
        assert_eq!(compared(&count, words, false), "上周全周 1,200");
        assert_eq!(compared(&count, words, true), "上周 1,200 · -97%");
        let (now, before) = (Value::Share(Some(0.5)), Value::Share(Some(0.4)));
        let share = figure(now, before, "+10 个百分点");
        assert_eq!(compared(&share, words, false), "上周 40% · +10 个百分点");
        let none = figure(Value::Count(3), Value::Count(0), "—");
        assert_eq!(compared(&none, words, true), "上周 0");
    }
}
