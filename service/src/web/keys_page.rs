//! `/settings/keys`: API keys, made, shown once, and withdrawn.

use std::collections::BTreeSet;

use actix_web::http::{StatusCode, header};
use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use jiff::Timestamp;

use super::account_page::settings_tabs;
use super::console::{Frame, Room, Visit, done};
use super::language::Language;
use super::lists::{Part, Tab, leave_to, minute, place};
use super::page_with_status;
use super::people_page::origin;
use crate::auth::{Administering, Fields, Form, audit};
use crate::domain::fault::{Fault, FieldError};
use crate::domain::ids::ShopId;
use crate::domain::key::{ApiKey, PresentedKey, Scope};
use crate::domain::text::Text;
use crate::domain::time::parse_time;
use crate::error::ApiError;
use crate::state::AppState;

const HERE: &str = "/settings/keys";

/// Keys of a page.
const ROWS: usize = 50;

const MOST_NAME_CHARACTERS: usize = 100;

#[derive(Template)]
#[template(path = "keys.html")]
struct KeysPage {
    frame: Frame,
    tabs: Vec<Tab>,
    flash: &'static str,
    rows: Vec<Row>,
    part: Part,
    made: Option<Made>,
    fields: Fields,
    scopes: Vec<ScopeChoice>,
    problems: Vec<(String, String)>,
}

impl KeysPage {
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

struct Row {
    prefix: String,
    name: String,
    scopes: Vec<&'static str>,
    made_at: String,
    /// The last day on which it was used; empty where it never was.
    last_used_on: String,
    /// When it ends; empty where it does not.
    expires_at: String,
    /// When it was withdrawn; empty where it was not.
    revoked_at: String,
    is_open: bool,
}

/// A scope to tick.
struct ScopeChoice {
    word: &'static str,
    /// What it is for.
    purpose: &'static str,
    is_ticked: bool,
}

/// A key that was just made, to be shown this once.
struct Made {
    key: String,
    name: String,
    /// A first call with it.
    command: String,
}

/// `GET /settings/keys`: newest first.
///
/// # Errors
/// When the store fails.
pub async fn show(
    visit: Visit<Administering>,
    state: web::Data<AppState>,
) -> Result<HttpResponse, ApiError> {
    answer(&visit, &state, Told::default()).await
}

/// `POST /settings/keys`: makes a key and shows it this once.
///
/// # Errors
/// When the store fails.
pub async fn create(
    (visit, form): (Visit<Administering>, Form<Administering>),
    state: web::Data<AppState>,
    request: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    let (shop, now) = (form.visitor.shop(), state.clock.now());
    let zone = state.shop(shop).await?.zone();
    let wished = match Wished::parse(&form.fields, &zone, now) {
        Ok(wished) => wished,
        Err(errors) => {
            let told = Told {
                problems: words(&errors, visit.language),
                fields: form.fields,
                ..Told::default()
            };
            return answer(&visit, &state, told).await;
        }
    };
    let presented = PresentedKey::make();
    let key = wished.into_key(shop, &presented, now);
    state.store.create_key(&key).await?;
    audit::about(&request, key.prefix.as_str());
    let made = Made {
        command: command(&origin(&state, &request), presented.reveal(), &key.scopes),
        key: presented.reveal().to_owned(),
        name: key.name,
    };
    let told = Told {
        made: Some(made),
        ..Told::default()
    };
    answer(&visit, &state, told).await
}

/// `POST /settings/keys/{prefix}/revoke`.
///
/// # Errors
/// When there is no such key or the store fails.
pub async fn revoke(
    form: Form<Administering>,
    state: web::Data<AppState>,
    path: web::Path<String>,
) -> Result<HttpResponse, ApiError> {
    let (shop, now) = (form.visitor.shop(), state.clock.now());
    state.store.revoke_key(shop, &path, now).await?;
    Ok(done(HERE, "revoked"))
}

/// A key as it was asked for.
struct Wished {
    name: String,
    scopes: BTreeSet<Scope>,
    expires_at: Option<Timestamp>,
}

impl Wished {
    fn parse(
        fields: &Fields,
        zone: &jiff::tz::TimeZone,
        now: Timestamp,
    ) -> Result<Self, Vec<FieldError>> {
        let mut errors = Vec::new();
        let mut keep = |field: &str, fault: Fault| errors.push(FieldError::new(field, fault));
        let name = Text::line(fields.get("name"), MOST_NAME_CHARACTERS);
        let name = name.map_err(|fault| keep("name", fault));
        let scopes: Result<BTreeSet<Scope>, Fault> =
            fields.all("scope").map(Scope::parse).collect();
        let scopes = scopes.and_then(|scopes| match scopes.is_empty() {
            true => Err(Fault::Missing),
            false => Ok(scopes),
        });
        let scopes = scopes.map_err(|fault| keep("scope", fault));
        let expires_at = match fields.get("expires").trim() {
            "" => Ok(None),
            text => parse_time(text, zone).map(Some),
        };
        let expires_at = expires_at.and_then(|at| match at {
            Some(at) if at <= now => Err(Fault::malformed("以后的时间", "a time to come")),
            at => Ok(at),
        });
        let expires_at = expires_at.map_err(|fault| keep("expires", fault));
        match (name, scopes, expires_at) {
            (Ok(name), Ok(scopes), Ok(expires_at)) => Ok(Self {
                name,
                scopes,
                expires_at,
            }),
            _ => Err(errors),
        }
    }

    fn into_key(self, shop: &ShopId, presented: &PresentedKey, now: Timestamp) -> ApiKey {
        ApiKey {
            shop: shop.clone(),
            prefix: presented.prefix().to_owned(),
            hash: presented.hash(),
            name: self.name,
            scopes: self.scopes,
            created_at: now,
            expires_at: self.expires_at,
            revoked_at: None,
            last_used_on: None,
        }
    }
}

/// What is wrong in words that suit the form.
fn words(errors: &[FieldError], language: Language) -> Vec<(String, String)> {
    let word = |error: &FieldError| match (error.field.as_str(), &error.fault) {
        ("scope", Fault::Missing) => language.say("至少选一项", "select at least one").to_owned(),
        ("expires", Fault::Malformed { .. }) => language
            .say("到期日要晚于今天", "must be later than today")
            .to_owned(),
        (_, fault) => fault.message(language.0),
    };
    let words = errors.iter();
    words
        .map(|error| (error.field.clone(), word(error)))
        .collect()
}

/// A first call, by what the key may do.
fn command(origin: &str, key: &str, scopes: &BTreeSet<Scope>) -> String {
    let header = format!("-H \"Authorization: Bearer {key}\"");
    let json = "-H \"Content-Type: application/json\"";
    let Some(first) = scopes.first() else {
        return String::new();
    };
    match first {
        Scope::Suggest => format!(
            "curl {origin}/v1/suggestions \\\n  {header} \\\n  {json} \\\n  \
             -d '{{\"conversation_id\":\"c-1\",\"messages\":[{{\"id\":\"m-1\",\"role\":\"buyer\",\"text\":\"什么时候发货\"}}]}}'"
        ),
        Scope::Ingest => format!(
            "curl {origin}/v1/messages \\\n  {header} \\\n  {json} \\\n  -d '{{\"messages\":[]}}'"
        ),
        Scope::Knowledge => format!("curl {origin}/v1/knowledge \\\n  {header}"),
        Scope::Insights => format!("curl {origin}/v1/profile \\\n  {header}"),
        Scope::Supervise => format!("curl {origin}/v1/queues/write \\\n  {header}"),
        Scope::Admin => format!("curl {origin}/v1/products \\\n  {header}"),
    }
}

/// What the page says besides the list.
#[derive(Default)]
struct Told {
    made: Option<Made>,
    fields: Fields,
    problems: Vec<(String, String)>,
}

async fn answer(
    visit: &Visit<Administering>,
    state: &AppState,
    told: Told,
) -> Result<HttpResponse, ApiError> {
    let mut frame = visit.frame(state, Room::Settings).await?;
    let is_secret = told.made.is_some();
    let status = match told.problems.is_empty() {
        true => StatusCode::OK,
        false => StatusCode::UNPROCESSABLE_ENTITY,
    };
    if is_secret || !told.problems.is_empty() {
        leave_to(&mut frame, HERE);
    }
    let (zone, now) = (frame.shop.zone(), state.clock.now());
    let mut keys = state.store.keys(visit.visitor.shop()).await?;
    keys.reverse();
    let from = place(&visit.query);
    let shown = keys.iter().skip(from).take(ROWS);
    let flash = match frame.done.as_str() {
        "revoked" => frame.say(
            "密钥已作废，两秒内失效。",
            "The key has been revoked. It stops working within two seconds.",
        ),
        _ => "",
    };
    let template = KeysPage {
        tabs: settings_tabs(frame.role, visit.language, HERE),
        flash,
        rows: shown.map(|key| row(key, &zone, now)).collect(),
        part: Part::of(HERE, from, ROWS, keys.len()),
        made: told.made,
        scopes: scopes(&told.fields, visit.language),
        fields: told.fields,
        problems: told.problems,
        frame,
    };
    let mut response = page_with_status(&template, visit.language, status)?;
    if is_secret {
        let value = header::HeaderValue::from_static("no-store");
        response.headers_mut().insert(header::CACHE_CONTROL, value);
    }
    Ok(response)
}

fn row(key: &ApiKey, zone: &jiff::tz::TimeZone, now: Timestamp) -> Row {
    let time = |time: Option<Timestamp>| time.map_or_else(String::new, |time| minute(time, zone));
    Row {
        prefix: key.prefix.clone(),
        name: key.name.clone(),
        scopes: key.scopes.iter().map(|scope| scope.as_str()).collect(),
        made_at: minute(key.created_at, zone),
        last_used_on: key
            .last_used_on
            .map_or_else(String::new, |day| day.to_string()),
        expires_at: time(key.expires_at),
        revoked_at: time(key.revoked_at),
        is_open: key.revoked_at.is_none() && key.expires_at.is_none_or(|at| at > now),
    }
}

fn scopes(fields: &Fields, language: Language) -> Vec<ScopeChoice> {
    let purpose = |scope: Scope| match scope {
        Scope::Suggest => language.say(
            "取建议、查知识、反馈：聊天软件、嵌入面板用",
            "suggestions, search and feedback: for chat clients and the embedded panel",
        ),
        Scope::Ingest => language.say(
            "送入聊天记录：对接聊天平台用",
            "sending in messages: for chat platform integrations",
        ),
        Scope::Knowledge => language.say(
            "读写知识、导入导出：商品中台、文档系统用",
            "reading and editing knowledge, import and export: for product and document systems",
        ),
        Scope::Insights => language.say(
            "读周报、问题、订阅源：报表、阅读器用",
            "reports, questions and feeds: for dashboards and feed readers",
        ),
        Scope::Supervise => language.say(
            "主管的待办与问题整理",
            "the supervisor's queues and managing questions",
        ),
        Scope::Admin => language.say(
            "商品、同义词、意图、模型、推送：部署脚本用",
            "products, synonyms, intents, models and pushes: for deployment scripts",
        ),
    };
    Scope::ALL
        .into_iter()
        .map(|scope| ScopeChoice {
            word: scope.as_str(),
            purpose: purpose(scope),
            is_ticked: fields.all("scope").any(|ticked| ticked == scope.as_str()),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZone;

    use super::*;

    fn check(body: &str, faults: &[&str]) {
        let now = Timestamp::from_second(1_790_000_000).expect("in range");
        let fields = Fields::parse(body.as_bytes());
        let errors = Wished::parse(&fields, &TimeZone::UTC, now)
            .err()
            .unwrap_or_default();
        let found: Vec<&str> = errors.iter().map(|error| error.field.as_str()).collect();
        assert_eq!(found, faults, "{body}");
    }

    #[test]
    fn a_key_needs_a_name_and_scopes_and_ends_later() {
        check("name=chat&scope=suggest&scope=ingest", &[]);
        check("name=chat&scope=suggest&expires=2027-01-01", &[]);
        check("", &["name", "scope"]);
        check("name=chat&scope=everything", &["scope"]);
        check("name=chat&scope=admin&expires=2020-01-01", &["expires"]);
        check("name=chat&scope=admin&expires=soon", &["expires"]);
    }

    #[test]
    fn a_first_call_is_one_that_the_key_opens() {
        let scopes = BTreeSet::from([Scope::Insights, Scope::Admin]);
        let command = command("https://zhiwen.example", "zw_key", &scopes);
        assert!(command.starts_with("curl https://zhiwen.example/v1/profile"));
        assert!(command.contains("Bearer zw_key"));
    }
}
