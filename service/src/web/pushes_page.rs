//! `/insights/pushes`: where notices are pushed, and what became of each.

use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use jiff::tz::TimeZone;

use super::console::{Frame, Room, Visit, done};
use super::language::Language;
use super::lists::{leave_to, minute};
use super::page;
use crate::auth::{Administering, Fields, Form, Needs, ReadingPushes, audit};
use crate::domain::ids::{DeliveryId, PushId, ShopId};
use crate::domain::push::{Day, Delivery, DeliveryState, NoticeKind, PushKind, PushTarget};
use crate::error::ApiError;
use crate::notices::TestOutcome;
use crate::state::AppState;
use crate::store::DeliveryFilter;

/// The page's address.
pub(super) const PATH: &str = "/insights/pushes";

/// Deliveries on a page.
const DELIVERIES: u32 = 50;

/// The systems, as forms and people call them.
pub(super) const KINDS: [(PushKind, &str, [&str; 2]); 4] = [
    (
        PushKind::Feishu,
        "feishu",
        ["飞书群机器人", "Feishu group bot"],
    ),
    (
        PushKind::Dingtalk,
        "dingtalk",
        ["钉钉群机器人", "DingTalk group bot"],
    ),
    (
        PushKind::Wecom,
        "wecom",
        ["企业微信群机器人", "WeCom group bot"],
    ),
    (
        PushKind::Webhook,
        "webhook",
        ["Webhook（自己的程序）", "Webhook (a program)"],
    ),
];

/// The days of the week, as forms and people call them.
pub(super) const DAYS: [(Day, &str, [&str; 2]); 7] = [
    (Day::Monday, "monday", ["周一", "Monday"]),
    (Day::Tuesday, "tuesday", ["周二", "Tuesday"]),
    (Day::Wednesday, "wednesday", ["周三", "Wednesday"]),
    (Day::Thursday, "thursday", ["周四", "Thursday"]),
    (Day::Friday, "friday", ["周五", "Friday"]),
    (Day::Saturday, "saturday", ["周六", "Saturday"]),
    (Day::Sunday, "sunday", ["周日", "Sunday"]),
];

/// What the page says above the list, once.
#[derive(Default)]
pub(super) enum Said {
    /// Nothing but what the address says.
    #[default]
    Nothing,
    /// What the other side made of a test.
    Tested(Tested),
    /// The secret that was made for a new place, shown this once.
    Made {
        /// The place's name.
        name: String,
        /// The secret.
        secret: String,
    },
}

/// What the other side made of a test.
pub(super) struct Tested {
    name: String,
    /// Whether people read it, in a group; a program does otherwise.
    is_group: bool,
    is_delivered: bool,
    /// Why not, in words.
    reason: &'static str,
    /// The HTTP status; empty where there was no reply.
    status: String,
    /// The start of what it said.
    said: String,
}

#[derive(Template)]
#[template(path = "pushes.html")]
struct PushesPage {
    frame: Frame,
    said: Said,
    may_change: bool,
    places: Vec<Place>,
    deliveries: Vec<DeliveryRow>,
    /// The state that deliveries are filtered by; empty for all.
    state: &'static str,
    /// The address of older deliveries; empty where there are none.
    older: String,
}

struct Place {
    id: String,
    name: String,
    kind: &'static str,
    url: String,
    is_signed: bool,
    is_on: bool,
    /// What it is told.
    wants: String,
    /// When the digest comes; empty where it does not.
    schedule: String,
    /// The last week whose digest was handed in; empty where none ever came.
    last_week: String,
}

struct DeliveryRow {
    id: String,
    title: String,
    place: String,
    at: String,
    state: &'static str,
    /// The class of the chip.
    tone: &'static str,
    attempts: u32,
    /// When it is tried next; empty where it is not.
    next: String,
    failure: String,
    said: String,
    may_retry: bool,
}

/// `GET /insights/pushes`.
///
/// # Errors
/// When the store fails.
pub async fn list(
    visit: Visit<ReadingPushes>,
    state: web::Data<AppState>,
) -> Result<HttpResponse, ApiError> {
    render(&visit, &state, Said::Nothing).await
}

/// `POST /insights/pushes/{id}/test`: sends a test at once, and the page says
/// what the other side made of it.
///
/// # Errors
/// When there is no such place, or the store fails.
pub async fn test(
    visit: Visit<Administering>,
    state: web::Data<AppState>,
    (path, request): (web::Path<String>, HttpRequest),
    form: Form<Administering>,
) -> Result<HttpResponse, ApiError> {
    let id = push_id(&path)?;
    let shop = state.shop(form.visitor.shop()).await?;
    let target = state.store.push(&shop.id, id).await?;
    let target = target.ok_or(ApiError::NotFound { what: "push" })?;
    let outcome = state.notices.test(&shop, id).await?;
    audit::about(&request, target.name.as_str());
    let tested = of_test(outcome, target, visit.language);
    render(&visit, &state, Said::Tested(tested)).await
}

fn of_test(outcome: TestOutcome, target: PushTarget, language: Language) -> Tested {
    Tested {
        is_group: target.kind != PushKind::Webhook,
        name: target.name,
        is_delivered: outcome.reason.is_none(),
        reason: outcome
            .reason
            .map_or("", |reason| reason.message(language.0)),
        status: outcome
            .status
            .map_or_else(String::new, |status| status.to_string()),
        said: outcome.said.unwrap_or_default(),
    }
}

/// `POST /insights/pushes/deliveries/{id}/retry`: tries a push again at once.
///
/// # Errors
/// When there is no such delivery, or the store fails.
pub async fn retry(
    state: web::Data<AppState>,
    path: web::Path<String>,
    form: Form<Administering>,
) -> Result<HttpResponse, ApiError> {
    let id = DeliveryId::parse(&path).map_err(|_| ApiError::NotFound { what: "delivery" })?;
    let now = state.clock.now();
    state.store.redeliver(form.visitor.shop(), id, now).await?;
    state.notices.look_again();
    Ok(done(PATH, "retried"))
}

/// The id in an address.
///
/// # Errors
/// When it is none: there is no such place.
pub(super) fn push_id(text: &str) -> Result<PushId, ApiError> {
    PushId::parse(text).map_err(|_| ApiError::NotFound { what: "push" })
}

/// The page, with what is said above the list.
///
/// # Errors
/// When the store fails.
pub(super) async fn render<N: Needs>(
    visit: &Visit<N>,
    state: &AppState,
    said: Said,
) -> Result<HttpResponse, ApiError> {
    let mut frame = visit.frame(state, Room::Insights).await?;
    if !matches!(said, Said::Nothing) {
        leave_to(&mut frame, PATH);
    }
    let shop = visit.visitor.shop();
    let targets = state.store.pushes(shop).await?;
    let (name, filter) = filter_of(&visit.query);
    let mut found = state
        .store
        .deliveries(shop, &filter, DELIVERIES + 1)
        .await?;
    let has_older = found.len() > DELIVERIES as usize;
    found.truncate(DELIVERIES as usize);
    let last = found.last().map(|delivery| delivery.id.to_string());
    let older = last.filter(|_| has_older).map_or_else(String::new, |last| {
        format!("{PATH}?state={name}&before={last}#deliveries")
    });
    let zone = frame.shop.zone();
    let scopes = frame.role.scopes();
    let rows = found
        .into_iter()
        .map(|delivery| of_delivery(delivery, &targets, (visit.language, &zone)));
    let mut places = Vec::with_capacity(targets.len());
    for target in &targets {
        let has_digest = has_digest(state, shop, target.id).await?;
        places.push(Place {
            last_week: target
                .last_week
                .filter(|_| has_digest)
                .map_or_else(String::new, |week| week.to_string()),
            ..of_target(target, visit.language)
        });
    }
    let template = PushesPage {
        deliveries: rows.collect(),
        places,
        may_change: Administering::ANY_OF
            .iter()
            .any(|scope| scopes.contains(scope)),
        state: name,
        older,
        said,
        frame,
    };
    page(&template, visit.language)
}

/// Whether a digest ever reached a place: a new one's last week is the
/// one before it was added, which it was not told.
async fn has_digest(state: &AppState, shop: &ShopId, place: PushId) -> Result<bool, ApiError> {
    let filter = DeliveryFilter {
        state: Some(DeliveryState::Delivered),
        push: Some(place),
        ..DeliveryFilter::default()
    };
    let found = state.store.deliveries(shop, &filter, DELIVERIES).await?;
    let is_digest = |delivery: &Delivery| delivery.kind == NoticeKind::Weekly;
    Ok(found.iter().any(is_digest))
}

/// Which deliveries an address asks for; what it names wrongly filters nothing.
fn filter_of(query: &Fields) -> (&'static str, DeliveryFilter) {
    let names = ["waiting", "delivered", "dead"];
    let name = names.into_iter().find(|name| *name == query.get("state"));
    let name = name.unwrap_or("");
    let filter = DeliveryFilter {
        state: DeliveryState::parse(name).ok(),
        push: None,
        before: DeliveryId::parse(query.get("before")).ok(),
    };
    (name, filter)
}

fn of_target(target: &PushTarget, language: Language) -> Place {
    let kind = KINDS.iter().find(|(kind, _, _)| *kind == target.kind);
    let wants: Vec<&str> = target
        .notices
        .iter()
        .map(|notice| notice_name(*notice, language))
        .collect();
    let day = DAYS.iter().find(|(day, _, _)| *day == target.schedule.day);
    let day = day.map_or("", |(_, _, names)| language.say(names[0], names[1]));
    let time = target.schedule.time.strftime("%H:%M");
    let schedule = if target.notices.contains(&NoticeKind::Weekly) {
        format!("{day} {time}")
    } else {
        String::new()
    };
    Place {
        id: target.id.to_string(),
        name: target.name.clone(),
        kind: kind.map_or("", |(_, _, names)| language.say(names[0], names[1])),
        url: target.url.shown(),
        is_signed: target.secret.is_some(),
        is_on: target.is_on,
        wants: wants.join(language.say("、", ", ")),
        schedule,
        last_week: String::new(),
    }
}

fn notice_name(kind: NoticeKind, language: Language) -> &'static str {
    match kind {
        NoticeKind::Weekly => language.say("周报", "weekly digest"),
        NoticeKind::Alarm => language.say("突增提醒", "alarms"),
        NoticeKind::Test => language.say("测试", "tests"),
    }
}

fn of_delivery(
    delivery: Delivery,
    targets: &[PushTarget],
    (language, zone): (Language, &TimeZone),
) -> DeliveryRow {
    let (state, tone) = match delivery.state {
        DeliveryState::Waiting => (language.say("等待中", "waiting"), "caution"),
        DeliveryState::Delivered => (language.say("已送达", "delivered"), "good"),
        DeliveryState::Dead => (language.say("已放弃", "given up"), "bad"),
    };
    let place = targets.iter().find(|target| target.id == delivery.push);
    let is_waiting = delivery.state == DeliveryState::Waiting;
    let (failure, said) = match delivery.failure {
        Some(failure) => {
            let status = failure.status.map(|status| format!(" (HTTP {status})"));
            let reason = failure.reason.message(language.0);
            (
                format!("{reason}{}", status.unwrap_or_default()),
                failure.said.unwrap_or_default(),
            )
        }
        None => (String::new(), String::new()),
    };
    DeliveryRow {
        id: delivery.id.to_string(),
        title: delivery.title,
        place: place.map_or_else(String::new, |target| target.name.clone()),
        at: minute(delivery.ended_at.unwrap_or(delivery.at), zone),
        state,
        tone,
        attempts: delivery.attempts,
        next: if is_waiting {
            minute(delivery.next_at, zone)
        } else {
            String::new()
        },
        failure,
        said,
        may_retry: delivery.state != DeliveryState::Delivered && delivery.attempts > 0,
    }
}
