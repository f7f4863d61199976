//! Use cases of knowledge: import from files and export to them.

pub mod export;
pub mod import;
pub mod plan;
pub mod report;
#[cfg(test)]
pub(crate) mod testing;
