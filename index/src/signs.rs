//! The signs of vectors' values, a bit a value, compared a block of rows at a time.
//!
//! A call a row cost more than the row itself: 5 to 10 ns of 256 values,
//! against 3 ns in a loop that the compiler sees as a whole (docs/QUALITY.md).

/// Bits of a word.
const WORD: usize = 64;

/// The signs of one vector: whether each value is above 0.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Signs(Vec<u64>);

impl Signs {
    pub(crate) fn of(codes: &[i8]) -> Self {
        let word = |chunk: &[i8]| {
            let bits = chunk.iter().map(|code| u64::from(*code > 0));
            bits.fold(0, |word, bit| word << 1 | bit)
        };
        Self(codes.chunks(WORD).map(word).collect())
    }
}

/// Rows of signs, in blocks so that a growing table is never copied.
pub(crate) struct SignRows {
    block_rows: usize,
    blocks: Vec<Vec<u64>>,
    rows: usize,
}

impl SignRows {
    pub(crate) fn new(block_rows: usize) -> Self {
        Self {
            block_rows,
            blocks: Vec::new(),
            rows: 0,
        }
    }

    /// Adds a row, of as many values as every other.
    pub(crate) fn push(&mut self, signs: &Signs) {
        if self.rows.is_multiple_of(self.block_rows) {
            let capacity = self.block_rows * signs.0.len();
            self.blocks.push(Vec::with_capacity(capacity));
        }
        if let Some(block) = self.blocks.last_mut() {
            block.extend(&signs.0);
        }
        self.rows += 1;
    }

    /// In how many values the signs of `probe` and of each row differ, row by row.
    pub(crate) fn distances(&self, probe: &Signs, found: &mut Vec<u16>) {
        found.resize(self.rows, 0);
        for (block, found) in self.blocks.iter().zip(found.chunks_mut(self.block_rows)) {
            // A width that the compiler knows is twice as fast; these are those
            // of 256, 384, 512, 768 and 1,024 values.
            match probe.0.len() {
                4 => compare::<4>(block, &probe.0, found),
                6 => compare::<6>(block, &probe.0, found),
                8 => compare::<8>(block, &probe.0, found),
                12 => compare::<12>(block, &probe.0, found),
                16 => compare::<16>(block, &probe.0, found),
                _ => compare_any(block, &probe.0, found),
            }
        }
    }
}

fn compare<const WIDTH: usize>(block: &[u64], probe: &[u64], found: &mut [u16]) {
    let (rows, _) = block.as_chunks::<WIDTH>();
    let Some(probe) = probe.first_chunk::<WIDTH>() else {
        return;
    };
    for (found, row) in found.iter_mut().zip(rows) {
        *found = differing(row, probe);
    }
}

fn compare_any(block: &[u64], probe: &[u64], found: &mut [u16]) {
    for (found, row) in found.iter_mut().zip(block.chunks_exact(probe.len().max(1))) {
        *found = differing(row, probe);
    }
}

fn differing(row: &[u64], probe: &[u64]) -> u16 {
    let words = row.iter().zip(probe);
    let bits: u32 = words.map(|(row, probe)| (row ^ probe).count_ones()).sum();
    #[expect(
        clippy::cast_possible_truncation,
        reason = "no encoder makes vectors of 65,536 values"
    )]
    let bits = bits as u16;
    bits
}

#[cfg(test)]
mod tests {
    use super::*;

    fn codes(seed: usize, dimensions: usize) -> Vec<i8> {
        let value = |at: usize| ((seed + 3) * (at + 7) * 2_654_435_761) >> 9;
        let code = |at| i8::try_from(value(at) % 255).unwrap_or(-128);
        (0..dimensions).map(code).collect()
    }

    #[test]
    fn counts_the_signs_that_differ_for_any_length_and_any_number_of_rows() {
        for dimensions in [1, 63, 64, 256, 300, 384, 512, 768, 1_024, 1_025] {
            let mut rows = SignRows::new(8);
            let mut found = vec![7; 99];
            rows.distances(&Signs::of(&codes(0, dimensions)), &mut found);
            assert!(found.is_empty());
            for row in 0..21 {
                rows.push(&Signs::of(&codes(row, dimensions)));
            }
            let probe = codes(5, dimensions);
            rows.distances(&Signs::of(&probe), &mut found);
            let wanted: Vec<u16> = (0..21)
                .map(|row| {
                    let row = codes(row, dimensions);
                    let pairs = row.iter().zip(&probe);
                    let differing = pairs.filter(|(left, right)| (**left > 0) != (**right > 0));
                    u16::try_from(differing.count()).expect("few values")
                })
                .collect();
            assert_eq!(found, wanted, "{dimensions} values");
            assert_eq!(wanted[5], 0);
            assert!(dimensions < 60 || wanted.iter().filter(|count| **count > 0).count() > 15);
        }
    }
}
