//! `/knowledge/{id}`: an item as it stands, as it stood, or as it will stand.

use actix_web::{HttpResponse, web};
use askama::Template;

use super::console::{Frame, Room, Visit};
use super::knowledge_view::{
    Chip, Names, author, chip, domain_name, id_of, may_keep, page_of_item, window,
};
use super::lists::minute;
use super::page;
use crate::auth::{Fields, Searching};
use crate::domain::fault::{Fault, FieldError};
use crate::domain::ids::ProductId;
use crate::domain::knowledge::Status;
use crate::domain::time::parse_time;
use crate::error::ApiError;
use crate::knowledge::products::{unknown_products, unknown_products_message};
use crate::knowledge::view::{View, Which, view};
use crate::reports::Words;
use crate::state::AppState;

#[derive(Template)]
#[template(path = "knowledge_item.html")]
struct ItemPage {
    frame: Frame,
    may_keep: bool,
    id: String,
    path: String,
    edit_path: String,
    versions_path: String,
    /// The time looked at, as its field has it; empty for now.
    as_of: String,
    /// What is wrong with that.
    problem: String,
    /// Whether this is a version that another has replaced.
    is_replaced: bool,
    /// What is to be told of products that the shop does not have; may be empty.
    unknown_products: String,
    item: ItemView,
}

/// An item in words.
struct ItemView {
    title: String,
    phrasings: Vec<String>,
    answer_brief: Option<String>,
    answer_consultative: Option<String>,
    domain: &'static str,
    intent: String,
    /// Ids and names.
    products: Vec<(String, String)>,
    channels: String,
    window: String,
    source: String,
    tags: Vec<String>,
    chip: Chip,
    is_in_effect: bool,
    is_approved: bool,
    version: u32,
    made_at: String,
    at: String,
    by: String,
}

/// `GET /knowledge/{id}`: as it stands, or at `as_of` or `version`.
///
/// # Errors
/// When the person may not search, there is no such item, or the store fails.
pub async fn show(
    visit: Visit<Searching>,
    state: web::Data<AppState>,
    path: web::Path<String>,
) -> Result<HttpResponse, ApiError> {
    let id = id_of(&path)?;
    let frame = visit.frame(&state, Room::Knowledge).await?;
    let (shop, language) = (visit.visitor.shop(), visit.language);
    let zone = frame.shop.zone();
    let now = state.clock.now();
    let (which, problem) = match which(&visit.query, &zone) {
        Ok(which) => (which, String::new()),
        Err(error) => (Which::Standing, error.fault.message(language.0)),
    };
    let store = state.store.as_ref();
    let found = view(store, shop, &id, which, now).await?;
    let (which, found, problem) = match (found, which) {
        // There was none then: what stands now is shown, and that is said.
        (None, Which::AsOf(_)) => {
            let problem = language.say("那时还没有这条知识", "this item did not exist yet");
            let found = view(store, shop, &id, Which::Standing, now).await?;
            (Which::Standing, found, problem.to_owned())
        }
        (found, which) => (which, found, problem),
    };
    let found = found.ok_or(ApiError::NotFound {
        what: "knowledge item",
    })?;
    let at = match which {
        Which::AsOf(at) => at,
        Which::Standing | Which::Version(_) => now,
    };
    let standing = store.knowledge(shop, &id).await?;
    let names = Names::of(&state, shop, language);
    let named = found.item.content.products.iter();
    let unknown = unknown_products(store, shop, named).await?;
    let template = ItemPage {
        unknown_products: unknown_products_message(&unknown, language.0).unwrap_or_default(),
        may_keep: may_keep(&visit.visitor),
        path: super::knowledge_view::item_path(id.as_str()),
        edit_path: page_of_item(id.as_str(), "edit"),
        versions_path: page_of_item(id.as_str(), "versions"),
        id: id.to_string(),
        as_of: match which {
            Which::AsOf(at) => {
                let local = zone.to_datetime(at);
                local.strftime("%Y-%m-%dT%H:%M").to_string()
            }
            Which::Standing | Which::Version(_) => String::new(),
        },
        problem,
        is_replaced: standing.is_some_and(|standing| standing.version != found.item.version),
        item: shown(found, &names, &frame, at),
        frame,
    };
    page(&template, language)
}

fn which(query: &Fields, zone: &jiff::tz::TimeZone) -> Result<Which, FieldError> {
    let (as_of, version) = (query.get("as_of"), query.get("version"));
    let at = |fault: Fault| FieldError::new("as_of", fault);
    match (as_of.trim(), version.parse::<u32>()) {
        ("", Ok(version)) => Ok(Which::Version(version)),
        ("", Err(_)) => Ok(Which::Standing),
        (time, _) => parse_time(time, zone).map(Which::AsOf).map_err(at),
    }
}

fn shown(found: View, names: &Names, frame: &Frame, at: jiff::Timestamp) -> ItemView {
    let View { item, in_effect } = found;
    let (content, language, zone) = (item.content, frame.language, frame.shop.zone());
    let words = Words(language.0);
    let channels = content.channels.iter();
    let channels: Vec<&str> = channels.map(|id| words.channel(id.as_str())).collect();
    let products = content.products.iter().map(ProductId::as_str);
    ItemView {
        domain: domain_name(content.domain, language),
        intent: names.intent(content.intent.as_ref()),
        products: products
            .map(|id| (id.to_owned(), names.product(id)))
            .collect(),
        channels: channels.join(" · "),
        window: window(content.window, &zone, language),
        chip: chip((content.status, content.window), at, language),
        is_in_effect: in_effect,
        is_approved: content.status == Status::Approved,
        title: content.title,
        phrasings: content.phrasings,
        answer_brief: content.answer_brief,
        answer_consultative: content.answer_consultative,
        source: content.source.unwrap_or_default(),
        tags: content.tags,
        version: item.version,
        made_at: minute(item.created_at, &zone),
        at: minute(item.updated_at, &zone),
        by: author(&item.updated_by, language),
    }
}
