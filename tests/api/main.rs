//! The HTTP API as a client meets it: requests in, replies out, nothing else looked at.

mod auth;
mod errors;
mod exports;
mod feedback;
mod findings;
mod imports;
mod knowledge;
mod language;
mod listening;
mod openapi;
mod preview;
mod products;
mod sealing;
mod search;
mod suggestions;
mod versions;
