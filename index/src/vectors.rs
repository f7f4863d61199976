//! The vectors of wordings: one table an encoder, kept under the wordings' keys.
//!
//! The table is a cache that is filled beside the searches: a wording that has
//! no vector yet is found by its words alone.

use std::collections::HashMap;
use std::io::Write as _;
use std::path::Path;
use std::sync::{PoisonError, RwLock, RwLockReadGuard};

use simsimd::SpatialSimilarity as _;

use crate::IndexError;
use crate::signs::{SignRows, Signs};

/// Grows whenever the file's layout changes.
const MAKE: u32 = 1;
const MARK: [u8; 4] = *b"ZWVT";

/// Rows a block of memory, so that a growing table is never copied.
const BLOCK_ROWS: usize = 4_096;

/// Which encoder's vectors a table holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TableIdentity {
    /// The encoder's fingerprint.
    pub fingerprint: u64,
    /// The length of its vectors.
    pub dimensions: usize,
}

/// Vectors of one encoder by the wordings' keys ([`crate::wordings::wording_key`]).
///
/// A value takes one byte: over vectors of 256 values that moved cosines by
/// .0005 on average and by .0034 at most.
pub struct VectorTable {
    identity: TableIdentity,
    rows: RwLock<Rows>,
}

/// A vector made ready to be compared with the table's.
#[derive(Debug, Clone)]
pub(crate) struct Probe {
    codes: Vec<i8>,
    signs: Signs,
    inverse_length: f32,
}

impl VectorTable {
    /// An empty table.
    pub fn new(identity: TableIdentity) -> Self {
        Self {
            identity,
            rows: RwLock::new(Rows::default()),
        }
    }

    /// Whose vectors these are.
    pub fn identity(&self) -> TableIdentity {
        self.identity
    }

    /// The number of wordings with a vector.
    pub fn len(&self) -> usize {
        self.read().keys.len()
    }

    /// Whether no wording has a vector.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether the wording of this key has a vector.
    pub fn contains(&self, key: u64) -> bool {
        self.read().places.contains_key(&key)
    }

    /// Puts a wording's vector in; the first one stays. Whether it was taken:
    /// a vector of another length is not. Searches see it after the index's
    /// next [`crate::schema::ShopIndex::reload`].
    pub fn insert(&self, key: u64, vector: &[f32]) -> bool {
        if vector.len() != self.identity.dimensions {
            return false;
        }
        let probe = Probe::new(vector);
        let mut rows = self.rows.write().unwrap_or_else(PoisonError::into_inner);
        rows.push(key, &probe)
    }

    /// A table of the wordings in `keys` alone, without those that no item has any more.
    #[must_use]
    pub fn only(&self, keys: impl IntoIterator<Item = u64>) -> Self {
        let mut kept = Rows::default();
        let rows = self.read();
        for key in keys {
            if let Some(place) = rows.place(key) {
                let codes = rows.codes(place, self.identity.dimensions).to_vec();
                let probe = Probe::of_codes(codes, rows.inverse_length(place));
                kept.push(key, &probe);
            }
        }
        Self {
            identity: self.identity,
            rows: RwLock::new(kept),
        }
    }

    pub(crate) fn read(&self) -> RwLockReadGuard<'_, Rows> {
        self.rows.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes the table beside `file`, then puts it in its place.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn save(&self, file: &Path) -> Result<(), IndexError> {
        let mut bytes = Vec::new();
        {
            let rows = self.read();
            bytes.extend(MARK);
            bytes.extend(MAKE.to_le_bytes());
            bytes.extend(self.identity.fingerprint.to_le_bytes());
            bytes.extend(count(self.identity.dimensions).to_le_bytes());
            bytes.extend(count(rows.keys.len()).to_le_bytes());
            for (place, key) in (0_u32..).zip(&rows.keys) {
                bytes.extend(key.to_le_bytes());
                bytes.extend(rows.inverse_length(place).to_le_bytes());
                let codes = rows.codes(place, self.identity.dimensions);
                bytes.extend(codes.iter().flat_map(|code| code.to_le_bytes()));
            }
        }
        bytes.extend(checksum(&bytes).to_le_bytes());
        let beside = file.with_extension("part");
        let mut written = std::fs::File::create(&beside)?;
        written.write_all(&bytes)?;
        written.sync_all()?;
        std::fs::rename(&beside, file)?;
        Ok(())
    }

    /// Reads the table that [`VectorTable::save`] wrote.
    ///
    /// # Errors
    /// [`IndexError::Unusable`] when `file` is missing, torn, of another make
    /// or of another encoder than `identity`: fill a new table.
    pub fn load(file: &Path, identity: TableIdentity) -> Result<Self, IndexError> {
        let bytes = std::fs::read(file).map_err(|_| IndexError::Unusable)?;
        Self::from_bytes(&bytes, identity).ok_or(IndexError::Unusable)
    }

    fn from_bytes(bytes: &[u8], identity: TableIdentity) -> Option<Self> {
        let (content, expected) = bytes.split_last_chunk::<8>()?;
        let (mark, rest) = content.split_first_chunk::<4>()?;
        let (make, rest) = rest.split_first_chunk::<4>()?;
        let (fingerprint, rest) = rest.split_first_chunk::<8>()?;
        let (dimensions, rest) = rest.split_first_chunk::<8>()?;
        let (rows, rest) = rest.split_first_chunk::<8>()?;
        let is_this = *mark == MARK
            && u32::from_le_bytes(*make) == MAKE
            && u64::from_le_bytes(*fingerprint) == identity.fingerprint
            && u64::from_le_bytes(*dimensions) == count(identity.dimensions);
        let row_bytes = identity.dimensions.checked_add(12)?;
        let is_whole =
            count(rest.len()) == u64::from_le_bytes(*rows).checked_mul(count(row_bytes))?;
        if !is_this || !is_whole || checksum(content) != u64::from_le_bytes(*expected) {
            return None;
        }
        let mut table = Rows::default();
        for row in rest.chunks_exact(row_bytes) {
            let (key, row) = row.split_first_chunk::<8>()?;
            let (inverse_length, codes) = row.split_first_chunk::<4>()?;
            let codes = codes
                .iter()
                .map(|code| i8::from_le_bytes([*code]))
                .collect();
            let probe = Probe::of_codes(codes, f32::from_le_bytes(*inverse_length));
            table.push(u64::from_le_bytes(*key), &probe);
        }
        Some(Self {
            identity,
            rows: RwLock::new(table),
        })
    }
}

/// The rows in the order they came.
pub(crate) struct Rows {
    places: HashMap<u64, u32>,
    keys: Vec<u64>,
    inverse_lengths: Vec<f32>,
    blocks: Vec<Vec<i8>>,
    signs: SignRows,
}

impl Default for Rows {
    fn default() -> Self {
        Self {
            places: HashMap::new(),
            keys: Vec::new(),
            inverse_lengths: Vec::new(),
            blocks: Vec::new(),
            signs: SignRows::new(BLOCK_ROWS),
        }
    }
}

impl Rows {
    pub(crate) fn place(&self, key: u64) -> Option<u32> {
        self.places.get(&key).copied()
    }

    fn push(&mut self, key: u64, probe: &Probe) -> bool {
        let Ok(place) = u32::try_from(self.keys.len()) else {
            return false;
        };
        if self.places.contains_key(&key) {
            return true;
        }
        let capacity = BLOCK_ROWS * probe.codes.len();
        if self.keys.len().is_multiple_of(BLOCK_ROWS) {
            self.blocks.push(Vec::with_capacity(capacity));
        }
        if let Some(block) = self.blocks.last_mut() {
            block.extend(&probe.codes);
        }
        self.signs.push(&probe.signs);
        self.places.insert(key, place);
        self.keys.push(key);
        self.inverse_lengths.push(probe.inverse_length);
        true
    }

    fn codes(&self, place: u32, dimensions: usize) -> &[i8] {
        let place = usize::try_from(place).unwrap_or(usize::MAX);
        let start = (place % BLOCK_ROWS) * dimensions;
        self.blocks
            .get(place / BLOCK_ROWS)
            .and_then(|block| block.get(start..start + dimensions))
            .unwrap_or(&[])
    }

    fn inverse_length(&self, place: u32) -> f32 {
        let place = usize::try_from(place).unwrap_or(usize::MAX);
        self.inverse_lengths.get(place).copied().unwrap_or(0.0)
    }

    /// In how many values the signs of `probe` and of each row differ, by place.
    pub(crate) fn sign_distances(&self, probe: &Probe, found: &mut Vec<u16>) {
        self.signs.distances(&probe.signs, found);
    }

    /// The cosine of `probe` and the row at `place`; 0 when one of them is all zeros.
    pub(crate) fn cosine(&self, probe: &Probe, place: u32) -> f32 {
        let dot = i8::dot(&probe.codes, self.codes(place, probe.codes.len())).unwrap_or(0.0);
        #[expect(
            clippy::cast_possible_truncation,
            reason = "a similarity needs no more"
        )]
        let dot = dot as f32;
        dot * probe.inverse_length * self.inverse_length(place)
    }
}

impl Probe {
    /// `vector` in one byte a value, by its largest; of any length but zero.
    pub(crate) fn new(vector: &[f32]) -> Self {
        let most = vector
            .iter()
            .fold(0.0_f32, |most, value| most.max(value.abs()));
        let factor = if most > 0.0 { 127.0 / most } else { 0.0 };
        #[expect(
            clippy::cast_possible_truncation,
            reason = "scaled by the largest value, all lie within ±127"
        )]
        let codes: Vec<i8> = vector
            .iter()
            .map(|value| (value * factor).round() as i8)
            .collect();
        let square: f32 = codes.iter().map(|code| f32::from(*code).powi(2)).sum();
        let inverse_length = if square > 0.0 {
            1.0 / square.sqrt()
        } else {
            0.0
        };
        Self::of_codes(codes, inverse_length)
    }

    pub(crate) fn dimensions(&self) -> usize {
        self.codes.len()
    }

    fn of_codes(codes: Vec<i8>, inverse_length: f32) -> Self {
        Self {
            signs: Signs::of(&codes),
            codes,
            inverse_length,
        }
    }
}

fn count(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}

/// FNV-1a over words of eight bytes: against accidents, not against forgers.
fn checksum(bytes: &[u8]) -> u64 {
    let (words, rest) = bytes.as_chunks::<8>();
    let words = words.iter().map(|word| u64::from_le_bytes(*word));
    words
        .chain(rest.iter().map(|byte| u64::from(*byte)))
        .fold(0xcbf2_9ce4_8422_2325, |hash: u64, word| {
            (hash.rotate_left(23) ^ word).wrapping_mul(0x0000_0100_0000_01b3)
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    const IDENTITY: TableIdentity = TableIdentity {
        fingerprint: 7,
        dimensions: 16,
    };

    fn vector(seed: u32) -> Vec<f32> {
        (0..16_u32)
            .map(|at| {
                f32::from(u16::try_from((seed + 1) * (at + 3) * 2_654 % 997).expect("small"))
                    - 498.0
            })
            .collect()
    }

    fn filled() -> VectorTable {
        let table = VectorTable::new(IDENTITY);
        for key in 0..5_000 {
            assert!(table.insert(u64::from(key), &vector(key)));
        }
        table
    }

    fn exact(left: &[f32], right: &[f32]) -> f32 {
        let dot = |left: &[f32], right: &[f32]| -> f32 {
            left.iter()
                .zip(right)
                .map(|(left, right)| left * right)
                .sum()
        };
        dot(left, right) / (dot(left, left) * dot(right, right)).sqrt()
    }

    #[test]
    fn cosines_survive_one_byte_a_value() {
        let table = filled();
        let rows = table.read();
        let probe = Probe::new(&vector(77));
        for key in (0..5_000_u32).step_by(13) {
            let place = rows.place(u64::from(key)).expect("put in");
            let wanted = exact(&vector(77), &vector(key));
            assert!((rows.cosine(&probe, place) - wanted).abs() < 0.02, "{key}");
        }
        let zeros = Probe::new(&[0.0; 16]);
        assert!(rows.cosine(&zeros, 3).abs() < f32::EPSILON);
    }

    #[test]
    fn takes_a_key_once_and_only_vectors_of_its_length() {
        let table = filled();
        assert!(!table.insert(9_999, &[1.0; 8]));
        assert!(table.insert(3, &vector(500)));
        assert_eq!(table.len(), 5_000);
        let kept = table.only([3, 4, 77_777]);
        assert_eq!(kept.len(), 2);
        let probe = Probe::new(&vector(3));
        let cosine = kept.read().cosine(&probe, 0);
        assert!(
            (cosine - 1.0).abs() < 1e-4,
            "the first vector stays: {cosine}"
        );
    }

    #[test]
    fn comes_back_from_its_file_and_refuses_torn_and_foreign_ones() {
        let folder = tempfile::tempdir().expect("temporary folder");
        let file = folder.path().join("vectors");
        let table = filled();
        table.save(&file).expect("written");
        let again = VectorTable::load(&file, IDENTITY).expect("its own file");
        assert_eq!(again.len(), 5_000);
        let probe = Probe::new(&vector(1));
        assert_eq!(
            again.read().cosine(&probe, 4_321).to_bits(),
            table.read().cosine(&probe, 4_321).to_bits()
        );
        let refused = |identity| {
            matches!(
                VectorTable::load(&file, identity),
                Err(IndexError::Unusable)
            )
        };
        assert!(refused(TableIdentity {
            fingerprint: 8,
            ..IDENTITY
        }));
        assert!(refused(TableIdentity {
            dimensions: 12,
            ..IDENTITY
        }));
        let whole = std::fs::read(&file).expect("read");
        for torn in [0, 3, 30, whole.len() / 2, whole.len() - 1] {
            std::fs::write(&file, &whole[..torn]).expect("written");
            assert!(refused(IDENTITY), "{torn} bytes");
        }
        let mut flipped = whole;
        flipped[1_000] ^= 4;
        std::fs::write(&file, &flipped).expect("written");
        assert!(refused(IDENTITY));
    }
}
