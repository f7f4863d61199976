//! What an import would do: each row compared with what stands, nothing written.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::domain::fault::Locale;
use crate::domain::ids::KnowledgeId;
use crate::domain::knowledge::{KnowledgeContent, KnowledgeItem, RawKnowledge};
use crate::formats::Row;
use crate::formats::columns::Column;
use crate::store::NewVersion;

use super::parse::parse_item;
use super::report::{
    ChangedEntry, ImportReport, ItemChange, MOST_CHANGES, MOST_ENTRIES, RefusedRow, RowError,
};

/// A row of a file with its values checked.
pub struct CheckedRow {
    /// Where it stands.
    pub number: u64,
    /// How much of the file is read with it, from 0 to 1.
    pub share_read: f32,
    /// Its id, given or made from the title, where that is one.
    pub id: Option<KnowledgeId>,
    /// What it says, or all that is wrong with it.
    pub content: Result<KnowledgeContent, Vec<RowError>>,
}

impl CheckedRow {
    /// Checks the values of `row`, whose local times are in `zone`.
    pub fn new(row: Row, zone: &TimeZone, locale: Locale) -> Self {
        let (id, content) = match row.raw {
            Ok(raw) => check(&raw, zone, locale),
            Err(errors) => {
                let errors = errors.into_iter().map(|error| RowError {
                    message: error.fault.message(locale),
                    column: error.column,
                });
                (None, Err(errors.collect()))
            }
        };
        Self {
            number: row.place.number(),
            share_read: row.share_read,
            id,
            content,
        }
    }
}

fn check(
    raw: &RawKnowledge,
    zone: &TimeZone,
    locale: Locale,
) -> (Option<KnowledgeId>, Result<KnowledgeContent, Vec<RowError>>) {
    let (id, content) = parse_item(raw, zone);
    let content = content.map_err(|errors| {
        let errors = errors.into_iter().map(|error| RowError {
            message: error.fault.message(locale),
            column: Some(error.field),
        });
        errors.collect()
    });
    (id, content)
}

/// Grows row by row; holds only what has to be written, once.
pub struct Plan {
    locale: Locale,
    by: String,
    at: Timestamp,
    seen: HashMap<KnowledgeId, Seen>,
    /// Ids that came again, with the row of the second time.
    repeated: HashMap<KnowledgeId, u64>,
    versions: Vec<NewVersion>,
    /// What the first changed items say as they stand.
    before: HashMap<KnowledgeId, KnowledgeContent>,
    refused: u64,
    refused_rows: Vec<RefusedRow>,
}

struct Seen {
    number: u64,
    outcome: Outcome,
}

#[derive(Clone, Copy, PartialEq)]
enum Outcome {
    Refused,
    Unchanged,
    Added,
    /// A bit for each column that differs.
    Changed(u16),
}

/// A row that may be written, once it is compared with what stands.
pub struct Candidate {
    id: KnowledgeId,
    content: KnowledgeContent,
}

impl Candidate {
    /// Its id.
    pub fn id(&self) -> &KnowledgeId {
        &self.id
    }
}

impl Plan {
    /// A plan of no rows; what it writes is by `by` at `at`.
    pub fn new(locale: Locale, by: String, at: Timestamp) -> Self {
        Self {
            locale,
            by,
            at,
            seen: HashMap::new(),
            repeated: HashMap::new(),
            versions: Vec::new(),
            before: HashMap::new(),
            refused: 0,
            refused_rows: Vec::new(),
        }
    }

    /// Takes rows, refuses those that are wrong or came before, and gives
    /// back those that are to be compared with what stands.
    pub fn take(&mut self, rows: Vec<CheckedRow>) -> Vec<Candidate> {
        rows.into_iter()
            .filter_map(|row| self.take_row(row))
            .collect()
    }

    fn take_row(&mut self, row: CheckedRow) -> Option<Candidate> {
        let number = row.number;
        let Some(id) = row.id else {
            self.refuse(number, None, row.content.err().unwrap_or_default());
            return None;
        };
        let first = match self.seen.entry(id.clone()) {
            Entry::Occupied(seen) => Some(seen.get().number),
            Entry::Vacant(place) => {
                let outcome = Outcome::Refused;
                place.insert(Seen { number, outcome });
                None
            }
        };
        if let Some(first) = first {
            self.repeated.entry(id.clone()).or_insert(number);
            let mut errors = vec![self.repeated_error(first)];
            errors.extend(row.content.err().unwrap_or_default());
            self.refuse(number, Some(&id), errors);
            return None;
        }
        match row.content {
            Ok(content) => Some(Candidate { id, content }),
            Err(errors) => {
                self.refuse(number, Some(&id), errors);
                None
            }
        }
    }

    /// Compares `candidates` with the items of their ids that stand.
    pub fn compare(&mut self, candidates: Vec<Candidate>, standing: &[KnowledgeItem]) {
        let standing: HashMap<&KnowledgeId, &KnowledgeItem> =
            standing.iter().map(|item| (&item.id, item)).collect();
        for Candidate { id, content } in candidates {
            let outcome = match standing.get(&id) {
                None => Outcome::Added,
                Some(item) if item.content == content => Outcome::Unchanged,
                Some(item) => {
                    if self.before.len() < MOST_CHANGES {
                        self.before.insert(id.clone(), item.content.clone());
                    }
                    Outcome::Changed(differences(&item.content, &content))
                }
            };
            if let Some(seen) = self.seen.get_mut(&id) {
                seen.outcome = outcome;
            }
            if outcome != Outcome::Unchanged {
                self.versions.push(NewVersion {
                    id,
                    content,
                    by: self.by.clone(),
                    at: self.at,
                });
            }
        }
    }

    /// What is to be written, and the report of it.
    pub fn finish(mut self) -> (Vec<NewVersion>, ImportReport) {
        self.refuse_first_of_repeated();
        let mut report = ImportReport {
            refused: self.refused,
            ..ImportReport::default()
        };
        report.unchanged = self
            .seen
            .values()
            .filter(|seen| seen.outcome == Outcome::Unchanged)
            .count() as u64;
        for version in &self.versions {
            match self.seen.get(&version.id).map(|seen| seen.outcome) {
                Some(Outcome::Added) => {
                    report.added += 1;
                    if report.added_ids.len() < MOST_ENTRIES {
                        report.added_ids.push(version.id.to_string());
                    }
                }
                Some(Outcome::Changed(columns)) => {
                    report.changed += 1;
                    if let Some(before) = self.before.remove(&version.id) {
                        report.changes.push(ItemChange {
                            id: version.id.clone(),
                            before,
                            after: version.content.clone(),
                        });
                    }
                    if report.changed_items.len() < MOST_ENTRIES {
                        report.changed_items.push(ChangedEntry {
                            id: version.id.to_string(),
                            fields: column_names(columns),
                        });
                    }
                }
                Some(Outcome::Refused | Outcome::Unchanged) | None => {}
            }
        }
        self.refused_rows.sort_by_key(|row| row.row);
        self.refused_rows.truncate(MOST_ENTRIES);
        report.refused_rows = self.refused_rows;
        (self.versions, report)
    }

    /// Which of the rows of one id is meant, only their writer knows.
    fn refuse_first_of_repeated(&mut self) {
        let repeated = std::mem::take(&mut self.repeated);
        self.versions
            .retain(|version| !repeated.contains_key(&version.id));
        let mut firsts: Vec<(u64, KnowledgeId, u64)> = Vec::new();
        for (id, second) in repeated {
            if let Some(seen) = self.seen.get_mut(&id)
                && seen.outcome != Outcome::Refused
            {
                seen.outcome = Outcome::Refused;
                firsts.push((seen.number, id, second));
            }
        }
        firsts.sort();
        // The list may be full of rows further down than these.
        let kept = std::mem::take(&mut self.refused_rows);
        for (number, id, second) in firsts {
            let error = self.repeated_error(second);
            self.refuse(number, Some(&id), vec![error]);
        }
        self.refused_rows.extend(kept);
    }

    fn refuse(&mut self, row: u64, id: Option<&KnowledgeId>, errors: Vec<RowError>) {
        self.refused += 1;
        if self.refused_rows.len() < MOST_ENTRIES {
            let id = id.map(ToString::to_string);
            self.refused_rows.push(RefusedRow { row, id, errors });
        }
    }

    fn repeated_error(&self, other: u64) -> RowError {
        let message = match self.locale {
            Locale::English => {
                format!("stands in row {other} as well, an id must occur once in a file")
            }
            Locale::Chinese => format!("与第 {other} 行重复，一个编号在文件里只能出现一次"),
        };
        RowError {
            column: Some(Column::Id.name().to_owned()),
            message,
        }
    }
}

fn differences(before: &KnowledgeContent, after: &KnowledgeContent) -> u16 {
    let columns = [
        (Column::Status, before.status != after.status),
        (Column::Domain, before.domain != after.domain),
        (Column::Intent, before.intent != after.intent),
        (Column::Title, before.title != after.title),
        (Column::Phrasings, before.phrasings != after.phrasings),
        (
            Column::AnswerBrief,
            before.answer_brief != after.answer_brief,
        ),
        (
            Column::AnswerConsultative,
            before.answer_consultative != after.answer_consultative,
        ),
        (Column::Products, before.products != after.products),
        (Column::Channels, before.channels != after.channels),
        (Column::ValidFrom, before.window.from != after.window.from),
        (
            Column::ValidUntil,
            before.window.until != after.window.until,
        ),
        (Column::Source, before.source != after.source),
        (Column::Tags, before.tags != after.tags),
    ];
    columns
        .into_iter()
        .filter(|(_, differs)| *differs)
        .fold(0, |bits, (column, _)| bits | (1 << column as u16))
}

fn column_names(bits: u16) -> Vec<String> {
    Column::all()
        .filter(|column| bits & (1 << *column as u16) != 0)
        .map(|column| column.name().to_owned())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::knowledge::id_from_title;
    use crate::formats::Place;

    fn row(number: u64, id: Option<&str>, title: &str) -> CheckedRow {
        let raw = RawKnowledge {
            id: id.map(str::to_owned),
            domain: "process".to_owned(),
            title: title.to_owned(),
            ..RawKnowledge::default()
        };
        let row = Row {
            place: Place::Row(number),
            share_read: 1.0,
            raw: Ok(raw),
        };
        CheckedRow::new(row, &TimeZone::UTC, Locale::English)
    }

    fn item(id: &str, title: &str) -> KnowledgeItem {
        KnowledgeItem {
            id: KnowledgeId::parse(id).expect("valid"),
            version: 1,
            content: row(1, Some(id), title).content.expect("valid"),
            created_at: Timestamp::UNIX_EPOCH,
            updated_at: Timestamp::UNIX_EPOCH,
            updated_by: "test".to_owned(),
        }
    }

    fn plan(rows: Vec<CheckedRow>) -> (Vec<String>, ImportReport) {
        let mut plan = Plan::new(Locale::English, "import".to_owned(), Timestamp::UNIX_EPOCH);
        let standing = [item("same", "t"), item("other", "t")];
        // One at a time, as rows of a file that come in different chunks.
        for row in rows {
            let candidates = plan.take(vec![row]);
            plan.compare(candidates, &standing);
        }
        let (versions, report) = plan.finish();
        let ids = versions
            .into_iter()
            .map(|version| version.id.to_string())
            .collect();
        (ids, report)
    }

    #[test]
    fn sorts_rows_by_what_they_change() {
        let (ids, report) = plan(vec![
            row(2, Some("same"), "t"),
            row(3, Some("other"), "u"),
            row(4, Some("new"), "t"),
            row(5, Some("a b"), " "),
            row(6, None, "发票"),
        ]);
        let made = id_from_title("发票").expect("valid").to_string();
        assert_eq!(ids, ["other", "new", &made]);
        assert_eq!(
            (
                report.added,
                report.changed,
                report.unchanged,
                report.refused
            ),
            (2, 1, 1, 1)
        );
        assert_eq!(report.changed_items[0].fields, ["title"]);
        let changes: Vec<_> = report
            .changes
            .iter()
            .map(|change| [&change.before, &change.after].map(|content| content.title.as_str()))
            .collect();
        assert_eq!(changes, [["t", "u"]]);
        let columns: Vec<_> = report.refused_rows[0]
            .errors
            .iter()
            .map(|error| error.column.as_deref().unwrap_or(""))
            .collect();
        assert_eq!(columns, ["id", "title"]);
    }

    #[test]
    fn refuses_every_row_of_an_id_that_comes_twice() {
        let (ids, report) = plan(vec![
            row(2, Some("same"), "t"),
            row(3, Some("new"), "t"),
            row(4, Some("new"), "u"),
            row(5, Some("same"), "t"),
            row(6, Some("bad"), ""),
            row(7, Some("bad"), "t"),
            row(8, Some("new"), "v"),
        ]);
        assert_eq!(ids, [""; 0]);
        assert_eq!((report.unchanged, report.added, report.refused), (0, 0, 7));
        let rows: Vec<_> = report.refused_rows.iter().map(|row| row.row).collect();
        assert_eq!(rows, [2, 3, 4, 5, 6, 7, 8]);
        let message = |row: usize| report.refused_rows[row].errors[0].message.as_str();
        assert!(message(0).starts_with("stands in row 5 as well"));
        assert!(message(2).starts_with("stands in row 3 as well"));
        assert!(message(5).starts_with("stands in row 6 as well"));
    }
}
