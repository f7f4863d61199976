//! Every route of the service.

use actix_web::web::{self, ServiceConfig, get, patch, post};

use crate::api::{answers, operations, search, suggestions};
use crate::error::ApiError;

/// Adds all routes.
pub fn configure(config: &mut ServiceConfig) {
    config
        .route("/healthz", get().to(operations::healthz))
        .route("/readyz", get().to(operations::readyz))
        .route("/metrics", get().to(operations::metrics))
        .service(resource("/v1/suggestions").route(post().to(suggestions::create)))
        .service(resource("/v1/suggestions/{id}").route(get().to(suggestions::read)))
        .service(resource("/v1/answers/{id}/feedback").route(patch().to(answers::patch_feedback)))
        .service(resource("/v1/search").route(get().to(search::search)))
        .default_service(web::to(no_route));
}

/// A resource that answers other methods with a problem body.
fn resource(path: &str) -> actix_web::Resource {
    web::resource(path).default_service(web::to(method_not_allowed))
}

async fn no_route() -> Result<&'static str, ApiError> {
    Err(ApiError::NoRoute)
}

async fn method_not_allowed() -> Result<&'static str, ApiError> {
    Err(ApiError::MethodNotAllowed)
}
