//! Files of knowledge: CSV, XLSX, JSON Lines and Markdown, read and written row by row;
//! and files of any other columns, as [`records`].
//!
//! Every format has the same fields and gives back exactly what was written.
//! Nothing here holds a whole file in memory, except the strings that a
//! workbook shares among its cells.

pub mod archive;
pub mod columns;
pub mod csv;
pub mod encoding;
pub mod fault;
pub mod guard;
pub mod json_lines;
pub mod lines;
pub mod markdown;
pub mod markdown_text;
pub mod records;
#[cfg(test)]
pub(crate) mod samples;
pub mod xlsx;

use std::fmt;
use std::fs::File;
use std::ops::ControlFlow;
use std::path::Path;

use crate::domain::fault::Locale;
use crate::domain::knowledge::RawKnowledge;

use self::fault::{ColumnError, FileError};

/// The largest file that is read, in bytes.
pub const MOST_FILE_BYTES: u64 = 200 << 20;
/// The most rows of a file, blank ones not counted.
pub const MOST_ROWS: u64 = 200_000;
/// The most characters of a cell; more than any valid item needs.
pub const MOST_CELL_CHARACTERS: usize = 64 * 1024;

/// How a file is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Comma-separated values.
    Csv,
    /// An Excel workbook.
    Xlsx,
    /// One JSON object a line.
    JsonLines,
    /// Headings and text.
    Markdown,
}

impl Format {
    /// Every format.
    pub const ALL: [Self; 4] = [Self::Csv, Self::Xlsx, Self::JsonLines, Self::Markdown];

    /// The format of a name or a file name's ending: `csv`, `jsonl`, `markdown`.
    ///
    /// # Errors
    /// When there is none of that name.
    pub fn from_name(name: &str) -> Result<Self, FileError> {
        match name.trim().to_ascii_lowercase().as_str() {
            "csv" | "tsv" | "txt" => Ok(Self::Csv),
            "xlsx" | "xlsm" | "excel" => Ok(Self::Xlsx),
            "jsonl" | "ndjson" | "json-lines" | "json_lines" => Ok(Self::JsonLines),
            "md" | "markdown" => Ok(Self::Markdown),
            _ => Err(FileError::UnknownFormat {
                name: name.chars().take(80).collect(),
            }),
        }
    }

    /// The format of a file by its name.
    ///
    /// # Errors
    /// When the name's ending is not known.
    pub fn from_file_name(path: &Path) -> Result<Self, FileError> {
        let ending = path.extension().and_then(|ending| ending.to_str());
        Self::from_name(ending.unwrap_or("")).map_err(|_| FileError::UnknownFormat {
            name: path
                .file_name()
                .unwrap_or_default()
                .to_string_lossy()
                .chars()
                .take(80)
                .collect(),
        })
    }

    /// The format of an HTTP body by its content type; parameters do not count.
    pub fn from_content_type(content_type: &str) -> Option<Self> {
        let media_type = content_type.split(';').next().unwrap_or("").trim();
        match media_type.to_ascii_lowercase().as_str() {
            "text/csv" | "text/tab-separated-values" | "application/csv" => Some(Self::Csv),
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet" => Some(Self::Xlsx),
            "application/jsonl"
            | "application/x-ndjson"
            | "application/x-jsonlines"
            | "application/json-lines" => Some(Self::JsonLines),
            "text/markdown" | "text/x-markdown" => Some(Self::Markdown),
            _ => None,
        }
    }

    /// The content type of a file that is written.
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Csv => "text/csv; charset=utf-8",
            Self::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            Self::JsonLines => "application/x-ndjson",
            Self::Markdown => "text/markdown; charset=utf-8",
        }
    }

    /// The ending of a file's name, without the dot.
    pub fn extension(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Xlsx => "xlsx",
            Self::JsonLines => "jsonl",
            Self::Markdown => "md",
        }
    }
}

/// Where a row stands, as the person who wrote the file sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// A spreadsheet's row; the header is row 1.
    Row(u64),
    /// A line of text, from 1; of a Markdown item its heading.
    Line(u64),
}

impl Place {
    /// The number alone.
    pub fn number(self) -> u64 {
        match self {
            Self::Row(number) | Self::Line(number) => number,
        }
    }

    /// The place in `locale`'s language.
    pub fn message(self, locale: Locale) -> String {
        match locale {
            Locale::English => self.to_string(),
            Locale::Chinese => format!("第 {} 行", self.number()),
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Row(number) => write!(formatter, "row {number}"),
            Self::Line(number) => write!(formatter, "line {number}"),
        }
    }
}

/// One item of a file.
#[derive(Debug)]
pub struct Row {
    /// Where it stands.
    pub place: Place,
    /// How much of the file is read with it, from 0 to 1.
    pub share_read: f32,
    /// The item, or what is wrong with the row's form.
    pub raw: Result<RawKnowledge, Vec<ColumnError>>,
}

/// Reads `path`, handing each row to `on_row` until it breaks off.
///
/// # Errors
/// When the file as a whole is not one that can be read. Rows may have been
/// handed over by then: act on none before this returns.
pub fn read(
    format: Format,
    path: &Path,
    on_row: &mut dyn FnMut(Row) -> ControlFlow<()>,
) -> Result<(), FileError> {
    let mut rows = Rows { on_row, count: 0 };
    match format {
        Format::Csv => csv::read(path, &mut rows),
        Format::Xlsx => xlsx::read(path, &mut rows),
        Format::JsonLines => json_lines::read(path, &mut rows),
        Format::Markdown => markdown::read(path, &mut rows),
    }
}

/// Takes a reader's rows, and no more than are allowed.
pub struct Rows<'a> {
    on_row: &'a mut dyn FnMut(Row) -> ControlFlow<()>,
    count: u64,
}

impl Rows<'_> {
    fn push(&mut self, row: Row) -> Result<ControlFlow<()>, FileError> {
        self.count += 1;
        if self.count > MOST_ROWS {
            return Err(FileError::TooManyRows);
        }
        Ok((self.on_row)(row))
    }
}

/// `part` of `whole`, from 0 to 1.
fn share(part: u64, whole: u64) -> f32 {
    #[expect(clippy::cast_precision_loss, reason = "a progress bar needs no more")]
    let share = part as f32 / whole.max(1) as f32;
    share.min(1.0)
}

/// Writes a file item by item.
pub enum Writer {
    /// CSV.
    Csv(Box<csv::CsvWriter>),
    /// A workbook.
    Xlsx(Box<xlsx::XlsxWriter>),
    /// JSON Lines.
    JsonLines(json_lines::JsonLinesWriter),
    /// Markdown.
    Markdown(markdown_text::MarkdownWriter),
}

impl Writer {
    /// Begins to write `file`.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn new(format: Format, file: File) -> Result<Self, FileError> {
        Ok(match format {
            Format::Csv => Self::Csv(Box::new(csv::CsvWriter::new(file)?)),
            Format::Xlsx => Self::Xlsx(Box::new(xlsx::XlsxWriter::new(file)?)),
            Format::JsonLines => Self::JsonLines(json_lines::JsonLinesWriter::new(file)),
            Format::Markdown => Self::Markdown(markdown_text::MarkdownWriter::new(file)),
        })
    }

    /// Writes an item after those before it.
    ///
    /// # Errors
    /// When the file cannot be written, or the format cannot hold the item.
    pub fn push(&mut self, raw: &RawKnowledge) -> Result<(), FileError> {
        match self {
            Self::Csv(writer) => writer.push(raw),
            Self::Xlsx(writer) => writer.push(raw),
            Self::JsonLines(writer) => writer.push(raw),
            Self::Markdown(writer) => writer.push(raw),
        }
    }

    /// Writes what is left.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn finish(self) -> Result<(), FileError> {
        match self {
            Self::Csv(writer) => writer.finish(),
            Self::Xlsx(writer) => writer.finish(),
            Self::JsonLines(writer) => writer.finish(),
            Self::Markdown(writer) => writer.finish(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_formats_by_name_and_content_type() {
        for format in Format::ALL {
            let name = format!("知识.{}", format.extension().to_uppercase());
            assert_eq!(Format::from_file_name(Path::new(&name)).ok(), Some(format));
            assert_eq!(Format::from_content_type(format.media_type()), Some(format));
        }
        let error = Format::from_file_name(Path::new("/tmp/a.pdf")).expect_err("unknown");
        assert!(error.to_string().contains("a.pdf"));
    }

    #[test]
    fn every_format_gives_back_what_was_written() {
        for format in Format::ALL {
            for seed in 0..20 {
                let items = samples::nasty(seed, 30);
                let rows = samples::read_back(format, &items);
                for (item, row) in items.iter().zip(&rows) {
                    assert_eq!(row.raw.as_ref(), Ok(item), "{format:?}, seed {seed}");
                }
                assert_eq!(rows.len(), items.len(), "{format:?}, seed {seed}");
            }
        }
    }

    #[test]
    fn stops_where_it_is_told() {
        let directory = tempfile::tempdir().expect("made");
        for format in Format::ALL {
            let path = directory.path().join(format.extension());
            samples::write(format, &path, &samples::nasty(1, 10));
            let mut count = 0;
            read(format, &path, &mut |_| {
                count += 1;
                if count == 3 {
                    ControlFlow::Break(())
                } else {
                    ControlFlow::Continue(())
                }
            })
            .expect("readable");
            assert_eq!(count, 3, "{format:?}");
        }
    }
}
