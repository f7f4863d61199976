//! Use case: figures over a shop's questions. Pure functions over a ledger,
//! and what stores and reads their results.

pub mod answers;
mod claims;
pub mod clusters;
mod counts;
pub mod feeds;
pub mod figures;
pub mod judged;
pub mod labels;
mod lines;
mod outcomes;
pub mod overview;
mod own_words;
pub mod phrasings;
pub mod present;
pub mod profile;
pub mod queues;
pub mod quotable;
pub mod report;
pub mod review;
#[cfg(test)]
pub(crate) mod samples;
mod shares;
pub mod significance;
mod stamp;
pub mod standing;
pub mod surges;
pub mod table;
pub mod tags;
mod tally;
pub mod weekly;
pub mod weeks;
