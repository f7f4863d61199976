//! Fine communities of a neighbour graph (Blondel et al., "Fast unfolding of
//! communities in large networks", 2008; modularity with a resolution, Reichardt
//! & Bornholdt, 2006).

use std::collections::HashMap;

use crate::lexical::random::Random;

/// An undirected graph with weights: for each node its neighbours.
#[derive(Debug, Clone)]
pub(super) struct Graph {
    pub(super) edges: Vec<Vec<(u32, f64)>>,
    /// Twice the weight inside each node, after nodes were put together.
    inside: Vec<f64>,
    /// What people said of a node: nodes of different pins stay apart.
    pins: Vec<Option<u64>>,
}

const SEED: u64 = 7;

/// Rounds over all nodes before a level is left as it is.
const MOST_ROUNDS: usize = 20;

impl Graph {
    /// Rows that are near each other, however it was found out: the weight is
    /// the square of how alike they are, so that the nearest count most.
    pub(super) fn of_neighbours(neighbours: &[Vec<(u32, f32)>], pins: &[Option<u64>]) -> Self {
        let mut edges: Vec<Vec<(u32, f64)>> = neighbours
            .iter()
            .map(|near| {
                let weigh = |&(row, similarity): &(u32, f32)| (row, f64::from(similarity).powi(2));
                near.iter().map(weigh).collect()
            })
            .collect();
        for (row, near) in (0_u32..).zip(neighbours) {
            for &(other, similarity) in near {
                let back = &neighbours[other as usize];
                if !back.iter().any(|(known, _)| *known == row) {
                    edges[other as usize].push((row, f64::from(similarity).powi(2)));
                }
            }
        }
        let count = edges.len();
        Self {
            edges,
            inside: vec![0.0; count],
            pins: (0..count)
                .map(|row| pins.get(row).copied().flatten())
                .collect(),
        }
    }

    fn len(&self) -> usize {
        self.edges.len()
    }

    fn degree(&self, node: usize) -> f64 {
        self.inside[node]
            + self.edges[node]
                .iter()
                .map(|(_, weight)| weight)
                .sum::<f64>()
    }

    /// One node a group of `groups`, which are numbered without gaps.
    fn contracted(&self, groups: &[u32], count: usize) -> Self {
        let mut members: Vec<Vec<usize>> = vec![Vec::new(); count];
        for (node, group) in groups.iter().enumerate() {
            members[*group as usize].push(node);
        }
        let mut next = Self {
            edges: Vec::with_capacity(count),
            inside: vec![0.0; count],
            pins: vec![None; count],
        };
        let mut sums = Sums::new(count);
        for (group, members) in members.iter().enumerate() {
            for &node in members {
                next.inside[group] += self.inside[node];
                next.pins[group] = next.pins[group].or(self.pins[node]);
                for &(other, weight) in &self.edges[node] {
                    let other = groups[other as usize];
                    if other as usize == group {
                        next.inside[group] += weight;
                    } else {
                        sums.add(other, weight);
                    }
                }
            }
            next.edges.push(sums.take());
        }
        next
    }
}

/// Sums by group, in the order in which groups were met.
struct Sums {
    values: Vec<f64>,
    met: Vec<u32>,
}

impl Sums {
    fn new(count: usize) -> Self {
        Self {
            values: vec![0.0; count],
            met: Vec::new(),
        }
    }

    fn add(&mut self, group: u32, weight: f64) {
        let value = &mut self.values[group as usize];
        if *value == 0.0 {
            self.met.push(group);
        }
        *value += weight;
    }

    fn take(&mut self) -> Vec<(u32, f64)> {
        let values = &mut self.values;
        self.met
            .drain(..)
            .map(|group| (group, std::mem::take(&mut values[group as usize])))
            .collect()
    }
}

/// The community of each node, numbered without gaps. At `resolution` 1 this is
/// modularity; more makes more communities. Nodes of one pin are together,
/// nodes of different pins are not.
pub(super) fn communities(graph: &Graph, resolution: f64) -> (Vec<u32>, usize) {
    let (mut groups, mut count) = pinned_together(graph);
    let mut level = graph.contracted(&groups, count);
    let mut random = Random::new(SEED);
    loop {
        let (moved, fewer) = move_nodes(&level, resolution, &mut random);
        for group in &mut groups {
            *group = moved[*group as usize];
        }
        if fewer == count {
            return (groups, count);
        }
        level = level.contracted(&moved, fewer);
        count = fewer;
    }
}

fn pinned_together(graph: &Graph) -> (Vec<u32>, usize) {
    let mut by_pin: HashMap<u64, u32> = HashMap::new();
    let mut next = 0;
    let mut fresh = || {
        next += 1;
        next - 1
    };
    let groups: Vec<u32> = graph
        .pins
        .iter()
        .map(|pin| match pin {
            Some(pin) => *by_pin.entry(*pin).or_insert_with(&mut fresh),
            None => fresh(),
        })
        .collect();
    (groups, next as usize)
}

/// Moves single nodes to where modularity gains most, until none gains.
fn move_nodes(graph: &Graph, resolution: f64, random: &mut Random) -> (Vec<u32>, usize) {
    let count = graph.len();
    let degrees: Vec<f64> = (0..count).map(|node| graph.degree(node)).collect();
    let whole: f64 = degrees.iter().sum::<f64>().max(f64::MIN_POSITIVE);
    let mut groups: Vec<u32> = (0..).take(count).collect();
    let mut sizes = degrees.clone();
    let mut pins = graph.pins.clone();
    let mut order: Vec<usize> = (0..count).collect();
    random.shuffle(&mut order);
    let mut sums = Sums::new(count);
    for _ in 0..MOST_ROUNDS {
        let mut is_stable = true;
        for &node in &order {
            let own = groups[node];
            for &(other, weight) in &graph.edges[node] {
                sums.add(groups[other as usize], weight);
            }
            let pin = graph.pins[node];
            sizes[own as usize] -= degrees[node];
            if pin.is_some() {
                pins[own as usize] = None;
            }
            let penalty = resolution * degrees[node] / whole;
            let near = sums.take();
            let stay = near
                .iter()
                .find(|(group, _)| *group == own)
                .map_or(0.0, |(_, weight)| *weight)
                - penalty * sizes[own as usize];
            let (mut best, mut most) = (own, stay + 1e-12);
            for (group, weight) in near {
                let gain = weight - penalty * sizes[group as usize];
                let may = pin.is_none() || pins[group as usize].is_none();
                if may && gain > most {
                    (best, most) = (group, gain);
                }
            }
            sizes[best as usize] += degrees[node];
            pins[best as usize] = pins[best as usize].or(pin);
            groups[node] = best;
            is_stable &= best == own;
        }
        if is_stable {
            break;
        }
    }
    renumbered(&groups)
}

/// The same groups, numbered by first occurrence without gaps.
pub(super) fn renumbered(groups: &[u32]) -> (Vec<u32>, usize) {
    let mut numbers: HashMap<u32, u32> = HashMap::new();
    let renumbered = groups
        .iter()
        .map(|group| {
            let next = u32::try_from(numbers.len()).unwrap_or(u32::MAX);
            *numbers.entry(*group).or_insert(next)
        })
        .collect();
    (renumbered, numbers.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two cliques of four with one weak edge between them.
    fn cliques() -> Vec<Vec<(u32, f32)>> {
        let mut near: Vec<Vec<(u32, f32)>> = Vec::new();
        for row in 0..8_u32 {
            let first = row / 4 * 4;
            near.push(
                (first..first + 4)
                    .filter(|other| *other != row)
                    .map(|other| (other, 0.9))
                    .collect(),
            );
        }
        near[0].push((4, 0.3));
        near
    }

    fn check(pins: &[Option<u64>], resolution: f64, expected: &[u32]) {
        let graph = Graph::of_neighbours(&cliques(), pins);
        let (found, _) = communities(&graph, resolution);
        assert_eq!(renumbered(&found).0, expected, "{pins:?} {resolution}");
    }

    #[test]
    fn cliques_are_communities() {
        check(&[], 1.0, &[0, 0, 0, 0, 1, 1, 1, 1]);
        check(&[], 100.0, &[0, 1, 2, 3, 4, 5, 6, 7]);
    }

    #[test]
    fn what_people_pinned_holds() {
        let apart = [Some(1), None, None, Some(2), None, None, None, None];
        let graph = Graph::of_neighbours(&cliques(), &apart);
        let (found, _) = communities(&graph, 1.0);
        assert_ne!(found[0], found[3]);
        let together = [Some(1), None, None, None, None, None, None, Some(1)];
        let graph = Graph::of_neighbours(&cliques(), &together);
        let (found, _) = communities(&graph, 1.0);
        assert_eq!(found[0], found[7]);
    }
}
