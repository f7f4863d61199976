//! Language: what a text says, independent of shops, storage and HTTP.
//!
//! This crate knows no other member of the workspace.

pub mod privacy;
pub mod text;
