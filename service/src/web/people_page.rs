//! `/settings/people`: who signs in to the shop, and what they are.

use actix_web::http::{StatusCode, header};
use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;

use super::account_page::settings_tabs;
use super::console::{Frame, Room, Visit, done, role_name};
use super::lists::{Part, Tab, leave_to, minute, place};
use super::page_with_status;
use crate::auth::people::{PersonChange, change, link_path, make_link};
use crate::auth::{Administering, Form, audit};
use crate::domain::ids::{PersonId, ShopId};
use crate::domain::person::{Link, LinkPurpose, Person, Role};
use crate::error::ApiError;
use crate::state::AppState;

const HERE: &str = "/settings/people";

/// People of a page.
const ROWS: usize = 50;

#[derive(Template)]
#[template(path = "people.html")]
struct PeoplePage {
    frame: Frame,
    tabs: Vec<Tab>,
    flash: &'static str,
    rows: Vec<Row>,
    part: Part,
    roles: Vec<RoleChoice>,
    made: Option<Made>,
    links: Vec<OpenLink>,
    /// What was wrong with the last change; empty where nothing was.
    problem: String,
}

/// A role to choose.
struct RoleChoice {
    word: &'static str,
    name: &'static str,
    /// What it may do.
    may: &'static str,
}

struct Row {
    id: String,
    login: String,
    name: String,
    role: &'static str,
    since: String,
    is_locked_out: bool,
    has_password: bool,
    is_oneself: bool,
}

/// A link that nobody has used yet.
struct OpenLink {
    /// The hash of its secret, which opens nothing.
    hash: String,
    /// For whom it is.
    whose: String,
    is_invitation: bool,
    by: String,
    until: String,
}

/// A link that was just made, to be shown this once.
struct Made {
    /// The whole address.
    address: String,
    /// For whom it is.
    whose: String,
    /// Whether it makes a new person, or is for another password.
    is_invitation: bool,
}

/// `GET /settings/people`.
///
/// # Errors
/// When the store fails.
pub async fn show(
    visit: Visit<Administering>,
    state: web::Data<AppState>,
) -> Result<HttpResponse, ApiError> {
    answer(&visit, &state, Told::default()).await
}

/// `POST /settings/people/invite`: a link that makes a person, shown this once.
///
/// # Errors
/// When the role is unknown or the store fails.
pub async fn invite(
    (visit, form): (Visit<Administering>, Form<Administering>),
    state: web::Data<AppState>,
    request: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    let role = role_of(&form)?;
    let purpose = LinkPurpose::Join {
        shop: form.visitor.shop().clone(),
        role,
    };
    audit::about(&request, role.as_str());
    let made = Made {
        address: link(&state, &form, &request, purpose).await?,
        whose: role_name(role, visit.language).to_owned(),
        is_invitation: true,
    };
    answer(&visit, &state, Told::made(made)).await
}

/// `POST /settings/people/{id}/link`: a link for another password, shown this once.
///
/// # Errors
/// When there is no such person or the store fails.
pub async fn link_again(
    (visit, form): (Visit<Administering>, Form<Administering>),
    state: web::Data<AppState>,
    path: web::Path<String>,
    request: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    let person = person(&state, form.visitor.shop(), &path).await?;
    audit::about(&request, person.login.as_str());
    let purpose = LinkPurpose::ChoosePassword {
        shop: person.shop,
        person: person.id,
    };
    let made = Made {
        address: link(&state, &form, &request, purpose).await?,
        whose: format!("{} ({})", person.name, person.login),
        is_invitation: false,
    };
    answer(&visit, &state, Told::made(made)).await
}

/// `POST /settings/people/links/{hash}/withdraw`: a link that opens nothing any more.
///
/// # Errors
/// When there is no such link or the store fails.
pub async fn withdraw(
    (_visit, form): (Visit<Administering>, Form<Administering>),
    state: web::Data<AppState>,
    path: web::Path<String>,
    request: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    let shop = form.visitor.shop();
    let links = state.store.links(shop).await?;
    let found = links
        .iter()
        .find(|link| link.hash.to_string() == path.as_str());
    let link = found.ok_or(ApiError::NotFound { what: "link" })?;
    state.store.withdraw_link(shop, link.hash).await?;
    if let LinkPurpose::Join { role, .. } = &link.purpose {
        audit::about(&request, role.as_str());
    }
    Ok(done(HERE, "withdrawn"))
}

/// `POST /settings/people/{id}/role`.
///
/// # Errors
/// When there is no such person or role, or the store fails.
pub async fn change_role(
    (visit, form): (Visit<Administering>, Form<Administering>),
    state: web::Data<AppState>,
    path: web::Path<String>,
    request: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    let person = person(&state, form.visitor.shop(), &path).await?;
    let role = role_of(&form)?;
    audit::about(&request, format!("{} {}", person.login, role.as_str()));
    let wanted = PersonChange::Role(role);
    if person.id == visit.visitor.person().id && role != Role::Owner {
        // Nobody reads this page in another role.
        return apply(&visit, &state, &person, (wanted, "/settings/account")).await;
    }
    apply(&visit, &state, &person, (wanted, HERE)).await
}

/// `POST /settings/people/{id}/lock`: locks a person out; the sessions end.
///
/// # Errors
/// When there is no such person or the store fails.
pub async fn lock(
    signed: (Visit<Administering>, Form<Administering>),
    state: web::Data<AppState>,
    path: web::Path<String>,
    request: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    admit(&signed, &state, &path, (&request, PersonChange::LockOut)).await
}

/// `POST /settings/people/{id}/unlock`: lets a person in again.
///
/// # Errors
/// When there is no such person or the store fails.
pub async fn unlock(
    signed: (Visit<Administering>, Form<Administering>),
    state: web::Data<AppState>,
    path: web::Path<String>,
    request: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    admit(&signed, &state, &path, (&request, PersonChange::LetIn)).await
}

async fn admit(
    (visit, form): &(Visit<Administering>, Form<Administering>),
    state: &AppState,
    id: &str,
    (request, wanted): (&HttpRequest, PersonChange),
) -> Result<HttpResponse, ApiError> {
    let person = person(state, form.visitor.shop(), id).await?;
    audit::about(request, person.login.as_str());
    apply(visit, state, &person, (wanted, HERE)).await
}

/// Changes a person and goes back, or says why not.
async fn apply(
    visit: &Visit<Administering>,
    state: &AppState,
    person: &Person,
    (wanted, back): (PersonChange, &str),
) -> Result<HttpResponse, ApiError> {
    let word = match wanted {
        PersonChange::Role(_) => "role",
        PersonChange::LockOut => "locked",
        PersonChange::LetIn => "unlocked",
    };
    let (store, now) = (state.store.as_ref(), state.clock.now());
    match change(store, &person.shop, person.id, wanted, now).await {
        Ok(()) => {
            state.sessions.forget();
            Ok(done(back, word))
        }
        Err(ApiError::InvalidFields(errors)) => {
            let words = errors
                .iter()
                .map(|error| error.fault.message(visit.language.0));
            let words: Vec<String> = words.collect();
            let told = Told {
                problem: format!("{} ({}): {}", person.name, person.login, words.join("; ")),
                ..Told::default()
            };
            answer(visit, state, told).await
        }
        Err(error) => Err(error),
    }
}

fn role_of(form: &Form<Administering>) -> Result<Role, ApiError> {
    let role = Role::parse(form.fields.get("role"));
    role.map_err(|_| ApiError::NotFound { what: "role" })
}

async fn person(state: &AppState, shop: &ShopId, id: &str) -> Result<Person, ApiError> {
    let missing = || ApiError::NotFound { what: "person" };
    let id = PersonId::parse(id).map_err(|_| missing())?;
    state.store.person(shop, id).await?.ok_or_else(missing)
}

/// A new link's whole address.
async fn link(
    state: &AppState,
    form: &Form<Administering>,
    request: &HttpRequest,
    purpose: LinkPurpose,
) -> Result<String, ApiError> {
    let (store, by, now) = (state.store.as_ref(), form.visitor.by(), state.clock.now());
    let secret = make_link(store, purpose, &by, now).await?;
    Ok(format!("{}{}", origin(state, request), link_path(&secret)))
}

/// Where people open the console: by the settings, else as this request came.
pub fn origin(state: &AppState, request: &HttpRequest) -> String {
    let came = || {
        let connection = request.connection_info();
        format!("{}://{}", connection.scheme(), connection.host())
    };
    let set = state.settings.console.public_url.clone();
    set.unwrap_or_else(came)
}

/// What the page says besides the list.
#[derive(Default)]
struct Told {
    made: Option<Made>,
    problem: String,
}

impl Told {
    fn made(made: Made) -> Self {
        Self {
            made: Some(made),
            problem: String::new(),
        }
    }
}

async fn answer(
    visit: &Visit<Administering>,
    state: &AppState,
    told: Told,
) -> Result<HttpResponse, ApiError> {
    let mut frame = visit.frame(state, Room::Settings).await?;
    let is_secret = told.made.is_some();
    if is_secret || !told.problem.is_empty() {
        leave_to(&mut frame, HERE);
    }
    let status = match told.problem.as_str() {
        "" => StatusCode::OK,
        _ => StatusCode::UNPROCESSABLE_ENTITY,
    };
    let people = state.store.people(visit.visitor.shop()).await?;
    let links = state.store.links(visit.visitor.shop()).await?;
    let now = state.clock.now();
    let links = links.iter().filter(|link| link.expires_at > now);
    let from = place(&visit.query);
    let shown = people.iter().skip(from).take(ROWS);
    let template = PeoplePage {
        tabs: settings_tabs(frame.role, visit.language, HERE),
        flash: flash(&frame),
        rows: shown.map(|person| row(person, visit, &frame)).collect(),
        part: Part::of(HERE, from, ROWS, people.len()),
        roles: roles(&frame),
        made: told.made,
        links: links
            .filter_map(|link| open_link(link, &people, &frame))
            .collect(),
        problem: told.problem,
        frame,
    };
    let mut response = page_with_status(&template, visit.language, status)?;
    if is_secret {
        let value = header::HeaderValue::from_static("no-store");
        response.headers_mut().insert(header::CACHE_CONTROL, value);
    }
    Ok(response)
}

fn row(person: &Person, visit: &Visit<Administering>, frame: &Frame) -> Row {
    Row {
        id: person.id.to_string(),
        login: person.login.to_string(),
        name: person.name.clone(),
        role: person.role.as_str(),
        since: minute(person.created_at, &frame.shop.zone()),
        is_locked_out: person.disabled_at.is_some(),
        has_password: person.password.is_some(),
        is_oneself: person.id == visit.visitor.person().id,
    }
}

/// `None` for links that people do not hand to each other.
fn open_link(link: &Link, people: &[Person], frame: &Frame) -> Option<OpenLink> {
    let whose = match &link.purpose {
        LinkPurpose::Join { role, .. } => role_name(*role, frame.language).to_owned(),
        LinkPurpose::ChoosePassword { person, .. } => {
            let found = people.iter().find(|one| one.id == *person)?;
            format!("{} ({})", found.name, found.login)
        }
        LinkPurpose::Begin | LinkPurpose::Enter { .. } => return None,
    };
    Some(OpenLink {
        hash: link.hash.to_string(),
        whose,
        is_invitation: matches!(link.purpose, LinkPurpose::Join { .. }),
        by: link.by.clone(),
        until: minute(link.expires_at, &frame.shop.zone()),
    })
}

fn roles(frame: &Frame) -> Vec<RoleChoice> {
    let may = |role: Role| match role {
        Role::Owner => frame.say(
            "全部功能，包括成员、密钥和设置",
            "everything, including people, keys and settings",
        ),
        Role::Supervisor => frame.say(
            "问题、待办、知识、洞察",
            "questions, queues, knowledge and insights",
        ),
        Role::Agent => frame.say("查知识、看建议", "knowledge and suggestions"),
        Role::Operations | Role::Designer | Role::Warehouse => {
            frame.say("看总览、问题和洞察", "overview, questions and insights")
        }
    };
    Role::ALL
        .into_iter()
        .map(|role| RoleChoice {
            word: role.as_str(),
            name: role_name(role, frame.language),
            may: may(role),
        })
        .collect()
}

fn flash(frame: &Frame) -> &'static str {
    match frame.done.as_str() {
        "role" => frame.say(
            "角色已修改，立即生效。",
            "The role has been changed, effective immediately.",
        ),
        "locked" => frame.say(
            "已停用，这位成员的登录已全部退出。",
            "The person has been deactivated and signed out everywhere.",
        ),
        "withdrawn" => frame.say(
            "链接已收回，不能再用。",
            "The link has been withdrawn and no longer works.",
        ),
        "unlocked" => frame.say(
            "已恢复，可以重新登录。",
            "Reactivated. The person can sign in again.",
        ),
        _ => "",
    }
}
