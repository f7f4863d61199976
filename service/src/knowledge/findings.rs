//! What is wrong with a shop's knowledge: items that contradict or repeat each other, and items that run out.
//!
//! Pure functions over the items as they stand. 10,000 items are read once and
//! compared only where their questions share something rare.

mod calendar;
mod candidates;
mod contradictions;
mod distinct;
mod duplicates;
mod evidence;
mod expiry;
mod figures;
mod lexicon;
mod names;
mod numerals;
mod reading;
mod scope;
mod shop;
mod statements;
mod topic;
mod units;
mod words;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::Serialize;
use utoipa::ToSchema;

use crate::domain::fault::{Fault, Hint};
use crate::domain::ids::KnowledgeId;
use crate::domain::knowledge::{KnowledgeItem, Status};
use crate::domain::suggestion::AnswerForm;

use contradictions::{Clash, clashes, inner_clashes, question_likeness};
use duplicates::{Wording, repeated, wordings};
use evidence::{contradiction, duplicate, expiring, side_of_clash};
use reading::Reading;
use statements::Folder;

pub use scope::Shared;
pub use shop::approved;

/// What is found of a shop's knowledge.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    /// The same for the same items and the same attribute, whatever their versions;
    /// of a further clash about the attribute, for the same values too.
    pub id: String,
    /// What it is.
    pub detail: Detail,
    /// How sure it is.
    pub confidence: Confidence,
    /// The item, or the one with the lower id.
    pub first: Side,
    /// The other item, or the same item's other answer; none of one that runs out.
    pub second: Option<Side>,
    /// Where and when both hold; none of one item alone.
    pub shared: Option<Shared>,
}

/// The kinds of findings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Two answers that cannot both be right.
    Contradiction,
    /// Two items that answer one question.
    Duplicate,
    /// An approved item whose window ends soon or has ended.
    Expiring,
}

/// What a finding says, by its kind.
#[derive(Debug, Clone, PartialEq)]
pub enum Detail {
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
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
    pub form: Option<AnswerForm>,
    /// The value as it is written, of a contradiction; the wording, of a duplicate.
    pub value: Option<String>,
    /// The sentence that the value stands in.
    pub excerpt: Option<String>,
}

/// What is looked for, and when.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// Only this kind; all when absent.
    pub kind: Option<Kind>,
    /// The time; what has ended by then contradicts nothing.
    pub at: Timestamp,
    /// How many days ahead an end is near.
    pub within_days: u16,
    /// The shop's time zone.
    pub zone: TimeZone,
}

/// The live items of a shop, read.
struct Live<'a> {
    items: Vec<&'a KnowledgeItem>,
    readings: Vec<Reading>,
    wordings: Vec<Vec<Wording>>,
}

/// The findings of `items`: contradictions, duplicates and what runs out,
/// those of a kind by confidence and then by id of the items. Only approved
/// items count. 10,000 items take a few seconds of one core.
pub fn findings(items: &[KnowledgeItem], wanted: &Wanted) -> Vec<Finding> {
    let is_wanted = |kind| wanted.kind.is_none_or(|only| only == kind);
    let approved = || {
        items
            .iter()
            .filter(|item| item.content.status == Status::Approved)
    };
    let is_live = |item: &&KnowledgeItem| {
        let until = item.content.window.until;
        until.is_none_or(|until| wanted.at < until)
    };
    let mut found = Vec::new();
    if is_wanted(Kind::Contradiction) || is_wanted(Kind::Duplicate) {
        let live = Live::read(approved().filter(is_live).collect());
        found = live.within_items();
        found.extend(live.between_items(wanted.at));
    }
    found.extend(approved().filter_map(|item| expiring(item, wanted)));
    found.retain(|finding| is_wanted(finding.detail.kind()));
    found.sort_by(|one, other| {
        (one.detail.rank().cmp(&other.detail.rank()))
            .then(other.confidence.cmp(&one.confidence))
            .then_with(|| one.first.id.cmp(&other.first.id))
            .then_with(|| one.id.cmp(&other.id))
    });
    found
}

impl Kind {
    /// The kind's name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Contradiction => "contradiction",
            Self::Duplicate => "duplicate",
            Self::Expiring => "expiring",
        }
    }

    /// Reads a kind's name.
    ///
    /// # Errors
    /// When there is none of that name.
    pub fn parse(text: &str) -> Result<Self, Fault> {
        [Self::Contradiction, Self::Duplicate, Self::Expiring]
            .into_iter()
            .find(|kind| kind.as_str() == text.trim())
            .ok_or_else(|| Fault::Unknown {
                value: text.chars().take(40).collect(),
                expected: Hint::names(&["contradiction", "duplicate", "expiring"]),
            })
    }
}

impl Detail {
    /// The finding's kind.
    pub fn kind(&self) -> Kind {
        match self {
            Self::Contradiction { .. } => Kind::Contradiction,
            Self::Duplicate { .. } => Kind::Duplicate,
            Self::Expiring { .. } => Kind::Expiring,
        }
    }

    /// What ends first comes first.
    fn rank(&self) -> (Kind, i64) {
        let days_left = match self {
            Self::Contradiction { .. } | Self::Duplicate { .. } => 0,
            Self::Expiring { days_left, .. } => *days_left,
        };
        (self.kind(), days_left)
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
                reading.of(AnswerForm::Brief),
                reading.of(AnswerForm::Consultative),
            );
            for clash in inner_clashes(&brief, &consultative) {
                let first = side_of_clash(item, &brief, clash.first);
                let second = side_of_clash(item, &consultative, clash.second);
                if let (Some(first), Some(second)) = (first, second) {
                    let shared = None;
                    found.push(contradiction(
                        &clash,
                        (first, second),
                        shared,
                        Confidence::High,
                    ));
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
                found.extend(self.repeated((one, other), shared));
            }
        }
        found
    }

    fn repeated(&self, (one, other): (usize, usize), shared: Shared) -> Option<Finding> {
        let (wordings, other_wordings) = (&self.wordings[one], &self.wordings[other]);
        let repeated = repeated(wordings, other_wordings)?;
        let first = (self.items[one], wordings.get(repeated.first)?);
        let second = (self.items[other], other_wordings.get(repeated.second)?);
        Some(duplicate((first, second), repeated.similarity, shared))
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
