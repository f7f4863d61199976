//! `GET /v1/insights/weekly/{week}?format=html`: the week as a page to read and to print.

use actix_web::guard::{Guard, GuardContext};
use actix_web::{HttpResponse, web};

use super::language::Language;
use super::{assets, page_of};
use crate::auth::{Caller, ReadingInsights};
use crate::domain::fault::{Fault, FieldError, Locale};
use crate::domain::week::Week;
use crate::error::ApiError;
use crate::insights::report::weekly;
use crate::reports::{self, PageLinks};
use crate::state::AppState;

/// Holds of requests that ask for the page.
pub fn is_asked() -> impl Guard {
    actix_web::guard::fn_guard(|context: &GuardContext<'_>| {
        let query = context.head().uri.query().unwrap_or("");
        query.split('&').any(|pair| pair == "format=html")
    })
}

/// The page, in the language that `locale` says, else the shop's.
pub async fn show(
    caller: Caller<ReadingInsights>,
    state: web::Data<AppState>,
    path: web::Path<String>,
    query: web::Query<Vec<(String, String)>>,
) -> Result<HttpResponse, ApiError> {
    let fault = |field: &'static str| move |fault| ApiError::field(FieldError::new(field, fault));
    let week = Week::parse(&path).map_err(fault("id"))?;
    let value = |name: &str| {
        query
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value)
    };
    let revision = value("revision")
        .map(|text| text.parse::<u32>())
        .transpose();
    let revision = revision.map_err(|_| {
        let expected = "a number".to_owned();
        fault("revision")(Fault::Malformed { expected })
    })?;
    let report = weekly(state.desk(), &caller.shop, week, revision).await?;
    let asked = value("locale").and_then(|tag| Locale::from_tag(tag));
    let locale = asked.unwrap_or(report.locale);
    let links = PageLinks {
        icon: assets::address("icon.svg"),
        stylesheets: vec![assets::address("zhiwen.css"), assets::address("report.css")],
        ..PageLinks::default()
    };
    let html = reports::html(&report, locale, &links)?;
    Ok(page_of(html, Language(locale)))
}
