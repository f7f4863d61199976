//! Errors as pages: what a browser shows in place of a problem body.

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{Payload, ServiceRequest, ServiceResponse};
use actix_web::http::header::{self, HeaderValue};
use actix_web::http::{Method, StatusCode};
use actix_web::middleware::Next;
use actix_web::{FromRequest, HttpRequest};
use askama::Template;

use super::language::Language;
use super::{CONTENT_POLICY, Frame, Place};
use crate::error::{ApiError, request_context};

#[derive(Template)]
#[template(path = "fault.html")]
struct FaultPage {
    frame: Frame,
    language: Language,
    title: &'static str,
    advice: &'static str,
    request_id: String,
}

/// The middleware: where a browser asks for a page, its errors are pages, and
/// who is not signed in is led to where one does that.
///
/// # Errors
/// Those of the rest of the service.
pub async fn show<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    let response = next.call(request).await?.map_into_boxed_body();
    let error = response.response().error();
    let Some(error) = error.and_then(|error| error.as_error::<ApiError>()) else {
        return Ok(response);
    };
    let request = response.request();
    if !wants_page(request) {
        return Ok(response);
    }
    let is_get = matches!(*request.method(), Method::GET | Method::HEAD);
    if matches!(error, ApiError::Unauthorized { .. }) && is_get {
        let location = sign_in_path(request);
        return Ok(response.map_body(move |head, _| {
            head.status = StatusCode::SEE_OTHER;
            head.headers.remove(header::WWW_AUTHENTICATE);
            head.headers.insert(header::LOCATION, location);
            BoxBody::new(())
        }));
    }
    let Ok(language) = Language::from_request(request, &mut Payload::None).await;
    let (title, advice) = words(error, language);
    let fault = FaultPage {
        frame: Frame {
            language,
            here: Place::Elsewhere,
        },
        language,
        title,
        advice,
        request_id: request_context().id,
    };
    let html = fault.render().map_err(ApiError::internal)?;
    // What passes by itself is looked at again by itself.
    let passes = matches!(error, ApiError::Overloaded | ApiError::IndexBuilding { .. });
    let looks_again = is_get && passes;
    Ok(response.map_body(move |head, _| {
        for (name, value) in [
            (header::CONTENT_TYPE, "text/html; charset=utf-8"),
            (header::CONTENT_SECURITY_POLICY, CONTENT_POLICY),
            (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
            (header::CACHE_CONTROL, "no-store"),
        ] {
            head.headers.insert(name, HeaderValue::from_static(value));
        }
        if looks_again {
            head.headers
                .insert(header::REFRESH, HeaderValue::from_static("2"));
        }
        BoxBody::new(html)
    }))
}

fn wants_page(request: &HttpRequest) -> bool {
    let accepted = request.headers().get(header::ACCEPT);
    let accepted = accepted.and_then(|value| value.to_str().ok());
    !request.path().starts_with("/v1/") && accepted.is_some_and(|text| text.contains("text/html"))
}

fn sign_in_path(request: &HttpRequest) -> HeaderValue {
    let asked = request
        .uri()
        .path_and_query()
        .map_or("/", |path| path.as_str());
    let mut address = form_urlencoded::Serializer::for_suffix("/sign-in?".to_owned(), 9);
    if asked != "/" {
        address.append_pair("next", asked);
    }
    let address = address.finish();
    let address = HeaderValue::from_str(address.trim_end_matches('?'));
    address.unwrap_or(HeaderValue::from_static("/sign-in"))
}

/// What happened, and what to do about it.
fn words(error: &ApiError, language: Language) -> (&'static str, &'static str) {
    let (title, advice) = match error {
        ApiError::NotFound { .. } | ApiError::NoRoute => (
            ("找不到这个页面", "Page not found"),
            (
                "它可能已被删除或合并，也可能地址不完整。",
                "It may have been removed or merged, or the address is incomplete.",
            ),
        ),
        ApiError::Forbidden { .. }
        | ApiError::ForbiddenToken { .. }
        | ApiError::ForbiddenRole { .. } => (
            ("您的角色不能打开这一页", "Your role cannot open this page"),
            (
                "需要的话，请店主在“设置 · 成员”里调整角色。",
                "If you need it, ask an owner to change your role under Settings · People.",
            ),
        ),
        ApiError::FormExpired | ApiError::Unauthorized { .. } | ApiError::InvalidToken { .. } => (
            (
                "页面已过期，没有保存",
                "This page has expired; nothing was saved",
            ),
            (
                "请返回上一页，刷新后再提交一次。",
                "Go back, reload the page and submit it again.",
            ),
        ),
        ApiError::VersionConflict { .. } => (
            (
                "别人刚刚改过这条内容，没有保存",
                "Someone has just changed this; nothing was saved",
            ),
            (
                "请返回上一页，刷新后在新版本上修改。",
                "Go back, reload the page and make your change on the new version.",
            ),
        ),
        ApiError::TooLarge { .. } => (
            ("提交的内容太大", "The submission is too large"),
            (
                "请缩短内容，或把文件拆成几份再导入。",
                "Shorten it, or split the file and import it in parts.",
            ),
        ),
        ApiError::Overloaded | ApiError::IndexBuilding { .. } => (
            ("服务正忙", "The service is busy"),
            (
                "请过几秒再刷新。",
                "Please reload the page in a few seconds.",
            ),
        ),
        ApiError::StoreUnavailable(_) | ApiError::DiskUnavailable(_) => (
            ("暂时读写不了数据", "Data is temporarily unavailable"),
            (
                "可能是磁盘满了，请联系维护的同事。没有保存的内容请先留在页面里。",
                "The disk may be full; please tell whoever runs the service. Keep this page open so that unsaved work is not lost.",
            ),
        ),
        ApiError::InvalidBody { .. }
        | ApiError::InvalidQuery { .. }
        | ApiError::InvalidFields(_)
        | ApiError::UnsupportedMediaType { .. }
        | ApiError::MethodNotAllowed { .. }
        | ApiError::Exists { .. }
        | ApiError::PreconditionRequired
        | ApiError::IdempotencyMismatch
        | ApiError::InvalidFile { .. }
        | ApiError::ImportRefused(_) => (
            ("这个请求无法处理", "This request cannot be processed"),
            (
                "请返回上一页检查填写的内容。",
                "Go back and check what you entered.",
            ),
        ),
        ApiError::Internal(_) => (
            ("服务出错了", "Something went wrong"),
            (
                "请把下面的请求编号告诉维护的同事，日志里能查到原因。",
                "Give the request id below to whoever runs the service; the log shows the cause.",
            ),
        ),
    };
    (
        language.say(title.0, title.1),
        language.say(advice.0, advice.1),
    )
}
