//! `/sign-in` and `/sign-out`.

use actix_web::http::{StatusCode, header};
use actix_web::{HttpResponse, web};
use askama::Template;

use super::language::{Language, local_path};
use super::{Frame, Place, page_with_status, see_other};
use crate::auth::sessions::Attempt;
use crate::auth::{Anybody, Fields, Form, OpenForm};
use crate::domain::ids::ShopId;
use crate::domain::person::{Login, Password, Secret};
use crate::error::ApiError;
use crate::state::AppState;

#[derive(Template)]
#[template(path = "sign_in.html")]
struct SignInPage {
    frame: Frame,
    language: Language,
    /// Asked for where the service has several shops.
    asks_shop: bool,
    shop: String,
    login: String,
    next: String,
    /// What was wrong with the last attempt; empty at first.
    problem: String,
}

/// `GET /sign-in`.
///
/// # Errors
/// When the store fails.
pub async fn show(
    language: Language,
    state: web::Data<AppState>,
    query: Fields,
) -> Result<HttpResponse, ApiError> {
    answer(&state, language, &query, (StatusCode::OK, String::new())).await
}

/// `POST /sign-in`: a session, or the form again with what was wrong.
///
/// # Errors
/// When the store fails or the form is of another site.
pub async fn sign_in(
    language: Language,
    state: web::Data<AppState>,
    form: OpenForm,
) -> Result<HttpResponse, ApiError> {
    let fields = form.0;
    let shop = match state.store.shops().await?.as_slice() {
        [only] => Some(only.id.clone()),
        _ => ShopId::parse(fields.get("shop")).ok(),
    };
    let login = Login::parse(fields.get("login")).ok();
    let attempt = match (shop, login) {
        (Some(shop), Some(login)) => {
            let typed = Password::typed(fields.get("password"));
            let now = state.clock.now();
            state.sessions.sign_in(&shop, &login, typed, now).await?
        }
        _ => Attempt::Wrong,
    };
    match attempt {
        Attempt::SignedIn(secret) => Ok(welcome(&state, &secret, fields.get("next"))),
        Attempt::Wrong => {
            let problem = language
                .say(
                    "登录名或密码不对，请再试一次。",
                    "The login or password is incorrect. Please try again.",
                )
                .to_owned();
            let problem = (StatusCode::UNPROCESSABLE_ENTITY, problem);
            answer(&state, language, &fields, problem).await
        }
        Attempt::Wait { seconds } => {
            let problem = wait(language, seconds);
            let problem = (StatusCode::TOO_MANY_REQUESTS, problem);
            let mut response = answer(&state, language, &fields, problem).await?;
            let retry_after = header::HeaderValue::from(seconds);
            response
                .headers_mut()
                .insert(header::RETRY_AFTER, retry_after);
            Ok(response)
        }
    }
}

fn wait(language: Language, seconds: i64) -> String {
    if language.is_chinese() {
        format!("连续输错的次数太多，请 {seconds} 秒后再试。")
    } else {
        format!("Too many failed attempts. Try again in {seconds} seconds.")
    }
}

/// `POST /sign-out`.
///
/// # Errors
/// When the store fails.
pub async fn sign_out(
    form: Form<Anybody>,
    state: web::Data<AppState>,
) -> Result<HttpResponse, ApiError> {
    let session = form.visitor.signed_in.session.hash;
    state.sessions.end(session).await?;
    let mut response = see_other("/sign-in");
    // A cookie of ours is never malformed.
    let _added = response.add_cookie(&state.sessions.no_cookie());
    Ok(response)
}

/// To where the person wanted, with the session's cookie.
pub fn welcome(state: &AppState, secret: &Secret, next: &str) -> HttpResponse {
    let mut response = see_other(local_path(next));
    // A cookie of ours is never malformed.
    let _added = response.add_cookie(&state.sessions.cookie(secret));
    response
}

async fn answer(
    state: &AppState,
    language: Language,
    fields: &Fields,
    (status, problem): (StatusCode, String),
) -> Result<HttpResponse, ApiError> {
    let template = SignInPage {
        frame: Frame {
            language,
            here: Place::Elsewhere,
        },
        language,
        asks_shop: state.store.shops().await?.len() != 1,
        shop: fields.get("shop").to_owned(),
        login: fields.get("login").to_owned(),
        next: fields.get("next").to_owned(),
        problem,
    };
    page_with_status(&template, language, status)
}
