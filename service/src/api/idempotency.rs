//! The Idempotency-Key header: the same request twice is done once.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse};
use jiff::Timestamp;
use sha2::{Digest, Sha256};

use crate::domain::fault::{Fault, FieldError};
use crate::domain::ids::ShopId;
use crate::error::ApiError;
use crate::store::{KeptReply, Store};

const HEADER: &str = "Idempotency-Key";
const MOST_CHARACTERS: usize = 200;

/// A caller's key with the fingerprint of its request.
#[derive(Debug, Clone)]
pub struct IdempotencyKey {
    key: String,
    fingerprint: [u8; 32],
}

impl IdempotencyKey {
    /// The request's key; `None` when it has none.
    ///
    /// # Errors
    /// When the header is empty, too long, or not visible ASCII.
    pub fn of(request: &HttpRequest, body: &[u8]) -> Result<Option<Self>, ApiError> {
        let Some(value) = request.headers().get(HEADER) else {
            return Ok(None);
        };
        let key = value
            .to_str()
            .ok()
            .map(str::trim)
            .filter(|key| !key.is_empty() && key.len() <= MOST_CHARACTERS)
            .ok_or_else(|| {
                let fault = Fault::malformed(
                    format!("1 到 {MOST_CHARACTERS} 个可见的 ASCII 字符"),
                    format!("1 to {MOST_CHARACTERS} visible ASCII characters"),
                );
                ApiError::field(FieldError::new(HEADER, fault))
            })?;
        let mut digest = Sha256::new();
        for part in [
            request.method().as_str(),
            request.path(),
            request.query_string(),
        ] {
            digest.update(part.as_bytes());
            digest.update([0]);
        }
        digest.update(body);
        Ok(Some(Self {
            key: key.to_owned(),
            fingerprint: digest.finalize().into(),
        }))
    }

    /// The reply that was kept under this key.
    ///
    /// # Errors
    /// When the key was used for another request.
    pub async fn kept(
        &self,
        store: &dyn Store,
        shop: &ShopId,
    ) -> Result<Option<HttpResponse>, ApiError> {
        let kept = store.kept_reply(shop, &self.key, &self.fingerprint).await?;
        Ok(kept.as_ref().map(replay))
    }

    /// A reply to keep under this key.
    pub fn reply(&self, status: StatusCode, body: String, at: Timestamp) -> KeptReply {
        KeptReply {
            key: self.key.clone(),
            fingerprint: self.fingerprint,
            status: status.as_u16(),
            body,
            at,
        }
    }
}

/// A kept reply as it was, marked as given before.
pub fn replay(kept: &KeptReply) -> HttpResponse {
    let status = StatusCode::from_u16(kept.status).unwrap_or(StatusCode::OK);
    HttpResponse::build(status)
        .insert_header(("Idempotent-Replayed", "true"))
        .content_type("application/json")
        .body(kept.body.clone())
}
