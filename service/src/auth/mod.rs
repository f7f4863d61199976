//! Who calls, as extractors: programs by their API keys, panels in pages by
//! browser tokens, people by their sessions. A handler that has a [`Caller`] or a [`Visitor`] need not check again.

pub mod account;
pub mod audit;
pub mod browser;
pub mod password;
pub mod people;
pub mod sessions;
pub mod visitor;

use std::marker::PhantomData;
use std::sync::Arc;
use std::time::{Duration, Instant};

use actix_web::body::MessageBody;
use actix_web::dev::{Payload, ServiceRequest, ServiceResponse};
use actix_web::http::{Method, header};
use actix_web::middleware::Next;
use actix_web::{FromRequest, HttpMessage, HttpRequest, web};
use futures_util::future::{Ready, ready};
use jiff::Timestamp;
use jiff::civil::Date;
use quick_cache::sync::Cache;

use crate::domain::causes::with_causes;
use crate::domain::ids::{AgentId, ShopId};
use crate::domain::key::{ApiKey, KeyHash, PresentedKey, Scope};
use crate::domain::person::Secret;
use crate::error::ApiError;
use crate::state::AppState;
use crate::store::{Store, StoreError};
use browser::BrowserToken;
use sessions::SignedIn;

pub use visitor::{Anybody, Fields, Form, OpenForm, Visitor};

/// For how long a key is trusted without asking the store: the longest that a
/// withdrawn key still opens.
const TRUSTED_FOR: Duration = Duration::from_secs(2);

/// Keys looked up of late.
pub struct Keys {
    store: Arc<dyn Store>,
    cache: Cache<[u8; 32], (Instant, Arc<ApiKey>)>,
    by_prefix: Cache<(ShopId, String), (Instant, Arc<ApiKey>)>,
    /// The day of which each key's use is noted already.
    noted: Cache<[u8; 32], Date>,
}

impl Keys {
    /// Looks keys up in `store`.
    pub fn new(store: Arc<dyn Store>) -> Self {
        Self {
            store,
            cache: Cache::new(4_096),
            by_prefix: Cache::new(1_024),
            noted: Cache::new(4_096),
        }
    }

    async fn by_hash(&self, hash: KeyHash) -> Result<Option<Arc<ApiKey>>, StoreError> {
        if let Some((looked_up, key)) = self.cache.get(&hash.0)
            && looked_up.elapsed() < TRUSTED_FOR
        {
            return Ok(Some(key));
        }
        let Some(key) = self.store.key_by_hash(hash).await?.map(Arc::new) else {
            return Ok(None);
        };
        self.cache
            .insert(hash.0, (Instant::now(), Arc::clone(&key)));
        Ok(Some(key))
    }

    /// Notes that a key opened something on `day`: once a day, and beside the
    /// request, which waits for no write.
    fn note_use(&self, key: &Arc<ApiKey>, day: Date) {
        let is_noted = key.last_used_on.is_some_and(|last| last >= day)
            || self.noted.get(&key.hash.0).is_some_and(|last| last >= day);
        if is_noted {
            return;
        }
        self.noted.insert(key.hash.0, day);
        let (store, key) = (Arc::clone(&self.store), Arc::clone(key));
        tokio::spawn(async move {
            let noted = store.note_key_use(&key.shop, &key.prefix, day).await;
            if let Err(error) = noted {
                let error = with_causes(&error);
                tracing::warn!(%error, "use of an api key cannot be noted");
            }
        });
    }

    /// The shop's key with that shown part.
    async fn by_prefix(
        &self,
        shop: &ShopId,
        prefix: &str,
    ) -> Result<Option<Arc<ApiKey>>, StoreError> {
        let sought = (shop.clone(), prefix.to_owned());
        if let Some((looked_up, key)) = self.by_prefix.get(&sought)
            && looked_up.elapsed() < TRUSTED_FOR
        {
            return Ok(Some(key));
        }
        let keys = self.store.keys(shop).await?;
        let Some(key) = keys.into_iter().find(|key| key.prefix == prefix) else {
            return Ok(None);
        };
        let key = Arc::new(key);
        self.by_prefix
            .insert(sought, (Instant::now(), Arc::clone(&key)));
        Ok(Some(key))
    }
}

/// Which scopes open an endpoint.
pub trait Needs: 'static {
    /// Any one of these.
    const ANY_OF: &'static [Scope];
    /// What a browser token, which has no scopes, may do there.
    const PAGES: Pages = Pages::Refused;
}

/// Whether an endpoint is open to the panel in a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pages {
    /// To whoever holds a browser token.
    Welcome,
    /// To API keys alone.
    Refused,
}

/// Declares what an endpoint needs.
macro_rules! needs {
    ($(#[$doc:meta])* $name:ident, $scopes:expr) => {
        $(#[$doc])*
        pub struct $name;

        impl Needs for $name {
            const ANY_OF: &'static [Scope] = &$scopes;
        }
    };
}

/// Asking for suggestions and giving feedback.
pub struct Suggesting;

impl Needs for Suggesting {
    const ANY_OF: &'static [Scope] = &[Scope::Suggest];
    const PAGES: Pages = Pages::Welcome;
}

needs!(
    /// Making tokens for pages that ask for suggestions. Pages make none, or
    /// theirs would never end.
    MakingBrowserTokens, [Scope::Suggest]
);
needs!(
    /// Handing in messages.
    Ingesting, [Scope::Ingest]
);
needs!(
    /// Reading insights.
    ReadingInsights, [Scope::Insights, Scope::Supervise]
);
needs!(
    /// Searching as a person does.
    Searching, [Scope::Suggest, Scope::Knowledge, Scope::Supervise]
);
needs!(
    /// Reading and changing knowledge.
    KeepingKnowledge, [Scope::Knowledge]
);
needs!(
    /// Looking for what is wrong with knowledge.
    ReviewingKnowledge, [Scope::Knowledge, Scope::Supervise]
);
needs!(
    /// Reading recorded suggestions.
    Supervising, [Scope::Supervise]
);
needs!(
    /// Setting a recorded question right.
    Judging, [Scope::Suggest, Scope::Supervise]
);
needs!(
    /// Reading products and synonyms.
    ReadingVocabulary, [Scope::Knowledge, Scope::Admin]
);
needs!(
    /// Reading where notices are pushed, and what became of them.
    ReadingPushes, [Scope::Insights, Scope::Supervise, Scope::Admin]
);
needs!(
    /// Changing the shop itself.
    Administering, [Scope::Admin]
);

/// A caller whose key is valid now and has a scope that opens the endpoint, or
/// a page's script on behalf of a person whose role has it.
pub struct Caller<N: Needs> {
    /// The shop that is open to it.
    pub shop: ShopId,
    /// Who did it: the key's shown part, the person's login, or what a browser
    /// token was made by.
    pub by: String,
    /// The agent whom a browser token was made for.
    pub agent: Option<AgentId>,
    needs: PhantomData<N>,
}

/// The header in which a page's script proves that it is of our pages.
pub const TOKEN_HEADER: &str = "x-form-token";

/// Whom a request came from.
#[derive(Clone)]
enum Identity {
    Key(Arc<ApiKey>),
    Page(Arc<BrowserToken>),
    Person(Arc<SignedIn>),
}

impl Identity {
    fn shop(&self) -> &ShopId {
        match self {
            Self::Key(key) => &key.shop,
            Self::Page(token) => &token.shop,
            Self::Person(signed_in) => &signed_in.person.shop,
        }
    }

    fn by(&self) -> String {
        match self {
            Self::Key(key) => key.prefix.clone(),
            Self::Page(token) => token.minted_by.to_string(),
            Self::Person(signed_in) => signed_in.person.login.to_string(),
        }
    }
}

/// Why it is not known whom a request came from.
struct Refusal(ApiError);

/// Looks up the request's key or session, if it has one. Here rather than in
/// [`Caller`], which so comes before all other extractors: a caller who may not
/// call learns nothing else, and no body of his is read.
///
/// # Errors
/// Those of the rest of the service.
pub async fn identify<B: MessageBody>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, actix_web::Error> {
    let identity = if request.headers().contains_key(header::AUTHORIZATION) {
        look_up_bearer(&request).await.map(Some)
    } else {
        let signed_in = look_up_session(&request).await;
        signed_in.map(|signed_in| signed_in.map(Identity::Person))
    };
    match identity {
        Ok(Some(identity)) => {
            request.extensions_mut().insert(identity);
        }
        Ok(None) => {}
        Err(error) => {
            request.extensions_mut().insert(Refusal(error));
        }
    }
    next.call(request).await
}

fn state(request: &ServiceRequest) -> Result<&web::Data<AppState>, ApiError> {
    request
        .app_data::<web::Data<AppState>>()
        .ok_or_else(|| ApiError::internal("state is missing"))
}

/// The session of the request's cookie, if there is one that holds.
async fn look_up_session(request: &ServiceRequest) -> Result<Option<Arc<SignedIn>>, ApiError> {
    let cookie = request.cookie(sessions::COOKIE);
    let Some(secret) = cookie.and_then(|cookie| Secret::parse(cookie.value())) else {
        return Ok(None);
    };
    let state = state(request)?;
    Ok(state.sessions.of(&secret, state.clock.now()).await?)
}

/// The key or the browser token of the request.
async fn look_up_bearer(request: &ServiceRequest) -> Result<Identity, ApiError> {
    let state = state(request)?;
    let malformed = || ApiError::Unauthorized { what: "malformed" };
    let presented = presented(request).ok_or_else(malformed)?;
    if browser::is_one(presented) {
        let origin = request.headers().get(header::ORIGIN);
        let origin = origin.and_then(|origin| origin.to_str().ok());
        let token = browser::check(state, presented, origin).await?;
        return Ok(Identity::Page(Arc::new(token)));
    }
    let presented = PresentedKey::parse(presented).ok_or_else(malformed)?;
    let key = state.keys.by_hash(presented.hash()).await?;
    let key = key.ok_or(ApiError::Unauthorized { what: "unknown" })?;
    let now = state.clock.now();
    if let Some(what) = ended(&key, now) {
        return Err(ApiError::Unauthorized { what });
    }
    let zone = state.shop(&key.shop).await?.zone();
    state.keys.note_use(&key, zone.to_datetime(now).date());
    Ok(Identity::Key(key))
}

/// How a key has ended, if it has.
fn ended(key: &ApiKey, now: Timestamp) -> Option<&'static str> {
    if key.revoked_at.is_some_and(|revoked_at| revoked_at <= now) {
        Some("revoked")
    } else if key.expires_at.is_some_and(|expires_at| expires_at <= now) {
        Some("expired")
    } else {
        None
    }
}

/// The identity of a request, or why there is none.
fn identity_of(request: &HttpRequest) -> Result<Identity, ApiError> {
    let mut extensions = request.extensions_mut();
    match (extensions.get::<Identity>().cloned(), extensions.remove()) {
        (Some(identity), _) => Ok(identity),
        (None, Some(Refusal(error))) => Err(error),
        (None, None) => Err(ApiError::Unauthorized { what: "missing" }),
    }
}

impl<N: Needs> FromRequest for Caller<N> {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Self::of(request))
    }
}

impl<N: Needs> Caller<N> {
    fn of(request: &HttpRequest) -> Result<Self, ApiError> {
        let identity = identity_of(request)?;
        let mut agent = None;
        match &identity {
            Identity::Key(key) => {
                if !N::ANY_OF.iter().any(|scope| key.scopes.contains(scope)) {
                    return Err(ApiError::Forbidden { scopes: N::ANY_OF });
                }
            }
            Identity::Page(token) => {
                if N::PAGES == Pages::Refused {
                    return Err(ApiError::ForbiddenToken {
                        what: "opens suggestions and feedback alone",
                    });
                }
                agent.clone_from(&token.agent);
            }
            Identity::Person(signed_in) => {
                if !matches!(*request.method(), Method::GET | Method::HEAD) {
                    let token = request.headers().get(TOKEN_HEADER);
                    let token = token.and_then(|token| token.to_str().ok());
                    visitor::prove(signed_in, token.unwrap_or(""))?;
                }
                visitor::open_to::<N>(signed_in.person.role)?;
            }
        }
        Ok(Self {
            shop: identity.shop().clone(),
            by: identity.by(),
            agent,
            needs: PhantomData,
        })
    }
}

/// What stands behind `Bearer`.
fn presented(request: &ServiceRequest) -> Option<&str> {
    let header = request.headers().get(header::AUTHORIZATION)?;
    let (scheme, presented) = header.to_str().ok()?.split_once(' ')?;
    scheme
        .eq_ignore_ascii_case("bearer")
        .then(|| presented.trim())
}
