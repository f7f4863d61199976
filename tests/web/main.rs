//! The pages in a real browser, on the program itself. See README.md beside this.

mod browser;
mod site;

mod docs_page;
mod first_run;
mod panel;
mod the_browser;
mod try_page;
