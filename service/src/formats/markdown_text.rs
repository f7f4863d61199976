//! Markdown out, and the pieces of its grammar that reading and writing share.

use std::fs::File;
use std::io::{BufWriter, Write};

use crate::domain::knowledge::RawKnowledge;

use super::columns::Column;
use super::fault::FileError;

const FIELDS: [Column; 10] = [
    Column::Id,
    Column::Status,
    Column::Domain,
    Column::Intent,
    Column::Products,
    Column::Channels,
    Column::ValidFrom,
    Column::ValidUntil,
    Column::Source,
    Column::Tags,
];

const SECTIONS: [(Column, &str); 3] = [
    (Column::Phrasings, "其他问法 / Other wordings"),
    (Column::AnswerBrief, "简短回答 / Brief answer"),
    (Column::AnswerConsultative, "详细回答 / Consultative answer"),
];

/// The headings of an item's sections, as an export writes them.
pub fn section_headings() -> [&'static str; 3] {
    SECTIONS.map(|(_, heading)| heading)
}

/// Level (1 to 3) and text of a heading.
pub fn heading(line: &str) -> Option<(usize, &str)> {
    let text = line.trim_start_matches('#');
    let level = line.len() - text.len();
    let is_heading = (1..=3).contains(&level) && (text.is_empty() || text.starts_with([' ', '\t']));
    is_heading.then(|| (level, text.trim()))
}

/// The field whose text stands under a third-level heading, in either language or both.
pub fn section(heading: &str) -> Option<Column> {
    heading
        .split('/')
        .find_map(Column::from_name)
        .filter(|column| SECTIONS.iter().any(|(section, _)| section == column))
}

/// The text of a list's line.
pub fn bullet(line: &str) -> Option<&str> {
    let line = line.trim();
    line.strip_prefix("- ").or_else(|| line.strip_prefix("* "))
}

/// A line of an answer as it stands for itself.
pub fn unescape(line: &str) -> &str {
    line.strip_prefix('\\').unwrap_or(line)
}

/// Writes Markdown.
pub struct MarkdownWriter {
    file: BufWriter<File>,
}

impl MarkdownWriter {
    /// Begins to write `file`.
    pub fn new(file: File) -> Self {
        Self {
            file: BufWriter::new(file),
        }
    }

    /// Writes an item.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn push(&mut self, raw: &RawKnowledge) -> Result<(), FileError> {
        writeln!(self.file, "## {}\n", raw.title)?;
        for column in FIELDS {
            let text = column.text(raw);
            if !text.is_empty() {
                writeln!(self.file, "- {}: {text}", column.name())?;
            }
        }
        writeln!(self.file)?;
        for (column, heading) in SECTIONS {
            let text = column.text(raw);
            if text.is_empty() {
                continue;
            }
            writeln!(self.file, "### {heading}\n")?;
            // Not `lines()`: it takes more for a line's end than reading does.
            for line in text.split('\n') {
                let prefix = match column {
                    Column::Phrasings => "- ",
                    _ if line.starts_with(['#', '\\']) => "\\",
                    _ => "",
                };
                writeln!(self.file, "{prefix}{line}")?;
            }
            writeln!(self.file)?;
        }
        Ok(())
    }

    /// Writes what is left.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn finish(mut self) -> Result<(), FileError> {
        Ok(self.file.flush()?)
    }
}

#[cfg(test)]
mod tests {
    use super::super::Format;
    use super::super::samples::write;
    use super::*;

    #[test]
    fn writes_the_documented_form() {
        let raw = RawKnowledge {
            id: Some("s-1".to_owned()),
            domain: "process".to_owned(),
            title: "发票".to_owned(),
            phrasings: vec!["开票吗".to_owned()],
            answer_brief: Some("一\n# 二\n\\三".to_owned()),
            tags: vec!["a".to_owned(), "b".to_owned()],
            ..RawKnowledge::default()
        };
        let directory = tempfile::tempdir().expect("made");
        let path = directory.path().join("file.md");
        write(Format::Markdown, &path, &[raw]);
        assert_eq!(
            std::fs::read_to_string(&path).expect("written"),
            "## 发票\n\n- id: s-1\n- domain: process\n- tags: a|b\n\n\
             ### 其他问法 / Other wordings\n\n- 开票吗\n\n\
             ### 简短回答 / Brief answer\n\n一\n\\# 二\n\\\\三\n\n"
        );
    }

    #[test]
    fn knows_headings_and_sections() {
        assert_eq!(heading("## a # "), Some((2, "a #")));
        assert_eq!(heading("##"), Some((2, "")));
        for line in ["##a", "#### a", " # a", "\\# a", "a"] {
            assert_eq!(heading(line), None, "{line}");
        }
        for (column, heading) in SECTIONS {
            assert_eq!(section(heading), Some(column));
            assert_eq!(section(column.name()), Some(column));
        }
        assert_eq!(section("来源"), None);
    }
}
