//! `zhiwen eval retrieve`.

use std::error::Error;
use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;

use zhiwen_index::fusion::Fusion;
use zhiwen_models::lexical::{StaticEncoder, TrainOptions};
use zhiwen_models::metrics::paired_bootstrap;
use zhiwen_models::text::Normalized;

use super::encoder::{EncoderChoice, open};
use super::output::OutputArgs;
use crate::catalog::{Knowledge, standalone};
use crate::evaluation::knowledge::{Columns, items, questions, read};
use crate::evaluation::retrieve::{Answered, GoldenQuestion, ask, report};
use crate::evaluation::{pairs, reliability, retrieve};
use crate::language::{EncoderSource, Language, ShopEncoder};

/// Measure retrieval on items and questions.
#[derive(Debug, clap::Args)]
pub struct RetrieveArgs {
    /// Items: a column of ids and one of titles, and if there are any, of
    /// phrasings parted by | and of answers
    #[arg(long, value_name = "FILE")]
    items: PathBuf,
    /// Questions: a column of texts and one of the right items' ids, parted by
    /// |, empty where no item answers
    #[arg(long, value_name = "FILE")]
    questions: PathBuf,
    /// Pairs of the same meaning to train a static encoder on: columns left and
    /// right (or sentence1, sentence2) and label, 1 or 0; or no header
    #[arg(long, value_name = "FILE")]
    pairs: Vec<PathBuf>,
    /// none, bert:FOLDER or distilled:FILE; with --pairs the static one is taken
    #[arg(long, default_value = "none", conflicts_with = "pairs")]
    encoder: EncoderChoice,
    /// The column of ids in both files
    #[arg(long, value_name = "NAME")]
    id: Option<String>,
    /// The items' column of titles
    #[arg(long, value_name = "NAME")]
    title: Option<String>,
    /// The questions' column of texts
    #[arg(long, value_name = "NAME")]
    text: Option<String>,
    /// Compare with the search by words alone, by a paired bootstrap
    #[arg(long)]
    versus_lexical: bool,
    /// The precision that a threshold has to keep
    #[arg(long, default_value_t = 0.8, value_parser = super::share)]
    promise: f64,
    /// The threshold that precision and coverage are given at
    #[arg(long, default_value_t = 0.4)]
    threshold: f32,
    /// Write the reliability diagram to this file
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,
    #[command(flatten)]
    output: OutputArgs,
}

/// Draws of the bootstrap.
const RESAMPLES: usize = 2_000;

pub(super) async fn run(args: &RetrieveArgs, output: &mut dyn Write) -> Result<(), Box<dyn Error>> {
    let columns = |text: &Option<String>| Columns {
        id: args.id.clone(),
        text: text.clone(),
    };
    let knowledge = items(&read(&args.items)?, &columns(&args.title))?;
    let asked = questions(&read(&args.questions)?, &columns(&args.text))?;
    let encoder = encoder(args, &knowledge, output).await?;
    let language = Language::of_parts(encoder, Fusion::default());
    let answered = answer(&knowledge, language, &asked).await?;
    let figures = report(&asked, &answered, args.threshold, args.promise);
    args.output.print("retrieval", &figures, output)?;
    if let Some(path) = &args.svg {
        let svg = reliability::diagram(&retrieve::outcomes(&answered), "retrieval");
        std::fs::write(path, svg)
            .map_err(|error| format!("cannot write {}: {error}", path.display()))?;
    }
    if args.versus_lexical {
        let lexical = Language::of_parts(ShopEncoder::None, Fusion::default());
        let lexical = answer(&knowledge, lexical, &asked).await?;
        let figures = report(&asked, &lexical, args.threshold, args.promise);
        args.output.print("by words alone", &figures, output)?;
        print_difference(&lexical, &answered, output)?;
    }
    print_failures(&asked, &answered, args.output.failures, output)
}

async fn encoder(
    args: &RetrieveArgs,
    knowledge: &Knowledge,
    output: &mut dyn Write,
) -> Result<ShopEncoder, Box<dyn Error>> {
    if args.pairs.is_empty() {
        return Ok(match open(&args.encoder).await? {
            EncoderSource::Shared(encoder) => ShopEncoder::Shared(encoder),
            EncoderSource::None | EncoderSource::Failed | EncoderSource::Own => ShopEncoder::None,
        });
    }
    let mut all = Vec::new();
    for path in &args.pairs {
        all.extend(pairs::read(path)?);
    }
    let titles = knowledge.items.iter().map(|item| &item.content.title);
    let texts: Vec<Normalized> = titles.map(|title| Normalized::new(title)).collect();
    let started = std::time::Instant::now();
    let train = move || StaticEncoder::train(&texts, &all, &TrainOptions::default());
    let (encoder, training) = tokio::task::spawn_blocking(train).await?;
    writeln!(
        output,
        "static encoder: {} pairs, {} features, {:.1} s; held back: hit@1 {:.3} → {:.3}",
        training.pairs,
        training.features,
        started.elapsed().as_secs_f64(),
        training.before.hit_at_1,
        training.after.hit_at_1,
    )?;
    Ok(ShopEncoder::Own(Arc::new(encoder)))
}

async fn answer(
    knowledge: &Knowledge,
    language: Language,
    asked: &[GoldenQuestion],
) -> Result<Vec<Answered>, Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("index");
    let searchable = standalone(path, knowledge.clone(), Arc::new(language)).await?;
    Ok(ask(&searchable, asked, None).await?)
}

/// What the second gains over the first in questions whose right item comes first.
pub(super) fn print_difference(
    first: &[Answered],
    second: &[Answered],
    output: &mut dyn Write,
) -> Result<(), Box<dyn Error>> {
    let hits = |answered: &[Answered]| -> Vec<f64> {
        let answerable = answered.iter().filter(|answered| answered.is_answerable);
        answerable
            .map(|answered| f64::from(u8::from(answered.is_right())))
            .collect()
    };
    let difference = paired_bootstrap(&hits(first), &hits(second), RESAMPLES);
    Ok(writeln!(
        output,
        "recall at 1 against the other: {:+.3}, 95 % interval {:+.3} to {:+.3} ({RESAMPLES} draws)",
        difference.mean, difference.low, difference.high
    )?)
}

/// Prints questions whose right item did not come first, and those answered
/// that nothing answers.
pub(super) fn print_failures(
    questions: &[GoldenQuestion],
    answered: &[Answered],
    most: usize,
    output: &mut dyn Write,
) -> Result<(), Box<dyn Error>> {
    let failures: Vec<_> = questions
        .iter()
        .zip(answered)
        .filter(|(_, answered)| answered.is_answerable && !answered.is_right())
        .collect();
    if most == 0 || failures.is_empty() {
        return Ok(());
    }
    writeln!(
        output,
        "{} of {} failures:",
        failures.len().min(most),
        failures.len()
    )?;
    for (question, answered) in failures.into_iter().take(most) {
        let found = answered.best.as_ref().map_or_else(
            || "nothing".to_owned(),
            |(id, confidence)| format!("{id} ({confidence:.2})"),
        );
        let rank = answered
            .rank
            .map_or_else(|| "not found".to_owned(), |rank| format!("at rank {rank}"));
        writeln!(
            output,
            "  {} → {found}, right one {} {rank}",
            question.text,
            question.right.join("|")
        )?;
    }
    Ok(())
}
