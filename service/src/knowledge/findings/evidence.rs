//! Findings made of what was found: the items, the values as written, ids that last.

use sha2::{Digest, Sha256};

use crate::domain::ids::KnowledgeId;
use crate::domain::knowledge::{KnowledgeContent, KnowledgeItem};
use crate::domain::suggestion::AnswerForm;

use super::contradictions::Clash;
use super::duplicates::Wording;
use super::reading::{Reading, Statement};
use super::{Confidence, Detail, Finding, Shared, Side, Wanted, expiry, words};

/// A contradiction of two items, or of one item's two answers.
pub(super) fn contradiction(
    clash: &Clash,
    (first, second): (Side, Side),
    shared: Option<Shared>,
    confidence: Confidence,
) -> Finding {
    let attribute = words::attribute(&clash.attribute);
    let (first, second) = in_order(first, second);
    let about = if clash.is_further {
        let values = [&first.value, &second.value].map(|value| value.as_deref().unwrap_or(""));
        format!("{attribute}|{}|{}", values[0], values[1])
    } else {
        attribute.clone()
    };
    Finding {
        id: finding_id("contradiction", (&first.id, &second.id), &about),
        detail: Detail::Contradiction {
            attribute,
            subject: words::subject(&clash.attribute),
            is_verdict: clash.attribute.measure.is_none(),
        },
        confidence,
        first,
        second: Some(second),
        shared,
    }
}

/// The item as a finding, if its window ends in time to be told.
pub(super) fn expiring(item: &KnowledgeItem, wanted: &Wanted) -> Option<Finding> {
    let until = item.content.window.until?;
    let days_left = expiry::days_left(until, wanted.at, &wanted.zone);
    (days_left <= i64::from(wanted.within_days)).then(|| Finding {
        id: finding_id("expiring", (&item.id, &item.id), &until.to_string()),
        detail: Detail::Expiring {
            until,
            days_left,
            has_ended: until <= wanted.at,
        },
        confidence: Confidence::High,
        first: Side::of(item),
        second: None,
        shared: None,
    })
}

impl Side {
    fn of(item: &KnowledgeItem) -> Self {
        Self {
            id: item.id.clone(),
            version: item.version,
            title: item.content.title.clone(),
            form: None,
            value: None,
            excerpt: None,
        }
    }
}

/// One side of a clash, with the value and its sentence as they are written.
pub(super) fn side_of_clash(
    item: &KnowledgeItem,
    reading: &Reading,
    (place, figure): (usize, Option<usize>),
) -> Option<Side> {
    let statement = reading.statements.get(place)?;
    let written = &statement.clause.written;
    let value = match figure {
        Some(figure) => {
            let figure = statement.figures.get(figure)?;
            let length = figure.end.checked_sub(figure.start)?;
            written.chars().skip(figure.start).take(length).collect()
        }
        None => written.clone(),
    };
    Some(Side {
        form: Some(statement.form),
        value: Some(value),
        excerpt: Some(excerpt(&item.content, statement)),
        ..Side::of(item)
    })
}

const MOST_EXCERPT_CHARACTERS: usize = 80;

/// The statement's sentence, or the clause alone where the sentence is long.
fn excerpt(content: &KnowledgeContent, statement: &Statement) -> String {
    let answer = match statement.form {
        AnswerForm::Brief => content.answer_brief.as_deref(),
        AnswerForm::Consultative => content.answer_consultative.as_deref(),
    };
    let clause = &statement.clause.written;
    let sentence = answer.and_then(|answer| {
        let at = answer.find(clause.as_str())?;
        let ends = |character: char| "。！？!?；;\n".contains(character);
        let start = answer[..at].rfind(ends).map_or(0, |end| {
            end + answer[end..].chars().next().map_or(1, char::len_utf8)
        });
        let after = at + clause.len();
        let end = answer[after..]
            .find(ends)
            .map_or(answer.len(), |end| after + end);
        Some(answer[start..end].trim())
    });
    match sentence {
        Some(sentence) if sentence.chars().count() <= MOST_EXCERPT_CHARACTERS => {
            sentence.to_owned()
        }
        _ => clause.clone(),
    }
}

/// 16 hexadecimal digits of SHA-256 over the kind, the two ids and the attribute.
fn finding_id(
    kind: &str,
    (first, second): (&KnowledgeId, &KnowledgeId),
    attribute: &str,
) -> String {
    use std::fmt::Write;
    // No id has a bar in it.
    let text = format!("{kind}|{first}|{second}|{attribute}");
    let digest = Sha256::digest(text.as_bytes());
    digest[..8].iter().fold(String::from("f-"), |mut id, byte| {
        // Writing to a string does not fail.
        let _ = write!(id, "{byte:02x}");
        id
    })
}

/// Two items whose wordings are `similarity` alike.
pub(super) fn duplicate(
    (first, second): ((&KnowledgeItem, &Wording), (&KnowledgeItem, &Wording)),
    similarity: f64,
    shared: Shared,
) -> Finding {
    let side = |(item, wording): (&KnowledgeItem, &Wording)| Side {
        value: Some(wording.written.clone()),
        ..Side::of(item)
    };
    let (first, second) = in_order(side(first), side(second));
    let confidence = if similarity >= 1.0 {
        Confidence::High
    } else {
        Confidence::Likely
    };
    Finding {
        id: finding_id("duplicate", (&first.id, &second.id), ""),
        detail: Detail::Duplicate { similarity },
        confidence,
        first,
        second: Some(second),
        shared: Some(shared),
    }
}

/// The side with the lower id first, so that a finding's id does not depend on
/// which item was read first.
fn in_order(first: Side, second: Side) -> (Side, Side) {
    if second.id < first.id {
        (second, first)
    } else {
        (first, second)
    }
}
