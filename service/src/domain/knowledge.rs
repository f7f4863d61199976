//! Knowledge items: what the shop knows, checked once where it comes in.

use std::collections::HashSet;
use std::fmt;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use zhiwen_models::text::Normalized;

use super::fault::{Fault, FieldError, Hint};
use super::ids::{ChannelId, KnowledgeId, ProductId};
use super::taxonomy::{Intent, KnowledgeDomain};
use super::text::Text;
use super::time::{Window, format_time, parse_time};

const MOST_TITLE_CHARACTERS: usize = 200;
const MOST_PHRASINGS: usize = 100;
const MOST_ANSWER_CHARACTERS: usize = 4_000;
const MOST_SOURCE_CHARACTERS: usize = 500;
const MOST_SCOPE: usize = 500;
const MOST_TAGS: usize = 32;
const MOST_TAG_CHARACTERS: usize = 40;

/// Where an item stands in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Being written; suggested to nobody.
    Draft,
    /// Suggested to agents within its window.
    Approved,
    /// Kept for the record; suggested to nobody.
    Archived,
}

impl Status {
    /// Every status, in the order of an item's life.
    pub const ALL: [Self; 3] = [Self::Draft, Self::Approved, Self::Archived];

    /// What people call it in Chinese.
    pub fn label(self) -> &'static str {
        match self {
            Self::Draft => "草稿",
            Self::Approved => "已审核",
            Self::Archived => "已归档",
        }
    }

    /// The status's name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Approved => "approved",
            Self::Archived => "archived",
        }
    }

    /// Reads a status's name, English or Chinese.
    ///
    /// # Errors
    /// When there is none of that name.
    pub fn parse(text: &str) -> Result<Self, Fault> {
        let text = text.trim().to_ascii_lowercase();
        if text.is_empty() {
            return Err(Fault::Missing);
        }
        let is_called = |status: &Self| [status.as_str(), status.label()].contains(&&*text);
        Self::ALL
            .into_iter()
            .find(is_called)
            .ok_or_else(|| Fault::Unknown {
                value: text.chars().take(40).collect(),
                expected: Hint::labelled(
                    &Self::ALL.map(|status| (status.as_str(), status.label())),
                ),
            })
    }
}

impl fmt::Display for Status {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// An item as it comes in over JSON or from a file: nothing is checked yet.
///
/// Every way in and out (API, CSV, XLSX, JSON Lines, Markdown) has these
/// fields under these names.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RawKnowledge {
    /// The shop's own stable id; made from the title when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "s-invoice-when")]
    pub id: Option<String>,
    /// `draft` (the default), `approved` or `archived`.
    #[serde(default)]
    #[schema(example = "approved")]
    pub status: Option<String>,
    /// `product`, `process` or `warehouse`.
    #[schema(example = "process")]
    pub domain: String,
    /// An intent of the taxonomy that belongs to the domain.
    #[serde(default)]
    #[schema(example = "process.invoice")]
    pub intent: Option<String>,
    /// The question as a buyer would ask it, at most 200 characters.
    #[schema(example = "发票什么时候开")]
    pub title: String,
    /// Other wordings of the question, at most 100 of 200 characters each.
    #[serde(default)]
    pub phrasings: Vec<String>,
    /// The answer in a sentence or two, at most 4,000 characters.
    #[serde(default)]
    pub answer_brief: Option<String>,
    /// The answer that advises, at most 4,000 characters.
    #[serde(default)]
    pub answer_consultative: Option<String>,
    /// The products it holds for; all when empty.
    #[serde(default)]
    pub products: Vec<String>,
    /// The channels it holds for; all when empty.
    #[serde(default)]
    pub channels: Vec<String>,
    /// The first moment it is in effect: RFC 3339, or local to the shop.
    #[serde(default)]
    #[schema(example = "2026-11-11 00:00")]
    pub valid_from: Option<String>,
    /// The first moment it is no longer in effect.
    #[serde(default)]
    pub valid_until: Option<String>,
    /// Where the fact stands.
    #[serde(default)]
    pub source: Option<String>,
    /// Free labels, at most 32.
    #[serde(default)]
    pub tags: Vec<String>,
}

/// What an item says, checked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KnowledgeContent {
    /// Where it stands in its life.
    pub status: Status,
    /// Who owns the answer.
    pub domain: KnowledgeDomain,
    /// What the question asks.
    pub intent: Option<Intent>,
    /// The question.
    pub title: String,
    /// Its other wordings.
    pub phrasings: Vec<String>,
    /// The answer in a sentence or two.
    pub answer_brief: Option<String>,
    /// The answer that advises.
    pub answer_consultative: Option<String>,
    /// The products it holds for; all when empty.
    pub products: Vec<ProductId>,
    /// The channels it holds for; all when empty.
    pub channels: Vec<ChannelId>,
    /// When it is in effect.
    pub window: Window,
    /// Where the fact stands.
    pub source: Option<String>,
    /// Free labels.
    pub tags: Vec<String>,
}

/// An item at one version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnowledgeItem {
    /// Its id.
    pub id: KnowledgeId,
    /// 1 for the first, one more with each change.
    pub version: u32,
    /// What it says.
    pub content: KnowledgeContent,
    /// When the first version came.
    pub created_at: Timestamp,
    /// When this version came.
    pub updated_at: Timestamp,
    /// Who made this version: a key's prefix, `import`, a user.
    pub updated_by: String,
}

impl KnowledgeContent {
    /// Checks `raw`, whose local times are in `zone`.
    ///
    /// # Errors
    /// Every fault, by the name of its field.
    pub fn parse(raw: &RawKnowledge, zone: &TimeZone) -> Result<Self, Vec<FieldError>> {
        let mut errors = Vec::new();
        let mut keep = |field: &str, fault: Fault| errors.push(FieldError::new(field, fault));

        let status = optional(raw.status.as_deref())
            .map_or(Ok(Status::Draft), Status::parse)
            .map_err(|fault| keep("status", fault));
        let domain = KnowledgeDomain::parse(&raw.domain).map_err(|fault| keep("domain", fault));
        let intent = optional(raw.intent.as_deref())
            .map(Intent::parse)
            .transpose()
            .map_err(|fault| keep("intent", fault));
        if let (Ok(Some(intent)), Ok(domain)) = (&intent, &domain)
            && !intent.is_of(*domain)
        {
            let (intent, domain) = (intent.as_str().to_owned(), domain.to_string());
            keep("intent", Fault::IntentOutsideDomain { intent, domain });
        }
        let title =
            Text::line(&raw.title, MOST_TITLE_CHARACTERS).map_err(|fault| keep("title", fault));
        let answer_brief =
            answer(raw.answer_brief.as_deref()).map_err(|fault| keep("answer_brief", fault));
        let answer_consultative = answer(raw.answer_consultative.as_deref())
            .map_err(|fault| keep("answer_consultative", fault));
        if let (Ok(Status::Approved), Ok(None), Ok(None)) =
            (&status, &answer_brief, &answer_consultative)
        {
            keep("answer_brief", Fault::NoAnswer);
        }
        let window = parse_window(raw, zone, &mut errors);
        let source = optional(raw.source.as_deref())
            .map(|source| Text::line(source, MOST_SOURCE_CHARACTERS))
            .transpose()
            .map_err(|fault| errors.push(FieldError::new("source", fault)));
        let phrasings = parse_phrasings(raw, &mut errors);
        let products = parse_scope("products", &raw.products, ProductId::parse, &mut errors);
        let channels = parse_scope("channels", &raw.channels, ChannelId::parse, &mut errors);
        let tags = parse_tags(&raw.tags, &mut errors);

        match (
            status,
            domain,
            intent,
            title,
            answer_brief,
            answer_consultative,
            window,
            source,
        ) {
            (
                Ok(status),
                Ok(domain),
                Ok(intent),
                Ok(title),
                Ok(answer_brief),
                Ok(answer_consultative),
                Some(window),
                Ok(source),
            ) if errors.is_empty() => Ok(Self {
                status,
                domain,
                intent,
                title,
                phrasings,
                answer_brief,
                answer_consultative,
                products,
                channels,
                window,
                source,
                tags,
            }),
            _ => Err(errors),
        }
    }

    /// The content as it goes out, times local to `zone`; parses back to itself.
    pub fn to_raw(&self, id: &KnowledgeId, zone: &TimeZone) -> RawKnowledge {
        let time = |time: Option<Timestamp>| time.map(|time| format_time(time, zone));
        RawKnowledge {
            id: Some(id.to_string()),
            status: Some(self.status.to_string()),
            domain: self.domain.to_string(),
            intent: self.intent.clone().map(String::from),
            title: self.title.clone(),
            phrasings: self.phrasings.clone(),
            answer_brief: self.answer_brief.clone(),
            answer_consultative: self.answer_consultative.clone(),
            products: self.products.iter().map(ToString::to_string).collect(),
            channels: self.channels.iter().map(ToString::to_string).collect(),
            valid_from: time(self.window.from),
            valid_until: time(self.window.until),
            source: self.source.clone(),
            tags: self.tags.clone(),
        }
    }
}

/// The id of an item that came without one: the same title gives the same id,
/// so that a file without ids can be imported again.
///
/// # Errors
/// When the title is blank.
pub fn id_from_title(title: &str) -> Result<KnowledgeId, Fault> {
    use sha2::{Digest, Sha256};
    let normalized = Normalized::new(title);
    if normalized.is_empty() {
        return Err(Fault::Missing);
    }
    let digest = Sha256::digest(normalized.as_str().as_bytes());
    let hex: String = digest[..8]
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    KnowledgeId::parse(&format!("t-{hex}"))
}

fn optional(text: Option<&str>) -> Option<&str> {
    text.filter(|text| !text.trim().is_empty())
}

fn answer(text: Option<&str>) -> Result<Option<String>, Fault> {
    optional(text)
        .map(|text| Text::lines(text, MOST_ANSWER_CHARACTERS))
        .transpose()
}

fn parse_window(
    raw: &RawKnowledge,
    zone: &TimeZone,
    errors: &mut Vec<FieldError>,
) -> Option<Window> {
    let mut time = |field: &str, text: Option<&str>| {
        optional(text)
            .map(|text| parse_time(text, zone))
            .transpose()
            .map_err(|fault| errors.push(FieldError::new(field, fault)))
            .ok()
    };
    let from = time("valid_from", raw.valid_from.as_deref());
    let until = time("valid_until", raw.valid_until.as_deref());
    Window::new(from?, until?)
        .map_err(|fault| errors.push(FieldError::new("valid_until", fault)))
        .ok()
}

/// Phrasings that say the same as an earlier one or the title are dropped, not refused.
fn parse_phrasings(raw: &RawKnowledge, errors: &mut Vec<FieldError>) -> Vec<String> {
    if raw.phrasings.len() > MOST_PHRASINGS {
        let found = raw.phrasings.len();
        errors.push(FieldError::new(
            "phrasings",
            Fault::TooMany {
                most: MOST_PHRASINGS,
                found,
            },
        ));
    }
    let mut seen = HashSet::from([Normalized::new(&raw.title)]);
    let mut kept = Vec::new();
    for (at, phrasing) in raw.phrasings.iter().enumerate() {
        if phrasing.trim().is_empty() {
            continue;
        }
        match Text::line(phrasing, MOST_TITLE_CHARACTERS) {
            Ok(line) if seen.insert(Normalized::new(&line)) => kept.push(line),
            Ok(_) => {}
            Err(fault) => errors.push(FieldError::new(format!("phrasings[{at}]"), fault)),
        }
    }
    kept
}

fn parse_scope<Id: PartialEq>(
    field: &str,
    texts: &[String],
    parse: fn(&str) -> Result<Id, Fault>,
    errors: &mut Vec<FieldError>,
) -> Vec<Id> {
    if texts.len() > MOST_SCOPE {
        errors.push(FieldError::new(
            field,
            Fault::TooMany {
                most: MOST_SCOPE,
                found: texts.len(),
            },
        ));
    }
    let mut kept = Vec::new();
    for (at, text) in texts.iter().enumerate() {
        match parse(text) {
            Ok(id) if !kept.contains(&id) => kept.push(id),
            Ok(_) => {}
            Err(fault) => errors.push(FieldError::new(format!("{field}[{at}]"), fault)),
        }
    }
    kept
}

fn parse_tags(texts: &[String], errors: &mut Vec<FieldError>) -> Vec<String> {
    if texts.len() > MOST_TAGS {
        errors.push(FieldError::new(
            "tags",
            Fault::TooMany {
                most: MOST_TAGS,
                found: texts.len(),
            },
        ));
    }
    let mut kept: Vec<String> = Vec::new();
    for (at, text) in texts.iter().enumerate() {
        match Text::line(text, MOST_TAG_CHARACTERS) {
            // The bar parts tags in a file's cell.
            Ok(tag) if tag.contains('|') => {
                let fault = Fault::malformed("不含 | 的标签", "no |");
                errors.push(FieldError::new(format!("tags[{at}]"), fault));
            }
            Ok(tag) if !kept.contains(&tag) => kept.push(tag),
            Ok(_) => {}
            Err(fault) => errors.push(FieldError::new(format!("tags[{at}]"), fault)),
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    fn valid() -> RawKnowledge {
        RawKnowledge {
            status: Some("approved".to_owned()),
            domain: "process".to_owned(),
            intent: Some("process.invoice".to_owned()),
            title: "发票什么时候开".to_owned(),
            phrasings: vec![
                "可以开发票吗".to_owned(),
                " ".to_owned(),
                "可以開發票吗".to_owned(),
            ],
            answer_brief: Some("签收后三天内开具。".to_owned()),
            valid_from: Some("2026-11-11 00:00".to_owned()),
            tags: vec!["发票".to_owned()],
            ..RawKnowledge::default()
        }
    }

    fn check(change: impl Fn(&mut RawKnowledge), field: &str) {
        let mut raw = valid();
        change(&mut raw);
        let errors = KnowledgeContent::parse(&raw, &TimeZone::UTC).expect_err(field);
        assert!(
            errors.iter().any(|error| error.field == field),
            "{field}: {errors:?}"
        );
    }

    #[test]
    fn accepts_and_gives_back_the_same() {
        let zone = TimeZone::get("Asia/Shanghai").expect("bundled");
        let content = KnowledgeContent::parse(&valid(), &zone).expect("valid");
        assert_eq!(content.phrasings, ["可以开发票吗"]);
        let id = KnowledgeId::parse("k").expect("valid");
        let again = KnowledgeContent::parse(&content.to_raw(&id, &zone), &zone);
        assert_eq!(again, Ok(content));
    }

    #[test]
    fn names_the_field_of_each_fault() {
        check(|raw| raw.title = " ".to_owned(), "title");
        check(|raw| raw.title = "a\u{7}b".to_owned(), "title");
        check(|raw| raw.title = "长".repeat(201), "title");
        check(|raw| raw.domain = "shop".to_owned(), "domain");
        check(
            |raw| raw.intent = Some("warehouse.courier".to_owned()),
            "intent",
        );
        check(|raw| raw.intent = Some("nothing".to_owned()), "intent");
        check(|raw| raw.answer_brief = None, "answer_brief");
        check(
            |raw| raw.answer_brief = Some("x".repeat(4001)),
            "answer_brief",
        );
        check(
            |raw| raw.valid_until = Some("2026-11-10".to_owned()),
            "valid_until",
        );
        check(|raw| raw.valid_from = Some("soon".to_owned()), "valid_from");
        check(|raw| raw.products = vec!["a b".to_owned()], "products[0]");
        check(|raw| raw.tags = vec!["a|b".to_owned()], "tags[0]");
        check(
            |raw| raw.phrasings = vec!["ok".to_owned(), "x".repeat(201)],
            "phrasings[1]",
        );
    }

    #[test]
    fn a_title_gives_a_stable_id() {
        assert_eq!(id_from_title("發票？"), id_from_title(" 发票? "));
        assert!(id_from_title(" ").is_err());
    }
}
