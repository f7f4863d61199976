//! `/welcome/{secret}`: what a one-time link opens: the first shop, a new
//! person, another password, or the demo.

use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use askama::Template;

use super::console::role_name;
use super::language::Language;
use super::{Frame, Place, page, page_with_status, sign_in};
use crate::auth::people::{self, NewPerson, NewShop};
use crate::auth::{Fields, OpenForm, audit};
use crate::domain::fault::{FieldError, Locale};
use crate::domain::person::{Link, LinkPurpose, LinkUse, Person, Secret};
use crate::error::ApiError;
use crate::state::AppState;

/// How long a new shop's first page is held back for.
const PATIENCE: Duration = Duration::from_secs(5);

#[derive(Template)]
#[template(path = "welcome.html")]
struct WelcomePage {
    frame: Frame,
    language: Language,
    /// Whether the shop is made as well.
    asks_shop: bool,
    /// Whether the person is made, or has a login already.
    asks_login: bool,
    /// Whether a password is chosen, or the link itself is enough.
    asks_password: bool,
    /// For whom the link is: the shop's name and the role.
    whose: String,
    fields: Fields,
    errors: Vec<FieldError>,
}

impl WelcomePage {
    /// What is wrong with a field; empty when nothing is.
    fn problem(&self, field: &str) -> String {
        let error = self.errors.iter().find(|error| error.field == field);
        error.map_or_else(String::new, |error| error.fault.message(self.language.0))
    }

    /// What was filled in, or what to begin with.
    fn filled<'a>(&'a self, field: &str, first: &'a str) -> &'a str {
        match self.fields.get(field) {
            "" => first,
            filled => filled,
        }
    }
}

#[derive(Template)]
#[template(path = "link_ended.html")]
struct EndedPage {
    frame: Frame,
    language: Language,
}

/// `GET /welcome/{secret}`: the form; opening it does not use the link up, as
/// chat clients open every link that they show.
///
/// # Errors
/// When the store fails.
pub async fn show(
    language: Language,
    state: web::Data<AppState>,
    path: web::Path<String>,
) -> Result<HttpResponse, ApiError> {
    match find(&state, &path).await? {
        Some(link) => form(&state, language, &link, (Fields::default(), Vec::new())).await,
        None => ended(language),
    }
}

/// `POST /welcome/{secret}`: does what the link is for and signs in.
///
/// # Errors
/// When the store fails or the form is of another site.
pub async fn accept(
    language: Language,
    state: web::Data<AppState>,
    path: web::Path<String>,
    filled: OpenForm,
) -> Result<HttpResponse, ApiError> {
    let Some(link) = find(&state, &path).await? else {
        return ended(language);
    };
    let fields = filled.0;
    let person = match use_link(&state, &link, &fields).await {
        Ok(person) => person,
        Err(ApiError::InvalidFields(errors)) => {
            return form(&state, language, &link, (fields, errors)).await;
        }
        Err(ApiError::NotFound { .. }) => return ended(language),
        Err(error) => return Err(error),
    };
    // The first page needs the shop's index; where it takes longer, the page
    // says so and looks again by itself.
    let _is_there = state.catalog.caught_up(&person.shop, PATIENCE).await?;
    state.sessions.forget();
    let now = state.clock.now();
    let deed = (action(&link.purpose), person.role.as_str());
    audit::note(state.store.as_ref(), &person, deed, now).await;
    let secret = state.sessions.begin(&person, now).await?;
    Ok(sign_in::welcome(&state, &secret, "/"))
}

/// What using a link is called in the audit log.
fn action(purpose: &LinkPurpose) -> &'static str {
    match purpose {
        LinkPurpose::Begin | LinkPurpose::Join { .. } => "POST /welcome join",
        LinkPurpose::ChoosePassword { .. } => "POST /welcome password",
        LinkPurpose::Enter { .. } => "POST /welcome enter",
    }
}

async fn use_link(state: &AppState, link: &Link, fields: &Fields) -> Result<Person, ApiError> {
    let store = state.store.as_ref();
    let password = [fields.get("password"), fields.get("password_again")];
    match &link.purpose {
        LinkPurpose::Begin | LinkPurpose::Join { .. } => {
            let person = NewPerson {
                login: fields.get("login"),
                name: fields.get("name"),
                password,
            };
            let shop = NewShop {
                id: fields.get("shop"),
                name: fields.get("shop_name"),
                time_zone: fields.get("time_zone"),
                locale: Locale::from_tag(fields.get("locale")).unwrap_or_default(),
            };
            let shop = (link.purpose == LinkPurpose::Begin).then_some(&shop);
            people::join(store, link, (&person, shop), state.clock.now()).await
        }
        LinkPurpose::ChoosePassword { .. } => people::choose_password(store, link, password).await,
        LinkPurpose::Enter { shop, person } => {
            store.use_link(link.hash, &LinkUse::Enter).await?;
            let person = store.person(shop, *person).await?;
            person.ok_or(ApiError::NotFound { what: "person" })
        }
    }
}

/// The link of a secret, if it may be used now.
async fn find(state: &AppState, secret: &str) -> Result<Option<Link>, ApiError> {
    let Some(secret) = Secret::parse(secret) else {
        return Ok(None);
    };
    let link = state.store.link(secret.hash()).await?;
    let now = state.clock.now();
    Ok(link.filter(|link| link.expires_at > now))
}

async fn form(
    state: &AppState,
    language: Language,
    link: &Link,
    (fields, errors): (Fields, Vec<FieldError>),
) -> Result<HttpResponse, ApiError> {
    let status = if errors.is_empty() {
        StatusCode::OK
    } else {
        StatusCode::UNPROCESSABLE_ENTITY
    };
    let template = WelcomePage {
        frame: Frame {
            language,
            here: Place::Elsewhere,
        },
        language,
        asks_shop: link.purpose == LinkPurpose::Begin,
        asks_login: matches!(link.purpose, LinkPurpose::Begin | LinkPurpose::Join { .. }),
        asks_password: !matches!(link.purpose, LinkPurpose::Enter { .. }),
        whose: whose(state, link, language).await?,
        fields,
        errors,
    };
    page_with_status(&template, language, status)
}

async fn whose(state: &AppState, link: &Link, language: Language) -> Result<String, ApiError> {
    let (shop, who) = match &link.purpose {
        LinkPurpose::Begin => return Ok(String::new()),
        LinkPurpose::Join { shop, role } => (shop, role_name(*role, language).to_owned()),
        LinkPurpose::ChoosePassword { shop, person } | LinkPurpose::Enter { shop, person } => {
            let found = state.store.person(shop, *person).await?;
            (shop, found.map_or_else(String::new, |person| person.name))
        }
    };
    let shops = state.store.shops().await?;
    let found = shops.into_iter().find(|found| found.id == *shop);
    let shop = found.map_or_else(|| shop.to_string(), |shop| shop.name);
    Ok(format!("{shop} · {who}"))
}

fn ended(language: Language) -> Result<HttpResponse, ApiError> {
    let template = EndedPage {
        frame: Frame {
            language,
            here: Place::Elsewhere,
        },
        language,
    };
    let mut response = page(&template, language)?;
    *response.status_mut() = StatusCode::GONE;
    Ok(response)
}
