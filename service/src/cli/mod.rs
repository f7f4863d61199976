//! Subcommands, one file each.

pub mod export;
pub mod import;
pub mod shop;
