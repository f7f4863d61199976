//! Use cases of the knowledge base: editing, looking at versions, import and export of files.

pub mod diff;
pub mod edit;
pub mod export;
pub mod findings;
pub mod import;
pub mod parse;
pub mod plan;
pub mod products;
pub mod report;
#[cfg(test)]
pub(crate) mod testing;
pub mod view;
