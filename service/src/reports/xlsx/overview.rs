//! The first sheet: the week in figures, two charts, and what the figures are made by.

use rust_xlsxwriter::{Chart, ChartDataLabel, ChartType, Format, Workbook, Worksheet, XlsxError};

use super::super::figures::{Value, caution, figures, summary};
use super::super::words::Words;
use super::questions;
use super::table::{ACCENT, Cell, SOFT, fit_to_page, header_format, write};
use crate::domain::insights::WeeklyReport;

/// Where the totals start.
const TOTALS_ROW: u32 = 6;
/// The column that the charts start in, beside the tables.
const CHART_COLUMN: u16 = 6;
const CHART_WIDTH: u32 = 640;
const CHART_HEIGHT: u32 = 300;
/// Questions in the chart of the top ones.
const MOST_BARS: usize = 10;

/// Adds the sheet.
///
/// # Errors
/// When it cannot be written.
pub fn add(workbook: &mut Workbook, report: &WeeklyReport, words: Words) -> Result<(), XlsxError> {
    let sheet = workbook.add_worksheet();
    sheet.set_name(name(words))?;
    for (column, width) in [
        (0, 24.0),
        (1, 13.0),
        (2, 13.0),
        (3, 16.0),
        (4, 36.0),
        (5, 3.0),
    ] {
        sheet.set_column_width(column, width)?;
    }
    head(sheet, report, words)?;
    let days_row = totals(sheet, report, words)? + 2;
    let policy_row = days(sheet, report, words, days_row)? + 2;
    policy(sheet, report, words, policy_row)?;
    if report.totals.questions > 0 {
        let last = days_row + u32::try_from(report.by_day.len()).unwrap_or(0);
        sheet.insert_chart(
            TOTALS_ROW,
            CHART_COLUMN,
            &days_chart(words, (days_row + 1, last)),
        )?;
    }
    if !report.top.is_empty() {
        // The charts stand one below the other, 20 pixels to a row.
        let below = TOTALS_ROW + CHART_HEIGHT / 20 + 1;
        sheet.insert_chart(below, CHART_COLUMN, &top_chart(report, words))?;
    }
    fit_to_page(sheet);
    Ok(())
}

fn name(words: Words) -> &'static str {
    words.say("概览", "Overview")
}

fn head(sheet: &mut Worksheet, report: &WeeklyReport, words: Words) -> Result<(), XlsxError> {
    let title = Format::new()
        .set_bold()
        .set_font_size(16)
        .set_font_color(ACCENT);
    let soft = Format::new().set_font_color(SOFT);
    sheet.write_string_with_format(0, 0, words.title(report), &title)?;
    sheet.write_string_with_format(1, 0, words.period(report), &soft)?;
    sheet.write_string_with_format(2, 0, words.state(report), &soft)?;
    sheet.write_string(3, 0, summary(report, words))?;
    if let Some(caution) = caution(report, words) {
        sheet.write_string_with_format(4, 0, caution, &soft)?;
    }
    Ok(())
}

/// Writes the totals and gives the row after them.
fn totals(sheet: &mut Worksheet, report: &WeeklyReport, words: Words) -> Result<u32, XlsxError> {
    let heads = [
        words.say("指标", "Figure"),
        words.say("本周", "This week"),
        words.say("上周", "Last week"),
        words.say("变化", "Change"),
        words.say("说明", "Meaning"),
    ];
    for (column, head) in (0..).zip(heads) {
        sheet.write_string_with_format(TOTALS_ROW, column, head, &header_format())?;
    }
    let mut row = TOTALS_ROW;
    for figure in figures(report, words) {
        row += 1;
        let cells = [
            Cell::text(figure.label),
            cell(figure.now),
            cell(figure.before),
            Cell::Text(figure.change),
            Cell::text(figure.meaning),
        ];
        for (column, cell) in (0..).zip(&cells) {
            write(sheet, (row, column), cell)?;
        }
    }
    Ok(row)
}

fn cell(value: Value) -> Cell {
    match value {
        Value::Count(count) => Cell::Count(count),
        Value::Share(share) => Cell::Share(share),
        Value::Seconds(seconds) => Cell::Seconds(seconds),
    }
}

/// Writes the days from `row` on and gives the row after them.
fn days(
    sheet: &mut Worksheet,
    report: &WeeklyReport,
    words: Words,
    row: u32,
) -> Result<u32, XlsxError> {
    for (column, head) in [
        (0, words.say("每天", "Day")),
        (1, words.say("提问", "Questions")),
    ] {
        sheet.write_string_with_format(row, column, head, &header_format())?;
    }
    let mut row = row;
    let mut date = report.from;
    for (place, count) in report.by_day.iter().enumerate() {
        row += 1;
        let day = format!("{} {}", words.weekday(place), words.day(date));
        write(sheet, (row, 0), &Cell::Text(day))?;
        write(sheet, (row, 1), &Cell::Count(*count))?;
        date = date.tomorrow().unwrap_or(date);
    }
    Ok(row)
}

fn policy(
    sheet: &mut Worksheet,
    report: &WeeklyReport,
    words: Words,
    row: u32,
) -> Result<(), XlsxError> {
    let title = words.say("数字怎么来的", "How the figures are made");
    let bold = Format::new().set_bold();
    let soft = Format::new().set_font_color(SOFT);
    sheet.write_string_with_format(row, 0, title, &bold)?;
    for (row, line) in (row + 1..).zip(words.policy(report)) {
        sheet.write_string_with_format(row, 0, line, &soft)?;
    }
    Ok(())
}

fn days_chart(words: Words, (first, last): (u32, u32)) -> Chart {
    let title = words.say("每天的提问", "Questions by day");
    let mut chart = Chart::new(ChartType::Column);
    chart
        .add_series()
        .set_categories((name(words), first, 0, last, 0))
        .set_values((name(words), first, 1, last, 1))
        .set_name(words.say("提问", "Questions"))
        .set_format(rust_xlsxwriter::ChartSolidFill::new().set_color(ACCENT))
        .set_data_label(ChartDataLabel::new().show_value())
        .set_gap(60);
    dress(&mut chart, title);
    chart
}

fn top_chart(report: &WeeklyReport, words: Words) -> Chart {
    let title = words.say("问得最多的问题（买家数）", "Most asked questions (buyers)");
    let bars = questions::rows(report).min(MOST_BARS);
    let last = u32::try_from(bars).unwrap_or(0);
    let sheet = questions::name(words);
    let mut chart = Chart::new(ChartType::Bar);
    chart
        .add_series()
        .set_categories((
            sheet,
            1,
            questions::LABEL_COLUMN,
            last,
            questions::LABEL_COLUMN,
        ))
        .set_values((
            sheet,
            1,
            questions::BUYERS_COLUMN,
            last,
            questions::BUYERS_COLUMN,
        ))
        .set_name(words.say("买家", "Buyers"))
        .set_format(rust_xlsxwriter::ChartSolidFill::new().set_color(ACCENT))
        .set_data_label(ChartDataLabel::new().show_value())
        .set_gap(40);
    // Excel draws the first bar at the bottom unless told otherwise.
    chart.x_axis().set_reverse();
    dress(&mut chart, title);
    chart
}

fn dress(chart: &mut Chart, title: &str) {
    chart.title().set_name(title);
    chart.legend().set_hidden();
    chart.y_axis().set_major_gridlines(false).set_hidden(true);
    chart.set_width(CHART_WIDTH).set_height(CHART_HEIGHT);
    chart.set_alt_text(title);
}
