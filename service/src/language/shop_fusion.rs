//! A shop's own weights of a score's parts: they hold for the encoder that
//! they were fitted with, and for no other.

use serde::{Deserialize, Serialize};
use zhiwen_index::fusion::Fusion;
use zhiwen_models::encoder::Identity;

/// A shop's own weights, with the threshold that they were fitted for.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ShopFusion {
    /// The weights of a score's parts.
    pub fusion: Fusion,
    /// Answers below this confidence are not suggested; `None` leaves it to the settings.
    pub minimum_confidence: Option<f32>,
    /// The fingerprint of the encoder that they were fitted with, 0 where there
    /// was none; `None` where that is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub encoder: Option<u64>,
}

impl ShopFusion {
    /// Whether what they promise was checked with `encoder`, as far as is known.
    ///
    /// Without an encoder they hold: their part for words alone was fitted too.
    pub fn suits(&self, encoder: Option<&Identity>) -> bool {
        match (self.encoder, encoder) {
            (None, _) | (_, None) => true,
            (Some(fitted), Some(identity)) => fitted == identity.fingerprint,
        }
    }

    /// What ranks with `encoder`: these, or those that come with the service
    /// and the threshold of the settings.
    #[must_use]
    pub fn live_with(&self, encoder: Option<&Identity>) -> Self {
        if self.suits(encoder) {
            self.clone()
        } else {
            Self::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encoder(fingerprint: u64) -> Identity {
        Identity {
            name: "static".to_owned(),
            fingerprint,
            dimensions: 256,
        }
    }

    #[test]
    fn another_encoder_sets_a_fit_aside() {
        for (fitted, in_use, suits) in [
            (None, Some(7), true),
            (Some(7), Some(7), true),
            (Some(7), None, true),
            (Some(7), Some(8), false),
            (Some(0), Some(8), false),
            (Some(0), None, true),
        ] {
            let fusion = ShopFusion {
                minimum_confidence: Some(0.6),
                encoder: fitted,
                ..ShopFusion::default()
            };
            let identity = in_use.map(encoder);
            let live = fusion.live_with(identity.as_ref());
            assert_eq!(fusion.suits(identity.as_ref()), suits);
            let threshold = suits.then_some(0.6);
            assert_eq!(live.minimum_confidence, threshold, "{fitted:?} {in_use:?}");
        }
    }

    #[test]
    fn a_fit_from_before_fingerprints_is_read() {
        let kept = serde_json::to_value(ShopFusion::default()).expect("json");
        assert!(kept.get("encoder").is_none());
        let read: ShopFusion = serde_json::from_value(kept).expect("read");
        assert_eq!(read.encoder, None);
        let fusion = ShopFusion {
            encoder: Some(u64::MAX),
            ..ShopFusion::default()
        };
        let bytes = serde_json::to_vec(&fusion).expect("json");
        let read: ShopFusion = serde_json::from_slice(&bytes).expect("read");
        assert_eq!(read, fusion);
    }
}
