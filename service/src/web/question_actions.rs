//! What people record as done because of a recurring question, put right, and take back.

use actix_web::{HttpRequest, HttpResponse, web};

use jiff::Timestamp;

use super::console::{Frame, Visit, done};
use super::language::Language;
use super::question_page::{Filled, again, cluster_id};
use super::questions_parts::Choice;
use crate::auth::{Form, Supervising, audit};
use crate::domain::fault::{Fault, FieldError, Hint};
use crate::domain::ids::{ActionId, ClusterId, ShopId};
use crate::domain::queue::{Action, ActionChange, ActionKind};
use crate::domain::text::Text;
use crate::domain::time::parse_time;
use crate::error::ApiError;
use crate::insights::report::last_days;
use crate::reports::Words;
use crate::state::AppState;
use crate::store::{Period, StoreError};

const MOST_NOTE_CHARACTERS: usize = 500;

/// Actions are shown of a year.
const SHOWN_DAYS: i64 = 366;

/// The field that says which action a form is about.
const ACTION_FIELD: &str = "action";

const KINDS: [ActionKind; 4] = [
    ActionKind::Page,
    ActionKind::Packaging,
    ActionKind::Promotion,
    ActionKind::Knowledge,
];

/// What was done.
pub struct ActionView {
    /// Its id.
    pub id: String,
    /// What was changed, in words.
    pub kind: String,
    /// In people's words.
    pub note: String,
    /// The day from which on it was in effect.
    pub on: String,
    /// Who says so.
    pub by: String,
    /// What puts it right.
    pub form: ActionForm,
}

/// The form of an action, as it was filled in or to begin with.
pub struct ActionForm {
    /// Whether something in it is wrong.
    pub is_wrong: bool,
    /// What can be changed.
    pub kinds: Vec<Choice>,
    /// What was changed.
    pub kind: ActionField,
    /// The day from which on it was in effect.
    pub on: ActionField,
    /// In people's words.
    pub note: ActionField,
}

/// A field of such a form.
pub struct ActionField {
    /// Of this field alone among those of the page.
    pub id: String,
    /// What it holds.
    pub value: String,
    /// What is wrong with it; empty when nothing is.
    pub problem: String,
}

impl ActionForm {
    /// For an action that is not on record yet.
    pub fn new(today: &str, (filled, language): (&Filled, Language)) -> Self {
        Self::of("", ["", today, ""], (filled, language))
    }

    /// For the action of an id, from its kind, its day and its note; where the
    /// form was at fault, with what was filled in.
    fn of(id: &str, first: [&str; 3], (filled, language): (&Filled, Language)) -> Self {
        let is_meant = filled.fields.get(ACTION_FIELD) == id;
        let field = |name: &str, first: &str| {
            let value = if is_meant && filled.fields.is_ticked(name) {
                filled.fields.get(name)
            } else {
                first
            };
            let problem = if is_meant {
                filled.problem(name, language)
            } else {
                String::new()
            };
            ActionField {
                id: format!("{name}{id}"),
                value: value.to_owned(),
                problem,
            }
        };
        let [kind, on, note] = first;
        let (kind, on, note) = (field("kind", kind), field("on", on), field("note", note));
        let words = Words(language.0);
        let choice =
            |of: ActionKind| Choice::new(of.as_str(), words.action(of.as_str()), &kind.value);
        Self {
            is_wrong: [&kind, &on, &note]
                .iter()
                .any(|field| !field.problem.is_empty()),
            kinds: KINDS.map(choice).into(),
            kind,
            on,
            note,
        }
    }
}

/// What was done because of a question, of a year.
///
/// # Errors
/// When the store fails.
pub async fn action_views(
    state: &AppState,
    cluster: ClusterId,
    (frame, filled): (&Frame, &Filled),
) -> Result<Vec<ActionView>, ApiError> {
    let period = Period {
        until: Timestamp::MAX,
        ..last_days(SHOWN_DAYS, state.clock.now())
    };
    let actions = state.store.actions(&frame.shop.id, period).await?;
    let (zone, words) = (frame.shop.zone(), Words(frame.language.0));
    let of_cluster = actions.into_iter();
    let of_cluster = of_cluster.filter(|action| action.cluster == cluster);
    Ok(of_cluster
        .map(|action| {
            let id = action.id.to_string();
            let on = zone.to_datetime(action.at).date().to_string();
            let first = [action.kind.as_str(), on.as_str(), action.note.as_str()];
            let form = ActionForm::of(&id, first, (filled, frame.language));
            ActionView {
                id,
                kind: words.action(action.kind.as_str()).to_owned(),
                note: action.note,
                on,
                by: action.by,
                form,
            }
        })
        .collect())
}

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
    match said(&form, &state).await {
        Ok(said) => {
            let now = state.clock.now();
            let action = Action {
                id: ActionId::make(),
                cluster: id,
                kind: said.kind,
                note: said.note,
                at: said.at.unwrap_or(now),
                by: form.visitor.by(),
                made_at: now,
            };
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

/// `POST /questions/{id}/actions/{action}`: puts right what was recorded.
///
/// # Errors
/// When the address names none, or the store fails.
pub async fn change(
    visit: Visit<Supervising>,
    form: Form<Supervising>,
    state: web::Data<AppState>,
    path: web::Path<(String, String)>,
    request: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    let (id, action) = ids(path.into_inner())?;
    match said(&form, &state).await {
        Ok(said) => {
            let change = ActionChange {
                kind: Some(said.kind),
                note: Some(said.note),
                at: said.at,
            };
            let shop = form.visitor.shop();
            if !is_of(&state, shop, (id, action)).await? {
                return Err(ApiError::NotFound { what: "action" });
            }
            state.store.change_action(shop, action, &change).await?;
            audit::about(&request, id.to_string());
            Ok(done(&format!("/questions/{id}"), "reacted"))
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
    let (id, action) = ids(path.into_inner())?;
    let shop = form.visitor.shop();
    if is_of(&state, shop, (id, action)).await? {
        match state.store.delete_action(shop, action).await {
            Ok(()) | Err(StoreError::NotFound { what: "action" }) => {}
            Err(error) => return Err(error.into()),
        }
    }
    audit::about(&request, id.to_string());
    Ok(done(&format!("/questions/{id}"), "unacted"))
}

/// Whether an action was recorded because of a question.
async fn is_of(
    state: &AppState,
    shop: &ShopId,
    (question, action): (ClusterId, ActionId),
) -> Result<bool, ApiError> {
    let ever = Period {
        from: Timestamp::MIN,
        until: Timestamp::MAX,
    };
    let actions = state.store.actions(shop, ever).await?;
    let mut actions = actions.iter();
    Ok(actions.any(|one| one.id == action && one.cluster == question))
}

/// The question and the action that an address names.
fn ids((id, action): (String, String)) -> Result<(ClusterId, ActionId), ApiError> {
    let action = ActionId::parse(&action).map_err(|_| ApiError::NotFound { what: "action" })?;
    Ok((cluster_id(&id)?, action))
}

/// What a form says of an action.
struct Said {
    kind: ActionKind,
    note: String,
    /// Absent where no day was chosen, or the one that was there before.
    at: Option<Timestamp>,
}

async fn said(form: &Form<Supervising>, state: &AppState) -> Result<Said, ApiError> {
    let zone = state.shop(form.visitor.shop()).await?.zone();
    let mut errors = Vec::new();
    let kind =
        kind(form.fields.get("kind")).map_err(|fault| errors.push(FieldError::new("kind", fault)));
    let note = Text::line(form.fields.get("note"), MOST_NOTE_CHARACTERS)
        .map_err(|fault| errors.push(FieldError::new("note", fault)));
    let at = match form.fields.get("on").trim() {
        "" => Ok(None),
        on if on == form.fields.get("on_before") => Ok(None),
        on => parse_time(on, &zone)
            .and_then(|at| Action::since(at, state.clock.now()))
            .map(Some),
    };
    let at = at.map_err(|fault| errors.push(FieldError::new("on", fault)));
    let (Ok(kind), Ok(note), Ok(at)) = (kind, note, at) else {
        return Err(ApiError::InvalidFields(errors));
    };
    Ok(Said { kind, note, at })
}

fn kind(text: &str) -> Result<ActionKind, Fault> {
    let found = KINDS.into_iter().find(|kind| kind.as_str() == text);
    found.ok_or_else(|| Fault::Unknown {
        value: text.chars().take(40).collect(),
        expected: Hint::names(&KINDS.map(ActionKind::as_str)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::Fields;
    use crate::domain::fault::Locale;

    #[test]
    fn kinds_are_read_by_their_words() {
        assert_eq!(kind("packaging"), Ok(ActionKind::Packaging));
        assert!(matches!(kind("<b>"), Err(Fault::Unknown { .. })));
    }

    #[test]
    fn a_form_at_fault_shows_what_was_filled_in_and_others_do_not() {
        let filled = Filled {
            fields: Fields::parse(b"action=a&kind=promotion&on=2026-10-01&note="),
            errors: vec![FieldError::new("note", Fault::Missing)],
        };
        let of = |id: &str| {
            let first = ["page", "2026-09-01", "before"];
            ActionForm::of(id, first, (&filled, Language(Locale::English)))
        };
        let shown = |form: &ActionForm| {
            let chosen = form.kinds.iter().find(|kind| kind.is_chosen);
            let kind = chosen.map_or("", |kind| kind.value.as_str()).to_owned();
            (kind, form.on.value.clone(), form.note.value.clone())
        };
        let texts =
            |kind: &str, on: &str, note: &str| (kind.to_owned(), on.to_owned(), note.to_owned());
        let meant = of("a");
        assert!(meant.is_wrong);
        assert_eq!(shown(&meant), texts("promotion", "2026-10-01", ""));
        let other = of("b");
        assert!(!other.is_wrong);
        assert_eq!(shown(&other), texts("page", "2026-09-01", "before"));
    }
}
