//! Who changed what: an entry for every change that succeeded, whoever made it,
//! and for every way in.

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::middleware::Next;
use actix_web::{HttpMessage, HttpRequest, web};

use jiff::Timestamp;

use super::Identity;
use super::people::TERMINAL;
use crate::domain::causes::with_causes;
use crate::domain::ids::ShopId;
use crate::domain::person::{AuditEntry, Person};
use crate::state::AppState;
use crate::store::{Store, StoreResult};

/// A session began.
pub(super) const SIGNED_IN: &str = "POST /sign-in";
/// Wrong passwords brought a wait.
pub(super) const HAS_TO_WAIT: &str = "POST /sign-in wait";

/// Calls that have no entry, or not from here.
const LEFT_OUT: [&str; 9] = [
    // The service's daily work: what these write is kept with its author in
    // its own place, and would drown what people change.
    "/v1/messages",
    "/v1/suggestions",
    "/v1/answers/{id}/feedback",
    "/v1/browser-tokens",
    "/panel/token",
    // These change nothing.
    "/knowledge/{id}/preview",
    "/knowledge/import/try",
    // Who comes in by these is known after them alone, whoever was signed in.
    "/sign-in",
    "/welcome/{secret}",
];

/// What a handler adds to the entry of its request: what was changed.
struct Subject(String);

/// That a request changed nothing.
struct Nothing;

/// Says what a request changes, where its path does not.
pub fn about(request: &HttpRequest, subject: impl Into<String>) {
    request.extensions_mut().insert(Subject(subject.into()));
}

/// Says that a request changed nothing: all was as it was asked to be.
pub fn about_nothing(request: &HttpRequest) {
    request.extensions_mut().insert(Nothing);
}

/// Notes what somebody did who was nobody yet when the request came.
pub async fn note(store: &dyn Store, person: &Person, deed: (&str, &str), at: Timestamp) {
    let by = person.login.as_str();
    report(append(store, &person.shop, (by, deed.0, deed.1), at).await);
}

/// Writes down what was done on the command line, and to what.
///
/// # Errors
/// When the store fails.
pub async fn note_at_terminal(
    store: &dyn Store,
    shop: &ShopId,
    (action, subject): (&str, &str),
    at: Timestamp,
) -> StoreResult<()> {
    append(store, shop, (TERMINAL, action, subject), at).await
}

fn report(kept: StoreResult<()>) {
    if let Err(error) = kept {
        let error = with_causes(&error);
        tracing::error!(%error, "audit entry cannot be written");
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
    let has_changed = (status.is_success() || status.is_redirection())
        && !response.request().extensions().contains::<Nothing>();
    if has_changed && !LEFT_OUT.contains(&pattern.as_str()) {
        let action = format!("{} {pattern}", response.request().method());
        let subject = subject_of(response.request());
        if let Some(state) = response.request().app_data::<web::Data<AppState>>() {
            let (by, now) = (identity.by(), state.clock.now());
            let said = (by.as_str(), action.as_str(), subject.as_str());
            report(append(state.store.as_ref(), identity.shop(), said, now).await);
        }
    }
    Ok(response)
}

/// Appends an entry: by whom, what was done, to what.
async fn append(
    store: &dyn Store,
    shop: &ShopId,
    (by, action, subject): (&str, &str, &str),
    at: Timestamp,
) -> StoreResult<()> {
    let entry = AuditEntry {
        sequence: 0,
        at,
        by: by.to_owned(),
        action: action.to_owned(),
        subject: subject.to_owned(),
    };
    store.append_audit(shop, &entry).await
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
