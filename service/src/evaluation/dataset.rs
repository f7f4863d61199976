//! Data sets for measuring: CSV, TSV or JSON Lines with documented columns.
//!
//! A column is found by the name that the caller gives, or by the usual names
//! of what it holds. Errors name the file, and the row where there is one.

use std::path::{Path, PathBuf};

use serde_json::Value;

/// Why a data set cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum DatasetError {
    /// The file cannot be read.
    #[error("cannot read {path}")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// A row is not what the file's format says.
    #[error("{path}, row {row}: {detail}")]
    Malformed {
        /// The file.
        path: PathBuf,
        /// The row, from 1, the header included.
        row: u64,
        /// What is wrong.
        detail: String,
    },
    /// The name ends with none of the known formats.
    #[error("{0}: expected a .csv, .tsv, .txt (tab-separated), .jsonl or .ndjson file")]
    UnknownFormat(PathBuf),
    /// There is no such column.
    #[error("{path}: there is no column {wanted}, only {found}")]
    NoColumn {
        /// The file.
        path: PathBuf,
        /// The names that would do.
        wanted: String,
        /// Those that there are.
        found: String,
    },
    /// There are no rows.
    #[error("{0}: there are no rows")]
    Empty(PathBuf),
}

/// How a file is to be read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Header {
    /// The first row names the columns.
    #[default]
    FirstRow,
    /// There is none: columns are called 1, 2, 3.
    Absent,
}

/// A file's rows.
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    path: PathBuf,
    columns: Vec<String>,
    rows: Vec<Vec<String>>,
}

/// Names under which a column is looked for.
#[derive(Debug, Clone, Copy)]
pub struct Names<'a> {
    /// The one that the caller gave.
    pub given: Option<&'a str>,
    /// Else the first of these that the file has.
    pub usual: &'a [&'a str],
}

impl Table {
    /// Reads a file by the format that its name says.
    ///
    /// # Errors
    /// When it cannot be read, or a row is not of the format.
    pub fn read(path: &Path, header: Header) -> Result<Self, DatasetError> {
        let bytes = std::fs::read(path).map_err(|source| DatasetError::Unreadable {
            path: path.to_owned(),
            source,
        })?;
        let text = String::from_utf8(bytes).map_err(|error| DatasetError::Malformed {
            path: path.to_owned(),
            row: 1 + newlines(&error.as_bytes()[..error.utf8_error().valid_up_to()]),
            detail: "is not utf-8".to_owned(),
        })?;
        let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
        let extension = path.extension().and_then(|extension| extension.to_str());
        let table = match extension.map(str::to_ascii_lowercase).as_deref() {
            Some("csv") => separated(path, text, b',', header),
            Some("tsv" | "txt" | "tab") => separated(path, text, b'\t', header),
            Some("jsonl" | "ndjson") => json_lines(path, text),
            _ => Err(DatasetError::UnknownFormat(path.to_owned())),
        }?;
        if table.rows.is_empty() {
            return Err(DatasetError::Empty(path.to_owned()));
        }
        Ok(table)
    }

    /// The values of a column.
    ///
    /// # Errors
    /// [`DatasetError::NoColumn`].
    pub fn column(&self, names: Names<'_>) -> Result<Vec<&str>, DatasetError> {
        let wanted = names.given.as_slice();
        let wanted = if wanted.is_empty() {
            names.usual
        } else {
            wanted
        };
        self.optional_column(names)
            .ok_or_else(|| DatasetError::NoColumn {
                path: self.path.clone(),
                wanted: wanted.join(" or "),
                found: self.columns.join(", "),
            })
    }

    /// The values of a column that need not be there.
    pub fn optional_column(&self, names: Names<'_>) -> Option<Vec<&str>> {
        let at = |name: &str| self.columns.iter().position(|column| column == name);
        let place = match names.given {
            Some(name) => at(name),
            None => names.usual.iter().find_map(|name| at(name)),
        }?;
        Some(self.rows.iter().map(|row| row[place].as_str()).collect())
    }

    /// Whether the last cell of the row at `place` is what `holds` says.
    pub fn is_row_of_data(&self, place: usize, holds: fn(&str) -> bool) -> bool {
        let last = self.rows.get(place).and_then(|row| row.last());
        last.is_some_and(|cell| holds(cell))
    }

    /// An error of the row at `place`, from 0 and without the header.
    pub fn malformed(&self, place: usize, detail: String) -> DatasetError {
        DatasetError::Malformed {
            path: self.path.clone(),
            row: u64::try_from(place).unwrap_or(u64::MAX).saturating_add(2),
            detail,
        }
    }

    /// The number of rows.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }
}

fn newlines(bytes: &[u8]) -> u64 {
    bytes
        .iter()
        .fold(0, |count, byte| count + u64::from(*byte == b'\n'))
}

fn separated(
    path: &Path,
    text: &str,
    delimiter: u8,
    header: Header,
) -> Result<Table, DatasetError> {
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(delimiter)
        // Tab-separated files have no quotes: one in a buyer's text is text.
        .quoting(delimiter == b',')
        .has_headers(false)
        .from_reader(text.as_bytes());
    let mut rows: Vec<Vec<String>> = Vec::new();
    for (row, record) in (1..).zip(reader.records()) {
        let record = record.map_err(|error| DatasetError::Malformed {
            path: path.to_owned(),
            row,
            detail: match error.kind() {
                csv::ErrorKind::UnequalLengths {
                    expected_len, len, ..
                } => format!("has {len} columns, not {expected_len}"),
                _ => error.to_string(),
            },
        })?;
        rows.push(record.iter().map(str::to_owned).collect());
    }
    let columns = match header {
        Header::FirstRow if rows.is_empty() => Vec::new(),
        Header::FirstRow => rows.remove(0),
        Header::Absent => {
            let width = rows.first().map_or(0, Vec::len);
            (1..=width).map(|place| place.to_string()).collect()
        }
    };
    Ok(Table {
        path: path.to_owned(),
        columns,
        rows,
    })
}

fn json_lines(path: &Path, text: &str) -> Result<Table, DatasetError> {
    let mut columns: Vec<String> = Vec::new();
    let mut objects = Vec::new();
    for (row, line) in (1..).zip(text.lines()) {
        if line.trim().is_empty() {
            continue;
        }
        let object: serde_json::Map<String, Value> =
            serde_json::from_str(line).map_err(|error| DatasetError::Malformed {
                path: path.to_owned(),
                row,
                detail: error.to_string(),
            })?;
        for name in object.keys() {
            if !columns.contains(name) {
                columns.push(name.clone());
            }
        }
        objects.push(object);
    }
    let rows = objects
        .iter()
        .map(|object| {
            let cell = |name: &String| object.get(name).map_or_else(String::new, plain);
            columns.iter().map(cell).collect()
        })
        .collect();
    Ok(Table {
        path: path.to_owned(),
        columns,
        rows,
    })
}

/// A value as a cell; the elements of a list are parted by `|`.
fn plain(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Array(values) => values.iter().map(plain).collect::<Vec<_>>().join("|"),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(name: &str, text: &str, header: Header) -> Result<Table, String> {
        let folder = tempfile::tempdir().expect("temporary folder");
        let path = folder.path().join(name);
        std::fs::write(&path, text).expect("written");
        Table::read(&path, header).map_err(|error| {
            let shown = error.to_string();
            shown.replace(&format!("{}/", folder.path().display()), "")
        })
    }

    const TEXT: Names<'_> = Names {
        given: None,
        usual: &["text", "question"],
    };

    #[test]
    fn reads_each_format_alike() {
        for (name, text) in [
            ("a.csv", "\u{feff}id,question\n1,\"保温, 多久\"\n"),
            ("a.tsv", "id\tquestion\n1\t保温, 多久\n"),
            ("a.jsonl", "{\"id\": 1, \"question\": \"保温, 多久\"}\n\n"),
        ] {
            let table = table(name, text, Header::FirstRow).expect(name);
            assert_eq!(table.column(TEXT).expect(name), ["保温, 多久"], "{name}");
            let id = Names {
                given: Some("id"),
                usual: &[],
            };
            assert_eq!(table.column(id).expect(name), ["1"], "{name}");
        }
        let bare = table("a.txt", "左\"\t右\t1\n", Header::Absent).expect("read");
        let first = Names {
            given: Some("1"),
            usual: &[],
        };
        assert_eq!(bare.column(first).expect("there"), ["左\""]);
    }

    #[test]
    fn names_file_row_and_column_at_fault() {
        for (name, text, expected) in [
            (
                "a.csv",
                "id,question\n1\n",
                "a.csv, row 2: has 1 columns, not 2",
            ),
            ("a.csv", "id\n", "a.csv: there are no rows"),
            (
                "a.jsonl",
                "{}\n[1]\n",
                "a.jsonl, row 2: invalid type: sequence, expected a map at line 1 column 0",
            ),
            (
                "a.doc",
                "",
                "a.doc: expected a .csv, .tsv, .txt (tab-separated), .jsonl or .ndjson file",
            ),
        ] {
            assert_eq!(
                table(name, text, Header::FirstRow),
                Err(expected.to_owned())
            );
        }
        let table = table("a.csv", "id,answer\n1,2\n", Header::FirstRow).expect("read");
        let error = table.column(TEXT).expect_err("none");
        assert!(
            error
                .to_string()
                .ends_with("there is no column text or question, only id, answer")
        );
    }
}
