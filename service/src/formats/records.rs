//! Files whose columns somebody else named: CSV, XLSX and JSON Lines as records of text.
//!
//! A file is opened to learn its columns, then read record by record in
//! constant memory. What is wrong with one record is told with its place, and
//! the others are read.

mod csv;
mod json;
mod xlsx;

use std::collections::VecDeque;
use std::io;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use super::encoding::{TextFile, TextReader};
use super::fault::{ColumnError, FileError};
use super::lines::Lines;
use super::{Format, Place};

/// The longest line of text.
const MOST_LINE_BYTES: usize = 1 << 20;

/// The header is looked for in so many lines: exports begin with a title, a
/// period and the like.
const MOST_LINES_BEFORE_HEADER: usize = 20;

/// One record of a file.
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    /// Where it stands: a workbook's row, else a line.
    pub place: Place,
    /// How much of the file is read with it, from 0 to 1; a little rough
    /// where the text is not UTF-8.
    pub share_read: f32,
    /// The text of each column of [`RecordFile::columns`], empty where it has
    /// none; or what is wrong with it.
    pub cells: Result<Vec<String>, ColumnError>,
}

/// What is done with each record, until it breaks off.
pub type OnRecord<'a> = dyn FnMut(Record) -> ControlFlow<()> + 'a;

/// A file that is open, and whose columns are known.
pub struct RecordFile {
    columns: Vec<String>,
    body: Body,
    size: u64,
}

enum Body {
    Csv { lines: HeldLines, delimiter: u8 },
    JsonLines { lines: HeldLines },
    Xlsx { path: PathBuf, header_row: u64 },
}

impl RecordFile {
    /// Opens a file and finds its columns. `wanted` are the names that will be
    /// asked for, each with others that would do as well: they tell the header
    /// from other lines, and a delimiter from other characters. The columns of
    /// JSON Lines are those of the first objects, and the wanted ones of which
    /// these have none; a nested one is `sender.name`.
    ///
    /// # Errors
    /// When it is no such file, or is of a format without columns.
    pub fn open(format: Format, path: &Path, wanted: &[&[String]]) -> Result<Self, FileError> {
        let is_wanted: &dyn Fn(&str) -> bool = &|name| {
            wanted
                .iter()
                .any(|names| names.iter().any(|wanted| wanted == name))
        };
        let size = std::fs::metadata(path)?.len();
        let (columns, body) = match format {
            Format::Csv => {
                let mut lines = HeldLines::open(path)?;
                let (columns, delimiter) = csv::open(&mut lines, is_wanted)?;
                (columns, Body::Csv { lines, delimiter })
            }
            Format::JsonLines => {
                let mut lines = HeldLines::open(path)?;
                let columns = json::open(&mut lines, wanted)?;
                (columns, Body::JsonLines { lines })
            }
            Format::Xlsx => {
                let (columns, header_row) = xlsx::open(path, is_wanted)?;
                let path = path.to_owned();
                (columns, Body::Xlsx { path, header_row })
            }
            Format::Markdown => {
                let name = "markdown".to_owned();
                return Err(FileError::UnknownFormat { name });
            }
        };
        Ok(Self {
            columns,
            body,
            size,
        })
    }

    /// The names of the columns, without blanks around them.
    pub fn columns(&self) -> &[String] {
        &self.columns
    }

    /// Hands every record to `on_record`; blank ones are left out.
    ///
    /// # Errors
    /// When the file cannot be read to its end.
    pub fn read(self, on_record: &mut OnRecord<'_>) -> Result<(), FileError> {
        let (columns, size) = (self.columns, self.size);
        match self.body {
            Body::Csv { lines, delimiter } => {
                let format = csv::CsvForm {
                    delimiter,
                    width: columns.len(),
                    size,
                };
                csv::read(lines, &format, on_record)
            }
            Body::JsonLines { lines } => json::read(lines, &columns, size, on_record),
            Body::Xlsx { path, header_row } => {
                xlsx::read(&path, header_row, columns.len(), on_record)
            }
        }
    }
}

/// Lines that can be put back.
struct HeldLines {
    file: TextFile,
    lines: Lines<TextReader>,
    held: VecDeque<HeldLine>,
}

/// A line: its number from 1, and its text, `None` when it is too long.
type HeldLine = (u64, Option<String>);

impl HeldLines {
    fn open(path: &Path) -> Result<Self, FileError> {
        let file = TextFile::find(path)?;
        Ok(Self {
            lines: Lines::new(file.reader()?, MOST_LINE_BYTES),
            held: VecDeque::new(),
            file,
        })
    }

    /// Goes back to the first line.
    fn rewind(&mut self) -> io::Result<()> {
        self.lines = Lines::new(self.file.reader()?, MOST_LINE_BYTES);
        self.held.clear();
        Ok(())
    }

    /// Whether `text`, which is of these lines, has lost a character. Of a file
    /// that is whole, the mark of a lost one is a character like others: it was
    /// lost before.
    fn is_damaged(&self, text: &str) -> bool {
        self.file.is_damaged() && text.contains(char::REPLACEMENT_CHARACTER)
    }

    fn next(&mut self) -> io::Result<Option<HeldLine>> {
        if let Some(line) = self.held.pop_front() {
            return Ok(Some(line));
        }
        let line = self.lines.next_line()?;
        Ok(line.map(|line| (line.number, line.text.map(str::to_owned))))
    }

    /// Puts lines back, to be read next and in their order.
    fn put_back(&mut self, lines: Vec<HeldLine>) {
        for line in lines.into_iter().rev() {
            self.held.push_front(line);
        }
    }

    fn bytes_read(&self) -> u64 {
        self.lines.bytes_read()
    }
}

/// Header cells: how many of them are wanted, and their trimmed names.
fn header_names<'a>(
    cells: impl Iterator<Item = &'a str>,
    is_wanted: &dyn Fn(&str) -> bool,
) -> (usize, Vec<String>) {
    let names: Vec<String> = cells.map(|cell| cell.trim().to_owned()).collect();
    let wanted = names.iter().filter(|name| is_wanted(name)).count();
    (wanted, names)
}

#[cfg(test)]
mod tests;
