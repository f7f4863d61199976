//! Descriptions in paragraphs, lists and `code`: the little of Markdown that they use.
//!
//! The parts are plain text, which the templates escape.

/// A description.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Prose {
    /// Its blocks, in order.
    pub blocks: Vec<Block>,
}

/// A block of a description.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Block {
    /// A paragraph.
    Paragraph(Vec<Span>),
    /// A list, by item.
    List(Vec<Vec<Span>>),
}

/// A stretch of text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Span {
    /// The text.
    pub text: String,
    /// Whether it is code.
    pub is_code: bool,
}

impl Prose {
    /// Reads a description.
    pub fn read(text: &str) -> Self {
        let mut blocks: Vec<Block> = Vec::new();
        let mut lines: Vec<&str> = Vec::new();
        for line in text.lines().map(str::trim).chain([""]) {
            let item = line.strip_prefix("- ").or_else(|| line.strip_prefix("* "));
            if !line.is_empty() && item.is_none() {
                lines.push(line);
                continue;
            }
            close(&mut blocks, &mut lines);
            if let Some(item) = item {
                match blocks.last_mut() {
                    Some(Block::List(items)) => items.push(spans(item)),
                    _ => blocks.push(Block::List(vec![spans(item)])),
                }
            }
        }
        Self { blocks }
    }
}

fn close(blocks: &mut Vec<Block>, lines: &mut Vec<&str>) {
    if !lines.is_empty() {
        blocks.push(Block::Paragraph(spans(&lines.join(" "))));
        lines.clear();
    }
}

/// Parts code from the rest. A backtick without its pair is a backtick.
fn spans(text: &str) -> Vec<Span> {
    let mut spans = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('`')
        && let Some((code, left)) = after.split_once('`')
    {
        push(&mut spans, before, false);
        push(&mut spans, code, true);
        rest = left;
    }
    push(&mut spans, rest, false);
    spans
}

fn push(spans: &mut Vec<Span>, text: &str, is_code: bool) {
    if !text.is_empty() {
        spans.push(Span {
            text: text.to_owned(),
            is_code,
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(text: &str, is_code: bool) -> Span {
        Span {
            text: text.to_owned(),
            is_code,
        }
    }

    #[test]
    fn reads_paragraphs_lists_and_code() {
        let prose = Prose::read("One `two`\nthree.\n\n- a\n- b `c`\n\nlone ` tick");
        assert_eq!(
            prose.blocks,
            vec![
                Block::Paragraph(vec![
                    span("One ", false),
                    span("two", true),
                    span(" three.", false)
                ]),
                Block::List(vec![
                    vec![span("a", false)],
                    vec![span("b ", false), span("c", true)]
                ]),
                Block::Paragraph(vec![span("lone ` tick", false)]),
            ]
        );
        assert_eq!(Prose::read(" \n "), Prose::default());
    }
}
