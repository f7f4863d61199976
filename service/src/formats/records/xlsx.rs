//! Workbooks of any columns: the first visible sheet.

use std::ops::ControlFlow;
use std::path::Path;

use super::super::columns::letters;
use super::super::fault::{ColumnError, FileError, RowFault};
use super::super::xlsx::{CellText, SheetRow, for_each_row};
use super::super::{Place, share};
use super::{MOST_LINES_BEFORE_HEADER, OnRecord, Record, header_names};

/// The header's names and its row's number.
pub fn open(
    path: &Path,
    is_wanted: &dyn Fn(&str) -> bool,
) -> Result<(Vec<String>, u64), FileError> {
    let mut best: Option<(usize, u64, Vec<String>)> = None;
    let mut rows = 0;
    for_each_row(path, &mut |row| {
        rows += 1;
        let cells = cells_of(row.cells, 0);
        let (wanted, names) = header_names(cells.iter().map(String::as_str), is_wanted);
        let is_header = names.iter().any(|name| !name.is_empty())
            && best.as_ref().is_none_or(|best| wanted > best.0);
        if is_header {
            best = Some((wanted, row.number, names));
        }
        Ok(if rows == MOST_LINES_BEFORE_HEADER {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        })
    })?;
    let (_, header_row, names) = best.ok_or(FileError::Empty)?;
    Ok((names, header_row))
}

/// Reads the rows below the header.
pub fn read(
    path: &Path,
    header_row: u64,
    width: usize,
    on_record: &mut OnRecord<'_>,
) -> Result<(), FileError> {
    for_each_row(path, &mut |row| {
        if row.number <= header_row {
            return Ok(ControlFlow::Continue(()));
        }
        let cells = checked(row, width);
        if cells
            .as_ref()
            .is_ok_and(|cells| cells.iter().all(|cell| cell.trim().is_empty()))
        {
            return Ok(ControlFlow::Continue(()));
        }
        Ok(on_record(Record {
            place: Place::Row(row.number),
            share_read: share(row.number, row.last),
            cells,
        }))
    })
}

fn checked(row: &SheetRow<'_>, width: usize) -> Result<Vec<String>, ColumnError> {
    for (place, cell) in row.cells {
        if let Err(value) = cell {
            let value = value.clone();
            let fault = RowFault::CellError { value };
            return Err(ColumnError::of_column(letters(*place), fault));
        }
    }
    let mut cells = cells_of(row.cells, width);
    // What stands to the right of the header belongs to no column.
    cells.truncate(width);
    Ok(cells)
}

/// Cells by their place, at least `width` of them.
fn cells_of(cells: &[(usize, CellText)], width: usize) -> Vec<String> {
    let last = cells.iter().map(|(place, _)| place + 1).max().unwrap_or(0);
    let mut texts = vec![String::new(); last.max(width).min(16_384)];
    for (place, cell) in cells {
        if let (Some(text), Ok(cell)) = (texts.get_mut(*place), cell) {
            text.clone_from(cell);
        }
    }
    texts
}
