//! A sheet that is one table: header frozen and filtered, figures as figures.

use rust_xlsxwriter::{Color, Format, FormatAlign, FormatBorder, Workbook, Worksheet, XlsxError};

use crate::domain::shown::Shown;

/// The accent of headers, bars and lines.
pub const ACCENT: Color = Color::RGB(0x0b_6b5c);
/// A lighter accent.
pub const WASH: Color = Color::RGB(0xe3_f1ed);
const LINE: Color = Color::RGB(0xdc_dfdb);
/// Text that stands back.
pub const SOFT: Color = Color::RGB(0x56_605c);

/// A4, as Excel numbers paper.
const PAPER_A4: u8 = 9;
/// Characters of a cell, well below what Excel takes.
const MOST_CELL_CHARACTERS: usize = 16_000;

/// What a cell holds.
pub enum Cell {
    /// Text, never run.
    Text(String),
    /// How many.
    Count(u32),
    /// A share from 0 to 1; blank where there is none.
    Share(Option<f64>),
    /// Growth: 0.35 is shown as +35 %.
    Growth(f64),
    /// A length of time in seconds; blank where there is none.
    Seconds(Option<u32>),
    /// Nothing: something else is drawn there.
    Blank,
}

impl Cell {
    /// A count; of a few the text that says so.
    pub fn count(count: Shown) -> Self {
        count
            .exactly()
            .map_or_else(|| Self::Text(count.to_string()), Self::Count)
    }

    /// Text.
    pub fn text(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

/// A column.
pub struct Column {
    /// What stands in its header.
    pub name: String,
    /// Its width in characters.
    pub width: f64,
}

impl Column {
    /// A column of texts.
    pub fn text(name: &str, width: f64) -> Self {
        let name = name.to_owned();
        Self { name, width }
    }

    /// A column of figures.
    pub fn figure(name: &str) -> Self {
        Self::text(name, 12.0)
    }
}

/// A sheet to be.
pub struct Table {
    /// The sheet's name.
    pub name: &'static str,
    /// Its columns.
    pub columns: Vec<Column>,
    /// Its rows, each as wide as the columns.
    pub rows: Vec<Vec<Cell>>,
    /// What is said when there are no rows.
    pub empty: String,
}

impl Table {
    /// Adds the sheet.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn add(self, workbook: &mut Workbook) -> Result<&mut Worksheet, XlsxError> {
        let sheet = workbook.add_worksheet();
        sheet.set_name(self.name)?;
        let header = header_format();
        for (place, column) in (0..).zip(&self.columns) {
            sheet.set_column_width(place, column.width)?;
            sheet.write_string_with_format(0, place, &column.name, &header)?;
        }
        for (number, row) in (1..).zip(&self.rows) {
            for (place, cell) in (0..).zip(row) {
                write(sheet, (number, place), cell)?;
            }
        }
        let last_column = u16::try_from(self.columns.len().saturating_sub(1)).unwrap_or(u16::MAX);
        let last_row = u32::try_from(self.rows.len()).unwrap_or(u32::MAX);
        if self.rows.is_empty() {
            let soft = Format::new().set_font_color(SOFT);
            sheet.write_string_with_format(1, 0, &self.empty, &soft)?;
        } else {
            sheet.autofilter(0, 0, last_row, last_column)?;
        }
        sheet.set_freeze_panes(1, 0)?;
        sheet.set_row_height(0, 24)?;
        sheet.set_repeat_rows(0, 0)?;
        fit_to_page(sheet);
        Ok(sheet)
    }
}

/// Landscape A4, as wide as the page.
pub fn fit_to_page(sheet: &mut Worksheet) {
    sheet
        .set_paper_size(PAPER_A4)
        .set_landscape()
        .set_print_fit_to_pages(1, 0)
        .set_screen_gridlines(false);
}

/// The format of a table's header.
pub fn header_format() -> Format {
    Format::new()
        .set_bold()
        .set_font_color(ACCENT)
        .set_background_color(WASH)
        .set_border_bottom(FormatBorder::Thin)
        .set_border_bottom_color(ACCENT)
        .set_align(FormatAlign::VerticalCenter)
        .set_text_wrap()
}

/// Writes a cell at `(row, column)`.
///
/// # Errors
/// When it cannot be written.
pub fn write(sheet: &mut Worksheet, at: (u32, u16), cell: &Cell) -> Result<(), XlsxError> {
    let (row, column) = at;
    let format = Format::new()
        .set_align(FormatAlign::Top)
        .set_border_bottom(FormatBorder::Hair)
        .set_border_bottom_color(LINE);
    match cell {
        Cell::Text(text) => {
            let text: String = text.chars().take(MOST_CELL_CHARACTERS).collect();
            sheet.write_string_with_format(row, column, text, &format.set_text_wrap())?;
        }
        Cell::Count(count) => {
            let format = format.set_num_format("#,##0");
            sheet.write_number_with_format(row, column, *count, &format)?;
        }
        Cell::Share(Some(share)) => {
            let format = format.set_num_format("0%");
            sheet.write_number_with_format(row, column, *share, &format)?;
        }
        Cell::Growth(growth) => {
            let format = format.set_num_format("+0%;-0%;0%");
            sheet.write_number_with_format(row, column, *growth, &format)?;
        }
        Cell::Seconds(Some(seconds)) => {
            let format = format.set_num_format("0 \"s\"");
            sheet.write_number_with_format(row, column, *seconds, &format)?;
        }
        Cell::Share(None) | Cell::Seconds(None) | Cell::Blank => {
            sheet.write_blank(row, column, &format)?;
        }
    }
    Ok(())
}
