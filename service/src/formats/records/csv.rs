//! CSV of any columns, by lines: a quotation mark that is left open costs its
//! own line, not the rest of the file.

use std::io;

use super::super::fault::{ColumnError, FileError, RowFault};
use super::super::{Place, guard, share};
use super::{HeldLine, HeldLines, MOST_LINES_BEFORE_HEADER, OnRecord, Record, header_names};

const DELIMITERS: [u8; 4] = [b',', b'\t', b';', b'|'];

/// A record of more lines has a quotation mark left open.
const MOST_LINES: usize = 500;
/// A record of more bytes has as well.
const MOST_BYTES: usize = 256 * 1024;

/// How a CSV file is written.
pub struct CsvForm {
    /// What parts its cells.
    pub delimiter: u8,
    /// How many cells its header has.
    pub width: usize,
    /// The file's bytes.
    pub size: u64,
}

/// Finds the header and the delimiter; leaves `lines` behind the header.
pub fn open(
    lines: &mut HeldLines,
    is_wanted: &dyn Fn(&str) -> bool,
) -> Result<(Vec<String>, u8), FileError> {
    let mut first: Vec<HeldLine> = Vec::new();
    while first.len() < MOST_LINES_BEFORE_HEADER {
        let Some(line) = lines.next()? else { break };
        first.push(line);
    }
    let is_blank = |line: &HeldLine| line.1.as_deref().is_some_and(|text| text.trim().is_empty());
    if first.iter().all(is_blank) {
        return Err(FileError::Empty);
    }
    let mut best: Option<(usize, usize, u8, Vec<String>)> = None;
    for (at, (_, text)) in first.iter().enumerate() {
        let Some(text) = text.as_deref().filter(|text| !text.trim().is_empty()) else {
            continue;
        };
        for delimiter in DELIMITERS {
            let mut cells = Vec::new();
            if split(text, delimiter, &mut cells) == Quotes::Open {
                continue;
            }
            let (wanted, names) = header_names(cells.iter().map(String::as_str), is_wanted);
            // The first line stands for the header of a file that has none of
            // the columns, so that the fault can say which it has.
            if best.as_ref().is_none_or(|best| {
                wanted > best.0
                    || (wanted == 0 && best.0 == 0 && at == best.1 && names.len() > best.3.len())
            }) {
                best = Some((wanted, at, delimiter, names));
            }
        }
    }
    let (_, at, delimiter, names) = best.ok_or(FileError::RowTooLarge { row: 1 })?;
    lines.put_back(first.split_off(at + 1));
    Ok((names, delimiter))
}

/// Reads what follows the header.
pub fn read(
    mut lines: HeldLines,
    form: &CsvForm,
    on_record: &mut OnRecord<'_>,
) -> Result<(), FileError> {
    let mut record = Vec::new();
    while let Some((number, text)) = lines.next()? {
        let cells = match text {
            None => Err(ColumnError::of_row(RowFault::LineTooLong)),
            Some(text) if text.trim().is_empty() => continue,
            Some(text) => record_from(&mut lines, form, text, &mut record)?,
        };
        let cells = cells.and_then(|cells| {
            if cells.iter().any(|cell| lines.is_damaged(cell)) {
                Err(ColumnError::of_row(RowFault::Damaged))
            } else {
                Ok(cells)
            }
        });
        if cells
            .as_ref()
            .is_ok_and(|cells| cells.iter().all(|cell| cell.trim().is_empty()))
        {
            continue;
        }
        let share_read = share(lines.bytes_read(), form.size);
        let place = Place::Line(number);
        if on_record(Record {
            place,
            share_read,
            cells,
        })
        .is_break()
        {
            break;
        }
    }
    Ok(())
}

/// The cells of the record that begins with `first`. Lines that turn out not
/// to be of it are put back.
fn record_from(
    lines: &mut HeldLines,
    form: &CsvForm,
    first: String,
    cells: &mut Vec<String>,
) -> io::Result<Result<Vec<String>, ColumnError>> {
    let mut text = first;
    let mut taken: Vec<HeldLine> = Vec::new();
    loop {
        let quotes = split(&text, form.delimiter, cells);
        // What begins with one line's mark and ends with a mark within a word
        // of another line is not one record.
        let is_whole = quotes == Quotes::Closed || taken.is_empty();
        if quotes != Quotes::Open {
            let found = cells.len();
            if is_whole && found == form.width {
                let cells = cells.drain(..).map(without_guard).collect();
                return Ok(Ok(cells));
            }
            let is_one_line = taken.is_empty();
            lines.put_back(taken);
            let expected = form.width;
            let fault = if is_one_line {
                RowFault::CellCount { expected, found }
            } else {
                RowFault::OpenQuote
            };
            return Ok(Err(ColumnError::of_row(fault)));
        }
        let next = match lines.next()? {
            Some((number, Some(next))) if taken.len() < MOST_LINES && text.len() < MOST_BYTES => {
                (number, next)
            }
            ended => {
                taken.extend(ended);
                lines.put_back(taken);
                return Ok(Err(ColumnError::of_row(RowFault::OpenQuote)));
            }
        };
        text.push('\n');
        text.push_str(&next.1);
        taken.push((next.0, Some(next.1)));
    }
}

fn without_guard(cell: String) -> String {
    let unprotected = guard::unprotect(&cell);
    if unprotected.len() == cell.len() {
        return cell;
    }
    unprotected.to_owned()
}

/// How the quotation marks of a text stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Quotes {
    /// One is opened and not closed.
    Open,
    /// All are closed, each at the end of its cell.
    Closed,
    /// All are closed, and text follows one.
    Loose,
}

/// Splits a record at `delimiter`: a cell that begins with `"` ends at the
/// next single `"`; elsewhere the mark is a character like others, as people
/// who write measures in inches expect.
fn split(text: &str, delimiter: u8, cells: &mut Vec<String>) -> Quotes {
    cells.clear();
    let delimiter = char::from(delimiter);
    let mut rest = text;
    let mut quotes = Quotes::Closed;
    loop {
        let mut cell = String::new();
        if let Some(quoted) = rest.strip_prefix('"') {
            rest = quoted;
            loop {
                let Some(end) = rest.find('"') else {
                    return Quotes::Open;
                };
                cell.push_str(&rest[..end]);
                rest = &rest[end + 1..];
                let Some(after) = rest.strip_prefix('"') else {
                    break;
                };
                cell.push('"');
                rest = after;
            }
            if !rest.is_empty() && !rest.starts_with(delimiter) {
                quotes = Quotes::Loose;
            }
        }
        let end = rest.find(delimiter);
        cell.push_str(&rest[..end.unwrap_or(rest.len())]);
        cells.push(cell);
        match end {
            Some(end) => rest = &rest[end + delimiter.len_utf8()..],
            None => return quotes,
        }
    }
}
