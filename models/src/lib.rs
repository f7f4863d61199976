//! Language: what a text says, independent of shops, storage and HTTP.
//!
//! This crate knows no other member of the workspace.

#[cfg(feature = "bert")]
pub mod bert;
pub mod classifier;
pub mod cluster;
pub mod courtesies;
mod cues;
pub mod distill;
pub mod distilled;
pub mod encoder;
#[cfg(any(test, feature = "suite"))]
pub mod encoder_suite;
pub mod everyday;
mod giving;
pub mod lexical;
pub mod manifest;
mod marks;
pub mod metrics;
mod phrases;
pub mod privacy;
mod reading;
pub mod smalltalk;
pub mod standalone;
pub mod text;
pub mod wordpiece;
pub mod worker;
