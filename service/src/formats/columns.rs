//! The columns of a table of knowledge, and what stands in their cells.

use crate::domain::knowledge::RawKnowledge;

use super::MOST_CELL_CHARACTERS;
use super::fault::{ColumnError, FileError, RowFault};

/// A column of a table, or a field of a Markdown item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Column {
    /// The shop's own stable id.
    Id,
    /// Draft, approved or archived.
    Status,
    /// Product, process or warehouse.
    Domain,
    /// An intent of the taxonomy.
    Intent,
    /// The question.
    Title,
    /// Its other wordings, a line each.
    Phrasings,
    /// The answer in a sentence or two.
    AnswerBrief,
    /// The answer that advises.
    AnswerConsultative,
    /// Products, parted by `|`.
    Products,
    /// Channels, parted by `|`.
    Channels,
    /// The first moment in effect.
    ValidFrom,
    /// The first moment no longer in effect.
    ValidUntil,
    /// Where the fact stands.
    Source,
    /// Labels, parted by `|`.
    Tags,
}

/// Name, Chinese label and further names that a header may have.
const NAMES: [(Column, &str, &str, &[&str]); 14] = [
    (Column::Id, "id", "编号", &["external_id", "key"]),
    (Column::Status, "status", "状态", &[]),
    (Column::Domain, "domain", "领域", &[]),
    (Column::Intent, "intent", "意图", &[]),
    (
        Column::Title,
        "title",
        "标准问题",
        &["question", "问题", "标题"],
    ),
    (
        Column::Phrasings,
        "phrasings",
        "其他问法",
        &[
            "other wordings",
            "similar questions",
            "相似问法",
            "相似问题",
        ],
    ),
    (
        Column::AnswerBrief,
        "answer_brief",
        "简短回答",
        &["brief answer", "answer", "答案", "回答"],
    ),
    (
        Column::AnswerConsultative,
        "answer_consultative",
        "详细回答",
        &["consultative answer", "详细答案"],
    ),
    (Column::Products, "products", "适用商品", &[]),
    (Column::Channels, "channels", "渠道", &["适用渠道"]),
    (Column::ValidFrom, "valid_from", "生效时间", &["开始时间"]),
    (Column::ValidUntil, "valid_until", "失效时间", &["结束时间"]),
    (Column::Source, "source", "来源", &[]),
    (Column::Tags, "tags", "标签", &[]),
];

impl Column {
    /// Every column, in the order of an export.
    pub fn all() -> impl Iterator<Item = Self> {
        NAMES.iter().map(|(column, ..)| *column)
    }

    /// The name in files that are written: `answer_brief`.
    pub fn name(self) -> &'static str {
        NAMES[self as usize].1
    }

    /// The Chinese label.
    pub fn label(self) -> &'static str {
        NAMES[self as usize].2
    }

    /// The column that a header or a Markdown key names, in any letter case.
    pub fn from_name(name: &str) -> Option<Self> {
        let name = name.trim().to_lowercase();
        NAMES
            .iter()
            .find(|(_, own, label, more)| {
                name == *own || name == *label || more.contains(&name.as_str())
            })
            .map(|(column, ..)| *column)
    }

    /// What stands in `raw`'s cell of this column; empty where it has nothing.
    pub fn text(self, raw: &RawKnowledge) -> String {
        let optional = |text: &Option<String>| text.clone().unwrap_or_default();
        match self {
            Self::Id => optional(&raw.id),
            Self::Status => optional(&raw.status),
            Self::Domain => raw.domain.clone(),
            Self::Intent => optional(&raw.intent),
            Self::Title => raw.title.clone(),
            Self::Phrasings => raw.phrasings.join("\n"),
            Self::AnswerBrief => optional(&raw.answer_brief),
            Self::AnswerConsultative => optional(&raw.answer_consultative),
            Self::Products => join_scope(&raw.products),
            Self::Channels => join_scope(&raw.channels),
            Self::ValidFrom => optional(&raw.valid_from),
            Self::ValidUntil => optional(&raw.valid_until),
            Self::Source => optional(&raw.source),
            Self::Tags => raw.tags.join("|"),
        }
    }
}

/// The names of all columns, for a message.
pub fn names() -> String {
    Column::all()
        .map(Column::name)
        .collect::<Vec<_>>()
        .join(", ")
}

/// The Chinese labels of all columns, for a message.
pub fn labels() -> String {
    Column::all()
        .map(Column::label)
        .collect::<Vec<_>>()
        .join("、")
}

/// Which column each cell of a row belongs to.
#[derive(Debug)]
pub struct Header {
    /// By the cell's place; `None` where the header is blank.
    columns: Vec<Option<Column>>,
}

impl Header {
    /// Reads the first row of a table.
    ///
    /// # Errors
    /// When it is no header, or a column is unknown, repeated or missing.
    pub fn read<'a>(cells: impl Iterator<Item = &'a str>) -> Result<Self, FileError> {
        let cells: Vec<&str> = cells.map(str::trim).collect();
        if !cells.iter().any(|cell| Column::from_name(cell).is_some()) {
            return Err(FileError::NoHeader);
        }
        let mut columns: Vec<Option<Column>> = Vec::with_capacity(cells.len());
        for cell in cells {
            let column = match Column::from_name(cell) {
                None if cell.is_empty() => None,
                None => {
                    let name = cell.chars().take(60).collect();
                    return Err(FileError::UnknownColumn { name });
                }
                found => found,
            };
            if let Some(column) = column
                && columns.contains(&Some(column))
            {
                let name = column.name();
                return Err(FileError::RepeatedColumn { name });
            }
            columns.push(column);
        }
        for column in [Column::Title, Column::Domain] {
            if !columns.contains(&Some(column)) {
                let name = column.name();
                return Err(FileError::MissingColumn { name });
            }
        }
        Ok(Self { columns })
    }

    /// How many cells it has.
    pub fn width(&self) -> usize {
        self.columns.len()
    }

    /// The column of the cell at `place`, from 0.
    pub fn column(&self, place: usize) -> Option<Column> {
        self.columns.get(place).copied().flatten()
    }
}

/// A row as its cells come in.
#[derive(Default)]
pub struct RowBuilder {
    raw: RawKnowledge,
    errors: Vec<ColumnError>,
    has_text: bool,
}

impl RowBuilder {
    /// Puts a cell's text in its column.
    pub fn set(&mut self, column: Column, text: &str) {
        if text.trim().is_empty() {
            return;
        }
        self.has_text = true;
        // Counting characters of every cell is only worth it where there may be too many.
        if text.len() > MOST_CELL_CHARACTERS {
            let found = text.chars().count();
            if found > MOST_CELL_CHARACTERS {
                let fault = RowFault::CellTooLong { found };
                self.fail(ColumnError::of_column(column.name(), fault));
                return;
            }
        }
        let raw = &mut self.raw;
        match column {
            Column::Id => raw.id = Some(text.to_owned()),
            Column::Status => raw.status = Some(text.to_owned()),
            Column::Domain => text.clone_into(&mut raw.domain),
            Column::Intent => raw.intent = Some(text.to_owned()),
            Column::Title => text.clone_into(&mut raw.title),
            Column::Phrasings => raw.phrasings = split_lines(text),
            Column::AnswerBrief => raw.answer_brief = Some(text.to_owned()),
            Column::AnswerConsultative => raw.answer_consultative = Some(text.to_owned()),
            Column::Products => raw.products = split_scope(text),
            Column::Channels => raw.channels = split_scope(text),
            Column::ValidFrom => raw.valid_from = Some(text.to_owned()),
            Column::ValidUntil => raw.valid_until = Some(text.to_owned()),
            Column::Source => raw.source = Some(text.to_owned()),
            Column::Tags => raw.tags = split_at(text, &['|', '\n']),
        }
    }

    /// Notes a fault.
    pub fn fail(&mut self, error: ColumnError) {
        self.has_text = true;
        self.errors.push(error);
    }

    /// The row; `None` when all its cells are blank.
    pub fn finish(self) -> Option<Result<RawKnowledge, Vec<ColumnError>>> {
        if !self.has_text {
            None
        } else if self.errors.is_empty() {
            Some(Ok(self.raw))
        } else {
            Some(Err(self.errors))
        }
    }
}

/// The place of a cell in words that a spreadsheet's user knows: 0 is A.
pub fn letters(place: usize) -> String {
    let mut letters = Vec::new();
    let mut rest = place;
    loop {
        letters.push(char::from(b'A' + u8::try_from(rest % 26).unwrap_or(0)));
        if rest < 26 {
            break;
        }
        rest = rest / 26 - 1;
    }
    letters.iter().rev().collect()
}

fn split_lines(text: &str) -> Vec<String> {
    split_at(text, &['\n'])
}

/// Where there is a `|`, it alone (and a line's end) parts: an id may have a
/// comma, and an export says so by a `|` after it.
fn split_scope(text: &str) -> Vec<String> {
    if text.contains('|') {
        split_at(text, &['|', '\n'])
    } else {
        split_at(text, &LOOSE_SEPARATORS)
    }
}

const LOOSE_SEPARATORS: [char; 6] = [',', '，', ';', '；', '、', '\n'];

fn join_scope(ids: &[String]) -> String {
    match ids {
        [only] if only.contains(LOOSE_SEPARATORS) => format!("{only}|"),
        _ => ids.join("|"),
    }
}

fn split_at(text: &str, separators: &[char]) -> Vec<String> {
    text.split(separators)
        .map(str::trim)
        .filter(|part| !part.is_empty())
        .map(str::to_owned)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_column_stands_at_its_place() {
        for (place, column) in Column::all().enumerate() {
            assert_eq!(column as usize, place);
            assert_eq!(Column::from_name(column.name()), Some(column));
            assert_eq!(Column::from_name(column.label()), Some(column));
        }
        assert_eq!(
            Column::from_name(" Answer_Brief "),
            Some(Column::AnswerBrief)
        );
    }

    #[test]
    fn reads_headers_and_names_their_faults() {
        let check = |text: &str| match Header::read(text.split(',')) {
            Ok(header) => format!("{} cells", header.width()),
            Err(error) => error.to_string(),
        };
        assert_eq!(check("领域,标准问题,"), "3 cells");
        assert_eq!(check("Question,DOMAIN,回答"), "3 cells");
        assert!(check("title,domain,colour").starts_with("column \"colour\" is not known"));
        assert_eq!(check("title,domain,问题"), "column \"title\" occurs twice");
        assert_eq!(check("title,id"), "column \"domain\" is missing");
        assert!(check("s-1,approved,发票").starts_with("the first row must name"));
    }

    #[test]
    fn parts_scopes_and_joins_them_again() {
        let owned = |ids: &[&str]| ids.iter().map(ToString::to_string).collect::<Vec<_>>();
        for (text, expected) in [
            ("a|b", owned(&["a", "b"])),
            ("a，b、c;d", owned(&["a", "b", "c", "d"])),
            ("a\r\nb", owned(&["a", "b"])),
            ("a,b|", owned(&["a,b"])),
            (" ", owned(&[])),
        ] {
            assert_eq!(split_scope(text), expected, "{text}");
            assert_eq!(split_scope(&join_scope(&expected)), expected, "{text}");
        }
    }

    #[test]
    fn refuses_a_cell_that_is_too_long_and_skips_a_blank_row() {
        let mut row = RowBuilder::default();
        row.set(Column::Title, " ");
        assert_eq!(row.finish(), None);
        let mut row = RowBuilder::default();
        row.set(Column::AnswerBrief, &"长".repeat(MOST_CELL_CHARACTERS + 1));
        let fault = RowFault::CellTooLong {
            found: MOST_CELL_CHARACTERS + 1,
        };
        assert_eq!(
            row.finish(),
            Some(Err(vec![ColumnError::of_column("answer_brief", fault)]))
        );
    }

    #[test]
    fn names_places_by_letters() {
        for (place, expected) in [(0, "A"), (25, "Z"), (26, "AA"), (701, "ZZ"), (702, "AAA")] {
            assert_eq!(letters(place), expected);
        }
    }
}
