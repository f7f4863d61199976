//! A sentence model as a table: one vector a word piece or phrase, and a text's
//! is their mean. Made by `distill` from a BERT, served without one.

use std::collections::HashMap;

use async_trait::async_trait;

use crate::encoder::{Encoder, EncoderError, Identity, Side, Vectors, normalize};
use crate::text::Normalized;
use crate::wordpiece::WordPieces;

mod format;

pub use format::TableError;

/// Pieces after which a text is cut off.
const MOST_PIECES: usize = 512;
/// Texts that are encoded before other tasks of the thread get a turn.
const TEXTS_AT_A_TIME: usize = 32;

/// The table and the vocabulary over which it is read.
#[derive(Debug, Clone)]
pub struct DistilledEncoder {
    identity: Identity,
    pieces: WordPieces,
    phrases: Phrases,
    rows: Rows,
}

/// Phrases of several pieces that have a row of their own, after those of the pieces.
#[derive(Debug, Clone, Default)]
pub(crate) struct Phrases {
    rows: HashMap<Box<[u32]>, u32>,
    longest: usize,
}

impl Phrases {
    /// Each of `phrases` gets the next row from `first` on; repeats share theirs.
    pub(crate) fn new(phrases: impl IntoIterator<Item = Vec<u32>>, first: u32) -> Self {
        let mut collected = Self::default();
        for phrase in phrases {
            let next = first + u32::try_from(collected.rows.len()).unwrap_or(u32::MAX - first);
            collected.longest = collected.longest.max(phrase.len());
            collected.rows.entry(phrase.into()).or_insert(next);
        }
        collected
    }

    /// The phrases in the order of their rows.
    pub(crate) fn ordered(&self) -> Vec<&[u32]> {
        let mut phrases: Vec<(&u32, &[u32])> = self
            .rows
            .iter()
            .map(|(phrase, row)| (row, phrase.as_ref()))
            .collect();
        phrases.sort_unstable();
        phrases.into_iter().map(|(_, phrase)| phrase).collect()
    }

    /// Calls `visit` with the row of each part of `pieces`: at every place the
    /// longest phrase that begins there, or the piece itself.
    pub(crate) fn visit(&self, pieces: &[u32], mut visit: impl FnMut(u32)) {
        let mut rest = pieces;
        while let Some((&piece, after)) = rest.split_first() {
            let longest = self.longest.min(rest.len());
            let phrase = (2..=longest).rev().find_map(|length| {
                let (phrase, after) = rest.split_at_checked(length)?;
                Some((*self.rows.get(phrase)?, after))
            });
            let (row, after) = phrase.unwrap_or((piece, after));
            visit(row);
            rest = after;
        }
    }
}

/// A matrix of bytes, each row with its own scale: value = byte × scale.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Rows {
    dimensions: usize,
    scales: Vec<f32>,
    bytes: Vec<i8>,
}

impl Rows {
    /// Rounds `values`, row after row of `dimensions`.
    pub(crate) fn quantize(dimensions: usize, values: &[f32]) -> Self {
        let mut scales = Vec::with_capacity(values.len() / dimensions.max(1));
        let mut bytes = Vec::with_capacity(values.len());
        for row in values.chunks_exact(dimensions.max(1)) {
            let largest = row
                .iter()
                .fold(0.0_f32, |most, value| most.max(value.abs()));
            let scale = largest / 127.0;
            scales.push(scale);
            bytes.extend(row.iter().map(|value| {
                let steps = if scale > 0.0 { value / scale } else { 0.0 };
                #[expect(clippy::cast_possible_truncation, reason = "within 127 by the scale")]
                let byte = steps.round() as i8;
                byte
            }));
        }
        Self {
            dimensions,
            scales,
            bytes,
        }
    }

    fn add(&self, row: u32, sum: &mut [f32]) {
        let row = row as usize;
        let start = row * self.dimensions;
        let bytes = self.bytes.get(start..start + self.dimensions);
        if let (Some(bytes), Some(scale)) = (bytes, self.scales.get(row)) {
            for (sum, byte) in sum.iter_mut().zip(bytes) {
                *sum += f32::from(*byte) * scale;
            }
        }
    }
}

impl DistilledEncoder {
    /// A table of `rows`: one a piece, then one a phrase.
    pub(crate) fn new(name: String, pieces: WordPieces, phrases: Phrases, rows: Rows) -> Self {
        let identity = Identity {
            name,
            fingerprint: 0,
            dimensions: rows.dimensions,
        };
        let mut encoder = Self {
            identity,
            pieces,
            phrases,
            rows,
        };
        encoder.identity.fingerprint = format::fingerprint(&encoder);
        encoder
    }

    /// The vector of one text, of length 1; zeros when it has no known piece.
    pub fn encode_one(&self, text: &Normalized) -> Vec<f32> {
        let mut vector = vec![0.0; self.identity.dimensions];
        let mut pieces = Vec::with_capacity(64);
        self.pieces.extend(text.as_str(), MOST_PIECES, &mut pieces);
        let unknown = self.pieces.unknown();
        self.phrases.visit(&pieces, |row| {
            if row != unknown {
                self.rows.add(row, &mut vector);
            }
        });
        normalize(&mut vector);
        vector
    }

    /// One vector a text, row after row.
    ///
    /// # Errors
    /// None that is known of.
    pub fn encode_all(&self, texts: &[Normalized]) -> Result<Vectors, EncoderError> {
        let vectors = texts.iter().flat_map(|text| self.encode_one(text));
        Vectors::new(self.identity.dimensions, vectors.collect())
    }
}

#[async_trait]
impl Encoder for DistilledEncoder {
    fn identity(&self) -> &Identity {
        &self.identity
    }

    async fn encode(&self, _side: Side, texts: &[Normalized]) -> Result<Vectors, EncoderError> {
        let mut values = Vec::with_capacity(texts.len() * self.identity.dimensions);
        for (number, text) in texts.iter().enumerate() {
            if number > 0 && number % TEXTS_AT_A_TIME == 0 {
                tokio::task::yield_now().await;
            }
            values.extend(self.encode_one(text));
        }
        Vectors::new(self.identity.dimensions, values)
    }

    fn at_once(&self, question: &Normalized) -> Option<Vec<f32>> {
        Some(self.encode_one(question))
    }
}

#[cfg(test)]
mod tests;
