//! Consumers and orders under the shop's own secret.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::domain::shop::ShopSecret;
use crate::domain::suggestion::Pseudonym;

/// The pseudonym of an outside id: 128 bits of HMAC-SHA-256 over its kind and
/// itself, so that a consumer and an order of the same id differ, and so do
/// two shops' pseudonyms of one consumer.
pub fn pseudonym(secret: &ShopSecret, kind: &str, id: &str) -> Pseudonym {
    // HMAC takes a key of any length: there is no error to meet.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&secret.0) else {
        return Pseudonym(String::new());
    };
    mac.update(kind.as_bytes());
    mac.update(&[0]);
    mac.update(id.as_bytes());
    let digest = mac.finalize().into_bytes();
    Pseudonym(
        digest[..16]
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn differs_by_shop_kind_and_id() {
        let (one, two) = (ShopSecret([1; 32]), ShopSecret([2; 32]));
        let base = pseudonym(&one, "consumer", "tb123");
        assert_eq!(base, pseudonym(&one, "consumer", "tb123"));
        assert_eq!(base.0.len(), 32);
        for other in [
            pseudonym(&two, "consumer", "tb123"),
            pseudonym(&one, "order", "tb123"),
            pseudonym(&one, "consumer", "tb124"),
        ] {
            assert_ne!(base, other);
        }
    }
}
