//! Health, readiness and metrics: for machines that watch the service.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use serde::Serialize;
use utoipa::ToSchema;

use crate::domain::language::EncoderState;
use crate::domain::suggestion::Degraded;
use crate::error::ApiError;
use crate::state::AppState;

/// Whether the service can answer.
#[derive(Debug, Serialize, ToSchema)]
pub struct Readiness {
    /// Whether the store can be read.
    pub store: bool,
    /// Shops that can be searched.
    pub ready_shops: usize,
    /// Shops whose index is being built: these answer 503, the others answer.
    pub building: Vec<BuildingShop>,
    /// The encoder. One that fails costs no readiness.
    pub encoder: EncoderReadiness,
    /// What does not take part though it should: `encoder` where search goes
    /// on by words alone.
    pub degraded: Vec<Degraded>,
}

/// How the encoder stands.
#[derive(Debug, Serialize, ToSchema)]
pub struct EncoderReadiness {
    /// Whether it gives vectors, as of the last look.
    pub state: EncoderState,
    /// Its name, where one encoder serves all shops.
    pub name: Option<String>,
}

/// A shop whose index is being built.
#[derive(Debug, Serialize, ToSchema)]
pub struct BuildingShop {
    /// Its id.
    pub shop: String,
    /// Changes applied so far.
    pub done: u64,
    /// Changes to apply.
    pub total: u64,
}

/// The process is alive.
#[utoipa::path(get, path = "/healthz", operation_id = "check_health", tag = "operations", responses((status = 200, description = "The process is alive")))]
pub async fn healthz() -> HttpResponse {
    HttpResponse::Ok().content_type("text/plain").body("ok")
}

/// The store can be read and there is no shop but those being built. An encoder
/// that fails makes the service degraded, not unready.
#[utoipa::path(get, path = "/readyz", operation_id = "check_readiness", tag = "operations", responses(
    (status = 200, description = "Requests can be answered", body = Readiness),
    (status = 503, description = "The store cannot be read, or every shop is being built", body = Readiness),
))]
pub async fn readyz(state: web::Data<AppState>) -> HttpResponse {
    let store = state.store.check_health().await.is_ok();
    let encoders = state.catalog.encoders();
    let encoder = EncoderReadiness {
        state: encoders.state(),
        name: encoders
            .shared()
            .map(|shared| shared.identity().name.clone()),
    };
    let mut readiness = Readiness {
        store,
        ready_shops: 0,
        building: Vec::new(),
        degraded: match encoder.state {
            EncoderState::Failed => vec![Degraded::Encoder],
            EncoderState::Ready | EncoderState::None => Vec::new(),
        },
        encoder,
    };
    for status in state.catalog.statuses() {
        match status.building {
            Some((done, total)) => {
                readiness.building.push(BuildingShop {
                    shop: status.shop.to_string(),
                    done,
                    total,
                });
            }
            None => readiness.ready_shops += 1,
        }
    }
    let is_ready = store && (readiness.ready_shops > 0 || readiness.building.is_empty());
    let status = if is_ready {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    HttpResponse::build(status).json(readiness)
}

/// Metrics in Prometheus' text format.
#[utoipa::path(get, path = "/metrics", operation_id = "read_metrics", tag = "operations", responses((status = 200, description = "Prometheus text format", content_type = "text/plain")))]
pub async fn metrics(state: web::Data<AppState>) -> Result<HttpResponse, ApiError> {
    let metrics = &state.metrics;
    let statuses = state.catalog.statuses();
    let lag = statuses
        .iter()
        .map(|status| status.lag.as_secs_f64())
        .fold(0.0, f64::max);
    metrics.index_lag.set(lag);
    metrics.indexes_building.set(count(
        statuses
            .iter()
            .filter(|status| status.building.is_some())
            .count(),
    ));
    metrics.search_queue.set(count(state.pool.waiting()));
    metrics.record_queue.set(count(state.recorder.waiting()));
    metrics
        .records_lost
        .set(i64::try_from(state.recorder.lost()).unwrap_or(i64::MAX));
    let encoders = state.catalog.encoders();
    let has_failed = encoders.state() == EncoderState::Failed;
    metrics.encoder_failed.set(i64::from(has_failed));
    let workload = encoders.shared().and_then(|shared| shared.workload());
    metrics
        .encoder_queue
        .set(workload.map_or(0, |workload| count(workload.waiting)));
    metrics
        .encoder_workers
        .set(workload.map_or(0, |workload| count(workload.workers)));
    let text = metrics.render().map_err(ApiError::internal)?;
    Ok(HttpResponse::Ok()
        .content_type("text/plain; version=0.0.4")
        .body(text))
}

fn count(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
