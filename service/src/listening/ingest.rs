//! Use case: brings an exported chat log into the store.
//!
//! A thread reads the file in batches, others mask them, and each batch is one
//! transaction: what is counted as accepted is on disk. The same file again,
//! or the rest of one that was broken off, adds only what is not there.

mod bound;
mod html;
mod made_id;
pub mod mapping;
mod pattern;
pub mod presets;
pub mod report;
#[cfg(test)]
mod tests;
mod times;
pub mod voices;

use std::collections::{HashSet, VecDeque};
use std::io;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;

use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::task::{JoinError, JoinHandle, spawn_blocking};

use self::bound::{Bound, Reading};
use self::made_id::MadeIds;
use self::mapping::{Mapping, MappingError};
use self::report::{IngestReport, Refusal};
use self::voices::{Voice, Voices};
use super::intake::{RawMessage, parse};
use crate::domain::fault::{Fault, FieldError, Locale};
use crate::domain::message::Message;
use crate::domain::shop::Shop;
use crate::domain::time::Clock;
use crate::formats::fault::FileError;
use crate::formats::records::{Record, RecordFile};
use crate::formats::{Format, Place};
use crate::store::{Store, StoreError};

/// Lines of one transaction: a commit waits for the disk.
const BATCH_LINES: usize = 2_000;
/// Batches that are masked at once, while another is written.
const MASKED_AT_ONCE: usize = 2;

/// A chat log and where it belongs.
pub struct IngestSource<'a> {
    /// The shop.
    pub shop: &'a Shop,
    /// The file.
    pub path: &'a Path,
    /// How it is written.
    pub format: Format,
    /// What its columns mean.
    pub mapping: Mapping,
}

/// What is done with messages that are read and masked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keep {
    /// They go to the store.
    Write,
    /// They are counted.
    DryRun,
}

/// Who is told while the file is read.
pub struct IngestCallbacks<'a> {
    /// How many lines are done, and the share of the file from 0 to 1.
    pub progress: &'a dyn Fn(u64, f32),
    /// Every refusal, in the file's order within a batch.
    pub refused: &'a mut dyn FnMut(&Refusal) -> io::Result<()>,
}

/// Why a file was not read to its end. What was accepted until then is kept.
#[derive(Debug, thiserror::Error)]
pub enum IngestError {
    /// The file as a whole cannot be read.
    #[error(transparent)]
    File(#[from] FileError),
    /// The mapping does not fit the file.
    #[error(transparent)]
    Mapping(#[from] MappingError),
    /// The store did not do it.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A refusal could not be written down.
    #[error("a refusal cannot be written")]
    Refusals(#[source] io::Error),
    /// A thread that read or masked broke off.
    #[error("reading the file broke off")]
    Thread(#[from] JoinError),
}

/// Reads a chat log into the store.
///
/// # Errors
/// When the file or the mapping is none that can be read, or the store fails.
pub async fn ingest(
    store: &dyn Store,
    source: IngestSource<'_>,
    keep: Keep,
    clock: &dyn Clock,
    callbacks: IngestCallbacks<'_>,
) -> Result<IngestReport, IngestError> {
    let reader = Reader::open(source).await?;
    let context = Arc::clone(&reader.context);
    let (sender, batches) = channel(MASKED_AT_ONCE);
    let reading = spawn_blocking(move || reader.read(&sender));
    let mut masked = MaskedBatches {
        batches,
        waiting: VecDeque::new(),
        context: Arc::clone(&context),
    };
    let mut report = IngestReport {
        is_dry_run: keep == Keep::DryRun,
        voices: Voices::new(context.bound.listed_agents()),
        ..IngestReport::default()
    };
    let mut lines = 0;
    while let Some(mut batch) = masked.next(clock).await? {
        match keep {
            Keep::DryRun => {
                report.accepted += batch.messages.len() as u64;
                batch.tell_voices(&mut report.voices, &[]);
            }
            Keep::Write => {
                let shop = &context.shop.id;
                let taken = store
                    .take_messages(shop, &batch.messages, clock.now())
                    .await?;
                report.accepted += taken.new as u64;
                report.duplicates += taken.known as u64;
                batch.tell_voices(&mut report.voices, &taken.conflicts);
                batch.refuse_conflicts(&taken.conflicts, &context);
            }
        }
        report.skipped += batch.skipped;
        batch.refused.sort_by_key(|(place, _)| *place);
        for (_, refusals) in &batch.refused {
            report.refuse(refusals);
            for refusal in refusals {
                (callbacks.refused)(refusal).map_err(IngestError::Refusals)?;
            }
        }
        lines += batch.lines;
        (callbacks.progress)(lines, batch.share_read);
    }
    reading.await??;
    Ok(report)
}

/// What every thread needs to know.
struct Context {
    shop: Shop,
    bound: Bound,
    locale: Locale,
}

/// The thread that reads.
struct Reader {
    file: RecordFile,
    context: Arc<Context>,
}

impl Reader {
    async fn open(source: IngestSource<'_>) -> Result<Self, IngestError> {
        let (path, format) = (source.path.to_owned(), source.format);
        let (shop, mapping) = (source.shop.clone(), source.mapping);
        // The encoding is found by going through the whole file.
        spawn_blocking(move || {
            let file = RecordFile::open(format, &path, &mapping.wanted())?;
            let bound = Bound::new(mapping, file.columns(), shop.zone())?;
            let locale = shop.locale;
            let context = Arc::new(Context {
                shop,
                bound,
                locale,
            });
            Ok(Self { file, context })
        })
        .await?
    }

    fn read(self, sender: &Sender<ReadBatch>) -> Result<(), FileError> {
        let Self { file, context } = self;
        let mut ids = MadeIds::new(context.shop.secret.clone());
        let mut batch = ReadBatch::default();
        file.read(&mut |record| {
            batch.push(record, &context, &mut ids);
            if batch.lines < BATCH_LINES as u64 {
                return ControlFlow::Continue(());
            }
            match sender.blocking_send(std::mem::take(&mut batch)) {
                Ok(()) => ControlFlow::Continue(()),
                // Nobody writes any more: the store has failed.
                Err(_) => ControlFlow::Break(()),
            }
        })?;
        let _nobody_writes = sender.blocking_send(batch);
        Ok(())
    }
}

/// Lines as they are read.
#[derive(Default)]
struct ReadBatch {
    messages: Vec<(Place, RawMessage, Voice)>,
    refused: Vec<(Place, Vec<Refusal>)>,
    skipped: u64,
    lines: u64,
    share_read: f32,
}

impl ReadBatch {
    fn push(&mut self, record: Record, context: &Context, ids: &mut MadeIds) {
        self.lines += 1;
        self.share_read = record.share_read;
        let place = record.place;
        let cells = match record.cells {
            Ok(cells) => cells,
            Err(error) => {
                let refusal = Refusal::of_line(place, &error, context.locale);
                self.refused.push((place, vec![refusal]));
                return;
            }
        };
        match context.bound.read(&cells) {
            Reading::Skipped => self.skipped += 1,
            Reading::Refused(errors) => {
                self.refused.push((place, context.refusals(place, &errors)))
            }
            Reading::Message(mut message) => {
                if message.id.is_empty() {
                    message.id = ids.id_of(&message);
                }
                let voice = context.bound.voice(&cells, &message.role);
                self.messages.push((place, *message, voice));
            }
        }
    }
}

impl Context {
    fn refusals(&self, place: Place, errors: &[FieldError]) -> Vec<Refusal> {
        errors
            .iter()
            .map(|error| {
                let column = self.bound.column_of(&error.field);
                Refusal::of_value(place, column, error, self.locale)
            })
            .collect()
    }
}

/// Batches on their way through the threads that mask, in the file's order:
/// where an id is used twice, the first line has it.
struct MaskedBatches {
    batches: Receiver<ReadBatch>,
    waiting: VecDeque<JoinHandle<MaskedBatch>>,
    context: Arc<Context>,
}

impl MaskedBatches {
    async fn next(&mut self, clock: &dyn Clock) -> Result<Option<MaskedBatch>, JoinError> {
        while self.waiting.len() <= MASKED_AT_ONCE {
            let read = if self.waiting.is_empty() {
                self.batches.recv().await
            } else {
                self.batches.try_recv().ok()
            };
            let Some(batch) = read else { break };
            let (context, now) = (Arc::clone(&self.context), clock.now());
            let masking = spawn_blocking(move || {
                let mut masked = MaskedBatch {
                    refused: batch.refused,
                    skipped: batch.skipped,
                    lines: batch.lines,
                    share_read: batch.share_read,
                    ..MaskedBatch::default()
                };
                for (place, raw, voice) in batch.messages {
                    match parse(&raw, &context.shop, now) {
                        Ok(message) => {
                            masked.messages.push(message);
                            masked.places.push(place);
                            masked.voices.push(voice);
                        }
                        Err(errors) => {
                            let refusals = context.refusals(place, &errors);
                            masked.refused.push((place, refusals));
                        }
                    }
                }
                masked
            });
            self.waiting.push_back(masking);
        }
        match self.waiting.pop_front() {
            Some(masking) => masking.await.map(Some),
            None => Ok(None),
        }
    }
}

/// Messages as they may be kept.
#[derive(Default)]
struct MaskedBatch {
    messages: Vec<Message>,
    /// Of each message.
    places: Vec<Place>,
    /// Of each message.
    voices: Vec<Voice>,
    refused: Vec<(Place, Vec<Refusal>)>,
    skipped: u64,
    lines: u64,
    share_read: f32,
}

impl MaskedBatch {
    /// Counts whose the messages are, but for those at `conflicts`.
    fn tell_voices(&self, voices: &mut Voices, conflicts: &[usize]) {
        let conflicts: HashSet<usize> = conflicts.iter().copied().collect();
        for (at, (message, voice)) in self.messages.iter().zip(&self.voices).enumerate() {
            if !conflicts.contains(&at) {
                voices.hear(message.author, voice);
            }
        }
    }

    fn refuse_conflicts(&mut self, conflicts: &[usize], context: &Context) {
        let places = conflicts.iter().filter_map(|at| self.places.get(*at));
        for place in places {
            let error = FieldError::new("id", Fault::InUse);
            self.refused
                .push((*place, context.refusals(*place, &[error])));
        }
    }
}
