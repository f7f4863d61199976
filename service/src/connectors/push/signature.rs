//! HMAC-SHA-256 in base64, as all of these systems sign.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// The HMAC-SHA-256 of `message` under `key`, in base64 with padding.
pub(super) fn sign(key: &[u8], message: &[u8]) -> String {
    // HMAC takes a key of any length: there is no error to meet.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else {
        return String::new();
    };
    mac.update(message);
    STANDARD.encode(mac.finalize().into_bytes())
}

/// The key that a secret of Standard Webhooks stands for: what follows `whsec_`
/// is base64, any other secret is its own bytes.
pub(super) fn webhook_key(secret: &str) -> Vec<u8> {
    let encoded = secret.strip_prefix("whsec_");
    encoded
        .and_then(|encoded| STANDARD.decode(encoded).ok())
        .unwrap_or_else(|| secret.as_bytes().to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signs_as_rfc_4231_and_standard_webhooks_say() {
        // RFC 4231, test case 2.
        assert_eq!(
            sign(b"Jefe", b"what do ya want for nothing?"),
            "W9zBRr9gdU5qBCQmCJV1x1oAPwidJzmDnexYuWTsOEM="
        );
        // An example of the Standard Webhooks libraries.
        let key = webhook_key("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
        let id = "msg_p5jXN8AQM9LWM0D4loKWxJek";
        let signed = format!("{id}.1614265330.{{\"test\": 2432232314}}");
        assert_eq!(
            sign(&key, signed.as_bytes()),
            "g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
        );
        assert_eq!(webhook_key("whsec_?"), b"whsec_?");
        assert_eq!(webhook_key("plain"), b"plain");
    }
}
