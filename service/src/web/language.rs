//! The language of a page: what the address says, else what was chosen before,
//! else what the browser prefers, else Chinese.

use std::convert::Infallible;

use actix_web::cookie::time::Duration;
use actix_web::cookie::{Cookie, SameSite};
use actix_web::dev::Payload;
use actix_web::http::header;
use actix_web::{FromRequest, HttpRequest, HttpResponse};
use futures_util::future::{Ready, ready};

use crate::auth::Fields;
use crate::domain::fault::Locale;

/// The cookie that keeps what was chosen.
const COOKIE: &str = "zhiwen_language";

const YEAR_SECONDS: i64 = 365 * 24 * 3600;

/// A page's language.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Language(pub Locale);

impl Language {
    /// The wording in this language. Both stand side by side in the template,
    /// so that neither is forgotten.
    pub fn say<'a>(&self, chinese: &'a str, english: &'a str) -> &'a str {
        match self.0 {
            Locale::Chinese => chinese,
            Locale::English => english,
        }
    }

    /// Whether it is Chinese.
    pub fn is_chinese(&self) -> bool {
        self.0 == Locale::Chinese
    }

    /// The language's tag.
    pub fn tag(&self) -> &'static str {
        self.say("zh-CN", "en")
    }
}

impl FromRequest for Language {
    type Error = Infallible;
    type Future = Ready<Result<Self, Infallible>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let preferred = request
            .headers()
            .get(header::ACCEPT_LANGUAGE)
            .and_then(|value| value.to_str().ok());
        let chosen = request.cookie(COOKIE);
        let chosen = chosen.as_ref().map(|cookie| cookie.value());
        ready(Ok(choose(request.query_string(), chosen, preferred)))
    }
}

/// `GET /language?to=en&back=/questions`: keeps the language and goes back.
pub async fn keep(fields: Fields) -> HttpResponse {
    let locale = Locale::from_tag(fields.get("to")).unwrap_or_default();
    let cookie = Cookie::build(COOKIE, Language(locale).tag())
        .path("/")
        .max_age(Duration::seconds(YEAR_SECONDS))
        .same_site(SameSite::Lax)
        .http_only(true)
        .finish();
    let mut response = super::see_other(local_path(fields.get("back")));
    // A cookie of ours is never too long or malformed.
    let _added = response.add_cookie(&cookie);
    response
}

/// `path` where it is one of this site, else the first page: nobody is sent
/// elsewhere by a link to us.
pub fn local_path(path: &str) -> &str {
    let is_local = path.starts_with('/')
        && !path.starts_with("//")
        && !path.contains(['\\', '\r', '\n', '\t']);
    if is_local { path } else { "/" }
}

fn choose(query: &str, chosen: Option<&str>, preferred: Option<&str>) -> Language {
    let asked = query
        .split('&')
        .find_map(|pair| pair.strip_prefix("lang="))
        .and_then(Locale::from_tag);
    let preferred = || preferred?.split(',').find_map(Locale::from_tag);
    let chosen = || chosen.and_then(Locale::from_tag);
    let locale = asked.or_else(chosen).or_else(preferred);
    Language(locale.unwrap_or(Locale::Chinese))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_sent_elsewhere() {
        for (path, local) in [
            ("/questions?page=2", "/questions?page=2"),
            ("//evil.example", "/"),
            ("https://evil.example", "/"),
            ("/\\evil.example", "/"),
            ("", "/"),
        ] {
            assert_eq!(local_path(path), local);
        }
    }

    #[test]
    fn the_address_wins_over_the_browser_and_chinese_is_the_default() {
        for (query, chosen, preferred, tag) in [
            ("", None, None, "zh-CN"),
            ("", None, Some("fr-FR,fr;q=0.9"), "zh-CN"),
            ("", None, Some("en-GB,en;q=0.9,zh;q=0.5"), "en"),
            ("", None, Some("de, zh-TW;q=0.9, en;q=0.8"), "zh-CN"),
            ("lang=en", Some("zh-CN"), Some("zh-CN"), "en"),
            ("a=b&lang=zh-CN", None, Some("en"), "zh-CN"),
            ("a=b", Some("en"), Some("zh-CN"), "en"),
            ("lang=xx", None, Some("en"), "en"),
        ] {
            let language = choose(query, chosen, preferred);
            assert_eq!(language.tag(), tag, "{query} {chosen:?} {preferred:?}");
        }
    }
}
