//! `/v1/intents`: what the shop makes of the taxonomy. `PUT /v1/suggestions/{id}/intent`: one question set right.

use std::collections::{BTreeMap, HashSet};

use actix_web::{HttpResponse, web};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::api::json::Json;
use crate::api::path::Id;
use crate::auth::{Administering, Caller, Judging, ReadingVocabulary};
use crate::domain::fault::{Fault, FieldError, Hint};
use crate::domain::ids::{ShopId, SuggestionId};
use crate::domain::job::JobKind;
use crate::domain::language::IntentSetting;
use crate::domain::taxonomy::{Intent, KnowledgeDomain, Stage};
use crate::domain::text::{Text, check_list};
use crate::error::ApiError;
use crate::state::AppState;
use crate::store::{NewCorrection, StoreError};

const MOST_SETTINGS: usize = 200;
const MOST_PHRASINGS: usize = 200;
const MOST_NAME_CHARACTERS: usize = 40;
const MOST_PHRASING_CHARACTERS: usize = 200;

/// Every intent as it stands in this shop.
#[derive(Debug, Serialize, ToSchema)]
pub struct IntentsResponse {
    /// The taxonomy's, in its order, then the shop's own.
    pub intents: Vec<IntentResponse>,
}

/// An intent as it stands in this shop.
#[derive(Debug, Serialize, ToSchema)]
pub struct IntentResponse {
    /// Its stable id.
    pub id: String,
    /// Who owns its answers; absent for small talk and what is unclear.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub domain: Option<KnowledgeDomain>,
    /// When it is usually asked.
    pub stage: Stage,
    /// What the shop calls it, if it has a name of its own for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The taxonomy's Chinese label; absent for the shop's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub label_zh: Option<&'static str>,
    /// The taxonomy's English label; absent for the shop's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub label_en: Option<&'static str>,
    /// Whether questions are never classified as it.
    pub off: bool,
    /// The shop's own ways of asking it, beside those that come with the service.
    pub phrasings: Vec<String>,
}

/// All that the shop changes of the taxonomy. What is not listed is as it comes.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct IntentsRequest {
    /// At most 200.
    pub intents: Vec<IntentRequest>,
}

/// A change to an intent, or an intent of the shop's own.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct IntentRequest {
    /// One of the taxonomy's ids, or `{domain}.shop_{slug}` for one of the shop's own.
    #[schema(example = "product.shop_engraving")]
    pub id: String,
    /// What the shop calls it; needed for its own.
    #[serde(default)]
    #[schema(example = "刻字定制")]
    pub name: Option<String>,
    /// Whether questions are never to be classified as it.
    #[serde(default)]
    pub off: bool,
    /// When it is usually asked: of the shop's own only, `pre` when absent.
    #[serde(default)]
    pub stage: Option<Stage>,
    /// Ways of asking it, at most 200; at least three for the shop's own.
    #[serde(default)]
    pub phrasings: Vec<String>,
}

/// Every intent as it stands in this shop.
#[utoipa::path(get, path = "/v1/intents", operation_id = "read_intents", tag = "language", security(("key" = ["knowledge", "admin"])),
    responses((status = 200, body = IntentsResponse), (status = "default", description = "A problem", body = crate::error::Problem)))]
pub async fn read(
    caller: Caller<ReadingVocabulary>,
    state: web::Data<AppState>,
) -> Result<HttpResponse, ApiError> {
    let settings = state.store.intents(&caller.shop).await?;
    Ok(HttpResponse::Ok().json(present(settings)))
}

/// Replaces all that the shop changes of the taxonomy. The classifier is
/// trained anew for it, as a job.
#[utoipa::path(put, path = "/v1/intents", operation_id = "replace_intents", tag = "language", security(("key" = ["admin"])), request_body = IntentsRequest,
    responses((status = 200, body = IntentsResponse), (status = "default", description = "A problem", body = crate::error::Problem)))]
pub async fn put(
    caller: Caller<Administering>,
    state: web::Data<AppState>,
    body: Json<IntentsRequest>,
) -> Result<HttpResponse, ApiError> {
    let settings = parse(body.value)?;
    state.store.replace_intents(&caller.shop, &settings).await?;
    state.catalog.store_changed();
    let now = state.clock.now();
    state
        .store
        .ask_job(&caller.shop, JobKind::TrainLanguage, now)
        .await?;
    state.trainer.job_asked();
    Ok(HttpResponse::Ok().json(present(settings)))
}

/// The right intent of a question.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CorrectionBody {
    /// The intent's id.
    #[schema(example = "process.refund")]
    pub intent: String,
}

/// Sets a question's intent right. The classifier learns from it.
#[utoipa::path(put, path = "/v1/suggestions/{id}/intent", operation_id = "correct_intent", tag = "language", security(("key" = ["suggest", "supervise"])),
    params(("id" = String, Path, description = "The suggestion's id")), request_body = CorrectionBody,
    responses((status = 200, body = CorrectionBody), (status = "default", description = "A problem", body = crate::error::Problem)))]
pub async fn correct(
    caller: Caller<Judging>,
    state: web::Data<AppState>,
    id: Id<SuggestionId>,
    body: Json<CorrectionBody>,
) -> Result<HttpResponse, ApiError> {
    let at = |fault| ApiError::field(FieldError::new("intent", fault));
    let intent = Intent::parse(&body.value.intent).map_err(at)?;
    if intent.is_own() {
        check_known(&state, &caller.shop, &intent)
            .await?
            .map_err(at)?;
    }
    let correction = NewCorrection {
        suggestion: id.0,
        intent,
        by: caller.by.clone(),
        at: state.clock.now(),
    };
    let mut corrected = state.store.correct_intent(&caller.shop, &correction).await;
    if matches!(corrected, Err(StoreError::NotFound { .. })) {
        // The suggestion may have been made a moment ago, its record still on the way.
        state.recorder.flush().await;
        corrected = state.store.correct_intent(&caller.shop, &correction).await;
    }
    corrected?;
    state.trainer.learned_from(&caller.shop);
    let intent = correction.intent.as_str().to_owned();
    Ok(HttpResponse::Ok().json(CorrectionBody { intent }))
}

async fn check_known(
    state: &AppState,
    shop: &ShopId,
    intent: &Intent,
) -> Result<Result<(), Fault>, ApiError> {
    let settings = state.store.intents(shop).await?;
    let is_known = settings.iter().any(|setting| setting.intent == *intent);
    Ok(if is_known {
        Ok(())
    } else {
        Err(Fault::Unknown {
            value: intent.as_str().to_owned(),
            expected: Hint::new(
                "意图表或 /v1/intents 里的意图",
                "an intent of the taxonomy or of /v1/intents",
            ),
        })
    })
}

fn parse(request: IntentsRequest) -> Result<Vec<IntentSetting>, ApiError> {
    let found = request.intents.len();
    if found > MOST_SETTINGS {
        let most = MOST_SETTINGS;
        let fault = Fault::TooMany { most, found };
        return Err(ApiError::field(FieldError::new("intents", fault)));
    }
    let mut errors = Vec::new();
    let mut seen = HashSet::new();
    let mut settings = Vec::with_capacity(found);
    for (place, intent) in request.intents.into_iter().enumerate() {
        let mut faults = Vec::new();
        if let Some(setting) = parse_setting(intent, &mut faults) {
            if !seen.insert(setting.intent.clone()) {
                let value = setting.intent.as_str().to_owned();
                faults.push(FieldError::new("id", Fault::Repeated { value }));
            }
            settings.push(setting);
        }
        errors.extend(faults.into_iter().map(|error| FieldError {
            field: format!("intents[{place}].{}", error.field),
            ..error
        }));
    }
    if errors.is_empty() {
        Ok(settings)
    } else {
        Err(ApiError::InvalidFields(errors))
    }
}

/// Fewer examples teach a classifier nothing.
const FEWEST_OWN_PHRASINGS: usize = 3;

fn parse_setting(request: IntentRequest, faults: &mut Vec<FieldError>) -> Option<IntentSetting> {
    let intent = Intent::parse(&request.id)
        .map_err(|fault| faults.push(FieldError::new("id", fault)))
        .ok()?;
    let name = request
        .name
        .map(|name| Text::line(&name, MOST_NAME_CHARACTERS))
        .transpose()
        .map_err(|fault| faults.push(FieldError::new("name", fault)))
        .ok()?;
    check_list(
        "phrasings",
        &request.phrasings,
        MOST_PHRASINGS,
        MOST_PHRASING_CHARACTERS,
        faults,
    );
    if intent.is_own() {
        if name.is_none() {
            faults.push(FieldError::new("name", Fault::Missing));
        }
        if request.phrasings.len() < FEWEST_OWN_PHRASINGS {
            let fault = Fault::malformed(
                format!("至少 {FEWEST_OWN_PHRASINGS} 种问法"),
                format!("at least {FEWEST_OWN_PHRASINGS} ways of asking it"),
            );
            faults.push(FieldError::new("phrasings", fault));
        }
    } else if request.stage.is_some() {
        let fault = Fault::malformed("留空：意图表已有规定", "absent: the taxonomy says it");
        faults.push(FieldError::new("stage", fault));
    }
    Some(IntentSetting {
        stage: intent
            .is_own()
            .then_some(request.stage.unwrap_or(Stage::Pre)),
        intent,
        name,
        is_off: request.off,
        phrasings: request
            .phrasings
            .iter()
            .map(|text| text.trim().to_owned())
            .collect(),
    })
}

fn present(settings: Vec<IntentSetting>) -> IntentsResponse {
    let mut changed: BTreeMap<Intent, IntentSetting> = settings
        .into_iter()
        .map(|setting| (setting.intent.clone(), setting))
        .collect();
    let mut intents = Vec::new();
    for (intent, built_in) in Intent::built_in() {
        let setting = changed.remove(&intent);
        intents.push(IntentResponse {
            id: built_in.id.clone(),
            domain: intent.domain(),
            stage: built_in.stage,
            name: setting.as_ref().and_then(|setting| setting.name.clone()),
            label_zh: Some(&built_in.zh),
            label_en: Some(&built_in.en),
            off: setting.as_ref().is_some_and(|setting| setting.is_off),
            phrasings: setting.map_or_else(Vec::new, |setting| setting.phrasings),
        });
    }
    intents.extend(changed.into_values().map(|setting| IntentResponse {
        id: setting.intent.as_str().to_owned(),
        domain: setting.intent.domain(),
        stage: setting.stage.unwrap_or(Stage::Pre),
        name: setting.name,
        label_zh: None,
        label_en: None,
        off: setting.is_off,
        phrasings: setting.phrasings,
    }));
    IntentsResponse { intents }
}
