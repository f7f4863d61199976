//! Quality measured on texts that nobody here wrote, or that were written before the code: floors on metrics, with the figures printed.

mod classification;
mod confidence;
mod contradictions;
mod data;
mod lookalikes;
mod masking;
mod personal_data;
mod retrieval;
mod small_shops;
mod small_talk;
