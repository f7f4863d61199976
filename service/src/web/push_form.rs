//! `/insights/pushes/new` and `/insights/pushes/{id}`: the form of a place that
//! notices are pushed to.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;

use super::console::{Frame, Room, Visit, done};
use super::pushes_page::{DAYS, KINDS, PATH, Said, push_id, render};
use super::{page, page_with_status};
use crate::auth::{Administering, Fields, Form, audit};
use crate::domain::fault::{Fault, FieldError};
use crate::domain::push::{NoticeKind, PushKind, PushTarget, PushWishes, WeeklySchedule};
use crate::error::ApiError;
use crate::state::AppState;
use crate::store::StoreError;

#[derive(Template)]
#[template(path = "push_form.html")]
struct FormPage {
    frame: Frame,
    /// Where the form is sent.
    action: String,
    /// The address that stands, in part; empty for a new place.
    url_shown: String,
    is_new: bool,
    is_signed: bool,
    kinds: Vec<Choice>,
    days: Vec<Choice>,
    filled: Filled,
    errors: Vec<FieldError>,
}

/// Something to choose.
struct Choice {
    value: &'static str,
    name: &'static str,
    is_chosen: bool,
}

/// What stands in the form.
struct Filled {
    kind: String,
    name: String,
    url: String,
    day: String,
    time: String,
    weekly: bool,
    alarm: bool,
    on: bool,
    removes_secret: bool,
}

impl FormPage {
    fn problem(&self, field: &str) -> String {
        let Some(error) = self.errors.iter().find(|error| error.field == field) else {
            return String::new();
        };
        let language = self.frame.language;
        match (field, &error.fault) {
            ("url", Fault::Malformed { .. }) => language.say(
                "请填机器人设置页上的 https 地址，不能是内网或本机的",
                "use the https address from the bot's settings; it cannot be on a private network",
            ),
            ("secret", Fault::Malformed { .. }) => language.say(
                "请照机器人设置页原样填写；企业微信没有密钥，请留空",
                "copy the secret exactly from the bot's settings; leave it empty for WeCom, which has none",
            ),
            ("weekly.time", Fault::Malformed { .. }) => {
                language.say("请写成 09:00 这样", "enter a time such as 09:00")
            }
            ("url", Fault::Repeated { .. }) => language.say(
                "已经有一个推送用了这个地址",
                "another push already uses this address",
            ),
            (_, fault) => return fault.message(language.0),
        }
        .to_owned()
    }

    fn has_problem(&self, field: &str) -> bool {
        self.errors.iter().any(|error| error.field == field)
    }
}

/// `GET /insights/pushes/new`.
///
/// # Errors
/// When the person may not, or the store fails.
pub async fn new(
    visit: Visit<Administering>,
    state: web::Data<AppState>,
) -> Result<HttpResponse, ApiError> {
    let frame = visit.frame(&state, Room::Insights).await?;
    let usual = WeeklySchedule::default();
    let filled = Filled {
        kind: "feishu".to_owned(),
        name: String::new(),
        url: String::new(),
        day: "monday".to_owned(),
        time: usual.time.strftime("%H:%M").to_string(),
        weekly: true,
        alarm: false,
        on: true,
        removes_secret: false,
    };
    page(&of_new(frame, filled, Vec::new()), visit.language)
}

/// `POST /insights/pushes/new`: adds a place. A secret that was made for it is shown.
///
/// # Errors
/// When the person may not, or the store fails.
pub async fn create(
    visit: Visit<Administering>,
    state: web::Data<AppState>,
    form: Form<Administering>,
    request: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    let wishes = new_wishes(&form.fields);
    let is_given = wishes.has_secret();
    let made = match add(&state, &form, wishes).await {
        Ok(made) => made,
        Err(ApiError::InvalidFields(errors)) => {
            let frame = visit.frame(&state, Room::Insights).await?;
            let form = of_new(frame, filled(&form.fields), errors);
            return page_with_status(&form, visit.language, StatusCode::UNPROCESSABLE_ENTITY);
        }
        Err(error) => return Err(error),
    };
    audit::about(&request, made.name.as_str());
    match made.secret.filter(|_| !is_given) {
        Some(secret) => {
            let said = Said::Made {
                name: made.name,
                secret: secret.reveal().to_owned(),
            };
            render(&visit, &state, said).await
        }
        None => Ok(done(PATH, "added")),
    }
}

async fn add(
    state: &AppState,
    form: &Form<Administering>,
    wishes: PushWishes,
) -> Result<PushTarget, ApiError> {
    let shop = state.shop(form.visitor.shop()).await?;
    let found = state.store.pushes(&shop.id).await?.len();
    let target = wishes.new_target(&shop.zone(), found, state.clock.now());
    let target = target.map_err(ApiError::InvalidFields)?;
    check_address(state, &target)?;
    let created = state.store.create_push(&shop.id, &target).await;
    created.map_err(|error| taken(error, &target))?;
    Ok(target)
}

/// `GET /insights/pushes/{id}`.
///
/// # Errors
/// When there is no such place, the person may not, or the store fails.
pub async fn edit(
    visit: Visit<Administering>,
    state: web::Data<AppState>,
    path: web::Path<String>,
) -> Result<HttpResponse, ApiError> {
    let target = find(&state, &visit, &path).await?;
    let frame = visit.frame(&state, Room::Insights).await?;
    let kind = KINDS.iter().find(|(kind, _, _)| *kind == target.kind);
    let day = DAYS.iter().find(|(day, _, _)| *day == target.schedule.day);
    let filled = Filled {
        kind: kind.map_or("", |(_, value, _)| value).to_owned(),
        name: target.name.clone(),
        url: String::new(),
        day: day.map_or("", |(_, value, _)| value).to_owned(),
        time: target.schedule.time.strftime("%H:%M").to_string(),
        weekly: target.notices.contains(&NoticeKind::Weekly),
        alarm: target.notices.contains(&NoticeKind::Alarm),
        on: target.is_on,
        removes_secret: false,
    };
    let form = of_standing(frame, &target, (filled, Vec::new()));
    page(&form, visit.language)
}

/// `POST /insights/pushes/{id}`: changes a place.
///
/// # Errors
/// When there is no such place, the person may not, or the store fails.
pub async fn save(
    visit: Visit<Administering>,
    state: web::Data<AppState>,
    (path, request): (web::Path<String>, HttpRequest),
    form: Form<Administering>,
) -> Result<HttpResponse, ApiError> {
    let standing = find(&state, &visit, &path).await?;
    audit::about(&request, standing.name.as_str());
    match change(&state, standing.clone(), &form).await {
        Ok(()) => Ok(done(PATH, "saved")),
        Err(ApiError::InvalidFields(errors)) => {
            let frame = visit.frame(&state, Room::Insights).await?;
            let form = of_standing(frame, &standing, (filled(&form.fields), errors));
            page_with_status(&form, visit.language, StatusCode::UNPROCESSABLE_ENTITY)
        }
        Err(error) => Err(error),
    }
}

async fn change(
    state: &AppState,
    standing: PushTarget,
    form: &Form<Administering>,
) -> Result<(), ApiError> {
    let target = changed_wishes(&form.fields).changed_target(standing);
    let target = target.map_err(ApiError::InvalidFields)?;
    check_address(state, &target)?;
    let shop = form.visitor.shop();
    let updated = state.store.update_push(shop, &target).await;
    updated.map_err(|error| taken(error, &target))?;
    state.notices.look_again();
    Ok(())
}

/// `POST /insights/pushes/{id}/delete`: removes a place and what became of pushes to it.
///
/// # Errors
/// When there is no such place, the person may not, or the store fails.
pub async fn delete(
    state: web::Data<AppState>,
    path: web::Path<String>,
    form: Form<Administering>,
    request: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    let (shop, id) = (form.visitor.shop(), push_id(&path)?);
    let target = state.store.push(shop, id).await?;
    state.store.delete_push(shop, id).await?;
    // Its id says nothing once it is gone.
    let name = target.map_or_else(|| id.to_string(), |target| target.name);
    audit::about(&request, name);
    Ok(done(PATH, "deleted"))
}

async fn find(
    state: &AppState,
    visit: &Visit<Administering>,
    id: &str,
) -> Result<PushTarget, ApiError> {
    let target = state.store.push(visit.visitor.shop(), push_id(id)?).await?;
    target.ok_or(ApiError::NotFound { what: "push" })
}

fn check_address(state: &AppState, target: &PushTarget) -> Result<(), ApiError> {
    let checked = state.notices.check_address(&target.url);
    checked.map_err(|fault| ApiError::field(FieldError::new("url", fault)))
}

/// One address is one place.
fn taken(error: StoreError, target: &PushTarget) -> ApiError {
    match error {
        StoreError::Exists { .. } => {
            let value = target.url.shown();
            ApiError::field(FieldError::new("url", Fault::Repeated { value }))
        }
        error => error.into(),
    }
}

/// What every form says.
fn wishes(fields: &Fields) -> PushWishes {
    let day = DAYS
        .iter()
        .find(|(_, value, _)| *value == fields.get("day"));
    let day = day.map_or(WeeklySchedule::default().day, |(day, _, _)| *day);
    let notices = [("weekly", NoticeKind::Weekly), ("alarm", NoticeKind::Alarm)];
    let notices = notices
        .into_iter()
        .filter(|(name, _)| fields.is_ticked(name));
    PushWishes {
        name: fields.get("name").to_owned(),
        notices: Some(notices.map(|(_, kind)| kind).collect()),
        weekly: Some((day, fields.get("time").to_owned())),
        is_on: Some(fields.is_ticked("on")),
        ..PushWishes::default()
    }
}

fn new_wishes(fields: &Fields) -> PushWishes {
    PushWishes {
        kind: kind_of(fields.get("kind")),
        url: Some(fields.get("url").to_owned()),
        secret: Some(fields.get("secret").to_owned()),
        ..wishes(fields)
    }
}

/// Address and secret stay where nothing is filled in: nobody sees them to fill them in again.
fn changed_wishes(fields: &Fields) -> PushWishes {
    let given = |name: &str| {
        let text = fields.get(name).trim();
        (!text.is_empty()).then(|| text.to_owned())
    };
    let removed = fields.is_ticked("remove_secret").then(String::new);
    PushWishes {
        url: given("url"),
        secret: given("secret").or(removed),
        ..wishes(fields)
    }
}

fn kind_of(text: &str) -> Option<PushKind> {
    let kind = KINDS.iter().find(|(_, value, _)| *value == text);
    kind.map(|(kind, _, _)| *kind)
}

/// What was filled in. A secret is not sent back.
fn filled(fields: &Fields) -> Filled {
    Filled {
        kind: fields.get("kind").to_owned(),
        name: fields.get("name").to_owned(),
        url: fields.get("url").to_owned(),
        day: fields.get("day").to_owned(),
        time: fields.get("time").to_owned(),
        weekly: fields.is_ticked("weekly"),
        alarm: fields.is_ticked("alarm"),
        on: fields.is_ticked("on"),
        removes_secret: fields.is_ticked("remove_secret"),
    }
}

fn of_new(frame: Frame, filled: Filled, errors: Vec<FieldError>) -> FormPage {
    let action = format!("{PATH}/new");
    FormPage {
        is_new: true,
        is_signed: false,
        url_shown: String::new(),
        ..form_page(frame, action, (filled, errors))
    }
}

fn of_standing(
    frame: Frame,
    target: &PushTarget,
    (mut filled, errors): (Filled, Vec<FieldError>),
) -> FormPage {
    // The system stays, whatever was sent.
    if let Some((_, value, _)) = KINDS.iter().find(|(kind, _, _)| *kind == target.kind) {
        filled.kind = (*value).to_owned();
    }
    let action = format!("{PATH}/{}", target.id);
    FormPage {
        url_shown: target.url.shown(),
        is_signed: target.secret.is_some(),
        ..form_page(frame, action, (filled, errors))
    }
}

fn form_page(
    frame: Frame,
    action: String,
    (filled, errors): (Filled, Vec<FieldError>),
) -> FormPage {
    let language = frame.language;
    let choice = |value: &'static str, names: [&'static str; 2], chosen: &str| Choice {
        value,
        name: language.say(names[0], names[1]),
        is_chosen: value == chosen,
    };
    let kinds = KINDS.map(|(_, value, names)| choice(value, names, &filled.kind));
    let days = DAYS.map(|(_, value, names)| choice(value, names, &filled.day));
    FormPage {
        frame,
        action,
        url_shown: String::new(),
        is_new: false,
        is_signed: false,
        kinds: kinds.into(),
        days: days.into(),
        filled,
        errors,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_empty_stays_and_what_is_ticked_goes() {
        let wishes = |text: &str| changed_wishes(&Fields::parse(text.as_bytes()));
        let stays = wishes("name=a&url=&secret=&day=friday&time=08:30&weekly=on");
        assert_eq!((stays.url, stays.secret), (None, None));
        assert_eq!(stays.notices, Some(vec![NoticeKind::Weekly]));
        assert_eq!(stays.is_on, Some(false));
        let goes = wishes("name=a&secret=&remove_secret=on&on=on");
        assert_eq!((goes.secret, goes.is_on), (Some(String::new()), Some(true)));
        assert_eq!(goes.notices, Some(Vec::new()));
        let given = wishes("secret=+SECabc&remove_secret=on");
        assert_eq!(given.secret.as_deref(), Some("SECabc"));
    }
}
