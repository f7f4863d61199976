//! Identical questions become one.

use std::collections::HashMap;

use crate::text::Normalized;

/// Distinct texts, in the order of their first occurrence.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Collapsed {
    /// Where each distinct text occurs first.
    pub first: Vec<usize>,
    /// How often each distinct text occurs.
    pub counts: Vec<u32>,
    /// The distinct text of each text.
    pub distinct: Vec<usize>,
}

/// Puts texts together that are equal once normalised.
pub fn collapse(texts: &[Normalized]) -> Collapsed {
    let mut known: HashMap<&Normalized, usize> = HashMap::with_capacity(texts.len());
    let mut collapsed = Collapsed::default();
    for (place, text) in texts.iter().enumerate() {
        let distinct = *known.entry(text).or_insert_with(|| {
            collapsed.first.push(place);
            collapsed.counts.push(0);
            collapsed.first.len() - 1
        });
        collapsed.counts[distinct] = collapsed.counts[distinct].saturating_add(1);
        collapsed.distinct.push(distinct);
    }
    collapsed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_what_is_the_same_once_normalised() {
        let texts = ["什么时候发货", "可以退吗", "什麼時候發貨 ", "ＯＫ", "ok"];
        let collapsed = collapse(&texts.map(Normalized::new));
        assert_eq!(collapsed.first, [0, 1, 3]);
        assert_eq!(collapsed.counts, [2, 1, 2]);
        assert_eq!(collapsed.distinct, [0, 1, 0, 2, 2]);
    }
}
