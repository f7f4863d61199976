//! People on pages as extractors: who is signed in, and forms that only our pages can have sent.

use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::Arc;

use actix_web::dev::Payload;
use actix_web::http::header;
use actix_web::{FromRequest, HttpRequest, web};
use futures_util::future::{Ready, ready};

use super::sessions::SignedIn;
use super::{Identity, Needs};
use crate::domain::ids::ShopId;
use crate::domain::key::Scope;
use crate::domain::person::{Person, Role};
use crate::error::ApiError;
use crate::state::AppState;

/// The field of a form, and the header of a script's request, that carries its token.
pub const TOKEN_FIELD: &str = "form_token";

/// Any role at all.
pub struct Anybody;

impl Needs for Anybody {
    const ANY_OF: &'static [Scope] = &Scope::ALL;
}

/// A person who is signed in and whose role opens the page.
pub struct Visitor<N: Needs> {
    /// The person and the session.
    pub signed_in: Arc<SignedIn>,
    needs: PhantomData<N>,
}

impl<N: Needs> Visitor<N> {
    /// The person's shop.
    pub fn shop(&self) -> &ShopId {
        &self.signed_in.person.shop
    }

    /// The person.
    pub fn person(&self) -> &Person {
        &self.signed_in.person
    }

    /// What the person's changes are signed with.
    pub fn by(&self) -> String {
        self.person().login.to_string()
    }

    /// Whether `token` is the one that forms of the session carry.
    ///
    /// # Errors
    /// When it is not: the form is of another session, or of another site.
    pub fn prove(&self, token: &str) -> Result<(), ApiError> {
        prove(&self.signed_in, token)
    }

    fn of(request: &HttpRequest) -> Result<Self, ApiError> {
        let Identity::Person(signed_in) = super::identity_of(request)? else {
            // A key is for programs: it opens no page.
            return Err(ApiError::Unauthorized { what: "missing" });
        };
        open_to::<N>(signed_in.person.role)?;
        Ok(Self {
            signed_in,
            needs: PhantomData,
        })
    }
}

/// Whether a role opens what needs `N`.
pub(super) fn open_to<N: Needs>(role: Role) -> Result<(), ApiError> {
    let scopes = N::ANY_OF;
    if role.has_any_of(scopes) {
        Ok(())
    } else {
        Err(ApiError::ForbiddenRole { role, scopes })
    }
}

/// Whether `token` is the one of the session, compared in a time that does not tell.
pub(super) fn prove(signed_in: &SignedIn, token: &str) -> Result<(), ApiError> {
    let (given, right) = (token.as_bytes(), signed_in.form_token.as_bytes());
    let differs = given.len() != right.len()
        || given
            .iter()
            .zip(right)
            .fold(0, |differs, (given, right)| differs | (given ^ right))
            != 0;
    if differs {
        return Err(ApiError::FormExpired);
    }
    Ok(())
}

impl<N: Needs> FromRequest for Visitor<N> {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Self::of(request))
    }
}

/// A form's fields in their order, each name as often as it was filled in.
#[derive(Debug, Default, Clone)]
pub struct Fields(Vec<(String, String)>);

impl Fields {
    /// Reads `name=value&…`, of a body or a query string.
    pub fn parse(bytes: &[u8]) -> Self {
        Self(form_urlencoded::parse(bytes).into_owned().collect())
    }

    /// The first value of that name; empty when there is none.
    pub fn get(&self, name: &str) -> &str {
        let found = self.0.iter().find(|(found, _)| found == name);
        found.map_or("", |(_, value)| value.as_str())
    }

    /// All values of that name.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0
            .iter()
            .filter(move |(found, _)| found == name)
            .map(|(_, value)| value.as_str())
    }

    /// Whether a box of that name was ticked.
    pub fn is_ticked(&self, name: &str) -> bool {
        self.0.iter().any(|(found, _)| found == name)
    }
}

impl FromRequest for Fields {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    /// Those of the query string.
    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Ok(Self::parse(request.query_string().as_bytes())))
    }
}

/// A form that a signed-in person sent from a page of ours.
pub struct Form<N: Needs> {
    /// Who sent it.
    pub visitor: Visitor<N>,
    /// What was filled in.
    pub fields: Fields,
}

impl<N: Needs> FromRequest for Form<N> {
    type Error = ApiError;
    type Future = Pin<Box<dyn Future<Output = Result<Self, ApiError>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let visitor = Visitor::of(request);
        let fields = OpenForm::from_request(request, payload);
        Box::pin(async move {
            let visitor = visitor?;
            let OpenForm(fields) = fields.await?;
            visitor.prove(fields.get(TOKEN_FIELD))?;
            Ok(Self { visitor, fields })
        })
    }
}

/// A form of somebody who is not signed in yet. No other site may send it:
/// it could sign a visitor in as somebody else.
pub struct OpenForm(pub Fields);

impl FromRequest for OpenForm {
    type Error = ApiError;
    type Future = Pin<Box<dyn Future<Output = Result<Self, ApiError>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let is_ours = is_of_our_page(request);
        let limit = request
            .app_data::<web::Data<AppState>>()
            .map_or(0, |state| state.settings.server.body_limit_bytes);
        let body = web::Payload::from_request(request, payload);
        Box::pin(async move {
            if !is_ours {
                return Err(ApiError::FormExpired);
            }
            let body = body
                .await
                .map_err(|error| ApiError::internal(error.to_string()))?;
            let bytes = body
                .to_bytes_limited(limit)
                .await
                .map_err(|_| ApiError::TooLarge { limit })?;
            let bytes = bytes.map_err(|error| ApiError::InvalidBody {
                field: None,
                detail: error.to_string(),
            })?;
            Ok(Self(Fields::parse(&bytes)))
        })
    }
}

/// Whether a form is of a page of ours, as far as its browser says where it
/// is from: by `Sec-Fetch-Site`, which they send to addresses of https alone,
/// and by `Origin`. What is no browser sends neither, and is in no danger of being
/// signed in as somebody else.
fn is_of_our_page(request: &HttpRequest) -> bool {
    let headers = request.headers();
    let site = headers.get("sec-fetch-site");
    if site.is_some_and(|site| site != "same-origin" && site != "none") {
        return false;
    }
    let Some(origin) = headers.get(header::ORIGIN) else {
        return true;
    };
    let origin = origin.to_str().unwrap_or_default();
    let host = request.connection_info().host().to_owned();
    let state = request.app_data::<web::Data<AppState>>();
    let public_url = state.and_then(|state| state.settings.console.public_url.as_deref());
    let is_ours = is_at(origin, &host, public_url);
    if !is_ours {
        tracing::warn!(
            origin,
            host,
            "form of another origin is refused: behind a proxy, set console.public_url"
        );
    }
    is_ours
}

/// Whether an origin is of the host that a request was sent to, or of the
/// address at which people open the console. A proxy may have changed the one,
/// and the scheme; the other may not be set.
fn is_at(origin: &str, host: &str, public_url: Option<&str>) -> bool {
    let Some((scheme, origin)) = origin.split_once("://") else {
        return false;
    };
    let port = if scheme == "https" { ":443" } else { ":80" };
    let public = public_url.and_then(|url| url.split_once("://"));
    let ours = [Some(host), public.map(|(_, host)| host)];
    ours.into_iter().flatten().any(|ours| {
        let ours = ours.strip_suffix(port).unwrap_or(ours);
        ours.eq_ignore_ascii_case(origin)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_are_of_the_host_or_of_the_public_address() {
        const HERE: &str = "192.168.1.7:8080";
        for (origin, host, public_url, is_ours) in [
            ("http://192.168.1.7:8080", HERE, None, true),
            ("http://192.168.1.7:8081", HERE, None, false),
            ("http://192.168.1.7", HERE, None, false),
            ("https://zhiwen.example", "zhiwen.example", None, true),
            ("https://zhiwen.example", "Zhiwen.Example:443", None, true),
            ("http://zhiwen.example", "zhiwen.example:443", None, false),
            (
                "https://zhiwen.example.evil.example",
                "zhiwen.example",
                None,
                false,
            ),
            ("https://zhiwen.example", HERE, None, false),
            (
                "https://zhiwen.example",
                HERE,
                Some("https://zhiwen.example"),
                true,
            ),
            (
                "https://evil.example",
                HERE,
                Some("https://zhiwen.example"),
                false,
            ),
            // What pages without an origin send, and what cannot be read.
            ("null", HERE, None, false),
            ("", HERE, None, false),
        ] {
            let found = is_at(origin, host, public_url);
            assert_eq!(found, is_ours, "{origin} {host} {public_url:?}");
        }
    }

    #[test]
    fn fields_keep_their_order_and_repetitions() {
        let fields = Fields::parse("word=%E6%80%8E%E4%B9%88+%E9%80%80&word=b&on=".as_bytes());
        assert_eq!(fields.get("word"), "怎么 退");
        assert_eq!(fields.all("word").count(), 2);
        assert!(fields.is_ticked("on") && !fields.is_ticked("off"));
        assert_eq!(fields.get("nothing"), "");
    }
}
