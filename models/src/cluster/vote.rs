//! Rows go where their neighbours are.

use super::parallel::map_rows;

/// Rounds of voting; more change few rows.
const ROUNDS: usize = 3;

/// Each row joins the group that most of its neighbours are in, each counting
/// by the square of how alike it is (label propagation: Raghavan, Albert &
/// Kumara, 2007, begun from groups and ended early). Its own group has no vote
/// of its own, and wins a tie. Pinned rows stay.
pub(super) fn vote(groups: &mut Vec<u32>, neighbours: &[Vec<(u32, f32)>], pins: &[Option<u64>]) {
    for _ in 0..ROUNDS {
        let next = map_rows(groups.len(), |row| {
            if pins.get(row).is_some_and(Option::is_some) {
                return groups[row];
            }
            let mut votes = vec![(groups[row], 0.0)];
            for &(other, similarity) in &neighbours[row] {
                let group = groups[other as usize];
                let vote = similarity * similarity;
                match votes.iter_mut().find(|(known, _)| *known == group) {
                    Some((_, sum)) => *sum += vote,
                    None => votes.push((group, vote)),
                }
            }
            let most =
                |best: (u32, f32), next: (u32, f32)| if next.1 > best.1 { next } else { best };
            votes.into_iter().fold((groups[row], 0.0), most).0
        });
        if next == *groups {
            return;
        }
        *groups = next;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_goes_where_its_neighbours_are_unless_people_put_it() {
        let near = vec![
            vec![(1, 0.9), (2, 0.9)],
            vec![(2, 0.9)],
            vec![(1, 0.9)],
            vec![],
        ];
        let mut groups = vec![5, 1, 1, 2];
        vote(&mut groups, &near, &[Some(1), None, None, None]);
        assert_eq!(groups, [5, 1, 1, 2]);
        vote(&mut groups, &near, &[]);
        assert_eq!(groups, [1, 1, 1, 2]);
    }
}
