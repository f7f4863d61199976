//! The item that a supervisor makes in a queue: its form, filled from the draft
//! or with what was sent, and what is wrong with it.

use super::knowledge_draft::{Draft, input_kind};
use super::knowledge_view::item_path;
use super::language::Language;
use crate::auth::Fields;
use crate::domain::knowledge::RawKnowledge;
use crate::error::ApiError;
use crate::insights::labels::Labels;
use crate::insights::phrasings::{ItemDraft, Offered};

/// The form of an item.
pub struct ItemForm {
    /// What its fields' ids begin with: unique on the page.
    pub id: String,
    /// The question.
    pub title: String,
    /// Its other wordings, one a line, but for those to tick.
    pub phrasings: String,
    /// Wordings of buyers' to tick.
    pub offered: Vec<Tick>,
    /// Drafts of the same question that stand already: addresses and titles.
    pub existing: Vec<(String, String)>,
    /// The answer in a sentence or two.
    pub brief: String,
    /// The answer that advises.
    pub consultative: String,
    /// The products it holds for, by id, one a line; all when empty.
    pub products: String,
    /// What they are called.
    pub product_names: String,
    /// Who owns the answer.
    pub domain: String,
    /// That domain as people read it.
    pub domain_name: String,
    /// The intent's id; empty where it is not clear.
    pub intent: String,
    /// The intent as people read it.
    pub intent_name: String,
    /// The channels it holds for, one a line; all when empty.
    pub channels: String,
    /// The first moment in effect.
    pub valid_from: String,
    /// The first moment no longer in effect.
    pub valid_until: String,
    /// Where the fact stands.
    pub source: String,
    /// What is wrong: a field's name and words.
    pub problems: Vec<(String, String)>,
}

/// A wording to tick.
#[derive(Debug, PartialEq, Eq)]
pub struct Tick {
    /// The words.
    pub text: String,
    /// Whether the item is to have it.
    pub is_ticked: bool,
}

impl ItemForm {
    /// The form of a draft. What several buyers wrote is ticked; who owns the
    /// answer is asked where the intent does not say.
    pub fn of_draft(id: &str, draft: &ItemDraft, labels: Labels<'_>) -> Self {
        let several = draft.offered.iter().filter(|one| one.is_by_several);
        let taken: Vec<&str> = several.map(|one| one.text.as_str()).collect();
        let mut filled = Self {
            phrasings: taken.join("\n"),
            ..Self::new(id, &draft.item, labels)
        };
        if filled.intent.is_empty() {
            filled.domain.clear();
        }
        filled.offering(draft)
    }

    /// The same with the wordings that a draft offers to tick: those that its
    /// field holds are ticked instead.
    #[must_use]
    pub fn offering(self, draft: &ItemDraft) -> Self {
        let lines = self.phrasings.lines();
        let is_own = |line: &&str| draft.offered.iter().all(|one| one.text != *line);
        let own: Vec<&str> = lines.filter(is_own).collect();
        let tick = |one: &Offered| Tick {
            text: one.text.clone(),
            is_ticked: self.phrasings.lines().any(|line| line == one.text),
        };
        let existing = draft.existing.iter();
        Self {
            offered: draft.offered.iter().map(tick).collect(),
            existing: existing
                .map(|(id, title)| (item_path(id.as_str()), title.clone()))
                .collect(),
            phrasings: own.join("\n"),
            ..self
        }
    }

    /// The form of an item with its products' and intent's names.
    pub fn new(id: &str, raw: &RawKnowledge, labels: Labels<'_>) -> Self {
        let names: Vec<String> = raw.products.iter().map(|id| labels.product(id)).collect();
        let draft = Draft::of(raw);
        Self {
            id: format!("item-{id}"),
            title: draft.title,
            phrasings: draft.phrasings,
            offered: Vec::new(),
            existing: Vec::new(),
            brief: draft.answer_brief,
            consultative: draft.answer_consultative,
            products: draft.products,
            product_names: names.join(" · "),
            domain_name: labels.domain(&draft.domain),
            domain: draft.domain,
            intent_name: labels.intent(&draft.intent),
            intent: draft.intent,
            channels: draft.channels,
            valid_from: draft.valid_from,
            valid_until: draft.valid_until,
            source: draft.source,
            problems: Vec::new(),
        }
    }

    /// What is wrong with a field; empty when nothing is.
    pub fn problem(&self, field: &str) -> &str {
        let problem = self.problems.iter().find(|(found, _)| found == field);
        problem.map_or("", |(_, words)| words)
    }

    /// Whether something is wrong with a field.
    pub fn is_at_fault(&self, field: &str) -> bool {
        !self.problem(field).is_empty()
    }

    /// Whether something in the fields that are folded away is wrong or to be chosen.
    pub fn is_open(&self) -> bool {
        let is_wrong = [
            "products",
            "domain",
            "channels",
            "valid_from",
            "valid_until",
            "source",
        ]
        .iter()
        .any(|field| self.is_at_fault(field));
        is_wrong || self.domain.is_empty()
    }

    /// What kind of input shows the start of its window.
    pub fn start_kind(&self) -> &'static str {
        input_kind(&self.valid_from)
    }

    /// What kind of input shows the end of its window.
    pub fn end_kind(&self) -> &'static str {
        input_kind(&self.valid_until)
    }
}

/// What was filled in.
pub fn filled(fields: &Fields) -> RawKnowledge {
    RawKnowledge {
        id: None,
        status: Some("approved".to_owned()),
        tags: Vec::new(),
        ..Draft::filled(fields).raw()
    }
}

/// What of a refusal can be mended in the form, by field.
///
/// # Errors
/// The refusal itself where nothing in the form mends it.
pub fn problems(error: ApiError, language: Language) -> Result<Vec<(String, String)>, ApiError> {
    match error {
        ApiError::InvalidFields(errors) => Ok(errors
            .iter()
            .map(|error| (field_of(&error.field), error.fault.message(language.0)))
            .collect()),
        ApiError::Exists { .. } => {
            let words = language.say(
                "已有一条知识用了这个标题：改一改标题，或到“知识”里改那一条",
                "another item already has this title: change it, or edit that item under Knowledge",
            );
            Ok(vec![("title".to_owned(), words.to_owned())])
        }
        error => Err(error),
    }
}

/// `phrasings[2]` is a line of the field `phrasings`; what the form does not
/// show is said at its title.
fn field_of(name: &str) -> String {
    let field = name.split('[').next().unwrap_or(name);
    match field {
        "answer_brief"
        | "answer_consultative"
        | "phrasings"
        | "products"
        | "domain"
        | "channels"
        | "valid_from"
        | "valid_until"
        | "source" => field,
        "intent" => "domain",
        _ => "title",
    }
    .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::fault::{Fault, FieldError, Locale};
    use crate::insights::samples::with_labels;

    #[test]
    fn what_was_filled_in_is_read_by_lines() {
        let fields =
            Fields::parse(b"title=t&domain=process&phrasings=a%0D%0A%0D%0A+b+&answer_brief=+");
        let raw = filled(&fields);
        assert_eq!(raw.phrasings, ["a", "b"]);
        assert_eq!((&raw.source, &raw.valid_until), (&None, &None));
        assert_eq!((raw.answer_brief, raw.intent), (None, None));
        assert_eq!(raw.status.as_deref(), Some("approved"));
    }

    #[test]
    fn a_window_and_a_source_come_back_as_they_were_sent() {
        let sent = b"source=%E6%89%8B%E5%86%8C&valid_from=2026-11-01T00%3A00&channels=jd%0D%0Aweb";
        let raw = filled(&Fields::parse(sent));
        assert_eq!(raw.source.as_deref(), Some("手册"));
        assert_eq!(raw.valid_from.as_deref(), Some("2026-11-01T00:00"));
        assert_eq!(raw.channels, ["jd", "web"]);
    }

    #[test]
    fn what_buyers_wrote_is_ticked_or_stands_in_the_field() {
        let offered = |text: &str, is_by_several| Offered {
            text: text.to_owned(),
            is_by_several,
        };
        let draft = ItemDraft {
            offered: vec![offered("盖子坏了", true), offered("盖子掉了", false)],
            ..ItemDraft::default()
        };
        let ticks = |form: &ItemForm| -> Vec<bool> {
            form.offered.iter().map(|tick| tick.is_ticked).collect()
        };
        with_labels(|labels| {
            let fresh = ItemForm::of_draft("g", &draft, *labels);
            assert_eq!(
                (ticks(&fresh), fresh.phrasings.as_str()),
                (vec![true, false], "")
            );
            let sent = RawKnowledge {
                phrasings: vec!["盖子掉了".to_owned(), "盖碗碎了".to_owned()],
                ..RawKnowledge::default()
            };
            let again = ItemForm::new("g", &sent, *labels).offering(&draft);
            assert_eq!(ticks(&again), [false, true]);
            assert_eq!(again.phrasings, "盖碗碎了");
        });
    }

    #[test]
    fn who_owns_an_answer_is_asked_where_the_intent_does_not_say() {
        let draft = |intent: Option<&str>| ItemDraft {
            item: RawKnowledge {
                domain: "process".to_owned(),
                intent: intent.map(str::to_owned),
                ..RawKnowledge::default()
            },
            ..ItemDraft::default()
        };
        with_labels(|labels| {
            let clear = ItemForm::of_draft("g", &draft(Some("process.price")), *labels);
            assert_eq!((clear.domain.as_str(), clear.is_open()), ("process", false));
            let unclear = ItemForm::of_draft("g", &draft(None), *labels);
            assert_eq!((unclear.domain.as_str(), unclear.is_open()), ("", true));
        });
        let sent = filled(&Fields::parse(b"title=t&domain="));
        assert_eq!(sent.domain, "");
    }

    #[test]
    fn faults_stand_at_fields_that_the_form_has() {
        let language = Language(Locale::English);
        let errors = [
            "phrasings[3]",
            "intent",
            "tags[0]",
            "channels[1]",
            "valid_until",
        ]
        .map(|field| FieldError::new(field, Fault::Missing))
        .to_vec();
        let found = problems(ApiError::InvalidFields(errors), language).expect("mendable");
        let fields: Vec<&str> = found.iter().map(|(field, _)| field.as_str()).collect();
        let expected = ["phrasings", "domain", "title", "channels", "valid_until"];
        assert_eq!(fields, expected);
        let taken = problems(
            ApiError::Exists {
                what: "knowledge item",
            },
            language,
        );
        assert_eq!(taken.expect("mendable").len(), 1);
        assert!(problems(ApiError::Overloaded, language).is_err());
    }
}
