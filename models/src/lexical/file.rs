//! The encoder as bytes: a head, the features' keys, scales and rows, and a checksum.

use super::StaticEncoder;
use crate::text::lexicon_fingerprint;

/// Grows whenever features or this layout change.
const MAKE: u32 = 1;
const MARK: [u8; 4] = *b"ZWSE";
const CHECKSUM_BYTES: usize = 8;

/// Why bytes are no encoder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FileError {
    /// The bytes are something else.
    #[error("file is no static encoder")]
    Foreign,
    /// It was written by another make of this program: train again.
    #[error("static encoder is of make {0}, not {MAKE}")]
    OtherMake(u32),
    /// Texts were cut by another lexicon when it was trained: train again.
    #[error("static encoder was trained with another lexicon")]
    OtherLexicon,
    /// The file is cut short or changed.
    #[error("static encoder is damaged")]
    Damaged,
}

/// What a static encoder is made of.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Table {
    pub(super) dimensions: usize,
    /// The weight of a feature without a row, before its kind's.
    pub(super) unknown: f32,
    pub(super) keys: Vec<u64>,
    /// What each row is multiplied by.
    pub(super) scales: Vec<f32>,
    pub(super) rows: Vec<i8>,
}

impl Table {
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(40 + self.keys.len() * 12 + self.rows.len());
        bytes.extend(MARK);
        bytes.extend(MAKE.to_le_bytes());
        bytes.extend(lexicon_fingerprint().to_le_bytes());
        bytes.extend(u32::try_from(self.dimensions).unwrap_or(0).to_le_bytes());
        bytes.extend(u32::try_from(self.keys.len()).unwrap_or(0).to_le_bytes());
        bytes.extend(self.unknown.to_le_bytes());
        bytes.extend(self.keys.iter().flat_map(|key| key.to_le_bytes()));
        bytes.extend(self.scales.iter().flat_map(|scale| scale.to_le_bytes()));
        bytes.extend(self.rows.iter().flat_map(|value| value.to_le_bytes()));
        let checksum = checksum(&bytes);
        bytes.extend(checksum.to_le_bytes());
        bytes
    }

    fn from_bytes(bytes: &[u8]) -> Result<Self, FileError> {
        let mut head = Reader(bytes);
        if head.array::<4>() != Some(MARK) {
            return Err(FileError::Foreign);
        }
        let make = head.array().map(u32::from_le_bytes);
        match make.ok_or(FileError::Damaged)? {
            MAKE => {}
            other => return Err(FileError::OtherMake(other)),
        }
        let (content, expected) = bytes
            .split_last_chunk::<CHECKSUM_BYTES>()
            .ok_or(FileError::Damaged)?;
        if checksum(content) != u64::from_le_bytes(*expected) {
            return Err(FileError::Damaged);
        }
        let lexicon = head.array().map(u64::from_le_bytes);
        if lexicon.ok_or(FileError::Damaged)? != lexicon_fingerprint() {
            return Err(FileError::OtherLexicon);
        }
        let rest = head.0.get(..head.0.len().saturating_sub(CHECKSUM_BYTES));
        Reader(rest.unwrap_or(&[]))
            .table()
            .ok_or(FileError::Damaged)
    }
}

impl StaticEncoder {
    /// The encoder as bytes, the same on every machine.
    pub fn to_bytes(&self) -> Vec<u8> {
        self.table.to_bytes()
    }

    /// The encoder that [`StaticEncoder::to_bytes`] wrote.
    ///
    /// # Errors
    /// When `bytes` are something else, of another make or lexicon, or damaged.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, FileError> {
        Table::from_bytes(bytes).map(|table| Self::of_table("static", table))
    }
}

/// FNV-1a, 64 bits: against accidents, not against forgers.
pub(super) fn checksum(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

struct Reader<'a>(&'a [u8]);

impl Reader<'_> {
    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (first, rest) = self.0.split_first_chunk::<N>()?;
        self.0 = rest;
        Some(*first)
    }

    fn many<const N: usize>(&mut self, count: usize) -> Option<Vec<[u8; N]>> {
        // Checked before anything is allocated for it.
        let bytes = self.0.get(..count.checked_mul(N)?)?;
        self.0 = self.0.get(bytes.len()..)?;
        let (arrays, _) = bytes.as_chunks::<N>();
        Some(arrays.to_vec())
    }

    fn table(&mut self) -> Option<Table> {
        let dimensions = usize::try_from(u32::from_le_bytes(self.array()?)).ok()?;
        let count = usize::try_from(u32::from_le_bytes(self.array()?)).ok()?;
        let unknown = f32::from_le_bytes(self.array()?);
        let keys = self.many(count)?.into_iter().map(u64::from_le_bytes);
        let keys = keys.collect();
        let scales = self.many(count)?.into_iter().map(f32::from_le_bytes);
        let scales = scales.collect();
        let rows = self.many(count.checked_mul(dimensions)?)?;
        self.0.is_empty().then(|| Table {
            dimensions,
            unknown,
            keys,
            scales,
            rows: rows.into_iter().map(i8::from_le_bytes).collect(),
        })
    }
}
