//! What an import did, or would do, for programs and for people.

use std::fmt::Write;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::domain::fault::Locale;
use crate::domain::ids::KnowledgeId;
use crate::domain::knowledge::KnowledgeContent;
use crate::formats::columns::Column;

use super::products::unknown_products_message;

/// The most entries of each list; the counts are always whole.
pub const MOST_ENTRIES: usize = 1_000;

/// The most items whose texts are kept for comparison.
pub const MOST_CHANGES: usize = 20;

/// What an import did, or would do.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
pub struct ImportReport {
    /// Whether it was only tried.
    pub dry_run: bool,
    /// Whether what was added and changed is in the store.
    pub written: bool,
    /// How many items are new.
    pub added: u64,
    /// How many items say something else than before.
    pub changed: u64,
    /// How many items say what they said before.
    pub unchanged: u64,
    /// How many rows are refused.
    pub refused: u64,
    /// The ids of new items, the first 1,000.
    pub added_ids: Vec<String>,
    /// The changed items, the first 1,000.
    pub changed_items: Vec<ChangedEntry>,
    /// The refused rows, the first 1,000.
    pub refused_rows: Vec<RefusedRow>,
    /// Products that added and changed items are limited to and the shop does
    /// not have, the first 1,000.
    pub unknown_products: Vec<String>,
    /// What the first changed items say differently; shown to people, not sent
    /// to programs.
    #[serde(skip)]
    pub changes: Vec<ItemChange>,
}

/// What an item says before and after.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ItemChange {
    /// Its id.
    pub id: KnowledgeId,
    /// What stands.
    pub before: KnowledgeContent,
    /// What the file says.
    pub after: KnowledgeContent,
}

/// An item that says something else than before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ChangedEntry {
    /// Its id.
    pub id: String,
    /// The names of the fields that differ.
    pub fields: Vec<String>,
}

/// A row that is not imported.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RefusedRow {
    /// The spreadsheet's row (the header is 1) or the line of the text file.
    pub row: u64,
    /// The row's id, where it has one.
    pub id: Option<String>,
    /// Everything that is wrong with it.
    pub errors: Vec<RowError>,
}

/// One thing wrong with a row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RowError {
    /// The column's name, or its letter where it has none; `null` when it is
    /// about the row as a whole.
    pub column: Option<String>,
    /// What is wrong, in the language asked for.
    pub message: String,
}

impl ImportReport {
    /// The report as text, a line each, in `locale`'s language.
    pub fn render(&self, locale: Locale) -> String {
        let mut lines = vec![self.summary(locale)];
        if self.dry_run {
            let (added, changed) = match locale {
                Locale::English => ("add", "change"),
                Locale::Chinese => ("新增", "更改"),
            };
            lines.extend(self.added_ids.iter().map(|id| format!("{added} {id}")));
            push_rest(&mut lines, self.added, self.added_ids.len(), locale);
            lines.extend(self.changed_items.iter().map(|item| {
                let fields: Vec<String> = item
                    .fields
                    .iter()
                    .map(|field| column_label(field, locale))
                    .collect();
                format!("{changed} {}: {}", item.id, fields.join(", "))
            }));
            push_rest(&mut lines, self.changed, self.changed_items.len(), locale);
        }
        lines.extend(self.refused_rows.iter().map(|row| row.render(locale)));
        push_rest(&mut lines, self.refused, self.refused_rows.len(), locale);
        lines.extend(unknown_products_message(&self.unknown_products, locale));
        lines.join("\n")
    }

    fn summary(&self, locale: Locale) -> String {
        let Self {
            added,
            changed,
            unchanged,
            refused,
            ..
        } = self;
        match locale {
            Locale::English => {
                let done = match (self.dry_run, self.written) {
                    (true, _) => "dry run, nothing is written",
                    (false, true) => "written",
                    (false, false) => "nothing is written",
                };
                format!(
                    "{done}: {added} added, {changed} changed, {unchanged} unchanged, {refused} refused"
                )
            }
            Locale::Chinese => {
                let done = match (self.dry_run, self.written) {
                    (true, _) => "试运行，没有写入",
                    (false, true) => "已写入",
                    (false, false) => "没有写入",
                };
                format!("{done}：新增 {added}，更改 {changed}，未变 {unchanged}，拒绝 {refused}")
            }
        }
    }
}

impl RefusedRow {
    fn render(&self, locale: Locale) -> String {
        let mut text = match locale {
            Locale::English => format!("row {}", self.row),
            Locale::Chinese => format!("第 {} 行", self.row),
        };
        if let Some(id) = &self.id {
            // Writing to a string does not fail.
            let _ = write!(text, " ({id})");
        }
        let errors: Vec<String> = self
            .errors
            .iter()
            .map(|error| match &error.column {
                None => error.message.clone(),
                Some(column) => format!("{} {}", column_label(column, locale), error.message),
            })
            .collect();
        format!("{text}: {}", errors.join("; "))
    }
}

fn push_rest(lines: &mut Vec<String>, count: u64, listed: usize, locale: Locale) {
    let rest = count.saturating_sub(listed as u64);
    if rest > 0 {
        lines.push(match locale {
            Locale::English => format!("… and {rest} more"),
            Locale::Chinese => format!("……还有 {rest} 条"),
        });
    }
}

/// `phrasings[2]` as its reader calls it: the column's label, elements from 1.
fn column_label(column: &str, locale: Locale) -> String {
    let (name, rest) = column.split_once('[').unwrap_or((column, ""));
    let label = match (locale, Column::from_name(name)) {
        (Locale::Chinese, Some(column)) => column.label(),
        _ => name,
    };
    match rest.trim_end_matches(']').parse::<usize>() {
        Ok(place) => format!("{label}[{}]", place + 1),
        Err(_) => label.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report() -> ImportReport {
        ImportReport {
            dry_run: true,
            added: 2,
            changed: 1,
            unchanged: 7,
            refused: 1,
            added_ids: vec!["a".to_owned()],
            changed_items: vec![ChangedEntry {
                id: "b".to_owned(),
                fields: vec!["title".to_owned(), "tags".to_owned()],
            }],
            refused_rows: vec![RefusedRow {
                row: 5,
                id: Some("c".to_owned()),
                errors: vec![
                    RowError {
                        column: Some("phrasings[2]".to_owned()),
                        message: "x".to_owned(),
                    },
                    RowError {
                        column: None,
                        message: "y".to_owned(),
                    },
                ],
            }],
            ..ImportReport::default()
        }
    }

    #[test]
    fn renders_in_both_languages() {
        assert_eq!(
            report().render(Locale::English),
            "dry run, nothing is written: 2 added, 1 changed, 7 unchanged, 1 refused\n\
             add a\n… and 1 more\nchange b: title, tags\nrow 5 (c): phrasings[3] x; y"
        );
        assert_eq!(
            report().render(Locale::Chinese),
            "试运行，没有写入：新增 2，更改 1，未变 7，拒绝 1\n\
             新增 a\n……还有 1 条\n更改 b: 标准问题, 标签\n第 5 行 (c): 其他问法[3] x; y"
        );
    }
}
