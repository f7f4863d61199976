//! What two versions of an item say differently, as pages show it: line by
//! line, and of a long text first the part that differs.

use super::knowledge_view::{Names, field_name, told};
use super::language::Language;
use crate::knowledge::diff::{FieldChange, LineOp};

/// A text longer than this is shown by the part that differs.
const MOST_CHARACTERS: usize = 160;

/// So much of what both say is shown before the part that differs.
const LEAD_CHARACTERS: usize = 20;

/// What a line weighs on a page besides its text, in bytes.
const LINE_BYTES: usize = 120;

/// What differs in a field.
pub struct ChangeView {
    /// The field's name.
    pub name: String,
    /// The part that differs; empty where all lines are shown.
    pub excerpt: Vec<LineView>,
    /// All lines; empty where there is no room for them.
    pub lines: Vec<LineView>,
}

/// A line of a field.
pub struct LineView {
    op: LineOp,
    /// What it says.
    pub text: String,
}

impl LineView {
    /// Whether it is only in the later version.
    pub fn is_put_in(&self) -> bool {
        self.op == LineOp::Insert
    }

    /// Whether it was only in the earlier version.
    pub fn is_taken_out(&self) -> bool {
        self.op == LineOp::Delete
    }
}

/// Changes with all their lines.
pub fn shown(changes: Vec<FieldChange>, names: &Names, language: Language) -> Vec<ChangeView> {
    let change = |change: FieldChange| {
        let lines = match change.lines {
            Some(lines) => lines
                .into_iter()
                .map(|line| LineView {
                    op: line.op,
                    text: line.text,
                })
                .collect(),
            None => {
                let told = |value| told(change.field, value, names, language);
                whole(told(change.before), told(change.after))
            }
        };
        ChangeView {
            name: field_name(change.field, language),
            excerpt: Vec::new(),
            lines,
        }
    };
    changes.into_iter().map(change).collect()
}

/// Changes with long texts shortened, and all their lines only while there is
/// room for so many bytes on the page; what they take is taken off it.
pub fn shortened(changes: Vec<ChangeView>, room: &mut usize) -> Vec<ChangeView> {
    let change = |change: ChangeView| {
        let excerpt = excerpt(&change.lines);
        *room = room.saturating_sub(bytes(&excerpt));
        let needed = bytes(&change.lines);
        let lines = if excerpt.is_empty() || needed <= *room {
            *room = room.saturating_sub(needed);
            change.lines
        } else {
            Vec::new()
        };
        ChangeView {
            excerpt,
            lines,
            ..change
        }
    };
    changes.into_iter().map(change).collect()
}

fn bytes(lines: &[LineView]) -> usize {
    lines.iter().map(|line| line.text.len() + LINE_BYTES).sum()
}

/// The old and the new text around the first place where they differ; nothing
/// where both are short.
fn excerpt(lines: &[LineView]) -> Vec<LineView> {
    let text = |left_out: LineOp| {
        let lines = lines.iter().filter(|line| line.op != left_out);
        let lines: Vec<&str> = lines.map(|line| line.text.as_str()).collect();
        lines.join("\n")
    };
    let (before, after) = (text(LineOp::Insert), text(LineOp::Delete));
    if [&before, &after]
        .iter()
        .all(|text| text.chars().count() <= MOST_CHARACTERS)
    {
        return Vec::new();
    }
    let both = before.chars().zip(after.chars());
    let start = both.take_while(|(old, new)| old == new).count();
    let start = start.saturating_sub(LEAD_CHARACTERS);
    [(LineOp::Delete, before), (LineOp::Insert, after)]
        .into_iter()
        .filter(|(_, text)| !text.is_empty())
        .map(|(op, text)| LineView {
            op,
            text: part(&text, start),
        })
        .collect()
}

/// A text from a place on, with a sign of what is left out.
fn part(text: &str, start: usize) -> String {
    let end = start + MOST_CHARACTERS;
    let shown = text.chars().skip(start).take(MOST_CHARACTERS);
    let before = if start > 0 { "…" } else { "" };
    let after = if text.chars().count() > end {
        "…"
    } else {
        ""
    };
    format!("{before}{}{after}", shown.collect::<String>())
}

/// A value that is one thing or a list of names: what is gone, then what has come.
fn whole(before: Vec<String>, after: Vec<String>) -> Vec<LineView> {
    let line = |op, text: &String| LineView {
        op,
        text: text.clone(),
    };
    let gone = before.iter().map(|text| {
        let stays = after.contains(text);
        line(if stays { LineOp::Equal } else { LineOp::Delete }, text)
    });
    let come = after.iter().filter(|text| !before.contains(text));
    gone.chain(come.map(|text| line(LineOp::Insert, text)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(lines: &[LineView]) -> Vec<String> {
        let told = lines
            .iter()
            .map(|line| format!("{:?} {}", line.op, line.text));
        told.collect()
    }

    fn replaced(before: &str, after: &str) -> ChangeView {
        let line = |op, text: &str| LineView {
            op,
            text: text.to_owned(),
        };
        ChangeView {
            name: "title".to_owned(),
            excerpt: Vec::new(),
            lines: vec![line(LineOp::Delete, before), line(LineOp::Insert, after)],
        }
    }

    #[test]
    fn what_is_gone_comes_before_what_has_come() {
        let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
        let lines = whole(texts(&["a", "b"]), texts(&["b", "c"]));
        assert_eq!(told(&lines), ["Delete a", "Equal b", "Insert c"]);
    }

    #[test]
    fn a_long_text_is_shown_where_it_differs() {
        let mut room = 10_000;
        let long = "长".repeat(300);
        let changes = vec![
            replaced("短", "更短"),
            replaced(&format!("{long}旧的"), &format!("{long}新的")),
        ];
        let changes = shortened(changes, &mut room);
        assert!(changes[0].excerpt.is_empty());
        assert_eq!(told(&changes[0].lines), ["Delete 短", "Insert 更短"]);
        let lead = "长".repeat(LEAD_CHARACTERS);
        assert_eq!(
            told(&changes[1].excerpt),
            [format!("Delete …{lead}旧的"), format!("Insert …{lead}新的")]
        );
        assert_eq!(changes[1].lines.len(), 2);
    }

    #[test]
    fn a_full_page_shows_no_whole_texts() {
        let mut room = 100;
        let (old, new) = ("旧".repeat(300), "新".repeat(300));
        let changes = shortened(vec![replaced(&old, &new)], &mut room);
        assert_eq!(room, 0);
        assert!(changes[0].lines.is_empty());
        let cut = "旧".repeat(MOST_CHARACTERS);
        assert_eq!(told(&changes[0].excerpt)[0], format!("Delete {cut}…"));
    }
}
