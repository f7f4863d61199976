//! The weekly report as an Excel workbook: sheets to filter and charts to show.
//!
//! Texts are written as text, which Excel never runs. The same report makes
//! the same file, byte by byte: its time of creation is that of the report.

mod overview;
mod questions;
mod table;

use rust_xlsxwriter::{DocProperties, ExcelDateTime, Workbook};

use self::table::{Cell, Column, Table};
use super::figures::{Change, change, line_change, part_change};
use super::section::Section;
use super::words::Words;
use super::{ReportError, plain};
use crate::domain::fault::Locale;
use crate::domain::insights::{QuestionLine, Share, WeeklyReport};

/// The report as a workbook in `locale`'s language: totals with charts, then a
/// sheet each for questions, those without an answer, products, other parts,
/// and changes made.
///
/// # Errors
/// When the workbook cannot be put together.
pub fn xlsx(report: &WeeklyReport, locale: Locale) -> Result<Vec<u8>, ReportError> {
    let report = plain::report(report);
    let words = Words(locale);
    let mut workbook = Workbook::new();
    let created = ExcelDateTime::from_timestamp(report.made_at.as_second())?;
    let properties = DocProperties::new()
        .set_title(format!("{} {}", words.title(&report), report.week))
        .set_creation_datetime(&created);
    workbook.set_properties(&properties);
    overview::add(&mut workbook, &report, words)?;
    questions::add(&mut workbook, &report, words)?;
    for table in [
        unanswered(&report, words),
        products(&report, words),
        parts(&report, words),
        actions(&report, words),
    ] {
        table.add(&mut workbook)?;
    }
    Ok(workbook.save_to_buffer()?)
}

/// What `line` is asked about, with buyers.
fn products_of(line: &QuestionLine, words: Words) -> Cell {
    let products: Vec<String> = line
        .products
        .iter()
        .map(|product| format!("{} {}", product.label, product.buyers))
        .collect();
    Cell::Text(products.join(words.say("、", ", ")))
}

/// A change as a number that can be sorted, or in words where there is none.
fn change_of(change: Change, words: Words) -> Cell {
    match change {
        Change::Level => Cell::Growth(0.0),
        Change::By(share) => Cell::Growth(share),
        Change::Times(ratio) => Cell::Growth(ratio - 1.0),
        Change::None | Change::New => Cell::Text(change.text(words)),
    }
}

fn unanswered(report: &WeeklyReport, words: Words) -> Table {
    let columns = vec![
        Column::text(words.say("问题", "Question"), 44.0),
        Column::text(words.say("状态", "State"), 12.0),
        Column::figure(words.say("本周买家", "Buyers")),
        Column::figure(words.say("上周买家", "Last week")),
        Column::figure(words.say("变化", "Change")),
        Column::figure(words.say("人工回复率", "Answered by agents")),
        Column::text(words.say("意图", "Intent"), 18.0),
        Column::text(words.say("商品（买家数）", "Products (buyers)"), 34.0),
        Column::text(words.say("买家原话", "Buyers' words"), 60.0),
        Column::text(words.say("问题编号", "Cluster"), 22.0),
    ];
    let rows = report
        .unanswered
        .iter()
        .map(|line| {
            vec![
                Cell::text(&line.label),
                Cell::text(words.lacking(line.answer_state())),
                Cell::count(line.buyers),
                Cell::count(line.previous_buyers),
                change_of(line_change(line), words),
                Cell::Share(line.told(line.answered_share)),
                Cell::text(words.intent(line)),
                products_of(line, words),
                Cell::Text(line.words.join("\n")),
                Cell::text(&line.cluster),
            ]
        })
        .collect();
    Table {
        name: words.say("待补答案", "Unanswered"),
        columns,
        rows,
        empty: Section::Unanswered.empty(report, words),
    }
}

fn share_columns(words: Words) -> Vec<Column> {
    vec![
        Column::text(words.say("名称", "Name"), 32.0),
        Column::figure(words.say("本周提问", "Questions")),
        Column::figure(words.say("占比", "Share")),
        Column::figure(words.say("本周买家", "Buyers")),
        Column::figure(words.say("上周提问", "Last week")),
        Column::figure(words.say("变化", "Change")),
        Column::text(words.say("编号", "Id"), 28.0),
    ]
}

fn share_row(report: &WeeklyReport, part: &Share, words: Words) -> Vec<Cell> {
    let whole = f64::from(report.totals.questions.max(1));
    vec![
        Cell::text(&words.part(part)),
        Cell::Count(part.questions),
        Cell::Share(Some(f64::from(part.questions) / whole)),
        Cell::Count(part.buyers),
        Cell::count(part.previous_questions),
        change_of(part_change(part, report), words),
        Cell::text(&part.id),
    ]
}

fn products(report: &WeeklyReport, words: Words) -> Table {
    let rows = report.by_product.iter();
    Table {
        name: words.say("商品", "Products"),
        columns: share_columns(words),
        rows: rows.map(|part| share_row(report, part, words)).collect(),
        empty: words
            .say("本周没有问到具体商品。", "No product was asked about.")
            .to_owned(),
    }
}

/// Domains, intents and channels in one table, so that one filter finds them.
fn parts(report: &WeeklyReport, words: Words) -> Table {
    let mut columns = vec![Column::text(words.say("维度", "By"), 10.0)];
    columns.extend(share_columns(words));
    let mut rows = Vec::new();
    for (kind, parts) in [
        (words.say("领域", "Domain"), &report.by_domain),
        (words.say("意图", "Intent"), &report.by_intent),
        (words.say("渠道", "Channel"), &report.by_channel),
    ] {
        for part in parts {
            let mut row = vec![Cell::text(kind)];
            row.extend(share_row(report, part, words));
            rows.push(row);
        }
    }
    Table {
        name: words.say("领域意图渠道", "Domains, intents, channels"),
        columns,
        rows,
        empty: words
            .say("本周没有提问。", "Nothing was asked this week.")
            .to_owned(),
    }
}

fn actions(report: &WeeklyReport, words: Words) -> Table {
    let (before, now) = words.compared_weeks(report);
    let columns = vec![
        Column::text(words.say("类别", "Kind"), 12.0),
        Column::text(words.say("改动", "Change made"), 48.0),
        Column::text(words.say("生效日", "Since"), 13.0),
        Column::text(words.say("针对的问题", "Question"), 44.0),
        Column::text(&before, 30.0),
        Column::text(&now, 20.0),
        Column::figure(words.say("变化", "Change")),
    ];
    let rows = report
        .actions
        .iter()
        .map(|action| {
            vec![
                Cell::text(words.action(&action.kind)),
                Cell::text(&action.note),
                Cell::Text(action.on.to_string()),
                Cell::text(&action.label),
                Cell::count(action.buyers_before),
                Cell::count(action.buyers_now),
                change_of(change(action.buyers_now, action.buyers_before), words),
            ]
        })
        .collect();
    Table {
        name: words.say("改动效果", "Changes made"),
        columns,
        rows,
        empty: words
            .say(
                "上一周没有记录改动。",
                "No change was recorded the week before.",
            )
            .to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Cursor, Read};

    use calamine::{Data, Reader, Xlsx};

    use super::super::samples;
    use super::*;
    use crate::domain::insights::CoverageNote;

    fn open(bytes: &[u8]) -> Xlsx<Cursor<&[u8]>> {
        Xlsx::new(Cursor::new(bytes)).expect("a workbook")
    }

    fn rows(bytes: &[u8], sheet: &str) -> Vec<Vec<Data>> {
        let range = open(bytes).worksheet_range(sheet).expect("a sheet");
        range.rows().map(<[Data]>::to_vec).collect()
    }

    fn part(bytes: &[u8], name: &str) -> String {
        let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).expect("a zip");
        let mut text = String::new();
        let mut file = archive.by_name(name).expect("a part");
        file.read_to_string(&mut text).expect("text");
        text
    }

    #[test]
    fn sheets_and_cells_are_there() {
        let mut report = samples::shop();
        report.coverage_note = Some(CoverageNote::NothingApproved);
        let bytes = xlsx(&report, Locale::Chinese).expect("written");
        assert_eq!(
            open(&bytes).sheet_names(),
            [
                "概览",
                "常见问题",
                "待补答案",
                "商品",
                "领域意图渠道",
                "改动效果"
            ]
        );
        let questions = rows(&bytes, "常见问题");
        assert_eq!(questions.len(), 1 + report.top.len());
        assert_eq!(
            questions[1][1],
            Data::String("今天拍什么时候发货".to_owned())
        );
        let buyers = questions[0]
            .iter()
            .position(|cell| *cell == Data::String("本周买家".to_owned()));
        let buyers = buyers.expect("a column");
        assert_eq!(questions[1][buyers], Data::Float(121.0));
        assert_eq!(rows(&bytes, "待补答案").len(), 1 + report.unanswered.len());
        assert_eq!(rows(&bytes, "改动效果")[1][5], Data::Float(58.0));
        let overview = rows(&bytes, "概览");
        let has = |text: &str| {
            overview
                .iter()
                .flatten()
                .any(|cell| matches!(cell, Data::String(held) if held.contains(text)))
        };
        for text in [
            "禾木生活",
            "第 2 版",
            "还没有审核通过的知识",
            "第 1 版口径",
            "提问买家",
            "周三",
        ] {
            assert!(has(text), "{text}");
        }
        assert!(
            overview
                .iter()
                .flatten()
                .any(|cell| *cell == Data::Float(1_284.0))
        );
    }

    #[test]
    fn charts_lines_and_filters_are_real() {
        let bytes = xlsx(&samples::shop(), Locale::English).expect("written");
        let (days, top) = (
            part(&bytes, "xl/charts/chart1.xml"),
            part(&bytes, "xl/charts/chart2.xml"),
        );
        assert!(
            days.contains("<c:barDir val=\"col\"/>") && top.contains("<c:barDir val=\"bar\"/>")
        );
        let sheet = part(&bytes, "xl/worksheets/sheet2.xml");
        for mark in [
            "<autoFilter ",
            "state=\"frozen\"",
            "x14:sparkline>",
            "dataBar",
        ] {
            assert!(sheet.contains(mark), "{mark}");
        }
        assert_eq!(
            sheet.matches("<x14:sparkline>").count(),
            samples::shop().top.len()
        );
    }

    #[test]
    fn an_empty_week_and_nasty_texts_open() {
        for locale in [Locale::Chinese, Locale::English] {
            let bytes = xlsx(&samples::nothing(), locale).expect("written");
            let names = open(&bytes).sheet_names();
            assert_eq!(names.len(), 6);
            assert_eq!(rows(&bytes, &names[1]).len(), 2);
        }
        let bytes = xlsx(&samples::nasty(), Locale::Chinese).expect("written");
        for sheet in open(&bytes).sheet_names() {
            let formulas = open(&bytes).worksheet_formula(&sheet).expect("a sheet");
            assert!(formulas.is_empty(), "{sheet}");
        }
        let labels = rows(&bytes, "常见问题");
        let held = |text: &str| {
            labels
                .iter()
                .flatten()
                .any(|cell| *cell == Data::String(text.to_owned()))
        };
        assert!(held(samples::NASTY[0]) && held(samples::NASTY[1]) && held("abcde"));
    }

    #[test]
    fn the_same_report_makes_the_same_file() {
        let make = || xlsx(&samples::shop(), Locale::Chinese).expect("written");
        assert!(make() == make());
    }
}
