//! The pages in a real browser, on the program itself. See README.md beside this.

mod asked;
mod browser;
mod chats;
mod site;
mod workbench;

mod docs_page;
mod everywhere;
mod first_run;
mod insights;
mod knowledge;
mod live;
mod panel;
mod questions;
mod queues;
mod settings;
mod the_browser;
mod try_page;
