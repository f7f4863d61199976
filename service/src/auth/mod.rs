//! Who calls: API keys and browser tokens as extractors. A handler that has a [`Caller`]
//! need not check again.

pub mod browser;

use std::marker::PhantomData;
use std::sync::Arc;
use std::time::{Duration, Instant};

use actix_web::body::MessageBody;
use actix_web::dev::{Payload, ServiceRequest, ServiceResponse};
use actix_web::http::header;
use actix_web::middleware::Next;
use actix_web::{FromRequest, HttpMessage, HttpRequest, web};
use futures_util::future::{Ready, ready};
use jiff::Timestamp;
use quick_cache::sync::Cache;

use crate::domain::ids::{AgentId, ShopId};
use crate::domain::key::{ApiKey, KeyHash, PresentedKey, Scope};
use crate::error::ApiError;
use crate::state::AppState;
use crate::store::{Store, StoreError};
use browser::BrowserToken;

/// For how long a key is trusted without asking the store: the longest that a
/// withdrawn key still opens.
const TRUSTED_FOR: Duration = Duration::from_secs(2);

/// Keys looked up of late.
pub struct Keys {
    store: Arc<dyn Store>,
    cache: Cache<[u8; 32], (Instant, Arc<ApiKey>)>,
    by_prefix: Cache<(ShopId, String), (Instant, Arc<ApiKey>)>,
}

impl Keys {
    /// Looks keys up in `store`.
    pub fn new(store: Arc<dyn Store>) -> Self {
        Self {
            store,
            cache: Cache::new(4_096),
            by_prefix: Cache::new(1_024),
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

/// A caller whose key is valid now and has a scope that opens the endpoint.
pub struct Caller<N: Needs> {
    /// The shop that the key opens.
    pub shop: ShopId,
    /// The key's shown part, or what a browser token was made by: who did it.
    pub key_prefix: String,
    /// The agent whom a browser token was made for.
    pub agent: Option<AgentId>,
    needs: PhantomData<N>,
}

/// What a request came with, looked up before its handler is.
struct Identity(Result<Bearer, ApiError>);

/// What opens the service, valid now.
enum Bearer {
    /// An API key.
    Key(Arc<ApiKey>),
    /// A page's token, from its own origin.
    Page(BrowserToken),
}

/// Looks up the request's key, if it has one. Here rather than in [`Caller`],
/// which so comes before all other extractors: a caller who may not call
/// learns nothing else, and no body of his is read.
///
/// # Errors
/// Those of the rest of the service.
pub async fn identify<B: MessageBody>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, actix_web::Error> {
    if request.headers().contains_key(header::AUTHORIZATION) {
        let identity = Identity(look_up(&request).await);
        request.extensions_mut().insert(identity);
    }
    next.call(request).await
}

async fn look_up(request: &ServiceRequest) -> Result<Bearer, ApiError> {
    let state = request
        .app_data::<web::Data<AppState>>()
        .ok_or_else(|| ApiError::internal("state is missing"))?;
    let malformed = || ApiError::Unauthorized { what: "malformed" };
    let presented = presented(request).ok_or_else(malformed)?;
    if browser::is_one(presented) {
        let origin = request.headers().get(header::ORIGIN);
        let origin = origin.and_then(|origin| origin.to_str().ok());
        let token = browser::check(state, presented, origin).await?;
        return Ok(Bearer::Page(token));
    }
    let presented = PresentedKey::parse(presented).ok_or_else(malformed)?;
    let key = state.keys.by_hash(presented.hash()).await?;
    let key = key.ok_or(ApiError::Unauthorized { what: "unknown" })?;
    match ended(&key, state.clock.now()) {
        Some(what) => Err(ApiError::Unauthorized { what }),
        None => Ok(Bearer::Key(key)),
    }
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

impl<N: Needs> FromRequest for Caller<N> {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let identity = request.extensions_mut().remove::<Identity>();
        ready(match identity {
            Some(Identity(Ok(Bearer::Key(key)))) => Self::of(&key),
            Some(Identity(Ok(Bearer::Page(token)))) => Self::of_page(token),
            Some(Identity(Err(error))) => Err(error),
            None => Err(ApiError::Unauthorized { what: "missing" }),
        })
    }
}

impl<N: Needs> Caller<N> {
    fn of(key: &ApiKey) -> Result<Self, ApiError> {
        if N::ANY_OF.iter().any(|scope| key.scopes.contains(scope)) {
            Ok(Self {
                shop: key.shop.clone(),
                key_prefix: key.prefix.clone(),
                agent: None,
                needs: PhantomData,
            })
        } else {
            Err(ApiError::Forbidden { scopes: N::ANY_OF })
        }
    }

    fn of_page(token: BrowserToken) -> Result<Self, ApiError> {
        match N::PAGES {
            Pages::Welcome => Ok(Self {
                shop: token.shop,
                key_prefix: token.minted_by.to_string(),
                agent: token.agent,
                needs: PhantomData,
            }),
            Pages::Refused => Err(ApiError::ForbiddenToken {
                what: "opens suggestions and feedback alone",
            }),
        }
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
