//! What people change of recurring questions: merge, split, name, mute, pin,
//! undo; and who changed what.

use std::collections::BTreeSet;

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;

use super::console::{Frame, Room, Visit, done};
use super::language::local_path;
use super::lists::leave_to;
use super::question_history::{EditView, edit_views};
use super::question_page::{Filled, again, cluster_id};
use super::questions_parts::{Flash, Reader, number};
use super::{page, page_with_status};
use crate::auth::{Form, Supervising, Visitor, audit};
use crate::domain::fault::{Fault, FieldError};
use crate::domain::ids::{ClusterId, EditId};
use crate::domain::job::JobKind;
use crate::domain::listening::WordingKey;
use crate::domain::text::Text;
use crate::error::ApiError;
use crate::insights::standing::{Row, standing};
use crate::listening::editing::{ClusterPatch, Editor};
use crate::reports::Words;
use crate::state::AppState;

const MOST_NAME_CHARACTERS: usize = 100;
const MOST_EDITS: u32 = 100;

/// Questions that are merged at once.
const MOST_MERGED: usize = 20;

#[derive(Template)]
#[template(path = "question_edits.html")]
struct EditsPage {
    frame: Frame,
    flash: Flash,
    problem: &'static str,
    edits: Vec<EditView>,
}

/// `GET /questions/edits`: who changed what.
///
/// # Errors
/// When the shop cannot be read.
pub async fn list(
    visit: Visit<Supervising>,
    state: web::Data<AppState>,
) -> Result<HttpResponse, ApiError> {
    let template = edits_page(&visit, &state, "").await?;
    page(&template, visit.language)
}

async fn edits_page(
    visit: &Visit<Supervising>,
    state: &AppState,
    problem: &'static str,
) -> Result<EditsPage, ApiError> {
    let mut frame = visit.frame(state, Room::Questions).await?;
    leave_to(&mut frame, "/questions/edits");
    let shop = visit.visitor.shop();
    let edits = state.store.cluster_edits(shop, MOST_EDITS).await?;
    let ledger = state.listening.ledger(shop).await?;
    Ok(EditsPage {
        flash: Flash::of(&frame, "/questions/edits"),
        problem,
        edits: edit_views(&edits, &ledger, &frame),
        frame,
    })
}

/// `POST /questions/edits/{id}/undo`: puts back what stood before an edit, or
/// before several that were made as one, their ids joined by dots.
///
/// # Errors
/// When the shop cannot be read.
pub async fn undo(
    visit: Visit<Supervising>,
    form: Form<Supervising>,
    state: web::Data<AppState>,
    path: web::Path<String>,
) -> Result<HttpResponse, ApiError> {
    let edits: Result<Vec<EditId>, Fault> = path.split('.').map(EditId::parse).collect();
    let edits = edits.map_err(|_| ApiError::NotFound { what: "edit" })?;
    let editor = editor(&form.visitor, &state);
    // The latest first: each is then the last of what it changed.
    for edit in edits.into_iter().rev() {
        let problem = match editor.undo(edit).await.map_err(ApiError::from) {
            Ok(()) => continue,
            Err(ApiError::InvalidFields(_)) => visit.language.say(
                "后来又有人改过这些问题：请先撤销更晚的改动。",
                "These questions have been changed since then. Undo the later changes first.",
            ),
            Err(ApiError::NotFound { .. }) => visit.language.say(
                "这次改动已经撤销过了。",
                "This change has already been undone.",
            ),
            Err(error) => return Err(error),
        };
        let template = edits_page(&visit, &state, problem).await?;
        let status = StatusCode::UNPROCESSABLE_ENTITY;
        return page_with_status(&template, visit.language, status);
    }
    let back = match form.fields.get("back") {
        "" => "/questions/edits",
        back => local_path(back),
    };
    Ok(done(back, "undone"))
}

#[derive(Template)]
#[template(path = "question_merge.html")]
struct MergePage {
    frame: Frame,
    /// What keeps them from being merged; empty where nothing does.
    problem: &'static str,
    questions: Vec<MergeView>,
}

struct MergeView {
    id: String,
    label: String,
    buyers: String,
    intent: String,
    stays: bool,
}

/// `GET /questions/merge?cluster=…&cluster=…`: what would happen, and which label stays.
///
/// # Errors
/// When the shop cannot be read.
pub async fn confirm_merge(
    visit: Visit<Supervising>,
    state: web::Data<AppState>,
) -> Result<HttpResponse, ApiError> {
    let asked = visit
        .query
        .all("cluster")
        .filter_map(|id| ClusterId::parse(id).ok());
    let asked: BTreeSet<ClusterId> = asked.collect();
    let standing = standing(state.desk(), visit.visitor.shop()).await?;
    let mut rows: Vec<&Row> = asked.iter().filter_map(|id| standing.row(*id)).collect();
    rows.sort_by_key(|row| std::cmp::Reverse(row.view.buyers_of_eight_weeks));
    let problem = if rows.len() < 2 {
        visit.language.say(
            "请在列表里勾选至少两个问题，再点“合并所选”。",
            "Select at least two questions in the list, then choose “Merge selected”.",
        )
    } else if rows.len() > MOST_MERGED {
        visit.language.say(
            "一次最多合并 20 个问题。",
            "You can merge up to 20 questions at a time.",
        )
    } else {
        ""
    };
    let wanted = visit.query.get("stays");
    let wanted = rows
        .iter()
        .position(|row| row.view.cluster.id.to_string() == wanted);
    let stays = wanted.unwrap_or(0);
    let views = rows.iter().enumerate().map(|(place, row)| MergeView {
        id: row.view.cluster.id.to_string(),
        label: Reader::Supervisor.title(&row.view, visit.language),
        buyers: number(row.view.buyers_of_eight_weeks),
        intent: Words(visit.language.0).intent(&row.view.line).to_owned(),
        stays: place == stays,
    });
    let template = MergePage {
        problem,
        questions: views.collect(),
        frame: visit.frame(&state, Room::Questions).await?,
    };
    page(&template, visit.language)
}

/// `POST /questions/merge`: puts the questions into the one that stays.
///
/// # Errors
/// When one of them is gone, or the store fails.
pub async fn merge(
    form: Form<Supervising>,
    state: web::Data<AppState>,
    request: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    let into = cluster_id(form.fields.get("stays"))?;
    let merged = form.fields.all("cluster").map(cluster_id);
    let mut merged = merged.collect::<Result<BTreeSet<ClusterId>, ApiError>>()?;
    merged.remove(&into);
    if merged.is_empty() || merged.len() >= MOST_MERGED {
        let fault = Fault::TooMany {
            most: MOST_MERGED,
            found: merged.len() + 1,
        };
        return Err(ApiError::field(FieldError::new("cluster", fault)));
    }
    // All are looked up before any is changed.
    let ledger = state.listening.ledger(form.visitor.shop()).await?;
    let is_there = |id: &ClusterId| {
        let cluster = ledger.cluster(*id);
        cluster.is_some_and(|cluster| cluster.retired_at.is_none())
    };
    if !merged.iter().chain([&into]).all(is_there) {
        return Err(ApiError::NotFound { what: "cluster" });
    }
    audit::about(&request, into.to_string());
    let editor = editor(&form.visitor, &state);
    let mut said = "merged".to_owned();
    for from in merged {
        let edit = editor.merge(from, into).await?;
        said.push('.');
        said.push_str(&edit.to_string());
    }
    Ok(done(&format!("/questions/{into}"), &said))
}

/// `POST /questions/{id}/name`.
///
/// # Errors
/// When there is no such question, or the store fails.
pub async fn rename(
    visit: Visit<Supervising>,
    form: Form<Supervising>,
    state: web::Data<AppState>,
    path: web::Path<String>,
) -> Result<HttpResponse, ApiError> {
    let id = cluster_id(&path)?;
    let name = match form.fields.get("name").trim() {
        "" => Ok(None),
        name => Text::line(name, MOST_NAME_CHARACTERS).map(Some),
    };
    match name {
        Ok(name) => {
            let patch = ClusterPatch {
                name: Some(name),
                ..ClusterPatch::default()
            };
            change(&form.visitor, &state, id, (&patch, "renamed")).await
        }
        Err(fault) => {
            let errors = vec![FieldError::new("name", fault)];
            let fields = form.fields;
            again(&visit, &state, (id, Filled { fields, errors })).await
        }
    }
}

/// `POST /questions/{id}/mute`: `to` is `yes` or `no`.
///
/// # Errors
/// When there is no such question, or the store fails.
pub async fn mute(
    form: Form<Supervising>,
    state: web::Data<AppState>,
    path: web::Path<String>,
) -> Result<HttpResponse, ApiError> {
    let is_muted = form.fields.get("to") == "yes";
    let patch = ClusterPatch {
        is_muted: Some(is_muted),
        ..ClusterPatch::default()
    };
    let said = if is_muted { "muted" } else { "unmuted" };
    change(&form.visitor, &state, cluster_id(&path)?, (&patch, said)).await
}

/// `POST /questions/{id}/pin`: `to` is `yes` or `no`.
///
/// # Errors
/// When there is no such question, or the store fails.
pub async fn pin(
    form: Form<Supervising>,
    state: web::Data<AppState>,
    path: web::Path<String>,
) -> Result<HttpResponse, ApiError> {
    let is_pinned = form.fields.get("to") == "yes";
    let patch = ClusterPatch {
        is_pinned: Some(is_pinned),
        ..ClusterPatch::default()
    };
    let said = if is_pinned { "pinned" } else { "unpinned" };
    change(&form.visitor, &state, cluster_id(&path)?, (&patch, said)).await
}

async fn change(
    visitor: &Visitor<Supervising>,
    state: &AppState,
    id: ClusterId,
    (patch, said): (&ClusterPatch, &str),
) -> Result<HttpResponse, ApiError> {
    let edit = editor(visitor, state).change(id, patch).await?;
    Ok(done(&format!("/questions/{id}"), &format!("{said}.{edit}")))
}

/// `POST /questions/{id}/split`: puts the ticked wordings into a question of their own.
///
/// # Errors
/// When there is no such question, or the store fails.
pub async fn split(
    visit: Visit<Supervising>,
    form: Form<Supervising>,
    state: web::Data<AppState>,
    path: web::Path<String>,
) -> Result<HttpResponse, ApiError> {
    let id = cluster_id(&path)?;
    let keys = form.fields.all("wording");
    let keys = keys.filter_map(|key| u64::from_str_radix(key, 16).ok());
    let keys: BTreeSet<WordingKey> = keys.map(WordingKey).collect();
    let split = editor(&form.visitor, &state).split(id, &keys).await;
    match split.map_err(ApiError::from) {
        Ok((edit, _)) => Ok(done(&format!("/questions/{id}"), &format!("split.{edit}"))),
        Err(ApiError::InvalidFields(errors)) => {
            let fields = form.fields;
            again(&visit, &state, (id, Filled { fields, errors })).await
        }
        Err(error) => Err(error),
    }
}

/// `POST /questions/refresh`: clusters all questions anew. A run that waits already is that run.
///
/// # Errors
/// When the store fails.
pub async fn refresh(
    form: Form<Supervising>,
    state: web::Data<AppState>,
) -> Result<HttpResponse, ApiError> {
    let now = state.clock.now();
    let kind = JobKind::ClusterQuestions;
    state.store.ask_job(form.visitor.shop(), kind, now).await?;
    state.trainer.job_asked();
    Ok(done("/questions", "refreshing"))
}

fn editor<'a>(visitor: &'a Visitor<Supervising>, state: &'a AppState) -> Editor<'a> {
    Editor {
        store: state.store.as_ref(),
        listening: &state.listening,
        shop: visitor.shop(),
        by: visitor.person().login.as_str(),
        at: state.clock.now(),
    }
}
