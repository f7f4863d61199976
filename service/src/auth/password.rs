//! Hashes of passwords: Argon2id with the parameters that OWASP advises.

use argon2::Argon2;
use std::time::Duration;

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use tokio::sync::Semaphore;

use crate::domain::person::Password;
use crate::error::ApiError;

/// A hash takes 19 MiB and tens of milliseconds of a core: so many at once.
static PLACES: Semaphore = Semaphore::const_new(2);

/// Who waits longer is told that the service is busy.
const PATIENCE: Duration = Duration::from_secs(5);

/// The hash of a password, in the PHC format.
///
/// # Errors
/// When there is no randomness or no thread, or too many wait for one.
pub async fn hash(password: Password) -> Result<String, ApiError> {
    on_thread(move || {
        let hash = Argon2::default().hash_password(password.reveal().as_bytes());
        hash.map(|hash| hash.to_string())
            .map_err(|error| ApiError::internal(error.to_string()))
    })
    .await?
}

/// Whether a password is the one of `hash`. Without a hash it takes as long and
/// is not, so that the time does not tell who exists.
///
/// # Errors
/// When the stored hash cannot be read, there is no thread, or too many wait
/// for one.
pub async fn is_right(password: Password, hash: Option<String>) -> Result<bool, ApiError> {
    on_thread(move || {
        let Some(hash) = hash else {
            let _as_long = Argon2::default().hash_password(password.reveal().as_bytes());
            return Ok(false);
        };
        let hash =
            PasswordHash::new(&hash).map_err(|error| ApiError::internal(error.to_string()))?;
        let compared = Argon2::default().verify_password(password.reveal().as_bytes(), &hash);
        Ok(compared.is_ok())
    })
    .await?
}

async fn on_thread<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, ApiError> {
    let place = tokio::time::timeout(PATIENCE, PLACES.acquire()).await;
    let place = place.map_err(|_| ApiError::Overloaded)?;
    let _place = place.map_err(ApiError::internal)?;
    tokio::task::spawn_blocking(work)
        .await
        .map_err(ApiError::internal)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[actix_web::test]
    async fn only_the_right_password_opens() {
        let right = || Password::typed("春江潮水连海平");
        let kept = hash(right()).await.expect("hashed");
        assert!(kept.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
        assert!(
            is_right(right(), Some(kept.clone()))
                .await
                .expect("compared")
        );
        let wrong = Password::typed("春江潮水连海平 ");
        assert!(!is_right(wrong, Some(kept)).await.expect("compared"));
        assert!(!is_right(right(), None).await.expect("compared"));
    }
}
