//! The command line: one file a subcommand.

pub mod config;
pub mod demo;
mod distill;
pub mod eval;
pub mod export;
mod file_fault;
pub mod health;
pub mod import;
pub mod ingest;
pub mod key;
pub mod model;
pub mod person;
mod progress;
pub mod serve;
pub mod shop;

use std::error::Error;
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use clap::{Parser, Subcommand};

use crate::domain::time::SystemClock;
use crate::settings::{Override, Settings};
use crate::store::{self, Store};

/// Zhiwen 知问: a customer-service copilot for online shops
#[derive(Debug, Parser)]
#[command(version, about)]
pub struct Arguments {
    /// A settings file; what it leaves out keeps its default
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    /// The folder of the store and the index (data.folder)
    #[arg(long, global = true, value_name = "FOLDER")]
    data: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Start the service
    Serve(serve::ServeArgs),
    /// Start the service with two demo shops and say where to look
    Demo(serve::ServeArgs),
    /// Make and list shops
    Shop(shop::ShopArgs),
    /// Make, list and withdraw API keys
    Key(key::KeyArgs),
    /// Let people in, and list them
    Person(person::PersonArgs),
    /// Bring a file of knowledge into a shop
    Import(import::ImportArgs),
    /// Bring an exported chat log into a shop
    Ingest(ingest::IngestArgs),
    /// Write a shop's knowledge to a file
    Export(export::ExportArgs),
    /// Fetch, check, train and list models
    Model(model::ModelArgs),
    /// Measure answers, retrieval and classification
    Eval(Box<eval::EvalArgs>),
    /// Check and show the settings in force
    Config(config::ConfigArgs),
    /// Ask a running service whether it is ready; for container health checks
    Health(health::HealthArgs),
}

/// Runs a command.
///
/// # Errors
/// Whatever kept it from doing all that it was asked, for people to read.
pub async fn run(arguments: Arguments) -> Result<(), Box<dyn Error>> {
    let mut flags: Vec<Override> = Vec::new();
    if let Some(folder) = &arguments.data {
        flags.push(("data.folder", folder.display().to_string()));
    }
    if let Command::Serve(args) | Command::Demo(args) = &arguments.command {
        flags.extend(args.overrides());
    }
    let settings = Settings::load(arguments.config.as_deref(), &flags)?;
    let output = &mut std::io::stdout();
    let clock = Arc::new(SystemClock);
    match arguments.command {
        Command::Serve(_) => serve::run(settings, clock, output).await,
        Command::Demo(_) => demo::run(settings, clock, output).await,
        Command::Model(args) => model::run(&settings, clock.as_ref(), args, output).await,
        Command::Eval(args) => eval::run(&settings, *args, output).await,
        Command::Config(args) => Ok(config::run(&settings, &args, output)?),
        Command::Health(args) => Ok(health::run(&settings, &args).await?),
        Command::Shop(args) => Ok(shop::run(
            open(&settings).await?.as_ref(),
            clock.as_ref(),
            &args,
            output,
        )
        .await?),
        Command::Key(args) => Ok(key::run(
            open(&settings).await?.as_ref(),
            clock.as_ref(),
            &args,
            output,
        )
        .await?),
        Command::Person(args) => Ok(person::run(
            open(&settings).await?.as_ref(),
            &settings,
            clock.as_ref(),
            &args,
            output,
        )
        .await?),
        Command::Import(args) => {
            Ok(import::run(open(&settings).await?, clock.as_ref(), &args, output).await?)
        }
        Command::Ingest(args) if args.only_shows() => Ok(ingest::show(&args, output)?),
        Command::Ingest(args) => {
            Ok(ingest::run(open(&settings).await?, clock.as_ref(), &args, output).await?)
        }
        Command::Export(args) => Ok(export::run(open(&settings).await?, &args, output).await?),
    }
}

/// Prints an error with its causes.
pub fn fail(error: &dyn Error) -> ExitCode {
    let mut text = format!("zhiwen: {error}");
    let mut source = error.source();
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        // Some libraries repeat their source in their own text.
        if !text.ends_with(&cause_text) {
            text.push_str(": ");
            text.push_str(&cause_text);
        }
        source = cause.source();
    }
    // Where standard error is closed there is nobody to tell.
    let _unheard = writeln!(std::io::stderr(), "{text}");
    ExitCode::FAILURE
}

async fn open(settings: &Settings) -> Result<Arc<dyn Store>, store::StoreError> {
    store::open(&settings.store_url).await
}
