//! The language of a page: what the address says, else what the browser prefers, else Chinese.

use std::convert::Infallible;

use actix_web::dev::Payload;
use actix_web::http::header;
use actix_web::{FromRequest, HttpRequest};
use futures_util::future::{Ready, ready};

use crate::domain::fault::Locale;

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
        ready(Ok(choose(request.query_string(), preferred)))
    }
}

fn choose(query: &str, preferred: Option<&str>) -> Language {
    let asked = query
        .split('&')
        .find_map(|pair| pair.strip_prefix("lang="))
        .and_then(Locale::from_tag);
    let preferred = || preferred?.split(',').find_map(Locale::from_tag);
    Language(asked.or_else(preferred).unwrap_or(Locale::Chinese))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_wins_over_the_browser_and_chinese_is_the_default() {
        for (query, preferred, tag) in [
            ("", None, "zh-CN"),
            ("", Some("fr-FR,fr;q=0.9"), "zh-CN"),
            ("", Some("en-GB,en;q=0.9,zh;q=0.5"), "en"),
            ("", Some("de, zh-TW;q=0.9, en;q=0.8"), "zh-CN"),
            ("lang=en", Some("zh-CN"), "en"),
            ("a=b&lang=zh-CN", Some("en"), "zh-CN"),
            ("lang=xx", Some("en"), "en"),
        ] {
            assert_eq!(choose(query, preferred).tag(), tag, "{query} {preferred:?}");
        }
    }
}
