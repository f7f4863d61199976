//! Items and questions of a data set as a shop's knowledge and its golden set.

use std::collections::HashSet;

use jiff::Timestamp;

use super::dataset::{DatasetError, Header, Names, Table};
use super::retrieve::GoldenQuestion;
use crate::catalog::Knowledge;
use crate::domain::fault::Locale;
use crate::domain::ids::{ChannelId, KnowledgeId, ProductId, ShopId};
use crate::domain::knowledge::{KnowledgeContent, KnowledgeItem, Status};
use crate::domain::shop::{Shop, ShopSecret, Vocabulary};
use crate::domain::taxonomy::KnowledgeDomain;
use crate::domain::time::Window;

/// Columns of a file of items or questions; `None` takes the usual names.
#[derive(Debug, Clone, Default)]
pub struct Columns {
    /// Of ids.
    pub id: Option<String>,
    /// Of texts.
    pub text: Option<String>,
}

const IDS: &[&str] = &["id", "knowledge_id", "item_id", "faq_id", "right"];
const TITLES: &[&str] = &["title", "text", "question", "standard_question"];
const QUESTIONS: &[&str] = &["text", "question", "query", "user_question"];

/// A shop that exists only for the measurement.
///
/// # Errors
/// When a column lacks or a row cannot be an item; the row is named.
pub fn items(table: &Table, columns: &Columns) -> Result<Knowledge, DatasetError> {
    let ids = table.column(names(columns.id.as_deref(), IDS))?;
    let titles = table.column(names(columns.text.as_deref(), TITLES))?;
    let phrasings = table.optional_column(names(None, &["phrasings"]));
    let answers = table.optional_column(names(None, &["answer", "answer_brief"]));
    let mut items = Vec::with_capacity(table.len());
    for (place, (id, title)) in ids.iter().zip(&titles).enumerate() {
        let malformed = |detail: String| table.malformed(place, detail);
        let id = KnowledgeId::parse(id).map_err(|fault| malformed(format!("id {fault}")))?;
        let cell = |column: &Option<Vec<&str>>| {
            let text = column
                .as_ref()
                .and_then(|column| column.get(place).copied());
            text.filter(|text| !text.is_empty()).map(str::to_owned)
        };
        let others = cell(&phrasings).unwrap_or_default();
        items.push(KnowledgeItem {
            id,
            version: 1,
            content: KnowledgeContent {
                status: Status::Approved,
                domain: KnowledgeDomain::Product,
                intent: None,
                title: (*title).to_owned(),
                phrasings: others
                    .split('|')
                    .filter(|text| !text.trim().is_empty())
                    .map(|text| text.trim().to_owned())
                    .collect(),
                answer_brief: cell(&answers),
                answer_consultative: None,
                products: Vec::new(),
                channels: Vec::new(),
                window: Window::default(),
                source: None,
                tags: Vec::new(),
            },
            created_at: Timestamp::UNIX_EPOCH,
            updated_at: Timestamp::UNIX_EPOCH,
            updated_by: "evaluation".to_owned(),
        });
    }
    let shop =
        ShopId::parse("evaluation").map_err(|fault| table.malformed(0, fault.to_string()))?;
    Ok(Knowledge {
        shop: Shop {
            id: shop,
            name: "evaluation".to_owned(),
            time_zone: "UTC".to_owned(),
            locale: Locale::English,
            secret: ShopSecret::make(),
            created_at: Timestamp::UNIX_EPOCH,
        },
        items,
        vocabulary: Vocabulary::default(),
    })
}

/// Questions with the ids of their right items, parted by `|`; an empty cell
/// says that no item answers.
///
/// # Errors
/// When a column lacks, a row cannot be a question or names an item that
/// `knowledge` does not have; the row is named.
pub fn questions(
    table: &Table,
    columns: &Columns,
    knowledge: &Knowledge,
) -> Result<Vec<GoldenQuestion>, DatasetError> {
    let known: HashSet<&str> = knowledge
        .items
        .iter()
        .map(|item| item.id.as_str())
        .collect();
    let ids = table.column(names(columns.id.as_deref(), IDS))?;
    let texts = table.column(names(columns.text.as_deref(), QUESTIONS))?;
    let optional = |name: &'static str| table.optional_column(names(Some(name), &[]));
    let (contexts, products) = (optional("context"), optional("product"));
    let (channels, intents) = (optional("channel"), optional("intent"));
    let mut questions = Vec::with_capacity(table.len());
    for (place, (id, text)) in ids.iter().zip(&texts).enumerate() {
        let cell = |column: &Option<Vec<&str>>| {
            let text = column
                .as_ref()
                .and_then(|column| column.get(place).copied());
            text.map(str::trim)
                .filter(|text| !text.is_empty())
                .map(str::to_owned)
        };
        let malformed = |what: &str, fault| table.malformed(place, format!("{what} {fault}"));
        let right: Vec<String> = id
            .split('|')
            .map(str::trim)
            .filter(|id| !id.is_empty())
            .map(str::to_owned)
            .collect();
        // As a right answer that can never be found it would only look like a miss.
        if let Some(unknown) = right.iter().find(|id| !known.contains(id.as_str())) {
            let detail = format!("no approved item has the id {unknown:?}");
            return Err(table.malformed(place, detail));
        }
        questions.push(GoldenQuestion {
            text: (*text).to_owned(),
            context: cell(&contexts),
            product: cell(&products)
                .map(|id| ProductId::parse(&id).map_err(|fault| malformed("product", fault)))
                .transpose()?,
            channel: cell(&channels)
                .map(|id| ChannelId::parse(&id).map_err(|fault| malformed("channel", fault)))
                .transpose()?,
            right,
            intent: cell(&intents),
        });
    }
    Ok(questions)
}

/// Reads a file whose first row names its columns.
///
/// # Errors
/// As of [`Table::read`].
pub fn read(path: &std::path::Path) -> Result<Table, DatasetError> {
    Table::read(path, Header::FirstRow)
}

fn names<'a>(given: Option<&'a str>, usual: &'a [&'a str]) -> Names<'a> {
    Names { given, usual }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(text: &str) -> Table {
        let folder = tempfile::tempdir().expect("temporary folder");
        let path = folder.path().join("set.csv");
        std::fs::write(&path, text).expect("written");
        read(&path).expect("a table")
    }

    #[test]
    fn a_right_id_that_no_item_has_is_told_by_its_row() {
        let knowledge = items(
            &table("id,title\nrefund,怎么退款\ninvoice,怎么开发票\n"),
            &Columns::default(),
        );
        let knowledge = knowledge.expect("two items");
        let asked = |rows: &str| {
            let table = table(&format!("text,id\n{rows}"));
            questions(&table, &Columns::default(), &knowledge)
        };
        let fine = asked("想退款,refund| invoice\n你好,\n").expect("known or none");
        assert_eq!(fine[0].right, ["refund", "invoice"]);
        assert!(fine[1].right.is_empty());
        let error = asked("想退款,refund\n要发票,invoice|fapiao\n").expect_err("unknown");
        let error = error.to_string();
        assert!(
            error.ends_with("row 3: no approved item has the id \"fapiao\""),
            "{error}"
        );
    }
}
