//! Measures of quality: pure functions over what was predicted and what was true.
//!
//! Each names the formula that it computes and where that comes from.

mod agreement;
mod bootstrap;
mod confidence;
mod labels;
mod ranking;

pub use agreement::{
    adjusted_rand_index, assigned_accuracy, normalized_mutual_information, v_measure,
};
pub use bootstrap::{Difference, paired_bootstrap, paired_bootstrap_of};
pub use confidence::{
    Outcome, ReliabilityBin, Selection, expected_calibration_error, reliability_bins, selection_at,
    threshold_for_precision,
};
pub use labels::{accuracy, macro_f1, matthews_correlation, precision, recall};
pub use ranking::{mean_reciprocal_rank, recall_at_k};
