//! What the pages on knowledge share: names of things, states, and where an item's pages are.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::language::Language;
use super::lists::segment;
use crate::auth::{Needs, Visitor};
use crate::catalog::Searchable;
use crate::domain::fault::Locale;
use crate::domain::ids::{KnowledgeId, ShopId};
use crate::domain::key::Scope;
use crate::domain::knowledge::Status;
use crate::domain::taxonomy::{Intent, KnowledgeDomain};
use crate::domain::time::{Window, format_time};
use crate::error::ApiError;
use crate::formats::columns::Column;
use crate::insights::labels::Labels;
use crate::knowledge::diff::FieldValue;
use crate::state::AppState;

/// A word on an item's state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Chip {
    /// What it looks like: `good`, `caution`, or nothing.
    pub class: &'static str,
    /// The word.
    pub text: &'static str,
}

/// A choice of a select.
pub struct Choice {
    /// What is sent.
    pub value: String,
    /// What is read.
    pub name: String,
    /// Whether it is chosen.
    pub is_chosen: bool,
}

/// Choices under a heading.
pub struct Group {
    /// The heading.
    pub name: String,
    /// Its domain's id.
    pub id: &'static str,
    /// The choices.
    pub choices: Vec<Choice>,
}

/// What things are called in the page's language.
pub struct Names {
    language: Language,
    /// `None` while the shop's index is being built: ids stand for names then.
    searchable: Option<Searchable>,
}

impl Names {
    /// Of a shop.
    pub fn of(state: &AppState, shop: &ShopId, language: Language) -> Self {
        Self {
            language,
            searchable: state.catalog.searchable(shop).ok(),
        }
    }

    /// An intent's name; empty for none.
    pub fn intent(&self, intent: Option<&Intent>) -> String {
        let Some(intent) = intent else {
            return String::new();
        };
        if let Some(labels) = self.labels() {
            return labels.intent(intent.as_str());
        }
        let built_in = Intent::built_in().find(|(known, _)| known == intent);
        built_in.map_or_else(
            || intent.as_str().to_owned(),
            |(_, built_in)| self.language.say(&built_in.zh, &built_in.en).to_owned(),
        )
    }

    /// A product's name; its id where it has none.
    pub fn product(&self, id: &str) -> String {
        self.labels()
            .map_or_else(|| id.to_owned(), |labels| labels.product(id))
    }

    /// The intents that an item may have, by domain.
    pub fn intents(&self, chosen: &str) -> Vec<Group> {
        let settings = self.searchable.iter().flat_map(|searchable| {
            let settings = searchable.language.intents().settings();
            settings.map(|setting| (setting.intent.clone(), setting.is_off))
        });
        let settings: Vec<(Intent, bool)> = settings.collect();
        let is_off = |intent: &Intent| {
            let found = settings.iter().find(|(known, _)| known == intent);
            found.is_some_and(|(_, is_off)| *is_off) && intent.as_str() != chosen
        };
        let own = settings.iter().filter(|(intent, _)| intent.is_own());
        let own = own.map(|(intent, _)| intent.clone());
        let known: Vec<Intent> = Intent::built_in()
            .map(|(intent, _)| intent)
            .chain(own)
            .filter(|intent| !is_off(intent))
            .collect();
        let group = |domain: KnowledgeDomain| Group {
            name: domain_name(domain, self.language).to_owned(),
            id: domain.as_str(),
            choices: known
                .iter()
                .filter(|intent| intent.is_of(domain))
                .map(|intent| Choice {
                    value: intent.as_str().to_owned(),
                    name: self.intent(Some(intent)),
                    is_chosen: intent.as_str() == chosen,
                })
                .collect(),
        };
        KnowledgeDomain::ALL.into_iter().map(group).collect()
    }

    fn labels(&self) -> Option<Labels<'_>> {
        let searchable = self.searchable.as_ref()?;
        Some(Labels {
            locale: self.language.0,
            ..Labels::of(searchable)
        })
    }
}

/// A domain as people read it.
pub fn domain_name(domain: KnowledgeDomain, language: Language) -> &'static str {
    let english = match domain {
        KnowledgeDomain::Product => "Product",
        KnowledgeDomain::Process => "Process",
        KnowledgeDomain::Warehouse => "Warehouse",
    };
    language.say(domain.label(), english)
}

/// The domains to choose from.
pub fn domains(chosen: &str, language: Language) -> Vec<Choice> {
    let choice = |domain: KnowledgeDomain| Choice {
        value: domain.as_str().to_owned(),
        name: domain_name(domain, language).to_owned(),
        is_chosen: domain.as_str() == chosen,
    };
    KnowledgeDomain::ALL.into_iter().map(choice).collect()
}

/// A status as people read it.
pub fn status_name(status: Status, language: Language) -> &'static str {
    let english = match status {
        Status::Draft => "Draft",
        Status::Approved => "Approved",
        Status::Archived => "Archived",
    };
    language.say(status.label(), english)
}

/// The statuses to choose from.
pub fn statuses(chosen: &str, language: Language) -> Vec<Choice> {
    let choice = |status: Status| Choice {
        value: status.as_str().to_owned(),
        name: status_name(status, language).to_owned(),
        is_chosen: status.as_str() == chosen,
    };
    [Status::Draft, Status::Approved, Status::Archived]
        .into_iter()
        .map(choice)
        .collect()
}

/// How an item stands at a time.
pub fn chip((status, window): (Status, Window), at: Timestamp, language: Language) -> Chip {
    let (class, text) = match status {
        Status::Draft => ("", language.say("草稿", "Draft")),
        Status::Archived => ("", language.say("已归档", "Archived")),
        Status::Approved if window.contains(at) => ("good", language.say("生效中", "In effect")),
        Status::Approved if window.from.is_some_and(|from| from > at) => {
            ("caution", language.say("未到生效时间", "Scheduled"))
        }
        Status::Approved => ("caution", language.say("已过期", "Expired")),
    };
    Chip { class, text }
}

/// A window in words; empty where it is open on both sides.
pub fn window(window: Window, zone: &TimeZone, language: Language) -> String {
    let time = |time| format_time(time, zone);
    match (window.from.map(time), window.until.map(time)) {
        (None, None) => String::new(),
        (Some(from), None) => {
            if language.is_chinese() {
                format!("{from} 起")
            } else {
                format!("from {from}")
            }
        }
        (None, Some(until)) => {
            if language.is_chinese() {
                format!("到 {until} 为止")
            } else {
                format!("until {until}")
            }
        }
        (Some(from), Some(until)) => format!("{from} – {until}"),
    }
}

/// A field of an item as people read it: `answer_brief` is 简短回答.
pub fn field_name(field: &str, language: Language) -> String {
    let name = field.split('[').next().unwrap_or(field);
    let place = field.split(['[', ']']).nth(1);
    let label = match (language.0, Column::from_name(name)) {
        (Locale::Chinese, Some(column)) => column.label().to_owned(),
        _ => name.replace('_', " "),
    };
    match place.and_then(|place| place.parse::<usize>().ok()) {
        Some(place) => format!("{label} {}", place + 1),
        None => label,
    }
}

/// A field's value as people read it: names for ids; several for a list.
pub fn told(field: &str, value: FieldValue, names: &Names, language: Language) -> Vec<String> {
    let values = match value {
        FieldValue::Text(text) => text.into_iter().collect(),
        FieldValue::List(elements) => elements,
    };
    let tell = |text: String| {
        match field {
            "status" => Status::parse(&text).map(|status| status_name(status, language).to_owned()),
            "domain" => {
                KnowledgeDomain::parse(&text).map(|domain| domain_name(domain, language).to_owned())
            }
            "intent" => Intent::parse(&text).map(|intent| names.intent(Some(&intent))),
            "products" => Ok(match names.product(&text) {
                name if name == text => text.clone(),
                name => format!("{name} ({text})"),
            }),
            _ => Ok(text.clone()),
        }
        .unwrap_or(text)
    };
    values.into_iter().map(tell).collect()
}

/// Whose change it was, as people read it.
pub fn author(by: &str, language: Language) -> String {
    match by {
        "import" => language.say("文件导入", "File import").to_owned(),
        by => by.to_owned(),
    }
}

/// Where an item is shown. Two ids are those of pages: their items are shown
/// with their versions.
pub fn item_path(id: &str) -> String {
    let path = format!("/knowledge/{}", segment(id));
    match id {
        "new" | "import" => format!("{path}/versions"),
        _ => path,
    }
}

/// A page of an item's own: `edit`, `versions`.
pub fn page_of_item(id: &str, page: &str) -> String {
    format!("/knowledge/{}/{page}", segment(id))
}

/// The id in an address.
///
/// # Errors
/// When no item can have it.
pub fn id_of(text: &str) -> Result<KnowledgeId, ApiError> {
    KnowledgeId::parse(text).map_err(|_| ApiError::NotFound {
        what: "knowledge item",
    })
}

/// Whether the visitor may change knowledge.
pub fn may_keep<N: Needs>(visitor: &Visitor<N>) -> bool {
    visitor.person().role.scopes().contains(&Scope::Knowledge)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_item_stands_by_its_status_and_its_window() {
        let at = |second| Timestamp::from_second(second).expect("valid");
        let window = Window::new(Some(at(10)), Some(at(20))).expect("valid");
        let english = Language(Locale::English);
        for (status, second, text) in [
            (Status::Approved, 5, "Scheduled"),
            (Status::Approved, 15, "In effect"),
            (Status::Approved, 20, "Expired"),
            (Status::Draft, 15, "Draft"),
            (Status::Archived, 15, "Archived"),
        ] {
            assert_eq!(chip((status, window), at(second), english).text, text);
        }
    }

    #[test]
    fn no_item_is_hidden_by_a_page() {
        assert_eq!(item_path("a/b?"), "/knowledge/a%2Fb%3F");
        assert_eq!(item_path("new"), "/knowledge/new/versions");
        assert_eq!(page_of_item("import", "edit"), "/knowledge/import/edit");
    }

    #[test]
    fn fields_are_named_in_both_languages() {
        let names = |field| {
            [Locale::Chinese, Locale::English].map(|locale| field_name(field, Language(locale)))
        };
        assert_eq!(names("answer_brief"), ["简短回答", "answer brief"]);
        assert_eq!(names("phrasings[2]"), ["其他问法 3", "phrasings 3"]);
    }
}
