//! A service on a free port with a folder and a clock of its own, and a client that speaks to it.

mod app;
mod client;
mod clock;
mod poll;
pub mod process;

pub use app::{App, Shop, spawn_app, spawn_app_in, spawn_app_with};
pub use client::{Call, Reply};
pub use clock::MovableClock;
pub use poll::{poll_for, poll_until};
