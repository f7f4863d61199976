//! `POST /v1/knowledge/imports` and `GET /v1/knowledge/export`: knowledge as a file.

use std::sync::Arc;

use actix_web::http::{StatusCode, header};
use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;
use utoipa::IntoParams;

use crate::api::files::{self, Upload};
use crate::api::idempotency::{IdempotencyKey, replay};
use crate::api::json::{Query, media_type};
use crate::api::knowledge::filter;
use crate::auth::{Caller, KeepingKnowledge};
use crate::domain::fault::{Fault, FieldError, Hint};
use crate::domain::shop::Shop;
use crate::error::{ApiError, request_context};
use crate::formats::Format;
use crate::knowledge::export::export as export_items;
use crate::knowledge::import::{
    ImportCallbacks, ImportError, ImportOptions, ImportSource, import as import_file,
};
use crate::knowledge::report::ImportReport;
use crate::pool::aside;
use crate::state::AppState;
use crate::store::{KeptReply, Written};

const FORMATS: &str = "csv, xlsx, jsonl or markdown";
const MEDIA_TYPES: &str = "text/csv, application/x-ndjson, text/markdown, \
    application/vnd.openxmlformats-officedocument.spreadsheetml.sheet, or ?format=";

/// How a file is imported.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ImportParams {
    /// Report only, write nothing.
    #[serde(default)]
    pub dry_run: bool,
    /// Write the other rows when some are refused; otherwise nothing is written.
    #[serde(default)]
    pub skip_refused: bool,
    /// `csv`, `xlsx`, `jsonl` or `markdown`; by the content type when absent.
    pub format: Option<String>,
}

/// Imports a file: adds and changes items in one step, or reports what would be done.
#[utoipa::path(post, path = "/v1/knowledge/imports", operation_id = "import_knowledge", tag = "knowledge", security(("key" = ["knowledge"])),
    params(ImportParams, ("Idempotency-Key" = Option<String>, Header, description = "The same key and file again are written once")),
    request_body(description = "The file itself, at most 200 MB and 200,000 rows by default", content(
        (String = "text/csv"), (Vec<u8> = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
        (String = "application/x-ndjson"), (String = "text/markdown"))),
    responses((status = 200, body = ImportReport),
        (status = 422, description = "Rows are refused and nothing is written, or the file cannot be read", body = crate::error::Problem),
        (status = "default", description = "A problem", body = crate::error::Problem)))]
pub async fn import(
    caller: Caller<KeepingKnowledge>,
    state: web::Data<AppState>,
    request: HttpRequest,
    params: Query<ImportParams>,
    payload: web::Payload,
) -> Result<HttpResponse, ApiError> {
    let format = import_format(&params.0, &request)?;
    let _place = state.transfers.try_acquire()?;
    let upload = Upload::receive(&state, &request, payload).await?;
    let order = ImportOrder {
        shop: state.shop(&caller.shop).await?,
        key: upload_key(&request, &upload, format)?,
        upload,
        format,
        options: params.0.options(caller.by),
    };
    if let Some(key) = &order.key
        && let Some(kept) = key.kept(state.store.as_ref(), &caller.shop).await?
    {
        return Ok(kept);
    }
    let imported = aside(run_import(state.clone().into_inner(), order)).await??;
    state.catalog.store_changed();
    answer(imported)
}

/// Which items go into the file, and how it is written.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ExportParams {
    /// `csv` (the default), `xlsx`, `jsonl` or `markdown`.
    pub format: Option<String>,
    /// Only `draft`, `approved` or `archived` items.
    pub status: Option<String>,
    /// Only items of `product`, `process` or `warehouse`.
    pub domain: Option<String>,
    /// Only items of this intent of the taxonomy.
    pub intent: Option<String>,
}

/// The shop's items as a file; an import of it changes nothing.
#[utoipa::path(get, path = "/v1/knowledge/export", operation_id = "export_knowledge", tag = "knowledge", security(("key" = ["knowledge"])), params(ExportParams),
    responses((status = 200, description = "The file", headers(("Content-Disposition" = String)), content(
        (String = "text/csv"), (Vec<u8> = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
        (String = "application/x-ndjson"), (String = "text/markdown"))),
        (status = "default", description = "A problem", body = crate::error::Problem)))]
pub async fn export(
    caller: Caller<KeepingKnowledge>,
    state: web::Data<AppState>,
    params: Query<ExportParams>,
) -> Result<HttpResponse, ApiError> {
    let params = params.0;
    let format = params
        .format
        .map_or(Ok(Format::Csv), |name| named_format(&name))?;
    let filter = filter(params.status, params.domain, params.intent)?;
    let _place = state.transfers.try_acquire()?;
    let shop = state.shop(&caller.shop).await?;
    let file = files::unnamed_file(&state).await?;
    let target = (format, file.try_clone()?);
    let store = Arc::clone(&state.store);
    let name = format!("{}-knowledge.{}", shop.id, format.extension());
    aside(async move { export_items(store.as_ref(), &shop, &filter, target, &|_| {}).await })
        .await??;
    let disposition = format!("attachment; filename=\"{name}\"");
    Ok(HttpResponse::Ok()
        .content_type(format.media_type())
        .insert_header((header::CONTENT_DISPOSITION, disposition))
        .body(files::body(file).await?))
}

/// An import with all that it needs, so that it can run aside.
struct ImportOrder {
    shop: Arc<Shop>,
    upload: Upload,
    format: Format,
    options: ImportOptions,
    key: Option<IdempotencyKey>,
}

async fn run_import(
    state: Arc<AppState>,
    order: ImportOrder,
) -> Result<Written<ImportReport>, ImportError> {
    let source = ImportSource {
        shop: &order.shop,
        path: order.upload.path(),
        format: order.format,
    };
    let (store, clock) = (state.store.as_ref(), state.clock.as_ref());
    let keep = |key: &IdempotencyKey, report: &ImportReport| {
        // A report is plain data: it does not fail to become JSON.
        let body = serde_json::to_string(report).unwrap_or_default();
        key.reply(StatusCode::OK, body, clock.now())
    };
    let make = order
        .key
        .as_ref()
        .map(|key| move |report: &ImportReport| keep(key, report));
    let callbacks = ImportCallbacks {
        progress: &|_| {},
        reply: make
            .as_ref()
            .map(|make| make as &(dyn Fn(&ImportReport) -> KeptReply + Sync)),
    };
    import_file(store, source, &order.options, clock, callbacks).await
}

fn answer(imported: Written<ImportReport>) -> Result<HttpResponse, ApiError> {
    match imported {
        Written::Before(kept) => Ok(replay(&kept)),
        Written::Now(report) if report.written || report.dry_run => {
            Ok(HttpResponse::Ok().json(report))
        }
        Written::Now(report) => Err(ApiError::ImportRefused(Box::new(report))),
    }
}

impl ImportParams {
    fn options(&self, by: String) -> ImportOptions {
        ImportOptions {
            dry_run: self.dry_run,
            skip_refused: self.skip_refused,
            by,
            locale: request_context().locale,
        }
    }
}

/// The request's Idempotency-Key, over the file's bytes and how they are read.
fn upload_key(
    request: &HttpRequest,
    upload: &Upload,
    format: Format,
) -> Result<Option<IdempotencyKey>, ApiError> {
    let body = [upload.digest(), format.extension().as_bytes()].concat();
    IdempotencyKey::of(request, &body)
}

fn import_format(params: &ImportParams, request: &HttpRequest) -> Result<Format, ApiError> {
    match &params.format {
        Some(name) => named_format(name),
        None => media_type(request)
            .and_then(|media_type| Format::from_content_type(&media_type))
            .ok_or_else(|| ApiError::UnsupportedMediaType {
                expected: MEDIA_TYPES.to_owned(),
            }),
    }
}

fn named_format(name: &str) -> Result<Format, ApiError> {
    Format::from_name(name).map_err(|_| {
        let value = name.chars().take(40).collect();
        let expected = Hint::new("csv、xlsx、jsonl、markdown", FORMATS);
        ApiError::field(FieldError::new(
            "format",
            Fault::Unknown { value, expected },
        ))
    })
}
