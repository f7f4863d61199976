//! Markdown in: one item a `## ` heading.
//!
//! Fields stand in a list under the heading (`- id: s-1`), then sections
//! (`### 简短回答`). A plain list of questions is read as well: the text under
//! a heading is its brief answer, and an enclosing `# 流程` is its domain.
//! A line that begins with `#` is a heading wherever it stands; `\#` is not.

use std::path::Path;

use crate::domain::taxonomy::KnowledgeDomain;

use super::columns::{Column, RowBuilder};
use super::fault::{ColumnError, FileError, RowFault};
use super::lines::Lines;
use super::markdown_text::{bullet, heading, section, unescape};
use super::{Place, Row, Rows, encoding, share};

const MOST_LINE_BYTES: usize = 1 << 20;
/// A section is kept to this size; the check of the cell then refuses it.
const MOST_SECTION_BYTES: usize = 1 << 20;

/// Reads the items of a Markdown file.
///
/// # Errors
/// When the file as a whole is not such a file.
pub fn read(path: &Path, rows: &mut Rows<'_>) -> Result<(), FileError> {
    let size = std::fs::metadata(path)?.len();
    let mut lines = Lines::new(encoding::open(path)?, MOST_LINE_BYTES);
    let mut enclosing_domain = None;
    let mut item: Option<Item> = None;
    let mut has_text = false;
    let mut has_items = false;
    loop {
        let share_read = share(lines.bytes_read(), size);
        let line = lines.next_line()?;
        let found = line.as_ref().and_then(|line| line.text).map(heading);
        if (line.is_none() || matches!(found, Some(Some((1 | 2, _)))))
            && let Some(row) = item.take().and_then(|item| item.finish(share_read))
            && rows.push(row)?.is_break()
        {
            return Ok(());
        }
        let Some(line) = line else {
            break;
        };
        has_text |= line.text.is_none_or(|text| !text.trim().is_empty());
        match (found.flatten(), line.text, &mut item) {
            (Some((1, text)), ..) => enclosing_domain = domain_of(text),
            (Some((2, text)), ..) => {
                has_items = true;
                item = Some(Item::new(line.number, text, enclosing_domain));
            }
            (Some((_, text)), _, Some(item)) => item.begin_section(text),
            (None, Some(text), Some(item)) => item.take_line(text),
            (None, None, Some(item)) => {
                item.row.fail(ColumnError::of_row(RowFault::LineTooLong));
            }
            // What stands before the first item is for its readers.
            (_, _, None) => {}
        }
    }
    match (has_items, has_text) {
        (true, _) => Ok(()),
        (false, true) => Err(FileError::NoHeadings),
        (false, false) => Err(FileError::Empty),
    }
}

/// The domain that a first-level heading names, in either language or both.
fn domain_of(text: &str) -> Option<KnowledgeDomain> {
    text.split('/')
        .find_map(|name| KnowledgeDomain::parse(name).ok())
}

/// What the next line of text belongs to.
#[derive(Clone, Copy, PartialEq)]
enum Part {
    /// The list of fields, of which none has come.
    BeforeFields,
    /// The list of fields.
    Fields,
    /// After the list of fields, before any text.
    AfterFields,
    /// The text of a field.
    Section(Column),
    /// A section that is not known.
    Unknown,
}

struct Item {
    line: u64,
    row: RowBuilder,
    enclosing_domain: Option<KnowledgeDomain>,
    given: Vec<Column>,
    part: Part,
    text: String,
}

impl Item {
    fn new(line: u64, title: &str, enclosing_domain: Option<KnowledgeDomain>) -> Self {
        let mut item = Self {
            line,
            row: RowBuilder::default(),
            enclosing_domain,
            given: Vec::new(),
            part: Part::BeforeFields,
            text: String::new(),
        };
        item.give(Column::Title, title);
        item
    }

    fn give(&mut self, column: Column, text: &str) {
        if self.given.contains(&column) {
            let error = ColumnError::of_column(column.name(), RowFault::GivenTwice);
            self.row.fail(error);
        } else {
            self.given.push(column);
            self.row.set(column, text);
        }
    }

    fn begin_section(&mut self, heading: &str) {
        self.end_section();
        self.part = match section(heading) {
            Some(column) => Part::Section(column),
            None => {
                let heading = heading.chars().take(60).collect();
                let fault = RowFault::UnknownSection { heading };
                self.row.fail(ColumnError::of_row(fault));
                Part::Unknown
            }
        };
    }

    fn end_section(&mut self) {
        if let Part::Section(column) = self.part {
            let text = std::mem::take(&mut self.text);
            self.give(column, text.trim());
        }
    }

    fn take_line(&mut self, line: &str) {
        match self.part {
            Part::BeforeFields | Part::Fields | Part::AfterFields => self.take_field(line),
            Part::Section(_) if self.text.len() > MOST_SECTION_BYTES => {}
            Part::Section(Column::Phrasings) => {
                self.text.push_str(bullet(line).unwrap_or(line));
                self.text.push('\n');
            }
            Part::Section(_) => {
                self.text.push_str(unescape(line));
                self.text.push('\n');
            }
            Part::Unknown => {}
        }
    }

    fn take_field(&mut self, line: &str) {
        if line.trim().is_empty() {
            if self.part == Part::Fields {
                self.part = Part::AfterFields;
            }
            return;
        }
        let field = (self.part != Part::AfterFields)
            .then(|| bullet(line)?.split_once([':', '：']))
            .flatten()
            .map(|(key, value)| (key.trim_matches(['*', '`', ' ']), value));
        match field {
            Some((key, value)) if Column::from_name(key).is_some() => {
                self.part = Part::Fields;
                if let Some(column) = Column::from_name(key) {
                    self.give(column, value.trim());
                }
            }
            // In the middle of a list of fields it is a slip; a list that
            // begins with it is the answer of a plain question.
            Some((key, _)) if self.part == Part::Fields => {
                let key: String = key.chars().take(60).collect();
                self.row
                    .fail(ColumnError::of_column(key, RowFault::UnknownField));
            }
            _ => {
                self.part = Part::Section(Column::AnswerBrief);
                self.take_line(line);
            }
        }
    }

    fn finish(mut self, share_read: f32) -> Option<Row> {
        self.end_section();
        if let Some(domain) = self.enclosing_domain
            && !self.given.contains(&Column::Domain)
        {
            self.row.set(Column::Domain, domain.as_str());
        }
        Some(Row {
            place: Place::Line(self.line),
            share_read,
            raw: self.row.finish()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::Format;
    use super::super::samples::read_bytes;
    use super::*;

    #[test]
    fn reads_a_plain_list_of_questions() {
        let text = "# 常见问题\n说明\n\n# 流程\n\n## 发票什么时候开？\n签收后三天内。\n\n- 电子票\n- 注意: 纸质另付\n\
                    #双11# 也一样\n\n## 没有回答\n\n# Warehouse / 仓配\n## 何时发货\n\\# 今天\n\n# 其他\n## 无领域\n答\n";
        let rows = read_bytes(Format::Markdown, text.as_bytes()).expect("readable");
        let found: Vec<_> = rows
            .into_iter()
            .map(|row| {
                let raw = row.raw.expect("valid");
                (row.place.number(), raw.domain, raw.title, raw.answer_brief)
            })
            .collect();
        let row = |line, domain: &str, title: &str, answer: Option<&str>| {
            let answer = answer.map(str::to_owned);
            (line, domain.to_owned(), title.to_owned(), answer)
        };
        let answer = "签收后三天内。\n\n- 电子票\n- 注意: 纸质另付\n#双11# 也一样";
        assert_eq!(
            found,
            [
                row(6, "process", "发票什么时候开？", Some(answer)),
                row(13, "process", "没有回答", None),
                row(16, "warehouse", "何时发货", Some("# 今天")),
                row(20, "", "无领域", Some("答")),
            ]
        );
    }

    #[test]
    fn reads_fields_and_sections() {
        let text = "## 发票\r\n- **编号**：s-1\r\n- Domain: process\r\n- 标签: a | b\r\n\r\n一天。\r\n\
                    ### 其他问法\r\n* 开票吗\r\n\r\n- - 票\r\n### Consultative answer\r\n\r\n两天\r\n\r\n三天\r\n";
        let rows = read_bytes(Format::Markdown, text.as_bytes()).expect("readable");
        let raw = rows[0].raw.as_ref().expect("valid");
        assert_eq!(raw.id.as_deref(), Some("s-1"));
        assert_eq!(raw.tags, ["a", "b"]);
        assert_eq!(raw.answer_brief.as_deref(), Some("一天。"));
        assert_eq!(raw.phrasings, ["开票吗", "- 票"]);
        assert_eq!(raw.answer_consultative.as_deref(), Some("两天\n\n三天"));
    }

    #[test]
    fn names_what_is_wrong_with_an_item() {
        let text = "## a\n- id: 1\n- domian: process\n- id: 2\n### 附录\n文\n### 简短回答\n一\n### Brief answer\n二\n";
        let rows = read_bytes(Format::Markdown, text.as_bytes()).expect("readable");
        let heading = "附录".to_owned();
        assert_eq!(
            rows[0].raw,
            Err(vec![
                ColumnError::of_column("domian", RowFault::UnknownField),
                ColumnError::of_column("id", RowFault::GivenTwice),
                ColumnError::of_row(RowFault::UnknownSection { heading }),
                ColumnError::of_column("answer_brief", RowFault::GivenTwice),
            ])
        );
        let long = format!("## a\n{}\n", "长".repeat(100_000));
        let rows = read_bytes(Format::Markdown, long.as_bytes()).expect("readable");
        let fault = RowFault::CellTooLong { found: 100_000 };
        assert_eq!(
            rows[0].raw,
            Err(vec![ColumnError::of_column("answer_brief", fault)])
        );
    }

    #[test]
    fn refuses_files_as_a_whole() {
        let check = |text: &str| read_bytes(Format::Markdown, text.as_bytes()).map(|_| ());
        assert!(matches!(check("\n \n"), Err(FileError::Empty)));
        assert!(matches!(
            check("发票\n##发票\n"),
            Err(FileError::NoHeadings)
        ));
    }
}
