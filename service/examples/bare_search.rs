//! A bare handler for benchmarks: `bare_search INDEX_FOLDER PORT`.
//!
//! Parses the body of a suggestion request, runs only the index query for its
//! last message, and answers with the number of candidates: what `zhiwen serve`
//! is compared with at saturation.

use std::error::Error;
use std::path::Path;
use std::sync::Arc;

use actix_web::{App, HttpResponse, HttpServer, web};
use zhiwen::catalog::status_code;
use zhiwen::domain::knowledge::Status;
use zhiwen_index::entry::Filter;
use zhiwen_index::schema::ShopIndex;
use zhiwen_index::search::candidates_only;
use zhiwen_models::text::Normalized;

async fn handle(
    index: web::Data<Arc<ShopIndex>>,
    body: web::Json<serde_json::Value>,
) -> HttpResponse {
    let text = body["messages"][0]["text"].as_str().unwrap_or_default();
    let filter = Filter {
        status: Some(status_code(Status::Approved)),
        at_ms: Some(jiff::Timestamp::now().as_millisecond()),
        ..Filter::default()
    };
    match candidates_only(&index.snapshot(), &Normalized::new(text), &filter) {
        Ok(count) => HttpResponse::Ok().body(count.to_string()),
        Err(error) => HttpResponse::InternalServerError().body(error.to_string()),
    }
}

#[actix_web::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, folder, port] = arguments.as_slice() else {
        return Err("usage: bare_search INDEX_FOLDER PORT".into());
    };
    let index = Arc::new(ShopIndex::open(Path::new(folder))?);
    let server = HttpServer::new(move || {
        App::new()
            .app_data(web::Data::new(Arc::clone(&index)))
            .route("/v1/suggestions", web::post().to(handle))
    });
    Ok(server
        .workers(2)
        .bind(("127.0.0.1", port.parse::<u16>()?))?
        .run()
        .await?)
}
