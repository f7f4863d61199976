//! `/v1/synonyms`: wordings that mean the same in this shop, as one list.

use actix_web::{HttpResponse, web};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::api::json::Json;
use crate::auth::{Administering, Caller, ReadingVocabulary};
use crate::domain::fault::{Fault, FieldError};
use crate::domain::shop::Synonyms;
use crate::error::ApiError;
use crate::state::AppState;

const MOST_GROUPS: usize = 2_000;

/// All of the shop's synonyms.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SynonymsList {
    /// Groups of two or more wordings, at most 2,000.
    pub groups: Vec<Synonyms>,
}

/// The shop's synonyms.
#[utoipa::path(get, path = "/v1/synonyms", operation_id = "read_synonyms", tag = "vocabulary", security(("key" = ["knowledge", "admin"])),
    responses((status = 200, body = SynonymsList), (status = "default", description = "A problem", body = crate::error::Problem)))]
pub async fn read(
    caller: Caller<ReadingVocabulary>,
    state: web::Data<AppState>,
) -> Result<HttpResponse, ApiError> {
    let groups = state.store.vocabulary(&caller.shop).await?.synonyms;
    Ok(HttpResponse::Ok().json(SynonymsList { groups }))
}

/// Replaces all of the shop's synonyms.
#[utoipa::path(put, path = "/v1/synonyms", operation_id = "replace_synonyms", tag = "vocabulary", security(("key" = ["admin"])), request_body = SynonymsList,
    responses((status = 200, body = SynonymsList), (status = "default", description = "A problem", body = crate::error::Problem)))]
pub async fn put(
    caller: Caller<Administering>,
    state: web::Data<AppState>,
    body: Json<SynonymsList>,
) -> Result<HttpResponse, ApiError> {
    let groups = parse(body.value.groups)?;
    state.store.replace_synonyms(&caller.shop, &groups).await?;
    state.catalog.store_changed();
    Ok(HttpResponse::Ok().json(SynonymsList { groups }))
}

fn parse(groups: Vec<Synonyms>) -> Result<Vec<Synonyms>, ApiError> {
    let found = groups.len();
    if found > MOST_GROUPS {
        let most = MOST_GROUPS;
        let fault = Fault::TooMany { most, found };
        return Err(ApiError::field(FieldError::new("groups", fault)));
    }
    let mut errors = Vec::new();
    let mut trimmed = Vec::with_capacity(found);
    for (place, group) in groups.into_iter().enumerate() {
        match group.trimmed() {
            Ok(group) => trimmed.push(group),
            Err(faults) => errors.extend(faults.into_iter().map(|error| FieldError {
                field: format!("groups[{place}].{}", error.field),
                ..error
            })),
        }
    }
    if errors.is_empty() {
        Ok(trimmed)
    } else {
        Err(ApiError::InvalidFields(errors))
    }
}
