//! The HTTP API as a client meets it: requests in, replies out, nothing else looked at.

mod auth;
mod browser_tokens;
mod chats;
mod errors;
mod exports;
mod feedback;
mod figures;
mod findings;
mod imports;
mod insights;
mod knowledge;
mod language;
mod listening;
mod openapi;
mod preview;
mod products;
mod push_deliveries;
mod push_scene;
mod pushes;
mod sealing;
mod search;
mod sign_in;
mod suggestions;
mod versions;
