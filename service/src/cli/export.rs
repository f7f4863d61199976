//! `zhiwen export FILE --shop S`: writes a shop's knowledge to a file.

use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use indicatif::ProgressBar;
use tempfile::NamedTempFile;

use crate::domain::fault::{Fault, Locale};
use crate::domain::knowledge::Status;
use crate::formats::Format;
use crate::formats::fault::FileError;
use crate::knowledge::export::{ExportError, export};
use crate::store::{KnowledgeFilter, Store};

use super::shop::{ShopFailure, find_shop};

/// Write a shop's knowledge to a file.
#[derive(Debug, clap::Args)]
pub struct ExportArgs {
    /// A .csv, .xlsx, .jsonl or .md file; replaced when it exists
    pub file: PathBuf,
    /// The shop's id
    #[arg(long)]
    pub shop: String,
    /// csv, xlsx, jsonl or markdown, where the file's name does not tell
    #[arg(long)]
    pub format: Option<String>,
    /// Only items of this status: draft, approved or archived
    #[arg(long)]
    pub status: Option<String>,
}

/// Why there is no export.
#[derive(Debug, thiserror::Error)]
pub enum ExportFailure {
    /// There is no such shop.
    #[error(transparent)]
    Shop(#[from] ShopFailure),
    /// The status is none.
    #[error("--status {0}")]
    Status(Fault),
    /// The format is not known or cannot hold an item; in the shop's language.
    #[error("{message}")]
    File {
        /// What to tell the person.
        message: String,
    },
    /// The store did not answer, or the writer failed.
    #[error(transparent)]
    Export(ExportError),
    /// The file could not be put in its place.
    #[error("{} cannot be written: {source}", path.display())]
    Place {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The result could not be printed.
    #[error("the result cannot be printed")]
    Output(#[from] io::Error),
}

/// Exports as `args` say and prints to `output` how many items there are.
/// The file appears whole or not at all.
///
/// # Errors
/// When the shop, the store or the file's place does not allow it.
pub async fn run(
    store: Arc<dyn Store>,
    args: &ExportArgs,
    output: &mut dyn Write,
) -> Result<(), ExportFailure> {
    let shop = find_shop(store.as_ref(), &args.shop).await?;
    let locale = shop.locale;
    let file_failure = |error: FileError| ExportFailure::File {
        message: error.message(locale),
    };
    let format = match &args.format {
        Some(name) => Format::from_name(name),
        None => Format::from_file_name(&args.file),
    }
    .map_err(file_failure)?;
    let status = args.status.as_deref().map(Status::parse).transpose();
    let filter = KnowledgeFilter {
        status: status.map_err(ExportFailure::Status)?,
        ..KnowledgeFilter::default()
    };
    let place_failure = |source: io::Error| ExportFailure::Place {
        path: args.file.clone(),
        source,
    };
    let temporary = temporary_beside(&args.file).map_err(place_failure)?;
    let file = temporary.reopen().map_err(place_failure)?;
    let bar = progress_bar();
    let exported = export(store.as_ref(), &shop, &filter, (format, file), &|items| {
        bar.set_message(items.to_string());
        bar.tick();
    })
    .await;
    bar.finish_and_clear();
    let count = exported.map_err(|error| match error {
        ExportError::File(error) => file_failure(error),
        error @ (ExportError::Store(_) | ExportError::Writer(_)) => ExportFailure::Export(error),
    })?;
    temporary
        .persist(&args.file)
        .map_err(|error| place_failure(error.error))?;
    match locale {
        Locale::English => writeln!(output, "{count} items exported")?,
        Locale::Chinese => writeln!(output, "已导出 {count} 条知识")?,
    }
    Ok(())
}

/// In the same directory, so that putting it in its place is one step.
fn temporary_beside(path: &Path) -> io::Result<NamedTempFile> {
    let directory = match path.parent() {
        Some(parent) if parent != Path::new("") => parent,
        _ => Path::new("."),
    };
    let mut builder = tempfile::Builder::new();
    builder.prefix(".zhiwen-export-");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // As any file that the person writes; the umask narrows it.
        builder.permissions(std::fs::Permissions::from_mode(0o666));
    }
    builder.tempfile_in(directory)
}

/// A count on a terminal; nothing in a log or a pipe.
fn progress_bar() -> ProgressBar {
    if io::stderr().is_terminal() {
        ProgressBar::new_spinner()
    } else {
        ProgressBar::hidden()
    }
}
