//! `GET /try`: a person plays the buyer and sees what the agent would see.

use actix_web::{HttpResponse, web};
use askama::Template;

use super::console::{Frame, Room, Visit};
use super::knowledge_view::Names;
use super::language::Language;
use super::page;
use crate::auth::Suggesting;
use crate::domain::knowledge::Status;
use crate::domain::shop::Product;
use crate::domain::taxonomy::Intent;
use crate::error::ApiError;
use crate::state::AppState;
use crate::store::KnowledgeFilter;

/// Questions that are offered.
const MOST_EXAMPLES: u32 = 8;

/// Products that are offered.
const MOST_PRODUCTS: usize = 200;

/// The page. All that changes on it is done by `try.js` over the public API.
#[derive(Template)]
#[template(path = "try.html")]
struct TryPage {
    frame: Frame,
    language: Language,
    /// What buyers may say.
    examples: Vec<String>,
    products: Vec<Product>,
    /// The ids of what may be asked, and of small talk, with their names.
    intents: Vec<(String, String)>,
    /// The IANA name of the shop's time zone.
    time_zone: String,
}

/// The try page, with questions that the shop's own items answer, and one that
/// none should.
///
/// # Errors
/// When the person is not signed in or the store fails.
pub async fn show(
    visit: Visit<Suggesting>,
    state: web::Data<AppState>,
) -> Result<HttpResponse, ApiError> {
    let shop = visit.visitor.shop();
    let filter = KnowledgeFilter {
        status: Some(Status::Approved),
        ..KnowledgeFilter::default()
    };
    let items = state
        .store
        .list_knowledge(shop, &filter, MOST_EXAMPLES)
        .await?;
    let wordings = items.into_iter().map(|item| {
        let content = item.content;
        content
            .phrasings
            .into_iter()
            .next()
            .unwrap_or(content.title)
    });
    let off_topic = visit.language.say("你们招不招代理", "Are you hiring?");
    let mut products = state.store.vocabulary(shop).await?.products;
    products.truncate(MOST_PRODUCTS);
    let frame = visit.frame(&state, Room::Try).await?;
    let template = TryPage {
        intents: intents(&Names::of(&state, shop, visit.language)),
        time_zone: frame.shop.zone().iana_name().unwrap_or("UTC").to_owned(),
        frame,
        language: visit.language,
        examples: wordings.chain([off_topic.to_owned()]).collect(),
        products,
    };
    page(&template, visit.language)
}

fn intents(names: &Names) -> Vec<(String, String)> {
    let asked = names
        .intents("")
        .into_iter()
        .flat_map(|group| group.choices);
    let asked = asked.map(|choice| (choice.value, choice.name));
    let small_talk = Intent::built_in()
        .map(|(intent, _)| intent)
        .filter(|intent| intent.domain().is_none())
        .map(|intent| (intent.as_str().to_owned(), names.intent(Some(&intent))));
    asked.chain(small_talk).collect()
}
