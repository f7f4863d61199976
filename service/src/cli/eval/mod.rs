//! `zhiwen eval`: measures a shop's answers against its golden set, and any
//! data set with the code that answers live.

mod classify;
mod encoder;
mod golden;
mod output;
mod retrieve;

use std::error::Error;
use std::io::Write;

use crate::settings::Settings;

/// Measure answers, retrieval and classification.
#[derive(Debug, clap::Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub struct EvalArgs {
    #[command(subcommand)]
    command: Option<EvalCommand>,
    #[command(flatten)]
    golden: Option<golden::GoldenArgs>,
}

#[derive(Debug, clap::Subcommand)]
enum EvalCommand {
    /// Fit the weights of a shop's answers on its golden set
    Fit(golden::FitArgs),
    /// Measure retrieval on items and questions of any data set
    Retrieve(retrieve::RetrieveArgs),
    /// Measure classification on labelled texts of any data set
    Classify(classify::ClassifyArgs),
}

/// Measures what `args` say and prints it.
///
/// # Errors
/// When a file, a shop or a model cannot be used.
pub async fn run(
    settings: &Settings,
    args: EvalArgs,
    output: &mut dyn Write,
) -> Result<(), Box<dyn Error>> {
    match (args.command, args.golden) {
        (Some(EvalCommand::Fit(args)), _) => golden::fit(settings, &args, output).await,
        (Some(EvalCommand::Retrieve(args)), _) => retrieve::run(&args, output).await,
        (Some(EvalCommand::Classify(args)), _) => classify::run(&args, output).await,
        (None, Some(args)) => golden::run(settings, &args, output).await,
        (None, None) => Err("a golden set or a subcommand is needed: zhiwen eval --help".into()),
    }
}
