//! Pseudo-random numbers that are the same on every machine and in every version.

/// SplitMix64 (Steele, Lea and Flood, 2014).
#[derive(Debug, Clone)]
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `bound`, which is at least 1.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        let bound = u64::try_from(bound.max(1)).unwrap_or(u64::MAX);
        usize::try_from((u128::from(self.next()) * u128::from(bound)) >> 64).unwrap_or(0)
    }

    /// A number from 0 up to but not 1.
    pub(crate) fn unit(&mut self) -> f32 {
        #[expect(clippy::cast_precision_loss, reason = "24 bits fit")]
        let bits = (self.next() >> 40) as f32;
        bits / 16_777_216.0
    }

    /// Puts `items` in a random order.
    pub(crate) fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            items.swap(last, self.below(last + 1));
        }
    }
}

/// Adds `weight` times the pseudo-random unit vector that belongs to `key`: as
/// many ±1 as the vector is long, divided by the root of its length.
pub(crate) fn add_signs(key: u64, weight: f32, into: &mut [f32]) {
    #[expect(clippy::cast_precision_loss, reason = "vectors are short")]
    let step = weight / (into.len().max(1) as f32).sqrt();
    let mut random = Random::new(key);
    for chunk in into.chunks_mut(64) {
        let mut bits = random.next();
        for value in chunk {
            *value += if bits & 1 == 0 { step } else { -step };
            bits >>= 1;
        }
    }
}
