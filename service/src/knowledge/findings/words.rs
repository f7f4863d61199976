//! Findings in words, for people.

use crate::domain::fault::Locale;

use super::contradictions::Attribute;
use super::figures::Role;
use super::lexicon::LEXICON;
use super::units::Measure;
use super::{Detail, Finding};

/// A stable name such as `dispatch.duration` or `machine_wash.verdict`.
pub(super) fn attribute(attribute: &Attribute) -> String {
    let concept = attribute.concept.and_then(|number| LEXICON.concept(number));
    let subject = concept.map_or("other", |concept| concept.name.as_str());
    let measure = match attribute.measure {
        None => "verdict".to_owned(),
        Some(Measure::Duration) => "duration".to_owned(),
        Some(Measure::Yuan | Measure::Dollar | Measure::Euro | Measure::Pound) => {
            "money".to_owned()
        }
        Some(Measure::Percent) => "percent".to_owned(),
        Some(Measure::Discount) => "discount".to_owned(),
        Some(Measure::Mass) => "mass".to_owned(),
        Some(Measure::Volume) => "volume".to_owned(),
        Some(Measure::Length) => "length".to_owned(),
        Some(Measure::Temperature) => "temperature".to_owned(),
        Some(Measure::Power) => "power".to_owned(),
        Some(Measure::Charge) => "charge".to_owned(),
        Some(Measure::Loudness) => "loudness".to_owned(),
        Some(Measure::Count(counter)) => format!("count({counter})"),
        Some(Measure::TimeOfDay) => "time_of_day".to_owned(),
        Some(Measure::Date) => "date".to_owned(),
    };
    let role = match attribute.role {
        Role::Plain => "",
        Role::Threshold => ".threshold",
        Role::Reduction => ".reduction",
        Role::Start => ".start",
        Role::End => ".end",
    };
    format!("{subject}.{measure}{role}")
}

/// The subject in Chinese, if the lexicon knows it.
pub(super) fn subject(attribute: &Attribute) -> Option<String> {
    let concept = LEXICON.concept(attribute.concept?)?;
    Some(concept.chinese.clone())
}

impl Finding {
    /// Why it is one, in a sentence of the reader's language.
    pub fn why(&self, locale: Locale) -> String {
        let value = |side: Option<&super::Side>| {
            side.and_then(|side| side.value.clone()).unwrap_or_default()
        };
        let first = value(Some(&self.first));
        let second = value(self.second.as_ref());
        let is_one_item = self
            .second
            .as_ref()
            .is_some_and(|second| second.id == self.first.id);
        match (&self.detail, locale) {
            (Detail::Contradiction { subject, .. }, Locale::Chinese) => {
                let about = subject
                    .as_ref()
                    .map_or_else(|| "同一件事".to_owned(), |subject| format!("“{subject}”"));
                let who = if is_one_item {
                    "同一条知识的简短回答和详细回答"
                } else {
                    "两条同时生效的知识"
                };
                format!("{who}都在说{about}，一处写“{first}”，另一处写“{second}”")
            }
            (Detail::Contradiction { .. }, Locale::English) => {
                let who = if is_one_item {
                    "the brief and the consultative answer of one item"
                } else {
                    "two items in effect at once"
                };
                format!("{who} speak of the same, one says “{first}”, the other “{second}”")
            }
            (Detail::Duplicate { similarity }, Locale::Chinese) => format!(
                "两条知识问的是同一句话：“{first}”和“{second}”，相似度 {:.0}%",
                similarity * 100.0
            ),
            (Detail::Duplicate { similarity }, Locale::English) => format!(
                "two items answer one question: “{first}” and “{second}”, {:.0} % alike",
                similarity * 100.0
            ),
            (
                Detail::Expiring {
                    days_left,
                    has_ended,
                    ..
                },
                locale,
            ) => expiring(*days_left, Ended::from(*has_ended), locale),
        }
    }
}

enum Ended {
    Already,
    NotYet,
}

impl From<bool> for Ended {
    fn from(has_ended: bool) -> Self {
        if has_ended {
            Self::Already
        } else {
            Self::NotYet
        }
    }
}

fn expiring(days_left: i64, ended: Ended, locale: Locale) -> String {
    match (ended, locale) {
        (Ended::Already, Locale::Chinese) if days_left == 0 => {
            "今天已过有效期，还没有归档".to_owned()
        }
        (Ended::Already, Locale::Chinese) => {
            format!("已过有效期 {} 天，还没有归档", -days_left)
        }
        (Ended::Already, Locale::English) => {
            format!("it ended {} days ago and is still approved", -days_left)
        }
        (Ended::NotYet, Locale::Chinese) if days_left == 0 => "今天到期".to_owned(),
        (Ended::NotYet, Locale::Chinese) => format!("还有 {days_left} 天到期"),
        (Ended::NotYet, Locale::English) => format!("it ends in {days_left} days"),
    }
}
