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
use crate::evaluation::failures::{Failed, Failure, failures, shared_out};
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
        self.print_failures(first, output)
    }

    /// Prints questions that went wrong at the threshold, with what went wrong.
    fn print_failures(
        &self,
        measured: &Measured,
        output: &mut dyn Write,
    ) -> Result<(), Box<dyn Error>> {
        let most = self.output.failures_shown();
        let failed = failures(self.questions, &measured.answered, measured.threshold);
        if most == 0 || failed.is_empty() {
            return Ok(());
        }
        let shown = shared_out(&failed, most);
        writeln!(output, "{} of {} failures:", shown.len(), failed.len())?;
        for kind in Failure::ALL {
            let count = failed.iter().filter(|one| one.failure == kind).count();
            if count == 0 {
                continue;
            }
            writeln!(output, "  {} ({count})", kind.as_str())?;
            for one in shown.iter().filter(|one| one.failure == kind) {
                writeln!(output, "    {}", line(one))?;
            }
        }
        Ok(())
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

/// The question, what was found for it, and what should have been.
fn line(failed: &Failed<'_>) -> String {
    let (question, answered) = (failed.question, failed.answered);
    let found = answered.best.as_ref().map_or_else(
        || "nothing".to_owned(),
        |(id, confidence)| format!("{id} ({confidence:.2})"),
    );
    let found = format!("{} → {found}", question.text);
    match (failed.failure, answered.rank) {
        (Failure::Unanswerable | Failure::BelowThreshold, _) => found,
        (Failure::WrongAnswer | Failure::NotFirst, rank) => {
            let rank =
                rank.map_or_else(|| "not found".to_owned(), |rank| format!("at rank {rank}"));
            format!("{found}, right one {} {rank}", question.right.join("|"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_says_what_should_have_been_found() {
        let question = GoldenQuestion {
            text: "开发票吗".to_owned(),
            right: vec!["invoice".to_owned()],
            ..GoldenQuestion::default()
        };
        let answered = |rank, is_answerable| Answered {
            rank,
            best: Some(("ship".to_owned(), 0.7)),
            is_answerable,
        };
        for (answered, expected) in [
            (
                answered(Some(2), true),
                "开发票吗 → ship (0.70), right one invoice at rank 2",
            ),
            (
                answered(None, true),
                "开发票吗 → ship (0.70), right one invoice not found",
            ),
            (answered(None, false), "开发票吗 → ship (0.70)"),
        ] {
            let failure = Failure::of(&answered, 0.5).expect("a failure");
            let failed = Failed {
                failure,
                question: &question,
                answered: &answered,
            };
            assert_eq!(line(&failed), expected);
        }
    }
}
