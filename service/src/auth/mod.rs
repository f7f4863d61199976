//! Who calls, as extractors: programs by their API keys, people by their sessions.
//! A handler that has a [`Caller`] or a [`Visitor`] need not check again.

pub mod audit;
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
use quick_cache::sync::Cache;

use crate::domain::ids::ShopId;
use crate::domain::key::{ApiKey, KeyHash, PresentedKey, Scope};
use crate::domain::person::Secret;
use crate::error::ApiError;
use crate::state::AppState;
use crate::store::{Store, StoreError};
use sessions::SignedIn;

pub use visitor::{Anybody, Fields, Form, OpenForm, Visitor};

/// For how long a key is trusted without asking the store: the longest that a
/// withdrawn key still opens.
const TRUSTED_FOR: Duration = Duration::from_secs(2);

/// Keys looked up of late.
pub struct Keys {
    store: Arc<dyn Store>,
    cache: Cache<[u8; 32], (Instant, Arc<ApiKey>)>,
}

impl Keys {
    /// Looks keys up in `store`.
    pub fn new(store: Arc<dyn Store>) -> Self {
        Self {
            store,
            cache: Cache::new(4_096),
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
}

/// Which scopes open an endpoint.
pub trait Needs: 'static {
    /// Any one of these.
    const ANY_OF: &'static [Scope];
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

needs!(
    /// Asking for suggestions and giving feedback.
    Suggesting, [Scope::Suggest]
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
    /// Who did it: the key's shown part, or the person's login.
    pub by: String,
    needs: PhantomData<N>,
}

/// The header in which a page's script proves that it is of our pages.
pub const TOKEN_HEADER: &str = "x-form-token";

/// Whom a request came from.
#[derive(Clone)]
enum Identity {
    Key(Arc<ApiKey>),
    Person(Arc<SignedIn>),
}

impl Identity {
    fn shop(&self) -> &ShopId {
        match self {
            Self::Key(key) => &key.shop,
            Self::Person(signed_in) => &signed_in.person.shop,
        }
    }

    fn by(&self) -> String {
        match self {
            Self::Key(key) => key.prefix.clone(),
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
        look_up_key(&request).await.map(Identity::Key).map(Some)
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

async fn look_up_key(request: &ServiceRequest) -> Result<Arc<ApiKey>, ApiError> {
    let state = state(request)?;
    let presented = presented_key(request)?;
    let key = state.keys.by_hash(presented.hash()).await?;
    let key = key.ok_or(ApiError::Unauthorized { what: "unknown" })?;
    let now = state.clock.now();
    if key.revoked_at.is_some_and(|revoked_at| revoked_at <= now) {
        return Err(ApiError::Unauthorized { what: "revoked" });
    }
    if key.expires_at.is_some_and(|expires_at| expires_at <= now) {
        return Err(ApiError::Unauthorized { what: "expired" });
    }
    Ok(key)
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
        let is_open = match &identity {
            Identity::Key(key) => N::ANY_OF.iter().any(|scope| key.scopes.contains(scope)),
            Identity::Person(signed_in) => {
                if !matches!(*request.method(), Method::GET | Method::HEAD) {
                    let token = request.headers().get(TOKEN_HEADER);
                    let token = token.and_then(|token| token.to_str().ok());
                    visitor::prove(signed_in, token.unwrap_or(""))?;
                }
                let scopes = signed_in.person.role.scopes();
                N::ANY_OF.iter().any(|scope| scopes.contains(scope))
            }
        };
        if !is_open {
            return Err(ApiError::Forbidden { scopes: N::ANY_OF });
        }
        Ok(Self {
            shop: identity.shop().clone(),
            by: identity.by(),
            needs: PhantomData,
        })
    }
}

fn presented_key(request: &ServiceRequest) -> Result<PresentedKey, ApiError> {
    let header = request
        .headers()
        .get(header::AUTHORIZATION)
        .ok_or(ApiError::Unauthorized { what: "missing" })?;
    header
        .to_str()
        .ok()
        .and_then(|text| text.split_once(' '))
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
        .and_then(|(_, key)| PresentedKey::parse(key.trim()))
        .ok_or(ApiError::Unauthorized { what: "malformed" })
}
