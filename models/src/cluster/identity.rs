//! Which old id each new group keeps, so that ids stay from week to week.

use std::collections::{BTreeMap, HashSet};

/// The id of each group in `groups` (numbered without gaps), or `None` for one
/// that needs a new id. The id that people pinned to a row of the group wins;
/// the others are given one to one, those with the most questions in common
/// (by weight; each row one where `weights` is empty) first, of equals the
/// lower id. `previous` is the id of each row so far, `pins` the id that people
/// gave it; both may be empty.
pub fn match_ids(
    previous: &[Option<u64>],
    groups: &[u32],
    weights: &[f32],
    pins: &[Option<u64>],
) -> Vec<Option<u64>> {
    let count = groups.iter().max().map_or(0, |most| *most as usize + 1);
    let mut ids = vec![None; count];
    let mut taken = HashSet::new();
    let mut shared: BTreeMap<(u64, u32), f64> = BTreeMap::new();
    for (row, &group) in groups.iter().enumerate() {
        if let Some(pin) = pins.get(row).copied().flatten()
            && ids[group as usize].is_none()
            && taken.insert(pin)
        {
            ids[group as usize] = Some(pin);
        }
        if let Some(id) = previous.get(row).copied().flatten() {
            let weight = weights.get(row).map_or(1.0, |weight| f64::from(*weight));
            *shared.entry((id, group)).or_default() += weight;
        }
    }
    let mut pairs: Vec<((u64, u32), f64)> = shared.into_iter().collect();
    pairs.sort_by(|left, right| right.1.total_cmp(&left.1));
    for ((id, group), _) in pairs {
        if ids[group as usize].is_none() && taken.insert(id) {
            ids[group as usize] = Some(id);
        }
    }
    ids
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_in_common_keeps_the_id_and_a_pin_wins() {
        let previous = [Some(7), Some(7), Some(7), Some(8), None, None];
        let groups = [0, 0, 1, 1, 2, 1];
        let found = match_ids(&previous, &groups, &[], &[]);
        assert_eq!(found, [Some(7), Some(8), None]);
        let weights = [1.0, 1.0, 9.0, 1.0, 1.0, 1.0];
        let found = match_ids(&previous, &groups, &weights, &[]);
        assert_eq!(found, [None, Some(7), None]);
        let pins = [None, None, Some(8), None, None, None];
        let found = match_ids(&previous, &groups, &weights, &pins);
        assert_eq!(found, [Some(7), Some(8), None]);
        assert!(match_ids(&[], &[], &[], &[]).is_empty());
    }
}
