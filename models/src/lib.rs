//! Language: what a text says, independent of shops, storage and HTTP.
//!
//! This crate knows no other member of the workspace.

mod cues;
pub mod encoder;
mod marks;
mod phrases;
pub mod privacy;
mod reading;
pub mod smalltalk;
pub mod standalone;
pub mod text;
