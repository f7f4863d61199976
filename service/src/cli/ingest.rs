//! `zhiwen ingest FILE --shop S`: brings an exported chat log into a shop.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::domain::fault::Locale;
use crate::domain::reading::toml_in_chinese;
use crate::domain::time::Clock;
use crate::formats::fault::FileError;
use crate::formats::{Format, guard};
use crate::listening::ingest::mapping::{Mapping, MappingError};
use crate::listening::ingest::report::Refusal;
use crate::listening::ingest::{IngestCallbacks, IngestError, IngestSource, Keep, ingest, presets};
use crate::store::Store;

use super::file_fault::file_fault;
use super::progress::{advance, progress_bar};
use super::shop::{ShopFailure, find_shop};

/// Bring an exported chat log into a shop; its lines are masked before they are kept
#[derive(Debug, Default, clap::Args)]
pub struct IngestArgs {
    /// A .csv, .xlsx or .jsonl file
    #[arg(required_unless_present_any = ["presets", "show_preset"])]
    pub file: Option<PathBuf>,
    /// The shop's id
    #[arg(long, required_unless_present_any = ["presets", "show_preset"])]
    pub shop: Option<String>,
    /// A mapping that comes with the service; its own fields when absent
    #[arg(long, value_name = "NAME", conflicts_with = "mapping")]
    pub preset: Option<String>,
    /// A TOML file that says what the columns mean
    #[arg(long, value_name = "FILE")]
    pub mapping: Option<PathBuf>,
    /// csv, xlsx or jsonl, where the file's name does not tell
    #[arg(long)]
    pub format: Option<String>,
    /// Read and check everything, write nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Write every refused line's number, column and reason to a CSV file
    #[arg(long, value_name = "FILE")]
    pub refused: Option<PathBuf>,
    /// List the mappings that come with the service
    #[arg(long)]
    pub presets: bool,
    /// Print one of them, to start from
    #[arg(long, value_name = "NAME")]
    pub show_preset: Option<String>,
}

impl IngestArgs {
    /// Whether nothing is asked for that needs a store.
    pub fn only_shows(&self) -> bool {
        self.presets || self.show_preset.is_some()
    }
}

/// Why a chat log was not brought in as a whole.
#[derive(Debug, thiserror::Error)]
pub enum IngestFailure {
    /// There is no such shop.
    #[error(transparent)]
    Shop(#[from] ShopFailure),
    /// The file or the mapping cannot be read, or they do not fit; in the shop's language.
    #[error("{message}")]
    Unfit {
        /// What to tell the person.
        message: String,
    },
    /// Some lines are refused; the report says which.
    #[error("{}", refused_message(*.refused, *.keep, *.locale))]
    Refused {
        /// How many.
        refused: u64,
        /// What is done with the others.
        keep: Keep,
        /// The shop's language.
        locale: Locale,
    },
    /// The store did not do it, or a thread broke off.
    #[error(transparent)]
    Ingest(IngestError),
    /// The report could not be written.
    #[error("the report cannot be written")]
    Output(#[from] io::Error),
}

/// Lists the presets or prints one.
///
/// # Errors
/// When there is none of that name, or it cannot be printed.
pub fn show(args: &IngestArgs, output: &mut dyn Write) -> Result<(), IngestFailure> {
    let unfit = |error: MappingError| unfit(error.message(Locale::English));
    if let Some(name) = &args.show_preset {
        let preset = presets::find(name).map_err(unfit)?;
        output.write_all(preset.text.as_bytes())?;
        return Ok(());
    }
    for preset in &presets::PRESETS {
        let mapping = preset.mapping().map_err(unfit)?;
        writeln!(output, "{:<10} {}", preset.name, mapping.description)?;
    }
    Ok(())
}

/// Ingests as `args` say and prints the report to `output`.
///
/// # Errors
/// When file, mapping, shop or store do not allow it, or any line is refused.
pub async fn run(
    store: Arc<dyn Store>,
    clock: &dyn Clock,
    args: &IngestArgs,
    output: &mut dyn Write,
) -> Result<(), IngestFailure> {
    let shop = find_shop(store.as_ref(), args.shop.as_deref().unwrap_or("")).await?;
    let locale = shop.locale;
    let path = args.file.as_deref().unwrap_or(Path::new(""));
    let source = IngestSource {
        shop: &shop,
        path,
        format: match &args.format {
            Some(name) => Format::from_name(name),
            None => Format::from_file_name(path),
        }
        .map_err(|error| unfit(file_fault(&error, path, locale)))?,
        mapping: mapping(args, locale)?,
    };
    let mut refused = RefusedFile::new(args.refused.as_deref())?;
    let bar = progress_bar();
    let callbacks = IngestCallbacks {
        progress: &|lines, share| advance(&bar, share, lines),
        refused: &mut |refusal| refused.write(refusal),
    };
    let keep = if args.dry_run {
        Keep::DryRun
    } else {
        Keep::Write
    };
    let ingested = ingest(store.as_ref(), source, keep, clock, callbacks).await;
    bar.finish_and_clear();
    refused.finish()?;
    let report = ingested.map_err(|error| match error {
        IngestError::File(error) => unfit(file_fault(&error, path, locale)),
        IngestError::Mapping(error) => unfit(error.message(locale)),
        other => IngestFailure::Ingest(other),
    })?;
    writeln!(output, "{}", report.render(locale))?;
    match report.refused {
        0 => Ok(()),
        refused => Err(IngestFailure::Refused {
            refused,
            keep,
            locale,
        }),
    }
}

fn mapping(args: &IngestArgs, locale: Locale) -> Result<Mapping, IngestFailure> {
    let Some(path) = &args.mapping else {
        let name = args.preset.as_deref().unwrap_or(presets::OWN);
        let mapping = presets::find(name).and_then(presets::Preset::mapping);
        return mapping.map_err(|error| unfit(error.message(locale)));
    };
    let text = std::fs::read_to_string(path)
        .map_err(|error| unfit(file_fault(&FileError::Io(error), path, locale)))?;
    Mapping::parse(&text).map_err(|error| {
        let message = match (&error, locale) {
            (MappingError::Unreadable { detail }, Locale::Chinese) => {
                format!("映射文件读不了：{}", toml_in_chinese(detail))
            }
            _ => error.message(locale),
        };
        let colon = match locale {
            Locale::Chinese => "：",
            Locale::English => ": ",
        };
        unfit(format!("{}{colon}{message}", path.display()))
    })
}

fn unfit(message: String) -> IngestFailure {
    IngestFailure::Unfit { message }
}

fn refused_message(refused: u64, keep: Keep, locale: Locale) -> String {
    match (locale, keep) {
        (Locale::English, Keep::Write) => {
            format!("{refused} lines are refused, the others went in")
        }
        (Locale::English, Keep::DryRun) => {
            format!("{refused} lines would be refused, the others can go in")
        }
        (Locale::Chinese, Keep::Write) => format!("有 {refused} 行被拒绝，其余已收"),
        (Locale::Chinese, Keep::DryRun) => format!("有 {refused} 行会被拒绝，其余可收"),
    }
}

/// Every refusal as CSV, where a file for them is asked for.
struct RefusedFile(Option<csv::Writer<BufWriter<File>>>);

impl RefusedFile {
    fn new(path: Option<&Path>) -> io::Result<Self> {
        let Some(path) = path else {
            return Ok(Self(None));
        };
        let mut file = BufWriter::new(File::create(path)?);
        // So that Excel does not take it for GBK.
        file.write_all("\u{feff}".as_bytes())?;
        let mut writer = csv::Writer::from_writer(file);
        writer.write_record(["line", "column", "reason"])?;
        Ok(Self(Some(writer)))
    }

    fn write(&mut self, refusal: &Refusal) -> io::Result<()> {
        if let Some(writer) = &mut self.0 {
            let line = refusal.place.number().to_string();
            let column = guard::protect(refusal.column.as_deref().unwrap_or(""));
            let reason = guard::protect(&refusal.reason);
            writer.write_record([line.as_str(), &column, &reason])?;
        }
        Ok(())
    }

    fn finish(mut self) -> io::Result<()> {
        match &mut self.0 {
            Some(writer) => writer.flush(),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests;
