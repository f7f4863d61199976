//! A classifier as bytes: make, checksum, then its parts, all little-endian.

use super::features::{BLOCKS, Row, Vocabulary};
use super::logistic::Weights;
use super::scope::Neighbours;
use super::{Classifier, Cue};

/// Written first; the last byte is the make, raised when features or layout change.
const MAGIC: [u8; 8] = *b"ZWCLASS\x01";

/// Why bytes are no classifier that this build can use.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ClassifierError {
    /// The bytes are of something else.
    #[error("bytes are no classifier")]
    Foreign,
    /// The classifier is of another make: it has to be trained again.
    #[error("classifier is of make {found}, this build reads make {expected}")]
    OtherMake {
        /// The make of the bytes.
        found: u8,
        /// The make of this build.
        expected: u8,
    },
    /// The bytes end early or were changed.
    #[error("classifier is damaged")]
    Damaged,
}

impl Classifier {
    /// The classifier as bytes for [`Classifier::from_bytes`].
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut body = Vec::new();
        put_count(&mut body, self.labels.len());
        for label in &self.labels {
            put_text(&mut body, label);
        }
        put_count(&mut body, self.cues.len());
        for cue in &self.cues {
            put_text(&mut body, &cue.label);
            put_text(&mut body, &cue.phrase);
        }
        put_floats(&mut body, &self.shares);
        let scalars = [self.dense_share, self.temperature, self.threshold];
        put_floats(&mut body, &scalars);
        put_count(&mut body, self.dimensions);
        put_count(&mut body, self.vocabulary.keys.len());
        for key in &self.vocabulary.keys {
            body.extend(key.to_le_bytes());
        }
        put_floats(&mut body, &self.vocabulary.rarity);
        put_floats(&mut body, &self.weights.values);
        put_count(&mut body, self.neighbours.rows.len());
        for (row, label) in self.neighbours.rows.iter().zip(&self.neighbours.labels) {
            put_count(&mut body, *label);
            put_count(&mut body, row.columns.len());
            for column in &row.columns {
                body.extend(column.to_le_bytes());
            }
            put_floats(&mut body, &row.values);
            put_floats(&mut body, &row.dense);
        }
        let mut bytes = MAGIC.to_vec();
        bytes.extend(fingerprint(&body).to_le_bytes());
        bytes.append(&mut body);
        bytes
    }

    /// Reads what [`Classifier::to_bytes`] wrote.
    ///
    /// # Errors
    /// When the bytes are of something else, of another make, or damaged.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, ClassifierError> {
        let (magic, rest) = bytes
            .split_first_chunk::<8>()
            .ok_or(ClassifierError::Foreign)?;
        if magic[..7] != MAGIC[..7] {
            return Err(ClassifierError::Foreign);
        }
        if magic[7] != MAGIC[7] {
            return Err(ClassifierError::OtherMake {
                found: magic[7],
                expected: MAGIC[7],
            });
        }
        let (checksum, body) = rest
            .split_first_chunk::<8>()
            .ok_or(ClassifierError::Damaged)?;
        if fingerprint(body) != u64::from_le_bytes(*checksum) {
            return Err(ClassifierError::Damaged);
        }
        let mut reader = Reader { rest: body };
        let classifier = reader.classifier().ok_or(ClassifierError::Damaged)?;
        if reader.rest.is_empty() {
            Ok(classifier)
        } else {
            Err(ClassifierError::Damaged)
        }
    }
}

/// FNV-1a: tells bytes apart, no defence against an attacker.
pub(super) fn fingerprint(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, &byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

fn put_count(bytes: &mut Vec<u8>, count: usize) {
    bytes.extend(u32::try_from(count).unwrap_or(u32::MAX).to_le_bytes());
}

fn put_text(bytes: &mut Vec<u8>, text: &str) {
    put_count(bytes, text.len());
    bytes.extend(text.as_bytes());
}

fn put_floats(bytes: &mut Vec<u8>, floats: &[f32]) {
    for float in floats {
        bytes.extend(float.to_le_bytes());
    }
}

/// `None` from any method: the bytes end early or say what cannot be.
struct Reader<'a> {
    rest: &'a [u8],
}

impl Reader<'_> {
    fn classifier(&mut self) -> Option<Classifier> {
        let labels: Vec<String> = self.many(Self::text)?;
        let cues = self.many(|reader| {
            Some(Cue {
                label: reader.text()?,
                phrase: reader.text()?,
            })
        })?;
        let shares: [f32; BLOCKS] = self.floats(BLOCKS)?.try_into().ok()?;
        let scalars: [f32; 3] = self.floats(3)?.try_into().ok()?;
        let [dense_share, temperature, threshold] = scalars;
        let dimensions = self.count()?;
        let keys = self.many(|reader| Some(u64::from_le_bytes(*reader.take()?)))?;
        let rarity = self.floats(keys.len())?;
        let features = keys.len().checked_add(dimensions)?.checked_add(1)?;
        let values = self.floats(features.checked_mul(labels.len())?)?;
        let columns = keys.len();
        let neighbours = self.many(|reader| reader.neighbour(columns, labels.len(), dimensions))?;
        let (rows, of_rows) = neighbours.into_iter().unzip();
        Some(Classifier {
            weights: Weights {
                label_count: labels.len(),
                columns,
                values,
            },
            vocabulary: Vocabulary { keys, rarity },
            matcher: super::cue_matcher(&cues, &labels),
            neighbours: Neighbours {
                rows,
                labels: of_rows,
            },
            labels,
            cues,
            shares,
            dense_share,
            temperature,
            threshold,
            dimensions,
        })
    }

    fn neighbour(
        &mut self,
        columns: usize,
        labels: usize,
        dimensions: usize,
    ) -> Option<(Row, usize)> {
        let label = self.count().filter(|&label| label < labels)?;
        let entries = self.many(|reader| {
            let column = u32::from_le_bytes(*reader.take()?);
            ((column as usize) < columns).then_some(column)
        })?;
        let values = self.floats(entries.len())?;
        let dense = self.floats(dimensions)?;
        let row = Row {
            columns: entries,
            values,
            dense,
        };
        Some((row, label))
    }

    fn take<const LENGTH: usize>(&mut self) -> Option<&[u8; LENGTH]> {
        let (taken, rest) = self.rest.split_first_chunk()?;
        self.rest = rest;
        Some(taken)
    }

    fn count(&mut self) -> Option<usize> {
        usize::try_from(u32::from_le_bytes(*self.take()?)).ok()
    }

    fn text(&mut self) -> Option<String> {
        let length = self.count()?;
        let (text, rest) = self.rest.split_at_checked(length)?;
        self.rest = rest;
        String::from_utf8(text.to_vec()).ok()
    }

    fn many<T>(&mut self, mut read: impl FnMut(&mut Self) -> Option<T>) -> Option<Vec<T>> {
        let count = self.count()?;
        // No room is made ahead: a damaged count must not take all memory.
        (0..count).map(|_| read(self)).collect()
    }

    fn floats(&mut self, count: usize) -> Option<Vec<f32>> {
        let (floats, rest) = self.rest.split_at_checked(count.checked_mul(4)?)?;
        self.rest = rest;
        let floats = floats
            .chunks_exact(4)
            .filter_map(|chunk| Some(f32::from_le_bytes(chunk.try_into().ok()?)));
        Some(floats.collect())
    }
}
