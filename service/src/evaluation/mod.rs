//! Use case: how good is it? Golden sets of a shop and data sets of anybody,
//! measured by the code that answers live.

pub mod classify;
pub mod cluster;
pub mod compare;
pub mod dataset;
pub mod failures;
pub mod fit;
pub mod knowledge;
pub mod pairs;
pub mod reliability;
pub mod retrieve;
