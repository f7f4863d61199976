//! `/v1/findings`: what contradicts, repeats and runs out in the shop's knowledge, and what of it is none.

use actix_web::{HttpResponse, web};
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::api::json::{Json, Query};
use crate::api::page::{self, Page};
use crate::api::path::Id;
use crate::auth::{Caller, ReviewingKnowledge};
use crate::domain::fault::{Fault, FieldError, Locale};
use crate::domain::suggestion::AnswerForm;
use crate::domain::text::Text;
use crate::domain::time::{format_time, parse_time};
use crate::error::ApiError;
use crate::insights::figures::rounded_down;
use crate::insights::judged::judged;
use crate::insights::queues::Supervisor;
use crate::insights::review::review;
use crate::knowledge::findings::{Confidence, Detail, Finding, Kind, Shared, Side, Wanted};
use crate::state::AppState;

const USUAL_DAYS: u16 = 14;
const MOST_DAYS: u16 = 366;
const MOST_ID_CHARACTERS: usize = 40;

/// What to look for, and when.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct FindingsParams {
    /// `contradiction`, `duplicate` or `expiring`; all when absent.
    pub kind: Option<String>,
    /// How many days ahead an end is near, at most 366; 14 when absent.
    pub within_days: Option<u16>,
    /// The time to look from, RFC 3339 or local to the shop; now when absent.
    pub as_of: Option<String>,
    /// The language of `why`; the shop's when absent.
    pub locale: Option<Locale>,
    /// The most findings; 50 when absent.
    pub limit: Option<u32>,
    /// The `next_cursor` of the page before.
    pub cursor: Option<String>,
}

/// A page of findings: contradictions, then duplicates, then what runs out.
#[derive(Debug, Serialize, ToSchema)]
pub struct FindingsPage {
    /// How many there are on all pages.
    pub total: usize,
    /// The findings.
    pub items: Vec<FindingResponse>,
    /// What to hand in for the next page; absent on the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}

/// A finding.
#[derive(Debug, Serialize, ToSchema)]
pub struct FindingResponse {
    /// The same for the same items and attribute, whatever their versions; of a further clash about it, for the same values too.
    pub id: String,
    /// What it is.
    pub kind: Kind,
    /// How sure it is.
    pub confidence: Confidence,
    /// Why it is one, in words.
    pub why: String,
    /// What a contradiction is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "dispatch.duration")]
    pub attribute: Option<String>,
    /// How much alike two wordings of a duplicate are, 0 to 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub similarity: Option<f64>,
    /// When an item ends, local to the shop.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
    /// How many days of the shop's calendar are left: 0 for today, less once it is past.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub days_left: Option<i64>,
    /// The item, or the one with the lower id.
    pub first: FindingSide,
    /// The other item, or the same item's other answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub second: Option<FindingSide>,
    /// Where and when both items hold.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shared: Option<FindingScope>,
}

/// An item of a finding.
#[derive(Debug, Serialize, ToSchema)]
pub struct FindingSide {
    /// The item.
    pub knowledge_id: String,
    /// Its version.
    pub version: u32,
    /// Its title.
    pub title: String,
    /// Which of its answers says it, of a contradiction.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub form: Option<AnswerForm>,
    /// The value as it is written, or the wording that is repeated.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// The sentence that the value stands in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub excerpt: Option<String>,
}

/// Where and when both items hold.
#[derive(Debug, Serialize, ToSchema)]
pub struct FindingScope {
    /// The products of both; all when empty.
    pub products: Vec<String>,
    /// The channels of both; all when empty.
    pub channels: Vec<String>,
    /// The first moment of both, local to the shop.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub valid_from: Option<String>,
    /// The first moment that is no longer of both, local to the shop.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub valid_until: Option<String>,
}

/// What contradicts, repeats and runs out in the shop's approved knowledge, but
/// for what was dismissed of items that stand as they stood.
#[utoipa::path(get, path = "/v1/findings", operation_id = "list_findings", tag = "knowledge", security(("key" = ["knowledge", "supervise"])), params(FindingsParams),
    responses((status = 200, body = FindingsPage), (status = "default", description = "A problem", body = crate::error::Problem)))]
pub async fn list(
    caller: Caller<ReviewingKnowledge>,
    state: web::Data<AppState>,
    params: Query<FindingsParams>,
) -> Result<HttpResponse, ApiError> {
    let shop = state.shop(&caller.shop).await?;
    let limit = page::limit(params.0.limit, &state.settings)?;
    let from = page::cursor(params.0.cursor.as_deref(), |place| place.parse().ok())?;
    let locale = params.0.locale.unwrap_or(shop.locale);
    // What ends in between is told at most five minutes late.
    let now = rounded_down(state.clock.now());
    let wanted = wanted(params.0, shop.zone(), now)?;
    let found = review(state.desk(), &caller.shop, &wanted).await?;
    let found = judged(state.store.as_ref(), &caller.shop, found)
        .await?
        .open;
    let from = (from.unwrap_or(0), limit);
    Ok(HttpResponse::Ok().json(cut(&found, from, &wanted.zone, locale)))
}

/// A finding's id, as it stands in an address.
pub struct FindingId(String);

impl TryFrom<String> for FindingId {
    type Error = Fault;

    fn try_from(text: String) -> Result<Self, Fault> {
        Text::line(&text, MOST_ID_CHARACTERS).map(Self)
    }
}

/// Which versions of its items a finding was looked at in.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DismissRequest {
    /// The version of its `first` item.
    pub first_version: u32,
    /// The version of its `second` item.
    pub second_version: u32,
}

/// Says that two items do not contradict or repeat each other. The finding
/// stays away until either item changes.
#[utoipa::path(post, path = "/v1/findings/{id}/dismiss", operation_id = "dismiss_finding", tag = "knowledge", security(("key" = ["knowledge", "supervise"])),
    params(("id" = String, Path, description = "The finding's id")), request_body = DismissRequest,
    responses((status = 204, description = "It is off the list"), (status = "default", description = "A problem", body = crate::error::Problem)))]
pub async fn dismiss(
    caller: Caller<ReviewingKnowledge>,
    state: web::Data<AppState>,
    id: Id<FindingId>,
    body: Json<DismissRequest>,
) -> Result<HttpResponse, ApiError> {
    let desk = state.desk();
    let wanted = Wanted {
        kind: None,
        at: rounded_down(desk.now),
        within_days: USUAL_DAYS,
        zone: state.shop(&caller.shop).await?.zone(),
    };
    let found = review(desk, &caller.shop, &wanted).await?;
    let supervisor = Supervisor {
        desk,
        shop: &caller.shop,
        by: &caller.by,
    };
    let versions = (body.value.first_version, body.value.second_version);
    let dismissed = supervisor.dismiss_finding(&found, &id.0.0, versions);
    dismissed.await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Puts a finding that was dismissed back on the list.
#[utoipa::path(post, path = "/v1/findings/{id}/restore", operation_id = "restore_finding", tag = "knowledge", security(("key" = ["knowledge", "supervise"])),
    params(("id" = String, Path, description = "The finding's id")),
    responses((status = 204, description = "It is looked for again"), (status = "default", description = "A problem", body = crate::error::Problem)))]
pub async fn restore(
    caller: Caller<ReviewingKnowledge>,
    state: web::Data<AppState>,
    id: Id<FindingId>,
) -> Result<HttpResponse, ApiError> {
    let store = state.store.as_ref();
    store.restore_finding(&caller.shop, &id.0.0).await?;
    Ok(HttpResponse::NoContent().finish())
}

fn wanted(
    params: FindingsParams,
    zone: TimeZone,
    now: jiff::Timestamp,
) -> Result<Wanted, ApiError> {
    let at = |field: &'static str| move |fault| ApiError::field(FieldError::new(field, fault));
    let within_days = params.within_days.unwrap_or(USUAL_DAYS);
    if within_days > MOST_DAYS {
        return Err(at("within_days")(Fault::outside(0, MOST_DAYS)));
    }
    let kind = params.kind.as_deref().map(Kind::parse).transpose();
    let time = params.as_of.as_deref().map(|time| parse_time(time, &zone));
    Ok(Wanted {
        kind: kind.map_err(at("kind"))?,
        at: time.transpose().map_err(at("as_of"))?.unwrap_or(now),
        within_days,
        zone,
    })
}

fn cut(
    found: &[Finding],
    (from, limit): (usize, u32),
    zone: &TimeZone,
    locale: Locale,
) -> FindingsPage {
    let total = found.len();
    let rest = found.iter().enumerate().skip(from);
    let rest = rest.take((limit as usize).saturating_add(1)).collect();
    // A cursor is the place of the first finding that was not shown.
    let page = Page::cut(rest, limit, |(place, _): &(usize, &Finding)| {
        (place + 1).to_string()
    });
    let items = page.items.into_iter();
    FindingsPage {
        total,
        items: items
            .map(|(_, finding)| present(finding.clone(), zone, locale))
            .collect(),
        next_cursor: page.next_cursor,
    }
}

fn present(finding: Finding, zone: &TimeZone, locale: Locale) -> FindingResponse {
    let why = finding.why(locale);
    let kind = finding.detail.kind();
    let (mut attribute, mut similarity, mut until, mut days) = (None, None, None, None);
    match finding.detail {
        Detail::Contradiction {
            attribute: name, ..
        } => attribute = Some(name),
        Detail::Duplicate { similarity: value } => similarity = Some(value),
        Detail::Expiring {
            until: end,
            days_left,
            ..
        } => (until, days) = (Some(format_time(end, zone)), Some(days_left)),
    }
    FindingResponse {
        id: finding.id,
        kind,
        confidence: finding.confidence,
        why,
        attribute,
        similarity,
        until,
        days_left: days,
        first: side(finding.first),
        second: finding.second.map(side),
        shared: finding.shared.map(|shared| scope(shared, zone)),
    }
}

fn side(side: Side) -> FindingSide {
    FindingSide {
        knowledge_id: side.id.to_string(),
        version: side.version,
        title: side.title,
        form: side.form,
        value: side.value,
        excerpt: side.excerpt,
    }
}

fn scope(shared: Shared, zone: &TimeZone) -> FindingScope {
    let time = |time: Option<jiff::Timestamp>| time.map(|time| format_time(time, zone));
    FindingScope {
        products: shared.products.iter().map(ToString::to_string).collect(),
        channels: shared.channels.iter().map(ToString::to_string).collect(),
        valid_from: time(shared.window.from),
        valid_until: time(shared.window.until),
    }
}
