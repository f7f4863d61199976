//! What two versions of an item say differently, field by field and line by line.

use std::time::Duration;

use serde::Serialize;
use similar::{ChangeTag, TextDiff};
use utoipa::ToSchema;

use crate::domain::knowledge::RawKnowledge;
use crate::formats::columns::Column;

/// After this the rest of a text is shown as taken out and put in.
const LONGEST_COMPARISON: Duration = Duration::from_millis(50);

/// A field that differs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct FieldChange {
    /// The field's name.
    pub field: &'static str,
    /// What it held.
    pub before: FieldValue,
    /// What it holds.
    pub after: FieldValue,
    /// Of a text or a list of wordings: the lines kept, taken out and put in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lines: Option<Vec<LineChange>>,
}

/// A field's value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(untagged)]
pub enum FieldValue {
    /// A text, if there is one.
    Text(Option<String>),
    /// A list.
    List(Vec<String>),
}

/// A line of a text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct LineChange {
    /// What became of it.
    pub op: LineOp,
    /// The line.
    pub text: String,
}

/// What became of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum LineOp {
    /// It is in both.
    Equal,
    /// It was only in the earlier.
    Delete,
    /// It is only in the later.
    Insert,
}

/// The fields in which `after` differs from `before`, in the order of the API.
pub fn diff(before: &RawKnowledge, after: &RawKnowledge) -> Vec<FieldChange> {
    Column::all()
        .filter_map(|column| {
            let (old, new) = (value(column, before), value(column, after));
            (old != new).then(|| FieldChange {
                field: column.name(),
                lines: has_lines(column).then(|| lines(&old, &new)),
                before: old,
                after: new,
            })
        })
        .collect()
}

fn value(column: Column, raw: &RawKnowledge) -> FieldValue {
    match column {
        Column::Id => FieldValue::Text(raw.id.clone()),
        Column::Status => FieldValue::Text(raw.status.clone()),
        Column::Domain => FieldValue::Text(Some(raw.domain.clone())),
        Column::Intent => FieldValue::Text(raw.intent.clone()),
        Column::Title => FieldValue::Text(Some(raw.title.clone())),
        Column::Phrasings => FieldValue::List(raw.phrasings.clone()),
        Column::AnswerBrief => FieldValue::Text(raw.answer_brief.clone()),
        Column::AnswerConsultative => FieldValue::Text(raw.answer_consultative.clone()),
        Column::Products => FieldValue::List(raw.products.clone()),
        Column::Channels => FieldValue::List(raw.channels.clone()),
        Column::ValidFrom => FieldValue::Text(raw.valid_from.clone()),
        Column::ValidUntil => FieldValue::Text(raw.valid_until.clone()),
        Column::Source => FieldValue::Text(raw.source.clone()),
        Column::Tags => FieldValue::List(raw.tags.clone()),
    }
}

fn has_lines(column: Column) -> bool {
    matches!(
        column,
        Column::Title
            | Column::Phrasings
            | Column::AnswerBrief
            | Column::AnswerConsultative
            | Column::Source
    )
}

fn lines(before: &FieldValue, after: &FieldValue) -> Vec<LineChange> {
    let (before, after) = (before.lines(), after.lines());
    TextDiff::configure()
        .timeout(LONGEST_COMPARISON)
        .diff_slices(&before, &after)
        .iter_all_changes()
        .map(|change| LineChange {
            op: match change.tag() {
                ChangeTag::Equal => LineOp::Equal,
                ChangeTag::Delete => LineOp::Delete,
                ChangeTag::Insert => LineOp::Insert,
            },
            text: change.value().to_owned(),
        })
        .collect()
}

impl FieldValue {
    fn lines(&self) -> Vec<&str> {
        match self {
            Self::Text(text) => text.as_deref().unwrap_or("").lines().collect(),
            Self::List(elements) => elements.iter().map(String::as_str).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shows_fields_and_lines() {
        let before = RawKnowledge {
            domain: "process".to_owned(),
            title: "发票".to_owned(),
            answer_brief: Some("一\n二\n三".to_owned()),
            tags: vec!["a".to_owned()],
            ..RawKnowledge::default()
        };
        let after = RawKnowledge {
            answer_brief: Some("一\n2\n三".to_owned()),
            tags: vec![],
            source: Some("手册".to_owned()),
            ..before.clone()
        };
        let changes = diff(&before, &after);
        let fields: Vec<&str> = changes.iter().map(|change| change.field).collect();
        assert_eq!(fields, ["answer_brief", "source", "tags"]);
        let shown = |change: &FieldChange| -> Vec<String> {
            let lines = change.lines.iter().flatten();
            lines
                .map(|line| format!("{:?} {}", line.op, line.text))
                .collect()
        };
        assert_eq!(
            shown(&changes[0]),
            ["Equal 一", "Delete 二", "Insert 2", "Equal 三"]
        );
        assert_eq!(shown(&changes[1]), ["Insert 手册"]);
        assert_eq!(changes[2].lines, None);
        assert_eq!(diff(&before, &before), []);
    }
}
