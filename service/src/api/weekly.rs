//! `/v1/insights/weekly/{week}`: the FAQ insights of a week, in any format but the
//! page, and its next revision.

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;
use utoipa::IntoParams;

use crate::api::json::Query;
use crate::api::path::Id;
use crate::auth::{Caller, ReadingInsights, Supervising, audit};
use crate::domain::fault::{Fault, FieldError, Hint, Locale};
use crate::domain::insights::WeeklyReport;
use crate::domain::week::Week;
use crate::error::ApiError;
use crate::insights::report::{Revised, weekly};
use crate::reports;
use crate::state::AppState;

const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

/// Which revision, in which format.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct WeeklyParams {
    /// `json` (the default), `csv`, `xlsx`, `markdown`, or `html` for a page to print.
    pub format: Option<String>,
    /// An earlier revision; the one that stands when absent.
    pub revision: Option<u32>,
    /// The language of the file; the shop's when absent.
    pub locale: Option<Locale>,
}

/// The FAQ insights of a week, Monday to Sunday in the shop's time zone. A week
/// that is over says the same whenever it is asked for; late messages make a
/// new revision, and so does whoever asks for one (`cause`). A week that runs is
/// counted so far (`has_ended` is false).
#[utoipa::path(get, path = "/v1/insights/weekly/{id}", operation_id = "read_weekly_insights", tag = "insights", security(("key" = ["insights", "supervise"])),
    params(("id" = String, Path, description = "The week, such as 2026-W47"), WeeklyParams),
    responses((status = 200, content((WeeklyReport = "application/json"), (String = "text/csv"), (Vec<u8> = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
            (String = "text/markdown"), (String = "text/html"))),
        (status = "default", description = "A problem", body = crate::error::Problem)))]
pub async fn read(
    caller: Caller<ReadingInsights>,
    state: web::Data<AppState>,
    week: Id<Week>,
    params: Query<WeeklyParams>,
) -> Result<HttpResponse, ApiError> {
    let params = params.0;
    let format = Format::parse(params.format.as_deref())?;
    let report = weekly(state.desk(), &caller.shop, week.0, params.revision).await?;
    let locale = params.locale.unwrap_or(report.locale);
    format.answer(&report, locale)
}

/// Makes the next revision of a week that is over, counted with the clusters as
/// they are now: after a merge, a split, a name or a mute. Earlier revisions stay.
/// Where it would say the same as the one that stands, that one is the answer. A
/// week that runs is refused: it is always counted with the clusters of now.
#[utoipa::path(post, path = "/v1/insights/weekly/{id}/revisions", operation_id = "revise_weekly_insights", tag = "insights", security(("key" = ["supervise"])),
    params(("id" = String, Path, description = "The week, such as 2026-W47")),
    responses((status = 201, description = "The next revision", body = WeeklyReport), (status = 200, description = "The revision that stands, which says the same", body = WeeklyReport),
        (status = "default", description = "A problem", body = crate::error::Problem)))]
pub async fn revise(
    caller: Caller<Supervising>,
    state: web::Data<AppState>,
    week: Id<Week>,
    request: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    let revised = crate::insights::report::revise(state.desk(), &caller.shop, week.0).await?;
    match revised {
        Revised::Made(report) => {
            audit::about(&request, format!("{} · {}", report.week, report.revision));
            Ok(HttpResponse::Created().json(report.as_ref()))
        }
        Revised::Same(report) => {
            audit::about_nothing(&request);
            Ok(HttpResponse::Ok().json(report.as_ref()))
        }
    }
}

/// How the report is written.
#[derive(Clone, Copy)]
enum Format {
    Json,
    Csv,
    Xlsx,
    Markdown,
}

impl Format {
    fn parse(text: Option<&str>) -> Result<Self, ApiError> {
        match text {
            None | Some("json") => Ok(Self::Json),
            Some("csv") => Ok(Self::Csv),
            Some("xlsx") => Ok(Self::Xlsx),
            Some("markdown" | "md") => Ok(Self::Markdown),
            Some(other) => {
                let fault = Fault::Unknown {
                    value: other.chars().take(40).collect(),
                    expected: Hint::new(
                        "json、csv、xlsx、markdown、html",
                        "json, csv, xlsx, markdown or html",
                    ),
                };
                Err(ApiError::field(FieldError::new("format", fault)))
            }
        }
    }

    fn answer(self, report: &WeeklyReport, locale: Locale) -> Result<HttpResponse, ApiError> {
        let (media_type, ending, body) = match self {
            Self::Json => return Ok(HttpResponse::Ok().json(report)),
            Self::Csv => (
                "text/csv; charset=utf-8",
                "csv",
                reports::csv(report, locale),
            ),
            Self::Xlsx => (XLSX, "xlsx", reports::xlsx(report, locale)?),
            Self::Markdown => (
                "text/markdown; charset=utf-8",
                "md",
                reports::markdown(report, locale).into_bytes(),
            ),
        };
        let name = format!("{}-{}.{ending}", report.shop, report.week);
        let disposition = format!("attachment; filename=\"{name}\"");
        Ok(HttpResponse::Ok()
            .content_type(media_type)
            .insert_header((header::CONTENT_DISPOSITION, disposition))
            .body(body))
    }
}
