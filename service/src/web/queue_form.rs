//! The item that a supervisor makes in a queue: its form, filled from the draft
//! or with what was sent, and what is wrong with it.

use super::language::Language;
use crate::auth::Fields;
use crate::domain::knowledge::RawKnowledge;
use crate::error::ApiError;
use crate::insights::labels::Labels;

/// The form of an item.
pub struct ItemForm {
    /// What its fields' ids begin with: unique on the page.
    pub id: String,
    /// The question.
    pub title: String,
    /// Its other wordings, one a line.
    pub phrasings: String,
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
    /// What is wrong: a field's name and words.
    pub problems: Vec<(String, String)>,
}

impl ItemForm {
    /// The form of an item with its products' and intent's names.
    pub fn new(id: &str, raw: &RawKnowledge, labels: Labels<'_>) -> Self {
        let intent = raw.intent.clone().unwrap_or_default();
        let names: Vec<String> = raw.products.iter().map(|id| labels.product(id)).collect();
        Self {
            id: format!("item-{id}"),
            title: raw.title.clone(),
            phrasings: raw.phrasings.join("\n"),
            brief: raw.answer_brief.clone().unwrap_or_default(),
            consultative: raw.answer_consultative.clone().unwrap_or_default(),
            products: raw.products.join("\n"),
            product_names: names.join(" · "),
            domain_name: labels.domain(&raw.domain),
            domain: raw.domain.clone(),
            intent_name: labels.intent(&intent),
            intent,
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

    /// Whether something in the fields that are folded away is wrong.
    pub fn is_open(&self) -> bool {
        ["phrasings", "products", "domain"]
            .iter()
            .any(|field| self.is_at_fault(field))
    }
}

/// What was filled in.
pub fn filled(fields: &Fields) -> RawKnowledge {
    let lines = |name: &str| {
        let lines = fields.get(name).lines().map(str::trim);
        lines
            .filter(|line| !line.is_empty())
            .map(str::to_owned)
            .collect()
    };
    let optional = |name: &str| {
        let text = fields.get(name);
        (!text.trim().is_empty()).then(|| text.to_owned())
    };
    RawKnowledge {
        status: Some("approved".to_owned()),
        domain: fields.get("domain").to_owned(),
        intent: optional("intent"),
        title: fields.get("title").to_owned(),
        phrasings: lines("phrasings"),
        answer_brief: optional("answer_brief"),
        answer_consultative: optional("answer_consultative"),
        products: lines("products"),
        ..RawKnowledge::default()
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
                "an item has this title already: change the title, or edit that item under Knowledge",
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
        "answer_brief" | "answer_consultative" | "phrasings" | "products" | "domain" => field,
        "intent" => "domain",
        _ => "title",
    }
    .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::fault::{Fault, FieldError, Locale};

    #[test]
    fn what_was_filled_in_is_read_by_lines() {
        let fields =
            Fields::parse(b"title=t&domain=process&phrasings=a%0D%0A%0D%0A+b+&answer_brief=+");
        let raw = filled(&fields);
        assert_eq!(raw.phrasings, ["a", "b"]);
        assert_eq!((raw.answer_brief, raw.intent), (None, None));
        assert_eq!(raw.status.as_deref(), Some("approved"));
    }

    #[test]
    fn faults_stand_at_fields_that_the_form_has() {
        let language = Language(Locale::English);
        let errors = ["phrasings[3]", "intent", "tags[0]"]
            .map(|field| FieldError::new(field, Fault::Missing))
            .to_vec();
        let found = problems(ApiError::InvalidFields(errors), language).expect("mendable");
        let fields: Vec<&str> = found.iter().map(|(field, _)| field.as_str()).collect();
        assert_eq!(fields, ["phrasings", "domain", "title"]);
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
