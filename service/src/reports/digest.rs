//! The text of a push to a group chat: short, in plain lines that every system
//! puts its own markup around.

use super::figures::{empty, line_change, summary};
use super::plain;
use super::words::{Words, number};
use crate::domain::fault::Locale;
use crate::domain::insights::{QuestionLine, Trend, WeeklyReport};
use crate::domain::shown::Shown;

/// Questions named under one heading.
const TOP: usize = 5;
const OTHERS: usize = 3;
/// The most characters of a question's label; longer ones would fill a phone.
const MOST_LABEL: usize = 40;

/// What is pushed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Digest {
    /// Its title: plain text.
    pub title: String,
    /// Its lines: plain text.
    pub lines: Vec<String>,
}

/// A question that jumps.
#[derive(Debug, Clone, PartialEq)]
pub struct Surge {
    /// How the question reads.
    pub label: String,
    /// The product that it is asked about most, as people call it.
    pub product: Option<String>,
    /// The hours that are looked at.
    pub hours: u32,
    /// Distinct buyers in these hours.
    pub buyers: u32,
    /// Buyers that are usual in so many hours.
    pub usual: f64,
    /// Whether an approved item answers it.
    pub is_answered: bool,
}

/// The weekly report in at most 15 lines; of a week that has not ended, 16.
pub fn digest(report: &WeeklyReport, locale: Locale) -> Digest {
    let report = plain::report(report);
    let words = Words(locale);
    let mut lines = Vec::new();
    if !report.has_ended {
        lines.push(words.state(&report));
    }
    if report.totals.questions == 0 {
        lines.push(empty(&report, words).to_owned());
    } else {
        lines.push(summary(&report, words));
        push_all(&mut lines, &report, words);
    }
    let (title, period) = (words.title(&report), words.period(&report));
    Digest {
        title: format!("{} · {period}", safe(&title)),
        lines,
    }
}

/// The questions to know of, each once: the top ones, what else rises, and what
/// else has no answer. Falling ones can wait for the report.
fn push_all(lines: &mut Vec<String>, report: &WeeklyReport, words: Words) {
    let mut shown: Vec<&str> = Vec::new();
    for (heading, questions, most) in [
        (words.say("问得最多", "Most asked"), &report.top, TOP),
        (words.say("还在上升", "Also rising"), &report.rising, OTHERS),
        (
            words.say("还缺答案", "Also without an answer"),
            &report.unanswered,
            OTHERS,
        ),
    ] {
        let open: Vec<&QuestionLine> = questions
            .iter()
            .filter(|line| !shown.contains(&line.cluster.as_str()))
            .collect();
        if open.is_empty() {
            continue;
        }
        lines.push(match (words.0, open.len().saturating_sub(most)) {
            (Locale::Chinese, 0) => format!("【{heading}】"),
            (Locale::Chinese, more) => format!("【{heading}】另有 {more} 个"),
            (Locale::English, 0) => format!("{heading}:"),
            (Locale::English, more) => format!("{heading} ({more} more):"),
        });
        for (rank, line) in (1..).zip(open.into_iter().take(most)) {
            lines.push(format!("{rank}. {}", question(line, words)));
            shown.push(&line.cluster);
        }
    }
}

/// `今天拍什么时候发货：121 位买家（+38%，上升，缺答案）`.
fn question(line: &QuestionLine, words: Words) -> String {
    let mut notes = match line.previous_buyers {
        // Of a week before that has none there is nothing to say.
        Shown::Exactly(_) if line.trend.is_none() => Vec::new(),
        Shown::Exactly(_) => vec![line_change(line).text(words)],
        Shown::Under(few) => vec![match words.0 {
            Locale::Chinese => format!("上周不到 {few} 位"),
            Locale::English => format!("fewer than {few} last week"),
        }],
    };
    if matches!(line.trend, Some(Trend::Rising | Trend::Fading)) {
        notes.push(words.trend(line.trend).to_lowercase());
    }
    let lacking = words.lacking(line.answer_state());
    if !lacking.is_empty() {
        notes.push(lacking.to_owned());
    }
    let (label, buyers) = (label(&line.label), words.buyers(line.buyers));
    if notes.is_empty() {
        return format!("{label}{}{buyers}", words.say("：", ": "));
    }
    match words.0 {
        Locale::Chinese => format!("{label}：{buyers}（{}）", notes.join("，")),
        Locale::English => format!("{label}: {buyers} ({})", notes.join(", ")),
    }
}

/// What is pushed when a question jumps.
pub fn alarm(surge: &Surge, locale: Locale) -> Digest {
    let words = Words(locale);
    let label = label(&plain::line(&surge.label));
    let (hours, buyers) = (surge.hours, words.buyers(surge.buyers));
    let usual = usual(surge.usual);
    let mut lines = Vec::new();
    let title = match locale {
        Locale::Chinese => {
            lines.push(format!("“{label}”"));
            lines.push(match surge.usual > 0.0 {
                true => format!("最近 {hours} 小时有 {buyers}在问，平时同样时长约 {usual} 位。"),
                false => format!("最近 {hours} 小时有 {buyers}在问，之前一周没有人问。"),
            });
            format!("突然很多人在问：{label}")
        }
        Locale::English => {
            lines.push(format!("“{label}”"));
            lines.push(match surge.usual > 0.0 {
                true => format!("{buyers} in the last {hours} h; about {usual} are usual."),
                false => format!("{buyers} in the last {hours} h; nobody in the week before."),
            });
            format!("Suddenly asked a lot: {label}")
        }
    };
    if let Some(product) = &surge.product {
        let product = safe(&plain::line(product));
        lines.push(match locale {
            Locale::Chinese => format!("多数问的是 {product}"),
            Locale::English => format!("Mostly about {product}"),
        });
    }
    if !surge.is_answered {
        let missing = words.say(
            "知识库里还没有已审核的答案。",
            "No approved item answers it yet.",
        );
        lines.push(missing.to_owned());
    }
    Digest { title, lines }
}

/// A usual count: whole from ten on, with a decimal below.
fn usual(count: f64) -> String {
    if count >= 10.0 {
        // A count of buyers is far below what is lost here.
        number(count.round() as u32)
    } else {
        format!("{count:.1}")
    }
}

fn label(text: &str) -> String {
    let mut label: String = text.chars().take(MOST_LABEL).collect();
    if text.chars().nth(MOST_LABEL).is_some() {
        label.push('…');
    }
    safe(&label)
}

/// `text` without what the chats take for markup. Each of them escapes in its
/// own way and some in none, so full-width forms stand in: they read alike,
/// and nobody is mentioned by a buyer's words.
fn safe(text: &str) -> String {
    text.chars()
        .map(|character| match character {
            '<' => '＜',
            '>' => '＞',
            '*' => '＊',
            '`' => '｀',
            '[' => '［',
            ']' => '］',
            '~' => '～',
            '\\' => '＼',
            '_' => '＿',
            '#' => '＃',
            '@' => '＠',
            other => other,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::samples;
    use super::*;

    #[test]
    fn says_the_week_in_fifteen_lines() {
        let report = samples::shop();
        let digest = digest(&report, Locale::Chinese);
        assert!(digest.lines.len() <= 15, "{}", digest.lines.len());
        insta::assert_snapshot!(
            "digest_zh",
            format!("{}\n\n{}", digest.title, digest.lines.join("\n"))
        );
        let english = super::digest(&report, Locale::English);
        insta::assert_snapshot!(
            "digest_en",
            format!("{}\n\n{}", english.title, english.lines.join("\n"))
        );
    }

    #[test]
    fn of_the_first_week_nothing_is_new() {
        let mut report = samples::shop();
        report.change_lines(|line| line.trend = None);
        let words = Words(Locale::Chinese);
        let mut line = report.top[0].clone();
        assert_eq!(question(&line, words), "今天拍什么时候发货：121 位买家");
        line.answered_by = None;
        let lacking = question(&line, words);
        assert_eq!(lacking, "今天拍什么时候发货：121 位买家（缺答案）");
        let lines = digest(&report, Locale::Chinese).lines;
        assert!(lines.iter().all(|line| !line.contains("新增")), "{lines:?}");
    }

    #[test]
    fn no_week_is_too_long_or_mentions_anybody() {
        let mut report = samples::nasty();
        report.has_ended = false;
        report.top[0].label = "很长".repeat(200);
        let digest = digest(&report, Locale::Chinese);
        assert!(digest.lines.len() <= 16, "{}", digest.lines.len());
        let bytes: usize = digest.lines.iter().map(|line| line.len() + 1).sum();
        // What WeCom takes in one message, in bytes.
        assert!(bytes < 4_096, "{bytes}");
        for line in &digest.lines {
            let text = line.to_owned();
            assert!(!text.contains(['<', '@', '`', '[', '*']), "{line}");
        }
    }

    #[test]
    fn an_alarm_says_what_jumps() {
        let surge = Surge {
            label: "付款页面打不开 @所有人".to_owned(),
            product: Some("恒温电水壶 K2".to_owned()),
            hours: 3,
            buyers: 41,
            usual: 2.25,
            is_answered: false,
        };
        let digest = alarm(&surge, Locale::Chinese);
        assert_eq!(digest.title, "突然很多人在问：付款页面打不开 ＠所有人");
        assert_eq!(
            digest.lines,
            [
                "“付款页面打不开 ＠所有人”",
                "最近 3 小时有 41 位买家在问，平时同样时长约 2.2 位。",
                "多数问的是 恒温电水壶 K2",
                "知识库里还没有已审核的答案。",
            ]
        );
        let english = alarm(&surge, Locale::English);
        assert_eq!(
            english.lines[1],
            "41 buyers in the last 3 h; about 2.2 are usual."
        );
        let unheard_of = Surge {
            usual: 0.0,
            ..surge
        };
        assert_eq!(
            alarm(&unheard_of, Locale::Chinese).lines[1],
            "最近 3 小时有 41 位买家在问，之前一周没有人问。"
        );
    }
}
