//! What people record as done because of a recurring question, and take back.

use actix_web::{HttpRequest, HttpResponse, web};

use super::console::{Visit, done};
use super::question_page::{Filled, again, cluster_id};
use crate::auth::{Form, Supervising, audit};
use crate::domain::fault::{Fault, FieldError};
use crate::domain::ids::{ActionId, ClusterId};
use crate::domain::queue::{Action, ActionKind};
use crate::domain::text::Text;
use crate::domain::time::parse_time;
use crate::error::ApiError;
use crate::state::AppState;
use crate::store::StoreError;

const MOST_NOTE_CHARACTERS: usize = 500;

/// `POST /questions/{id}/actions`: records what was changed because of a question.
///
/// # Errors
/// When there is no such question, or the store fails.
pub async fn act(
    visit: Visit<Supervising>,
    form: Form<Supervising>,
    state: web::Data<AppState>,
    path: web::Path<String>,
) -> Result<HttpResponse, ApiError> {
    let id = cluster_id(&path)?;
    let shop = form.visitor.shop();
    let ledger = state.listening.ledger(shop).await?;
    if ledger.cluster(id).is_none() {
        return Err(ApiError::NotFound { what: "cluster" });
    }
    match action(&form, &state, id).await {
        Ok(action) => {
            state.store.add_action(shop, &action).await?;
            Ok(done(&format!("/questions/{id}"), "acted"))
        }
        Err(ApiError::InvalidFields(errors)) => {
            let fields = form.fields;
            again(&visit, &state, (id, Filled { fields, errors })).await
        }
        Err(error) => Err(error),
    }
}

/// `POST /questions/{id}/actions/{action}/delete`: deletes what was recorded by
/// mistake; deleted twice is deleted.
///
/// # Errors
/// When the address names none, or the store fails.
pub async fn delete(
    form: Form<Supervising>,
    state: web::Data<AppState>,
    path: web::Path<(String, String)>,
    request: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    let (id, action) = path.into_inner();
    let id = cluster_id(&id)?;
    let action = ActionId::parse(&action).map_err(|_| ApiError::NotFound { what: "action" })?;
    let deleted = state.store.delete_action(form.visitor.shop(), action).await;
    match deleted {
        Ok(()) | Err(StoreError::NotFound { what: "action" }) => {}
        Err(error) => return Err(error.into()),
    }
    audit::about(&request, id.to_string());
    Ok(done(&format!("/questions/{id}"), "unacted"))
}

async fn action(
    form: &Form<Supervising>,
    state: &AppState,
    cluster: ClusterId,
) -> Result<Action, ApiError> {
    let now = state.clock.now();
    let zone = state.shop(form.visitor.shop()).await?.zone();
    let mut errors = Vec::new();
    let kind =
        kind(form.fields.get("kind")).map_err(|fault| errors.push(FieldError::new("kind", fault)));
    let note = Text::line(form.fields.get("note"), MOST_NOTE_CHARACTERS)
        .map_err(|fault| errors.push(FieldError::new("note", fault)));
    let at = match form.fields.get("on").trim() {
        "" => Ok(now),
        on => parse_time(on, &zone).and_then(|at| Action::since(at, now)),
    };
    let at = at.map_err(|fault| errors.push(FieldError::new("on", fault)));
    let (Ok(kind), Ok(note), Ok(at)) = (kind, note, at) else {
        return Err(ApiError::InvalidFields(errors));
    };
    Ok(Action {
        id: ActionId::make(),
        cluster,
        kind,
        note,
        at,
        by: form.visitor.by(),
        made_at: now,
    })
}

fn kind(text: &str) -> Result<ActionKind, Fault> {
    let kinds = [
        ActionKind::Page,
        ActionKind::Packaging,
        ActionKind::Promotion,
        ActionKind::Knowledge,
    ];
    let found = kinds.into_iter().find(|kind| kind.as_str() == text);
    found.ok_or_else(|| Fault::Unknown {
        value: text.chars().take(40).collect(),
        expected: kinds.map(ActionKind::as_str).join(", "),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_read_by_their_words() {
        assert_eq!(kind("packaging"), Ok(ActionKind::Packaging));
        assert!(matches!(kind("<b>"), Err(Fault::Unknown { .. })));
    }
}
