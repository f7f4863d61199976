//! The totals of a week and their change, worded once for every format.

use super::section::Section;
use super::words::{Words, number, share};
use crate::domain::fault::Locale;
use crate::domain::insights::{CoverageNote, QuestionLine, Share, Totals, WeeklyReport};
use crate::domain::shown::Shown;

/// The growth from which on a multiple is easier to read than a percentage.
const LEAST_MULTIPLE: f64 = 10.0;

/// How a count changed against the week before.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Change {
    /// Nothing then and nothing now, or a number that is not shown.
    None,
    /// Nothing then, something now.
    New,
    /// The same, or the same when rounded.
    Level,
    /// By this share of what was: 0.35 is +35 %.
    By(f64),
    /// So many times what was.
    Times(f64),
}

/// How a count changed.
pub fn change(now: impl Into<Shown>, before: impl Into<Shown>) -> Change {
    let (Shown::Exactly(now), Shown::Exactly(before)) = (now.into(), before.into()) else {
        return Change::None;
    };
    match (now, before) {
        (0, 0) => return Change::None,
        (_, 0) => return Change::New,
        _ => {}
    }
    let ratio = f64::from(now) / f64::from(before);
    if ratio >= LEAST_MULTIPLE {
        Change::Times(ratio)
    } else if ((ratio - 1.0) * 100.0).round() == 0.0 {
        Change::Level
    } else {
        Change::By(ratio - 1.0)
    }
}

/// How many more buyers ask a question than the week before; no change where
/// there is nothing to compare with: everything would be new.
pub fn line_change(line: &QuestionLine) -> Change {
    match line.trend {
        Some(_) => change(line.buyers, line.previous_buyers),
        None => Change::None,
    }
}

/// How many more questions a part of a report has than the week before, likewise.
pub fn part_change(part: &Share, report: &WeeklyReport) -> Change {
    if has_before(report) {
        change(part.questions, part.previous_questions)
    } else {
        Change::None
    }
}

impl Change {
    /// `+35%`, `-12%`, `新增`, `持平`, `12 倍`.
    pub fn text(self, words: Words) -> String {
        match self {
            Self::None => "—".to_owned(),
            Self::New => words.say("新增", "new").to_owned(),
            Self::Level => words.say("持平", "level").to_owned(),
            Self::By(share) => format!("{:+.0}%", share * 100.0),
            Self::Times(ratio) => match words.0 {
                Locale::Chinese => format!("{ratio:.0} 倍"),
                Locale::English => format!("{ratio:.0} times"),
            },
        }
    }

    /// Which way: `up`, `down`, `level`.
    pub fn direction(self) -> &'static str {
        match self {
            Self::None | Self::Level => "level",
            Self::By(share) if share < 0.0 => "down",
            Self::New | Self::Times(_) | Self::By(_) => "up",
        }
    }
}

/// What a figure is worth in one week.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Value {
    /// How many.
    Count(u32),
    /// A share from 0 to 1; absent where there is nothing to take a share of.
    Share(Option<f64>),
    /// A length of time; absent where there is none to measure.
    Seconds(Option<u32>),
}

impl Value {
    /// As people read it.
    pub fn text(self, words: Words) -> String {
        match self {
            Self::Count(count) => number(count),
            Self::Share(value) => value.map_or_else(absent, share),
            Self::Seconds(value) => value.map_or_else(absent, |value| words.seconds(value)),
        }
    }
}

fn absent() -> String {
    "—".to_owned()
}

/// One of a week's totals.
#[derive(Debug, Clone, PartialEq)]
pub struct Figure {
    /// Its stable id: `questions`.
    pub id: &'static str,
    /// What it counts.
    pub label: &'static str,
    /// What exactly it counts, in one sentence.
    pub meaning: &'static str,
    /// This week.
    pub now: Value,
    /// The week before.
    pub before: Value,
    /// How it changed, in words; `—` where there is nothing to compare with.
    pub change: String,
    /// Which way: `up`, `down`, `level`.
    pub direction: &'static str,
}

/// How a figure is taken from totals.
struct Definition {
    id: &'static str,
    label: &'static str,
    meaning: &'static str,
    value: fn(&Totals) -> Value,
}

/// The totals of a week, most telling first.
pub fn figures(report: &WeeklyReport, words: Words) -> Vec<Figure> {
    let figure = |definition: Definition| {
        let now = (definition.value)(&report.totals);
        let before = (definition.value)(&report.previous);
        let (change, direction) = compare(report, words, now, before);
        Figure {
            id: definition.id,
            label: definition.label,
            meaning: definition.meaning,
            now,
            before,
            change,
            direction,
        }
    };
    let definitions = counts(words).into_iter().chain(rates(words));
    definitions.map(figure).collect()
}

/// How much was asked.
fn counts(words: Words) -> Vec<Definition> {
    vec![
        Definition {
            id: "questions",
            label: words.say("提问", "Questions"),
            meaning: words.say(
                "买家问的问题；连发算一个，连着问两件事算两个",
                "asked by buyers; a burst counts once, one that asks two things twice",
            ),
            value: |totals| Value::Count(totals.questions),
        },
        Definition {
            id: "buyers",
            label: words.say("提问买家", "Buyers who asked"),
            meaning: words.say("去重人数", "distinct"),
            value: |totals| Value::Count(totals.buyers),
        },
        Definition {
            id: "conversations",
            label: words.say("有提问的会话", "Conversations"),
            meaning: words.say("至少有一个问题的会话", "with at least one question"),
            value: |totals| Value::Count(totals.conversations),
        },
    ]
}

/// How it was answered.
fn rates(words: Words) -> Vec<Definition> {
    vec![
        Definition {
            id: "answered",
            label: words.say("人工回复率", "Answered by agents"),
            meaning: words.say(
                "有人工回复的问题 ÷ 提问",
                "questions with a human reply ÷ questions",
            ),
            value: |totals| ratio(totals.answered, totals.questions),
        },
        Definition {
            id: "first-reply",
            label: words.say("首次回复（中位数）", "First reply (median)"),
            meaning: words.say(
                "从提问到第一条人工回复",
                "from the question to the first human reply",
            ),
            value: |totals| Value::Seconds(totals.median_reply_seconds),
        },
        Definition {
            id: "recurring",
            label: words.say("常见问题占比", "Recurring questions"),
            meaning: words.say(
                "归入常见问题的提问 ÷ 提问",
                "questions of a recurring one ÷ questions",
            ),
            value: |totals| ratio(totals.recurring, totals.questions),
        },
        Definition {
            id: "covered",
            label: words.say("知识覆盖率", "Covered by knowledge"),
            meaning: words.say(
                "有已审核答案的 ÷ 归入常见问题的提问",
                "with an approved answer ÷ recurring questions",
            ),
            value: |totals| ratio(totals.covered, totals.recurring),
        },
        Definition {
            id: "used",
            label: words.say("建议采用率", "Suggestions used"),
            meaning: words.say(
                "客服采用的答案 ÷ 展示给客服的答案",
                "answers used ÷ answers shown to agents",
            ),
            value: |totals| ratio(totals.used, totals.displayed),
        },
        Definition {
            id: "withheld",
            label: words.say("建议空缺率", "Suggestions withheld"),
            meaning: words.say(
                "没有知识答得上的提问 ÷ 请求过建议的提问",
                "questions no item answered well enough ÷ questions a suggestion was asked for",
            ),
            value: |totals| ratio(totals.abstained, totals.suggestions),
        },
    ]
}

fn ratio(part: u32, whole: u32) -> Value {
    Value::Share((whole > 0).then(|| f64::from(part) / f64::from(whole)))
}

/// The change in words and its direction. A week without questions is no
/// ground to compare with: everything would be new.
fn compare(
    report: &WeeklyReport,
    words: Words,
    now: Value,
    before: Value,
) -> (String, &'static str) {
    if !has_before(report) {
        return (absent(), "level");
    }
    match (now, before) {
        (Value::Count(now), Value::Count(before))
        | (Value::Seconds(Some(now)), Value::Seconds(Some(before))) => {
            let change = change(now, before);
            (change.text(words), change.direction())
        }
        (Value::Share(Some(now)), Value::Share(Some(before))) => points(words, now, before),
        _ => (absent(), "level"),
    }
}

/// The difference of two shares as they are shown, in percentage points.
fn points(words: Words, now: f64, before: f64) -> (String, &'static str) {
    let points = (now * 100.0).round() - (before * 100.0).round();
    let unit = words.say("个百分点", "pp");
    let direction = match points {
        points if points > 0.0 => "up",
        points if points < 0.0 => "down",
        _ => return (Change::Level.text(words), "level"),
    };
    (format!("{points:+.0} {unit}"), direction)
}

/// Whether there was a week before to compare with.
pub fn has_before(report: &WeeklyReport) -> bool {
    report.previous.questions > 0
}

/// What is said about the figures where they would mislead.
pub fn caution(report: &WeeklyReport, words: Words) -> Option<String> {
    let said = [on_coverage(report, words), on_comparison(report, words)];
    let said: Vec<&str> = said.into_iter().flatten().collect();
    (!said.is_empty()).then(|| said.join(words.say("", " ")))
}

/// Why nothing is covered, where nothing could be.
fn on_coverage(report: &WeeklyReport, words: Words) -> Option<&'static str> {
    let CoverageNote::NothingApproved = report.coverage_note?;
    Some(if report.has_ended {
        words.say(
            "这一周结束时还没有审核通过的知识，所以知识覆盖率是 0%，常见问题也都缺答案，不代表知识答得不好。",
            "No item was approved when the week ended: that coverage is 0% and no question has an answer says nothing of how good knowledge is.",
        )
    } else {
        words.say(
            "现在还没有审核通过的知识，所以知识覆盖率是 0%，常见问题也都缺答案，不代表知识答得不好。",
            "No item is approved yet: that coverage is 0% and no question has an answer says nothing of how good knowledge is.",
        )
    })
}

fn on_comparison(report: &WeeklyReport, words: Words) -> Option<&'static str> {
    if !has_before(report) {
        Some(words.say(
            "上周没有提问，不作比较。",
            "Nothing was asked last week: no comparison.",
        ))
    } else if !report.has_ended {
        Some(words.say(
            "本周还没结束，与上周整周相比偏低是正常的。",
            "The week has not ended: figures below last week's full week are to be expected.",
        ))
    } else {
        None
    }
}

/// The week in a few sentences.
pub fn summary(report: &WeeklyReport, words: Words) -> String {
    let totals = &report.totals;
    if totals.questions == 0 {
        return empty(report, words).to_owned();
    }
    let (questions, buyers) = (
        words.questions(totals.questions),
        words.buyers(totals.buyers),
    );
    let compared = if has_before(report) {
        let before = report.previous.questions;
        let change = change(totals.questions, before).text(words);
        let before = number(before);
        match words.0 {
            Locale::Chinese => format!("（上周 {before} 个，{change}）"),
            Locale::English => format!(" (last week {before}, {change})"),
        }
    } else {
        String::new()
    };
    let (rising, new, open) = (
        report.rising.len(),
        report.new.len(),
        report.unanswered.len(),
    );
    let asked = match words.0 {
        Locale::Chinese => format!("{buyers}问了 {questions}{compared}。"),
        Locale::English => format!("{buyers} asked {questions}{compared}. "),
    };
    let group = report.policy.smallest_group;
    let recurring = match (words.0, has_before(report)) {
        // Smaller ones may lack an answer all the same.
        _ if report.top.is_empty() => Section::Top.empty(report, words),
        (Locale::Chinese, true) => format!(
            "{group} 位以上买家问的常见问题中，{rising} 个明显上升、{new} 个新出现，{open} 个还没有已审核的答案。"
        ),
        (Locale::Chinese, false) => {
            format!("{group} 位以上买家问的常见问题中，{open} 个还没有已审核的答案。")
        }
        (Locale::English, true) => format!(
            "Among those that {group} buyers or more asked: {rising} rising, {new} new, {open} without an approved answer."
        ),
        (Locale::English, false) => format!(
            "Among those that {group} buyers or more asked: {open} without an approved answer."
        ),
    };
    asked + &recurring
}

/// What is said of a week without questions.
pub fn empty(report: &WeeklyReport, words: Words) -> &'static str {
    if report.has_ended {
        words.say("本周没有提问。", "Nothing was asked this week.")
    } else {
        words.say(
            "本周到现在还没有提问。",
            "Nothing has been asked this week so far.",
        )
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples;
    use super::*;

    #[test]
    fn changes_read_well() {
        for (now, before, chinese, english, direction) in [
            (0, 0, "—", "—", "level"),
            (5, 0, "新增", "new", "up"),
            (5, 5, "持平", "level", "level"),
            (1_001, 1_000, "持平", "level", "level"),
            (135, 100, "+35%", "+35%", "up"),
            (88, 100, "-12%", "-12%", "down"),
            (0, 7, "-100%", "-100%", "down"),
            (40, 1, "40 倍", "40 times", "up"),
        ] {
            let change = change(now, before);
            assert_eq!(
                change.text(Words(Locale::Chinese)),
                chinese,
                "{now}/{before}"
            );
            assert_eq!(
                change.text(Words(Locale::English)),
                english,
                "{now}/{before}"
            );
            assert_eq!(change.direction(), direction, "{now}/{before}");
        }
    }

    #[test]
    fn nothing_is_compared_with_a_week_without_questions() {
        let words = Words(Locale::Chinese);
        let mut report = samples::shop();
        assert!(figures(&report, words).iter().all(|row| row.change != "—"));
        assert_eq!(caution(&report, words), None);
        let part = |report: &WeeklyReport| part_change(&report.by_domain[0], report);
        assert_ne!(part(&report), Change::None);
        report.previous = Totals::default();
        assert!(figures(&report, words).iter().all(|row| row.change == "—"));
        assert_eq!(part(&report), Change::None);
        let mut line = report.top[0].clone();
        assert_ne!(line_change(&line), Change::None);
        line.trend = None;
        assert_eq!(line_change(&line), Change::None);
        assert_eq!(words.trend(line.trend), "");
        let summary = summary(&report, words);
        assert!(!summary.contains("上升") && !summary.contains("新出现"));
        assert!(summary.contains("4 个还没有已审核的答案"), "{summary}");
        report.top.clear();
        let summary = super::summary(&report, words);
        let said = "1,284 个问题。本周没有 5 位以上买家问的常见问题。";
        assert!(summary.ends_with(said), "{summary}");
        assert!(caution(&report, words).is_some());
        report.previous = report.totals;
        assert!(
            figures(&report, words)
                .iter()
                .all(|row| row.change == "持平")
        );
        report.has_ended = false;
        assert!(caution(&report, words).is_some());
    }

    #[test]
    fn coverage_of_nothing_is_explained() {
        let words = Words(Locale::Chinese);
        let mut report = samples::shop();
        report.coverage_note = Some(CoverageNote::NothingApproved);
        let said = caution(&report, words).unwrap_or_default();
        assert!(
            said.starts_with("这一周结束时还没有审核通过的知识"),
            "{said}"
        );
        // Beside what else would mislead.
        report.has_ended = false;
        let said = caution(&report, Words(Locale::English)).unwrap_or_default();
        assert!(said.starts_with("No item is approved yet"), "{said}");
        assert!(
            said.ends_with(
                ". The week has not ended: figures below last week's full week are to be expected."
            ),
            "{said}"
        );
    }
}
