//! The recurring questions of a week as one flat table, so that a spreadsheet
//! filters and pivots it.

use super::plain;
use super::section::{Section, questions};
use super::words::Words;
use crate::domain::fault::Locale;
use crate::domain::insights::{QuestionLine, WeeklyReport};
use crate::domain::shown::Shown;
use crate::formats::guard;

/// A row for each recurring question and nothing else: totals among them would
/// be counted twice by a pivot table. Columns say which sections a question
/// stands in. Encoded as UTF-8 with a mark, so that Excel does not take it for
/// GBK; texts that Excel would run are made harmless; shares are percentages.
pub fn csv(report: &WeeklyReport, locale: Locale) -> Vec<u8> {
    let report = plain::report(report);
    let words = Words(locale);
    let mut text = String::from("\u{feff}");
    push_row(&mut text, &header(&report, words));
    for (line, sections) in questions(&report) {
        push_row(&mut text, &row(&report, line, &sections, words));
    }
    text.into_bytes()
}

/// The names of the columns; the eight weeks go by their own names.
fn header(report: &WeeklyReport, words: Words) -> Vec<String> {
    let say = |chinese: &'static str, english: &'static str| words.say(chinese, english).to_owned();
    let mut header = vec![
        say("周", "week"),
        say("版本", "revision"),
        say("问题编号", "cluster"),
        say("问题", "question"),
        say("走势", "trend"),
        say("领域", "domain"),
        say("意图", "intent"),
        say("商品（买家数）", "products (buyers)"),
        say("本周买家", "buyers"),
        say("上周买家", "buyers last week"),
        say("买家变化", "change of buyers"),
        say("本周提问", "questions"),
    ];
    header.extend(
        (0..WEEKS)
            .rev()
            .map(|back| report.week.plus(-back).to_string()),
    );
    header.extend([
        say("人工回复率", "answered by agents"),
        say("建议采用率", "suggestions used"),
        say("紧急占比", "urgent"),
        say("答案", "answered by"),
        say("关键词", "key phrases"),
        say("买家原话", "buyers' words"),
    ]);
    header.extend(Section::ALL.map(|section| section.title(words).to_owned()));
    header
}

/// Weeks that a question's history has.
const WEEKS: i64 = 8;

fn row(
    report: &WeeklyReport,
    line: &QuestionLine,
    sections: &[Section],
    words: Words,
) -> Vec<String> {
    let text = |text: &str| guard::protect(text).into_owned();
    let percent = |share: f64| format!("{:.1}%", share * 100.0);
    let products: Vec<String> = line
        .products
        .iter()
        .map(|product| format!("{} {}", product.label, product.buyers))
        .collect();
    let change = match (line.buyers.exactly(), line.previous_buyers.exactly()) {
        (Some(now), Some(before)) if line.trend.is_some() => {
            (i64::from(now) - i64::from(before)).to_string()
        }
        _ => String::new(),
    };
    let mut row = vec![
        report.week.to_string(),
        report.revision.to_string(),
        text(&line.cluster),
        text(&line.label),
        words.trend(line.trend).to_owned(),
        text(line.domain.as_deref().map_or("", |id| words.domain(id))),
        text(words.intent(line)),
        text(&products.join(words.say("、", ", "))),
        line.buyers.to_string(),
        line.previous_buyers.to_string(),
        change,
        line.questions.to_string(),
    ];
    let weeks = usize::try_from(WEEKS).unwrap_or_default();
    let missing = weeks.saturating_sub(line.buyers_by_week.len());
    let held = line.buyers_by_week.len().saturating_sub(weeks);
    row.extend(std::iter::repeat_n(String::new(), missing));
    row.extend(line.buyers_by_week[held..].iter().map(Shown::to_string));
    row.extend([
        line.told(line.answered_share)
            .map(percent)
            .unwrap_or_default(),
        line.acceptance.map(percent).unwrap_or_default(),
        line.told(line.urgent_share)
            .map(percent)
            .unwrap_or_default(),
        text(line.answered_by.as_deref().unwrap_or("")),
        text(&words.key_phrases(line)),
        text(&line.words.join(" / ")),
    ]);
    row.extend(Section::ALL.map(|section| {
        if sections.contains(&section) {
            words.say("是", "yes").to_owned()
        } else {
            String::new()
        }
    }));
    row
}

/// Appends a record as RFC 4180 writes it.
fn push_row(text: &mut String, cells: &[String]) {
    for (place, cell) in cells.iter().enumerate() {
        if place > 0 {
            text.push(',');
        }
        if cell.contains([',', '"', '\n', '\r']) {
            text.push('"');
            text.push_str(&cell.replace('"', "\"\""));
            text.push('"');
        } else {
            text.push_str(cell);
        }
    }
    text.push_str("\r\n");
}

#[cfg(test)]
mod tests {
    use super::super::samples;
    use super::*;

    fn records(report: &WeeklyReport, locale: Locale) -> Vec<Vec<String>> {
        let bytes = csv(report, locale);
        let text = bytes.strip_prefix("\u{feff}".as_bytes()).expect("a mark");
        ::csv::ReaderBuilder::new()
            .has_headers(false)
            .from_reader(text)
            .records()
            .map(|record| {
                record
                    .expect("as wide as the others")
                    .iter()
                    .map(str::to_owned)
                    .collect()
            })
            .collect()
    }

    #[test]
    fn has_each_question_once_under_its_sections() {
        let report = samples::shop();
        let records = records(&report, Locale::Chinese);
        assert_eq!(records.len(), 1 + report.top.len());
        let column = |name: &str| {
            records[0]
                .iter()
                .position(|cell| cell == name)
                .expect("a column")
        };
        let first = &records[1];
        for (name, expected) in [
            ("问题", "今天拍什么时候发货"),
            ("本周买家", "121"),
            ("买家变化", "33"),
            ("2026-W46", "88"),
            ("2026-W40", "61"),
            ("明显上升", "是"),
            ("包装与配送", "是"),
            ("还没有答案", ""),
            ("建议采用率", "62.0%"),
        ] {
            assert_eq!(first[column(name)], expected, "{name}");
        }
        let falling = records.iter().find(|row| row[column("问题编号")] == "c-05");
        assert_eq!(falling.expect("a row")[column("买家变化")], "-22");
    }

    #[test]
    fn runs_nothing_and_breaks_nothing() {
        let report = samples::nasty();
        for record in records(&report, Locale::English).iter().skip(1) {
            for (place, cell) in record.iter().enumerate() {
                let is_number = cell.parse::<i64>().is_ok();
                assert!(
                    is_number || !cell.starts_with(['=', '+', '-', '@']),
                    "{place}: {cell}"
                );
                assert!(
                    !cell.contains(['\n', '\r', '\u{0}', '\u{202e}']),
                    "{cell:?}"
                );
            }
        }
        assert_eq!(records(&samples::nothing(), Locale::English).len(), 1);
    }
}
