//! The sheet of recurring questions: bars, lines of eight weeks, and all that is known of each.

use rust_xlsxwriter::{ConditionalFormatDataBar, Sparkline, Workbook, XlsxError};

use super::super::figures::line_change;
use super::super::section::{Section, questions};
use super::super::words::Words;
use super::table::{ACCENT, Cell, Column, Table};
use super::{change_of, products_of};
use crate::domain::insights::{QuestionLine, WeeklyReport};

/// The column of labels.
pub const LABEL_COLUMN: u16 = 1;
/// The column of this week's buyers.
pub const BUYERS_COLUMN: u16 = 2;
const SPARK_COLUMN: u16 = 5;
const FIRST_WEEK_COLUMN: u16 = 14;
const WEEKS: u16 = 8;

/// The sheet's name.
pub fn name(words: Words) -> &'static str {
    words.say("常见问题", "Questions")
}

/// How many rows the sheet has.
pub fn rows(report: &WeeklyReport) -> usize {
    questions(report).len()
}

/// Adds the sheet.
///
/// # Errors
/// When it cannot be written.
pub fn add(workbook: &mut Workbook, report: &WeeklyReport, words: Words) -> Result<(), XlsxError> {
    let rows: Vec<Vec<Cell>> = (1..)
        .zip(questions(report))
        .map(|(rank, (line, sections))| row(rank, line, &sections, words))
        .collect();
    let last = u32::try_from(rows.len()).unwrap_or(u32::MAX);
    let table = Table {
        name: name(words),
        columns: columns(report, words),
        rows,
        empty: Section::Top.empty(report, words),
    };
    let sheet = table.add(workbook)?;
    sheet.set_freeze_panes(1, LABEL_COLUMN + 1)?;
    if last == 0 {
        return Ok(());
    }
    let bar = ConditionalFormatDataBar::new()
        .set_fill_color(rust_xlsxwriter::Color::RGB(0x9f_d3c7))
        .set_solid_fill(true)
        .set_border_off(true);
    sheet.add_conditional_format(1, BUYERS_COLUMN, last, BUYERS_COLUMN, &bar)?;
    for row in 1..=last {
        let weeks = (
            name(words),
            row,
            FIRST_WEEK_COLUMN,
            row,
            FIRST_WEEK_COLUMN + WEEKS - 1,
        );
        let line = Sparkline::new()
            .set_range(weeks)
            .set_sparkline_color(ACCENT)
            .show_last_point(true)
            .set_last_point_color(ACCENT);
        sheet.add_sparkline(row, SPARK_COLUMN, &line)?;
    }
    Ok(())
}

fn columns(report: &WeeklyReport, words: Words) -> Vec<Column> {
    let mut columns = vec![
        Column::text(words.say("名次", "Rank"), 6.0),
        Column::text(words.say("问题", "Question"), 44.0),
        Column::text(words.say("本周买家", "Buyers"), 16.0),
        Column::figure(words.say("上周买家", "Last week")),
        Column::figure(words.say("变化", "Change")),
        Column::text(words.say("近 8 周", "8 weeks"), 18.0),
        Column::text(words.say("走势", "Trend"), 10.0),
        Column::text(words.say("领域", "Domain"), 10.0),
        Column::text(words.say("意图", "Intent"), 18.0),
        Column::text(words.say("版块", "Sections"), 30.0),
        Column::figure(words.say("本周提问", "Questions")),
        Column::figure(words.say("人工回复率", "Answered by agents")),
        Column::figure(words.say("建议采用率", "Suggestions used")),
        Column::figure(words.say("紧急占比", "Urgent")),
    ];
    let weeks = i64::from(WEEKS);
    columns.extend(
        (0..weeks)
            .rev()
            .map(|back| Column::text(&report.week.plus(-back).to_string(), 10.0)),
    );
    columns.extend([
        Column::text(words.say("商品（买家数）", "Products (buyers)"), 34.0),
        Column::text(words.say("答案", "Answered by"), 22.0),
        Column::text(words.say("关键词", "Key phrases"), 26.0),
        Column::text(words.say("买家原话", "Buyers' words"), 60.0),
        Column::text(words.say("问题编号", "Cluster"), 22.0),
    ]);
    columns
}

fn row(rank: u32, line: &QuestionLine, sections: &[Section], words: Words) -> Vec<Cell> {
    let separator = words.say("、", ", ");
    let titles: Vec<&str> = sections
        .iter()
        .map(|section| section.title(words))
        .collect();
    let mut row = vec![
        Cell::Count(rank),
        Cell::text(&line.label),
        Cell::count(line.buyers),
        Cell::count(line.previous_buyers),
        change_of(line_change(line), words),
        Cell::Blank,
        Cell::text(words.trend(line.trend)),
        Cell::text(line.domain.as_deref().map_or("", |id| words.domain(id))),
        Cell::text(words.intent(line)),
        Cell::Text(titles.join(separator)),
        Cell::count(line.questions),
        Cell::Share(line.told(line.answered_share)),
        Cell::Share(line.acceptance),
        Cell::Share(line.told(line.urgent_share)),
    ];
    let weeks = usize::from(WEEKS);
    let held = line.buyers_by_week.len();
    row.extend((held..weeks).map(|_| Cell::Blank));
    let recent = &line.buyers_by_week[held.saturating_sub(weeks)..];
    row.extend(recent.iter().map(|count| Cell::count(*count)));
    row.extend([
        products_of(line, words),
        Cell::text(line.answered_by.as_deref().unwrap_or("")),
        Cell::Text(words.key_phrases(line)),
        Cell::Text(line.words.join("\n")),
        Cell::text(&line.cluster),
    ]);
    row
}
