//! Who changed what: an entry for every change that succeeded, whoever made it.

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::middleware::Next;
use actix_web::{HttpMessage, HttpRequest, web};

use super::Identity;
use crate::domain::ids::ShopId;
use crate::domain::person::{AuditEntry, Person};
use crate::state::AppState;
use crate::store::StoreResult;

/// Calls that are the service's daily work: what they write is kept with its
/// author in its own place, and would drown what people change.
const DAILY_WORK: [&str; 7] = [
    "/v1/messages",
    "/v1/suggestions",
    "/v1/answers/{id}/feedback",
    "/v1/browser-tokens",
    "/panel/token",
    // These change nothing.
    "/knowledge/{id}/preview",
    "/knowledge/import/try",
];

/// What a handler adds to the entry of its request: what was changed.
struct Subject(String);

/// Says what a request changes, where its path does not.
pub fn about(request: &HttpRequest, subject: impl Into<String>) {
    request.extensions_mut().insert(Subject(subject.into()));
}

/// Notes what somebody did who was nobody yet when the request came.
pub async fn note(state: &AppState, person: &Person, action: &str, subject: &str) {
    let change = (action.to_owned(), subject.to_owned());
    report(append(state, &person.shop, person.login.to_string(), change).await);
}

fn report(kept: StoreResult<()>) {
    if let Err(error) = kept {
        let error = &error as &dyn std::error::Error;
        tracing::error!(error, "audit entry cannot be written");
    }
}

/// The middleware, inside [`super::identify`].
///
/// # Errors
/// Those of the rest of the service. The change has been made when its entry
/// is: one that cannot be written is reported in the log.
pub async fn record<B: MessageBody>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, actix_web::Error> {
    let is_change = !matches!(*request.method(), Method::GET | Method::HEAD);
    let identity = request.extensions().get::<Identity>().cloned();
    let response = next.call(request).await?;
    let (true, Some(identity)) = (is_change, identity) else {
        return Ok(response);
    };
    let status = response.status();
    let pattern = response.request().match_pattern().unwrap_or_default();
    if (status.is_success() || status.is_redirection()) && !DAILY_WORK.contains(&pattern.as_str()) {
        let action = format!("{} {pattern}", response.request().method());
        let subject = subject_of(response.request());
        if let Some(state) = response.request().app_data::<web::Data<AppState>>() {
            report(append(state, identity.shop(), identity.by(), (action, subject)).await);
        }
    }
    Ok(response)
}

/// Appends an entry.
async fn append(
    state: &AppState,
    shop: &ShopId,
    by: String,
    (action, subject): (String, String),
) -> StoreResult<()> {
    let entry = AuditEntry {
        sequence: 0,
        at: state.clock.now(),
        by,
        action,
        subject,
    };
    state.store.append_audit(shop, &entry).await
}

/// What the handler said, else the ids in the path.
fn subject_of(request: &HttpRequest) -> String {
    if let Some(Subject(subject)) = request.extensions().get::<Subject>() {
        return subject.clone();
    }
    let ids: Vec<&str> = request
        .match_info()
        .iter()
        .map(|(_, value)| value)
        .collect();
    ids.join(" ")
}
