//! `zhiwen eval`: measures a shop's answers against its golden set, and any
//! data set with the code that answers live.

mod against;
mod classify;
mod cluster;
mod encoder;
mod golden;
mod output;
mod retrieve;
mod sheet;

use std::error::Error;
use std::io::Write;

use crate::settings::Settings;

/// Measure answers, retrieval and classification.
#[derive(Debug, clap::Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct EvalArgs {
    #[command(subcommand)]
    command: Option<EvalCommand>,
    #[command(flatten)]
    golden: golden::GoldenArgs,
}

#[derive(Debug, clap::Subcommand)]
enum EvalCommand {
    /// Fit the weights of a shop's answers on its golden set
    Fit(golden::FitArgs),
    /// Measure retrieval on items and questions of any data set
    Retrieve(retrieve::RetrieveArgs),
    /// Measure classification on labelled texts of any data set
    Classify(classify::ClassifyArgs),
    /// Measure clustering on texts with a reference
    Cluster(cluster::ClusterArgs),
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
    match args.command {
        Some(EvalCommand::Fit(args)) => golden::fit(settings, &args, output).await,
        Some(EvalCommand::Retrieve(args)) => retrieve::run(settings, &args, output).await,
        Some(EvalCommand::Classify(args)) => classify::run(settings, &args, output).await,
        Some(EvalCommand::Cluster(args)) => cluster::run(settings, &args, output).await,
        None => golden::run(settings, &args.golden, output).await,
    }
}

/// A share from 0 to 1, for clap.
fn share(text: &str) -> Result<f64, String> {
    let share: f64 = text.parse().map_err(|_| "is not a number".to_owned())?;
    if (0.0..=1.0).contains(&share) {
        Ok(share)
    } else {
        Err("must be from 0 to 1".to_owned())
    }
}

/// A confidence from 0 to 1, for clap.
fn confidence(text: &str) -> Result<f32, String> {
    let confidence: f32 = text.parse().map_err(|_| "is not a number".to_owned())?;
    if (0.0..=1.0).contains(&confidence) {
        Ok(confidence)
    } else {
        Err("must be from 0 to 1".to_owned())
    }
}

#[cfg(test)]
mod comparing_tests;
#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        eval: EvalArgs,
    }

    fn parse(line: &[&str]) -> Result<EvalArgs, String> {
        let line = std::iter::once(&"eval").chain(line);
        let parsed = Line::try_parse_from(line);
        parsed
            .map(|line| line.eval)
            .map_err(|error| error.to_string())
    }

    #[test]
    fn a_golden_set_needs_no_subcommand() {
        let args = parse(&["golden.csv", "--shop", "acme", "--failures", "4"]).expect("parsed");
        assert!(args.command.is_none());
        assert!(args.golden.is_of("golden.csv", "acme"));
        let args = parse(&["fit", "golden.csv", "--shop", "acme"]).expect("parsed");
        assert!(matches!(args.command, Some(EvalCommand::Fit(_))));
        let refused = parse(&["fit", "g.csv", "--shop", "acme", "--promise", "3"]);
        assert!(refused.is_err_and(|error| error.contains("must be from 0 to 1")));
    }
}
