//! `/settings/account`: one's own name, password and sessions.

use actix_web::http::{StatusCode, header};
use actix_web::{HttpResponse, web};
use askama::Template;

use super::console::{Frame, Room, Visit, done};
use super::language::Language;
use super::lists::{Tab, leave_to, minute, tabs};
use super::{page_with_status, see_other};
use crate::auth::account::{PasswordChange, TypedPasswords, change_password, rename};
use crate::auth::{Anybody, Form};
use crate::domain::person::Role;
use crate::error::ApiError;
use crate::state::AppState;

const HERE: &str = "/settings/account";

#[derive(Template)]
#[template(path = "account.html")]
struct AccountPage {
    frame: Frame,
    tabs: Vec<Tab>,
    flash: &'static str,
    login: String,
    /// The name, as it stands or as it was filled in.
    name: String,
    /// Whether the person signs in with a password, or came by a link.
    has_password: bool,
    since: String,
    /// What is wrong: a field's name and words.
    problems: Vec<(String, String)>,
}

impl AccountPage {
    /// What is wrong with a field; empty when nothing is.
    fn problem(&self, field: &str) -> &str {
        let problem = self.problems.iter().find(|(found, _)| found == field);
        problem.map_or("", |(_, words)| words)
    }

    /// Whether something is wrong with a field.
    fn is_at_fault(&self, field: &str) -> bool {
        !self.problem(field).is_empty()
    }
}

/// What was wrong with a form, and the name that was filled in, if one was.
#[derive(Default)]
struct Refused {
    name: Option<String>,
    problems: Vec<(String, String)>,
    status: StatusCode,
    retry_after: Option<i64>,
}

/// The tabs of the settings that are open to a role; `here` is the path shown.
pub fn settings_tabs(role: Role, language: Language, here: &str) -> Vec<Tab> {
    let all = [
        (HERE, ["账号", "Account"]),
        ("/settings/people", ["成员", "People"]),
        ("/settings/keys", ["密钥", "Keys"]),
        ("/settings/audit", ["操作记录", "Audit log"]),
    ];
    let open = match role {
        Role::Owner => all.as_slice(),
        _ => &all[..1],
    };
    tabs(open, here, language)
}

/// `GET /settings`: one's own account.
pub async fn index() -> HttpResponse {
    see_other(HERE)
}

/// `GET /settings/account`.
///
/// # Errors
/// When the person is not signed in or the store fails.
pub async fn show(
    visit: Visit<Anybody>,
    state: web::Data<AppState>,
) -> Result<HttpResponse, ApiError> {
    answer(&visit, &state, Refused::default()).await
}

/// `POST /settings/account/name`.
///
/// # Errors
/// When the store fails.
pub async fn change_name(
    (visit, form): (Visit<Anybody>, Form<Anybody>),
    state: web::Data<AppState>,
) -> Result<HttpResponse, ApiError> {
    let name = form.fields.get("name");
    match rename(state.store.as_ref(), form.visitor.person(), name).await {
        Ok(()) => {
            state.sessions.forget();
            Ok(done(HERE, "name"))
        }
        Err(error) => {
            let refused = refused(error, visit.language)?;
            let name = Some(name.to_owned());
            answer(&visit, &state, Refused { name, ..refused }).await
        }
    }
}

/// `POST /settings/account/password`: another password; all other sessions end.
///
/// # Errors
/// When the store fails.
pub async fn change_own_password(
    (visit, form): (Visit<Anybody>, Form<Anybody>),
    state: web::Data<AppState>,
) -> Result<HttpResponse, ApiError> {
    let fields = &form.fields;
    let typed = TypedPasswords {
        old: fields.get("old_password"),
        new: [fields.get("password"), fields.get("password_again")],
    };
    let (store, now) = (state.store.as_ref(), state.clock.now());
    let person = form.visitor.person();
    let changed = change_password(store, &state.sessions, person, &typed, now).await;
    let refused = match changed {
        Ok(PasswordChange::Changed(secret)) => {
            let mut response = done(HERE, "password");
            // A cookie of ours is never malformed.
            let _added = response.add_cookie(&state.sessions.cookie(&secret));
            return Ok(response);
        }
        Ok(PasswordChange::WrongOld) => {
            let words = visit
                .language
                .say("原密码不对", "is not your current password");
            old_refused(words.to_owned())
        }
        Ok(PasswordChange::Wait { seconds }) => Refused {
            status: StatusCode::TOO_MANY_REQUESTS,
            retry_after: Some(seconds),
            ..old_refused(wait(visit.language, seconds))
        },
        Err(error) => refused(error, visit.language)?,
    };
    answer(&visit, &state, refused).await
}

/// `POST /settings/account/sign-out`: ends all sessions of the person.
///
/// # Errors
/// When the store fails.
pub async fn sign_out_everywhere(
    form: Form<Anybody>,
    state: web::Data<AppState>,
) -> Result<HttpResponse, ApiError> {
    let person = form.visitor.person();
    state
        .store
        .end_sessions(&person.shop, person.id, None)
        .await?;
    state.sessions.forget();
    let mut response = see_other("/sign-in");
    // A cookie of ours is never malformed.
    let _added = response.add_cookie(&state.sessions.no_cookie());
    Ok(response)
}

fn refused(error: ApiError, language: Language) -> Result<Refused, ApiError> {
    let ApiError::InvalidFields(errors) = error else {
        return Err(error);
    };
    let problems = errors.into_iter();
    let problems = problems.map(|error| (error.field, error.fault.message(language.0)));
    Ok(Refused {
        problems: problems.collect(),
        status: StatusCode::UNPROCESSABLE_ENTITY,
        ..Refused::default()
    })
}

fn old_refused(words: String) -> Refused {
    Refused {
        problems: vec![("old_password".to_owned(), words)],
        status: StatusCode::UNPROCESSABLE_ENTITY,
        ..Refused::default()
    }
}

fn wait(language: Language, seconds: i64) -> String {
    if language.is_chinese() {
        format!("连续输错的次数太多，请 {seconds} 秒后再试")
    } else {
        format!("too many were wrong, try again in {seconds} seconds")
    }
}

async fn answer(
    visit: &Visit<Anybody>,
    state: &AppState,
    refused: Refused,
) -> Result<HttpResponse, ApiError> {
    let mut frame = visit.frame(state, Room::Settings).await?;
    if refused.status != StatusCode::OK {
        leave_to(&mut frame, HERE);
    }
    let person = visit.visitor.person();
    let stands = state.store.person(&person.shop, person.id).await?;
    let stands = stands.ok_or(ApiError::NotFound { what: "person" })?;
    let flash = match frame.done.as_str() {
        "name" => frame.say("称呼已修改。", "Your name has been changed."),
        "password" => frame.say(
            "密码已修改，其他设备上的登录都已退出。",
            "Your password has been changed, and you have been signed out everywhere else.",
        ),
        "role" => frame.say("您的角色已修改。", "Your role has been changed."),
        _ => "",
    };
    let template = AccountPage {
        tabs: settings_tabs(person.role, visit.language, HERE),
        flash,
        login: stands.login.to_string(),
        name: refused.name.unwrap_or(stands.name),
        has_password: stands.password.is_some(),
        since: minute(stands.created_at, &frame.shop.zone()),
        problems: refused.problems,
        frame,
    };
    let mut response = page_with_status(&template, visit.language, refused.status)?;
    if let Some(seconds) = refused.retry_after {
        let seconds = header::HeaderValue::from(seconds);
        response.headers_mut().insert(header::RETRY_AFTER, seconds);
    }
    Ok(response)
}
