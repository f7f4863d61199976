//! The HTTP API as a client meets it: requests in, replies out, nothing else looked at.

mod search;
