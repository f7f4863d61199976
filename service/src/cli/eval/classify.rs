//! `zhiwen eval classify`.

use std::error::Error;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use zhiwen_models::encoder::Encoder;

use super::encoder::{EncoderChoice, open};
use super::output::OutputArgs;
use crate::evaluation::classify::{ClassifyTask, Failure, Labelled, classify, few_shot, hold_out};
use crate::evaluation::dataset::{DatasetError, Header, Names, Table};
use crate::language::EncoderSource;

/// Measure classification on labelled texts.
#[derive(Debug, clap::Args)]
pub struct ClassifyArgs {
    /// Texts to train on, with a column of texts (text, sentence, utterance,
    /// question) and one of labels (label, category, intent)
    #[arg(long, value_name = "FILE")]
    train: PathBuf,
    /// Texts to measure on; without it a fifth of the training texts is held back
    #[arg(long, value_name = "FILE")]
    test: Option<PathBuf>,
    /// The column of texts
    #[arg(long, value_name = "NAME")]
    text: Option<String>,
    /// The column of labels
    #[arg(long, value_name = "NAME")]
    label: Option<String>,
    /// The label of texts that are of none of the others
    #[arg(long, value_name = "LABEL")]
    out_of_scope: Option<String>,
    /// Train on so many texts of each label only, drawn five times
    #[arg(long, value_name = "N")]
    shots: Option<usize>,
    /// none, bert:FOLDER or distilled:FILE
    #[arg(long, default_value = "none")]
    encoder: EncoderChoice,
    #[command(flatten)]
    output: OutputArgs,
}

/// One part in so many is held back where there is no test part.
const HELD_BACK_ONE_IN: u64 = 5;

/// Few-shot training parts that are drawn.
const DRAWS: u64 = 5;

pub(super) async fn run(args: &ClassifyArgs, output: &mut dyn Write) -> Result<(), Box<dyn Error>> {
    let encoder = match open(&args.encoder).await? {
        EncoderSource::Shared(encoder) => Some(encoder),
        EncoderSource::None | EncoderSource::Failed | EncoderSource::Own => None,
    };
    let all = read(&args.train, args)?;
    let (train, test) = match &args.test {
        Some(test) => (all, read(test, args)?),
        None => hold_out(all, HELD_BACK_ONE_IN, 0),
    };
    let Some(shots) = args.shots else {
        let task = task(train, test, args, encoder);
        let (report, failures) = classify(&task).await?;
        args.output.print("classification", &report, output)?;
        return print_failures(&failures, args.output.failures, output);
    };
    let mut accuracies = Vec::new();
    for draw in 0..DRAWS {
        let (few, _) = few_shot(train.clone(), shots, draw);
        let task = task(few, test.clone(), args, encoder.clone());
        let (report, _) = classify(&task).await?;
        accuracies.push(report.accuracy);
        let title = format!("classification, {shots} texts a label, draw {}", draw + 1);
        args.output.print(&title, &report, output)?;
    }
    let mean = accuracies.iter().sum::<f64>() / f64::from(u32::try_from(accuracies.len())?);
    Ok(writeln!(
        output,
        "mean accuracy of {DRAWS} draws  {mean:.3}"
    )?)
}

fn task(
    train: Vec<Labelled>,
    test: Vec<Labelled>,
    args: &ClassifyArgs,
    encoder: Option<Arc<dyn Encoder>>,
) -> ClassifyTask {
    ClassifyTask {
        train,
        test,
        out_of_scope: args.out_of_scope.clone(),
        encoder,
    }
}

fn read(path: &Path, args: &ClassifyArgs) -> Result<Vec<Labelled>, DatasetError> {
    let table = Table::read(path, Header::FirstRow)?;
    let texts = table.column(Names {
        given: args.text.as_deref(),
        usual: &["text", "sentence", "utterance", "question"],
    })?;
    let labels = table.column(Names {
        given: args.label.as_deref(),
        usual: &["label", "category", "intent"],
    })?;
    let labelled = texts.into_iter().zip(labels);
    Ok(labelled
        .map(|(text, label)| Labelled {
            text: text.to_owned(),
            label: label.to_owned(),
        })
        .collect())
}

fn print_failures(
    failures: &[Failure],
    most: usize,
    output: &mut dyn Write,
) -> Result<(), Box<dyn Error>> {
    if most == 0 || failures.is_empty() {
        return Ok(());
    }
    let shown = failures.len().min(most);
    writeln!(output, "{shown} of {} failures:", failures.len())?;
    for failure in &failures[..shown] {
        writeln!(
            output,
            "  {} → {} ({:.2}): {}",
            failure.expected, failure.found, failure.confidence, failure.text
        )?;
    }
    Ok(())
}
