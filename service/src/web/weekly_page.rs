//! `GET /v1/insights/weekly/{week}?format=html`: the week as a page to read and to
//! print; and its next revision, for whom the page of the console has a button.

use actix_web::guard::{Guard, GuardContext};
use actix_web::{HttpRequest, HttpResponse, web};

use super::console::done;
use super::language::Language;
use super::{assets, page_of};
use crate::auth::{Caller, Form, Needs, ReadingInsights, Supervising, audit};
use crate::domain::fault::{Fault, FieldError, Locale};
use crate::domain::person::Role;
use crate::domain::week::Week;
use crate::error::ApiError;
use crate::insights::report::{Revised, revise, weekly};
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
    let revision = revision.map_err(|_| fault("revision")(Fault::malformed("整数", "a number")))?;
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

/// Whether a person of this role may ask for a new revision: those who look
/// after the questions, and those who read the report for the whole shop.
pub fn may_revise(role: Role) -> bool {
    role.has_any_of(Supervising::ANY_OF)
}

/// `POST /insights/{week}/revisions`: makes the next revision, with the questions
/// as they are grouped now; none where it would say the same.
///
/// # Errors
/// When the person may not, the week is not over, or the store fails.
pub async fn make_revision(
    form: Form<Supervising>,
    state: web::Data<AppState>,
    path: web::Path<String>,
    request: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    let week = Week::parse(&path);
    let week = week.map_err(|_| ApiError::NotFound { what: "week" })?;
    let address = format!("/insights/{week}");
    match revise(state.desk(), form.visitor.shop(), week).await? {
        Revised::Made(report) => {
            audit::about(&request, format!("{week} · {}", report.revision));
            Ok(done(&address, "revised"))
        }
        Revised::Same(_) => {
            audit::about_nothing(&request);
            Ok(done(&address, "same"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn owners_and_supervisors_may_ask_for_a_revision() {
        let may: Vec<Role> = Role::ALL
            .into_iter()
            .filter(|role| may_revise(*role))
            .collect();
        assert_eq!(may, [Role::Owner, Role::Supervisor]);
        // Whoever may has a page with the button.
        assert!(
            may.iter()
                .all(|role| role.has_any_of(ReadingInsights::ANY_OF))
        );
    }
}
