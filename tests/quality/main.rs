//! Quality measured on texts that nobody here wrote: floors on metrics, with the figures printed.

#![expect(clippy::expect_used, reason = "a test fails by a panic")]

mod data;
mod masking;
mod personal_data;
mod retrieval;
mod small_talk;
