//! The columns of a file of knowledge: what they are called, what may stand in
//! them, and a small file to begin with.

use actix_web::HttpResponse;
use actix_web::http::header;

use super::console::Visit;
use super::language::Language;
use crate::auth::KeepingKnowledge;
use crate::domain::knowledge::Status;
use crate::domain::taxonomy::KnowledgeDomain;
use crate::formats::Format;
use crate::formats::columns::Column;

/// What tells a spreadsheet program that a file is UTF-8.
const MARK: &str = "\u{feff}";

const CHINESE_SAMPLE: &str = include_str!("../../../config/samples/knowledge.zh.csv");
const ENGLISH_SAMPLE: &str = include_str!("../../../config/samples/knowledge.en.csv");

/// A column of a file.
pub struct ColumnView {
    /// Its name in English.
    pub name: &'static str,
    /// Its name in Chinese.
    pub label: &'static str,
    /// Whether every row must have it.
    pub is_required: bool,
    /// The only values that it may have, in both languages; empty where it is free.
    pub values: Vec<(&'static str, &'static str)>,
    /// What stands in it.
    pub hint: &'static str,
}

/// Every column, in the order of an export.
pub fn columns(language: Language) -> Vec<ColumnView> {
    Column::all()
        .map(|column| ColumnView {
            name: column.name(),
            label: column.label(),
            is_required: matches!(column, Column::Title | Column::Domain),
            values: values(column),
            hint: hint(column, language),
        })
        .collect()
}

fn values(column: Column) -> Vec<(&'static str, &'static str)> {
    match column {
        Column::Status => Status::ALL
            .map(|status| (status.as_str(), status.label()))
            .into(),
        Column::Domain => KnowledgeDomain::ALL
            .map(|domain| (domain.as_str(), domain.label()))
            .into(),
        _ => Vec::new(),
    }
}

fn hint(column: Column, language: Language) -> &'static str {
    match column {
        Column::Id => language.say(
            "自己定的编号，以后靠它更新。留空就按标准问题生成。",
            "Your own id, used to update the item later. Made from the title if left empty.",
        ),
        Column::Status => language.say(
            "只有已审核的才会推荐给客服。留空按草稿。",
            "Only approved items are suggested to agents. Draft if left empty.",
        ),
        Column::Domain => language.say("答案归谁管。", "Which team owns the answer."),
        Column::Intent => language.say(
            "下表中的意图，要属于所填的领域。可以留空。",
            "One of the intents below, from the same domain. Optional.",
        ),
        Column::Title => language.say(
            "买家会怎么问，最多 200 字。",
            "The question as a buyer would ask it, up to 200 characters.",
        ),
        Column::Phrasings => language.say(
            "同一个问题的其他问法，一行一个（单元格内换行）。",
            "Other ways to ask it, one per line within the cell.",
        ),
        Column::AnswerBrief => language.say(
            "一两句话的回答。已审核的至少要有一种回答。",
            "The answer in a sentence or two. An approved item needs at least one of the two answers.",
        ),
        Column::AnswerConsultative => language.say(
            "讲得更细、带建议的回答。",
            "The longer answer, with advice.",
        ),
        Column::Products => language.say(
            "商品编号，用 | 隔开。留空表示所有商品。",
            "Product ids, separated by |. All products if left empty.",
        ),
        Column::Channels => language.say(
            "渠道编号，用 | 隔开。留空表示所有渠道。",
            "Channel ids, separated by |. All channels if left empty.",
        ),
        Column::ValidFrom => language.say(
            "从什么时候起有效，例如 2026-11-11 或 2026-11-11 20:00，按店铺时区。可以留空。",
            "When it takes effect, such as 2026-11-11 or 2026-11-11 20:00, in the shop’s time zone. Optional.",
        ),
        Column::ValidUntil => language.say(
            "到什么时候为止，写法同上。可以留空。",
            "When it ends, written the same way. Optional.",
        ),
        Column::Source => language.say(
            "出处，例如“客服手册 1.2”。",
            "Where the fact comes from, such as “Agent handbook 1.2”.",
        ),
        Column::Tags => language.say("标签，用 | 隔开。", "Tags, separated by |."),
    }
}

/// `GET /knowledge/import/sample`: a file of three items, in the page's language.
pub async fn sample(visit: Visit<KeepingKnowledge>) -> HttpResponse {
    let (name, text) = if visit.language.is_chinese() {
        ("zhiwen-sample-zh.csv", CHINESE_SAMPLE)
    } else {
        ("zhiwen-sample-en.csv", ENGLISH_SAMPLE)
    };
    let disposition = format!("attachment; filename=\"{name}\"");
    HttpResponse::Ok()
        .content_type(Format::Csv.media_type())
        .insert_header((header::CONTENT_DISPOSITION, disposition))
        .body(format!("{MARK}{text}"))
}

#[cfg(test)]
mod tests {
    use std::ops::ControlFlow;

    use jiff::tz::TimeZone;

    use super::*;
    use crate::domain::fault::Locale;
    use crate::formats;
    use crate::knowledge::plan::CheckedRow;

    #[test]
    fn every_row_of_a_sample_can_be_imported() {
        for text in [CHINESE_SAMPLE, ENGLISH_SAMPLE] {
            let file = tempfile::NamedTempFile::new().expect("temporary file");
            std::fs::write(file.path(), format!("{MARK}{text}")).expect("written");
            let mut rows = Vec::new();
            let read = formats::read(Format::Csv, file.path(), &mut |row| {
                rows.push(CheckedRow::new(row, &TimeZone::UTC, Locale::English));
                ControlFlow::Continue(())
            });
            read.expect("it can be read");
            assert_eq!(rows.len(), 3);
            for row in rows {
                assert!(row.content.is_ok(), "{:?}", row.content);
            }
        }
    }

    #[test]
    fn values_are_named_in_both_languages() {
        let columns = columns(Language(Locale::English));
        let domain = columns.iter().find(|column| column.name == "domain");
        let values = domain.map(|column| column.values.as_slice());
        let expected = [
            ("product", "商品"),
            ("process", "流程"),
            ("warehouse", "仓配"),
        ];
        assert_eq!(values, Some(expected.as_slice()));
    }
}
