//! Writing: upserts by id, visible after a commit that says how far it has come.

use tantivy::{Index, IndexWriter, TantivyDocument, Term};

use crate::IndexError;
use crate::entry::Entry;
use crate::schema::{CommitNote, Fields};
use crate::tokenizer::{tokenized, tokenized_long};
use crate::wordings;

/// One thread's buffer, the least that tantivy takes with room to spare: many
/// shops share one machine.
const BUFFER_BYTES: usize = 32_000_000;

/// The only writer of an index.
pub struct Writer {
    writer: IndexWriter,
    fields: Fields,
}

impl Writer {
    pub(crate) fn new(index: &Index, fields: Fields) -> Result<Self, IndexError> {
        let writer = index.writer_with_num_threads(1, BUFFER_BYTES)?;
        // What was cut off in a commit left files behind. Tantivy names a file of
        // deletions by how many changes came before it: the same changes over
        // again would meet the file that is there, and fail for ever.
        writer.garbage_collect_files().wait()?;
        Ok(Self { writer, fields })
    }

    /// Adds `entry`, in place of the one with its id if there is one.
    ///
    /// # Errors
    /// When the indexing thread has failed.
    pub fn upsert(&self, entry: &Entry) -> Result<(), IndexError> {
        let fields = &self.fields;
        self.writer
            .delete_term(Term::from_field_text(fields.id, &entry.id));
        let mut document = TantivyDocument::default();
        document.add_text(fields.id, &entry.id);
        document.add_pre_tokenized_text(fields.title, tokenized([&entry.title]));
        document.add_pre_tokenized_text(fields.phrasings, tokenized(&entry.phrasings));
        document.add_pre_tokenized_text(fields.answer, tokenized_long(&entry.answer));
        document.add_pre_tokenized_text(fields.tags, tokenized([&entry.tags]));
        let scope = &entry.scope;
        document.add_u64(fields.status, scope.status);
        document.add_u64(fields.domain, scope.domain);
        document.add_i64(fields.from, scope.from_ms.unwrap_or(i64::MIN));
        document.add_i64(fields.until, scope.until_ms.unwrap_or(i64::MAX));
        for product in &scope.products {
            document.add_text(fields.products, product);
        }
        for channel in &scope.channels {
            document.add_text(fields.channels, channel);
        }
        for value in wordings::encode(std::iter::once(&entry.title).chain(&entry.phrasings)) {
            document.add_u64(fields.wordings, u64::from(value));
        }
        for text in std::iter::once(&entry.title).chain(&entry.phrasings) {
            if !text.is_empty() {
                document.add_u64(fields.keys, wordings::wording_key(text));
            }
        }
        if let Some(intent) = entry.intent {
            document.add_u64(fields.intent, intent);
        }
        document.add_text(fields.payload, &entry.payload);
        self.writer.add_document(document)?;
        Ok(())
    }

    /// Removes the entry of that id, if there is one.
    pub fn remove(&self, id: &str) {
        self.writer
            .delete_term(Term::from_field_text(self.fields.id, id));
    }

    /// Makes all changes durable and marks the index as having come to `revision`.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn commit(&mut self, revision: u64) -> Result<(), IndexError> {
        let note = serde_json::to_string(&CommitNote::at(revision))
            .map_err(|_| IndexError::Corrupt("commit note"))?;
        let mut prepared = self.writer.prepare_commit()?;
        prepared.set_payload(&note);
        prepared.commit()?;
        Ok(())
    }

    /// Waits for merges that are under way, then closes.
    ///
    /// # Errors
    /// When a merge has failed.
    pub fn finish(self) -> Result<(), IndexError> {
        Ok(self.writer.wait_merging_threads()?)
    }
}
