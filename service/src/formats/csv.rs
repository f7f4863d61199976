//! CSV: comma, semicolon or tab, with a header; written so that Excel opens it as it is.

use std::cell::Cell;
use std::fs::File;
use std::io::{self, BufWriter, Cursor, Read, Write};
use std::path::Path;
use std::rc::Rc;

use csv::{ErrorKind, QuoteStyle, ReaderBuilder, StringRecord, Terminator, WriterBuilder};

use crate::domain::knowledge::RawKnowledge;

use super::columns::{Column, Header, RowBuilder, letters};
use super::fault::{ColumnError, FileError, RowFault};
use super::{Place, Row, Rows, encoding, guard, share};

const DELIMITERS: [u8; 3] = [b',', b';', b'\t'];
/// A header longer than this is none.
const MOST_HEADER_BYTES: usize = 64 * 1024;
/// A row without end (a quotation mark left open) must not take the rest of
/// the file into memory.
const MOST_ROW_BYTES: u64 = 4 << 20;

/// Reads the rows of a CSV file.
///
/// # Errors
/// When the file as a whole is not such a file.
pub fn read(path: &Path, rows: &mut Rows<'_>) -> Result<(), FileError> {
    let size = std::fs::metadata(path)?.len();
    let mut text = encoding::open(path)?;
    let head = read_head(&mut text)?;
    let delimiter = sniff(&head)?;
    let since_row = Rc::new(Cell::new(0));
    let metered = Metered {
        // A line end after the last row makes the count of lines exact.
        inner: Cursor::new(head).chain(text).chain(&b"\n"[..]),
        since_row: Rc::clone(&since_row),
        is_after_return: false,
    };
    let mut reader = Records {
        reader: ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .delimiter(delimiter)
            .buffer_capacity(64 * 1024)
            .from_reader(metered),
        record: StringRecord::new(),
        since_row,
        row: 0,
    };
    if !reader.advance()? {
        return Err(FileError::Empty);
    }
    let header = Header::read(reader.record.iter().map(guard::unprotect))?;
    while reader.advance()? {
        let Some(raw) = to_raw(&header, &reader.record) else {
            continue;
        };
        let row = Row {
            place: Place::Row(reader.row),
            share_read: share(reader.reader.position().byte(), size),
            raw,
        };
        if rows.push(row)?.is_break() {
            break;
        }
    }
    Ok(())
}

fn to_raw(
    header: &Header,
    record: &StringRecord,
) -> Option<Result<RawKnowledge, Vec<ColumnError>>> {
    if record.iter().all(|cell| cell.trim().is_empty()) {
        return None;
    }
    let mut row = RowBuilder::default();
    if record.len() != header.width() {
        row.fail(ColumnError::of_row(RowFault::CellCount {
            expected: header.width(),
            found: record.len(),
        }));
        return row.finish();
    }
    for (place, cell) in record.iter().enumerate() {
        match header.column(place) {
            Some(column) => row.set(column, guard::unprotect(cell)),
            None if cell.trim().is_empty() => {}
            None => row.fail(ColumnError::of_column(
                letters(place),
                RowFault::UnnamedColumn,
            )),
        }
    }
    row.finish()
}

/// A reader that knows the number of each row in a spreadsheet.
struct Records<R> {
    reader: csv::Reader<Metered<R>>,
    record: StringRecord,
    since_row: Rc<Cell<u64>>,
    row: u64,
}

impl<R: Read> Records<R> {
    fn advance(&mut self) -> Result<bool, FileError> {
        let first_line = self.reader.position().line();
        self.since_row.set(0);
        let is_read = self
            .reader
            .read_record(&mut self.record)
            .map_err(|error| self.file_error(error))?;
        // A spreadsheet counts a cell of two lines as one row and a blank
        // line, which the reader skips, as another.
        let lines = self.reader.position().line() - first_line;
        let within_cells = self.record.as_slice().matches('\n').count() as u64;
        self.row += lines.saturating_sub(within_cells).max(1);
        Ok(is_read)
    }

    fn file_error(&self, error: csv::Error) -> FileError {
        if self.since_row.get() > MOST_ROW_BYTES {
            return FileError::RowTooLarge { row: self.row + 1 };
        }
        match error.into_kind() {
            ErrorKind::Io(error) => FileError::Io(error),
            kind => FileError::Io(io::Error::other(format!("{kind:?}"))),
        }
    }
}

/// Counts what is read, fails when one row takes too much, and gives every
/// line the same end, on which the count of rows relies.
struct Metered<R> {
    inner: R,
    since_row: Rc<Cell<u64>>,
    is_after_return: bool,
}

impl<R: Read> Read for Metered<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let count = self.inner.read(buffer)?;
            self.since_row.set(self.since_row.get() + count as u64);
            if self.since_row.get() > MOST_ROW_BYTES {
                return Err(io::Error::other("row is too large"));
            }
            let kept = self.unify_line_ends(&mut buffer[..count]);
            // Nothing kept of something read is not yet the end.
            if kept > 0 || count == 0 {
                return Ok(kept);
            }
        }
    }
}

impl<R> Metered<R> {
    fn unify_line_ends(&mut self, bytes: &mut [u8]) -> usize {
        let mut kept = 0;
        for place in 0..bytes.len() {
            let byte = bytes[place];
            if !(byte == b'\n' && self.is_after_return) {
                bytes[kept] = if byte == b'\r' { b'\n' } else { byte };
                kept += 1;
            }
            self.is_after_return = byte == b'\r';
        }
        kept
    }
}

/// The file's beginning, up to the end of its first line that is not blank.
fn read_head(text: &mut impl Read) -> io::Result<Vec<u8>> {
    let mut head = Vec::new();
    let mut chunk = [0; 4096];
    while head.len() < MOST_HEADER_BYTES && !head.trim_ascii_start().contains(&b'\n') {
        match text.read(&mut chunk)? {
            0 => break,
            count => head.extend_from_slice(&chunk[..count]),
        }
    }
    Ok(head)
}

/// The delimiter at which the header's cells are known best.
fn sniff(head: &[u8]) -> Result<u8, FileError> {
    if head.trim_ascii().is_empty() {
        return Err(FileError::Empty);
    }
    let known = |delimiter: u8| {
        let mut record = StringRecord::new();
        // A head cut within a character, or no text at all: no header either way.
        let is_read = ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .delimiter(delimiter)
            .from_reader(head)
            .read_record(&mut record);
        match is_read {
            Ok(true) => record.iter().filter_map(Column::from_name).count(),
            _ => 0,
        }
    };
    DELIMITERS
        .into_iter()
        .rev()
        .map(|delimiter| (known(delimiter), delimiter))
        .max_by_key(|(count, _)| *count)
        .filter(|(count, _)| *count > 0)
        .map(|(_, delimiter)| delimiter)
        .ok_or(FileError::NoHeader)
}

/// Writes CSV: UTF-8 with a mark, so that Excel does not take it for GBK, and
/// text that Excel would run made harmless.
pub struct CsvWriter {
    writer: csv::Writer<BufWriter<File>>,
}

impl CsvWriter {
    /// Begins with the header.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn new(file: File) -> Result<Self, FileError> {
        let mut file = BufWriter::new(file);
        file.write_all("\u{feff}".as_bytes())?;
        let mut writer = WriterBuilder::new()
            .terminator(Terminator::CRLF)
            .quote_style(QuoteStyle::Necessary)
            .from_writer(file);
        writer
            .write_record(Column::all().map(Column::name))
            .map_err(write_error)?;
        Ok(Self { writer })
    }

    /// Writes a row.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn push(&mut self, raw: &RawKnowledge) -> Result<(), FileError> {
        let cells = Column::all().map(|column| {
            let text = column.text(raw);
            guard::protect(&text).into_owned()
        });
        self.writer.write_record(cells).map_err(write_error)
    }

    /// Writes what is left.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn finish(mut self) -> Result<(), FileError> {
        Ok(self.writer.flush()?)
    }
}

fn write_error(error: csv::Error) -> FileError {
    match error.into_kind() {
        ErrorKind::Io(error) => FileError::Io(error),
        kind => FileError::Io(io::Error::other(format!("{kind:?}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples::{nasty, read_bytes, write};
    use super::super::{Format, MOST_CELL_CHARACTERS};

    /// Rows as `number title|brief` or `number fault`, a line each.
    fn check(bytes: &[u8], expected: &[&str]) {
        let rows = match read_bytes(Format::Csv, bytes) {
            Ok(rows) => rows,
            Err(error) => {
                assert_eq!([error.to_string().as_str()], expected);
                return;
            }
        };
        let found: Vec<String> = rows
            .into_iter()
            .map(|row| {
                let number = row.place.number();
                match row.raw {
                    Ok(raw) => format!("{number} {}|{:?}", raw.title, raw.answer_brief),
                    Err(errors) => {
                        let error = &errors[0];
                        let column = error.column.as_deref().unwrap_or("row");
                        format!("{number} {column}: {}", error.fault)
                    }
                }
            })
            .collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn reads_what_shops_have() {
        let comma = "领域,标准问题,回答\r\n流程,发票,可以\r\n";
        let expected = &["2 发票|Some(\"可以\")"];
        check(comma.as_bytes(), expected);
        check(format!("\u{feff}{comma}").as_bytes(), expected);
        check(comma.replace(',', ";").as_bytes(), expected);
        check(comma.replace(',', "\t").as_bytes(), expected);
        check(comma.trim_end().as_bytes(), expected);
        check(&encoding_rs::GBK.encode(comma).0, expected);
        check(
            b"title,domain,answer\na,process,'=1\nb,process,-5\nc,process,'d'\n",
            &["2 a|Some(\"=1\")", "3 b|Some(\"-5\")", "4 c|Some(\"'d'\")"],
        );
    }

    #[test]
    fn counts_rows_as_a_spreadsheet_does() {
        let text =
            "title,domain,answer\n\"a\",process,\"1\n2\"\n\n,,\nb,process,3\n\n\nc,process,4";
        let expected = &["2 a|Some(\"1\\n2\")", "5 b|Some(\"3\")", "8 c|Some(\"4\")"];
        for end in ["\n", "\r\n", "\r"] {
            check(text.replace('\n', end).as_bytes(), expected);
            check(format!("{text}\n").replace('\n', end).as_bytes(), expected);
        }
    }

    #[test]
    fn names_row_and_column_of_each_fault() {
        let long = "x".repeat(1 << 20);
        check(
            format!("title,domain,,\na\nb,process,,y\nc,process,,\n{long},process,,\n").as_bytes(),
            &[
                "2 row: the row has 1 cells, the header has 4",
                "3 D: has text, but the header does not name it",
                "4 c|None",
                &format!("5 title: has 1048576 characters, a cell may have {MOST_CELL_CHARACTERS}"),
            ],
        );
    }

    #[test]
    fn refuses_files_as_a_whole() {
        check(b"", &["the file is empty"]);
        check(b"\n \n", &["the file is empty"]);
        check(
            "s-1,approved,发票\n".as_bytes(),
            &["the first row must name the columns, such as id, title, domain"],
        );
        check(b"id,title\n1,a\n", &["column \"domain\" is missing"]);
        check(b"title,domain,Title\n", &["column \"title\" occurs twice"]);
        let open = format!("title,domain\na,process\n\"{}", "x\n".repeat(4 << 20));
        check(
            open.as_bytes(),
            &["the row that starts at row 3 does not end, a quotation mark may be left open"],
        );
    }

    #[test]
    fn writes_what_excel_opens_and_does_not_run() {
        let directory = tempfile::tempdir().expect("made");
        let path = directory.path().join("file");
        let mut items = nasty(3, 1);
        items[0].title = "=HYPERLINK(\"x\")".to_owned();
        items[0].id = Some("@a".to_owned());
        write(Format::Csv, &path, &items);
        let text = std::fs::read_to_string(&path).expect("written");
        let header = "\u{feff}id,status,domain,intent,title,phrasings,answer_brief,\
                      answer_consultative,products,channels,valid_from,valid_until,source,tags\r\n";
        assert!(text.starts_with(header), "{text}");
        assert!(text[header.len()..].starts_with("'@a,"), "{text}");
        assert!(text.contains(",\"'=HYPERLINK(\"\"x\"\")\","), "{text}");
    }
}
