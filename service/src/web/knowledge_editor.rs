//! `/knowledge/new` and `/knowledge/{id}/edit`: an item written and changed, never over another's change unseen.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use jiff::tz::TimeZone;

use super::console::{Frame, Room, Visit, done};
use super::knowledge_draft::{Draft, input_kind};
use super::knowledge_view::{
    Choice, Group, Names, author, domains, field_name, id_of, item_path, page_of_item, statuses,
    told,
};
use super::language::Language;
use super::lists::{leave_to, minute};
use super::page_with_status;
use crate::auth::{Form, KeepingKnowledge, audit};
use crate::domain::fault::{Fault, FieldError};
use crate::domain::ids::{ClusterId, KnowledgeId};
use crate::domain::job::JobKind;
use crate::domain::key::Scope;
use crate::domain::knowledge::{KnowledgeContent, KnowledgeItem, id_from_title};
use crate::error::ApiError;
use crate::insights::queues::Supervisor;
use crate::knowledge::diff::diff;
use crate::knowledge::edit::{Edit, Expected, replace};
use crate::knowledge::parse::parse_item;
use crate::state::AppState;
use crate::store::NewVersion;

/// Products to choose from that the page lists.
const MOST_PRODUCTS: usize = 200;

#[derive(Template)]
#[template(path = "knowledge_edit.html")]
struct EditorPage {
    frame: Frame,
    /// Where the form is sent, to be kept or to be looked at, and where one
    /// goes without saving.
    path: String,
    preview_path: String,
    back: String,
    is_new: bool,
    /// The version that the form was filled from; 0 for a new item.
    version: u32,
    /// The question that is being answered; empty where it is none of the list.
    cluster: String,
    draft: Draft,
    statuses: Vec<Choice>,
    domains: Vec<Choice>,
    intents: Vec<Group>,
    /// The products named in the form: ids and names.
    named: Vec<(String, String)>,
    /// Products to choose from, and how many more there are.
    products: Vec<(String, String)>,
    more_products: usize,
    outcome: Outcome,
}

/// What came of a form that was sent.
#[derive(Default)]
struct Outcome {
    errors: Vec<FieldError>,
    /// What somebody else has saved meanwhile.
    theirs: Option<Theirs>,
    /// The address of the item that has this id already; empty where none has.
    existing: String,
    is_preview: bool,
}

impl Outcome {
    /// Whether the form holds what was sent and is not saved.
    fn is_unsaved(&self) -> bool {
        self.is_preview || self.theirs.is_some() || !self.errors.is_empty()
    }
}

/// What somebody else has saved meanwhile.
struct Theirs {
    version: u32,
    by: String,
    at: String,
    /// The fields that differ from what is in the form: name and value.
    fields: Vec<(&'static str, String)>,
    /// Their names as people read them.
    names: String,
}

impl EditorPage {
    /// What is wrong with a field; empty when nothing is.
    fn problem(&self, field: &str) -> String {
        let errors = self.outcome.errors.iter();
        let of_field = errors.filter_map(|error| {
            let rest = error.field.strip_prefix(field)?;
            let message = error.fault.message(self.frame.language.0);
            let place = rest.strip_prefix('[')?.strip_suffix(']')?;
            let place: usize = place.parse().ok()?;
            Some(if self.frame.language.is_chinese() {
                format!("第 {} 个：{message}", place + 1)
            } else {
                format!("no. {}: {message}", place + 1)
            })
        });
        let whole = self
            .outcome
            .errors
            .iter()
            .filter(|error| error.field == field);
        let whole = whole.map(|error| error.fault.message(self.frame.language.0));
        let messages: Vec<String> = whole.chain(of_field).collect();
        messages.join(self.frame.say("；", "; "))
    }

    fn is_at_fault(&self, field: &str) -> bool {
        !self.problem(field).is_empty()
    }

    /// What somebody else has saved in a field that differs from the form's.
    fn their(&self, field: &str) -> Option<&str> {
        let theirs = self.outcome.theirs.as_ref()?;
        let found = theirs.fields.iter().find(|(name, _)| *name == field)?;
        Some(&found.1)
    }

    fn kind(&self, time: &str) -> &'static str {
        input_kind(time)
    }

    /// Whether what is rarely needed has something in it, or at fault.
    fn is_more_open(&self) -> bool {
        let draft = &self.draft;
        ["channels", "source", "tags", "id"]
            .iter()
            .any(|field| self.is_at_fault(field) || self.their(field).is_some())
            || [&draft.channels, &draft.source, &draft.tags]
                .iter()
                .any(|text| !text.is_empty())
    }
}

/// Which item is edited, and from which version.
struct Subject {
    /// `None` for a new one.
    id: Option<KnowledgeId>,
    version: u32,
    cluster: String,
}

/// `GET /knowledge/new`: an empty form, or one filled as the address says.
///
/// # Errors
/// When the person may not change knowledge, or the store fails.
pub async fn new(
    visit: Visit<KeepingKnowledge>,
    state: web::Data<AppState>,
) -> Result<HttpResponse, ApiError> {
    let subject = Subject {
        id: None,
        version: 0,
        cluster: visit.query.get("cluster").to_owned(),
    };
    let draft = Draft::filled(&visit.query);
    let outcome = Outcome::default();
    form(&visit, &state, subject, (draft, outcome)).await
}

/// `POST /knowledge/new`: makes the item.
///
/// # Errors
/// When the person may not change knowledge, or the store fails.
pub async fn create(
    visit: Visit<KeepingKnowledge>,
    sent: Form<KeepingKnowledge>,
    state: web::Data<AppState>,
    request: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    let draft = Draft::filled(&sent.fields);
    let subject = Subject {
        id: None,
        version: 0,
        cluster: sent.fields.get("cluster").to_owned(),
    };
    match make(&visit, &state, &subject, &draft).await {
        Ok(id) => {
            audit::about(&request, id.as_str());
            Ok(done(&item_path(id.as_str()), "created"))
        }
        Err(ApiError::InvalidFields(errors)) => {
            let outcome = Outcome {
                errors,
                ..Outcome::default()
            };
            form(&visit, &state, subject, (draft, outcome)).await
        }
        Err(ApiError::Exists { .. }) => {
            let outcome = taken(&draft);
            form(&visit, &state, subject, (draft, outcome)).await
        }
        Err(error) => Err(error),
    }
}

/// `GET /knowledge/{id}/edit`: the form of the item as it stands.
///
/// # Errors
/// When the person may not change knowledge, there is no such item, or the store fails.
pub async fn edit(
    visit: Visit<KeepingKnowledge>,
    state: web::Data<AppState>,
    path: web::Path<String>,
) -> Result<HttpResponse, ApiError> {
    let item = standing(&visit, &state, &path).await?;
    let zone = state.shop(visit.visitor.shop()).await?.zone();
    let draft = Draft::of(&item.content.to_raw(&item.id, &zone));
    let subject = Subject {
        id: Some(item.id),
        version: item.version,
        cluster: String::new(),
    };
    form(&visit, &state, subject, (draft, Outcome::default())).await
}

/// `POST /knowledge/{id}/edit`: the next version, of the one that the form was
/// filled from. Where another stands by now, both are shown side by side.
///
/// # Errors
/// When the person may not change knowledge, there is no such item, or the store fails.
pub async fn save(
    visit: Visit<KeepingKnowledge>,
    sent: Form<KeepingKnowledge>,
    state: web::Data<AppState>,
    path: web::Path<String>,
) -> Result<HttpResponse, ApiError> {
    let id = id_of(&path)?;
    let version = sent.fields.get("version").parse::<u32>();
    let version = version.map_err(|_| ApiError::FormExpired)?;
    let draft = Draft {
        id: id.to_string(),
        ..Draft::filled(&sent.fields)
    };
    let mut subject = Subject {
        id: Some(id.clone()),
        version,
        cluster: String::new(),
    };
    let zone = state.shop(visit.visitor.shop()).await?.zone();
    let content = match parse_item(&draft.raw(), &zone).1 {
        Ok(content) => content,
        Err(errors) => {
            let outcome = Outcome {
                errors,
                ..Outcome::default()
            };
            return form(&visit, &state, subject, (draft, outcome)).await;
        }
    };
    match change(&visit, &state, &subject, content.clone()).await {
        Ok(()) => Ok(done(&item_path(id.as_str()), "saved")),
        Err(ApiError::VersionConflict { .. }) => {
            let item = standing(&visit, &state, id.as_str()).await?;
            if item.content == content {
                // Somebody has saved the very same.
                return Ok(done(&item_path(id.as_str()), "saved"));
            }
            subject.version = item.version;
            let names = Names::of(&state, visit.visitor.shop(), visit.language);
            let outcome = conflict(&names, &item, &draft, (&zone, visit.language));
            form(&visit, &state, subject, (draft, outcome)).await
        }
        Err(error) => Err(error),
    }
}

/// `POST /knowledge/{id}/preview`: the form as it was sent, with what agents
/// would see; version 0 is a new item's, whatever the address says.
///
/// # Errors
/// When the person may not change knowledge, or the store fails.
pub async fn preview(
    visit: Visit<KeepingKnowledge>,
    sent: Form<KeepingKnowledge>,
    state: web::Data<AppState>,
    path: web::Path<String>,
) -> Result<HttpResponse, ApiError> {
    let version = sent.fields.get("version").parse::<u32>();
    let version = version.map_err(|_| ApiError::FormExpired)?;
    let filled = Draft::filled(&sent.fields);
    let (id, draft) = if version == 0 {
        (None, filled)
    } else {
        let id = id_of(&path)?;
        let draft = Draft {
            id: id.to_string(),
            ..filled
        };
        (Some(id), draft)
    };
    let subject = Subject {
        id,
        version,
        cluster: sent.fields.get("cluster").to_owned(),
    };
    let outcome = Outcome {
        is_preview: true,
        ..Outcome::default()
    };
    form(&visit, &state, subject, (draft, outcome)).await
}

/// Makes an item; one that answers a question of the list is kept with it.
async fn make(
    visit: &Visit<KeepingKnowledge>,
    state: &AppState,
    subject: &Subject,
    draft: &Draft,
) -> Result<KnowledgeId, ApiError> {
    let (shop, by) = (visit.visitor.shop(), visit.visitor.by());
    let raw = draft.raw();
    let scopes = visit.visitor.person().role.scopes();
    let cluster = ClusterId::parse(&subject.cluster).ok();
    if let Some(cluster) = cluster.filter(|_| scopes.contains(&Scope::Supervise)) {
        let supervisor = Supervisor {
            desk: state.desk(),
            shop,
            by: &by,
        };
        let item = supervisor.write(cluster, &raw).await?;
        state.catalog.store_changed();
        // Which questions the item answers is told anew.
        let kind = JobKind::ClusterQuestions;
        state.store.ask_job(shop, kind, state.clock.now()).await?;
        state.trainer.job_asked();
        return Ok(item.id);
    }
    let zone = state.shop(shop).await?.zone();
    let (id, content) = match parse_item(&raw, &zone) {
        (Some(id), Ok(content)) => (id, content),
        (None, Ok(_)) => return Err(ApiError::field(FieldError::new("id", Fault::Missing))),
        (_, Err(errors)) => return Err(ApiError::InvalidFields(errors)),
    };
    let new = NewVersion {
        id: id.clone(),
        content,
        by,
        at: state.clock.now(),
    };
    state.store.create_knowledge(shop, &new, None).await?;
    state.catalog.store_changed();
    Ok(id)
}

async fn change(
    visit: &Visit<KeepingKnowledge>,
    state: &AppState,
    subject: &Subject,
    content: KnowledgeContent,
) -> Result<(), ApiError> {
    let Some(id) = &subject.id else {
        return Err(ApiError::FormExpired);
    };
    let edit = Edit {
        shop: visit.visitor.shop(),
        id,
        expected: &Expected::Versions(vec![subject.version]),
        by: &visit.visitor.by(),
        at: state.clock.now(),
    };
    replace(state.store.as_ref(), edit, content).await?;
    state.catalog.store_changed();
    Ok(())
}

/// An item of the given or of the title's id is there already.
fn taken(draft: &Draft) -> Outcome {
    let given = KnowledgeId::parse(&draft.id).or_else(|_| id_from_title(&draft.title));
    let field = if draft.id.trim().is_empty() {
        "title"
    } else {
        "id"
    };
    Outcome {
        errors: vec![FieldError::new(field, Fault::InUse)],
        existing: given.map_or_else(|_| String::new(), |id| item_path(id.as_str())),
        ..Outcome::default()
    }
}

fn conflict(
    names: &Names,
    item: &KnowledgeItem,
    mine: &Draft,
    (zone, language): (&TimeZone, Language),
) -> Outcome {
    let theirs = item.content.to_raw(&item.id, zone);
    // In the form's own shape, so that only what really differs is shown.
    let changes = diff(&Draft::of(&theirs).raw(), &mine.raw());
    let differing: Vec<String> = changes
        .iter()
        .map(|change| field_name(change.field, language))
        .collect();
    let fields = changes.into_iter().map(|change| {
        let value = told(change.field, change.before, names, language);
        (change.field, value.join("\n"))
    });
    Outcome {
        theirs: Some(Theirs {
            version: item.version,
            by: author(&item.updated_by, language),
            at: minute(item.updated_at, zone),
            fields: fields.collect(),
            names: differing.join(language.say("、", ", ")),
        }),
        ..Outcome::default()
    }
}

async fn standing(
    visit: &Visit<KeepingKnowledge>,
    state: &AppState,
    id: &str,
) -> Result<KnowledgeItem, ApiError> {
    let id = id_of(id)?;
    let item = state.store.knowledge(visit.visitor.shop(), &id).await?;
    item.ok_or(ApiError::NotFound {
        what: "knowledge item",
    })
}

/// The page with the form.
async fn form(
    visit: &Visit<KeepingKnowledge>,
    state: &AppState,
    subject: Subject,
    (draft, outcome): (Draft, Outcome),
) -> Result<HttpResponse, ApiError> {
    let (shop, language) = (visit.visitor.shop(), visit.language);
    let names = Names::of(state, shop, language);
    let vocabulary = state.store.vocabulary(shop).await?;
    let more_products = vocabulary.products.len().saturating_sub(MOST_PRODUCTS);
    let products = vocabulary.products.into_iter().take(MOST_PRODUCTS);
    let ids = draft.product_ids().into_iter();
    let status = if outcome.theirs.is_some() {
        StatusCode::CONFLICT
    } else if outcome.errors.is_empty() {
        StatusCode::OK
    } else {
        StatusCode::UNPROCESSABLE_ENTITY
    };
    let (path, back) = match &subject.id {
        Some(id) => (page_of_item(id.as_str(), "edit"), item_path(id.as_str())),
        None => ("/knowledge/new".to_owned(), "/knowledge".to_owned()),
    };
    let mut frame = visit.frame(state, Room::Knowledge).await?;
    if outcome.is_preview {
        leave_to(&mut frame, &path);
    }
    let id = subject.id.as_ref().map_or("new", KnowledgeId::as_str);
    let template = EditorPage {
        frame,
        preview_path: page_of_item(id, "preview"),
        path,
        back,
        is_new: subject.id.is_none(),
        version: subject.version,
        cluster: subject.cluster,
        statuses: statuses(&draft.status, language),
        domains: domains(&draft.domain, language),
        intents: names.intents(&draft.intent),
        named: ids
            .map(|id| {
                let name = names.product(&id);
                (id, name)
            })
            .collect(),
        products: products
            .map(|product| (product.id.to_string(), product.name))
            .collect(),
        more_products,
        draft,
        outcome,
    };
    page_with_status(&template, language, status)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::Fields;

    #[test]
    fn a_taken_id_is_said_where_it_came_from() {
        let draft = Draft::filled(&Fields::parse("title=发票".as_bytes()));
        let outcome = taken(&draft);
        assert_eq!(outcome.errors[0].field, "title");
        assert!(outcome.existing.starts_with("/knowledge/t-"));
        let outcome = taken(&Draft::filled(&Fields::parse(b"title=a&id=b")));
        assert_eq!(outcome.errors[0].field, "id");
        assert_eq!(outcome.existing, "/knowledge/b");
    }
}
