//! What can be wrong with a file, or with one of its rows, in plain words.

use std::fmt;
use std::io;

use crate::domain::fault::Locale;

use super::{MOST_CELL_CHARACTERS, MOST_FILE_BYTES, MOST_ROWS};

/// Where text stops being text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BadByte {
    /// The byte's offset in the file, from 0.
    pub offset: u64,
    /// The line it stands in, from 1.
    pub line: u64,
}

/// Why no row of the file counts.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// Neither name nor content type tells the format.
    #[error(
        "\"{name}\" is of no known format, expected a file that ends in .csv, .xlsx, .jsonl or .md"
    )]
    UnknownFormat {
        /// The file's name or the format asked for.
        name: String,
    },
    /// There is nothing in it.
    #[error("the file is empty")]
    Empty,
    /// More bytes than allowed.
    #[error(
        "the file is larger than {} MB, split it into several files",
        MOST_FILE_BYTES >> 20
    )]
    TooLarge,
    /// More rows than allowed.
    #[error("the file has more than {MOST_ROWS} rows, split it into several files")]
    TooManyRows,
    /// One row is so large that it cannot be a row.
    #[error("the row that starts at row {row} does not end, a quotation mark may be left open")]
    RowTooLarge {
        /// Its number.
        row: u64,
    },
    /// It is text in no encoding that is read.
    #[error(
        "the file is neither UTF-8 (byte {} in line {}) nor GBK (byte {} in line {}), save it as UTF-8",
        utf_8.offset, utf_8.line, gbk.offset, gbk.line
    )]
    Encoding {
        /// Where it stops being UTF-8.
        utf_8: BadByte,
        /// Where it stops being GBK.
        gbk: BadByte,
    },
    /// It is plainly UTF-8 (or UTF-16), but damaged.
    #[error(
        "the file is damaged: byte {} in line {} is not {encoding}",
        at.offset, at.line
    )]
    DamagedText {
        /// The encoding that it otherwise has.
        encoding: &'static str,
        /// Where it is damaged.
        at: BadByte,
    },
    /// A workbook under a text file's name.
    #[error("the file is a workbook, not a text file, its name should end in .xlsx")]
    WorkbookAsText,
    /// The first row names no known column.
    #[error("the first row must name the columns, such as id, title, domain")]
    NoHeader,
    /// The first row names a column that is not known.
    #[error("column \"{name}\" is not known, expected {}", super::columns::names())]
    UnknownColumn {
        /// The name found.
        name: String,
    },
    /// Two columns say the same.
    #[error("column \"{name}\" occurs twice")]
    RepeatedColumn {
        /// The column's name.
        name: &'static str,
    },
    /// A column is missing that every item needs.
    #[error("column \"{name}\" is missing")]
    MissingColumn {
        /// The column's name.
        name: &'static str,
    },
    /// One JSON array where a JSON object a line is expected.
    #[error("the file is one JSON array, expected one JSON object a line")]
    JsonArray,
    /// A Markdown file without `## ` headings.
    #[error("the file has no headings, each question stands in a line that begins with \"## \"")]
    NoHeadings,
    /// The workbook is cut off or damaged.
    #[error("the workbook is cut off or damaged, open it in Excel and save it again ({detail})")]
    DamagedWorkbook {
        /// What the reader found.
        detail: String,
    },
    /// A workbook with a password, or of the format before 2007.
    #[error(
        "the workbook has a password or is of the old .xls format, save it as .xlsx without one"
    )]
    OldOrProtectedWorkbook,
    /// The workbook unpacks to far more than it is.
    #[error("the workbook unpacks to more than is allowed ({detail}), it is not read")]
    ZipBomb {
        /// The limit that it goes over.
        detail: &'static str,
    },
    /// A cell has more text than a workbook's cell holds.
    #[error(
        "{column} of item \"{id}\" is longer than a workbook's cell may be, export to another format"
    )]
    CellTooLongForWorkbook {
        /// The item's id.
        id: String,
        /// The column's name.
        column: &'static str,
    },
    /// A workbook could not be written.
    #[error("the workbook cannot be written: {0}")]
    WriteWorkbook(#[source] rust_xlsxwriter::XlsxError),
    /// The file could not be read or written.
    #[error("the file cannot be read or written: {0}")]
    Io(#[from] io::Error),
}

impl FileError {
    /// The error in `locale`'s language, without a full stop.
    pub fn message(&self, locale: Locale) -> String {
        match locale {
            Locale::English => self.to_string(),
            Locale::Chinese => self.chinese(),
        }
    }

    fn chinese(&self) -> String {
        match self {
            Self::UnknownFormat { name } => {
                format!("不认识“{name}”的格式，文件名应以 .csv、.xlsx、.jsonl 或 .md 结尾")
            }
            Self::Empty => "文件是空的".to_owned(),
            Self::TooLarge => format!("文件超过 {} MB，请拆成几个文件", MOST_FILE_BYTES >> 20),
            Self::TooManyRows => format!("文件超过 {MOST_ROWS} 行，请拆成几个文件"),
            Self::RowTooLarge { row } => {
                format!("从第 {row} 行开始的一行没有结束，可能少了一个引号")
            }
            Self::Encoding { utf_8, gbk } => format!(
                "文件既不是 UTF-8（第 {} 行，第 {} 字节）也不是 GBK（第 {} 行，第 {} 字节），请另存为 UTF-8",
                utf_8.line, utf_8.offset, gbk.line, gbk.offset
            ),
            Self::DamagedText { encoding, at } => format!(
                "文件损坏：第 {} 行（第 {} 字节）不是有效的 {encoding}",
                at.line, at.offset
            ),
            Self::WorkbookAsText => {
                "这是 Excel 工作簿，不是文本文件，文件名应以 .xlsx 结尾".to_owned()
            }
            Self::NoHeader => "第一行必须是列名，例如：编号、标准问题、领域".to_owned(),
            Self::UnknownColumn { name } => {
                format!("不认识的列“{name}”，可以用：{}", super::columns::labels())
            }
            Self::RepeatedColumn { name } => format!("列“{}”出现了两次", chinese_label(name)),
            Self::MissingColumn { name } => format!("缺少列“{}”（{name}）", chinese_label(name)),
            Self::JsonArray => {
                "文件是一个 JSON 数组，应当每行一个 JSON 对象（JSON Lines）".to_owned()
            }
            Self::NoHeadings => "文件里没有标题，每个问题要单独一行，以“## ”开头".to_owned(),
            Self::DamagedWorkbook { detail } => {
                format!("工作簿不完整或已损坏，请用 Excel 打开后重新保存（{detail}）")
            }
            Self::OldOrProtectedWorkbook => {
                "工作簿有密码，或是旧的 .xls 格式，请另存为没有密码的 .xlsx".to_owned()
            }
            Self::ZipBomb { .. } => "工作簿解压后超过允许的大小，不予读取".to_owned(),
            Self::CellTooLongForWorkbook { id, column } => format!(
                "“{id}”的{}太长，Excel 单元格放不下，请导出为其他格式",
                chinese_label(column)
            ),
            Self::WriteWorkbook(error) => format!("工作簿写不出来：{error}"),
            Self::Io(error) => format!("文件读写失败：{error}"),
        }
    }
}

fn chinese_label(name: &'static str) -> &'static str {
    super::columns::Column::from_name(name).map_or(name, super::columns::Column::label)
}

/// One thing wrong with one row, found before its values are looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ColumnError {
    /// The column's name; `None` when it is about the row as a whole.
    pub column: Option<String>,
    /// What is wrong.
    pub fault: RowFault,
}

impl ColumnError {
    /// `fault` of the row as a whole.
    pub fn of_row(fault: RowFault) -> Self {
        Self {
            column: None,
            fault,
        }
    }

    /// `fault` in `column`.
    pub fn of_column(column: impl Into<String>, fault: RowFault) -> Self {
        Self {
            column: Some(column.into()),
            fault,
        }
    }
}

/// What is wrong with a row's form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RowFault {
    /// More or fewer cells than the header.
    CellCount {
        /// The header's cells.
        expected: usize,
        /// The row's cells.
        found: usize,
    },
    /// A cell has more text than any column allows.
    CellTooLong {
        /// Its characters.
        found: usize,
    },
    /// There is text in a column that the header does not name.
    UnnamedColumn,
    /// A workbook's cell holds an error such as `#N/A`.
    CellError {
        /// The error as Excel shows it.
        value: String,
    },
    /// The line is no such JSON object.
    Json {
        /// What the parser found.
        detail: String,
    },
    /// The line is longer than any item can be.
    LineTooLong,
    /// There are bytes in it that are no text.
    Damaged,
    /// A quotation mark is opened and not closed.
    OpenQuote,
    /// A field of a Markdown item that is not known.
    UnknownField,
    /// A section of a Markdown item that is not known.
    UnknownSection {
        /// Its heading.
        heading: String,
    },
    /// A field or section of a Markdown item that came before.
    GivenTwice,
}

impl RowFault {
    /// The fault in `locale`'s language, without a full stop.
    pub fn message(&self, locale: Locale) -> String {
        match locale {
            Locale::English => self.to_string(),
            Locale::Chinese => self.chinese(),
        }
    }

    fn chinese(&self) -> String {
        match self {
            Self::CellCount { expected, found } => {
                format!("这一行有 {found} 格，列名有 {expected} 个")
            }
            Self::CellTooLong { found } => {
                format!("单元格最多 {MOST_CELL_CHARACTERS} 个字，现在有 {found} 个")
            }
            Self::UnnamedColumn => "这一列有内容，但第一行没有列名".to_owned(),
            Self::CellError { value } => format!("单元格是 Excel 错误值 {value}"),
            Self::Json { detail } => format!("这一行不是正确的 JSON 对象：{detail}"),
            Self::LineTooLong => "这一行太长".to_owned(),
            Self::Damaged => "这一行有损坏的字节，读不成文字".to_owned(),
            Self::OpenQuote => "引号没有成对".to_owned(),
            Self::UnknownField => format!("没有这个字段，可以用：{}", super::columns::labels()),
            Self::UnknownSection { heading } => format!(
                "没有“{heading}”这个小节，可以用：{}",
                super::markdown_text::section_headings().join("、")
            ),
            Self::GivenTwice => "写了两次".to_owned(),
        }
    }
}

impl fmt::Display for RowFault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CellCount { expected, found } => {
                write!(
                    formatter,
                    "the row has {found} cells, the header has {expected}"
                )
            }
            Self::CellTooLong { found } => write!(
                formatter,
                "has {found} characters, a cell may have {MOST_CELL_CHARACTERS}"
            ),
            Self::UnnamedColumn => write!(formatter, "has text, but the header does not name it"),
            Self::CellError { value } => write!(formatter, "holds the error value {value}"),
            Self::Json { detail } => write!(formatter, "not such a JSON object: {detail}"),
            Self::LineTooLong => write!(formatter, "the line is too long"),
            Self::Damaged => write!(formatter, "the line has damaged bytes that are no text"),
            Self::OpenQuote => write!(formatter, "a quotation mark is left open"),
            Self::UnknownField => write!(
                formatter,
                "there is no such field, expected {}",
                super::columns::names()
            ),
            Self::UnknownSection { heading } => {
                let known = super::markdown_text::section_headings().join(", ");
                write!(
                    formatter,
                    "there is no section \"{heading}\", expected {known}"
                )
            }
            Self::GivenTwice => write!(formatter, "is given twice"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn speaks_both_languages() {
        let error = FileError::UnknownColumn {
            name: "titel".to_owned(),
        };
        assert!(error.message(Locale::English).contains("\"titel\""));
        assert!(error.message(Locale::English).contains("answer_brief"));
        assert!(error.message(Locale::Chinese).contains("标准问题"));
        let missing = FileError::MissingColumn { name: "title" };
        assert_eq!(
            missing.message(Locale::Chinese),
            "缺少列“标准问题”（title）"
        );
        let section = RowFault::UnknownSection {
            heading: "答".to_owned(),
        };
        assert_eq!(
            section.message(Locale::Chinese),
            "没有“答”这个小节，可以用：其他问法 / Other wordings、简短回答 / Brief answer、详细回答 / Consultative answer"
        );
    }
}
