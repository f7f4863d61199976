//! What is wrong with a shop's knowledge: items that contradict or repeat each other, and items that run out.
//!
//! Pure functions over the items as they stand. 10,000 items are read once and
//! compared only where their questions share something rare.

mod calendar;
mod candidates;
mod contradictions;
mod duplicates;
mod expiry;
mod figures;
mod lexicon;
mod names;
mod numerals;
mod reading;
mod scope;
mod statements;
mod topic;
mod units;
mod words;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use sha2::{Digest, Sha256};

use crate::domain::ids::KnowledgeId;
use crate::domain::knowledge::{KnowledgeContent, KnowledgeItem, Status};

use contradictions::{Attribute, Clash, clashes, inner_clashes, question_likeness};
use duplicates::{Wording, repeated, wordings};
use reading::{Reading, Statement};
use statements::Folder;

pub use reading::Part;
pub use scope::Shared;

/// What is found of a shop's knowledge.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    /// The same for the same items and the same attribute, whatever their versions.
    pub id: String,
    /// What it is.
    pub kind: Kind,
    /// How sure it is.
    pub confidence: Confidence,
    /// The item, or the one with the lower id.
    pub first: Side,
    /// The other item, or the same item's other answer; none of one that runs out.
    pub second: Option<Side>,
    /// Where and when both hold; none of one item alone.
    pub shared: Option<Shared>,
}

/// What a finding is.
#[derive(Debug, Clone, PartialEq)]
pub enum Kind {
    /// Two answers that cannot both be right.
    Contradiction {
        /// What it is about: a stable name such as `dispatch.duration`.
        attribute: String,
        /// The subject in the shop's words, if the lexicon knows it.
        subject: Option<String>,
        /// Whether it is a yes against a no, rather than two figures.
        is_verdict: bool,
    },
    /// Two items that answer one question.
    Duplicate {
        /// The cosine of the two wordings' character pairs, 0 to 1.
        similarity: f64,
    },
    /// An approved item whose window ends soon or has ended.
    Expiring {
        /// When it ends.
        until: Timestamp,
        /// By the shop's calendar: 0 for today, less once it is past.
        days_left: i64,
        /// Whether it has ended.
        has_ended: bool,
    },
}

/// How sure a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Confidence {
    /// It is worth a look.
    Likely,
    /// It is so, as far as rules can tell.
    High,
}

/// An item of a finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Side {
    /// The item.
    pub id: KnowledgeId,
    /// Its version.
    pub version: u32,
    /// Its title.
    pub title: String,
    /// Which form of its answer says it, of a contradiction.
    pub part: Option<Part>,
    /// The value as it is written, of a contradiction; the wording, of a duplicate.
    pub value: Option<String>,
    /// The sentence that the value stands in.
    pub excerpt: Option<String>,
}

/// When knowledge is looked at.
pub struct Moment<'a> {
    /// The time; what has ended by then contradicts nothing.
    pub at: Timestamp,
    /// How many days ahead an end is near.
    pub within_days: u16,
    /// The shop's time zone.
    pub zone: &'a TimeZone,
}

/// The live items of a shop, read.
struct Live<'a> {
    items: Vec<&'a KnowledgeItem>,
    readings: Vec<Reading>,
    wordings: Vec<Vec<Wording>>,
}

/// All findings of `items`: contradictions, duplicates and what runs out,
/// those of a kind by confidence and then by id of the items. Only approved
/// items count.
pub fn findings(items: &[KnowledgeItem], moment: &Moment<'_>) -> Vec<Finding> {
    let approved = || {
        items
            .iter()
            .filter(|item| item.content.status == Status::Approved)
    };
    let is_live = |item: &&KnowledgeItem| {
        let until = item.content.window.until;
        until.is_none_or(|until| moment.at < until)
    };
    let live = Live::read(approved().filter(is_live).collect());
    let mut found = live.within_items();
    found.extend(live.between_items(moment.at));
    found.extend(approved().filter_map(|item| expiring(item, moment)));
    found.sort_by(|one, other| {
        (one.kind.rank().cmp(&other.kind.rank()))
            .then(other.confidence.cmp(&one.confidence))
            .then_with(|| one.first.id.cmp(&other.first.id))
            .then_with(|| one.id.cmp(&other.id))
    });
    found
}

impl Kind {
    /// The kind's name.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Contradiction { .. } => "contradiction",
            Self::Duplicate { .. } => "duplicate",
            Self::Expiring { .. } => "expiring",
        }
    }

    fn rank(&self) -> (u8, i64) {
        match self {
            Self::Contradiction { .. } => (0, 0),
            Self::Duplicate { .. } => (1, 0),
            Self::Expiring { days_left, .. } => (2, *days_left),
        }
    }
}

impl<'a> Live<'a> {
    fn read(items: Vec<&'a KnowledgeItem>) -> Self {
        let mut folder = Folder::default();
        let mut readings: Vec<Reading> = items
            .iter()
            .map(|item| Reading::new(item, &mut folder))
            .collect();
        let names = names::names(&items, &readings);
        for reading in &mut readings {
            reading.finish(&names);
        }
        let wordings = items
            .iter()
            .map(|item| wordings(item, &mut folder))
            .collect();
        Self {
            items,
            readings,
            wordings,
        }
    }

    /// Brief answers that contradict the consultative answer of their item.
    fn within_items(&self) -> Vec<Finding> {
        let mut found = Vec::new();
        for (item, reading) in self.items.iter().zip(&self.readings) {
            let content = &item.content;
            if content.answer_brief.is_none() || content.answer_consultative.is_none() {
                continue;
            }
            let (brief, consultative) = (
                reading.of(Part::Brief),
                reading.of(Part::Consultative),
            );
            for clash in inner_clashes(&brief, &consultative) {
                let first = side_of_clash(item, &brief, clash.first);
                let second = side_of_clash(item, &consultative, clash.second);
                if let (Some(first), Some(second)) = (first, second) {
                    let shared = None;
                    found.push(contradiction(&clash, (first, second), shared, Confidence::High));
                }
            }
        }
        found
    }

    fn between_items(&self, at: Timestamp) -> Vec<Finding> {
        let mut found = Vec::new();
        for (one, other) in candidates::candidates(&self.items, &self.readings, &self.wordings) {
            let (item, other_item) = (self.items[one], self.items[other]);
            let Some(shared) = Shared::of(&item.content, &other_item.content, at) else {
                continue;
            };
            let (reading, other_reading) = (&self.readings[one], &self.readings[other]);
            let questions = question_likeness(reading, other_reading);
            for clash in clashes(reading, other_reading, questions) {
                let sides = (
                    side_of_clash(item, reading, clash.first),
                    side_of_clash(other_item, other_reading, clash.second),
                );
                if let (Some(first), Some(second)) = sides {
                    let confidence = confidence(&clash, questions, &shared);
                    let shared = Some(shared.clone());
                    found.push(contradiction(&clash, (first, second), shared, confidence));
                }
            }
            if shared.is_alike {
                found.extend(self.duplicate((one, other), shared));
            }
        }
        found
    }

    fn duplicate(&self, (one, other): (usize, usize), shared: Shared) -> Option<Finding> {
        let (wordings, other_wordings) = (&self.wordings[one], &self.wordings[other]);
        let repeated = repeated(wordings, other_wordings)?;
        let side = |item: &KnowledgeItem, wording: &Wording| Side {
            value: Some(wording.written.clone()),
            ..Side::of(item)
        };
        let first = side(self.items[one], wordings.get(repeated.first)?);
        let second = side(self.items[other], other_wordings.get(repeated.second)?);
        let confidence = if repeated.similarity >= 1.0 {
            Confidence::High
        } else {
            Confidence::Likely
        };
        Some(Finding {
            id: finding_id("duplicate", (&first.id, &second.id), ""),
            kind: Kind::Duplicate {
                similarity: repeated.similarity,
            },
            confidence,
            first,
            second: Some(second),
            shared: Some(shared),
        })
    }
}

/// Sure where the questions and the statements are alike and the scopes too:
/// what holds for one product may be meant as an exception.
fn confidence(clash: &Clash, questions: f64, shared: &Shared) -> Confidence {
    if shared.is_alike && questions >= 0.6 && clash.likeness >= 0.6 {
        Confidence::High
    } else {
        Confidence::Likely
    }
}

fn contradiction(
    clash: &Clash,
    (first, second): (Side, Side),
    shared: Option<Shared>,
    confidence: Confidence,
) -> Finding {
    let attribute = words::attribute(&clash.attribute);
    // The id does not depend on which item came first.
    let (first, second) = if second.id < first.id {
        (second, first)
    } else {
        (first, second)
    };
    Finding {
        id: finding_id("contradiction", (&first.id, &second.id), &attribute),
        kind: Kind::Contradiction {
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

fn expiring(item: &KnowledgeItem, moment: &Moment<'_>) -> Option<Finding> {
    let until = item.content.window.until?;
    let days_left = expiry::days_left(until, moment.at, moment.zone);
    (days_left <= i64::from(moment.within_days)).then(|| Finding {
        id: finding_id("expiring", (&item.id, &item.id), &until.to_string()),
        kind: Kind::Expiring {
            until,
            days_left,
            has_ended: until <= moment.at,
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
            part: None,
            value: None,
            excerpt: None,
        }
    }
}

fn side_of_clash(
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
        part: Some(statement.part),
        value: Some(value),
        excerpt: Some(excerpt(&item.content, statement)),
        ..Side::of(item)
    })
}

const MOST_EXCERPT_CHARACTERS: usize = 80;

/// The statement's sentence, or the clause alone where the sentence is long.
fn excerpt(content: &KnowledgeContent, statement: &Statement) -> String {
    let answer = match statement.part {
        Part::Brief => content.answer_brief.as_deref(),
        Part::Consultative => content.answer_consultative.as_deref(),
    };
    let clause = &statement.clause.written;
    let sentence = answer.and_then(|answer| {
        let at = answer.find(clause.as_str())?;
        let ends = |character: char| "。！？!?；;\n".contains(character);
        let start = answer[..at].rfind(ends).map_or(0, |end| {
            end + answer[end..].chars().next().map_or(1, char::len_utf8)
        });
        let after = at + clause.len();
        let end = answer[after..].find(ends).map_or(answer.len(), |end| after + end);
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
fn finding_id(kind: &str, (first, second): (&KnowledgeId, &KnowledgeId), attribute: &str) -> String {
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
