//! `/knowledge`: the shop's items as a list, or searched as agents search, with the score's parts.

use actix_web::{HttpResponse, web};
use askama::Template;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use zhiwen_models::privacy::mask;

use super::console::{Frame, Room, Visit};
use super::knowledge_search::{SearchView, Wanted, search};
use super::knowledge_view::{
    Chip, Choice, Group, Names, author, chip, domain_name, domains, item_path, may_keep, statuses,
    window,
};
use super::language::Language;
use super::lists::{Part, minute, place};
use super::page;
use super::questions_parts::number;
use crate::auth::{Fields, Searching};
use crate::domain::fault::{Fault, FieldError};
use crate::domain::ids::{ChannelId, ProductId};
use crate::domain::knowledge::{KnowledgeItem, Status};
use crate::domain::taxonomy::{Intent, KnowledgeDomain};
use crate::domain::text::Text;
use crate::domain::time::parse_time;
use crate::error::ApiError;
use crate::reports::Words;
use crate::state::AppState;
use crate::store::{KnowledgeFilter, KnowledgeOrder};

const ROWS: u32 = 50;
/// What the address calls the order by title; the usual one is by the last change.
const BY_TITLE: &str = "title";
const MOST_CHARACTERS: usize = 1_000;
/// Products that a row names before it counts.
const MOST_NAMED: usize = 2;

#[derive(Template)]
#[template(path = "knowledge.html")]
struct KnowledgePage {
    frame: Frame,
    may_keep: bool,
    filled: Filled,
    statuses: Vec<Choice>,
    domains: Vec<Choice>,
    intents: Vec<Group>,
    /// The time looked at in words; empty for now.
    as_of: String,
    /// The address of what agents find for the question now.
    as_agents: String,
    /// What has just been imported, in words.
    imported: String,
    list: Option<List>,
    search: Option<SearchView>,
}

/// What is in the fields of the form.
struct Filled {
    q: String,
    product: String,
    channel: String,
    as_of: String,
    is_more_open: bool,
    problems: Vec<(String, String)>,
}

struct List {
    rows: Vec<Row>,
    is_filtered: bool,
    /// How many items pass the filter.
    total: String,
    part: Part,
    /// What the address calls the order; empty for the usual one.
    order: &'static str,
    /// The addresses of the same list by title, and by the last change.
    by_title: String,
    by_change: String,
}

struct Row {
    path: String,
    id: String,
    title: String,
    phrasings: usize,
    domain: &'static str,
    intent: String,
    scope: String,
    window: String,
    chip: Chip,
    version: u32,
    at: String,
    by: String,
}

impl KnowledgePage {
    fn problem(&self, field: &str) -> &str {
        let problem = self.filled.problems.iter();
        let mut problem = problem.filter(|(found, _)| found == field);
        problem.next().map_or("", |(_, words)| words)
    }
}

/// What the address asks for.
#[derive(Default)]
struct Asked {
    text: Option<String>,
    status: Option<Status>,
    domain: Option<KnowledgeDomain>,
    intent: Option<Intent>,
    product: Option<ProductId>,
    channel: Option<ChannelId>,
    at: Option<Timestamp>,
    by_title: bool,
    errors: Vec<FieldError>,
}

impl Asked {
    fn parse(query: &Fields, zone: &TimeZone) -> Self {
        let mut errors = Vec::new();
        let asked = Self {
            text: part(query, "q", &mut errors, |text| {
                // People paste buyers' messages here.
                Text::lines(text, MOST_CHARACTERS).map(|text| mask(&text).into_string())
            }),
            status: part(query, "status", &mut errors, Status::parse),
            domain: part(query, "domain", &mut errors, KnowledgeDomain::parse),
            intent: part(query, "intent", &mut errors, Intent::parse),
            product: part(query, "product", &mut errors, ProductId::parse),
            channel: part(query, "channel", &mut errors, ChannelId::parse),
            at: part(query, "as_of", &mut errors, |text| parse_time(text, zone)),
            by_title: query.get("sort") == BY_TITLE,
            ..Self::default()
        };
        Self { errors, ..asked }
    }

    fn is_filtered(&self) -> bool {
        self.status.is_some()
            || self.domain.is_some()
            || self.intent.is_some()
            || self.product.is_some()
            || self.channel.is_some()
    }

    /// The same as a filter of the list, from an item on.
    fn filter(&self, from: usize) -> KnowledgeFilter {
        KnowledgeFilter {
            status: self.status,
            domain: self.domain,
            intent: self.intent.clone().map(String::from),
            product: self.product.clone(),
            channel: self.channel.clone(),
            order: if self.by_title {
                KnowledgeOrder::Title
            } else {
                KnowledgeOrder::LastChange
            },
            skipped: u32::try_from(from).unwrap_or(u32::MAX),
            ..KnowledgeFilter::default()
        }
    }

    fn filled(&self, query: &Fields, zone: &TimeZone, language: Language) -> Filled {
        let local = |at: Timestamp| zone.to_datetime(at).strftime("%Y-%m-%dT%H:%M").to_string();
        let errors = self.errors.iter();
        Filled {
            q: query.get("q").to_owned(),
            product: query.get("product").to_owned(),
            channel: query.get("channel").to_owned(),
            as_of: self.at.map(local).unwrap_or_default(),
            is_more_open: ["product", "channel", "as_of"]
                .iter()
                .any(|name| !query.get(name).trim().is_empty()),
            problems: errors
                .map(|error| (error.field.clone(), error.fault.message(language.0)))
                .collect(),
        }
    }

    fn wanted(self, now: Timestamp) -> Option<Wanted> {
        // A time looked at is a look through the agents' eyes.
        let status = self.status.or(self.at.map(|_| Status::Approved));
        Some(Wanted {
            text: self.text?,
            status,
            domain: self.domain,
            intent: self.intent,
            product: self.product,
            channel: self.channel,
            at: self.at,
            shown_at: self.at.unwrap_or(now),
        })
    }
}

/// A part of the address where it is not blank; what is wrong with it is kept.
fn part<T>(
    query: &Fields,
    name: &str,
    errors: &mut Vec<FieldError>,
    parse: impl FnOnce(&str) -> Result<T, Fault>,
) -> Option<T> {
    let text = query.get(name);
    if text.trim().is_empty() {
        return None;
    }
    parse(text)
        .map_err(|fault| errors.push(FieldError::new(name, fault)))
        .ok()
}

/// `GET /knowledge`: a page of the list, or what is found for `q`.
///
/// # Errors
/// When the person may not search, the index is being built, or the store fails.
pub async fn show(
    visit: Visit<Searching>,
    state: web::Data<AppState>,
) -> Result<HttpResponse, ApiError> {
    let frame = visit.frame(&state, Room::Knowledge).await?;
    let (zone, now) = (frame.shop.zone(), state.clock.now());
    let names = Names::of(&state, visit.visitor.shop(), visit.language);
    let asked = Asked::parse(&visit.query, &zone);
    let mut template = KnowledgePage {
        may_keep: may_keep(&visit.visitor),
        filled: asked.filled(&visit.query, &zone, visit.language),
        statuses: statuses(visit.query.get("status"), visit.language),
        domains: domains(visit.query.get("domain"), visit.language),
        intents: names.intents(visit.query.get("intent")),
        as_of: asked.at.map(|at| minute(at, &zone)).unwrap_or_default(),
        as_agents: as_agents(&visit.query, now, &zone),
        imported: imported(&visit.query, visit.language),
        list: None,
        search: None,
        frame,
    };
    // Where something is wrong, that is said beside its field and nothing is shown.
    let is_valid = asked.errors.is_empty();
    if is_valid && asked.text.is_some() {
        let shop = visit.visitor.shop();
        if let Some(wanted) = asked.wanted(now) {
            template.search = Some(search(&state, shop, &names, (wanted, visit.language)).await?);
        }
    } else if is_valid {
        let at = asked.at.unwrap_or(now);
        let found = list(&visit, &state, &asked).await?;
        template.list = Some(found.shown(&names, (at, &zone), visit.language));
    }
    page(&template, visit.language)
}

/// A page of items before they are put in words.
struct Found {
    items: Vec<KnowledgeItem>,
    is_filtered: bool,
    part: Part,
    order: &'static str,
    by_title: String,
    by_change: String,
}

async fn list(
    visit: &Visit<Searching>,
    state: &AppState,
    asked: &Asked,
) -> Result<Found, ApiError> {
    let (shop, query) = (visit.visitor.shop(), &visit.query);
    let from = place(query);
    let filter = asked.filter(from);
    let items = state.store.list_knowledge(shop, &filter, ROWS).await?;
    let total = state.store.count_knowledge(shop, &filter).await?;
    let total = usize::try_from(total).unwrap_or(usize::MAX);
    let order = if asked.by_title { BY_TITLE } else { "" };
    Ok(Found {
        items,
        is_filtered: asked.is_filtered(),
        part: Part::of(&address(query, order), from, ROWS as usize, total),
        order,
        by_title: address(query, BY_TITLE),
        by_change: address(query, ""),
    })
}

impl Found {
    fn shown(self, names: &Names, at: (Timestamp, &TimeZone), language: Language) -> List {
        let items = self.items.into_iter();
        List {
            rows: items.map(|item| row(item, names, at, language)).collect(),
            is_filtered: self.is_filtered,
            total: number(self.part.total as u64),
            part: self.part,
            order: self.order,
            by_title: self.by_title,
            by_change: self.by_change,
        }
    }
}

fn row(
    item: KnowledgeItem,
    names: &Names,
    (at, zone): (Timestamp, &TimeZone),
    language: Language,
) -> Row {
    let content = item.content;
    let products: Vec<&str> = content.products.iter().map(ProductId::as_str).collect();
    let channels: Vec<&str> = content.channels.iter().map(ChannelId::as_str).collect();
    Row {
        path: item_path(item.id.as_str()),
        id: item.id.to_string(),
        phrasings: content.phrasings.len(),
        domain: domain_name(content.domain, language),
        intent: names.intent(content.intent.as_ref()),
        scope: scope(names, &products, &channels, language),
        window: window(content.window, zone, language),
        chip: chip((content.status, content.window), at, language),
        title: content.title,
        version: item.version,
        at: minute(item.updated_at, zone),
        by: author(&item.updated_by, language),
    }
}

/// What an item holds for, in short; empty where it holds for all.
fn scope(names: &Names, products: &[&str], channels: &[&str], language: Language) -> String {
    let mut named: Vec<String> = products
        .iter()
        .take(MOST_NAMED)
        .map(|id| names.product(id))
        .collect();
    let more = products.len().saturating_sub(MOST_NAMED);
    if more > 0 {
        named.push(if language.is_chinese() {
            format!("等 {} 个商品", products.len())
        } else {
            format!("{more} more")
        });
    }
    let words = Words(language.0);
    let channels = channels.iter().map(|id| words.channel(id).to_owned());
    named.extend(channels);
    named.join(" · ")
}

/// The list with the same filter from its beginning, in an order.
fn address(query: &Fields, order: &str) -> String {
    let mut address = form_urlencoded::Serializer::for_suffix("/knowledge?".to_owned(), 11);
    for name in ["status", "domain", "intent", "product", "channel", "as_of"] {
        let value = query.get(name);
        if !value.is_empty() {
            address.append_pair(name, value);
        }
    }
    if !order.is_empty() {
        address.append_pair("sort", order);
    }
    address.finish().trim_end_matches('?').to_owned()
}

/// The same search through the agents' eyes, now.
fn as_agents(query: &Fields, now: Timestamp, zone: &TimeZone) -> String {
    let mut address = form_urlencoded::Serializer::for_suffix("/knowledge?".to_owned(), 11);
    for name in ["q", "product", "channel"] {
        let value = query.get(name);
        if !value.is_empty() {
            address.append_pair(name, value);
        }
    }
    address.append_pair("as_of", &minute(now, zone));
    address.finish()
}

/// What an import has done, as the address says after one.
fn imported(query: &Fields, language: Language) -> String {
    if query.get("done") != "imported" {
        return String::new();
    }
    let count = |name: &str| query.get(name).parse::<u64>().unwrap_or(0);
    let [added, changed, unchanged, refused] =
        ["added", "changed", "unchanged", "refused"].map(count);
    let unregistered = match (count("unregistered"), language.is_chinese()) {
        (0, _) => String::new(),
        (products, true) => {
            format!("其中 {products} 个适用商品还没有登记，买家提到时认不出来。")
        }
        (products, false) => format!(
            " {products} of the products named are not registered and will not be recognised."
        ),
    };
    let done = if language.is_chinese() {
        format!(
            "导入完成：新增 {added} 条，更改 {changed} 条，未变 {unchanged} 条，跳过 {refused} 行。"
        )
    } else {
        format!(
            "Imported: {added} added, {changed} changed, {unchanged} unchanged, {refused} skipped."
        )
    };
    done + &unregistered
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_says_what_is_asked_and_what_is_wrong() {
        let query = Fields::parse(b"q=+&status=draft&as_of=2026-11-11T00:05&intent=nothing");
        let asked = Asked::parse(&query, &TimeZone::UTC);
        assert_eq!((asked.text, asked.status), (None, Some(Status::Draft)));
        assert!(asked.at.is_some());
        let fields: Vec<&str> = asked
            .errors
            .iter()
            .map(|error| error.field.as_str())
            .collect();
        assert_eq!(fields, ["intent"]);
    }

    #[test]
    fn another_order_keeps_the_filter_and_begins_anew() {
        let query = Fields::parse(b"status=draft&product=a%2Fb&from=50&sort=title&q=");
        let expected = "/knowledge?status=draft&product=a%2Fb";
        assert_eq!(address(&query, ""), expected);
        assert_eq!(address(&query, BY_TITLE), format!("{expected}&sort=title"));
        assert_eq!(address(&Fields::default(), ""), "/knowledge");
    }

    #[test]
    fn a_list_begins_with_the_last_change() {
        let asked = |query: &[u8]| Asked::parse(&Fields::parse(query), &TimeZone::UTC);
        let filter = asked(b"sort=nothing").filter(0);
        assert_eq!(filter.order, KnowledgeOrder::LastChange);
        let filter = asked(b"sort=title&product=k2&channel=taobao").filter(50);
        assert_eq!(filter.order, KnowledgeOrder::Title);
        assert_eq!((filter.skipped, filter.after), (50, None));
        assert!(filter.product.is_some() && filter.channel.is_some());
        assert!(asked(b"channel=taobao").is_filtered());
    }

    #[test]
    fn a_look_at_a_time_is_through_the_agents_eyes() {
        let query = Fields::parse(b"q=x&as_of=2026-11-11");
        let asked = Asked::parse(&query, &TimeZone::UTC);
        let wanted = asked.wanted(Timestamp::UNIX_EPOCH).expect("a question");
        assert_eq!(wanted.status, Some(Status::Approved));
        let asked = Asked::parse(&Fields::parse(b"q=x"), &TimeZone::UTC);
        let wanted = asked.wanted(Timestamp::UNIX_EPOCH).expect("a question");
        assert_eq!((wanted.status, wanted.at), (None, None));
    }
}
