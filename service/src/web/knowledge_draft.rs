//! The form of an item: what is in its fields, from an item, from an address or as sent.

use crate::auth::Fields;
use crate::domain::knowledge::RawKnowledge;

/// What is in the fields, as text.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Draft {
    /// The shop's own id.
    pub id: String,
    /// The status's id.
    pub status: String,
    /// The domain's id.
    pub domain: String,
    /// The intent's id.
    pub intent: String,
    /// The question.
    pub title: String,
    /// Its other wordings, one a line.
    pub phrasings: String,
    /// The answer in a sentence or two.
    pub answer_brief: String,
    /// The answer that advises.
    pub answer_consultative: String,
    /// The products it holds for, one a line.
    pub products: String,
    /// The channels it holds for, one a line.
    pub channels: String,
    /// The first moment in effect.
    pub valid_from: String,
    /// The first moment no longer in effect.
    pub valid_until: String,
    /// Where the fact stands.
    pub source: String,
    /// Labels, parted by `|`.
    pub tags: String,
}

impl Draft {
    /// Of an item.
    pub fn of(raw: &RawKnowledge) -> Self {
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        let time = |time: &Option<String>| time.as_deref().map_or_else(String::new, field_time);
        Self {
            id: text(&raw.id),
            status: text(&raw.status),
            domain: raw.domain.clone(),
            intent: text(&raw.intent),
            title: raw.title.clone(),
            phrasings: raw.phrasings.join("\n"),
            answer_brief: text(&raw.answer_brief),
            answer_consultative: text(&raw.answer_consultative),
            products: raw.products.join("\n"),
            channels: raw.channels.join("\n"),
            valid_from: time(&raw.valid_from),
            valid_until: time(&raw.valid_until),
            source: text(&raw.source),
            tags: raw.tags.join(" | "),
        }
    }

    /// As filled in, or as an address asks for it: a field of several lines may
    /// come several times.
    pub fn filled(fields: &Fields) -> Self {
        let text = |name: &str| fields.get(name).replace("\r\n", "\n");
        let lines = |name: &str| {
            let lines: Vec<&str> = fields.all(name).collect();
            lines.join("\n").replace("\r\n", "\n")
        };
        Self {
            id: text("id"),
            status: text("status"),
            domain: text("domain"),
            intent: text("intent"),
            title: text("title"),
            phrasings: lines("phrasings"),
            answer_brief: text("answer_brief"),
            answer_consultative: text("answer_consultative"),
            products: lines("products"),
            channels: lines("channels"),
            valid_from: text("valid_from"),
            valid_until: text("valid_until"),
            source: text("source"),
            tags: text("tags"),
        }
    }

    /// The item that it would be.
    pub fn raw(&self) -> RawKnowledge {
        RawKnowledge {
            id: optional(&self.id),
            status: optional(&self.status),
            domain: self.domain.clone(),
            intent: optional(&self.intent),
            title: self.title.clone(),
            phrasings: parts(&self.phrasings, '\n'),
            answer_brief: optional(&self.answer_brief),
            answer_consultative: optional(&self.answer_consultative),
            products: parts(&self.products, '\n'),
            channels: parts(&self.channels, '\n'),
            valid_from: optional(&self.valid_from),
            valid_until: optional(&self.valid_until),
            source: optional(&self.source),
            tags: parts(&self.tags, '|'),
        }
    }

    /// The products that are named, by id.
    pub fn product_ids(&self) -> Vec<String> {
        parts(&self.products, '\n')
    }
}

/// What kind of input shows a time: one with a calendar where it can hold it.
pub fn input_kind(time: &str) -> &'static str {
    if time.is_empty() || is_local(time) {
        "datetime-local"
    } else {
        "text"
    }
}

/// A time of the shop as such an input has it: `2026-11-11T20:00`.
fn field_time(text: &str) -> String {
    if is_local(text) {
        text.replacen(' ', "T", 1)
    } else {
        text.to_owned()
    }
}

/// Whether it is a local time in whole seconds: `2026-11-11 20:00`.
fn is_local(text: &str) -> bool {
    let bytes = text.as_bytes();
    matches!(bytes.len(), 16 | 19)
        && matches!(bytes[10], b' ' | b'T')
        && bytes.iter().enumerate().all(|(at, byte)| match at {
            4 | 7 => *byte == b'-',
            10 => true,
            13 | 16 => *byte == b':',
            _ => byte.is_ascii_digit(),
        })
}

fn optional(text: &str) -> Option<String> {
    (!text.trim().is_empty()).then(|| text.to_owned())
}

fn parts(text: &str, joint: char) -> Vec<String> {
    let parts = text.split(joint).map(str::trim);
    parts
        .filter(|part| !part.is_empty())
        .map(str::to_owned)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_item_comes_out_of_its_form_as_it_went_in() {
        let raw = RawKnowledge {
            id: Some("a".to_owned()),
            status: Some("approved".to_owned()),
            domain: "process".to_owned(),
            title: "发票".to_owned(),
            phrasings: vec!["可以开发票吗".to_owned(), "发票呢".to_owned()],
            answer_brief: Some("一\n二".to_owned()),
            tags: vec!["a，b".to_owned(), "c".to_owned()],
            products: vec!["p".to_owned()],
            ..RawKnowledge::default()
        };
        assert_eq!(Draft::of(&raw).raw(), raw);
    }

    #[test]
    fn times_fit_their_input_or_stay_text() {
        for (text, field, kind) in [
            ("2026-11-11 20:00", "2026-11-11T20:00", "datetime-local"),
            (
                "2026-11-11 20:00:30",
                "2026-11-11T20:00:30",
                "datetime-local",
            ),
            ("2026-11-11T12:00:00.5Z", "2026-11-11T12:00:00.5Z", "text"),
            ("下周一", "下周一", "text"),
        ] {
            assert_eq!(field_time(text), field);
            assert_eq!(input_kind(&field_time(text)), kind);
        }
    }

    #[test]
    fn an_address_names_several_wordings() {
        let fields = Fields::parse(b"phrasings=a&phrasings=b%0D%0Ac&products=p");
        let raw = Draft::filled(&fields).raw();
        assert_eq!(raw.phrasings, ["a", "b", "c"]);
        assert_eq!(raw.products, ["p"]);
    }
}
