//! `/insights/policy`: by what questions are cut out of conversations and counted.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;

use super::console::{Frame, Room, Visit, done};
use super::{page, page_with_status};
use crate::auth::{Administering, Fields, Form, Needs, ReadingInsights, audit};
use crate::domain::fault::{Fault, FieldError};
use crate::domain::policy::ListeningPolicy;
use crate::error::ApiError;
use crate::state::AppState;
use crate::store::Decision;

#[derive(Template)]
#[template(path = "policy.html")]
struct PolicyPage {
    frame: Frame,
    version: u32,
    /// Whether the person may change it.
    may_change: bool,
    session_gap_minutes: String,
    burst_gap_seconds: String,
    counts_automatic_replies: bool,
    smallest_group: String,
    false_discovery_rate: String,
    errors: Vec<FieldError>,
}

impl PolicyPage {
    fn problem(&self, field: &str) -> String {
        let Some(error) = self.errors.iter().find(|error| error.field == field) else {
            return String::new();
        };
        let language = self.frame.language;
        match (field, &error.fault) {
            ("false_discovery_rate", Fault::Malformed { .. }) => language
                .say(
                    "请填大于 0、不超过 0.5 的小数",
                    "enter a number above 0 and up to 0.5",
                )
                .to_owned(),
            (_, fault) => fault.message(language.0),
        }
    }

    fn has_problem(&self, field: &str) -> bool {
        self.errors.iter().any(|error| error.field == field)
    }
}

/// `GET /insights/policy`: the policy as it stands.
///
/// # Errors
/// When the store fails.
pub async fn show(
    visit: Visit<ReadingInsights>,
    state: web::Data<AppState>,
) -> Result<HttpResponse, ApiError> {
    let frame = visit.frame(&state, Room::Insights).await?;
    let (version, policy) = state.store.policy(visit.visitor.shop()).await?;
    let scopes = frame.role.scopes();
    let policy = PolicyPage {
        version,
        may_change: Administering::ANY_OF
            .iter()
            .any(|scope| scopes.contains(scope)),
        session_gap_minutes: policy.session_gap_minutes.to_string(),
        burst_gap_seconds: policy.burst_gap_seconds.to_string(),
        counts_automatic_replies: policy.counts_automatic_replies,
        smallest_group: policy.smallest_group.to_string(),
        false_discovery_rate: policy.false_discovery_rate.to_string(),
        errors: Vec::new(),
        frame,
    };
    page(&policy, visit.language)
}

/// `POST /insights/policy`: the next version. One that says the same is none.
///
/// # Errors
/// When the person may not, or the store fails.
pub async fn save(
    (visit, form): (Visit<Administering>, Form<Administering>),
    state: web::Data<AppState>,
    request: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    let shop = form.visitor.shop();
    let (version, standing) = state.store.policy(shop).await?;
    let policy = match read(&form.fields) {
        Ok(policy) => policy,
        Err(errors) => {
            let frame = visit.frame(&state, Room::Insights).await?;
            let filled = filled(frame, version, (&form.fields, errors));
            return page_with_status(&filled, visit.language, StatusCode::UNPROCESSABLE_ENTITY);
        }
    };
    if policy == standing {
        audit::about_nothing(&request);
        return Ok(done("/insights/policy", "same"));
    }
    let by = form.visitor.by();
    let decision = Decision {
        by: &by,
        at: state.clock.now(),
    };
    let version = state.store.put_policy(shop, &policy, decision).await?;
    audit::about(&request, version.to_string());
    Ok(done("/insights/policy", "saved"))
}

/// The form as it was filled in, with what is wrong with it.
fn filled(frame: Frame, version: u32, (fields, errors): (&Fields, Vec<FieldError>)) -> PolicyPage {
    PolicyPage {
        frame,
        version,
        may_change: true,
        session_gap_minutes: fields.get("session_gap_minutes").to_owned(),
        burst_gap_seconds: fields.get("burst_gap_seconds").to_owned(),
        counts_automatic_replies: fields.is_ticked("counts_automatic_replies"),
        smallest_group: fields.get("smallest_group").to_owned(),
        false_discovery_rate: fields.get("false_discovery_rate").to_owned(),
        errors,
    }
}

fn read(fields: &Fields) -> Result<ListeningPolicy, Vec<FieldError>> {
    let mut errors = Vec::new();
    let policy = ListeningPolicy {
        session_gap_minutes: number(fields, "session_gap_minutes", &mut errors),
        burst_gap_seconds: number(fields, "burst_gap_seconds", &mut errors),
        counts_automatic_replies: fields.is_ticked("counts_automatic_replies"),
        smallest_group: number(fields, "smallest_group", &mut errors),
        false_discovery_rate: number(fields, "false_discovery_rate", &mut errors),
    };
    // What is no number is not looked at again.
    for error in policy.check().err().unwrap_or_default() {
        if errors.iter().all(|found| found.field != error.field) {
            errors.push(error);
        }
    }
    if errors.is_empty() {
        Ok(policy)
    } else {
        Err(errors)
    }
}

/// A number; where it is none, zero and an error.
fn number<T: std::str::FromStr + Default>(
    fields: &Fields,
    field: &str,
    errors: &mut Vec<FieldError>,
) -> T {
    let text = fields.get(field).trim();
    text.parse().unwrap_or_else(|_| {
        let fault = if text.is_empty() {
            Fault::Missing
        } else {
            Fault::malformed("整数", "a whole number")
        };
        errors.push(FieldError::new(field, fault));
        T::default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const RIGHT: &str = "session_gap_minutes=45&burst_gap_seconds=120&smallest_group=5\
        &false_discovery_rate=0.05&counts_automatic_replies=on";

    #[test]
    fn a_form_is_read_with_every_fault() {
        let policy = read(&Fields::parse(RIGHT.as_bytes())).expect("holds");
        assert_eq!(policy.session_gap_minutes, 45);
        assert!(policy.counts_automatic_replies);
        for (from, to, field) in [
            ("=45", "=", "session_gap_minutes"),
            ("=45", "=half", "session_gap_minutes"),
            ("=120", "=0", "burst_gap_seconds"),
            ("group=5", "group=4", "smallest_group"),
            ("=0.05", "=NaN", "false_discovery_rate"),
            ("=0.05", "=1", "false_discovery_rate"),
        ] {
            let text = RIGHT.replace(from, to);
            let errors = read(&Fields::parse(text.as_bytes())).expect_err(to);
            let fields: Vec<&str> = errors.iter().map(|error| error.field.as_str()).collect();
            assert_eq!(fields, [field], "{to}");
        }
    }
}
