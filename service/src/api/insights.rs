//! Insights: the consumer profile, consumers' tags, actions, and the policy of figures.

use std::collections::BTreeSet;

use actix_web::{HttpRequest, HttpResponse, web};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::answering::pseudonym::pseudonym;
use crate::api::json::{Json, Query};
use crate::api::path::Id;
use crate::auth::{Administering, Caller, ReadingInsights, Supervising, audit};
use crate::domain::fault::{Fault, FieldError, Hint};
use crate::domain::ids::{ActionId, ClusterId, ShopId};
use crate::domain::policy::ListeningPolicy;
use crate::domain::queue::{Action, ActionChange, ActionKind, Tag};
use crate::domain::shop::Product;
use crate::domain::suggestion::Pseudonym;
use crate::domain::text::Text;
use crate::domain::time::parse_time;
use crate::error::ApiError;
use crate::insights::profile::{Group, Profile, profile as make_profile};
use crate::insights::report::last_days;
use crate::insights::tags::tags_of_buyer;
use crate::pool::aside;
use crate::state::AppState;
use crate::store::{Decision, Period, StoreError};

const MOST_DAYS: i64 = 366;
const MOST_TAGS: usize = 50;
const MOST_CATEGORIES_NAMED: usize = 10;
const MOST_NOTE_CHARACTERS: usize = 500;
const MOST_CONSUMER_CHARACTERS: usize = 200;

/// Which group of buyers.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ProfileParams {
    /// Only questions about this product: one of the shop's, or that questions name.
    pub product: Option<String>,
    /// Only questions about products of this category; not looked at where `product` is given.
    pub category: Option<String>,
    /// Only buyers with this tag: the shop's own, live or modelled.
    pub tag: Option<String>,
    /// Questions of the last so many days, 1 to 366; 28 when absent.
    pub days: Option<i64>,
}

/// What a group of buyers asks, against the shop. Small groups are not shown.
#[utoipa::path(get, path = "/v1/profile", operation_id = "read_profile", tag = "insights", security(("key" = ["insights", "supervise"])), params(ProfileParams),
    responses((status = 200, body = Profile), (status = "default", description = "A problem", body = crate::error::Problem)))]
pub async fn profile(
    caller: Caller<ReadingInsights>,
    state: web::Data<AppState>,
    params: Query<ProfileParams>,
) -> Result<HttpResponse, ApiError> {
    let params = params.0;
    let days = params.days.unwrap_or(28);
    if !(1..=MOST_DAYS).contains(&days) {
        return Err(ApiError::field(FieldError::new(
            "days",
            Fault::outside(1, MOST_DAYS),
        )));
    }
    let products = match (params.product, &params.category) {
        (Some(product), _) => vec![known_product(&state, &caller.shop, product).await?],
        (None, Some(category)) => products_of(&state, &caller.shop, category).await?,
        (None, None) => Vec::new(),
    };
    let group = Group {
        period: last_days(days, state.clock.now()),
        products,
        tag: params.tag,
    };
    let profile = make_profile(state.desk(), &caller.shop, group).await?;
    Ok(HttpResponse::Ok().json(profile.as_ref()))
}

/// A product that the shop has, or that some question names.
async fn known_product(
    state: &AppState,
    shop: &ShopId,
    product: String,
) -> Result<String, ApiError> {
    let ledger = state.listening.ledger(shop).await?;
    if ledger.products.find(&product).is_some() {
        return Ok(product);
    }
    let vocabulary = state.store.vocabulary(shop).await?;
    let mut products = vocabulary.products.iter();
    if products.any(|known| known.id.as_str() == product) {
        return Ok(product);
    }
    let fault = Fault::Unknown {
        value: product.chars().take(40).collect(),
        expected: Hint::new(
            "店铺里某个商品的编号",
            "the id of one of the shop's products",
        ),
    };
    Err(ApiError::field(FieldError::new("product", fault)))
}

async fn products_of(
    state: &AppState,
    shop: &ShopId,
    category: &str,
) -> Result<Vec<String>, ApiError> {
    let vocabulary = state.store.vocabulary(shop).await?;
    let products: Vec<String> = vocabulary
        .products
        .iter()
        .filter(|product| product.category.as_deref() == Some(category))
        .map(|product| product.id.to_string())
        .collect();
    if products.is_empty() {
        let fault = Fault::Unknown {
            value: category.chars().take(40).collect(),
            expected: some_categories(&vocabulary.products),
        };
        return Err(ApiError::field(FieldError::new("category", fault)));
    }
    Ok(products)
}

/// The first categories that products are of.
fn some_categories(products: &[Product]) -> Hint {
    let categories: BTreeSet<&str> = products
        .iter()
        .filter_map(|product| product.category.as_deref())
        .collect();
    if categories.is_empty() {
        return Hint::new("商品的类目", "the category of a product");
    }
    let some: Vec<&str> = categories.into_iter().take(MOST_CATEGORIES_NAMED).collect();
    Hint::names(&some)
}

/// A consumer's tags.
#[derive(Debug, Serialize, ToSchema)]
pub struct TagsResponse {
    /// The consumer's pseudonym in this shop.
    pub consumer: String,
    /// The tags, each with its source: `raw` from the shop, `live` from what
    /// was asked in the last seven days, `modelled` from all that was asked.
    pub tags: Vec<Tag>,
}

/// Tags that the shop gives a consumer; they take the place of those before.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TagsRequest {
    /// At most 50 of 40 characters each.
    pub tags: Vec<String>,
}

/// What is known of a consumer, by the platform's id.
#[utoipa::path(get, path = "/v1/consumers/{id}/tags", operation_id = "read_consumer_tags", tag = "insights", security(("key" = ["insights", "supervise"])),
    params(("id" = String, Path, description = "The consumer's id on the platform")),
    responses((status = 200, body = TagsResponse), (status = "default", description = "A problem", body = crate::error::Problem)))]
pub async fn read_tags(
    caller: Caller<ReadingInsights>,
    state: web::Data<AppState>,
    id: Id<OutsideId>,
) -> Result<HttpResponse, ApiError> {
    let consumer = consumer(&state, &caller.shop, &id.0).await?;
    let tags = tags(&state, &caller.shop, consumer).await?;
    Ok(HttpResponse::Ok().json(tags))
}

/// Says what the shop knows of a consumer.
#[utoipa::path(put, path = "/v1/consumers/{id}/tags", operation_id = "replace_consumer_tags", tag = "insights", security(("key" = ["admin"])),
    params(("id" = String, Path, description = "The consumer's id on the platform")), request_body = TagsRequest,
    responses((status = 200, body = TagsResponse), (status = "default", description = "A problem", body = crate::error::Problem)))]
pub async fn put_tags(
    caller: Caller<Administering>,
    state: web::Data<AppState>,
    id: Id<OutsideId>,
    body: Json<TagsRequest>,
) -> Result<HttpResponse, ApiError> {
    let found = body.value.tags.len();
    if found > MOST_TAGS {
        let most = MOST_TAGS;
        let fault = Fault::TooMany { most, found };
        return Err(ApiError::field(FieldError::new("tags", fault)));
    }
    let mut raw = Vec::with_capacity(found);
    for (place, tag) in body.value.tags.iter().enumerate() {
        let fault = |fault| ApiError::field(FieldError::new(format!("tags[{place}]"), fault));
        raw.push(Tag::raw(tag).map_err(fault)?);
    }
    let consumer = consumer(&state, &caller.shop, &id.0).await?;
    let now = state.clock.now();
    let store = state.store.as_ref();
    store.put_tags(&caller.shop, &consumer, &raw, now).await?;
    let tags = tags(&state, &caller.shop, consumer).await?;
    Ok(HttpResponse::Ok().json(tags))
}

/// An id of the chat platform's, as it stands in an address.
pub struct OutsideId(String);

impl TryFrom<String> for OutsideId {
    type Error = Fault;

    fn try_from(text: String) -> Result<Self, Fault> {
        Text::line(&text, MOST_CONSUMER_CHARACTERS).map(Self)
    }
}

async fn consumer(
    state: &AppState,
    shop: &ShopId,
    id: &OutsideId,
) -> Result<Pseudonym, StoreError> {
    let shop = state.shop(shop).await?;
    Ok(pseudonym(&shop.secret, "consumer", &id.0))
}

async fn tags(
    state: &AppState,
    shop: &ShopId,
    consumer: Pseudonym,
) -> Result<TagsResponse, ApiError> {
    let mut tags = state.store.tags(shop, &consumer).await?;
    let ledger = state.listening.ledger(shop).await?;
    let (buyer, now) = (consumer.0.clone(), state.clock.now());
    tags.extend(aside(async move { tags_of_buyer(&ledger, &buyer, now) }).await?);
    Ok(TagsResponse {
        consumer: consumer.0,
        tags,
    })
}

/// Something that somebody changed because of a question.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ActionRequest {
    /// The question: a cluster's id.
    pub cluster_id: String,
    /// What was changed.
    pub kind: ActionKind,
    /// In your words, at most 500 characters.
    #[schema(example = "详情页加了一张洗碗机图标")]
    pub note: String,
    /// When it took effect: RFC 3339, or local to the shop, not in the future; now when absent.
    #[serde(default)]
    pub at: Option<String>,
}

/// An action on record.
#[derive(Debug, Serialize, ToSchema)]
pub struct ActionResponse {
    /// Its id.
    pub id: String,
    /// The question.
    pub cluster_id: String,
    /// What was changed.
    pub kind: ActionKind,
    /// In people's words.
    pub note: String,
    /// When it took effect.
    #[schema(value_type = String)]
    pub at: Timestamp,
    /// Who said so.
    pub by: String,
}

/// Actions of half a year.
#[derive(Debug, Serialize, ToSchema)]
pub struct ActionsResponse {
    /// Newest first.
    pub actions: Vec<ActionResponse>,
}

/// Keeps what was changed because of a question; the weekly insights say what became of it.
#[utoipa::path(post, path = "/v1/actions", operation_id = "add_action", tag = "insights", security(("key" = ["supervise"])), request_body = ActionRequest,
    responses((status = 201, body = ActionResponse), (status = "default", description = "A problem", body = crate::error::Problem)))]
pub async fn add_action(
    caller: Caller<Supervising>,
    state: web::Data<AppState>,
    body: Json<ActionRequest>,
) -> Result<HttpResponse, ApiError> {
    let action = action(&caller, &state, body.value).await?;
    let ledger = state.listening.ledger(&caller.shop).await?;
    if ledger.cluster(action.cluster).is_none() {
        return Err(ApiError::NotFound { what: "cluster" });
    }
    state.store.add_action(&caller.shop, &action).await?;
    Ok(HttpResponse::Created().json(ActionResponse::from(action)))
}

async fn action(
    caller: &Caller<Supervising>,
    state: &AppState,
    request: ActionRequest,
) -> Result<Action, ApiError> {
    let fault = |field: &'static str| move |fault| ApiError::field(FieldError::new(field, fault));
    let now = state.clock.now();
    let zone = state.shop(&caller.shop).await?.zone();
    let at = request.at.as_deref().map_or(Ok(now), |at| {
        parse_time(at, &zone).and_then(|at| Action::since(at, now))
    });
    Ok(Action {
        id: ActionId::make(),
        cluster: ClusterId::parse(&request.cluster_id).map_err(fault("cluster_id"))?,
        kind: request.kind,
        note: Text::line(&request.note, MOST_NOTE_CHARACTERS).map_err(fault("note"))?,
        at: at.map_err(fault("at"))?,
        by: caller.by.clone(),
        made_at: now,
    })
}

/// What to put right of an action; what is absent stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ActionPatchRequest {
    /// What was changed.
    #[serde(default)]
    pub kind: Option<ActionKind>,
    /// In your words, at most 500 characters.
    #[serde(default)]
    #[schema(example = "详情页加了一张洗碗机图标")]
    pub note: Option<String>,
    /// When it took effect: RFC 3339, or local to the shop, not in the future.
    #[serde(default)]
    pub at: Option<String>,
}

/// Puts right what was recorded of an action. Reports that are kept stay as they are.
#[utoipa::path(patch, path = "/v1/actions/{id}", operation_id = "change_action", tag = "insights", security(("key" = ["supervise"])),
    params(("id" = String, Path, description = "The action's id")), request_body = ActionPatchRequest,
    responses((status = 200, body = ActionResponse), (status = "default", description = "A problem", body = crate::error::Problem)))]
pub async fn change_action(
    caller: Caller<Supervising>,
    state: web::Data<AppState>,
    id: Id<ActionId>,
    body: Json<ActionPatchRequest>,
) -> Result<HttpResponse, ApiError> {
    let change = action_change(&caller, &state, body.value).await?;
    let changed = state
        .store
        .change_action(&caller.shop, id.0, &change)
        .await?;
    Ok(HttpResponse::Ok().json(ActionResponse::from(changed)))
}

async fn action_change(
    caller: &Caller<Supervising>,
    state: &AppState,
    request: ActionPatchRequest,
) -> Result<ActionChange, ApiError> {
    let fault = |field: &'static str| move |fault| ApiError::field(FieldError::new(field, fault));
    let now = state.clock.now();
    let zone = state.shop(&caller.shop).await?.zone();
    let note = request.note.as_deref();
    let note = note.map(|note| Text::line(note, MOST_NOTE_CHARACTERS));
    let at = request.at.as_deref();
    let at = at.map(|at| parse_time(at, &zone).and_then(|at| Action::since(at, now)));
    Ok(ActionChange {
        kind: request.kind,
        note: note.transpose().map_err(fault("note"))?,
        at: at.transpose().map_err(fault("at"))?,
    })
}

/// Deletes an action that was kept by mistake. Reports that are kept stay as they are.
#[utoipa::path(delete, path = "/v1/actions/{id}", operation_id = "delete_action", tag = "insights", security(("key" = ["supervise"])),
    params(("id" = String, Path, description = "The action's id")),
    responses((status = 204, description = "It is gone"), (status = "default", description = "A problem", body = crate::error::Problem)))]
pub async fn delete_action(
    caller: Caller<Supervising>,
    state: web::Data<AppState>,
    id: Id<ActionId>,
) -> Result<HttpResponse, ApiError> {
    state.store.delete_action(&caller.shop, id.0).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// What was changed of late because of questions.
#[utoipa::path(get, path = "/v1/actions", operation_id = "list_actions", tag = "insights", security(("key" = ["insights", "supervise"])),
    responses((status = 200, body = ActionsResponse), (status = "default", description = "A problem", body = crate::error::Problem)))]
pub async fn list_actions(
    caller: Caller<ReadingInsights>,
    state: web::Data<AppState>,
) -> Result<HttpResponse, ApiError> {
    let now = state.clock.now();
    let half_a_year = Period {
        until: Timestamp::MAX,
        ..last_days(183, now)
    };
    let actions = state.store.actions(&caller.shop, half_a_year).await?;
    let actions = actions.into_iter().map(ActionResponse::from).collect();
    Ok(HttpResponse::Ok().json(ActionsResponse { actions }))
}

impl From<Action> for ActionResponse {
    fn from(action: Action) -> Self {
        Self {
            id: action.id.to_string(),
            cluster_id: action.cluster.to_string(),
            kind: action.kind,
            note: action.note,
            at: action.at,
            by: action.by,
        }
    }
}

/// The policy that questions are counted by.
#[derive(Debug, Serialize, ToSchema)]
pub struct PolicyResponse {
    /// The version that figures name; 0 before anything was changed.
    pub version: u32,
    /// The policy.
    #[serde(flatten)]
    pub policy: ListeningPolicy,
}

/// By what questions are cut out of conversations and counted.
#[utoipa::path(get, path = "/v1/policies/listening", operation_id = "read_listening_policy", tag = "insights", security(("key" = ["insights", "supervise"])),
    responses((status = 200, body = PolicyResponse), (status = "default", description = "A problem", body = crate::error::Problem)))]
pub async fn read_policy(
    caller: Caller<ReadingInsights>,
    state: web::Data<AppState>,
) -> Result<HttpResponse, ApiError> {
    let (version, policy) = state.store.policy(&caller.shop).await?;
    Ok(HttpResponse::Ok().json(PolicyResponse { version, policy }))
}

/// Changes the policy, as its next version. All conversations are read again by
/// it, and all that is counted is counted by it; of a week that is over, the
/// revisions that are kept stay as they are, and a new one is made where its
/// questions are cut otherwise.
#[utoipa::path(put, path = "/v1/policies/listening", operation_id = "replace_listening_policy", tag = "insights", security(("key" = ["admin"])), request_body = ListeningPolicy,
    responses((status = 200, body = PolicyResponse), (status = "default", description = "A problem", body = crate::error::Problem)))]
pub async fn put_policy(
    caller: Caller<Administering>,
    state: web::Data<AppState>,
    body: Json<ListeningPolicy>,
    request: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    let policy = body.value;
    policy.check().map_err(ApiError::InvalidFields)?;
    let decision = Decision {
        by: &caller.by,
        at: state.clock.now(),
    };
    let store = state.store.as_ref();
    let version = store.put_policy(&caller.shop, &policy, decision).await?;
    audit::about(&request, version.to_string());
    Ok(HttpResponse::Ok().json(PolicyResponse { version, policy }))
}
