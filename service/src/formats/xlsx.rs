//! Excel workbooks: the first visible sheet, with a header.
//!
//! A formula's cell counts as the value that Excel kept of it. A date is read
//! as `2026-11-11 20:00`, a number as its digits. Cells are written as text,
//! which Excel never runs, so the guard of CSV is not needed here.

use std::fs::File;
use std::io::{BufReader, BufWriter, Write};
use std::ops::ControlFlow;
use std::path::Path;

use calamine::{
    DataRef, ExcelDateTime, Reader, SheetType, SheetVisible, Xlsx, XlsxError, open_workbook,
};
use jiff::Unit;
use jiff::civil::Date;
use rust_xlsxwriter::{Color, Format, FormatAlign, Workbook};

use crate::domain::knowledge::RawKnowledge;

use super::columns::{Column, Header, RowBuilder, letters};
use super::fault::{ColumnError, FileError, RowFault};
use super::{Place, Row, Rows, archive, share};

/// The most UTF-16 units of a workbook's cell.
const MOST_CELL_UNITS: usize = 32_767;
/// More cells than Excel has columns are no row.
const MOST_CELLS: usize = 16_384;

/// Reads the rows of a workbook.
///
/// # Errors
/// When the file as a whole is not such a file.
pub fn read(path: &Path, rows: &mut Rows<'_>) -> Result<(), FileError> {
    let mut table = Table { header: None, rows };
    for_each_row(path, &mut |row| table.take(row))?;
    match table.header {
        Some(_) => Ok(()),
        None => Err(FileError::Empty),
    }
}

/// A row of a workbook's sheet.
pub(super) struct SheetRow<'a> {
    /// Its number, from 1.
    pub number: u64,
    /// The number of the sheet's last row.
    pub last: u64,
    /// Its cells that are not empty, with their places from 0.
    pub cells: &'a [(usize, CellText)],
}

/// What is done with each row of a sheet.
pub(super) type OnSheetRow<'a> =
    dyn FnMut(&SheetRow<'_>) -> Result<ControlFlow<()>, FileError> + 'a;

/// Hands the rows of a workbook's first visible sheet to `on_row`.
///
/// # Errors
/// When the file is no workbook, or `on_row` fails.
pub(super) fn for_each_row(path: &Path, on_row: &mut OnSheetRow<'_>) -> Result<(), FileError> {
    archive::check(path)?;
    let mut workbook: Xlsx<BufReader<File>> = open_workbook(path).map_err(file_error)?;
    let sheet = workbook
        .sheets_metadata()
        .iter()
        .find(|sheet| sheet.typ == SheetType::WorkSheet && sheet.visible == SheetVisible::Visible)
        .map(|sheet| sheet.name.clone())
        .ok_or(FileError::Empty)?;
    let mut reader = workbook
        .worksheet_cells_reader(&sheet)
        .map_err(file_error)?;
    let last = u64::from(reader.dimensions().end.0) + 1;
    let mut cells: Vec<(usize, CellText)> = Vec::new();
    let mut current_row = 0;
    while let Some(cell) = reader.next_cell().map_err(file_error)? {
        let (row, column) = cell.get_position();
        if row != current_row {
            let number = u64::from(current_row) + 1;
            let cells_read = &cells;
            if on_row(&SheetRow {
                number,
                last,
                cells: cells_read,
            })?
            .is_break()
            {
                return Ok(());
            }
            cells.clear();
            current_row = row;
        }
        if cells.len() == MOST_CELLS {
            return Err(FileError::DamagedWorkbook {
                detail: format!("row {} has too many cells", row + 1),
            });
        }
        let column = usize::try_from(column).unwrap_or(usize::MAX);
        cells.push((column, cell_text(cell.get_value())));
    }
    let number = u64::from(current_row) + 1;
    let cells = &cells;
    on_row(&SheetRow {
        number,
        last,
        cells,
    })
    .map(|_| ())
}

/// A cell's text, or the error that it shows.
pub(super) type CellText = Result<String, String>;

/// Makes items of rows of cells.
struct Table<'a, 'b> {
    header: Option<Header>,
    rows: &'a mut Rows<'b>,
}

impl Table<'_, '_> {
    fn take(&mut self, row: &SheetRow<'_>) -> Result<ControlFlow<()>, FileError> {
        let Some(header) = &self.header else {
            self.header = read_header(row.cells)?;
            return Ok(ControlFlow::Continue(()));
        };
        let Some(raw) = to_raw(header, row.cells) else {
            return Ok(ControlFlow::Continue(()));
        };
        self.rows.push(Row {
            place: Place::Row(row.number),
            share_read: share(row.number, row.last),
            raw,
        })
    }
}

fn read_header(cells: &[(usize, CellText)]) -> Result<Option<Header>, FileError> {
    let is_blank = |(_, text): &(usize, CellText)| text.as_ref().is_ok_and(|text| text.is_empty());
    if cells.iter().all(is_blank) {
        return Ok(None);
    }
    let width = cells.iter().map(|(place, _)| place + 1).max().unwrap_or(0);
    let mut names = vec![""; width.min(MOST_CELLS)];
    for (place, text) in cells {
        if let (Some(name), Ok(text)) = (names.get_mut(*place), text) {
            *name = text;
        }
    }
    Header::read(names.into_iter()).map(Some)
}

fn to_raw(
    header: &Header,
    cells: &[(usize, CellText)],
) -> Option<Result<RawKnowledge, Vec<ColumnError>>> {
    let mut row = RowBuilder::default();
    for (place, text) in cells {
        let column = header.column(*place);
        let name = || column.map_or_else(|| letters(*place), |column| column.name().to_owned());
        match (column, text) {
            (_, Err(value)) => {
                let value = value.clone();
                row.fail(ColumnError::of_column(
                    name(),
                    RowFault::CellError { value },
                ));
            }
            (Some(column), Ok(text)) => row.set(column, text),
            (None, Ok(text)) if text.trim().is_empty() => {}
            (None, Ok(_)) => row.fail(ColumnError::of_column(name(), RowFault::UnnamedColumn)),
        }
    }
    row.finish()
}

fn cell_text(value: &DataRef<'_>) -> CellText {
    Ok(match value {
        DataRef::Empty => String::new(),
        DataRef::String(text) => text.clone(),
        DataRef::SharedString(text) => (*text).to_owned(),
        DataRef::Int(number) => number.to_string(),
        // The shortest digits that give the same number, never with an exponent.
        DataRef::Float(number) => number.to_string(),
        DataRef::Bool(true) => "TRUE".to_owned(),
        DataRef::Bool(false) => "FALSE".to_owned(),
        DataRef::DateTime(time) => time_text(time),
        DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => text.clone(),
        DataRef::Error(error) => return Err(error.to_string()),
    })
}

/// The form that the shop's times have; Excel's fractions of a day are only
/// as fine as a second.
fn time_text(time: &ExcelDateTime) -> String {
    if !time.is_datetime() {
        return time.as_f64().to_string();
    }
    let (year, month, day, hour, minute, second, milli) = time.to_ymd_hms_milli();
    let narrow = |number: u8| i8::try_from(number).unwrap_or(i8::MAX);
    let local = i16::try_from(year)
        .ok()
        .and_then(|year| Date::new(year, narrow(month), narrow(day)).ok())
        .and_then(|date| {
            let nanoseconds = i32::from(milli) * 1_000_000;
            let at = date.to_datetime(jiff::civil::Time::midnight());
            at.with()
                .hour(narrow(hour))
                .minute(narrow(minute))
                .second(narrow(second))
                .subsec_nanosecond(nanoseconds)
                .build()
                .ok()
        })
        .and_then(|time| time.round(Unit::Second).ok());
    match local {
        None => time.as_f64().to_string(),
        Some(time) if time.second() == 0 => time.strftime("%Y-%m-%d %H:%M").to_string(),
        Some(time) => time.strftime("%Y-%m-%d %H:%M:%S").to_string(),
    }
}

fn file_error(error: XlsxError) -> FileError {
    match error {
        XlsxError::Password => FileError::OldOrProtectedWorkbook,
        error => FileError::DamagedWorkbook {
            detail: error.to_string(),
        },
    }
}

/// Writes a workbook; its rows go to a temporary file as they come.
pub struct XlsxWriter {
    workbook: Workbook,
    file: BufWriter<File>,
    wrapped: Format,
    next_row: u32,
}

impl XlsxWriter {
    /// Begins with the header.
    ///
    /// # Errors
    /// When no temporary file can be made.
    pub fn new(file: File) -> Result<Self, FileError> {
        let mut workbook = Workbook::new();
        let bold = Format::new()
            .set_bold()
            .set_background_color(Color::RGB(0x00E7_EEF7));
        let sheet = workbook
            .add_worksheet_with_constant_memory()
            .map_err(FileError::WriteWorkbook)?;
        sheet
            .set_name("knowledge")
            .and_then(|sheet| sheet.set_freeze_panes(1, 0))
            .map_err(FileError::WriteWorkbook)?;
        for (place, column) in (0..).zip(Column::all()) {
            sheet
                .set_column_width(place, width(column))
                .and_then(|sheet| sheet.write_string_with_format(0, place, column.name(), &bold))
                .map_err(FileError::WriteWorkbook)?;
        }
        Ok(Self {
            workbook,
            file: BufWriter::new(file),
            wrapped: Format::new().set_text_wrap().set_align(FormatAlign::Top),
            next_row: 1,
        })
    }

    /// Writes a row.
    ///
    /// # Errors
    /// When the file cannot be written or a text is longer than a cell may be.
    pub fn push(&mut self, raw: &RawKnowledge) -> Result<(), FileError> {
        let sheet = self
            .workbook
            .worksheet_from_index(0)
            .map_err(FileError::WriteWorkbook)?;
        for (place, column) in (0..).zip(Column::all()) {
            let text = column.text(raw);
            if text.is_empty() {
                continue;
            }
            if text.len() > MOST_CELL_UNITS && text.encode_utf16().count() > MOST_CELL_UNITS {
                return Err(FileError::CellTooLongForWorkbook {
                    id: raw.id.clone().unwrap_or_default(),
                    column: column.name(),
                });
            }
            sheet
                .write_string_with_format(self.next_row, place, text, &self.wrapped)
                .map_err(FileError::WriteWorkbook)?;
        }
        self.next_row += 1;
        Ok(())
    }

    /// Writes the workbook.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn finish(mut self) -> Result<(), FileError> {
        self.workbook
            .save_to_writer(&mut self.file)
            .map_err(FileError::WriteWorkbook)?;
        Ok(self.file.flush()?)
    }
}

/// In characters.
fn width(column: Column) -> f64 {
    match column {
        Column::AnswerBrief | Column::AnswerConsultative => 50.0,
        Column::Title | Column::Phrasings => 32.0,
        Column::Id | Column::Intent | Column::Products | Column::Source => 20.0,
        Column::Status
        | Column::Domain
        | Column::Channels
        | Column::ValidFrom
        | Column::ValidUntil
        | Column::Tags => 14.0,
    }
}

#[cfg(test)]
mod tests {
    use rust_xlsxwriter::{ExcelDateTime, Formula};

    use super::super::Format as FileFormat;
    use super::super::samples::{nasty, read_all, read_bytes, write};
    use super::*;

    fn workbook() -> Vec<u8> {
        let mut workbook = Workbook::new();
        let sheet = workbook.add_worksheet();
        let names = ["编号", "标准问题", "领域", "生效时间", "失效时间", "回答"];
        for (place, name) in (0..).zip(names) {
            sheet.write(1, place, name).expect("written");
        }
        let format = Format::new().set_num_format("yyyy/m/d h:mm");
        let time = |text: &str| ExcelDateTime::parse_from_str(text).expect("valid");
        sheet.write(2, 0, 1001).expect("written");
        sheet.write(2, 1, "发票").expect("written");
        sheet.write(2, 2, "流程").expect("written");
        sheet
            .write_with_format(2, 3, time("2026-11-11 20:00"), &format)
            .expect("written");
        sheet
            .write_with_format(2, 4, time("2026-11-12 23:59:59"), &format)
            .expect("written");
        sheet
            .write_formula(2, 5, Formula::new("=1+1").set_result("两天"))
            .expect("written");
        sheet.write(4, 0, 0.5).expect("written");
        sheet
            .write_formula(4, 1, Formula::new("=NA()").set_result("#N/A"))
            .expect("written");
        sheet.write(4, 7, "多").expect("written");
        workbook.save_to_buffer().expect("written")
    }

    #[test]
    fn reads_dates_numbers_and_formulas() {
        let rows = read_bytes(FileFormat::Xlsx, &workbook()).expect("readable");
        assert_eq!(rows.len(), 2);
        assert_eq!(rows[0].place, Place::Row(3));
        let expected = RawKnowledge {
            id: Some("1001".to_owned()),
            title: "发票".to_owned(),
            domain: "流程".to_owned(),
            valid_from: Some("2026-11-11 20:00".to_owned()),
            valid_until: Some("2026-11-12 23:59:59".to_owned()),
            answer_brief: Some("两天".to_owned()),
            ..RawKnowledge::default()
        };
        assert_eq!(rows[0].raw.as_ref(), Ok(&expected));
        assert_eq!(rows[1].place, Place::Row(5));
        let value = "#N/A".to_owned();
        assert_eq!(
            rows[1].raw,
            Err(vec![
                ColumnError::of_column("title", RowFault::CellError { value }),
                ColumnError::of_column("H", RowFault::UnnamedColumn),
            ])
        );
    }

    #[test]
    fn refuses_what_is_cut_or_no_workbook() {
        let whole = workbook();
        for length in [4, whole.len() / 2, whole.len() - 10] {
            let error = read_bytes(FileFormat::Xlsx, &whole[..length]).expect_err("cut");
            assert!(
                matches!(error, FileError::DamagedWorkbook { .. }),
                "{error}"
            );
        }
        let mut damaged = whole.clone();
        let middle = whole.len() / 2;
        damaged[middle..middle + 40].fill(0x55);
        assert!(read_bytes(FileFormat::Xlsx, &damaged).is_err());
        assert!(matches!(
            read_bytes(FileFormat::Xlsx, b""),
            Err(FileError::Empty)
        ));
        assert!(matches!(
            read_bytes(FileFormat::Xlsx, &[0xd0, 0xcf, 0x11, 0xe0, 0xa1]),
            Err(FileError::OldOrProtectedWorkbook)
        ));
        let empty = Workbook::new().save_to_buffer().expect("written");
        assert!(matches!(
            read_bytes(FileFormat::Xlsx, &empty),
            Err(FileError::Empty)
        ));
    }

    #[test]
    fn says_which_item_does_not_fit_a_cell() {
        let directory = tempfile::tempdir().expect("made");
        let path = directory.path().join("file.xlsx");
        let mut raw = nasty(1, 1).remove(0);
        raw.products = vec!["x".repeat(128); 300];
        let mut writer = XlsxWriter::new(File::create(&path).expect("made")).expect("begun");
        assert!(matches!(
            writer.push(&raw),
            Err(FileError::CellTooLongForWorkbook {
                column: "products",
                ..
            })
        ));
        raw.products.clear();
        write(FileFormat::Xlsx, &path, std::slice::from_ref(&raw));
        let rows = read_all(FileFormat::Xlsx, &path).expect("readable");
        assert_eq!(rows[0].raw.as_ref(), Ok(&raw));
    }
}
