//! JSON Lines of any fields: scalars as text, nested ones under dotted names.

use serde_json::{Map, Value};

use super::super::fault::{ColumnError, FileError, RowFault};
use super::super::{Place, share};
use super::{HeldLine, HeldLines, OnRecord, Record};

/// The columns are those of so many first objects, and what is wanted besides.
const LINES_LOOKED_AT: usize = 200;
/// A file of more fields is none of records.
const MOST_COLUMNS: usize = 1_000;

/// The fields of the first objects, and those of `wanted` that come only
/// later; leaves `lines` at the beginning.
pub fn open(lines: &mut HeldLines, wanted: &[&[String]]) -> Result<Vec<String>, FileError> {
    let mut first: Vec<HeldLine> = Vec::new();
    let mut columns: Vec<String> = Vec::new();
    while first.len() < LINES_LOOKED_AT {
        let Some(line) = lines.next()? else { break };
        let text = line.1.as_deref().map_or("", str::trim);
        if columns.is_empty() && text.starts_with('[') {
            return Err(FileError::JsonArray);
        }
        if let Ok(object) = serde_json::from_str::<Map<String, Value>>(text) {
            collect_paths(&object, "", &mut columns);
        }
        first.push(line);
    }
    if first
        .iter()
        .all(|(_, text)| text.as_deref().is_some_and(|text| text.trim().is_empty()))
    {
        return Err(FileError::Empty);
    }
    add_late(lines, wanted, &mut columns)?;
    lines.rewind()?;
    Ok(columns)
}

/// Looks through the rest of the file for what the first objects have not: an
/// order's number may come with one message in a thousand. A list of names of
/// which they have one is served.
fn add_late(
    lines: &mut HeldLines,
    wanted: &[&[String]],
    columns: &mut Vec<String>,
) -> Result<(), FileError> {
    let mut missing = wanted.to_vec();
    missing.retain(|names| !names.is_empty() && !names.iter().any(|name| columns.contains(name)));
    while !missing.is_empty() {
        let Some((_, text)) = lines.next()? else {
            break;
        };
        let text = text.as_deref().unwrap_or("");
        let Ok(object) = serde_json::from_str::<Map<String, Value>>(text) else {
            continue;
        };
        missing.retain(|names| {
            let found = names.iter().find(|name| at(&object, name).is_some());
            columns.extend(found.cloned());
            found.is_none()
        });
    }
    Ok(())
}

fn collect_paths(object: &Map<String, Value>, prefix: &str, paths: &mut Vec<String>) {
    for (name, value) in object {
        let path = format!("{prefix}{name}");
        match value {
            Value::Object(inner) => collect_paths(inner, &format!("{path}."), paths),
            _ if paths.len() < MOST_COLUMNS && !paths.contains(&path) => paths.push(path),
            _ => {}
        }
    }
}

/// Reads every object.
pub fn read(
    mut lines: HeldLines,
    columns: &[String],
    size: u64,
    on_record: &mut OnRecord<'_>,
) -> Result<(), FileError> {
    while let Some((number, text)) = lines.next()? {
        let cells = match text.as_deref().map(str::trim) {
            None => Err(ColumnError::of_row(RowFault::LineTooLong)),
            Some("") => continue,
            Some(text) if lines.is_damaged(text) => Err(ColumnError::of_row(RowFault::Damaged)),
            Some(text) => parse(text, columns),
        };
        let share_read = share(lines.bytes_read(), size);
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

fn parse(text: &str, columns: &[String]) -> Result<Vec<String>, ColumnError> {
    let object: Map<String, Value> = serde_json::from_str(text).map_err(|error| {
        let detail = error.to_string();
        ColumnError::of_row(RowFault::Json { detail })
    })?;
    Ok(columns
        .iter()
        .map(|column| at(&object, column).map(text_of).unwrap_or_default())
        .collect())
}

/// The value at a dotted name; a field whose own name has a dot comes first.
fn at<'a>(object: &'a Map<String, Value>, path: &str) -> Option<&'a Value> {
    if let Some(value) = object.get(path) {
        return Some(value);
    }
    path.match_indices('.').find_map(|(dot, _)| {
        let inner = object.get(&path[..dot])?.as_object()?;
        at(inner, &path[dot + 1..])
    })
}

fn text_of(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
