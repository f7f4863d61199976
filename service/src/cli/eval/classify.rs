//! `zhiwen eval classify`.

use std::collections::BTreeMap;
use std::error::Error;
use std::io::Write;
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::encoder::{EncoderChoice, shared};
use super::output::{Beside, OutputArgs};
use crate::evaluation::classify::{ClassifyTask, Failure, Labelled, classify, few_shot, hold_out};
use crate::evaluation::compare::{self, Gains};
use crate::evaluation::dataset::{DatasetError, Header, Names, Table};
use crate::settings::Settings;

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
    /// none, configured, bert:FOLDER, distilled:FILE or remote:URL#MODEL
    #[arg(long, default_value = "none")]
    encoder: EncoderChoice,
    /// Compare with this encoder, by a paired bootstrap
    #[arg(long, value_name = "ENCODER")]
    against: Option<EncoderChoice>,
    #[command(flatten)]
    output: OutputArgs,
}

/// One part in so many is held back where there is no test part.
const HELD_BACK_ONE_IN: u64 = 5;

/// Few-shot training parts that are drawn.
const DRAWS: u64 = 5;

pub(super) async fn run(
    settings: &Settings,
    args: &ClassifyArgs,
    output: &mut dyn Write,
) -> Result<(), Box<dyn Error>> {
    let first = shared(&args.encoder, settings).await?;
    let all = read(&args.train, args)?;
    let (train, test) = match &args.test {
        Some(test) => (all, read(test, args)?),
        None => hold_out(all, HELD_BACK_ONE_IN, 0),
    };
    let mut task = ClassifyTask {
        train,
        test,
        out_of_scope: args.out_of_scope.clone(),
        encoder: first,
    };
    let second = match &args.against {
        Some(against) => Some((against, shared(against, settings).await?)),
        None => None,
    };
    let Some(shots) = args.shots else {
        let found = classify(&task).await?;
        let Some((against, encoder)) = second else {
            args.output.print("classification", &found.report, output)?;
            return print_failures(&found.failures, args.output.failures_shown(), output);
        };
        task.encoder = encoder;
        let other = classify(&task).await?;
        let stranger = args.out_of_scope.as_deref();
        let beside = Beside {
            first: (args.encoder.to_string(), found.report),
            second: (against.to_string(), other.report),
            gains: &compare::verdicts(&found.verdicts, &other.verdicts, stranger),
        };
        args.output
            .print_beside("classification", &beside, output)?;
        return print_failures(&found.failures, args.output.failures_shown(), output);
    };
    let found = drawn(&mut task, shots).await?;
    let Some((against, encoder)) = second else {
        let title = format!("classification, {shots} texts a label");
        return args.output.print(&title, &found.figures(), output);
    };
    task.encoder = encoder;
    let other = drawn(&mut task, shots).await?;
    let beside = Beside {
        first: (args.encoder.to_string(), found.figures()),
        second: (against.to_string(), other.figures()),
        gains: &Gains::from([("mean_accuracy", compare::gain(&found.rights, &other.rights))]),
    };
    let title = format!("classification, {shots} texts a label");
    args.output.print_beside(&title, &beside, output)
}

/// What several draws of few texts came to.
struct Drawn {
    accuracies: Vec<f64>,
    /// Of each test text in scope the share of draws in which it was right.
    rights: Vec<f64>,
}

/// Figures of several draws.
#[derive(Serialize)]
struct DrawnFigures {
    accuracy_by_draw: BTreeMap<String, f64>,
    mean_accuracy: f64,
}

impl Drawn {
    fn figures(&self) -> DrawnFigures {
        let draws = self.accuracies.len().max(1) as f64;
        let numbered = (1..).zip(&self.accuracies);
        DrawnFigures {
            accuracy_by_draw: numbered
                .map(|(draw, accuracy): (usize, _)| (draw.to_string(), *accuracy))
                .collect(),
            mean_accuracy: self.accuracies.iter().sum::<f64>() / draws,
        }
    }
}

/// Trains on few texts of each label, drawn anew each time. The same draws
/// whatever the encoder.
async fn drawn(task: &mut ClassifyTask, shots: usize) -> Result<Drawn, Box<dyn Error>> {
    let all = task.train.clone();
    let mut found = Drawn {
        accuracies: Vec::new(),
        rights: Vec::new(),
    };
    for draw in 0..DRAWS {
        (task.train, _) = few_shot(all.clone(), shots, draw);
        let classified = classify(task).await?;
        found.accuracies.push(classified.report.accuracy);
        let in_scope = classified
            .verdicts
            .into_iter()
            .filter(|verdict| verdict.in_scope);
        let rights = compare::rights(&in_scope.collect::<Vec<_>>());
        found.rights.resize(rights.len(), 0.0);
        for (sum, right) in found.rights.iter_mut().zip(rights) {
            *sum += right / DRAWS as f64;
        }
    }
    task.train = all;
    Ok(found)
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
