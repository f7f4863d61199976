//! The weekly insights and the feeds as files: Markdown, CSV, a workbook, a
//! printable page, JSON Feed, Atom, and the text of pushes.
//!
//! Pure functions of plain data: no store, no HTTP. Every text of a report is
//! made presentable first (`plain`), and every figure is worded in one place
//! (`words`, `figures`), so that no two formats say different things.

mod atom;
mod chart;
mod csv;
mod digest;
mod feed;
mod figures;
mod html;
mod json_feed;
mod markdown;
mod method;
mod plain;
#[cfg(test)]
pub(crate) mod samples;
mod section;
mod words;
mod xlsx;

pub use atom::atom;
pub use csv::csv;
pub use digest::{Digest, Surge, alarm, digest};
pub use feed::FeedInfo;
pub use figures::{
    Change, Figure, Value, caution, change, figures, line_change, part_change, summary,
};
pub use html::{Link, PageLinks, html};
pub use json_feed::json_feed;
pub use markdown::markdown;
pub use section::Section;
pub use words::Words;
pub use xlsx::xlsx;

/// Why a report could not be written out.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// The workbook could not be put together.
    #[error("the workbook could not be written")]
    Workbook(#[from] rust_xlsxwriter::XlsxError),
    /// The page could not be rendered.
    #[error("the page could not be rendered")]
    Page(#[from] askama::Error),
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use calamine::{Data, Reader, Xlsx};

    use super::*;
    use crate::domain::fault::Locale;
    use crate::domain::insights::WeeklyReport;
    use crate::domain::shown::Shown;

    /// The cells of every sheet, as text.
    fn cells(report: &WeeklyReport, locale: Locale) -> Vec<Vec<String>> {
        let bytes = xlsx(report, locale).expect("written");
        let mut book: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).expect("a workbook");
        let names = book.sheet_names();
        let mut rows = Vec::new();
        for name in names {
            let range = book.worksheet_range(&name).expect("a sheet");
            rows.extend(
                range
                    .rows()
                    .map(|row| row.iter().map(Data::to_string).collect()),
            );
        }
        rows
    }

    #[test]
    fn every_format_says_the_same_of_every_question() {
        let report = samples::shop();
        for locale in [Locale::Chinese, Locale::English] {
            let words = Words(locale);
            let text = markdown(&report, locale);
            let page = html(&report, locale, &PageLinks::default()).expect("rendered");
            let table = String::from_utf8(csv(&report, locale)).expect("text");
            let rows = cells(&report, locale);
            for line in &report.top {
                let (now, before) = (line.buyers.to_string(), line.previous_buyers.to_string());
                let change = change(line.buyers, line.previous_buyers).text(words);
                let trend = words.trend(line.trend);
                let (id, label) = (&line.cluster, &line.label);
                let row = format!("| {label} | {now} | {before} | {change} | {trend} |");
                assert!(text.contains(&row), "{row}");
                let (_, after) = page.split_once(label.as_str()).expect("on the page");
                let row = after.split("</tr>").next().unwrap_or_default();
                for figure in [
                    format!(">{now}<"),
                    format!(">{change}<"),
                    format!(" {before}<"),
                ] {
                    assert!(row.contains(&figure), "{figure} in {row}");
                }
                let row = table.lines().find(|row| row.contains(id)).expect("a row");
                assert!(row.contains(&format!(",{now},{before},")), "{row}");
                let is_row = |row: &&Vec<String>| row.contains(id) && row.contains(label);
                let row = rows.iter().find(is_row).expect("a row");
                assert!(row.contains(&now) && row.contains(&before), "{row:?}");
            }
        }
    }

    #[test]
    fn a_few_buyers_are_no_number_in_any_format() {
        let mut report = samples::shop();
        report.top[0].previous_buyers = Shown::Exactly(3);
        report.top[0].buyers_by_week[0] = Shown::Exactly(4);
        report.actions[0].buyers_before = Shown::Exactly(2);
        report.by_domain[0].previous_questions = Shown::Exactly(1);
        let report = report.without_few();
        let json = serde_json::to_value(&report).expect("json");
        assert!(json["top"][0]["previous_buyers"].is_null());
        assert!(json["top"][0]["buyers_by_week"][0].is_null());
        assert_eq!(json["top"][0]["buyers"], 121);
        assert!(json["actions"][0]["buyers_before"].is_null());
        assert!(json["by_domain"][0]["previous_questions"].is_null());
        let kept: WeeklyReport = serde_json::from_value(json).expect("as kept");
        assert_eq!(kept.without_few(), report);
        let (id, locale) = (&report.top[0].cluster, Locale::Chinese);
        let text = markdown(&report, locale);
        assert!(text.contains("| 121 | <5 | — |"), "{text}");
        assert!(text.contains("| <5 | 58 | — |"), "{text}");
        let table = String::from_utf8(csv(&report, locale)).expect("text");
        let row = table.lines().find(|row| row.contains(id)).expect("a row");
        assert!(row.contains(",121,<5,,161,<5,"), "{row}");
        let rows = cells(&report, locale);
        let is_row = |row: &&Vec<String>| row.contains(id) && row.contains(&"121".to_owned());
        let row = rows.iter().find(is_row).expect("a row");
        assert!(row.contains(&"<5".to_owned()) && row.contains(&"—".to_owned()));
        let page = html(&report, locale, &PageLinks::default()).expect("rendered");
        assert!(page.contains("&#60;5") || page.contains("&lt;5"));
        assert!(
            digest(&report, locale)
                .lines
                .join("\n")
                .contains("上周不到 5 位")
        );
    }

    #[test]
    fn every_format_says_the_same_of_the_totals() {
        let report = samples::shop();
        let words = Words(Locale::Chinese);
        let text = markdown(&report, Locale::Chinese);
        let page = html(&report, Locale::Chinese, &PageLinks::default()).expect("rendered");
        let rows = cells(&report, Locale::Chinese);
        for figure in figures(&report, words) {
            let (now, before) = (figure.now.text(words), figure.before.text(words));
            let (label, change) = (figure.label, &figure.change);
            assert!(text.contains(&format!("| {label} | {now} | {before} | {change} |")));
            assert!(page.contains(&format!("<dt>{label}</dt><dd><span class=\"value\">{now}<")));
            let row = rows.iter().find(|row| row[0] == label).expect("a row");
            let expected = match figure.now {
                Value::Count(count) => count.to_string(),
                Value::Share(share) => share.expect("a share").to_string(),
                Value::Seconds(seconds) => seconds.expect("a time").to_string(),
            };
            assert_eq!((&row[1], &row[3]), (&expected, change));
        }
    }
}
