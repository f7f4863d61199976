//! The figures of answers, alone or beside others to the same questions.

use std::error::Error;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;

use super::against::SetupArgs;
use super::output::{Beside, OutputArgs};
use crate::catalog::{Knowledge, standalone};
use crate::evaluation::compare::{self, AtThreshold};
use crate::evaluation::reliability;
use crate::evaluation::retrieve::{self, Answered, GoldenQuestion, ask, report};
use crate::language::Language;

/// Answers with what they were measured with.
pub struct Measured {
    /// What they were measured with.
    pub setup: SetupArgs,
    /// The threshold that they are held to.
    pub threshold: f32,
    /// The answers, in the order of the questions.
    pub answered: Vec<Answered>,
}

/// What figures are printed of.
pub struct Sheet<'a> {
    /// Their heading.
    pub title: &'a str,
    /// The questions.
    pub questions: &'a [GoldenQuestion],
    /// The precision that a threshold has to keep.
    pub promise: f64,
    /// Where the first measurement's reliability diagram goes.
    pub svg: Option<&'a Path>,
    /// Where the figures go.
    pub output: &'a OutputArgs,
}

/// Asks every question of `knowledge` in an index of its own.
///
/// # Errors
/// When the index cannot be written or read, or the encoder fails.
pub async fn answers(
    knowledge: &Knowledge,
    language: Arc<Language>,
    asked: &[GoldenQuestion],
    at: Option<Timestamp>,
) -> Result<Vec<Answered>, Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("index");
    let searchable = standalone(path, knowledge.clone(), language).await?;
    Ok(ask(&searchable, asked, at).await?)
}

impl Sheet<'_> {
    /// Prints figures and failures of `first`, and what `second` gains over it.
    ///
    /// # Errors
    /// When something cannot be written.
    pub fn print(
        &self,
        first: &Measured,
        second: Option<&Measured>,
        output: &mut dyn Write,
    ) -> Result<(), Box<dyn Error>> {
        if let Some(path) = self.svg {
            let svg = reliability::diagram(&retrieve::outcomes(&first.answered), self.title);
            std::fs::write(path, svg)
                .map_err(|error| format!("cannot write {}: {error}", path.display()))?;
        }
        let figures = |measured: &Measured| {
            let answered = &measured.answered;
            report(self.questions, answered, measured.threshold, self.promise)
        };
        match second {
            None => self.output.print(self.title, &figures(first), output)?,
            Some(second) => {
                let beside = Beside {
                    first: (first.setup.name_beside(&second.setup), figures(first)),
                    second: (second.setup.name_beside(&first.setup), figures(second)),
                    gains: &compare::answers(first.at_threshold(), second.at_threshold()),
                };
                self.output.print_beside(self.title, &beside, output)?;
            }
        }
        print_failures(
            self.questions,
            &first.answered,
            self.output.failures_shown(),
            output,
        )
    }
}

impl Measured {
    fn at_threshold(&self) -> AtThreshold<'_> {
        AtThreshold {
            answered: &self.answered,
            threshold: self.threshold,
        }
    }
}

/// Prints questions whose right item did not come first, and those answered
/// that nothing answers.
fn print_failures(
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
