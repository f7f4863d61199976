//! What people do to recurring questions: name, mute, pin, merge, split, undo.

use std::collections::BTreeSet;

use actix_web::{HttpResponse, web};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::api::json::Json;
use crate::api::path::Id;
use crate::auth::{Caller, Supervising};
use crate::domain::fault::{Fault, FieldError};
use crate::domain::ids::{ClusterId, EditId};
use crate::domain::listening::{ClusterEdit, EditKind, WordingKey};
use crate::domain::text::Text;
use crate::error::ApiError;
use crate::listening::editing::{ClusterPatch, Editor};
use crate::state::AppState;

const MOST_NAME_CHARACTERS: usize = 100;
const MOST_EDITS: u32 = 100;

/// What to change of a cluster, one thing at least; what is absent stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ClusterPatchRequest {
    /// What to call it; an empty text goes back to its label.
    #[serde(default)]
    pub name: Option<String>,
    /// Whether it is left out of reports and queues.
    #[serde(default)]
    pub muted: Option<bool>,
    /// Whether it is kept on top.
    #[serde(default)]
    pub pinned: Option<bool>,
}

/// A change that can be undone.
#[derive(Debug, Serialize, ToSchema)]
pub struct EditResponse {
    /// Its id, for an undo.
    pub edit_id: String,
    /// The cluster that a split made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cluster_id: Option<String>,
}

/// Names, mutes or pins a cluster.
#[utoipa::path(patch, path = "/v1/clusters/{id}", operation_id = "change_cluster", tag = "insights", security(("key" = ["supervise"])),
    params(("id" = String, Path, description = "The cluster's id")), request_body = ClusterPatchRequest,
    responses((status = 200, body = EditResponse), (status = "default", description = "A problem", body = crate::error::Problem)))]
pub async fn change(
    caller: Caller<Supervising>,
    state: web::Data<AppState>,
    id: Id<ClusterId>,
    body: Json<ClusterPatchRequest>,
) -> Result<HttpResponse, ApiError> {
    let asked = &body.value;
    if asked.name.is_none() && asked.muted.is_none() && asked.pinned.is_none() {
        let fault = Fault::malformed("name、muted 或 pinned 至少一项", "a name, muted or pinned");
        return Err(ApiError::field(FieldError::new("name", fault)));
    }
    let name = match asked.name.as_deref().map(str::trim) {
        None => None,
        Some("") => Some(None),
        Some(name) => {
            let fault = |fault| ApiError::field(FieldError::new("name", fault));
            Some(Some(Text::line(name, MOST_NAME_CHARACTERS).map_err(fault)?))
        }
    };
    let patch = ClusterPatch {
        name,
        is_muted: asked.muted,
        is_pinned: asked.pinned,
    };
    let edit = editor(&caller, &state).change(id.0, &patch).await?;
    Ok(HttpResponse::Ok().json(EditResponse::of(edit)))
}

/// Into which cluster.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MergeRequest {
    /// The cluster that stays.
    pub into: String,
}

/// Puts all of a cluster into another. Later clusterings keep it so.
#[utoipa::path(post, path = "/v1/clusters/{id}/merge", operation_id = "merge_clusters", tag = "insights", security(("key" = ["supervise"])),
    params(("id" = String, Path, description = "The cluster's id")), request_body = MergeRequest,
    responses((status = 200, body = EditResponse), (status = "default", description = "A problem", body = crate::error::Problem)))]
pub async fn merge(
    caller: Caller<Supervising>,
    state: web::Data<AppState>,
    id: Id<ClusterId>,
    body: Json<MergeRequest>,
) -> Result<HttpResponse, ApiError> {
    let fault = |fault| ApiError::field(FieldError::new("into", fault));
    let into = ClusterId::parse(&body.value.into).map_err(fault)?;
    if into == id.0 {
        return Err(fault(Fault::Itself));
    }
    let edit = editor(&caller, &state).merge(id.0, into).await?;
    Ok(HttpResponse::Ok().json(EditResponse::of(edit)))
}

/// Which wordings.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SplitRequest {
    /// Keys of wordings of the cluster: some, not all.
    pub wordings: Vec<String>,
}

/// Puts some wordings of a cluster into one of their own. Later clusterings keep it so.
#[utoipa::path(post, path = "/v1/clusters/{id}/split", operation_id = "split_cluster", tag = "insights", security(("key" = ["supervise"])),
    params(("id" = String, Path, description = "The cluster's id")), request_body = SplitRequest,
    responses((status = 200, body = EditResponse), (status = "default", description = "A problem", body = crate::error::Problem)))]
pub async fn split(
    caller: Caller<Supervising>,
    state: web::Data<AppState>,
    id: Id<ClusterId>,
    body: Json<SplitRequest>,
) -> Result<HttpResponse, ApiError> {
    let mut wordings = BTreeSet::new();
    for (place, key) in body.value.wordings.iter().enumerate() {
        let key = u64::from_str_radix(key, 16).map_err(|_| {
            let fault = Fault::malformed("问法的 key", "the key of a wording");
            ApiError::field(FieldError::new(format!("wordings[{place}]"), fault))
        })?;
        wordings.insert(WordingKey(key));
    }
    let (edit, cluster) = editor(&caller, &state).split(id.0, &wordings).await?;
    Ok(HttpResponse::Ok().json(EditResponse {
        cluster_id: Some(cluster.to_string()),
        ..EditResponse::of(edit)
    }))
}

/// The latest changes of people's to clusters.
#[derive(Debug, Serialize, ToSchema)]
pub struct EditsResponse {
    /// Newest first, at most 100.
    pub edits: Vec<EditEntry>,
}

/// A change of people's to clusters.
#[derive(Debug, Serialize, ToSchema)]
pub struct EditEntry {
    /// Its id.
    pub id: String,
    /// What was done.
    pub kind: EditKind,
    /// The cluster that it was done to.
    pub cluster: String,
    /// In a few words.
    pub detail: String,
    /// Who did it.
    pub by: String,
    /// When.
    #[schema(value_type = String)]
    pub at: Timestamp,
    /// When it was undone.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub undone_at: Option<Timestamp>,
}

/// What people did to clusters.
#[utoipa::path(get, path = "/v1/cluster-edits", operation_id = "list_cluster_edits", tag = "insights", security(("key" = ["supervise"])),
    responses((status = 200, body = EditsResponse), (status = "default", description = "A problem", body = crate::error::Problem)))]
pub async fn list_edits(
    caller: Caller<Supervising>,
    state: web::Data<AppState>,
) -> Result<HttpResponse, ApiError> {
    let edits = state.store.cluster_edits(&caller.shop, MOST_EDITS).await?;
    let edits = edits.into_iter().map(EditEntry::from).collect();
    Ok(HttpResponse::Ok().json(EditsResponse { edits }))
}

/// Puts back what stood before a change.
#[utoipa::path(post, path = "/v1/cluster-edits/{id}/undo", operation_id = "undo_cluster_edit", tag = "insights", security(("key" = ["supervise"])),
    params(("id" = String, Path, description = "The edit's id")),
    responses((status = 204, description = "It is undone"), (status = "default", description = "A problem", body = crate::error::Problem)))]
pub async fn undo(
    caller: Caller<Supervising>,
    state: web::Data<AppState>,
    id: Id<EditId>,
) -> Result<HttpResponse, ApiError> {
    editor(&caller, &state).undo(id.0).await?;
    Ok(HttpResponse::NoContent().finish())
}

fn editor<'a>(caller: &'a Caller<Supervising>, state: &'a AppState) -> Editor<'a> {
    Editor {
        store: state.store.as_ref(),
        listening: &state.listening,
        shop: &caller.shop,
        by: &caller.by,
        at: state.clock.now(),
    }
}

impl EditResponse {
    fn of(edit: EditId) -> Self {
        Self {
            edit_id: edit.to_string(),
            cluster_id: None,
        }
    }
}

impl From<ClusterEdit> for EditEntry {
    fn from(edit: ClusterEdit) -> Self {
        Self {
            id: edit.id.to_string(),
            kind: edit.kind,
            cluster: edit.cluster.to_string(),
            detail: edit.detail,
            by: edit.by,
            at: edit.at,
            undone_at: edit.undone_at,
        }
    }
}
