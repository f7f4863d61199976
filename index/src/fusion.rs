//! One learned score out of everything that is known of a candidate, and the
//! probability that the best candidate is right.
//!
//! Two sets of weights: with the question's vector and without it, so that a
//! question whose vector is missing is answered with a calibrated confidence too.

mod fit;

use serde::{Deserialize, Serialize};

pub use fit::{Comparison, Example, Found, Standing, best, compare, fit};

use crate::ranking::Parts;

/// The weights of both sets.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fusion {
    /// For a question without a vector.
    pub lexical: Weights,
    /// For a question with one.
    pub hybrid: Weights,
}

/// The weights of one set.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Weights {
    /// What a candidate's relevance is made of.
    pub relevance: Relevance,
    /// What the best candidate's confidence is made of.
    pub confidence: Confidence,
}

/// A candidate's relevance is the sum of its parts times these.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Relevance {
    /// For BM25 against the best candidate's.
    pub bm25_share: f32,
    /// For the harmonic mean of both coverages.
    pub closeness: f32,
    /// For the share of the question that the closest wording covers.
    pub question_coverage: f32,
    /// For the cosine of the closest wording.
    pub cosine: f32,
    /// For the probability of the item's intent.
    pub intent: f32,
    /// For what is known from feedback.
    pub feedback: f32,
}

/// The logit of the probability that a candidate is right.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Confidence {
    /// Of nothing at all.
    pub bias: f32,
    /// For the share of the question that the closest wording covers.
    pub question_coverage: f32,
    /// For the harmonic mean of both coverages.
    pub closeness: f32,
    /// For the cosine of the closest wording.
    pub cosine: f32,
    /// For how far the cosine is ahead of the closest other candidate's.
    pub cosine_margin: f32,
    /// For how far the relevance is ahead of the runner-up's.
    pub margin: f32,
    /// For the share of the question's matter that the item's wordings have.
    /// Absent from weights that were fitted before it was looked at.
    #[serde(default)]
    pub worded_share: f32,
    /// For the probability of the item's intent, a half where it is not known.
    pub intent: f32,
    /// For what is known from feedback.
    pub feedback: f32,
}

impl Default for Fusion {
    /// The weights of `config/fusion.toml`.
    fn default() -> Self {
        // A test holds that the embedded file can be read.
        toml::from_str(include_str!("../../config/fusion.toml")).unwrap_or(Self {
            lexical: Weights::NONE,
            hybrid: Weights::NONE,
        })
    }
}

impl Weights {
    const NONE: Self = Self {
        relevance: Relevance {
            bm25_share: 1.0,
            closeness: 0.0,
            question_coverage: 0.0,
            cosine: 0.0,
            intent: 0.0,
            feedback: 0.0,
        },
        confidence: Confidence {
            bias: 0.0,
            question_coverage: 0.0,
            closeness: 0.0,
            cosine: 0.0,
            cosine_margin: 0.0,
            margin: 0.0,
            worded_share: 0.0,
            intent: 0.0,
            feedback: 0.0,
        },
    };
}

impl Fusion {
    /// A fusion from TOML.
    ///
    /// # Errors
    /// When a weight is missing or unknown.
    pub fn from_toml(text: &str) -> Result<Self, toml::de::Error> {
        toml::from_str(text)
    }

    /// The fusion as TOML, which [`Fusion::from_toml`] reads.
    ///
    /// # Errors
    /// When a weight is no number that TOML knows.
    pub fn to_toml(&self) -> Result<String, toml::ser::Error> {
        toml::to_string(self)
    }
}

impl Relevance {
    /// The relevance of a candidate; its `cosine` is 0 where it has no vector.
    pub(crate) fn of(&self, parts: &Parts) -> f32 {
        let [share, closeness, coverage, cosine, intent, feedback] = Self::inputs(parts);
        self.bm25_share * share
            + self.closeness * closeness
            + self.question_coverage * coverage
            + self.cosine * cosine
            + self.intent * intent
            + self.feedback * feedback
    }

    /// What the weights are multiplied with, in the order of the fields.
    pub(crate) fn inputs(parts: &Parts) -> [f32; 6] {
        [
            parts.bm25_share,
            parts.closeness(),
            parts.question_coverage,
            parts.cosine.unwrap_or(0.0),
            parts.intent.unwrap_or(0.0),
            parts.feedback,
        ]
    }
}

impl Confidence {
    /// The probability that a candidate is right.
    pub(crate) fn of(&self, parts: &Parts) -> f32 {
        let [
            coverage,
            closeness,
            cosine,
            cosine_margin,
            margin,
            worded_share,
            intent,
            feedback,
        ] = Self::inputs(parts);
        let logit = self.bias
            + self.question_coverage * coverage
            + self.closeness * closeness
            + self.cosine * cosine
            + self.cosine_margin * cosine_margin
            + self.margin * margin
            + self.worded_share * worded_share
            + self.intent * intent
            + self.feedback * feedback;
        1.0 / (1.0 + (-logit).exp())
    }

    /// What the weights are multiplied with, in the order of the fields after the bias.
    pub(crate) fn inputs(parts: &Parts) -> [f32; 8] {
        [
            parts.question_coverage,
            parts.closeness(),
            parts.cosine.unwrap_or(0.0),
            parts.cosine_margin,
            parts.margin,
            parts.worded_share,
            // Not knowing speaks neither for an item nor against it.
            parts.intent.unwrap_or(0.5),
            parts.feedback,
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_weights_can_be_read_and_written() {
        let shipped = Fusion::default();
        assert!(shipped.hybrid.relevance.cosine > 0.0);
        assert!(shipped.lexical.confidence.bias < 0.0);
        let again = Fusion::from_toml(&shipped.to_toml().expect("written")).expect("read");
        assert_eq!(again, shipped);
        assert!(Fusion::from_toml("[lexical]\nunknown = 1.0").is_err());
    }
}
