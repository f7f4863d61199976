//! The file of a distilled model: numbers little-endian, checked by a hash.
//!
//! ```text
//! "ZWDISTIL"  make u32  hash [u8; 32] of all that follows
//! name, vocabulary: length u32, UTF-8
//! folding: u8 × 3   dimensions u32   phrases u32, each: length u32, pieces u32
//! rows u32   scales f32   bytes i8
//! ```

use sha2::{Digest, Sha256};

use super::{DistilledEncoder, Phrases, Rows};
use crate::wordpiece::{Folding, WordPieces};

const MAGIC: &[u8; 8] = b"ZWDISTIL";
/// Changes with the format or with how a text is cut.
const MAKE: u32 = 1;
const HEAD: usize = 8 + 4 + 32;

/// Why bytes are no distilled model.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum TableError {
    /// Another kind of file.
    #[error("this is no distilled model")]
    Foreign,
    /// Written by another version.
    #[error("the distilled model is of make {found}, this program reads {MAKE}: distill again")]
    OtherMake {
        /// The file's make.
        found: u32,
    },
    /// Cut off or changed.
    #[error("the distilled model is damaged")]
    Damaged,
}

impl DistilledEncoder {
    /// The file's content.
    pub fn to_bytes(&self) -> Vec<u8> {
        let body = body(self);
        let mut bytes = Vec::with_capacity(HEAD + body.len());
        bytes.extend(MAGIC);
        bytes.extend(MAKE.to_le_bytes());
        bytes.extend(Sha256::digest(&body));
        bytes.extend(body);
        bytes
    }

    /// Reads what [`DistilledEncoder::to_bytes`] wrote.
    ///
    /// # Errors
    /// [`TableError`]; nothing of a damaged file is used.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, TableError> {
        let rest = bytes.strip_prefix(MAGIC).ok_or(TableError::Foreign)?;
        let mut head = Reader(rest);
        let found = head.number().ok_or(TableError::Damaged)?;
        if found != MAKE {
            return Err(TableError::OtherMake { found });
        }
        let hash = head.take(32).ok_or(TableError::Damaged)?;
        if Sha256::digest(head.0).as_slice() != hash {
            return Err(TableError::Damaged);
        }
        parse(head.0).ok_or(TableError::Damaged)
    }
}

/// The first eight bytes of the hash over everything that a vector depends on.
pub(super) fn fingerprint(encoder: &DistilledEncoder) -> u64 {
    let mut first = [0; 8];
    for (place, byte) in first.iter_mut().zip(Sha256::digest(body(encoder))) {
        *place = byte;
    }
    u64::from_le_bytes(first)
}

fn body(encoder: &DistilledEncoder) -> Vec<u8> {
    let mut body = Vec::new();
    let vocabulary = encoder.pieces.to_vocabulary();
    for text in [encoder.identity.name.as_str(), &vocabulary] {
        push_number(&mut body, text.len());
        body.extend(text.as_bytes());
    }
    let folding = encoder.pieces.folding();
    body.extend(
        [
            folding.lower_case,
            folding.strip_accents,
            folding.part_chinese,
        ]
        .map(u8::from),
    );
    push_number(&mut body, encoder.rows.dimensions);
    let phrases = encoder.phrases.ordered();
    push_number(&mut body, phrases.len());
    for phrase in phrases {
        push_number(&mut body, phrase.len());
        body.extend(phrase.iter().flat_map(|piece| piece.to_le_bytes()));
    }
    push_number(&mut body, encoder.rows.scales.len());
    body.extend(
        encoder
            .rows
            .scales
            .iter()
            .flat_map(|scale| scale.to_le_bytes()),
    );
    body.extend(encoder.rows.bytes.iter().map(|byte| byte.cast_unsigned()));
    body
}

fn push_number(body: &mut Vec<u8>, number: usize) {
    // No table is that large.
    let number = u32::try_from(number).unwrap_or(u32::MAX);
    body.extend(number.to_le_bytes());
}

fn parse(body: &[u8]) -> Option<DistilledEncoder> {
    let mut reader = Reader(body);
    let name = reader.text()?;
    let vocabulary = reader.text()?;
    let [lower_case, strip_accents, part_chinese] = reader.take(3)?.try_into().ok()?;
    let folding = Folding {
        lower_case: lower_case != 0,
        strip_accents: strip_accents != 0,
        part_chinese: part_chinese != 0,
    };
    let pieces = WordPieces::new(vocabulary, folding).ok()?;
    let dimensions = reader.number()? as usize;
    let mut phrases = Vec::new();
    for _ in 0..reader.number()? {
        let length = reader.number()?;
        let phrase: Option<Vec<u32>> = (0..length).map(|_| reader.number()).collect();
        phrases.push(phrase?);
    }
    let count = reader.number()? as usize;
    if count != pieces.size() as usize + phrases.len() {
        return None;
    }
    let scales = reader.take(count.checked_mul(4)?)?;
    let scales = scales
        .chunks_exact(4)
        .filter_map(|scale| Some(f32::from_le_bytes(scale.try_into().ok()?)));
    let scales = scales.collect();
    let bytes = reader.take(count.checked_mul(dimensions)?)?;
    let bytes = bytes.iter().map(|byte| byte.cast_signed()).collect();
    let phrases = Phrases::new(phrases, pieces.size());
    let rows = Rows {
        dimensions,
        scales,
        bytes,
    };
    let name = name.to_owned();
    reader
        .0
        .is_empty()
        .then(|| DistilledEncoder::new(name, pieces, phrases, rows))
}

struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(taken)
    }

    fn number(&mut self) -> Option<u32> {
        Some(u32::from_le_bytes(self.take(4)?.try_into().ok()?))
    }

    fn text(&mut self) -> Option<&'a str> {
        let length = self.number()? as usize;
        std::str::from_utf8(self.take(length)?).ok()
    }
}
