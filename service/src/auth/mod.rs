//! Who calls: API keys as extractors. A handler that has a [`Caller`] need not check again.

use std::marker::PhantomData;
use std::sync::Arc;
use std::time::{Duration, Instant};

use actix_web::body::MessageBody;
use actix_web::dev::{Payload, ServiceRequest, ServiceResponse};
use actix_web::http::header;
use actix_web::middleware::Next;
use actix_web::{FromRequest, HttpMessage, HttpRequest, web};
use futures_util::future::{Ready, ready};
use quick_cache::sync::Cache;

use crate::domain::ids::ShopId;
use crate::domain::key::{ApiKey, KeyHash, PresentedKey, Scope};
use crate::error::ApiError;
use crate::state::AppState;
use crate::store::{Store, StoreError};

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
    /// Changing the shop itself.
    Administering, [Scope::Admin]
);

/// A caller whose key is valid now and has a scope that opens the endpoint.
pub struct Caller<N: Needs> {
    /// The shop that the key opens.
    pub shop: ShopId,
    /// The key's shown part: who did it.
    pub key_prefix: String,
    needs: PhantomData<N>,
}

/// The key that a request came with, looked up before its handler is.
struct Identity(Result<Arc<ApiKey>, ApiError>);

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

async fn look_up(request: &ServiceRequest) -> Result<Arc<ApiKey>, ApiError> {
    let state = request
        .app_data::<web::Data<AppState>>()
        .ok_or_else(|| ApiError::internal("state is missing"))?;
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

impl<N: Needs> FromRequest for Caller<N> {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let identity = request.extensions_mut().remove::<Identity>();
        ready(match identity {
            Some(Identity(Ok(key))) => Self::of(&key),
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
                needs: PhantomData,
            })
        } else {
            Err(ApiError::Forbidden { scopes: N::ANY_OF })
        }
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
