//! JSON Lines: one item a line, by the field names of the API.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use crate::domain::knowledge::RawKnowledge;

use super::columns::{Column, RowBuilder};
use super::fault::{ColumnError, FileError, RowFault};
use super::lines::Lines;
use super::{MOST_CELL_CHARACTERS, Place, Row, Rows, encoding, share};

/// The longest line; an item of the largest allowed size has less.
const MOST_LINE_BYTES: usize = 1 << 20;

/// Reads the rows of a JSON Lines file; blank lines are skipped.
///
/// # Errors
/// When the file as a whole is not such a file.
pub fn read(path: &Path, rows: &mut Rows<'_>) -> Result<(), FileError> {
    let size = std::fs::metadata(path)?.len();
    let mut lines = Lines::new(encoding::open(path)?, MOST_LINE_BYTES);
    let mut has_rows = false;
    while let Some(line) = lines.next_line()? {
        let raw = match line.text.map(str::trim) {
            Some("") => continue,
            Some(text) if !has_rows && text.starts_with('[') => return Err(FileError::JsonArray),
            Some(text) => parse(text),
            None => Err(vec![ColumnError::of_row(RowFault::LineTooLong)]),
        };
        has_rows = true;
        let row = Row {
            place: Place::Line(line.number),
            share_read: share(lines.bytes_read(), size),
            raw,
        };
        if rows.push(row)?.is_break() {
            return Ok(());
        }
    }
    if has_rows {
        Ok(())
    } else {
        Err(FileError::Empty)
    }
}

fn parse(text: &str) -> Result<RawKnowledge, Vec<ColumnError>> {
    let mut json = serde_json::Deserializer::from_str(text);
    let raw: RawKnowledge = serde_path_to_error::deserialize(&mut json).map_err(|error| {
        let path = error.path().to_string();
        let detail = error.into_inner().to_string();
        vec![ColumnError {
            column: (path != "." && path != "?").then_some(path),
            fault: RowFault::Json { detail },
        }]
    })?;
    json.end().map_err(|error| {
        let detail = error.to_string();
        vec![ColumnError::of_row(RowFault::Json { detail })]
    })?;
    if text.len() > MOST_CELL_CHARACTERS {
        check_sizes(&raw)?;
    }
    Ok(raw)
}

/// Holds each field to the size of a cell, as in the other formats.
fn check_sizes(raw: &RawKnowledge) -> Result<(), Vec<ColumnError>> {
    let mut row = RowBuilder::default();
    for column in Column::all() {
        row.set(column, &column.text(raw));
    }
    match row.finish() {
        Some(Err(errors)) => Err(errors),
        _ => Ok(()),
    }
}

/// Writes JSON Lines.
pub struct JsonLinesWriter {
    file: BufWriter<File>,
}

impl JsonLinesWriter {
    /// Begins to write `file`.
    pub fn new(file: File) -> Self {
        Self {
            file: BufWriter::new(file),
        }
    }

    /// Writes a line.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn push(&mut self, raw: &RawKnowledge) -> Result<(), FileError> {
        serde_json::to_writer(&mut self.file, raw).map_err(std::io::Error::from)?;
        Ok(self.file.write_all(b"\n")?)
    }

    /// Writes what is left.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn finish(mut self) -> Result<(), FileError> {
        Ok(self.file.flush()?)
    }
}

#[cfg(test)]
mod tests {
    use super::super::Format;
    use super::super::samples::read_bytes;
    use super::*;

    #[test]
    fn reads_objects_and_names_the_field_of_each_fault() {
        let long = "x".repeat(MOST_LINE_BYTES);
        let text = format!(
            "{{\"title\":\"a\",\"domain\":\"process\"}}\n\n\
             {{\"title\":\"b\",\"domain\":\"process\",\"phrasings\":\"c\"}}\r\n\
             {{\"title\":\"b\",\"domain\":\"process\",\"colour\":1}}\n\
             {{\"title\":\"b\"\n\
             {{\"id\":7,\"title\":\"b\",\"domain\":\"process\"}}\n\
             {{\"title\":\"b\",\"domain\":\"process\"}} x\n\
             {long}{long}\n"
        );
        let rows = read_bytes(Format::JsonLines, text.as_bytes()).expect("readable");
        let found: Vec<String> = rows
            .into_iter()
            .map(|row| match row.raw {
                Ok(raw) => format!("{} {}", row.place, raw.title),
                Err(errors) => format!("{} {:?}: {}", row.place, errors[0].column, errors[0].fault),
            })
            .collect();
        for (found, start) in found.iter().zip([
            "line 1 a",
            "line 3 Some(\"phrasings\"): not such a JSON object: invalid type: string",
            "line 4 Some(\"colour\"): not such a JSON object: unknown field `colour`, expected one of",
            "line 5 None: not such a JSON object: EOF",
            "line 6 Some(\"id\"): not such a JSON object: invalid type: integer `7`",
            "line 7 None: not such a JSON object: trailing characters",
            "line 8 None: the line is too long",
        ]) {
            assert!(found.starts_with(start), "{found}");
        }
        assert_eq!(found.len(), 7);
    }

    #[test]
    fn refuses_files_as_a_whole() {
        let check = |text: &[u8]| read_bytes(Format::JsonLines, text).map(|rows| rows.len());
        assert!(matches!(check(b"\n \n"), Err(FileError::Empty)));
        assert!(matches!(check(b"[\n{}]"), Err(FileError::JsonArray)));
    }
}
