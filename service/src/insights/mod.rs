//! Use case: figures over a shop's questions. Pure functions over a ledger,
//! and what stores and reads their results.

pub mod labels;
mod lines;
pub mod significance;
mod tally;
pub mod weekly;
