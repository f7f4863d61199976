//! By what questions are counted: a shop's own, versioned, so that each figure names its policy.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::fault::{Fault, FieldError, Hint};
use super::insights::PolicyNote;

/// How questions are cut out of conversations and counted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ListeningPolicy {
    /// Silence that parts sessions where the platform does not, in minutes.
    pub session_gap_minutes: u32,
    /// Messages of a buyer this close together are one question, in seconds.
    pub burst_gap_seconds: u32,
    /// Whether a reply by a robot counts as an answer.
    pub counts_automatic_replies: bool,
    /// Groups of fewer buyers are not quoted, and not shown in profiles; 5 at least.
    pub smallest_group: u32,
    /// The share of false alarms that is allowed among the changes called
    /// rising or fading, above 0 and at most 0.5.
    pub false_discovery_rate: f64,
}

/// No group of fewer buyers is ever shown.
pub const SMALLEST_GROUP: u32 = 5;

impl Default for ListeningPolicy {
    fn default() -> Self {
        Self {
            session_gap_minutes: 30,
            burst_gap_seconds: 300,
            counts_automatic_replies: false,
            smallest_group: SMALLEST_GROUP,
            false_discovery_rate: 0.1,
        }
    }
}

impl ListeningPolicy {
    /// Checks every value.
    ///
    /// # Errors
    /// Every fault, by field.
    pub fn check(&self) -> Result<(), Vec<FieldError>> {
        let mut errors = Vec::new();
        let mut require = |holds: bool, field: &str, expected: Hint| {
            if !holds {
                errors.push(FieldError::new(field, Fault::Malformed { expected }));
            }
        };
        require(
            (1..=10_080).contains(&self.session_gap_minutes),
            "session_gap_minutes",
            Hint::range(1, 10_080),
        );
        require(
            (1..=86_400).contains(&self.burst_gap_seconds),
            "burst_gap_seconds",
            Hint::range(1, 86_400),
        );
        require(
            (SMALLEST_GROUP..=1_000).contains(&self.smallest_group),
            "smallest_group",
            Hint::range(SMALLEST_GROUP, 1_000),
        );
        let rate = self.false_discovery_rate;
        require(
            rate > 0.0 && rate <= 0.5,
            "false_discovery_rate",
            Hint::new("大于 0、不超过 0.5", "above 0, at most 0.5"),
        );
        if errors.is_empty() {
            Ok(())
        } else {
            Err(errors)
        }
    }

    /// As a report names it.
    pub fn note(&self, version: u32) -> PolicyNote {
        PolicyNote {
            version,
            session_gap_minutes: self.session_gap_minutes,
            burst_gap_seconds: self.burst_gap_seconds,
            counts_automatic_replies: self.counts_automatic_replies,
            smallest_group: self.smallest_group,
            false_discovery_rate: self.false_discovery_rate,
        }
    }
}
