//! What became of the lines of an exported chat log.

use std::fmt::Write;

use zhiwen_models::privacy::mask;

use super::voices::Voices;
use crate::domain::fault::{FieldError, Locale};
use crate::formats::Place;
use crate::formats::fault::ColumnError;

/// Refusals that the report tells one by one.
const MOST_TOLD: usize = 100;

/// Why a line is not kept; without its words, which may be personal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// Where it stands.
    pub place: Place,
    /// The column as the file calls it; `None` when it is about the whole line.
    pub column: Option<String>,
    /// What is wrong, in the shop's language.
    pub reason: String,
}

impl Refusal {
    /// Of a line that could not be read; what the reader quotes of it is masked.
    pub fn of_line(place: Place, error: &ColumnError, locale: Locale) -> Self {
        Self {
            place,
            column: error.column.clone(),
            reason: mask(&error.fault.message(locale)).to_string(),
        }
    }

    /// Of a value; `column` is the file's.
    pub fn of_value(place: Place, column: &str, error: &FieldError, locale: Locale) -> Self {
        Self {
            place,
            column: (!column.is_empty()).then(|| column.to_owned()),
            reason: error.fault.message(locale),
        }
    }

    /// One line of text.
    pub fn message(&self, locale: Locale) -> String {
        let place = self.place.message(locale);
        match &self.column {
            Some(column) => format!("{place}: {column} {}", self.reason),
            None => format!("{place}: {}", self.reason),
        }
    }
}

/// What became of a file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct IngestReport {
    /// Whether anything was to be written.
    pub is_dry_run: bool,
    /// Messages kept now, on disk; of a dry run those that are well formed.
    pub accepted: u64,
    /// Messages on record already, with the same words.
    pub duplicates: u64,
    /// Lines that are no messages by the mapping, and blank ones.
    pub skipped: u64,
    /// Lines that are not kept.
    pub refused: u64,
    /// Whose the messages are, new or on record.
    pub voices: Voices,
    /// Why, of the first hundred lines.
    pub refusals: Vec<Refusal>,
}

impl IngestReport {
    /// Counts a refused line, which may have several faults.
    pub fn refuse(&mut self, refusals: &[Refusal]) {
        self.refused += 1;
        if self.refused <= MOST_TOLD as u64 {
            self.refusals.extend_from_slice(refusals);
        }
    }

    /// The report as text for a person, without a line end.
    pub fn render(&self, locale: Locale) -> String {
        let Self {
            accepted,
            duplicates,
            skipped,
            refused,
            ..
        } = self;
        let mut text = match (locale, self.is_dry_run) {
            (Locale::English, false) => format!(
                "{accepted} accepted, {duplicates} duplicates, {skipped} skipped, {refused} refused"
            ),
            (Locale::English, true) => format!(
                "dry run, nothing is written: {accepted} would be sent to the store, {skipped} skipped, {refused} refused"
            ),
            (Locale::Chinese, false) => format!(
                "新收 {accepted} 条，已有 {duplicates} 条，跳过 {skipped} 条，拒绝 {refused} 条"
            ),
            (Locale::Chinese, true) => format!(
                "试运行，没有写入：可收 {accepted} 条，跳过 {skipped} 条，拒绝 {refused} 条"
            ),
        };
        for line in self.voices.lines(locale) {
            text.push('\n');
            text.push_str(&line);
        }
        for refusal in &self.refusals {
            // Writing to a string does not fail.
            let _written = write!(text, "\n{}", refusal.message(locale));
        }
        let untold = self.refused.saturating_sub(MOST_TOLD as u64);
        if untold > 0 {
            let more = match locale {
                Locale::English => format!("\nand {untold} more, --refused FILE writes them all"),
                Locale::Chinese => format!("\n还有 {untold} 条，加 --refused FILE 可全部写入文件"),
            };
            text.push_str(&more);
        }
        text
    }
}
