//! The weekly insights and the feeds as files: Markdown, CSV, a workbook, a
//! printable page, JSON Feed, Atom, and the text of pushes.
//!
//! Pure functions of plain data: no store, no HTTP. Every text of a report is
//! made presentable first (`plain`), and every figure is worded in one place
//! (`words`, `figures`), so that no two formats say different things.

mod atom;
mod chart;
mod csv;
mod digest;
mod feed;
mod figures;
mod html;
mod json_feed;
mod markdown;
mod plain;
#[cfg(test)]
pub(crate) mod samples;
mod section;
mod words;
mod xlsx;

pub use atom::atom;
pub use csv::csv;
pub use digest::{Digest, Surge, alarm, digest};
pub use feed::FeedInfo;
pub use figures::{Change, Figure, Value, change, figures};
pub use html::{Link, PageLinks, html};
pub use json_feed::json_feed;
pub use markdown::markdown;
pub use section::Section;
pub use words::Words;
pub use xlsx::xlsx;

/// Why a report could not be written out.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// The workbook could not be put together.
    #[error("the workbook could not be written")]
    Workbook(#[from] rust_xlsxwriter::XlsxError),
    /// The page could not be rendered.
    #[error("the page could not be rendered")]
    Page(#[from] askama::Error),
}
